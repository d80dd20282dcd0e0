//! The choice of a practice, for people of several.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_rules::PracticeId;
use serde::Deserialize;

use crate::form::Posted;
use crate::page::{Answer, Page, Top};
use crate::people::{Member, member, members};
use crate::visitor::SignedIn;
use crate::{Console, Problem};

#[derive(Template)]
#[template(path = "practice.html")]
struct Choice {
    top: Top,
    practices: Vec<Member>,
    chosen: Option<PracticeId>,
}

/// Asks which practice somebody wants to look at; who has one only is sent on.
pub(crate) async fn ask(State(console): State<Console>, who: SignedIn) -> Answer<Response> {
    let practices = members(console.ledger(), &who.session, &who.practices).await?;
    match practices.len() {
        0 => Err(Problem::NotNamed {
            email: who.session.email,
        }),
        1 => Ok(Redirect::to("/today").into_response()),
        _ => Ok(Page(Choice {
            top: Top::default(),
            practices,
            chosen: who.session.practice,
        })
        .into_response()),
    }
}

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chosen {
    practice: PracticeId,
}

/// Notes the choice. A practice that does not name them is none that there is.
pub(crate) async fn choose(
    State(console): State<Console>,
    who: SignedIn,
    Posted(Chosen { practice }): Posted<Chosen>,
) -> Answer<Redirect> {
    let listed = who.practices.contains(&practice);
    if !listed
        || member(console.ledger(), &who.session, &practice)
            .await?
            .is_none()
    {
        return Err(Problem::NotFound);
    }
    if !console.ledger().look_at(&who.secret, &practice).await? {
        return Err(Problem::SignedOut {
            secure: console.issuer().secure(),
        });
    }
    Ok(Redirect::to("/today"))
}
