//! Answers in words of somebody's own: instead of a task's draft, and sent once somebody else
//! approves them.
//!
//! The words stand in a task of their own, which says whose they are. Who approves it sends exactly
//! them; the task that they answer is closed with it. Drafts as they are need no second person.

use jiff::Timestamp;
use pagewarden_rules::reply::{Fault, faults, says_it_is_gone};
use pagewarden_rules::{PostKey, RevisionId, TaskKind, longest_message, longest_reply};
use thiserror::Error;

use crate::authority::{Act, Person, Refusal, may, plain_person};
use crate::records::{Event, OwnWords, TaskRecord, TaskStatus, Visibility};
use crate::rows::task_item;
use crate::tasks::{Choice, ChoiceError};
use crate::write::{Transacted, Transaction, Tries};
use crate::{Ledger, LedgerError};

/// What somebody wants to send instead of a task's draft.
#[derive(Clone, Copy, Debug)]
pub struct NewAnswer<'a> {
    /// The task whose draft it replaces.
    pub task: &'a str,
    /// In public, or to the author alone.
    pub choice: Choice,
    /// The words.
    pub words: &'a str,
}

/// Why words of somebody's own do not wait to be approved.
#[derive(Debug, Error)]
pub enum AnswerError {
    /// There is no such task, or it is closed, or the person may not.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// They say what no answer may say.
    #[error("{}", told(.0))]
    Unfit(Vec<Fault>),
    /// There are none.
    #[error("write the words that are to be sent")]
    Empty,
    /// They are the draft.
    #[error("these are the words that were ready: send them as they are, which takes nobody else")]
    Same,
    /// The platform does not take as many.
    #[error("the platform does not take so long a text: shorten it")]
    TooLong,
}

impl From<Refusal> for AnswerError {
    fn from(refusal: Refusal) -> Self {
        AnswerError::Choice(refusal.into())
    }
}

impl From<LedgerError> for AnswerError {
    fn from(error: LedgerError) -> Self {
        AnswerError::Choice(error.into())
    }
}

fn told(faults: &[Fault]) -> String {
    let told: Vec<String> = faults.iter().map(Fault::to_string).collect();
    told.join(". ")
}

impl Ledger {
    /// Puts words of somebody's own before whoever may approve them. Returns the task.
    ///
    /// They pass the linter of answers, and answer the post as it stands.
    pub async fn write_answer(
        &self,
        post: &PostKey,
        person: &Person,
        new: NewAnswer<'_>,
        now: Timestamp,
    ) -> Result<TaskRecord, AnswerError> {
        let people = self.people(&post.practice).await?;
        let id = new.task.to_ascii_uppercase();
        let words = new.words.trim();
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let Some(task) = self.task(post, &id).await? else {
                let post = post.clone();
                return Err(ChoiceError::NoSuchTask { post, id }.into());
            };
            if task.status == TaskStatus::Done {
                return Err(ChoiceError::Closed(Box::new(task)).into());
            }
            let state = self.state(post).await?;
            let newest = state.revision.as_ref().unwrap_or(&task.revision).clone();
            let revision = self.revision(post, &newest).await?;
            let at = self
                .grounds(post, people.clone(), state, revision.as_ref())
                .await?;
            let choice = new.choice;
            may(
                person,
                &Act::WriteAnswer {
                    task: &task,
                    choice,
                },
                &at,
            )?;
            let names: Vec<&str> = people.iter().map(|person| person.name.as_str()).collect();
            check(&task, choice, words, &names)?;
            let opened = to_approve(&task, newest, person, choice, words, now);
            if says_it_is_gone(words) && at.state.visibility != Visibility::Hidden {
                return Err(Refusal::NotOutOfSight.into());
            }
            let Some(effect) = opened.options.first() else {
                let offers = Vec::new();
                return Err(Refusal::NotOffered { choice, offers }.into());
            };
            let event = Event::AnswerWritten {
                task: opened.id.clone(),
                of: task.id.clone(),
                effect: *effect,
                by: person.to_string(),
                revision: opened.revision.clone(),
            };
            let mut writes = Transaction::default();
            self.add(&mut writes, task_item(&opened)?)?;
            self.append(&mut writes, post, &at.state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(opened);
            }
        }
    }

    /// Refuses words of somebody's own where newer ones of the post have come in and are still to
    /// be judged.
    pub(crate) async fn still_answers(&self, task: &TaskRecord) -> Result<(), ChoiceError> {
        let revisions = self.revisions(&task.key).await?;
        let answered = revisions.iter().find(|one| one.revision == task.revision);
        let is_newer = |seen_at: Timestamp| answered.is_none_or(|one| seen_at > one.seen_at);
        let changed = revisions
            .iter()
            .any(|one| one.decided.is_none() && is_newer(one.seen_at));
        if changed {
            return Err(Refusal::Stale.into());
        }
        Ok(())
    }
}

/// Refuses words that cannot be sent as an answer to a task. What the draft says may be repeated;
/// people of the practice are not named, however they are written.
fn check(
    task: &TaskRecord,
    choice: Choice,
    words: &str,
    names: &[&str],
) -> Result<(), AnswerError> {
    if words.is_empty() {
        return Err(AnswerError::Empty);
    }
    let drafts = || task.draft.iter().chain(&task.draft_visible);
    let is_same = |draft: &String| draft.split_whitespace().eq(words.split_whitespace());
    if drafts().any(is_same) {
        return Err(AnswerError::Same);
    }
    let platform = task.key.platform;
    let longest = if choice == Choice::AskAuthor {
        longest_message(platform)
    } else {
        longest_reply(platform)
    };
    if !longest.takes(words) {
        return Err(AnswerError::TooLong);
    }
    let known: Vec<&str> = drafts().map(String::as_str).collect();
    let found = faults(words, &known.join(" "), names);
    if found.is_empty() {
        Ok(())
    } else {
        Err(AnswerError::Unfit(found))
    }
}

/// Returns the task to approve words of somebody's own. It is due with the task that they answer.
fn to_approve(
    task: &TaskRecord,
    revision: RevisionId,
    person: &Person,
    choice: Choice,
    words: &str,
    now: Timestamp,
) -> TaskRecord {
    let by = person.to_string();
    let name = format!("{} {} answer {by} {words}", task.key, task.id);
    let why = format!(
        "{} wrote these words instead of those that were ready. Somebody else approves them before they are sent.",
        plain_person(&by)
    );
    let (key, kind) = (task.key.clone(), TaskKind::ApproveAnswer);
    let of = |effect: &&pagewarden_rules::Effect| Choice::of(**effect) == Some(choice);
    // Should the post be shown again before they are sent, what was ready for that says the truth.
    let draft_visible = task
        .draft_visible
        .clone()
        .filter(|_| says_it_is_gone(words));
    TaskRecord {
        urgency: task.urgency,
        due_at: task.due_at.max(now),
        clauses: task.clauses.clone(),
        options: task.options.iter().filter(of).copied().collect(),
        refused: task.refused.clone(),
        draft: Some(words.to_owned()),
        draft_visible,
        optional: task.optional,
        own_words: Some(OwnWords {
            of: task.id.clone(),
            by,
        }),
        ..TaskRecord::opened(&name, key, revision, kind, now, why)
    }
}
