//! Names: which words in a row are somebody's name, by the lists of names, by capitals, and by what
//! stands around.

use crate::reader::language;
use crate::reader::parts::INFLECTION;
use crate::reader::text::{Kind, Token};

use super::page::Page;
use super::vocabulary::{
    self, ATTENDANCE, CLINICIAN, Class, DAY, DESK, EPONYM, FORENAME, GRAMMAR, HEALTH, HOUSE,
    MANNER, MENTIONING, MONTH, NICKNAME_OPENER, NOT_AN_INITIAL, NOT_AN_OPENING_INITIAL, ORDINARY,
    ORGANISATION, PARTICLE, PLACE, PLACE_PREPOSITION, PUBLIC, RELATION, ROLE, SAINT, SAINTLY,
    SIGN_OFF, SIGN_OFF_SURE, STREET, STREET_PREPOSITION, SUBJECT_VERB, SURE_PLACE, SURNAME, THEIRS,
    TITLE,
};

/// A name, as its first and last token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) first: usize,
    pub(super) last: usize,
    /// It has a forename and a surname.
    pub(super) whole: bool,
    /// Both are ordinary words as well ("Blossom Hill"): a name only where something else says so.
    pub(super) doubtful: bool,
}

impl Name {
    /// Returns a name of one word.
    pub(super) const fn of(at: usize) -> Name {
        Name {
            first: at,
            last: at,
            whole: false,
            doubtful: false,
        }
    }
}

/// How much a word looks like part of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Look {
    /// Not at all.
    None,
    /// A name that is also an ordinary word, in lower case.
    Faint,
    /// An unknown word with a capital.
    Shaped,
    /// A name that is also an ordinary word, with a capital.
    Fair,
    /// A name and nothing else.
    Plain,
}

/// Words that are never a part of a name, even with a capital.
const NEVER: Class = GRAMMAR.and(TITLE).and(CLINICIAN).and(DAY);

/// Words that are a part of a name only where a list has them and they have a capital ("Ward",
/// "Partner").
const RARELY: Class = RELATION.and(ROLE).and(THEIRS).and(MONTH).and(ORDINARY);

fn look(page: &Page<'_>, at: usize, list: Class) -> Look {
    let Some(token) = page.token(at) else {
        return Look::None;
    };
    if token.kind != Kind::Word || token.end - token.start < 2 || page.is(at, NEVER) {
        return Look::None;
    }
    let capital = page.capital(at);
    match (page.is(at, list), page.is(at, RARELY)) {
        (true, false) => Look::Plain,
        (true, true) if capital => Look::Fair,
        (true, true) => Look::Faint,
        (false, _)
            if capital
                && !token.is(Token::UPPER)
                && page.class(at) == Class::NONE
                && token.end - token.start > 2 =>
        {
            Look::Shaped
        }
        _ => Look::None,
    }
}

/// Returns the forename and surname that start at a token.
pub(super) fn whole(page: &Page<'_>, at: usize) -> Option<Name> {
    // No list need know a name that the platform says is one.
    if let Some((first, last)) = page.tagged_at(at).filter(|(first, last)| first < last) {
        return Some(Name {
            first,
            last,
            whole: true,
            doubtful: false,
        });
    }
    let first = look(page, at, FORENAME);
    if first == Look::None || page.has(at, SAINT) || page.possessive(at) || is_saint(page, at) {
        return None;
    }
    let mut last = at;
    // "Sarah Jane O'Brien-Smith": up to four parts, the last of which is the surname.
    let mut second = Look::None;
    for _ in 0..3 {
        let initial =
            page.word(last + 1).len() == 1 && page.capital(last + 1) && page.capital(last + 2);
        let next = last + 1 + usize::from(initial);
        // "Derek S had a stroke"
        let letter =
            page.word(last + 1).len() == 1 && page.capital(last + 1) && page.gap(last + 1) == " ";
        if letter
            && !initial
            && last == at
            && first == Look::Plain
            && !page.has(last + 1, NOT_AN_INITIAL)
        {
            return Some(Name {
                first: at,
                last: at + 1,
                whole: true,
                doubtful: false,
            });
        }
        let joined =
            matches!(page.gap(next), " " | "  " | "-") || initial && page.gap(next).trim() == ".";
        if !joined || page.possessive(last) {
            break;
        }
        let listed = look(page, next, SURNAME)
            .max(look(page, next, FORENAME))
            .max(shaped_surname(page, next));
        let found = if listed == Look::None && first == Look::Plain && next == at + 1 {
            unknown_surname(page, next)
        } else {
            listed
        };
        if found == Look::None || found == Look::Faint && (page.capital(at) || next > at + 1) {
            break;
        }
        if page.is(next, STREET) && !page.is(next, SURNAME) {
            return None;
        }
        (last, second) = (next, second.max(found));
    }
    let fits = match first {
        Look::Plain => second > Look::None,
        Look::Fair => second >= Look::Shaped,
        // "jean ackroyd": a word and a surname that is none.
        Look::Faint => second == Look::Plain && page.is(last, SURNAME),
        // "Bracknell Forest", "Silly Billy": an unknown forename needs a sure surname, away from
        // the start.
        Look::None | Look::Shaped => {
            second == Look::Plain && !page.flagged(at, Token::SENTENCE) && page.is(last, SURNAME)
        }
    };
    // "tom don": in lower case a short word needs the company of a name.
    let long = page.word(last).len() > 4 && page.is(last, SURNAME);
    let said = is_subject(page, last + 1) || is_mentioned(page, at);
    let company = long || said || page.is(last + 1, HEALTH | ATTENDANCE) || page.possessive(last);
    let fits = fits && (second > Look::Faint || company);
    let doubtful = page.is(at, ORDINARY) && (second <= Look::Shaped || page.is(last, ORDINARY));
    let name = Name {
        first: at,
        last,
        whole: true,
        doubtful,
    };
    (last > at && fits && !is_place(page, name) && !pair_is_public(page, at, at + 1))
        .then_some(name)
}

/// "saw brian ormerod": in lower case, a word that no list knows after a sure forename, where a
/// surname would stand.
fn unknown_surname(page: &Page<'_>, at: usize) -> Look {
    let word = page.word(at);
    let letters = word.trim_end_matches("'s");
    let unknown = page.class(at) == Class::NONE
        && letters.len() > 3
        && letters.bytes().all(|b| b.is_ascii_lowercase());
    let known = page.possessive(at) || is_subject(page, at + 1);
    let inflected = INFLECTION.iter().any(|end| letters.ends_with(end));
    let plain = !page.capital(at) && page.kind(at) == Some(Kind::Word) && !inflected;
    if unknown && plain && (known || at > 0 && is_mentioned(page, at - 1)) {
        Look::Shaped
    } else {
        Look::None
    }
}

/// A word stands before the name that speaks of somebody: "saw", "tell", "for", "this is".
fn is_mentioned(page: &Page<'_>, first: usize) -> bool {
    page.had(first, 1, MENTIONING)
}

/// A capital that no list knows, or that is an ordinary word: enough for a surname after a sure
/// forename.
fn shaped_surname(page: &Page<'_>, at: usize) -> Look {
    let wrong = NEVER
        | RARELY
        | DESK
        | HOUSE
        | STREET
        | HEALTH
        | ATTENDANCE
        | ORGANISATION
        | PLACE
        | MANNER;
    // "Moira CPN": a role in capitals is no surname.
    let long = page.word(at).len() > 2 && !page.flagged(at, Token::UPPER);
    if page.capital(at) && long && page.kind(at) == Some(Kind::Word) && !page.is(at, wrong) {
        Look::Shaped
    } else {
        Look::None
    }
}

/// Returns the single name at a token. With a cue right before it a name that is also a word will
/// do, and so will an unknown word with a capital.
pub(super) fn single(page: &Page<'_>, at: usize, cued: bool) -> Option<Name> {
    let name = Name::of(at);
    let fits = match look(page, at, FORENAME) {
        Look::Plain => true,
        Look::Fair => cued || !page.flagged(at, Token::SENTENCE),
        Look::Shaped => cued,
        Look::Faint => cued && is_subject(page, at + 1),
        Look::None => false,
    };
    let condition = page.is(at, EPONYM) && page.possessive(at);
    (fits
        && !condition
        && !is_place(page, name)
        && !is_saint(page, at)
        && !is_public_single(page, at))
    .then_some(name)
}

/// Parts of a name whose words no list knows.
const MOST_PARTS: usize = 5;

/// Returns what stands with capitals where a name would, though no list knows it: "Thandiwe Nkosi",
/// "J. Smith", "Big Dave". Only what is said of it makes it one.
pub(super) fn shaped(page: &Page<'_>, at: usize) -> Option<Name> {
    let part = |at: usize| {
        let known = page.is(at, FORENAME | SURNAME);
        // "Jan van der Berg" is no month.
        let particled = page.has(at + 1, PARTICLE) && page.is(at, FORENAME);
        let month = if particled { Class::NONE } else { MONTH };
        let wrong = NEVER | DESK | HOUSE | STREET | ORGANISATION | PLACE | month | HEALTH | ROLE;
        let word = page.word(at);
        let unlisted =
            page.token(at).is_some_and(|token| token.word == 0) && !language::is_english(word);
        let unknown = !page.is(at, ORDINARY | ATTENDANCE | MANNER) && word.len() > 2 && unlisted;
        page.kind(at) == Some(Kind::Word)
            && page.capital(at)
            && !page.is(at, wrong)
            && (known || unknown && !page.flagged(at, Token::UPPER))
    };
    // "Nguyen Thi Mai": behind a part of a name a capital is one too, unless it is everybody's
    // word.
    let follows = |at: usize| {
        let wrong = NEVER
            | RARELY
            | DESK
            | HOUSE
            | STREET
            | ORGANISATION
            | PLACE
            | HEALTH
            | ATTENDANCE
            | MANNER;
        let unlisted = page
            .token(at)
            .is_some_and(|token| token.word == 0 && !token.is(Token::UPPER));
        page.kind(at) == Some(Kind::Word)
            && page.capital(at)
            && page.word(at).len() > 1
            && unlisted
            && !page.is(at, wrong)
    };
    let particle = |at: usize| page.has(at, PARTICLE);
    let initial = |at: usize| {
        page.word(at).len() == 1 && page.capital(at) && !page.has(at, NOT_AN_OPENING_INITIAL)
    };
    let nickname = |at: usize| page.capital(at) && page.has(at, NICKNAME_OPENER);
    let opens = initial(at) || nickname(at);
    if !opens && !part(at) {
        return None;
    }
    let (mut last, mut parts) = (at, usize::from(!opens));
    for _ in 0..MOST_PARTS {
        let next = last + 1;
        // A point stands behind an initial, and elsewhere it ends a sentence.
        let joined = matches!(page.gap(next), " " | "-")
            || initial(last) && matches!(page.gap(next), ". " | ".");
        if !joined
            || page.possessive(last)
            || !(part(next) || follows(next) || particle(next) && !opens || initial(next))
        {
            break;
        }
        parts += usize::from(part(next) || follows(next));
        last = next;
    }
    // A particle or an initial ends no name.
    while last > at && (particle(last) || initial(last)) {
        last -= 1;
    }
    let name = Name {
        first: at,
        last,
        whole: parts > 1 || opens && parts > 0,
        doubtful: false,
    };
    let condition = page.is(last, EPONYM) && page.possessive(last);
    let slip = parts == 1 && !opens && page.word(at).len() < 4 && !page.is(at, FORENAME | SURNAME);
    (parts > 0 && !slip && !condition && !is_place(page, name) && !pair_is_public(page, at, at + 1))
        .then_some(name)
}

/// Returns a name with the parts behind it that no list knows: "Nguyen Thi Mai", "Joao Pereira dos
/// Santos".
pub(super) fn lengthened(page: &Page<'_>, name: Name) -> Name {
    let whole = [shaped(page, name.first), unlisted(page, name.first)]
        .into_iter()
        .flatten()
        .max_by_key(|other| other.last);
    whole
        .filter(|other| other.last > name.last)
        .map_or(name, |other| Name {
            last: other.last,
            whole: true,
            ..name
        })
}

/// Returns one to three words in lower case that no list of words knows, where a verb follows:
/// "oluwaseun adebayo is".
pub(super) fn unlisted(page: &Page<'_>, at: usize) -> Option<Name> {
    let unknown = |at: usize| {
        let word = page.word(at);
        page.kind(at) == Some(Kind::Word)
            && word.len() > 2
            && (page.is(at, FORENAME | SURNAME) || page.class(at) == Class::NONE)
            && page.token(at).is_some_and(|token| token.word == 0)
            && !language::is_english(word)
    };
    let count = (at..at + 3).take_while(|at| unknown(*at)).count();
    let last = at + count.checked_sub(1)?;
    is_subject(page, last + 1).then_some(Name {
        first: at,
        last,
        whole: count > 1,
        doubtful: false,
    })
}

/// Returns a name that is written so as not to be found: letter by letter, or as an account's name.
pub(super) fn disguised(page: &Page<'_>, at: usize) -> Option<Name> {
    if !page.disguised {
        return None;
    }
    if page.kind(at) == Some(Kind::Mention) {
        return Some(Name {
            whole: true,
            ..Name::of(at)
        });
    }
    let single = |at: usize| page.kind(at) == Some(Kind::Word) && page.word(at).len() == 1;
    let before = at.checked_sub(1).is_some_and(single);
    let letters = (at..page.len())
        .take(64)
        .take_while(|at| single(*at))
        .count();
    (!before && letters > 4 && page.capital(at)).then(|| Name {
        last: at + letters - 1,
        whole: true,
        ..Name::of(at)
    })
}

/// Returns the name after a title: a surname, or a forename with or without one.
pub(super) fn titled(page: &Page<'_>, at: usize) -> Option<Name> {
    if let Some(name) = whole(page, at) {
        return Some(name);
    }
    // "Dr A Ashworth", but "the doctor I saw"
    let initial =
        page.word(at).len() == 1 && page.kind(at) == Some(Kind::Word) && page.word(at) != "i";
    let at_surname = if initial && page.token(at + 1).is_some() {
        at + 1
    } else {
        at
    };
    let found = look(page, at_surname, SURNAME | FORENAME);
    let fits = match found {
        Look::None => shaped_surname(page, at_surname) == Look::Shaped,
        Look::Faint => false,
        Look::Shaped | Look::Fair | Look::Plain => true,
    };
    let mut last = at_surname;
    // "Smith-Jones"
    if fits
        && page.gap(last + 1) == "-"
        && page.flagged(last + 1, Token::GLUED)
        && page.kind(last + 1) == Some(Kind::Word)
    {
        last += 1;
    }
    fits.then_some(Name {
        last,
        ..Name::of(at)
    })
}

/// Returns `true` if the word can be a name that happens to be a word too ("mrs power").
pub(super) fn is_faint_surname(page: &Page<'_>, at: usize) -> bool {
    look(page, at, SURNAME) == Look::Faint
}

/// The word after a name that is its subject: "my son will is poorly".
pub(super) fn is_subject(page: &Page<'_>, next: usize) -> bool {
    page.has(next, SUBJECT_VERB)
        || page.flagged(next, Token::BREAK)
        || page.kind(next) == Some(Kind::Number)
}

/// "Victoria Road", "Stanley Ward", "Northwich General Hospital": a name that a place or a thing
/// bears.
fn is_place(page: &Page<'_>, name: Name) -> bool {
    if page.possessive(name.last) {
        return false;
    }
    let mut next = name.last + 1;
    while page.goes_on(next) && next < name.last + 4 {
        // "terry baker hospital appointment": in lower case only what is nothing but a place
        // counts.
        let sure =
            page.capital(next) || !name.whole || !page.is(next, ATTENDANCE | HEALTH | SURNAME);
        let twice = page.is(name.last, PLACE) && page.capital(name.last);
        if page.is(next, PLACE) && (sure || twice || page.has(next, SURE_PLACE)) {
            return true;
        }
        if !page.capital(next) {
            break;
        }
        next += 1;
    }
    // "at Blossom Hill", "the Albert Finney site"
    name.whole && page.had(name.first, 1, PLACE_PREPOSITION)
        || page.is(name.last, PLACE) && name.whole && page.had(name.first, 1, STREET_PREPOSITION)
}

pub(super) fn is_saint(page: &Page<'_>, at: usize) -> bool {
    page.had(at, 1, SAINTLY) && page.gap(at).len() <= 2
}

fn is_public_single(page: &Page<'_>, at: usize) -> bool {
    pair_is_public(page, at, at + 1) || at > 0 && pair_is_public(page, at - 1, at)
}

/// Returns `true` if the two words together are somebody known to everybody.
pub(super) fn pair_is_public(page: &Page<'_>, first: usize, second: usize) -> bool {
    let (Some(a), Some(b)) = (page.token(first), page.token(second)) else {
        return false;
    };
    let text = &page.view.normal.text;
    let word = text.get(a.start as usize..b.end as usize).unwrap_or("");
    vocabulary::classes(word.trim_end_matches("'s")).any(PUBLIC)
}

/// Returns `true` if the name is the author's signature: the last words, after a thank-you and a
/// break.
pub(super) fn is_signature(page: &Page<'_>, name: Name) -> bool {
    let kisses =
        |at: usize| page.word(at).bytes().all(|b| b == b'x') || page.kind(at) == Some(Kind::Sign);
    if !(name.last + 1..page.len()).all(kisses) {
        return false;
    }
    let closes = page.had(name.first, 1, SIGN_OFF);
    let signed = page.had(name.first, 1, SIGN_OFF_SURE);
    let broken = page.flagged(name.first, Token::BREAK | Token::SENTENCE);
    name.first > 0
        && (signed || closes && broken || page.gap(name.first).contains(['\n', '-', '\u{2014}']))
}
