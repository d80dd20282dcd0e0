//! What is private to a member of staff: home, family, health.

use crate::{Finding, Reading, Strength, Target, Topic};

use super::meets;
use super::member::Staff;
use super::page::Page;
use super::vocabulary::{
    GRAMMAR, JOB, LIVING, LIVING_PREPOSITION, OWNED, PRIVATE_FILLER, PRIVATE_STATE, PRIVATE_VERB,
    RELATION, STAFF_POINTER, VISIT,
};

/// Records private facts said of staff who are named, described or told by their role.
pub(super) fn find(page: &Page<'_>, staff: &[Staff], out: &mut Reading) {
    for one in staff {
        note(page, one.first, one.last, out);
    }
    if !page.seen.any(JOB) {
        return;
    }
    for at in (0..page.len()).filter(|at| page.is(*at, JOB)) {
        // "the practice manager" is one role in two words.
        let back = if page.word_before(at, 1) == "practice" {
            2
        } else {
            1
        };
        let pointed = page.had(at, back, STAFF_POINTER);
        if pointed && !meets(staff, at, at + 1) {
            note(page, at, at, out);
        }
    }
}

fn note(page: &Page<'_>, first: usize, last: usize, out: &mut Reading) {
    let Some(end) = private_fact(page, last) else {
        return;
    };
    out.findings.push(Finding {
        topic: Topic::StaffIdentifiable,
        strength: Strength::Likely,
        span: page.span(first, end),
        cue: "staff.private".into(),
        why: "tells something of a member of staff's home, family or health".into(),
        target: Some(Target::Staff),
    });
}

/// Returns the last token of the private fact that follows a member of staff.
fn private_fact(page: &Page<'_>, last: usize) -> Option<usize> {
    let next = last + 1;
    if page.possessive(last) {
        // A partner is a doctor as well, so "Dr Patel's partner" may be at work.
        let owned =
            page.is(next, RELATION) && page.word(next) != "partner" || page.has(next, OWNED);
        return (owned && !page.has(next + 1, VISIT)).then_some(next);
    }
    if page.has(next, LIVING) && page.has(next + 1, LIVING_PREPOSITION) {
        return Some(next + 1);
    }
    if !page.has(next, PRIVATE_VERB) {
        return None;
    }
    // "is off with stress", "has been having an affair": grammar only up to the fact.
    for at in next + 1..next + 7 {
        if page.has(at, PRIVATE_STATE) {
            return Some(at);
        }
        if !page.is(at, GRAMMAR) && !page.has(at, PRIVATE_FILLER) {
            return None;
        }
    }
    None
}
