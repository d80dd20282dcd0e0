//! An issuer's public keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::RsaPublicKeyComponents;
use serde::Deserialize;
use serde_json::Value;

/// An issuer's public keys, as they were fetched.
#[derive(Clone, Debug)]
pub struct Keys(Vec<Key>);

/// A public key of RSA, its numbers as they are published.
#[derive(Clone, Debug, Deserialize)]
struct Key {
    kid: String,
    n: String,
    e: String,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    purpose: Option<String>,
}

impl Key {
    /// Returns `true` unless the issuer says that the key is for something else than these
    /// signatures.
    fn signs(&self) -> bool {
        let is = |said: &Option<String>, wanted| said.as_deref().is_none_or(|said| said == wanted);
        is(&self.alg, crate::token::ALGORITHM) && is(&self.purpose, "sig")
    }
}

impl Keys {
    /// Reads a JSON Web Key Set; none where it is no such set. Keys that do not sign with RS256 are
    /// left out.
    #[must_use]
    pub fn of(value: &Value) -> Option<Self> {
        let keys = value.get("keys")?.as_array()?.iter();
        let keys = keys
            .filter_map(|key| Key::deserialize(key).ok())
            .filter(Key::signs);
        Some(Keys(keys.collect()))
    }

    pub(crate) fn find(&self, name: &str) -> Option<RsaPublicKeyComponents<Vec<u8>>> {
        let key = self.0.iter().find(|key| key.kid == name)?;
        let number = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        Some(RsaPublicKeyComponents {
            n: number(&key.n)?,
            e: number(&key.e)?,
        })
    }
}
