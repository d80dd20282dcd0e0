//! The published text of a policy: folded for comparison, and split into its sentences.

use std::ops::Range;

/// A published text with its white space folded, and the way back to its lines.
pub(crate) struct Published {
    folded: String,
    /// For each line that has words: where it begins in the folded text, and its number from 1.
    lines: Vec<(usize, usize)>,
    sentences: Vec<Range<usize>>,
    /// For each sentence, the number of its paragraph.
    paragraphs: Vec<usize>,
}

/// Runs of white space become one space: published texts are copied from web pages and word
/// processors.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

impl Published {
    pub(crate) fn new(text: &str) -> Self {
        let mut published = Published {
            folded: String::with_capacity(text.len()),
            lines: Vec::new(),
            sentences: Vec::new(),
            paragraphs: Vec::new(),
        };
        let mut paragraph: Option<Range<usize>> = None;
        let mut mid_sentence = false;
        let mut lines = text.lines().map(fold).enumerate().peekable();
        while let Some((number, line)) = lines.next() {
            let body = body_of(&line);
            let starts_anew = body.start > 0 || line.is_empty();
            if starts_anew && let Some(done) = paragraph.take() {
                published.split(done);
                mid_sentence = false;
            }
            if line.is_empty() {
                continue;
            }
            if !published.folded.is_empty() {
                published.folded.push(' ');
            }
            let start = published.folded.len();
            published.lines.push((start, number + 1));
            published.folded.push_str(&line);
            // A line may be wrapped anywhere, so what goes before decides whether a short line is a
            // heading.
            let goes_on = lines
                .peek()
                .is_some_and(|(_, next)| next.starts_with(char::is_lowercase));
            let listed =
                body.start > 0 && !line.starts_with(['#', '>', '[']) && !line.starts_with("**");
            if !mid_sentence && !goes_on && !listed && is_heading(&line[body.clone()]) {
                if let Some(done) = paragraph.take() {
                    published.split(done);
                }
                continue;
            }
            let begin = paragraph.map_or(start + body.start, |range| range.start);
            paragraph = Some(begin..start + body.end);
            mid_sentence = !ends_sentence(&line[body]);
        }
        if let Some(done) = paragraph {
            published.split(done);
        }
        published
    }

    pub(crate) fn text(&self) -> &str {
        &self.folded
    }

    /// Returns the places of the sentences in the folded text, without headings and leftovers.
    pub(crate) fn sentences(&self) -> &[Range<usize>] {
        &self.sentences
    }

    /// Returns the number of the paragraph of each sentence.
    pub(crate) fn paragraphs(&self) -> &[usize] {
        &self.paragraphs
    }

    /// Returns the line, from 1, on which a place of the folded text stands.
    pub(crate) fn line_at(&self, place: usize) -> usize {
        let before = self.lines.partition_point(|(start, _)| *start <= place);
        before
            .checked_sub(1)
            .and_then(|i| self.lines.get(i))
            .map_or(1, |(_, number)| *number)
    }

    fn split(&mut self, paragraph: Range<usize>) {
        let found = sentences_of(&self.folded[paragraph.clone()]);
        let number = self.paragraphs.last().map_or(0, |last| last + 1);
        self.paragraphs.extend(found.iter().map(|_| number));
        self.sentences.extend(
            found
                .into_iter()
                .map(|s| paragraph.start + s.start..paragraph.start + s.end),
        );
    }
}

/// Splits folded text that has no headings into its sentences.
pub(crate) fn sentences_of(text: &str) -> Vec<Range<usize>> {
    let mut sentences = Vec::new();
    let mut begin = 0;
    for end in sentence_ends(text) {
        sentences.push(begin..end);
        begin = text.len() - text[end..].trim_start().len();
    }
    sentences.push(begin..text.len());
    sentences.retain(|range| text[range.clone()].chars().any(char::is_alphanumeric));
    sentences
}

/// Returns the part of a folded line that is words: without list numbers, bullets, markdown and
/// bookmarks.
fn body_of(line: &str) -> Range<usize> {
    let mut rest = line;
    loop {
        let before = rest.len();
        rest = rest.trim_start_matches(['#', '*', '>', '\u{2022}', ' ']);
        rest = rest.strip_prefix("- ").unwrap_or(rest);
        if let Some(end) = rest
            .strip_prefix("[bookmark:")
            .and_then(|tail| tail.find(']'))
        {
            rest = &rest["[bookmark:".len() + end + 1..];
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=3).contains(&digits)
            && (rest[digits..].starts_with(". ") || rest[digits..].starts_with(") "))
        {
            rest = &rest[digits + 2..];
        }
        if rest.len() == before {
            break;
        }
    }
    let start = line.len() - rest.len();
    start..start + rest.trim_end_matches(['*', ' ']).len()
}

/// Returns `true` if a line is a heading or a leftover of the page, such as a link to its index.
///
/// A line that lays something down is a sentence however short it is: "No swearing" must be
/// claimed.
fn is_heading(line: &str) -> bool {
    const MOST_WORDS: usize = 10;
    const LAYS_DOWN: [&str; 14] = [
        "must", "will", "may", "not", "no", "never", "should", "shall", "cannot", "can", "are",
        "is", "please", "do",
    ];
    if ends_sentence(line)
        || line.ends_with([':', ';', ','])
        || line.contains("://")
        || !sentence_ends(line).is_empty()
    {
        return false;
    }
    let mut words = 0;
    line.split(' ').all(|word| {
        words += 1;
        let word = word
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_lowercase();
        words <= MOST_WORDS && !LAYS_DOWN.contains(&word.as_str())
    })
}

fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(CLOSING).ends_with(['.', '!', '?'])
}

const CLOSING: [char; 8] = ['"', '\'', ')', ']', '*', '\u{2019}', '\u{201d}', ' '];

/// Returns where each sentence but the last ends.
fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = Vec::new();
    for (place, mark) in text
        .char_indices()
        .filter(|(_, c)| matches!(c, '.' | '!' | '?'))
    {
        let after = &text[place + mark.len_utf8()..];
        let tail = after.trim_start_matches(['"', '\'', ')', ']', '*', '\u{2019}', '\u{201d}']);
        let end = text.len() - tail.len();
        let next = tail.strip_prefix(' ').and_then(|next| {
            next.trim_start_matches(['"', '\'', '(', '[', '*', '\u{2018}', '\u{201c}'])
                .chars()
                .next()
        });
        let begins = next.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit());
        if begins
            && !(mark == '.' && is_abbreviation(&text[..place]))
            && ends.last().is_none_or(|last| *last < end)
        {
            ends.push(end);
        }
    }
    ends
}

fn is_abbreviation(before: &str) -> bool {
    const KNOWN: [&str; 9] = [
        "dr", "mr", "mrs", "ms", "prof", "st", "e.g", "i.e", "approx",
    ];
    let word = before
        .rsplit(' ')
        .next()
        .unwrap_or_default()
        .trim_start_matches(['(', '[', '"']);
    // Only the last few letters matter: a long run without a space is no abbreviation.
    if word.len() > 6 {
        return false;
    }
    KNOWN.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(text: &str) -> Vec<(usize, String)> {
        let published = Published::new(text);
        let found = published.sentences().iter();
        found
            .map(|s| {
                (
                    published.line_at(s.start),
                    published.text()[s.clone()].to_owned(),
                )
            })
            .collect()
    }

    fn words(text: &str) -> Vec<String> {
        sentences(text)
            .into_iter()
            .map(|(_, sentence)| sentence)
            .collect()
    }

    #[test]
    fn headings_and_leftovers_are_no_sentences() {
        let text = " House rules\n\nBACK TO MAIN INDEX\n\n## **Patient complaints on social media**\nWe read this page.\n";
        assert_eq!(sentences(text), [(6, "We read this page.".to_owned())]);
    }

    #[test]
    fn a_short_line_that_lays_something_down_is_a_sentence() {
        assert_eq!(
            words("Rules\n- No swearing\n- Be kind, always\n\nNo adverts"),
            ["No swearing", "Be kind, always", "No adverts"]
        );
        assert_eq!(words("You must be kind"), ["You must be kind"]);
    }

    #[test]
    fn numbers_bullets_and_bookmarks_are_not_part_of_a_sentence() {
        assert_eq!(
            words(
                "  1. Be kind. Be\n     brief.\n1. Posts may go.\n[bookmark: _GoBack]If asked, stop."
            ),
            ["Be kind.", "Be brief.", "Posts may go.", "If asked, stop."]
        );
        assert_eq!(
            words("### **You are expected to:**"),
            ["You are expected to:"]
        );
    }

    #[test]
    fn a_wrapped_line_goes_on() {
        assert_eq!(
            words("We hide posts that\nbreak our\nrules. Others stay."),
            ["We hide posts that break our rules.", "Others stay."]
        );
    }

    #[test]
    fn addresses_and_abbreviations_do_not_end_a_sentence() {
        assert_eq!(
            words(
                "Ask Dr. Jones (see www.example.org) . Then go to https://example.org/a.b/ for more"
            ),
            [
                "Ask Dr. Jones (see www.example.org) .",
                "Then go to https://example.org/a.b/ for more"
            ]
        );
        assert_eq!(
            words("It is in the Act of 1988. 20 people asked \"Why?\" They left."),
            [
                "It is in the Act of 1988.",
                "20 people asked \"Why?\"",
                "They left."
            ]
        );
    }

    #[test]
    fn an_empty_text_has_no_sentences() {
        assert!(words("").is_empty());
        assert!(words("\n \u{a0}\n...\n").is_empty());
    }
}
