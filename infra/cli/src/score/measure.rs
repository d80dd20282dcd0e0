//! What counts in a labelled set: a file of measures, in TOML.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Vocabulary;

/// The measures of some sets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measures {
    /// Files with a column `labels`, of which every label is scored.
    #[serde(default)]
    pub labelled: Vec<Labelled>,
    /// Files with a column `spans`, of which every kind of detail is scored.
    #[serde(default)]
    pub details: Vec<String>,
    /// Everything else.
    #[serde(default)]
    pub measure: Vec<Measure>,
}

/// A file with a column `labels`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// The file's name without `.csv`.
    pub set: String,
    /// The practice's people, in a file beside it.
    pub roster: Option<PathBuf>,
}

/// The values of some columns: each must be, or hold between semicolons, one of its list.
type Values = BTreeMap<String, Vec<String>>;

/// Whether some labels were found where a set says that they should be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// The name of its line in the table: the set, and what is looked for in it.
    pub name: String,
    /// The file's name without `.csv`.
    pub set: String,
    /// The labels, one of which is enough.
    pub labels: Vec<String>,
    /// Where one of them should be found; nowhere, if this is left out.
    yes: Option<Values>,
    /// Where none of them should be found; everywhere else, if this is left out.
    no: Option<Values>,
    /// Texts with this in them, in any case, do not count.
    without: Option<String>,
}

impl Measures {
    /// Reads a file of measures.
    pub fn parse(toml: &str) -> Result<Self> {
        let measures: Measures = toml::from_str(toml)?;
        for measure in &measures.measure {
            let labels = measure.labels.iter().map(String::as_str);
            Vocabulary::Broad
                .named(labels)
                .with_context(|| format!("the measure {}", measure.name))?;
        }
        Ok(measures)
    }
}

impl Measure {
    /// Returns whether one of the labels should be found in a text, or nothing where the text does
    /// not count.
    pub(super) fn expects<'c>(&self, text: &str, value: impl Fn(&str) -> &'c str) -> Option<bool> {
        let holds = |values: &Values| {
            values.iter().all(|(column, any)| {
                value(column)
                    .split(';')
                    .any(|value| any.iter().any(|one| one == value))
            })
        };
        if self
            .without
            .as_ref()
            .is_some_and(|without| text.to_lowercase().contains(without))
        {
            return None;
        }
        if self.no.as_ref().is_some_and(holds) {
            return Some(false);
        }
        if self.yes.as_ref().is_some_and(holds) {
            return Some(true);
        }
        self.no.is_none().then_some(false)
    }
}
