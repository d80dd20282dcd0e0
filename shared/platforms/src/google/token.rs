//! Access tokens: an hour each, from the consent that the practice gave once.

use std::time::Duration;

use serde::Deserialize;

use crate::Secret;

/// Taken off a token's life, so that it does not run out on the way.
const MARGIN: Duration = Duration::from_mins(1);

/// What stands for a practice's consent.
#[derive(Clone, Debug, Deserialize)]
pub struct Consent {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: Secret,
    /// The refresh token that came of the consent.
    pub refresh_token: Secret,
}

/// A token for calls.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// How long it may be used, counted from the call that fetched it.
    pub usable_for: Duration,
}

impl AccessToken {
    pub(super) fn new(token: &str, expires_in_s: u64) -> Self {
        AccessToken { token: Secret::new(token), usable_for: Duration::from_secs(expires_in_s).saturating_sub(MARGIN) }
    }
}
