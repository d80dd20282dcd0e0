//! What became of a post: for people in one line or in several, for programs in JSON.

use std::collections::BTreeSet;

use pagewarden_ledger::{
    ActionRecord, ActionStatus, Calendar, Event, Grounds, History, TaskRecord, TaskStatus,
    Visibility, choices,
};
use pagewarden_rules::{Decision, Policy, Post, PostKey, PracticeId};
use serde_json::{Value, json};

use crate::text::{cut, fold, indented, plain};
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
    pub fn new(sent: Sent, history: History, presenter: Presenter) -> Option<Self> {
        let decision = last_decision(&history)?;
        Some(PostView {
            sent,
            history,
            decision,
            presenter,
        })
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
                ActionStatus::Done => result.unwrap_or(words::effect(action.effect)).to_owned(),
                status @ (ActionStatus::Pending
                | ActionStatus::Claimed
                | ActionStatus::Failed
                | ActionStatus::Parked
                | ActionStatus::Dropped) => {
                    let why = result.map(|why| format!(": {why}")).unwrap_or_default();
                    format!(
                        "{} {}{why}",
                        words::effect(action.effect),
                        words::status(status)
                    )
                }
            }
        };
        self.history.actions.iter().map(told).collect()
    }

    /// Returns the clauses that something rests on, with their published sentences. A clause that
    /// only explains what another one asks for is not among them.
    fn clauses(&self) -> Vec<(&str, String)> {
        let Decision {
            effects,
            dropped,
            tasks,
            ..
        } = &self.decision;
        let planned = effects
            .iter()
            .flat_map(|planned| planned.clause.iter().chain(&planned.also));
        let dropped = dropped.iter().map(|dropped| &dropped.clause);
        let asked = tasks.iter().flat_map(|task| &task.clauses);
        let counts: BTreeSet<&String> = planned.chain(dropped).chain(asked).collect();
        let engaged = self
            .decision
            .clauses
            .iter()
            .filter(|clause| counts.contains(&clause.id));
        engaged
            .map(|clause| (clause.id.as_str(), self.sentence(&clause.id)))
            .collect()
    }

    fn sentence(&self, id: &str) -> String {
        self.presenter
            .policy
            .clause(id)
            .map_or_else(String::new, |clause| fold(&clause.quote))
    }

    /// Returns what is to be said of it, part by part, the first of which says which post it is.
    fn parts(&self) -> Vec<String> {
        let calendar = &self.presenter.calendar;
        let post = &self.sent.post;
        let place = format!(
            "{} {}",
            words::platform(post.channel.platform),
            words::surface(post.surface)
        );
        let text = if post.text.is_empty() {
            format!("({})", wordless(post))
        } else {
            format!("\"{}\"", cut(&post.text, WORDS))
        };
        let practice = &self.sent.key.practice;
        let mut parts = vec![format!(
            "{practice:<12} {place:<23} {:<12} {text}",
            words::disposition(self.decision.disposition)
        )];
        if self.history.state.visibility == Visibility::Gone {
            parts.push("now: gone from the page".to_owned());
        }
        parts.extend(
            self.clauses()
                .iter()
                .map(|(id, quote)| format!("rule: {id} \"{}\"", plain(quote))),
        );
        parts.extend(
            self.done()
                .iter()
                .map(|done| format!("done: {}", plain(done))),
        );
        parts.extend(self.open_tasks().map(|task| {
            let optional = if task.optional { " (may be left)" } else { "" };
            format!(
                "to do by {}: {}{optional}",
                calendar.local(task.due_at),
                words::task(task.kind)
            )
        }));
        parts
    }

    /// Returns all of it on one line, for a file or another program.
    #[must_use]
    pub fn line(&self) -> String {
        self.parts().join(" | ")
    }

    /// Returns it folded for a terminal, each part on lines of its own.
    #[must_use]
    pub fn block(&self) -> String {
        let parts = self.parts();
        let lines = parts.iter().enumerate().flat_map(|(nth, part)| {
            if nth == 0 {
                vec![part.clone()]
            } else {
                indented(part, 4)
            }
        });
        lines.collect::<Vec<_>>().join("\n")
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
