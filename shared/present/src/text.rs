//! Texts as a terminal shows them: folded, cut, and with nothing in them that could command it.

/// Returns a text on one line.
pub(crate) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a text as one line may show it: with nothing that could command a terminal, or pass for
/// another line.
#[must_use]
pub fn plain(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .map(|c| {
            if c.is_control() || turns(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// The columns of a terminal as it is opened.
pub const WIDTH: usize = 80;

/// Returns a text in lines of at most so many characters, folded at its spaces. A longer word
/// stands alone.
#[must_use]
pub fn folded(text: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Cuts a text for one line: white space folded, whole characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    cut_at(&plain(&fold(text)), most)
}

/// Cuts a text behind so many characters, and says so with an ellipsis.
#[must_use]
pub fn cut_at(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}\u{2026}", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// Returns words in lines behind a bar, folded to the width of a terminal: what somebody wrote, or
/// what would be sent, is never taken for the record.
#[must_use]
pub fn barred(words: &str, by: usize) -> Vec<String> {
    let fold = |line: &str| {
        let lines = folded(&plain(line), WIDTH - by - 2);
        if lines.is_empty() {
            vec![String::new()]
        } else {
            lines
        }
    };
    words
        .lines()
        .flat_map(fold)
        .map(|line| format!("{:by$}| {line}", "").trim_end().to_owned())
        .collect()
}

/// Folds a text, with each line moved in by so many columns.
pub(crate) fn indented(text: &str, by: usize) -> Vec<String> {
    folded(&plain(text), WIDTH - by)
        .into_iter()
        .map(|line| format!("{:by$}{line}", ""))
        .collect()
}

/// Folds a text behind what stands before its first line.
pub(crate) fn indented_after(before: &str, text: &str) -> Vec<String> {
    let by = 6 + before.len();
    let lines = folded(&plain(text), WIDTH - by).into_iter().enumerate();
    lines
        .map(|(nth, line)| {
            if nth == 0 {
                format!("      {before}{line}")
            } else {
                format!("{:by$}{line}", "")
            }
        })
        .collect()
}
