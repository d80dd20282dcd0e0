//! The policy, sentence by sentence: what the program does about each, what a person does, and what
//! cannot be done.

use askama::Template;
use axum::extract::State;
use pagewarden_policies::{ClauseReport, PlaceReport};
use pagewarden_present::words;
use pagewarden_rules::By;

use crate::Console;
use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "policy.html")]
pub(crate) struct Policy {
    top: Top,
    practice: String,
    version: u32,
    mode: &'static str,
    /// Whether they may draft another.
    may_draft: bool,
    clauses: Vec<Clause>,
    warnings: Vec<String>,
    blockers: Vec<String>,
}

/// A published sentence and what follows from it.
struct Clause {
    id: String,
    sentence: String,
    places: Vec<Place>,
    never: Vec<&'static str>,
}

/// What follows at some places, those with the same consequences together.
struct Place {
    at: String,
    lines: Vec<Line>,
}

struct Line {
    who: &'static str,
    what: &'static str,
    why: String,
}

/// Shows the policy in force.
pub(crate) async fn show(State(console): State<Console>, visitor: Visitor) -> Answer<Page<Policy>> {
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let report = in_force.report(member.edition, &member.settings);
    Ok(Page(Policy {
        top: visitor.top(),
        practice: member.practice_name().to_owned(),
        version: member.policy,
        mode: words::mode(member.settings.mode),
        may_draft: super::draft::may(&visitor),
        clauses: report.clauses.iter().map(clause).collect(),
        warnings: report
            .warnings
            .iter()
            .chain(&report.not_enforced)
            .cloned()
            .collect(),
        blockers: report.blockers.iter().map(ToString::to_string).collect(),
    }))
}

fn clause(report: &ClauseReport) -> Clause {
    Clause {
        id: report.id.clone(),
        sentence: report.sentence.clone(),
        places: report.places.iter().map(place).collect(),
        never: report.never.iter().map(|effect| effect.plain()).collect(),
    }
}

fn place(report: &PlaceReport) -> Place {
    let places = report.places.iter();
    let at = places.map(|(platform, surface)| {
        format!(
            "{} {}",
            words::platform(*platform),
            words::surface(*surface)
        )
    });
    let mut outcomes: Vec<_> = report.outcomes.iter().collect();
    outcomes.sort_by_key(|outcome| match outcome.by {
        Some(By::Machine) => 0,
        Some(By::Person) => 1,
        None => 2,
    });
    let line = |outcome: &&pagewarden_policies::Outcome| Line {
        who: match outcome.by {
            Some(By::Machine) => "By the program",
            Some(By::Person) => "By a person",
            None => "Not done",
        },
        what: outcome.effect.plain(),
        why: outcome.why.clone(),
    };
    Place {
        at: at.collect::<Vec<_>>().join(", "),
        lines: outcomes.iter().map(line).collect(),
    }
}
