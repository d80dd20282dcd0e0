//! `check` and `read`: what would be decided of a text, and what it is about. No network, no table.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter};
use std::path::Path;

use anyhow::{Context, Result, bail};
use pagewarden_policies::load_shipped;
use pagewarden_rules::{Mode, Policy, PracticeId, Reader, Roster, Situation, decide};
use serde_json::{Value, json};

use crate::demo;
use crate::line::{Text, answer_each, findings, identifiers};

/// A practice to judge by.
struct Judge {
    policy: Policy,
    reader: Reader,
}

/// Judges each text as the practice's policy would in `live`. Without a practice, all five judge it.
pub fn check(practice: Option<&PracticeId>) -> Result<usize> {
    let mut judges = BTreeMap::new();
    for loaded in load_shipped()
        .map_err(|problems| anyhow::anyhow!("{}", problems.iter().map(ToString::to_string).collect::<String>()))?
    {
        let roster = demo::roster(&loaded.policy.practice.id);
        let reader = Reader::new(&roster, &loaded.policy.custom);
        judges.insert(loaded.policy.practice.id.clone(), Judge { policy: loaded.policy, reader });
    }
    if let Some(practice) = practice.filter(|id| !judges.contains_key(*id)) {
        bail!("there is no practice {practice}: write one of {}", names(&judges));
    }
    answer_each(io::stdin().lock(), BufWriter::new(io::stdout().lock()), |text: Text| {
        match text.practice.as_ref().or(practice) {
            None => Ok(judges.iter().map(|(id, judge)| judged(id, judge, &text)).collect()),
            Some(id) => {
                let judge = judges.get(id);
                let judge =
                    judge.with_context(|| format!("there is no practice {id}: write one of {}", names(&judges)))?;
                Ok(vec![judged(id, judge, &text)])
            }
        }
    })
}

fn names(judges: &BTreeMap<PracticeId, Judge>) -> String {
    judges.keys().map(PracticeId::as_str).collect::<Vec<_>>().join(", ")
}

fn judged(id: &PracticeId, judge: &Judge, text: &Text) -> Value {
    let reading = judge.reader.read(&text.text);
    let situation = Situation {
        platform: text.platform,
        surface: text.surface,
        mode: Mode::Live,
        media: text.has_media(),
        length: text.text.chars().count(),
    };
    let decision = decide(&judge.policy, &situation, &reading);
    let effects: Vec<Value> = decision
        .effects
        .iter()
        .map(|planned| json!({ "effect": planned.effect, "by": planned.by, "why": planned.why, "clause": planned.clause }))
        .collect();
    json!({
        "id": text.id,
        "practice": id,
        "in_scope": decision.in_scope,
        "disposition": decision.disposition,
        "clauses": decision.clauses.iter().map(|clause| clause.id.as_str()).collect::<Vec<_>>(),
        "topics": reading.topics(),
        "effects": effects,
        "dropped": decision.dropped,
        "tasks": decision.tasks.iter().map(|task| task.kind.name()).collect::<Vec<_>>(),
        "findings": findings(&text.text, &reading),
    })
}

/// Reads each text: what it is about, and which details in it identify a person.
pub fn read(roster: Option<&Path>) -> Result<usize> {
    let reader = reader(roster)?;
    answer_each(io::stdin().lock(), BufWriter::new(io::stdout().lock()), |text: Text| {
        let reading = reader.read(&text.text);
        Ok(vec![json!({
            "id": text.id,
            "topics": reading.topics(),
            "findings": findings(&text.text, &reading),
            "identifiers": identifiers(&text.text, &reading.identifiers),
        })])
    })
}

/// Makes a reader that knows the people of a roster in JSON, where there is one.
pub(super) fn reader(roster: Option<&Path>) -> Result<Reader> {
    let roster = match roster {
        None => Roster::default(),
        Some(path) => {
            let text =
                fs::read_to_string(path).with_context(|| format!("cannot read the roster {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("the roster {} does not read", path.display()))?
        }
    };
    Ok(Reader::new(&roster, &[]))
}
