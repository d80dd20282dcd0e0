//! People and settings: who may do what and how they are reached, the limits, the switch and the
//! accounts.

use askama::Template;
use axum::extract::State;
use pagewarden_ledger::SwitchRecord;
use pagewarden_present::words;

use crate::Console;
use crate::page::{Answer, Page, Top};
use crate::visitor::Visitor;

#[derive(Template)]
#[template(path = "settings.html")]
pub(crate) struct Settings {
    top: Top,
    practice: String,
    mode: &'static str,
    people: Vec<Person>,
    channels: Vec<String>,
    acts_per_hour: u32,
    acts_per_day: u32,
    /// Every turn of the switch, the newest first.
    turns: Vec<Turn>,
    is_on: bool,
}

struct Person {
    name: String,
    roles: String,
    reached: String,
    hours: String,
    deputy: String,
}

struct Turn {
    when: String,
    what: String,
    why: Option<String>,
}

/// Shows them. They are changed by publishing, which is for the people who run the system.
pub(crate) async fn show(
    State(console): State<Console>,
    visitor: Visitor,
) -> Answer<Page<Settings>> {
    let member = &visitor.member;
    let in_force = console.policies().of(console.ledger(), member).await?;
    let turns = console.ledger().switch_turns(&member.practice).await?;
    let settings = &member.settings;
    let turn = |turn: &SwitchRecord| Turn {
        when: in_force.calendar.local(turn.at),
        what: format!(
            "{} by {}",
            if turn.on {
                "Switched on"
            } else {
                "Switched off"
            },
            words::person(&turn.by)
        ),
        why: turn.why.clone(),
    };
    let channels = settings.channels.iter();
    Ok(Page(Settings {
        top: visitor.top(),
        practice: member.practice_name().to_owned(),
        mode: words::mode(settings.mode),
        people: settings.people.iter().map(person).collect(),
        channels: channels
            .map(|one| format!("{}: {}", words::platform(one.platform), one.account))
            .collect(),
        acts_per_hour: settings.caps.acts_per_hour,
        acts_per_day: settings.caps.acts_per_day,
        is_on: turns.last().is_none_or(|turn| turn.on),
        turns: turns.iter().rev().map(turn).collect(),
    }))
}

fn person(person: &pagewarden_policies::Person) -> Person {
    let roles: Vec<String> = person
        .roles
        .iter()
        .map(|role| role.name().replace('_', " "))
        .collect();
    let ways = [&person.email, &person.mobile]
        .into_iter()
        .filter(|way| !way.is_empty())
        .cloned();
    let hours: Vec<String> = person.hours.iter().map(ToString::to_string).collect();
    Person {
        name: person.name.clone(),
        roles: roles.join(", "),
        reached: ways.collect::<Vec<_>>().join(", "),
        hours: if hours.is_empty() {
            "always".to_owned()
        } else {
            hours.join("; ")
        },
        deputy: person.deputy.clone(),
    }
}
