//! The papers that a practice must have: which there are, what is missing in each, and each of them;
//! and what was deleted, with what proves it. No word of a post is in any.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use pagewarden_papers::{Given, Paper, Papers};
use pagewarden_present::retention;
use pagewarden_rules::PracticeId;

use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Runs that are shown: where something goes each day, a month of them.
const RUNS: i32 = 31;

#[derive(Template)]
#[template(path = "papers.html")]
struct List {
    top: Top,
    practice: PracticeId,
    papers: Papers,
    gone: Vec<Gone>,
}

/// What was deleted in one run, and what proves it.
struct Gone {
    when: String,
    what: String,
    line: u64,
    hash: String,
}

#[derive(Template)]
#[template(path = "paper.html")]
struct One {
    top: Top,
    practice: String,
    made_from: String,
    paper: Paper,
}

/// Returns the routes of these pages.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/papers", get(list))
        .route("/papers/{slug}", get(show))
}

/// Lists them.
async fn list(State(console): State<Console>, visitor: Visitor) -> Answer<Page<List>> {
    Ok(Page(List {
        top: visitor.top(),
        practice: visitor.member.practice.clone(),
        papers: made(&console, &visitor).await?,
        gone: gone(&console, &visitor).await?,
    }))
}

/// Returns what was deleted lately since its time had passed, the newest first.
async fn gone(console: &Console, visitor: &Visitor) -> Answer<Vec<Gone>> {
    let (ledger, member) = (console.ledger(), &visitor.member);
    let in_force = console.policies().of(ledger, member).await?;
    let runs = ledger.retention_runs(&member.practice, RUNS).await?;
    let gone = runs.into_iter().map(|run| Gone {
        when: in_force.calendar.local(run.at),
        what: retention::said(&run),
        line: run.line,
        hash: run.hash,
    });
    Ok(gone.collect())
}

/// Shows one.
async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path(slug): Path<String>,
) -> Answer<Page<One>> {
    let mut papers = made(&console, &visitor).await?;
    let at = papers.papers.iter().position(|paper| paper.slug == slug);
    let paper = papers.papers.swap_remove(at.ok_or(Problem::NotFound)?);
    Ok(Page(One {
        top: visitor.top(),
        practice: papers.practice,
        made_from: papers.made_from,
        paper,
    }))
}

/// Makes them from what is in force.
async fn made(console: &Console, visitor: &Visitor) -> Answer<Papers> {
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let given = Given {
        loaded: &in_force.loaded,
        settings: &member.settings,
        version: Some(member.policy),
        on: in_force.calendar.date(console.clock().now()),
    };
    Papers::of(&given).map_err(|error| {
        tracing::error!(%error, "the papers cannot be made");
        Problem::Broken
    })
}
