//! One member of staff, described so that colleagues and patients know who is meant.

use crate::Strength;
use crate::reader::text::Token;

use super::member::Staff;
use super::page::Page;
use super::vocabulary::{
    AT_WORK_PREPOSITION, BEARING, BUILD, DAY, DEFINITE, DESCRIBING_OPENER, DESK, DESK_ARTICLE,
    GRAMMAR, HABIT, JOB, LOOKS, ORDINARY, PERSON,
};

/// The name of the cue.
pub(super) const CUE: &str = "staff.described";
/// Adjectives before the role that are walked back over.
const MOST_BEFORE: usize = 6;
/// Tokens after the role in which "with a beard" and "on Mondays" are looked for.
const MOST_AFTER: usize = 12;

/// How many features of each sort a description has.
#[derive(Default)]
struct Features {
    looks: usize,
    build: usize,
    days: usize,
}

/// Returns the people who are described, in the order of the text.
pub(super) fn find(page: &Page<'_>) -> Vec<Staff> {
    if !page.seen.any(LOOKS | BUILD) {
        return Vec::new();
    }
    (0..page.len())
        .filter_map(|at| described(page, at))
        .collect()
}

fn described(page: &Page<'_>, at: usize) -> Option<Staff> {
    if !page.is(at, JOB) && !is_person_at_work(page, at) {
        return None;
    }
    let mut features = Features::default();
    let first = before(page, at, &mut features)?;
    let last = after(page, at, &mut features);
    let told = features.looks > 0 && features.looks + features.build + features.days > 1
        || features.build > 1 && features.days > 0;
    // "that ginger lass on the desk": one feature singles out fewer people.
    let hinted = features.looks > 0 && page.has(first, DEFINITE);
    (told || hinted).then_some(Staff {
        first,
        last,
        strength: if told {
            Strength::Likely
        } else {
            Strength::Possible
        },
        cue: CUE,
        why: "describes one member of staff so that they can be told from the others",
    })
}

/// "the blonde girl on the desk"
fn is_person_at_work(page: &Page<'_>, at: usize) -> bool {
    let noun = at + 2 + usize::from(page.has(at + 2, DESK_ARTICLE));
    let on = page.has(at + 1, AT_WORK_PREPOSITION);
    // "the blonde one on the desk": a pronoun where a noun for a person would stand.
    (page.is(at, PERSON) || page.word(at) == "one") && on && page.is(noun, DESK)
}

/// Walks back over the adjectives to the word that points at one person.
fn before(page: &Page<'_>, at: usize, features: &mut Features) -> Option<usize> {
    let mut first = at;
    for _ in 0..MOST_BEFORE {
        let before = first.checked_sub(1)?;
        if page.has(before, DESCRIBING_OPENER) {
            return Some(before);
        }
        if page.flagged(first, Token::SENTENCE) {
            return None;
        }
        if page.is(before, LOOKS) {
            features.looks += 1;
        } else if page.is(before, BUILD) {
            features.build += 1;
        // "and" joins two adjectives; any other word of grammar ends the description.
        } else if page.is(before, GRAMMAR) && page.word(before) != "and"
            || !page.is(before, ORDINARY | GRAMMAR)
        {
            return None;
        }
        first = before;
    }
    None
}

/// Reads what follows in the same sentence: "with the Welsh accent who does Mondays".
fn after(page: &Page<'_>, at: usize, features: &mut Features) -> usize {
    let (mut last, mut with) = (at, false);
    for next in at + 1..(at + 1 + MOST_AFTER).min(page.len()) {
        if page.flagged(next, Token::SENTENCE) {
            break;
        }
        if page.has(next, BEARING) {
            with = true;
        } else if with && page.is(next, LOOKS) {
            features.looks += 1;
            last = next;
        } else if page.is(next, DAY) && is_habit(page, next) {
            features.days += 1;
            last = next;
        }
    }
    last
}

/// "on Mondays", "who does Thursdays", "every Friday"; "on Monday" was one day.
fn is_habit(page: &Page<'_>, day: usize) -> bool {
    page.word(day).ends_with('s') && page.word(day).len() > 6 || page.had(day, 1, HABIT)
}
