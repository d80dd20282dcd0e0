//! The model file: one header, and the tables it names, read where they lie.
//!
//! ```text
//! 0   "PWENCODE"
//! 8   version, 4 bytes; length of the header, 4 bytes (all numbers little-endian)
//! 16  SHA-256 of everything from byte 48 on, which is also the model's name in records
//! 48  the header, in JSON; then zeros up to a multiple of 64, where the tables begin
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use bytemuck::AnyBitPattern;
use memmap2::Mmap;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::EncoderError;

const MAGIC: &[u8] = b"PWENCODE";
/// The version of the layout, which a change of what the tables mean also changes.
const VERSION: u32 = 2;
/// Where the header begins.
const HEADER: usize = 48;
/// What the tables are aligned to.
const ALIGN: usize = 64;

/// A model file, checked.
pub(crate) struct ModelFile {
    map: Mmap,
    /// The SHA-256 of its content, in hexadecimal.
    pub(crate) hash: String,
    /// Where each table lies in the file.
    tables: BTreeMap<String, Range<usize>>,
    pub(crate) header: Header,
}

/// What the header says beside where the tables are.
#[derive(Deserialize)]
pub(crate) struct Header {
    /// The pieces that stand before the text in every window.
    pub(crate) prefix: Vec<u32>,
    /// The most pieces of a text that one window holds.
    pub(crate) window: usize,
    pub(crate) layers: usize,
    pub(crate) labels: Vec<LabelHeader>,
    /// The names of the hints, in the order of their weights.
    pub(crate) hints: Vec<String>,
    /// How fast an example counts for less with its distance, in meaning and in hints.
    pub(crate) fall: [f32; 2],
    /// Offset, from where the tables begin, and length of each table.
    tables: BTreeMap<String, [usize; 2]>,
}

/// A label and its thresholds, in thousandths.
#[derive(Deserialize)]
pub(crate) struct LabelHeader {
    pub(crate) name: String,
    pub(crate) unlikely: u16,
    pub(crate) possible: u16,
    pub(crate) sure: u16,
}

impl ModelFile {
    pub(crate) fn open(path: &Path) -> Result<Self, EncoderError> {
        let map = File::open(path)
            .and_then(|file| map(&file))
            .map_err(EncoderError::Missing)?;
        let damaged = EncoderError::Damaged;
        let (Some(MAGIC), Some(start)) = (map.get(..8), map.get(..HEADER)) else {
            return Err(damaged("it does not begin as one"));
        };
        let number = |at: usize| {
            u32::from_le_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]])
        };
        if number(8) != VERSION {
            return Err(EncoderError::Version {
                found: number(8),
                wanted: VERSION,
            });
        }
        let hash = &start[16..HEADER];
        if Sha256::digest(&map[HEADER..]).as_slice() != hash {
            return Err(damaged("its content is not what its checksum says"));
        }
        let end = HEADER + number(12) as usize;
        let header = map
            .get(HEADER..end)
            .ok_or(damaged("its header is cut off"))?;
        let header: Header =
            serde_json::from_slice(header).map_err(|_| damaged("its header cannot be read"))?;
        let base = end.next_multiple_of(ALIGN);
        let tables = header.tables.iter().map(|(name, [offset, length])| {
            let start = base + offset;
            (name.clone(), start..start + length)
        });
        Ok(ModelFile {
            hash: hex::encode(hash),
            tables: tables.collect(),
            header,
            map,
        })
    }

    /// Returns a table as numbers of one type, however many there are.
    pub(crate) fn table<T: AnyBitPattern>(&self, name: &str) -> Result<&[T], EncoderError> {
        let bytes = self
            .tables
            .get(name)
            .and_then(|range| self.map.get(range.clone()));
        let bytes = bytes.ok_or(EncoderError::Damaged("a table is missing"))?;
        bytemuck::try_cast_slice(bytes)
            .map_err(|_| EncoderError::Damaged("a table has the wrong size"))
    }

    /// Returns a table that must hold so many numbers.
    pub(crate) fn sized<T: AnyBitPattern>(
        &self,
        name: &str,
        count: usize,
    ) -> Result<&[T], EncoderError> {
        let table = self.table(name)?;
        if table.len() == count {
            Ok(table)
        } else {
            Err(EncoderError::Damaged("a table has the wrong size"))
        }
    }
}

#[expect(
    unsafe_code,
    reason = "the file is deployed beside the program and never written to while it runs"
)]
fn map(file: &File) -> io::Result<Mmap> {
    unsafe { Mmap::map(file) }
}
