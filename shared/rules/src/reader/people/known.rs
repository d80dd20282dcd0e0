//! The practice's own people: the roster, ready to be compared with the words of a text.

use crate::reader::Roster;

use super::vocabulary::{self, CLINICIAN, ORDINARY, TITLE};

include!(concat!(env!("OUT_DIR"), "/nicknames.rs"));

/// Letters a name needs before a slip of the pen in it is looked for.
const SHORTEST_MISSPELT: usize = 5;

/// Bytes of the longest word that is compared letter by letter: the work grows with the square of
/// it.
const LONGEST_NAME: usize = 32;

/// Which part of a person's name a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The forename, or a name they are known by.
    Given,
    /// The surname.
    Family,
}

/// A word that names somebody of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The person's place in the roster.
    pub(super) who: u16,
    /// The part of their name.
    pub(super) part: Part,
    /// It is spelt as the roster spells it.
    pub(super) exact: bool,
}

/// The practice's name and its staff, built once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// The words of the practice's name.
    practice: Vec<String>,
    /// Sorted by the word.
    words: Vec<(String, u16, Part)>,
    /// Lengths of the words, a bit each, by their first byte modulo 32: most words of a text need
    /// no search.
    lengths: [u32; 32],
    /// Hashes of each word as it sounds and with one letter left out, sorted, with the word's place
    /// in `words`.
    near: Vec<(u64, u16)>,
}

impl Known {
    /// Reads a roster: a few microseconds a person.
    pub(crate) fn new(roster: &Roster) -> Self {
        let practice = roster.practice.split('(').next().unwrap_or_default();
        let mut known = Known {
            practice: words_of(practice).collect(),
            ..Known::default()
        };
        for (who, member) in roster.staff.iter().enumerate() {
            let Ok(who) = u16::try_from(who) else { break };
            known.add_name(&member.name, who);
            for aka in &member.aka {
                known.add_name(aka, who);
            }
        }
        known
            .words
            .sort_unstable_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        known.words.dedup_by(|a, b| a.0 == b.0 && a.1 == b.1);
        for (place, (word, ..)) in known.words.iter().enumerate() {
            let (row, bit) = shape(word);
            known.lengths[row] |= bit;
            let Ok(place) = u16::try_from(place) else {
                break;
            };
            known.near.push((hash(fold(word)), place));
            if (SHORTEST_MISSPELT..=LONGEST_NAME).contains(&word.len()) {
                known.near.extend(deletions(word).map(|hash| (hash, place)));
            }
        }
        known.near.sort_unstable();
        known
    }

    /// Returns `true` if there is nobody to compare with.
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Returns the words of the practice's name.
    pub(super) fn practice(&self) -> &[String] {
        &self.practice
    }

    /// Returns the people that a word names, spelt exactly.
    pub(super) fn exact(&self, word: &str) -> impl Iterator<Item = Match> + '_ {
        let (row, bit) = shape(word);
        // Most words are of no length that a name with this letter has: they need no search.
        let sought = self.lengths[row] & bit != 0;
        let from = if sought {
            self.words.partition_point(|row| row.0.as_str() < word)
        } else {
            self.words.len()
        };
        let count = self.words[from..]
            .iter()
            .take_while(|row| row.0 == word)
            .count();
        self.words[from..from + count].iter().map(|row| Match {
            who: row.1,
            part: row.2,
            exact: true,
        })
    }

    /// Returns the people that a word names with one letter wrong, left out, put in or swapped with
    /// its neighbour, or in another spelling that sounds the same.
    pub(super) fn near(&self, word: &str) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        if word.len() < 3 || word.len() > LONGEST_NAME {
            return found;
        }
        let sound = hash(fold(word));
        let slips = deletions(word).filter(|_| word.len() >= SHORTEST_MISSPELT);
        for (at, key) in std::iter::once(sound).chain(slips).enumerate() {
            let from = self.near.partition_point(|row| row.0 < key);
            for (_, place) in self.near[from..].iter().take_while(|row| row.0 == key) {
                let (name, who, part) = &self.words[usize::from(*place)];
                // A name in another spelling is that name; a slip may be somebody else's.
                let sounds = at == 0 && fold(name).eq(fold(word));
                let one = Match {
                    who: *who,
                    part: *part,
                    exact: sounds,
                };
                if (sounds || within_one(name, word))
                    && !found.iter().any(|m| m.who == *who && m.part == *part)
                {
                    found.push(one);
                }
            }
        }
        found
    }

    fn add_name(&mut self, name: &str, who: u16) {
        let words: Vec<String> = words_of(name)
            .filter(|word| !vocabulary::classes(word).any(TITLE | CLINICIAN))
            .collect();
        let Some((last, given)) = words.split_last() else {
            return;
        };
        let alone = given.is_empty();
        // "Bernie" alone is a name they go by; "Dr Pillai" alone is a surname.
        let titled = words_of(name)
            .next()
            .is_some_and(|word| vocabulary::classes(&word).any(TITLE | CLINICIAN));
        let part = if alone && !titled {
            Part::Given
        } else {
            Part::Family
        };
        self.add(last, who, part);
        for word in given {
            self.add(word, who, Part::Given);
            self.add_short_forms(word, who);
        }
    }

    fn add_short_forms(&mut self, forename: &str, who: u16) {
        let Ok(row) = NICKNAMES.binary_search_by_key(&forename, |row| row.0) else {
            return;
        };
        for short in NICKNAMES[row].1 {
            // "Will", "Bill" and "Rob" would be found wherever the word is; a roster can say so
            // with `aka`.
            if !vocabulary::classes(short).any(ORDINARY) {
                self.add(short, who, Part::Given);
            }
        }
    }

    fn add(&mut self, word: &str, who: u16, part: Part) {
        if word.len() > 1 {
            self.words.push((word.to_owned(), who, part));
        }
    }
}

/// Returns the words of a name in lower case, cut at white space and hyphens.
fn words_of(name: &str) -> impl Iterator<Item = String> + '_ {
    name.split(|c: char| c.is_whitespace() || c == '-' || c == ',')
        .map(|word| {
            word.trim_matches(|c: char| !c.is_alphanumeric())
                .replace('\u{2019}', "'")
                .to_lowercase()
        })
        .filter(|word| !word.is_empty())
}

/// Returns where a word's length is noted: by its first byte, a bit for each length up to 31.
fn shape(word: &str) -> (usize, u32) {
    let first = word.bytes().next().unwrap_or_default();
    (usize::from(first % 32), 1 << word.len().min(31))
}

/// Returns the letters of a word as they sound: "Tracey", "Tracy" and "Tracie" are one, and so are
/// "Sara" and "Sarah".
///
/// The endings are spellings of one sound in names, not words, and "ey" must come before "y".
fn fold(word: &str) -> impl Iterator<Item = u8> + '_ {
    let stem = ["ie", "ey", "y", "i"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .filter(|stem| stem.len() > 2);
    let tail = if stem.is_some() { Some(b'y') } else { None };
    let stem = stem.unwrap_or_else(|| {
        word.strip_suffix(['e', 'h'])
            .filter(|s| s.len() > 2)
            .unwrap_or(word)
    });
    let mut before = 0;
    stem.bytes()
        .filter(move |byte| {
            let doubled = *byte == before || *byte == b'k' && before == b'c';
            before = *byte;
            !doubled
        })
        .map(|byte| if byte == b'k' { b'c' } else { byte })
        .chain(tail)
}

/// FNV-1a.
fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Returns a hash of the word with each of its bytes left out, and of the whole.
fn deletions(word: &str) -> impl Iterator<Item = u64> + '_ {
    let without = |skip: usize| {
        hash(
            word.bytes()
                .enumerate()
                .filter(move |(at, _)| *at != skip)
                .map(|(_, byte)| byte),
        )
    };
    (0..=word.len()).map(without)
}

/// Returns `true` if one slip turns one word into the other.
fn within_one(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let head = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[head..], &other[head..]);
    let tail = one
        .iter()
        .rev()
        .zip(other.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    match (&one[..one.len() - tail], &other[..other.len() - tail]) {
        ([] | [_], [] | [_]) => true,
        ([first, second], swapped) => *swapped == [*second, *first],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StaffMember;

    fn known() -> Known {
        let member = |name: &str, aka: &[&str]| StaffMember {
            name: name.to_owned(),
            role: String::new(),
            aka: aka.iter().map(|s| (*s).to_owned()).collect(),
        };
        Known::new(&Roster {
            practice: "Mill Lane Surgery (test)".to_owned(),
            staff: vec![
                member("Dr Roberta O\u{2019}Dowd", &["Bobbie"]),
                member("Margaret Threlfall", &[]),
            ],
        })
    }

    #[test]
    fn names_nicknames_and_slips_are_known() {
        let known = known();
        let one = |word: &str| known.exact(word).next().map(|m| (m.who, m.part));
        assert_eq!(one("o'dowd"), Some((0, Part::Family)));
        assert_eq!(one("bobbie"), Some((0, Part::Given)));
        assert_eq!(one("maggie"), Some((1, Part::Given)));
        assert_eq!(one("dr"), None);
        for slip in ["threlfal", "threlfalll", "thrlefall", "threlfell"] {
            assert_eq!(known.near(slip).first().map(|m| m.who), Some(1), "{slip}");
        }
        assert!(known.near("thrxlfoll").is_empty());
        assert!(known.near("marigold").is_empty());
        assert_eq!(
            known.near("maggy").first().map(|m| (m.who, m.exact)),
            Some((1, true))
        );
        assert_eq!(known.practice(), ["mill", "lane", "surgery"]);
    }
}
