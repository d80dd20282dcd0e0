//! An account: what it posted on this practice's page, what of that broke a rule, and what people
//! noted. It is an account of one platform, and nobody here knows whose.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{
    Account, AccountNote, Incident, LogError, Question, TaskRecord, Visibility,
};
use pagewarden_present::case::Viewer;
use pagewarden_present::words;
use pagewarden_rules::Platform;
use serde::Deserialize;

use crate::form::{LONGEST_NOTE, Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::case::path;
use crate::pages::today::{Card, card};
use crate::policies::InForce;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Returns the address of the page about an account. The practice is never part of it.
pub(crate) fn address(platform: Platform, account: &str) -> String {
    path("account", platform, account)
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    top: Top,
    address: String,
    /// What the account calls itself, or that it has no name here.
    name: String,
    platform: &'static str,
    practice: String,
    posts: Vec<Card>,
    more: bool,
    incidents: Vec<IncidentLine>,
    /// Steps against the account, where the policy has any.
    ladder: Option<Vec<Step>>,
    notes: Vec<NoteLine>,
    may_note: bool,
    /// A note that was not taken, and why.
    refused: Option<String>,
    note: String,
}

struct IncidentLine {
    when: String,
    rules: String,
    address: String,
}

struct Step {
    what: String,
    address: String,
}

struct NoteLine {
    when: String,
    by: String,
    note: String,
}

/// Shows an account. One that posted at another practice only is answered as if it did not exist.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    Ok(Page(looked.page(&visitor, None, String::new())))
}

struct Looked {
    platform: Platform,
    id: String,
    account: Account,
    in_force: std::sync::Arc<InForce>,
    now: jiff::Timestamp,
}

async fn look(
    console: &Console,
    visitor: &Visitor,
    platform: &str,
    id: &str,
) -> Result<Looked, Problem> {
    let member = &visitor.member;
    if !member.may_read() {
        return Err(Problem::NoCases);
    }
    let platform: Platform = platform.parse().map_err(|_| Problem::NotFound)?;
    let now = console.clock().now();
    let account = console
        .ledger()
        .account(&member.practice, platform, id, now)
        .await?
        .ok_or(Problem::NotFound)?;
    let in_force = console.policies().of(console.ledger(), member).await?;
    Ok(Looked {
        platform,
        id: id.to_owned(),
        account,
        in_force,
        now,
    })
}

impl Looked {
    fn page(&self, visitor: &Visitor, refused: Option<String>, note: String) -> AccountPage {
        let member = &visitor.member;
        let roles = member.roles();
        let (policy, calendar) = (&self.in_force.loaded.policy, &self.in_force.calendar);
        let viewer = Viewer {
            policy: Some(policy),
            calendar,
            roles: &roles,
            now: self.now,
        };
        let posts = self.account.posts.iter();
        let posts: Vec<Card> = posts.map(|case| card(case, &viewer)).collect();
        let name = posts.iter().find_map(|card| card.view.author.clone());
        let warnings = self.account.posts.iter().flat_map(|case| {
            let address = path("case", case.key.platform, &case.key.id);
            let steps = case.warnings().into_iter();
            steps.map(move |task| (task, address.clone()))
        });
        let step = |(task, address): (&TaskRecord, String)| Step {
            what: self.step(task),
            address,
        };
        let incident = |incident: &Incident| IncidentLine {
            when: calendar.local(incident.at),
            rules: incident.clauses.join(", "),
            address: path("case", incident.post.platform, &incident.post.id),
        };
        let line = |note: &AccountNote| NoteLine {
            when: calendar.local(note.at),
            by: words::person(&note.by),
            note: note.note.clone(),
        };
        AccountPage {
            top: visitor.top(),
            address: address(self.platform, &self.id),
            name: name.unwrap_or_else(|| "An account without a name".to_owned()),
            platform: words::platform(self.platform),
            practice: member.practice_name().to_owned(),
            posts,
            more: self.account.more,
            incidents: self.account.incidents.iter().map(incident).collect(),
            ladder: (!policy.ladder.steps.is_empty()).then(|| warnings.map(step).collect()),
            notes: self.account.notes.iter().map(line).collect(),
            may_note: member.may_write_down(),
            refused,
            note,
        }
    }

    /// Says what became of the question whether a step is taken.
    fn step(&self, task: &TaskRecord) -> String {
        let Some(choice) = task.chosen() else {
            return match task.closed_at {
                None => format!("It waits for a decision: {}", words::task(task.kind)),
                Some(_) => "The words changed, and were judged again".to_owned(),
            };
        };
        let chosen = words::choice(choice, Question::Warning, Visibility::Visible);
        match task.closed_at {
            Some(at) => format!("{}: {chosen}", self.in_force.calendar.local(at)),
            None => chosen.to_owned(),
        }
    }
}

/// The form of a note.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    note: String,
}

/// Takes a note about an account.
pub(crate) async fn note(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(Note { note }): Posted<Note>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let refuse = |why: String, note: String| {
        let page = looked.page(&visitor, Some(why), note);
        Ok((StatusCode::CONFLICT, Page(page)).into_response())
    };
    let Some(wrote) = written(&note) else {
        return refuse("Write something first.".to_owned(), note);
    };
    if is_too_long(wrote) {
        let why = format!("Your note has more than {LONGEST_NOTE} characters. Shorten it.");
        return refuse(why, note);
    }
    let mut why = None;
    for person in visitor.member.roles() {
        let noted = console
            .ledger()
            .note_account(
                &visitor.member.practice,
                &person,
                looked.platform,
                &looked.id,
                wrote,
                looked.now,
            )
            .await;
        match noted {
            Ok(()) => {
                let to = address(looked.platform, &looked.id);
                return Ok(Redirect::to(&to).into_response());
            }
            Err(LogError::Ledger(error)) => return Err(error.into()),
            Err(error) => why = why.or(Some(format!("{error}."))),
        }
    }
    refuse(why.unwrap_or_default(), note)
}
