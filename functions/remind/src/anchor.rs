//! Once a day: the end of each practice's chain is written where nobody can change it.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use pagewarden_ledger::LedgerError;
use pagewarden_rules::PracticeId;
use pagewarden_runtime::{Anchors, AnchorsError};
use thiserror::Error;

use crate::{Remind, retain};

/// Anchors that are written at the same time, so that a bucket that does not answer takes no more of
/// the run than it has.
const AT_ONCE: usize = 8;

/// Why an anchor was not written.
#[derive(Debug, Error)]
enum NotAnchored {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Anchors(#[from] AnchorsError),
}

/// Returns `true` if this run of the schedule writes anchors: the daily run, and one of each hour
/// after it, for what could not be written.
pub(crate) fn is_time(now: Timestamp) -> bool {
    let (hour, minute) = retain::AT;
    let now = now.to_zoned(TimeZone::UTC);
    now.hour() >= hour && now.minute() == minute
}

impl Remind {
    /// Writes the anchor of each practice that has none today, and of each that left: of the proof
    /// that it did. Returns how many were. A practice at which it fails holds up none of the others.
    pub async fn anchor(&self, now: Timestamp) -> Result<u64, LedgerError> {
        let Some(anchors) = self.anchors.as_deref() else {
            return Ok(0);
        };
        let channels = self.ledger.channels().await?;
        let here = channels.into_iter().map(|(_, id)| id);
        let practices: BTreeSet<PracticeId> = here.chain(self.ledger.gone().await?).collect();
        let practices = Vec::from_iter(practices);
        let (mut written, mut failed) = (0, 0_u64);
        for some in practices.chunks(AT_ONCE) {
            let tries = some.iter().map(|one| self.anchor_one(anchors, one, now));
            for (practice, tried) in some.iter().zip(join_all(tries).await) {
                match tried {
                    Ok(is_new) => written += u64::from(is_new),
                    Err(error) => {
                        let why = std::error::Error::source(&error).map(ToString::to_string);
                        tracing::warn!(%practice, %error, why, "the anchor of the chain was not written: the next hour's run tries again");
                        failed += 1;
                    }
                }
            }
        }
        if written + failed > 0 {
            tracing::info!(written, failed, "anchors of the practices' chains");
            // An alarm looks for these.
            pagewarden_runtime::count("NotAnchored", failed, None, now);
        }
        Ok(written)
    }

    async fn anchor_one(
        &self,
        anchors: &dyn Anchors,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<bool, NotAnchored> {
        let Some(anchor) = self.ledger.anchor_to_write(practice, now).await? else {
            return Ok(false);
        };
        anchors.write(&anchor, now).await?;
        self.ledger.note_anchored(&anchor).await?;
        Ok(true)
    }
}
