//! The screens.

pub(crate) mod accounts;
pub(crate) mod appeal;
pub(crate) mod case;
pub(crate) mod log;
pub(crate) mod numbers;
pub(crate) mod policy;
pub(crate) mod practice;
pub(crate) mod settings;
pub(crate) mod today;

use askama::Template;
use axum::response::{IntoResponse, Redirect};

use crate::page::{Page, Top};
use crate::visitor::Visitor;

/// Sends whoever opens the bare address to what waits for them.
pub(crate) async fn home(_: Visitor) -> Redirect {
    Redirect::to("/today")
}

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    top: Top,
}

/// Says how to get in and whom to ask, to everybody.
pub(crate) async fn help(visitor: Option<Visitor>) -> impl IntoResponse {
    Page(Help {
        top: visitor.as_ref().map(Visitor::top).unwrap_or_default(),
    })
}
