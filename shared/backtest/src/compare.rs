//! Two decisions of one version of a post, side by side.

use jiff::Timestamp;
use pagewarden_rules::{
    By, Decision, Disposition, Effect, Platform, RevisionId, Surface, TaskKind, Topic,
};
use serde::Serialize;

/// A version of a post that would be decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The post, as `practice/platform/id`.
    pub post: String,
    /// Which version of it.
    pub revision: RevisionId,
    /// Where it was posted.
    pub platform: Platform,
    /// On which surface.
    pub surface: Surface,
    /// When it was judged.
    pub at: Timestamp,
    /// What the policy of that time says of it in `live`.
    pub before: Outcome,
    /// What the policy that is tried says of it in `live`.
    pub after: Outcome,
    /// What people decided of it since.
    pub people: People,
    /// Its words, where somebody asks for them and they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// What people decided of a version of a post, as far as they did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct People {
    /// That it is shown, or that it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<bool>,
    /// That it is a complaint, or that it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint: Option<bool>,
}

/// What a decision comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// In a word.
    pub disposition: Disposition,
    /// What the program does, and what it leaves to people, each with the clause that asks for it.
    pub effects: Vec<(Effect, By, Option<String>)>,
    /// What people are asked.
    pub tasks: Vec<TaskKind>,
    /// The clauses that it rests on.
    pub clauses: Vec<Clause>,
    /// What nobody may do to it.
    pub refused: Vec<Effect>,
}

/// A clause that a post engages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clause {
    /// The clause.
    pub id: String,
    /// What was found of it.
    pub topics: Vec<Topic>,
}

/// What is otherwise, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody would be alerted.
    Paged,
    /// Nobody would be alerted.
    NotPaged,
    /// It would be hidden.
    Hidden,
    /// It would not be hidden.
    NotHidden,
    /// It would wait for a person.
    Asked,
    /// Nobody would be asked about it.
    NotAsked,
    /// People or the program would do something else about it.
    Otherwise,
}

impl Outcome {
    pub(crate) fn of(decision: &Decision) -> Self {
        let effects = decision.effects.iter();
        let clauses = decision.clauses.iter().chain(&decision.learned);
        let mut tasks: Vec<_> = decision.tasks.iter().map(|task| task.kind).collect();
        tasks.sort_by_key(|kind| kind.name());
        Outcome {
            disposition: decision.disposition,
            effects: effects
                .map(|planned| (planned.effect, planned.by, planned.clause.clone()))
                .collect(),
            tasks,
            clauses: clauses
                .map(|engaged| Clause {
                    id: engaged.id.clone(),
                    topics: engaged.topics.clone(),
                })
                .collect(),
            refused: decision.refused.clone(),
        }
    }

    /// Returns `true` if the program hides it.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.effects
            .iter()
            .any(|(effect, by, _)| (*effect, *by) == (Effect::Hide, By::Machine))
    }

    /// Returns `true` if somebody is alerted.
    #[must_use]
    pub fn pages(&self) -> bool {
        self.disposition == Disposition::Page
    }

    fn asks(&self) -> bool {
        !self.tasks.is_empty()
    }
}

impl Change {
    /// Returns every way in which it would be otherwise.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let (before, after) = (&self.before, &self.after);
        let of = |was: bool, is: bool, more: Kind, fewer: Kind| match (was, is) {
            (false, true) => Some(more),
            (true, false) => Some(fewer),
            (true, true) | (false, false) => None,
        };
        let kinds: Vec<Kind> = [
            of(before.pages(), after.pages(), Kind::Paged, Kind::NotPaged),
            of(before.hides(), after.hides(), Kind::Hidden, Kind::NotHidden),
            of(before.asks(), after.asks(), Kind::Asked, Kind::NotAsked),
        ]
        .into_iter()
        .flatten()
        .collect();
        if kinds.is_empty() {
            vec![Kind::Otherwise]
        } else {
            kinds
        }
    }

    pub(crate) fn without_words(&self) -> Self {
        Change {
            words: None,
            ..self.clone()
        }
    }
}
