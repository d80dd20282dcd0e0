//! Once a day: what the time of each practice's policy has passed for is let go.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pagewarden_ledger::{By, LedgerError, Periods, RetentionError};
use pagewarden_policies::load;
use pagewarden_rules::PracticeId;

use crate::Remind;

/// The minute of the day, in UTC, whose run does it: when little else happens. A run that fails or
/// is left out is made up for by the next day's.
pub(crate) const AT: (i8, i8) = (3, 17);

/// Returns `true` if this run of the schedule is the one.
pub(crate) fn is_time(now: Timestamp) -> bool {
    let now = now.to_zoned(TimeZone::UTC);
    (now.hour(), now.minute()) == AT
}

impl Remind {
    /// Lets go, at every practice, what its policy's time has passed for. Returns how many posts
    /// went. A practice at which it fails holds up none of the others.
    pub async fn let_go(&self, now: Timestamp) -> Result<usize, LedgerError> {
        let channels = self.ledger.channels().await?;
        let practices: BTreeSet<PracticeId> = channels.into_iter().map(|(_, id)| id).collect();
        let mut gone = 0;
        for practice in &practices {
            match self.let_go_at(practice, now).await {
                Ok(count) => gone += count,
                Err(error) => tracing::error!(%practice, %error, "what is over was not let go"),
            }
        }
        Ok(gone)
    }

    async fn let_go_at(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<usize, RetentionError> {
        let Some(record) = self.ledger.practice(practice).await? else {
            return Ok(0);
        };
        let policy = self.ledger.policy(practice, record.policy).await?;
        let loaded =
            policy.and_then(|policy| load(&policy.toml, &policy.published, practice.as_str()).ok());
        // A policy that does not load says nothing, and then nothing goes.
        let Some(loaded) = loaded else {
            tracing::error!(%practice, "the policy in force does not load, so nothing is let go");
            return Ok(0);
        };
        let periods = Periods::of(&loaded.policy.retention);
        let gone = self
            .ledger
            .let_what_is_over_go(practice, &periods, By::Policy, now)
            .await?;
        if gone.count() > 0 {
            tracing::info!(%practice, posts = gone.count(), "let go, since its time has passed");
        }
        Ok(gone.count())
    }
}
