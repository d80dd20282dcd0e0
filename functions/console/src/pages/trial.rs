//! Trying a post: what this practice and others would do about words that nobody wrote. The words
//! are neither stored nor logged.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pagewarden_present::trial::{TrialView, becomes, trial};
use pagewarden_present::words;
use pagewarden_rules::{Platform, Policy, Surface};
use pagewarden_runtime::{LONGEST_TRIAL, Trial, TrialEvent, Tried, TriedPolicy};
use serde::Deserialize;

use crate::Console;
use crate::form::Posted;
use crate::invoker::{self, Function, NotInvoked};
use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;

/// Bytes of the largest form: a byte of text becomes three, and a line break six.
pub(crate) const MOST_BYTES: usize = 6 * LONGEST_TRIAL + 1024;

/// What is typed in the form.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Typed {
    place: String,
    text: String,
}

#[derive(Template)]
#[template(path = "trial.html")]
pub(crate) struct Form {
    top: Top,
    practice: String,
    mode: &'static str,
    typed: Typed,
    places: Vec<Place>,
    /// What is wrong, with the field that it is about.
    wrong: Option<(&'static str, String)>,
    outcome: Option<Outcome>,
}

/// A channel of the practice on which a post may stand.
struct Place {
    platform: Platform,
    surface: Surface,
    /// As it is sent.
    value: String,
    /// In words.
    label: String,
}

/// What would become of the words.
struct Outcome {
    view: TrialView,
    version: u32,
    others: Vec<Other>,
}

/// What another policy would make of them.
struct Other {
    name: String,
    becomes: &'static str,
    rule: Option<(String, String)>,
}

impl From<TriedPolicy> for Other {
    fn from(tried: TriedPolicy) -> Self {
        Other {
            name: tried.name,
            becomes: becomes(&tried.decision),
            rule: tried.rule,
        }
    }
}

/// Returns the channels on which the practice is present, by its policy.
fn places(policy: &Policy) -> Vec<Place> {
    let channels = policy.channels.iter();
    let all = channels.flat_map(|channel| {
        let surfaces = channel.surfaces.iter();
        surfaces.map(|surface| (channel.platform, *surface))
    });
    all.filter(|(platform, _)| *platform != Platform::StaffLog)
        .map(|(platform, surface)| Place {
            platform,
            surface,
            value: format!("{platform}/{surface}"),
            label: format!("{}: {}", words::platform(platform), words::surface(surface)),
        })
        .collect()
}

/// Shows the form.
pub(crate) async fn ask(State(console): State<Console>, visitor: Visitor) -> Answer<Page<Form>> {
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let places = places(&in_force.loaded.policy);
    Ok(Page(form(&visitor, Typed::default(), places)))
}

fn form(visitor: &Visitor, typed: Typed, places: Vec<Place>) -> Form {
    Form {
        top: visitor.top(),
        practice: visitor.member.practice_name().to_owned(),
        mode: words::mode(visitor.member.settings.mode),
        typed,
        places,
        wrong: None,
        outcome: None,
    }
}

/// Says what would become of the words.
pub(crate) async fn answer(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(typed): Posted<Typed>,
) -> Answer<Response> {
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let policy = &in_force.loaded.policy;
    let form = form(&visitor, typed, places(policy));
    let (platform, surface, text) = match understood(&form) {
        Ok(understood) => understood,
        Err(wrong) => {
            let wrong = Some(wrong);
            let page = Page(Form { wrong, ..form });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let trial = Trial {
        practice: member.practice.clone(),
        platform,
        surface,
        text: text.clone(),
    };
    let event = TrialEvent { trial };
    match invoker::ask(console.invoker(), Function::Moderate, &event).await {
        Ok(tried) => {
            let outcome = Some(outcome(policy, &text, tried));
            Ok(Page(Form { outcome, ..form }).into_response())
        }
        Err(error) => {
            tracing::error!(practice = %member.practice, %error, "words could not be tried");
            let wrong = Some(("text", not_tried(error).to_owned()));
            let page = Page(Form { wrong, ..form });
            Ok((StatusCode::SERVICE_UNAVAILABLE, page).into_response())
        }
    }
}

fn outcome(policy: &Policy, text: &str, tried: Tried) -> Outcome {
    Outcome {
        view: trial(
            policy,
            text,
            &tried.decision,
            tried.findings,
            &tried.read_by,
        ),
        version: tried.policy,
        others: tried.shipped.into_iter().map(Other::from).collect(),
    }
}

/// Reads what was typed, or says which field is wrong and what to do.
fn understood(form: &Form) -> Result<(Platform, Surface, String), (&'static str, String)> {
    let Some(place) = form.places.iter().find(|one| one.value == form.typed.place) else {
        return Err(("place", "Choose where the post would stand.".to_owned()));
    };
    // Browsers send a line break as two characters; platforms have one.
    let text = form.typed.text.replace("\r\n", "\n");
    if text.trim().is_empty() {
        return Err(("text", "Write or paste the words of a post.".to_owned()));
    }
    if text.len() > LONGEST_TRIAL {
        let says = "No platform takes a post as long as this. Shorten it to fewer than 65,000 \
                    characters.";
        return Err(("text", says.to_owned()));
    }
    Ok((place.platform, place.surface, text))
}

/// Says what to do.
const fn not_tried(error: NotInvoked) -> &'static str {
    match error {
        NotInvoked::NoAnswer => {
            "The part of Pagewarden that reads posts did not answer. Wait a minute, then press the \
             button again; a very long text may take too long, so shorten it. If it happens again, \
             tell whoever runs Pagewarden for your practice."
        }
        NotInvoked::NotSetUp | NotInvoked::Failed => {
            "The part of Pagewarden that reads posts could not read this. Tell whoever runs \
             Pagewarden for your practice that trying a post does not work."
        }
    }
}
