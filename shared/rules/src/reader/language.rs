//! Telling English from other languages, so that nobody is judged by rules that were not tested on their words.

use super::text::{Kind, Token, View};
use super::vocabulary as words;
use crate::{Finding, Strength, Topic};

/// Words below which a text is too short to tell, unless a word of another language is among them.
const FEWEST: usize = 6;

/// Adds a finding where the text is not in English, and returns true if and only if it did.
pub(super) fn find(view: &View<'_>, findings: &mut Vec<Finding>) -> bool {
    let (mut all, mut known, mut other) = (0_usize, 0_usize, 0_usize);
    for token in view.tokens.iter().filter(|t| t.kind == Kind::Word) {
        // Names are in no dictionary and tell nothing of the language.
        if token.word == 0 && token.is(Token::CAPITAL) && token.flags & (Token::SENTENCE | Token::UPPER) == 0 {
            continue;
        }
        all += 1;
        other += usize::from(words::is_in(token.word, words::OTHER_LANGUAGE));
        known += usize::from(words::is_ordinary(token.word));
    }
    let letters = || view.normal.text.chars().filter(|c| c.is_alphabetic()).take(10_000).count();
    let foreign_letters = view.normal.foreign_letters as usize;
    let script = foreign_letters > 1 && known * 2 < all && (3..foreign_letters * 2).contains(&letters());
    let few_known = known * 5 < all * 2;
    let foreign = script || (all >= 3 && other >= 2 && few_known) || (all >= FEWEST && known * 4 < all);
    if foreign {
        findings.push(Finding {
            topic: Topic::NotEnglish,
            strength: Strength::Likely,
            span: 0..view.posted.len(),
            cue: "language.not_english".into(),
            why: "hardly any of the words are English: somebody who reads the language should look".into(),
            target: None,
        });
    }
    foreign
}
