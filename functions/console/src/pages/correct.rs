//! Correcting what is on record and is wrong: a note about an account, or what a line of a post's
//! history says. An entry of the staff log is corrected on its own form.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use pagewarden_ledger::{AccountOf, Act, Correction, Person, RectifyError};
use pagewarden_present::case::sentence;
use pagewarden_present::story::story;
use pagewarden_rules::{Platform, PostKey};
use serde::Deserialize;

use crate::form::{Asked, Posted, is_too_long};
use crate::page::{Answer, Page, Top};
use crate::pages::accounts;
use crate::pages::case::path;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Returns the routes of what is corrected.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/correct-note/{platform}/{*id}", get(ask_note).post(note))
        .route("/correct-line/{platform}/{*id}", get(ask_line).post(line))
}

/// Returns the address at which a note about an account is corrected.
pub(crate) fn of_note(platform: Platform, account: &str, note: &str) -> String {
    format!("{}?what={note}", path("correct-note", platform, account))
}

/// Returns the address at which a line of a post's history is corrected, but for its number, which
/// comes last.
pub(crate) fn of_lines(post: &PostKey) -> String {
    format!("{}?what=", path("correct-line", post.platform, &post.id))
}

/// Returns the first of somebody's roles that may correct what is on record.
pub(crate) fn who(visitor: &Visitor) -> Option<Person> {
    visitor.member.who_may(&Act::Rectify)
}

/// Which note or line.
#[derive(Deserialize)]
pub(crate) struct Which {
    what: String,
}

/// What was wrong with it, and what is right.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corrected {
    what: String,
    wrong: String,
    right: String,
}

#[derive(Template)]
#[template(path = "correct.html")]
struct CorrectPage {
    top: Top,
    address: String,
    back: String,
    /// What it says now.
    says: String,
    /// What becomes of that.
    after: &'static str,
    typed: Corrected,
    refused: Option<String>,
}

/// What becomes of a note.
const NOTE: &str = "These words are deleted. What you write stands in their place, with your name.";
/// What becomes of a line.
const LINE: &str = "The line stays in the record, which cannot be changed, but is not shown any more. What you write is shown \
                    instead, with your name.";

/// Asks what is wrong with a note about an account.
pub(crate) async fn ask_note(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Asked(Which { what }): Asked<Which>,
) -> Answer<Response> {
    let typed = Corrected {
        what,
        ..Corrected::default()
    };
    show_note(&console, &visitor, (&platform, &id), typed, None).await
}

async fn show_note(
    console: &Console,
    visitor: &Visitor,
    (platform, id): (&str, &str),
    typed: Corrected,
    refused: Option<String>,
) -> Answer<Response> {
    who(visitor).ok_or(Problem::NotYours)?;
    let looked = accounts::look(console, visitor, platform, id).await?;
    let says = looked.words_of_note(&typed.what).ok_or(Problem::NotFound)?;
    let page = CorrectPage {
        top: visitor.top(),
        address: path("correct-note", looked.platform, id),
        back: accounts::address(looked.platform, id),
        says,
        after: NOTE,
        typed,
        refused,
    };
    Ok(answered(page))
}

/// Corrects a note about an account.
pub(crate) async fn note(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(typed): Posted<Corrected>,
) -> Answer<Response> {
    let person = who(&visitor).ok_or(Problem::NotYours)?;
    if let Some(why) = typed.too_long() {
        return show_note(&console, &visitor, (&platform, &id), typed, Some(why)).await;
    }
    let known: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let of = AccountOf {
        practice: &visitor.member.practice,
        platform: known,
        account: &id,
    };
    let now = console.clock().now();
    let ledger = console.ledger();
    let corrected = ledger.rectify_note(of, &typed.what, typed.correction(), &person, now);
    match outcome(corrected.await)? {
        None => Ok(Redirect::to(&accounts::address(known, &id)).into_response()),
        Some(why) => show_note(&console, &visitor, (&platform, &id), typed, Some(why)).await,
    }
}

/// Asks what is wrong with a line of a post's history.
pub(crate) async fn ask_line(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Asked(Which { what }): Asked<Which>,
) -> Answer<Response> {
    let typed = Corrected {
        what,
        ..Corrected::default()
    };
    let post = post(&visitor, &platform, id)?;
    show_line(&console, &visitor, &post, typed, None).await
}

fn post(visitor: &Visitor, platform: &str, id: String) -> Answer<PostKey> {
    Ok(PostKey {
        practice: visitor.member.practice.clone(),
        platform: platform.parse().map_err(|_| Problem::NotFound)?,
        id,
    })
}

async fn show_line(
    console: &Console,
    visitor: &Visitor,
    post: &PostKey,
    typed: Corrected,
    refused: Option<String>,
) -> Answer<Response> {
    who(visitor).ok_or(Problem::NotYours)?;
    let number: u64 = typed.what.parse().map_err(|_| Problem::NotFound)?;
    let history = console.ledger().history(post).await?;
    let history = history.ok_or(Problem::NotFound)?;
    let policies = console.policies();
    let in_force = policies.of(console.ledger(), &visitor.member).await?;
    let mut lines = story(&history, &in_force.calendar).into_iter();
    let line = lines.find(|line| line.number == Some(number));
    let line = line.ok_or(Problem::NotFound)?;
    let page = CorrectPage {
        top: visitor.top(),
        address: path("correct-line", post.platform, &post.id),
        back: crate::pages::case::address(post),
        says: line
            .note
            .map_or(line.what.clone(), |note| format!("{} {note}", line.what)),
        after: LINE,
        typed,
        refused,
    };
    Ok(answered(page))
}

/// Corrects a line of a post's history.
pub(crate) async fn line(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(typed): Posted<Corrected>,
) -> Answer<Response> {
    let person = who(&visitor).ok_or(Problem::NotYours)?;
    let post = post(&visitor, &platform, id)?;
    if let Some(why) = typed.too_long() {
        return show_line(&console, &visitor, &post, typed, Some(why)).await;
    }
    let number: u64 = typed.what.parse().map_err(|_| Problem::NotFound)?;
    let now = console.clock().now();
    let ledger = console.ledger();
    let corrected = ledger.rectify_line(&post, number, typed.correction(), &person, now);
    match outcome(corrected.await)? {
        None => Ok(Redirect::to(&crate::pages::case::address(&post)).into_response()),
        Some(why) => show_line(&console, &visitor, &post, typed, Some(why)).await,
    }
}

/// Returns why nothing was corrected, where the same form can be tried again.
pub(crate) fn outcome(corrected: Result<(), RectifyError>) -> Answer<Option<String>> {
    match corrected {
        Ok(()) => Ok(None),
        Err(RectifyError::NotThere) => Err(Problem::NotFound),
        Err(RectifyError::Refused(_)) => Err(Problem::NotYours),
        Err(RectifyError::Ledger(error)) => Err(error.into()),
        Err(error @ (RectifyError::NoWords | RectifyError::Twice)) => Ok(Some(format!(
            "{}.",
            sentence(&error.to_string()).trim_end_matches('.')
        ))),
    }
}

fn answered(page: CorrectPage) -> Response {
    if page.refused.is_some() {
        return (StatusCode::CONFLICT, Page(page)).into_response();
    }
    Page(page).into_response()
}

impl Corrected {
    fn too_long(&self) -> Option<String> {
        let long = is_too_long(self.wrong.trim()) || is_too_long(self.right.trim());
        long.then(accounts::too_long)
    }

    fn correction(&self) -> Correction<'_> {
        Correction {
            wrong: &self.wrong,
            right: &self.right,
        }
    }
}
