//! UK postcodes: a real area, a district of the right shape and three characters more.

use crate::reader::parts::{NUMBER_SUFFIX, POSTCODE_AREA};
use crate::reader::text::{Kind, Token};

use super::address::is_of_organisation;
use super::page::Page;
use super::vocabulary::{POST_BOX, POSTCODE_LABEL, STREET};

/// Returns the last token of the postcode that starts at a token; a firm's box is nobody's.
pub(super) fn at(page: &Page<'_>, first: usize) -> Option<usize> {
    let last = shaped(page, first)?;
    let office =
        page.has_in(first.saturating_sub(3), first, POST_BOX) || is_of_organisation(page, first);
    (!office).then_some(last)
}

fn shaped(page: &Page<'_>, first: usize) -> Option<usize> {
    if page.kind(first) != Some(Kind::Mixed)
        || !page
            .word(first)
            .starts_with(|c: char| c.is_ascii_lowercase())
    {
        // "LS 98 4QT": the area apart from the district.
        return apart(page, first);
    }
    let word = page.word(first);
    if word.is_ascii() && word.len() >= 5 && word.len() <= 7 {
        let (out, inward) = word.split_at(word.len() - 3);
        return (is_outward(out) && is_inward(inward)).then_some(first);
    }
    inward_follows(page, first, word)
}

fn apart(page: &Page<'_>, first: usize) -> Option<usize> {
    let area = page.word(first);
    if area.len() > 2 {
        return None;
    }
    let district = page.word(first + 1);
    if !page.flagged(first, Token::UPPER | Token::CAPITAL) || !page.goes_on(first + 1) {
        return None;
    }
    let mut out = [0_u8; 4];
    let length = area.len() + district.len();
    if area.is_empty()
        || district.is_empty()
        || length > out.len()
        || POSTCODE_AREA.binary_search(&area).is_err()
    {
        return None;
    }
    out[..area.len()].copy_from_slice(area.as_bytes());
    out[area.len()..length].copy_from_slice(district.as_bytes());
    let out = std::str::from_utf8(&out[..length]).ok()?;
    inward_follows(page, first + 1, out)
}

fn inward_follows(page: &Page<'_>, last: usize, out: &str) -> Option<usize> {
    let inward = page.word(last + 1);
    let gap = page.gap(last + 1);
    let near = gap.len() <= 2
        && gap
            .bytes()
            .all(|b| matches!(b, b' ' | b'-' | b'.' | b'_' | b'/' | b',' | b'\n'));
    if !near || !is_outward(out) || !is_inward(inward) {
        return None;
    }
    let upper = page.flagged(last + 1, Token::CAPITAL);
    // "b12 1st" is a dose and "s3 4hr" a session; "1st" in capitals after a district is a postcode.
    let ordinary = NUMBER_SUFFIX.contains(&&inward[1..]);
    // "B12 1ST jab", "N1 3RD floor": an ordinal is one in capitals too, but for what is called a
    // postcode.
    if is_ordinal(inward) && !is_called_postcode(page, last) {
        return None;
    }
    // The O of "OQT" must be seen to be no word.
    let lettered = inward.starts_with('o');
    ((upper || !ordinary && !lettered) && page.kind(last + 1) != Some(Kind::Url))
        .then_some(last + 1)
}

fn is_ordinal(inward: &str) -> bool {
    matches!(inward, "1st" | "2nd" | "3rd")
        || matches!(inward.as_bytes(), [b'4'..=b'9' | b'0', b't', b'h'])
}

/// A word for an address or a street stands before.
fn is_called_postcode(page: &Page<'_>, last: usize) -> bool {
    let from = last.saturating_sub(6);
    page.has_in(from, last, POSTCODE_LABEL) || page.find(from, last, STREET).is_some()
}

/// One digit and two letters that postcodes use; O is read as 0 in front.
fn is_inward(text: &str) -> bool {
    let [digit, first, second] = text.as_bytes() else {
        return false;
    };
    let unit =
        |b: &u8| b.is_ascii_lowercase() && !matches!(b, b'c' | b'i' | b'k' | b'm' | b'o' | b'v');
    (digit.is_ascii_digit() || *digit == b'o') && unit(first) && unit(second)
}

/// An area and a district: `m1`, `ls98`, `n1p`, `ec1a`.
fn is_outward(text: &str) -> bool {
    let letters = text.bytes().take_while(u8::is_ascii_lowercase).count();
    let (area, district) = text.split_at(letters);
    let digits = match district.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [digit, next] => {
            digit.is_ascii_digit() && (next.is_ascii_digit() || next.is_ascii_lowercase())
        }
        _ => false,
    };
    digits && POSTCODE_AREA.binary_search(&area).is_ok()
}
