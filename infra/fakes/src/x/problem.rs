//! X's error bodies.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that is not what was asked for.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

fn kind(name: &str) -> String {
    format!("https://api.x.com/2/problems/{name}")
}

impl Problem {
    /// X names no kind for what its gateway refuses.
    fn blank(status: StatusCode, title: &str) -> Self {
        let body = json!({ "title": title, "detail": title, "type": "about:blank", "status": status.as_u16() });
        Problem { status, body }
    }

    pub(super) fn unauthorized() -> Self {
        Self::blank(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    pub(super) fn forbidden() -> Self {
        Self::blank(StatusCode::FORBIDDEN, "Forbidden")
    }

    pub(super) fn too_many() -> Self {
        Self::blank(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
    }

    pub(super) fn not_found(what: &str, id: &str) -> Self {
        let body = json!({
            "title": "Not Found Error", "detail": format!("Could not find {what} with id: [{id}]."), "value": id,
            "resource_type": what, "resource_id": id, "parameter": "ids", "type": kind("resource-not-found"),
        });
        Problem {
            status: StatusCode::NOT_FOUND,
            body,
        }
    }

    pub(super) fn not_authorized(id: &str) -> Self {
        let body = json!({
            "title": "Authorization Error", "detail": "Sorry, you are not authorized to do that.", "value": id,
            "resource_type": "tweet", "resource_id": id, "parameter": "id", "type": kind("not-authorized-for-resource"),
        });
        Problem {
            status: StatusCode::FORBIDDEN,
            body,
        }
    }

    /// What the plan of the app does not include.
    pub(super) fn not_in_plan() -> Self {
        let body = json!({
            "title": "Client Forbidden", "detail": "This app may not make this call.", "reason": "client-not-enrolled",
            "type": kind("client-forbidden"),
        });
        Problem {
            status: StatusCode::FORBIDDEN,
            body,
        }
    }

    pub(super) fn invalid(parameter: &str) -> Self {
        let body = json!({
            "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
            "errors": [{ "parameters": { parameter: [] }, "message": "it is not valid" }], "type": kind("invalid-request"),
        });
        Problem {
            status: StatusCode::BAD_REQUEST,
            body,
        }
    }

    /// Not X's, but the fake's own failure.
    #[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
    pub(super) fn broken(error: anyhow::Error) -> Self {
        Problem {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            body: json!({ "error": error.to_string() }),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body)).into_response()
    }
}
