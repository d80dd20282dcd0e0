//! Signing in at the practice's own issuer, and signing out.

pub(crate) mod again;
mod issuer;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use form_urlencoded::Serializer;
use pagewarden_ledger::{Session, SignIn};
use pagewarden_oidc::Attempt;
use serde::Deserialize;

use crate::cookies::Cookie;
use crate::form::{Asked, Posted};
use crate::guard;
use crate::page::{Answer, Page, Top};
use crate::people::{members, practices_naming};
use crate::problem::NotShown;
use crate::{Console, Problem};

pub(crate) use issuer::Issuer;

/// Where the issuer sends the browser back to. It has to be registered there.
pub(crate) const CALLBACK: &str = "/signin/callback";

/// Characters of the longest address to which somebody is sent on.
const LONGEST_NEXT: usize = 300;

/// Returns the routes by which somebody signs in and out.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/signin", get(ask).post(begin))
        .route(CALLBACK, get(finish))
        .route(
            "/signin/again",
            get(async || Redirect::to("/")).post(again::begin),
        )
        .route("/signout", post(end))
}

/// Returns the address of the page on which to sign in, after which the browser goes on to `next`.
pub(crate) fn address(next: &str) -> String {
    match local(next) {
        "/" => "/signin".to_owned(),
        next => format!(
            "/signin?{}",
            Serializer::new(String::new())
                .append_pair("next", next)
                .finish()
        ),
    }
}

/// Returns an address of ours as it is, and the start page for any other: a link to the page on
/// which to sign in must not send anybody on to another site.
fn local(next: &str) -> &str {
    let plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.starts_with("/signin");
    if plain && ours && next.len() <= LONGEST_NEXT {
        next
    } else {
        "/"
    }
}

#[derive(Template)]
#[template(path = "signin.html")]
struct SignInPage<'a> {
    top: Top,
    next: &'a str,
    /// Whether somebody has just signed out.
    out: bool,
    /// The host of the issuer, so that people know whom they are about to tell their password.
    host: String,
}

/// What the page is asked for.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    next: String,
    #[serde(default)]
    out: Option<String>,
}

/// Shows the page with the button.
pub(crate) async fn ask(
    State(console): State<Console>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Response> {
    page_to_issuer(&console, |host| SignInPage {
        top: Top::default(),
        next: local(&wanted.next),
        out: wanted.out.is_some(),
        host,
    })
    .await
}

/// Shows a page whose form leads to the issuer; it is made with the host of the issuer.
async fn page_to_issuer<P: Template>(
    console: &Console,
    page: impl FnOnce(String) -> P,
) -> Answer<Response> {
    let provider = console.issuer().provider(console.clock().now()).await?;
    let origin = provider.origin();
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let mut response = Page(page(host.to_owned())).into_response();
    // The form goes to us and is sent on to the issuer.
    if let Some(policy) = guard::policy_with(origin) {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begin {
    #[serde(default)]
    next: String,
}

/// Begins an attempt and sends the browser to the issuer.
pub(crate) async fn begin(
    State(console): State<Console>,
    Posted(form): Posted<Begin>,
) -> Answer<Response> {
    begin_attempt(&console, &form.next, None).await
}

/// Sends the browser to the issuer, where anybody may sign in, or somebody has to do so `again`.
async fn begin_attempt(console: &Console, next: &str, again: Option<String>) -> Answer<Response> {
    let now = console.clock().now();
    let provider = console.issuer().provider(now).await?;
    let attempt = Attempt::begin().map_err(|error| {
        tracing::error!(%error, "nobody can sign in");
        Problem::Broken
    })?;
    let sign_in = SignIn {
        next: local(next).to_owned(),
        began_at: now,
        again,
    };
    console
        .ledger()
        .begin_sign_in(attempt.secret(), &sign_in)
        .await?;
    let url = console
        .issuer()
        .authorization_url(&provider, &attempt, sign_in.again.is_some());
    let mut response = Redirect::to(&url).into_response();
    let set = Cookie::SignIn.set(attempt.secret(), console.issuer().secure());
    response
        .headers_mut()
        .extend(set.map(|set| (header::SET_COOKIE, set)));
    Ok(response)
}

/// What the issuer sends back.
#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Takes the browser back from the issuer and opens a session.
///
/// It is one of two addresses that change something when they are looked at, as the protocol wants
/// it: but only for the browser that began the attempt, and once.
pub(crate) async fn finish(
    State(console): State<Console>,
    headers: HeaderMap,
    Asked(back): Asked<Back>,
) -> Answer<Response> {
    let (now, secure) = (console.clock().now(), console.issuer().secure());
    let attempt = Cookie::SignIn.read(&headers, secure).and_then(Attempt::of);
    let attempt = attempt.filter(|attempt| attempt.is_state(&back.state));
    let sign_in = match &attempt {
        Some(attempt) => console.ledger().use_sign_in(attempt.secret(), now).await?,
        None => None,
    };
    let (Some(attempt), Some(sign_in)) = (attempt, sign_in) else {
        return stale(&console, &headers).await;
    };
    let Some(code) = back.code.filter(|_| back.error.is_none()) else {
        return Err(match sign_in.again {
            Some(_) => not_shown(&sign_in, NotShown::Cancelled),
            None => Problem::NotSignedIn,
        });
    };
    // Who signs in again has to do so after they were asked to. Until they have, they are signed in
    // as before.
    let since = sign_in.again.as_ref().map(|_| sign_in.began_at);
    let claims = console
        .issuer()
        .exchange(&code, &attempt, since, now)
        .await
        .map_err(|error| match error.not_shown() {
            Some(why) => not_shown(&sign_in, why),
            None => error.into(),
        })?;
    let planned = sign_in.again.as_ref();
    if planned.is_some_and(|subject| *subject != claims.subject) {
        return Err(not_shown(&sign_in, NotShown::SomebodyElse));
    }
    let before = Cookie::Session.read(&headers, secure);
    let goes_on = match before.filter(|_| planned.is_some()) {
        Some(before) => console.ledger().session(before, now).await?,
        None => None,
    };
    let goes_on = goes_on.filter(|before| Some(&before.subject) == planned);
    let (practice, kept) = goes_on.map_or((None, None), |before| (before.practice, before.kept));
    let session = Session {
        issuer: claims.issuer,
        subject: claims.subject,
        email: claims.email.map(|email| email.to_lowercase()),
        practice,
        signed_in_at: now,
        seen_at: now,
        shown_at: claims.shown_at.map(|at| at.min(now)),
        kept,
    };
    let practices = practices_naming(console.ledger(), &session).await?;
    if members(console.ledger(), &session, &practices)
        .await?
        .is_empty()
    {
        return Err(Problem::NotNamed {
            email: session.email,
        });
    }
    // Whoever was signed in here before is no longer. The secret is a new one, so nobody can have
    // planted it.
    if let Some(before) = before {
        console.ledger().end_session(before).await?;
    }
    let secret = Attempt::begin().map_err(|_| Problem::Broken)?;
    console
        .ledger()
        .open_session(secret.secret(), &session)
        .await?;
    tracing::info!("somebody signed in");
    let mut response = Redirect::to(local(&sign_in.next)).into_response();
    let set = [
        Cookie::Session.set(secret.secret(), secure),
        Cookie::SignIn.clear(secure),
    ];
    for cookie in set.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Leads somebody who did not sign in again back to what they were about to do.
fn not_shown(sign_in: &SignIn, why: NotShown) -> Problem {
    Problem::NotShown {
        why,
        back: local(&sign_in.next).to_owned(),
    }
}

/// Answers an attempt that cannot be finished: who has gone back a page after signing in is signed
/// in still.
async fn stale(console: &Console, headers: &HeaderMap) -> Answer<Response> {
    let secret = Cookie::Session.read(headers, console.issuer().secure());
    let session = match secret {
        Some(secret) => {
            console
                .ledger()
                .session(secret, console.clock().now())
                .await?
        }
        None => None,
    };
    if session.is_some() {
        Ok(Redirect::to("/").into_response())
    } else {
        Err(Problem::StaleSignIn)
    }
}

/// Signs out.
pub(crate) async fn end(State(console): State<Console>, headers: HeaderMap) -> Answer<Response> {
    let secure = console.issuer().secure();
    if let Some(secret) = Cookie::Session.read(&headers, secure) {
        console.ledger().end_session(secret).await?;
    }
    let mut response = Redirect::to("/signin?out=1").into_response();
    response.headers_mut().extend(
        Cookie::Session
            .clear(secure)
            .map(|clear| (header::SET_COOKIE, clear)),
    );
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_on_to_another_site() {
        for ours in ["/", "/today", "/case/facebook/1_2?from=mail", "/help#a"] {
            assert_eq!(local(ours), ours);
        }
        let long = format!("/{}", "a".repeat(LONGEST_NEXT));
        for other in [
            "",
            "today",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/a b",
            "/\t/evil",
            "javascript:alert(1)",
            "/signin?next=/",
            "/signin/callback?code=1",
            "/é",
            &long,
        ] {
            assert_eq!(local(other), "/", "{other}");
        }
        assert_eq!(
            address("/case/a?b=c&d"),
            "/signin?next=%2Fcase%2Fa%3Fb%3Dc%26d"
        );
        assert_eq!(address("//evil.example"), "/signin");
    }
}
