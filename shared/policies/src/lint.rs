//! The lint report: for each clause of a policy, what happens on each of the practice's channels.
//!
//! What happens is asked of [`decide`] itself, a clause and a topic at a time, so that the report
//! cannot say one thing and the machine do another.

mod conflicts;
mod unenforced;

use std::collections::BTreeSet;
use std::fmt;

use pagewarden_rules::{
    By, Clause, Detect, Effect, Finding, Mode, Platform, Policy, Reading, Role, Situation,
    Strength, Surface, Topic, decide,
};
use serde::Serialize;

pub use conflicts::Conflict;
pub use unenforced::not_enforced;

use crate::problem::cut;
use crate::{Blocker, Loaded, Person, Settings, blockers};

/// What a policy comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The practice's name.
    pub practice: String,
    /// The practice's mode.
    pub mode: Mode,
    /// Each clause, in the order of the policy.
    pub clauses: Vec<ClauseReport>,
    /// Where the policy is at odds with itself, with a platform or with the law.
    pub conflicts: Vec<Conflict>,
    /// What the file declares and the program does not do yet.
    pub not_enforced: Vec<String>,
    /// What the policy's author ought to know.
    pub warnings: Vec<String>,
    /// What blocks `live`.
    pub blockers: Vec<Blocker>,
}

/// Returns what is doubtful about the time for acknowledging a complaint where the practice is.
fn clock_in_doubt(policy: &Policy) -> Option<String> {
    let clock = policy.practice.nation.complaint_clock();
    let days = clock.working_days;
    clock.doubt.map(|doubt| {
        format!("complaints are to be acknowledged within {days} working days here, but {doubt}")
    })
}

/// Says if nobody could start the machine again once it was switched off: that takes two people who
/// decide, of whom one is a practice manager. Where nobody decides at all, the blockers say so.
#[must_use]
pub fn nobody_to_agree(people: &[Person]) -> Option<String> {
    let deciders: Vec<&Person> = people
        .iter()
        .filter(|person| person.roles.iter().any(|role| DECIDERS.contains(role)))
        .collect();
    let is_manager = |person: &Person| person.roles.contains(&Role::PracticeManager);
    let can_agree = deciders.iter().any(|manager| {
        is_manager(manager) && deciders.iter().any(|other| other.name != manager.name)
    });
    let first = deciders.first().filter(|_| !can_agree)?;
    let wanted = if deciders.iter().any(|person| is_manager(person)) {
        "somebody else who decides, such as a reviewer"
    } else {
        "a practice manager"
    };
    Some(format!(
        "once the switch is off, nobody could turn it on again: that takes two people, of whom one is a practice manager. \
         Name {wanted} in the settings under people, beside {}",
        cut(&first.name, 60)
    ))
}

/// Who decides: the roles that may turn the switch.
const DECIDERS: [Role; 4] = [
    Role::Reviewer,
    Role::PracticeManager,
    Role::SafeguardingLead,
    Role::ComplaintsManager,
];

/// What one clause comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClauseReport {
    /// The clause.
    pub id: String,
    /// Its published sentence, on one line.
    pub sentence: String,
    /// What happens, the same places together.
    pub places: Vec<PlaceReport>,
    /// What may never happen, whoever asks.
    pub never: Vec<Effect>,
}

/// What happens at some places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceReport {
    /// Where.
    pub places: Vec<(Platform, Surface)>,
    /// What, in the order of the clause.
    pub outcomes: Vec<Outcome>,
}

/// What becomes of one effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The effect.
    pub effect: Effect,
    /// Who does it; nobody where it cannot be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// The topics for which this is so; all of the clause's where none are named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Topic>,
    /// Why.
    pub why: String,
}

/// Returns what a policy comes to, with these settings.
///
/// The report is of `live`, whatever the practice's mode: it says what the practice would be
/// agreeing to.
#[must_use]
pub fn lint(loaded: &Loaded, settings: &Settings) -> Report {
    let policy = &loaded.policy;
    Report {
        practice: policy.practice.name.clone(),
        mode: settings.mode,
        clauses: policy
            .clauses
            .iter()
            .map(|clause| clause_report(policy, clause))
            .collect(),
        conflicts: conflicts::conflicts(policy),
        not_enforced: not_enforced(policy),
        warnings: loaded
            .warnings
            .iter()
            .map(ToString::to_string)
            .chain(clock_in_doubt(policy))
            .chain(nobody_to_agree(&settings.people))
            .collect(),
        // A file does not show who has confirmed that messages reach them.
        blockers: blockers(policy, settings, &loaded.templates, &BTreeSet::new()),
    }
}

fn clause_report(policy: &Policy, clause: &Clause) -> ClauseReport {
    let mut places: Vec<PlaceReport> = Vec::new();
    for place in places_of(policy, clause) {
        let outcomes = outcomes(policy, clause, place);
        match places.iter_mut().find(|report| report.outcomes == outcomes) {
            Some(report) => report.places.push(place),
            None => places.push(PlaceReport {
                places: vec![place],
                outcomes,
            }),
        }
    }
    let mut never = clause.never.clone();
    if clause.no_public_reply && !never.contains(&Effect::PublicReply) {
        never.push(Effect::PublicReply);
    }
    ClauseReport {
        id: clause.id.clone(),
        sentence: clause.sentence(),
        places,
        never,
    }
}

/// Returns where a clause can be engaged.
pub(crate) fn places_of(policy: &Policy, clause: &Clause) -> Vec<(Platform, Surface)> {
    if clause.detect == Detect::Human {
        return vec![(Platform::StaffLog, Surface::Premises)];
    }
    let named =
        |platform: Platform| clause.platforms.is_empty() || clause.platforms.contains(&platform);
    let channels = policy
        .channels
        .iter()
        .filter(|channel| named(channel.platform));
    channels
        .flat_map(|channel| {
            channel
                .surfaces
                .iter()
                .map(|surface| (channel.platform, *surface))
        })
        .collect()
}

/// Asks what this clause, alone, does about each of its topics, and puts the same answers together.
fn outcomes(
    policy: &Policy,
    clause: &Clause,
    (platform, surface): (Platform, Surface),
) -> Vec<Outcome> {
    let alone = Policy {
        clauses: vec![clause.clone()],
        ..policy.clone()
    };
    let mut answers: Vec<Outcome> = Vec::new();
    for topic in &clause.topics {
        let situation = Situation {
            platform,
            surface,
            mode: Mode::Live,
            media: false,
            translated: false,
            length: 0,
            stopped: &[],
            restricted: false,
        };
        let finding = Finding {
            topic: topic.clone(),
            strength: Strength::Certain,
            span: 0..0,
            cue: "lint".into(),
            why: "as if it were found".into(),
            target: None,
        };
        let decision = decide(
            &alone,
            &situation,
            &Reading {
                findings: vec![finding],
                ..Reading::default()
            },
        );
        let planned = decision
            .effects
            .iter()
            .map(|planned| (planned.effect, Some(planned.by), &planned.why));
        let dropped = decision
            .dropped
            .iter()
            .map(|dropped| (dropped.effect, None, &dropped.why));
        let logged = decision
            .tasks
            .iter()
            .filter(|_| platform == Platform::StaffLog);
        let logged = logged.map(|task| (Effect::LogIncident, Some(By::Person), &task.why));
        for (effect, by, why) in planned.chain(dropped).chain(logged) {
            if !clause.effects.contains(&effect) {
                continue;
            }
            match answers
                .iter_mut()
                .find(|a| (a.effect, a.by, &a.why) == (effect, by, why))
            {
                Some(answer) => answer.topics.push(topic.clone()),
                None => answers.push(Outcome {
                    effect,
                    by,
                    topics: vec![topic.clone()],
                    why: why.clone(),
                }),
            }
        }
    }
    for answer in &mut answers {
        if answer.topics.len() == clause.topics.len() {
            answer.topics.clear();
        }
    }
    let order = |effect: Effect| clause.effects.iter().position(|listed| *listed == effect);
    answers.sort_by_key(|answer| order(answer.effect));
    answers
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (mode: {})", self.practice, self.mode)?;
        for clause in &self.clauses {
            writeln!(f, "\n{:<4} \"{}\"", clause.id, cut(&clause.sentence, 90))?;
            for place in &clause.places {
                write!(f, "{place}")?;
            }
            if !clause.never.is_empty() {
                let never: Vec<String> = clause.never.iter().map(ToString::to_string).collect();
                writeln!(f, "     never: {}", never.join(", "))?;
            }
        }
        if !self.conflicts.is_empty() {
            writeln!(f, "\nAt odds")?;
        }
        for conflict in &self.conflicts {
            writeln!(f, "{conflict}")?;
        }
        if !self.not_enforced.is_empty() {
            writeln!(f, "\nDeclared")?;
        }
        for declared in &self.not_enforced {
            writeln!(f, "  {declared}")?;
        }
        if !self.warnings.is_empty() {
            writeln!(f, "\nWarnings")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  {warning}")?;
        }
        writeln!(
            f,
            "\n{}",
            if self.blockers.is_empty() {
                "Nothing blocks live"
            } else {
                "What blocks live"
            }
        )?;
        for blocker in &self.blockers {
            writeln!(f, "  {blocker}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PlaceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self
            .places
            .iter()
            .map(|(platform, surface)| format!("{platform}/{surface}"))
            .collect();
        writeln!(f, "     on {}", places.join(", "))?;
        if self.outcomes.is_empty() {
            writeln!(f, "       nothing follows")?;
        }
        for outcome in &self.outcomes {
            let who = match outcome.by {
                Some(By::Machine) => "machine",
                Some(By::Person) => "person",
                None => "cannot",
            };
            write!(f, "       {:<24} {who:<8} {}", outcome.effect, outcome.why)?;
            if !outcome.topics.is_empty() {
                let topics: Vec<String> = outcome.topics.iter().map(ToString::to_string).collect();
                write!(f, " [{}]", topics.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
