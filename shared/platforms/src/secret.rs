//! Secrets: tokens and keys, never shown.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use reqwest::Url;
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

    /// Returns `true` if nobody on the way to an address can read a secret that is sent there: it
    /// is reached over TLS, or is this machine. For addresses that a practice stores.
    pub(crate) fn may_travel_to(url: &Url) -> bool {
        match url.scheme() {
            "https" => true,
            "http" => url.host_str().is_some_and(is_this_machine),
            _ => false,
        }
    }
}

/// What ends in `.localhost` is this machine by RFC 6761, and no name server of the internet knows
/// it.
fn is_this_machine(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
