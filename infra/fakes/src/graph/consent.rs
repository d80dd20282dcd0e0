//! Logging in to the app: Facebook's dialog, and what its code is exchanged for.
//!
//! Sources: Meta's "Manually Build a Login Flow", "Get Long-Lived Access Tokens" and the reference of
//! User Accounts. There is one person, who runs every page that is connected.

use std::sync::{MutexGuard, PoisonError};

use axum::http::Method;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::{Answer, Call, error};
use super::{APP_ID, Graph};
use crate::consent::Desk;

/// The person's tokens: of an hour, and of sixty days.
const SHORT: &str = "fake-person-token-short";
const LONG: &str = "fake-person-token-long";

impl Graph {
    /// Has whoever opens the dialog decline from now on, or agree.
    pub fn decline(&self, declines: bool) {
        self.desk().decline(declines);
    }

    /// Lets the time of all codes run out.
    pub fn expire_codes(&self) {
        self.desk().expire();
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers what is part of logging in; nothing to any other call.
    pub(super) fn of_consent(&self, call: &Call) -> Option<Response> {
        let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        let answer = match (&call.method, parts.as_slice()) {
            // No PKCE: Meta has it for another flow.
            (&Method::GET, [_, "dialog", "oauth"]) => {
                return Some(self.desk().open(call.parameters(), APP_ID, false));
            }
            (&Method::GET, [_, "oauth", "access_token"]) => self.exchange(call),
            (&Method::GET, [_, "me", "accounts"]) => self.accounts(call),
            _ => return None,
        };
        Some(match answer {
            Ok(body) => axum::Json(body).into_response(),
            Err((status, body)) => (status, axum::Json(body)).into_response(),
        })
    }

    fn exchange(&self, call: &Call) -> Answer {
        let of = |name: &str| call.parameter(name).unwrap_or_default();
        if of("client_id") != APP_ID || of("client_secret") != self.0.app_secret.expose() {
            return Err(error(400, 1, "Error validating client secret.", None));
        }
        let token = |token: &str, seconds: u32| json!({ "access_token": token, "token_type": "bearer", "expires_in": seconds });
        if of("grant_type") == "fb_exchange_token" {
            return if of("fb_exchange_token") == SHORT {
                Ok(token(LONG, 5_184_000))
            } else {
                Err(error(400, 190, "Invalid OAuth access token.", None))
            };
        }
        match self.desk().take(call.parameters(), APP_ID) {
            Some(_) => Ok(token(SHORT, 3_600)),
            None => Err(error(
                400,
                100,
                "This authorization code has been used.",
                Some(36_009),
            )),
        }
    }

    /// Lists the person's pages, two at once.
    fn accounts(&self, call: &Call) -> Answer {
        const AT_ONCE: usize = 2;
        let token = call.token().unwrap_or_default();
        if token != LONG {
            return Err(error(400, 190, "Invalid OAuth access token.", None));
        }
        self.proven(call, token)?;
        let rows: Vec<Value> = self.grants().rows();
        let from: usize = call
            .parameter("after")
            .and_then(|after| after.parse().ok())
            .unwrap_or_default();
        let to = (from + AT_ONCE).min(rows.len());
        let page = rows.get(from..to).unwrap_or_default();
        let mut list =
            json!({ "data": page, "paging": { "cursors": { "after": to.to_string() } } });
        if to < rows.len() {
            list["paging"]["next"] = json!("https://graph.facebook.com/next");
        }
        Ok(list)
    }
}
