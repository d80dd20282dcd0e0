//! What the locations' manager consented to, and the tokens that come of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answer, status};

/// The access token that the fake gives for the right refresh token.
pub(super) const ACCESS_TOKEN: &str = "fake-access-token";

/// The scope that the reviews are in.
const SCOPE: &str = "https://www.googleapis.com/auth/business.manage";

/// A consent.
#[derive(Debug)]
pub(super) struct Consent {
    refresh_token: String,
    scope: Mutex<&'static str>,
}

impl Consent {
    pub(super) fn new(refresh_token: &str) -> Self {
        Consent {
            refresh_token: refresh_token.to_owned(),
            scope: Mutex::new(SCOPE),
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

    /// Answers the token address.
    pub(super) fn token(&self, form: &HashMap<String, String>) -> Answer {
        let given = |name: &str| form.get(name).map(String::as_str);
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
