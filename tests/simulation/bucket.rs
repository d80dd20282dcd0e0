//! Where the anchors of the practices' chains are kept: what is written there stays, and a write
//! may go wrong.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_ledger::{FoundAnchor, NewAnchor};
use pagewarden_local::outbox::Mishap;
use pagewarden_rules::PracticeId;
use pagewarden_runtime::{Anchors, AnchorsAnswer, AnchorsError};

use super::world::held;

#[derive(Debug, Default)]
pub(crate) struct Bucket {
    kept: Mutex<BTreeMap<(PracticeId, Date), FoundAnchor>>,
    mishaps: Mutex<VecDeque<Mishap>>,
}

impl Bucket {
    /// Has the next write go wrong.
    pub(crate) fn next(&self, mishap: Mishap) {
        held(&self.mishaps).push_back(mishap);
    }

    /// Lets all writes go well.
    pub(crate) fn end(&self) {
        held(&self.mishaps).clear();
    }

    pub(crate) fn found(&self) -> Vec<FoundAnchor> {
        held(&self.kept).values().cloned().collect()
    }

    fn keep(&self, anchor: &NewAnchor, now: Timestamp) -> Result<(), AnchorsError> {
        let mishap = held(&self.mishaps).pop_front();
        if matches!(mishap, None | Some(Mishap::LostAfter)) {
            let mut kept = held(&self.kept);
            let place = kept.entry((anchor.practice.clone(), anchor.day));
            place.or_insert_with(|| FoundAnchor {
                practice: anchor.practice.clone(),
                day: anchor.day,
                text: anchor.text.clone(),
                written_at: Some(now),
                is_covered: false,
            });
        }
        match mishap {
            None => Ok(()),
            Some(mishap) => Err(AnchorsError::Refused(503, format!("{mishap:?}"))),
        }
    }
}

impl Anchors for Bucket {
    fn write<'a>(&'a self, anchor: &'a NewAnchor, now: Timestamp) -> AnchorsAnswer<'a, ()> {
        let kept = self.keep(anchor, now);
        Box::pin(async { kept })
    }

    fn all<'a>(
        &'a self,
        _: Option<&'a PracticeId>,
        _: Timestamp,
    ) -> AnchorsAnswer<'a, Vec<FoundAnchor>> {
        let found = self.found();
        Box::pin(async { Ok(found) })
    }
}
