#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod fair;
mod judgement;
mod practice;
mod trial;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures_util::FutureExt;
use jiff::Timestamp;
use pagewarden_ledger::{
    Committed, DecidedBeside, Ledger, LedgerError, NewDecision, Reference, RevisionRecord,
    Standing, revision_in,
};
use pagewarden_policies::Problems;
use pagewarden_readers::Readers;
use pagewarden_rules::{Decision, Disposition, PracticeId, Reading, TaskKind};
use pagewarden_runtime::{count, each_record};
use thiserror::Error;
use tokio::task::spawn_blocking;

pub use judgement::{judge, read};
pub use practice::Practice;
use practice::Practices;
pub use trial::InvokeError;

/// How often a revision is set going again before a person gets it as it is: every five minutes, so
/// after half an hour.
const MOST_TRIES: u32 = 6;

/// The version of the policy that is on record where none judged.
const NO_POLICY: u32 = 0;

/// Judges revisions. Keeps each practice's policy at hand for as long as it is in force.
#[derive(Debug)]
pub struct Moderate {
    ledger: Ledger,
    readers: Readers,
    practices: Practices,
    /// Where the people's pages are, if they have an address.
    pages: Option<String>,
}

/// Why a revision was not judged. It comes again: nothing is lost.
#[derive(Debug, Error)]
pub enum ModerateError {
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The practice is not in the table.
    #[error("the practice {0} has no policy in the table: publish one")]
    NoPolicy(PracticeId),
    /// The policy in the table does not load.
    #[error("the policy of {practice} in the table does not load:\n{source}")]
    Policy {
        /// Whose.
        practice: PracticeId,
        /// What is wrong with it.
        source: Problems,
    },
    /// The settings in the table do not load.
    #[error("the settings of {practice} in the table do not load: {source}")]
    Settings {
        /// Whose.
        practice: PracticeId,
        /// What is wrong with them.
        source: serde_json::Error,
    },
}

impl Moderate {
    /// Starts judging.
    #[must_use]
    pub fn new(ledger: Ledger, readers: Readers) -> Self {
        Moderate {
            ledger,
            readers,
            practices: Practices::default(),
            pages: None,
        }
    }

    /// Says where the people's pages are: authors whose posts are hidden are told where to ask for
    /// another look. An empty address is none.
    #[must_use]
    pub fn with_pages_at(self, address: &str) -> Self {
        let address = address.trim_end_matches('/');
        Moderate {
            pages: Some(address.to_owned()).filter(|address| !address.is_empty()),
            ..self
        }
    }

    /// Judges every revision of a batch of stream records, those of each practice by themselves: a
    /// danger at one does not wait for the flood at another.
    pub async fn handle(&self, event: Event, now: Timestamp) -> DynamoDbEventResponse {
        fair::by_practice(event, |event| {
            each_record(event, |record| self.process(record, now))
        })
        .await
    }

    async fn process(&self, record: EventRecord, now: Timestamp) -> Result<(), ModerateError> {
        let revision = revision_in(record.change.new_image)?;
        if revision.rearmed < MOST_TRIES {
            return self.judge(&revision, now).await;
        }
        // Whatever stands in the way, a panic included, it is not left at an alarm.
        let Ok(Ok(())) = AssertUnwindSafe(self.judge(&revision, now))
            .catch_unwind()
            .await
        else {
            return self.hand_over(&revision, now).await;
        };
        Ok(())
    }

    /// Gives what cannot be judged to a person.
    async fn hand_over(
        &self,
        revision: &RevisionRecord,
        now: Timestamp,
    ) -> Result<(), ModerateError> {
        tracing::error!(
            practice = %revision.key.practice,
            post = %revision.key.id,
            correlation = %revision.correlation,
            "could not be judged: a person looks"
        );
        if let Committed::Written { decision, line } = self
            .ledger
            .decide(revision, |_| judgement::not_judged(now), now)
            .await?
        {
            log(revision, NO_POLICY, &decision, &line, now);
        }
        Ok(())
    }

    async fn judge(&self, revision: &RevisionRecord, now: Timestamp) -> Result<(), ModerateError> {
        let practice = self
            .practices
            .get(&self.ledger, &revision.key.practice)
            .await?;
        let (reading, beside) = self.read(&practice, revision).await;
        let another_look = self.another_look(&revision.key.practice);
        let judge = |standing: &Standing| {
            let judgement = judge(&practice, revision, &reading, standing, now);
            let judgement = match &another_look {
                Some((page, reference)) => {
                    judgement.with_another_look(&practice, &revision.post, page, reference)
                }
                None => judgement,
            };
            let decided_beside =
                practice
                    .beside
                    .as_deref()
                    .zip(beside.as_ref())
                    .map(|(beside, reading)| {
                        let judgement = self::judge(beside, revision, reading, standing, now);
                        DecidedBeside::of(beside.version, &judgement.decision)
                    });
            NewDecision {
                beside: decided_beside,
                ..judgement.into_decision(practice.version)
            }
        };
        match self.ledger.decide(revision, judge, now).await? {
            Committed::AlreadyDecided => tracing::debug!(post = %revision.key, "decided before"),
            Committed::Written { decision, line } => {
                log(revision, practice.version, &decision, &line, now);
                // While the surgery is closed `remind` tells it when it opens.
                let today = decision
                    .tasks
                    .iter()
                    .any(|task| task.kind == TaskKind::SafeguardingToday);
                if today && practice.calendar.is_open(now) {
                    count("LookToday", 1, Some(&revision.key.practice), now);
                }
            }
        }
        Ok(())
    }

    /// Returns where an author of this practice asks for another look, and a new reference to type
    /// there.
    fn another_look(&self, practice: &PracticeId) -> Option<(String, Reference)> {
        let pages = self.pages.as_ref()?;
        let reference = Reference::random();
        if reference.is_none() {
            tracing::error!(%practice, "no random numbers: an author is told no reference");
        }
        Some((format!("{pages}/look-again/{practice}"), reference?))
    }

    /// Reads a revision apart from everything that waits: it takes milliseconds of a core, and
    /// seconds for the longest text. For the version in shadow the rules read again, since it may
    /// have topics of its own; the second reader knows no policy.
    async fn read(
        &self,
        practice: &Arc<Practice>,
        revision: &RevisionRecord,
    ) -> (Reading, Option<Reading>) {
        let (readers, practice, revision) =
            (self.readers.clone(), Arc::clone(practice), revision.clone());
        let both = move || {
            let reading = read(&readers, &practice, &revision);
            let beside = practice.beside.as_ref().map(|beside| Reading {
                meaning: reading.meaning.clone(),
                ..read(&Readers::rules_only(), beside, &revision)
            });
            (reading, beside)
        };
        match spawn_blocking(both).await {
            Ok(readings) => readings,
            // What it panicked with is caught where the record is handled.
            Err(error) => resume_unwind(error.into_panic()),
        }
    }
}

/// One line for each revision: ids, never words or names. With the hash of its line in the history,
/// so that somebody who rewrites a history, every hash in it, has the log against them.
fn log(revision: &RevisionRecord, policy: u32, decision: &Decision, line: &str, now: Timestamp) {
    let clauses: Vec<&str> = decision
        .clauses
        .iter()
        .map(|clause| clause.id.as_str())
        .collect();
    let waited_ms = now.duration_since(revision.seen_at).as_millis();
    tracing::info!(
        practice = %revision.key.practice,
        platform = %revision.key.platform,
        surface = %revision.post.surface,
        post = %revision.key.id,
        revision = %revision.revision,
        correlation = %revision.correlation,
        policy,
        disposition = %decision.disposition,
        clauses = clauses.join(","),
        tasks = decision.tasks.len(),
        line,
        waited_ms = i64::try_from(waited_ms).unwrap_or(i64::MAX),
        "decided"
    );
    count("Decided", 1, Some(&revision.key.practice), now);
    if decision.disposition == Disposition::Page {
        count("Paged", 1, Some(&revision.key.practice), now);
    }
}
