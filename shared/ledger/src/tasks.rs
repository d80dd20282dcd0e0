//! Tasks: what waits for people, and what they choose.

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{
    By, Capability, Channel, Effect, Post, PostKey, PracticeId, RevisionId, Role, TaskKind, Urgency, capability, words,
};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::records::{ActionRecord, ActionStatus, Happening, TaskRecord, TaskStatus, Visibility};
use crate::rows::{action_item, task_item, task_key};
use crate::write::{Guard, Transacted, Transaction, Tries, from_item, sortable_id, text, update_item};
use crate::{Ledger, LedgerError, keys};

/// Days after a report on which people are asked what became of it. Platforms promise no time.
const ASKED_AFTER_DAYS: [i64; 3] = [3, 7, 14];

const DAY_S: i64 = 24 * 60 * 60;

/// How soon a person should connect an account again.
const MEND_WITHIN: SignedDuration = SignedDuration::from_hours(24);

words! {
    /// What a person may choose to do about a task.
    Choice {
        /// Leave the post as it is; the machine lets this revision be.
        Keep "keep",
        /// Show it again; the machine lets this revision be.
        Restore "restore",
        /// Hide it, or leave it hidden.
        KeepHidden "keep-hidden",
        /// Delete it. Cannot be undone.
        Delete "delete",
        /// Send the drafted public reply.
        Reply "reply",
        /// Send the drafted private message.
        AskAuthor "ask-author",
        /// Ban the author from the page.
        Ban "ban",
        /// Stop hearing from the author; what they write stays there for others.
        Mute "mute",
        /// It was reported to the platform by hand.
        Reported "reported",
        /// The platform took it down after the report.
        Removed "removed",
        /// The platform saw no ground to take it down.
        Refused "refused",
        /// The platform has not answered the report.
        NoAnswer "no-answer",
        /// It is a complaint, and is handled as one.
        Complaint "complaint",
        /// It is no complaint.
        NotComplaint "not-complaint",
        /// It was dealt with by other means.
        Done "done",
    }
}

impl Choice {
    /// Returns the choice by which a person asks for an effect, if there is one.
    #[must_use]
    pub const fn of(effect: Effect) -> Option<Self> {
        match effect {
            Effect::Hide => Some(Choice::KeepHidden),
            Effect::Unhide => Some(Choice::Restore),
            Effect::Delete => Some(Choice::Delete),
            Effect::PublicReply | Effect::SignpostOfficialReview | Effect::SignpostRoutineContact => {
                Some(Choice::Reply)
            }
            Effect::AskAuthor => Some(Choice::AskAuthor),
            Effect::Ban => Some(Choice::Ban),
            Effect::Mute => Some(Choice::Mute),
            Effect::Report => Some(Choice::Reported),
            _ => None,
        }
    }

    /// Returns true if and only if it sends a task's draft.
    #[must_use]
    pub const fn speaks(self) -> bool {
        matches!(self, Choice::Reply | Choice::AskAuthor)
    }

    /// Returns what it asks of the platform, given whether the post can be seen.
    #[must_use]
    pub const fn effect(self, visibility: Visibility) -> Option<Effect> {
        match (self, visibility) {
            (Choice::Restore, Visibility::Hidden) => Some(Effect::Unhide),
            (Choice::KeepHidden, Visibility::Visible) => Some(Effect::Hide),
            (Choice::Delete, Visibility::Visible | Visibility::Hidden) => Some(Effect::Delete),
            (Choice::Reply, _) => Some(Effect::PublicReply),
            (Choice::AskAuthor, _) => Some(Effect::AskAuthor),
            (Choice::Ban, _) => Some(Effect::Ban),
            (Choice::Mute, _) => Some(Effect::Mute),
            _ => None,
        }
    }

    /// Returns the effect that a policy may forbid, whatever the post's state.
    const fn subject_to(self) -> Option<Effect> {
        match self {
            Choice::KeepHidden => Some(Effect::Hide),
            Choice::Delete => Some(Effect::Delete),
            Choice::Reply => Some(Effect::PublicReply),
            Choice::AskAuthor => Some(Effect::AskAuthor),
            Choice::Ban => Some(Effect::Ban),
            Choice::Mute => Some(Effect::Mute),
            _ => None,
        }
    }
}

impl TaskRecord {
    /// Makes a task to mend a channel: the same one for the same `cause` at the same time. It stands under the account, since
    /// it is about no post.
    pub(crate) fn to_mend(
        practice: &PracticeId,
        channel: &Channel,
        cause: &str,
        at: Timestamp,
        why: String,
    ) -> TaskRecord {
        let key = PostKey { practice: practice.clone(), platform: channel.platform, id: channel.account.clone() };
        TaskRecord {
            id: sortable_id(at, &hex::encode(Sha256::digest(format!("{key} {cause}")))),
            key,
            revision: RevisionId(String::new()),
            kind: TaskKind::MendChannel,
            urgency: Urgency::High,
            due_at: at + MEND_WITHIN,
            clauses: Vec::new(),
            options: Vec::new(),
            refused: Vec::new(),
            delete_role: None,
            draft: None,
            draft_visible: None,
            report: None,
            reminders: Vec::new(),
            why,
            optional: false,
            status: TaskStatus::Open,
            outcome: None,
        }
    }

    /// Returns the words to send about a post that stands like this: "hidden" only of one that is. Who made a post go is
    /// not told everywhere, so of one that is gone nothing is claimed either.
    #[must_use]
    pub fn words(&self, visibility: Visibility) -> Option<&str> {
        match visibility {
            Visibility::Hidden => self.draft.as_deref(),
            Visibility::Visible | Visibility::Gone => self.draft_visible.as_deref().or(self.draft.as_deref()),
        }
    }

    /// Returns what the task offers a person, who may always keep the post.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let mut choices = vec![Choice::Keep];
        for choice in self.options.iter().filter_map(|effect| Choice::of(*effect)) {
            if !choices.contains(&choice) {
                choices.push(choice);
            }
        }
        choices
    }
}

/// Somebody who decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name, for the record.
    pub name: String,
    /// What they are at the practice.
    pub role: Role,
}

impl std::fmt::Display for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.name, self.role)
    }
}

/// What follows from a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The action put in the outbox, if the platform has something to do.
    pub action: Option<String>,
    /// What the person has to know, in plain words.
    pub says: String,
}

/// Why a choice was not taken.
#[derive(Debug, Error)]
pub enum ChoiceError {
    /// There is no such task.
    #[error("no task {0} waits at this practice")]
    NoSuchTask(String),
    /// Somebody closed it already.
    #[error("this task is closed: {0}")]
    Closed(String),
    /// The role may not do that.
    #[error("{role} may not {choice} here: {why}")]
    Role {
        /// Who tried.
        role: Role,
        /// What.
        choice: Choice,
        /// Why not.
        why: &'static str,
    },
    /// The practice's policy forbids it.
    #[error("the practice's policy forbids it: {0} is refused for this post")]
    Refused(Effect),
    /// The platform cannot do it.
    #[error("the platform cannot do that: {0}")]
    Platform(&'static str),
    /// The draft was not written for that.
    #[error("this task does not offer {choice}, for which its draft was not written: it offers {offered}")]
    NotOffered {
        /// What was chosen.
        choice: Choice,
        /// What may be, comma separated.
        offered: String,
    },
    /// It answers a question that the task does not ask.
    #[error("{0} is what became of a report, and this task is about none: report it first, and choose reported")]
    NotReported(Choice),
    /// A reply needs words.
    #[error("there is no draft to send: fill in the practice's links and contact first")]
    NoDraft,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Returns what waits at a practice, most urgent first, then by due time.
    pub async fn open_tasks(&self, practice: &PracticeId) -> Result<Vec<TaskRecord>, LedgerError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("queue")
            .key_condition_expression("queue_pk = :pk")
            .expression_attribute_values(":pk", text(keys::queue_partition(practice)))
            .into_paginator()
            .items()
            .send();
        items.collect::<Result<Vec<_>, _>>().await?.into_iter().map(from_item).collect()
    }

    /// Opens a task about a channel itself: its connection has to be mended. One a day at most.
    pub async fn open_channel_task(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        why: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let day = Timestamp::from_second(now.as_second() / DAY_S * DAY_S).unwrap_or(now);
        let mut task = TaskRecord::to_mend(practice, channel, TaskKind::MendChannel.name(), day, why.to_owned());
        task.due_at = now + MEND_WITHIN;
        self.put_new(task_item(&task)?).await.map(|_| ())
    }

    /// Closes a task with a person's choice, and puts what follows in the outbox: all of it or nothing.
    pub async fn choose(
        &self,
        practice: &PracticeId,
        task: &str,
        person: &Person,
        choice: Choice,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Chosen, ChoiceError> {
        let waiting = self.open_tasks(practice).await?;
        let Some(task) = waiting.into_iter().find(|waiting| waiting.id == task) else {
            return Err(ChoiceError::NoSuchTask(task.to_owned()));
        };
        permitted(&task, person, choice)?;
        let next = follow_up(&task, choice, now);
        let mut tries = Tries::at(&task.key);
        loop {
            tries.next().await?;
            let state = self.state(&task.key).await?;
            let revision = self.revision(&task.key, &task.revision).await?;
            let action = match (choice.effect(state.visibility), revision) {
                (Some(effect), Some(revision)) => Some(action(&task, effect, state.visibility, revision.post, now)?),
                _ => None,
            };
            let happening = Happening::Chosen {
                task: task.id.clone(),
                choice: choice.name().to_owned(),
                by: person.to_string(),
                revision: task.revision.clone(),
                action: action.as_ref().map(|action| action.id.clone()),
                next: next.as_ref().map(|next| next.id.clone()),
                note: note.map(str::to_owned),
            };
            let mut writes = Transaction::default();
            writes.push(Guard::Open, self.close(&task, outcome(choice.name(), &person.to_string()))?);
            if let Some(action) = &action {
                self.add(&mut writes, action_item(action, now)?)?;
            }
            if let Some(next) = &next {
                self.add(&mut writes, task_item(next)?)?;
            }
            self.append(&mut writes, &task.key, &state, now, &happening, None).await?;
            match self.transact(writes).await? {
                Transacted::Written => return Ok(chosen(choice, action.as_ref(), next.as_ref(), state.visibility)),
                refused if refused.refused(Guard::Open) => return Err(ChoiceError::Closed(task.id)),
                Transacted::Refused(_) | Transacted::Conflict => {}
            }
        }
    }

    /// Builds the write that closes a task, if it is still open.
    pub(crate) fn close(
        &self,
        task: &TaskRecord,
        outcome: impl Into<String>,
    ) -> Result<aws_sdk_dynamodb::types::TransactWriteItem, LedgerError> {
        let update = self
            .update(&task_key(task))
            .update_expression("SET #status = :done, outcome = :outcome REMOVE queue_pk, queue_sk")
            .condition_expression("#status = :open")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":open", text(TaskStatus::Open.name()))
            .expression_attribute_values(":done", text(TaskStatus::Done.name()))
            .expression_attribute_values(":outcome", text(outcome));
        update_item(update)
    }

    /// Returns every task of a post, open and done.
    pub async fn tasks_of(&self, post: &pagewarden_rules::PostKey) -> Result<Vec<TaskRecord>, LedgerError> {
        self.partition(&keys::post(post), "TASK#").await?.into_iter().map(from_item).collect()
    }
}

/// Returns what became of a task that a person closed.
pub(crate) fn outcome(choice: &str, by: &str) -> String {
    format!("{choice} by {by}")
}

fn permitted(task: &TaskRecord, person: &Person, choice: Choice) -> Result<(), ChoiceError> {
    let role = person.role;
    if task.status == TaskStatus::Done {
        return Err(ChoiceError::Closed(task.outcome.clone().unwrap_or_default()));
    }
    if matches!(role, Role::Auditor | Role::Deployer) {
        return Err(ChoiceError::Role { role, choice, why: "this role reads the record and decides nothing" });
    }
    if choice == Choice::Delete && task.delete_role.is_some_and(|needed| needed != role) {
        return Err(ChoiceError::Role { role, choice, why: "the policy names who deletes, and it is another role" });
    }
    if matches!(choice, Choice::Removed | Choice::Refused | Choice::NoAnswer) && task.kind != TaskKind::ReportOutcome {
        return Err(ChoiceError::NotReported(choice));
    }
    if choice == Choice::Reported && task.report.is_none() {
        return Err(ChoiceError::Platform("nothing about this can be reported to the platform"));
    }
    // A draft is meant for the public or for the author alone, and would tell the one what is the other's to know.
    if choice.speaks() && task.draft.is_some() && !task.choices().contains(&choice) {
        let offered: Vec<&str> = task.choices().iter().map(|choice| choice.name()).collect();
        return Err(ChoiceError::NotOffered { choice, offered: offered.join(", ") });
    }
    if let Some(effect) = choice.subject_to().filter(|effect| task.refused.contains(effect)) {
        return Err(ChoiceError::Refused(effect));
    }
    Ok(())
}

/// Returns the question what became of a report: asked three times, until there is an answer.
fn follow_up(task: &TaskRecord, choice: Choice, now: Timestamp) -> Option<TaskRecord> {
    let times = match choice {
        Choice::Reported => ASKED_AFTER_DAYS.map(|days| now + SignedDuration::from_secs(DAY_S * days)).to_vec(),
        Choice::NoAnswer => task.reminders.clone(),
        _ => return None,
    };
    let (due_at, reminders) = times.split_first()?;
    let name = hex::encode(Sha256::digest(format!("{} {} {due_at}", task.key, task.id)));
    Some(TaskRecord {
        id: sortable_id(now, &name),
        kind: TaskKind::ReportOutcome,
        urgency: Urgency::Normal,
        due_at: *due_at,
        options: Vec::new(),
        draft: None,
        draft_visible: None,
        reminders: reminders.to_vec(),
        why: "it was reported: did the platform take it down, refuse, or not answer?".to_owned(),
        optional: false,
        ..task.clone()
    })
}

fn action(
    task: &TaskRecord,
    effect: Effect,
    visibility: Visibility,
    post: Post,
    now: Timestamp,
) -> Result<ActionRecord, ChoiceError> {
    match capability(task.key.platform, post.surface, effect) {
        Capability::Api => {}
        Capability::Record => return Err(ChoiceError::Platform("there is nothing to do on the platform")),
        Capability::ByHand(why) | Capability::Cannot(why) => return Err(ChoiceError::Platform(why)),
    }
    let needs_words = matches!(effect, Effect::PublicReply | Effect::AskAuthor);
    if needs_words && task.draft.is_none() {
        return Err(ChoiceError::NoDraft);
    }
    Ok(ActionRecord {
        id: ActionRecord::effect_id(&task.key, &task.revision, effect, &task.id),
        key: task.key.clone(),
        revision: task.revision.clone(),
        post: Post { text: String::new(), ..post },
        effect,
        by: By::Person,
        clause: task.clauses.first().cloned(),
        words: task.words(visibility).filter(|_| needs_words).map(str::to_owned),
        status: ActionStatus::Pending,
        attempts: 0,
        charged: false,
        sent: false,
        created_at: now,
        correlation: format!("task {}", task.id),
        result: None,
    })
}

fn chosen(choice: Choice, action: Option<&ActionRecord>, next: Option<&TaskRecord>, visibility: Visibility) -> Chosen {
    let says = match (action, choice, visibility) {
        (Some(action), ..) => format!("{} is on its way to the platform", action.effect),
        (None, Choice::Delete, Visibility::Gone) => "it was gone already".to_owned(),
        (None, Choice::Restore, _) => "it was visible already; the machine will leave it alone".to_owned(),
        (None, Choice::KeepHidden, _) => "it stays hidden".to_owned(),
        (None, Choice::Reported | Choice::NoAnswer, _) => match next {
            Some(next) => format!("noted; what became of it is asked on {}", next.due_at.strftime("%-d %B")),
            None => "noted; it is not asked again".to_owned(),
        },
        (None, ..) => "noted".to_owned(),
    };
    Chosen { action: action.map(|action| action.id.clone()), says }
}
