//! Proposing a version of the policy: its file and the published text, checked and then kept with
//! the name of whoever proposes it.
//!
//! Both are too long to be kept while somebody signs in again, so that is asked for before anything
//! is typed. Who takes longer finds what they typed on the page that asks once more.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{Act, VersionError};
use pagewarden_policies::{Loaded, lint, load};
use serde::Deserialize;

use super::versions::{self, Otherwise};
use crate::form::Posted;
use crate::page::{Answer, Page, Top};
use crate::signin::again;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Where this page is.
const ADDRESS: &str = "/policy/propose";

/// Bytes of the longest policy with its published text: the table takes 400 KB.
const LONGEST: usize = 200_000;

/// Bytes of the largest form: a byte of text becomes three, and a line break six.
pub(crate) const MOST_BYTES: usize = 6 * LONGEST + 1024;

/// What is typed in the form, and which button was pressed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Typed {
    policy: String,
    text: String,
    press: Press,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Press {
    Check,
    Propose,
}

/// What a check of the files says where they load.
struct Checked {
    in_force: u32,
    otherwise: Otherwise,
    warnings: Vec<String>,
    blockers: Vec<String>,
}

#[derive(Template)]
#[template(path = "propose.html")]
pub(crate) struct Form {
    top: Top,
    policy: String,
    text: String,
    /// Why nothing was proposed.
    wrong: Option<String>,
    /// They have to sign in once more.
    sign_in: bool,
    /// What keeps the files from loading.
    problems: Vec<String>,
    checked: Option<Checked>,
}

impl Form {
    fn new(visitor: &Visitor, policy: String, text: String) -> Self {
        Form {
            top: visitor.top(),
            policy,
            text,
            wrong: None,
            sign_in: false,
            problems: Vec::new(),
            checked: None,
        }
    }
}

/// Shows the form, with the version in force in it, to who may propose and has just shown that it is
/// them.
pub(crate) async fn ask(State(console): State<Console>, visitor: Visitor) -> Answer<Response> {
    let member = &visitor.member;
    member.who_may(&Act::Propose).ok_or(Problem::NotYours)?;
    if !visitor.is_shown(&console) {
        let what = "Propose a version of the policy";
        let about = member.practice_name();
        return again::ask(&console, &visitor, what, about, ADDRESS, versions::ADDRESS).await;
    }
    let in_force = console
        .ledger()
        .policy(&member.practice, member.policy)
        .await?;
    let in_force = in_force.ok_or(Problem::Broken)?;
    Ok(Page(Form::new(&visitor, in_force.toml, in_force.published)).into_response())
}

/// Checks the files, and keeps them as a version where that is wanted.
pub(crate) async fn answer(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(typed): Posted<Typed>,
) -> Answer<Response> {
    let person = visitor
        .member
        .who_may(&Act::Propose)
        .ok_or(Problem::NotYours)?;
    // Browsers send a line break as two characters; a file has one.
    let [policy, text] = [typed.policy, typed.text].map(|text| text.replace("\r\n", "\n"));
    let mut form = Form::new(&visitor, policy, text);
    match check(&console, &visitor, &form).await? {
        Err(problems) => form.problems = problems,
        Ok(checked) => form.checked = Some(checked),
    }
    if form.checked.is_none() {
        form.wrong = Some("It cannot be used yet. What has to be mended stands below.".to_owned());
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(form)).into_response());
    }
    if typed.press == Press::Check {
        return Ok(Page(form).into_response());
    }
    if !visitor.is_shown(&console) {
        form.sign_in = true;
        form.wrong = Some(
            "You signed in a while ago. Sign in once more in a new tab, come back to this one, and propose it again: what you \
             typed is still here."
                .to_owned(),
        );
        return Ok((StatusCode::CONFLICT, Page(form)).into_response());
    }
    let (practice, now) = (&visitor.member.practice, console.clock().now());
    let proposed = console
        .ledger()
        .propose(practice, &person, (&form.policy, &form.text), None, now)
        .await;
    match proposed {
        Ok(version) => Ok(Redirect::to(&versions::address(version)).into_response()),
        Err(VersionError::Ledger(error)) => Err(error.into()),
        Err(_) => Err(Problem::NotYours),
    }
}

/// Says what the files come to, or what keeps them from being used.
async fn check(
    console: &Console,
    visitor: &Visitor,
    form: &Form,
) -> Answer<Result<Checked, Vec<String>>> {
    let member = &visitor.member;
    if form.policy.len() + form.text.len() > LONGEST {
        return Ok(Err(vec!["This is longer than any policy.".to_owned()]));
    }
    let name = format!("{}.toml", member.practice);
    let loaded: Loaded = match load(&form.policy, &form.text, &name) {
        Ok(loaded) => loaded,
        Err(problems) => return Ok(Err(problems.iter().map(ToString::to_string).collect())),
    };
    if loaded.policy.practice.id != member.practice {
        let other = &loaded.policy.practice.id;
        let says = format!(
            "It is the policy of {other}: write id = \"{}\".",
            member.practice
        );
        return Ok(Err(vec![says]));
    }
    let in_force = console.policies().of(console.ledger(), member).await?;
    let otherwise = Otherwise::of(&in_force.loaded, &loaded);
    if otherwise.is_empty() {
        let says = format!(
            "It says the same as version {}, which is in force.",
            member.policy
        );
        return Ok(Err(vec![says]));
    }
    let report = lint(&loaded, &member.settings);
    let blockers = versions::blockers_of(console, visitor, &loaded).await?;
    Ok(Ok(Checked {
        in_force: member.policy,
        otherwise,
        warnings: report.warnings,
        blockers,
    }))
}
