//! Tokens: an access token for two hours, and a refresh token that is good for once.

use std::time::Duration;

use serde::Deserialize;

use crate::calls::{CallError, Reply};
use crate::{Permission, Secret};

/// The scopes to which a practice's account consents.
///
/// Source: X's specification, by the calls that are made.
pub const PERMISSIONS: [Permission; 6] = [
    Permission {
        name: "tweet.read",
        to: "read replies or mentions",
    },
    Permission {
        name: "users.read",
        to: "read who wrote them",
    },
    Permission {
        name: "tweet.moderate.write",
        to: "hide replies or show them again",
    },
    Permission {
        name: "tweet.write",
        to: "answer",
    },
    Permission {
        name: "mute.write",
        to: "mute anybody",
    },
    Permission {
        name: "offline.access",
        to: "go on for longer than two hours",
    },
];

/// Taken off a token's life, so that it does not run out on the way.
const MARGIN: Duration = Duration::from_mins(2);

/// Seconds that X's access tokens live, where the answer does not say.
const LIFE_S: u64 = 7200;

/// What stands for a practice's consent.
#[derive(Clone, Debug, Deserialize)]
pub struct Consent {
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: Secret,
    /// The refresh token that came of the consent: where the chain of refresh tokens begins.
    pub refresh_token: Secret,
}

/// What X gives for a refresh token, which is worth nothing from then on.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The token for calls.
    pub access: Secret,
    /// The refresh token for the next time; none where X left the one that was sent in force.
    pub refresh: Option<Secret>,
    /// How long the access token may be used, counted from the call that fetched it.
    pub usable_for: Duration,
    /// The scopes of the consent, parted by spaces; none where X does not say.
    pub scope: Option<String>,
}

impl Tokens {
    pub(super) fn parse(reply: &Reply) -> Result<Tokens, CallError> {
        let json = reply.json.as_ref();
        let text = |name: &str| {
            json.and_then(|json| json[name].as_str())
                .filter(|text| !text.is_empty())
        };
        let life = json
            .and_then(|json| json["expires_in"].as_u64())
            .unwrap_or(LIFE_S);
        Ok(Tokens {
            access: Secret::new(text("access_token").ok_or(CallError::Unreadable {
                status: reply.status,
            })?),
            refresh: text("refresh_token").map(Secret::new),
            usable_for: Duration::from_secs(life).saturating_sub(MARGIN),
            scope: text("scope").map(str::to_owned),
        })
    }
}
