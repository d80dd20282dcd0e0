//! Normalising: one pass over the text, with a map back to what was posted.
//!
//! Compatibility forms are folded (NFKC), case is lowered, look-alike letters become Latin, and
//! what nobody sees (format characters, combining marks, variation selectors, control characters)
//! goes. Nothing is reordered, so every stretch of the result came from one stretch of the text.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::Span;

include!(concat!(env!("OUT_DIR"), "/confusables.rs"));

/// A stretch of the normalised text and where it came from.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where it starts in the normalised text.
    normal: u32,
    /// Where it starts in the text as posted.
    posted: u32,
    /// Bytes of the text as posted, for a piece that is one character; 0 where byte follows byte.
    width: u8,
}

/// A normalised text and its map back.
#[derive(Debug, Default)]
pub(crate) struct Normal {
    /// The normalised text.
    pub(crate) text: String,
    /// Sorted by `normal`. Empty where the two texts run byte for byte.
    pieces: Vec<Piece>,
    /// Letters that are neither Latin nor a Latin compatibility form.
    pub(crate) foreign_letters: u32,
    /// Something is written backwards or on its head, so that words may have to be read from their
    /// end.
    pub(crate) turned: bool,
}

impl Normal {
    /// Normalises a text, in time linear in its length.
    pub(crate) fn new(posted: &str) -> Self {
        if posted.is_ascii() && !posted.bytes().any(is_dropped_ascii) && !posted.contains("&#") {
            return Normal {
                text: posted.to_ascii_lowercase(),
                ..Normal::default()
            };
        }
        let mut normal = Normal {
            text: String::with_capacity(posted.len()),
            ..Normal::default()
        };
        let mut in_run = false;
        let mut skip_to = 0;
        for (at, c) in posted.char_indices() {
            if at < skip_to {
                continue;
            }
            if c == '&'
                && let Some((letter, width)) = entity(&posted[at..])
                && !normal.opens_entity()
            {
                (in_run, skip_to) = (false, at + width);
                normal.piece(at, width);
                normal.letter(letter);
                continue;
            }
            if is_indicator(c) {
                in_run = false;
                let (letters, width) = indicators(&posted[at..]);
                // Two are a flag; any other number spells a word.
                let spell = letters != 2;
                for (offset, c) in posted[at..at + width]
                    .char_indices()
                    .filter(|(_, c)| is_indicator(*c))
                {
                    normal.piece(at + offset, c.len_utf8());
                    normal.text.push(if spell { indicated(c) } else { c });
                }
                skip_to = at + width;
                continue;
            }
            if c.is_ascii() {
                if is_dropped_ascii(c as u8) {
                    in_run = false;
                    continue;
                }
                if !in_run {
                    normal.piece(at, 0);
                    in_run = true;
                }
                normal.text.push(c.to_ascii_lowercase());
            } else {
                in_run = false;
                normal.other(at, c);
            }
        }
        normal
    }

    /// Returns where a stretch of the normalised text stands in the text as posted.
    pub(crate) fn posted(&self, start: usize, end: usize) -> Span {
        if self.pieces.is_empty() || start >= end {
            return start..end.max(start);
        }
        let (first, last) = (self.piece_of(start), self.piece_of(end - 1));
        let from = match first.width {
            0 => first.posted as usize + (start - first.normal as usize),
            _ => first.posted as usize,
        };
        let to = match last.width {
            0 => last.posted as usize + (end - last.normal as usize),
            width => last.posted as usize + width as usize,
        };
        from..to
    }

    fn piece_of(&self, at: usize) -> Piece {
        let after = self
            .pieces
            .partition_point(|piece| piece.normal as usize <= at);
        self.pieces[after.saturating_sub(1)]
    }

    fn piece(&mut self, posted: usize, width: usize) {
        // A text is cut to `View::MOST` bytes before it comes here, so offsets fit.
        let to_u32 = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (normal, posted) = (to_u32(self.text.len()), to_u32(posted));
        self.pieces.push(Piece {
            normal,
            posted,
            width: u8::try_from(width).unwrap_or(4),
        });
    }

    /// Returns `true` if the text ends in what a decoded letter could make another entity of.
    fn opens_entity(&self) -> bool {
        let tail = &self.text.as_bytes()[self.text.len().saturating_sub(LONGEST_ENTITY)..];
        tail.windows(2).any(|pair| pair == b"&#")
    }

    fn other(&mut self, at: usize, c: char) {
        if let Some(plain) = plain_punctuation(c) {
            self.piece(at, c.len_utf8());
            self.text.push(plain);
            return;
        }
        self.turned |= is_turned(c);
        if is_unseen(c) {
            return;
        }
        self.piece(at, c.len_utf8());
        if let Some(letter) = enclosed_letter(c) {
            self.text.push(letter);
            return;
        }
        self.letter(c);
    }

    /// Adds what a character stands for, after its piece, which goes again where that is nothing.
    fn letter(&mut self, c: char) {
        let mut foreign = false;
        let text = &mut self.text;
        decompose_compatible(c, |part| {
            if is_unseen(part) || part == '\u{20e3}' {
                return;
            }
            // A capital may look like another letter than its small form does.
            if let Some(letter) = looks_like(part) {
                foreign = true;
                text.push(letter);
                return;
            }
            if let Some(digit) = plain_digit(part) {
                text.push(digit);
                return;
            }
            for lower in part.to_lowercase() {
                if lower.is_ascii() {
                    if !is_dropped_ascii(lower as u8) {
                        text.push(lower);
                    }
                } else if let Some(plain) =
                    plain_punctuation(lower).or_else(|| enclosed_letter(lower))
                {
                    text.push(plain);
                } else if let Some(letter) = looks_like(lower) {
                    foreign = true;
                    text.push(letter);
                } else if !is_unseen(lower) {
                    foreign |= lower.is_alphabetic();
                    text.push(lower);
                }
            }
        });
        self.foreign_letters += u32::from(foreign);
        if self
            .pieces
            .last()
            .is_some_and(|piece| piece.normal as usize == self.text.len())
        {
            self.pieces.pop();
        }
    }
}

/// Bytes of the longest entity that stands for a letter, `&#x1d7cb;`, and a few leading zeros.
const LONGEST_ENTITY: usize = 12;

/// Returns the letter that a numeric entity of HTML stands for, and the bytes of it: "&#98;itch"
/// shows as a word. What nobody sees may stand between its characters, as between those of a word.
fn entity(text: &str) -> Option<(char, usize)> {
    let mut entity = String::with_capacity(LONGEST_ENTITY);
    for (at, c) in text
        .char_indices()
        .filter(|(_, c)| !is_unseen_or_dropped(*c))
    {
        if c == ';' {
            let number = entity.strip_prefix("&#")?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            let letter = char::from_u32(code.ok()?)?;
            return letter.is_alphabetic().then_some((letter, at + 1));
        }
        // It ends at the first character that is none of an entity's, so that every character is
        // looked at once.
        let fits = match entity.len() {
            0 => c == '&',
            1 => c == '#',
            2 => matches!(c, 'x' | 'X') || c.is_ascii_digit(),
            _ => c.is_ascii_hexdigit(),
        };
        if !fits || entity.len() >= LONGEST_ENTITY {
            return None;
        }
        entity.push(c);
    }
    None
}

fn is_unseen_or_dropped(c: char) -> bool {
    if c.is_ascii() {
        is_dropped_ascii(c as u8)
    } else {
        is_unseen(c)
    }
}

/// The letters of flags.
const fn is_indicator(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Returns how many letters of flags stand in a row, and the bytes from the first to the last.
fn indicators(text: &str) -> (usize, usize) {
    let run = text
        .char_indices()
        .take_while(|(_, c)| is_indicator(*c) || !c.is_ascii() && is_unseen(*c));
    run.filter(|(_, c)| is_indicator(*c))
        .fold((0, 0), |(count, _), (at, c)| (count + 1, at + c.len_utf8()))
}

fn indicated(c: char) -> char {
    #[expect(clippy::cast_possible_truncation, reason = "the offset is below 26")]
    let offset = (c as u32 - 0x1f1e6) as u8;
    (b'a' + offset) as char
}

/// Overrides of the direction of writing, and letters that stand on their heads.
const fn is_turned(c: char) -> bool {
    matches!(
        c,
        '\u{202d}'
            | '\u{202e}'
            | '\u{250}'
            | '\u{254}'
            | '\u{1dd}'
            | '\u{25f}'
            | '\u{265}'
            | '\u{1d09}'
    ) || matches!(
        c,
        '\u{29e}' | '\u{26f}' | '\u{279}' | '\u{287}' | '\u{28c}' | '\u{28d}' | '\u{28e}'
    )
}

/// Control characters that are not white space: a NUL between two letters hides a word as well as a
/// format character.
const fn is_dropped_ascii(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_unseen(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c.general_category(), GeneralCategory::Format | GeneralCategory::Control | GeneralCategory::Unassigned)
        // Fillers that Unicode counts as letters but that show nothing.
        || matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}')
}

/// Typographic quotes, dashes and spaces, which are most of what is not ASCII in real comments.
const fn plain_punctuation(c: char) -> Option<char> {
    Some(match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2bc}' | '\u{b4}' | '\u{2032}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{ab}' | '\u{bb}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{a1}' => '!',
        '\u{2028}' | '\u{2029}' | '\u{85}' => '\n',
        // Stars and bullets that stand for a letter left out.
        '\u{2217}' | '\u{22c6}' | '\u{2605}' | '\u{2606}' | '\u{2022}' | '\u{25cf}'
        | '\u{2731}' | '\u{272a}' => '*',
        _ => return None,
    })
}

/// Zeros of the scripts whose digits stand in a row and have no compatibility form.
const ZEROS: [u32; 18] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
    0xed0, 0xf20, 0x1040, 0x17e0, 0x1810,
];

/// The digit that another script writes.
fn plain_digit(c: char) -> Option<char> {
    let code = c as u32;
    let zero = ZEROS[ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?];
    char::from_digit(code - zero, 10).filter(|_| code - zero < 10)
}

/// White letters on a dark circle or square, which have no compatibility form.
const fn enclosed_letter(c: char) -> Option<char> {
    let code = c as u32;
    let offset = match code {
        0x1f150..=0x1f169 => code - 0x1f150,
        0x1f170..=0x1f189 => code - 0x1f170,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "the offset is below 26")]
    Some((b'a' + offset as u8) as char)
}

fn looks_like(c: char) -> Option<char> {
    let at = CONFUSABLES
        .binary_search_by_key(&(c as u32), |row| row.0)
        .ok()?;
    Some(CONFUSABLES[at].1 as char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguised_letters_come_out_plain() {
        let cases = [
            ("Plain", "plain"),
            ("\u{ff30}\u{ff4c}\u{ff41}\u{ff49}\u{ff4e}", "plain"),
            ("\u{1d429}\u{1d425}ain", "plain"),
            ("\u{24df}\u{24db}\u{24d0}in", "plain"),
            ("p\u{200b}l\u{ad}a\u{2060}in", "plain"),
            ("pla\u{301}i\u{308}n", "plain"),
            ("\u{440}l\u{430}\u{456}n", "plain"),
            ("\u{43a}i\u{578}d \u{3c4}\u{4bb}e", "kind the"),
            ("don\u{2019}t", "don't"),
            ("p\0lain", "plain"),
            ("\u{fb01}ne", "fine"),
            ("\u{1f171}ad", "bad"),
            ("\u{207b}", "-"),
            ("&#112;l&#x61;in", "plain"),
            ("&amp; &#9; &#38;#112;", "&amp; &#9; &#38;#112;"),
            ("\u{1f1f5}\u{1f1f1}\u{1f1e6}\u{1f1ee}\u{1f1f3}", "plain"),
            ("\u{1f1ec}\u{1f1e7}", "\u{1f1ec}\u{1f1e7}"),
            ("\u{13a2}ale", "tale"),
            ("pl\u{2606}in", "pl*in"),
        ];
        for (posted, plain) in cases {
            assert_eq!(Normal::new(posted).text, plain, "{posted:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn normalising_twice_changes_nothing(text in proptest::prelude::any::<String>()) {
            let once = Normal::new(&text).text;
            proptest::prop_assert_eq!(&Normal::new(&once).text, &once);
        }

        #[test]
        fn the_map_back_is_monotone_and_in_range(text in proptest::prelude::any::<String>()) {
            let normal = Normal::new(&text);
            let starts: Vec<usize> = normal.text.char_indices().map(|(at, c)| {
                let span = normal.posted(at, at + c.len_utf8());
                assert!(text.get(span.clone()).is_some_and(|posted| !posted.is_empty()));
                span.start
            }).collect();
            proptest::prop_assert!(starts.is_sorted());
        }
    }

    #[test]
    fn every_stretch_maps_to_whole_characters() {
        let posted = "a\u{200b}\u{1d429} \u{fb01}e\u{301}\u{1f52a} z";
        let normal = Normal::new(posted);
        assert_eq!(normal.text, "ap fie\u{1f52a} z");
        assert_eq!(&posted[normal.posted(1, 2)], "\u{1d429}");
        assert_eq!(&posted[normal.posted(3, 4)], "\u{fb01}");
        assert_eq!(&posted[normal.posted(4, 6)], "\u{fb01}e");
        assert_eq!(&posted[normal.posted(0, normal.text.len())], posted);
    }
}
