//! Packs the words that tell English from other languages, and writes the phrases that are looked
//! for in those.

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::names;

/// The lists of English words: their bit comes first.
const ENGLISH: [&str; 2] = ["english.txt", "dialects.txt"];
/// The topics that a phrase may have.
const TOPICS: [&str; 4] = ["safeguarding", "clinical_urgent", "threatening", "obscene"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    /// Small words, separated by white space.
    words: String,
}

/// Returns the small words of every other language.
pub(crate) fn elsewhere(folder: &Path) -> Result<HashSet<String>, Box<dyn Error>> {
    let languages = languages(folder)?;
    Ok(languages
        .values()
        .flat_map(|language| language.words.split_whitespace())
        .map(str::to_owned)
        .collect())
}

fn languages(folder: &Path) -> Result<BTreeMap<String, Language>, Box<dyn Error>> {
    Ok(toml::from_str(&fs::read_to_string(
        folder.join("words.toml"),
    )?)?)
}

/// Writes `languages.rs` and `languages.bin` from the lists in a folder.
pub(crate) fn compile(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut words: BTreeMap<String, u64> = BTreeMap::new();
    for name in ENGLISH {
        let text = fs::read_to_string(folder.join(name))?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        words.extend(
            lines
                .flat_map(str::split_whitespace)
                .map(|word| (word.to_owned(), 1)),
        );
    }
    let languages = languages(folder)?;
    if languages.len() > 63 {
        return Err("more than 63 languages".into());
    }
    for (number, language) in languages.values().enumerate() {
        for word in language.words.split_whitespace() {
            *words.entry(word.to_owned()).or_default() |= 1 << (number + 1);
        }
    }
    let table = names::pack(&words)?;
    fs::write(out.join("languages.bin"), table.bytes)?;
    let mut code = String::new();
    let names: Vec<&String> = languages.keys().collect();
    writeln!(code, "pub(super) static NAMES: &[&str] = &{names:?};")?;
    writeln!(
        code,
        "pub(super) static CLASSES: &[u64] = &{:?};",
        table.sets
    )?;
    writeln!(
        code,
        "pub(super) static STARTS: &[u32] = &{:?};",
        table.starts
    )?;
    phrases(folder, &mut code)?;
    fs::write(out.join("languages.rs"), code)?;
    Ok(())
}

fn phrases(folder: &Path, code: &mut String) -> Result<(), Box<dyn Error>> {
    type Phrases = BTreeMap<String, BTreeMap<String, Vec<String>>>;
    let languages: Phrases = toml::from_str(&fs::read_to_string(folder.join("phrases.toml"))?)?;
    let mut seen = HashSet::new();
    writeln!(
        code,
        "pub(super) static PHRASES: &[(&str, &str, &str)] = &["
    )?;
    for (language, topics) in &languages {
        for (topic, phrases) in topics {
            if !TOPICS.contains(&topic.as_str()) {
                return Err(format!("phrases.toml: {topic} is no topic of a phrase").into());
            }
            for phrase in phrases {
                if phrase.trim_end_matches('*').contains('*') {
                    return Err(
                        format!("phrases.toml: only the end of \"{phrase}\" can be open").into(),
                    );
                }
                if seen.insert(phrase) {
                    writeln!(code, "    ({language:?}, {topic:?}, {phrase:?}),")?;
                }
            }
        }
    }
    writeln!(code, "];")?;
    Ok(())
}
