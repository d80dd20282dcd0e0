#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod bucket;
mod consent;
mod direct;
mod fault;
pub mod google;
pub mod graph;
pub mod issuer;
mod journal;
mod quota;
pub mod store;
pub mod website;
pub mod x;

pub use direct::Direct;
pub use fault::{Fault, Faults};
pub use journal::Entry;
