//! Patients and other people who are named: by title, by relation, in full, or beside a detail that
//! is theirs.

use crate::reader::text::{Kind, Token};
use crate::{Finding, Identifier, IdentifierKind, Reading, Strength, Target, Topic};

use super::member::Staff;
use super::names::{self, Name};
use super::page::Page;
use super::vocabulary::{
    ASKING_VERB, ATTENDANCE, CHILD, CLINICIAN, Class, DETERMINER, FAINT_TITLE, FORENAME, GRAMMAR,
    HEALTH, INTRODUCTION, INTRODUCTION_END, INTRODUCTION_SUBJECT, KNOWN_BY, LOCATION, MINE, NAMING,
    ORDINARY, PERSON, POINTING, PRACTICE_PERSON, PRONOUN_LOCATED, PUBLIC_COMPANY, PUBLIC_OFFICE,
    RELATION, RELATION_VERB, ROLE, SURNAME, THANKING, THEIRS, TITLE,
};
use super::{Detail, described, facts, meeting, meets};

/// Tokens on either side of a name within which a health or attendance fact is about its bearer.
const NEAR: usize = 25;

/// Why a name is taken for that of a person who is not staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    /// "Mrs Ormerod".
    Title,
    /// "my partner Gethin", "Jean Ackroyd is my mum".
    Relation,
    /// "that lad Darren".
    Pointed,
    /// A forename and a surname.
    Whole,
    /// A forename beside a postcode, an address or a date of birth.
    Detail,
    /// A name, or what stands where one would, and a fact said of its bearer.
    Fact,
    /// "it is Wendy Marsh here": the author.
    Author,
}

/// A person who is named and is not known as staff.
#[derive(Clone, Copy, Debug)]
struct Person {
    name: Name,
    cue: Cue,
    /// The author's own child.
    child: bool,
}

/// Finds and records the people, and returns the tokens at which others than the author are named.
pub(super) fn find(
    page: &Page<'_>,
    details: &[Detail],
    staff: &[Staff],
    out: &mut Reading,
) -> Vec<usize> {
    let mut others = Vec::new();
    let colleagues = names_of(page, staff);
    let mut at = 0;
    while at < page.len() {
        let person = person_at(page, details, at);
        let Some(person) = person.filter(|person| {
            is_free(page, details, staff, *person) && !shares_name(page, &colleagues, person.name)
        }) else {
            at += 1;
            continue;
        };
        at = person.name.last + 1;
        let Some(finding) = judge(page, details, person) else {
            continue;
        };
        out.identifiers.push(Identifier {
            kind: IdentifierKind::Name,
            span: finding.span.clone(),
        });
        if person.child {
            out.findings.push(Finding {
                topic: Topic::Child,
                strength: Strength::Likely,
                span: finding.span.clone(),
                cue: "people.own_child".into(),
                why: "a parent or carer names their child".into(),
                target: Some(Target::Other),
            });
        }
        if finding.target == Some(Target::Other) {
            others.push(person.name.first);
        }
        out.findings.push(finding);
    }
    find_described(page, staff, out);
    others
}

/// Records people who can be identified without a name: "her at number 12 has ...", "the couple
/// from the post office".
///
/// Only possible: a reader from elsewhere cannot know whether somebody recognises the person.
fn find_described(page: &Page<'_>, staff: &[Staff], out: &mut Reading) {
    if !page.seen.any(HEALTH) {
        return;
    }
    for at in 0..page.len() {
        let pointed = page.has(at, PRONOUN_LOCATED)
            || page.is(at, PERSON | RELATION) && !page.is(at, ROLE) && !page.was(at, 1, MINE);
        if !pointed || !page.goes_on(at + 1) || !is_located(page, at + 1) {
            continue;
        }
        if meets(staff, at, at) || !facts::are_said_of(page, at) {
            continue;
        }
        out.findings.push(Finding {
            topic: Topic::PatientIdentifiable,
            strength: Strength::Possible,
            span: page.span(at, at + 1),
            cue: "people.described".into(),
            why: "tells a fact of somebody's health who may be known by the description".into(),
            target: Some(Target::Other),
        });
    }
}

/// Where somebody lives, works or was seen, right after the word for them.
fn is_located(page: &Page<'_>, at: usize) -> bool {
    // "off" and "who" need more: "got her off the floor" is no place, and only some verbs say what
    // a village knows.
    let place = page.has(at, LOCATION)
        || page.word(at) == "off" && page.word(at + 2) != "floor"
        || page.word(at) == "who" && page.has(at + 1, KNOWN_BY);
    // "from the surgery", "at the hospital" is where everybody goes.
    place && !(page.word(at + 1) == "the" && page.is(at + 2, ATTENDANCE | HEALTH))
}

fn is_free(page: &Page<'_>, details: &[Detail], staff: &[Staff], person: Person) -> bool {
    let Name { first, last, .. } = person.name;
    !meets(details, first, last)
        && !meets(staff, first, last)
        && !page.is_practice(first)
        && (person.cue == Cue::Relation || !names::is_signature(page, person.name))
}

/// Returns the words of the names of staff, sorted.
fn names_of<'v>(page: &Page<'v>, staff: &[Staff]) -> Vec<&'v str> {
    let people = staff.iter().filter(|one| one.cue != described::CUE);
    let mut names: Vec<&str> = people
        .flat_map(|one| one.first..=one.last)
        .filter(|at| !page.is(*at, TITLE | CLINICIAN | GRAMMAR | ROLE))
        .map(|at| page.word(at).trim_end_matches("'s"))
        .collect();
    names.sort_unstable();
    names
}

/// "Dr Patel ... Mr Patel": who was staff a sentence ago still is.
fn shares_name(page: &Page<'_>, staff: &[&str], name: Name) -> bool {
    (name.first..=name.last).any(|at| {
        staff
            .binary_search(&page.word(at).trim_end_matches("'s"))
            .is_ok()
    })
}

fn person_at(page: &Page<'_>, details: &[Detail], at: usize) -> Option<Person> {
    let person = |name, cue| {
        Some(Person {
            name,
            cue,
            child: false,
        })
    };
    if page.is(at, TITLE)
        && let Some(name) = by_title(page, at)
    {
        return person(name, Cue::Title);
    }
    if let Some(name) = names::disguised(page, at).filter(|name| facts::are_said(page, *name)) {
        return person(name, Cue::Fact);
    }
    if !page.is(at, FORENAME | SURNAME) && !page.capital(at) && page.tagged_at(at).is_none() {
        let unknown = names::unlisted(page, at).filter(|_| relation_before(page, at).is_some());
        return unknown
            .filter(|name| facts::are_said(page, *name))
            .and_then(|name| person(name, Cue::Fact));
    }
    if let Some(relation) = relation_before(page, at)
        && let Some(name) = names::whole(page, at).or_else(|| names::single(page, at, true))
    {
        let name = names::lengthened(page, name);
        let theirs = page.is(relation, RELATION | MINE) && !is_pointed_at(page, relation);
        if theirs && (page.is(at, FORENAME | SURNAME) || page.gap(at) == " " || name.whole) {
            return Some(Person {
                name,
                cue: Cue::Relation,
                child: is_own_child(page, relation),
            });
        }
        return (page.gap(at) == " " || name.whole).then_some(Person {
            name,
            cue: Cue::Pointed,
            child: false,
        });
    }
    by_name(page, details, at).or_else(|| {
        let said = |name: &Name| {
            facts::are_said_right_after(page, *name) || name.whole && facts::are_seen(page, *name)
        };
        let name = names::shaped(page, at).filter(said)?;
        Some(Person {
            name,
            cue: Cue::Fact,
            child: false,
        })
    })
}

/// Somebody who is named without a title or a relation before the name.
fn by_name(page: &Page<'_>, details: &[Detail], at: usize) -> Option<Person> {
    let person = |name, cue| {
        Some(Person {
            name,
            cue,
            child: false,
        })
    };
    if let Some(name) = names::whole(page, at) {
        let name = names::lengthened(page, name);
        if introduces_author(page, at) {
            return person(name, Cue::Author);
        }
        if let Some(relation) = relation_after(page, name.last + 1) {
            return Some(Person {
                name,
                cue: Cue::Relation,
                child: is_own_child(page, relation),
            });
        }
        let said =
            !name.doubtful || page.possessive(name.last) || names::is_subject(page, name.last + 1);
        return said.then_some(Person {
            name,
            cue: Cue::Whole,
            child: false,
        });
    }
    let name = names::single(page, at, false)
        .or_else(|| names::single(page, at, true).filter(|_| page.is(at, FORENAME)))?;
    if let Some(relation) = relation_after(page, name.last + 1) {
        return Some(Person {
            name,
            cue: Cue::Relation,
            child: is_own_child(page, relation),
        });
    }
    let next = meeting(details, name.first);
    let after = details.get(next).is_some_and(|detail| {
        detail.first > name.last
            && detail.first - name.last <= 2
            && detail.kind != IdentifierKind::Email
    });
    let before = next.checked_sub(1).and_then(|before| details.get(before));
    let beside = after || before.is_some_and(|detail| name.first - detail.last == 1);
    if beside {
        return person(name, Cue::Detail);
    }
    let sure = names::single(page, at, false).is_some();
    let said = facts::are_said_right_after(page, name) || facts::are_told(page, name);
    (sure && said)
        .then_some(())
        .and_then(|()| person(name, Cue::Fact))
}

/// "that lad", "a friend": somebody, but nobody's.
fn is_pointed_at(page: &Page<'_>, noun: usize) -> bool {
    page.had(noun, 1, POINTING) && !page.is(noun, MINE)
}

/// "Mrs Ormerod", "mr. ormerod"; not "I miss Karen" or "my MS is worse".
fn by_title(page: &Page<'_>, at: usize) -> Option<Name> {
    let next = at + 1;
    if !page.goes_on(next) && !matches!(page.gap(next), "." | ". ") {
        return None;
    }
    let strict = page.has(at, FAINT_TITLE);
    let name = names::titled(page, next).or_else(|| {
        // "ask mrs power": no list of words is as sure as the title.
        let faint = !strict && names::is_faint_surname(page, next);
        let unknown = !strict
            && page.class(next) == Class::NONE
            && page.kind(next) == Some(Kind::Word)
            && page.word(next).len() > 3;
        (faint || unknown).then_some(Name::of(next))
    })?;
    // Of the titles only "miss" is a verb as well.
    let verb = page.word(at) == "miss"
        && (page.was(at, 1, GRAMMAR) && !page.capital(at) || !page.is(next, SURNAME | FORENAME));
    (!verb).then_some(Name { first: at, ..name })
}

/// Returns the word of relation that stands right before a name.
fn relation_before(page: &Page<'_>, at: usize) -> Option<usize> {
    let near = matches!(page.gap(at), " " | "  " | ", " | " (" | ": " | " - ");
    if !near || at == 0 {
        return None;
    }
    // "our Liam", as much of the country calls its own.
    if page.word_before(at, 1) == "our" && page.is(at, FORENAME) && !page.is(at, ORDINARY) {
        return at.checked_sub(1);
    }
    let naming = page.was(at, 1, NAMING);
    let noun = at.checked_sub(if naming { 2 } else { 1 })?;
    if page.is(noun, ROLE) && !page.is(noun, PERSON | RELATION) || !page.is(noun, RELATION | PERSON)
    {
        return None;
    }
    if page.has(noun, PRACTICE_PERSON) {
        return page.is(at, FORENAME).then_some(noun);
    }
    // Somebody's, or pointed at: "my mum", "his little lad", "Tom's wife", "that lad", "a friend".
    (1..=3)
        .take_while(|back| {
            *back == 1 || page.was(noun + 1, *back, ORDINARY | GRAMMAR | RELATION | PERSON)
        })
        .any(|back| {
            let whose =
                page.was(noun, back, MINE | THEIRS) || page.word_before(noun, back).ends_with("'s");
            whose || page.had(noun, back, DETERMINER)
        })
        .then_some(noun)
}

/// "... is my mum", "..., my son".
fn relation_after(page: &Page<'_>, next: usize) -> Option<usize> {
    let whose = next + usize::from(page.has(next, RELATION_VERB));
    let noun =
        whose + 1 + usize::from(page.is(whose + 1, ORDINARY) && !page.is(whose + 1, RELATION));
    (page.is(whose, MINE | THEIRS) && page.is(noun, RELATION)).then_some(noun)
}

fn is_own_child(page: &Page<'_>, relation: usize) -> bool {
    page.is(relation, CHILD) && (1..=3).any(|back| page.was(relation, back, MINE))
}

/// "it's Wendy Marsh", "my name is ...", "I'm ...".
fn introduces_author(page: &Page<'_>, at: usize) -> bool {
    if page.had(at, 1, INTRODUCTION) {
        return true;
    }
    match page.word_before(at, 1) {
        "am" => page.word_before(at, 2) == "i",
        "is" => page.had(at, 2, INTRODUCTION_SUBJECT),
        "here" => page.token(at + 2).is_none() || page.has(at + 2, INTRODUCTION_END),
        _ => false,
    }
}

/// A friend who is tagged, somebody who is thanked, or somebody in public life.
fn is_addressed(page: &Page<'_>, name: Name) -> bool {
    let from = name.first.saturating_sub(4);
    let ends = |at: usize| page.token(at).is_none();
    page.tagged_at(name.first).is_some()
        || name.first == 0 && !page.possessive(name.last)
        || ends(name.last + 1)
        || page.has_in(from, name.first, PUBLIC_OFFICE | THANKING)
        || page.has(name.last + 1, PUBLIC_COMPANY)
        // "Is Emma still on the patient group"
        || page.had(name.first, 1, ASKING_VERB) && page.flagged(name.first - 1, Token::SENTENCE)
}

/// What the company of a name makes of it, or nothing where it says nothing of health or
/// attendance.
fn judge(page: &Page<'_>, details: &[Detail], person: Person) -> Option<Finding> {
    let Name {
        first, last, whole, ..
    } = person.name;
    let near = |class: Class| {
        let before = page.find(first.saturating_sub(NEAR), first, class);
        before
            .or_else(|| page.find(last + 1, last + 1 + NEAR, class))
            .is_some()
    };
    // Councillors, authors, tagged friends and people who are thanked are named near words of
    // health as well. Nearness is enough only for the author's own family; about everybody else a
    // fact must be said.
    let fact = facts::are_said(page, person.name);
    let near_by =
        matches!(person.cue, Cue::Relation | Cue::Author | Cue::Detail) || !details.is_empty();
    let said = near_by || fact;
    let (health, attendance) = (fact || near(HEALTH), near(ATTENDANCE));
    let known = whole || person.cue == Cue::Title;
    // "our Stevie", and words of health somewhere near: of whom they are said, a person can tell.
    let guessed = page.word_before(first, 1) == "our" && !known && !fact && details.is_empty();
    let finding = |topic, strength, why: &'static str, target| {
        Some(Finding {
            topic,
            strength,
            span: page.span(first, last),
            cue: "people.name".into(),
            why: why.into(),
            target: Some(target),
        })
    };
    if person.cue == Cue::Author {
        let why = "the author gives their own name with what they ask of the practice";
        return (health || attendance || !details.is_empty()).then(|| {
            finding(
                Topic::PatientIdentifiable,
                Strength::Possible,
                why,
                Target::Author,
            )
        })?;
    }
    if !said {
        let possible = (health || attendance) && !is_addressed(page, person.name);
        let why = "names another person near words of health, though it may be somebody else's";
        return possible.then(|| {
            finding(
                Topic::PatientIdentifiable,
                Strength::Possible,
                why,
                Target::Other,
            )
        })?;
    }
    let why = "names another person with a fact of their health or of their visit to the practice";
    let strength = match (health, attendance, known) {
        (true, _, true) if person.cue == Cue::Relation => Strength::Certain,
        (true, _, true) => Strength::Likely,
        (true, _, _) if !guessed && !matches!(person.cue, Cue::Fact | Cue::Pointed) => {
            Strength::Likely
        }
        (_, true, true) => Strength::Likely,
        (false, _, _) if person.cue == Cue::Pointed => return None,
        (true, _, _) | (_, true, _) => Strength::Possible,
        _ if details.is_empty() => return None,
        _ => {
            let why = "names another person with a personal detail of theirs";
            return finding(
                Topic::OtherPersonIdentifiable,
                Strength::Likely,
                why,
                Target::Other,
            );
        }
    };
    finding(Topic::PatientIdentifiable, strength, why, Target::Other)
}
