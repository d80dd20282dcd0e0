//! Sets going again what is due: retries, leases that ran out, and revisions that nobody decided or read.
//!
//! It judges and acts on nothing itself: it touches the item, and the table's stream carries it to the function
//! whose work it is.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Due, Ledger, LedgerError, Rearmed};

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
    if reminded != Reminded::default() {
        let Reminded { revisions, unread, actions } = reminded;
        tracing::info!(revisions, unread, actions, "set going again");
    }
    if let Some(error) = failed.filter(|_| !written) {
        return Err(error);
    }
    // An alarm looks for these: a revision that waits for minutes means that `moderate` keeps failing.
    pagewarden_runtime::count("Undecided", u64::from(reminded.revisions), None, now);
    Ok(reminded)
}
