//! References: what the author of a post out of sight types to ask for another look.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PostKey, PracticeId, RevisionId};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::keys;
use crate::write::{Item, number, to_item};
use crate::{Ledger, LedgerError};

/// Crockford's Base32: no letter that is easily taken for a digit, and none that makes words.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a reference before its check character: 50 bits.
const LENGTH: usize = 10;

/// How long somebody can ask for another look. A complaint may be made for as long.
const LASTS_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What an author types to ask for another look: ten random characters, which is 50 bits, and one by
/// which a slip is noticed. It says nothing about the post, its author or the practice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(String);

/// A text that cannot be a reference: it has a slip, or is something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this is no reference")]
pub struct NoReference;

impl Reference {
    /// Makes a reference that nobody can foretell; none where the system has no random numbers.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = [0; LENGTH];
        SystemRandom::new().fill(&mut bytes).ok()?;
        // 256 is a multiple of 32, so each character is as likely as any other.
        let codes: Vec<u8> = bytes.iter().map(|byte| byte % 32).collect();
        let codes = codes.iter().copied().chain([check(&codes)]);
        Some(Reference(
            codes
                .map(|code| char::from(ALPHABET[usize::from(code)]))
                .collect(),
        ))
    }

    /// Returns it as keys hold it: without the hyphens.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the check character of these, by the Luhn algorithm modulo 32: one wrong character does
/// not pass, nor do two neighbours that changed places, but for one pair of characters.
fn check(codes: &[u8]) -> u8 {
    let sum: u32 = codes
        .iter()
        .rev()
        .enumerate()
        .map(|(nth, code)| {
            let weighed = u32::from(*code) * if nth % 2 == 0 { 2 } else { 1 };
            weighed / 32 + weighed % 32
        })
        .sum();
    u8::try_from((32 - sum % 32) % 32).unwrap_or_default()
}

impl FromStr for Reference {
    type Err = NoReference;

    /// Reads what somebody typed: small letters, blanks and hyphens make no difference, nor do the
    /// letters that are taken for digits.
    fn from_str(text: &str) -> Result<Self, NoReference> {
        let typed = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'));
        let meant = typed.map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        let code = |c: char| ALPHABET.iter().position(|known| char::from(*known) == c);
        let reference: String = meant.take(LENGTH + 2).collect();
        let codes: Vec<u8> = reference
            .chars()
            .map(|c| code(c).and_then(|code| u8::try_from(code).ok()))
            .collect::<Option<_>>()
            .ok_or(NoReference)?;
        match codes.split_last() {
            Some((last, codes)) if codes.len() == LENGTH && check(codes) == *last => {
                Ok(Reference(reference))
            }
            _ => Err(NoReference),
        }
    }
}

impl fmt::Display for Reference {
    /// In groups that are easily read out and typed: `K7QM-29XW-4TD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, rest) = self.0.split_at(4);
        let (second, third) = rest.split_at(4);
        write!(f, "{first}-{second}-{third}")
    }
}

/// Which post a reference is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Referred {
    /// The post.
    pub(crate) key: PostKey,
    /// The words that were judged.
    pub(crate) revision: RevisionId,
    /// When it was made.
    pub(crate) at: Timestamp,
}

impl Referred {
    fn is_over(&self, now: Timestamp) -> bool {
        self.at + LASTS_FOR <= now
    }
}

/// A reference as it stands in the table, which removes it when its time is up.
pub(crate) fn reference_item(
    reference: &Reference,
    referred: &Referred,
) -> Result<Item, LedgerError> {
    let key = keys::reference(&referred.key.practice, reference.as_str());
    let mut item = to_item(&key, referred)?;
    item.insert(
        "expires".to_owned(),
        number((referred.at + LASTS_FOR).as_second()),
    );
    Ok(item)
}

impl Ledger {
    /// Returns the post that a reference of a practice is about; none where it never was or its time
    /// is up, which look the same.
    pub async fn post_of_reference(
        &self,
        practice: &PracticeId,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Option<PostKey>, LedgerError> {
        let referred = self.referred(practice, reference, now).await?;
        Ok(referred.map(|referred| referred.key))
    }

    pub(super) async fn referred(
        &self,
        practice: &PracticeId,
        reference: &Reference,
        now: Timestamp,
    ) -> Result<Option<Referred>, LedgerError> {
        let key = keys::reference(practice, reference.as_str());
        let referred: Option<Referred> = self.read(key).await?;
        Ok(referred.filter(|referred| !referred.is_over(now)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn typed(reference: &Reference) -> Vec<char> {
        reference.0.chars().collect()
    }

    #[test]
    fn what_is_shown_is_read_back_however_it_is_typed() {
        for _ in 0..200 {
            let reference = Reference::random().unwrap();
            let shown = reference.to_string();
            assert_eq!(shown.len(), 13, "{shown}");
            let slips = [
                shown.clone(),
                shown.to_lowercase(),
                shown.replace('-', " "),
                shown.replace('-', "\u{2013}"),
                shown.replace('0', "o").replace('1', "l"),
                format!("  {} ", shown.replace('1', "I")),
            ];
            for slip in slips {
                assert_eq!(slip.parse(), Ok(reference.clone()), "{slip}");
            }
        }
    }

    #[test]
    fn a_wrong_character_and_two_that_changed_places_are_noticed() {
        for _ in 0..50 {
            let right = typed(&Reference::random().unwrap());
            for at in 0..right.len() {
                for other in ALPHABET.iter().map(|byte| char::from(*byte)) {
                    let mut wrong = right.clone();
                    wrong[at] = other;
                    let read = wrong.iter().collect::<String>().parse::<Reference>();
                    assert_eq!(read.is_ok(), wrong == right);
                }
                let mut wrong = right.clone();
                wrong.swap(at, (at + 1).min(right.len() - 1));
                let pair: HashSet<char> = [right[at], wrong[at]].into();
                // The one pair that Luhn's algorithm does not tell apart.
                if wrong != right && pair != HashSet::from(['0', 'Z']) {
                    let read = wrong.iter().collect::<String>().parse::<Reference>();
                    assert_eq!(read, Err(NoReference), "{right:?} {wrong:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let mut longer = Reference::random().unwrap().0;
        longer.push('0');
        let long = "7".repeat(100_000);
        for text in [
            "",
            "-",
            "K7QM",
            "K7QM-29XW-4T!",
            "Ü7QM-29XW-4TD",
            &longer,
            &long,
        ] {
            assert_eq!(text.parse::<Reference>(), Err(NoReference));
        }
    }

    #[test]
    fn no_two_are_alike_and_every_character_comes_up() {
        let made: HashSet<String> = (0..2_000).map(|_| Reference::random().unwrap().0).collect();
        assert_eq!(made.len(), 2_000);
        let used: HashSet<char> = made.iter().flat_map(|one| one.chars()).collect();
        assert_eq!(used.len(), 32);
    }
}
