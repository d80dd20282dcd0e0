//! Connecting an account, or connecting it again: somebody agrees in the platform's own pages, and
//! the function `connect` stores what comes of it. No secret of a platform comes here.
//!
//! What goes on is kept with the session: which account, and the secret of the attempt. So a page
//! that is opened twice begins nothing twice, and what the browser brings back counts only for the
//! session that asked, and once.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Act, ChannelCheck, NotNoted};
use pagewarden_oidc::Attempt;
use pagewarden_platforms::connect::Returned;
use pagewarden_present::case::sentence;
use pagewarden_present::text::plain;
use pagewarden_rules::{Channel, Platform};
use pagewarden_runtime::{ConnectAnswer, ConnectEvent, ConnectStep};
use serde::{Deserialize, Serialize};

use crate::form::Posted;
use crate::invoker::{self, Function, NotInvoked};
use crate::page::{Answer, Page, Top};
use crate::pages::settings::name;
use crate::public;
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Where this page is, and where it leads back to.
const ADDRESS: &str = "/connect";
const BACK: &str = "/people#connect";

/// How long somebody has to agree.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

/// What goes on, as the session keeps it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum GoesOn {
    /// Somebody is about to agree.
    Asked {
        channel: Channel,
        attempt: String,
        at: Timestamp,
    },
    /// That is over.
    Over { channel: Channel, came: Came },
}

/// What came of it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Came {
    Connected(ChannelCheck),
    /// Why not, and what to do.
    Refused(String),
}

#[derive(Template)]
#[template(path = "connect.html")]
struct ConnectPage {
    top: Top,
    /// The account, as people know it.
    name: String,
    platform: Platform,
    account: String,
    shows: Shows,
    /// What was typed last time was not taken.
    wrong: Option<String>,
}

enum Shows {
    /// Where somebody agrees.
    Agree { address: String },
    /// Where a website shows what is typed here.
    Type { address: String },
    /// It is connected, and works.
    Works { says: Option<String> },
    /// It is connected, and something is missing.
    Lacks { says: String },
    /// It is not connected.
    Refused { why: String },
}

impl Shows {
    /// Returns `true` if it is over, and did not come to what was wanted.
    const fn is_to_begin_again(&self) -> bool {
        matches!(self, Shows::Lacks { .. } | Shows::Refused { .. })
    }
}

/// Which account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    platform: Platform,
    account: String,
}

/// What a website showed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    user: String,
    password: String,
}

/// Returns `true` if somebody may connect the practice's accounts.
pub(super) fn may(visitor: &Visitor) -> bool {
    visitor.member.who_may(&Act::Connect).is_some()
}

/// Returns `true` if accounts of a platform are connected. The staff log is kept here: there is no
/// account to connect.
pub(super) const fn is_connected(platform: Platform) -> bool {
    match platform {
        Platform::Facebook
        | Platform::Instagram
        | Platform::X
        | Platform::Google
        | Platform::Website => true,
        Platform::StaffLog => false,
    }
}

/// Begins to connect an account that the practice's settings name.
pub(crate) async fn begin(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(wanted): Posted<Wanted>,
) -> Answer<Redirect> {
    if !may(&visitor) {
        return Err(Problem::NotYours);
    }
    let Wanted { platform, account } = wanted;
    let channel = Channel { platform, account };
    if !is_connected(platform) || !visitor.member.settings.channels.contains(&channel) {
        return Err(Problem::Form);
    }
    let attempt = Attempt::begin().map_err(|_| Problem::Broken)?;
    let asked = GoesOn::Asked {
        channel,
        attempt: attempt.secret().to_owned(),
        at: console.clock().now(),
    };
    again::keep(&console, &visitor, ADDRESS.to_owned(), &asked).await
}

/// Shows where somebody agrees, or what came of it.
pub(crate) async fn show(State(console): State<Console>, visitor: Visitor) -> Answer<Response> {
    if !may(&visitor) {
        return Err(Problem::NotYours);
    }
    let (channel, attempt) = match again::kept::<GoesOn>(&visitor, ADDRESS) {
        Some(GoesOn::Over { channel, came }) => {
            return Ok(page(&visitor, channel, over(came), None).into_response());
        }
        Some(GoesOn::Asked {
            channel,
            attempt,
            at,
        }) if is_recent(&console, at) => (channel, attempt),
        _ => return Ok(Redirect::to(BACK).into_response()),
    };
    if !visitor.is_shown(&console) {
        let name = name(&channel);
        return again::ask(
            &console,
            &visitor,
            "Connect an account",
            &name,
            ADDRESS,
            BACK,
        )
        .await;
    }
    let step = ConnectStep::Ask { attempt };
    let shows = match take(&console, &visitor, &channel, step).await {
        Ok(ConnectAnswer::Agree { address }) if channel.platform == Platform::Website => {
            Shows::Type { address }
        }
        Ok(ConnectAnswer::Agree { address }) => Shows::Agree { address },
        came => over(end(came)),
    };
    Ok(page(&visitor, channel, shows, None).into_response())
}

/// Takes what a website showed.
pub(crate) async fn typed(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(typed): Posted<Typed>,
) -> Answer<Response> {
    if !may(&visitor) {
        return Err(Problem::NotYours);
    }
    let Some(GoesOn::Asked {
        channel,
        attempt,
        at,
    }) = again::kept::<GoesOn>(&visitor, ADDRESS)
    else {
        return Ok(Redirect::to(BACK).into_response());
    };
    // Its page says what to do: sign in once more, or begin again.
    if !is_recent(&console, at) || !visitor.is_shown(&console) {
        return Ok(Redirect::to(ADDRESS).into_response());
    }
    let Typed { user, password } = typed;
    if user.trim().is_empty() || password.trim().is_empty() {
        let wrong = "Type both the user and the password that the website showed.".to_owned();
        let step = ConnectStep::Ask { attempt };
        let shows = match take(&console, &visitor, &channel, step).await {
            Ok(ConnectAnswer::Agree { address }) => Shows::Type { address },
            came => over(end(came)),
        };
        return Ok(page(&visitor, channel, shows, Some(wrong)).into_response());
    }
    let step = ConnectStep::Type { user, password };
    finish(&console, &visitor, channel, step).await
}

/// Takes the browser back from a platform.
///
/// It is one of two addresses that change something when they are looked at, as the protocol wants
/// it: only for the session that asked, and once. Anybody else is somebody whom a colleague at a
/// command line sent there, and is told what to do; what their browser brought is not kept.
pub(crate) async fn back(
    State(console): State<Console>,
    visitor: Option<Visitor>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let query = query.unwrap_or_default();
    let Some((visitor, channel, attempt)) = mine(&console, visitor, &query) else {
        return Ok(public::connected().await.into_response());
    };
    let returned = query;
    let step = ConnectStep::Take { attempt, returned };
    finish(&console, &visitor, channel, step).await
}

/// Returns whose consent came back, if it was this session that asked for it.
fn mine(
    console: &Console,
    visitor: Option<Visitor>,
    query: &str,
) -> Option<(Visitor, Channel, String)> {
    let visitor = visitor.filter(may)?;
    let GoesOn::Asked {
        channel,
        attempt,
        at,
    } = again::kept(&visitor, ADDRESS)?
    else {
        return None;
    };
    let returned = Returned::of(query);
    let is_it = Attempt::of(&attempt)?.is_state(returned.get("state")?);
    (is_it && is_recent(console, at)).then_some((visitor, channel, attempt))
}

/// Takes the last step, once it is on record who does, and leads to what came of it: so what came
/// back leaves the address bar.
async fn finish(
    console: &Console,
    visitor: &Visitor,
    channel: Channel,
    step: ConnectStep,
) -> Answer<Response> {
    again::done(console, visitor).await?;
    let member = &visitor.member;
    let person = member.who_may(&Act::Connect).ok_or(Problem::NotYours)?;
    let (ledger, now) = (console.ledger(), console.clock().now());
    match ledger
        .agree_to_connect(&member.practice, &channel, &person, now)
        .await
    {
        Ok(()) => {}
        Err(NotNoted::Refused(_)) => return Err(Problem::NotYours),
        Err(NotNoted::Ledger(error)) => return Err(error.into()),
    }
    let came = end(take(console, visitor, &channel, step).await);
    let over = GoesOn::Over { channel, came };
    let page = again::keep(console, visitor, ADDRESS.to_owned(), &over).await?;
    Ok(page.into_response())
}

fn is_recent(console: &Console, at: Timestamp) -> bool {
    console.clock().now().duration_since(at) < PATIENCE
}

/// Has `connect` take a step.
async fn take(
    console: &Console,
    visitor: &Visitor,
    channel: &Channel,
    step: ConnectStep,
) -> Result<ConnectAnswer, NotInvoked> {
    let event = ConnectEvent {
        practice: visitor.member.practice.clone(),
        channel: channel.clone(),
        by: visitor.member.person.name.clone(),
        step,
    };
    let answer = invoker::ask(console.invoker(), Function::Connect, &event).await;
    answer.inspect_err(|error| {
        let practice = &visitor.member.practice;
        tracing::error!(%practice, %error, "an account could not be connected");
    })
}

/// Returns what came of the last step.
fn end(answer: Result<ConnectAnswer, NotInvoked>) -> Came {
    match answer {
        Ok(ConnectAnswer::Connected(check)) => Came::Connected(check),
        Ok(ConnectAnswer::Refused { why }) => Came::Refused(why),
        Err(NotInvoked::NoAnswer) => Came::Refused(
            "The part of Pagewarden that connects accounts did not answer in time, so it is not known whether this one is \
             connected. Wait a minute and look under People and settings, where its last check stands; if there is none, \
             begin again"
                .to_owned(),
        ),
        Ok(ConnectAnswer::Agree { .. }) | Err(NotInvoked::NotSetUp | NotInvoked::Failed) => Came::Refused(
            "The part of Pagewarden that connects accounts does not work: tell whoever runs Pagewarden for your practice"
                .to_owned(),
        ),
    }
}

fn over(came: Came) -> Shows {
    match came {
        Came::Connected(check) => {
            let says = check.says.as_deref().map(|says| sentence(&plain(says)));
            if check.ready {
                return Shows::Works { says };
            }
            let says = says.unwrap_or_else(|| "It was not said what is missing.".to_owned());
            Shows::Lacks { says }
        }
        Came::Refused(why) => Shows::Refused {
            why: sentence(&plain(&why)),
        },
    }
}

fn page(
    visitor: &Visitor,
    channel: Channel,
    shows: Shows,
    wrong: Option<String>,
) -> Page<ConnectPage> {
    Page(ConnectPage {
        top: visitor.top(),
        name: name(&channel),
        platform: channel.platform,
        account: channel.account,
        shows,
        wrong,
    })
}
