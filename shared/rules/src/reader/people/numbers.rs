//! NHS numbers and telephone numbers: runs of digits that have the right length, check digit and
//! company.

use crate::IdentifierKind;
use crate::reader::parts::{NHS_LABEL, PHONE_LABEL};
use crate::reader::text::{Kind, Token};

use super::page::Page;
use super::vocabulary::{
    NAMING, NHS_CUE, NUMBER_OWNER_VERB, ORGANISATION, OWN, PATIENT_CUE, REACH, REFERENCE, THEIRS,
};

/// Digits of the longest thing that is looked for: 00 44 (0) and ten.
const MOST_DIGITS: usize = 15;

/// A run of digits over one or more tokens.
struct Run {
    digits: [u8; MOST_DIGITS],
    length: usize,
    groups: [u8; MOST_DIGITS],
    group_count: usize,
    plus: bool,
    /// A letter stood for a digit somewhere.
    letters: bool,
}

/// Returns what starts at a token, and its last token.
pub(super) fn at(page: &Page<'_>, first: usize) -> Option<(IdentifierKind, usize)> {
    let token = page.token(first)?;
    if let Some(kind) = labelled(page, first) {
        return Some((kind, first));
    }
    if !starts(page, token, first) {
        return None;
    }
    let plus = first_byte_before(page, token) == Some(b'+');
    let mut run = Run::new(plus);
    let mut found = None;
    for at in first..page.len() {
        if at > first && !joins(page.gap(at)) {
            break;
        }
        let length = run.length;
        if !run.take(page.word(at), page.kind(at)) {
            break;
        }
        if run.length == length {
            break;
        }
        if let Some(kind) = run.kind(page, first, at) {
            found = Some((kind, at));
        }
    }
    // "943 476 5919 2": a number that goes on glued to more digits is some other number.
    found.filter(|(_, last)| {
        !(page.flagged(last + 1, Token::GLUED)
            && matches!(page.kind(last + 1), Some(Kind::Number | Kind::Mixed))
            && joins(page.gap(last + 1)))
    })
}

/// "NHSno9434765919": a label and its number in one.
fn labelled(page: &Page<'_>, at: usize) -> Option<IdentifierKind> {
    let word = page.word(at);
    let digits = word.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let label = &word[..word.len() - digits.len()];
    let mut run = Run::new(false);
    if !run.take(digits, Some(Kind::Number)) || label.is_empty() {
        return None;
    }
    if NHS_LABEL.contains(&label) {
        return run.checks().then_some(IdentifierKind::NhsNumber);
    }
    (PHONE_LABEL.contains(&label) && run.is_phone()).then_some(IdentifierKind::Phone)
}

fn starts(page: &Page<'_>, token: &Token, first: usize) -> bool {
    let digit = page
        .word(first)
        .starts_with(|c: char| c.is_ascii_digit() || c == 'o');
    // Digits one by one are one number, which starts at the first of them.
    let single = |at: usize| page.kind(at) == Some(Kind::Number) && page.word(at).len() == 1;
    if first > 0 && single(first) && single(first - 1) && joins(page.gap(first)) {
        return false;
    }
    let glued = token.is(Token::GLUED) && matches!(page.gap(first), "-" | ".") && first > 0;
    let after_digits = glued && matches!(page.kind(first - 1), Some(Kind::Number | Kind::Mixed));
    matches!(token.kind, Kind::Number | Kind::Mixed)
        && digit
        && !after_digits
        && !token.is(Token::MONEY)
}

fn first_byte_before(page: &Page<'_>, token: &Token) -> Option<u8> {
    (token.start as usize)
        .checked_sub(1)
        .and_then(|at| page.view.normal.text.as_bytes().get(at).copied())
}

/// Spaces, hyphens, points and brackets group the digits of a number.
fn joins(gap: &str) -> bool {
    let mark = |b| {
        matches!(
            b,
            b' ' | b'-'
                | b'.'
                | b'('
                | b')'
                | b'_'
                | b'/'
                | b','
                | b'['
                | b']'
                | b'\t'
                | b'\n'
                | b'~'
                | b'*'
        )
    };
    gap.len() <= 3 && gap.bytes().all(mark)
}

impl Run {
    const fn new(plus: bool) -> Self {
        Run {
            digits: [0; MOST_DIGITS],
            length: 0,
            groups: [0; MOST_DIGITS],
            group_count: 0,
            plus,
            letters: false,
        }
    }

    /// Takes a token's digits in; a letter O stands for 0.
    fn take(&mut self, word: &str, kind: Option<Kind>) -> bool {
        let short_word = kind == Some(Kind::Word) && word.len() < 4;
        if !short_word && !matches!(kind, Some(Kind::Number | Kind::Mixed)) {
            return false;
        }
        let before = self.length;
        for byte in word.bytes() {
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'o' => {
                    self.letters = true;
                    0
                }
                b'.' | b'/' | b',' | b':' => continue,
                _ => return false,
            };
            let Some(slot) = self.digits.get_mut(self.length) else {
                return false;
            };
            *slot = digit;
            self.length += 1;
        }
        self.groups[self.group_count.min(MOST_DIGITS - 1)] =
            u8::try_from(self.length - before).unwrap_or(0);
        self.group_count += 1;
        true
    }

    fn kind(&self, page: &Page<'_>, first: usize, last: usize) -> Option<IdentifierKind> {
        if self.is_phone() {
            return self
                .is_somebodys(page, first, last)
                .then_some(IdentifierKind::Phone);
        }
        (self.checks() && self.is_nhs(page, first, last)).then_some(IdentifierKind::NhsNumber)
    }

    /// Returns the national digits, without the country code or the leading 0.
    fn national(&self) -> Option<&[u8]> {
        let digits = &self.digits[..self.length];
        match digits {
            [0, 0, 4, 4, 0, rest @ ..]
            | [0, 0, 4, 4, rest @ ..]
            | [4, 4, 0, rest @ ..]
            | [4, 4, rest @ ..]
                if rest.len() == 10 =>
            {
                Some(rest)
            }
            [0, rest @ ..]
                if !self.plus
                    && (rest.len() == 10 || rest.len() == 9 && matches!(rest[0], 1 | 8)) =>
            {
                Some(rest)
            }
            _ => None,
        }
    }

    /// A whole UK number, by the national numbering plan.
    fn is_phone(&self) -> bool {
        self.national().is_some_and(|rest| match rest[0] {
            1 => rest[1..].iter().any(|d| *d != 0),
            2 => matches!(rest[1], 0 | 3 | 4 | 8 | 9),
            7 => rest[1] != 0 || rest.len() == 10,
            3 | 8 => true,
            _ => false,
        })
    }

    /// Order numbers are nobody's. Firms' numbers (03, 08) are somebody's only where the author
    /// says so, and neither is the number of a surgery or a helpline.
    fn is_somebodys(&self, page: &Page<'_>, first: usize, last: usize) -> bool {
        let from = first.saturating_sub(4);
        if page.find(from, first, REFERENCE).is_some() {
            return false;
        }
        let Some(rest) = self.national() else {
            return false;
        };
        if rest[0] == 7 {
            return true;
        }
        let own = page
            .find(first.saturating_sub(6), first, OWN | THEIRS)
            .is_some();
        // "... is the surgery number"
        let named = page.has(last + 1, NUMBER_OWNER_VERB)
            && page.find(last + 2, last + 5, ORGANISATION).is_some();
        let firm = named || page.find(from, first, ORGANISATION).is_some();
        if matches!(rest[0], 3 | 8) {
            own && !firm
        } else {
            own || !firm
        }
    }

    /// Modulus 11: ten digits, the last of which checks the others.
    fn checks(&self) -> bool {
        if self.length != 10 || self.plus || self.digits[0] == 0 {
            return false;
        }
        let sum: u32 = self.digits[..9]
            .iter()
            .zip((2..=10).rev())
            .map(|(d, weight)| u32::from(*d) * weight)
            .sum();
        let check = (11 - sum % 11) % 11;
        let all_one = self.digits[1..10].iter().all(|d| *d == self.digits[0]);
        check == u32::from(self.digits[9]) && !all_one
    }

    /// One number in eleven checks by chance, so the company decides: an order number is none, and
    /// a bare one must at least be written as NHS numbers are.
    fn is_nhs(&self, page: &Page<'_>, first: usize, last: usize) -> bool {
        let (from, to) = (first.saturating_sub(7), last + 6);
        if page.has_in(from, first, NHS_CUE) || page.has_in(last + 1, last + 3, NHS_CUE) {
            return true;
        }
        if page
            .find(first.saturating_sub(5), first, REFERENCE)
            .is_some()
            || page.find(last + 1, last + 4, REFERENCE).is_some()
            || page.find(first.saturating_sub(3), first, REACH).is_some()
        {
            return false;
        }
        if page.has_in(last + 1, to, NHS_CUE) || page.has_in(from, first, PATIENT_CUE) {
            return true;
        }
        let grouped = self.group_count == 3 && self.groups[..3] == [3, 3, 4];
        let issued = matches!(self.digits[0], 3 | 4 | 6 | 7 | 9);
        issued
            && (grouped
                || page
                    .find(first.saturating_sub(3), first, OWN | NAMING)
                    .is_some())
    }
}
