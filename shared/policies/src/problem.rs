//! Collector: what is wrong with a file, where, and what to write instead.

use std::fmt;
use std::ops::Deref;

/// Something in a file that keeps it from loading, or that its author ought to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}; write {} instead",
            self.file, self.line, self.message, self.instead
        )
    }
}

/// Every problem of a file, or of several: why it did not load. Reads as one line for each.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Problems(Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if nth > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(problems: Vec<Problem>) -> Self {
        Problems(problems)
    }
}

impl Deref for Problems {
    type Target = [Problem];

    fn deref(&self) -> &[Problem] {
        &self.0
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The most problems that one file is told of: a person corrects those first, and a hostile file
/// stays cheap.
const MOST: usize = 200;

/// Collects the problems of one file as they are found.
#[derive(Debug)]
pub(crate) struct Collector {
    file: String,
    errors: Vec<Problem>,
    /// Errors found, kept or not.
    found: usize,
    warnings: Vec<Problem>,
}

impl Collector {
    pub(crate) fn new(file: &str) -> Self {
        Collector {
            file: file.to_owned(),
            errors: Vec::new(),
            found: 0,
            warnings: Vec::new(),
        }
    }

    pub(crate) fn error(
        &mut self,
        line: usize,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let file = self.file.clone();
        self.error_in(file, line, message, instead);
    }

    pub(crate) fn error_in(
        &mut self,
        file: impl Into<String>,
        line: usize,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        self.found += 1;
        if !self.is_full() {
            self.errors.push(Problem {
                file: file.into(),
                line,
                message: message.into(),
                instead: instead.into(),
            });
        }
    }

    pub(crate) fn warn(
        &mut self,
        line: usize,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        if self.warnings.len() < MOST {
            let file = self.file.clone();
            self.warnings.push(Problem {
                file,
                line,
                message: message.into(),
                instead: instead.into(),
            });
        }
    }

    /// Takes over errors of another file.
    pub(crate) fn extend(&mut self, errors: Problems) {
        self.found += errors.len();
        self.errors.extend(errors);
    }

    /// Returns `true` if further errors are no longer kept.
    pub(crate) fn is_full(&self) -> bool {
        self.errors.len() >= MOST
    }

    /// Returns how many errors were found so far.
    pub(crate) const fn count(&self) -> usize {
        self.found
    }

    /// Returns the errors and the warnings, each in the order of the lines.
    pub(crate) fn into_sorted(mut self) -> (Problems, Vec<Problem>) {
        let file = self.file;
        // The file's own problems first, then those of the published text beside it.
        self.errors
            .sort_by_key(|problem| (problem.file != file, problem.line));
        self.warnings.sort_by_key(|problem| problem.line);
        (Problems(self.errors), self.warnings)
    }
}

/// Cuts a text for a message, at a character and with a mark.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match folded.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", folded[..end].trim_end()),
        None => folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_reads_as_one_line() {
        let problem = Problem {
            file: "p.toml".into(),
            line: 7,
            message: "unknown key \"topic\"".into(),
            instead: "\"topics\"".into(),
        };
        assert_eq!(
            problem.to_string(),
            "p.toml:7: unknown key \"topic\"; write \"topics\" instead"
        );
    }

    #[test]
    fn a_cut_keeps_whole_characters() {
        assert_eq!(cut("  caf\u{e9}  au\nlait ", 4), "caf\u{e9}...");
        assert_eq!(cut("tea", 4), "tea");
    }
}
