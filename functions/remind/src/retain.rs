//! Once a day: what the time of each practice's policy has passed for is let go.

use jiff::Timestamp;
use pagewarden_ledger::{By, Periods, RetentionError};
use pagewarden_policies::load;
use pagewarden_rules::PracticeId;

use crate::Remind;

impl Remind {
    /// Lets go, at some practices, what their policy's time has passed for. A practice at
    /// which it fails holds up none of the others.
    pub(crate) async fn let_go(&self, practices: &[PracticeId], now: Timestamp) {
        for practice in practices {
            if let Err(error) = self.let_go_at(practice, now).await {
                tracing::error!(%practice, %error, "what is over was not let go");
            }
        }
    }

    async fn let_go_at(&self, practice: &PracticeId, now: Timestamp) -> Result<(), RetentionError> {
        let Some(record) = self.ledger.practice(practice).await? else {
            return Ok(());
        };
        let policy = self.ledger.policy(practice, record.policy).await?;
        let loaded =
            policy.and_then(|policy| load(&policy.toml, &policy.published, practice.as_str()).ok());
        // A policy that does not load says nothing, and then nothing goes.
        let Some(loaded) = loaded else {
            tracing::error!(%practice, "the policy in force does not load, so nothing is let go");
            return Ok(());
        };
        let periods = Periods::of(&loaded.policy.retention);
        let gone = self
            .ledger
            .let_what_is_over_go(practice, &periods, By::Policy, now)
            .await?;
        if gone.count() > 0 {
            tracing::info!(%practice, posts = gone.count(), "let go, since its time has passed");
        }
        Ok(())
    }
}
