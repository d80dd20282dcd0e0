//! What an author may ask of the practice about themselves: the answer, to be given by somebody who
//! has just shown that it is them.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use pagewarden_evidence::{NotAnswered, Sheet, answer_author, look_for_author};
use pagewarden_ledger::{
    AccountOf, Act, Erasure, FoundAuthor, FoundAuthors, Person, Recipient, RightsError,
};
use pagewarden_present::author::{NOT_FOUND, RESTRICTED};
use pagewarden_present::case::sentence;
use pagewarden_present::words;
use pagewarden_rules::{Author, Platform};
use serde::{Deserialize, Serialize};

use crate::form::{Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::accounts;
use crate::pages::case::path;
use crate::pages::evidence::MOST_BYTES;
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Returns the routes of what an author may ask for.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/find", get(ask_whom).post(find))
        .route("/rights/{platform}/{*id}", get(ask).post(take))
        .route(
            "/restrict/{platform}/{*id}",
            get(async || Problem::NotFound).post(restrict),
        )
        .route("/erase/{platform}/{*id}", get(ask_to_erase).post(erase))
}

/// Returns the address of the page about what the author of an account may ask.
pub(crate) fn address(platform: Platform, account: &str) -> String {
    path("rights", platform, account)
}

/// Who was looked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    name: String,
}

#[derive(Template)]
#[template(path = "find.html")]
pub(crate) struct FindPage {
    top: Top,
    /// What was typed.
    name: String,
    found: Option<Vec<FoundLine>>,
    more: bool,
    not_found: &'static [&'static str],
}

/// An author who was found.
struct FoundLine {
    called: String,
    platform: &'static str,
    /// The account's page, where the platform tells an account.
    account: Option<String>,
    posts: Vec<String>,
}

/// Characters of the longest name that is looked for.
const LONGEST_NAME: usize = 200;

/// Asks whom to look for.
pub(crate) async fn ask_whom(visitor: Visitor) -> Answer<Page<FindPage>> {
    who(&visitor).ok_or(Problem::NotYours)?;
    Ok(find_page(&visitor, String::new(), None))
}

/// Looks for an author by the name that somebody knows. The name is posted, so that it stands in no
/// address.
pub(crate) async fn find(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(Named { name }): Posted<Named>,
) -> Answer<Page<FindPage>> {
    who(&visitor).ok_or(Problem::NotYours)?;
    let wanted = written(&name).filter(|name| name.chars().count() <= LONGEST_NAME);
    let found = match wanted {
        Some(name) => {
            let ledger = console.ledger();
            Some(ledger.find_author(&visitor.member.practice, name).await?)
        }
        None => None,
    };
    Ok(find_page(&visitor, name, found))
}

fn find_page(visitor: &Visitor, name: String, found: Option<FoundAuthors>) -> Page<FindPage> {
    let more = found.as_ref().is_some_and(|found| found.more);
    let line = |one: FoundAuthor| FoundLine {
        called: called(&one),
        platform: words::platform(one.platform),
        account: one.account.map(|id| accounts::address(one.platform, &id)),
        posts: one.posts.iter().map(crate::pages::case::address).collect(),
    };
    Page(FindPage {
        top: visitor.top(),
        name,
        found: found.map(|found| found.authors.into_iter().map(line).collect()),
        more,
        not_found: &NOT_FOUND,
    })
}

/// Returns what an author is called, with the handle where it is another one.
fn called(found: &FoundAuthor) -> String {
    let Author { name, handle, .. } = &found.author;
    let handle = handle.as_ref().map(|handle| format!("@{handle}"));
    let names: Vec<String> = name.iter().cloned().chain(handle).collect();
    if names.is_empty() {
        return "An account of this number".to_owned();
    }
    names.join(", ")
}

#[derive(Template)]
#[template(path = "rights.html")]
struct RightsPage {
    top: Top,
    address: String,
    account: String,
    platform: &'static str,
    posts: usize,
    kept_out: Vec<Line>,
    /// Where it is deleted, for whoever may.
    erase: Option<String>,
    /// How it stands with what is held not being used.
    restriction: Restricting,
    refused: Option<String>,
}

/// How it stands with what is held about an author not being used.
struct Restricting {
    /// Since when it is not, who said so and why; none where it is.
    since: Option<String>,
    note: String,
    means: &'static [&'static str],
    /// Where that is turned, for whoever may.
    turn: Option<String>,
}

/// What is kept out, and why.
struct Line {
    count: u64,
    what: &'static str,
    ground: &'static str,
}

/// The form of the answer.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// They have made sure that who asks is the author.
    author: String,
}

/// Returns the first of somebody's roles that may answer an author.
pub(crate) fn who(visitor: &Visitor) -> Option<Person> {
    visitor.member.who_may(&Act::Export {
        recipient: Recipient::Author,
        whole: false,
    })
}

/// Returns an account of the visitor's practice.
fn account<'a>(visitor: &'a Visitor, platform: Platform, id: &'a str) -> AccountOf<'a> {
    AccountOf {
        practice: &visitor.member.practice,
        platform,
        account: id,
    }
}

/// Shows what the answer would hold, and what is kept out of it. Whoever comes back from signing in
/// once more finds what they had chosen.
pub(crate) async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<Response> {
    let person = who(&visitor).ok_or(Problem::NotYours)?;
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let page = address(platform, &id);
    let wanted = again::kept::<Wanted>(&visitor, &page);
    if let (Some(_), false) = (&wanted, visitor.is_shown(&console)) {
        let what = "Answer an author";
        let back = accounts::address(platform, &id);
        return again::ask(
            &console,
            &visitor,
            what,
            words::platform(platform),
            &page,
            &back,
        )
        .await;
    }
    Ok(show(&console, &visitor, &person, platform, &id, None)
        .await?
        .into_response())
}

async fn show(
    console: &Console,
    visitor: &Visitor,
    person: &Person,
    platform: Platform,
    id: &str,
    refused: Option<String>,
) -> Answer<Page<RightsPage>> {
    let of = account(visitor, platform, id);
    let (posts, sheet) = match look_for_author(console.ledger(), of, person).await {
        Ok(found) => found,
        Err(NotAnswered::Rights(RightsError::NoSuchAccount(_))) => return Err(Problem::NotFound),
        Err(NotAnswered::Rights(RightsError::Ledger(error))) => return Err(error.into()),
        Err(_) => return Err(Problem::Broken),
    };
    let restriction = restricting(console, visitor, platform, id).await?;
    Ok(Page(RightsPage {
        restriction,
        top: visitor.top(),
        address: address(platform, id),
        account: accounts::address(platform, id),
        platform: words::platform(platform),
        posts,
        kept_out: lines(&sheet),
        erase: who_erases(visitor).map(|_| erase_address(platform, id)),
        refused,
    }))
}

async fn restricting(
    console: &Console,
    visitor: &Visitor,
    platform: Platform,
    id: &str,
) -> Answer<Restricting> {
    let in_force = console.policies().of(console.ledger(), &visitor.member);
    let in_force = in_force.await?;
    let of = account(visitor, platform, id);
    let stands = console.ledger().restriction(of).await?;
    let since = stands.as_ref().map(|turn| {
        let (at, by) = (in_force.calendar.local(turn.at), words::person(&turn.by));
        format!("since {at}, as {by} noted")
    });
    let may = visitor.member.who_may(&Act::Restrict);
    Ok(Restricting {
        since,
        note: stands.map(|turn| turn.note).unwrap_or_default(),
        means: &RESTRICTED,
        turn: may.map(|_| path("restrict", platform, id)),
    })
}

/// The form by which what is held about an author is not used, or is again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    to: String,
    note: String,
}

/// Has what is held about an author kept and not used, or used again. Both can be turned back, so
/// nobody is asked twice.
pub(crate) async fn restrict(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(Turn { to, note }): Posted<Turn>,
) -> Answer<Response> {
    let person = visitor.member.who_may(&Act::Restrict);
    let person = person.ok_or(Problem::NotYours)?;
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let on = match to.as_str() {
        "on" => true,
        "off" => false,
        _ => return Err(Problem::Form),
    };
    let refused = match written(&note) {
        None => Some("Write why first: it is the record of it.".to_owned()),
        Some(wrote) if is_too_long(wrote) => Some(accounts::too_long()),
        Some(_) => None,
    };
    if refused.is_some() {
        let page = show(&console, &visitor, &person, platform, &id, refused).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    let of = account(&visitor, platform, &id);
    let now = console.clock().now();
    let ledger = console.ledger();
    let restricted = ledger.restrict_account(of, on, &person, &note, now);
    restricted.await.map_err(problem)?;
    Ok(Redirect::to(&address(platform, &id)).into_response())
}

fn lines(sheet: &Sheet) -> Vec<Line> {
    let line = |(kind, count): (&pagewarden_evidence::KeptOut, &u64)| Line {
        count: *count,
        what: kind.plain(),
        ground: kind.ground(),
    };
    sheet.iter().map(line).collect()
}

/// Gives the file, once it is on record who takes it.
pub(crate) async fn take(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(wanted): Posted<Wanted>,
) -> Answer<Response> {
    let person = who(&visitor).ok_or(Problem::NotYours)?;
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    if wanted.author != "yes" {
        return Err(Problem::Form);
    }
    if !visitor.is_shown(&console) {
        let page: Redirect =
            again::keep(&console, &visitor, address(platform, &id), &wanted).await?;
        return Ok(page.into_response());
    }
    let of = account(&visitor, platform, &id);
    let now = console.clock().now();
    let pack = match answer_author(console.ledger(), of, &person, MOST_BYTES, now).await {
        Ok((pack, _)) => pack,
        Err(NotAnswered::Rights(RightsError::NoSuchAccount(_))) => return Err(Problem::NotFound),
        Err(NotAnswered::Rights(RightsError::Ledger(error))) => return Err(error.into()),
        Err(error) => {
            let why = sentence(&error.to_string());
            let page = show(&console, &visitor, &person, platform, &id, Some(why)).await?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    };
    again::done(&console, &visitor).await?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"answer-to-author.zip\""),
        ),
    ];
    Ok((headers, pack.bytes).into_response())
}

/// Returns the address of the page on which what is held about an author is deleted.
fn erase_address(platform: Platform, account: &str) -> String {
    path("erase", platform, account)
}

/// The form by which it is deleted: first without `confirm`.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToErase {
    note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirm: Option<String>,
}

#[derive(Template)]
#[template(path = "erase.html")]
struct ErasePage {
    top: Top,
    address: String,
    rights: String,
    platform: &'static str,
    posts: usize,
    notes: usize,
    kept: Vec<KeptLine>,
    note: String,
    done: bool,
    refused: Option<String>,
}

/// A post that is kept.
struct KeptLine {
    address: String,
    why: &'static str,
}

/// Returns the first of somebody's roles that may have what is held about an author deleted.
fn who_erases(visitor: &Visitor) -> Option<Person> {
    visitor.member.who_may(&Act::Erase)
}

/// What becomes of an error of the ledger about an author's rights.
fn problem(error: RightsError) -> Problem {
    match error {
        RightsError::NoSuchAccount(_) | RightsError::NoSuchPost(_) => Problem::NotFound,
        RightsError::Refused(_) => Problem::NotYours,
        RightsError::NoNote => Problem::Form,
        RightsError::Ledger(error) => error.into(),
    }
}

/// Asks once more whoever comes back from signing in.
pub(crate) async fn ask_to_erase(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<Response> {
    who_erases(&visitor).ok_or(Problem::NotYours)?;
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let (page, back) = (erase_address(platform, &id), address(platform, &id));
    let Some(form) = again::kept::<ToErase>(&visitor, &page) else {
        return Ok(Redirect::to(&back).into_response());
    };
    if !visitor.is_shown(&console) {
        let what = "Delete what is held about an author";
        return again::ask(
            &console,
            &visitor,
            what,
            words::platform(platform),
            &page,
            &back,
        )
        .await;
    }
    let asked = once_more(&console, &visitor, platform, &id, form.note, None);
    Ok(asked.await?.into_response())
}

/// Says what would be deleted and what is kept, and asks once more.
async fn once_more(
    console: &Console,
    visitor: &Visitor,
    platform: Platform,
    id: &str,
    note: String,
    refused: Option<String>,
) -> Answer<Page<ErasePage>> {
    let of = account(visitor, platform, id);
    let erasure = console.ledger().erasure_of(of).await.map_err(problem)?;
    Ok(erase_page(visitor, platform, id, &erasure, note, refused))
}

fn erase_page(
    visitor: &Visitor,
    platform: Platform,
    id: &str,
    erasure: &Erasure,
    note: String,
    refused: Option<String>,
) -> Page<ErasePage> {
    let kept = erasure.kept.iter().map(|(post, reason)| KeptLine {
        address: crate::pages::case::address(post),
        why: reason.plain(),
    });
    Page(ErasePage {
        top: visitor.top(),
        address: erase_address(platform, id),
        rights: address(platform, id),
        platform: words::platform(platform),
        posts: erasure.posts.len(),
        notes: erasure.notes,
        kept: kept.collect(),
        note,
        done: false,
        refused,
    })
}

/// Deletes it, once somebody who has just shown that it is them has said so twice.
pub(crate) async fn erase(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(form): Posted<ToErase>,
) -> Answer<Response> {
    let person = who_erases(&visitor).ok_or(Problem::NotYours)?;
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let refused = match written(&form.note) {
        None => Some("Write why first: it is the record of it.".to_owned()),
        Some(wrote) if is_too_long(wrote) => Some(accounts::too_long()),
        Some(_) => None,
    };
    if refused.is_some() {
        let page = once_more(&console, &visitor, platform, &id, form.note, refused).await?;
        return Ok((StatusCode::CONFLICT, page).into_response());
    }
    if !visitor.is_shown(&console) {
        let form = ToErase {
            confirm: None,
            ..form
        };
        let page = erase_address(platform, &id);
        let page: Redirect = again::keep(&console, &visitor, page, &form).await?;
        return Ok(page.into_response());
    }
    if form.confirm.as_deref() != Some("yes") {
        let page = once_more(&console, &visitor, platform, &id, form.note, None).await?;
        return Ok(page.into_response());
    }
    let of = account(&visitor, platform, &id);
    let now = console.clock().now();
    let erased = console.ledger().erase(of, &person, &form.note, now).await;
    let erased = erased.map_err(problem)?;
    again::done(&console, &visitor).await?;
    let mut page = erase_page(&visitor, platform, &id, &erased, form.note, None);
    page.0.done = true;
    Ok(page.into_response())
}
