//! Telling English from other languages, so that nobody is judged by rules that were not tested on
//! their words.
//!
//! Letters of another script decide at once. Otherwise the small words decide, which every sentence
//! has: those of English, its dialects and text-speak on one side, those of some thirty languages
//! on the other. A word that both have counts for neither, and so does a name.

use std::borrow::Cow;
use std::sync::LazyLock;

use self::tables::{CLASSES, NAMES, PHRASES, STARTS};
use super::text::{Kind, Token, View};
use super::{packed, people, vocabulary};
use crate::{Finding, Span, Strength, Topic};

#[expect(
    clippy::unreadable_literal,
    reason = "build.rs writes it and nobody reads it"
)]
mod tables {
    include!(concat!(env!("OUT_DIR"), "/languages.rs"));
}

static WORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/languages.bin"));

/// The bit of the lists of English words; those of the languages follow.
const ENGLISH: u64 = 1;
/// Words from which a text of nothing but unknown words is taken for another language.
const FEWEST_UNKNOWN: usize = 5;
/// Words up to which a text is short.
const SHORT: usize = 3;

/// Returns `true` if a word in lower case is on the lists of English that only tell languages
/// apart.
pub(super) fn is_english(word: &str) -> bool {
    classes(word) & ENGLISH != 0
}

/// Returns the languages that a word in lower case belongs to, a bit each.
fn classes(word: &str) -> u64 {
    packed::find(WORDS, STARTS, word.as_bytes()).map_or(0, |class| CLASSES[usize::from(class)])
}

/// What the words of a text say about its language.
#[derive(Debug)]
struct Words {
    english: usize,
    /// Words of another language, and unknown ones with marks on their letters.
    foreign: usize,
    unknown: usize,
    /// Words of English and another language alike.
    both: usize,
    /// Words of each language, in the order of their names.
    of: [u32; 64],
}

impl Words {
    fn count(view: &View<'_>) -> Self {
        let mut words = Words {
            english: 0,
            foreign: 0,
            unknown: 0,
            both: 0,
            of: [0; 64],
        };
        for token in view
            .tokens
            .iter()
            .filter(|token| token.kind == Kind::Word && token.end - token.start > 1)
        {
            words.take(view, token);
        }
        words
    }

    fn take(&mut self, view: &View<'_>, token: &Token) {
        let spelling = view.spelling(token);
        let stem = spelling.strip_suffix("'s").unwrap_or(spelling);
        let class = classes(spelling);
        let listed = class & ENGLISH != 0
            || vocabulary::is_ordinary(token.word)
            || people::is_ordinary(stem);
        match (listed, class & !ENGLISH) {
            (true, 0) => self.english += 1,
            (true, _) => self.both += 1,
            (false, 0) => self.take_unlisted(view, token, stem),
            // Rude in English, whatever it is elsewhere.
            (false, _) if vocabulary::is_disguised(token.word) => self.both += 1,
            (false, languages) => {
                self.foreign += 1;
                for (bit, count) in self.of.iter_mut().enumerate() {
                    *count += u32::from(languages >> bit & 1 == 1);
                }
            }
        }
    }

    fn take_unlisted(&mut self, view: &View<'_>, token: &Token, stem: &str) {
        // A word that the grammars know, in disguise or not.
        if token.word != 0 {
            self.english += 1;
            return;
        }
        // Names are in no dictionary and say nothing about the language.
        let inside =
            token.is(Token::CAPITAL) && token.flags & (Token::SENTENCE | Token::UPPER) == 0;
        if inside || people::is_name(stem) {
            return;
        }
        let posted = &view.posted[view.normal.posted(token.start as usize, token.end as usize)];
        if posted.chars().any(is_marked) {
            self.foreign += 1;
        } else {
            self.unknown += 1;
        }
    }

    /// The language of which most words are, with their number.
    fn most(&self) -> (usize, u32) {
        let of = self.of.iter().copied().enumerate().skip(1);
        of.max_by_key(|(bit, count)| (*count, usize::MAX - bit))
            .unwrap_or_default()
    }

    fn are_foreign(&self) -> bool {
        let others = self.foreign + self.unknown;
        let all = self.english + others;
        match self.foreign {
            0 => all >= FEWEST_UNKNOWN && self.unknown * 10 >= (all + self.both) * 8,
            1 if all <= SHORT => self.english * 2 <= others,
            1 => self.english * 3 <= others,
            _ => {
                let one_language = self.most().1 >= 2 || self.of.iter().all(|count| *count == 0);
                self.english <= others && (one_language || self.english * 3 <= others * 2)
            }
        }
    }
}

/// The cheap test, which most texts pass: more of the words are English, and nothing else, than all
/// others together.
fn is_plainly_english(view: &View<'_>) -> bool {
    let long = |token: &&Token| token.kind == Kind::Word && token.end - token.start > 1;
    let (mut english, mut all) = (0, 0);
    for token in view.tokens.iter().filter(long) {
        all += 1;
        english += usize::from(vocabulary::is_only_english(token.word));
    }
    english * 2 > all && english >= view.normal.foreign_letters as usize
}

/// Latin letters with marks, and those that English lacks.
const fn is_marked(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Returns `true` if most letters are of another script, and do not merely look like English words.
fn is_other_script(view: &View<'_>, words: &Words) -> bool {
    let foreign = view.normal.foreign_letters as usize;
    if foreign < 2 {
        return false;
    }
    let letters = view
        .normal
        .text
        .chars()
        .filter(|c| c.is_alphabetic())
        .count();
    foreign * 2 > letters && words.english * 3 < view.tokens.len().max(3)
}

/// Adds a finding where the text is not in English, and the pleas and threats in it; returns `true`
/// if it did.
pub(super) fn find(view: &View<'_>, findings: &mut Vec<Finding>) -> bool {
    if is_plainly_english(view) {
        return false;
    }
    let words = Words::count(view);
    let script = is_other_script(view, &words);
    if !script && !words.are_foreign() {
        return false;
    }
    let language = match words.most() {
        (bit, count) if !script && count > 1 => Some(NAMES[bit - 1]),
        _ => None,
    };
    let why = language.map_or_else(
        || {
            Cow::Borrowed(
                "hardly any of the words are English: somebody who reads the language should look",
            )
        },
        |language| {
            Cow::Owned(format!(
                "it reads like {language}: somebody who reads the language should look"
            ))
        },
    );
    findings.push(Finding {
        topic: Topic::NotEnglish,
        strength: Strength::Likely,
        span: 0..view.posted.len(),
        cue: "language.not_english".into(),
        why,
        target: None,
    });
    phrases(view, findings);
    true
}

/// Topics that single English words stand for: in another language the same letters may be a
/// harmless word.
const WORDED: [Topic; 5] = [
    Topic::Obscene,
    Topic::GrosslyOffensive,
    Topic::Harassing,
    Topic::Derogatory,
    Topic::Offensive,
];

/// Takes back what only English words say, in a text that is not English.
pub(super) fn settle(findings: &mut Vec<Finding>) {
    findings.retain(|finding| !WORDED.contains(&finding.topic) || finding.cue == PHRASE);
}

/// The cue of what is said in another language.
const PHRASE: &str = "language.phrase";

/// A plea, a threat or an obscenity in another language, as the words of a text are compared with
/// it.
struct Phrase {
    language: &'static str,
    topic: Topic,
    /// The words, each with a space before it.
    words: String,
    /// The last word may go on.
    open: bool,
}

/// Normalised when a text in another language is first read: the words that are compared are
/// normalised as well.
static PREPARED: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    let prepare = |(language, topic, phrase): &(&'static str, &str, &str)| {
        let open = phrase.ends_with('*');
        let words = joined(&View::new(phrase.trim_end_matches('*'))).0;
        Some(Phrase {
            language,
            topic: topic.parse().ok()?,
            words,
            open,
        })
    };
    PHRASES.iter().filter_map(prepare).collect()
});

/// Returns the words of a text, each with a space before it, and where each starts.
fn joined(view: &View<'_>) -> (String, Vec<usize>) {
    let mut text = String::with_capacity(view.normal.text.len() + 1);
    let starts = view.tokens.iter().map(|token| {
        let start = text.len();
        text.push(' ');
        text.push_str(view.spelling(token));
        start
    });
    let starts = starts.collect();
    (text, starts)
}

/// Adds the first place of each phrase.
fn phrases(view: &View<'_>, findings: &mut Vec<Finding>) {
    let (text, starts) = joined(view);
    for phrase in PREPARED.iter() {
        let Some(span) = place(view, &text, &starts, phrase) else {
            continue;
        };
        findings.push(Finding {
            why: format!(
                "says so in {}, as far as the words can be compared",
                phrase.language
            )
            .into(),
            cue: PHRASE.into(),
            strength: Strength::Likely,
            topic: phrase.topic.clone(),
            span,
            target: None,
        });
    }
}

fn place(view: &View<'_>, text: &str, starts: &[usize], phrase: &Phrase) -> Option<Span> {
    // Chinese sets no spaces: its words stand anywhere.
    let unspaced = phrase
        .words
        .chars()
        .any(|c| matches!(c, '\u{3400}'..='\u{9fff}'));
    let words = if unspaced {
        phrase.words.trim_start()
    } else {
        &phrase.words
    };
    let ends =
        |end: usize| unspaced || phrase.open || text.len() == end || text.as_bytes()[end] == b' ';
    let (at, found) = text
        .match_indices(words)
        .find(|(at, found)| ends(at + found.len()))?;
    let token = |place: usize| {
        starts
            .partition_point(|start| *start <= place)
            .saturating_sub(1)
    };
    Some(view.span_of(token(at), token(at + found.len() - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(text: &str) -> Option<String> {
        let mut findings = Vec::new();
        find(&View::new(text), &mut findings);
        findings.first().map(|finding| finding.why.to_string())
    }

    #[test]
    fn what_a_finding_says_names_the_language() {
        for (text, name) in [
            ("Nie ma nikogo w rejestracji od rana", "Polish"),
            ("Mae'r drws wedi cloi eto heddiw", "Welsh"),
            ("Kab khulta hai aap ka clinic", "Hindi"),
            ("Nimeni nu deschide u\u{219}a de la cabinet", "Romanian"),
        ] {
            let why = language(text);
            assert!(
                why.as_ref().is_some_and(|why| why.contains(name)),
                "{text}: {why:?}"
            );
        }
    }

    #[test]
    fn every_phrase_is_seen_in_a_text_of_its_own() {
        for (language, _, phrase) in PHRASES {
            let phrase = phrase.trim_end_matches('*');
            let view = View::new(phrase);
            let mut findings = Vec::new();
            phrases(&view, &mut findings);
            assert!(!findings.is_empty(), "{language}: {phrase}");
        }
    }
}
