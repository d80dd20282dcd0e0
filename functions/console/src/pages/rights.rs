//! What an author may ask of the practice about themselves: the answer, to be given by somebody who
//! has just shown that it is them.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_evidence::{NotAnswered, Sheet, answer_author, look_for_author};
use pagewarden_ledger::{AccountOf, Act, Grounds, Person, Recipient, RightsError, may};
use pagewarden_present::case::sentence;
use pagewarden_present::words;
use pagewarden_rules::Platform;
use serde::{Deserialize, Serialize};

use crate::form::Posted;
use crate::page::{Answer, Page, Top};
use crate::pages::accounts;
use crate::pages::case::path;
use crate::pages::evidence::MOST_BYTES;
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Returns the address of the page about what the author of an account may ask.
pub(crate) fn address(platform: Platform, account: &str) -> String {
    path("rights", platform, account)
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
    refused: Option<String>,
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
    let member = &visitor.member;
    let at = Grounds::of_practice(member.practice.clone(), member.everybody());
    let act = Act::Export {
        recipient: Recipient::Author,
        whole: false,
    };
    let roles = member.roles().into_iter();
    roles
        .into_iter()
        .find(|person| may(person, &act, &at).is_ok())
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
    let of = AccountOf {
        practice: &visitor.member.practice,
        platform,
        account: id,
    };
    let (posts, sheet) = match look_for_author(console.ledger(), of, person).await {
        Ok(found) => found,
        Err(NotAnswered::Rights(RightsError::NoSuchAccount(_))) => return Err(Problem::NotFound),
        Err(NotAnswered::Rights(RightsError::Ledger(error))) => return Err(error.into()),
        Err(_) => return Err(Problem::Broken),
    };
    Ok(Page(RightsPage {
        top: visitor.top(),
        address: address(platform, id),
        account: accounts::address(platform, id),
        platform: words::platform(platform),
        posts,
        kept_out: lines(&sheet),
        refused,
    }))
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
    let of = AccountOf {
        practice: &visitor.member.practice,
        platform,
        account: &id,
    };
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
