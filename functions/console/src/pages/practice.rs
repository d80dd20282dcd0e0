//! The choice of a practice, for people of several.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_policies::Settings;
use pagewarden_rules::PracticeId;
use serde::Deserialize;

use crate::form::Posted;
use crate::page::{Answer, Page, Top};
use crate::visitor::{SignedIn, practice_name};
use crate::{Console, Problem};

#[derive(Template)]
#[template(path = "practice.html")]
struct Choice {
    top: Top,
    practices: Vec<Named>,
}

/// One practice to choose.
struct Named {
    id: PracticeId,
    name: String,
    chosen: bool,
}

/// Asks which practice somebody wants to look at; who has one only is sent on.
pub(crate) async fn ask(State(console): State<Console>, who: SignedIn) -> Answer<Response> {
    if who.practices.len() < 2 {
        return Ok(Redirect::to("/today").into_response());
    }
    let mut practices = Vec::new();
    for id in who.practices {
        let record = console.ledger().practice(&id).await?;
        let settings: Option<Settings> = record.and_then(|record| serde_json::from_str(&record.settings).ok());
        let name = settings.as_ref().map_or(id.as_str(), |settings| practice_name(settings, &id)).to_owned();
        let chosen = who.session.practice.as_ref() == Some(&id);
        practices.push(Named { id, name, chosen });
    }
    Ok(Page(Choice { top: Top::default(), practices }).into_response())
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
    if !who.practices.contains(&practice) {
        return Err(Problem::NotFound);
    }
    if !console.ledger().look_at(&who.secret, &practice).await? {
        return Err(Problem::SignedOut { secure: console.issuer().secure() });
    }
    Ok(Redirect::to("/today"))
}
