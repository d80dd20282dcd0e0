//! What somebody needs who handles a complaint, on a page to print; and the note that it was handed
//! over.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::HandOverError;
use pagewarden_present::case::sentence;
use pagewarden_present::hand_over::{HandOver, hand_over};
use pagewarden_rules::PostKey;
use serde::Deserialize;

use crate::form::{LONGEST_NOTE, Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::case::{self, Looked, look};
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Returns the address of the page about a complaint.
pub(crate) fn address(post: &PostKey) -> String {
    case::path("hand-over", post.platform, &post.id)
}

#[derive(Template)]
#[template(path = "hand-over.html")]
struct HandOverPage {
    top: Top,
    case: String,
    address: String,
    made: String,
    pack: HandOver,
    may_note: bool,
    refused: Option<String>,
    form: Note,
}

/// Shows what is handed over. Looking changes nothing.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    page(&console, &visitor, &looked, None, Note::default())
}

fn page(
    console: &Console,
    visitor: &Visitor,
    looked: &Looked,
    refused: Option<String>,
    form: Note,
) -> Answer<Page<HandOverPage>> {
    let calendar = &looked.in_force.calendar;
    let policy = &looked.in_force.loaded.policy;
    let pack =
        hand_over(&looked.history, &looked.key, policy, calendar).ok_or(Problem::NotFound)?;
    Ok(Page(HandOverPage {
        top: visitor.top(),
        case: case::address(&looked.key),
        address: address(&looked.key),
        made: calendar.local(console.clock().now()),
        pack,
        may_note: visitor.member.may_write_down(),
        refused,
        form,
    }))
}

/// The form of the note that it was handed over.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    to: String,
    #[serde(default)]
    note: String,
}

/// Notes to whom it was handed over. The clock of the complaint runs on.
pub(crate) async fn note(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(form): Posted<Note>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let refuse = |why: String, form: Note| {
        let page = page(&console, &visitor, &looked, Some(why), form)?;
        Ok((StatusCode::CONFLICT, page).into_response())
    };
    if is_too_long(&form.note) {
        let why = format!("Your note has more than {LONGEST_NOTE} characters. Shorten it.");
        return refuse(why, form);
    }
    let wrote = written(&form.note);
    let mut why = None;
    for person in &looked.roles {
        let now = console.clock().now();
        let noted = console
            .ledger()
            .note_hand_over(&looked.key, person, &form.to, wrote, now);
        match noted.await {
            Ok(()) => return Ok(Redirect::to(&address(&looked.key)).into_response()),
            Err(HandOverError::Ledger(error)) => return Err(error.into()),
            Err(HandOverError::NoComplaint(_)) => return Err(Problem::NotFound),
            Err(error @ HandOverError::NoName) => {
                return refuse(sentence(&error.to_string()), form);
            }
            Err(error @ HandOverError::Refused(_)) => {
                why = why.or_else(|| Some(sentence(&error.to_string())));
            }
        }
    }
    refuse(why.unwrap_or_default(), form)
}
