//! Dates of birth: a date with a word for being born before it.

use crate::reader::text::{Kind, Token};

use super::page::Page;
use super::vocabulary::{BIRTH, MONTH};

/// Tokens within which the date must follow its cue.
const REACH: usize = 5;

/// Returns the first and last token of the date whose cue starts at a token.
pub(super) fn at(page: &Page<'_>, at: usize) -> Option<(usize, usize)> {
    if !page.is(at, BIRTH) && !page.flagged(at, Token::DISGUISED) {
        return None;
    }
    let after = cue_end(page, at)?;
    (after..after + REACH).find_map(|first| date(page, first).map(|last| (first, last)))
}

fn cue_end(page: &Page<'_>, at: usize) -> Option<usize> {
    let next = |n: usize| page.word(at + n);
    match page.word(at) {
        "dob" | "d.o.b" | "d.o.b." | "d o b" | "born" | "birthday" | "birthdate" | "dateofbirth" => Some(at + 1),
        "b" if page.flagged(at + 1, Token::SENTENCE | Token::BREAK) && page.kind(at + 1) == Some(Kind::Number) => {
            Some(at + 1)
        }
        "d" if next(1) == "o" && next(2) == "b" => Some(at + 3),
        "date" if next(1) == "of" && next(2) == "birth" => Some(at + 3),
        "birth" if matches!(next(1), "date" | "day") => Some(at + 2),
        _ => None,
    }
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
        _ => None,
    }
}

/// `17 July 1970`, `7th of Aug 88`, `08-05-2002`, `7 8 1988`.
fn parts(page: &Page<'_>, first: usize) -> Option<usize> {
    let word = page.word(first);
    // "1970-07-17"
    if word.len() == 4 && is_year(word) && is_month_number(page.word(first + 1)) && page.gap(first + 1) == "-" {
        return day(page.word(first + 2)).map(|_| first + 2);
    }
    day(word)?;
    let month = if page.word(first + 1) == "of" { first + 2 } else { first + 1 };
    if page.is(month, MONTH) {
        return Some(if is_year(page.word(month + 1)) { month + 1 } else { month });
    }
    let gap = page.gap(month);
    let sorted = page.gap(month + 1) == gap && matches!(gap, "-" | " " | " - " | "/" | " / " | "." | ". " | "\\");
    (sorted && is_month_number(page.word(month)) && is_year(page.word(month + 1))).then_some(month + 1)
}

/// `18.05.1977`, `9/10/38`, `1977/05/18`.
fn is_whole_date(word: &str) -> bool {
    let separator = if word.contains('/') { '/' } else { '.' };
    let mut parts = word.split(separator);
    let (Some(a), Some(b), Some(c), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    // Day first as here, or month first as some people's devices write it.
    let months = is_month_number(b) || is_month_number(a) && day(b).is_some();
    day(a).is_some() && months && is_year(c) || a.len() == 4 && is_year(a) && is_month_number(b) && day(c).is_some()
}

fn day(word: &str) -> Option<u8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = &word[digits.len()..];
    let number: u8 = digits.parse().ok()?;
    ((1..=31).contains(&number) && digits.len() <= 2 && matches!(ending, "" | "st" | "nd" | "rd" | "th"))
        .then_some(number)
}

fn is_month_number(word: &str) -> bool {
    word.len() <= 2 && word.parse::<u8>().is_ok_and(|n| (1..=12).contains(&n))
}

/// Two digits, or a year in which somebody alive can have been born.
fn is_year(word: &str) -> bool {
    let word = word.strip_prefix('\'').unwrap_or(word);
    match word.len() {
        2 => word.bytes().all(|b| b.is_ascii_digit()),
        4 => word.parse::<u16>().is_ok_and(|year| (1900..=2099).contains(&year)),
        _ => false,
    }
}
