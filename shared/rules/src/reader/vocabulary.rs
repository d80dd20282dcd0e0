//! The words that the reader knows, in tables that build.rs wrote: nothing is built when the
//! program starts.

use crate::{Strength, Target};

#[expect(
    clippy::unreadable_literal,
    reason = "build.rs writes it and nobody reads it"
)]
mod tables {
    use super::{
        Entry, Group, Pattern, Phrase, Reach, Rule, SetId, Slot, Step, Strength, Takes, Target,
    };

    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}

pub(super) use self::tables::{ANNOUNCEMENT, GROUPS, PATTERNS, PHRASES, RULES, STEPS};
pub(crate) use self::tables::{
    CLAUSE_WORD, DENIAL, JOINS, NAME_TITLE, NOW, PAST, PLACE_WORD, SUBJECT, UNIT,
};
use self::tables::{DISGUISED_WORDS, PATTERNS_OF, ROWS, SPELLINGS, TABLE, WORDS};

/// A word's number; 0 is a word that the reader does not know.
pub(crate) type WordId = u16;
/// A set of words, by its number.
pub(crate) type SetId = u16;

/// The ids of the words that stand for a kind of token, in the order of build.rs.
pub(crate) mod kinds {
    use super::WordId;

    pub(crate) const NUMBER: WordId = 1;
    pub(crate) const MIXED: WordId = 2;
    pub(crate) const URL: WordId = 3;
    pub(crate) const EMAIL: WordId = 4;
    pub(crate) const MENTION: WordId = 5;
    pub(crate) const MONEY: WordId = 6;
    pub(crate) const REMARK: WordId = 7;
    pub(crate) const SIGN: WordId = 8;
    pub(crate) const PREMIUM: WordId = 9;
}

/// A word.
pub(super) struct Entry {
    at: u32,
    length: u8,
    bits: u8,
    row: u16,
    patterns: u32,
}

/// A slot of the table of spellings.
pub(super) struct Slot {
    at: u32,
    word: WordId,
    length: u8,
    how: u8,
}

/// What one step of a pattern takes.
#[derive(Clone, Copy)]
pub(super) enum Takes {
    Word(WordId),
    Set(SetId),
    Not(SetId),
    Any,
    Group(u16),
}

/// A set of words, or one of several sequences.
pub(super) struct Group {
    pub(super) set: SetId,
    pub(super) first: u32,
    pub(super) count: u16,
    /// The words that one of the sequences may start with; `ANY_WORD` where that may be any.
    pub(super) starts: SetId,
    /// The words that one of the sequences may end with; `ANY_WORD` where that may be any.
    pub(super) ends: SetId,
}

/// No set: any word will do.
const ANY_WORD: SetId = SetId::MAX;

/// A sequence inside a group.
pub(super) struct Phrase {
    pub(super) first: u32,
    pub(super) length: u8,
}

/// One step of a pattern.
pub(super) struct Step {
    pub(super) takes: Takes,
    pub(super) gap: u8,
    pub(super) starts: bool,
    pub(super) ends: bool,
    pub(super) crosses: bool,
}

/// A pattern: its steps, and the step from which matching starts.
pub(super) struct Pattern {
    pub(super) rule: u16,
    pub(super) first: u32,
    pub(super) length: u8,
    pub(super) anchor: u8,
}

/// Where a suppressor reaches; `Finds` is a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Finds,
    Overlap,
    Before(usize),
    /// The clause of the sentence in which it stands.
    Clause,
    Sentence,
    /// Its clause, and any clause about the past anywhere in the text.
    Story,
    Text,
    Quoted,
}

/// A grammar or a suppressor.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) topics: &'static [&'static str],
    pub(super) strength: Strength,
    pub(super) target: Option<Target>,
    pub(super) why: &'static str,
    pub(super) unless: &'static [u16],
    pub(super) unless_topics: &'static [&'static str],
    /// Suppressors that leave a finding which is only possible.
    pub(super) doubts: &'static [u16],
    pub(super) needs: &'static [u16],
    pub(super) needs_topics: &'static [&'static str],
    pub(super) reach: Reach,
}

const ORDINARY: u8 = 1;
const DISGUISED: u8 = 2;
const NAME: u8 = 4;
const ELSEWHERE: u8 = 8;

fn hash(bytes: &[u8]) -> u32 {
    let mixed = bytes.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    mixed ^ mixed >> 15
}

/// Returns the word of a spelling, and whether the spelling is a disguise of it.
pub(crate) fn find(spelling: &[u8]) -> Option<(WordId, bool)> {
    let mask = TABLE.len() - 1;
    let mut slot = hash(spelling) as usize & mask;
    loop {
        let entry = &TABLE[slot];
        if entry.word == 0 {
            return None;
        }
        let at = entry.at as usize;
        if usize::from(entry.length) == spelling.len()
            && &SPELLINGS.as_bytes()[at..at + spelling.len()] == spelling
        {
            return Some((entry.word, entry.how != 0));
        }
        slot = (slot + 1) & mask;
    }
}

/// Returns a word's spelling.
pub(crate) fn spelling(word: WordId) -> &'static str {
    let entry = &WORDS[word as usize];
    &SPELLINGS[entry.at as usize..entry.at as usize + usize::from(entry.length)]
}

/// Returns `true` if a word is in a set.
pub(crate) fn is_in(word: WordId, set: SetId) -> bool {
    ROWS[WORDS[word as usize].row as usize][set as usize / 64] >> (set % 64) & 1 == 1
}

/// Returns `true` if a word may be the edge of a group's sequence.
pub(super) fn may_be(word: WordId, edge: SetId) -> bool {
    edge == ANY_WORD || is_in(word, edge)
}

/// Returns `true` if the word is ordinary English.
pub(crate) fn is_ordinary(word: WordId) -> bool {
    WORDS[word as usize].bits & ORDINARY != 0
}

/// Returns `true` if the word is ordinary English, and no small word of another language.
pub(crate) fn is_only_english(word: WordId) -> bool {
    WORDS[word as usize].bits & (ORDINARY | ELSEWHERE) == ORDINARY
}

/// Returns `true` if people disguise this word.
pub(crate) fn is_disguised(word: WordId) -> bool {
    WORDS[word as usize].bits & DISGUISED != 0
}

/// Returns `true` if the word is also a surname, forename or place.
pub(crate) fn is_name_too(word: WordId) -> bool {
    WORDS[word as usize].bits & NAME != 0
}

/// The words that people disguise, shortest first.
pub(crate) fn disguised() -> &'static [WordId] {
    DISGUISED_WORDS
}

/// The patterns whose rarest step a word fits.
pub(super) fn patterns_from(word: WordId) -> &'static [u16] {
    let (from, to) = (
        WORDS[word as usize].patterns as usize,
        WORDS[word as usize + 1].patterns as usize,
    );
    &PATTERNS_OF[from..to]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Topic;

    #[test]
    fn every_word_is_found_by_its_spelling() {
        for id in 10..WORDS.len() - 1 {
            let id = WordId::try_from(id).unwrap();
            assert_eq!(
                find(spelling(id).as_bytes()),
                Some((id, false)),
                "{}",
                spelling(id)
            );
        }
        assert_eq!(find(b"zxqv"), None);
    }

    #[test]
    fn every_topic_of_a_grammar_is_one() {
        for rule in RULES {
            for topic in rule
                .topics
                .iter()
                .chain(rule.unless_topics)
                .chain(rule.needs_topics)
            {
                assert!(topic.parse::<Topic>().is_ok(), "{}: {topic}", rule.name);
            }
            assert!(
                rule.reach != Reach::Finds || !rule.why.is_empty(),
                "{} says no reason",
                rule.name
            );
        }
    }
}
