//! Faults: what a fake is told to do wrong.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::Value;

/// One answer that is not what was asked for.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answers with this before doing anything.
    Instead(StatusCode, Value),
    /// Does what was asked, and loses the answer.
    After(StatusCode, Value),
    /// Does what was asked, and breaks the connection off in the middle of the answer.
    Cut,
    /// Does what was asked, and answers only after this.
    Late(Duration),
}

impl Fault {
    /// Returns the answer before anything was done, where that is the fault.
    pub(crate) fn before(&self) -> Option<Response> {
        match self {
            Fault::Instead(status, body) => {
                Some((*status, axum::Json(body.clone())).into_response())
            }
            Fault::After(..) | Fault::Cut | Fault::Late(_) => None,
        }
    }

    /// Returns what the answer becomes once it was done.
    pub(crate) async fn after(&self, answer: Response) -> Response {
        match self {
            Fault::After(status, body) => (*status, axum::Json(body.clone())).into_response(),
            Fault::Cut => {
                let begun = [
                    Ok(Bytes::from_static(b"{")),
                    Err(io::Error::other("the connection breaks off")),
                ];
                (answer.status(), Body::from_stream(stream::iter(begun))).into_response()
            }
            Fault::Late(pause) => {
                tokio::time::sleep(*pause).await;
                answer
            }
            Fault::Instead(..) => answer,
        }
    }
}

/// Faults to come, first in first out: each call meets one.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    /// Makes the next calls meet a fault each.
    pub fn next(&self, times: usize, fault: &Fault) {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.extend(std::iter::repeat_n(fault.clone(), times));
    }

    /// Lets no call meet a fault any more.
    pub fn end(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) fn take(&self) -> Option<Fault> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}
