#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pagewarden_encoder::{Encoder, EncoderError, Hint, Label, LabelScore, Level, Scores, Strength};
use pagewarden_rules::{Finding, Meaning, Reader, Reading, Said, Sense, Topic};

/// The name of the model file.
const MODEL: &str = "encoder.bin";
/// Where Lambda unpacks layers.
const LAYER: &str = "/opt";
/// What names the model file, where it lies somewhere else.
const VARIABLE: &str = "PAGEWARDEN_MODEL";

/// Characters of the longest example that is kept: it stands in the record.
const LONGEST_EXAMPLE: usize = 160;

/// The readers of a process: the rules, and the encoder where its model file is there. Opened once,
/// and cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Readers(Option<Arc<Encoder>>);

/// Returns where the model file may lie: where the environment says, or else beside the program, in
/// a layer of Lambda's, or at one more place.
#[must_use]
pub fn places(more: Option<&Path>) -> Vec<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return vec![named.into()];
    }
    let beside = env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join(MODEL)));
    beside
        .into_iter()
        .chain([Path::new(LAYER).join(MODEL)])
        .chain(more.map(Path::to_owned))
        .collect()
}

impl Readers {
    /// Returns the rules alone.
    #[must_use]
    pub const fn rules_only() -> Self {
        Readers(None)
    }

    /// Opens the model at the first of some places that has one; the error is that of the last
    /// place where none has.
    pub fn open(places: &[PathBuf]) -> Result<Self, EncoderError> {
        let place = places.iter().find(|place| place.exists()).or(places.last());
        let place = place.map_or(Path::new(MODEL), PathBuf::as_path);
        Ok(Readers(Some(Arc::new(Encoder::open(place)?))))
    }

    /// Reads a text whose author tagged people by these names, the encoder after the rules.
    #[must_use]
    pub fn read(&self, rules: &Reader, text: &str, tagged: &[String]) -> Reading {
        let mut reading = rules.read_tagged(text, tagged);
        reading.meaning = self.0.as_ref().map(|encoder| {
            let hints = hints(&reading);
            let hints: Vec<Hint<'_>> = hints
                .iter()
                .map(|(topic, strength)| Hint {
                    topic,
                    strength: *strength,
                })
                .collect();
            meaning(encoder, &encoder.read(text, &hints))
        });
        reading
    }

    /// Reads a text as [`Self::read`] does, and the platform's translation of it, where it made one.
    #[must_use]
    pub fn read_with_translation(
        &self,
        rules: &Reader,
        text: &str,
        tagged: &[String],
        translation: Option<&str>,
    ) -> Reading {
        let mut reading = self.read(rules, text, tagged);
        if let Some(translation) = translation {
            add_translation(&mut reading, rules.read(translation), text.len());
        }
        reading
    }
}

/// Adds what the platform's translation says. A machine's words for what somebody wrote are worth a
/// person's look, and never enough to act on; and where in the author's own words it stands, nobody
/// knows.
fn add_translation(reading: &mut Reading, translated: Reading, length: usize) {
    // The translation is in the language that the rules know; the original is what somebody has to
    // read.
    let findings = translated
        .findings
        .into_iter()
        .filter(|finding| finding.topic != Topic::NotEnglish);
    reading.findings.extend(findings.map(|finding| Finding {
        strength: pagewarden_rules::Strength::Possible,
        span: 0..length,
        why: format!("{} (in the platform's translation)", finding.why).into(),
        ..finding
    }));
}

/// Returns what the rules found as the encoder learned to take it: each topic at its strongest, and
/// whether there are details that identify somebody.
fn hints(reading: &Reading) -> BTreeMap<String, Strength> {
    let mut hints = BTreeMap::new();
    for finding in &reading.findings {
        let strength = match finding.strength {
            pagewarden_rules::Strength::Possible => Strength::Possible,
            pagewarden_rules::Strength::Likely => Strength::Likely,
            pagewarden_rules::Strength::Certain => Strength::Certain,
        };
        let strongest = hints
            .entry(finding.topic.name().into_owned())
            .or_insert(strength);
        *strongest = strength.max(*strongest);
    }
    if !reading.identifiers.is_empty() {
        hints.insert("identifiers".to_owned(), Strength::Certain);
    }
    hints
}

/// Returns what the encoder's scores come to. What it cannot tell either way is left out.
fn meaning(encoder: &Encoder, scores: &Scores) -> Meaning {
    let said = |(sense, label): (Sense, &LabelScore)| Said {
        sense,
        score: label.score,
        sure: label.level == Level::Sure,
        start: label.span.start,
        end: label.span.end,
        like: encoder
            .nearest(&scores.vector, label.label)
            .map(|example| shortened(example.text)),
    };
    let known = || {
        scores
            .labels
            .iter()
            .filter_map(|label| Some((sense(label.label)?, label)))
    };
    Meaning {
        model: scores.model_hash.clone(),
        language: scores.language.to_owned(),
        said: known()
            .filter(|(_, label)| label.level >= Level::Possible)
            .map(said)
            .collect(),
        ruled_out: known()
            .filter(|(_, label)| label.level == Level::Unlikely)
            .map(|(sense, label)| (sense, label.score))
            .collect(),
        unread: scores.unread,
    }
}

/// Returns what the decision calls a label; none for one that it does not know.
fn sense(label: Label) -> Option<Sense> {
    label.name().parse().ok()
}

fn shortened(example: &str) -> String {
    let words = example.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST_EXAMPLE) {
        Some((end, _)) => format!("{}...", words[..end].trim_end()),
        None => words,
    }
}

/// Returns every topic that either reader finds, in the order of the vocabulary.
#[must_use]
pub fn topics(reading: &Reading) -> Vec<Topic> {
    let mut topics = reading.topics();
    topics.extend(reading.meaning.iter().flat_map(Meaning::topics));
    topics.sort();
    topics.dedup();
    topics
}
