//! The shape of a policy file: which tables, keys and words it may hold.
//!
//! `serde` would stop at the first stranger; an author wants all of them, with the word that was meant.

use std::collections::BTreeSet;

use pagewarden_rules::{
    About, Detect, Effect, Exception, Join, Nation, Place, Platform, Praise, Role, Says, Surface, Topic, Urgency,
};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::document::Document;
use crate::nearest::nearest;
use crate::problem::{Problems, cut};

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

const fn must(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, required: true }
}

const fn may(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, required: false }
}

macro_rules! vocabulary {
    ($words:ty) => {
        || <$words>::ALL.iter().map(|word| word.name().to_string()).collect()
    };
}

const STRENGTHS: Vocabulary = || ["possible", "likely", "certain"].map(str::to_owned).to_vec();
const STEPS: Vocabulary = || ["ask_to_remove", "written_warning", "consider_removal"].map(str::to_owned).to_vec();
const LAWS: Vocabulary = || ["mca-1988", "ca-2003-s127", "osa-2023-s179-181"].map(str::to_owned).to_vec();

const TABLES: &[Table] = &[
    Table {
        name: "practice",
        repeated: false,
        required: true,
        keys: &[
            must("id", Kind::Text),
            must("name", Kind::Text),
            must("nation", Kind::Word(vocabulary!(Nation))),
            must("timezone", Kind::Text),
            must("audience", Kind::Texts),
            must("responder", Kind::Text),
            must("title", Kind::Text),
            must("source", Kind::Text),
            must("source_sha256", Kind::Text),
        ],
    },
    Table {
        name: "links",
        repeated: false,
        required: true,
        keys: &[
            may("complaints", Kind::Text),
            may("official_review", Kind::Text),
            may("contact_public", Kind::Text),
            may("policy_page", Kind::Text),
            may("challenge", Kind::Text),
            may("law_guidance", Kind::Text),
        ],
    },
    Table {
        name: "channel",
        repeated: true,
        required: true,
        keys: &[
            must("platform", Kind::Word(vocabulary!(Platform))),
            must("surfaces", Kind::Words(vocabulary!(Surface))),
        ],
    },
    Table {
        name: "clause",
        repeated: true,
        required: true,
        keys: &[
            must("id", Kind::Text),
            must("topics", Kind::Words(vocabulary!(Topic))),
            may("about", Kind::Word(vocabulary!(About))),
            must("place", Kind::Word(vocabulary!(Place))),
            may("platforms", Kind::Words(vocabulary!(Platform))),
            may("detect", Kind::Word(vocabulary!(Detect))),
            may("bar", Kind::Word(STRENGTHS)),
            must("says", Kind::Word(vocabulary!(Says))),
            may("except", Kind::Words(vocabulary!(Exception))),
            may("effects", Kind::Words(vocabulary!(Effect))),
            may("never", Kind::Words(vocabulary!(Effect))),
            may("join", Kind::Word(vocabulary!(Join))),
            may("auto", Kind::Words(vocabulary!(Effect))),
            may("auto_topics", Kind::Words(vocabulary!(Topic))),
            may("delete_role", Kind::Word(vocabulary!(Role))),
            may("urgency", Kind::Word(vocabulary!(Urgency))),
            may("template", Kind::Text),
            may("no_public_reply", Kind::Flag),
            may("praise", Kind::Word(vocabulary!(Praise))),
            may("law_pack", Kind::Words(LAWS)),
            may("placeholder", Kind::Text),
            may("broken_link", Kind::Text),
            must("quote", Kind::Text),
        ],
    },
    Table { name: "context", repeated: true, required: false, keys: &[must("quote", Kind::Text)] },
    Table {
        name: "custom",
        repeated: true,
        required: false,
        keys: &[must("name", Kind::Text), may("words", Kind::Texts), may("patterns", Kind::Texts)],
    },
    Table {
        name: "ladder",
        repeated: false,
        required: true,
        keys: &[
            must("window_months", Kind::Whole(120)),
            may("steps", Kind::Words(STEPS)),
            may("ask_due_days", Kind::Whole(90)),
            must("hold_if_open_complaint", Kind::Flag),
        ],
    },
    Table {
        name: "retention",
        repeated: false,
        required: true,
        keys: &[must("no_breach_text_days", Kind::Whole(3650)), must("evidence_months", Kind::Whole(240))],
    },
];

/// A policy has a dozen clauses; more than this is no policy.
const MOST_TABLES: usize = 200;

/// The tables that are not as they should be, by name and place among their like.
pub(crate) type Faulty = BTreeSet<(String, usize)>;

/// Tells every table, key and word that does not belong. Returns the tables at fault, so that nobody reads them and
/// tells the same again, or none if checking cannot go on.
pub(crate) fn check(document: &Document<'_>, problems: &mut Problems) -> Option<Faulty> {
    let mut faulty = Faulty::new();
    let mut at_fault = |table: &Table, nth: usize, before: usize, problems: &Problems| {
        if problems.count() > before {
            faulty.insert((table.name.to_owned(), nth));
        }
    };
    for (name, value) in document.tree() {
        if problems.is_full() {
            return None;
        }
        let Some(table) = TABLES.iter().find(|table| table.name == name.get_ref().as_ref()) else {
            let known: Vec<String> = TABLES.iter().map(|table| table.name.to_owned()).collect();
            let message = format!("unknown table or key \"{}\"", cut(name.get_ref(), 40));
            problems.error(document.line_of(name), message, instead(name.get_ref(), &known));
            continue;
        };
        match (table.repeated, value.get_ref()) {
            (false, DeValue::Table(keys)) => {
                let before = problems.count();
                check_keys(document, table, value, keys, problems);
                at_fault(table, 0, before, problems);
            }
            (true, DeValue::Array(list)) if list.len() > MOST_TABLES => {
                let message = format!("{} [[{}]] tables, more than {MOST_TABLES}", list.len(), table.name);
                problems.error(document.line_of(name), message, "one policy");
                return None;
            }
            (true, DeValue::Array(list)) => {
                for (nth, element) in list.iter().enumerate() {
                    let before = problems.count();
                    match element.get_ref() {
                        DeValue::Table(keys) => check_keys(document, table, element, keys, problems),
                        _ => wrong_table(document, table, element, problems),
                    }
                    at_fault(table, nth, before, problems);
                }
            }
            _ => wrong_table(document, table, value, problems),
        }
    }
    for table in TABLES.iter().filter(|table| table.required && !document.tree().contains_key(table.name)) {
        problems.error(1, format!("there is no {}", written(table)), format!("{} with its keys", written(table)));
    }
    Some(faulty)
}

fn written(table: &Table) -> String {
    if table.repeated { format!("[[{}]]", table.name) } else { format!("[{}]", table.name) }
}

fn wrong_table(document: &Document<'_>, table: &Table, value: &Spanned<DeValue<'_>>, problems: &mut Problems) {
    let message = format!("\"{}\" is {}", table.name, described(value.get_ref()));
    problems.error(document.line_of(value), message, written(table));
}

fn check_keys(
    document: &Document<'_>,
    table: &Table,
    whole: &Spanned<DeValue<'_>>,
    keys: &DeTable<'_>,
    problems: &mut Problems,
) {
    for (name, value) in keys {
        if problems.is_full() {
            return;
        }
        if let Some(key) = table.keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
            check_value(document, key, value, problems);
        } else {
            let known: Vec<String> = table.keys.iter().map(|key| key.name.to_owned()).collect();
            let message = format!("unknown key \"{}\" in {}", cut(name.get_ref(), 40), written(table));
            problems.error(document.line_of(name), message, instead(name.get_ref(), &known));
        }
    }
    for key in table.keys.iter().filter(|key| key.required && !keys.contains_key(key.name)) {
        let message = format!("{} has no \"{}\"", written(table), key.name);
        problems.error(document.line_of(whole), message, format!("{} = {}", key.name, example(key.kind)));
    }
}

fn check_value(document: &Document<'_>, key: &Key, value: &Spanned<DeValue<'_>>, problems: &mut Problems) {
    match (key.kind, value.get_ref()) {
        (Kind::Text, DeValue::String(_)) | (Kind::Flag, DeValue::Boolean(_)) => {}
        (Kind::Whole(most), DeValue::Integer(number)) => {
            let number = i64::from_str_radix(number.as_str(), number.radix());
            if !number.is_ok_and(|number| (0..=most).contains(&number)) {
                let message = format!("\"{}\" is out of its range", key.name);
                problems.error(document.line_of(value), message, format!("a number from 0 to {most}"));
            }
        }
        (Kind::Word(words), DeValue::String(_)) => check_word(document, key, value, &words(), problems),
        (Kind::Texts, DeValue::Array(list)) => {
            for element in list.iter().filter(|element| !element.get_ref().is_str()) {
                wrong_kind(document, key, element, "\"a text\"", problems);
            }
        }
        (Kind::Words(words), DeValue::Array(list)) => {
            let words = words();
            for (nth, element) in list.iter().enumerate() {
                if !element.get_ref().is_str() {
                    wrong_kind(document, key, element, "a word in quotation marks", problems);
                    continue;
                }
                check_word(document, key, element, &words, problems);
                // Only among the first few: a list cannot be longer than its vocabulary without repeating.
                let before = list.iter().take(nth.min(words.len()));
                if before.into_iter().any(|other| other.get_ref().as_str() == element.get_ref().as_str()) {
                    let word = cut(element.get_ref().as_str().unwrap_or_default(), 40);
                    let message = format!("\"{word}\" stands twice in \"{}\"", key.name);
                    problems.error(document.line_of(element), message, "each word once");
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
    problems: &mut Problems,
) {
    let message = format!("\"{}\" holds {}", key.name, described(value.get_ref()));
    problems.error(document.line_of(value), message, example);
}

fn check_word(
    document: &Document<'_>,
    key: &Key,
    value: &Spanned<DeValue<'_>>,
    words: &[String],
    problems: &mut Problems,
) {
    if problems.is_full() {
        return;
    }
    let word = value.get_ref().as_str().unwrap_or_default();
    let custom = matches!(key.name, "topics" | "auto_topics") && word.parse::<Topic>().is_ok();
    if !custom && !words.iter().any(|known| known == word) {
        let message = format!("unknown word \"{}\" in \"{}\"", cut(word, 40), key.name);
        problems.error(document.line_of(value), message, instead(word, words));
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
    }
}

/// The word that was probably meant, or all that there are.
fn instead(word: &str, known: &[String]) -> String {
    match nearest(word, known.iter().map(String::as_str)) {
        Some(meant) => format!("\"{meant}\""),
        None => format!("one of {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Channels, Clause, CustomTopic, Ladder, Links, Practice, Retention};
    use serde::de::DeserializeOwned;

    use super::*;

    /// The words that `serde` itself expects, taken from its own refusal of a stranger.
    fn keys_of<T: DeserializeOwned>() -> Vec<String> {
        let refusal = toml::from_str::<T>("stranger = 1").err().unwrap().to_string();
        let (_, expected) = refusal.split_once("expected").unwrap();
        let mut keys: Vec<String> = expected.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        keys.sort();
        keys
    }

    fn keys_here(name: &str) -> Vec<String> {
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        let mut keys: Vec<String> = table.keys.iter().map(|key| key.name.to_owned()).collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_tables_have_the_keys_of_their_types() {
        assert_eq!(keys_here("practice"), keys_of::<Practice>());
        assert_eq!(keys_here("links"), keys_of::<Links>());
        assert_eq!(keys_here("channel"), keys_of::<Channels>());
        assert_eq!(keys_here("clause"), keys_of::<Clause>());
        assert_eq!(keys_here("custom"), keys_of::<CustomTopic>());
        assert_eq!(keys_here("ladder"), keys_of::<Ladder>());
        assert_eq!(keys_here("retention"), keys_of::<Retention>());
    }
}
