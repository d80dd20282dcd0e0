//! A practice's own topics: words and patterns that come with its policy.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::text::{Token, View};
use crate::{CustomTopic, Finding, Span, Strength, Topic};

/// Bytes of memory that one pattern may compile to.
const PATTERN_SIZE: usize = 1 << 20;

/// A topic of one practice, ready to be looked for.
#[derive(Clone, Debug)]
pub(super) struct Custom {
    name: Arc<str>,
    /// Each a list of normalised words in a row.
    phrases: Vec<Vec<String>>,
    patterns: Vec<Regex>,
}

impl Custom {
    /// Prepares a topic. A pattern that cannot be read is left out: loading the policy refused it
    /// with its line.
    pub(super) fn new(topic: &CustomTopic) -> Self {
        let phrase = |text: &String| {
            let view = View::new(text);
            view.tokens
                .iter()
                .map(|token| view.spelling(token).to_owned())
                .collect::<Vec<_>>()
        };
        let pattern = |source: &String| {
            RegexBuilder::new(source)
                .case_insensitive(true)
                .size_limit(PATTERN_SIZE)
                .dfa_size_limit(PATTERN_SIZE)
                .build()
        };
        Custom {
            name: topic.name.as_str().into(),
            phrases: topic
                .words
                .iter()
                .map(phrase)
                .filter(|phrase| !phrase.is_empty())
                .collect(),
            patterns: topic
                .patterns
                .iter()
                .filter_map(|source| pattern(source).ok())
                .collect(),
        }
    }

    /// Adds the first finding of each word and pattern.
    pub(super) fn find(&self, view: &View<'_>, findings: &mut Vec<Finding>) {
        for phrase in &self.phrases {
            let same = |(token, word): (&Token, &String)| view.spelling(token) == word;
            let at = view
                .tokens
                .windows(phrase.len())
                .position(|window| window.iter().zip(phrase).all(same));
            if let Some(at) = at {
                self.push(view.span_of(at, at + phrase.len() - 1), findings);
            }
        }
        for pattern in &self.patterns {
            if let Some(found) = pattern.find(view.posted) {
                self.push(found.range(), findings);
            }
        }
    }

    fn push(&self, span: Span, findings: &mut Vec<Finding>) {
        findings.push(Finding {
            topic: Topic::Custom(Arc::clone(&self.name)),
            strength: Strength::Certain,
            span,
            cue: format!("custom.{}", self.name).into(),
            why: "the practice listed this word or pattern itself".into(),
            target: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_match_whole_and_patterns_anywhere() {
        let topic = CustomTopic {
            name: "parking".into(),
            words: vec!["car park".into(), "permit".into()],
            patterns: vec![r"bay \d+".into(), "(".into()],
        };
        let custom = Custom::new(&topic);
        let find = |text: &str| {
            let mut findings = Vec::new();
            custom.find(&View::new(text), &mut findings);
            findings
                .into_iter()
                .map(|f| text[f.span].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(find("The CAR  park, again"), ["CAR  park"]);
        assert_eq!(find("In Bay 12 without a permit"), ["permit", "Bay 12"]);
        assert_eq!(find("Permitted in the car, parked"), Vec::<String>::new());
    }
}
