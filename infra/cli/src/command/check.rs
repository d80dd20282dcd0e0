//! `check` and `read`: what would be decided of a text, and what it is about. No network, no table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use pagewarden_policies::{demo_settings, load, load_shipped};
use pagewarden_readers::{Readers, topics};
use pagewarden_rules::{Mode, Policy, PracticeId, Reader, Roster, Situation, Surface, decide};
use serde_json::{Value, json};

use crate::command::policy::{settings_in, texts};
use crate::command::readers::ReadersAt;
use crate::line::{Text, answer_each, findings, identifiers, second_reader};

/// A practice to judge by.
struct Judge {
    policy: Policy,
    reader: Reader,
}

/// Whose policy judges.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The practice whose policy judges; all of them where neither this nor the line names one.
    #[arg(long)]
    practice: Option<PracticeId>,
    /// A policy's file, which judges instead of the five that come with the program.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The settings that go with it, for the names of its people.
    #[arg(long, value_name = "FILE", requires = "policy")]
    settings: Option<PathBuf>,
    #[command(flatten)]
    readers: ReadersAt,
}

/// Judges each text as the practice's policy would in `live`. Without a practice, all judge it.
pub fn check(options: &Options) -> Result<usize> {
    let (judges, practice, readers) = (
        judges(options)?,
        options.practice.as_ref(),
        options.readers.open()?,
    );
    if let Some(practice) = practice.filter(|id| !judges.contains_key(*id)) {
        bail!(
            "there is no practice {practice}: write one of {}",
            names(&judges)
        );
    }
    let mut unknown = BTreeSet::new();
    let bad = answer_each(
        io::stdin().lock(),
        BufWriter::new(io::stdout().lock()),
        |text: Text| {
            unknown.extend(text.other.keys().cloned());
            let surface = text.surface()?;
            match text.practice.as_ref().or(practice) {
                None => Ok(judges
                    .iter()
                    .map(|(id, judge)| judged(id, judge, &readers, &text, surface))
                    .collect()),
                Some(id) => {
                    let judge = judges.get(id);
                    let judge = judge.with_context(|| {
                        format!("there is no practice {id}: write one of {}", names(&judges))
                    })?;
                    Ok(vec![judged(id, judge, &readers, &text, surface)])
                }
            }
        },
    )?;
    if !unknown.is_empty() {
        let unknown = Vec::from_iter(unknown).join(", ");
        remark!("pagewarden: left out, because nothing here knows it: {unknown}");
    }
    Ok(bad)
}

/// Makes the judges ready: the one of a file, or those that come with the program.
fn judges(options: &Options) -> Result<BTreeMap<PracticeId, Judge>> {
    let judge = |policy: Policy, roster: &Roster| {
        let reader = Reader::new(roster, &policy.custom);
        (policy.practice.id.clone(), Judge { policy, reader })
    };
    let Some(file) = &options.policy else {
        let loaded = load_shipped()?;
        let mut settings = demo_settings().context("demo.toml does not read")?;
        let judges = loaded.into_iter().map(|one| {
            let roster = settings
                .remove(&one.policy.practice.id)
                .unwrap_or_default()
                .roster;
            judge(one.policy, &roster)
        });
        return Ok(judges.collect());
    };
    let (toml, published) = texts(file)?;
    let loaded = load(&toml, &published, &file.display().to_string())
        .map_err(|problems| anyhow!("{} does not load:\n{problems}", file.display()))?;
    let settings = options
        .settings
        .as_deref()
        .map(settings_in)
        .transpose()?
        .unwrap_or_default();
    Ok(BTreeMap::from([judge(loaded.policy, &settings.roster)]))
}

fn names(judges: &BTreeMap<PracticeId, Judge>) -> String {
    judges
        .keys()
        .map(PracticeId::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}

fn judged(
    id: &PracticeId,
    judge: &Judge,
    readers: &Readers,
    text: &Text,
    surface: Surface,
) -> Value {
    let reading = readers.read(&judge.reader, &text.text, &[]);
    let situation = Situation {
        platform: text.platform,
        surface,
        mode: Mode::Live,
        media: text.has_media(),
        translated: false,
        length: text.text.chars().count(),
        stopped: &[],
        restricted: false,
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
        "learned": decision.learned.iter().map(|clause| clause.id.as_str()).collect::<Vec<_>>(),
        "topics": topics(&reading),
        "effects": effects,
        "dropped": decision.dropped,
        "tasks": decision.tasks.iter().map(|task| task.kind.name()).collect::<Vec<_>>(),
        "why": decision.tasks.iter().map(|task| task.why.as_str()).collect::<Vec<_>>(),
        "findings": findings(&text.text, &reading),
        "second_reader": second_reader(&text.text, reading.meaning.as_ref()),
    })
}

/// Reads each text: what it is about, and which details in it identify a person.
pub fn read(roster: Option<&Path>, readers: &ReadersAt) -> Result<usize> {
    let (reader, readers) = (reader(roster)?, readers.open()?);
    answer_each(
        io::stdin().lock(),
        BufWriter::new(io::stdout().lock()),
        |text: Text| {
            let reading = readers.read(&reader, &text.text, &[]);
            Ok(vec![json!({
                "id": text.id,
                "topics": topics(&reading),
                "findings": findings(&text.text, &reading),
                "identifiers": identifiers(&text.text, &reading.identifiers),
                "second_reader": second_reader(&text.text, reading.meaning.as_ref()),
            })])
        },
    )
}

/// Makes a reader that knows the people of a roster in JSON, where there is one.
pub(super) fn reader(roster: Option<&Path>) -> Result<Reader> {
    let roster = match roster {
        None => Roster::default(),
        Some(path) => {
            let text = fs::read_to_string(path)
                .with_context(|| format!("cannot read the roster {}", path.display()))?;
            serde_json::from_str(&text)
                .with_context(|| format!("the roster {} does not read", path.display()))?
        }
    };
    Ok(Reader::new(&roster, &[]))
}
