//! Packs the names, the cue words and the listed words into one table of bytes that is looked up
//! where it lies.
//!
//! `packed` says what the table looks like.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::lists::{self, List};
use super::packed;

/// Classes in the order of their bits. The three lists of names come first, then the classes of
/// `cues.toml`.
const LISTS: [(&str, &str); 3] = [
    ("FORENAME", "forenames.txt"),
    ("SURNAME", "surnames.txt"),
    ("ORDINARY", "ordinary.txt"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cue {
    /// Words, separated by white space.
    words: String,
    /// Pairs of words.
    #[serde(default)]
    phrases: Vec<String>,
    /// The reader asks for the class, so it has a constant; else its words are only known.
    #[serde(default = "asked")]
    asked: bool,
}

const fn asked() -> bool {
    true
}

/// What the table says of a word: its classes and its lists, a bit each.
type Sets = (u64, u128);

/// The words, each with its sets, and the source of the constants of the classes.
#[derive(Default)]
struct Words {
    sets: BTreeMap<String, Sets>,
    classes: u32,
    constants: String,
}

impl Words {
    /// Adds the words of a class, which gets the next bit.
    fn class<'a>(&mut self, words: impl Iterator<Item = &'a str>) -> Result<u32, Box<dyn Error>> {
        let bit = self.classes;
        if bit == 64 {
            return Err("more than 64 classes".into());
        }
        for word in words {
            self.sets.entry(word.to_owned()).or_default().0 |= 1 << bit;
        }
        self.classes += 1;
        Ok(bit)
    }

    /// Adds the words of a class that the reader asks for by a constant.
    fn asked<'a>(
        &mut self,
        name: &str,
        words: impl Iterator<Item = &'a str>,
    ) -> Result<(), Box<dyn Error>> {
        let bit = self.class(words)?;
        let constant = name.to_uppercase();
        writeln!(
            self.constants,
            "pub(in crate::reader::people) const {constant}: Class = Class(1 << {bit});"
        )?;
        Ok(())
    }
}

/// Writes `names.rs` and `names.bin` from the lists in `names` and from those of the lexicons.
pub(crate) fn compile(names: &Path, lists: &[List], out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", names.display());
    let mut words = Words::default();
    // The empty word comes first, so that the first sets are empty: those of every word that is not
    // in the table.
    words.sets.insert(String::new(), Sets::default());
    for (name, file) in LISTS {
        words.asked(
            name,
            fs::read_to_string(names.join(file))?.split_whitespace(),
        )?;
    }
    let cues: BTreeMap<String, Cue> =
        toml::from_str(&fs::read_to_string(names.join("cues.toml"))?)?;
    for (name, cue) in &cues {
        if lists.iter().any(|list| list.name == *name) {
            return Err(format!("{name} is both a list and a class").into());
        }
        let of_cue = cue
            .words
            .split_whitespace()
            .chain(cue.phrases.iter().map(String::as_str));
        if cue.asked {
            words.asked(name, of_cue)?;
        } else {
            words.class(of_cue)?;
        }
    }
    for (bit, list) in lists::of_words(lists) {
        for word in list.words.split_whitespace() {
            words.sets.entry(word.to_owned()).or_default().1 |= 1 << bit;
        }
    }
    let table = pack(&words.sets)?;
    fs::write(out.join("names.bin"), table.bytes)?;
    let (classes, listed): (Vec<u64>, Vec<u128>) = table.sets.into_iter().unzip();
    let mut code = words.constants + &lists::constants(lists)?;
    writeln!(
        code,
        "pub(super) static CLASSES: [u64; {}] = {classes:?};",
        classes.len()
    )?;
    writeln!(
        code,
        "pub(super) static LISTS: [u128; {}] = {listed:?};",
        listed.len()
    )?;
    writeln!(
        code,
        "pub(super) static STARTS: [u32; {}] = {:?};",
        table.starts.len(),
        table.starts
    )?;
    fs::write(out.join("names.rs"), code)?;
    fs::write(out.join("parts.rs"), lists::parts(lists)?)?;
    fs::write(out.join("nicknames.rs"), nicknames(names)?)?;
    Ok(())
}

/// Short forms of forenames, sorted by the forename.
fn nicknames(names: &Path) -> Result<String, Box<dyn Error>> {
    let text = fs::read_to_string(names.join("nicknames.txt"))?;
    let mut rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().collect())
        .collect();
    rows.sort_unstable();
    let mut code = String::from("static NICKNAMES: &[(&str, &[&str])] = &[\n");
    for row in &rows {
        if let Some((forename, short)) = row.split_first() {
            writeln!(code, "    ({forename:?}, &{short:?}),")?;
        }
    }
    code.push_str("];\n");
    Ok(code)
}

/// A packed table.
pub(crate) struct Table<T> {
    pub(crate) bytes: Vec<u8>,
    /// The distinct sets that words belong to.
    pub(crate) sets: Vec<T>,
    /// Where each bucket starts, and the end.
    pub(crate) starts: Vec<u32>,
}

/// Packs words, each with the sets that it belongs to.
pub(crate) fn pack<T: Copy + Ord>(words: &BTreeMap<String, T>) -> Result<Table<T>, Box<dyn Error>> {
    let mut sets: Vec<T> = words.values().copied().collect();
    sets.sort_unstable();
    sets.dedup();
    let mut buckets: Vec<Vec<u8>> = vec![Vec::new(); packed::BUCKETS];
    for (word, of_word) in words {
        let index = sets
            .binary_search(of_word)
            .map_err(|_| "a set is missing")?;
        let bucket = &mut buckets[packed::bucket(word.as_bytes())];
        bucket.push(u8::try_from(word.len())?);
        bucket.extend(u16::try_from(index)?.to_le_bytes());
        bucket.extend(word.as_bytes());
    }
    let mut table = Table {
        bytes: Vec::new(),
        sets,
        starts: vec![0],
    };
    for bucket in buckets {
        table.bytes.extend(bucket);
        table.starts.push(u32::try_from(table.bytes.len())?);
    }
    Ok(table)
}
