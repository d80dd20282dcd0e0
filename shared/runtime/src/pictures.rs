//! Where the pictures of posts are kept as evidence: a bucket whose objects nobody can change or
//! delete before their time, or a folder on a laptop.
//!
//! What cannot be deleted has to be erased in another way, where the time of a post's words has
//! passed or its author wants it: each picture is encrypted with a key of its own, which is in the
//! table beside the words and goes with them.

use std::fmt::Debug;
use std::fs;
use std::io::{self, ErrorKind};
use std::pin::Pin;

use jiff::Timestamp;
use pagewarden_ledger::{KeptPicture, PictureKind};
use pagewarden_rules::PracticeId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::bucket::{Bucket, BucketError};
use crate::folder::Folder;

/// What comes of asking for something of where pictures are kept.
pub type PicturesAnswer<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, PicturesError>> + Send + 'a>>;

/// Why a picture could not be kept or opened.
#[derive(Debug, Error)]
pub enum PicturesError {
    /// It is of no kind that is kept.
    #[error("it is no picture: neither JPEG nor PNG, GIF or WebP")]
    NoPicture,
    /// There are no random numbers for a key, or it is too long.
    #[error("the picture could not be encrypted")]
    NotEncrypted,
    /// Nothing of its name is there.
    #[error("the picture is not there")]
    NotThere,
    /// What is there is not what was kept, or not with this key.
    #[error("what is there is not the picture that was kept")]
    NotAsKept,
    /// What should be its key is none: where it was deleted, nobody can read the picture any more.
    #[error("the key of the picture is gone or cannot be read")]
    NoKey,
    /// No picture that is kept has such a name.
    #[error("no picture that is kept is called {0:?}")]
    BadName(String),
    /// The bucket gave no answer, or none in time.
    #[error("the bucket of pictures did not answer")]
    NoAnswer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bucket refused, with the HTTP status and the code of its answer. To who may not list the
    /// bucket, S3 also says 403 of what is not there.
    #[error("the bucket of pictures refused: {0} {1}")]
    Refused(u16, String),
    /// The folder cannot be used.
    #[error("the folder of pictures cannot be used")]
    Folder(#[from] io::Error),
}

impl From<BucketError> for PicturesError {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::NoAnswer(why) => PicturesError::NoAnswer(why),
            BucketError::Refused(status, code) => PicturesError::Refused(status, code),
        }
    }
}

/// Keeps pictures, as bytes that are encrypted already. Nothing that is kept is ever written over.
pub trait Pictures: Debug + Send + Sync {
    /// Writes a picture. What is there already under its name stays as it is.
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>, now: Timestamp) -> PicturesAnswer<'a, ()>;

    /// Returns what is there under a name; none where nothing is.
    fn get<'a>(&'a self, name: &'a str, now: Timestamp) -> PicturesAnswer<'a, Option<Vec<u8>>>;
}

/// Keeps a picture of a practice's post, and sees that it is there.
///
/// Who keeps it again gets another key and another object: nothing that is there says of two
/// pictures that they are the same.
pub async fn keep(
    store: &dyn Pictures,
    practice: &PracticeId,
    picture: &[u8],
    now: Timestamp,
) -> Result<KeptPicture, PicturesError> {
    let kind = PictureKind::of(picture).ok_or(PicturesError::NoPicture)?;
    let (key, sealed) = seal(picture)?;
    let hash = sha256(&sealed);
    let object = format!("{practice}/{hash}");
    store.put(&object, sealed, now).await?;
    let found = store.get(&object, now).await?;
    if sha256(&found.ok_or(PicturesError::NotThere)?) != hash {
        return Err(PicturesError::NotAsKept);
    }
    Ok(KeptPicture {
        object,
        key: hex::encode(key),
        sha256: sha256(picture),
        bytes: picture.len(),
        kind,
    })
}

/// Returns a picture as it was when it was kept.
pub async fn open(
    store: &dyn Pictures,
    kept: &KeptPicture,
    now: Timestamp,
) -> Result<Vec<u8>, PicturesError> {
    let key = hex::decode(&kept.key).map_err(|_| PicturesError::NoKey)?;
    let key = cipher(&key).ok_or(PicturesError::NoKey)?;
    let found = store.get(&kept.object, now).await?;
    let mut bytes = found.ok_or(PicturesError::NotThere)?;
    let opened = key.open_in_place(nonce(), Aad::empty(), &mut bytes);
    let length = opened.map_err(|_| PicturesError::NotAsKept)?.len();
    bytes.truncate(length);
    if sha256(&bytes) == kept.sha256 {
        Ok(bytes)
    } else {
        Err(PicturesError::NotAsKept)
    }
}

/// Encrypts a picture with a key that nothing else is encrypted with.
fn seal(picture: &[u8]) -> Result<([u8; 32], Vec<u8>), PicturesError> {
    let mut key = [0; 32];
    let random = SystemRandom::new().fill(&mut key);
    random.map_err(|_| PicturesError::NotEncrypted)?;
    let cipher = cipher(&key).ok_or(PicturesError::NotEncrypted)?;
    let mut bytes = picture.to_vec();
    let sealed = cipher.seal_in_place_append_tag(nonce(), Aad::empty(), &mut bytes);
    sealed.map_err(|_| PicturesError::NotEncrypted)?;
    Ok((key, bytes))
}

fn cipher(key: &[u8]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))
}

/// With one key two things must not be encrypted under the same number. No key here is used twice.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Refuses every name but that of a practice with a SHA-256, so that none leads out of a folder or
/// asks a bucket for something else.
fn checked(name: &str) -> Result<&str, PicturesError> {
    let is_hash = |text: &str| {
        text.len() == 64
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    match name.split_once('/') {
        Some((practice, hash)) if practice.parse::<PracticeId>().is_ok() && is_hash(hash) => {
            Ok(name)
        }
        _ => Err(PicturesError::BadName(name.to_owned())),
    }
}

impl Pictures for Bucket {
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>, now: Timestamp) -> PicturesAnswer<'a, ()> {
        Box::pin(async move {
            // What it is, is in the table: encrypted, it is no picture.
            let kind = "application/octet-stream";
            Ok(self.write_new(checked(name)?, kind, bytes, now).await?)
        })
    }

    fn get<'a>(&'a self, name: &'a str, now: Timestamp) -> PicturesAnswer<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            match self.read(checked(name)?, now).await {
                Ok(bytes) => Ok(Some(bytes)),
                Err(BucketError::Refused(404, code)) if code == "NoSuchKey" => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
    }
}

impl Folder {
    fn find_picture(&self, name: &str) -> Result<Option<Vec<u8>>, PicturesError> {
        let path = self.path().join(checked(name)?);
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Pictures for Folder {
    fn put<'a>(&'a self, name: &'a str, bytes: Vec<u8>, _: Timestamp) -> PicturesAnswer<'a, ()> {
        let made = checked(name).and_then(|name| Ok(self.make(name, &bytes)?));
        Box::pin(async { made })
    }

    fn get<'a>(&'a self, name: &'a str, _: Timestamp) -> PicturesAnswer<'a, Option<Vec<u8>>> {
        let found = self.find_picture(name);
        Box::pin(async { found })
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    const PICTURE: &[u8] = b"\x89PNG\r\n\x1A\nwhat somebody shows";

    /// A folder that goes with the test.
    struct Own(PathBuf);

    impl Own {
        fn new(name: &str) -> Self {
            let name = format!("pagewarden-pictures-{name}-{}", std::process::id());
            Own(std::env::temp_dir().join(name))
        }

        fn store(&self) -> Folder {
            Folder::new(&self.0)
        }
    }

    impl Drop for Own {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    fn now() -> Timestamp {
        "2026-11-26T09:00:00Z".parse().unwrap()
    }

    async fn kept_in(store: &dyn Pictures) -> KeptPicture {
        let practice = "woolpit".parse().unwrap();
        keep(store, &practice, PICTURE, now()).await.unwrap()
    }

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn a_picture_that_is_kept_is_opened_as_it_was() {
        let own = Own::new("whole");
        let kept = kept_in(&own.store()).await;
        assert_eq!(kept.kind, PictureKind::Png);
        assert_eq!((kept.bytes, &kept.sha256), (27, &sha256(PICTURE)));
        let opened = open(&own.store(), &kept, now()).await.unwrap();
        assert_eq!(opened, PICTURE);
        // What is there shows nothing of it, and is called by what it is.
        let there = fs::read(own.0.join(&kept.object)).unwrap();
        assert_eq!(kept.object, format!("woolpit/{}", sha256(&there)));
        assert!(PictureKind::of(&there).is_none());
        assert!(!there.windows(8).any(|some| some == b"somebody"));
        assert_eq!(files(&own.0.join("woolpit")).len(), 1, "no draft is left");
    }

    #[tokio::test]
    async fn the_same_picture_has_another_key_each_time() {
        let own = Own::new("again");
        let (one, two) = (kept_in(&own.store()).await, kept_in(&own.store()).await);
        assert_ne!(one.key, two.key);
        assert_ne!(one.object, two.object);
        assert_eq!(one.sha256, two.sha256);
    }

    #[tokio::test]
    async fn only_what_is_a_picture_is_kept() {
        let own = Own::new("none");
        let practice = "woolpit".parse().unwrap();
        for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b""] {
            let refused = keep(&own.store(), &practice, other, now()).await;
            assert!(matches!(refused, Err(PicturesError::NoPicture)));
        }
        assert!(!own.0.exists());
    }

    #[tokio::test]
    async fn what_was_changed_is_not_what_was_kept() {
        let own = Own::new("changed");
        let store = own.store();
        let kept = kept_in(&store).await;
        let path = own.0.join(&kept.object);
        let there = fs::read(&path).unwrap();
        for at in [0, there.len() / 2, there.len() - 1] {
            let mut changed = there.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            let opened = open(&store, &kept, now()).await;
            assert!(matches!(opened, Err(PicturesError::NotAsKept)), "{at}");
        }
        // Cut short, to less than a tag as well.
        for length in [there.len() - 1, 3, 0] {
            fs::write(&path, &there[..length]).unwrap();
            let opened = open(&store, &kept, now()).await;
            assert!(matches!(opened, Err(PicturesError::NotAsKept)), "{length}");
        }
        // Another picture in its place, with the key that fits.
        let (key, sealed) = seal(b"GIF89a").unwrap();
        fs::write(&path, sealed).unwrap();
        let key = hex::encode(key);
        let opened = open(&store, &KeptPicture { key, ..kept }, now()).await;
        assert!(matches!(opened, Err(PicturesError::NotAsKept)));
    }

    #[tokio::test]
    async fn without_its_key_nobody_opens_a_picture() {
        let own = Own::new("key");
        let store = own.store();
        let (kept, other) = (kept_in(&store).await, kept_in(&store).await);
        for gone in ["", "no key", "00"] {
            let key = gone.to_owned();
            let opened = open(
                &store,
                &KeptPicture {
                    key,
                    ..kept.clone()
                },
                now(),
            )
            .await;
            assert!(matches!(opened, Err(PicturesError::NoKey)), "{gone}");
        }
        let key = other.key;
        let opened = open(&store, &KeptPicture { key, ..kept }, now()).await;
        assert!(matches!(opened, Err(PicturesError::NotAsKept)));
    }

    #[tokio::test]
    async fn a_picture_that_is_gone_is_not_there() {
        let own = Own::new("gone");
        let store = own.store();
        let kept = kept_in(&store).await;
        fs::remove_file(own.0.join(&kept.object)).unwrap();
        let opened = open(&store, &kept, now()).await;
        assert!(matches!(opened, Err(PicturesError::NotThere)));
    }

    #[tokio::test]
    async fn what_is_there_is_never_written_over() {
        let own = Own::new("over");
        let (store, name) = (own.store(), format!("woolpit/{}", sha256(b"")));
        for bytes in [b"first".to_vec(), b"second".to_vec()] {
            store.put(&name, bytes, now()).await.unwrap();
        }
        let found = store.get(&name, now()).await.unwrap();
        assert_eq!(found.unwrap(), b"first");
    }

    #[tokio::test]
    async fn no_name_leaves_the_folder() {
        let own = Own::new("names");
        let (store, hash) = (own.store(), sha256(b""));
        let names = [
            "",
            "/etc/passwd",
            &hash,
            &format!("/{hash}"),
            &format!("../{hash}"),
            &format!("woolpit/../{hash}"),
            &format!("woolpit/{hash}/x"),
            &format!("woolpit/{hash}?versions"),
            &format!("woolpit/{}", hash.to_uppercase()),
            &format!("Woolpit/{hash}"),
            "woolpit/..",
        ];
        for name in names {
            let put = store.put(name, b"x".to_vec(), now()).await;
            assert!(matches!(put, Err(PicturesError::BadName(_))), "{name}");
            let got = store.get(name, now()).await;
            assert!(matches!(got, Err(PicturesError::BadName(_))), "{name}");
        }
        assert!(!own.0.exists());
    }

    /// Takes everything, and gives back something else.
    #[derive(Debug)]
    struct Forgetful(Option<Vec<u8>>);

    impl Pictures for Forgetful {
        fn put<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Timestamp) -> PicturesAnswer<'a, ()> {
            Box::pin(async { Ok(()) })
        }

        fn get<'a>(&'a self, _: &'a str, _: Timestamp) -> PicturesAnswer<'a, Option<Vec<u8>>> {
            let found = self.0.clone();
            Box::pin(async { Ok(found) })
        }
    }

    #[tokio::test]
    async fn what_does_not_come_back_was_not_kept() {
        let practice = "woolpit".parse().unwrap();
        let nothing = Forgetful(None);
        let kept = keep(&nothing, &practice, PICTURE, now()).await;
        assert!(matches!(kept, Err(PicturesError::NotThere)));
        let other = Forgetful(Some(PICTURE.to_vec()));
        let kept = keep(&other, &practice, PICTURE, now()).await;
        assert!(matches!(kept, Err(PicturesError::NotAsKept)));
    }
}
