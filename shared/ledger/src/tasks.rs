//! Tasks: what waits for people, and what they choose.

use futures_util::future::try_join;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{
    By, Channel, Effect, Platform, Post, PostKey, PracticeId, RevisionId, TaskKind, Urgency, words,
};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may, plain_person};
use crate::numbers::Counter;
use crate::records::{
    ActionRecord, ActionStatus, Event, Instead, RevisionRecord, StateRecord, TaskRecord,
    TaskStatus, Visibility,
};
use crate::rows::{action_item, task_item, task_key};
use crate::write::{
    Guard, Transacted, Transaction, Tries, from_item, sortable_id, text, update_item,
};
use crate::{Ledger, LedgerError, keys, numbers};

/// Days after a report on which people are asked what became of it. Platforms promise no time.
const ASKED_AFTER_DAYS: [i64; 3] = [3, 7, 14];

const DAY_S: i64 = 24 * 60 * 60;

/// How soon a person should connect an account again.
const RECONNECT_WITHIN: SignedDuration = SignedDuration::from_hours(24);

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
        /// The platform refused, and somebody appealed, which it allows once.
        Appealed "appealed",
        /// It is a complaint, and is handled as one.
        Complaint "complaint",
        /// The complaint is acknowledged; what follows is the practice's own procedure.
        ComplaintAcknowledged "acknowledged",
        /// It is no complaint.
        NotComplaint "not-complaint",
        /// Its author was right to ask for another look: it is shown again where that is possible.
        Grant "grant",
        /// It was looked at again, and stays as it is.
        Decline "decline",
        /// Words that somebody wrote for an answer are not sent: they get them back with a note.
        SendBack "send-back",
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
            Effect::PublicReply
            | Effect::SignpostOfficialReview
            | Effect::SignpostRoutineContact => Some(Choice::Reply),
            Effect::AskAuthor => Some(Choice::AskAuthor),
            Effect::Ban => Some(Choice::Ban),
            Effect::Mute => Some(Choice::Mute),
            Effect::Report => Some(Choice::Reported),
            Effect::Capture
            | Effect::Moderate
            | Effect::PageSafeguardingLead
            | Effect::PagePracticeManager
            | Effect::Case
            | Effect::LegalAdvice
            | Effect::ComplaintClock
            | Effect::Ladder
            | Effect::Acknowledge
            | Effect::LogIncident => None,
        }
    }

    /// Returns `true` if it sends a task's draft.
    #[must_use]
    pub const fn speaks(self) -> bool {
        matches!(self, Choice::Reply | Choice::AskAuthor)
    }

    /// Returns `true` if it cannot be taken back, or cuts the author off.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Choice::Delete | Choice::Ban | Choice::Mute)
    }

    /// Returns what it asks of the platform, given whether the post can be seen as far as the
    /// record knows.
    ///
    /// A post is shown again whatever the record believes: it may be hidden where nobody told.
    pub(crate) const fn effect(self, visibility: Visibility) -> Option<Effect> {
        match (self, visibility) {
            (Choice::Restore, Visibility::Visible | Visibility::Hidden) => Some(Effect::Unhide),
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
    pub(crate) const fn subject_to(self) -> Option<Effect> {
        match self {
            Choice::KeepHidden => Some(Effect::Hide),
            Choice::Delete => Some(Effect::Delete),
            Choice::Reply => Some(Effect::PublicReply),
            Choice::AskAuthor => Some(Effect::AskAuthor),
            Choice::Ban => Some(Effect::Ban),
            Choice::Mute => Some(Effect::Mute),
            Choice::Keep
            | Choice::Restore
            | Choice::Reported
            | Choice::Removed
            | Choice::Refused
            | Choice::NoAnswer
            | Choice::Complaint
            | Choice::Appealed
            | Choice::ComplaintAcknowledged
            | Choice::NotComplaint
            | Choice::Grant
            | Choice::Decline
            | Choice::SendBack
            | Choice::Done => None,
        }
    }

    /// Returns the effect, where it is one that is sent or done once for a post.
    pub(crate) const fn once(self) -> Option<Effect> {
        match self {
            Choice::Reply | Choice::AskAuthor | Choice::Ban | Choice::Mute => self.subject_to(),
            Choice::Keep
            | Choice::Restore
            | Choice::KeepHidden
            | Choice::Delete
            | Choice::Reported
            | Choice::Removed
            | Choice::Refused
            | Choice::NoAnswer
            | Choice::Complaint
            | Choice::Appealed
            | Choice::ComplaintAcknowledged
            | Choice::NotComplaint
            | Choice::Grant
            | Choice::Decline
            | Choice::SendBack
            | Choice::Done => None,
        }
    }

    /// Returns what will happen, in a sentence for whoever chooses.
    pub(crate) const fn sentence(self, visibility: Visibility) -> &'static str {
        match (self, visibility) {
            (Choice::Keep, _) => "Leave it as it is; Pagewarden lets these words be",
            (Choice::Restore, _) => "Show it again; Pagewarden lets these words be",
            (Choice::KeepHidden, Visibility::Visible) => "Hide it; it can be shown again",
            (Choice::KeepHidden, _) => "Leave it hidden; it can be shown again",
            (Choice::Delete, _) => "Delete it for good; this cannot be undone",
            (Choice::Reply, _) => "Answer under it, in public, with the draft",
            (Choice::AskAuthor, _) => "Send the draft to the author, in private",
            (Choice::Ban, _) => "Ban the author from the page",
            (Choice::Mute, _) => "Stop hearing from the author; others still see them",
            (Choice::Reported, _) => {
                "You have reported it by hand; you will be asked what came of it"
            }
            (Choice::Removed, _) => "The platform took it down",
            (Choice::Refused, _) => "The platform will not take it down",
            (Choice::NoAnswer, _) => "The platform has not answered yet; you will be asked again",
            (Choice::Complaint, _) => "It is a complaint, for the practice's own procedure",
            (Choice::ComplaintAcknowledged, _) => {
                "It is acknowledged; what follows is the practice's own procedure"
            }
            (Choice::NotComplaint, _) => "It is no complaint",
            (Choice::Appealed, _) => {
                "The platform refused and you appealed; you will be asked what came of it"
            }
            (Choice::Grant, Visibility::Hidden) => {
                "Its author was right: show it again, and say so"
            }
            (Choice::Grant, _) => "Its author was right: say so",
            (Choice::Decline, _) => "It stays as it is: say why",
            (Choice::SendBack, _) => "Do not send these words: say why to who wrote them",
            (Choice::Done, _) => "It was dealt with in another way; the post stays as it is",
        }
    }
}

/// What a person answers a task with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The choice.
    pub choice: Choice,
    /// Why, in their words.
    pub note: Option<&'a str>,
    /// Although the same was sent or done for the post before.
    pub again: bool,
}

impl From<Choice> for Answer<'_> {
    fn from(choice: Choice) -> Self {
        Answer {
            choice,
            note: None,
            again: false,
        }
    }
}

impl TaskRecord {
    /// Makes a task that rests on no clause and offers nothing: who opens it adds what it has. It is due
    /// at once, and the same one for the same `name` at the same time.
    pub(crate) fn opened(
        name: &str,
        key: PostKey,
        revision: RevisionId,
        kind: TaskKind,
        at: Timestamp,
        why: String,
    ) -> TaskRecord {
        TaskRecord {
            id: sortable_id(at, &hex::encode(Sha256::digest(name))),
            key,
            revision,
            kind,
            urgency: Urgency::Normal,
            due_at: at,
            clauses: Vec::new(),
            options: Vec::new(),
            refused: Vec::new(),
            delete_role: None,
            draft: None,
            draft_visible: None,
            report: None,
            acknowledge_by: None,
            appealed: false,
            reminders: Vec::new(),
            why,
            optional: false,
            status: TaskStatus::Open,
            outcome: None,
            closed_at: None,
            strength: None,
            author: None,
            alone: false,
            own_words: None,
        }
    }

    /// Makes a task to reconnect a channel: the same one for the same `cause` at the same time. It
    /// stands under the account, since it is about no post.
    pub(crate) fn to_reconnect(
        practice: &PracticeId,
        channel: &Channel,
        cause: &str,
        at: Timestamp,
        why: String,
    ) -> TaskRecord {
        let key = PostKey {
            practice: practice.clone(),
            platform: channel.platform,
            id: channel.account.clone(),
        };
        let name = format!("{key} {cause}");
        let (revision, kind) = (RevisionId(String::new()), TaskKind::ReconnectChannel);
        TaskRecord {
            urgency: Urgency::High,
            due_at: at + RECONNECT_WITHIN,
            ..TaskRecord::opened(&name, key, revision, kind, at, why)
        }
    }

    /// Makes a task to correct an address or number by which somebody is not reached: one a day at
    /// most. It stands under the way, since it is about no post.
    pub(crate) fn to_repair(
        practice: &PracticeId,
        way: &str,
        day: Timestamp,
        due_at: Timestamp,
        why: String,
    ) -> Self {
        let channel = Channel {
            platform: Platform::StaffLog,
            account: way.to_owned(),
        };
        let task =
            TaskRecord::to_reconnect(practice, &channel, TaskKind::RepairContact.name(), day, why);
        TaskRecord {
            kind: TaskKind::RepairContact,
            due_at,
            ..task
        }
    }

    /// Returns who closed it, as `name:role`, if a person did.
    #[must_use]
    pub fn closed_by(&self) -> Option<&str> {
        self.chosen()?;
        let (_, by) = self.outcome.as_deref()?.split_once(" by ")?;
        Some(by)
    }

    /// Returns the words to send about a post that stands like this: "hidden" only of one that is.
    /// Who made a post go is not told everywhere, so of one that is gone nothing is claimed either.
    #[must_use]
    pub fn words(&self, visibility: Visibility) -> Option<&str> {
        match visibility {
            Visibility::Hidden => self.draft.as_deref(),
            Visibility::Visible | Visibility::Gone => {
                self.draft_visible.as_deref().or(self.draft.as_deref())
            }
        }
    }

    /// Returns the name of the person who closed it, if a person did.
    #[must_use]
    pub fn answered_by(&self) -> Option<&str> {
        self.chosen()?;
        let (_, by) = self.outcome.as_deref()?.split_once(" by ")?;
        Some(by.rsplit_once(':').map_or(by, |(name, _)| name))
    }

    /// Returns what a person closed it with, if a person did.
    #[must_use]
    pub fn chosen(&self) -> Option<Choice> {
        self.outcome.as_deref()?.split(' ').next()?.parse().ok()
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

/// A task that is answered, and what its answer rests on.
pub(crate) struct Answered<'a> {
    pub(crate) task: &'a TaskRecord,
    /// The other open tasks of the post that the same answer closes.
    pub(crate) settled: Vec<&'a TaskRecord>,
    /// The revision it is about, as far as it is on record.
    pub(crate) revision: Option<&'a RevisionRecord>,
    pub(crate) at: &'a Grounds,
    /// Other posts of the author are answered with it.
    pub(crate) together: bool,
}

/// What follows from an answer.
pub(crate) struct Follows {
    pub(crate) event: Event,
    action: Option<ActionRecord>,
    next: Option<TaskRecord>,
    pub(crate) counters: Vec<Counter>,
}

/// Why a choice was not taken.
#[derive(Debug, Error)]
pub enum ChoiceError {
    /// There is no such task.
    #[error("there is no task {id} about {post}")]
    NoSuchTask {
        /// The post.
        post: PostKey,
        /// What was asked for.
        id: String,
    },
    /// It was closed already.
    #[error("this task is closed: {}", closed(.0))]
    Closed(Box<TaskRecord>),
    /// The person may not, or not now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Opens a task about a channel itself: it has to be connected again. One a day at most.
    pub async fn open_channel_task(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        why: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let day = day_of(now);
        let mut task = TaskRecord::to_reconnect(
            practice,
            channel,
            TaskKind::ReconnectChannel.name(),
            day,
            why.to_owned(),
        );
        task.due_at = now + RECONNECT_WITHIN;
        self.put_new(task_item(&task)?).await.map(|_| ())
    }

    /// Closes a task with a person's choice, and puts what follows in the outbox: all of it or
    /// nothing.
    pub async fn choose(
        &self,
        post: &PostKey,
        task: &str,
        person: &Person,
        answer: impl Into<Answer<'_>>,
        now: Timestamp,
    ) -> Result<Chosen, ChoiceError> {
        let Answer {
            choice,
            note,
            again,
        } = answer.into();
        let people = self.people(&post.practice).await?;
        let id = task.to_ascii_uppercase();
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let Some(task) = self.task(post, &id).await? else {
                return Err(ChoiceError::NoSuchTask {
                    post: post.clone(),
                    id,
                });
            };
            if task.status == TaskStatus::Done {
                return Err(ChoiceError::Closed(Box::new(task)));
            }
            // The state is read before all that is weighed with it: what is written in between is
            // found by its guard.
            let state = self.state(post).await?;
            let revision = self.revision(post, &task.revision).await?;
            let at = self
                .grounds(post, people.clone(), state, revision.as_ref())
                .await?;
            may(
                person,
                &Act::Choose {
                    task: &task,
                    choice,
                    again,
                },
                &at,
            )?;
            // What the policy promises is not ticked off in silence.
            if task.kind == TaskKind::LegalAdviceRequired
                && note.is_none_or(|note| note.trim().is_empty())
            {
                return Err(Refusal::AdviceNote.into());
            }
            let says_why = note.is_some_and(|note| !note.trim().is_empty());
            if choice == Choice::Decline && !says_why {
                return Err(Refusal::AppealNote.into());
            }
            if choice == Choice::SendBack && !says_why {
                return Err(Refusal::SendBackNote.into());
            }
            if task.own_words.is_some() && choice.speaks() {
                self.still_answers(&task).await?;
            }
            let answered = Answered {
                task: &task,
                settled: at.settled_with(&task, choice),
                revision: revision.as_ref(),
                at: &at,
                together: false,
            };
            let mut writes = Transaction::default();
            let follows = self.answer(&mut writes, &answered, person, choice, note, now)?;
            self.watch(&mut writes, &post.practice, &follows.counters, now)
                .await?;
            self.count(&mut writes, &post.practice, follows.counters, now)?;
            self.append(&mut writes, post, &at.state, now, &follows.event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                self.drop_words_taken_back(post, now).await?;
                let (action, next) = (follows.action.as_ref(), follows.next.as_ref());
                return Ok(chosen(choice, action, next, &at));
            }
        }
    }

    /// Adds the writes by which a task and those settled with it are closed, and what follows is
    /// put in the outbox. The line that says so, and the counters, are returned.
    pub(crate) fn answer(
        &self,
        writes: &mut Transaction,
        answered: &Answered<'_>,
        person: &Person,
        choice: Choice,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Follows, LedgerError> {
        let Answered {
            task,
            settled,
            revision,
            at,
            together,
        } = answered;
        let action = match (at.effect(task, choice), revision) {
            (Some(effect), Some(revision)) => {
                Some(action(task, effect, at.state.visibility, revision, now))
            }
            _ => None,
        };
        let next = follow_up(task, choice, now).or_else(|| {
            let stays = matches!(choice, Choice::Keep | Choice::Grant) && action.is_none();
            // Whoever is asked just that has answered it.
            let asks = stays && at.may_be_hidden && task.kind != TaskKind::ShowAgain;
            asks.then(|| show_again(task, now))
        });
        let event = Event::Chosen {
            task: task.id.clone(),
            choice,
            by: person.to_string(),
            revision: task.revision.clone(),
            action: action.as_ref().map(|action| action.id.clone()),
            next: next.as_ref().map(|next| next.id.clone()),
            note: note.map(str::to_owned),
            settled: settled.iter().map(|task| task.id.clone()).collect(),
            own_decision: task.kind == TaskKind::Appeal && at.decided_before(&person.name),
            together: *together,
        };
        let outcome = outcome(choice.name(), &person.to_string());
        for task in std::iter::once(*task).chain(settled.iter().copied()) {
            writes.push(Guard::Open, self.close(task, outcome.as_str(), Some(now))?);
        }
        if let Some(action) = &action {
            self.add(writes, action_item(action, now)?)?;
        }
        if let Some(next) = &next {
            self.add(writes, task_item(next)?)?;
        }
        Ok(Follows {
            counters: numbers::of_choice(task, settled, choice, at, now),
            event,
            action,
            next,
        })
    }

    /// Shows a hidden post again, whether a task asks about it or not. The machine lets its words
    /// be from then on.
    ///
    /// The platform is asked whatever the record believes.
    pub async fn unhide(
        &self,
        post: &PostKey,
        person: &Person,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Chosen, UnhideError> {
        let people = self.people(&post.practice).await?;
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            let revision = match &state.revision {
                Some(revision) => self.revision(post, revision).await?,
                None => self
                    .revisions(post)
                    .await?
                    .into_iter()
                    .max_by_key(|revision| revision.seen_at),
            };
            let at = self
                .grounds(post, people.clone(), state, revision.as_ref())
                .await?;
            may(person, &Act::Unhide, &at)?;
            let revision = revision.ok_or_else(|| UnhideError::NoSuchPost(post.clone()))?;
            at.can_unhide(post.platform)
                .map_err(UnhideError::Platform)?;
            // Each time is one of its own, told from the others by the line of the history that
            // says it.
            let occasion = format!("line {}", at.state.seq + 1);
            let action = action_of(&revision, Effect::Unhide, &occasion, now);
            let event = Event::ShownAgain {
                by: person.to_string(),
                revision: revision.revision.clone(),
                action: action.id.clone(),
                note: note.map(str::to_owned),
            };
            let mut writes = Transaction::default();
            self.add(&mut writes, action_item(&action, now)?)?;
            let counted = numbers::of_restoring(&at);
            self.watch(&mut writes, &post.practice, counted.as_slice(), now)
                .await?;
            self.count(&mut writes, &post.practice, counted, now)?;
            self.append(&mut writes, post, &at.state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                let says = asked_for(Effect::Unhide).to_owned();
                return Ok(Chosen {
                    action: Some(action.id),
                    says,
                });
            }
        }
    }

    /// Builds the write that closes a task, if it is still open. It leaves the queue for where it
    /// is found by its id.
    pub(crate) fn close(
        &self,
        task: &TaskRecord,
        outcome: impl Into<String>,
        at: Option<Timestamp>,
    ) -> Result<aws_sdk_dynamodb::types::TransactWriteItem, LedgerError> {
        let closed_at = if at.is_some() {
            ", closed_at = :at"
        } else {
            ""
        };
        let update = self
            .update(&task_key(task))
            .update_expression(format!(
                "SET #status = :done, outcome = :outcome, queue_pk = :pk, queue_sk = :sk{closed_at} \
                 REMOVE due_kind, due_pk, due_sk"
            ))
            .condition_expression("#status = :open")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":open", text(TaskStatus::Open.name()))
            .expression_attribute_values(":done", text(TaskStatus::Done.name()))
            .expression_attribute_values(":outcome", text(outcome))
            .expression_attribute_values(":pk", text(keys::closed_partition(&task.key.practice)))
            .expression_attribute_values(":sk", text(task.id.as_str()));
        update_item(match at {
            Some(at) => update.expression_attribute_values(":at", text(at.to_string())),
            None => update,
        })
    }

    /// Returns every task of a post, open and done.
    pub async fn tasks_of(&self, post: &PostKey) -> Result<Vec<TaskRecord>, LedgerError> {
        self.partition(&keys::post(post), "TASK#")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }

    /// Returns what authority over a post rests on, given where it stands.
    ///
    /// `revision` is the one that somebody is asked about: its surface says what the platform can
    /// do.
    pub(crate) async fn grounds(
        &self,
        post: &PostKey,
        people: Vec<Person>,
        state: StateRecord,
        revision: Option<&RevisionRecord>,
    ) -> Result<Grounds, LedgerError> {
        let (tasks, actions) = try_join(self.tasks_of(post), self.actions(post)).await?;
        Ok(Grounds::of_post(
            post.practice.clone(),
            people,
            state,
            revision,
            tasks,
            &actions,
        ))
    }
}

/// Why a post was not shown again.
#[derive(Debug, Error)]
pub enum UnhideError {
    /// The post was never seen here, or nothing is on record of it any more.
    #[error("nothing is on record about {0} that could be shown again")]
    NoSuchPost(PostKey),
    /// The person may not, or not now.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The platform cannot do it.
    #[error("the platform cannot show it again: {0}")]
    Platform(String),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Returns when the day of a time began, in UTC.
pub(crate) fn day_of(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second() / DAY_S * DAY_S).unwrap_or(now)
}

/// Says how a task was closed, and by whom.
fn closed(task: &TaskRecord) -> String {
    match (task.chosen(), task.closed_by()) {
        (Some(choice), Some(by)) => format!("{} chose {choice}", plain_person(by)),
        _ => task
            .outcome
            .clone()
            .unwrap_or_else(|| "nothing is on record of how".to_owned()),
    }
}

/// Returns what became of a task that a person closed.
pub(crate) fn outcome(choice: &str, by: &str) -> String {
    format!("{choice} by {by}")
}

/// Returns the task to acknowledge a complaint. Its clock began when the words came in, not when
/// somebody recognised them.
fn acknowledgement(task: &TaskRecord, now: Timestamp) -> TaskRecord {
    let name = hex::encode(Sha256::digest(format!(
        "{} {} acknowledge",
        task.key, task.id
    )));
    TaskRecord {
        id: sortable_id(now, &name),
        kind: TaskKind::AcknowledgeComplaint,
        due_at: task.acknowledge_by.unwrap_or(task.due_at),
        acknowledge_by: None,
        options: Vec::new(),
        draft: None,
        draft_visible: None,
        report: None,
        reminders: Vec::new(),
        strength: None,
        why: "Tell its author that you have it, by letter, e-mail or telephone and not under the post. Then hand it over \
              to whoever handles complaints."
            .to_owned(),
        optional: false,
        ..task.clone()
    }
}

/// Asks whether a post is hidden that stays as it is, since a try to hide it may have been done.
fn show_again(task: &TaskRecord, now: Timestamp) -> TaskRecord {
    let name = format!("{} {} {}", task.key, task.id, TaskKind::ShowAgain);
    let (key, revision) = (task.key.clone(), task.revision.clone());
    let why = "Pagewarden tried to hide it, and the platform did not say that it did. If it is hidden all the same, show \
               it again."
        .to_owned();
    TaskRecord {
        urgency: Urgency::High,
        due_at: now + SignedDuration::from_secs(DAY_S),
        clauses: task.clauses.clone(),
        options: vec![Effect::Unhide],
        author: task.author.clone(),
        ..TaskRecord::opened(&name, key, revision, TaskKind::ShowAgain, now, why)
    }
}

/// Returns the question what became of a report: asked three times, until there is an answer.
fn follow_up(task: &TaskRecord, choice: Choice, now: Timestamp) -> Option<TaskRecord> {
    let times = match choice {
        Choice::Complaint => return Some(acknowledgement(task, now)),
        Choice::Reported | Choice::Appealed => ASKED_AFTER_DAYS
            .map(|days| now + SignedDuration::from_secs(DAY_S * days))
            .to_vec(),
        Choice::NoAnswer => task.reminders.clone(),
        Choice::Keep
        | Choice::Restore
        | Choice::KeepHidden
        | Choice::Delete
        | Choice::Reply
        | Choice::AskAuthor
        | Choice::Ban
        | Choice::Mute
        | Choice::Removed
        | Choice::Refused
        | Choice::ComplaintAcknowledged
        | Choice::NotComplaint
        | Choice::Grant
        | Choice::Decline
        | Choice::SendBack
        | Choice::Done => return None,
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
        strength: None,
        appealed: task.appealed || choice == Choice::Appealed,
        reminders: reminders.to_vec(),
        why: "It was reported. See whether it still stands there, and what the platform answered."
            .to_owned(),
        optional: false,
        ..task.clone()
    })
}

fn action(
    task: &TaskRecord,
    effect: Effect,
    visibility: Visibility,
    revision: &RevisionRecord,
    now: Timestamp,
) -> ActionRecord {
    let speaks = matches!(effect, Effect::PublicReply | Effect::AskAuthor);
    let wording = |of| task.words(of).filter(|_| speaks).map(str::to_owned);
    let (words, when) = (wording(visibility), visibility.other());
    let instead = wording(when).filter(|other| words.as_ref() != Some(other));
    ActionRecord {
        clause: task.clauses.first().cloned(),
        words,
        instead: instead.map(|words| Instead { when, words }),
        correlation: format!("task {}", task.id),
        ..action_of(revision, effect, &task.id, now)
    }
}

/// Returns a person's action. `occasion` tells it from the same effect that they ask for at another
/// time.
fn action_of(
    revision: &RevisionRecord,
    effect: Effect,
    occasion: &str,
    now: Timestamp,
) -> ActionRecord {
    ActionRecord {
        id: ActionRecord::effect_id(&revision.key, &revision.revision, effect, occasion),
        key: revision.key.clone(),
        revision: revision.revision.clone(),
        post: Post {
            text: String::new(),
            ..revision.post.clone()
        },
        effect,
        by: By::Person,
        clause: None,
        words: None,
        instead: None,
        status: ActionStatus::Pending,
        attempts: 0,
        charged: false,
        sent: false,
        may_be_done: false,
        created_at: now,
        correlation: occasion.to_owned(),
        result: None,
    }
}

/// Says what was asked of a platform, which has yet to do it.
const fn asked_for(effect: Effect) -> &'static str {
    match effect {
        Effect::Hide => "the platform is asked to hide it; `history` shows when it has",
        Effect::Unhide => "the platform is asked to show it again; `history` shows when it has",
        Effect::Delete => "the platform is asked to delete it; `history` shows when it has",
        Effect::PublicReply => "the answer is on its way; `history` shows when it is there",
        Effect::AskAuthor => "the message is on its way; `history` shows when it is there",
        Effect::Capture
        | Effect::Report
        | Effect::Ban
        | Effect::Mute
        | Effect::Moderate
        | Effect::PageSafeguardingLead
        | Effect::PagePracticeManager
        | Effect::Case
        | Effect::LegalAdvice
        | Effect::ComplaintClock
        | Effect::Ladder
        | Effect::SignpostOfficialReview
        | Effect::SignpostRoutineContact
        | Effect::Acknowledge
        | Effect::LogIncident => "the platform is asked; `history` shows when it has done it",
    }
}

fn chosen(
    choice: Choice,
    action: Option<&ActionRecord>,
    next: Option<&TaskRecord>,
    at: &Grounds,
) -> Chosen {
    let says = match (action, choice) {
        (Some(action), Choice::NotComplaint) => {
            format!(
                "it was hidden as a complaint and for nothing else: {}",
                asked_for(action.effect)
            )
        }
        (Some(action), _) => asked_for(action.effect).to_owned(),
        (None, Choice::KeepHidden) => {
            "it stays hidden; `unhide` shows it again at any time".to_owned()
        }
        (None, Choice::NotComplaint) if at.state.visibility == Visibility::Hidden => {
            "noted; it stays hidden, since not only a complaint spoke for that".to_owned()
        }
        (None, Choice::Complaint) => match next {
            Some(next) => format!(
                "noted. It has to be acknowledged by {}: a task says so until it is",
                next.due_at.strftime("%-d %B")
            ),
            None => "noted".to_owned(),
        },
        (None, Choice::Reported | Choice::NoAnswer | Choice::Appealed) => match next {
            Some(next) => format!(
                "noted; what became of it is asked on {}",
                next.due_at.strftime("%-d %B")
            ),
            None => "noted; it is not asked again".to_owned(),
        },
        (None, _) => "noted".to_owned(),
    };
    Chosen {
        action: action.map(|action| action.id.clone()),
        says,
    }
}
