//! Dates of birth: a date with a word for being born before it.

use crate::reader::parts::ORDINAL_ENDING;
use crate::reader::text::{Kind, Token};

use super::page::Page;
use super::vocabulary::{
    BIRTH, BIRTH_AFTER_DATE, BIRTH_BARE, BIRTH_LABEL, BIRTH_OWNER, FORENAME, GRAMMAR, HOUSE, MONTH,
    ORDINARY, STREET, SURNAME, TITLE,
};

/// Tokens within which the date must follow its cue.
const REACH: usize = 5;
/// Tokens before the cue within which a name says whose date it is.
const NAMED: usize = 8;

/// Returns the first and last token of the date whose cue starts at a token.
pub(super) fn at(page: &Page<'_>, at: usize) -> Option<(usize, usize)> {
    if !page.is(at, BIRTH) && !page.flagged(at, Token::DISGUISED) {
        return None;
    }
    // "12/03/1961 is my date of birth", "12/03/1961 (dob)"
    let named = if page.word_before(at, 1) == "of" {
        at.saturating_sub(2)
    } else {
        at
    };
    let before = (1..=5)
        .filter_map(|back| named.checked_sub(back))
        .find(|first| date(page, *first).is_some_and(|last| last < at));
    if let Some(first) = before
        && page.has(at, BIRTH_AFTER_DATE)
        && date(page, at + 1).is_none()
    {
        return date(page, first).map(|last| (first, last));
    }
    let after = cue_end(page, at)?;
    let whole = |first: usize| {
        (is_run_together(page.word(first)) || is_glued(page.word(first))).then_some(first)
    };
    let dated = |first: usize| {
        date(page, first)
            .or_else(|| whole(first))
            .map(|last| (first, last))
    };
    let found = (after..after + REACH).find_map(dated)?;
    (!is_bare(page, at) || is_somebodys(page, at, found.1)).then_some(found)
}

/// Returns the last token of a date that is glued to its label: "dob12/03/1961".
pub(super) fn labelled(page: &Page<'_>, at: usize) -> Option<usize> {
    let day = page
        .word(at)
        .strip_prefix("dob")
        .filter(|day| !day.is_empty())?;
    let rest = page.word(at + 1);
    let whole = format!("{day}{}{rest}", page.gap(at + 1));
    is_whole_date(&whole).then_some(at + 1)
}

/// "born" and "birthday" do not say whose date it is.
fn is_bare(page: &Page<'_>, cue: usize) -> bool {
    page.has(cue, BIRTH_BARE)
}

/// The author, or somebody who is named, was born then: a date of birth alone identifies nobody.
fn is_somebodys(page: &Page<'_>, cue: usize, last: usize) -> bool {
    let around = cue.saturating_sub(NAMED)..(last + 7).min(page.len());
    around.into_iter().any(|at| {
        let named = page.is(at, FORENAME | SURNAME)
            && (page.capital(at) || !page.is(at, ORDINARY))
            && !page.is(at, GRAMMAR);
        named || page.is(at, TITLE | HOUSE | STREET) || page.has(at, BIRTH_OWNER)
    })
}

/// Returns the token after the cue that starts at a token. The phrases are few and each has one
/// order of words, so they are part of the grammar: "d.o.b." in any spacing, "b. 1961", "date of
/// birth", "birth date".
fn cue_end(page: &Page<'_>, at: usize) -> Option<usize> {
    if page.has(at, BIRTH_LABEL) {
        return Some(at + 1);
    }
    let next = |n: usize| page.word(at + n);
    match page.word(at) {
        "b" if page.flagged(at + 1, Token::SENTENCE | Token::BREAK)
            && page.kind(at + 1) == Some(Kind::Number) =>
        {
            Some(at + 1)
        }
        "d" if next(1) == "o" && next(2) == "b" => Some(at + 3),
        "date" if next(1) == "of" && next(2) == "birth" => Some(at + 3),
        "birth" if matches!(next(1), "date" | "day") => Some(at + 2),
        _ => None,
    }
}

/// `03031961`, `030361`: six or eight digits right behind a cue.
fn is_run_together(word: &str) -> bool {
    let fits = |day: &str, month: &str, year: &str| {
        self::day(day).is_some() && is_month_number(month) && is_year(year)
    };
    word.bytes().all(|b| b.is_ascii_digit())
        && matches!(word.len(), 6 | 8)
        && fits(&word[..2], &word[2..4], &word[4..])
}

/// `3mar1961`, `3march61`
fn is_glued(word: &str) -> bool {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let letters = word[digits..]
        .bytes()
        .take_while(u8::is_ascii_lowercase)
        .count();
    let (date, year) = word.split_at(digits + letters);
    let (number, month) = date.split_at(digits);
    day(number).is_some() && is_year(year) && super::vocabulary::classes(month).any(MONTH)
}

/// Returns the last token of the date that starts at a token.
pub(super) fn date(page: &Page<'_>, first: usize) -> Option<usize> {
    let word = page.word(first);
    match page.kind(first)? {
        Kind::Number | Kind::Mixed => {
            if is_whole_date(word) {
                return Some(first);
            }
            parts(page, first)
        }
        // "July 17th 1970"
        Kind::Word if page.is(first, MONTH) => {
            day(page.word(first + 1))?;
            is_year(page.word(first + 2)).then_some(first + 2)
        }
        Kind::Word | Kind::Url | Kind::Email | Kind::Mention | Kind::Sign | Kind::Bracketed => None,
    }
}

/// `17 July 1970`, `7th of Aug 88`, `08-05-2002`, `7 8 1988`.
fn parts(page: &Page<'_>, first: usize) -> Option<usize> {
    let word = page.word(first);
    // "1970-07-17"
    if word.len() == 4
        && is_year(word)
        && is_month_number(page.word(first + 1))
        && page.gap(first + 1) == "-"
    {
        return day(page.word(first + 2)).map(|_| first + 2);
    }
    day(word)?;
    let month = if page.word(first + 1) == "of" {
        first + 2
    } else {
        first + 1
    };
    if page.is(month, MONTH) {
        return Some(if is_year(page.word(month + 1)) {
            month + 1
        } else {
            month
        });
    }
    let gap = page.gap(month);
    let sorted = page.gap(month + 1) == gap
        && matches!(gap, "-" | " " | " - " | "/" | " / " | "." | ". " | "\\");
    (sorted && is_month_number(page.word(month)) && is_year(page.word(month + 1)))
        .then_some(month + 1)
}

/// `18.05.1977`, `9/10/38`, `1977/05/18`.
fn is_whole_date(word: &str) -> bool {
    let separator = if word.contains('/') { '/' } else { '.' };
    let mut parts = word.split(separator);
    let (Some(a), Some(b), Some(c), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    // Day first as here, or month first as some people's devices write it.
    let months = is_month_number(b) || is_month_number(a) && day(b).is_some();
    day(a).is_some() && months && is_year(c)
        || a.len() == 4 && is_year(a) && is_month_number(b) && day(c).is_some()
}

fn day(word: &str) -> Option<u8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = &word[digits.len()..];
    let number: u8 = digits.parse().ok()?;
    let ordinal = ending.is_empty() || ORDINAL_ENDING.contains(&ending);
    ((1..=31).contains(&number) && digits.len() <= 2 && ordinal).then_some(number)
}

fn is_month_number(word: &str) -> bool {
    word.len() <= 2 && word.parse::<u8>().is_ok_and(|n| (1..=12).contains(&n))
}

/// Two digits, or a year in which somebody alive can have been born.
fn is_year(word: &str) -> bool {
    let word = word.strip_prefix('\'').unwrap_or(word);
    match word.len() {
        2 => word.bytes().all(|b| b.is_ascii_digit()),
        4 => word
            .parse::<u16>()
            .is_ok_and(|year| (1900..=2099).contains(&year)),
        _ => false,
    }
}
