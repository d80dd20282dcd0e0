//! Where anchors are kept: a bucket whose objects nobody can change or delete before their time, or
//! a folder on a laptop.

mod bucket;

use std::fmt::Debug;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::pin::Pin;

use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_ledger::{FoundAnchor, NewAnchor};
use pagewarden_rules::PracticeId;
use thiserror::Error;

use crate::Folder;

/// What comes of asking for something of where anchors are kept.
pub type AnchorsAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, AnchorsError>> + Send + 'a>>;

/// Why anchors could not be written or read.
#[derive(Debug, Error)]
pub enum AnchorsError {
    /// The bucket gave no answer, or none in time.
    #[error("the bucket of anchors did not answer")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bucket refused, with the HTTP status and the code of its answer.
    #[error("the bucket of anchors refused: {0} {1}")]
    Refused(u16, String),
    /// What it answered cannot be read.
    #[error("the answer of the bucket of anchors cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The folder cannot be used.
    #[error("the folder of anchors cannot be used")]
    Folder(#[from] io::Error),
}

/// Keeps anchors. Nothing that is kept is ever written over.
pub trait Anchors: Debug + Send + Sync {
    /// Writes an anchor. One of the same practice and day that is there already stays as it is.
    fn write<'a>(&'a self, anchor: &'a NewAnchor, now: Timestamp) -> AnchorsAnswer<'a, ()>;

    /// Returns every anchor, or every one of a practice.
    fn all<'a>(
        &'a self,
        practice: Option<&'a PracticeId>,
        now: Timestamp,
    ) -> AnchorsAnswer<'a, Vec<FoundAnchor>>;
}

/// How an anchor is called: `woolpit/2026-11-26.json`.
fn name_of(practice: &PracticeId, day: Date) -> String {
    format!("{practice}/{day}.json")
}

/// Returns whose anchor of which day is called so; none where it is no anchor.
fn named(name: &str) -> Option<(PracticeId, Date)> {
    let (practice, day) = name.strip_suffix(".json")?.split_once('/')?;
    Some((practice.parse().ok()?, day.parse().ok()?))
}

impl Folder {
    fn find(&self, only: Option<&PracticeId>) -> Result<Vec<FoundAnchor>, AnchorsError> {
        let mut found = Vec::new();
        for folder in entries(self.path())? {
            for file in entries(&folder)? {
                let name = file.strip_prefix(self.path()).unwrap_or(&file);
                let Some((practice, day)) = name.to_str().and_then(named) else {
                    continue;
                };
                if only.is_none_or(|only| *only == practice) {
                    found.push(FoundAnchor {
                        practice,
                        day,
                        text: String::from_utf8_lossy(&fs::read(&file)?).into_owned(),
                        // Whoever can write a file can set its time.
                        written_at: None,
                        is_covered: false,
                    });
                }
            }
        }
        Ok(found)
    }
}

/// Returns what is in a folder; nothing where there is none.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

impl Anchors for Folder {
    fn write<'a>(&'a self, anchor: &'a NewAnchor, _: Timestamp) -> AnchorsAnswer<'a, ()> {
        let made = self.make(
            &name_of(&anchor.practice, anchor.day),
            anchor.text.as_bytes(),
        );
        Box::pin(async { Ok(made?) })
    }

    fn all<'a>(
        &'a self,
        practice: Option<&'a PracticeId>,
        _: Timestamp,
    ) -> AnchorsAnswer<'a, Vec<FoundAnchor>> {
        let found = self.find(practice);
        Box::pin(async { found })
    }
}
