#![doc = include_str!("../README.md")]

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
