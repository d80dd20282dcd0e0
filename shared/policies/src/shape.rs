//! The shape of a file: which tables, keys and words it may hold. Those of a policy and of settings
//! stand beside this.
//!
//! `serde` would stop at the first stranger; an author wants all of them, with the word that was
//! meant.

use std::collections::BTreeSet;

use pagewarden_rules::Topic;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::document::Document;
use crate::nearest::nearest;
use crate::problem::{Collector, cut};

/// What a key may hold.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Texts,
    Flag,
    /// A whole number up to this.
    Whole(i64),
    Word(Vocabulary),
    Words(Vocabulary),
    /// A list of tables, each with these keys.
    Tables(&'static Table),
}

/// The words that a key knows.
type Vocabulary = fn() -> Vec<String>;

struct Key {
    name: &'static str,
    kind: Kind,
    required: bool,
}

struct Table {
    name: &'static str,
    /// `[[name]]`, any number of times.
    repeated: bool,
    required: bool,
    keys: &'static [Key],
}

/// What a whole file may hold.
pub(crate) struct Shape {
    /// The keys before the first table.
    keys: &'static [Key],
    tables: &'static [Table],
    /// The tables whose keys are the author's own, and hold texts.
    open: &'static [&'static str],
    /// The tables that have a check of their own.
    elsewhere: &'static [&'static str],
}

const fn must(name: &'static str, kind: Kind) -> Key {
    Key {
        name,
        kind,
        required: true,
    }
}

const fn may(name: &'static str, kind: Kind) -> Key {
    Key {
        name,
        kind,
        required: false,
    }
}

/// The keys of `[links]`, which a policy has and a practice's settings may replace.
const LINKS: &[Key] = &[
    may("complaints", Kind::Text),
    may("official_review", Kind::Text),
    may("contact_public", Kind::Text),
    may("policy_page", Kind::Text),
    may("challenge", Kind::Text),
    may("law_guidance", Kind::Text),
];

macro_rules! vocabulary {
    ($words:ty) => {
        || {
            <$words>::ALL
                .iter()
                .map(|word| word.name().to_string())
                .collect()
        }
    };
}

// Below the macro, which both use.
mod policy;
mod settings;
pub(crate) use policy::POLICY;
pub(crate) use settings::SETTINGS;

/// A policy has a dozen clauses; more than this is no policy.
const MOST_TABLES: usize = 200;

/// The tables that are not as they should be, by name and place among their like.
pub(crate) type Faulty = BTreeSet<(String, usize)>;

/// Tells every table, key and word that does not belong. Returns the tables at fault, so that
/// nobody reads them and tells the same again, or none if checking cannot go on.
pub(crate) fn check(
    document: &Document<'_>,
    shape: &Shape,
    problems: &mut Collector,
) -> Option<Faulty> {
    let mut faulty = Faulty::new();
    let mut at_fault = |table: &Table, nth: usize, before: usize, problems: &Collector| {
        if problems.count() > before {
            faulty.insert((table.name.to_owned(), nth));
        }
    };
    for (name, value) in document.tree() {
        if problems.is_full() {
            return None;
        }
        let named = name.get_ref().as_ref();
        if let Some(key) = shape.keys.iter().find(|key| key.name == named) {
            check_value(document, key, value, problems);
            continue;
        }
        if shape.open.contains(&named) && value.get_ref().is_table() {
            check_texts(document, value, problems);
            continue;
        }
        if shape.elsewhere.contains(&named) && value.get_ref().is_table() {
            continue;
        }
        let Some(table) = shape.tables.iter().find(|table| table.name == named) else {
            let known = shape
                .keys
                .iter()
                .map(|key| key.name)
                .chain(shape.tables.iter().map(|table| table.name));
            let known: Vec<String> = known
                .chain(shape.open.iter().chain(shape.elsewhere).copied())
                .map(str::to_owned)
                .collect();
            let message = format!("unknown table or key \"{}\"", cut(name.get_ref(), 40));
            problems.error(
                document.line_of(name),
                message,
                instead(name.get_ref(), &known),
            );
            continue;
        };
        match (table.repeated, value.get_ref()) {
            (false, DeValue::Table(keys)) => {
                let before = problems.count();
                check_keys(document, table, value, keys, problems);
                at_fault(table, 0, before, problems);
            }
            (true, DeValue::Array(list)) if list.len() > MOST_TABLES => {
                let message = format!(
                    "{} [[{}]] tables, more than {MOST_TABLES}",
                    list.len(),
                    table.name
                );
                problems.error(document.line_of(name), message, "those of one practice");
                return None;
            }
            (true, DeValue::Array(list)) => {
                for (nth, element) in list.iter().enumerate() {
                    let before = problems.count();
                    if let DeValue::Table(keys) = element.get_ref() {
                        check_keys(document, table, element, keys, problems);
                    } else {
                        wrong_table(document, table, element, problems);
                    }
                    at_fault(table, nth, before, problems);
                }
            }
            _ => wrong_table(document, table, value, problems),
        }
    }
    for table in shape
        .tables
        .iter()
        .filter(|table| table.required && !document.tree().contains_key(table.name))
    {
        problems.error(
            1,
            format!("there is no {}", written(table)),
            format!("{} with its keys", written(table)),
        );
    }
    Some(faulty)
}

/// One key of a file, as references list it.
pub(crate) struct Listed {
    /// The table as it is written, such as `[[clause]]`.
    pub(crate) table: String,
    pub(crate) key: &'static str,
    pub(crate) required: bool,
    /// What it holds, such as `true or false`.
    pub(crate) holds: &'static str,
    /// The words that it knows, if it holds words.
    pub(crate) words: Vec<String>,
}

/// Returns every key that stands in a table of a file, in order.
pub(crate) fn keys(shape: &Shape) -> Vec<Listed> {
    let listed = |table: &Table, key: &Key| Listed {
        table: written(table),
        key: key.name,
        required: key.required,
        holds: example(key.kind),
        words: match key.kind {
            Kind::Word(words) | Kind::Words(words) => words(),
            Kind::Text | Kind::Texts | Kind::Flag | Kind::Whole(_) | Kind::Tables(_) => Vec::new(),
        },
    };
    let tables = shape.tables.iter();
    tables
        .flat_map(|table| table.keys.iter().map(move |key| listed(table, key)))
        .collect()
}

/// Checks a table whose keys are the author's own.
fn check_texts(document: &Document<'_>, table: &Spanned<DeValue<'_>>, problems: &mut Collector) {
    for (name, value) in table.get_ref().as_table().into_iter().flatten() {
        if !value.get_ref().is_str() {
            let message = format!(
                "\"{}\" holds {}",
                cut(name.get_ref(), 40),
                described(value.get_ref())
            );
            problems.error(document.line_of(value), message, example(Kind::Text));
        }
    }
}

fn written(table: &Table) -> String {
    if table.repeated {
        format!("[[{}]]", table.name)
    } else {
        format!("[{}]", table.name)
    }
}

fn wrong_table(
    document: &Document<'_>,
    table: &Table,
    value: &Spanned<DeValue<'_>>,
    problems: &mut Collector,
) {
    let message = format!("\"{}\" is {}", table.name, described(value.get_ref()));
    problems.error(document.line_of(value), message, written(table));
}

fn check_keys(
    document: &Document<'_>,
    table: &Table,
    whole: &Spanned<DeValue<'_>>,
    keys: &DeTable<'_>,
    problems: &mut Collector,
) {
    for (name, value) in keys {
        if problems.is_full() {
            return;
        }
        if let Some(key) = table
            .keys
            .iter()
            .find(|key| key.name == name.get_ref().as_ref())
        {
            check_value(document, key, value, problems);
        } else {
            let known: Vec<String> = table.keys.iter().map(|key| key.name.to_owned()).collect();
            let message = format!(
                "unknown key \"{}\" in {}",
                cut(name.get_ref(), 40),
                written(table)
            );
            problems.error(
                document.line_of(name),
                message,
                instead(name.get_ref(), &known),
            );
        }
    }
    for key in table
        .keys
        .iter()
        .filter(|key| key.required && !keys.contains_key(key.name))
    {
        let message = format!("{} has no \"{}\"", written(table), key.name);
        problems.error(
            document.line_of(whole),
            message,
            format!("{} = {}", key.name, example(key.kind)),
        );
    }
}

fn check_value(
    document: &Document<'_>,
    key: &Key,
    value: &Spanned<DeValue<'_>>,
    problems: &mut Collector,
) {
    match (key.kind, value.get_ref()) {
        (Kind::Text, DeValue::String(_)) | (Kind::Flag, DeValue::Boolean(_)) => {}
        (Kind::Whole(most), DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            if !number.is_ok_and(|number| (0..=most).contains(&number)) {
                let message = format!("\"{}\" is out of its range", key.name);
                problems.error(
                    document.line_of(value),
                    message,
                    format!("a number from 0 to {most}"),
                );
            }
        }
        (Kind::Word(words), DeValue::String(_)) => {
            check_word(document, key, value, &words(), problems);
        }
        (Kind::Texts, DeValue::Array(list)) => {
            for element in list.iter().filter(|element| !element.get_ref().is_str()) {
                wrong_kind(document, key, element, "\"a text\"", problems);
            }
        }
        (Kind::Words(words), DeValue::Array(list)) => {
            let words = words();
            for (nth, element) in list.iter().enumerate() {
                if !element.get_ref().is_str() {
                    wrong_kind(
                        document,
                        key,
                        element,
                        "a word in quotation marks",
                        problems,
                    );
                    continue;
                }
                check_word(document, key, element, &words, problems);
                // Only among the first few: a list cannot be longer than its vocabulary without
                // repeating.
                let before = list.iter().take(nth.min(words.len()));
                if before
                    .into_iter()
                    .any(|other| other.get_ref().as_str() == element.get_ref().as_str())
                {
                    let word = cut(element.get_ref().as_str().unwrap_or_default(), 40);
                    let message = format!("\"{word}\" stands twice in \"{}\"", key.name);
                    problems.error(document.line_of(element), message, "each word once");
                }
            }
        }
        (Kind::Tables(table), DeValue::Array(list)) => {
            for element in list {
                if let DeValue::Table(keys) = element.get_ref() {
                    check_keys(document, table, element, keys, problems);
                } else {
                    wrong_kind(document, key, element, example(key.kind), problems);
                }
            }
        }
        (kind, _) => wrong_kind(document, key, value, example(kind), problems),
    }
}

fn wrong_kind(
    document: &Document<'_>,
    key: &Key,
    value: &Spanned<DeValue<'_>>,
    example: &str,
    problems: &mut Collector,
) {
    let message = format!("\"{}\" holds {}", key.name, described(value.get_ref()));
    problems.error(document.line_of(value), message, example);
}

fn check_word(
    document: &Document<'_>,
    key: &Key,
    value: &Spanned<DeValue<'_>>,
    words: &[String],
    problems: &mut Collector,
) {
    if problems.is_full() {
        return;
    }
    let word = value.get_ref().as_str().unwrap_or_default();
    let custom = matches!(key.name, "topics" | "auto_topics") && word.parse::<Topic>().is_ok();
    if !custom && !words.iter().any(|known| known == word) {
        let message = format!("unknown word \"{}\" in \"{}\"", cut(word, 40), key.name);
        // "rating" and the like: no word for it exists, because nothing may follow from it.
        let opinion = matches!(key.name, "topics" | "auto_topics")
            && Topic::Custom(word.into()).is_opinion()
            && nearest(word, words.iter().map(String::as_str)).is_none();
        let instead = if opinion {
            "a topic of what harms somebody: what people think of the service is free,".to_owned()
        } else {
            instead(word, words)
        };
        problems.error(document.line_of(value), message, instead);
    }
}

/// What a value is, in words for somebody who does not know TOML's.
const fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

const fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "\"a text\"",
        Kind::Texts => "[\"a text\"]",
        Kind::Flag => "true or false",
        Kind::Whole(_) => "a whole number",
        Kind::Word(_) => "a word in quotation marks",
        Kind::Words(_) => "a list of words, each in quotation marks,",
        Kind::Tables(_) => "[{ name = \"a text\" }]",
    }
}

/// The word that was probably meant, or all that there are.
fn instead(word: &str, known: &[String]) -> String {
    match nearest(word, known.iter().map(String::as_str)) {
        Some(meant) => format!("\"{meant}\""),
        None => format!("one of {}", known.join(", ")),
    }
}
