//! Checks of a template's words: nothing that confirms a patient, nothing that is hard to read.

use super::LONGEST_REPLY;
use crate::problem::{Problems, cut};
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

/// Words that the public reads badly, and what to write.
const HARD_WORDS: [(&str, &str); 2] = [("clinician", "\"doctor or nurse\""), ("should", "\"please\", or what happens")];

pub(super) fn check(text: &str, line: usize, problems: &mut Problems) {
    if text.len() > LONGEST_REPLY {
        let message = format!("the text has {} bytes, more than {LONGEST_REPLY}", text.len());
        problems.error(line, message, "a shorter one");
    }
    let folded = fold(text);
    let lower = folded.to_lowercase().replace('\u{2019}', "'");
    for words in CONFIRMS_A_PATIENT.iter().filter(|words| holds(&lower, words)) {
        let message = format!("\"{words}\" says that somebody is a patient");
        problems.error(line, message, "words that are as true of anybody");
    }
    for (word, instead) in HARD_WORDS.iter().filter(|(word, _)| holds(&lower, word)) {
        problems.warn(line, format!("\"{word}\" is hard to read"), *instead);
    }
    for sentence in sentences_of(&folded).into_iter().map(|range| &folded[range]) {
        let count = sentence.split(' ').count();
        if count > LONGEST_SENTENCE {
            let message = format!("a sentence has {count} words: \"{}\"", cut(sentence, 60));
            problems.warn(line, message, format!("sentences of at most {LONGEST_SENTENCE} words"));
        }
    }
}

/// Returns true if and only if a word begins with these words; "your test" is in "your tests".
fn holds(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| !text[..at].ends_with(char::is_alphanumeric))
}
