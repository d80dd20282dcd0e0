//! The table of figures: written, read again, and compared.

use std::fmt;

use anyhow::{Context, Result};

use super::{Count, ratio};

/// How much an F1, or a recall without one, may fall before it counts as worse.
const MAY_FALL: f64 = 0.005;
/// How much the share of false alarms may rise: a tenth of a percent, one text of a thousand.
const MAY_RISE: f64 = 0.001;

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was scored.
    pub name: String,
    /// Texts that counted.
    pub texts: usize,
    /// Texts in which it was there.
    pub there: usize,
    /// Of what was found, the share that was there.
    pub precision: Option<f64>,
    /// Of what was there, the share that was found.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
    /// Of the texts in which it was not there, the share in which it was found.
    pub false_alarms: Option<f64>,
}

impl Figure {
    pub(super) fn of(name: String, count: &Count) -> Self {
        let Count {
            hit,
            missed,
            alarms,
            quiet,
        } = *count;
        let share = |part: usize, whole: usize| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "counts of texts are far below what a float holds exactly"
            )]
            ratio(part as f64, whole)
        };
        let there = hit + missed;
        let f1 = if there > 0 {
            share(2 * hit, 2 * hit + missed + alarms)
        } else {
            None
        };
        Figure {
            name,
            texts: there + alarms + quiet,
            there,
            precision: share(hit, hit + alarms),
            recall: share(hit, there),
            f1,
            false_alarms: share(alarms, alarms + quiet),
        }
    }

    pub(super) fn f1(name: String, texts: usize, f1: Option<f64>) -> Self {
        Figure {
            name,
            texts,
            there: texts,
            precision: None,
            recall: None,
            f1,
            false_alarms: None,
        }
    }

    pub(super) fn share(name: String, texts: usize, hit: usize) -> Self {
        let count = Count {
            hit,
            missed: texts - hit,
            ..Count::default()
        };
        Figure {
            precision: None,
            f1: None,
            ..Figure::of(name, &count)
        }
    }

    /// Puts the name of a set before the figure's own.
    #[must_use]
    pub fn under(mut self, set: &str) -> Self {
        self.name = format!("{set}/{}", self.name);
        self
    }

    /// The head of the table.
    pub const HEAD: &str = "name                                     texts  there  precision  recall     f1  false_alarms";

    fn parse(line: &str) -> Option<Self> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [name, texts, there, figures @ ..] = columns.as_slice() else {
            return None;
        };
        let figure = |at: usize| match figures.get(at) {
            Some(&"-") => Some(None),
            Some(figure) => figure.parse().ok().map(Some),
            None => None,
        };
        Some(Figure {
            name: (*name).to_owned(),
            texts: texts.parse().ok()?,
            there: there.parse().ok()?,
            precision: figure(0)?,
            recall: figure(1)?,
            f1: figure(2)?,
            false_alarms: figure(3)?,
        })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |figure: Option<f64>, decimals: usize| {
            figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.decimals$}"))
        };
        write!(
            f,
            "{:40} {:5}  {:5}  {:>9}  {:>6}  {:>5}  {:>12}",
            self.name,
            self.texts,
            self.there,
            plain(self.precision, 3),
            plain(self.recall, 3),
            plain(self.f1, 3),
            plain(self.false_alarms, 4)
        )
    }
}

/// Reads a table that was written before. Lines that start with `#`, and the head, are passed over.
pub fn parse(table: &str) -> Result<Vec<Figure>> {
    let lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#') && *line != Figure::HEAD);
    lines
        .map(|line| {
            Figure::parse(line).with_context(|| format!("this is no line of a table: {line}"))
        })
        .collect()
}

/// Returns, in words, which figures are worse than they were by more than the margins, or are gone.
#[must_use]
pub fn fallen(before: &[Figure], now: &[Figure]) -> Vec<String> {
    let mut fallen = Vec::new();
    for was in before {
        let Some(is) = now.iter().find(|is| is.name == was.name) else {
            fallen.push(format!("{} is no longer scored", was.name));
            continue;
        };
        let lower = |was: Option<f64>, is: Option<f64>| {
            was.is_some_and(|was| is.is_none_or(|is| is < was - MAY_FALL))
        };
        let higher = |was: Option<f64>, is: Option<f64>| {
            was.is_some_and(|was| is.is_none_or(|is| is > was + MAY_RISE))
        };
        if lower(was.f1, is.f1)
            || was.f1.is_none() && lower(was.recall, is.recall)
            || higher(was.false_alarms, is.false_alarms)
        {
            fallen.push(format!("{} is worse\n  was {was}\n  is  {is}", was.name));
        }
    }
    fallen
}
