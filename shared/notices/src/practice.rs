//! What is to be known of a practice to tell its people something.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_policies::{Person, Settings};
use pagewarden_rules::PracticeId;
use serde::Deserialize;
use thiserror::Error;

/// When the digest goes out, by the practice's clock.
const MORNING: i8 = 8;

/// A practice, as far as notices go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Its id.
    pub id: PracticeId,
    /// Its name in full.
    pub name: String,
    /// Its people.
    pub people: Vec<Person>,
    zone: TimeZone,
}

/// Why a practice cannot be told anything.
#[derive(Debug, Error)]
pub enum PracticeError {
    /// Its policy does not say what it is called or in which time zone it is.
    #[error("the policy does not read")]
    Policy(#[source] toml::de::Error),
    /// Its settings do not say who its people are.
    #[error("the settings do not read")]
    Settings(#[source] serde_json::Error),
}

impl Practice {
    /// Reads a practice out of its policy (TOML) and its settings (JSON), both as they are in
    /// force. The policy was checked when it was put in force. An unknown time zone counts as that
    /// of London.
    pub fn read(policy: &str, settings: &str) -> Result<Self, PracticeError> {
        #[derive(Deserialize)]
        struct Policy {
            practice: Named,
        }
        #[derive(Deserialize)]
        struct Named {
            id: PracticeId,
            name: String,
            timezone: String,
        }
        let Named { id, name, timezone } = toml::from_str::<Policy>(policy)
            .map_err(PracticeError::Policy)?
            .practice;
        let settings: Settings = serde_json::from_str(settings).map_err(PracticeError::Settings)?;
        let zone = TimeZone::get(&timezone)
            .or_else(|_| TimeZone::get("Europe/London"))
            .unwrap_or(TimeZone::UTC);
        Ok(Practice {
            id,
            name,
            people: settings.people,
            zone,
        })
    }

    /// Returns a time by the practice's clock.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.zone.clone()).datetime()
    }

    /// Returns a time as the practice's people write it.
    #[must_use]
    pub fn written(&self, at: Timestamp) -> String {
        self.local(at).strftime("%A %-d %B at %H:%M").to_string()
    }

    /// Returns when the next digest goes out: at 08:00 by the practice's clock, Mondays to Fridays.
    #[must_use]
    pub fn next_digest(&self, after: Timestamp) -> Timestamp {
        let mut day = self.local(after).date();
        // Of eight days one is a weekday whose morning is to come.
        for _ in 0..8 {
            let morning = day
                .at(MORNING, 0, 0, 0)
                .to_zoned(self.zone.clone())
                .map(|zoned| zoned.timestamp());
            if let Ok(morning) = morning
                && morning > after
                && day.weekday().to_monday_zero_offset() < 5
            {
                return morning;
            }
            day = day.tomorrow().unwrap_or(day);
        }
        after + SignedDuration::from_hours(24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn practice() -> Practice {
        let policy = "[practice]\nid = \"oak\"\nname = \"Oak Surgery\"\ntimezone = \"Europe/London\"\nnation = \"x\"\n";
        Practice::read(
            policy,
            r#"{"people":[{"name":"Pat","roles":["reviewer"]}]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_practice_is_read_out_of_what_is_in_force() {
        let practice = practice();
        assert_eq!(
            (practice.name.as_str(), practice.people.len()),
            ("Oak Surgery", 1)
        );
        assert_eq!(
            practice.written("2026-07-01T07:30:00Z".parse().unwrap()),
            "Wednesday 1 July at 08:30"
        );
        assert!(matches!(
            Practice::read("", "{}"),
            Err(PracticeError::Policy(_))
        ));
    }

    #[test]
    fn the_digest_goes_out_at_eight_in_summer_and_in_winter() {
        let next = |after: &str| practice().next_digest(after.parse().unwrap()).to_string();
        // The clocks go forward on Sunday 28 March 2027, and back on Sunday 31 October 2027.
        assert_eq!(next("2027-03-25T08:00:00Z"), "2027-03-26T08:00:00Z");
        assert_eq!(next("2027-03-26T08:00:00Z"), "2027-03-29T07:00:00Z");
        assert_eq!(next("2027-03-28T06:59:59Z"), "2027-03-29T07:00:00Z");
        assert_eq!(next("2027-10-29T07:00:00Z"), "2027-11-01T08:00:00Z");
        assert_eq!(next("2027-11-01T07:59:59Z"), "2027-11-01T08:00:00Z");
    }
}
