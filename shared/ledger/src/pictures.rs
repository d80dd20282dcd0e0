//! Pictures of a post that are kept as evidence: which, and the keys that open them.
//!
//! Their bytes are encrypted, and kept where nobody can change or delete them. The keys stand beside
//! the words and are deleted with them: from then on nobody can open the pictures any more.

use std::fmt;

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use jiff::Timestamp;
use pagewarden_rules::{PostKey, RevisionId};
use serde::{Deserialize, Serialize};

use crate::history::History;
use crate::keys;
use crate::records::Event;
use crate::write::{Guard, Transacted, Transaction, Tries, to_item};
use crate::{Ledger, LedgerError};

/// What kind of picture it is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureKind {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/gif`
    Gif,
    /// `image/webp`
    WebP,
}

impl PictureKind {
    /// Returns what kind of picture these bytes are; none if they are no picture that is known here.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xD8, 0xFF, ..] => Some(PictureKind::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(PictureKind::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(PictureKind::Gif),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(PictureKind::WebP),
            _ => None,
        }
    }

    /// Returns how the names of files of this kind end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            PictureKind::Jpeg => "jpg",
            PictureKind::Png => "png",
            PictureKind::Gif => "gif",
            PictureKind::WebP => "webp",
        }
    }
}

/// A picture, as the line of the history says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: usize,
    /// What kind of picture.
    pub kind: PictureKind,
    /// What its encrypted bytes are called where they are kept.
    pub object: String,
}

impl Picture {
    /// Returns it with what opens it.
    #[must_use]
    pub fn with_key(self, key: String) -> KeptPicture {
        let Picture {
            sha256,
            bytes,
            kind,
            object,
        } = self;
        KeptPicture {
            object,
            key,
            sha256,
            bytes,
            kind,
        }
    }
}

/// A picture that is kept, with what opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPicture {
    /// What its encrypted bytes are called where they are kept.
    pub object: String,
    /// The key by which it is encrypted, in hexadecimal. It is this picture's alone, so that the
    /// picture is erased when the key is deleted.
    pub key: String,
    /// SHA-256 of the picture's own bytes, in hexadecimal.
    pub sha256: String,
    /// How many bytes the picture has.
    pub bytes: usize,
    /// What kind of picture it is.
    pub kind: PictureKind,
}

impl KeptPicture {
    /// Returns what the line of the history says of it.
    fn told(&self) -> Picture {
        Picture {
            sha256: self.sha256.clone(),
            bytes: self.bytes,
            kind: self.kind,
            object: self.object.clone(),
        }
    }
}

/// Without the key.
impl fmt::Debug for KeptPicture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptPicture")
            .field("picture", &self.told())
            .finish_non_exhaustive()
    }
}

/// The keys of a revision's pictures, in the order of the line that names these. They go with the
/// words.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PicturesRecord {
    /// The revision.
    pub revision: RevisionId,
    /// The keys, in hexadecimal; none once they are deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

impl fmt::Debug for PicturesRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PicturesRecord")
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

impl History {
    /// Returns the pictures that were kept of a post, oldest first, each with its revision and its
    /// key; without a key once that is deleted.
    #[must_use]
    pub fn pictures(&self) -> Vec<(RevisionId, Picture, Option<String>)> {
        let kept = self.events.iter().filter_map(|line| match line.event() {
            Ok(Event::PicturesKept {
                revision, pictures, ..
            }) => Some((revision, pictures)),
            _ => None,
        });
        let keyed = kept.flat_map(|(revision, pictures)| {
            let item = self.keys.iter().find(|item| item.revision == revision);
            let keys = item.map(|item| item.keys.clone()).unwrap_or_default();
            let keys = keys.into_iter().map(Some).chain(std::iter::repeat(None));
            pictures
                .into_iter()
                .zip(keys)
                .map(move |(picture, key)| (revision.clone(), picture, key))
                .collect::<Vec<_>>()
        });
        keyed.collect()
    }
}

impl Ledger {
    /// Returns `true` if it is on record which pictures of a revision are kept.
    pub async fn has_pictures(
        &self,
        post: &PostKey,
        revision: &RevisionId,
    ) -> Result<bool, LedgerError> {
        Ok(self.get(keys::pictures(post, revision)).await?.is_some())
    }

    /// Notes which pictures of a revision are kept, and of which not, why. What is on record of it
    /// already stays; and where the words are gone meanwhile, so is what would open the pictures.
    pub async fn note_pictures(
        &self,
        post: &PostKey,
        revision: &RevisionId,
        kept: &[KeptPicture],
        missing: Vec<String>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let record = PicturesRecord {
            revision: revision.clone(),
            keys: kept.iter().map(|one| one.key.clone()).collect(),
        };
        let event = Event::PicturesKept {
            revision: revision.clone(),
            pictures: kept.iter().map(KeptPicture::told).collect(),
            missing,
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            let mut writes = Transaction::default();
            self.add(
                &mut writes,
                to_item(&keys::pictures(post, revision), &record)?,
            )?;
            writes.push(Guard::Words, self.has_words(post, revision)?);
            self.append(&mut writes, post, &state, now, &event, None)
                .await?;
            let noted = self.transact(writes).await?;
            let is_over = noted.refused(Guard::New) || noted.refused(Guard::Words);
            if noted == Transacted::Written || is_over {
                return Ok(());
            }
        }
    }

    /// Returns the check that what the platform sent of a revision is kept.
    fn has_words(
        &self,
        post: &PostKey,
        revision: &RevisionId,
    ) -> Result<TransactWriteItem, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::revision(post, revision).attributes()))
            .condition_expression("attribute_exists(#raw)")
            .expression_attribute_names("#raw", "raw")
            .build()
            .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        for (bytes, extension) in [
            (b"\xFF\xD8\xFF\xE0 and so on".as_slice(), Some("jpg")),
            (b"\x89PNG\r\n\x1A\n and so on", Some("png")),
            (b"GIF89a", Some("gif")),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("webp")),
            (b"<svg onload=alert(1)>", None),
            (b"<!doctype html>", None),
            (b"RIFF1234WAVE", None),
            (b"", None),
        ] {
            let kind = PictureKind::of(bytes).map(PictureKind::extension);
            assert_eq!(kind, extension, "{bytes:?}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = "00112233".to_owned();
        let record = PicturesRecord {
            revision: RevisionId("a".to_owned()),
            keys: vec![key.clone()],
        };
        let picture = Picture {
            sha256: "ab".to_owned(),
            bytes: 3,
            kind: PictureKind::Gif,
            object: "woolpit/0f".to_owned(),
        };
        let kept = picture.clone().with_key(key);
        assert_eq!(kept.told(), picture);
        assert!(!format!("{record:?} {kept:?}").contains("0011"));
    }
}
