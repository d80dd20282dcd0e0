//! What a form or the query of an address brings.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::{Console, Problem};

/// A form that was posted. A type that denies unknown fields refuses a form that no page of ours
/// sends.
pub(crate) struct Posted<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Console> for Posted<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, console: &Console) -> Result<Self, Problem> {
        match Form::<T>::from_request(request, console).await {
            Ok(Form(form)) => Ok(Posted(form)),
            // The rejection's own words may quote what was typed, so they are not passed on.
            Err(FormRejection::BytesRejection(error))
                if error.status() == StatusCode::PAYLOAD_TOO_LARGE =>
            {
                Err(Problem::TooLarge)
            }
            Err(_) => Err(Problem::Form),
        }
    }
}

/// Characters of the longest note.
pub(crate) const LONGEST_NOTE: usize = 2_000;

/// Returns `true` if a note is too long to be kept.
pub(crate) fn is_too_long(note: &str) -> bool {
    note.chars().count() > LONGEST_NOTE
}

/// Returns what was written in a field that may be left empty.
pub(crate) fn written(field: &str) -> Option<&str> {
    Some(field.trim()).filter(|words| !words.is_empty())
}

/// What the query of an address says. Links have been wrapped and marked by mail programs, so what
/// it has beside is left alone.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<Console> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, console: &Console) -> Result<Self, Problem> {
        let Query(query) = Query::from_request_parts(parts, console)
            .await
            .map_err(|_| Problem::NotFound)?;
        Ok(Asked(query))
    }
}
