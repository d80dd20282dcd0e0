//! Pictures are kept before anything is done about a post: afterwards the platform may no longer give
//! them.

use std::time::Duration;

use pagewarden_ledger::{KeptPicture, RawRecord};
use pagewarden_platforms::pictures::{NotFetched, addresses};
use pagewarden_runtime::pictures::{Pictures, PicturesError, keep};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use crate::attempt::{Try, TryError};

/// Pictures of one post that are kept. An album may have hundreds.
const MOST_PICTURES: usize = 10;

/// How long fetching and keeping the pictures of one post may take, in calls. What is left then is not
/// kept.
pub(crate) const CALLS: u32 = 3;

/// Tries in which a picture that nobody gives now is waited for. A post that has to be hidden does not
/// wait for longer.
const MOST_TRIES: u32 = 3;

/// Keeps the pictures of the revision that an action is about, unless it is on record already which
/// are kept. What cannot be fetched is written down with the reason, and holds nothing up.
pub(crate) async fn keep_all(
    at: &Try<'_>,
    store: &dyn Pictures,
    patience: Duration,
) -> Result<(), TryError> {
    let (post, revision) = (&at.action.key, &at.action.revision);
    if at.action.post.media.is_empty() || at.ledger.has_pictures(post, revision).await? {
        return Ok(());
    }
    let record = at.ledger.revision(post, revision).await?;
    let Some(raw) = record.and_then(|record| record.raw) else {
        return Ok(());
    };
    let (mut kept, mut missing) = (Vec::new(), Vec::new());
    let addresses = match &raw {
        RawRecord::Whole(text) => addresses(post.platform, text.as_bytes()),
        RawRecord::Digest { .. } => {
            missing.push("what the platform sent of the post is too long to be kept".to_owned());
            Vec::new()
        }
    };
    let end = Instant::now() + patience;
    for (nth, address) in addresses.iter().enumerate() {
        if nth >= MOST_PICTURES {
            missing.push(format!("no more than {MOST_PICTURES} of a post are kept"));
            break;
        }
        match timeout_at(end, one(at, store, address)).await {
            Ok(Ok(one)) => kept.push(one),
            Ok(Err(NotKept::Fetched(NotFetched::Later(_)))) if at.action.attempts < MOST_TRIES => {
                return Err(TryError::NoPicture);
            }
            Ok(Err(NotKept::Fetched(why))) => missing.push(why.to_string()),
            Ok(Err(NotKept::Store(why @ PicturesError::NoPicture))) => {
                missing.push(why.to_string());
            }
            Ok(Err(NotKept::Store(error))) => return Err(error.into()),
            Err(_) => missing.push("there was no time left to fetch it".to_owned()),
        }
    }
    if kept.is_empty() && missing.is_empty() {
        return Ok(());
    }
    let noted = at
        .ledger
        .note_pictures(post, revision, &kept, missing, at.scope.now);
    Ok(noted.await?)
}

/// Why a picture is not kept.
#[derive(Debug, Error)]
enum NotKept {
    /// It was not fetched.
    #[error(transparent)]
    Fetched(#[from] NotFetched),
    /// It could not be put where pictures are kept.
    #[error(transparent)]
    Store(#[from] PicturesError),
}

/// Fetches one picture and keeps it.
async fn one(at: &Try<'_>, store: &dyn Pictures, address: &str) -> Result<KeptPicture, NotKept> {
    let post = &at.action.key;
    let bytes = at.platforms.picture(post.platform, address).await?;
    Ok(keep(store, &post.practice, &bytes, at.scope.now).await?)
}
