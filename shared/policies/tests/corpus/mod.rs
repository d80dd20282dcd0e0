//! Cases: a post, what the reader makes of it, and what each practice must do about it.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_policies::Loaded;
use pagewarden_rules::{
    Decision, Disposition, Finding, Mode, Platform, Policy, Reader, Reading, Roster, Situation,
    Strength, Surface, Target, Topic, decide,
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Corpus {
    pub(crate) case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) platform: Platform,
    pub(crate) surface: Surface,
    pub(crate) text: String,
    #[serde(default)]
    #[expect(dead_code, reason = "written for whoever reads the corpus")]
    note: String,
    #[serde(default)]
    findings: Vec<Found>,
    pub(crate) expect: BTreeMap<String, Expect>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    topic: Topic,
    strength: Strength,
    target: Option<Target>,
}

/// What a practice must do; nothing but `in_scope = false` where it is not present.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    #[serde(default = "yes")]
    in_scope: bool,
    #[serde(default = "none")]
    disposition: Disposition,
    #[serde(default)]
    pub(crate) clauses: BTreeSet<String>,
    #[serde(default)]
    tasks: BTreeSet<String>,
}

const fn yes() -> bool {
    true
}

const fn none() -> Disposition {
    Disposition::None
}

impl Corpus {
    pub(crate) fn all() -> Vec<Self> {
        vec![Self::golden(), Self::clauses()]
    }

    pub(crate) fn clauses() -> Self {
        toml::from_str(include_str!("../../corpus/clauses.toml")).unwrap()
    }

    pub(crate) fn golden() -> Self {
        toml::from_str(include_str!("../../corpus/golden.toml")).unwrap()
    }

    /// Returns what differs, a line each, when the cases' own findings are judged.
    pub(crate) fn failures(&self, policies: &[Loaded]) -> Vec<String> {
        self.failures_of(policies, |case, _| case.reading())
    }

    /// Returns what differs, a line each, when the cases' texts are read.
    pub(crate) fn failures_when_read(&self, policies: &[Loaded]) -> Vec<String> {
        self.failures_of(policies, |case, policy| {
            let roster = Roster {
                practice: policy.practice.name.clone(),
                ..Roster::default()
            };
            Reader::new(&roster, &policy.custom).read(&case.text)
        })
    }

    fn failures_of(
        &self,
        policies: &[Loaded],
        reading: impl Fn(&Case, &Policy) -> Reading,
    ) -> Vec<String> {
        let mut failures = Vec::new();
        for case in &self.case {
            for (practice, expect) in &case.expect {
                let policy = policies
                    .iter()
                    .map(|l| &l.policy)
                    .find(|p| p.practice.id.as_str() == practice)
                    .unwrap();
                failures.extend(case.failure(policy, expect, &reading(case, policy)));
            }
        }
        failures
    }
}

impl Case {
    /// Returns what the reader is to make of the text.
    pub(crate) fn reading(&self) -> Reading {
        let finding = |found: &Found| Finding {
            topic: found.topic.clone(),
            strength: found.strength,
            span: 0..self.text.len(),
            cue: "corpus".into(),
            why: "the case says so".into(),
            target: found.target,
        };
        Reading {
            findings: self.findings.iter().map(finding).collect(),
            ..Reading::default()
        }
    }

    pub(crate) fn decide(&self, policy: &Policy, reading: &Reading) -> Decision {
        let situation = Situation {
            platform: self.platform,
            surface: self.surface,
            mode: Mode::Live,
            media: false,
            translated: false,
            length: self.text.chars().count(),
            stopped: &[],
            restricted: false,
        };
        decide(policy, &situation, reading)
    }

    /// Returns what differs from what is expected, or none.
    pub(crate) fn failure(
        &self,
        policy: &Policy,
        expect: &Expect,
        reading: &Reading,
    ) -> Option<String> {
        let decision = self.decide(policy, reading);
        let clauses: BTreeSet<String> = decision
            .clauses
            .iter()
            .map(|clause| clause.id.clone())
            .collect();
        let tasks: BTreeSet<String> = decision
            .tasks
            .iter()
            .map(|task| task.kind.to_string())
            .collect();
        let got = (decision.in_scope, decision.disposition, &clauses, &tasks);
        let want = (
            expect.in_scope,
            expect.disposition,
            &expect.clauses,
            &expect.tasks,
        );
        (got != want).then(|| {
            format!(
                "{} at {}: {got:?}, not {want:?}",
                self.id, policy.practice.id
            )
        })
    }
}
