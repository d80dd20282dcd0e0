//! The staff log: what happened off the page, where Pagewarden reads nothing, as staff write it
//! down.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use pagewarden_ledger::{LogEntry, LogError, LogKind, LogRecord};
use pagewarden_present::words;
use pagewarden_rules::{Clause, Effect, Exception, Place, Policy};
use serde::Deserialize;

use crate::form::{Asked, LONGEST_NOTE, Posted, is_too_long};
use crate::page::{Answer, Page, Top};
use crate::pages::correct;
use crate::policies::InForce;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Entries on a page.
const ON_A_PAGE: usize = 25;

/// Characters of the longest answer to a question of one line.
const LONGEST_LINE: usize = 200;

/// Returns the routes of the staff log.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/log", get(show))
        .route("/log/new", get(ask).post(write))
        .route("/log/correct", get(ask_correction).post(put_right))
}

/// Where a page of the log begins.
#[derive(Deserialize)]
pub(crate) struct From {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "log.html")]
pub(crate) struct Log {
    top: Top,
    practice: String,
    entries: Vec<Entry>,
    next: Option<String>,
    is_first: bool,
    may_write: bool,
}

/// An entry as it is read.
struct Entry {
    title: String,
    written: String,
    place: String,
    what: String,
    seen_by: String,
    done: String,
    rule: Option<Rule>,
    agreed: bool,
    /// Its words are deleted: another entry says what is right.
    is_corrected: bool,
    /// What was wrong with another one, if it stands in its place.
    was_wrong: Option<String>,
    /// Where it is corrected, for whoever may.
    correct: Option<String>,
}

/// A rule that an entry is or may be about.
struct Rule {
    id: String,
    sentence: String,
}

/// Shows a page of the log, the newest first.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
    Asked(From { after }): Asked<From>,
) -> Answer<Page<Log>> {
    let member = &visitor.member;
    if !member.may_read() {
        return Err(Problem::NoCases);
    }
    let in_force = console.policies().of(console.ledger(), member).await?;
    let page = console
        .ledger()
        .log_page(&member.practice, after.as_deref(), ON_A_PAGE)
        .await?;
    let may_correct = correct::who(&visitor).is_some();
    Ok(Page(Log {
        top: visitor.top(),
        practice: member.practice_name().to_owned(),
        entries: page
            .entries
            .iter()
            .map(|record| entry(record, &in_force, may_correct))
            .collect(),
        next: page.next.map(|next| format!("/log?after={next}")),
        is_first: after.is_none(),
        may_write: visitor.member.may_write_down(),
    }))
}

fn entry(record: &LogRecord, in_force: &InForce, may_correct: bool) -> Entry {
    let LogEntry {
        kind,
        on,
        place,
        what,
        seen_by,
        done,
        clause,
        agreed,
    } = &record.entry;
    let clauses = &in_force.loaded.policy.clauses;
    // A policy that came in force since may have no such rule any more.
    let sentence = |id: &String| {
        clauses
            .iter()
            .find(|clause| clause.id == *id)
            .map(Clause::sentence)
    };
    Entry {
        title: format!("{}, {}", said(*kind), on.strftime("%-d %B %Y")),
        written: format!(
            "{} by {}",
            in_force.calendar.local(record.at),
            words::person(&record.by)
        ),
        place: place.clone(),
        what: what.clone(),
        seen_by: seen_by.clone(),
        done: done.clone(),
        rule: clause.as_ref().map(|id| Rule {
            id: id.clone(),
            sentence: sentence(id).unwrap_or_default(),
        }),
        agreed: *agreed,
        is_corrected: what.is_empty(),
        was_wrong: record.corrects.as_ref().map(|one| one.was_wrong.clone()),
        correct: may_correct.then(|| format!("/log/correct?entry={}", record.id)),
    }
}

const fn said(kind: LogKind) -> &'static str {
    match kind {
        LogKind::OffPage => "On somebody else's page",
        LogKind::Premises => "At the surgery",
    }
}

/// Returns the clauses that may be about what happens off the page: at the surgery, or what is
/// kept wherever it is posted.
fn clauses(policy: &Policy) -> impl Iterator<Item = &Clause> {
    let is_kept = |clause: &Clause| clause.effects.contains(&Effect::Capture);
    policy.clauses.iter().filter(move |clause| {
        clause.place == Place::Premises || (clause.place == Place::Any && is_kept(clause))
    })
}

/// Returns `true` if what a clinician has agreed to breaks no rule of the premises.
fn may_be_agreed(policy: &Policy) -> bool {
    clauses(policy).any(|clause| {
        clause.place == Place::Premises && clause.except.contains(&Exception::AgreedWithClinician)
    })
}

/// What is typed in the form. All of it is text until it is looked at, so that nothing that was
/// typed is lost.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Typed {
    kind: String,
    day: String,
    month: String,
    year: String,
    place: String,
    what: String,
    seen_by: String,
    done: String,
    rule: String,
    agreed: Option<String>,
    /// The entry that is corrected, if one is, and what was wrong with it.
    entry: String,
    wrong: String,
}

impl Typed {
    /// Returns the form of an entry that is to be corrected, as it stands.
    fn of(record: &LogRecord) -> Self {
        let entry = record.entry.clone();
        let number = |number: i8| number.to_string();
        Typed {
            kind: entry.kind.name().to_owned(),
            day: number(entry.on.day()),
            month: number(entry.on.month()),
            year: entry.on.year().to_string(),
            place: entry.place,
            what: entry.what,
            seen_by: entry.seen_by,
            done: entry.done,
            rule: entry.clause.unwrap_or_default(),
            agreed: entry.agreed.then(|| "yes".to_owned()),
            entry: record.id.clone(),
            wrong: String::new(),
        }
    }
}

/// What is wrong with a field, and which it is.
struct Wrong {
    field: &'static str,
    says: String,
}

#[derive(Template)]
#[template(path = "log-new.html")]
struct Form {
    top: Top,
    typed: Typed,
    wrong: Vec<Wrong>,
    /// The questions that are answered in words.
    fields: Vec<Field>,
    /// Where it may have happened: as it is sent, and in words.
    kinds: Vec<(&'static str, &'static str)>,
    /// What the policy says of what happens on the premises.
    says: Vec<Rule>,
    /// The rules that it may be about.
    rules: Vec<Rule>,
    may_be_agreed: bool,
}

/// A question that is answered in words.
struct Field {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    typed: String,
    /// The answer may have several lines.
    is_long: bool,
}

impl Field {
    /// Returns the questions of the form, with what was typed.
    fn all(typed: &Typed) -> Vec<Self> {
        let field = |name, label, hint, typed: &str, is_long| Field {
            name,
            label,
            hint,
            typed: typed.to_owned(),
            is_long,
        };
        vec![
            field(
                "place",
                "The place",
                "The waiting room, or the address of the page or the name of the group",
                &typed.place,
                false,
            ),
            field(
                "what",
                "What happened",
                "In a few sentences, as it was seen",
                &typed.what,
                true,
            ),
            field(
                "seen_by",
                "Who saw it",
                "Names of staff. It may be left empty",
                &typed.seen_by,
                false,
            ),
            field(
                "done",
                "What was done",
                "It may be left empty",
                &typed.done,
                true,
            ),
        ]
    }
}

impl Form {
    fn new(visitor: &Visitor, policy: &Policy, typed: Typed, wrong: Vec<Wrong>) -> Page<Self> {
        let rule = |clause: &Clause| Rule {
            id: clause.id.clone(),
            sentence: clause.sentence(),
        };
        let premises = clauses(policy).filter(|clause| clause.place == Place::Premises);
        Page(Form {
            top: visitor.top(),
            fields: Field::all(&typed),
            typed,
            wrong,
            kinds: LogKind::ALL
                .iter()
                .map(|kind| (kind.name(), said(*kind)))
                .collect(),
            says: premises.map(rule).collect(),
            rules: clauses(policy).map(rule).collect(),
            may_be_agreed: may_be_agreed(policy),
        })
    }

    /// Returns what is wrong with a field, if anything.
    fn wrong_with(&self, field: &str) -> Option<&str> {
        let wrong = self.wrong.iter().find(|wrong| wrong.field == field);
        wrong.map(|wrong| wrong.says.as_str())
    }
}

/// Returns the beginning of a sentence, for a list from which one is chosen.
fn beginning(sentence: &str) -> String {
    match sentence.char_indices().nth(60) {
        Some((end, _)) => format!("{}\u{2026}", sentence[..end].trim_end()),
        None => sentence.to_owned(),
    }
}

/// Shows the form.
pub(crate) async fn ask(
    State(console): State<Console>,
    visitor: Visitor,
) -> Answer<impl IntoResponse> {
    if !visitor.member.may_write_down() {
        return Err(Problem::NotYours);
    }
    let in_force = console
        .policies()
        .of(console.ledger(), &visitor.member)
        .await?;
    let policy = &in_force.loaded.policy;
    Ok(Form::new(&visitor, policy, Typed::default(), Vec::new()))
}

/// Takes what was typed.
pub(crate) async fn write(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(typed): Posted<Typed>,
) -> Answer<Response> {
    if !visitor.member.may_write_down() {
        return Err(Problem::NotYours);
    }
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let policy = &in_force.loaded.policy;
    let now = console.clock().now();
    let entry = match understood(&typed, policy, in_force.calendar.date(now)) {
        Ok(entry) => entry,
        Err(wrong) => {
            let page = Form::new(&visitor, policy, typed, wrong);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    for person in member.roles() {
        match console
            .ledger()
            .log(&member.practice, &person, entry.clone(), now)
            .await
        {
            Ok(_) => return Ok(Redirect::to("/log").into_response()),
            Err(LogError::Ledger(error)) => return Err(error.into()),
            // In another of their roles, perhaps.
            Err(LogError::Refused(_)) => {}
        }
    }
    Err(Problem::NotYours)
}

/// Which entry.
#[derive(Deserialize)]
pub(crate) struct Which {
    entry: String,
}

/// Shows the form by which an entry is corrected, with what it says now.
pub(crate) async fn ask_correction(
    State(console): State<Console>,
    visitor: Visitor,
    Asked(Which { entry }): Asked<Which>,
) -> Answer<impl IntoResponse> {
    correct::who(&visitor).ok_or(Problem::NotYours)?;
    let member = &visitor.member;
    let record = console.ledger().log_record(&member.practice, &entry);
    let record = record.await?.filter(|record| !record.entry.what.is_empty());
    let record = record.ok_or(Problem::NotFound)?;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let policy = &in_force.loaded.policy;
    Ok(Form::new(&visitor, policy, Typed::of(&record), Vec::new()))
}

/// Corrects an entry.
pub(crate) async fn put_right(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(typed): Posted<Typed>,
) -> Answer<Response> {
    let person = correct::who(&visitor).ok_or(Problem::NotYours)?;
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let policy = &in_force.loaded.policy;
    let now = console.clock().now();
    let refuse = |typed: Typed, wrong: Vec<Wrong>| {
        let page = Form::new(&visitor, policy, typed, wrong);
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    };
    let mut wrong = Vec::new();
    if typed.wrong.trim().is_empty() || is_too_long(&typed.wrong) {
        wrong.push(Wrong::new("wrong", "Write what was wrong, in a few words."));
    }
    let entry = match understood(&typed, policy, in_force.calendar.date(now)) {
        Ok(entry) if wrong.is_empty() => entry,
        Ok(_) => return Ok(refuse(typed, wrong)),
        Err(others) => {
            wrong.extend(others);
            return Ok(refuse(typed, wrong));
        }
    };
    let ledger = console.ledger();
    let (practice, old) = (&member.practice, typed.entry.as_str());
    let corrected = ledger.rectify_entry(practice, old, &typed.wrong, entry, &person, now);
    match correct::outcome(corrected.await)? {
        None => Ok(Redirect::to("/log").into_response()),
        Some(why) => Ok(refuse(typed, vec![Wrong::new("wrong", why)])),
    }
}

/// Reads what was typed, or says what is wrong with each field.
fn understood(typed: &Typed, policy: &Policy, today: Date) -> Result<LogEntry, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let kind = typed.kind.parse::<LogKind>().ok();
    if kind.is_none() {
        wrong.push(Wrong::new("kind", "Choose where it happened."));
    }
    let on = date(&typed.day, &typed.month, &typed.year);
    match on {
        None => wrong.push(Wrong::new("on", "Write the date, such as 24 11 2026.")),
        Some(on) if on > today => {
            wrong.push(Wrong::new("on", "The date is in the future."));
        }
        Some(_) => {}
    }
    let fields = [
        ("place", &typed.place, LONGEST_LINE, "Write the place."),
        ("what", &typed.what, LONGEST_NOTE, "Write what happened."),
        ("seen_by", &typed.seen_by, LONGEST_LINE, ""),
        ("done", &typed.done, LONGEST_NOTE, ""),
    ];
    for (field, text, longest, missing) in fields {
        if text.trim().is_empty() && !missing.is_empty() {
            wrong.push(Wrong::new(field, missing));
        } else if text.trim().chars().count() > longest {
            let says = format!("This has more than {longest} characters. Shorten it.");
            wrong.push(Wrong::new(field, says));
        }
    }
    let rule = typed.rule.trim();
    if !rule.is_empty() && !clauses(policy).any(|clause| clause.id == rule) {
        wrong.push(Wrong::new("rule", "Choose one of these rules, or none."));
    }
    let (Some(kind), Some(on), true) = (kind, on, wrong.is_empty()) else {
        return Err(wrong);
    };
    let trimmed = |text: &str| text.trim().to_owned();
    Ok(LogEntry {
        kind,
        on,
        place: trimmed(&typed.place),
        what: trimmed(&typed.what),
        seen_by: trimmed(&typed.seen_by),
        done: trimmed(&typed.done),
        clause: Some(rule.to_owned()).filter(|rule| !rule.is_empty()),
        agreed: typed.agreed.is_some() && may_be_agreed(policy),
    })
}

fn date(day: &str, month: &str, year: &str) -> Option<Date> {
    let [day, month] = [day, month].map(|part| part.trim().parse::<i8>().ok());
    Date::new(year.trim().parse().ok()?, month?, day?).ok()
}

impl Wrong {
    fn new(field: &'static str, says: impl Into<String>) -> Self {
        let says = says.into();
        Wrong { field, says }
    }
}
