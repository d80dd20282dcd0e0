//! What was seen of a website.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_platforms::website::Comment;
use serde::{Deserialize, Serialize};

/// Comments of which it is kept what was seen: three pages, in some 15 kB.
pub(super) const MOST_KNOWN: usize = 300;

/// Digits of a revision's id that are kept, which is enough to see a change.
const DIGITS: usize = 12;

/// The watermark of a website.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// The user who signs in, by name and id.
    pub(super) own: Option<(String, u64)>,
    /// The newest comments by id, and what was seen of them.
    pub(super) known: BTreeMap<String, Seen>,
    /// How many more there were.
    beyond: usize,
}

/// What was seen of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    /// The beginning of its revision's id.
    #[serde(rename = "w")]
    pub(super) words: String,
    /// Everybody sees it.
    #[serde(rename = "p")]
    pub(super) public: bool,
}

impl Seen {
    pub(super) fn of(comment: &Comment) -> Self {
        let revision = comment.post.revision().0;
        Seen { words: revision.chars().take(DIGITS).collect(), public: comment.is_public() }
    }
}

impl Mark {
    /// Reads a watermark. One that does not read counts as none: everything is looked at again, and nothing is lost.
    pub(super) fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// Returns true if and only if all comments of the site are accounted for.
    pub(super) fn adds_up(&self, total: Option<usize>) -> bool {
        total == Some(self.known.len() + self.beyond)
    }

    /// Forgets all but the newest, and counts the others. `listed` has the newest first; without a total the count
    /// stays, and what does not add up is looked into again.
    pub(super) fn trim(&mut self, listed: &[String], total: Option<usize>) {
        if self.known.len() > MOST_KNOWN {
            let newest: BTreeSet<&String> = listed.iter().take(MOST_KNOWN).collect();
            let mut spare = self.known.len() - MOST_KNOWN;
            self.known.retain(|id, _| {
                let forget = spare > 0 && !newest.contains(id);
                spare -= usize::from(forget);
                !forget
            });
        }
        if let Some(total) = total {
            self.beyond = total.saturating_sub(self.known.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Seen {
        Seen { words: "abcdef012345".into(), public: true }
    }

    #[test]
    fn a_broken_watermark_is_none_and_a_sound_one_reads_back() {
        assert_eq!(Mark::read(Some("{broken")), Mark::default());
        assert_eq!(Mark::read(Some("{\"newest\":null,\"known\":[\"1\"]}")), Mark::default());
        let mut mark = Mark { own: Some(("editor".into(), 2)), ..Mark::default() };
        mark.known.insert("101".into(), seen());
        assert_eq!(Mark::read(Some(&serde_json::to_string(&mark).unwrap())), mark);
    }

    #[test]
    fn only_the_newest_are_known_and_the_others_counted() {
        let mut mark = Mark::default();
        // The newest by time need not have the highest ids.
        let listed: Vec<String> = (0..450).map(|n| format!("{n:04}")).collect();
        for id in &listed {
            mark.known.insert(id.clone(), seen());
        }
        mark.trim(&listed, Some(1000));
        assert_eq!((mark.known.len(), mark.beyond), (MOST_KNOWN, 700));
        assert!(mark.known.contains_key("0000") && !mark.known.contains_key("0449"));
        assert!(mark.adds_up(Some(1000)) && !mark.adds_up(Some(999)) && !mark.adds_up(None));
        assert!(serde_json::to_string(&mark).unwrap().len() < 20_000);
    }
}
