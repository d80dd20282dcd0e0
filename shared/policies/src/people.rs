//! The people of a practice: what they may do, how to reach them, and when.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Time, Weekday};
use pagewarden_rules::{Role, words};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

words! {
    /// A way to reach somebody.
    Way {
        /// By e-mail.
        Email "email",
        /// By a text message to a mobile telephone.
        Text "text",
    }
}

/// Somebody who decides, or who reads the record. A blank text means that it is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their name, as the record shows it.
    pub name: String,
    /// What they may do. Never empty.
    pub roles: Vec<Role>,
    /// Their e-mail address: notices go there, and the issuer knows them by it when they sign in.
    #[serde(default)]
    pub email: String,
    /// The issuer's own id for them (the claim `sub`), for an issuer that does not verify
    /// addresses.
    #[serde(default)]
    pub subject: String,
    /// Their mobile number for text messages, as `+447700900123`.
    #[serde(default)]
    pub mobile: String,
    /// The name of the person who is told next if this one does not answer.
    #[serde(default)]
    pub deputy: String,
    /// When they work, in the practice's own time. Empty, always.
    #[serde(default)]
    pub hours: Vec<Hours>,
}

impl Person {
    /// Returns somebody with a name and one role, and nothing else known.
    #[must_use]
    pub fn named(name: &str, role: Role) -> Self {
        Person {
            name: name.to_owned(),
            roles: vec![role],
            email: String::new(),
            subject: String::new(),
            mobile: String::new(),
            deputy: String::new(),
            hours: Vec::new(),
        }
    }

    /// Returns `true` if they work at a time, which is the practice's own.
    #[must_use]
    pub fn works_at(&self, at: DateTime) -> bool {
        self.hours.is_empty() || self.hours.iter().any(|hours| hours.contain(at))
    }

    /// Returns the address or number by which one way reaches them, if the settings give it.
    #[must_use]
    pub fn address(&self, way: Way) -> Option<&str> {
        let address = match way {
            Way::Email => self.email.as_str(),
            Way::Text => self.mobile.as_str(),
        };
        Some(address).filter(|address| !address.is_empty())
    }

    /// Returns what tells one way to reach them from every other, or none if the settings do not
    /// give it: a hash of their name and the address, so a changed address is another way. It says
    /// nothing of the address to who reads it.
    #[must_use]
    pub fn way_id(&self, way: Way) -> Option<String> {
        let mut hash = Sha256::new();
        for part in [
            self.name.as_str(),
            way.name(),
            &self.address(way)?.to_lowercase(),
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Some(hex::encode(hash.finalize()))
    }

    /// Returns every way to reach them that the settings give, each with its id.
    pub fn ways(&self) -> impl Iterator<Item = (Way, String)> {
        Way::ALL
            .iter()
            .filter_map(|way| Some((*way, self.way_id(*way)?)))
    }

    /// Says what is wrong with the way to reach them, by the key at fault, and what to write
    /// instead.
    pub(crate) fn faults(&self) -> Vec<(&'static str, String, &'static str)> {
        let mut faults = Vec::new();
        let name = &self.name;
        let mut fault = |key, message: String, write| faults.push((key, message, write));
        if self.roles.is_empty() {
            fault(
                "roles",
                format!("{name} has no role"),
                "at least one role, such as [\"reviewer\"],",
            );
        }
        if !self.email.is_empty() && !is_email(&self.email) {
            fault(
                "email",
                format!("\"{}\" is no e-mail address", self.email),
                "one address, such as pat@oak.example,",
            );
        }
        if !self.mobile.is_empty() && !is_mobile(&self.mobile) {
            let message = format!("\"{}\" is no mobile number", self.mobile);
            fault(
                "mobile",
                message,
                "the number with its country, such as +447700900123,",
            );
        }
        if self.deputy == self.name {
            fault(
                "deputy",
                format!("{name} is their own deputy"),
                "the name of somebody else",
            );
        }
        faults
    }
}

/// One address, as a mail server takes it: no display name, no line end, nothing that needs
/// quoting.
fn is_email(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | ',' | ';' | ':' | '\\' | '(' | ')')
    };
    text.len() <= 254
        && text.chars().all(allowed)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.contains('@')
                && domain.split('.').all(|part| !part.is_empty())
                && domain.contains('.')
        })
}

/// A number in the international form: a plus sign and 8 to 15 digits.
fn is_mobile(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

/// Times of the week at which somebody works: `mon-fri 08:00-18:30`, or `mon,wed 09:00-13:00`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    days: Vec<Weekday>,
    from: Time,
    until: Time,
}

/// Why a text is not working hours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not working hours: write them as \"mon-fri 08:00-18:30\" or \"mon,wed 09:00-13:00\""
)]
pub struct NotHours(String);

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

impl Hours {
    /// Returns `true` if a time is within them. The end is not.
    #[must_use]
    pub fn contain(&self, at: DateTime) -> bool {
        self.days.contains(&at.weekday()) && self.from <= at.time() && at.time() < self.until
    }
}

impl FromStr for Hours {
    type Err = NotHours;

    fn from_str(text: &str) -> Result<Self, NotHours> {
        let day = |name: &str| DAYS.iter().position(|(known, _)| *known == name);
        let days_in = |part: &str| match part.split_once('-') {
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                (first <= last).then(|| (first..=last).collect::<Vec<_>>())
            }
            None => Some(vec![day(part)?]),
        };
        let read = || {
            let (days, times) = text.trim().split_once(' ')?;
            let (from, until) = times.trim().split_once('-')?;
            let days: Vec<Vec<usize>> = days.split(',').map(days_in).collect::<Option<_>>()?;
            let time = |text: &str| {
                Time::strptime("%H:%M", text)
                    .ok()
                    .filter(|_| text.len() == 5)
            };
            let (from, until) = (time(from)?, time(until)?);
            let days = days.concat().into_iter().map(|day| DAYS[day].1).collect();
            (from < until).then_some(Hours { days, from, until })
        };
        read().ok_or_else(|| NotHours(text.to_owned()))
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: &Weekday| {
            DAYS.iter()
                .find(|(_, known)| known == day)
                .map_or("", |(name, _)| *name)
        };
        let days: Vec<&str> = self.days.iter().map(name).collect();
        write!(
            f,
            "{} {}-{}",
            days.join(","),
            self.from.strftime("%H:%M"),
            self.until.strftime("%H:%M")
        )
    }
}

impl TryFrom<String> for Hours {
    type Error = NotHours;

    fn try_from(text: String) -> Result<Self, NotHours> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn hours_say_on_which_days_and_between_which_times() {
        let hours: Hours = "mon-wed,fri 08:00-18:30".parse().unwrap();
        // 23 November 2026 is a Monday.
        let at = |day, hour, minute| date(2026, 11, day).at(hour, minute, 0, 0);
        for within in [at(23, 8, 0), at(25, 12, 0), at(27, 18, 29)] {
            assert!(hours.contain(within), "{within}");
        }
        for outside in [at(23, 7, 59), at(23, 18, 30), at(26, 12, 0), at(28, 12, 0)] {
            assert!(!hours.contain(outside), "{outside}");
        }
        assert_eq!(hours.to_string(), "mon,tue,wed,fri 08:00-18:30");
        assert_eq!(hours.to_string().parse::<Hours>().unwrap(), hours);
    }

    #[test]
    fn a_way_is_another_one_once_its_address_or_its_person_changes() {
        let pat = Person {
            email: "pat@oak.example".into(),
            ..Person::named("Pat", Role::Reviewer)
        };
        assert_eq!(
            pat.ways().map(|(way, _)| way).collect::<Vec<_>>(),
            [Way::Email]
        );
        let id = |person: &Person| person.way_id(Way::Email).unwrap();
        assert_eq!(
            id(&pat),
            id(&Person {
                email: "PAT@oak.example".into(),
                ..pat.clone()
            })
        );
        assert_ne!(
            id(&pat),
            id(&Person {
                email: "pat@elm.example".into(),
                ..pat.clone()
            })
        );
        assert_ne!(
            id(&pat),
            id(&Person {
                name: "Kim".into(),
                ..pat.clone()
            })
        );
        assert!(!id(&pat).contains("pat"));
    }

    #[test]
    fn what_are_no_hours_is_refused_with_an_example() {
        let wrong = [
            "",
            "mon",
            "08:00-18:30",
            "mon 18:30-08:00",
            "fri-mon 08:00-18:30",
            "mon 8-18",
            "monday 08:00-12:00",
        ];
        for text in wrong {
            let told = text.parse::<Hours>().unwrap_err().to_string();
            assert!(told.contains("mon-fri 08:00-18:30"), "{told}");
        }
    }

    #[test]
    fn an_address_and_a_number_are_in_the_form_that_carries_take() {
        for good in ["pat@oak.example", "p.o'hara+rota@mail.oak.nhs.uk"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "pat",
            "pat@oak",
            "@oak.example",
            "a@b@c.example",
            "Pat <pat@oak.example>",
            "p at@oak.example",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email("pat@oak.example\r\nBcc: x@y.example"));
        assert!(is_mobile("+447700900123"));
        for bad in ["07700900123", "+44 7700 900123", "+0447700900123", "+4477"] {
            assert!(!is_mobile(bad), "{bad}");
        }
    }
}
