//! Pub/Sub's pushes: hints that a location has something new, never the news itself.
//!
//! A push is not signed; it brings an identity token that Google signs, which says who it is for
//! and on whose account it was sent. So nothing in the body is believed but which location to read
//! again.
//!
//! Sources: Pub/Sub's "Authentication for push subscriptions" and the Business Profile API's
//! `notificationSetting`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pagewarden_oidc::{Claims, Expected};
use serde_json::Value;
use thiserror::Error;

use super::review::{is_location, is_review_name};
use crate::json;

/// Who signs the identity tokens: Google writes itself either way.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// Who may push, as the subscription is set up at Google.
#[derive(Clone, Debug)]
pub struct Pusher {
    /// The audience given to the subscription.
    pub audience: String,
    /// The e-mail of the service account that it pushes as.
    pub account: String,
}

/// Why a push was refused, beside what is wrong with its token. Each is answered with 401 and
/// nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PushRefusal {
    /// Nobody is set up to push.
    #[error("no audience or service account is configured, so no push can be accepted")]
    NotSetUp,
    /// No identity token.
    #[error("the push brings no identity token")]
    Missing,
    /// It is another account's.
    #[error("the identity token is not the configured service account's")]
    Account,
}

impl Pusher {
    /// Returns the identity token that a push brings: `header` is the value of `authorization`.
    pub fn token<'h>(&self, header: Option<&'h str>) -> Result<&'h str, PushRefusal> {
        if self.audience.is_empty() || self.account.is_empty() {
            return Err(PushRefusal::NotSetUp);
        }
        Ok(header
            .and_then(|header| header.strip_prefix("Bearer "))
            .ok_or(PushRefusal::Missing)?
            .trim())
    }

    /// Returns what the token must say. It names no client, but the service account by its number.
    #[must_use]
    pub fn expected(&self) -> Expected<'_> {
        Expected {
            issuers: &ISSUERS,
            audience: &self.audience,
            client: None,
            nonce: None,
            shown_since: None,
        }
    }

    /// Takes a push whose token says this, once that was checked.
    pub fn admit<'a>(&self, claims: &Claims, body: &'a [u8]) -> Result<Pushed<'a>, PushRefusal> {
        if claims.email.as_deref() != Some(self.account.as_str()) {
            return Err(PushRefusal::Account);
        }
        Ok(Pushed(body))
    }
}

/// A push whose token holds.
#[derive(Clone, Copy, Debug)]
pub struct Pushed<'a>(&'a [u8]);

/// That something changed at a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The location, as `accounts/*/locations/*`.
    pub location: String,
    /// When Google sent it, which is not before it happened; none where the push does not say.
    pub sent_at: Option<Timestamp>,
}

impl Pushed<'_> {
    /// Returns where to look; none where the push names no location.
    #[must_use]
    pub fn hint(&self) -> Option<Hint> {
        let push: Value = serde_json::from_slice(self.0).ok()?;
        let message = push.get("message")?;
        let data = STANDARD.decode(json::text(message, "data")?).ok()?;
        let data: Value = serde_json::from_slice(&data).ok()?;
        // Its members are called one thing in Google's description and another by those who have
        // met it. What they hold is known by its form, and the name of a review has that of its
        // location in front.
        let mut names = data.as_object()?.values().filter_map(Value::as_str);
        let location = names.find_map(location)?.to_owned();
        Some(Hint {
            location,
            sent_at: json::time(message, "publishTime"),
        })
    }
}

fn location(name: &str) -> Option<&str> {
    match name.split_once("/reviews/") {
        Some((location, _)) if is_review_name(name) => Some(location),
        _ => Some(name).filter(|name| is_location(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hint(data: &Value) -> Option<Hint> {
        let data = STANDARD.encode(data.to_string());
        let push = json!({"message": {"data": data, "messageId": "1", "publishTime": "2026-11-20T09:00:00.5Z"},
            "subscription": "projects/p/subscriptions/s"});
        Pushed(push.to_string().as_bytes()).hint()
    }

    #[test]
    fn a_hint_names_a_location_whatever_its_members_are_called() {
        let wanted = Some(Hint {
            location: "accounts/1/locations/2".to_owned(),
            sent_at: "2026-11-20T09:00:00.5Z".parse().ok(),
        });
        let review = "accounts/1/locations/2/reviews/AbX";
        assert_eq!(
            hint(
                &json!({"notificationType": "NEW_REVIEW", "locationName": "accounts/1/locations/2"})
            ),
            wanted
        );
        assert_eq!(
            hint(&json!({"location_name": "locations/2", "review_name": review})),
            wanted
        );
        assert_eq!(
            hint(&json!({"type": "UPDATED_REVIEW", "review": review})),
            wanted
        );
        assert_eq!(hint(&json!({"location_name": "locations/2"})), None);
        assert_eq!(
            hint(&json!({"location": "accounts/1/locations/../2", "n": 7})),
            None
        );
        assert_eq!(hint(&json!([review])), None);
    }

    #[test]
    fn what_is_no_push_is_no_hint() {
        for body in [
            "",
            "[]",
            "{}",
            "{\"message\":{}}",
            "{\"message\":{\"data\":\"%%\"}}",
            "{\"message\":{\"data\":\"\"}}",
        ] {
            assert_eq!(Pushed(body.as_bytes()).hint(), None, "{body}");
        }
    }
}
