//! Signing in once more, before what cannot be undone.
//!
//! A handler that does such a thing asks [`Visitor::is_shown`]. Where it is not so, it keeps the
//! form ([`keep`]), which leads to its own page; that page takes the form up again ([`kept`]), asks
//! for signing in ([`ask`]), and is where the browser comes back to. What was typed stays in the
//! session, never in an address.

use askama::Template;
use axum::extract::State;
use axum::response::{Redirect, Response};
use pagewarden_ledger::{Kept, MOST_KEPT_BYTES};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{begin_attempt, page_to_issuer};
use crate::form::Posted;
use crate::page::{Answer, Top};
use crate::visitor::{SignedIn, Visitor};
use crate::{Console, Problem};

impl Visitor {
    /// Returns `true` if they have shown the issuer within the last minutes that it is them.
    pub(crate) fn is_shown(&self, console: &Console) -> bool {
        self.session.is_shown(console.clock().now())
    }
}

/// Keeps a form, and goes on to the page that takes it up again.
pub(crate) async fn keep(
    console: &Console,
    visitor: &Visitor,
    page: String,
    form: &impl Serialize,
) -> Answer<Redirect> {
    let form = serde_json::to_string(form).map_err(|_| Problem::Form)?;
    if form.len() > MOST_KEPT_BYTES {
        return Err(Problem::TooLarge);
    }
    let kept = Kept { page, form };
    if !console.ledger().keep(&visitor.secret, &kept).await? {
        let secure = console.issuer().secure();
        return Err(Problem::SignedOut { secure });
    }
    Ok(Redirect::to(&kept.page))
}

/// Returns the form that was kept for this page, if there is one.
pub(crate) fn kept<T: DeserializeOwned>(visitor: &Visitor, page: &str) -> Option<T> {
    let kept = visitor.session.kept.as_ref();
    let kept = kept.filter(|kept| kept.page == page)?;
    serde_json::from_str(&kept.form).ok()
}

/// Drops the form once it was done.
pub(crate) async fn done(console: &Console, visitor: &Visitor) -> Answer<()> {
    if visitor.session.kept.is_some() {
        console.ledger().drop_kept(&visitor.secret).await?;
    }
    Ok(())
}

#[derive(Template)]
#[template(path = "again.html")]
struct AgainPage<'a> {
    top: Top,
    /// What is about to be done, as the title of the page that asks.
    what: &'a str,
    /// What sets this page apart from others of its kind.
    about: &'a str,
    /// The page that takes the form up again, and the one to go back to.
    next: &'a str,
    back: &'a str,
    host: String,
}

/// Asks somebody to sign in once more, after which they come to the page `next`.
pub(crate) async fn ask(
    console: &Console,
    visitor: &Visitor,
    what: &str,
    about: &str,
    next: &str,
    back: &str,
) -> Answer<Response> {
    page_to_issuer(console, |host| AgainPage {
        top: visitor.top(),
        what,
        about,
        next,
        back,
        host,
    })
    .await
}

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    next: String,
}

/// Sends somebody who is signed in to the issuer, to show that it is them.
pub(crate) async fn begin(
    State(console): State<Console>,
    who: SignedIn,
    Posted(form): Posted<Again>,
) -> Answer<Response> {
    begin_attempt(&console, &form.next, Some(who.session.subject)).await
}
