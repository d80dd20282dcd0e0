//! Patients and other people who are named: by title, by relation, in full, or beside a detail that is theirs.

use crate::reader::text::Kind;
use crate::{Finding, Identifier, IdentifierKind, Reading, Strength, Target, Topic};

use super::names::{self, Name};
use super::page::Page;
use super::staff::Staff;
use super::vocabulary::{
    ATTENDANCE, CHILD, CLINICIAN, Class, FORENAME, GRAMMAR, HEALTH, MINE, NAMING, ORDINARY, PERSON, RELATION, ROLE,
    SURNAME, THEIRS, THEY, TITLE,
};
use super::{Detail, described, meeting, meets};

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
    /// A forename, and a health fact said of it.
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
pub(super) fn find(page: &Page<'_>, details: &[Detail], staff: &[Staff], out: &mut Reading) -> Vec<usize> {
    let mut others = Vec::new();
    let colleagues = names_of(page, staff);
    let mut at = 0;
    while at < page.len() {
        let person = person_at(page, details, at);
        let Some(person) = person
            .filter(|person| is_free(page, details, staff, *person) && !shares_name(page, &colleagues, person.name))
        else {
            at += 1;
            continue;
        };
        at = person.name.last + 1;
        let Some(finding) = judge(page, details, person) else { continue };
        out.identifiers.push(Identifier { kind: IdentifierKind::Name, span: finding.span.clone() });
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
    others
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
    (name.first..=name.last).any(|at| staff.binary_search(&page.word(at).trim_end_matches("'s")).is_ok())
}

fn person_at(page: &Page<'_>, details: &[Detail], at: usize) -> Option<Person> {
    let person = |name, cue| Some(Person { name, cue, child: false });
    if page.is(at, TITLE)
        && let Some(name) = by_title(page, at)
    {
        return person(name, Cue::Title);
    }
    if !page.is(at, FORENAME | SURNAME) && !page.capital(at) {
        return None;
    }
    if let Some(relation) = relation_before(page, at)
        && let Some(name) = names::whole(page, at).or_else(|| names::single(page, at, true))
    {
        if page.is(relation, RELATION | MINE) && (page.is(at, FORENAME | SURNAME) || page.gap(at) == " ") || name.whole
        {
            return Some(Person { name, cue: Cue::Relation, child: is_own_child(page, relation) });
        }
        return (page.gap(at) == " ").then_some(Person { name, cue: Cue::Pointed, child: false });
    }
    if let Some(name) = names::whole(page, at) {
        if introduces_author(page, at) {
            return person(name, Cue::Author);
        }
        if let Some(relation) = relation_after(page, name.last + 1) {
            return Some(Person { name, cue: Cue::Relation, child: is_own_child(page, relation) });
        }
        let said = !name.doubtful || page.possessive(name.last) || names::is_subject(page, name.last + 1);
        return said.then_some(Person { name, cue: Cue::Whole, child: false });
    }
    let name =
        names::single(page, at, false).or_else(|| names::single(page, at, true).filter(|_| page.is(at, FORENAME)))?;
    if let Some(relation) = relation_after(page, name.last + 1) {
        return Some(Person { name, cue: Cue::Relation, child: is_own_child(page, relation) });
    }
    let next = meeting(details, name.first);
    let after = details.get(next).is_some_and(|detail| {
        detail.first > name.last && detail.first - name.last <= 2 && detail.kind != IdentifierKind::Email
    });
    let before = next.checked_sub(1).and_then(|before| details.get(before));
    let beside = after || before.is_some_and(|detail| name.first - detail.last == 1);
    if beside {
        return person(name, Cue::Detail);
    }
    let sure = names::single(page, at, false).is_some();
    (sure && says_fact(page, name)).then_some(()).and_then(|()| person(name, Cue::Fact))
}

/// "Mrs Ormerod", "mr. ormerod"; not "I miss Karen" or "my MS is worse".
fn by_title(page: &Page<'_>, at: usize) -> Option<Name> {
    let title = page.word(at);
    let next = at + 1;
    if !page.goes_on(next) && !matches!(page.gap(next), "." | ". ") {
        return None;
    }
    let strict = matches!(title, "miss" | "ms" | "master" | "missus" | "mister");
    let name = names::titled(page, next).or_else(|| {
        // "ask mrs power": no list of words is as sure as the title.
        let faint = !strict && names::is_faint_surname(page, next);
        let unknown = !strict
            && page.class(next) == Class::NONE
            && page.kind(next) == Some(Kind::Word)
            && page.word(next).len() > 3;
        (faint || unknown).then_some(Name::of(next))
    })?;
    let verb = title == "miss" && (page.was(at, 1, GRAMMAR) && !page.capital(at) || !page.is(next, SURNAME | FORENAME));
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
    if page.is(noun, ROLE) && !page.is(noun, PERSON | RELATION) || !page.is(noun, RELATION | PERSON) {
        return None;
    }
    if matches!(page.word(noun), "patient" | "resident") {
        return page.is(at, FORENAME).then_some(noun);
    }
    // Somebody's, or pointed at: "my mum", "his little lad", "Tom's wife", "that lad", "a friend".
    (1..=3)
        .take_while(|back| *back == 1 || page.was(noun + 1, *back, ORDINARY | GRAMMAR | RELATION | PERSON))
        .any(|back| {
            let whose = page.was(noun, back, MINE | THEIRS) || page.word_before(noun, back).ends_with("'s");
            whose || matches!(page.word_before(noun, back), "that" | "a" | "the" | "this" | "your" | "another")
        })
        .then_some(noun)
}

/// "... is my mum", "..., my son".
fn relation_after(page: &Page<'_>, next: usize) -> Option<usize> {
    let whose = next + usize::from(matches!(page.word(next), "is" | "was" | "who's"));
    let noun = whose + 1 + usize::from(page.is(whose + 1, ORDINARY) && !page.is(whose + 1, RELATION));
    (page.is(whose, MINE | THEIRS) && page.is(noun, RELATION)).then_some(noun)
}

fn is_own_child(page: &Page<'_>, relation: usize) -> bool {
    page.is(relation, CHILD) && (1..=3).any(|back| page.was(relation, back, MINE))
}

/// "it's Wendy Marsh", "my name is ...", "I'm ...".
fn introduces_author(page: &Page<'_>, at: usize) -> bool {
    let one = page.word_before(at, 1);
    let two = page.word_before(at, 2);
    match one {
        "i'm" | "im" | "it's" | "its" | "name's" => true,
        "am" => two == "i",
        "is" => matches!(two, "it" | "this" | "name"),
        "here" => matches!(page.word(at + 2), "" | "i" | "my"),
        _ => false,
    }
}

/// A forename and what only its bearer and the practice should know: "Kayleigh has epilepsy", "Tom's results".
fn says_fact(page: &Page<'_>, name: Name) -> bool {
    let next = name.last + 1;
    // "Tommy's mum told me he's got nits"
    if page.possessive(name.last) && page.is(next, RELATION) {
        return (next + 1..next + 8).any(|at| page.is(at, HEALTH) && !page.is(at, ROLE | CLINICIAN));
    }
    if page.possessive(name.last) {
        return !page.is(name.last, ORDINARY)
            && !page.capital(next)
            && (next..next + 3).any(|at| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN))
            && !matches!(page.word(next), "visit" | "visits" | "clinic" | "surgery" | "reception" | "care");
    }
    // "Tell Fred his bloods are back"
    let told = matches!(
        page.word_before(name.first, 1),
        "tell" | "ring" | "call" | "phone" | "text" | "message" | "remind" | "contact" | "inform" | "for"
    );
    if told && page.is(next, THEIRS | THEY) || told && page.word(next) == "that" && page.is(next + 1, THEIRS | THEY) {
        return (next..next + 6).any(|at| page.is(at, HEALTH | ATTENDANCE) && !page.is(at, ROLE | CLINICIAN));
    }
    // "Chloe at number 12 has ...": where somebody lives comes between.
    let lives = matches!(page.word(next), "from" | "at" | "next" | "down" | "over" | "who" | "up" | "across");
    let verb = |at: usize| matches!(page.word(at), "has" | "is" | "was" | "had" | "got");
    let next = if lives { (next + 1..next + 7).find(|at| verb(*at)).unwrap_or(next) } else { next };
    // "Jason, 34, died ..."
    let aged = page.kind(next) == Some(Kind::Number) && page.gap(next) == ", " && page.word(next).len() < 3;
    let next = if aged { next + 1 } else { next };
    let died = matches!(page.word(next), "died" | "collapsed" | "passed");
    if died && (aged || page.goes_on(next)) {
        return true;
    }
    let has = matches!(page.word(next), "has" | "suffers" | "had" | "having" | "got" | "takes" | "on" | "needs");
    let is = matches!(page.word(next), "is" | "was")
        && matches!(
            page.word(next + 1),
            "having" | "on" | "in" | "diagnosed" | "pregnant" | "sectioned" | "dying" | "seriously"
        );
    (has || is) && (next + 1..next + 5).any(|at| page.is(at, HEALTH) && !page.is(at, ROLE | CLINICIAN))
}

/// What the company of a name makes of it, or nothing where it says nothing of health or attendance.
fn judge(page: &Page<'_>, details: &[Detail], person: Person) -> Option<Finding> {
    let Name { first, last, whole, .. } = person.name;
    let near = |class: Class| {
        let before = page.find(first.saturating_sub(NEAR), first, class);
        before.or_else(|| page.find(last + 1, last + 1 + NEAR, class)).is_some()
    };
    let (health, attendance) = (near(HEALTH), near(ATTENDANCE));
    let known = whole || person.cue == Cue::Title;
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
        return (health || attendance || !details.is_empty())
            .then(|| finding(Topic::PatientIdentifiable, Strength::Possible, why, Target::Author))?;
    }
    let why = "names another person with a fact of their health or of their visit to the practice";
    let strength = match (health, attendance, known) {
        (true, _, true) if person.cue == Cue::Relation => Strength::Certain,
        (true, _, _) if !matches!(person.cue, Cue::Fact | Cue::Pointed) => Strength::Likely,
        (_, true, true) => Strength::Likely,
        (false, _, _) if person.cue == Cue::Pointed => return None,
        (true, _, _) | (_, true, _) => Strength::Possible,
        _ if details.is_empty() => return None,
        _ => {
            let why = "names another person with a personal detail of theirs";
            return finding(Topic::OtherPersonIdentifiable, Strength::Likely, why, Target::Other);
        }
    };
    finding(Topic::PatientIdentifiable, strength, why, Target::Other)
}
