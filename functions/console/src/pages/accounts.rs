//! An account: what it posted on this practice's page, what of that broke a rule, and what people
//! noted. It is an account of one platform, and nobody here knows whose.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{
    Account, AccountNote, AccountOf, Act, Incident, LadderRules, LogError, OnLadder, Question,
    TaskRecord, Visibility,
};
use pagewarden_present::words;
use pagewarden_rules::Platform;
use serde::Deserialize;

use crate::form::{LONGEST_NOTE, Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::case::path;
use crate::pages::ladder::LadderView;
use crate::pages::today::{Card, card};
use crate::pages::{correct, rights};
use crate::policies::InForce;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Returns the address of the page about an account. The practice is never part of it.
pub(crate) fn address(platform: Platform, account: &str) -> String {
    path("account", platform, account)
}

#[derive(Template)]
#[template(path = "account.html")]
pub(crate) struct AccountPage {
    top: Top,
    address: String,
    /// What the account calls itself, or that it has no name here.
    name: String,
    platform: &'static str,
    practice: String,
    posts: Vec<Card>,
    more: bool,
    incidents: Vec<IncidentLine>,
    /// How it stands on the ladder, and what was decided about warnings on its cases, where the policy
    /// has any.
    ladder: Option<(LadderView, Vec<Step>)>,
    notes: Vec<NoteLine>,
    may_note: bool,
    /// Where its author is answered, for whoever may.
    rights: Option<String>,
    /// Why what was typed was not taken, and what that was.
    refused: Option<String>,
    typed: Typed,
}

/// What was typed and not taken: a note about the account, or about a step.
#[derive(Default)]
pub(crate) struct Typed {
    note: String,
    step: String,
}

impl Typed {
    pub(crate) fn of_step(step: String) -> Self {
        let note = String::new();
        Typed { note, step }
    }
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

pub(crate) struct NoteLine {
    /// What was wrong with another one, if it stands in its place.
    pub(crate) was_wrong: Option<String>,
    /// Where it is corrected, for whoever may.
    pub(crate) correct: Option<String>,
    pub(crate) when: String,
    pub(crate) by: String,
    pub(crate) note: String,
}

/// Shows an account. One that posted at another practice only is answered as if it did not exist.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let page = looked.page(&console, &visitor, None, Typed::default());
    Ok(Page(page.await?))
}

pub(crate) struct Looked {
    pub(crate) platform: Platform,
    pub(crate) id: String,
    account: Account,
    pub(crate) in_force: std::sync::Arc<InForce>,
    pub(crate) now: jiff::Timestamp,
}

pub(crate) async fn look(
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
    /// Returns how the account stands on the ladder, where the policy has one.
    pub(crate) async fn ladder(
        &self,
        console: &Console,
        visitor: &Visitor,
    ) -> Answer<Option<OnLadder>> {
        let policy = &self.in_force.loaded.policy;
        if policy.ladder.steps.is_empty() {
            return Ok(None);
        }
        let of = AccountOf {
            practice: &visitor.member.practice,
            platform: self.platform,
            account: &self.id,
        };
        let calendar = &self.in_force.calendar;
        let rules = LadderRules { policy, calendar };
        Ok(Some(console.ledger().ladder(of, rules, self.now).await?))
    }

    pub(crate) async fn page(
        &self,
        console: &Console,
        visitor: &Visitor,
        refused: Option<String>,
        typed: Typed,
    ) -> Answer<AccountPage> {
        let member = &visitor.member;
        let on_ladder = self.ladder(console, visitor).await?;
        let may_step = member.who_may(&Act::TakeStep).is_some();
        let roles = member.roles();
        let viewer = self.in_force.viewer(&roles, self.now);
        let calendar = &self.in_force.calendar;
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
        let may_correct = correct::who(visitor).is_some();
        let line = |note: &AccountNote| NoteLine {
            was_wrong: note.corrects.as_ref().map(|one| one.was_wrong.clone()),
            correct: may_correct.then(|| correct::of_note(self.platform, &self.id, note.id())),
            when: calendar.local(note.at),
            by: words::person(&note.by),
            note: note.note.clone(),
        };
        let steps: Vec<Step> = warnings.map(step).collect();
        let ladder = on_ladder.map(|ladder| (LadderView::new(&ladder, self, may_step), steps));
        Ok(AccountPage {
            top: visitor.top(),
            address: address(self.platform, &self.id),
            name: name.unwrap_or_else(|| "An account without a name".to_owned()),
            platform: words::platform(self.platform),
            practice: member.practice_name().to_owned(),
            posts,
            more: self.account.more,
            incidents: self.account.incidents.iter().map(incident).collect(),
            ladder,
            notes: self.worded_notes().map(line).collect(),
            may_note: member.may_write_down(),
            rights: rights::who(visitor).map(|_| rights::address(self.platform, &self.id)),
            refused,
            typed,
        })
    }

    /// Returns the notes whose words are there: others were corrected, or deleted.
    fn worded_notes(&self) -> impl Iterator<Item = &AccountNote> {
        let notes = self.account.notes.iter();
        notes.filter(|note| !note.note.is_empty())
    }

    /// Returns what a note says, if it is there.
    pub(crate) fn words_of_note(&self, id: &str) -> Option<String> {
        let mut notes = self.worded_notes();
        let note = notes.find(|note| note.id() == id)?;
        Some(note.note.clone())
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
    let refuse = async |why: String, note: String| {
        let step = String::new();
        let typed = Typed { note, step };
        let page = looked.page(&console, &visitor, Some(why), typed).await?;
        Ok((StatusCode::CONFLICT, Page(page)).into_response())
    };
    let Some(wrote) = written(&note) else {
        return refuse("Write something first.".to_owned(), note).await;
    };
    if is_too_long(wrote) {
        return refuse(too_long(), note).await;
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
    refuse(why.unwrap_or_default(), note).await
}

/// Says that a note is too long to be kept.
pub(crate) fn too_long() -> String {
    format!("Your note has more than {LONGEST_NOTE} characters. Shorten it.")
}
