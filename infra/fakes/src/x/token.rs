//! X's tokens: refresh tokens that are good for once, and access tokens with scopes.

use std::collections::{BTreeMap, HashMap};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Known;
use crate::Entry;

/// Where tokens are had.
pub(super) const PATH: &str = "/2/oauth2/token";

/// What a practice consents to for this system, and nothing more.
pub const SCOPES: [&str; 6] = [
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "mute.write",
    "offline.access",
];

/// Seconds that an access token lives.
const LIFE_S: u64 = 7200;

/// What a refresh token begins with.
const REFRESH: &str = "fake-refresh-";

/// The client id and secret that the fake wants.
pub(super) const CLIENT: (&str, &str) = ("demo", "demo");

/// Returns the refresh token that came of an account's consent.
#[must_use]
pub fn first_token(account: &str) -> String {
    refresh(account, 0)
}

/// Returns the access token that came with it.
#[must_use]
pub fn first_access(account: &str) -> String {
    access(account, 0)
}

fn refresh(account: &str, times: u32) -> String {
    format!("{REFRESH}{account}-{times}")
}

fn access(account: &str, times: u32) -> String {
    format!("fake-access-{account}-{times}")
}

/// The tokens of every account.
#[derive(Debug)]
pub(super) struct Tokens {
    /// How often each account's were renewed.
    times: BTreeMap<String, u32>,
    /// Access tokens that are taken, with their accounts.
    valid: HashMap<String, String>,
    pub(super) scopes: Vec<String>,
}

impl Tokens {
    pub(super) fn of(accounts: &[String]) -> Self {
        Tokens {
            times: accounts
                .iter()
                .map(|account| (account.clone(), 0))
                .collect(),
            valid: accounts
                .iter()
                .map(|account| (first_access(account), account.clone()))
                .collect(),
            scopes: SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
        }
    }

    /// Takes a further account's first tokens.
    pub(super) fn connect(&mut self, account: &str) {
        self.times.insert(account.to_owned(), 0);
        self.valid.insert(first_access(account), account.to_owned());
    }

    /// Returns the account whose access token this is.
    pub(super) fn account(&self, token: &str) -> Option<String> {
        self.valid.get(token).cloned()
    }

    pub(super) fn end_access(&mut self) {
        self.valid.clear();
    }

    /// Ends the access tokens and the refresh tokens of every account.
    pub(super) fn withdraw(&mut self) {
        self.end_access();
        self.times.values_mut().for_each(|times| *times += 1);
    }

    /// Returns the refresh token of a new consent.
    pub(super) fn consent(&mut self, account: &str) -> String {
        let times = self.times.entry(account.to_owned()).or_default();
        *times += 1;
        refresh(account, *times)
    }

    /// Returns the access token that comes with the newest consent.
    fn first_of_consent(&mut self, account: &str) -> String {
        let times = self.times.get(account).copied().unwrap_or_default();
        let token = access(account, times);
        self.valid.insert(token.clone(), account.to_owned());
        token
    }

    /// Returns whose refresh token this is, and how often the account's tokens will have been
    /// renewed by it.
    fn refreshed(&self, given: &str) -> Option<(String, u32)> {
        let (account, _) = given.strip_prefix(REFRESH)?.rsplit_once('-')?;
        let times = *self.times.get(account)?;
        (given == refresh(account, times)).then(|| (account.to_owned(), times + 1))
    }

    pub(super) fn renewed(&mut self, account: &str, times: u32) {
        self.times.insert(account.to_owned(), times);
        self.valid
            .insert(access(account, times), account.to_owned());
    }
}

/// Answers the token address. A refresh token or a code that was used before is refused, as one
/// that never was.
pub(super) fn answer(known: &mut Known, given: &str, body: &[u8]) -> Response {
    let refuse = |status: StatusCode, word: &str| {
        let words = "Value passed for the token was invalid.";
        (
            status,
            axum::Json(json!({ "error": word, "error_description": words })),
        )
            .into_response()
    };
    let client = STANDARD.encode(format!("{}:{}", CLIENT.0, CLIENT.1));
    if given.strip_prefix("Basic ") != Some(client.as_str()) {
        return refuse(StatusCode::UNAUTHORIZED, "unauthorized_client");
    }
    let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    if form
        .get("grant_type")
        .is_some_and(|kind| kind == "authorization_code")
    {
        let Some(scope) = known.desk.take(&form, CLIENT.0) else {
            return refuse(StatusCode::BAD_REQUEST, "invalid_request");
        };
        let account = known.signed_in.clone();
        let refresh = known.tokens.consent(&account);
        let access = known.tokens.first_of_consent(&account);
        let granted = &known.tokens.scopes;
        let granted: Vec<&str> = scope
            .split(' ')
            .filter(|scope| granted.iter().any(|one| one == scope))
            .collect();
        return axum::Json(json!({
            "token_type": "bearer", "expires_in": LIFE_S, "access_token": access, "scope": granted.join(" "),
            "refresh_token": granted.contains(&"offline.access").then_some(refresh),
        }))
        .into_response();
    }
    let sent = form.get("refresh_token").filter(|_| {
        form.get("grant_type")
            .is_some_and(|kind| kind == "refresh_token")
    });
    let Some((account, times)) = sent.and_then(|sent| known.tokens.refreshed(sent)) else {
        return refuse(StatusCode::BAD_REQUEST, "invalid_request");
    };
    if known
        .write(Entry::Renewed {
            account: account.clone(),
            times,
        })
        .is_err()
    {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    axum::Json(json!({
        "token_type": "bearer", "expires_in": LIFE_S, "access_token": access(&account, times),
        "refresh_token": refresh(&account, times), "scope": known.tokens.scopes.join(" "),
    }))
    .into_response()
}
