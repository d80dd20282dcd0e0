//! Fakes of the platforms and of the issuer at which people sign in: they demand the right token,
//! keep state, answer with the platforms' own error bodies, and can be told to fail.
//!
//! What they know is the fold of a journal, so that a killed process finds the platforms as it left
//! them: a real platform does not forget what was hidden either.

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
