//! Pictures are kept before anything is done about a post: afterwards the platform may no longer give
//! them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ActionRecord, Ledger, LedgerError, RawRecord};
use pagewarden_platforms::pictures::{NotFetched, addresses};
use pagewarden_rules::Effect;
use pagewarden_runtime::Platforms;
use pagewarden_runtime::pictures::{Pictures, PicturesError, keep};
use tokio::time::{Instant, timeout_at};

/// Pictures of one post that are kept. An album may have hundreds.
const MOST_PICTURES: usize = 10;

/// Bytes of them together: evidence about a post with a few versions is still one file.
const MOST_BYTES: usize = 20 * 1024 * 1024;

/// How long fetching the pictures of one post may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long an action waits for a picture that nobody gives now. What has to be hidden waits no
/// longer.
const WAIT: SignedDuration = SignedDuration::from_mins(2);

/// How long an action waits until pictures can be stored. Then a person does it.
const WAIT_FOR_STORE: SignedDuration = SignedDuration::from_hours(1);

/// What came of keeping the pictures of a post.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It is on record which are kept, and why others are not; or there are none.
    Settled,
    /// Not now: nothing is done about the post for a moment.
    Later(&'static str),
    /// They could not be stored for so long that a person has to do what was to be done.
    NotStored,
}

/// Keeps the pictures of the revision that an action is about, unless it is on record already which
/// are kept. What the platform does not give is written down with the reason, and holds nothing up.
///
/// To show a post again takes nothing away, so it is not held up by this.
pub(crate) async fn keep_all(
    action: &ActionRecord,
    ledger: &Ledger,
    platforms: &Platforms,
    store: &dyn Pictures,
    now: Timestamp,
) -> Result<Outcome, LedgerError> {
    let (post, revision) = (&action.key, &action.revision);
    if action.post.media.is_empty()
        || action.effect == Effect::Unhide
        || ledger.has_pictures(post, revision).await?
    {
        return Ok(Outcome::Settled);
    }
    let record = ledger.revision(post, revision).await?;
    let Some(raw) = record.and_then(|record| record.raw) else {
        return Ok(Outcome::Settled);
    };
    let age = now.duration_since(action.created_at);
    let Some((fetched, mut missing)) = fetched(action, &raw, platforms, age < WAIT).await else {
        return Ok(Outcome::Later(
            "the platform did not give a picture of the post, which is kept first",
        ));
    };
    let mut kept = Vec::new();
    for bytes in fetched {
        match keep(store, &post.practice, &bytes, now).await {
            Ok(one) => kept.push(one),
            Err(why @ PicturesError::NoPicture) => missing.push(why.to_string()),
            Err(error) => {
                tracing::error!(practice = %post.practice, post = %post.id, %error, "a picture could not be stored");
                return Ok(if age < WAIT_FOR_STORE {
                    Outcome::Later(
                        "the pictures of the post could not be stored, which comes first",
                    )
                } else {
                    Outcome::NotStored
                });
            }
        }
    }
    if !kept.is_empty() || !missing.is_empty() {
        ledger
            .note_pictures(post, revision, &kept, missing, now)
            .await?;
    }
    Ok(Outcome::Settled)
}

/// Fetches the pictures of a post. Returns them, and why others are missing; none where one may be
/// had later and there is time to wait.
async fn fetched(
    action: &ActionRecord,
    raw: &RawRecord,
    platforms: &Platforms,
    may_wait: bool,
) -> Option<(Vec<Vec<u8>>, Vec<String>)> {
    let platform = action.key.platform;
    let (addresses, unknown) = match raw {
        RawRecord::Whole(text) => (
            addresses(platform, text.as_bytes()),
            "the platform did not say where it is",
        ),
        RawRecord::Digest { .. } => (
            Vec::new(),
            "what the platform sent of the post, which says where it is, is too long to be kept",
        ),
    };
    let (mut fetched, mut missing) = (Vec::new(), Vec::new());
    let shown = action.post.media.iter();
    let shown = shown.filter(|media| ["photo", "album"].contains(&media.kind.as_str()));
    for _ in addresses.len()..shown.count() {
        missing.push(unknown.to_owned());
    }
    let (end, mut bytes) = (Instant::now() + PATIENCE, 0);
    for (nth, address) in addresses.iter().enumerate() {
        if nth >= MOST_PICTURES || bytes >= MOST_BYTES {
            missing.push(format!(
                "there are more than {MOST_PICTURES}, or they are larger than {} MB together",
                MOST_BYTES / 1024 / 1024
            ));
            break;
        }
        match timeout_at(end, platforms.picture(platform, address)).await {
            Ok(Ok(picture)) => {
                bytes += picture.len();
                fetched.push(picture);
            }
            Ok(Err(NotFetched::Later(_))) | Err(_) if may_wait => return None,
            Ok(Err(why)) => missing.push(why.to_string()),
            Err(_) => missing.push("the platform did not give it in time".to_owned()),
        }
    }
    Some((fetched, missing))
}
