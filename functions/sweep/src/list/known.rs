//! What was seen of a list.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_platforms::Incoming;
use serde::{Deserialize, Serialize};

/// Rows of a list of which it is kept what was seen, in some 70 bytes each. A page's 25 lists fit
/// into one item of the table, which holds 400 kB.
pub(crate) const MOST_KNOWN: usize = 200;

/// Digits of a revision's id that are kept, which is enough to see a change.
const DIGITS: usize = 12;

/// What was seen of a list: its newest rows, and how many more there were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    /// The newest rows by id, and what was seen of them.
    #[serde(rename = "known")]
    pub(crate) rows: BTreeMap<String, Seen>,
    /// How many more the platform counted: fewer than none where it counts less than it lists.
    beyond: i64,
}

/// What was seen of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// The beginning of its revision's id; empty for the practice's own writing.
    #[serde(rename = "w")]
    pub(crate) words: String,
    /// Everybody sees it.
    #[serde(rename = "p")]
    pub(crate) public: bool,
}

impl Seen {
    pub(crate) fn of(incoming: &Incoming, public: bool) -> Self {
        let words = match incoming {
            Incoming::Post(post) => post.revision().0.chars().take(DIGITS).collect(),
            Incoming::Incomplete { .. }
            | Incoming::Own { .. }
            | Incoming::Removed { .. }
            | Incoming::Visibility { .. }
            | Incoming::Revoked { .. }
            | Incoming::Ignored { .. } => String::new(),
        };
        Seen { words, public }
    }

    /// Returns `true` if the practice wrote it: it is no post, and nothing is on record of it.
    pub(crate) const fn is_own(&self) -> bool {
        self.words.is_empty()
    }
}

impl Known {
    /// Returns `true` if everything that the platform counts is accounted for.
    pub(crate) fn adds_up(&self, total: Option<usize>) -> bool {
        total.is_some_and(|total| self.more_than_known(total) == self.beyond)
    }

    /// Returns `true` if there are older rows than those that are known, or may be where the
    /// platform does not count them.
    pub(crate) fn has_more(&self) -> bool {
        self.beyond > 0 || self.rows.len() >= MOST_KNOWN
    }

    /// Forgets all but the newest, and counts the others. `listed` has the newest first; without a
    /// total the count stays, and what does not add up is looked into again.
    pub(crate) fn trim(&mut self, listed: &[String], total: Option<usize>) {
        if self.rows.len() > MOST_KNOWN {
            let newest: BTreeSet<&String> = listed.iter().take(MOST_KNOWN).collect();
            let mut spare = self.rows.len() - MOST_KNOWN;
            self.rows.retain(|id, _| {
                let forget = spare > 0 && !newest.contains(id);
                spare -= usize::from(forget);
                !forget
            });
        }
        if let Some(total) = total {
            self.beyond = self.more_than_known(total);
        }
    }

    fn more_than_known(&self, total: usize) -> i64 {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        count(total) - count(self.rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_are_known_and_the_others_counted() {
        let mut known = Known::default();
        // The newest by time need not have the highest ids.
        let listed: Vec<String> = (0..450).map(|n| format!("{n:04}")).collect();
        for id in &listed {
            known.rows.insert(
                id.clone(),
                Seen {
                    words: "abcdef012345".into(),
                    public: true,
                },
            );
        }
        known.trim(&listed, None);
        assert!(known.has_more() && known.rows.len() == MOST_KNOWN);
        known.trim(&listed, Some(1000));
        assert_eq!((known.rows.len(), known.beyond), (MOST_KNOWN, 800));
        assert!(known.rows.contains_key("0000") && !known.rows.contains_key("0449"));
        assert!(known.adds_up(Some(1000)) && !known.adds_up(Some(999)) && !known.adds_up(None));
        // Facebook may count less than it lists, and then does so every time.
        known.trim(&listed, Some(150));
        assert!(known.adds_up(Some(150)) && !known.adds_up(Some(151)));
    }

    #[test]
    fn what_is_known_of_a_page_fits_into_an_item_of_the_table() {
        let id = |n: usize| format!("122114123456789012_{:016}", 1_234_567_890_000_000 + n);
        let seen = || Seen {
            words: "abcdef012345".into(),
            public: false,
        };
        let known = Known {
            rows: (0..MOST_KNOWN).map(|n| (id(n), seen())).collect(),
            beyond: 12_345,
        };
        assert!(25 * serde_json::to_string(&known).unwrap().len() < 380_000);
    }
}
