//! What became of a post: for people in lines of a terminal, for programs in JSON.

use jiff::Timestamp;
use pagewarden_ledger::{
    ActionRecord, ActionStatus, Calendar, Event, Grounds, History, TaskRecord, TaskStatus, choices,
};
use pagewarden_rules::{Clause, Decision, Policy, Post, PostKey, PracticeId};
use serde_json::{Value, json};

use crate::case::{CaseView, Viewer, findings};
use crate::terminal::{self, Words};
use crate::text::{cut, indented, plain};
use crate::words;

/// Characters of a post that a line shows.
const WORDS: usize = 60;

/// A post that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Which post.
    pub key: PostKey,
    /// The last version sent: its words are told from here, since the table drops those that nobody
    /// needs.
    pub post: Post,
}

/// What is needed to show a practice's posts in words.
#[derive(Clone, Debug)]
pub struct Presenter {
    /// Its policy.
    pub policy: Policy,
    /// Its clock.
    pub calendar: Calendar,
}

/// What became of a post, ready to be shown as text or JSON.
#[derive(Clone, Debug)]
pub struct PostView {
    sent: Sent,
    history: History,
    decision: Decision,
    presenter: Presenter,
    /// The case about it, as everybody sees it.
    case: CaseView,
}

fn last_decision(history: &History) -> Option<Decision> {
    history
        .events
        .iter()
        .rev()
        .find_map(|event| match event.event() {
            Ok(Event::Decided { decision, .. }) => Some(*decision),
            _ => None,
        })
}

impl PostView {
    /// Prepares a post for showing. Returns none while nothing has been decided about it.
    #[must_use]
    pub fn new(sent: Sent, history: History, presenter: Presenter, now: Timestamp) -> Option<Self> {
        let decision = last_decision(&history)?;
        let mut case = history.case(&sent.key, Vec::new());
        if let Some(revision) = &mut case.revision {
            revision.post = sent.post.clone();
        }
        let viewer = Viewer {
            policy: Some(&presenter.policy),
            calendar: &presenter.calendar,
            roles: &[],
            now,
        };
        let case = viewer.case(&case, &findings(&history, &case));
        Some(PostView {
            sent,
            history,
            decision,
            presenter,
            case,
        })
    }

    /// Returns where it stands in a list: what is about danger first, then what is due first, then
    /// what nobody has to decide.
    #[must_use]
    pub fn place(&self) -> impl Ord + use<> {
        let due = self.case.deadline.as_ref().map(|due| due.due_at);
        (
            !self.case.danger,
            self.case.questions.is_empty(),
            due.is_none(),
            due,
        )
    }

    /// Returns `true` if it is about danger that nobody has answered.
    #[must_use]
    pub const fn is_danger(&self) -> bool {
        self.case.danger
    }

    /// Returns `true` if it waits for a person.
    #[must_use]
    pub const fn waits(&self) -> bool {
        !self.case.questions.is_empty()
    }

    /// Returns the practice.
    #[must_use]
    pub const fn practice(&self) -> &PracticeId {
        &self.sent.key.practice
    }

    /// Returns `true` if an action failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.history
            .actions
            .iter()
            .any(|action| action.status == ActionStatus::Failed)
    }

    fn open_tasks(&self) -> impl Iterator<Item = &TaskRecord> {
        let mut open: Vec<&TaskRecord> = self
            .history
            .tasks
            .iter()
            .filter(|task| task.status == TaskStatus::Open)
            .collect();
        open.sort_by_key(|task| (task.urgency, task.due_at, task.kind));
        open.into_iter()
    }

    /// Returns what authority over the post rests on, for what is offered whoever looks.
    fn grounds(&self) -> Grounds {
        let History {
            state,
            revisions,
            tasks,
            actions,
            ..
        } = &self.history;
        let practice = self.sent.key.practice.clone();
        Grounds::of_post(
            practice,
            Vec::new(),
            state.clone(),
            revisions.last(),
            tasks.clone(),
            actions,
        )
    }

    fn done(&self) -> Vec<String> {
        let told = |action: &ActionRecord| {
            let result = action.result.as_deref();
            match action.status {
                ActionStatus::Done => result.unwrap_or(action.effect.plain()).to_owned(),
                status @ (ActionStatus::Pending
                | ActionStatus::Claimed
                | ActionStatus::Failed
                | ActionStatus::Parked
                | ActionStatus::Dropped) => {
                    let why = result.map(|why| format!(": {why}")).unwrap_or_default();
                    format!("{} {}{why}", action.effect.plain(), words::status(status))
                }
            }
        };
        self.history.actions.iter().map(told).collect()
    }

    fn sentence(&self, id: &str) -> String {
        self.presenter
            .policy
            .clause(id)
            .map_or_else(String::new, Clause::sentence)
    }

    /// Returns it in lines for a terminal: in short what it is about, what was done and what is
    /// asked by when; and in two lines where nobody has to do anything.
    #[must_use]
    pub fn block(&self) -> Vec<String> {
        if !self.waits() {
            let became = words::disposition(self.decision.disposition);
            let post = &self.sent.post;
            let text = if post.text.is_empty() {
                format!("({})", wordless(post))
            } else {
                format!("\"{}\"", cut(&post.text, WORDS))
            };
            let head = format!("{}: {became}", plain(&self.sent.key.to_string()));
            return [vec![head], indented(&text, 2)].concat();
        }
        let mut lines = terminal::about(&self.case, Words::Cut);
        for done in self.done() {
            lines.extend(indented(&format!("Done: {done}"), 2));
        }
        lines.extend(terminal::asked(&self.case));
        lines.push(String::new());
        lines
    }

    /// Returns the line for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let post = &self.sent.post;
        let engaged = self.decision.clauses.iter();
        let clauses: Vec<Value> = engaged
            .map(|clause| json!({ "id": clause.id, "sentence": self.sentence(&clause.id) }))
            .collect();
        let actions: Vec<Value> = self
            .history
            .actions
            .iter()
            .map(|a| json!({ "effect": a.effect, "by": a.by, "status": a.status, "result": a.result, "attempts": a.attempts }))
            .collect();
        let standing = self.grounds();
        let tasks: Vec<Value> = self
            .open_tasks()
            .map(|t| json!({ "id": t.id, "task": t.kind, "urgency": t.urgency, "due": t.due_at, "clauses": t.clauses, "may": choices(t, &standing), "why": t.why, "draft": t.words(self.history.state.visibility), "report": t.report }))
            .collect();
        json!({
            "practice": self.sent.key.practice,
            "platform": post.channel.platform,
            "surface": post.surface,
            "post": self.sent.key.id,
            "words": cut(&post.text, WORDS),
            "disposition": self.decision.disposition,
            "clauses": clauses,
            "visibility": self.history.state.visibility,
            "done": actions,
            "waiting": tasks,
        })
    }
}

/// Says what a post without words is.
pub(crate) fn wordless(post: &Post) -> String {
    match (post.media.as_slice(), post.rating) {
        ([], Some(1)) => "1 star without words".to_owned(),
        ([], Some(stars)) => format!("{stars} stars without words"),
        ([], None) => "no words".to_owned(),
        ([one], _) if one.kind == "photo" => "a picture without words".to_owned(),
        ([one], _) if one.kind == "video" => "a video without words".to_owned(),
        (media, _) => format!(
            "{} without words",
            if media.len() == 1 {
                "an attachment"
            } else {
                "attachments"
            }
        ),
    }
}
