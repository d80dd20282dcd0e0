//! What is remembered of a picture that is kept as evidence. Its bytes are elsewhere, encrypted,
//! where nobody can change or delete them; without the key that stands here nobody can read them.

use serde::{Deserialize, Serialize};

/// A picture that is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPicture {
    /// What it is called where it is kept.
    pub object: String,
    /// The key by which it is encrypted, in hexadecimal. It is this picture's alone, so that the
    /// picture is erased when the key is deleted.
    pub key: String,
    /// SHA-256 over the picture itself, in hexadecimal.
    pub sha256: String,
    /// How long the picture itself is.
    pub bytes: usize,
    /// What kind of picture it is.
    pub kind: PictureKind,
}

/// Without the key.
impl std::fmt::Debug for KeptPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptPicture")
            .field("object", &self.object)
            .field("sha256", &self.sha256)
            .field("bytes", &self.bytes)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// The kinds of pictures that are kept: those that platforms show, and every browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PictureKind {
    /// `image/jpeg`.
    Jpeg,
    /// `image/png`.
    Png,
    /// `image/gif`.
    Gif,
    /// `image/webp`.
    WebP,
}

impl PictureKind {
    /// Returns what kind of picture begins with these bytes; none where it is no such picture. What
    /// the platform says it is does not count.
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

    /// Returns the media type, such as `image/jpeg`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            PictureKind::Jpeg => "image/jpeg",
            PictureKind::Png => "image/png",
            PictureKind::Gif => "image/gif",
            PictureKind::WebP => "image/webp",
        }
    }

    /// Returns how the name of a file of it ends, such as `jpg`.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_of_picture_is_told_by_its_first_bytes() {
        let begins: [(&[u8], Option<&str>); 10] = [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", Some("jpg")),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", Some("png")),
            (b"GIF87a", Some("gif")),
            (b"GIF89a", Some("gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("webp")),
            (b"RIFF\x24\0\0\0WAVEfmt ", None),
            (b"\x89PNG", None),
            (b"<svg xmlns=", None),
            (b"<!DOCTYPE html>", None),
            (b"", None),
        ];
        for (bytes, extension) in begins {
            let kind = PictureKind::of(bytes);
            assert_eq!(kind.map(PictureKind::extension), extension, "{bytes:?}");
        }
    }

    #[test]
    fn a_kept_picture_is_stored_with_its_key_and_shown_without() {
        let kept = KeptPicture {
            object: "woolpit/0f".to_owned(),
            key: "5ec4e7".to_owned(),
            sha256: "ab".to_owned(),
            bytes: 3,
            kind: PictureKind::WebP,
        };
        let stored = json!({
            "object": "woolpit/0f", "key": "5ec4e7", "sha256": "ab", "bytes": 3, "kind": "webp"
        });
        assert_eq!(serde_json::to_value(&kept).unwrap(), stored);
        assert_eq!(serde_json::from_value::<KeptPicture>(stored).unwrap(), kept);
        assert!(!format!("{kept:?}").contains("5ec4e7"));
    }
}
