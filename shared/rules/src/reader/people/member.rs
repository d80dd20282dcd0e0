//! A member of staff who is found in a text, however they were found.

use crate::Strength;

use super::Stretch;

/// A member of staff who is named or described, as the first and last token.
#[derive(Clone, Debug)]
pub(super) struct Staff {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) strength: Strength,
    pub(super) cue: &'static str,
    pub(super) why: &'static str,
}

impl Stretch for Staff {
    fn ends(&self) -> (usize, usize) {
        (self.first, self.last)
    }
}
