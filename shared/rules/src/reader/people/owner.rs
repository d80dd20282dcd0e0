//! Whose a detail is: the author's own, or somebody else's.

use std::borrow::Cow;

use crate::{Finding, IdentifierKind, Reading, Strength, Target, Topic};

use super::Detail;
use super::page::Page;
use super::vocabulary::{HEALTH, OWN, RELATION, THEIRS, THEY, TITLE};

/// Tokens before a detail in which the words that say whose it is are looked for.
const REACH: usize = 8;

/// Whose a detail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Author,
    Other,
    Unknown,
}

/// Judges the details: `others` says where other people are named, in order.
pub(super) fn judge(page: &Page<'_>, details: &[Detail], others: &[usize], out: &mut Reading) {
    for detail in details {
        let owner = owner(page, detail, others);
        let (topic, strength, why) = verdict(page, detail.kind, owner);
        out.findings.push(Finding {
            topic,
            strength,
            span: page.span(detail.first, detail.last),
            cue: Cow::Borrowed(cue(detail.kind)),
            why: Cow::Borrowed(why),
            target: Some(if owner == Owner::Author {
                Target::Author
            } else {
                Target::Other
            }),
        });
    }
}

fn verdict(page: &Page<'_>, kind: IdentifierKind, owner: Owner) -> (Topic, Strength, &'static str) {
    use IdentifierKind::{Dob, NhsNumber};
    let patient = matches!(kind, NhsNumber | Dob) || page.seen.any(HEALTH);
    match owner {
        Owner::Author => (
            Topic::PatientIdentifiable,
            Strength::Possible,
            "the author gives a personal detail of their own",
        ),
        Owner::Unknown => (
            Topic::PatientIdentifiable,
            Strength::Possible,
            "a personal detail that may identify a patient",
        ),
        Owner::Other if patient => (
            Topic::PatientIdentifiable,
            Strength::Likely,
            "a personal detail that identifies another patient",
        ),
        Owner::Other => (
            Topic::OtherPersonIdentifiable,
            Strength::Likely,
            "a personal detail that identifies somebody else",
        ),
    }
}

fn owner(page: &Page<'_>, detail: &Detail, others: &[usize]) -> Owner {
    let from = detail.first.saturating_sub(REACH);
    for at in (from..detail.first).rev() {
        if others.binary_search(&at).is_ok() || page.is(at, RELATION | THEIRS | THEY | TITLE) {
            return Owner::Other;
        }
        if page.is(at, OWN) {
            return Owner::Author;
        }
    }
    if !others.is_empty() {
        return Owner::Other;
    }
    // "07... is my number"
    if page.find(detail.last + 1, detail.last + 5, OWN).is_some() {
        Owner::Author
    } else {
        Owner::Unknown
    }
}

fn cue(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::NhsNumber => "people.nhs_number",
        IdentifierKind::Postcode => "people.postcode",
        IdentifierKind::Phone => "people.phone",
        IdentifierKind::Email => "people.email",
        IdentifierKind::Dob => "people.dob",
        IdentifierKind::Address => "people.address",
        IdentifierKind::Name => "people.name",
    }
}
