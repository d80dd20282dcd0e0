//! A folder in which each notice is a file, in place of a provider.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use pagewarden_policies::Way;

use crate::{Carried, Carrier, CarryError, Parcel};

/// Writes notices into a folder.
#[derive(Clone, Debug)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Writes into this folder, which is made when there is something to write.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Outbox {
            folder: folder.into(),
        }
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a notice. The same one again has the same name.
    pub fn write(&self, parcel: &Parcel) -> io::Result<()> {
        let Parcel {
            practice,
            notice,
            to,
            wording,
            ..
        } = parcel;
        let words = match to.way {
            Way::Email => format!(
                "To: {}\nSubject: {}\n\n{}",
                to.address, wording.subject, wording.body
            ),
            Way::Text => format!("To: {}\n\n{}\n", to.address, wording.text),
        };
        fs::create_dir_all(&self.folder)?;
        let id: String = notice.chars().filter(char::is_ascii_alphanumeric).collect();
        fs::write(
            self.folder.join(format!("{id}-{practice}-{}.txt", to.way)),
            words,
        )
    }
}

impl Carrier for Outbox {
    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<Carried, CarryError>> {
        let written = self.write(parcel).map(|()| Carried);
        Box::pin(async move {
            written.map_err(|error| CarryError::Unavailable(error.kind().to_string()))
        })
    }

    fn carries(&self, _way: Way) -> bool {
        true
    }
}
