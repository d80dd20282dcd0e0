//! The container: a zip without compression, without times and without folders of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};

use pagewarden_present::text::plain;
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::record::NoRecord;

/// Files of a pack, by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Bytes of the largest pack that is opened: a hundred times what a long history takes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Files of the largest pack that is opened.
const MOST_FILES: usize = 2_000;

/// Bytes at the end of a zip in which its list of files is found, and where the list says how many
/// there are.
const END: [u8; 4] = *b"PK\x05\x06";

/// Why a file is not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// It is larger than any pack.
    #[error("it is larger than any pack is, so it was not opened")]
    TooLarge,
    /// It is no zip, or not all of it.
    #[error(
        "it cannot be read as a zip: it was cut off, or changed where its list of files stands"
    )]
    NoZip,
    /// There are more files than in any pack.
    #[error("it holds more files than any pack does, so it was not unpacked")]
    TooMany,
    /// Two files have the same name.
    #[error("two of its files have the same name: which one is shown depends on who unpacks it")]
    Twice,
    /// A name leads out of the folder in which somebody unpacks it.
    #[error(
        "the name \"{0}\" leads elsewhere than into the folder in which it is unpacked, so nothing was unpacked"
    )]
    Path(String),
    /// A file is compressed, encrypted or something else than a file.
    #[error(
        "\"{0}\" is compressed, encrypted or no file at all: nothing in a pack is, so it was not unpacked"
    )]
    Kind(String),
    /// Its bytes are not those that were packed.
    #[error("{0} was changed inside the zip: its checksum there does not fit")]
    Damaged(String),
}

/// Packs files. Their order is that of their names, and no time is part of it.
pub(crate) fn write(files: &Files) -> Result<Vec<u8>, NoRecord> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options)
            .map_err(|_| NoRecord::TooLarge)?;
        zip.write_all(bytes).map_err(|_| NoRecord::TooLarge)?;
    }
    let packed = zip.finish().map_err(|_| NoRecord::TooLarge)?.into_inner();
    if packed.len() > MOST_BYTES {
        return Err(NoRecord::TooLarge);
    }
    Ok(packed)
}

/// Unpacks a file into memory. Nothing is written anywhere, and nothing grows: what is compressed is
/// refused unseen.
pub(crate) fn read(bytes: &[u8]) -> Result<Files, Unreadable> {
    if bytes.len() > MOST_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::NoZip)?;
    if zip.len() > MOST_FILES {
        return Err(Unreadable::TooMany);
    }
    let listed = listed(bytes).ok_or(Unreadable::NoZip)?;
    let mut files = Files::new();
    let mut seen = BTreeSet::new();
    let mut left = MOST_BYTES as u64;
    for i in 0..zip.len() {
        // By its index and raw: what stands in the list alone decides whether it is opened.
        let entry = zip.by_index_raw(i).map_err(|_| Unreadable::NoZip)?;
        let name = name_of(&entry)?;
        if !is_plain(&name) {
            return Err(Unreadable::Path(plain(&name)));
        }
        let is_file = entry.is_file() && !entry.is_symlink() && !entry.encrypted();
        let stored = entry.compression() == CompressionMethod::Stored
            && entry.compressed_size() == entry.size();
        if !is_file || !stored {
            return Err(Unreadable::Kind(name));
        }
        if !seen.insert(name.to_lowercase()) {
            return Err(Unreadable::Twice);
        }
        left = left.checked_sub(entry.size()).ok_or(Unreadable::TooLarge)?;
    }
    if listed != zip.len() {
        return Err(Unreadable::Twice);
    }
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).map_err(|_| Unreadable::NoZip)?;
        let name = name_of(&entry)?;
        let mut content = Vec::new();
        entry
            .read_to_end(&mut content)
            .map_err(|_| Unreadable::Damaged(name.clone()))?;
        files.insert(name, content);
    }
    Ok(files)
}

fn name_of<R: Read>(entry: &zip::read::ZipFile<'_, R>) -> Result<String, Unreadable> {
    let name = entry.name().map_err(|_| Unreadable::NoZip)?;
    Ok(name.into_owned())
}

/// Returns how many files a zip's own list says that it has; the library drops the first of two of
/// the same name.
fn listed(bytes: &[u8]) -> Option<usize> {
    let at = bytes.windows(END.len()).rposition(|four| four == END)?;
    let count = bytes.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
}

/// Returns `true` if a name is one that a pack may hold: at most one folder deep, of letters,
/// digits, dots, dashes and underscores, and nothing that leads elsewhere.
fn is_plain(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    let fine = |part: &&str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' '))
    };
    parts.len() <= 2 && parts.iter().all(fine)
}
