//! `patterns.toml`: what published policies say, and what it comes to.

use std::collections::BTreeSet;

use pagewarden_rules::{Effect, Exception, Says, Topic};
use serde::Deserialize;

use super::Part;
use super::cue::{Cue, words};
use crate::load_shipped;
use crate::published::{fold, sentences_of};

/// Why the patterns cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadPatterns {
    /// The file is not as it should be.
    #[error("patterns.toml does not read: {0}")]
    Shape(#[from] toml::de::Error),
    /// A cue has no word, or begins or ends with a gap.
    #[error("patterns.toml has a cue \"{0}\", which stands nowhere")]
    Cue(String),
}

/// What published policies say, and what it comes to.
#[derive(Clone, Debug)]
pub struct Patterns {
    pub(super) topics: Vec<Pattern<Vec<Topic>>>,
    pub(super) effects: Vec<Pattern<Effect>>,
    pub(super) verbs: Vec<Pattern<Says>>,
    pub(super) exceptions: Vec<Pattern<Exception>>,
    pub(super) unanswered: Vec<Pattern<()>>,
    pub(super) only: Vec<Pattern<()>>,
    pub(super) present: Vec<Pattern<()>>,
    pub(super) leans: Vec<Pattern<()>>,
    pub(super) elsewhere: Vec<Pattern<()>>,
    pub(super) forbids: Vec<Pattern<()>>,
    pub(super) presence: Vec<Pattern<()>>,
    pub(super) website: Vec<Pattern<()>>,
    /// The clauses of the policies that come with the program, by their ids, as words.
    known: Vec<(String, Vec<String>)>,
}

/// Some cues, and what they stand for.
#[derive(Clone, Debug)]
pub(super) struct Pattern<T> {
    pub(super) is: T,
    pub(super) cues: Vec<Cue>,
    with: Vec<Cue>,
    unless: Vec<Cue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<T> {
    is: T,
    cues: Vec<String>,
    #[serde(default)]
    with: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    cues: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    topic: Vec<Written<Vec<Topic>>>,
    effect: Vec<Written<Effect>>,
    verb: Vec<Written<Says>>,
    except: Vec<Written<Exception>>,
    unanswered: Vec<Plain>,
    only: Vec<Plain>,
    present: Vec<Plain>,
    leans: Vec<Plain>,
    elsewhere: Vec<Plain>,
    forbids: Vec<Plain>,
    presence: Vec<Plain>,
    website: Vec<Plain>,
}

impl Patterns {
    /// Reads the patterns that come with the program.
    pub fn shipped() -> Result<Self, BadPatterns> {
        let file: File = toml::from_str(include_str!("../../patterns.toml"))?;
        Ok(Patterns {
            topics: read(file.topic)?,
            effects: read(file.effect)?,
            verbs: read(file.verb)?,
            exceptions: read(file.except)?,
            unanswered: plain(file.unanswered)?,
            only: plain(file.only)?,
            present: plain(file.present)?,
            leans: plain(file.leans)?,
            elsewhere: plain(file.elsewhere)?,
            forbids: plain(file.forbids)?,
            presence: plain(file.presence)?,
            website: plain(file.website)?,
            // They load: a test says so. Without them, nothing is named beside a clause.
            known: load_shipped()
                .unwrap_or_default()
                .iter()
                .flat_map(|loaded| &loaded.policy.clauses)
                .map(|clause| (clause.id.clone(), words(&clause.quote)))
                .collect(),
        })
    }

    /// Returns the patterns as they would be if this text had never been seen: without the cues that
    /// stand in it and in none of the `others`.
    ///
    /// The names of topics and effects are the language itself, and stay.
    #[must_use]
    pub fn left_out(&self, text: &str, others: &[&str]) -> Self {
        let sentences = |text: &str| -> Vec<Vec<String>> {
            let folded = fold(text);
            sentences_of(&folded)
                .into_iter()
                .map(|range| words(&folded[range]))
                .collect()
        };
        let here = sentences(text);
        let there: Vec<Vec<String>> = others.iter().flat_map(|text| sentences(text)).collect();
        let topics = Topic::ALL.iter().map(Topic::name);
        let effects = Effect::ALL.iter().map(|effect| effect.name().into());
        let language: BTreeSet<String> = topics
            .chain(effects)
            .map(|name| name.replace('_', " "))
            .collect();
        let seen = |cue: &Cue| {
            let stands =
                |sentences: &[Vec<String>]| sentences.iter().any(|s| cue.find(s).is_some());
            !stands(&here)
                || stands(&there)
                || language.iter().any(|name| cue.find(&words(name)).is_some())
        };
        Patterns {
            topics: keep(&self.topics, &seen),
            effects: keep(&self.effects, &seen),
            verbs: keep(&self.verbs, &seen),
            exceptions: keep(&self.exceptions, &seen),
            unanswered: keep(&self.unanswered, &seen),
            only: keep(&self.only, &seen),
            present: keep(&self.present, &seen),
            leans: keep(&self.leans, &seen),
            elsewhere: keep(&self.elsewhere, &seen),
            forbids: keep(&self.forbids, &seen),
            presence: keep(&self.presence, &seen),
            website: keep(&self.website, &seen),
            known: self.known.clone(),
        }
    }
}

/// Returns some patterns without the cues that were not seen.
fn keep<T: Clone>(patterns: &[Pattern<T>], seen: &impl Fn(&Cue) -> bool) -> Vec<Pattern<T>> {
    let kept = |cues: &[Cue]| cues.iter().filter(|cue| seen(cue)).cloned().collect();
    patterns
        .iter()
        .map(|pattern| {
            let with: Vec<Cue> = kept(&pattern.with);
            // Without what must stand beside them, its cues would say more than before.
            let lost = with.is_empty() && !pattern.with.is_empty();
            Pattern {
                is: pattern.is.clone(),
                cues: if lost {
                    Vec::new()
                } else {
                    kept(&pattern.cues)
                },
                with,
                unless: kept(&pattern.unless),
            }
        })
        .collect()
}

fn cues(written: &[String]) -> Result<Vec<Cue>, BadPatterns> {
    written
        .iter()
        .map(|cue| Cue::read(cue).ok_or_else(|| BadPatterns::Cue(cue.clone())))
        .collect()
}

fn read<T>(written: Vec<Written<T>>) -> Result<Vec<Pattern<T>>, BadPatterns> {
    written
        .into_iter()
        .map(|one| {
            Ok(Pattern {
                is: one.is,
                cues: cues(&one.cues)?,
                with: cues(&one.with)?,
                unless: cues(&one.unless)?,
            })
        })
        .collect()
}

fn plain(written: Vec<Plain>) -> Result<Vec<Pattern<()>>, BadPatterns> {
    read(
        written
            .into_iter()
            .map(|one| Written {
                is: (),
                cues: one.cues,
                with: Vec::new(),
                unless: one.unless,
            })
            .collect(),
    )
}

impl<T> Pattern<T> {
    /// Returns where its cues stand, if what must stand beside them does.
    pub(super) fn find(&self, words: &[String]) -> Vec<(usize, usize)> {
        let stands = |cues: &[Cue]| cues.iter().any(|cue| cue.find(words).is_some());
        if stands(&self.unless) || !self.with.is_empty() && !stands(&self.with) {
            return Vec::new();
        }
        self.cues
            .iter()
            .flat_map(|cue| cue.find_all(words))
            .collect()
    }

    pub(super) fn stands(&self, words: &[String]) -> bool {
        !self.find(words).is_empty()
    }
}

/// Returns `true` if one of some patterns stands.
pub(super) fn any<T>(patterns: &[Pattern<T>], words: &[String]) -> bool {
    patterns.iter().any(|pattern| pattern.stands(words))
}

/// How alike two sentences must be, in hundredths, before one is named beside the other.
const ALIKE: usize = 60;

/// Names the nearest sentence of the policies that come with the program beside each clause that is
/// like one, and what differs.
pub(super) fn compare(patterns: &Patterns, parts: &mut [Part]) {
    for part in parts.iter_mut().filter(|part| part.clause.is_some()) {
        let here = words(&part.quote);
        let alike = |there: &[String]| {
            let (a, b): (BTreeSet<_>, BTreeSet<_>) =
                (here.iter().collect(), there.iter().collect());
            100 * a.intersection(&b).count() / a.union(&b).count().max(1)
        };
        let Some((id, there)) = patterns.known.iter().max_by_key(|(_, there)| alike(there)) else {
            continue;
        };
        if alike(there) < ALIKE {
            continue;
        }
        let only = |one: &[String], other: &[String]| {
            let mut only: Vec<&str> = Vec::new();
            for word in one.iter().filter(|word| !other.contains(word)) {
                if !only.contains(&word.as_str()) {
                    only.push(word);
                }
            }
            only.join(" ")
        };
        let (ours, theirs) = (only(&here, there), only(there, &here));
        part.like = Some(match (ours.is_empty(), theirs.is_empty()) {
            (true, true) => format!("as {id} of the policies that come with the program"),
            _ => format!("like {id}, which says \"{theirs}\" where this says \"{ours}\""),
        });
    }
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::Platform;

    use super::*;
    use crate::draft::recipe::names;

    #[test]
    fn every_name_of_a_platform_stands_in_the_patterns() {
        let patterns = Patterns::shipped().unwrap();
        // One letter is too little to go by.
        let named = Platform::ALL.iter().flat_map(|platform| names(*platform));
        for name in named.filter(|name| name.len() > 1) {
            let present = words(&format!("The surgery is also on {name}."));
            assert!(any(&patterns.presence, &present), "[[presence]]: {name}");
            let reported = words(&format!("Such posts we report to {name}."));
            let mut effects = patterns.effects.iter();
            let found = effects.any(|one| one.is == Effect::Report && one.stands(&reported));
            assert!(found, "the cues of `report`: {name}");
        }
    }

    #[test]
    fn the_patterns_read() {
        assert!(Patterns::shipped().is_ok());
    }

    #[test]
    fn what_only_one_text_says_is_left_out_with_it() {
        let patterns = Patterns::shipped().unwrap();
        let find = |patterns: &Patterns, text: &str| {
            patterns.topics.iter().any(|p| p.stands(&words(text)))
        };
        let text = "No trolling. No menacing posts.";
        assert!(find(&patterns, "No trolling."));
        let without = patterns.left_out(text, &["Nothing here."]);
        assert!(!find(&without, "No trolling."));
        assert!(
            find(&without, "No menacing posts."),
            "a topic's own name is the language"
        );
        assert!(find(
            &patterns.left_out(text, &["They are trolling."]),
            "No trolling."
        ));
    }
}
