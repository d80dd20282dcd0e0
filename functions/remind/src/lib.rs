//! Sets going again what is due: retries, leases that ran out, and revisions that nobody decided or read.
//!
//! It judges and acts on nothing itself: it touches the item, and the table's stream carries it to the function
//! whose work it is.

// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Due, Ledger, LedgerError, Rearmed};
use pagewarden_rules::TaskKind;

/// An item that was set going is looked at again after this long, should its function fail once more.
pub const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Revisions without a decision.
    pub revisions: u32,
    /// Posts that are still to be read from their platform.
    pub unread: u32,
    /// Actions to be tried again.
    pub actions: u32,
    /// Tasks that no person has answered in time.
    pub late: u32,
}

/// Sets going everything that is due now. An item that cannot be written holds up none of the others: it is due still, and
/// only a run in which nothing could be written fails.
pub async fn handle(ledger: &Ledger, now: Timestamp) -> Result<Reminded, LedgerError> {
    let mut reminded = Reminded::default();
    let (mut written, mut failed) = (false, None);
    for due in ledger.due(now).await? {
        match ledger.rearm(&due, AGAIN_AFTER, now).await {
            Ok(rearmed) => {
                written = true;
                if rearmed == Rearmed::No {
                    continue;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "an item that is due was not set going: the next run does it");
                failed = Some(error);
                continue;
            }
        }
        match due.kind {
            Due::Revision => reminded.revisions += 1,
            Due::Unread => reminded.unread += 1,
            Due::Action => reminded.actions += 1,
        }
    }
    if [reminded.revisions, reminded.unread, reminded.actions] != [0, 0, 0] {
        let Reminded { revisions, unread, actions, .. } = reminded;
        tracing::info!(revisions, unread, actions, "set going again");
    }
    if let Some(error) = failed.filter(|_| !written) {
        return Err(error);
    }
    // An alarm looks for these: a revision that waits for minutes means that `moderate` keeps failing.
    pagewarden_runtime::count("Undecided", u64::from(reminded.revisions), None, now);
    reminded.late = late(ledger, now).await?;
    Ok(reminded)
}

/// Says which tasks are past their due time: in the log and as a figure, until somebody can be sent a notice.
async fn late(ledger: &Ledger, now: Timestamp) -> Result<u32, LedgerError> {
    let mut told = 0;
    for key in ledger.overdue(now).await? {
        let task = match ledger.tell_late(&key, now).await {
            Ok(Some(task)) => task,
            Ok(None) => continue,
            // One that cannot be read must not keep the others from being told.
            Err(error @ LedgerError::Unreadable { .. }) => {
                tracing::error!(%error, "a late task cannot be read");
                continue;
            }
            Err(error) => return Err(error),
        };
        told += 1;
        tracing::warn!(
            practice = %task.key.practice,
            post = %task.key.id,
            task = %task.id,
            kind = %task.kind,
            urgency = %task.urgency,
            due = %task.due_at,
            "nobody has answered in time"
        );
        pagewarden_runtime::count("Overdue", 1, Some(&task.key.practice), now);
        // It is due when the surgery opens, and an hour after it was asked while it is open.
        if task.kind == TaskKind::SafeguardingToday {
            pagewarden_runtime::count("LookToday", 1, Some(&task.key.practice), now);
        }
    }
    Ok(told)
}
