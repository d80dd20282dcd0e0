//! Pub/Sub's pushes: hints that a location has something new, never the news itself.
//!
//! A push is not signed; it brings an identity token that Google signs, which says for whom it is and on whose account
//! it was sent. So nothing in the body is believed but which location to read again.
//!
//! Sources: Pub/Sub's "Authentication for push subscriptions" and the Business Profile API's `notificationSetting`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use super::review::{is_location, is_review_name};
use crate::json;

/// Who signs the identity tokens: Google writes itself either way.
const ISSUERS: [&str; 2] = ["https://accounts.google.com", "accounts.google.com"];

/// The one algorithm that Google signs with. It is ours to name: a token that names another is refused.
const ALGORITHM: &str = "RS256";

/// Seconds by which the clocks of Google and of this system may differ.
const CLOCKS_DIFFER_S: i64 = 60;

/// Who may push, as the subscription is set up at Google.
#[derive(Clone, Debug)]
pub struct Pusher {
    /// The audience given to the subscription.
    pub audience: String,
    /// The e-mail of the service account that it pushes as.
    pub account: String,
}

/// Google's public keys, as they were fetched.
#[derive(Clone, Debug)]
pub struct Keys(Vec<Key>);

/// A public key of RSA, its numbers as they are published.
#[derive(Clone, Debug, Deserialize)]
struct Key {
    kid: String,
    n: String,
    e: String,
}

impl Keys {
    /// Reads a set of keys; none where it is no such set. Keys of a kind that is not known here are left out.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let keys = value.get("keys")?.as_array()?.iter();
        Some(Keys(keys.filter_map(|key| serde_json::from_value(key.clone()).ok()).collect()))
    }

    fn find(&self, name: &str) -> Option<RsaPublicKeyComponents<Vec<u8>>> {
        let key = self.0.iter().find(|key| key.kid == name)?;
        let number = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        Some(RsaPublicKeyComponents { n: number(&key.n)?, e: number(&key.e)? })
    }
}

/// Why a push was refused. Each is answered with 401 and nothing is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PushRefusal {
    /// Nobody is set up to push.
    #[error("no audience or service account is configured, so no push can be accepted")]
    NotSetUp,
    /// No identity token.
    #[error("the push brings no identity token")]
    Missing,
    /// What it brings is no token.
    #[error("the identity token is cut short or is no token")]
    Shape,
    /// The key that signed it is not among these: they may have changed since they were fetched.
    #[error("the identity token is signed with a key that is not one of Google's")]
    UnknownKey,
    /// The signature is somebody else's, or of something else.
    #[error("the signature does not fit the identity token")]
    Mismatch,
    /// It is not Google's, not meant for this system, or has run out.
    #[error("the identity token is not for this system or has run out")]
    Claims,
    /// It is another account's.
    #[error("the identity token is not the configured service account's")]
    Account,
}

/// What is read of a token before its signature is checked: with which key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// What is read of a token once its signature holds.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    exp: i64,
    email: String,
    email_verified: bool,
}

/// A push whose token holds.
#[derive(Clone, Copy, Debug)]
pub struct Pushed<'a>(&'a [u8]);

/// Checks the identity token of a push: `header` is the value of `authorization`.
///
/// The signature is ring's to check. What stands around it, three parts in base64 of which two are JSON, is read here
/// rather than by a library for tokens of every kind and algorithm: only the one that Google sends is taken.
pub fn verify<'a>(
    keys: &Keys,
    pusher: &Pusher,
    header: Option<&str>,
    body: &'a [u8],
    now: Timestamp,
) -> Result<Pushed<'a>, PushRefusal> {
    if pusher.audience.is_empty() || pusher.account.is_empty() {
        return Err(PushRefusal::NotSetUp);
    }
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or(PushRefusal::Missing)?.trim();
    let (signed, signature) = token.rsplit_once('.').ok_or(PushRefusal::Shape)?;
    let (head, claims) = signed.split_once('.').ok_or(PushRefusal::Shape)?;
    let head: Header = part(head).ok_or(PushRefusal::Shape)?;
    if head.alg != ALGORITHM {
        return Err(PushRefusal::Shape);
    }
    let key = keys.find(&head.kid).ok_or(PushRefusal::UnknownKey)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| PushRefusal::Shape)?;
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature).map_err(|_| PushRefusal::Mismatch)?;
    let claims: Claims = part(claims).ok_or(PushRefusal::Claims)?;
    let lives = claims.exp.saturating_add(CLOCKS_DIFFER_S) > now.as_second();
    if !lives || !ISSUERS.contains(&claims.iss.as_str()) || claims.aud != pusher.audience {
        return Err(PushRefusal::Claims);
    }
    if claims.email != pusher.account || !claims.email_verified {
        return Err(PushRefusal::Account);
    }
    Ok(Pushed(body))
}

/// Reads one part of a token.
fn part<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

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
        // Its members are called one thing in Google's description and another by those who have met it. What they
        // hold is known by its form, and the name of a review has that of its location in front.
        let mut names = data.as_object()?.values().filter_map(Value::as_str);
        let location = names.find_map(location)?.to_owned();
        Some(Hint { location, sent_at: json::time(message, "publishTime") })
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
        assert_eq!(hint(&json!({"notificationType": "NEW_REVIEW", "locationName": "accounts/1/locations/2"})), wanted);
        assert_eq!(hint(&json!({"location_name": "locations/2", "review_name": review})), wanted);
        assert_eq!(hint(&json!({"type": "UPDATED_REVIEW", "review": review})), wanted);
        assert_eq!(hint(&json!({"location_name": "locations/2"})), None);
        assert_eq!(hint(&json!({"location": "accounts/1/locations/../2", "n": 7})), None);
        assert_eq!(hint(&json!([review])), None);
    }

    #[test]
    fn what_is_no_push_is_no_hint() {
        for body in
            ["", "[]", "{}", "{\"message\":{}}", "{\"message\":{\"data\":\"%%\"}}", "{\"message\":{\"data\":\"\"}}"]
        {
            assert_eq!(Pushed(body.as_bytes()).hint(), None, "{body}");
        }
    }
}
