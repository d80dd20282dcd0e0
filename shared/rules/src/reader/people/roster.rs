//! The roster's people in a text: who of the practice's own list is named.

use crate::Strength;
use crate::reader::text::{Kind, Token};

use super::known::{Known, Match, Part};
use super::member::Staff;
use super::names::{self, Name};
use super::page::Page;
use super::vocabulary::{FORENAME, GRAMMAR, MINE, ORDINARY, PLACE, RELATION, SURNAME, TITLE};

/// Returns the member of the roster who is named at a token: in full, or by a part of their name
/// alone.
pub(super) fn find(page: &Page<'_>, known: &Known, at: usize) -> Option<Staff> {
    if known.is_empty() || page.kind(at) != Some(Kind::Word) || page.is(at, GRAMMAR) {
        return None;
    }
    let here = matches(page, known, at);
    if here.is_empty() {
        return None;
    }
    let staff = |last, strength, why| {
        Some(Staff {
            first: at,
            last,
            strength,
            cue: "staff.roster",
            why,
        })
    };
    let there = if page.goes_on(at + 1) && !page.possessive(at) {
        matches(page, known, at + 1)
    } else {
        Vec::new()
    };
    let whole = here.iter().any(|a| {
        a.part == Part::Given
            && there
                .iter()
                .any(|b| b.part == Part::Family && a.who == b.who && (a.exact || b.exact))
    });
    if whole {
        return staff(
            at + 1,
            Strength::Certain,
            "names a member of staff on the practice's list",
        );
    }
    alone(page, at, &here)?;
    let exact = here.iter().any(|one| one.exact);
    let strength = if exact {
        Strength::Likely
    } else {
        Strength::Possible
    };
    staff(
        at,
        strength,
        "may name a member of staff on the practice's list",
    )
}

/// A part of a name alone counts where nothing says that it is another person's.
fn alone(page: &Page<'_>, at: usize, here: &[Match]) -> Option<()> {
    let exact = here.iter().any(|one| one.exact);
    let listed = page.is(at, FORENAME | SURNAME | ORDINARY);
    if !exact && (listed || !page.capital(at)) || page.is(at, ORDINARY) && !page.capital(at) {
        return None;
    }
    if page.is(at, ORDINARY) && page.flagged(at, Token::SENTENCE) {
        return None;
    }
    let given = here.iter().any(|one| one.part == Part::Given);
    let other_surname = given
        && page.goes_on(at + 1)
        && !page.possessive(at)
        && page.capital(at + 1)
        && page.is(at + 1, SURNAME)
        && !page.is(at + 1, GRAMMAR);
    let other_forename = !given
        && page.goes_on(at)
        && page.was(at, 1, FORENAME)
        && (page.capital(at - 1) || !page.was(at, 1, ORDINARY));
    let place = page.goes_on(at + 1)
        && page.capital(at + 1)
        && page.is(at + 1, PLACE)
        && !page.possessive(at);
    let kin = page.is(at + 1, MINE) && page.is(at + 2, RELATION);
    let family =
        kin || (1..=2).any(|back| page.was(at, back, RELATION)) || given && page.was(at, 1, TITLE);
    let name = Name::of(at);
    let public = names::pair_is_public(page, at, at + 1)
        || at > 0 && names::pair_is_public(page, at - 1, at);
    let sign_off = names::is_signature(page, name) || names::is_saint(page, at);
    (!place && !other_surname && !other_forename && !family && !public && !sign_off).then_some(())
}

fn matches(page: &Page<'_>, known: &Known, at: usize) -> Vec<Match> {
    let word = page.word(at);
    let word = word.strip_suffix("'s").unwrap_or(word);
    let exact: Vec<Match> = known.exact(word).collect();
    if exact.is_empty() && !page.is(at, GRAMMAR | ORDINARY) {
        known.near(word)
    } else {
        exact
    }
}
