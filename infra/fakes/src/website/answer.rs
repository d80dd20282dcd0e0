//! Answers in WordPress' own form.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::Call;

/// What goes back.
pub(super) struct Answer {
    status: u16,
    body: Value,
    headers: Vec<(&'static str, String)>,
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Answer {
            status,
            body,
            headers: Vec::new(),
        }
    }

    /// A page for people, where no API is.
    pub(super) fn page(status: u16) -> Self {
        Answer::new(status, Value::Null)
    }

    pub(super) fn with(mut self, header: &'static str, value: usize) -> Self {
        self.headers.push((header, value.to_string()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if self.body.is_null() {
            return (status, Html("<!DOCTYPE html><title>Page not found</title>")).into_response();
        }
        let mut response = (status, axum::Json(self.body)).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// WordPress' error body.
pub(super) fn error(status: u16, code: &'static str, message: &str) -> Answer {
    Answer::new(
        status,
        json!({ "code": code, "message": message, "data": { "status": status } }),
    )
}

pub(super) fn no_route() -> Answer {
    error(
        404,
        "rest_no_route",
        "No route was found matching the URL and request method.",
    )
}

pub(super) fn invalid(parameter: &str) -> Answer {
    error(
        400,
        "rest_invalid_param",
        &format!("Invalid parameter(s): {parameter}"),
    )
}

/// Returns a comment as it is shown: what only an editor is told left out, and only the fields
/// asked for.
pub(super) fn shown(comment: &Value, call: &Call<'_>, edit: bool) -> Value {
    let raw = comment["content"]["raw"].clone();
    let rendered = comment["content"]["rendered"].as_str().map_or_else(
        || format!("<p>{}</p>\n", raw.as_str().unwrap_or_default()),
        str::to_owned,
    );
    let text = |name: &str| comment[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| comment[name].as_u64().unwrap_or_default();
    let mut whole = json!({
        "id": number("id"), "post": number("post"), "parent": number("parent"), "author": number("author"),
        "author_name": text("author_name"), "author_url": text("author_url"),
        "date": text("date_gmt"), "date_gmt": text("date_gmt"),
        "content": { "rendered": rendered }, "link": text("link"), "status": text("status"), "type": "comment",
        "author_avatar_urls": {}, "meta": [],
    });
    if edit {
        whole["content"]["raw"] = raw;
        for name in ["author_email", "author_ip", "author_user_agent"] {
            whole[name] = text(name).into();
        }
    }
    fields(whole, call)
}

/// Leaves out what was not asked for. Nothing left is an empty list, as PHP has it.
pub(super) fn fields(whole: Value, call: &Call<'_>) -> Value {
    let (Value::Object(whole), Some(wanted)) = (&whole, call.parameter("_fields")) else {
        return whole;
    };
    let wanted: Vec<&str> = wanted.split(',').collect();
    let few: Map<String, Value> = whole
        .iter()
        .filter(|(name, _)| wanted.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if few.is_empty() {
        json!([])
    } else {
        Value::Object(few)
    }
}
