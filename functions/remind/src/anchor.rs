//! Once a day: the end of each practice's chain is written where nobody can change it.

use futures_util::future::join_all;
use jiff::Timestamp;
use pagewarden_ledger::LedgerError;
use pagewarden_rules::PracticeId;
use pagewarden_runtime::{Anchors, AnchorsError};
use thiserror::Error;

use crate::Remind;

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

impl Remind {
    /// Writes the anchor of each of some practices that has none today; of one that left, of the
    /// proof that it did. Returns how many were. A practice at which it fails holds up none of the
    /// others.
    pub async fn anchor(&self, practices: &[PracticeId], now: Timestamp) -> u64 {
        let Some(anchors) = self.anchors.as_deref() else {
            return 0;
        };
        let (mut written, mut failed) = (0, 0_u64);
        for some in practices.chunks(AT_ONCE) {
            let tries = some.iter().map(|one| self.anchor_one(anchors, one, now));
            for (practice, tried) in some.iter().zip(join_all(tries).await) {
                match tried {
                    Ok(is_new) => written += u64::from(is_new),
                    Err(error) => {
                        let why = std::error::Error::source(&error).map(ToString::to_string);
                        tracing::warn!(%practice, %error, why, "the anchor of the chain was not written: a run an hour later tries again");
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
        written
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
