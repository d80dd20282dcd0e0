//! What is private to a member of staff: home, family, health.

use crate::{Finding, Reading, Strength, Target, Topic};

use super::meets;
use super::page::Page;
use super::staff::Staff;
use super::vocabulary::{GRAMMAR, JOB, PRIVATE, RELATION};

/// What belongs to somebody's private life.
const OWNED: &[&str] =
    &["address", "affair", "car", "divorce", "family", "home", "house", "marriage", "salary", "weight"];
/// What somebody is or has that is nobody's business.
const STATES: &[&str] = &[
    "abortion",
    "addict",
    "affair",
    "alcoholic",
    "anorexic",
    "bankrupt",
    "bipolar",
    "cancer",
    "dementia",
    "depression",
    "diabetic",
    "divorced",
    "epileptic",
    "gay",
    "hiv",
    "jewish",
    "lesbian",
    "miscarriage",
    "muslim",
    "pregnant",
    "rehab",
    "stress",
    "trans",
    "transgender",
];

/// Records private facts said of staff who are named, described or told by their role.
pub(super) fn find(page: &Page<'_>, staff: &[Staff], out: &mut Reading) {
    for one in staff {
        note(page, one.first, one.last, out);
    }
    if !page.seen.any(JOB) {
        return;
    }
    for at in (0..page.len()).filter(|at| page.is(*at, JOB)) {
        let back = if page.word_before(at, 1) == "practice" { 2 } else { 1 };
        let pointed = matches!(page.word_before(at, back), "the" | "that" | "your" | "this");
        if pointed && !meets(staff, at, at + 1) {
            note(page, at, at, out);
        }
    }
}

fn note(page: &Page<'_>, first: usize, last: usize, out: &mut Reading) {
    let Some(end) = private_fact(page, last) else { return };
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
        let owned = page.is(next, RELATION) && page.word(next) != "partner" || OWNED.contains(&page.word(next));
        return (owned && page.word(next + 1) != "visit" && page.word(next + 1) != "visits").then_some(next);
    }
    if matches!(page.word(next), "lives" | "living")
        && matches!(page.word(next + 1), "at" | "in" | "on" | "near" | "next" | "opposite" | "with" | "round" | "by")
    {
        return Some(next + 1);
    }
    if !matches!(page.word(next), "is" | "was" | "has" | "had" | "having" | "used") {
        return None;
    }
    // "is off with stress", "has been having an affair": grammar only up to the fact.
    for at in next + 1..next + 7 {
        if page.is(at, PRIVATE) && STATES.contains(&page.word(at)) || STATES.contains(&page.word(at)) {
            return Some(at);
        }
        if !page.is(at, GRAMMAR) && !matches!(page.word(at), "off" | "sick" | "having" | "secretly" | "an") {
            return None;
        }
    }
    None
}
