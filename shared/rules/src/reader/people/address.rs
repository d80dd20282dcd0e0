//! Street addresses: a house number or name and a street.

use crate::reader::text::{Kind, Token};

use super::page::Page;
use super::vocabulary::{
    DAY, DWELLING, FORENAME, GRAMMAR, HOUSE, LOCATED_BEFORE_NUMBER, LOOSE_STREET, MONTH,
    NUMBERED_THING, ORDINARY, ORGANISATION, OWN, STREET, SURNAME, THEIRS, THEY, UNIT,
};

/// Words between the number and the kind of street: "12 Upper Saint Mary's Road".
const MOST_WORDS: usize = 3;

/// Returns the first and last token of the address whose street's kind is the token.
pub(super) fn at(page: &Page<'_>, kind: usize) -> Option<(usize, usize)> {
    if !page.is(kind, STREET | LOOSE_STREET) || !page.goes_on(kind) {
        return None;
    }
    let first = start(page, kind)?;
    let last = if page.is(kind + 1, STREET) && page.goes_on(kind + 1) {
        kind + 1
    } else {
        kind
    };
    Some((flat(page, first), last))
}

fn start(page: &Page<'_>, kind: usize) -> Option<usize> {
    for words in 1..=MOST_WORDS {
        let at = kind.checked_sub(words + 1)?;
        let name = at + 1;
        if !is_street_word(page, name) {
            return None;
        }
        if is_house_number(page, at) {
            let fits = !page.is(name, UNIT) && (page.goes_on(name) || page.gap(name) == ", ");
            return (fits && is_plausible(page, at, name, kind)).then_some(at);
        }
        // "Rose Cottage, Mill Lane"
        if page.is(at, HOUSE)
            && page.capital(at)
            && page.capital(kind)
            && page.capital(at.checked_sub(1)?)
        {
            return Some(at - 1);
        }
        if !page.goes_on(name) {
            return None;
        }
    }
    None
}

fn is_street_word(page: &Page<'_>, at: usize) -> bool {
    // Two words that are grammar elsewhere and part of a name here: "12 St Mary's Road", "3 The
    // Green".
    let saint = page.word(at) == "st";
    let article = page.word(at) == "the" && page.capital(at);
    page.kind(at) == Some(Kind::Word)
        && (saint
            || article
            || !page.is(at, GRAMMAR | UNIT)
            || page.capital(at) && !page.flagged(at, Token::SENTENCE))
}

/// `12`, `31a`, `12-14`: at most four digits and a letter, and no bus, ward or motorway.
fn is_house_number(page: &Page<'_>, at: usize) -> bool {
    let word = page.word(at);
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let tail = &word[digits..];
    let shape = (1..=4).contains(&digits)
        && tail.len() <= 1
        && tail.bytes().all(|b| b.is_ascii_lowercase());
    let other = page.had(at, 1, NUMBERED_THING);
    shape
        && !other
        && !page.flagged(at, Token::MONEY)
        && matches!(page.kind(at), Some(Kind::Number | Kind::Mixed))
}

/// A road, street or lane after a number and a name is an address. A way, walk or court is one
/// where capitals, a name or a word of dwelling say so; and what stands at a surgery's door is
/// nobody's home.
fn is_plausible(page: &Page<'_>, number: usize, name: usize, kind: usize) -> bool {
    if is_of_organisation(page, number) || page.is(name, DAY | MONTH) {
        return false;
    }
    let capitals = page.capital(kind) && page.capital(name);
    let dwelling = page.has_in(number.saturating_sub(4), number, DWELLING);
    let named = page.is(name, FORENAME | SURNAME) || !page.is(name, ORDINARY);
    if page.is(kind, STREET) {
        capitals || dwelling || named || kind - name > 1
    } else {
        capitals || dwelling
    }
}

pub(super) fn is_of_organisation(page: &Page<'_>, number: usize) -> bool {
    let located = page.had(number, 1, LOCATED_BEFORE_NUMBER);
    let from = number.saturating_sub(if located { 6 } else { 1 });
    page.find(from, number, ORGANISATION).is_some()
        && page.find(from, number, OWN | THEIRS | THEY).is_none()
}

/// Takes in "Flat 3," or "No." before the number.
fn flat(page: &Page<'_>, number: usize) -> usize {
    let before = number.saturating_sub(2);
    if number >= 2 && page.is(before, HOUSE) && page.kind(before + 1) == Some(Kind::Number) {
        before
    } else {
        number
    }
}
