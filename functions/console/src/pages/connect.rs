//! Connecting an account, or connecting it again: somebody agrees in the platform's own pages, and
//! the function `connect` stores what comes of it. No secret of a platform comes here.
//!
//! Which account is kept with the session, and the secret of the attempt in a cookie. So a page that
//! is opened twice begins nothing twice, and what the browser brings back counts only for the session
//! that asked, and once.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use pagewarden_ledger::{Act, ChannelCheck, Kept, NotNoted};
use pagewarden_oidc::Attempt;
use pagewarden_platforms::connect::Returned;
use pagewarden_present::case::sentence;
use pagewarden_present::text::plain;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{ConnectAnswer, ConnectEvent, ConnectStep};
use serde::{Deserialize, Serialize};

use crate::cookies::{CONNECT_WITHIN, Cookie};
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

/// What goes on, as the session keeps it.
#[derive(Deserialize, Serialize)]
struct GoesOn {
    practice: PracticeId,
    channel: Channel,
    at: Timestamp,
    /// What came of it, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    came: Option<Came>,
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
) -> Answer<Response> {
    if !may(&visitor) {
        return Err(Problem::NotYours);
    }
    let Wanted { platform, account } = wanted;
    let channel = Channel { platform, account };
    if !is_connected(platform) || !visitor.member.settings.channels.contains(&channel) {
        return Err(Problem::Form);
    }
    let attempt = Attempt::begin().map_err(|_| Problem::Broken)?;
    let goes_on = GoesOn {
        practice: visitor.member.practice.clone(),
        channel,
        at: console.clock().now(),
        came: None,
    };
    let on = again::keep(&console, &visitor, ADDRESS.to_owned(), &goes_on).await?;
    let mut response = on.into_response();
    let set = Cookie::Connect.set(attempt.secret(), console.issuer().secure());
    response
        .headers_mut()
        .extend(set.map(|set| (header::SET_COOKIE, set)));
    Ok(response)
}

/// Shows where somebody agrees, or what came of it.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Answer<Response> {
    if !may(&visitor) {
        return Err(Problem::NotYours);
    }
    let Some(GoesOn { channel, came, .. }) = goes_on(&console, &visitor) else {
        return Ok(Redirect::to(BACK).into_response());
    };
    if let Some(came) = came {
        return Ok(page(&visitor, channel, over(came), None).into_response());
    }
    let Some(attempt) = attempt(&console, &headers) else {
        return Ok(Redirect::to(BACK).into_response());
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
    let shows = asked(&console, &visitor, &channel, &attempt).await;
    Ok(page(&visitor, channel, shows, None).into_response())
}

/// Takes what a website showed.
pub(crate) async fn typed(
    State(console): State<Console>,
    visitor: Visitor,
    headers: HeaderMap,
    Posted(typed): Posted<Typed>,
) -> Answer<Response> {
    if !may(&visitor) {
        return Err(Problem::NotYours);
    }
    let goes_on = goes_on(&console, &visitor).filter(|on| on.came.is_none());
    let (Some(goes_on), Some(attempt), true) = (
        goes_on,
        attempt(&console, &headers),
        visitor.is_shown(&console),
    ) else {
        // Its page says what to do: sign in once more, read what came of it, or begin again.
        return Ok(Redirect::to(ADDRESS).into_response());
    };
    let Typed { user, password } = typed;
    if user.trim().is_empty() || password.trim().is_empty() {
        let wrong = "Type both the user and the password that the website showed.".to_owned();
        let shows = asked(&console, &visitor, &goes_on.channel, &attempt).await;
        return Ok(page(&visitor, goes_on.channel, shows, Some(wrong)).into_response());
    }
    let step = ConnectStep::Type { user, password };
    finish(&console, &visitor, goes_on, step).await
}

/// Takes the browser back from a platform.
///
/// It is one of two addresses that change something when they are looked at, as the protocol wants
/// it: only for the session that asked, and once. Anybody else is somebody whom a colleague at a
/// command line sent there, and is told what to do; what their browser brought is not kept.
pub(crate) async fn back(
    State(console): State<Console>,
    visitor: Option<Visitor>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let returned = query.unwrap_or_default();
    let state = Returned::of(&returned).get("state").map(str::to_owned);
    let attempt = attempt(&console, &headers);
    let attempt = attempt.filter(|attempt| state.is_some_and(|state| attempt.is_state(&state)));
    let visitor = visitor.filter(may);
    let goes_on = visitor
        .as_ref()
        .and_then(|visitor| goes_on(&console, visitor));
    let (Some(visitor), Some(goes_on), Some(attempt)) = (visitor, goes_on, attempt) else {
        return Ok(public::connected().await.into_response());
    };
    let attempt = attempt.secret().to_owned();
    let step = ConnectStep::Take { attempt, returned };
    finish(&console, &visitor, goes_on, step).await
}

/// Returns what goes on in this session at this practice, if its time is not up.
fn goes_on(console: &Console, visitor: &Visitor) -> Option<GoesOn> {
    let on = again::kept::<GoesOn>(visitor, ADDRESS)?;
    let is_recent = console.clock().now().duration_since(on.at) < CONNECT_WITHIN;
    (is_recent && on.practice == visitor.member.practice).then_some(on)
}

/// Returns the attempt that this browser began.
fn attempt(console: &Console, headers: &HeaderMap) -> Option<Attempt> {
    Cookie::Connect
        .read(headers, console.issuer().secure())
        .and_then(Attempt::of)
}

/// Takes the last step, once it is on record who does, and leads to what came of it: so what came
/// back leaves the address bar.
async fn finish(
    console: &Console,
    visitor: &Visitor,
    goes_on: GoesOn,
    step: ConnectStep,
) -> Answer<Response> {
    let on = Redirect::to(ADDRESS).into_response();
    let (ledger, now) = (console.ledger(), console.clock().now());
    // Of two at once, one takes it up: a code that comes twice would be worth nothing.
    let seen = visitor
        .session
        .kept
        .as_ref()
        .filter(|_| goes_on.came.is_none());
    let Some(seen) = seen else { return Ok(on) };
    if !ledger
        .swap_kept(&visitor.secret, (Some(seen), None))
        .await?
    {
        return Ok(on);
    }
    let member = &visitor.member;
    let person = member.who_may(&Act::Connect).ok_or(Problem::NotYours)?;
    let channel = &goes_on.channel;
    match ledger
        .agree_to_connect(&member.practice, channel, &person, now)
        .await
    {
        Ok(()) => {}
        Err(NotNoted::Refused(_)) => return Err(Problem::NotYours),
        Err(NotNoted::Ledger(error)) => return Err(error.into()),
    }
    let came = end(take(console, visitor, channel, step).await);
    let over = GoesOn {
        came: Some(came),
        at: console.clock().now(),
        ..goes_on
    };
    let kept = Kept {
        page: ADDRESS.to_owned(),
        form: serde_json::to_string(&over).map_err(|_| Problem::Broken)?,
    };
    // What somebody is about to do in another tab meanwhile is not thrown away for this: what a
    // check said stands beside the account as well.
    ledger
        .swap_kept(&visitor.secret, (None, Some(&kept)))
        .await?;
    Ok(on)
}

/// Asks where somebody agrees.
async fn asked(
    console: &Console,
    visitor: &Visitor,
    channel: &Channel,
    attempt: &Attempt,
) -> Shows {
    let attempt = attempt.secret().to_owned();
    let step = ConnectStep::Ask { attempt };
    match take(console, visitor, channel, step).await {
        Ok(ConnectAnswer::Agree { address }) if channel.platform == Platform::Website => {
            Shows::Type { address }
        }
        Ok(ConnectAnswer::Agree { address }) => Shows::Agree { address },
        came => over(end(came)),
    }
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
        // It may have stored the secret before it was too late to say so.
        Err(NotInvoked::NoAnswer | NotInvoked::Failed) => Came::Refused(
            "It took too long, or broke off, so it is not known whether this account is connected. Wait a minute, then look \
             under People and settings: it is, if a check by you stands there that is later than this. If not, begin again"
                .to_owned(),
        ),
        Ok(ConnectAnswer::Agree { .. }) | Err(NotInvoked::NotSetUp) => Came::Refused(
            "Pagewarden is not set up for this yet: tell whoever runs it for your practice"
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
