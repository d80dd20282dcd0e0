//! What carries a call to a platform.

use std::fmt::Debug;
use std::pin::Pin;

use reqwest::{Request, Response};

use super::CallError;

/// Carries requests to where they are answered: over the network, or to a fake in the same process.
pub trait Transport: Debug + Send + Sync {
    /// Carries one request. The error says whether it may have been carried out although no answer
    /// came.
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, CallError>> + Send + '_>>;
}

/// The network.
#[derive(Clone, Debug)]
pub struct Network(pub reqwest::Client);

impl Transport for Network {
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, CallError>> + Send + '_>> {
        Box::pin(async { self.0.execute(request).await.map_err(|error| lost(&error)) })
    }
}

/// Says what a failure of the network means. Only a connection that never stood says that nothing
/// was carried out.
pub(super) fn lost(error: &reqwest::Error) -> CallError {
    let why = if error.is_timeout() {
        "the platform did not answer in time"
    } else {
        "the platform could not be reached"
    };
    CallError::Retry {
        after: None,
        maybe_done: !error.is_connect(),
        why,
    }
}
