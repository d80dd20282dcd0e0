//! Repairs what a JSON parser refuses in an otherwise sound body, so that one odd text does not
//! lose the rest.

use std::borrow::Cow;

/// The replacement character, as an escape: what a half of a surrogate pair on its own becomes.
const REPLACEMENT: &[u8] = br"\uFFFD";

/// Returns the body as text that a strict parser accepts where it would have refused only because
/// of lone surrogates in escapes, raw control characters inside strings, or bytes that are not
/// UTF-8.
///
/// Signatures are checked over the raw bytes before this. One pass; borrows when there is nothing
/// to repair.
#[must_use]
pub fn repair(raw: &[u8]) -> Cow<'_, str> {
    Repaired::new(raw).text
}

/// A body that a strict parser accepts, and where its parts stand in the body as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repaired<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Where strings end that are longer or shorter than they came: in the text, and in the body as
    /// it came.
    shifts: Vec<(usize, usize)>,
}

impl<'a> Repaired<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        let whole = str::from_utf8(raw);
        let mut out: Vec<u8> = Vec::new();
        let mut shifts: Vec<(usize, usize)> = Vec::new();
        let (mut at, mut kept, mut in_string) = (0, 0, false);
        while at < raw.len() {
            let (step, instead) = match raw[at] {
                b'"' => {
                    // Inside of a string nobody asks where something stood.
                    let (end, came) = (out.len() + at - kept, at);
                    let (known_end, known_came) = shifts.last().copied().unwrap_or_default();
                    if in_string && end - known_end != came - known_came {
                        shifts.push((end, came));
                    }
                    in_string = !in_string;
                    (1, None)
                }
                b'\\' if in_string => match unit(&raw[at..]) {
                    Some(0xD800..=0xDBFF)
                        if matches!(unit(&raw[at + 6..]), Some(0xDC00..=0xDFFF)) =>
                    {
                        (12, None)
                    }
                    Some(0xD800..=0xDFFF) => (6, Some(Cow::Borrowed(REPLACEMENT))),
                    Some(_) => (6, None),
                    None => (2, None),
                },
                control @ 0..0x20 if in_string => (
                    1,
                    Some(Cow::Owned(format!("\\u{control:04x}").into_bytes())),
                ),
                0x80.. if whole.is_err() => match sequence(&raw[at..]) {
                    Ok(bytes) => (bytes, None),
                    Err(bytes) => (bytes, Some(Cow::Borrowed("\u{fffd}".as_bytes()))),
                },
                _ => (1, None),
            };
            if let Some(instead) = instead {
                out.extend_from_slice(&raw[kept..at]);
                out.extend_from_slice(&instead);
                kept = at + step;
            }
            at += step;
        }
        let text = match whole {
            Ok(whole) if kept == 0 => Cow::Borrowed(whole),
            _ => {
                out.extend_from_slice(&raw[kept..]);
                Cow::Owned(String::from_utf8_lossy(&out).into_owned())
            }
        };
        Repaired { text, shifts }
    }

    /// Returns where something stood in the body as it came, given where it stands in the text,
    /// outside of strings.
    pub(crate) fn came(&self, at: usize) -> usize {
        let before = self.shifts.partition_point(|(end, _)| *end <= at);
        let (end, came) = before
            .checked_sub(1)
            .map_or((0, 0), |last| self.shifts[last]);
        came + (at - end)
    }
}

/// Returns how many bytes the first character has, or how many are no character.
fn sequence(bytes: &[u8]) -> Result<usize, usize> {
    // No character has more bytes than four.
    let Some(chunk) = bytes[..bytes.len().min(4)].utf8_chunks().next() else {
        return Err(1);
    };
    chunk
        .valid()
        .chars()
        .next()
        .map(char::len_utf8)
        .ok_or(chunk.invalid().len())
}

/// Returns the UTF-16 unit of a `\uXXXX` escape at the start.
fn unit(raw: &[u8]) -> Option<u16> {
    let digits = raw.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0_u16, |unit, &digit| {
        Some(unit << 4 | u16::try_from(char::from(digit).to_digit(16)?).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(raw: &[u8]) -> Vec<String> {
        serde_json::from_str(&repair(raw)).expect("repaired bodies parse")
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        assert_eq!(
            repaired(br#"["a\ud83d", "\ude4fb", "\ud83d\ude4f", "\ude4f\ud83d"]"#),
            ["a\u{fffd}", "\u{fffd}b", "\u{1f64f}", "\u{fffd}\u{fffd}"]
        );
        assert_eq!(
            repaired(br#"["\ud83d\ud83d\ude4f"]"#),
            ["\u{fffd}\u{1f64f}"]
        );
    }

    #[test]
    fn an_escaped_backslash_is_no_escape_of_what_follows() {
        assert_eq!(
            repaired(br#"["\\ud83d", "\"\\\ud83d"]"#),
            ["\\ud83d", "\"\\\u{fffd}"]
        );
    }

    #[test]
    fn control_characters_and_bad_utf8_are_mended() {
        assert_eq!(
            repaired(b"[\"a\0b\nc\",\n\"\xff\"]"),
            ["a\0b\nc", "\u{fffd}"]
        );
        assert_eq!(repaired(b"[\"\x01\xff\"]"), ["\u{1}\u{fffd}"]);
    }

    #[test]
    fn what_needs_no_mending_is_borrowed() {
        assert!(matches!(
            repair(br#"{"a": "\u00e9 \ud83d\ude4f"}"#),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn every_part_is_found_where_it_came() {
        let body = b" {\"a\": [\"nul\0 \\ud83d\", {\"b\": \"\xff\xe2\x82\"}], \"c\": \"\xc3\xa9\", \"d\": 1}";
        let repaired = Repaired::new(body);
        for (part, came) in [
            ("{\"b\"", &b"{\"b\": \"\xff\xe2\x82\"}"[..]),
            ("\"c\"", b"\"c\": \"\xc3\xa9\""),
            ("1}", b"1}"),
            ("[", b"[\"nul\0 \\ud83d\""),
        ] {
            let at = repaired.came(repaired.text.find(part).expect("it is there"));
            assert!(body[at..].starts_with(came), "{part} at {at}");
        }
    }

    #[test]
    fn truncated_bodies_do_not_panic() {
        let whole = br#"{"a": "\ud83d\ude4f\u00", "b": "\"#;
        for end in 0..whole.len() {
            assert!(
                repair(&whole[..end]).len() <= end,
                "nothing is added to what is cut short"
            );
        }
    }
}
