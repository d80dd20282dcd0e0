//! The ladder of warnings against an account: what comes next and what stops it, a person's step,
//! and the letter to print. Nobody here knows whose account it is, so its name and address are
//! written by hand.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{
    AccountOf, Deed, LadderError, LadderRecord, LadderRules, LadderStop, NewStep, OnLadder, Step,
};
use pagewarden_policies::{Variable, Variables};
use pagewarden_present::case::sentence;
use pagewarden_present::words;
use pagewarden_rules::{Effect, PostKey, rule_number};
use serde::Deserialize;

use crate::form::{Posted, is_too_long};
use crate::page::{Answer, Page, Top};
use crate::pages::accounts::{Looked, NoteLine, Typed, look, too_long};
use crate::pages::case::path;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// The template of the letter.
const LETTER: &str = "letter.written_warning";

/// How an account stands on the ladder, in words.
pub(crate) struct LadderView {
    pub(crate) action: String,
    pub(crate) letter: String,
    /// What people did, in order.
    pub(crate) deeds: Vec<NoteLine>,
    /// How many incidents count, and why.
    pub(crate) counted: String,
    /// The next step, as the form sends it and as it is said.
    pub(crate) next: Option<(Step, &'static str)>,
    pub(crate) stops: Vec<String>,
    /// Complaints that nobody has said are closed: where they are, and their ids.
    pub(crate) complaints: Vec<(String, String)>,
    /// This person may take steps.
    pub(crate) may: bool,
}

impl LadderView {
    pub(crate) fn is_letter(&self) -> bool {
        matches!(self.next, Some((Step::Warn, _)))
    }

    pub(crate) fn new(ladder: &OnLadder, looked: &Looked, may: bool) -> Self {
        let calendar = &looked.in_force.calendar;
        let line = |deed: &LadderRecord| NoteLine {
            was_wrong: None,
            correct: None,
            when: calendar.local(deed.at),
            by: words::person(&deed.by),
            note: format!("{}: {}", said(&deed.deed), deed.note),
        };
        let case = |post: &PostKey| (path("case", post.platform, &post.id), post.id.clone());
        let proven = match ladder.proven.len() {
            1 => "1 post counts".to_owned(),
            several => format!("{several} posts count"),
        };
        let still = if ladder.still_there {
            ", and one more, since what was to be removed still stands there"
        } else {
            ""
        };
        LadderView {
            action: path("ladder", looked.platform, &looked.id),
            letter: path("letter", looked.platform, &looked.id),
            deeds: ladder.deeds.iter().map(line).collect(),
            counted: format!("{proven}{still}"),
            next: ladder.next.map(|step| (step, step.plain())),
            stops: ladder.stops.iter().map(stop).collect(),
            complaints: ladder.complaints.iter().map(case).collect(),
            may,
        }
    }
}

fn stop(stop: &LadderStop) -> String {
    sentence(&stop.to_string())
}

fn said(deed: &Deed) -> &'static str {
    match deed {
        Deed::Step { step: Step::Ask } => "Asked to remove it",
        Deed::Step { step: Step::Warn } => "Sent a written warning",
        Deed::Step { step: Step::Remove } => "Considered removal from the list",
        Deed::ComplaintClosed { .. } => "A complaint is closed",
    }
}

/// The form of a step, or of a complaint that is closed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    #[serde(default)]
    step: Option<String>,
    #[serde(default)]
    closed: Option<String>,
    note: String,
    #[serde(default)]
    no_complaint: Option<String>,
}

/// Writes down a step that a person took, or that a complaint is closed.
pub(crate) async fn take(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
    Posted(form): Posted<Taken>,
) -> Answer<Response> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let back = path("account", looked.platform, &looked.id);
    let of = AccountOf {
        practice: &visitor.member.practice,
        platform: looked.platform,
        account: &looked.id,
    };
    let rules = LadderRules {
        policy: &looked.in_force.loaded.policy,
        calendar: &looked.in_force.calendar,
    };
    if is_too_long(&form.note) {
        let typed = Typed::of_step(form.note);
        let page = looked
            .page(&console, &visitor, Some(too_long()), typed)
            .await?;
        return Ok((StatusCode::CONFLICT, Page(page)).into_response());
    }
    let mut why = None;
    for person in visitor.member.roles() {
        let (ledger, now) = (console.ledger(), console.clock().now());
        let done = if let Some(id) = &form.closed {
            let post = PostKey {
                practice: of.practice.clone(),
                platform: of.platform,
                id: id.clone(),
            };
            let closed = ledger.close_complaint(of, rules, &person, &post, &form.note, now);
            closed.await
        } else {
            let step = form.step.as_deref().ok_or(Problem::Form)?;
            let new = NewStep {
                step: step.parse().map_err(|_| Problem::Form)?,
                note: &form.note,
                no_complaint: form.no_complaint.is_some(),
            };
            ledger.take_step(of, rules, &person, new, now).await
        };
        match done {
            Ok(()) => return Ok(Redirect::to(&back).into_response()),
            Err(LadderError::Ledger(error)) => return Err(error.into()),
            Err(LadderError::NoLadder) => return Err(Problem::NotFound),
            Err(error @ LadderError::Refused(_)) => {
                why = why.or(Some(sentence(&error.to_string())));
            }
            Err(error) => {
                why = Some(sentence(&error.to_string()));
                break;
            }
        }
    }
    let typed = Typed::of_step(form.note);
    let page = looked.page(&console, &visitor, why, typed).await?;
    Ok((StatusCode::CONFLICT, Page(page)).into_response())
}

/// A line of the letter: words, and what is written or ticked by hand behind them.
struct Line {
    words: String,
    /// What to write on the line, which is empty.
    blank: Option<String>,
    /// What to tick, one of them.
    ticks: Vec<String>,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    top: Top,
    account: String,
    surgery: String,
    today: String,
    lines: Vec<Line>,
    /// Why it is not sent as things stand.
    not_yet: Vec<String>,
    /// What is missing to write it.
    missing: Option<String>,
}

/// Shows the letter to print. Looking changes nothing.
pub(crate) async fn letter(
    State(console): State<Console>,
    visitor: Visitor,
    Path((platform, id)): Path<(String, String)>,
) -> Answer<impl IntoResponse> {
    let looked = look(&console, &visitor, &platform, &id).await?;
    let ladder = looked.ladder(&console, &visitor).await?;
    let ladder = ladder.ok_or(Problem::NotFound)?;
    let mut not_yet: Vec<String> = ladder.stops.iter().map(stop).collect();
    if ladder.next != Some(Step::Warn) {
        let next = ladder.next.map_or("there is none", Step::plain);
        not_yet.insert(
            0,
            format!("A written warning is not the next step: {next}."),
        );
    }
    let in_force = &looked.in_force;
    let policy = &in_force.loaded.policy;
    let clause = policy
        .clauses
        .iter()
        .find(|clause| clause.effects.contains(&Effect::Ladder))
        .ok_or(Problem::NotFound)?;
    let mut variables = Variables::of(policy, &visitor.member.settings)
        .with(Variable::Rule, rule_number(&clause.id))
        .with(Variable::Sentence, &clause.sentence());
    if let Some(proven) = ladder.proven.first() {
        let written = in_force.calendar.local_date(proven.written);
        variables = variables.with(Variable::PostDate, &written);
    }
    if let Some(due) = ladder.due {
        let due = due.strftime("%-d %B %Y").to_string();
        variables = variables.with(Variable::DueDate, &due);
    }
    let (lines, missing) = match in_force.loaded.templates.render(LETTER, &variables) {
        Ok(text) => (text.lines().map(line).collect(), None),
        Err(_) if ladder.proven.is_empty() => {
            let missing = "It names the day of the post that broke the rule, and nobody has decided yet that one did.";
            (Vec::new(), Some(missing.to_owned()))
        }
        Err(error) => (Vec::new(), Some(sentence(&error.to_string()))),
    };
    Ok(Page(LetterPage {
        top: visitor.top(),
        account: path("account", looked.platform, &looked.id),
        surgery: policy.practice.name.clone(),
        today: in_force.calendar.local_date(looked.now),
        lines,
        not_yet,
        missing,
    }))
}

/// Reads a line of the template: what stands in square brackets is written by hand, or ticked where
/// there are several.
fn line(text: &str) -> Line {
    let mut words = String::new();
    let mut asked: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inside, behind)) = after.split_once(']') else {
            break;
        };
        words.push_str(before);
        asked.push(inside.to_owned());
        rest = behind;
    }
    words.push_str(rest);
    let words = words
        .replace(" /", "")
        .trim()
        .trim_end_matches(" .")
        .to_owned();
    let (blank, ticks) = match asked.len() {
        0 | 1 => (asked.pop(), Vec::new()),
        _ => (None, asked),
    };
    Line {
        words,
        blank,
        ticks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_brackets_is_left_to_a_hand() {
        let one = line("We think so because: [reason].");
        assert_eq!(one.words, "We think so because:");
        assert_eq!(one.blank.as_deref(), Some("reason"));
        let two = line("We asked by 3 May. [It is there.] / [There is another.]");
        assert_eq!(two.words, "We asked by 3 May.");
        assert_eq!(two.ticks, ["It is there.", "There is another."]);
    }
}
