//! What is due: retries, leases that ran out, and revisions that nobody decided or read.

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PracticeId, words};

use crate::keys::{self, Key};
use crate::records::ActionStatus;
use crate::write::{Item, number, text, unless_refused};
use crate::{Ledger, LedgerError};

/// Items looked at in one shard in one go; the next tick takes the rest.
pub const DUE_AT_ONCE: i32 = 100;

words! {
    /// What kind of item is due.
    Due {
        /// A revision without a decision.
        Revision "revision",
        /// A post that is still to be read from its platform.
        Unread "unread",
        /// An action that is to be tried again.
        Action "action",
        /// A step of a policy's version that waits for its time.
        Step "step",
    }
}

/// An item that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueKey {
    key: Key,
    due_sk: String,
    /// What kind of item.
    pub kind: Due,
}

impl DueKey {
    /// Returns the practice to which the item belongs.
    pub(crate) fn practice(&self) -> Option<PracticeId> {
        keys::practice_in(&self.key.pk)
    }
}

/// Whether an item was set going again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rearmed {
    /// The stream carries it to its function once more.
    Yes,
    /// Somebody else got there first.
    No,
}

impl Ledger {
    /// Returns what is due, oldest first in each shard.
    pub async fn due(&self, now: Timestamp) -> Result<Vec<DueKey>, LedgerError> {
        let mut due = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            let items = self.due_in(keys::due_shard(shard), now).await?;
            due.extend(items.iter().filter_map(|item| {
                let name = |attribute: &str| {
                    item.get(attribute)
                        .and_then(|value| value.as_s().ok())
                        .cloned()
                };
                let key = Key::new(name("PK")?, name("SK")?);
                let kind = name("due_kind")?
                    .parse()
                    .inspect_err(|error| tracing::error!(%key, %error, "not set going"));
                Some(DueKey {
                    kind: kind.ok()?,
                    key,
                    due_sk: name("due_sk")?,
                })
            }));
        }
        Ok(due)
    }

    /// Returns the first page of what is due in one partition of the `due` index, oldest first.
    pub(crate) async fn due_in(
        &self,
        partition: String,
        now: Timestamp,
    ) -> Result<Vec<Item>, LedgerError> {
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_pk = :pk AND due_sk <= :now")
            .expression_attribute_values(":pk", text(partition))
            // '~' sorts after every '#<id>' of the same instant.
            .expression_attribute_values(":now", text(format!("{}~", keys::sortable(now))))
            .limit(DUE_AT_ONCE)
            .send()
            .await?;
        Ok(page.items.unwrap_or_default())
    }

    /// Sets an item going again: the stream carries the change to the function that was to deal
    /// with it.
    ///
    /// It becomes due once more after `again`, so that an item whose function keeps failing is
    /// never forgotten.
    pub async fn rearm(
        &self,
        due: &DueKey,
        again: SignedDuration,
        now: Timestamp,
    ) -> Result<Rearmed, LedgerError> {
        let unique = due.due_sk.rsplit('#').next().unwrap_or_default();
        let base = self
            .change(&due.key)
            .expression_attribute_values(":due", text(due.due_sk.as_str()))
            .expression_attribute_values(":next", text(keys::due_time(now + again, unique)));
        let update = match due.kind {
            Due::Revision | Due::Unread => base
                .update_expression("SET due_sk = :next ADD rearmed :one")
                .condition_expression("due_sk = :due")
                .expression_attribute_values(":one", number(1)),
            // It is taken by who finds it, and found again should that fail.
            Due::Step => base
                .update_expression("SET due_sk = :next")
                .condition_expression("due_sk = :due"),
            Due::Action => base
                .update_expression("SET due_sk = :next, #status = :pending")
                .condition_expression("due_sk = :due AND #status IN (:pending, :claimed)")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":pending", text(ActionStatus::Pending.name()))
                .expression_attribute_values(":claimed", text(ActionStatus::Claimed.name())),
        };
        Ok(if unless_refused(update.send().await)? {
            Rearmed::Yes
        } else {
            Rearmed::No
        })
    }
}
