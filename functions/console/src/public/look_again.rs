//! The author's page: somebody whose post is out of sight asks for another look, and reads the
//! answer there.
//!
//! It says nothing about a post but whether it can be seen, and nothing about anybody. A reference
//! that never was and one whose time is up are answered with the same bytes.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{Appeal, AppealReason, AppealState, Reference, Visibility};
use serde::Deserialize;

use super::network::Network;
use super::{Practice, linked};
use crate::form::Posted;
use crate::page::{Answer, Page};
use crate::{Console, Problem};

/// Working days in which the practice answers.
const DAYS_TO_ANSWER: u8 = 3;

/// Characters of the longest words of an author's own.
const LONGEST_WORDS: usize = 2_000;

#[derive(Template)]
#[template(path = "public/look_again.html")]
struct LookAgain {
    practice: String,
    address: String,
    /// Where to complain, where that is an address.
    complaints: Option<String>,
    days: u8,
    /// What was wrong with the form that was sent.
    fault: Option<Fault>,
    /// What was typed, where it was not taken.
    typed: Typed,
}

/// What somebody typed.
#[derive(Default)]
struct Typed {
    reference: String,
    reason: Option<AppealReason>,
    words: String,
}

/// Why a form was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The reference has a slip.
    Slip,
    /// There is no such reference, or its time is up.
    Unknown,
    /// No reason was picked.
    Reason,
    /// The words are too long.
    TooLong,
    /// They have tried too often.
    TooOften,
}

impl Fault {
    const fn status(self) -> StatusCode {
        match self {
            Fault::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Fault::Slip | Fault::Unknown | Fault::Reason | Fault::TooLong => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        }
    }

    const fn says(self) -> &'static str {
        match self {
            Fault::Slip => {
                "The reference has a mistake in it. It is 11 letters and digits, such as K7QM-29XW-4TD. Check it against our message."
            }
            Fault::Unknown => {
                "We do not know this reference. Check it against our message. A reference is good for one year, and only on the page that the message names."
            }
            Fault::Reason => "Choose why you ask.",
            Fault::TooLong => "What you wrote is too long. Use 2,000 characters at most.",
            Fault::TooOften => "There were too many tries. Wait an hour, then try again.",
        }
    }
}

impl LookAgain {
    fn new(practice: &Practice, fault: Option<Fault>, typed: Typed) -> Self {
        LookAgain {
            practice: practice.name.clone(),
            address: address(practice),
            complaints: linked(&practice.links.complaints).map(str::to_owned),
            days: DAYS_TO_ANSWER,
            fault,
            typed,
        }
    }
}

fn address(practice: &Practice) -> String {
    format!("/look-again/{}", practice.id)
}

fn refused(practice: &Practice, fault: Fault, typed: Typed) -> Response {
    let page = LookAgain::new(practice, Some(fault), typed);
    (fault.status(), Page(page)).into_response()
}

/// Shows the form.
pub(super) async fn form(
    State(console): State<Console>,
    Path(practice): Path<String>,
) -> Answer<impl IntoResponse> {
    let practice = Practice::read(&console, &practice).await?;
    Ok(Page(LookAgain::new(&practice, None, Typed::default())))
}

/// Sends whoever loads the page of an answer again to the form: an answer is not kept in an address.
pub(super) async fn to_the_form(
    State(console): State<Console>,
    Path(practice): Path<String>,
) -> Answer<Redirect> {
    let practice = Practice::read(&console, &practice).await?;
    Ok(Redirect::to(&address(&practice)))
}

/// The form by which somebody asks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    #[serde(default)]
    reference: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    words: String,
    /// Nobody sees this field, so only a program fills it in.
    #[serde(default)]
    leave_empty: String,
}

/// Takes an appeal, and says how it stands.
pub(super) async fn ask(
    State(console): State<Console>,
    Path(practice): Path<String>,
    network: Network,
    Posted(form): Posted<Ask>,
) -> Answer<Response> {
    let practice = Practice::read(&console, &practice).await?;
    let now = console.clock().now();
    let reason: Option<AppealReason> = form.reason.parse().ok();
    let typed = |form: Ask| Typed {
        reference: form.reference,
        reason,
        words: form.words,
    };
    let reference = match known(&console, &network, &form.reference).await? {
        Ok(reference) => reference,
        Err(fault) => return Ok(refused(&practice, fault, typed(form))),
    };
    let Some(reason) = reason else {
        return Ok(refused(&practice, Fault::Reason, typed(form)));
    };
    if form.words.chars().count() > LONGEST_WORDS {
        return Ok(refused(&practice, Fault::TooLong, typed(form)));
    }
    let calendar = &practice.in_force.calendar;
    let appeal = Appeal {
        reason,
        words: form.words.trim(),
        due_at: calendar.after_working_days(now, DAYS_TO_ANSWER.into()),
    };
    // A program learns nothing from what it is answered, and nothing is written for it.
    let state = if form.leave_empty.is_empty() {
        console
            .ledger()
            .appeal(&practice.id, &reference, &appeal, now)
            .await?
    } else {
        None
    };
    Ok(match state {
        Some(state) => shown(&practice, &reference, &state),
        None => refused(&practice, Fault::Unknown, typed(form)),
    })
}

/// The form by which somebody looks for the answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Look {
    #[serde(default)]
    reference: String,
}

/// Says how it stands with a reference.
pub(super) async fn answer(
    State(console): State<Console>,
    Path(practice): Path<String>,
    network: Network,
    Posted(form): Posted<Look>,
) -> Answer<Response> {
    let practice = Practice::read(&console, &practice).await?;
    let typed = |reference| Typed {
        reference,
        ..Typed::default()
    };
    let reference = match known(&console, &network, &form.reference).await? {
        Ok(reference) => reference,
        Err(fault) => return Ok(refused(&practice, fault, typed(form.reference))),
    };
    let now = console.clock().now();
    let state = console
        .ledger()
        .appeal_state(&practice.id, &reference, now)
        .await?;
    Ok(match state {
        Some(state) => shown(&practice, &reference, &state),
        None => refused(&practice, Fault::Unknown, typed(form.reference)),
    })
}

/// Reads a reference and counts the try. A slip costs none: whoever guesses makes none either.
async fn known(
    console: &Console,
    Network(network): &Network,
    typed: &str,
) -> Result<Result<Reference, Fault>, Problem> {
    let Ok(reference) = typed.parse::<Reference>() else {
        return Ok(Err(Fault::Slip));
    };
    let now = console.clock().now();
    let may = console.ledger().may_try(network, &reference, now).await?;
    Ok(if may {
        Ok(reference)
    } else {
        Err(Fault::TooOften)
    })
}

#[derive(Template)]
#[template(path = "public/answer.html")]
struct AnswerPage {
    practice: String,
    address: String,
    reference: String,
    title: &'static str,
    says: Vec<String>,
    /// The practice's answer, in its own words.
    reason: Option<String>,
    /// Who else can be asked, where the answer was no.
    complaints: Option<String>,
}

fn shown(practice: &Practice, reference: &Reference, state: &AppealState) -> Response {
    let calendar = &practice.in_force.calendar;
    let (title, says, reason) = match state {
        AppealState::NotAsked { visibility } => {
            let (title, says) = not_asked(*visibility);
            (title, vec![says.to_owned()], None)
        }
        AppealState::Received { at, due_at } => (
            "We look again",
            vec![
                format!("You asked on {}.", calendar.local_date(*at)),
                format!(
                    "Somebody at the practice looks at it by {}. Where that is possible, it is somebody who has not decided about it before.",
                    calendar.local_date(*due_at)
                ),
                "The answer will be on this page. Come back with your reference.".to_owned(),
            ],
            None,
        ),
        AppealState::Answered {
            at,
            granted,
            reason,
            own_decision,
            visibility,
        } => (
            if *granted {
                "We looked again, and you were right"
            } else {
                "We looked again, and it stays as it is"
            },
            answered(
                &calendar.local_date(*at),
                *granted,
                *own_decision,
                *visibility,
            ),
            reason.clone(),
        ),
    };
    let declined = matches!(state, AppealState::Answered { granted: false, .. });
    Page(AnswerPage {
        practice: practice.name.clone(),
        address: address(practice),
        reference: reference.to_string(),
        title,
        says,
        reason,
        complaints: linked(&practice.links.complaints)
            .filter(|_| declined)
            .map(str::to_owned),
    })
    .into_response()
}

const fn not_asked(visibility: Visibility) -> (&'static str, &'static str) {
    match visibility {
        Visibility::Visible => (
            "It can be seen",
            "What you wrote can be seen on our page, so there is nothing to look at again.",
        ),
        Visibility::Hidden | Visibility::Gone => (
            "You have not asked yet",
            "Nobody has asked us to look again with this reference. Go back to ask.",
        ),
    }
}

fn answered(on: &str, granted: bool, own_decision: bool, visibility: Visibility) -> Vec<String> {
    let who = if own_decision {
        format!(
            "The person who had decided looked at it again on {on}, because nobody else at the practice may."
        )
    } else {
        format!("Somebody who had not decided about it before looked at it on {on}.")
    };
    let now = match (granted, visibility) {
        (false, _) => None,
        (true, Visibility::Visible) => Some("It can be seen on our page again."),
        (true, Visibility::Hidden) => Some("It will be shown again on our page."),
        (true, Visibility::Gone) => {
            Some("It cannot be brought back. You may write it again, and we are sorry.")
        }
    };
    [who].into_iter().chain(now.map(str::to_owned)).collect()
}
