//! Mends what a JSON parser refuses in an otherwise sound body, so that one odd text does not lose the rest.

use std::borrow::Cow;

/// The replacement character, as an escape: what a half of a surrogate pair on its own becomes.
const REPLACEMENT: &[u8] = br"\uFFFD";

/// Returns the body as text that a strict parser accepts where it would have refused only because of lone
/// surrogates in escapes, raw control characters inside strings, or bytes that are not UTF-8.
///
/// Signatures are checked over the raw bytes before this. One pass; borrows when there is nothing to mend.
#[must_use]
pub fn mend(raw: &[u8]) -> Cow<'_, str> {
    let mut out: Vec<u8> = Vec::new();
    let mut kept = 0;
    let mut in_string = false;
    let mut at = 0;
    while at < raw.len() {
        let step = match raw[at] {
            b'"' => {
                in_string = !in_string;
                1
            }
            b'\\' if in_string => match unit(&raw[at..]) {
                Some(0xD800..=0xDBFF) if matches!(unit(&raw[at + 6..]), Some(0xDC00..=0xDFFF)) => 12,
                Some(0xD800..=0xDFFF) => {
                    replace(&mut out, raw, &mut kept, at..at + 6, REPLACEMENT);
                    6
                }
                Some(_) => 6,
                None => 2,
            },
            control @ 0..0x20 if in_string => {
                replace(&mut out, raw, &mut kept, at..at + 1, format!("\\u{control:04x}").as_bytes());
                1
            }
            _ => 1,
        };
        at += step;
    }
    if kept == 0 {
        return String::from_utf8_lossy(raw);
    }
    out.extend_from_slice(&raw[kept..]);
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn replace(out: &mut Vec<u8>, raw: &[u8], kept: &mut usize, span: std::ops::Range<usize>, with: &[u8]) {
    out.extend_from_slice(&raw[*kept..span.start]);
    out.extend_from_slice(with);
    *kept = span.end;
}

/// Returns the UTF-16 unit of a `\uXXXX` escape at the start.
fn unit(raw: &[u8]) -> Option<u16> {
    let digits = raw.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0_u16, |unit, &digit| Some(unit << 4 | u16::try_from(char::from(digit).to_digit(16)?).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(raw: &[u8]) -> Vec<String> {
        serde_json::from_str(&mend(raw)).expect("mended bodies parse")
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        assert_eq!(
            mended(br#"["a\ud83d", "\ude4fb", "\ud83d\ude4f", "\ude4f\ud83d"]"#),
            ["a\u{fffd}", "\u{fffd}b", "\u{1f64f}", "\u{fffd}\u{fffd}"]
        );
        assert_eq!(mended(br#"["\ud83d\ud83d\ude4f"]"#), ["\u{fffd}\u{1f64f}"]);
    }

    #[test]
    fn an_escaped_backslash_is_no_escape_of_what_follows() {
        assert_eq!(mended(br#"["\\ud83d", "\"\\\ud83d"]"#), ["\\ud83d", "\"\\\u{fffd}"]);
    }

    #[test]
    fn control_characters_and_bad_utf8_are_mended() {
        assert_eq!(mended(b"[\"a\0b\nc\",\n\"\xff\"]"), ["a\0b\nc", "\u{fffd}"]);
        assert_eq!(mended(b"[\"\x01\xff\"]"), ["\u{1}\u{fffd}"]);
    }

    #[test]
    fn what_needs_no_mending_is_borrowed() {
        assert!(matches!(mend(br#"{"a": "\u00e9 \ud83d\ude4f"}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn truncated_bodies_do_not_panic() {
        let whole = br#"{"a": "\ud83d\ude4f\u00", "b": "\"#;
        for end in 0..whole.len() {
            assert!(mend(&whole[..end]).len() <= end, "nothing is added to what is cut short");
        }
    }
}
