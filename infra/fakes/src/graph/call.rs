//! A request of the Graph API, taken apart, and its errors.

use std::collections::HashMap;

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};

/// What a request came to.
pub(super) type Answer = Result<Value, (StatusCode, Value)>;

/// A request, with its parameters from wherever they stand.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    bearer: Option<String>,
    parameters: HashMap<String, String>,
    json: Value,
}

impl Call {
    pub(super) async fn read(request: Request) -> Option<Self> {
        let (parts, body) = request.into_parts();
        let body: Bytes = to_bytes(body, 1 << 20).await.ok()?;
        let mut parameters: HashMap<String, String> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if json.is_null() {
            parameters.extend(form_urlencoded::parse(&body).into_owned());
        }
        for (name, value) in json.as_object().into_iter().flatten() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            parameters.entry(name.clone()).or_insert(text);
        }
        let bearer = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let bearer = bearer
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(str::to_owned);
        Some(Call {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            bearer,
            parameters,
            json,
        })
    }

    pub(super) const fn parameters(&self) -> &HashMap<String, String> {
        &self.parameters
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Returns a parameter that is JSON itself.
    pub(super) fn object(&self, name: &str) -> Value {
        let text = self.parameter(name);
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| self.json[name].clone())
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.bearer
            .as_deref()
            .or_else(|| self.parameter("access_token"))
    }

    /// Returns `true` if the call asks about a token.
    pub(super) fn is_inspection(&self) -> bool {
        self.method == Method::GET && self.path.split('/').nth(2) == Some("debug_token")
    }

    /// Returns the id of the comment or post to whose author a private message goes.
    pub(super) fn recipient(&self) -> String {
        let recipient = self.object("recipient");
        let id = recipient["comment_id"]
            .as_str()
            .or_else(|| recipient["post_id"].as_str());
        id.unwrap_or_default().to_owned()
    }
}

/// The platform's own error envelope.
pub(super) fn error(
    status: u16,
    code: u32,
    message: &str,
    subcode: Option<u32>,
) -> (StatusCode, Value) {
    let mut body = json!({ "error": { "message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Afake" } });
    if let Some(subcode) = subcode {
        body["error"]["error_subcode"] = json!(subcode);
    }
    (
        StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        body,
    )
}

pub(super) fn gone(id: &str) -> (StatusCode, Value) {
    let message =
        format!("Unsupported request. Object with ID '{id}' does not exist or cannot be loaded");
    error(400, 100, &message, Some(33))
}

/// Not the platform's, but the fake's own failure.
#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(super) fn broken(error: anyhow::Error) -> (StatusCode, Value) {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        json!({ "error": error.to_string() }),
    )
}
