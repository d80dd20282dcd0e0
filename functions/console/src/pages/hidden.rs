//! Posts that the platform says are hidden, and that nobody hid here.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use crate::form::Asked;
use crate::page::{Answer, Page, Top};
use crate::pages::today::{Card, ON_A_PAGE, behind, card};
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Where a page begins.
#[derive(Deserialize)]
pub(crate) struct Place {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "hidden.html")]
pub(crate) struct Hidden {
    top: Top,
    practice: String,
    count: String,
    cards: Vec<Card>,
    next: Option<String>,
    is_first: bool,
}

/// Shows a page of them.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Asked(Place { after }): Asked<Place>,
) -> Answer<Page<Hidden>> {
    let member = &visitor.member;
    if !member.may_read() {
        return Err(Problem::NoCases);
    }
    let in_force = console.policies().of(console.ledger(), member).await?;
    let page = console
        .ledger()
        .hidden_page(&member.practice, after.as_deref(), ON_A_PAGE)
        .await?;
    let roles = member.roles();
    let viewer = in_force.viewer(&roles, console.clock().now());
    let cards: Vec<Card> = page.cases.iter().map(|case| card(case, &viewer)).collect();
    let more = if page.next.is_some() { "+" } else { "" };
    let next = page.next.map(|next| behind("/hidden", &next));
    Ok(Page(Hidden {
        top: visitor.top(),
        practice: member.practice_name().to_owned(),
        count: match cards.len() {
            0 if next.is_none() => "Nothing is hidden that you did not hide".to_owned(),
            1 if next.is_none() => "1 post".to_owned(),
            count => format!("{count}{more} posts"),
        },
        cards,
        next,
        is_first: after.is_none(),
    }))
}
