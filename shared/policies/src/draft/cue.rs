//! Words, and the cues that are looked for in them.

/// The most words that `..` may stand for.
const GAP: usize = 8;

/// Returns the words of a text, in lower case, without punctuation and addresses.
pub(super) fn words(text: &str) -> Vec<String> {
    let is_address = |word: &&str| word.contains("://") || word.contains("www.");
    let plain: Vec<&str> = text
        .split_whitespace()
        .filter(|word| !is_address(word))
        .collect();
    let plain = plain.join(" ").replace(['\u{2019}', '\u{2018}'], "'");
    plain
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .map(|word| word.trim_matches('\'').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Words in a row, as `patterns.toml` writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cue {
    pub(super) written: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// One of these words; of those with `true` the beginning.
    Word(Vec<(String, bool)>),
    /// A few words.
    Gap,
}

impl Cue {
    /// Reads a cue, or returns `None` if it has no word.
    pub(super) fn read(written: &str) -> Option<Self> {
        let step = |word: &str| match word {
            ".." => Step::Gap,
            _ => Step::Word(
                word.split('|')
                    .map(|one| match one.strip_suffix('*') {
                        Some(start) => (start.to_owned(), true),
                        None => (one.to_owned(), false),
                    })
                    .collect(),
            ),
        };
        let steps: Vec<Step> = written.split(' ').map(step).collect();
        let sound = matches!(steps.first(), Some(Step::Word(_)))
            && matches!(steps.last(), Some(Step::Word(_)))
            && steps.iter().all(|step| match step {
                Step::Word(words) => words.iter().all(|(word, _)| !word.is_empty()),
                Step::Gap => true,
            });
        sound.then(|| Cue {
            written: written.to_owned(),
            steps,
        })
    }

    /// Returns the first place where the cue stands: its first word, and the one after its last.
    pub(super) fn find(&self, words: &[String]) -> Option<(usize, usize)> {
        self.find_all(words).next()
    }

    pub(super) fn find_all<'a>(
        &'a self,
        words: &'a [String],
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        (0..words.len())
            .filter_map(|start| Some((start, start + ends(&self.steps, &words[start..])?)))
    }
}

/// Returns how many words the steps take from the beginning of these, if they stand there.
fn ends(steps: &[Step], words: &[String]) -> Option<usize> {
    match steps {
        [] => Some(0),
        [Step::Word(known), rest @ ..] => {
            let word = words.first()?;
            let is = |(known, start): &(String, bool)| {
                if *start {
                    word.starts_with(known.as_str())
                } else {
                    word == known
                }
            };
            known
                .iter()
                .any(is)
                .then(|| ends(rest, &words[1..]))
                .flatten()
                .map(|rest| rest + 1)
        }
        [Step::Gap, rest @ ..] => {
            (0..=GAP.min(words.len())).find_map(|gap| Some(gap + ends(rest, &words[gap..])?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cue_stands_where_its_words_do() {
        let at = |cue: &str, text: &str| Cue::read(cue).unwrap().find(&words(text));
        assert_eq!(at("defam*", "No defamation!"), Some((1, 2)));
        assert_eq!(
            at("reserve|reserves the right", "We reserve the right to"),
            Some((1, 4))
        );
        assert_eq!(
            at("taken .. down", "It is taken straight back down."),
            Some((2, 6))
        );
        assert_eq!(at("report", "reported"), None);
        assert_eq!(at("don't", "Please don\u{2019}t."), Some((1, 2)));
        assert_eq!(
            at("patient identifiable", "patient-identifiable"),
            Some((0, 2))
        );
        for broken in ["", "..", "a ..", "a||b"] {
            assert!(Cue::read(broken).is_none(), "{broken}");
        }
    }
}
