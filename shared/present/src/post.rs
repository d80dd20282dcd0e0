//! What became of a post, in one line for people or in JSON for programs.

use std::fmt::Write as _;

use pagewarden_ledger::{
    ActionRecord, ActionStatus, Calendar, Grounds, Happening, History, TaskRecord, TaskStatus, Visibility, choices,
};
use pagewarden_rules::{Decision, Policy, Post, PostKey, PracticeId};
use serde_json::{Value, json};

use crate::text::{cut, fold, spoken};

/// Characters of a post that a line shows.
const WORDS: usize = 60;
/// Characters of a clause's published sentence that a line shows.
const SENTENCE: usize = 70;

/// A post that was sent, and what is to be told of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Which post.
    pub key: PostKey,
    /// The last version sent: its words are told from here, since the table drops those that nobody needs.
    pub post: Post,
}

/// A practice, for telling what became of its posts.
#[derive(Clone, Debug)]
pub struct Teller {
    /// Its policy.
    pub policy: Policy,
    /// Its clock.
    pub calendar: Calendar,
}

/// Where a post stands, once it has settled.
#[derive(Clone, Debug)]
pub struct Told {
    sent: Sent,
    history: History,
    decision: Decision,
    teller: Teller,
}

fn last_decision(history: &History) -> Option<Decision> {
    history.events.iter().rev().find_map(|event| match event.happening() {
        Ok(Happening::Decided { decision, .. }) => Some(*decision),
        _ => None,
    })
}

impl Told {
    /// Makes what is to be told of a post; none where nothing was decided of it yet.
    #[must_use]
    pub fn new(sent: Sent, history: History, teller: Teller) -> Option<Self> {
        let decision = last_decision(&history)?;
        Some(Told { sent, history, decision, teller })
    }

    /// Returns the practice.
    #[must_use]
    pub const fn practice(&self) -> &PracticeId {
        &self.sent.key.practice
    }

    /// Returns true if and only if an action failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.history.actions.iter().any(|action| action.status == ActionStatus::Failed)
    }

    fn open_tasks(&self) -> impl Iterator<Item = &TaskRecord> {
        let mut open: Vec<&TaskRecord> =
            self.history.tasks.iter().filter(|task| task.status == TaskStatus::Open).collect();
        open.sort_by_key(|task| (task.urgency, task.due_at, task.kind));
        open.into_iter()
    }

    /// Returns what authority over the post rests on, for what is offered whoever looks.
    fn grounds(&self) -> Grounds {
        let History { state, revisions, tasks, actions, .. } = &self.history;
        let practice = self.sent.key.practice.clone();
        Grounds::of_post(practice, Vec::new(), state.clone(), revisions.last(), tasks.clone(), actions)
    }

    fn done(&self) -> Vec<String> {
        let told = |action: &ActionRecord| match action.status {
            ActionStatus::Done => format!("{} ({})", action.effect, action.result.as_deref().unwrap_or("confirmed")),
            status => format!("{} {}: {}", action.effect, name(status), action.result.as_deref().unwrap_or("")),
        };
        self.history.actions.iter().map(told).collect()
    }

    fn clauses(&self) -> Vec<(String, String)> {
        let sentence = |id: &str| self.teller.policy.clause(id).map_or_else(String::new, |clause| fold(&clause.quote));
        self.decision.clauses.iter().map(|clause| (clause.id.clone(), sentence(&clause.id))).collect()
    }

    /// Returns the line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let calendar = &self.teller.calendar;
        let post = &self.sent.post;
        let place = format!("{}/{}", post.channel.platform, post.surface);
        let words = if post.text.is_empty() {
            format!("({})", wordless(post))
        } else {
            format!("\"{}\"", cut(&post.text, WORDS))
        };
        let practice = &self.sent.key.practice;
        let mut line = format!("{practice:<12} {place:<20} {:<5} {words}", self.decision.disposition);
        let clauses: Vec<String> =
            self.clauses().iter().map(|(id, quote)| format!("{id} \"{}\"", cut(quote, SENTENCE))).collect();
        let mut part = |label: &str, parts: Vec<String>| {
            if !parts.is_empty() {
                let _infallible = write!(line, " | {label}: {}", parts.join("; "));
            }
        };
        if self.history.state.visibility == Visibility::Gone {
            part("now", vec!["gone from the page".to_owned()]);
        }
        part("rule", clauses);
        part("done", self.done());
        let waits = self.open_tasks().map(|task| {
            let optional = if task.optional { " (optional)" } else { "" };
            format!("{}{optional} by {}", spoken(task.kind.name()), calendar.local(task.due_at))
        });
        part("waits for a person", waits.collect());
        line
    }

    /// Returns the line for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let post = &self.sent.post;
        let clauses: Vec<Value> =
            self.clauses().iter().map(|(id, quote)| json!({ "id": id, "sentence": quote })).collect();
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
fn wordless(post: &Post) -> String {
    match (post.media.as_slice(), post.rating) {
        ([], Some(1)) => "1 star without words".to_owned(),
        ([], Some(stars)) => format!("{stars} stars without words"),
        ([], None) => "no words".to_owned(),
        ([one], _) if one.kind == "photo" => "a picture without words".to_owned(),
        ([one], _) if one.kind == "video" => "a video without words".to_owned(),
        (media, _) => format!("{} without words", if media.len() == 1 { "an attachment" } else { "attachments" }),
    }
}

const fn name(status: ActionStatus) -> &'static str {
    match status {
        ActionStatus::Pending => "waits",
        ActionStatus::Claimed => "is under way",
        ActionStatus::Done => "done",
        ActionStatus::Failed => "failed",
        ActionStatus::Parked => "was stopped",
        ActionStatus::Dropped => "was let go",
    }
}
