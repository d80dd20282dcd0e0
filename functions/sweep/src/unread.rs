//! What a delivery names and does not bring: read from the platform, so that it can be judged.
//!
//! A mention on Instagram comes as ids alone, and so may an edit on Facebook. What cannot be read
//! goes to a person.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{LedgerError, RevisionRecord};
use pagewarden_platforms::{Incoming, Sent};
use pagewarden_rules::{Platform, Post};
use pagewarden_runtime::{ReachError, Scope, SecretError};

use crate::job::Job;
use crate::{Sweep, facebook, instagram, x};

/// How long a platform may be out of reach before a person is asked to look instead: somebody may
/// be in danger.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

impl Sweep {
    /// Reads one post, and records what it says. Until that is done `remind` sets it going again.
    pub(crate) async fn unread(
        &self,
        unread: &RevisionRecord,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let key = &unread.key;
        let (channel, correlation) = (&unread.post.channel, unread.correlation.as_str());
        let (platforms, meter) = self.platforms.metered();
        let job = self.job(
            &platforms,
            &meter,
            Scope {
                practice: &key.practice,
                channel,
                correlation,
                now,
            },
        );
        match fetch(&job, &unread.post).await {
            Ok(Some(Sent {
                read: Incoming::Post(post),
                raw,
            })) if !post.text.is_empty() || !post.media.is_empty() => {
                job.record(&post, &raw, job.as_of()).await?;
                self.ledger.was_read(unread, now).await
            }
            // The practice's own writing is not judged.
            Ok(Some(Sent {
                read: Incoming::Own { .. },
                ..
            })) => self.ledger.was_read(unread, now).await,
            Ok(_) => self.ledger.hand_over(unread).await,
            Err(error) if may_pass(&error) && now.duration_since(unread.seen_at) < PATIENCE => {
                tracing::warn!(practice = %key.practice, post = %key.id, %error, "a post could not be read yet");
                Ok(())
            }
            Err(error) => {
                // What is gone and what may not be read look alike to Meta, so a person looks at
                // either.
                tracing::warn!(practice = %key.practice, post = %key.id, %error, "a post could not be read: a person looks");
                self.ledger.hand_over(unread).await
            }
        }
    }
}

/// Reads a post as it stands now; none where this platform's posts are not read one by one.
async fn fetch(job: &Job<'_>, post: &Post) -> Result<Option<Sent<Incoming>>, ReachError> {
    let mut read = match post.channel.platform {
        Platform::Facebook => Some(facebook::read(job, post).await?),
        Platform::Instagram => Some(instagram::read(job, post).await?),
        Platform::X => x::read(job, post).await?,
        Platform::Google | Platform::Website | Platform::StaffLog => None,
    };
    if let Some(read) = &mut read {
        name_author(read, post);
    }
    Ok(read)
}

/// The delivery may have said who wrote it where the platform does not say it again.
fn name_author(read: &mut Sent<Incoming>, told: &Post) {
    if let Incoming::Post(Post { author, .. }) = &mut read.read {
        author.id = author.id.take().or_else(|| told.author.id.clone());
        author.name = author.name.take().or_else(|| told.author.name.clone());
        author.handle = author.handle.take().or_else(|| told.author.handle.clone());
    }
}

/// Returns `true` if the same may succeed later without anybody doing anything.
fn may_pass(error: &ReachError) -> bool {
    match error {
        ReachError::Call(error) => error.is_transient(),
        ReachError::Secret(error) => matches!(error, SecretError::Unavailable(_)),
        ReachError::Ledger(_) => true,
    }
}
