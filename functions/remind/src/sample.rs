//! Once a week: some of what was hidden and nobody has looked at is drawn for a second look.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pagewarden_ledger::LedgerError;
use pagewarden_rules::PracticeId;

use crate::Remind;

impl Remind {
    /// Draws, at every practice, the sample of the last week that is over, unless it was drawn. So
    /// the daily run after Sunday does it, and the next day's makes up for one that failed. Returns
    /// how many posts were drawn. A practice at which it fails holds up none of the others.
    pub async fn sample(&self, now: Timestamp) -> Result<usize, LedgerError> {
        let channels = self.ledger.channels().await?;
        let practices: BTreeSet<PracticeId> = channels.into_iter().map(|(_, id)| id).collect();
        let mut posts = 0;
        for practice in &practices {
            match self.ledger.draw_sample(practice, now).await {
                Ok(Some(drawn)) => {
                    tracing::info!(%practice, drawn, "last week's sample for a second look");
                    posts += drawn;
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%practice, %error, "last week's sample was not drawn: the next daily run tries again");
                }
            }
        }
        Ok(posts)
    }
}
