//! Settings: what a practice decides beside its policy.

use std::collections::BTreeMap;

use pagewarden_rules::{Channel, Links, Mode, Role, Roster};
use serde::{Deserialize, Serialize};

/// What one practice decided. Everything has a default that does nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How far the machine may act.
    pub mode: Mode,
    /// Addresses that the policy file does not give, or gives wrongly. Blank ones leave the policy's own.
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

/// How much the machine may do before it waits for a person. What is over a cap is parked, never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Caps {
    /// Automatic hides in an hour.
    pub hides_per_hour: u32,
    /// Automatic acts on a platform in a day.
    pub acts_per_day: u32,
}

/// Somebody who may decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their name, as the record shows it.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

impl Default for Caps {
    /// More than five hides an hour at one practice is either an attack or a mistake of ours: a person looks.
    fn default() -> Self {
        Caps { hides_per_hour: 5, acts_per_day: 20 }
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
    /// Returns the addresses in force: the practice's own, and the policy's where it supplied none.
    #[must_use]
    pub fn links_over(&self, policy: &Links) -> Links {
        let pick = |own: &String, policy: &String| if own.trim().is_empty() { policy.clone() } else { own.clone() };
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

    /// Returns true if and only if somebody has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.people.iter().any(|person| person.role == role)
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
        assert_eq!(settings.caps, Caps { hides_per_hour: 5, acts_per_day: 20 });
    }

    #[test]
    fn toml_and_json_hold_the_same() {
        let text = "mode = \"live\"\ncaps.hides_per_hour = 2\nsettled.T7 = \"Facebook only\"\n\
            links.complaints = \"https://example.org/complaints\"\n\
            channels = [{ platform = \"facebook\", account = \"1\" }]\n\
            people = [{ name = \"A. Lead\", role = \"safeguarding_lead\" }]\n\
            [roster]\npractice = \"The Surgery\"\nstaff = [{ name = \"Dr A. Lead\" }]\n";
        let settings: Settings = toml::from_str(text).unwrap();
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
        assert!(serde_json::from_str::<Settings>(r#"{"mod": "live"}"#).is_err());
    }
}
