#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod calls;
pub mod connect;
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
pub mod pictures;
mod secret;
pub mod website;
pub mod x;

pub use delivery::{Malformed, Refusal, Verified};
pub use document::{Document, Raw, Sent};
pub use escapes::repair;
pub use incoming::Incoming;
pub use permission::Permission;
pub use secret::Secret;
