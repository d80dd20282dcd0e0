//! What was let go and when, as the practice's chain has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use pagewarden_rules::PracticeId;

use crate::chain::PracticeEvent;
use crate::keys;
use crate::records::EventRecord;
use crate::write::{from_item, text};
use crate::{Ledger, LedgerError};

/// A run that let something go, and the line of the practice's chain that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When.
    pub at: Timestamp,
    /// Who had it done, as `name:role`; none where it was the daily run.
    pub by: Option<String>,
    /// How many posts, by the kind as which they were kept.
    pub counts: BTreeMap<String, u64>,
    /// The number of the line.
    pub line: u64,
    /// The hash of the line.
    pub hash: String,
}

impl Ledger {
    /// Returns the newest runs that let something go at a practice, the newest first.
    pub async fn retention_runs(
        &self,
        practice: &PracticeId,
        most: i32,
    ) -> Result<Vec<Run>, LedgerError> {
        let newest = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", text(keys::retention_partition(practice)))
            .scan_index_forward(false)
            .limit(most)
            .send()
            .await?;
        let mut runs = Vec::new();
        for item in newest.items.unwrap_or_default() {
            runs.extend(run(from_item::<EventRecord>(item)?));
        }
        Ok(runs)
    }
}

fn run(line: EventRecord) -> Option<Run> {
    let Ok(PracticeEvent::LetGo { by, counts, .. }) = line.practice_event() else {
        return None;
    };
    Some(Run {
        at: line.at,
        by,
        counts,
        line: line.seq,
        hash: line.hash,
    })
}
