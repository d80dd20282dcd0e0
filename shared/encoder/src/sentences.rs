//! Where the sentences of a text begin.

/// What ends a sentence, in the scripts that are read here.
const ENDS: &[char] = &['.', '!', '?', '…', '\n', '。', '！', '？', '।', '۔', '؟'];
/// Those that need no space after them.
const ENDS_ALONE: &[char] = &['\n', '。', '！', '？'];
/// What may close a sentence after its end.
const CLOSING: &[char] = &['"', '\'', ')', '”', '’', '»'];

/// Returns the byte offset at which each sentence begins, the first being 0. A text without an end
/// is one sentence.
pub(crate) fn starts(text: &str) -> Vec<usize> {
    let mut starts = vec![0];
    let mut chars = text.char_indices().peekable();
    while let Some((_, c)) = chars.next() {
        if !ENDS.contains(&c) {
            continue;
        }
        let mut alone = ENDS_ALONE.contains(&c);
        while let Some((_, c)) = chars.next_if(|(_, c)| ENDS.contains(c) || CLOSING.contains(c)) {
            alone |= ENDS_ALONE.contains(&c);
        }
        let mut spaced = false;
        while chars.next_if(|(_, c)| c.is_whitespace()).is_some() {
            spaced = true;
        }
        if let Some((at, _)) = chars.peek()
            && (alone || spaced)
        {
            starts.push(*at);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::starts;

    fn split(text: &str) -> Vec<&str> {
        let mut ends = starts(text);
        ends.push(text.len());
        ends.windows(2)
            .map(|pair| text[pair[0]..pair[1]].trim())
            .collect()
    }

    #[test]
    fn sentences_end_where_people_end_them() {
        assert_eq!(
            split("Rang twice. No answer!! Why? \"Busy.\" Right"),
            ["Rang twice.", "No answer!!", "Why?", "\"Busy.\"", "Right"]
        );
        assert_eq!(
            split("one line\nanother\n\nthird"),
            ["one line", "another", "third"]
        );
        assert_eq!(
            split("等了三个小时。没人接电话！真的"),
            ["等了三个小时。", "没人接电话！", "真的"]
        );
        assert_eq!(
            split("میں بیمار ہوں۔ کوئی ہے؟ جی"),
            ["میں بیمار ہوں۔", "کوئی ہے؟", "جی"]
        );
    }

    #[test]
    fn a_dot_inside_a_number_or_an_address_ends_nothing() {
        assert_eq!(
            split("seen at 9.40 by dr.smith"),
            ["seen at 9.40 by dr.smith"]
        );
    }

    #[test]
    fn a_text_without_words_is_one_sentence() {
        assert_eq!(starts(""), [0]);
        assert_eq!(starts("...!!!"), [0]);
        assert_eq!(starts(" \n "), [0]);
    }
}
