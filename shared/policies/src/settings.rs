//! Settings: what a practice decides beside its policy.

use std::collections::BTreeMap;

use pagewarden_rules::{Channel, Links, Mode, Platform, Role, Roster};
use serde::{Deserialize, Serialize};

use crate::document::{At, Document};
use crate::people::Person;
use crate::problem::Collector;
use crate::{Problems, shape};

/// What one practice decided. Everything has a default that does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How far the machine may act.
    pub mode: Mode,
    /// Addresses that the policy file does not give, or gives wrongly. Blank ones leave the
    /// policy's own.
    pub links: Links,
    /// What the practice decided where its policy leaves a gap: by the clause's id, in words.
    pub settled: BTreeMap<String, String>,
    /// How much the machine may do.
    pub caps: Caps,
    /// The practice's people, so that the reader can tell them from others.
    pub roster: Roster,
    /// Its accounts on the platforms.
    pub channels: Vec<Channel>,
    /// Who decides, and who is paged.
    pub people: Vec<Person>,
}

/// How much the machine may do before it waits for a person. What is over a cap is parked, never
/// dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// Automatic acts on a platform in an hour.
    pub acts_per_hour: u32,
    /// Automatic acts on a platform in a day.
    pub acts_per_day: u32,
}

impl Default for Caps {
    /// More than five hides an hour at one practice is either an attack or a mistake of ours: a
    /// person looks.
    fn default() -> Self {
        Caps {
            acts_per_hour: 5,
            acts_per_day: 20,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            mode: Mode::Shadow,
            links: Links::default(),
            settled: BTreeMap::new(),
            caps: Caps::default(),
            roster: Roster::default(),
            channels: Vec::new(),
            people: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads a practice's settings, or tells every problem in them. `file` is the name that
    /// problems carry.
    pub fn read(text: &str, file: &str) -> Result<Self, Problems> {
        let mut problems = Collector::new(file);
        let settings = Document::parse(text, &mut problems).and_then(|document| {
            shape::check(&document, &shape::SETTINGS, &mut problems)?;
            if problems.count() > 0 {
                return None;
            }
            match toml::from_str::<Settings>(text) {
                Ok(settings) => {
                    settings.check(&document, &mut problems);
                    Some(settings)
                }
                Err(error) => {
                    let line = error.span().map_or(1, |span| document.line_at(span.start));
                    problems.error(
                        line,
                        error.message(),
                        "settings as those of the demonstration",
                    );
                    None
                }
            }
        });
        match settings {
            Some(settings) if problems.count() == 0 => Ok(settings),
            _ => Err(problems.into_sorted().0),
        }
    }

    /// Reports accounts that no platform has, and people without a name or with one that is none.
    fn check(&self, document: &Document<'_>, problems: &mut Collector) {
        for (nth, channel) in self.channels.iter().enumerate() {
            let line = document.line(At::Nth("channels", nth), "account");
            if let Some(form) = not_an_account(channel) {
                let message = format!(
                    "\"{}\" is no account on {}",
                    channel.account, channel.platform
                );
                problems.error(line, message, form);
            }
            if self.channels[..nth].contains(channel) {
                let message = format!(
                    "the {} account {} stands twice",
                    channel.platform, channel.account
                );
                problems.error(line, message, "each account once");
            } else if let Some(other) = self.channels[..nth].iter().find(|other| {
                other.platform == channel.platform && channel.platform.counts_posts_by_account()
            }) {
                let message = format!(
                    "{} is a second {} beside {}, and the numbers of their posts would be mixed up",
                    channel.account, channel.platform, other.account
                );
                problems.error(line, message, "one of the two");
            }
        }
        for (nth, person) in self.people.iter().enumerate() {
            self.check_person(
                nth,
                person,
                &|key| document.line(At::Nth("people", nth), key),
                problems,
            );
        }
        if self
            .roster
            .staff
            .iter()
            .any(|member| member.name.trim().is_empty())
        {
            let line = document.line(At::Table("roster"), "staff");
            problems.error(
                line,
                "somebody on the roster has no name",
                "the full name of each",
            );
        }
    }

    fn check_person(
        &self,
        nth: usize,
        person: &Person,
        line: &dyn Fn(&str) -> usize,
        problems: &mut Collector,
    ) {
        let name = &person.name;
        if name.trim().is_empty() {
            let role = person.roles.first().map_or("person", |role| role.name());
            problems.error(
                line("name"),
                format!("a {role} without a name"),
                "the name, as the record is to show it,",
            );
            return;
        }
        if name.chars().any(char::is_control) || name.trim() != name {
            let message = "somebody's name has line ends, control characters or blanks around it";
            problems.error(
                line("name"),
                message,
                "the name alone, as the record is to show it,",
            );
        }
        for (key, message, write) in person.faults() {
            problems.error(line(key), message, write);
        }
        let before = &self.people[..nth];
        if before.iter().any(|other| other.name == *name) {
            problems.error(
                line("name"),
                format!("{name} stands twice"),
                "each person once, with all their roles,",
            );
        }
        let same = |a: &str, b: &str| !a.is_empty() && a.eq_ignore_ascii_case(b);
        if let Some(other) = before
            .iter()
            .find(|other| same(&other.email, &person.email))
        {
            let message = format!("{name} and {} have the same e-mail address", other.name);
            problems.error(line("email"), message, "an address of each person's own");
        }
        if !person.deputy.is_empty() && !self.people.iter().any(|other| other.name == person.deputy)
        {
            let message = format!(
                "{}, the deputy of {name}, is not among the people",
                person.deputy
            );
            problems.error(line("deputy"), message, "the name of one of them");
        }
    }

    /// Returns the addresses in force: the practice's own, and the policy's where it supplied none.
    #[must_use]
    pub fn links_over(&self, policy: &Links) -> Links {
        let pick = |own: &String, policy: &String| {
            if own.trim().is_empty() {
                policy.clone()
            } else {
                own.clone()
            }
        };
        let own = &self.links;
        Links {
            complaints: pick(&own.complaints, &policy.complaints),
            official_review: pick(&own.official_review, &policy.official_review),
            contact_public: pick(&own.contact_public, &policy.contact_public),
            policy_page: pick(&own.policy_page, &policy.policy_page),
            challenge: pick(&own.challenge, &policy.challenge),
            law_guidance: pick(&own.law_guidance, &policy.law_guidance),
        }
    }

    /// Returns `true` if somebody has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.people
            .iter()
            .any(|person| person.roles.contains(&role))
    }
}

/// Returns what to write where an account cannot be one. What is no account is never heard of, and
/// nobody would notice.
fn not_an_account(channel: &Channel) -> Option<&'static str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let host =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b':');
    let account = channel.account.as_str();
    match channel.platform {
        Platform::Facebook | Platform::Instagram | Platform::X => {
            (!digits(account)).then_some("the account's id, which is digits alone,")
        }
        Platform::Google => {
            let numbers = account
                .strip_prefix("accounts/")
                .and_then(|rest| rest.split_once("/locations/"));
            let well =
                numbers.is_some_and(|(account, location)| digits(account) && digits(location));
            (!well).then_some("accounts/NUMBER/locations/NUMBER")
        }
        Platform::Website => {
            let well = !account.is_empty() && account.bytes().all(host);
            (!well).then_some("the site's name alone, such as www.practice.example,")
        }
        Platform::StaffLog => account.trim().is_empty().then_some("a name for the log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_does_nothing() {
        let settings: Settings = toml::from_str("").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.mode, Mode::Shadow);
        assert_eq!(
            settings.caps,
            Caps {
                acts_per_hour: 5,
                acts_per_day: 20
            }
        );
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one case after another")]
    fn what_is_wrong_with_settings_is_told_by_its_line() {
        let told = |text: &str| -> Vec<String> {
            Settings::read(text, "s.toml")
                .unwrap_err()
                .iter()
                .map(ToString::to_string)
                .collect()
        };
        let one = |text: &str, expected: &str| assert_eq!(told(text), [expected]);
        one(
            "mode = \"Live\"",
            "s.toml:1: unknown word \"Live\" in \"mode\"; write \"live\" instead",
        );
        one(
            "\n[link]\n",
            "s.toml:2: unknown table or key \"link\"; write \"links\" instead",
        );
        one(
            "[roster]\nstafff = []",
            "s.toml:2: unknown key \"stafff\" in [roster]; write \"staff\" instead",
        );
        one(
            "[roster]\nstaff = [{ name = \"A\", rol = \"GP\" }]",
            "s.toml:2: unknown key \"rol\" in [[roster.staff]]; write \"role\" instead",
        );
        one(
            "[roster]\nstaff = [\"A\"]",
            "s.toml:2: \"staff\" holds a text; write [{ name = \"a text\" }] instead",
        );
        one(
            "caps.acts_per_hour = -1",
            "s.toml:1: \"acts_per_hour\" is out of its range; write a number from 0 to 10000 instead",
        );
        one(
            "settled.T7 = 7",
            "s.toml:1: \"T7\" holds a number; write \"a text\" instead",
        );
        let channel = |platform: &str, account: &str| {
            format!("[[channels]]\nplatform = \"{platform}\"\naccount = {account}\n")
        };
        one(
            &channel("facebook", "600"),
            "s.toml:3: \"account\" holds a number; write \"a text\" instead",
        );
        one(
            &channel("facebook", "\"facebook.com/oak\""),
            "s.toml:3: \"facebook.com/oak\" is no account on facebook; write the account's id, which is digits alone, instead",
        );
        assert!(
            told(&channel("google", "\"accounts/1\""))[0]
                .contains("accounts/NUMBER/locations/NUMBER")
        );
        assert!(
            told(&channel("website", "\"https://oak.example/\""))[0]
                .contains("the site's name alone")
        );
        let twice = channel("x", "\"600\"").repeat(2);
        one(
            &twice,
            "s.toml:6: the x account 600 stands twice; write each account once instead",
        );
        let people = "people = [{ name = \" \", roles = [\"practice_manager\"] }]";
        assert!(told(people)[0].contains("a practice_manager without a name"));
        let people = "people = [{ name = \"Pat\\u001b[2J\", roles = [\"reviewer\"] }]";
        assert!(
            told(people)[0].contains("control characters"),
            "{:?}",
            told(people)
        );
        let twice = "people = [{ name = \"Pat\", roles = [\"reviewer\"] }, { name = \"Pat\", roles = [\"reviewer\"] }]";
        assert!(
            told(twice)[0].contains("Pat stands twice"),
            "{:?}",
            told(twice)
        );
        let person = |rest: &str| {
            told(&format!(
                "people = [{{ name = \"Pat\", roles = [\"reviewer\"], {rest} }}]"
            ))[0]
                .clone()
        };
        assert!(person("email = \"pat\"").contains("\"pat\" is no e-mail address"));
        assert!(person("mobile = \"07700900123\"").contains("such as +447700900123"));
        assert!(person("deputy = \"Pat\"").contains("Pat is their own deputy"));
        assert!(
            person("deputy = \"Kim\"").contains("Kim, the deputy of Pat, is not among the people")
        );
        assert!(person("hours = [\"always\"]").contains("mon-fri 08:00-18:30"));
        let people = "people = [{ name = \"Pat\", roles = [] }]";
        assert!(
            told(people)[0].contains("Pat has no role"),
            "{:?}",
            told(people)
        );
        let shared = "people = [{ name = \"Pat\", roles = [\"reviewer\"], email = \"a@b.example\" }, \
            { name = \"Kim\", roles = [\"auditor\"], email = \"A@b.example\" }]";
        assert!(
            told(shared)[0].contains("Kim and Pat have the same e-mail address"),
            "{:?}",
            told(shared)
        );
        let slip = told("mode = \u{201c}live\u{201d}");
        assert!(
            slip[0].starts_with("s.toml:1: not TOML")
                && slip[0].contains("straight quotation marks"),
            "{slip:?}"
        );
        let good = channel("google", "\"accounts/1/locations/2\"")
            + &channel("google", "\"accounts/1/locations/3\"")
            + &channel("website", "\"www.oak.example\"");
        assert_eq!(Settings::read(&good, "s.toml").unwrap().channels.len(), 3);
    }

    /// Comment 17 of one site is not comment 17 of the other.
    #[test]
    fn a_second_website_is_refused() {
        let text = "[[channels]]\nplatform = \"website\"\naccount = \"www.oak.example\"\n\
            [[channels]]\nplatform = \"website\"\naccount = \"www.elm.example\"\n";
        let problems = Settings::read(text, "s.toml").unwrap_err().to_string();
        assert!(
            problems
                .contains("s.toml:6: www.elm.example is a second website beside www.oak.example"),
            "{problems}"
        );
    }

    #[test]
    fn toml_and_json_hold_the_same() {
        let text = "mode = \"live\"\ncaps.acts_per_hour = 2\nsettled.T7 = \"Facebook only\"\n\
            links.complaints = \"https://example.org/complaints\"\n\
            channels = [{ platform = \"facebook\", account = \"1\" }]\n\
            people = [{ name = \"A. Lead\", roles = [\"safeguarding_lead\"] }]\n\
            [roster]\npractice = \"The Surgery\"\nstaff = [{ name = \"Dr A. Lead\" }]\n";
        let settings: Settings = toml::from_str(text).unwrap();
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
        assert!(serde_json::from_str::<Settings>(r#"{"mod": "live"}"#).is_err());
    }
}
