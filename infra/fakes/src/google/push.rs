//! A fake of Pub/Sub's pushes and of the keys that sign what they bring.
//!
//! Made from what Google documents and not with the code that checks it, so that neither can cover
//! for the other.

use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use serde_json::{Value, json};

/// The audience that the local subscription is set up with.
pub const AUDIENCE: &str = "pagewarden/local";
/// The service account that it pushes as.
pub const ACCOUNT: &str = "hints@pagewarden.example";

/// Two keys that were made for this fake and open nothing: Google, too, changes its keys.
const KEYS: [&[u8]; 2] = [include_bytes!("first.der"), include_bytes!("second.der")];

/// A key of the fake: the first, or the second, which it changes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The one that it starts with.
    First,
    /// The one that it changes to.
    Second,
}

impl Key {
    const fn name(self) -> &'static str {
        match self {
            Key::First => "first",
            Key::Second => "second",
        }
    }

    fn pair(self) -> Result<RsaKeyPair> {
        RsaKeyPair::from_pkcs8(KEYS[self as usize])
            .map_err(|error| anyhow!("a key of the fake does not read: {error}"))
    }

    /// Returns the public part as an issuer publishes it.
    pub(crate) fn published(self) -> Result<Value> {
        let pair = self.pair()?;
        let RsaPublicKeyComponents { n, e } =
            RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
        Ok(json!({
            "kid": self.name(), "kty": "RSA", "alg": "RS256", "use": "sig",
            "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e),
        }))
    }

    /// Signs an identity token that says this, under the name of a key.
    pub fn token(self, named: Key, claims: &Value) -> Result<String> {
        let header = json!({ "alg": "RS256", "kid": named.name(), "typ": "JWT" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(claims));
        let pair = self.pair()?;
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .map_err(|_| anyhow!("the fake cannot sign"))?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What an identity token of the local subscription says.
#[must_use]
pub fn claims(now: Timestamp) -> Value {
    let now = now.as_second();
    json!({
        "iss": "https://accounts.google.com", "aud": AUDIENCE, "azp": "113774264463038321964",
        "sub": "113774264463038321964", "email": ACCOUNT, "email_verified": true, "iat": now, "exp": now + 3600,
    })
}

/// The body of a push about a location.
#[must_use]
pub fn body(location: &str, at: Timestamp) -> Vec<u8> {
    let data = json!({ "notificationType": "NEW_REVIEW", "locationName": location });
    let (data, id) = (
        STANDARD.encode(data.to_string()),
        at.as_nanosecond().to_string(),
    );
    json!({
        "message": { "data": data, "messageId": id, "publishTime": at.to_string() },
        "subscription": "projects/demo/subscriptions/pagewarden",
    })
    .to_string()
    .into_bytes()
}
