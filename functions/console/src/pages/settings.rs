//! People and settings: who may do what and how they are reached, the limits, the switch and the
//! accounts.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use pagewarden_ledger::{
    Act, Calendar, ChannelCheck, ConfirmError, Grounds, Person as Decider, SwitchError,
    SwitchRecord, TaskRecord, TaskStatus, Turn, Turned, may,
};
use pagewarden_policies::{Person as Named, Way};
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::{Channel, Platform, PostKey, TaskKind};
use serde::Deserialize;

use crate::form::{Posted, is_too_long, written};
use crate::page::{Answer, Page, Top};
use crate::pages::connect;
use crate::visitor::Visitor;
use crate::{Console, Problem};

/// Where this page is.
const ADDRESS: &str = "/people";

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    top: Top,
    practice: String,
    mode: &'static str,
    people: Vec<Person>,
    channels: Vec<Account>,
    /// What whoever runs the system types to connect an account that is not in the settings; nothing
    /// for who is no manager.
    commands: Vec<String>,
    acts_per_hour: u32,
    acts_per_day: u32,
    switch: Switch,
    /// Every turn of the switch, the newest first.
    turns: Vec<TurnLine>,
    /// The visitor's own ways.
    ways: Vec<OwnWay>,
    notice: Option<Notice>,
}

/// How the switch stands, and what this person may do about it.
struct Switch {
    /// Who turned it off; none where it is on.
    off_by: Option<String>,
    /// Who asked for it to be turned on again.
    asked_by: Option<String>,
    may_stop: bool,
    /// The button by which they ask or agree.
    start: Option<&'static str>,
    /// Nobody could agree with them.
    alone: bool,
}

struct Person {
    name: String,
    roles: String,
    reached: Vec<String>,
    hours: String,
    deputy: String,
}

struct OwnWay {
    /// What the form sends.
    way: &'static str,
    address: String,
    confirmed: bool,
    /// A message there was refused since.
    dead: bool,
}

struct Account {
    name: String,
    /// What the form sends by which it is connected, and its button; none where this person may not.
    connects: Option<(Channel, &'static str)>,
    state: String,
    works: bool,
    /// What the newest `channel check` said.
    checked: Checked,
}

/// What a check of an account said.
struct Checked {
    /// Who checked it and when.
    by: Option<String>,
    says: String,
    works: bool,
}

struct TurnLine {
    when: String,
    what: String,
    why: Option<String>,
}

/// What came of a form, above the page.
struct Notice {
    title: &'static str,
    says: String,
    /// Whether nothing was done.
    is_error: bool,
}

impl Notice {
    fn refused(says: impl Into<String>) -> Self {
        Notice {
            title: "Nothing was changed",
            says: says.into(),
            is_error: true,
        }
    }
}

/// Shows them. Settings are changed by publishing, which is for the people who run the system.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
) -> Answer<impl IntoResponse> {
    page(&console, &visitor, None).await
}

async fn page(
    console: &Console,
    visitor: &Visitor,
    notice: Option<Notice>,
) -> Answer<Page<SettingsPage>> {
    let member = &visitor.member;
    let (ledger, now) = (console.ledger(), console.clock().now());
    let in_force = console.policies().of(ledger, member).await?;
    let calendar = &in_force.calendar;
    let turns = ledger.switch_turns(&member.practice).await?;
    let switch = ledger.switch(&member.practice).await?;
    let settings = &member.settings;
    let confirmed = ledger.confirmed_ways(&member.practice).await?;
    let own: Vec<(Way, String)> = member.person.ways().collect();
    let ids: Vec<String> = own.iter().map(|(_, id)| id.clone()).collect();
    let dead = ledger.dead_ways(&member.practice, &ids).await?;
    let ways = own.iter().map(|(way, id)| OwnWay {
        way: way.name(),
        address: member.person.address(*way).unwrap_or_default().to_owned(),
        confirmed: confirmed.contains(id),
        dead: dead.contains(id),
    });
    let may_connect = connect::may(visitor);
    let mut channels = Vec::new();
    for channel in &settings.channels {
        // What stops an account is a task about it, which stands where a post's tasks do.
        let key = PostKey {
            practice: member.practice.clone(),
            platform: channel.platform,
            id: channel.account.clone(),
        };
        let tasks = ledger.tasks_of(&key).await?;
        let is_stopped = |task: &&TaskRecord| {
            task.kind == TaskKind::ReconnectChannel && task.status == TaskStatus::Open
        };
        let stopped = tasks.iter().find(is_stopped);
        let failed_at = ledger.sweep_failed_at(&member.practice, channel).await?;
        let failed_at = failed_at.map(|at| calendar.local(at));
        let check = ledger.channel_check(&member.practice, channel).await?;
        let checked = checked(check, calendar);
        channels.push(account(channel, may_connect, stopped, failed_at, checked));
    }
    let person = |person: &Named| {
        let is_confirmed = |id: &String| confirmed.contains(id);
        self::person(person, is_confirmed)
    };
    Ok(Page(SettingsPage {
        top: visitor.top(),
        practice: member.practice_name().to_owned(),
        mode: words::mode(settings.mode),
        people: settings.people.iter().map(person).collect(),
        channels,
        commands: commands(visitor),
        acts_per_hour: settings.caps.acts_per_hour,
        acts_per_day: settings.caps.acts_per_day,
        switch: stands(visitor, switch, calendar, now),
        turns: turns
            .iter()
            .rev()
            .map(|turn| line(turn, calendar))
            .collect(),
        ways: ways.collect(),
        notice,
    }))
}

fn stands(
    visitor: &Visitor,
    switch: Option<SwitchRecord>,
    calendar: &Calendar,
    now: jiff::Timestamp,
) -> Switch {
    let name = &visitor.member.person.name;
    let off = switch.filter(|switch| !switch.on);
    let when = |by: &str, at| format!("{}, {}", words::person(by), calendar.local(at));
    let asked = off.as_ref().and_then(|off| off.asked(now));
    let others = visitor.member.everybody();
    let could_agree = |one: &Decider| one.name != *name && may_turn(visitor, one, true);
    let may_start = acting(visitor, true).is_some();
    let start = match asked {
        None => Some("Ask for it to be switched on"),
        Some(asked) if asked.name() == name => None,
        Some(_) => Some("Agree: switch it on"),
    };
    Switch {
        off_by: off.as_ref().map(|off| when(&off.by, off.at)),
        asked_by: asked.map(|asked| when(&asked.by, asked.at)),
        may_stop: acting(visitor, false).is_some(),
        start: start.filter(|_| may_start),
        alone: may_start && !others.iter().any(could_agree),
    }
}

fn may_turn(visitor: &Visitor, person: &Decider, on: bool) -> bool {
    let member = &visitor.member;
    let grounds = Grounds::of_practice(member.practice.clone(), member.everybody());
    may(person, &Act::Switch { on }, &grounds).is_ok()
}

/// Returns somebody in the role in which they may turn the switch: as a manager, if they are one.
pub(super) fn acting(visitor: &Visitor, on: bool) -> Option<Decider> {
    visitor.member.who_may_as_manager(&Act::Switch { on })
}

fn line(turn: &Turn, calendar: &Calendar) -> TurnLine {
    let by = words::person(&turn.by);
    TurnLine {
        when: calendar.local(turn.at),
        what: match &turn.to {
            Turned::Off => format!("Switched off by {by}"),
            Turned::Asked => format!("{by} asked for it to be switched on again"),
            Turned::On { asked: Some(asked) } => {
                format!("Switched on by {by}, as {} had asked", words::person(asked))
            }
            Turned::On { asked: None } => format!("Switched on by {by}"),
            Turned::Connected { channel } => {
                format!("{by} agreed to connect {}", name(channel))
            }
            Turned::RuleAsked { clause } => {
                format!("{by} asked for rule {clause} to be started again")
            }
            Turned::RuleStarted { clause, asked } => format!(
                "Rule {clause} started again by {by}, as {} had asked",
                words::person(asked)
            ),
        },
        why: turn.why.clone(),
    }
}

fn checked(check: Option<ChannelCheck>, calendar: &Calendar) -> Checked {
    let Some(check) = check else {
        return Checked {
            by: None,
            says: "Nobody has checked yet whether everything works here".to_owned(),
            works: true,
        };
    };
    let by = format!(
        "Checked by {}, {}",
        plain(&check.by),
        calendar.local(check.at)
    );
    let says = check.says.as_deref().map(plain);
    let says = match (check.ready, says) {
        (true, None) => "everything works".to_owned(),
        (true, Some(soon)) => format!("everything works, but {soon}"),
        (false, missing) => format!(
            "something is missing: {}",
            missing.unwrap_or_else(|| "it was not said what".to_owned())
        ),
    };
    Checked {
        by: Some(by),
        says,
        works: check.ready,
    }
}

/// Returns what people call an account.
pub(super) fn name(channel: &Channel) -> String {
    format!("{}: {}", words::platform(channel.platform), channel.account)
}

fn account(
    channel: &Channel,
    may_connect: bool,
    stopped: Option<&TaskRecord>,
    failed_at: Option<String>,
    checked: Checked,
) -> Account {
    let (works, state) = match (stopped, failed_at) {
        (Some(task), _) => (false, format!("Not connected: {}", task.why)),
        (None, Some(at)) => (false, format!("It could not be read at {at}")),
        (None, None) => (true, "Connected".to_owned()),
    };
    let button = if checked.by.is_some() {
        "Connect it again"
    } else {
        "Connect it"
    };
    Account {
        name: name(channel),
        connects: (may_connect && connect::is_connected(channel.platform))
            .then(|| (channel.clone(), button)),
        state,
        works,
        checked,
    }
}

/// Returns the commands by which an account is connected that the practice's settings do not name:
/// one for each platform on which they name none.
fn commands(visitor: &Visitor) -> Vec<String> {
    if !connect::may(visitor) {
        return Vec::new();
    }
    let member = &visitor.member;
    let is_to_connect = |platform: &&Platform| {
        let mut channels = member.settings.channels.iter();
        connect::is_connected(**platform) && !channels.any(|channel| channel.platform == **platform)
    };
    let command = |platform: &Platform| {
        let site = match platform {
            Platform::Website => " --site https://www.practice.example",
            Platform::Facebook
            | Platform::Instagram
            | Platform::X
            | Platform::Google
            | Platform::StaffLog => "",
        };
        format!(
            "pagewarden connect {platform} --practice {}{site}",
            member.practice
        )
    };
    Platform::ALL
        .iter()
        .filter(is_to_connect)
        .map(command)
        .collect()
}

fn person(person: &Named, is_confirmed: impl Fn(&String) -> bool) -> Person {
    let roles: Vec<String> = person
        .roles
        .iter()
        .map(|role| role.name().replace('_', " "))
        .collect();
    let reached = person.ways().map(|(way, id)| {
        let address = person.address(way).unwrap_or_default();
        let confirmed = if is_confirmed(&id) {
            "confirmed"
        } else {
            "not confirmed"
        };
        format!("{address} ({confirmed})")
    });
    let hours: Vec<String> = person.hours.iter().map(ToString::to_string).collect();
    Person {
        name: person.name.clone(),
        roles: roles.join(", "),
        reached: reached.collect(),
        hours: if hours.is_empty() {
            "always".to_owned()
        } else {
            hours.join("; ")
        },
        deputy: person.deputy.clone(),
    }
}

/// The form by which the switch is turned.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TurnForm {
    to: To,
    #[serde(default)]
    note: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum To {
    On,
    Off,
}

/// Turns the switch: off at one press, and on once two people want it.
pub(crate) async fn turn(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(form): Posted<TurnForm>,
) -> Answer<Response> {
    let (practice, now) = (&visitor.member.practice, console.clock().now());
    if is_too_long(form.note.trim()) {
        return Err(Problem::TooLarge);
    }
    let note = written(&form.note);
    let on = matches!(form.to, To::On);
    let Some(person) = acting(&visitor, on) else {
        let says = "Your role may not do that. Ask somebody who decides at your practice.";
        return refused(&console, &visitor, says).await;
    };
    let turned = if on {
        let started = console.ledger().switch_on(practice, &person, note, now);
        started.await.map(|_| ())
    } else {
        console
            .ledger()
            .switch_off(practice, &person, note, now)
            .await
    };
    match turned {
        Ok(()) => Ok(Redirect::to(ADDRESS).into_response()),
        Err(SwitchError::Ledger(error)) => Err(error.into()),
        Err(SwitchError::On) => refused(&console, &visitor, "It is switched on already.").await,
        Err(error) => refused(&console, &visitor, &format!("{error}.")).await,
    }
}

async fn refused(console: &Console, visitor: &Visitor, says: &str) -> Answer<Response> {
    let page = page(console, visitor, Some(Notice::refused(says))).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

/// The form by which a code is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeForm {
    way: Way,
}

/// Has a code sent by one of the visitor's own ways.
pub(crate) async fn send_code(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(CodeForm { way }): Posted<CodeForm>,
) -> Answer<Response> {
    let member = &visitor.member;
    let Some(id) = member.person.way_id(way) else {
        let says = "The settings do not have that way to reach you.";
        return refused(&console, &visitor, says).await;
    };
    let (ledger, now) = (console.ledger(), console.clock().now());
    let name = &member.person.name;
    let asked = ledger
        .ask_for_code(&member.practice, name, way.name(), &id, now)
        .await?;
    let notice = Notice {
        title: "A code is on its way",
        says: if asked {
            "It comes within a minute or two. Type it below.".to_owned()
        } else {
            "One was asked for less than a minute ago. If it does not come, ask for another one then."
                .to_owned()
        },
        is_error: false,
    };
    Ok(page(&console, &visitor, Some(notice))
        .await?
        .into_response())
}

/// The form with a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmed {
    code: String,
}

/// Confirms one of the visitor's own ways by the code that was sent to it.
pub(crate) async fn confirm(
    State(console): State<Console>,
    visitor: Visitor,
    Posted(Confirmed { code }): Posted<Confirmed>,
) -> Answer<Response> {
    let member = &visitor.member;
    let code: String = code.split_whitespace().collect();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        let says = "A code is six digits, as in the message.";
        return refused(&console, &visitor, says).await;
    }
    let ways: Vec<(String, String)> = member
        .person
        .ways()
        .map(|(way, id)| (way.name().to_owned(), id))
        .collect();
    let roles = member.roles();
    let person = roles.first().ok_or(Problem::Form)?;
    let confirmed = console
        .ledger()
        .confirm_way(
            &member.practice,
            person,
            &ways,
            &code,
            console.clock().now(),
        )
        .await;
    match confirmed {
        Ok(_) => Ok(Redirect::to(ADDRESS).into_response()),
        Err(ConfirmError::Ledger(error)) => Err(error.into()),
        Err(ConfirmError::Refused(error)) => {
            refused(&console, &visitor, &format!("{error}.")).await
        }
        Err(ConfirmError::NoCode(_)) => {
            let says = "No code of yours works: it was used, is older than 7 days, or was mistyped 5 times. Ask for \
                        another one.";
            refused(&console, &visitor, says).await
        }
        Err(ConfirmError::Wrong { left: 0, .. }) => {
            refused(
                &console,
                &visitor,
                "That is not the code that was sent to you. Ask for another one.",
            )
            .await
        }
        Err(ConfirmError::Wrong { left, .. }) => {
            let tries = if left == 1 { "try" } else { "tries" };
            let says =
                format!("That is not the code that was sent to you. You have {left} more {tries}.");
            refused(&console, &visitor, &says).await
        }
    }
}
