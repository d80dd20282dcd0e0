//! The policy, sentence by sentence: what the program does about each, what a person does, and what
//! cannot be done.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pagewarden_ledger::{Calendar, RuleError, RuleRecord};
use pagewarden_policies::{ClauseReport, PlaceReport};
use pagewarden_present::words;
use pagewarden_rules::By;
use serde::Deserialize;

use super::settings::acting;
use crate::form::{Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;
use crate::{Console, Problem};

#[derive(Template)]
#[template(path = "policy.html")]
pub(crate) struct Policy {
    top: Top,
    practice: String,
    version: u32,
    mode: &'static str,
    /// Whether they may draft another.
    may_draft: bool,
    /// Why a rule was not started again.
    refused: Option<String>,
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
    watched: Option<Watched>,
}

/// What people said of the posts that the program hid under a clause.
struct Watched {
    looked_at: usize,
    shown_again: usize,
    stopped: Option<Stopped>,
}

/// That the program has stopped hiding under a clause.
struct Stopped {
    since: String,
    why: &'static str,
    /// Who asked for it to start again, and when.
    asked_by: Option<String>,
    /// The button by which the visitor asks or agrees.
    start: Option<&'static str>,
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
    page(&console, &visitor, None).await
}

async fn page(
    console: &Console,
    visitor: &Visitor,
    refused: Option<String>,
) -> Answer<Page<Policy>> {
    let member = &visitor.member;
    let (ledger, now) = (console.ledger(), console.clock().now());
    let in_force = console.policies().of(ledger, member).await?;
    let report = in_force.report(member.edition, &member.settings);
    let rules = ledger.watched_rules(&member.practice).await?;
    let clause = |report: &ClauseReport| {
        let rule = rules.iter().find(|rule| rule.clause == report.id);
        Clause {
            watched: rule.map(|rule| watched(rule, visitor, &in_force.calendar, now)),
            ..clause(report)
        }
    };
    Ok(Page(Policy {
        top: visitor.top(),
        practice: member.practice_name().to_owned(),
        version: member.policy,
        mode: words::mode(member.settings.mode),
        may_draft: super::draft::may(visitor),
        refused,
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
        watched: None,
    }
}

fn watched(rule: &RuleRecord, visitor: &Visitor, calendar: &Calendar, now: Timestamp) -> Watched {
    let asked = rule.asked(now);
    let start = match asked {
        None => Some("Ask for it to be started again"),
        Some(asked) if asked.name() == visitor.member.person.name => None,
        Some(_) => Some("Agree: start it again"),
    };
    Watched {
        looked_at: rule.taken_back.len(),
        shown_again: rule.shown_again(),
        stopped: rule.stopped.as_ref().map(|stopped| Stopped {
            since: calendar.local(stopped.at),
            why: words::stopped(stopped.why),
            asked_by: asked
                .map(|asked| format!("{}, {}", words::person(&asked.by), calendar.local(asked.at))),
            start: start.filter(|_| acting(visitor, true).is_some()),
        }),
    }
}

/// The form by which a rule that stopped itself is started again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartForm {
    clause: String,
    #[serde(default)]
    note: String,
}

/// Starts a rule again that stopped itself, once two people want it.
pub(crate) async fn start(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(form): Posted<StartForm>,
) -> Answer<Response> {
    if is_too_long(form.note.trim()) {
        return Err(Problem::TooLarge);
    }
    let (practice, now) = (&visitor.member.practice, console.clock().now());
    let Some(person) = acting(&visitor, true) else {
        let says = "Your role may not do that. Ask somebody who decides at your practice.";
        return refused(&console, &visitor, says.to_owned()).await;
    };
    let note = written(&form.note);
    let started = console
        .ledger()
        .start_rule(practice, &form.clause, &person, note, now)
        .await;
    match started {
        Ok(_) => Ok(Redirect::to("/policy").into_response()),
        Err(RuleError::Ledger(error)) => Err(error.into()),
        Err(RuleError::Runs(_)) => {
            let says = "The program hides under this rule already.";
            refused(&console, &visitor, says.to_owned()).await
        }
        Err(error) => refused(&console, &visitor, format!("{error}.")).await,
    }
}

async fn refused(console: &Console, visitor: &Visitor, says: String) -> Answer<Response> {
    let page = page(console, visitor, Some(says)).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
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
