//! OpenID Connect, as far as Pagewarden needs it: tokens that somebody else signs, checked against
//! the keys that they publish ([`verify`], [`Keyring`]), and signing in by a code ([`Provider`],
//! [`Attempt`]).
//!
//! Nothing here calls anybody: the caller fetches the documents and hands them in. Only RS256 is
//! taken, which every issuer must offer, because a list of algorithms is where libraries for tokens
//! have gone wrong.
//!
//! Sources: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7515, 7517, 7519 and 7636.

mod code;
mod keyring;
mod keys;
mod token;

pub use code::{Attempt, NoAttempt, Provider, ProviderError};
pub use keyring::{KeyError, Keyring};
pub use keys::Keys;
pub use token::{Claims, Expected, TokenError, verify};
