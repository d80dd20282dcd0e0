//! Checks of a template's words: nothing that no answer may say, nothing that is hard to read.

use pagewarden_rules::reply::{Why, faults, says_it_is_gone};

use super::LONGEST_REPLY;
use crate::problem::{Collector, cut};
use crate::published::{fold, sentences_of};

/// Sentences longer than this, in words, are hard for the public to read.
const LONGEST_SENTENCE: usize = 20;

/// Words that the public reads badly, and what to write.
const HARD_WORDS: [(&str, &str); 2] = [
    ("clinician", "\"doctor or nurse\""),
    ("should", "\"please\", or what happens"),
];

pub(super) fn check(group: &str, text: &str, line: usize, problems: &mut Collector) {
    if text.len() > LONGEST_REPLY {
        let message = format!(
            "the text has {} bytes, more than {LONGEST_REPLY}",
            text.len()
        );
        problems.error(line, message, "a shorter one");
    }
    let folded = fold(text);
    let lower = folded.to_lowercase().replace('\u{2019}', "'");
    // A letter and a report are for one reader, and say what happened.
    let is_sent = matches!(group, "public" | "private");
    let told = faults(text, "", &[]).into_iter();
    for fault in told.filter(|fault| is_sent || !matches!(fault.why, Why::Patient | Why::Care)) {
        let message = format!("\"{}\" {}", fault.words, fault.why.says());
        problems.error(line, message, fault.why.instead());
    }
    for (word, instead) in HARD_WORDS.iter().filter(|(word, _)| holds(&lower, word)) {
        problems.warn(line, format!("\"{word}\" is hard to read"), *instead);
    }
    for sentence in sentences_of(&folded)
        .into_iter()
        .map(|range| &folded[range])
    {
        let count = sentence.split(' ').count();
        if count > LONGEST_SENTENCE {
            let message = format!("a sentence has {count} words: \"{}\"", cut(sentence, 60));
            problems.warn(
                line,
                message,
                format!("sentences of at most {LONGEST_SENTENCE} words"),
            );
        }
    }
}

/// Checks what is sent by a click: it holds nothing to be filled in by hand, and it is true when it
/// is sent.
pub(super) fn sent(
    group: &str,
    text: &str,
    says_another: bool,
    line: usize,
    problems: &mut Collector,
) {
    if !matches!(group, "public" | "private") {
        return;
    }
    if text.contains(['[', ']']) {
        let message = "square brackets are for a person to fill, and this is sent as it stands";
        problems.error(line, message, "words, or a {variable}");
    }
    if says_it_is_gone(text) && !says_another {
        let message =
            "the text says that a post is out of sight, and it may still be seen when this is sent";
        problems.error(
            line,
            message,
            "while_visible = \"...\", the template to send then",
        );
    }
}

/// Returns `true` if a word begins with these words; "your test" is in "your tests".
fn holds(text: &str, words: &str) -> bool {
    text.match_indices(words)
        .any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}
