//! Appeals: the author of a post out of sight asks for another look, and somebody else decides.

mod reference;

pub use reference::{NoReference, Reference};
pub(crate) use reference::{Referred, reference_item};
