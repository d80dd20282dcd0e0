//! A folder on a laptop in the place of a bucket.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A folder in which each file is only made, never opened to write. Whoever can write the folder
/// can change what is in it all the same.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Writes into this folder, which is made when there is something to write.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Folder(folder.into())
    }

    /// Returns where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a file of this name. One that is there already stays as it is.
    pub(crate) fn make(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        // Under another name first: a file that was broken off must not stand for the whole.
        let draft = path.with_extension("part");
        fs::write(&draft, bytes)?;
        let made = fs::hard_link(&draft, &path);
        fs::remove_file(&draft)?;
        match made {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }
}
