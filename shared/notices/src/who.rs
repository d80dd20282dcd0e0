//! Who is told, and by which way: a pure function of the practice's people, its time, and what
//! happened before.

use jiff::civil::DateTime;
use pagewarden_policies::{Person, Way};
use pagewarden_rules::Role;

use crate::Alert;

/// Roles that decide.
const DECIDERS: &[Role] = &[
    Role::Reviewer,
    Role::PracticeManager,
    Role::SafeguardingLead,
    Role::ComplaintsManager,
];

/// One way by which one person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The person's name, as the settings have it.
    pub name: String,
    /// The way.
    pub way: Way,
    /// The address or number.
    pub address: String,
    /// What tells this way from every other: see [`Person::way_id`].
    pub way_id: String,
}

/// What it depends on who is told.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The practice's people.
    pub people: &'a [Person],
    /// The time, by the practice's own clock.
    pub local: DateTime,
    /// The name of whoever said that they are dealing with it, if somebody did.
    pub acknowledged_by: Option<&'a str>,
    /// The roles that may answer what waits; everybody's who decides where it is empty.
    pub answered_by: &'a [Role],
    /// Whether a way, by its id, is known to reach nobody.
    pub is_dead: &'a dyn Fn(&str) -> bool,
}

/// Returns whom to tell in the first round, in the second if nobody answers, and so on; the last
/// step is repeated. A step is empty where nobody in it can be reached, and before the last also
/// where all of them were told before. Which step is which does not depend on that, so a step keeps
/// its number when an address is refused.
///
/// | alert | steps | ways |
/// | --- | --- | --- |
/// | safeguarding, clinical | leads who work now (all of them if none does), their deputies, practice managers, every decider | e-mail and text |
/// | staff safety | the same, with practice managers first and leads third | e-mail and text |
/// | the same, two hours after somebody said that they deal with it | they and their deputy, then as above | e-mail and text |
/// | look today | leads who work now (all if none does), then leads and practice managers; after two hours as above | e-mail |
/// | urgent, overdue, digest | whoever may answer | e-mail |
/// | all others | practice managers | e-mail; by text where somebody has no e-mail |
#[must_use]
pub fn steps(alert: Alert, at: &Circumstances<'_>) -> Vec<Vec<Recipient>> {
    let with = |roles: &[Role]| with_roles(at.people, roles);
    let both = &[Way::Email, Way::Text][..];
    let (people, ways): (Vec<Vec<&Person>>, &[Way]) = match alert {
        Alert::Safeguarding | Alert::Clinical => (
            ladder(Role::SafeguardingLead, Role::PracticeManager, at),
            both,
        ),
        Alert::StaffSafety => (
            ladder(Role::PracticeManager, Role::SafeguardingLead, at),
            both,
        ),
        Alert::LookToday => {
            let leads = who_work(with(&[Role::SafeguardingLead]), at.local);
            (
                after(
                    at,
                    vec![
                        leads,
                        with(&[Role::SafeguardingLead, Role::PracticeManager]),
                    ],
                ),
                &[],
            )
        }
        Alert::Urgent | Alert::Overdue | Alert::Digest => {
            let roles = if at.answered_by.is_empty() {
                DECIDERS
            } else {
                at.answered_by
            };
            (vec![with(roles)], &[])
        }
        Alert::ChannelStopped
        | Alert::SweepMissed
        | Alert::LimitReached
        | Alert::SwitchedOff
        | Alert::RuleStopped
        | Alert::StepHeldUp
        | Alert::Unreachable => (vec![with(&[Role::PracticeManager])], &[]),
        // Sent to a way and not to a role.
        Alert::Code => (Vec::new(), &[]),
    };
    let last = people.len().saturating_sub(1);
    let is_news = |nth: usize| {
        let before = |one: &Person| {
            people[..nth]
                .iter()
                .flatten()
                .any(|told| told.name == one.name)
        };
        nth == last || !people[nth].iter().all(|one| before(one))
    };
    let reached = |nth: usize| {
        people[nth]
            .iter()
            .flat_map(|one| recipients(one, ways, at))
            .collect()
    };
    (0..people.len())
        .map(|nth| {
            if is_news(nth) {
                reached(nth)
            } else {
                Vec::new()
            }
        })
        .collect()
}

/// Returns whom to tell in a round, counted from 0, and which step that is: the first from there on
/// that reaches somebody, so that no time passes for nothing. None where nobody can be reached at
/// all.
#[must_use]
pub fn told(alert: Alert, at: &Circumstances<'_>, round: u32) -> Option<(u32, Vec<Recipient>)> {
    let mut steps = steps(alert, at);
    let last = steps.len().checked_sub(1)?;
    let from = usize::try_from(round).unwrap_or(usize::MAX).min(last);
    let reaches = |nth: &usize| !steps[*nth].is_empty();
    // Where nobody is left further on, whoever was reached last is told again.
    let step = (from..=last)
        .find(reaches)
        .or_else(|| (0..from).rev().find(reaches))?;
    Some((u32::try_from(step).ok()?, steps.swap_remove(step)))
}

fn ladder<'a>(first: Role, then: Role, at: &Circumstances<'a>) -> Vec<Vec<&'a Person>> {
    let on_call = who_work(with_roles(at.people, &[first]), at.local);
    let steps = vec![
        on_call.clone(),
        deputies(&on_call, at.people),
        with_roles(at.people, &[then]),
        with_roles(at.people, DECIDERS),
    ];
    after(at, steps)
}

/// Puts whoever said that they are dealing with it, and their deputy, before the others.
fn after<'a>(at: &Circumstances<'a>, mut steps: Vec<Vec<&'a Person>>) -> Vec<Vec<&'a Person>> {
    let dealing = at
        .people
        .iter()
        .find(|person| at.acknowledged_by == Some(person.name.as_str()));
    if let Some(dealing) = dealing {
        let deputies = deputies(&[dealing], at.people);
        steps.insert(0, [vec![dealing], deputies].concat());
    }
    steps
}

fn with_roles<'a>(people: &'a [Person], roles: &[Role]) -> Vec<&'a Person> {
    people
        .iter()
        .filter(|person| person.roles.iter().any(|role| roles.contains(role)))
        .collect()
}

/// Returns those who work at a time, or all of them if nobody does.
fn who_work(people: Vec<&Person>, local: DateTime) -> Vec<&Person> {
    let working: Vec<&Person> = people
        .iter()
        .copied()
        .filter(|person| person.works_at(local))
        .collect();
    if working.is_empty() { people } else { working }
}

/// Returns the deputies of some people, each once and none who is among those people.
fn deputies<'a>(of: &[&Person], people: &'a [Person]) -> Vec<&'a Person> {
    let is_deputy = |person: &&Person| of.iter().any(|one| one.deputy == person.name);
    people
        .iter()
        .filter(is_deputy)
        .filter(|person| !of.iter().any(|one| one.name == person.name))
        .collect()
}

/// Returns the ways to tell somebody. Where no way is asked for, one will do: by e-mail if that
/// reaches them.
fn recipients(person: &Person, ways: &[Way], at: &Circumstances<'_>) -> Vec<Recipient> {
    let alive = |(way, way_id): (Way, String)| {
        let address = person.address(way)?.to_owned();
        (!(at.is_dead)(&way_id)).then(|| Recipient {
            name: person.name.clone(),
            way,
            address,
            way_id,
        })
    };
    let mut alive: Vec<Recipient> = person.ways().filter_map(alive).collect();
    if ways.is_empty() {
        alive.truncate(1);
    } else {
        alive.retain(|one| ways.contains(&one.way));
    }
    alive
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn person(name: &str, role: Role, deputy: &str, hours: &[&str]) -> Person {
        Person {
            email: format!("{}@oak.example", name.to_lowercase()),
            mobile: "+447700900123".into(),
            deputy: deputy.into(),
            hours: hours.iter().map(|hours| hours.parse().unwrap()).collect(),
            ..Person::named(name, role)
        }
    }

    fn people() -> Vec<Person> {
        vec![
            person(
                "Lee",
                Role::SafeguardingLead,
                "Dot",
                &["mon-fri 08:00-13:00"],
            ),
            person(
                "Lou",
                Role::SafeguardingLead,
                "Dan",
                &["mon-fri 13:00-18:30"],
            ),
            person("Dot", Role::Reviewer, "", &[]),
            person("Dan", Role::Auditor, "", &[]),
            person(
                "Pat",
                Role::PracticeManager,
                "Dot",
                &["mon-fri 09:00-17:00"],
            ),
            person("Kim", Role::ComplaintsManager, "", &[]),
            person("Dee", Role::Deployer, "", &[]),
        ]
    }

    fn at(hour: i8) -> DateTime {
        // 25 November 2026 is a Wednesday.
        date(2026, 11, 25).at(hour, 0, 0, 0)
    }

    /// The names of each step, with the letters of the ways.
    fn named(
        alert: Alert,
        people: &[Person],
        local: DateTime,
        acknowledged_by: Option<&str>,
    ) -> Vec<String> {
        let at = Circumstances {
            people,
            local,
            acknowledged_by,
            answered_by: &[],
            is_dead: &|_| false,
        };
        let mut steps: Vec<String> = Vec::new();
        for step in super::steps(alert, &at)
            .into_iter()
            .filter(|step| !step.is_empty())
        {
            let mut names: Vec<String> = Vec::new();
            for one in step {
                let way = if one.way == Way::Email { "e" } else { "t" };
                match names
                    .last_mut()
                    .filter(|last| last.starts_with(&format!("{}:", one.name)))
                {
                    Some(last) => last.push_str(way),
                    None => names.push(format!("{}:{way}", one.name)),
                }
            }
            steps.push(names.join(" "));
        }
        steps
    }

    #[test]
    fn danger_goes_to_leads_deputies_managers_then_everybody() {
        let everybody = "Lee:et Lou:et Dot:et Pat:et Kim:et";
        assert_eq!(
            named(Alert::Safeguarding, &people(), at(10), None),
            ["Lee:et", "Dot:et", "Pat:et", everybody]
        );
        assert_eq!(
            named(Alert::Safeguarding, &people(), at(14), None),
            ["Lou:et", "Dan:et", "Pat:et", everybody],
            "a deputy is told whatever their role"
        );
        let at_night = named(Alert::Clinical, &people(), at(3), None);
        assert_eq!(
            at_night,
            ["Lee:et Lou:et", "Dot:et Dan:et", "Pat:et", everybody],
            "nobody works, so all are told"
        );
    }

    #[test]
    fn danger_to_staff_goes_to_the_managers_first() {
        let told = named(Alert::StaffSafety, &people(), at(10), None);
        assert_eq!(
            told,
            [
                "Pat:et",
                "Dot:et",
                "Lee:et Lou:et",
                "Lee:et Lou:et Dot:et Pat:et Kim:et"
            ]
        );
    }

    #[test]
    fn who_deals_with_it_is_told_first_with_their_deputy() {
        let told = named(Alert::Safeguarding, &people(), at(10), Some("Pat"));
        // Dot and Pat have been told by then.
        assert_eq!(
            told,
            [
                "Pat:et Dot:et",
                "Lee:et",
                "Lee:et Lou:et Dot:et Pat:et Kim:et"
            ]
        );
        // Somebody who is not among the people any more is nobody to wait for.
        assert_eq!(
            named(Alert::Safeguarding, &people(), at(10), Some("Gone"))[0],
            "Lee:et"
        );
    }

    #[test]
    fn what_is_wrong_with_the_machine_goes_to_the_managers_by_email() {
        for alert in [
            Alert::ChannelStopped,
            Alert::SweepMissed,
            Alert::LimitReached,
            Alert::SwitchedOff,
            Alert::Unreachable,
        ] {
            assert_eq!(named(alert, &people(), at(3), None), ["Pat:e"], "{alert}");
        }
    }

    #[test]
    fn what_is_late_goes_to_whoever_may_answer_it() {
        assert_eq!(
            named(Alert::Overdue, &people(), at(10), None),
            ["Lee:e Lou:e Dot:e Pat:e Kim:e"]
        );
        let people = people();
        let at = Circumstances {
            people: &people,
            local: at(10),
            acknowledged_by: None,
            answered_by: &[Role::PracticeManager],
            is_dead: &|_| false,
        };
        let (step, told) = told(Alert::Overdue, &at, 7).unwrap();
        assert_eq!((step, told[0].name.as_str(), told.len()), (0, "Pat", 1));
    }

    #[test]
    fn steps_that_reach_nobody_are_left_out_the_last_repeated() {
        let mut people = people();
        people.retain(|person| ["Lee", "Pat"].contains(&person.name.as_str()));
        people[0].email.clear();
        assert_eq!(
            named(Alert::Safeguarding, &people, at(10), None),
            ["Lee:t", "Pat:et", "Lee:t Pat:et"]
        );
        let dead = people[0].way_id(Way::Text).unwrap();
        let at = Circumstances {
            people: &people,
            local: at(10),
            acknowledged_by: None,
            answered_by: &[],
            is_dead: &|way| way == dead,
        };
        let names = |round| {
            let (step, told) = told(Alert::Safeguarding, &at, round).unwrap();
            (
                step,
                told.into_iter().map(|one| one.name).collect::<Vec<_>>(),
            )
        };
        let pat = || vec!["Pat".to_owned(), "Pat".to_owned()];
        assert_eq!(
            names(0),
            (2, pat()),
            "whom no way reaches is passed over at once"
        );
        assert_eq!(names(3), (3, pat()));
        assert_eq!(names(100), (3, pat()));
        let nobody = Circumstances { people: &[], ..at };
        assert_eq!(told(Alert::Safeguarding, &nobody, 0), None);
    }

    #[test]
    fn who_has_no_email_is_told_by_text() {
        let mut people = people();
        people[4].email.clear();
        assert_eq!(named(Alert::SwitchedOff, &people, at(10), None), ["Pat:t"]);
    }
}
