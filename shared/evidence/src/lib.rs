//! Evidence about a post as a zip that somebody else can check, without the table and without
//! trusting whoever handed it over.
//!
//! A pack is a pure function of what is on record ([`make`]): the same record gives the same bytes.
//! So [`verify`] makes everything that people read in it once more from the lines of the history
//! inside, and says what differs; and the lines prove each other by their hashes. What cannot be
//! seen from the pack alone is a history that was forged from end to end: its hash, and that of the
//! file, stand in the practice's own record.

// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod answer;
mod archive;
mod export;
mod files;
mod record;
mod redact;
mod verify;

use sha2::{Digest, Sha256};

pub use answer::{KeptOut, NotAnswered, Sheet, answer_author, look_for_author};
pub use archive::Unreadable;
pub use export::{NotExported, export, pack};
pub use record::{NoRecord, Record, Subject};
pub use redact::{CUT, cuts_for};
pub use verify::{Last, Verdict, verify};

/// The form of the packs that this program makes. Whoever changes what a pack says raises it: an
/// older pack is then still checked by its hashes, and its cover no longer made again.
pub(crate) const FORM: u32 = 2;

/// A pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its bytes: a zip.
    pub bytes: Vec<u8>,
    /// Their SHA-256, in hexadecimal.
    pub sha256: String,
    /// How many pictures are kept and not part of it, although nothing is cut.
    pub left_out: usize,
}

/// Makes the pack of a record.
pub fn make(record: &Record) -> Result<Pack, NoRecord> {
    let bytes = archive::write(&files::files(record)?)?;
    let sha256 = sha256(&bytes);
    Ok(Pack {
        bytes,
        sha256,
        left_out: record.left_out.len(),
    })
}

/// Returns SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
