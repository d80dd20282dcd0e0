#![doc = include_str!("../README.md")]

mod code;
mod keyring;
mod keys;
mod token;

pub use code::{Attempt, NoAttempt, Provider, ProviderError};
pub use keyring::{KeyError, Keyring};
pub use keys::Keys;
pub use token::{Claims, Expected, TokenError, verify};
