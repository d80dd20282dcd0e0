//! The screens.

pub(crate) mod accounts;
pub(crate) mod appeal;
pub(crate) mod case;
pub(crate) mod connect;
pub(crate) mod correct;
pub(crate) mod draft;
pub(crate) mod evidence;
pub(crate) mod flood;
pub(crate) mod hand_over;
pub(crate) mod hidden;
pub(crate) mod ladder;
pub(crate) mod log;
pub(crate) mod numbers;
pub(crate) mod papers;
pub(crate) mod policy;
pub(crate) mod practice;
pub(crate) mod propose;
pub(crate) mod rights;
pub(crate) mod settings;
pub(crate) mod today;
pub(crate) mod trial;
pub(crate) mod versions;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};

use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Characters of a notice's id.
const NOTICE_CHARS: usize = 26;

/// Sends whoever opens the bare address to what waits for them.
pub(crate) async fn home(_: Visitor) -> Redirect {
    Redirect::to("/today")
}

/// Leads whoever follows the link of a notice to what it is about. The address names the notice
/// alone: one that named a post would say who wrote it to whoever reads the message.
pub(crate) async fn told(
    State(console): State<Console>,
    visitor: Visitor,
    Path(notice): Path<String>,
) -> Answer<Redirect> {
    if notice.len() != NOTICE_CHARS || !notice.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::NotFound);
    }
    let practice = &visitor.member.practice;
    let notice = console.ledger().notice(practice, &notice).await?;
    let mut posts: Vec<_> = notice
        .ok_or(Problem::NotFound)?
        .tasks
        .into_iter()
        .map(|task| task.key)
        .collect();
    posts.dedup();
    Ok(Redirect::to(&match posts.as_slice() {
        [post] => case::address(post),
        _ => "/today".to_owned(),
    }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_says_what_each_screen_of_the_menu_is_for() {
        let menu = include_str!("../templates/layout.html");
        let (_, menu) = menu.split_once("aria-label=\"Screens\"").unwrap();
        let (menu, _) = menu.split_once("</nav>").unwrap();
        let links: Vec<&str> = menu
            .split("<li>")
            .skip(1)
            .map(|item| item.split("</li>").next().unwrap())
            .collect();
        assert!(links.len() > 8, "{links:?}");
        let help = Help {
            top: Top::default(),
        }
        .render()
        .unwrap();
        for link in links {
            let said = help.split_once(&format!("<li>{link} "));
            let (_, said) = said.unwrap_or_else(|| panic!("help does not say what {link} is for"));
            let sentence = said.split("</li>").next().unwrap();
            assert!(
                sentence.len() > 30 && sentence.ends_with('.'),
                "{link} {sentence}"
            );
        }
        for other in ["This account's other posts", "hand it over"] {
            assert!(help.contains(other), "{other}");
        }
    }
}
