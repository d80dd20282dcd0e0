//! The outbox: what was sent to people, kept in memory and, where a folder is named, as one file a
//! notice.

use std::collections::{BTreeSet, VecDeque};
use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use pagewarden_notices::{Carried, Carrier, CarryError, Outbox as Folder, Parcel};
use pagewarden_policies::Way;

/// What happens to a notice instead of being taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// Nobody answers.
    Unavailable,
    /// It is never said whether it was taken, and it was not.
    LostBefore,
    /// It is never said whether it was taken, and it was.
    LostAfter,
}

/// Takes notices. Clones share what was taken.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    kept: Arc<Mutex<Kept>>,
    folder: Option<Folder>,
    /// Whether each is said on the terminal.
    aloud: bool,
}

#[derive(Debug, Default)]
struct Kept {
    taken: Vec<Parcel>,
    refused: BTreeSet<String>,
    mishaps: VecDeque<Mishap>,
}

impl Outbox {
    /// Makes one that keeps what it takes in memory alone.
    #[must_use]
    pub fn in_memory() -> Self {
        Outbox::default()
    }

    /// Makes one that writes each notice into a folder as well, and says so on the terminal.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Outbox {
            folder: Some(Folder::in_folder(folder)),
            aloud: true,
            ..Outbox::default()
        }
    }

    /// Returns the folder, if there is one.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(Folder::folder)
    }

    /// Returns what was taken so far, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<Parcel> {
        self.kept().taken.clone()
    }

    /// Takes nothing for this address or number from now on.
    pub fn refuse(&self, address: &str) {
        self.kept().refused.insert(address.to_owned());
    }

    /// Has something happen to the next notice; to the one after it, if something is to happen to
    /// the next already.
    pub fn next(&self, mishap: Mishap) {
        self.kept().mishaps.push_back(mishap);
    }

    /// Has nothing more happen to notices.
    pub fn end(&self) {
        self.kept().mishaps.clear();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, parcel: &Parcel) -> Result<Carried, CarryError> {
        if let Some(folder) = &self.folder {
            folder
                .write(parcel)
                .map_err(|error| CarryError::Unavailable(error.kind().to_string()))?;
        }
        if self.aloud {
            let by = match parcel.to.way {
                Way::Email => "e-mail",
                Way::Text => "text",
            };
            // Who started it may read no more, as behind `2>&1 | head`: that is no reason to end.
            let _ = writeln!(
                stderr(),
                "notice    {by} to {} ({}): {}",
                parcel.to.name,
                parcel.practice,
                parcel.wording.subject
            );
        }
        self.kept().taken.push(parcel.clone());
        Ok(Carried)
    }
}

impl Carrier for Outbox {
    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<Carried, CarryError>> {
        Box::pin(async move {
            let mishap = self.kept().mishaps.pop_front();
            match mishap {
                Some(Mishap::Unavailable) => {
                    return Err(CarryError::Unavailable("nobody answers".to_owned()));
                }
                Some(Mishap::LostBefore) => std::future::pending().await,
                Some(Mishap::LostAfter) => {
                    self.take(parcel)?;
                    std::future::pending::<()>().await;
                }
                None => {}
            }
            if self.kept().refused.contains(&parcel.to.address) {
                return Err(CarryError::Refused("no such address".to_owned()));
            }
            self.take(parcel)
        })
    }

    fn carries(&self, _way: Way) -> bool {
        true
    }
}
