//! Facts: what is said of a person, and not merely near a name.

use crate::reader::text::{Kind, Token};

use super::names::Name;
use super::page::Page;
use super::vocabulary::{ATTENDANCE, CLINICIAN, HEALTH, OWN, RELATION, ROLE, THEIRS, THEY};

/// Tokens that may come between a name and the verb: "from the post office", "at number 9".
const MOST_BETWEEN: usize = 7;
/// Tokens after the verb within which the fact must come.
const REACH: usize = 5;
/// Tokens after the name within which "she has" may take it up again.
const TAKEN_UP: usize = 14;

/// Returns `true` if something that only its bearer and the practice should know is said of a name: "has
/// epilepsy", "was in for his bloods", "'s results".
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

/// The same, in the words that follow the name: what no list knows is a name only if they are there.
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

/// "Alan asked me to say he's home": what somebody lets others say of them.
fn is_passed_on(page: &Page<'_>, next: usize) -> bool {
    let asks = |at: usize| matches!(page.word(at), "asked" | "asks" | "wanted" | "wants" | "says" | "said" | "told");
    let Some(asked) =
        (next..next + MOST_BETWEEN).take_while(|at| !page.flagged(*at, Token::SENTENCE)).find(|at| asks(*at))
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
    let problem = matches!(page.word(at), "drink" | "drug" | "gambling" | "drinking" | "alcohol")
        && matches!(page.word(at + 1), "problem" | "problems" | "habit" | "issues");
    problem || page.is(at, HEALTH) && !page.is(at, ROLE | CLINICIAN) && !is_service(page, at + 1)
}

fn is_service(page: &Page<'_>, at: usize) -> bool {
    matches!(
        page.word(at),
        "clinic"
            | "clinics"
            | "jab"
            | "jabs"
            | "nurse"
            | "nurses"
            | "team"
            | "service"
            | "services"
            | "talk"
            | "week"
            | "awareness"
            | "training"
            | "leaflet"
            | "leaflets"
            | "group"
            | "advice"
            | "campaign"
            | "checks"
            | "season"
    )
}

/// "Tom's results", "Tommy's mum told me he's got nits".
fn is_owned(page: &Page<'_>, last: usize) -> bool {
    let next = last + 1;
    if page.is(next, RELATION) {
        return (next + 1..next + 8).any(|at| is_health(page, at));
    }
    let fact = |at: usize| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN);
    !page.capital(next)
        && (next..next + 3).any(fact)
        && !matches!(page.word(next), "visit" | "visits" | "clinic" | "surgery" | "reception" | "care" | "class")
}

/// What is theirs, or is passed on to them: "Tom's results", "tell Fred his bloods are back".
pub(super) fn are_told(page: &Page<'_>, name: Name) -> bool {
    if page.possessive(name.last) { is_owned(page, name.last) } else { is_told_of(page, name) }
}

/// "Tell Fred his bloods are back", "an appointment for Ivy Parr".
fn is_told_of(page: &Page<'_>, name: Name) -> bool {
    let next = name.last + 1;
    let told = matches!(
        page.word_before(name.first, 1),
        "tell" | "ring" | "call" | "phone" | "text" | "message" | "remind" | "contact" | "inform" | "for"
    );
    let told = told || page.word_before(name.first, 1) == "let" && page.word(next) == "know";
    let theirs = page.word(next) == "know"
        || page.is(next, THEIRS | THEY)
        || page.word(next) == "that" && page.is(next + 1, THEIRS | THEY);
    let fact = |at: usize| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN);
    if told && theirs {
        return (next..next + 6).any(fact);
    }
    // What is asked for on somebody's behalf.
    let asked = |at: usize| {
        matches!(
            page.word(at),
            "appointment"
                | "appt"
                | "prescription"
                | "script"
                | "results"
                | "bloods"
                | "repeat"
                | "referral"
                | "inhaler"
                | "tablets"
                | "meds"
                | "medication"
                | "insulin"
                | "test"
                | "smear"
                | "slot"
                | "note"
        )
    };
    page.word_before(name.first, 1) == "for" && (2..=4).any(|back| name.first.checked_sub(back).is_some_and(asked))
}

/// "saw Ivy Parr in the waiting room": where people are seen is a fact as well.
pub(super) fn are_seen(page: &Page<'_>, name: Name) -> bool {
    let seen = matches!(page.word_before(name.first, 1), "saw" | "seen" | "spotted" | "met" | "noticed");
    seen && page.find(name.last + 1, name.last + 9, ATTENDANCE).is_some()
}

/// What follows the name says a fact of it.
fn is_predicate(page: &Page<'_>, next: usize) -> bool {
    // "Jason, 34, died ..."
    let aged = page.kind(next) == Some(Kind::Number) && page.gap(next) == ", " && page.word(next).len() < 3;
    let next = if aged { next + 1 } else { next };
    // "Jean (no. 14) is ..."
    let closes = |at: &usize| page.gap(*at).contains(')');
    let next = if page.gap(next).contains('(') { (next + 1..next + 7).find(closes).unwrap_or(next) } else { next };
    // "at number 12", "from the Red Lion", "who drinks at ..."
    let lives = matches!(
        page.word(next),
        "from"
            | "at"
            | "next"
            | "down"
            | "over"
            | "who"
            | "up"
            | "across"
            | "of"
            | "in"
            | "off"
            | "opposite"
            | "round"
            | "on"
            | "with"
            | "that"
            | "upstairs"
    );
    let ends = |at: usize| page.flagged(at, Token::SENTENCE);
    let verb = if lives {
        (next + 1..=next + MOST_BETWEEN).take_while(|at| !ends(*at)).find(|at| is_verb(page, *at)).unwrap_or(next)
    } else {
        next
    };
    if ends(verb) {
        return false;
    }
    if matches!(page.word(verb), "died" | "collapsed" | "passed") {
        return aged || page.goes_on(verb);
    }
    states(page, verb)
}

fn is_verb(page: &Page<'_>, at: usize) -> bool {
    matches!(
        page.word(at),
        "has"
            | "had"
            | "got"
            | "is"
            | "was"
            | "suffers"
            | "takes"
            | "needs"
            | "goes"
            | "went"
            | "comes"
            | "came"
            | "caught"
            | "died"
            | "collapsed"
            | "attends"
    )
}

/// "has epilepsy", "is pregnant", "was in for her tablets", "goes to the methadone clinic".
fn states(page: &Page<'_>, verb: usize) -> bool {
    // What somebody did for "my" health is no fact of theirs, and a clause that ends takes the fact with it.
    let goes_on =
        |at: &usize| page.goes_on(*at) && !page.is(*at, OWN) && !matches!(page.word(*at), "you" | "your" | "us");
    let after = |reach: usize| (verb + 1..=verb + reach).take_while(goes_on);
    match page.word(verb) {
        "has" | "had" if page.word(verb + 1) == "been" && is_present_for(page, verb + 1) => true,
        "has" | "had" | "got" | "having" | "suffers" | "takes" | "caught" | "on" | "needs" => {
            after(REACH).any(|at| is_health(page, at))
        }
        "is" | "was" | "he's" | "she's" | "were" => {
            let service = matches!(page.word(verb + 1), "the" | "a" | "not") && page.word(verb + 2) != "bit";
            let state = |at: usize| !service && is_health(page, at) && !page.is(at + 1, ROLE);
            after(3).any(state) || is_present_for(page, verb) || after(REACH).any(state) && is_ill(page, verb)
        }
        "goes" | "went" | "comes" | "came" | "attends" | "been" | "waiting" => {
            is_present_for(page, verb) || page.word(verb) == "attends" && after(REACH).any(|at| is_health(page, at))
        }
        _ => false,
    }
}

fn is_ill(page: &Page<'_>, verb: usize) -> bool {
    matches!(
        page.word(verb + 1),
        "having" | "on" | "in" | "diagnosed" | "pregnant" | "sectioned" | "dying" | "seriously" | "being" | "off"
    )
}

/// "was in there every week for his HIV meds", "is in again with her hip".
fn is_present_for(page: &Page<'_>, verb: usize) -> bool {
    let inside =
        (verb + 1..verb + 4).any(|at| matches!(page.word(at), "in" | "there" | "at" | "here" | "seen" | "up" | "to"));
    let why = (verb + 1..verb + 11)
        .take_while(|at| !page.flagged(*at, Token::SENTENCE))
        .find(|at| matches!(page.word(*at), "for" | "with" | "about" | "getting" | "having" | "collecting"));
    inside
        && why.is_some_and(|why| {
            let whose = matches!(page.word(why + 1), "his" | "her" | "their" | "the" | "a" | "an" | "some" | "more");
            whose && (why + 2..why + 6).any(|at| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN))
        })
}

/// "... She has epilepsy": a pronoun takes the name up again.
fn is_taken_up(page: &Page<'_>, next: usize) -> bool {
    (next..next + TAKEN_UP).any(|at| match page.word(at) {
        "he" | "she" => states(page, at + 1),
        "he's" | "she's" => states(page, at),
        "his" | "her" => {
            page.flagged(at, Token::SENTENCE | Token::BREAK) && (at + 1..at + 3).any(|at| is_health(page, at))
        }
        _ => false,
    })
}
