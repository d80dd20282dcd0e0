//! Every case of every corpus reads as it says, and every grammar, suppressor and class of words is
//! needed by one.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use super::grammar::Hits;
use super::text::View;
use super::vocabulary::{RULES, Reach};
use super::{Reader, Roster};
use crate::{Reading, Strength, Target};

include!(concat!(env!("OUT_DIR"), "/classes.rs"));

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

/// A text, and what must and must not be found in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    /// `topic`, or `topic>=strength`, `topic=strength`, `topic@target`.
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    not: Vec<String>,
    /// Grammars that must be among the cues of the findings.
    #[serde(default)]
    cues: Vec<String>,
    /// Nothing but these may be found, where it is given.
    only: Option<Vec<String>>,
    source: String,
    /// The practice's people.
    #[serde(default)]
    roster: Roster,
}

impl Case {
    /// Returns what is wrong with a reading, or nothing.
    fn faults(&self, reading: &Reading) -> Vec<String> {
        let missing = self
            .topics
            .iter()
            .filter(|t| !holds(reading, t))
            .map(|t| format!("lacks {t}"));
        let extra = self
            .not
            .iter()
            .filter(|t| holds(reading, t))
            .map(|t| format!("must not hold {t}"));
        let names: Vec<String> = reading
            .topics()
            .iter()
            .map(|topic| topic.name().into_owned())
            .collect();
        let beyond = self
            .only
            .iter()
            .flat_map(|only| names.iter().filter(|name| !only.contains(name)));
        let silent = self
            .cues
            .iter()
            .filter(|cue| !reading.findings.iter().any(|f| f.cue == cue.as_str()));
        let silent = silent.map(|cue| format!("lacks the cue {cue}"));
        missing
            .chain(silent)
            .chain(extra)
            .chain(beyond.map(|name| format!("must not hold {name}")))
            .collect()
    }
}

fn cases() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpora");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
    {
        let corpus: Corpus = toml::from_str(&fs::read_to_string(path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(corpus.case);
    }
    assert!(cases.len() > 200, "only {} cases were read", cases.len());
    cases
}

fn strength(name: &str) -> Strength {
    match name {
        "certain" => Strength::Certain,
        "likely" => Strength::Likely,
        "possible" => Strength::Possible,
        other => panic!("{other} is no strength"),
    }
}

fn holds(reading: &Reading, wanted: &str) -> bool {
    let cut = wanted.find(['>', '=', '@']).unwrap_or(wanted.len());
    let topic = wanted[..cut]
        .parse()
        .unwrap_or_else(|error| panic!("{wanted}: {error}"));
    let Some(strongest) = reading.strongest(&topic) else {
        return false;
    };
    match &wanted[cut..] {
        "" => true,
        rest if rest.starts_with(">=") => strongest.strength >= strength(&rest[2..]),
        rest if rest.starts_with('=') => strongest.strength == strength(&rest[1..]),
        rest => reading.findings.iter().any(|f| {
            f.topic == topic
                && match &rest[1..] {
                    "staff" => f.target == Some(Target::Staff),
                    "practice" => f.target == Some(Target::Practice),
                    "none" => f.target.is_none(),
                    other => panic!("{other} is no target"),
                }
        }),
    }
}

#[test]
fn every_case_reads_as_it_says() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        assert!(!case.source.is_empty(), "{:?} names no source", case.text);
        let reading = Reader::new(&case.roster, &[]).read(&case.text);
        let faults = case.faults(&reading);
        if !faults.is_empty() {
            let cue = |f: &crate::Finding| {
                format!(
                    "{} {:?} {:?} {:?}",
                    f.topic,
                    f.strength,
                    f.cue,
                    &case.text[f.span.clone()]
                )
            };
            let cues: Vec<String> = reading.findings.iter().map(cue).collect();
            wrong.push(format!(
                "{:?}\n  {}\n    {}",
                case.text,
                faults.join(", "),
                cues.join("\n    ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases read wrongly:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_grammar_and_suppressor_is_needed_by_a_case() {
    let cases = cases();
    let mut needed = vec![false; RULES.len()];
    for case in &cases {
        let reader = Reader::new(&case.roster, &[]);
        let view = View::new(&case.text);
        for rule in Hits::new(&view).rules() {
            let mut hits = Hits::new(&view);
            hits.without(rule);
            needed[usize::from(rule)] |= !case.faults(&reader.finish(&view, &hits, &[])).is_empty();
        }
    }
    let idle: Vec<&str> = RULES
        .iter()
        .zip(&needed)
        .filter(|(_, needed)| !**needed)
        .map(|(rule, _)| rule.name)
        .collect();
    assert!(
        idle.is_empty(),
        "no case fails without {}: {idle:?}",
        idle.len()
    );
    assert!(RULES.iter().any(|rule| rule.reach != Reach::Finds));
}

#[test]
fn every_class_of_words_is_needed_by_a_case() {
    let cases = cases();
    let idle: Vec<&str> = CLASSES
        .iter()
        .filter(|(_, words)| {
            !cases.iter().any(|case| {
                let mut view = View::new(&case.text);
                let mut touched = false;
                for token in &mut view.tokens {
                    if words.binary_search(&token.word).is_ok() {
                        token.word = 0;
                        touched = true;
                    }
                }
                touched && {
                    let hits = Hits::new(&view);
                    !case
                        .faults(&Reader::new(&case.roster, &[]).finish(&view, &hits, &[]))
                        .is_empty()
                }
            })
        })
        .map(|(name, _)| *name)
        .collect();
    assert!(
        idle.is_empty(),
        "no case fails without the words of {}: {idle:?}",
        idle.len()
    );
}
