//! Facts: what is said about a person, and not merely near a name.

use crate::reader::text::{Kind, Token};

use super::names::Name;
use super::page::Page;
use super::vocabulary::{
    AFTER_NAME, ASKED_FOR, ATTENDANCE, BEING, CLINICIAN, END_OF_LIFE, GOING, HABIT_SUBSTANCE,
    HABIT_TROUBLE, HAVING, HEALTH, HEALTH_SERVICE, INSIDE, LIFE_VERB, NOT_A_STATE, NOT_THEIRS, OWN,
    OWNED_SERVICE, PASSING_ON, REASON_OF_VISIT, RELATION, ROLE, SIGHTING, TELLING, THEIR_OWN,
    THEIRS, THEY, THEY_ARE, THEY_SUBJECT, UNDER_CARE, VISIT_DETERMINER,
};

/// Tokens that may come between a name and the verb: "from the post office", "at number 9".
const MOST_BETWEEN: usize = 7;
/// Tokens after the verb within which the fact must come.
const REACH: usize = 5;
/// Tokens after the name within which "she has" may take it up again.
const TAKEN_UP: usize = 14;

/// Returns `true` if something that only its bearer and the practice should know is said of a name:
/// "has epilepsy", "was in for his bloods", "'s results".
pub(super) fn are_said(page: &Page<'_>, name: Name) -> bool {
    let next = name.last + 1;
    if page.possessive(name.last) {
        return is_owned(page, name.last);
    }
    are_told(page, name)
        || is_passed_on(page, next)
        || are_seen(page, name)
        || is_predicate(page, next)
        || is_taken_up(page, next)
}

/// The same, in the words that follow the name: what no list knows is a name only if they are
/// there.
pub(super) fn are_said_right_after(page: &Page<'_>, name: Name) -> bool {
    let next = name.last + 1;
    if page.possessive(name.last) {
        let first = page.flagged(name.first, Token::SENTENCE);
        return !first && (next..next + 3).any(|at| is_health(page, at));
    }
    is_predicate(page, next) || is_passed_on(page, next)
}

/// Returns `true` if a fact is said of somebody who is described: "her at number 12 has ...".
pub(super) fn are_said_of(page: &Page<'_>, at: usize) -> bool {
    is_predicate(page, at + 1)
}

/// "Alan asked me to say he's home": what somebody has others say about them.
fn is_passed_on(page: &Page<'_>, next: usize) -> bool {
    let Some(asked) = (next..next + MOST_BETWEEN)
        .take_while(|at| !page.flagged(*at, Token::SENTENCE))
        .find(|at| page.has(*at, PASSING_ON))
    else {
        return false;
    };
    (asked + 1..asked + TAKEN_UP).any(|at| {
        let whose = page.is(at, THEIRS | THEY);
        whose && (at + 1..at + 3).any(|at| is_health(page, at) || page.is(at, ATTENDANCE))
    })
}

/// A fact of health: no role, no service and no clinic that is named after an illness.
fn is_health(page: &Page<'_>, at: usize) -> bool {
    let trouble = page.has(at, HABIT_SUBSTANCE) && page.has(at + 1, HABIT_TROUBLE);
    trouble
        || page.is(at, HEALTH)
            && !page.is(at, ROLE | CLINICIAN)
            && !page.has(at + 1, HEALTH_SERVICE)
}

/// "Tom's results", "Tommy's mum told me he's got nits".
fn is_owned(page: &Page<'_>, last: usize) -> bool {
    let next = last + 1;
    if page.is(next, RELATION) {
        return (next + 1..next + 8).any(|at| is_health(page, at));
    }
    let fact = |at: usize| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN);
    !page.capital(next) && (next..next + 3).any(fact) && !page.has(next, OWNED_SERVICE)
}

/// What is theirs, or is passed on to them: "Tom's results", "tell Fred his bloods are back".
pub(super) fn are_told(page: &Page<'_>, name: Name) -> bool {
    if page.possessive(name.last) {
        is_owned(page, name.last)
    } else {
        is_told_of(page, name)
    }
}

/// "Tell Fred his bloods are back", "an appointment for Ivy Parr".
fn is_told_of(page: &Page<'_>, name: Name) -> bool {
    let next = name.last + 1;
    // "let Fred know", "for Ivy" and "that his ..." are turns of phrase, of which these words are
    // the fixed parts.
    let told = page.had(name.first, 1, TELLING)
        || page.word_before(name.first, 1) == "let" && page.word(next) == "know";
    let theirs = page.word(next) == "know"
        || page.is(next, THEIRS | THEY)
        || page.word(next) == "that" && page.is(next + 1, THEIRS | THEY);
    let fact = |at: usize| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN);
    if told && theirs {
        return (next..next + 6).any(fact);
    }
    // What is asked for on somebody's behalf.
    page.word_before(name.first, 1) == "for"
        && (2..=4).any(|back| page.had(name.first, back, ASKED_FOR))
}

/// "saw Ivy Parr in the waiting room": where people are seen is a fact as well.
pub(super) fn are_seen(page: &Page<'_>, name: Name) -> bool {
    page.had(name.first, 1, SIGHTING)
        && page
            .find(name.last + 1, name.last + 9, ATTENDANCE)
            .is_some()
}

/// What follows the name says a fact of it.
fn is_predicate(page: &Page<'_>, next: usize) -> bool {
    // "Jason, 34, died ..."
    let aged = page.kind(next) == Some(Kind::Number)
        && page.gap(next) == ", "
        && page.word(next).len() < 3;
    let next = if aged { next + 1 } else { next };
    // "Jean (no. 14) is ..."
    let closes = |at: &usize| page.gap(*at).contains(')');
    let next = if page.gap(next).contains('(') {
        (next + 1..next + 7).find(closes).unwrap_or(next)
    } else {
        next
    };
    // "at number 12", "from the Red Lion", "who drinks at ..."
    let ends = |at: usize| page.flagged(at, Token::SENTENCE);
    let verb = if page.has(next, AFTER_NAME) {
        (next + 1..=next + MOST_BETWEEN)
            .take_while(|at| !ends(*at))
            .find(|at| page.has(*at, LIFE_VERB))
            .unwrap_or(next)
    } else {
        next
    };
    if ends(verb) {
        return false;
    }
    if page.has(verb, END_OF_LIFE) {
        return aged || page.goes_on(verb);
    }
    states(page, verb)
}

/// "has epilepsy", "is pregnant", "was in for her tablets", "goes to the methadone clinic".
fn states(page: &Page<'_>, verb: usize) -> bool {
    // What somebody did for "my" health is no fact of theirs, and a clause that ends takes the fact
    // with it.
    let goes_on =
        |at: &usize| page.goes_on(*at) && !page.is(*at, OWN) && !page.has(*at, NOT_THEIRS);
    let after = |reach: usize| (verb + 1..=verb + reach).take_while(goes_on);
    let health = |reach: usize| after(reach).any(|at| is_health(page, at));
    if page.has(verb, HAVING) {
        // "has been in for his bloods" is a visit, and only the verb "to have" is followed by
        // "been".
        let been = page.word(verb + 1) == "been" && matches!(page.word(verb), "has" | "had");
        return been && is_present_for(page, verb + 1) || health(REACH);
    }
    if page.has(verb, BEING) {
        // "is a bit poorly" says a state, unlike any other "is a".
        let service = page.has(verb + 1, NOT_A_STATE) && page.word(verb + 2) != "bit";
        let state = |at: usize| !service && is_health(page, at) && !page.is(at + 1, ROLE);
        return after(3).any(state)
            || is_present_for(page, verb)
            || after(REACH).any(state) && page.has(verb + 1, UNDER_CARE);
    }
    // "attends the diabetes clinic": of these verbs only this one takes what is attended as its
    // object.
    page.has(verb, GOING)
        && (is_present_for(page, verb) || page.word(verb) == "attends" && health(REACH))
}

/// "was in there every week for his HIV meds", "is in again with her hip".
fn is_present_for(page: &Page<'_>, verb: usize) -> bool {
    let inside = page.has_in(verb + 1, verb + 4, INSIDE);
    let why = (verb + 1..verb + 11)
        .take_while(|at| !page.flagged(*at, Token::SENTENCE))
        .find(|at| page.has(*at, REASON_OF_VISIT));
    inside
        && why.is_some_and(|why| {
            page.has(why + 1, VISIT_DETERMINER)
                && (why + 2..why + 6)
                    .any(|at| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN))
        })
}

/// "... She has epilepsy": a pronoun takes the name up again.
fn is_taken_up(page: &Page<'_>, next: usize) -> bool {
    (next..next + TAKEN_UP).any(|at| {
        let starts = || page.flagged(at, Token::SENTENCE | Token::BREAK);
        page.has(at, THEY_SUBJECT) && states(page, at + 1)
            || page.has(at, THEY_ARE) && states(page, at)
            || page.has(at, THEIR_OWN) && starts() && (at + 1..at + 3).any(|at| is_health(page, at))
    })
}
