//! Checks that the policy says what the practice published, no more and no less.

use std::collections::HashSet;
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::document::{At, Document, MOST_BYTES};
use crate::problem::{Collector, cut};
use crate::published::{Published, fold, sentences_of};

/// How much of a sentence a message shows.
const SHOWN: usize = 100;

/// Suggestions compare with every sentence: the first few quotes that are wrong get one.
const MOST_SUGGESTIONS: usize = 20;

/// A clause has a few sentences; of more, the first are compared one by one.
const MOST_SENTENCES: usize = 20;

/// A policy has some dozens of sentences.
const MOST_COMPARED: usize = 1_000;

pub(crate) fn check(document: &Document<'_>, text: &str, problems: &mut Collector) {
    let practice = At::Table("practice");
    let source = document
        .text(practice, "source")
        .unwrap_or("the published text")
        .to_owned();
    if text.len() > MOST_BYTES {
        problems.error_in(
            source,
            1,
            format!("the published text has more than {MOST_BYTES} bytes"),
            "the policy alone",
        );
        return;
    }
    let actual = hex::encode(Sha256::digest(text.as_bytes()));
    match document.text(practice, "source_sha256") {
        Some(claimed) if !claimed.eq_ignore_ascii_case(&actual) => problems.error(
            document.line(practice, "source_sha256"),
            format!("{source} is not the text that this policy was read from"),
            format!(
                "source_sha256 = \"{actual}\", once every clause was compared with the new text,"
            ),
        ),
        _ => {}
    }
    let published = Published::new(text);
    let mut claims = Claims {
        published: &published,
        claimed: vec![false; published.text().len()],
        suggestions: 0,
    };
    for (table, what) in [("clause", "clause"), ("context", "context sentence")] {
        let count = document.array(table).count();
        for nth in 0..count {
            claims.claim(document, At::Nth(table, nth), what, problems);
        }
    }
    claims.unclaimed(&source, problems);
}

/// Which bytes of the published text some quote claims.
struct Claims<'a> {
    published: &'a Published,
    claimed: Vec<bool>,
    suggestions: usize,
}

impl Claims<'_> {
    fn claim(&mut self, document: &Document<'_>, at: At<'_>, what: &str, problems: &mut Collector) {
        let Some(quote) = document.text(at, "quote") else {
            return;
        };
        let line = document.line(at, "quote");
        let quote = fold(quote);
        if !quote.chars().any(char::is_alphanumeric) {
            problems.error(
                line,
                format!("the quote of this {what} is empty"),
                "the published sentence, word for word,",
            );
            return;
        }
        if self.stands(&quote) {
            return;
        }
        let before = problems.count();
        // Sentence by sentence, so that one changed word does not put the rest of the clause in
        // doubt.
        for range in sentences_of(&quote).into_iter().take(MOST_SENTENCES) {
            let sentence = &quote[range];
            if problems.is_full() {
                return;
            }
            if self.stands(sentence) {
                continue;
            }
            let instead = match self.nearest(sentence) {
                Some(range) => {
                    // It is told once, here, and not again as a sentence that nobody claims.
                    self.claimed[range.clone()].fill(true);
                    format!("the published \"{}\"", &self.published.text()[range])
                }
                None => "a sentence of the published text, word for word,".to_owned(),
            };
            let message = format!(
                "the quote \"{}\" does not stand in the published text",
                cut(sentence, SHOWN)
            );
            problems.error(line, message, instead);
        }
        if problems.count() == before {
            let message = format!(
                "the sentences of \"{}\" do not follow one another so",
                cut(&quote, SHOWN)
            );
            problems.error(line, message, "what stands together in the published text");
        }
    }

    /// Claims every place where a quote stands, and returns `true` if there is one.
    fn stands(&mut self, quote: &str) -> bool {
        let text = self.published.text();
        let mut stands = false;
        for (start, _) in text.match_indices(quote) {
            let end = start + quote.len();
            if is_whole(text, start, end) {
                stands = true;
                self.claimed[start..end].fill(true);
            }
        }
        stands
    }

    /// Returns the sentence that shares most of its words with a quote.
    fn nearest(&mut self, quote: &str) -> Option<Range<usize>> {
        self.suggestions += 1;
        if self.suggestions > MOST_SUGGESTIONS {
            return None;
        }
        let wanted: HashSet<&str> = quote.split(' ').collect();
        let likeness = |range: &Range<usize>| {
            let words: HashSet<&str> = self.published.text()[range.clone()].split(' ').collect();
            // Twice the shared words in a thousand of both: 1000 for the same words.
            2000 * words.intersection(&wanted).count() / (words.len() + wanted.len())
        };
        let sentences = self.published.sentences().iter().take(MOST_COMPARED);
        let nearest = sentences.max_by_key(|range| likeness(range))?;
        (likeness(nearest) >= 300).then(|| nearest.clone())
    }

    fn unclaimed(&self, source: &str, problems: &mut Collector) {
        let text = self.published.text();
        for range in self.published.sentences() {
            let sentence = &text[range.clone()];
            let open =
                |(at, c): (usize, char)| c.is_alphanumeric() && !self.claimed[range.start + at];
            if sentence.char_indices().any(open) {
                problems.error_in(
                    source,
                    self.published.line_at(range.start),
                    format!("no clause claims \"{}\"", cut(sentence, SHOWN)),
                    "a [[clause]] that quotes it, or a [[context]] if it asks for nothing,",
                );
            }
        }
    }
}

/// A quote may not begin or end within a word.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let inside = |a: Option<char>, b: Option<char>| matches!((a, b), (Some(a), Some(b)) if a.is_alphanumeric() && b.is_alphanumeric());
    !inside(
        text[..start].chars().next_back(),
        text[start..].chars().next(),
    ) && !inside(text[..end].chars().next_back(), text[end..].chars().next())
}
