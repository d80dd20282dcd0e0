//! Whose calls the fake Graph API takes, and what it says of a token to the app alone.
//!
//! Source: Meta's reference of Debug Token. A page's token may not even ask about itself.

use std::sync::{MutexGuard, PoisonError};

use axum::http::StatusCode;
use jiff::Timestamp;
use pagewarden_platforms::delivery;
use serde_json::{Value, json};

use super::call::{Answer, Call, error};
use super::token::{Grant, Grants, Page};
use super::{APP_ID, Graph};

impl Graph {
    /// Connects a page to the app, or connects it again, and returns its token: the one before
    /// is worth nothing then.
    #[must_use]
    pub fn connect(&self, page: &Page) -> String {
        self.grants().connect(page, self.0.clock.now())
    }

    /// Leaves a page's token only these scopes.
    pub fn set_scopes(&self, page: &str, scopes: &[&str]) {
        self.grants().set_scopes(page, scopes);
    }

    /// Leaves a page's token a scope that was given for other pages only.
    pub fn give_elsewhere(&self, page: &str, scope: &str) {
        self.grants().give_elsewhere(page, scope);
    }

    /// Lets a page's token run out at a time, and the app's access to the data of who connected
    /// it at another.
    pub fn set_ends(&self, page: &str, token: Option<Timestamp>, data: Timestamp) {
        self.grants().set_ends(page, token, data);
    }

    pub(super) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.0.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whose token a call came with.
    pub(super) fn authorised(&self, call: &Call) -> Result<Grant, (StatusCode, Value)> {
        let token = call.token().unwrap_or_default();
        let Some(grant) = self.grants().of_token(token) else {
            return Err(error(
                400,
                190,
                "Error validating access token: session is invalid.",
                Some(460),
            ));
        };
        if grant.has_ended(self.0.clock.now()) {
            return Err(error(
                400,
                190,
                "Error validating access token: session has expired.",
                Some(463),
            ));
        }
        self.proven(call, token)?;
        Ok(grant)
    }

    /// Refuses a call that is not proven to be the app's.
    pub(super) fn proven(&self, call: &Call, token: &str) -> Result<(), (StatusCode, Value)> {
        let expected = delivery::sign(&self.0.app_secret, token.as_bytes());
        let proof = call.parameter("appsecret_proof");
        if proof.is_none() || proof != expected.strip_prefix("sha256=") {
            return Err(error(
                400,
                100,
                "API calls from the server require an appsecret_proof argument",
                None,
            ));
        }
        Ok(())
    }

    /// Says what was granted with a token, and until when.
    pub(super) fn inspect(&self, call: &Call) -> Answer {
        let token = call.token().unwrap_or_default();
        let secret = token
            .strip_prefix(APP_ID)
            .and_then(|rest| rest.strip_prefix('|'));
        if secret != Some(self.0.app_secret.expose()) {
            return Err(match self.grants().of_token(token) {
                Some(_) => error(
                    400,
                    100,
                    "(#100) You must provide an app access token",
                    None,
                ),
                None => error(400, 190, "Invalid OAuth access token signature.", None),
            });
        }
        self.proven(call, token)?;
        let Some(asked) = call.parameter("input_token") else {
            return Err(error(
                400,
                100,
                "(#100) The parameter input_token is required",
                None,
            ));
        };
        Ok(json!({ "data": match self.grants().of_token(asked) {
            None => invalid("Error validating access token: session is invalid.", 460),
            Some(grant) if grant.has_ended(self.0.clock.now()) => invalid("Error validating access token: session has expired.", 463),
            Some(grant) => grant.told(),
        } }))
    }
}

fn invalid(message: &str, subcode: u32) -> Value {
    json!({ "error": { "code": 190, "message": message, "subcode": subcode }, "is_valid": false, "scopes": [] })
}
