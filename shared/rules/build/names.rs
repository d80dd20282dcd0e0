//! Packs the names and the cue words into one table of bytes that is looked up where it lies.
//!
//! `packed` says what the table looks like.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::packed;

/// Classes in the order of their bits. The three lists of names come first, then the classes of `cues.toml`.
const LISTS: [(&str, &str); 3] =
    [("FORENAME", "forenames.txt"), ("SURNAME", "surnames.txt"), ("ORDINARY", "ordinary.txt")];

#[derive(Deserialize)]
struct Cue {
    /// Words, parted by white space.
    words: String,
    /// Pairs of words.
    #[serde(default)]
    phrases: Vec<String>,
}

/// Writes `names.rs` and `names.bin` from the lists in `names`.
pub(crate) fn compile(names: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    let mut constants = String::new();
    let mut bit = 0_u32;
    let mut class = |name: &str, list: &mut dyn Iterator<Item = &str>| -> Result<(), Box<dyn Error>> {
        if bit == 64 {
            return Err("more than 64 classes".into());
        }
        writeln!(constants, "pub(in crate::reader::people) const {}: Class = Class(1 << {bit});", name.to_uppercase())?;
        for word in list {
            *words.entry(word.to_owned()).or_default() |= 1 << bit;
        }
        bit += 1;
        Ok(())
    };
    for (name, file) in LISTS {
        let path = names.join(file);
        println!("cargo::rerun-if-changed={}", path.display());
        class(name, &mut fs::read_to_string(path)?.split_whitespace())?;
    }
    let path = names.join("cues.toml");
    println!("cargo::rerun-if-changed={}", path.display());
    let cues: BTreeMap<String, Cue> = toml::from_str(&fs::read_to_string(path)?)?;
    for (name, cue) in &cues {
        class(name, &mut cue.words.split_whitespace().chain(cue.phrases.iter().map(String::as_str)))?;
    }
    let table = pack(&words)?;
    fs::write(out.join("names.bin"), table.bytes)?;
    let (classes, starts) = (table.classes, table.starts);
    let code = format!(
        "{constants}\npub(super) static CLASSES: [u64; {}] = {classes:?};\npub(super) static STARTS: [u32; {}] = {starts:?};\n",
        classes.len(),
        starts.len(),
    );
    fs::write(out.join("names.rs"), code)?;
    fs::write(out.join("nicknames.rs"), nicknames(names)?)?;
    Ok(())
}

/// Short forms of forenames, sorted by the forename.
fn nicknames(names: &Path) -> Result<String, Box<dyn Error>> {
    let path = names.join("nicknames.txt");
    println!("cargo::rerun-if-changed={}", path.display());
    let text = fs::read_to_string(path)?;
    let mut rows: Vec<Vec<&str>> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_whitespace().collect()).collect();
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
pub(crate) struct Table {
    pub(crate) bytes: Vec<u8>,
    /// The distinct sets of classes, a bit each.
    pub(crate) classes: Vec<u64>,
    /// Where each bucket starts, and the end.
    pub(crate) starts: Vec<u32>,
}

/// Packs words, each with the set of its classes.
pub(crate) fn pack(words: &BTreeMap<String, u64>) -> Result<Table, Box<dyn Error>> {
    let mut classes: Vec<u64> = words.values().copied().collect();
    classes.sort_unstable();
    classes.dedup();
    let mut buckets: Vec<Vec<u8>> = vec![Vec::new(); packed::BUCKETS];
    for (word, class) in words {
        let index = classes.binary_search(class).map_err(|_| "a class is missing")?;
        let bucket = &mut buckets[packed::bucket(word.as_bytes())];
        bucket.push(u8::try_from(word.len())?);
        bucket.extend(u16::try_from(index)?.to_le_bytes());
        bucket.extend(word.as_bytes());
    }
    let mut table = Table { bytes: Vec::new(), classes, starts: vec![0] };
    for bucket in buckets {
        table.bytes.extend(bucket);
        table.starts.push(u32::try_from(table.bytes.len())?);
    }
    Ok(table)
}
