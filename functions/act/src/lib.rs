#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod attempt;
mod pictures;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    ActionKey, ActionRecord, Caps, Claim, Ledger, LedgerError, NewRevision, Outcome, Use,
    action_in, next_minute,
};
use pagewarden_policies::Settings;
use pagewarden_rules::PracticeId;
use pagewarden_runtime::pictures::Pictures;
use pagewarden_runtime::{Ended, Entry, Gatekeeper, Platforms, Scope, Secrets, count, each_record};
use thiserror::Error;

use attempt::{Try, TryError};

/// How long an action is left alone that waits for its post's pictures to be kept.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// Carries out actions.
#[derive(Debug)]
pub struct Act {
    ledger: Ledger,
    secrets: Secrets,
    platforms: Platforms,
    gate: Gatekeeper,
    lease: SignedDuration,
    /// Where pictures are kept, if they are.
    pictures: Option<Arc<dyn Pictures>>,
    /// Each practice's caps, with the settings that they were read from.
    caps: Mutex<HashMap<PracticeId, (String, Caps)>>,
}

/// Why an action was not settled. It comes again: nothing is lost.
#[derive(Debug, Error)]
pub enum ActError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The practice is not in the table.
    #[error("the practice {0} is not in the table: publish its policy")]
    NoPractice(PracticeId),
    /// Its settings do not load.
    #[error("the settings of {practice} in the table do not load: {source}")]
    Settings {
        /// The practice.
        practice: PracticeId,
        /// What is wrong with them.
        source: serde_json::Error,
    },
}

impl Act {
    /// Starts acting. `call` is how long one call to a platform may take.
    ///
    /// The lease outlasts every call that an action can need, so that nobody else takes it up
    /// meanwhile.
    #[must_use]
    pub fn new(ledger: Ledger, secrets: Secrets, platforms: Platforms, call: Duration) -> Self {
        let calls = attempt::MOST_CALLS * u32::try_from(call.as_secs().max(1)).unwrap_or(u32::MAX);
        let gate = Gatekeeper::new(ledger.clone(), secrets.clone());
        Act {
            ledger,
            secrets,
            platforms,
            gate,
            lease: SignedDuration::from_secs(i64::from(calls) + 1),
            pictures: None,
            caps: Mutex::default(),
        }
    }

    /// Keeps the pictures of a post here before anything is done about it.
    #[must_use]
    pub fn with_pictures(self, pictures: Option<Arc<dyn Pictures>>) -> Self {
        Act { pictures, ..self }
    }

    /// Carries out every action of a batch of stream records.
    pub async fn handle(&self, event: Event, now: Timestamp) -> DynamoDbEventResponse {
        // A try is large.
        each_record(event, |record| Box::pin(self.process(record, now))).await
    }

    async fn process(&self, record: EventRecord, now: Timestamp) -> Result<(), ActError> {
        let seen = action_in(record.change.new_image)?;
        // Before it is claimed, since it may take a while: what the claim looks at is to be so when
        // the platform is called.
        let is_kept = match self.keep_pictures(&seen, now).await? {
            pictures::Outcome::Settled => Ok(()),
            pictures::Outcome::Later(why) => {
                self.ledger.hold_back(&seen, now + PAUSE, why).await?;
                return Ok(());
            }
            pictures::Outcome::NotStored => Err(TryError::NotStored),
        };
        if !attempt::fits(&seen, &self.ledger, now).await? {
            let why = "the account takes no more changes this minute";
            self.ledger.hold_back(&seen, next_minute(now), why).await?;
            return Ok(());
        }
        let permit = match self.gate.ask(&scope(&seen, now), Use::Write).await? {
            Entry::Open(permit) => permit,
            Entry::Wait { until, why } => {
                self.ledger.hold_back(&seen, until, &why).await?;
                return Ok(());
            }
        };
        let key = ActionKey {
            post: seen.key.clone(),
            id: seen.id.clone(),
        };
        let caps = self.caps(&seen.key.practice).await?;
        let action = match self.ledger.claim(&key, caps, self.lease, now).await? {
            Claim::Yours(action) => action,
            Claim::Taken => return Ok(()),
            Claim::Parked { effect, why } => {
                tracing::warn!(practice = %seen.key.practice, post = %seen.key.id, action = %seen.id, correlation = %seen.correlation, %effect, why, "parked");
                count("QuotaTripped", 1, Some(&seen.key.practice), now);
                return Ok(());
            }
        };
        // What a message says of the post must be true when it is sent, not only when somebody
        // chose to send it.
        let (action, reworded) = self.ledger.true_wording(*action).await?;
        let (platforms, meter) = self.platforms.metered();
        let (secrets, ledger, scope) = (&self.secrets, &self.ledger, scope(&action, now));
        let attempt = Try {
            action: &action,
            platforms: &platforms,
            meter: &meter,
            secrets,
            ledger,
            scope,
        };
        let tried = match is_kept {
            Ok(()) => attempt.carry_out().await,
            Err(error) => Err(error),
        };
        if let Err(TryError::Changed(post)) = &tried {
            let incoming = NewRevision::new(
                &action.key.practice,
                post,
                post.raw.bytes(),
                Some(now),
                &action.correlation,
            );
            self.ledger.record(&incoming, now).await?;
        }
        let mut outcome = attempt::outcome(&action, &tried, now);
        if let (true, Outcome::Done { detail }) = (reworded, &mut outcome) {
            detail.push_str(
                "; in the other wording, since the post no longer stood as when that was chosen",
            );
        }
        log(&action, &outcome, now);
        self.ledger.conclude(&action, &outcome, now).await?;
        self.gate
            .record(&permit, ended(&tried), meter.load(), now)
            .await?;
        Ok(())
    }

    /// Keeps the pictures of the post that an action is about, where pictures are kept.
    async fn keep_pictures(
        &self,
        action: &ActionRecord,
        now: Timestamp,
    ) -> Result<pictures::Outcome, LedgerError> {
        let Some(store) = &self.pictures else {
            return Ok(pictures::Outcome::Settled);
        };
        let (ledger, platforms) = (&self.ledger, &self.platforms);
        pictures::keep_all(action, ledger, platforms, store.as_ref(), now).await
    }

    /// Returns the practice's caps. Its settings are parsed again only when they have changed.
    async fn caps(&self, practice: &PracticeId) -> Result<Caps, ActError> {
        let settings_text = self
            .ledger
            .settings(practice)
            .await?
            .ok_or_else(|| ActError::NoPractice(practice.clone()))?;
        let mut known = self.caps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, caps)) = known
            .get(practice)
            .filter(|(settings, _)| *settings == settings_text)
        {
            return Ok(*caps);
        }
        let settings: Settings =
            serde_json::from_str(&settings_text).map_err(|source| ActError::Settings {
                practice: practice.clone(),
                source,
            })?;
        let caps = Caps {
            per_hour: settings.caps.acts_per_hour,
            per_day: settings.caps.acts_per_day,
        };
        known.insert(practice.clone(), (settings_text, caps));
        Ok(caps)
    }
}

/// Returns what an action is about.
fn scope(action: &ActionRecord, now: Timestamp) -> Scope<'_> {
    let ActionRecord {
        key,
        post,
        correlation,
        ..
    } = action;
    Scope {
        practice: &key.practice,
        channel: &post.channel,
        correlation,
        now,
    }
}

/// Returns what the gate has to know of a try.
fn ended(tried: &Result<String, TryError>) -> Ended<'_> {
    match tried {
        Err(TryError::Call(error)) => Ended::Call(error),
        Err(TryError::Secret(error)) => Ended::Secret(error),
        Ok(_)
        | Err(
            TryError::Unconfirmed(_)
            | TryError::Rejected(_)
            | TryError::Changed(_)
            | TryError::Gone,
        ) => Ended::Well,
        Err(TryError::ByHand(_) | TryError::Ledger(_) | TryError::NotStored) => Ended::Untold,
    }
}

/// One line for each try: ids, never words or names.
fn log(action: &ActionRecord, outcome: &Outcome, now: Timestamp) {
    let (became, why) = match outcome {
        Outcome::Done { detail } => ("done", detail),
        Outcome::Gone { detail } => ("gone", detail),
        Outcome::Retry { why, .. } => ("put off", why),
        Outcome::Sent { why, .. } => ("sent", why),
        Outcome::Failed { why } => ("failed", why),
    };
    tracing::info!(
        practice = %action.key.practice,
        platform = %action.key.platform,
        post = %action.key.id,
        action = %action.id,
        effect = %action.effect,
        by = %action.by,
        attempts = action.attempts,
        correlation = %action.correlation,
        became,
        why,
        "acted"
    );
    let metric = match outcome {
        Outcome::Done { .. } | Outcome::Gone { .. } => "Acted",
        Outcome::Retry { .. } | Outcome::Sent { .. } => "PutOff",
        Outcome::Failed { .. } => "ActionFailed",
    };
    count(metric, 1, Some(&action.key.practice), now);
}
