//! Reads the lexicon files: classes of words, grammars, suppressors and lists.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::lists::{self, List};

/// One lexicon file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default)]
    pub(crate) class: Vec<Class>,
    #[serde(default)]
    pub(crate) grammar: Vec<Grammar>,
    #[serde(default)]
    pub(crate) suppressor: Vec<Suppressor>,
    #[serde(default)]
    pub(crate) list: Vec<List>,
    #[serde(default)]
    pub(crate) spelled: BTreeMap<String, String>,
}

/// A class of words: a lexicon tier, or a set that grammars share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Class {
    pub(crate) name: String,
    /// Where the words come from, and why they stand together.
    pub(crate) source: String,
    /// The words, by white space; `wank/s/er` adds endings, `_` joins a phrase.
    pub(crate) words: String,
    /// Words that people disguise: swapped letters, masks and repeats are sought for them.
    #[serde(default)]
    pub(crate) disguised: bool,
    /// Words that people mistype: swapped letters are sought for them.
    #[serde(default)]
    pub(crate) typos: bool,
    /// Words that are also surnames, forenames or places: with a capital, or beside a title or
    /// street, they are none.
    #[serde(default)]
    pub(crate) names: String,
}

/// A grammar: patterns over words and classes, and what it means that one of them is there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grammar {
    pub(crate) name: String,
    /// None for a cue that only other grammars ask for.
    #[serde(default)]
    pub(crate) topics: Vec<String>,
    #[serde(default = "likely")]
    pub(crate) strength: String,
    #[serde(default)]
    pub(crate) target: Option<String>,
    pub(crate) why: String,
    #[serde(rename = "match")]
    pub(crate) patterns: Vec<String>,
    /// Suppressors by name; `topic:` and a topic for one that yields to another topic in the same
    /// text.
    #[serde(default)]
    pub(crate) unless: Vec<String>,
    /// Suppressors by name that leave the finding, but as one that only a person can judge.
    #[serde(default)]
    pub(crate) doubts: Vec<String>,
    /// Cues by name, one of which must be in the text too; `topic:` works here as well.
    #[serde(default)]
    pub(crate) needs: Vec<String>,
}

/// A suppressor: patterns that take a grammar's finding back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suppressor {
    pub(crate) name: String,
    #[expect(dead_code, reason = "written for the people who read the file")]
    pub(crate) why: String,
    /// `overlap`, `before`, `clause`, `sentence`, `story`, `text` or `quoted`.
    pub(crate) reach: String,
    /// Tokens between the suppressor and the finding, for `before`.
    #[serde(default)]
    pub(crate) within: u8,
    #[serde(rename = "match")]
    pub(crate) patterns: Vec<String>,
}

fn likely() -> String {
    "likely".to_owned()
}

/// Everything the files say.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    pub(crate) classes: BTreeMap<String, Class>,
    pub(crate) grammars: Vec<Grammar>,
    pub(crate) suppressors: Vec<Suppressor>,
    /// Lists that the grammar of people asks for.
    pub(crate) lists: Vec<List>,
    /// Ordinary words, most frequent first.
    pub(crate) common: Vec<String>,
    /// Other ways in which people spell a word.
    pub(crate) spellings: HashMap<String, Vec<String>>,
    /// Small words of other languages.
    pub(crate) elsewhere: HashSet<String>,
    /// Words and names that are no disguise of another word, as far as the lists know.
    pub(crate) english: HashSet<String>,
    /// Words of English that are written like a disguise, and stand for themselves.
    pub(crate) alike: Vec<String>,
}

/// The list of words that are written like a disguise of another.
const ALIKE: &str = "languages/alike.txt";

/// The lists of words that are no disguise, beside the lexicons.
const ENGLISH: [&str; 5] = [
    "languages/english.txt",
    "languages/dialects.txt",
    "names/ordinary.txt",
    "names/forenames.txt",
    "names/surnames.txt",
];

/// Reads every file of a folder, in the order of their names.
pub(crate) fn read(folder: &Path) -> Result<Lexicon, Box<dyn Error>> {
    let mut lexicon = Lexicon::default();
    let mut paths: Vec<_> = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let mut names = HashSet::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
    {
        let file: File = toml::from_str(&fs::read_to_string(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        for class in file.class {
            if class.source.is_empty() {
                return Err(
                    format!("{}: class {} names no source", path.display(), class.name).into(),
                );
            }
            if let Some(twice) = lexicon.classes.insert(class.name.clone(), class) {
                return Err(
                    format!("{}: class {} is there twice", path.display(), twice.name).into(),
                );
            }
        }
        let rules = file
            .grammar
            .iter()
            .map(|g| &g.name)
            .chain(file.suppressor.iter().map(|s| &s.name));
        for name in rules {
            if !names.insert(name.clone()) {
                return Err(format!("{}: {name} is there twice", path.display()).into());
            }
        }
        for (word, others) in file.spelled {
            let others = others.split_whitespace().map(str::to_owned);
            lexicon.spellings.entry(word).or_default().extend(others);
        }
        lexicon.grammars.extend(file.grammar);
        lexicon.suppressors.extend(file.suppressor);
        lexicon.lists.extend(file.list);
    }
    lists::check(&lexicon.lists, lists::ASKED)?;
    let common = fs::read_to_string(folder.join("common.txt"))?;
    let words = common
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace);
    lexicon.common = words.map(str::to_owned).collect();
    lexicon.english.extend(lexicon.common.iter().cloned());
    for list in ENGLISH {
        lexicon.english.extend(words_of(list)?);
    }
    lexicon.alike = words_of(ALIKE)?;
    lexicon.english.extend(lexicon.alike.iter().cloned());
    Ok(lexicon)
}

/// Returns the words of a list, whose comments start with `#`.
fn words_of(list: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let text = fs::read_to_string(list).map_err(|error| format!("{list}: {error}"))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect())
}

/// Returns the words that one entry such as `wank/s/er` stands for; `_` becomes a space.
pub(crate) fn spell_out(entry: &str) -> Vec<String> {
    let mut parts = entry.split('/');
    let stem = parts.next().unwrap_or_default().replace('_', " ");
    let mut words: Vec<String> = parts.map(|ending| format!("{stem}{ending}")).collect();
    words.insert(0, stem);
    words
}
