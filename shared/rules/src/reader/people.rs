//! People: details that identify somebody, names of patients, and staff who are named or described.

mod address;
mod birth;
mod described;
mod email;
mod facts;
mod known;
mod member;
mod names;
mod numbers;
mod owner;
mod page;
mod patients;
mod postcode;
mod private;
mod roster;
mod staff;
mod vocabulary;

use std::ops::Range;

use super::text::{Kind, View};
use crate::{Identifier, IdentifierKind, Reading, Span};

pub(super) use known::Known;
use member::Staff;
use page::Page;
use vocabulary::{FORENAME, LOOSE_STREET, ORDINARY, STREET, SURNAME};

/// Returns `true` if a word in lower case is an ordinary word of English, whatever else it is.
pub(super) fn is_ordinary(word: &str) -> bool {
    vocabulary::classes(word).any(ORDINARY)
}

/// Returns `true` if a word in lower case is a forename or a surname.
pub(super) fn is_name(word: &str) -> bool {
    vocabulary::classes(word).any(FORENAME | SURNAME)
}

/// A detail found on a page: its kind and its first and last token.
#[derive(Clone, Copy, Debug)]
struct Detail {
    kind: IdentifierKind,
    first: usize,
    last: usize,
}

/// What stands on some tokens in a row.
trait Stretch {
    /// Returns the first and the last token.
    fn ends(&self) -> (usize, usize);
}

impl Stretch for Detail {
    fn ends(&self) -> (usize, usize) {
        (self.first, self.last)
    }
}

/// Returns the first of the stretches that shares a token with these, or comes after them. The
/// stretches stand in the order of the text and apart, so that a page full of them costs no more
/// than its length.
fn meeting<T: Stretch>(stretches: &[T], first: usize) -> usize {
    stretches.partition_point(|one| one.ends().1 < first)
}

/// Returns `true` if one of the stretches shares a token with these.
fn meets<T: Stretch>(stretches: &[T], first: usize, last: usize) -> bool {
    stretches
        .get(meeting(stretches, first))
        .is_some_and(|one| one.ends().0 <= last)
}

/// Finds the people in a text, in time linear in its length.
pub(super) fn find(view: &View<'_>, known: &Known, tagged: &[String], out: &mut Reading) {
    let mut page = Page::new(view);
    page.mark_practice(known.practice());
    page.mark_tagged(tagged);
    let details = details(&page);
    // "N1P" is a place, whatever word it might be a disguise of.
    let spans: Vec<Span> = details
        .iter()
        .map(|detail| page.span(detail.first, detail.last))
        .collect();
    out.findings.retain(|finding| {
        let at = spans.partition_point(|span| span.end < finding.span.end);
        spans
            .get(at)
            .is_none_or(|span| finding.span.start < span.start)
    });
    let staff = staff(&page, known);
    let others = patients::find(&page, &details, &staff, out);
    for detail in &details {
        page.identify(out, detail.kind, detail.first, detail.last);
    }
    owner::judge(&page, &details, &others, out);
    staff::report(&page, &staff, out);
    private::find(&page, &staff, out);
    out.identifiers
        .sort_by_key(|identifier: &Identifier| identifier.span.start);
}

/// Returns the staff who are named or described; the practice's own name is nobody's.
fn staff(page: &Page<'_>, known: &Known) -> Vec<Staff> {
    let mut staff = staff::find(page, known);
    let described: Vec<Staff> = described::find(page)
        .into_iter()
        .filter(|one| !meets(&staff, one.first, one.last))
        .collect();
    staff.extend(described);
    staff.retain(|one| !page.is_practice(one.last));
    staff.sort_by_key(|one| one.first);
    staff
}

/// Returns the details other than names, in the order of the text; none overlaps another.
fn details(page: &Page<'_>) -> Vec<Detail> {
    let mut found: Vec<Detail> = Vec::new();
    let mut free = 0;
    for at in 0..page.len() {
        let Some((kind, tokens)) = detail_at(page, at) else {
            continue;
        };
        // An address or a spelt-out e-mail address is seen at its end or middle, so it may reach
        // back.
        if tokens.start < free {
            continue;
        }
        free = tokens.end;
        found.push(Detail {
            kind,
            first: tokens.start,
            last: tokens.end - 1,
        });
    }
    found
}

fn detail_at(page: &Page<'_>, at: usize) -> Option<(IdentifierKind, Range<usize>)> {
    let number = || numbers::at(page, at).map(|(kind, last)| (kind, at..last + 1));
    let postcode = || postcode::at(page, at).map(|last| (IdentifierKind::Postcode, at..last + 1));
    let email =
        || email::at(page, at).map(|(first, last)| (IdentifierKind::Email, first..last + 1));
    match page.kind(at)? {
        Kind::Number => number(),
        Kind::Mixed => {
            let born = || birth::labelled(page, at).map(|last| (IdentifierKind::Dob, at..last + 1));
            postcode().or_else(number).or_else(born).or_else(email)
        }
        Kind::Email | Kind::Bracketed | Kind::Url => email(),
        Kind::Word => {
            let born =
                || birth::at(page, at).map(|(first, last)| (IdentifierKind::Dob, first..last + 1));
            let address = || {
                let street = page.is(at, STREET | LOOSE_STREET);
                let found = if street { address::at(page, at) } else { None };
                found.map(|(first, last)| (IdentifierKind::Address, first..last + 1))
            };
            address().or_else(born).or_else(email).or_else(postcode)
        }
        Kind::Mention | Kind::Sign => None,
    }
}
