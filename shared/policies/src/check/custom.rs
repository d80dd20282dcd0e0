//! Checks of a practice's own topics.

use std::collections::BTreeSet;

use pagewarden_rules::Topic;
use regex::RegexBuilder;

use super::Checks;
use crate::document::At;
use crate::problem::cut;

/// Patterns are compiled whenever a policy loads; these bounds keep a hostile file cheap.
const MOST_PATTERNS: usize = 50;
/// Words and phrases of all topics together. Each is looked for in each text: so many take
/// milliseconds.
const MOST_WORDS: usize = 2_000;
/// Compiled, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

impl Checks<'_, '_> {
    pub(super) fn custom(&mut self) {
        let defined: BTreeSet<&str> = self
            .parts
            .custom
            .iter()
            .map(|(_, custom)| custom.name.as_str())
            .collect();
        let mut used = BTreeSet::new();
        for (nth, clause) in &self.parts.clauses {
            for (n, topic) in clause.topics.iter().enumerate() {
                let Topic::Custom(name) = topic else { continue };
                used.insert(name.as_ref());
                if !defined.contains(name.as_ref()) {
                    let line = self
                        .document
                        .line_of_nth(At::Nth("clause", *nth), "topics", n);
                    let message = format!("\"{topic}\" is used and not defined");
                    self.problems.error(
                        line,
                        message,
                        format!("[[custom]] name = \"{name}\" with its words"),
                    );
                }
            }
        }
        let mut names = BTreeSet::new();
        let mut patterns = 0;
        for (nth, custom) in &self.parts.custom {
            let at = At::Nth("custom", *nth);
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if custom.name.is_empty() || custom.name.len() > 40 || !custom.name.bytes().all(fits) {
                let message =
                    "a topic's name has 1 to 40 lower-case letters, digits and underscores";
                self.error(at, "name", message, "a name such as \"car_park\"");
            } else if !names.insert(custom.name.as_str()) {
                self.error(
                    at,
                    "name",
                    format!("the topic \"{}\" is defined twice", custom.name),
                    "one [[custom]]",
                );
            } else if !used.contains(custom.name.as_str()) {
                let message = format!("no clause uses \"custom:{}\"", custom.name);
                self.warn(at, "name", message, "it under \"topics\" of a clause");
            }
            if custom.words.is_empty() && custom.patterns.is_empty() {
                self.error(
                    at,
                    "name",
                    "the topic has neither words nor patterns",
                    "words = [...]",
                );
            }
            for (n, word) in custom.words.iter().enumerate() {
                if !word.chars().any(char::is_alphanumeric) || word.len() > 200 {
                    let line = self.document.line_of_nth(at, "words", n);
                    let message = format!("\"{}\" is no word or phrase", cut(word, 40));
                    self.problems
                        .error(line, message, "a word, or a few, with letters or digits");
                }
            }
            for (n, pattern) in custom.patterns.iter().enumerate() {
                patterns += 1;
                if patterns <= MOST_PATTERNS {
                    self.pattern(at, n, pattern);
                }
            }
        }
        let words: usize = self
            .parts
            .custom
            .iter()
            .map(|(_, custom)| custom.words.len())
            .sum();
        if words > MOST_WORDS {
            let message = format!(
                "{words} words of the practice's own, more than {MOST_WORDS}: each text would wait"
            );
            self.problems
                .error(1, message, "fewer, or a pattern for many that are alike");
        }
        if patterns > MOST_PATTERNS {
            let message = format!("{patterns} patterns, more than {MOST_PATTERNS}");
            self.problems.error(1, message, "fewer, or words");
        }
    }

    fn pattern(&mut self, at: At<'_>, nth: usize, pattern: &str) {
        let line = self.document.line_of_nth(at, "patterns", nth);
        match RegexBuilder::new(pattern)
            .case_insensitive(true)
            .size_limit(LARGEST_PATTERN)
            .build()
        {
            // `\b` matches no empty text, and yet takes no character.
            Ok(compiled)
                if compiled.is_match("")
                    || compiled.find("a").is_some_and(|found| found.is_empty()) =>
            {
                let message = format!(
                    "the pattern \"{}\" matches the empty text, hence everything",
                    cut(pattern, 40)
                );
                self.problems
                    .error(line, message, "a pattern that needs at least one character");
            }
            Ok(_) => {}
            Err(error) => {
                // The last line of the parser's message says what is wrong; those before it draw
                // it.
                let why = error.to_string();
                let why = why
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned();
                let message = format!(
                    "the pattern \"{}\" does not compile: {why}",
                    cut(pattern, 40)
                );
                self.problems.error(
                    line,
                    message,
                    "a pattern in the syntax of the regex crate, or a word",
                );
            }
        }
    }
}
