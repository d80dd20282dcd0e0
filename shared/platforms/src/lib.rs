//! One module a platform: what its deliveries say, who signed them, and how to call it.
//!
//! The way in: raw bytes → [`delivery::verify`] → [`Verified`] → [`meta_webhooks::read`] or
//! [`x::read`] → one [`Incoming`] a change, each with the bytes that it was [`Sent`] in. Polled
//! platforms come in by their client instead ([`google::Google`], [`website::Website`]). The way
//! out: a client a platform, all on the one HTTP layer of [`calls`], whose errors say what to do
//! next rather than what went wrong.

// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod calls;
pub mod delivery;
mod document;
mod escapes;
pub mod facebook;
pub mod google;
mod id;
mod incoming;
pub mod instagram;
mod json;
pub mod meta;
pub mod meta_webhooks;
pub mod permission;
mod secret;
pub mod website;
pub mod x;

pub use delivery::{Malformed, Refusal, Verified};
pub use document::{Document, Raw, Sent};
pub use escapes::repair;
pub use incoming::Incoming;
pub use permission::Permission;
pub use secret::Secret;
