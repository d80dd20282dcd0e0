//! Secrets: tokens and keys, never shown.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

/// A token or key. Never shown, not even by `Debug`.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret(Arc<str>);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Secret(text.into())
    }
}

impl Secret {
    /// Takes a secret's text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Secret(text.into())
    }

    /// Returns the text itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns `true` if there is nothing in it: a setting left empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
