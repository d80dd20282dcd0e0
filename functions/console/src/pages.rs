//! The screens.

pub(crate) mod practice;

use askama::Template;
use axum::response::{IntoResponse, Redirect};

use crate::page::{Page, Top};
use crate::visitor::Visitor;

/// Sends whoever opens the bare address to what waits for them.
pub(crate) async fn home(_: Visitor) -> Redirect {
    Redirect::to("/today")
}

#[derive(Template)]
#[template(path = "today.html")]
struct Today {
    top: Top,
    name: String,
    practice: String,
    roles: Vec<String>,
}

/// Shows what waits.
pub(crate) async fn today(visitor: Visitor) -> impl IntoResponse {
    let roles = visitor.member.person.roles.iter().map(|role| role.to_string().replace('_', " ")).collect();
    let practice = visitor.member.practice_name().to_owned();
    Page(Today { top: visitor.top(), name: visitor.member.person.name, practice, roles })
}

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    top: Top,
}

/// Says how to get in and whom to ask, to everybody.
pub(crate) async fn help(visitor: Option<Visitor>) -> impl IntoResponse {
    Page(Help { top: visitor.as_ref().map(Visitor::top).unwrap_or_default() })
}
