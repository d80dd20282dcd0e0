//! Words in disguise: leet, masks, letters set apart, repeats, words run together.
//!
//! A disguise is believed only where it gives a known word, so a dose, a date or a code stays what
//! it is.

use super::vocabulary::{self as words, WordId};

/// Bytes of the longest spelling that is tried as a disguise.
const LONGEST: usize = 48;
/// Letters from which words run together are looked for: shorter ones are mostly surnames and
/// places.
const SHORTEST_JOINED: usize = 9;
/// Letters of the longest word that can be part of words run together.
const LONGEST_PART: usize = 16;

/// Returns the known word that a plain spelling stands for: itself, without a possessive, or
/// without repeats.
pub(super) fn plain(spelling: &str) -> Option<(WordId, bool)> {
    let bytes = spelling.as_bytes();
    if bytes.len() > LONGEST {
        return None;
    }
    words::find(bytes)
        .or_else(|| bytes.strip_suffix(b"'s").and_then(words::find))
        .or_else(|| bytes.strip_suffix(b"'").and_then(words::find))
        .or_else(|| without_repeats(bytes))
        .or_else(|| doubled_v(bytes))
        .or_else(|| without_g(bytes))
}

/// "goin": a g that nobody says.
fn without_g(bytes: &[u8]) -> Option<(WordId, bool)> {
    let bytes = bytes.strip_suffix(b"'").unwrap_or(bytes);
    if bytes.len() < 4 || bytes.len() >= LONGEST || !bytes.ends_with(b"in") {
        return None;
    }
    let mut letters = [b'g'; LONGEST];
    letters[..bytes.len()].copy_from_slice(bytes);
    words::find(&letters[..=bytes.len()])
}

/// Returns the word that people disguise which a spelling gives when it is read from its end.
pub(super) fn turned(spelling: &str) -> Option<WordId> {
    let bytes = spelling.as_bytes();
    let mut marked = [b'<'; LONGEST + 1];
    marked.get_mut(1..=bytes.len())?.copy_from_slice(bytes);
    Some(words::find(&marked[..=bytes.len()])?.0)
}

/// "vvanker": a letter drawn with two.
fn doubled_v(bytes: &[u8]) -> Option<(WordId, bool)> {
    let at = bytes.windows(2).position(|pair| pair == b"vv")?;
    let mut letters = [0_u8; LONGEST];
    letters[..at].copy_from_slice(&bytes[..at]);
    letters[at] = b'w';
    let rest = &bytes[at + 2..];
    letters[at + 1..=at + rest.len()].copy_from_slice(rest);
    let (word, _) = words::find(&letters[..=at + rest.len()])?;
    words::is_disguised(word).then_some((word, true))
}

/// "shhhiiit": squeezed to single letters, if it was more than one ordinary double letter.
fn without_repeats(bytes: &[u8]) -> Option<(WordId, bool)> {
    const SELDOM_DOUBLE: &[u8] = b"aahijkquvwxy";
    let mut squeezed = [0_u8; LONGEST + 1];
    squeezed[0] = b'~';
    let (mut length, mut extra, mut odd, mut run) = (1, 0, false, 0);
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && bytes[at - 1] == *byte {
            extra += 1;
            run += 1;
            odd |= run >= 2 || at == 1 || SELDOM_DOUBLE.contains(byte);
        } else {
            run = 0;
            squeezed[length] = *byte;
            length += 1;
        }
    }
    if extra == 0 || !(odd || extra >= 2 || length > 6) || length < 4 {
        return None;
    }
    let (word, _) = words::find(&squeezed[..length])?;
    // An ordinary word with a letter too many is a slip, not a disguise, and means the same.
    Some((word, words::is_disguised(word)))
}

/// Returns the known word that a run of letters, digits and marks without white space stands for.
///
/// `capital` says that the chunk starts with one and `first` that a sentence does: "J***" is a name
/// left out, "f***" is not, and neither is "F***" where a sentence starts.
pub(super) fn masked(chunk: &str, capital: bool, first: bool) -> Option<WordId> {
    let bytes = chunk.as_bytes();
    if bytes.len() < 3 || bytes.len() > LONGEST || !bytes.iter().any(u8::is_ascii_lowercase) {
        return None;
    }
    let sworn = first && matches!(bytes[0], b'f' | b's' | b'c');
    leet(bytes)
        .or_else(|| mask(bytes, capital && !sworn))
        .or_else(|| inserted(bytes))
}

/// "5h1t", "@r$e": digits and signs for the letters that they look like.
fn leet(bytes: &[u8]) -> Option<WordId> {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    // 5mg, 10am, 2nd: a number with a unit is one.
    if digits > 0
        && let Some((unit, _)) = words::find(&bytes[digits..])
        && words::is_in(unit, words::UNIT)
    {
        return None;
    }
    let mut letters = [0_u8; LONGEST];
    let mut doubtful = [0_usize; 3];
    let mut doubts = 0;
    for (at, byte) in bytes.iter().enumerate() {
        letters[at] = match byte {
            b'0' => b'o',
            b'1' | b'!' | b'|' => {
                if doubts < doubtful.len() {
                    doubtful[doubts] = at;
                    doubts += 1;
                }
                b'i'
            }
            b'3' => b'e',
            b'4' | b'@' => b'a',
            b'5' | b'$' => b's',
            b'6' | b'9' => b'g',
            b'7' | b'+' => b't',
            b'8' => b'b',
            b'(' => b'c',
            b'a'..=b'z' | b'\'' => *byte,
            _ => return None,
        };
    }
    let letters = &mut letters[..bytes.len()];
    if letters == bytes {
        return None;
    }
    for choice in 0..1_usize << doubts {
        for (bit, at) in doubtful[..doubts].iter().enumerate() {
            letters[*at] = if choice >> bit & 1 == 1 { b'l' } else { b'i' };
        }
        if let Some((word, _)) = std::str::from_utf8(letters).ok().and_then(plain) {
            return Some(word);
        }
    }
    None
}

/// "f*ck", "b-llocks", "w****r": marks in place of letters.
fn mask(bytes: &[u8], capital: bool) -> Option<WordId> {
    const MARKS: &[u8] = b"*#-_.@$%&!?+~";
    let is_mark = |b: &u8| MARKS.contains(b);
    let marks = bytes.iter().filter(|b| is_mark(b)).count();
    if marks == 0
        || !bytes.iter().all(|b| is_mark(b) || b.is_ascii_lowercase())
        || !bytes[0].is_ascii_lowercase()
    {
        return None;
    }
    let mut letters = [0_u8; LONGEST];
    let letters = &mut letters[..bytes.len()];
    letters.copy_from_slice(bytes);
    if marks == 1 {
        let at = bytes.iter().position(is_mark)?;
        if at + 1 == bytes.len() && bytes[at] != b'*' {
            return None;
        }
        // "c*nt" is no "cant": what people do mask is meant, if it fits.
        let mut ordinary = None;
        for vowel in *b"aeiou" {
            letters[at] = vowel;
            match words::find(letters) {
                Some((word, false)) if words::is_disguised(word) => return Some(word),
                Some((word, false)) => ordinary = ordinary.or(Some(word)),
                _ => {}
            }
        }
        if ordinary.is_some() {
            return ordinary;
        }
    }
    // More marks than one, or a consonant under one, are believed for words that people do mask.
    let stars = bytes
        .iter()
        .filter(|b| matches!(b, b'*' | b'#' | b'@' | b'$' | b'%' | b'&'))
        .count();
    let fits = |word: &str| {
        word.len() == bytes.len()
            && word
                .bytes()
                .zip(bytes)
                .all(|(letter, byte)| letter == *byte || is_mark(byte))
    };
    let seen = bytes.len() - marks;
    // One letter of a long word could be any; but what starts so and is starred out is mostly one
    // of these.
    let sworn = bytes.len() <= 5 || matches!(bytes[0], b'f' | b'c' | b'b' | b'w' | b's');
    (stars == marks && seen >= 2 || stars == marks && marks >= 3 && seen >= 1 && sworn && !capital)
        .then(|| {
            words::disguised()
                .iter()
                .copied()
                .find(|word| fits(words::spelling(*word)))
        })
        .flatten()
}

/// "fu#cking": a mark set between the letters.
fn inserted(bytes: &[u8]) -> Option<WordId> {
    let mut letters = [0_u8; LONGEST];
    let mut length = 0;
    for byte in bytes {
        if byte.is_ascii_lowercase() {
            letters[length] = *byte;
            length += 1;
        } else if !byte.is_ascii_punctuation() {
            return None;
        }
    }
    let (word, _) = words::find(&letters[..length])?;
    (length >= 4 && length < bytes.len() && words::is_disguised(word)).then_some(word)
}

/// Returns the letters of "f.u.c.k": single letters with the same mark between each two.
pub(super) fn set_apart(chunk: &str) -> Option<impl Iterator<Item = usize> + use<>> {
    let bytes = chunk.as_bytes();
    let mark = *bytes.get(1)?;
    let letters = bytes.iter().step_by(2).all(u8::is_ascii_lowercase);
    let marks = bytes.iter().skip(1).step_by(2).all(|b| *b == mark);
    let apart =
        letters && marks && bytes.len() % 2 == 1 && bytes.len() >= 5 && mark.is_ascii_punctuation();
    apart.then(|| (0..chunk.len()).step_by(2))
}

/// Cuts letters that are run together into known words; returns the length and word of each part.
///
/// The cheapest cut wins, where a word costs the more the rarer it is. Linear: each letter looks
/// back over at most [`LONGEST_PART`] letters.
pub(super) fn cut_joined(letters: &str, shortest: usize) -> Option<Vec<(usize, WordId)>> {
    let bytes = letters.as_bytes();
    if bytes.len() < shortest || bytes.len() > 4096 || !bytes.iter().all(u8::is_ascii_lowercase) {
        return None;
    }
    // For each length: the cost of the best cut, the length of its last part, and that part's word.
    let mut best: Vec<(u32, usize, WordId)> = vec![(u32::MAX, 0, 0); bytes.len() + 1];
    best[0].0 = 0;
    for end in 1..=bytes.len() {
        for start in end.saturating_sub(LONGEST_PART)..end {
            let part = &bytes[start..end];
            let single = part.len() > 1 || matches!(part, b"a" | b"i" | b"u");
            if best[start].0 == u32::MAX || !single {
                continue;
            }
            if let Some((word, false)) = words::find(part) {
                let cost = best[start].0 + u32::from(word).ilog2() + 6;
                if cost < best[end].0 {
                    best[end] = (cost, end - start, word);
                }
            }
        }
    }
    let mut parts = Vec::new();
    let mut end = bytes.len();
    while end > 0 {
        let (_, length, word) = best[end];
        if length == 0 {
            return None;
        }
        parts.push((length, word));
        end -= length;
    }
    parts.reverse();
    (parts.len() * 5 <= bytes.len() * 2).then_some(parts)
}

/// Cuts a word that is not known into known ones, if it is long enough to be several.
pub(super) fn run_together(spelling: &str) -> Option<Vec<(usize, WordId)>> {
    cut_joined(spelling, SHORTEST_JOINED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked_word(chunk: &str) -> Option<&'static str> {
        masked(chunk, false, false).map(words::spelling)
    }

    #[test]
    fn masks_and_leet_give_known_words_only() {
        for (chunk, word) in [
            ("sh1te", "shite"),
            ("w*nker", "wanker"),
            ("w****r", "wanker"),
            ("b4st4rd", "bastard"),
            ("s-rgery", "surgery"),
            ("fu#cking", "fucking"),
            ("a$$hole", "asshole"),
            ("c*nt", "cunt"),
            ("b(i)tch", "bitch"),
            ("w/anker", "wanker"),
            ("vv4nker", "wanker"),
        ] {
            assert_eq!(masked_word(chunk), Some(word), "{chunk}");
        }
        for chunk in [
            "5mg", "10am", "2nd", "b12", "h1n1", "covid-19", "x-ray", "ls98", "e-mail", "co-op",
            "****", "50s",
        ] {
            assert_eq!(masked_word(chunk), None, "{chunk}");
        }
    }

    #[test]
    fn words_run_together_are_cut() {
        let cut = |text: &str| {
            run_together(text).map(|parts| {
                parts
                    .iter()
                    .map(|p| words::spelling(p.1))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        };
        assert_eq!(
            cut("thisdoctorisawanker").as_deref(),
            Some("this doctor is a wanker")
        );
        // Known words are one part: they never come here, and would stay whole.
        assert_eq!(cut("psychotherapist").as_deref(), Some("psychotherapist"));
        assert_eq!(cut("shufflebottomley"), None);
    }

    #[test]
    fn repeats_are_squeezed_out() {
        assert_eq!(
            plain("shhhiiit").map(|w| words::spelling(w.0)),
            Some("shit")
        );
        assert_eq!(
            plain("surgery's").map(|w| words::spelling(w.0)),
            Some("surgery")
        );
        assert_eq!(plain("nobbs"), None);
    }
}
