//! Access tokens: an hour each, from the consent that the practice gave once.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::{Permission, Secret, json};

/// The scope that the location's manager consents to. Google has one for reading and
/// answering.
pub const PERMISSIONS: [Permission; 1] = [Permission {
    name: "https://www.googleapis.com/auth/business.manage",
    to: "read or answer reviews",
}];

/// Taken off a token's life, so that it does not run out on the way.
const MARGIN: Duration = Duration::from_mins(1);

/// Seconds that Google's access tokens live, where the answer does not say.
const LIFE_S: u64 = 3600;

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
    /// The scopes of the consent, parted by spaces; none where Google does not say.
    pub scope: Option<String>,
}

impl AccessToken {
    pub(super) fn parse(json: &Value) -> Option<Self> {
        let life = json["expires_in"].as_u64().unwrap_or(LIFE_S);
        Some(AccessToken {
            token: Secret::new(json["access_token"].as_str()?),
            usable_for: Duration::from_secs(life).saturating_sub(MARGIN),
            scope: json::text(json, "scope").map(str::to_owned),
        })
    }
}
