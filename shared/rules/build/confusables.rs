//! Letters of other scripts that look like a Latin letter.

use std::fmt::Write as _;

/// Look-alikes that Unicode's table maps to another non-Latin letter, or leaves alone, and that
/// people do use.
const ALSO: &[(char, char)] = &[
    ('\u{3c4}', 't'),
    ('\u{442}', 't'),
    ('\u{1d1b}', 't'),
    ('\u{43a}', 'k'),
    ('\u{138}', 'k'),
    ('\u{3ba}', 'k'),
    ('\u{432}', 'b'),
    ('\u{3b2}', 'b'),
    ('\u{43c}', 'm'),
    ('\u{43d}', 'h'),
    ('\u{3b5}', 'e'),
    ('\u{3b7}', 'n'),
    ('\u{438}', 'u'),
    ('\u{3bc}', 'u'),
    ('\u{3c9}', 'w'),
    ('\u{448}', 'w'),
    ('\u{3b1}', 'a'),
    ('\u{26a}', 'i'),
    ('\u{280}', 'r'),
    ('\u{299}', 'b'),
    ('\u{274}', 'n'),
    ('\u{29c}', 'h'),
    ('\u{29f}', 'l'),
    ('\u{262}', 'g'),
    ('\u{1d0d}', 'm'),
    ('\u{1d18}', 'p'),
    ('\u{1d00}', 'a'),
    ('\u{1d05}', 'd'),
    ('\u{1d07}', 'e'),
    ('\u{1d0a}', 'j'),
    ('\u{1d0b}', 'k'),
    ('\u{a730}', 'f'),
    ('\u{a731}', 's'),
    ('\u{142}', 'l'),
    ('\u{f8}', 'o'),
    ('\u{111}', 'd'),
    ('\u{127}', 'h'),
    ('\u{167}', 't'),
    ('\u{131}', 'i'),
    ('\u{446}', 'u'),
    ('\u{144e}', 'n'),
    ('\u{f0}', 'd'),
    // Letters that stand on their heads.
    ('\u{250}', 'a'),
    ('\u{254}', 'c'),
    ('\u{1dd}', 'e'),
    ('\u{25f}', 'f'),
    ('\u{253}', 'b'),
    ('\u{183}', 'g'),
    ('\u{265}', 'h'),
    ('\u{1d09}', 'i'),
    ('\u{27e}', 'j'),
    ('\u{29e}', 'k'),
    ('\u{5df}', 'l'),
    ('\u{26f}', 'm'),
    ('\u{279}', 'r'),
    ('\u{287}', 't'),
    ('\u{28c}', 'v'),
    ('\u{28d}', 'w'),
    ('\u{28e}', 'y'),
];

/// Returns the source of `CONFUSABLES`: code point and Latin letter, sorted by code point.
///
/// The looks come from Unicode's own table (UTS 39) through `unicode-security`, of capitals too:
/// they may look like another letter than their small form does.
pub(crate) fn table() -> String {
    let mut rows: Vec<(u32, char)> = (0x80..0x2_0000)
        .filter_map(char::from_u32)
        .filter_map(|c| latin(c).map(|letter| (u32::from(c), letter)))
        .collect();
    rows.sort_unstable();
    let mut source = String::from("pub(super) static CONFUSABLES: &[(u32, u8)] = &[\n");
    for (code, letter) in rows {
        let _ = writeln!(source, "    ({code:#x}, b'{letter}'),");
    }
    source.push_str("];\n");
    source
}

fn latin(c: char) -> Option<char> {
    if let Some((_, letter)) = ALSO.iter().find(|(other, _)| *other == c) {
        return Some(*letter);
    }
    let text = c.to_string();
    let mut skeleton = unicode_security::skeleton(&text);
    let (first, second) = (skeleton.next()?, skeleton.next());
    let letter = first.to_ascii_lowercase();
    (c.is_alphabetic() && second.is_none() && letter.is_ascii_lowercase()).then_some(letter)
}
