//! The vocabulary: names and cue words, each with the classes it belongs to.

use std::ops::BitOr;

use crate::reader::packed;

pub(super) use table::*;
use table::{CLASSES, STARTS};

#[expect(clippy::unreadable_literal, reason = "the tables are generated")]
mod table {
    use super::Class;

    include!(concat!(env!("OUT_DIR"), "/names.rs"));
}

static WORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/names.bin"));

/// A set of classes that a word belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Class(u64);

impl Class {
    /// No class: the word is not known.
    pub(super) const NONE: Class = Class(0);

    /// Returns `true` if the word belongs to one of these classes.
    pub(super) const fn any(self, of: Class) -> bool {
        self.0 & of.0 != 0
    }
}

impl Class {
    /// Returns the classes of both, in a constant.
    pub(super) const fn and(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }
}

impl BitOr for Class {
    type Output = Class;

    fn bitor(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }
}

/// Returns the classes of a word in lower case.
pub(super) fn classes(word: &str) -> Class {
    packed::find(WORDS, &STARTS, word.as_bytes()).map_or(Class::NONE, |class| Class(CLASSES[class]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_with_every_class() {
        assert!(classes("sharon").any(FORENAME) && !classes("sharon").any(ORDINARY));
        assert!(classes("baker").any(SURNAME) && classes("baker").any(ORDINARY));
        assert!(classes("nurse").any(CLINICIAN) && classes("nurse").any(ROLE) && classes("nurse").any(ATTENDANCE));
        assert!(classes("the").any(GRAMMAR) && !classes("the").any(FORENAME | SURNAME));
        assert_eq!(classes("qwertyuiop"), Class::NONE);
        assert_eq!(classes(""), Class::NONE);
    }
}
