//! What the locations' manager consented to, and the tokens that come of it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Answer, status};
use crate::consent::Desk;

/// The client that is registered for the page of consent.
const CLIENT: (&str, &str) = ("demo", "demo");

/// The access token that the fake gives for the right refresh token.
pub(super) const ACCESS_TOKEN: &str = "fake-access-token";

/// The scope that the reviews are in.
const SCOPE: &str = "https://www.googleapis.com/auth/business.manage";

/// A consent.
#[derive(Debug)]
pub(super) struct Consent {
    refresh_token: String,
    scope: Mutex<&'static str>,
    desk: Mutex<Desk>,
}

impl Consent {
    pub(super) fn new(refresh_token: &str) -> Self {
        Consent {
            refresh_token: refresh_token.to_owned(),
            scope: Mutex::new(SCOPE),
            desk: Mutex::default(),
        }
    }

    pub(super) fn set_scope(&self, scope: &'static str) {
        *self.scope.lock().unwrap_or_else(PoisonError::into_inner) = scope;
    }

    fn scope(&self) -> &'static str {
        *self.scope.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a call about reviews where the consent does not cover them.
    pub(super) fn covers_reviews(&self) -> Result<(), (StatusCode, Value)> {
        if self.scope() == SCOPE {
            return Ok(());
        }
        let (code, mut body) = status(
            403,
            "PERMISSION_DENIED",
            "Request had insufficient authentication scopes.",
        );
        body["error"]["details"] = json!([{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "domain": "googleapis.com", "metadata": { "service": "mybusiness.googleapis.com" },
        }]);
        Err((code, body))
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a browser that opens the page of consent.
    pub(super) fn open(&self, asked: &HashMap<String, String>) -> Response {
        self.desk().open(asked, CLIENT.0, true)
    }

    /// Answers the token address.
    pub(super) fn token(&self, form: &HashMap<String, String>) -> Answer {
        let given = |name: &str| form.get(name).map(String::as_str);
        let by_code = given("grant_type") == Some("authorization_code");
        if by_code
            && (given("client_id"), given("client_secret")) == (Some(CLIENT.0), Some(CLIENT.1))
        {
            if self.desk().take(form, CLIENT.0).is_some() {
                return Ok(json!({
                    "access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer", "scope": self.scope(),
                    "refresh_token": self.refresh_token,
                }));
            }
            return Err((
                StatusCode::BAD_REQUEST,
                json!({ "error": "invalid_grant", "error_description": "Bad Request" }),
            ));
        }
        if given("grant_type") == Some("refresh_token")
            && given("refresh_token") == Some(&self.refresh_token)
        {
            return Ok(json!({
                "access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer", "scope": self.scope(),
            }));
        }
        Err((
            StatusCode::BAD_REQUEST,
            json!({ "error": "invalid_grant", "error_description": "Token has been expired or revoked." }),
        ))
    }
}
