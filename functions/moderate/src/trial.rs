//! What would become of words that nobody wrote: read and judged as a post is, by the policy in
//! force and by those that come with the program. Nothing is written, and nobody is told.

use std::sync::Arc;

use jiff::Timestamp;
use pagewarden_ledger::{NewDecision, NewRevision, RevisionRecord, Standing};
use pagewarden_policies::load_shipped;
use pagewarden_rules::{Channel, Decision, Policy, Post, Reading, surfaces};
use pagewarden_runtime::{LONGEST_TRIAL, Trial, TrialEvent, Tried, TriedPolicy};
use serde_json::Value;
use thiserror::Error;
use tokio::task::spawn_blocking;

use crate::{Moderate, ModerateError, Practice, judge, read};

/// Why an event was not answered. It never says what stands in the event, which may be somebody's
/// words.
#[derive(Debug, Error)]
pub enum InvokeError {
    /// It is no event of ours.
    #[error("the event does not read: it is neither a batch of the stream nor a try")]
    Unreadable,
    /// The words to be tried are too long, or the platform has no such surface.
    #[error(
        "no post can be like this: at most {LONGEST_TRIAL} bytes, on a surface of its platform"
    )]
    Impossible,
    /// The practice's policy is not to be had.
    #[error(transparent)]
    Practice(#[from] ModerateError),
    /// Reading or judging broke off.
    #[error("the words could not be judged")]
    NotJudged,
}

impl Moderate {
    /// Handles an event: a batch of the table's stream, or words to be tried.
    pub async fn invoke(&self, event: Value, now: Timestamp) -> Result<Value, InvokeError> {
        let answer = if event.get("try").is_some() {
            let TrialEvent { trial } =
                serde_json::from_value(event).map_err(|_| InvokeError::Unreadable)?;
            serde_json::to_value(self.try_post(trial, now).await?)
        } else {
            let event = serde_json::from_value(event).map_err(|_| InvokeError::Unreadable)?;
            serde_json::to_value(self.handle(event, now).await)
        };
        answer.map_err(|_| InvokeError::Unreadable)
    }

    /// Says what would become of a post. Reads the policy in force and the settings, and nothing
    /// else.
    async fn try_post(&self, trial: Trial, now: Timestamp) -> Result<Tried, InvokeError> {
        if trial.text.len() > LONGEST_TRIAL || !surfaces(trial.platform).contains(&trial.surface) {
            return Err(InvokeError::Impossible);
        }
        let practice = self.practices.get(&self.ledger, &trial.practice).await?;
        let readers = self.readers.clone();
        let judged = spawn_blocking(move || {
            let revision = revision(&trial, now);
            let reading = read(&readers, &practice, &revision);
            tried(&practice, &revision, &reading, now)
        });
        // What it panicked with may quote the words.
        judged.await.map_err(|_| InvokeError::NotJudged)?
    }
}

/// Returns the words as a post that has just come in, of an author of whom nothing is known.
fn revision(trial: &Trial, now: Timestamp) -> RevisionRecord {
    let channel = Channel {
        platform: trial.platform,
        account: "try".to_owned(),
    };
    let post = Post {
        text: trial.text.clone(),
        ..Post::new(channel, trial.surface, "try")
    };
    NewRevision::new(&trial.practice, &post, b"{}", None, "try").received(now)
}

fn tried(
    practice: &Arc<Practice>,
    revision: &RevisionRecord,
    reading: &Reading,
    now: Timestamp,
) -> Result<Tried, InvokeError> {
    let judged = |practice: &Practice, reading: &Reading| {
        judge(practice, revision, reading, &Standing::default(), now)
            .into_decision(practice.version)
    };
    let NewDecision {
        policy,
        findings,
        read_by,
        decision,
        ..
    } = judged(practice, reading);
    let mut shipped = Vec::new();
    for loaded in load_shipped().map_err(|_| InvokeError::NotJudged)? {
        let other = Practice::new(loaded, 0, &practice.settings_text)?;
        // Each has topics of its own for the rules; the second reader knows no practice.
        let reading = Reading {
            meaning: reading.meaning.clone(),
            ..other.reader.read(&revision.post.text)
        };
        let decision = judged(&other, &reading).decision;
        shipped.push(TriedPolicy {
            name: other.policy.practice.name.clone(),
            rule: rule(&other.policy, &decision),
            decision,
        });
    }
    Ok(Tried {
        policy,
        mode: practice.settings.mode,
        findings,
        read_by,
        decision,
        shipped,
    })
}

/// Returns the rule that a decision rests on: of the first effect that has one, or else the surest
/// that is engaged.
fn rule(policy: &Policy, decision: &Decision) -> Option<(String, String)> {
    let of_effect = decision
        .effects
        .iter()
        .find_map(|planned| planned.clause.as_ref());
    let engaged = decision
        .clauses
        .iter()
        .chain(&decision.learned)
        .max_by_key(|clause| clause.strength);
    let id = of_effect.or(engaged.map(|clause| &clause.id))?;
    Some((id.clone(), policy.clause(id)?.sentence()))
}
