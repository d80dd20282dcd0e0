//! Staff: named by title, by role, by what they did, by thanks, or as the practice's roster knows
//! them.

use crate::reader::parts::{JOINED_TITLE, MISSPELT_ROLE};
use crate::reader::text::{Kind, Token};
use crate::{Finding, Reading, Strength, Target, Topic};

use super::known::Known;
use super::member::Staff;
use super::names::{self, Name};
use super::page::Page;
use super::roster;
use super::vocabulary::{
    ABBREVIATED_TITLE, ADDRESSING, CALLED_BACK, CARE_RECEIVED, CLINICIAN, CONDUCT_LINK, Class,
    DEGREE, DESK, FORENAME, GRAMMAR, MANNER, MINE, NAMING, NAMING_VERB, NOT_A_CLINICIANS_INITIAL,
    OF_ELSEWHERE, ORDINARY, PATIENTS_THEMSELVES, PERSON, PRACTICES_OWN, REACH, RELATION, ROLE,
    ROLE_ADJECTIVE, ROLE_LINK, SEEN_BY, SERVICE, SERVICE_OBJECT, SURNAME, THANKS_TO_STAFF, THEIRS,
    TITLE, TO_THE_AUTHOR, WORKPLACE_ARTICLE, WORKPLACE_PREPOSITION,
};

/// Tokens on either side of a forename in which a role makes it a colleague's.
const ROLE_NEAR: usize = 8;

/// Records the staff found.
pub(super) fn report(page: &Page<'_>, staff: &[Staff], out: &mut Reading) {
    for one in staff {
        out.findings.push(Finding {
            topic: Topic::StaffIdentified,
            strength: one.strength,
            span: page.span(one.first, one.last),
            cue: one.cue.into(),
            why: one.why.into(),
            target: Some(Target::Staff),
        });
    }
}

/// Returns the staff who are named, in the order of the text.
pub(super) fn find(page: &Page<'_>, known: &Known) -> Vec<Staff> {
    let mut found: Vec<Staff> = Vec::new();
    let mut at = 0;
    while at < page.len() {
        let one = by_title(page, at)
            .or_else(|| by_disguised_title(page, at))
            .or_else(|| roster::find(page, known, at))
            .or_else(|| by_role_before(page, at))
            .or_else(|| by_name(page, at));
        match one {
            Some(one) => {
                at = one.last + 1;
                let list = one.clone();
                found.push(one);
                if let Some(next) = also(page, &list) {
                    at = next.last + 1;
                    found.push(next);
                }
            }
            // Past the whole name, so that its surname is not read as a forename.
            None => at = names::whole(page, at).map_or(at, |name| name.last) + 1,
        }
    }
    found
}

/// "Drs Patel and Shah", "Glenys and Moira on reception": a name joined to a member of staff is one
/// too.
fn also(page: &Page<'_>, one: &Staff) -> Option<Staff> {
    let at = one.last + 1;
    // "&" is a mark and no token, so it stands in the gap before the second name.
    let sign = page.gap(at).trim() == "&";
    let joined = sign || page.word(at) == "and";
    let at = if sign { at } else { at + 1 };
    if !joined || !page.capital(at) {
        return None;
    }
    let name = names::whole(page, at).or_else(|| names::single(page, at, false))?;
    Some(Staff {
        first: name.first,
        last: name.last,
        ..one.clone()
    })
}

/// `@DrPatelGP`, "D r P a t e l": a title and a name that are written as one, or letter by letter.
fn by_disguised_title(page: &Page<'_>, at: usize) -> Option<Staff> {
    let name = names::disguised(page, at)?;
    let letters: String = (name.first..=name.last)
        .map(|at| page.word(at).trim_start_matches('@'))
        .collect();
    let rest = JOINED_TITLE
        .iter()
        .find_map(|title| letters.strip_prefix(title))?;
    let named = rest
        .trim_start_matches(['.', '_'])
        .bytes()
        .filter(u8::is_ascii_lowercase)
        .count()
        > 2;
    named.then_some(Staff {
        first: at,
        last: name.last,
        strength: Strength::Possible,
        cue: "staff.title",
        why: "names a clinician by title and name, written as one word or letter by letter",
    })
}

/// "Dr Patel", "nurse sarah", "Sister Doyle".
fn by_title(page: &Page<'_>, at: usize) -> Option<Staff> {
    if !page.is(at, CLINICIAN) || page.possessive(at) {
        return None;
    }
    // "my sister Karen" is family; "my doctor Karen" is not.
    if page.word(at) == "sister"
        && (page.was(at, 1, MINE | THEIRS | RELATION) || page.word_before(at, 1).ends_with("'s"))
    {
        return None;
    }
    // "Doctor Nurse Sarah", "Dr. Patel": a point after the title ends no sentence.
    let next = at + 1;
    let abbreviated = page.has(at, ABBREVIATED_TITLE) && matches!(page.gap(next), "." | ". ");
    if !page.goes_on(next) && !abbreviated
        || page.is(next, REACH)
        || names::pair_is_public(page, at, next)
    {
        return None;
    }
    let initial = page.word(next).len() == 1
        && page.capital(next)
        && !page.has(next, NOT_A_CLINICIANS_INITIAL);
    let name = names::titled(page, next)
        .filter(|name| !is_misspelt_role(page, name.last))
        .or_else(|| unknown_in_lower_case(page, at, next));
    let (last, strength) = match name {
        // "nurse Will": a capital at least, where the word is also a word.
        Some(name) => (name.last, Strength::Certain),
        None if initial && !page.possessive(next) => (next, Strength::Possible),
        None => return None,
    };
    Some(Staff {
        first: at,
        last,
        strength,
        cue: "staff.title",
        why: "names a clinician by title and name",
    })
}

/// "Nurse Practicioner", "Dr Surgury".
fn is_misspelt_role(page: &Page<'_>, at: usize) -> bool {
    let word = page.word(at);
    page.class(at) == Class::NONE && MISSPELT_ROLE.iter().any(|start| word.starts_with(start))
}

/// "Mr Ormerod was rude": a title that patients have too, and conduct that staff are judged by.
fn titled_at_work(page: &Page<'_>, at: usize) -> Option<Staff> {
    let name =
        names::titled(page, at + 1).filter(|_| page.goes_on(at + 1) || page.gap(at + 1) == ". ")?;
    let role = page.was(at, 1, ROLE) && matches!(page.gap(at), " " | ", ");
    let told = role || behaves(page, name.last + 1) || at_work(page, name.last + 1);
    told.then_some(Staff {
        first: at,
        last: name.last,
        strength: Strength::Likely,
        cue: "staff.conduct",
        why: "names somebody and says how they did their work",
    })
}

/// "dr wazniak": in lower case only after "dr", and only what no list of words knows.
fn unknown_in_lower_case(page: &Page<'_>, title: usize, at: usize) -> Option<Name> {
    let word = page.word(at);
    let unknown = page.class(at) == Class::NONE && page.kind(at) == Some(Kind::Word);
    let fits = page.word(title) == "dr"
        && unknown
        && word.len() > 3
        && word.bytes().all(|b| b.is_ascii_lowercase());
    fits.then_some(Name::of(at))
}

/// "receptionist called Glenys", "the pharmacist Glenys", "practice manager, Moira Dent".
fn by_role_before(page: &Page<'_>, at: usize) -> Option<Staff> {
    if !page.is(at, FORENAME | SURNAME) && !page.capital(at) || at == 0 {
        return None;
    }
    let cued = |name: Name| Staff {
        first: name.first,
        last: name.last,
        strength: Strength::Likely,
        cue: "staff.role",
        why: "names a member of staff with their role",
    };
    let name = || {
        let name = names::whole(page, at).or_else(|| names::single(page, at, true))?;
        (!is_misspelt_role(page, name.last)).then_some(name)
    };
    let naming = page.was(at, 1, NAMING) || page.had(at, 1, NAMING_VERB) && page.was(at, 2, NAMING);
    if naming {
        let role = (2..8).any(|back| page.was(at, back, ROLE | DESK))
            && !(2..6).any(|back| page.was(at, back, RELATION));
        // "called Karen back": a verb, not a name given.
        let verb = page.has(at + 1, CALLED_BACK);
        return (role && !verb).then(name)?.map(cued);
    }
    // "the lady on reception, Julie I think"
    let placed = page.gap(at) == ", "
        && page.was(at, 1, DESK)
        && (2..6).any(|back| page.was(at, back, PERSON | ROLE));
    if placed && page.capital(at) {
        return name().map(cued);
    }
    // "my partner Gethin" is family, whatever partners a practice has.
    let family = page.was(at, 1, RELATION) && page.was(at, 2, MINE | THEIRS);
    let role = page.was(at, 1, ROLE) && !family && !page.word_before(at, 1).ends_with('s');
    if role
        && (page.goes_on(at)
            || page.gap(at) == ", " && page.capital(at) && names::whole(page, at).is_some())
    {
        return name().map(cued);
    }
    None
}

/// A name that is a member of staff's because of the words before or behind it.
fn by_name(page: &Page<'_>, at: usize) -> Option<Staff> {
    if page.is(at, TITLE) {
        return titled_at_work(page, at);
    }
    if !page.is(at, FORENAME | SURNAME) {
        return unknown_at_work(page, at);
    }
    let name = names::whole(page, at).or_else(|| names::single(page, at, false))?;
    // "tell Dominic the doctor called"
    if is_family(page, name.first) || page.had(at, 1, ADDRESSING) || page.possessive(name.last) {
        return None;
    }
    let staff = |strength, cue, why| {
        Some(Staff {
            first: name.first,
            last: name.last,
            strength,
            cue,
            why,
        })
    };
    if at_work(page, name.last + 1) {
        return staff(
            Strength::Likely,
            "staff.place",
            "names a member of staff with their role or place of work",
        );
    }
    if joined_at_work(page, name.last + 1) {
        return staff(
            Strength::Likely,
            "staff.place",
            "names a member of staff with their role or place of work",
        );
    }
    // A forename alone may be anybody's: the roster knows those of the staff, and a role beside it
    // shows that it is one.
    let told = name.whole && !name.doubtful
        || page
            .find(
                at.saturating_sub(ROLE_NEAR),
                name.last + ROLE_NEAR,
                ROLE | DESK,
            )
            .is_some();
    if told && behaves(page, name.last + 1) {
        return staff(
            Strength::Likely,
            "staff.conduct",
            "names somebody and says how they did their work",
        );
    }
    if told && thanked(page, name) {
        let strength = if name.whole {
            Strength::Likely
        } else {
            Strength::Possible
        };
        return staff(strength, "staff.thanked", "thanks somebody by name");
    }
    let by = told && page.had(at, 1, SEEN_BY) && page.goes_on(at);
    if by && page.has_in(at.saturating_sub(6), at, CARE_RECEIVED) {
        return staff(
            Strength::Possible,
            "staff.seen_by",
            "names somebody the author was seen by",
        );
    }
    None
}

/// "Xiadani on reception": a name that no list knows, by its capital and its place of work.
fn unknown_at_work(page: &Page<'_>, at: usize) -> Option<Staff> {
    let name = names::single(page, at, true)
        .filter(|_| page.class(at) == Class::NONE && page.capital(at))?;
    (placed(page, at + 1) && !is_family(page, at)).then_some(Staff {
        first: name.first,
        last: name.last,
        strength: Strength::Possible,
        cue: "staff.place",
        why: "seems to name a member of staff with their place of work",
    })
}

fn is_family(page: &Page<'_>, first: usize) -> bool {
    (1..=2).any(|back| page.was(first, back, RELATION | PERSON)) && !page.was(first, 1, ROLE)
        || page.was(first, 1, TITLE)
        || page.was(first, 1, MINE | THEIRS)
}

/// "Karen on the desk", "Glenys the practice manager", "Moira, pharmacist", "Sarah is a nurse
/// there".
fn at_work(page: &Page<'_>, next: usize) -> bool {
    let mut at = next;
    if page.has(at, ROLE_LINK) {
        for _ in 0..3 {
            if page.is(at, GRAMMAR) || page.has(at, ROLE_ADJECTIVE) {
                at += 1;
            }
        }
        return page.is(at, ROLE) && !page.was(at, 1, MINE) || placed(page, at - 1);
    }
    let apposed =
        page.gap(at) == ", " && page.is(at, ROLE) || page.gap(at) == " (" && page.is(at, ROLE);
    // A role of two words, neither of which is one that follows a name at once.
    let managing = page.word(at) == "practice" && page.word(at + 1) == "manager";
    apposed || managing || placed(page, at)
}

/// "on the desk", "from reception", "in the treatment room", "behind the front desk".
fn placed(page: &Page<'_>, at: usize) -> bool {
    let preposition = page.has(at, WORKPLACE_PREPOSITION);
    let noun = at + 1 + usize::from(page.has(at + 1, WORKPLACE_ARTICLE));
    preposition && page.is(noun, DESK)
}

/// "Glenys and Moira on the desk": the first of the two.
fn joined_at_work(page: &Page<'_>, next: usize) -> bool {
    if page.word(next) != "and" {
        return false;
    }
    names::whole(page, next + 1)
        .or_else(|| names::single(page, next + 1, true))
        .is_some_and(|other| at_work(page, other.last + 1))
}

/// "was so rude", "is an absolute star", "told me to", "did my bloods".
fn behaves(page: &Page<'_>, next: usize) -> bool {
    // "told me you gave her": what the practice did, in somebody's words.
    if page.is(next, SERVICE) && page.has_in(next + 2, next + 4, PRACTICES_OWN) {
        return false;
    }
    if page.is(next, SERVICE) {
        return page.has_in(next + 1, next + 4, SERVICE_OBJECT);
    }
    if !page.has(next, CONDUCT_LINK) {
        return false;
    }
    // As far as the first word that is neither grammar nor a word of degree.
    for at in next + 1..next + 8 {
        if page.is(at, MANNER) && !page.has(at, PATIENTS_THEMSELVES) {
            return true;
        }
        let degree = page.is(at, GRAMMAR) || page.has(at, DEGREE);
        if !degree || page.is(at, SERVICE) {
            return page.is(at, SERVICE) && page.has_in(at + 1, at + 4, TO_THE_AUTHOR);
        }
    }
    false
}

/// "Thank you Karen Smith", "shout out to Debbie"; not "thanks to Colin from the garage".
fn thanked(page: &Page<'_>, name: Name) -> bool {
    let from = name.first.saturating_sub(4);
    let thanks = page.has_in(from, name.first, THANKS_TO_STAFF);
    let plain = (from..name.first)
        .all(|at| page.is(at, GRAMMAR) || page.is(at, ORDINARY) && at + 3 < name.first)
        && !page.flagged(name.first, Token::BREAK | Token::SENTENCE);
    // "well done Karen", but not "is Karen well"; "thanks for Karen" is for what she is, and not to
    // her.
    let before = |word: &str| (from..name.first).any(|at| page.word(at) == word);
    let well = before("well") && !before("done");
    let elsewhere = page.has(name.last + 1, OF_ELSEWHERE) && !placed(page, name.last + 1);
    thanks
        && plain
        && !well
        && !elsewhere
        && !page.is(name.last + 1, MINE)
        && page.word_before(name.first, 1) != "for"
}
