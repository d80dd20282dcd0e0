//! Appeals: the author of a post out of sight asks for another look, and somebody else decides.
//!
//! An appeal is a task of its post, opened with what the author wrote in one transaction. What they
//! wrote is also recorded as an item that is read like any new words, since somebody in danger may
//! say so here as well as anywhere.

mod reference;
mod tries;

use futures_util::future::try_join;
use jiff::Timestamp;
use pagewarden_rules::{Channel, Post, PostKey, PracticeId, RevisionId, Surface, TaskKind, words};
use serde::{Deserialize, Serialize};

use crate::intake::NewRevision;
use crate::numbers::Counter;
use crate::records::{Event, EventRecord, TaskRecord, TaskStatus, Visibility};
use crate::rows::{task_item, waiting};
use crate::tasks::Choice;
use crate::write::{Guard, Transacted, Transaction, Tries, from_item, to_item};
use crate::{Due, Ledger, LedgerError, keys};

pub use reference::{NoReference, Reference};
pub(crate) use reference::{Referred, reference_item};

words! {
    /// Why an author asks for another look.
    AppealReason {
        /// They think that it was wrong.
        LookAgain "look-again",
        /// The person whom it is about is themselves.
        AboutMe "about-me",
    }
}

/// What an author asks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appeal<'a> {
    /// Why.
    pub reason: AppealReason,
    /// In their own words; empty where they add none.
    pub words: &'a str,
    /// When they are to have an answer.
    pub due_at: Timestamp,
}

/// What an author wrote to ask for another look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppealRecord {
    /// The task that asks for an answer.
    pub task: String,
    /// Why.
    pub reason: AppealReason,
    /// Their own words; empty where they added none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// When.
    pub at: Timestamp,
}

/// How it stands with a reference, for whoever has it. No word of the post is part of it, nor any
/// name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppealState {
    /// Nobody has asked for another look with it.
    NotAsked {
        /// Whether the post can be seen.
        visibility: Visibility,
    },
    /// Somebody has, and waits for an answer.
    Received {
        /// When.
        at: Timestamp,
        /// When the answer is due.
        due_at: Timestamp,
    },
    /// There is an answer.
    Answered {
        /// When.
        at: Timestamp,
        /// Whether the author was right.
        granted: bool,
        /// The answer, in the words of the person who decided.
        reason: Option<String>,
        /// Whether that person had decided before, since nobody else may.
        own_decision: bool,
        /// Whether the post can be seen now.
        visibility: Visibility,
    },
}

impl Ledger {
    /// Returns how it stands with a reference of a practice; none where it never was, or its time is
    /// up.
    pub async fn appeal_state(
        &self,
        practice: &PracticeId,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Option<AppealState>, LedgerError> {
        let Some(Referred { key, .. }) = self.referred(practice, reference, now).await? else {
            return Ok(None);
        };
        let record = self.read(keys::appeal(&key, reference.as_str())).await?;
        self.state_of(&key, record).await.map(Some)
    }

    async fn state_of(
        &self,
        key: &PostKey,
        record: Option<AppealRecord>,
    ) -> Result<AppealState, LedgerError> {
        let visibility = self.state(key).await?.visibility;
        let Some(record) = record else {
            return Ok(AppealState::NotAsked { visibility });
        };
        let (task, events) = try_join(
            self.task(key, &record.task),
            self.partition(&keys::post(key), "EVT#"),
        )
        .await?;
        let closed = task.as_ref().filter(|task| task.status == TaskStatus::Done);
        let Some(closed) = closed else {
            let due_at = task.map_or(record.at, |task| task.due_at);
            return Ok(AppealState::Received {
                at: record.at,
                due_at,
            });
        };
        let mut answer = (None, false);
        for event in events {
            let event: EventRecord = from_item(event)?;
            if let Ok(Event::Chosen {
                task,
                note,
                own_decision,
                ..
            }) = event.event()
                && task == record.task
            {
                answer = (note, own_decision);
            }
        }
        let (reason, own_decision) = answer;
        Ok(AppealState::Answered {
            at: closed.closed_at.unwrap_or(record.at),
            granted: closed.chosen() != Some(Choice::Decline),
            reason,
            own_decision,
            visibility,
        })
    }

    /// Takes an appeal: opens a task about it, and has what was written read for danger. Returns how
    /// it stands then; none where there is no such reference.
    ///
    /// A reference is good for one appeal, so that asking twice is asking once. Of a post that can
    /// be seen there is nothing to ask.
    pub async fn appeal(
        &self,
        practice: &PracticeId,
        reference: &Reference,
        appeal: &Appeal<'_>,
        now: Timestamp,
    ) -> Result<Option<AppealState>, LedgerError> {
        let Some(Referred { key, revision, .. }) = self.referred(practice, reference, now).await?
        else {
            return Ok(None);
        };
        let at = keys::appeal(&key, reference.as_str());
        let mut tries = Tries::at(&key);
        loop {
            tries.next().await?;
            if let Some(record) = self.read::<AppealRecord>(at.clone()).await? {
                return self.state_of(&key, Some(record)).await.map(Some);
            }
            let state = self.state(&key).await?;
            if state.visibility == Visibility::Visible {
                let visibility = state.visibility;
                return Ok(Some(AppealState::NotAsked { visibility }));
            }
            let revision = state.revision.clone().unwrap_or_else(|| revision.clone());
            let task = to_answer(&key, revision, reference, appeal, now);
            let record = AppealRecord {
                task: task.id.clone(),
                reason: appeal.reason,
                words: appeal.words.to_owned(),
                at: now,
            };
            let mut writes = Transaction::default();
            self.add(&mut writes, task_item(&task)?)?;
            self.add(&mut writes, to_item(&at, &record)?)?;
            let read_as = self.to_be_read(&mut writes, &task, &record).await?;
            let event = Event::Appealed {
                task: task.id.clone(),
                reason: appeal.reason,
                read_as,
            };
            self.count(&mut writes, practice, [Counter::Appealed], now)?;
            self.append(&mut writes, &key, &state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                let (at, due_at) = (now, appeal.due_at);
                return Ok(Some(AppealState::Received { at, due_at }));
            }
        }
    }

    /// Has what an author wrote read like any new words, as an item of its own. Returns its id;
    /// none where they wrote nothing.
    ///
    /// It carries who wrote the post and where that is, so that whoever is told of danger knows for
    /// whom.
    async fn to_be_read(
        &self,
        writes: &mut Transaction,
        task: &TaskRecord,
        record: &AppealRecord,
    ) -> Result<Option<String>, LedgerError> {
        if record.words.trim().is_empty() {
            return Ok(None);
        }
        let about = self.revision(&task.key, &task.revision).await?;
        // Danger is looked for even where nothing is kept of the post itself.
        let nothing = || {
            let channel = Channel {
                platform: task.key.platform,
                account: String::new(),
            };
            Post::new(channel, Surface::Appeal, task.key.id.as_str())
        };
        let about = about.map_or_else(nothing, |about| about.post);
        let id = format!("appeal.{}", task.id);
        let post = Post {
            author: about.author,
            text: record.words.clone(),
            posted_at: Some(record.at),
            parent: Some(task.key.id.clone()),
            permalink: about.permalink,
            ..Post::new(about.channel, Surface::Appeal, id.as_str())
        };
        let incoming = NewRevision {
            practice: &task.key.practice,
            post: &post,
            translation: None,
            hidden: false,
            told: false,
            as_of: Some(record.at),
            raw: record.words.as_bytes(),
            correlation: &id,
        };
        let item = waiting(&incoming.received(record.at), Due::Revision, record.at)?;
        writes.push(Guard::New, self.put_once(item)?);
        Ok(Some(id))
    }
}

/// Returns the task to answer an appeal.
fn to_answer(
    key: &PostKey,
    revision: RevisionId,
    reference: &Reference,
    appeal: &Appeal<'_>,
    now: Timestamp,
) -> TaskRecord {
    let name = format!("{key} appeal {}", reference.as_str());
    let why = match appeal.reason {
        AppealReason::LookAgain => {
            "its author thinks that it was wrong, and asks you to look again"
        }
        AppealReason::AboutMe => "its author says that it is about themselves",
    };
    let (key, kind) = (key.clone(), TaskKind::Appeal);
    TaskRecord {
        due_at: appeal.due_at,
        ..TaskRecord::opened(&name, key, revision, kind, now, why.to_owned())
    }
}
