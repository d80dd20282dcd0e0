//! What a delivery names and does not bring: read from the platform, so that it can be judged.
//!
//! A mention on Instagram comes as ids alone, and so may an edit on Facebook. What cannot be read goes to a person.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Incoming, LedgerError, RevisionRecord};
use pagewarden_platforms::facebook::Facebook;
use pagewarden_platforms::instagram::{self, Instagram};
use pagewarden_platforms::{Sent, Sighting};
use pagewarden_rules::{Platform, Post, PracticeId, Surface};
use pagewarden_runtime::{SecretError, XAccess};

use crate::{Sweep, SweepError};

/// How long a platform may be out of reach before a person is asked to look instead: somebody may be in danger.
const PATIENCE: SignedDuration = SignedDuration::from_mins(30);

impl Sweep {
    /// Reads one post, and records what it says. Until that is done `remind` sets it going again.
    pub(crate) async fn unread(&self, unread: &RevisionRecord, now: Timestamp) -> Result<(), LedgerError> {
        let key = &unread.key;
        match self.fetch(&key.practice, &unread.post, now).await {
            Ok(Some(Sent { read: Sighting::Post(post), raw })) if !post.text.is_empty() || !post.media.is_empty() => {
                let incoming = Incoming::new(&key.practice, &post, raw.bytes(), Some(now), &unread.correlation);
                self.ledger.record(&incoming, now).await?;
                self.ledger.was_read(unread, now).await
            }
            // The practice's own writing is not judged.
            Ok(Some(Sent { read: Sighting::Own { .. }, .. })) => self.ledger.was_read(unread, now).await,
            Ok(_) => self.ledger.hand_over(unread).await,
            Err(error) if may_pass(&error) && now.duration_since(unread.seen_at) < PATIENCE => {
                tracing::warn!(practice = %key.practice, post = %key.id, %error, "a post could not be read yet");
                Ok(())
            }
            Err(error) => {
                // What is gone and what may not be read look alike to Meta, so a person looks at either.
                tracing::warn!(practice = %key.practice, post = %key.id, %error, "a post could not be read: a person looks");
                self.ledger.hand_over(unread).await
            }
        }
    }

    /// Reads a post as it stands now; none where this platform's posts are not read one by one.
    async fn fetch(
        &self,
        practice: &PracticeId,
        post: &Post,
        now: Timestamp,
    ) -> Result<Option<Sent<Sighting>>, SweepError> {
        let channel = &post.channel;
        if channel.platform == Platform::X {
            return self.fetch_x(practice, post, now).await;
        }
        if !matches!(channel.platform, Platform::Facebook | Platform::Instagram) {
            return Ok(None);
        }
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let mut read = if channel.platform == Platform::Facebook {
            let facebook = Facebook::new(self.http.clone(), settings);
            let comment = facebook.read(&token, post.surface, &post.id).await?.value;
            comment.map(|comment| comment.sighting(channel.clone(), post.surface, post.thread.clone()))
        } else {
            let instagram = Instagram::new(self.http.clone(), settings);
            let comment = match post.surface {
                Surface::Mention => instagram.mention(&token, channel, &post.id, post.thread.as_deref()).await?,
                _ => instagram.read(&token, channel, &post.id).await?,
            };
            comment.value.map(instagram::Comment::sighting)
        };
        name_author(&mut read, post);
        Ok(Some(read))
    }

    /// Reads a post of X's, which costs a little; none where X shows it no more, or not to its end.
    async fn fetch_x(
        &self,
        practice: &PracticeId,
        post: &Post,
        now: Timestamp,
    ) -> Result<Option<Sent<Sighting>>, SweepError> {
        let access = XAccess::new(self.ledger.clone(), self.secrets.clone(), self.x.clone());
        let token = access.token(practice, &post.channel, now).await?;
        let shown = self.x.posts(token.secret(), &[&post.id]).await?.posts.into_iter().find(|one| one.id == post.id);
        let mut read = shown
            .filter(|shown| !shown.cut)
            .map(|shown| shown.map(|shown| Sighting::Post(shown.into_post(post.channel.clone(), post.surface))));
        if let Some(read) = &mut read {
            name_author(read, post);
        }
        Ok(read)
    }
}

/// The delivery may have said who wrote it where the platform does not say it again.
fn name_author(read: &mut Sent<Sighting>, told: &Post) {
    if let Sighting::Post(Post { author, .. }) = &mut read.read {
        author.id = author.id.take().or_else(|| told.author.id.clone());
        author.name = author.name.take().or_else(|| told.author.name.clone());
    }
}

/// Returns true if and only if the same may succeed later without anybody doing anything.
fn may_pass(error: &SweepError) -> bool {
    match error {
        SweepError::Call(error) => error.is_transient(),
        SweepError::Secret(error) => matches!(error, SecretError::Unavailable(_)),
        SweepError::Ledger(_) => true,
    }
}
