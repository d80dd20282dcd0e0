//! The vocabulary: names and cue words, each with the classes and the lists that it belongs to.
//!
//! A class says what a word is, and a word in the possessive belongs to the classes of its stem as
//! well. A list holds the words that one step of the grammar accepts, exactly as they are spelled.
//! Both are data: `names` and `lexicons`.

use std::ops::BitOr;

use crate::reader::packed;

pub(super) use table::*;
use table::{CLASSES, LISTS, STARTS};

#[expect(clippy::unreadable_literal, reason = "the tables are generated")]
mod table {
    use super::{Class, List};

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

/// One or more lists of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct List(u128);

impl BitOr for List {
    type Output = List;

    fn bitor(self, other: List) -> List {
        List(self.0 | other.0)
    }
}

/// What the table knows of a word: the index of its sets. The first is empty, for every word that
/// is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry(u16);

impl Entry {
    /// Looks a word in lower case up.
    pub(super) fn of(word: &str) -> Entry {
        Entry(packed::find(WORDS, &STARTS, word.as_bytes()).unwrap_or_default())
    }

    /// Returns the word's classes.
    pub(super) fn classes(self) -> Class {
        Class(CLASSES[usize::from(self.0)])
    }

    /// Returns `true` if the word is in one of these lists.
    pub(super) fn is_in(self, lists: List) -> bool {
        LISTS[usize::from(self.0)] & lists.0 != 0
    }
}

/// Returns the classes of a word in lower case.
pub(super) fn classes(word: &str) -> Class {
    Entry::of(word).classes()
}

#[cfg(test)]
mod tests {
    use super::super::page::Page;
    use super::*;
    use crate::reader::text::View;

    #[test]
    fn every_listed_word_can_be_a_token() {
        for (name, list, words) in LISTED {
            for word in *words {
                let (first, rest) = word.split_at(1);
                // A long word that no list knows is cut into known ones, but not one with a
                // capital.
                let posted = [(*word).to_owned(), first.to_uppercase() + rest];
                let whole = posted.iter().any(|posted| {
                    let view = View::new(posted);
                    let page = Page::new(&view);
                    page.len() == 1 && page.has(0, *list)
                });
                assert!(whole, "{name}: {word}");
            }
        }
    }

    #[test]
    fn a_word_is_only_in_its_own_lists() {
        let (bus, from) = (Entry::of("bus"), Entry::of("from"));
        assert!(
            bus.is_in(NUMBERED_THING)
                && !bus.is_in(DWELLING)
                && bus.is_in(DWELLING | NUMBERED_THING)
        );
        assert!(from.is_in(DWELLING) && from.classes().any(GRAMMAR));
        assert!(!Entry::of("from's").is_in(DWELLING) && !Entry::of("qwertyuiop").is_in(DWELLING));
    }

    #[test]
    fn words_are_found_with_every_class() {
        assert!(classes("sharon").any(FORENAME) && !classes("sharon").any(ORDINARY));
        assert!(classes("baker").any(SURNAME) && classes("baker").any(ORDINARY));
        assert!(
            classes("nurse").any(CLINICIAN)
                && classes("nurse").any(ROLE)
                && classes("nurse").any(ATTENDANCE)
        );
        assert!(classes("the").any(GRAMMAR) && !classes("the").any(FORENAME | SURNAME));
        assert_eq!(classes("qwertyuiop"), Class::NONE);
        assert_eq!(classes(""), Class::NONE);
    }
}
