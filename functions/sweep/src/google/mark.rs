//! How far a location has been swept.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was seen of a location: the newest time seen, and the posts known to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReviewsMark {
    /// The newest edit seen, by the platform's clock.
    pub(crate) newest: Option<Timestamp>,
    /// The ids of the posts that were there.
    pub(crate) known: BTreeSet<String>,
    /// By how many the platform's count was over what it lists, when its list was last read to its
    /// end.
    #[serde(default)]
    pub(crate) over: i64,
}

impl ReviewsMark {
    /// Returns `true` if a post of that time may be news. The same instant may hold another post,
    /// and one that was not there before is news however old it is: a platform may look at it for
    /// hours before it shows it.
    pub(crate) fn may_be_news(&self, id: &str, at: Option<Timestamp>) -> bool {
        match (self.newest, at) {
            (Some(newest), Some(at)) => at >= newest || !self.known.contains(id),
            _ => true,
        }
    }

    /// Returns `true` if the platform counts as many posts as are known. A count that was off when
    /// all of them had been read is off by as many now.
    pub(crate) fn adds_up(&self, total: Option<usize>) -> bool {
        total.is_some_and(|total| self.over_by(total) == self.over)
    }

    /// Notes how far the platform's count is from what it listed, now that its list was read to its
    /// end.
    pub(crate) fn note_count(&mut self, total: Option<usize>) {
        self.over = total.map_or(0, |total| self.over_by(total));
    }

    fn over_by(&self, total: usize) -> i64 {
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        count(total) - count(self.known.len())
    }

    /// Notes a post.
    pub(crate) fn note(&mut self, id: &str, at: Option<Timestamp>) {
        self.newest = self.newest.max(at);
        self.known.insert(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_instant_is_looked_at_again() {
        let mut mark = ReviewsMark::default();
        let at: Timestamp = "2026-11-20T10:00:00Z".parse().unwrap();
        assert!(mark.may_be_news("a", Some(at)));
        mark.note("a", Some(at));
        assert!(mark.may_be_news("a", Some(at)) && mark.may_be_news("a", None));
        let earlier = "2026-11-20T09:59:59Z".parse().ok();
        assert!(!mark.may_be_news("a", earlier) && mark.may_be_news("b", earlier));
        mark.note("b", Some(at));
        assert!(mark.adds_up(Some(2)) && !mark.adds_up(Some(3)) && !mark.adds_up(None));
        mark.note_count(Some(3));
        assert!(
            mark.adds_up(Some(3)),
            "a count that never matches is one that says nothing new"
        );
        mark.note("c", Some(at));
        assert!(mark.adds_up(Some(4)) && !mark.adds_up(Some(3)));
        let text = serde_json::to_string(&mark).unwrap();
        assert_eq!(serde_json::from_str::<ReviewsMark>(&text).unwrap(), mark);
    }
}
