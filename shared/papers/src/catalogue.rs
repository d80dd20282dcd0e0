//! Which papers there are, and what they rest on: data.

use jiff::civil::Date;
use serde::Deserialize;

use crate::PapersError;

const FILE: &str = "papers.toml";
const TEXT: &str = include_str!("../data/papers.toml");

/// The list of papers and of sources.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalogue {
    #[serde(rename = "paper")]
    pub(crate) papers: Vec<Entry>,
    #[serde(rename = "source")]
    pub(crate) sources: Vec<Source>,
}

/// A paper of the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) slug: String,
    pub(crate) title: String,
    #[serde(rename = "for")]
    pub(crate) purpose: String,
    pub(crate) owner: String,
    pub(crate) sources: Vec<String>,
}

/// A text of some authority.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name in the list.
    pub id: String,
    /// Whose it is.
    pub authority: String,
    /// What it is called.
    pub title: String,
    /// When it was looked at; none where it was not.
    #[serde(default)]
    pub looked_at: Option<Date>,
}

impl Catalogue {
    pub(crate) fn read() -> Result<Self, PapersError> {
        toml::from_str(TEXT).map_err(|error| PapersError::Data(FILE, error))
    }
}
