//! What the papers say of a practice, taken from its policy and settings.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_policies::{ClauseReport, Conflict, lint};
use pagewarden_present::words;
use pagewarden_rules::{By, Effect, Links, Nation, Role, words as vocabulary};
use serde::Deserialize;

use crate::figures::Figures;
use crate::{Given, PapersError};

vocabulary! {
    /// Something that a paper cannot do without and that the settings or the policy have to say.
    Field {
        /// Where people complain.
        ComplaintsPage "complaints_page",
        /// Where people ask for another look.
        ChallengePage "challenge_page",
        /// How the public reaches the practice.
        Contact "contact",
        /// Where the policy is published.
        PolicyPage "policy_page",
        /// Where people leave an official review.
        ReviewPage "review_page",
        /// The practice's accounts.
        Accounts "accounts",
        /// The practice manager.
        PracticeManager "practice_manager",
        /// The safeguarding lead.
        SafeguardingLead "safeguarding_lead",
        /// The complaints manager.
        ComplaintsManager "complaints_manager",
        /// Somebody who reads the record.
        Auditor "auditor",
        /// For how long complaints are kept.
        ComplaintMonths "complaint_months",
        /// For how long what was danger is kept.
        SafeguardingMonths "safeguarding_months",
    }
}

/// What a field is called, and where it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldWords {
    pub(crate) what: String,
    #[serde(rename = "where")]
    pub(crate) at: String,
}

/// Something that could harm somebody.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hazard {
    pub(crate) name: String,
    pub(crate) cause: String,
    pub(crate) effect: String,
    pub(crate) done: String,
    pub(crate) left: String,
    #[serde(default)]
    figure: Option<String>,
    pub(crate) likely: u8,
    pub(crate) grave: u8,
}

impl Hazard {
    /// Returns how much it weighs, of 25.
    pub(crate) fn score(&self) -> u8 {
        self.likely * self.grave
    }

    /// Returns what was measured of it, as a sentence.
    pub(crate) fn measured(&self, figures: &Figures) -> Option<String> {
        Some(match self.figure.as_deref()? {
            "missed" => format!(
                "Measured on posts by authors that the program had not learned from: of 100 posts in which somebody is in \
                 danger, {} alert somebody at once, {} more stand at the head of the day's list, and {} reach nobody early.",
                figures.at_once,
                figures.early - figures.at_once,
                figures.missed()
            ),
            "false" => format!(
                "Measured: {} of 1,000 calm posts raise a false alert.",
                figures.false_alerts
            ),
            _ => {
                let worse: Vec<String> = figures
                    .worse()
                    .iter()
                    .map(|group| format!("{} ({} of 100)", group.name, group.danger))
                    .collect();
                format!(
                    "Measured on plain sentences about danger, less than nine tenths are found of: {}.",
                    worse.join("; ")
                )
            }
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hazards {
    hazard: Vec<Hazard>,
}

/// A published sentence and what follows from it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) sentence: String,
    /// What the program does about a post under it in `live`, in words; keeping the evidence left
    /// out.
    pub(crate) by_program: Vec<&'static str>,
    pub(crate) by_person: Vec<&'static str>,
    pub(crate) not_done: Vec<(&'static str, String)>,
}

/// What is known of a practice.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) practice: String,
    pub(crate) title: String,
    pub(crate) nation: &'static str,
    pub(crate) in_england: bool,
    pub(crate) audience: String,
    pub(crate) mode: &'static str,
    pub(crate) on: String,
    version: Option<u32>,
    pub(crate) platforms: String,
    pub(crate) places: String,
    /// For how long the words of a post that breaks no rule are kept, as it follows "are kept".
    pub(crate) idle: String,
    /// Whether the program answers in public by itself under some sentence.
    pub(crate) answers: bool,
    pub(crate) decided_months: u16,
    pub(crate) per_hour: u32,
    pub(crate) per_day: u32,
    pub(crate) rules: Vec<Rule>,
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) warnings: Vec<String>,
    pub(crate) blockers: Vec<String>,
    pub(crate) figures: Figures,
    pub(crate) hazards: Vec<Hazard>,
    fields: BTreeMap<Field, String>,
    words: BTreeMap<Field, FieldWords>,
}

impl Facts {
    pub(crate) fn of(given: &Given<'_>) -> Result<Self, PapersError> {
        let (policy, settings) = (&given.loaded.policy, given.settings);
        let report = lint(given.loaded, settings);
        let places: Vec<String> = policy
            .channels
            .iter()
            .map(|channel| {
                let surfaces = channel
                    .surfaces
                    .iter()
                    .map(|one| format!("{}s", words::surface(*one)));
                let surfaces: Vec<String> = surfaces.collect();
                format!(
                    "{}: {}",
                    words::platform(channel.platform),
                    surfaces.join(", ")
                )
            })
            .collect();
        let platforms = policy
            .channels
            .iter()
            .map(|one| words::platform(one.platform));
        let platforms: Vec<&str> = platforms.collect();
        let fields = Field::ALL.iter().filter_map(|field| {
            let value = value(*field, given)?;
            Some((*field, value))
        });
        let hazards: Hazards = read("hazards.toml", include_str!("../data/hazards.toml"))?;
        let rules: Vec<Rule> = report.clauses.iter().map(rule).collect();
        Ok(Facts {
            practice: policy.practice.name.clone(),
            title: policy.practice.title.clone(),
            nation: nation(policy.practice.nation),
            in_england: policy.practice.nation == Nation::England,
            audience: policy.practice.audience.join(", "),
            mode: words::mode(settings.mode),
            on: given.on.strftime("%-d %B %Y").to_string(),
            version: given.version,
            platforms: platforms.join(", "),
            places: places.join("; "),
            idle: match policy.retention.no_breach_text_days {
                0 => "no longer than it takes to decide".to_owned(),
                days => format!("for {days} days at most"),
            },
            answers: rules
                .iter()
                .any(|rule| rule.by_program.contains(&Effect::PublicReply.plain())),
            decided_months: policy.retention.evidence_months,
            per_hour: settings.caps.acts_per_hour,
            per_day: settings.caps.acts_per_day,
            rules,
            conflicts: report.conflicts,
            warnings: report
                .warnings
                .into_iter()
                .chain(report.not_enforced)
                .collect(),
            blockers: report.blockers.iter().map(ToString::to_string).collect(),
            figures: Figures::read()?,
            hazards: hazards.hazard,
            fields: fields.collect(),
            words: read("fields.toml", include_str!("../data/fields.toml"))?,
        })
    }

    /// Says what the papers were made from.
    pub(crate) fn made_from(&self) -> String {
        let version = match self.version {
            Some(version) => format!("version {version} of the policy on record"),
            None => "the policy's file".to_owned(),
        };
        format!(
            "Made on {} from {version} and the practice's settings.",
            self.on
        )
    }

    pub(crate) fn field(&self, field: Field) -> Option<&str> {
        self.fields.get(&field).map(String::as_str)
    }

    pub(crate) fn words_of(&self, field: Field) -> Option<&FieldWords> {
        self.words.get(&field)
    }

    /// Returns the rules under which the program does something to a post by itself.
    pub(crate) fn automatic(&self) -> Vec<&Rule> {
        let rules = self.rules.iter();
        rules.filter(|rule| !rule.by_program.is_empty()).collect()
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, PapersError> {
    toml::from_str(text).map_err(|error| PapersError::Data(file, error))
}

/// Returns what the settings or the policy say; none where that is nothing.
fn value(field: Field, given: &Given<'_>) -> Option<String> {
    let (policy, settings) = (&given.loaded.policy, given.settings);
    let links: Links = settings.links_over(&policy.links);
    let people = |role: Role| {
        let names = settings
            .people
            .iter()
            .filter(|one| one.roles.contains(&role));
        names
            .map(|one| one.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let months = |months: Option<u16>| months.map(|months| months.to_string()).unwrap_or_default();
    let value = match field {
        Field::ComplaintsPage => links.complaints,
        Field::ChallengePage => links.challenge,
        Field::Contact => links.contact_public,
        Field::PolicyPage => links.policy_page,
        Field::ReviewPage => links.official_review,
        Field::Accounts => {
            let accounts = settings.channels.iter();
            let accounts =
                accounts.map(|one| format!("{} {}", words::platform(one.platform), one.account));
            accounts.collect::<Vec<_>>().join(", ")
        }
        Field::PracticeManager => people(Role::PracticeManager),
        Field::SafeguardingLead => people(Role::SafeguardingLead),
        Field::ComplaintsManager => people(Role::ComplaintsManager),
        Field::Auditor => people(Role::Auditor),
        Field::ComplaintMonths => months(policy.retention.complaint_months),
        Field::SafeguardingMonths => months(policy.retention.safeguarding_months),
    };
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn rule(report: &ClauseReport) -> Rule {
    let outcomes = || report.places.iter().flat_map(|place| &place.outcomes);
    let by = |by: By| {
        let effects: BTreeSet<Effect> = outcomes()
            .filter(|outcome| outcome.by == Some(by) && outcome.effect != Effect::Capture)
            .map(|outcome| outcome.effect)
            .collect();
        effects.into_iter().map(Effect::plain).collect()
    };
    let not_done: BTreeSet<(Effect, &str)> = outcomes()
        .filter(|outcome| outcome.by.is_none())
        .map(|outcome| (outcome.effect, outcome.why.as_str()))
        .collect();
    let not_done = not_done.into_iter();
    Rule {
        id: report.id.clone(),
        sentence: report.sentence.clone(),
        by_program: by(By::Machine),
        by_person: by(By::Person),
        not_done: not_done
            .map(|(effect, why)| (effect.plain(), why.to_owned()))
            .collect(),
    }
}

const fn nation(nation: Nation) -> &'static str {
    match nation {
        Nation::England => "England",
        Nation::Wales => "Wales",
        Nation::Scotland => "Scotland",
        Nation::NorthernIreland => "Northern Ireland",
    }
}
