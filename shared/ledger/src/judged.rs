//! What was judged lately, whatever was decided of it.
//!
//! Nothing else lists a harmless post: nobody waits for it, and no line of the practice's chain is
//! about it. So a revision that was judged stays in the `due` index, by when it was judged, in a
//! partition of its practice. It leaves the index when it leaves the table.

use jiff::Timestamp;
use pagewarden_rules::{PostKey, PracticeId, RevisionId};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::records::RevisionRecord;
use crate::write::{key_of, text};
use crate::{Ledger, LedgerError};

/// Sets, in an update of a revision, the two attributes that [`place`] returns.
pub(crate) const SET_PLACE: &str = "due_pk = :judged, due_sk = :at";

/// Returns the partition of the index and the place in it of a revision that is judged now.
pub(crate) fn place(revision: &RevisionRecord, now: Timestamp) -> [String; 2] {
    let key = keys::revision(&revision.key, &revision.revision);
    let unique = &hex::encode(Sha256::digest(key.to_string()))[..16];
    [
        keys::judged_partition(&revision.key.practice),
        keys::due_time(now, unique),
    ]
}

impl Ledger {
    /// Returns the revisions of a practice that were judged between two times, the newest first, and
    /// at most `most` of them.
    pub async fn judged(
        &self,
        practice: &PracticeId,
        since: Timestamp,
        until: Timestamp,
        most: usize,
    ) -> Result<Vec<(PostKey, RevisionId)>, LedgerError> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_pk = :pk AND due_sk BETWEEN :since AND :until")
            .expression_attribute_values(":pk", text(keys::judged_partition(practice)))
            .expression_attribute_values(":since", text(keys::sortable(since)))
            // '~' sorts after every '#<id>' of the same instant.
            .expression_attribute_values(":until", text(format!("{}~", keys::sortable(until))))
            .scan_index_forward(false)
            .into_paginator()
            .items()
            .send();
        let mut judged = Vec::new();
        while judged.len() < most
            && let Some(item) = pages.next().await
        {
            let key = key_of(&item?);
            judged.extend(keys::post_of(&key.pk).zip(keys::revision_of(&key.sk)));
        }
        Ok(judged)
    }
}
