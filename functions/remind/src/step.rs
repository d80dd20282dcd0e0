//! A step of a policy that two people agreed on for a day: taken on that day, if nothing blocks it.

use jiff::Timestamp;
use pagewarden_ledger::{DueKey, DueStep, Ledger, LedgerError, Stage, VersionError};
use pagewarden_policies::{Settings, blockers, load};
use pagewarden_rules::PracticeId;

use crate::Remind;

impl Remind {
    /// Takes a step whose day has come, or has the practice manager told what holds it up. It holds
    /// up nothing else should it fail.
    pub(crate) async fn step(&self, due: &DueKey, now: Timestamp) {
        match take(&self.ledger, due, now).await {
            Ok(Some((to, DueStep::Taken))) => tracing::info!(%to, "a step of a policy took force"),
            Ok(Some((to, DueStep::HeldUp))) => {
                tracing::warn!(%to, "a step of a policy is held up: a later run looks again");
            }
            Ok(Some((_, DueStep::Gone)) | None) => {}
            Err(error) => {
                tracing::error!(%error, "a step of a policy did not take force: a later run does it");
            }
        }
    }
}

async fn take(
    ledger: &Ledger,
    due: &DueKey,
    now: Timestamp,
) -> Result<Option<(Stage, DueStep)>, VersionError> {
    let Some((practice, to)) = ledger.due_step(due, now).await? else {
        return Ok(None);
    };
    let blockers = blocking(ledger, &practice, to).await?;
    let came_of_it = ledger.take_due_step(&practice, to, &blockers, now).await?;
    Ok(Some((to, came_of_it)))
}

/// Returns what keeps a version from acting as things stand today, a sentence each. What does not
/// read says nothing about itself, so it blocks as well.
async fn blocking(
    ledger: &Ledger,
    practice: &PracticeId,
    to: Stage,
) -> Result<Vec<String>, LedgerError> {
    let policy = ledger.policy(practice, to.policy).await?;
    let loaded =
        policy.and_then(|policy| load(&policy.toml, &policy.published, practice.as_str()).ok());
    let Some(loaded) = loaded else {
        return Ok(vec![format!(
            "The policy of version {} does not load.",
            to.policy
        )]);
    };
    let settings = ledger.settings(practice).await?;
    let settings = settings.and_then(|json| serde_json::from_str::<Settings>(&json).ok());
    let Some(settings) = settings else {
        return Ok(vec!["The settings do not read.".to_owned()]);
    };
    let confirmed = ledger.confirmed_ways(practice).await?;
    let found = blockers(&loaded.policy, &settings, &loaded.templates, &confirmed);
    Ok(found.iter().map(ToString::to_string).collect())
}
