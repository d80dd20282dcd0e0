#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod catalogue;
mod facts;
mod figures;
mod page;

use askama::Template;
use jiff::civil::Date;
use pagewarden_policies::{Loaded, Settings};
use thiserror::Error;

pub use catalogue::Source;
pub use facts::Field;
pub use page::{Blank, BlankKind};

use crate::catalogue::Catalogue;
use crate::facts::Facts;
use crate::page::Page;

/// What the papers of one practice are made from.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The policy.
    pub loaded: &'a Loaded,
    /// The settings.
    pub settings: &'a Settings,
    /// The version of the policy on record; none for a file.
    pub version: Option<u32>,
    /// The day on which they are made, in the practice's own time.
    pub on: Date,
}

/// Why papers could not be made: something that comes with the program is not as it has to be.
#[derive(Debug, Error)]
pub enum PapersError {
    /// A file of data.
    #[error("{0} cannot be read")]
    Data(&'static str, #[source] toml::de::Error),
    /// A table of measured figures.
    #[error("{0} is not the table that it was")]
    Figures(&'static str),
    /// The list names a paper that has no text, or one that does not name its sources.
    #[error("the paper or source {0} is not there")]
    Unknown(String),
    /// A text.
    #[error("a paper cannot be written")]
    Text(#[from] askama::Error),
}

/// The papers of one practice.
#[derive(Clone, Debug)]
pub struct Papers {
    /// The practice's name.
    pub practice: String,
    /// What they were made from, as a sentence.
    pub made_from: String,
    /// In the order in which a practice needs them.
    pub papers: Vec<Paper>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Paper {
    /// Its name in addresses and files.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// What it is for, as it follows "It is".
    pub purpose: String,
    /// Who answers for it.
    pub owner: String,
    /// The text, as HTML without a frame: headings from the second level on.
    pub body: String,
    /// What is missing in it, and what a person has to write, in order.
    pub blanks: Vec<Blank>,
    /// What it rests on.
    pub sources: Vec<Source>,
}

impl Paper {
    /// Returns how many things are missing that the settings or the policy have to say.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.blanks
            .iter()
            .filter(|blank| blank.is_missing())
            .count()
    }

    /// Returns how many parts a person has to write.
    #[must_use]
    pub fn to_write(&self) -> usize {
        self.blanks.len() - self.missing()
    }

    /// Returns the name of its file.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.html", self.slug)
    }
}

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet<'a> {
    papers: &'a Papers,
    paper: &'a Paper,
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    papers: &'a Papers,
}

impl Papers {
    /// Makes them.
    pub fn of(given: &Given<'_>) -> Result<Self, PapersError> {
        let facts = Facts::of(given)?;
        let Catalogue {
            papers: listed,
            sources,
        } = Catalogue::read()?;
        let mut papers = Vec::new();
        for entry in listed {
            let page = Page::new(&facts);
            let body = page::text(&entry.slug, &page)?;
            let found = entry.sources.iter().map(|id| {
                let source = sources.iter().find(|source| source.id == *id);
                source
                    .cloned()
                    .ok_or_else(|| PapersError::Unknown(id.clone()))
            });
            papers.push(Paper {
                sources: found.collect::<Result<_, _>>()?,
                slug: entry.slug,
                title: entry.title,
                purpose: entry.purpose,
                owner: entry.owner,
                body,
                blanks: page.into_blanks(),
            });
        }
        Ok(Papers {
            practice: facts.practice.clone(),
            made_from: facts.made_from(),
            papers,
        })
    }

    /// Returns how many things are missing that the settings or the policy have to say. What several
    /// papers need counts in each.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.papers.iter().map(Paper::missing).sum()
    }

    /// Returns how many parts a person has to write.
    #[must_use]
    pub fn to_write(&self) -> usize {
        self.papers.iter().map(Paper::to_write).sum()
    }

    /// Returns the paper of a name.
    #[must_use]
    pub fn paper(&self, slug: &str) -> Option<&Paper> {
        self.papers.iter().find(|paper| paper.slug == slug)
    }

    /// Returns a paper as a file to print.
    pub fn sheet(&self, paper: &Paper) -> Result<String, PapersError> {
        let papers = self;
        Ok(Sheet { papers, paper }.render()?)
    }

    /// Returns the list of all of them, with what is missing in each, as a file to print.
    pub fn index(&self) -> Result<String, PapersError> {
        Ok(Index { papers: self }.render()?)
    }
}
