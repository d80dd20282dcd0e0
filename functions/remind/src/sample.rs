//! Once a week: some of what was hidden and nobody has looked at is drawn for a second look.

use jiff::Timestamp;
use pagewarden_rules::PracticeId;

use crate::Remind;

impl Remind {
    /// Draws, at some practices, the sample of the last week that is over, unless it was drawn. So
    /// the daily run after Sunday does it, and the next day's makes up for one that failed. A practice
    /// at which it fails holds up none of the others.
    pub(crate) async fn sample(&self, practices: &[PracticeId], now: Timestamp) {
        for practice in practices {
            match self.ledger.draw_sample(practice, now).await {
                Ok(Some(drawn)) => {
                    tracing::info!(%practice, drawn, "last week's sample for a second look");
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%practice, %error, "last week's sample was not drawn: the next daily run tries again");
                }
            }
        }
    }
}
