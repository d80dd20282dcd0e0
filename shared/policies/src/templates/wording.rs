//! Checks of a template's words: nothing that confirms a patient, nothing that is hard to read.

use super::LONGEST_REPLY;
use crate::problem::{Collector, cut};
use crate::published::{fold, sentences_of};

/// Sentences longer than this, in words, are hard for the public to read.
const LONGEST_SENTENCE: usize = 20;

/// Words that would tell the public, or a bystander, that somebody is a patient.
const CONFIRMS_A_PATIENT: [&str; 26] = [
    "your appointment",
    "your consultation",
    "your visit",
    "your record",
    "your notes",
    "your treatment",
    "your test",
    "your result",
    "your prescription",
    "your medication",
    "your referral",
    "your care",
    "your doctor",
    "your gp",
    "your nurse",
    "your condition",
    "your diagnosis",
    "your symptom",
    "our patient",
    "as a patient",
    "you visited",
    "you attended",
    "when you came",
    "you were seen",
    "you are registered",
    "you saw",
];

/// Words that say that a post is out of sight, which is untrue of one that can be seen.
const GONE: [&str; 10] = [
    "have hidden",
    "has been hidden",
    "was hidden",
    "is hidden",
    "have removed",
    "has been removed",
    "was removed",
    "have deleted",
    "has been deleted",
    "was deleted",
];

/// Words that the public reads badly, and what to write.
const HARD_WORDS: [(&str, &str); 2] = [
    ("clinician", "\"doctor or nurse\""),
    ("should", "\"please\", or what happens"),
];

pub(super) fn check(text: &str, line: usize, problems: &mut Collector) {
    if text.len() > LONGEST_REPLY {
        let message = format!(
            "the text has {} bytes, more than {LONGEST_REPLY}",
            text.len()
        );
        problems.error(line, message, "a shorter one");
    }
    let folded = fold(text);
    let lower = folded.to_lowercase().replace('\u{2019}', "'");
    for words in CONFIRMS_A_PATIENT
        .iter()
        .filter(|words| holds(&lower, words))
    {
        let message = format!("\"{words}\" says that somebody is a patient");
        problems.error(line, message, "words that are as true of anybody");
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

/// Returns the words of a text that say that somebody is a patient, if any do.
pub(super) fn confirms_a_patient(text: &str) -> Option<&'static str> {
    let lower = fold(text).to_lowercase().replace('\u{2019}', "'");
    CONFIRMS_A_PATIENT
        .into_iter()
        .find(|words| holds(&lower, words))
}

/// Returns `true` if a text says that a post is out of sight.
pub(crate) fn says_it_is_gone(text: &str) -> bool {
    let lower = fold(text).to_lowercase();
    GONE.iter().any(|words| holds(&lower, words))
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
