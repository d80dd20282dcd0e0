//! Evidence about a post, to be taken along by somebody who has just shown that it is them.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_evidence::{NotExported, Subject, cuts_for, export};
use pagewarden_ledger::{Act, ExportError, Person, Recipient};
use pagewarden_present::case::sentence;
use pagewarden_present::words;
use pagewarden_rules::PostKey;
use serde::{Deserialize, Serialize};

use crate::form::Posted;
use crate::page::{Answer, Page, Top};
use crate::pages::case::{self, Looked, look};
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Bytes of the largest file that this page gives: Lambda answers with 6 MB at most, in base64.
pub(crate) const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Returns the address of the page about evidence of a post.
pub(crate) fn address(post: &PostKey) -> String {
    case::path("evidence", post.platform, &post.id)
}

/// One way to take it.
struct Offer {
    recipient: &'static str,
    says: &'static str,
    cuts: Vec<&'static str>,
    chosen: bool,
    /// Whether they may take it with nothing cut.
    whole: bool,
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct EvidencePage {
    top: Top,
    case: String,
    address: String,
    place: String,
    offers: Vec<Offer>,
    may_whole: bool,
    whole: bool,
    refused: Option<String>,
}

/// The form.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(rename = "for")]
    recipient: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<String>,
}

/// Returns the first of somebody's roles that may take evidence to a recipient.
fn who(visitor: &Visitor, recipient: Recipient, whole: bool) -> Option<Person> {
    visitor.member.who_may(&Act::Export { recipient, whole })
}

/// Returns `true` if somebody may take evidence to anybody.
pub(crate) fn may_take(visitor: &Visitor) -> bool {
    Recipient::ALL
        .iter()
        .any(|recipient| who(visitor, *recipient, false).is_some())
}

/// Asks for whom it is. Whoever comes back from signing in once more finds what they had chosen.
pub(crate) async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let (page, back) = (address(&looked.key), case::address(&looked.key));
    let wanted = again::kept::<Wanted>(&visitor, &page);
    if let (Some(_), false) = (&wanted, visitor.is_shown(&console)) {
        let what = "Take evidence along";
        return again::ask(&console, &visitor, what, looked.place(), &page, &back).await;
    }
    Ok(show(&visitor, &looked, &wanted.unwrap_or_default(), None)?.into_response())
}

fn show(
    visitor: &Visitor,
    looked: &Looked,
    wanted: &Wanted,
    refused: Option<String>,
) -> Answer<Page<EvidencePage>> {
    let offers: Vec<Offer> = Recipient::ALL
        .iter()
        .filter(|recipient| who(visitor, **recipient, false).is_some())
        .map(|recipient| Offer {
            recipient: recipient.name(),
            says: words::recipient(*recipient),
            cuts: cuts_for(*recipient, false),
            chosen: recipient.name() == wanted.recipient,
            whole: who(visitor, *recipient, true).is_some(),
        })
        .collect();
    if offers.is_empty() {
        return Err(Problem::NotYours);
    }
    Ok(Page(EvidencePage {
        top: visitor.top(),
        case: case::address(&looked.key),
        address: address(&looked.key),
        place: looked.place().to_owned(),
        may_whole: offers.iter().any(|offer| offer.whole),
        offers,
        whole: wanted.whole.is_some(),
        refused,
    }))
}

/// Gives the file, once it is on record who takes it.
pub(crate) async fn take(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(wanted): Posted<Wanted>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let recipient: Recipient = wanted.recipient.parse().map_err(|_| Problem::Form)?;
    let whole = wanted.whole.is_some();
    let Some(person) = who(&visitor, recipient, whole) else {
        return Err(Problem::NotYours);
    };
    if !visitor.is_shown(&console) {
        let page = address(&looked.key);
        let page: Redirect = again::keep(&console, &visitor, page, &wanted).await?;
        return Ok(page.into_response());
    }
    let subject = Subject {
        key: &looked.key,
        recipient,
        whole,
    };
    let now = console.clock().now();
    let made = export(
        console.ledger(),
        console.pictures(),
        subject,
        &person,
        MOST_BYTES,
        now,
    );
    let pack = match made.await {
        Ok(pack) => pack,
        Err(NotExported::Export(ExportError::Ledger(error))) => return Err(error.into()),
        Err(error) => {
            let why = sentence(&error.to_string());
            let page = show(&visitor, &looked, &wanted, Some(why))?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
    };
    again::done(&console, &visitor).await?;
    let name = format!("attachment; filename=\"evidence-for-{recipient}.zip\"");
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/zip"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&name).map_err(|_| Problem::Broken)?,
        ),
    ];
    Ok((headers, pack.bytes).into_response())
}
