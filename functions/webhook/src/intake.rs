//! What a delivery brings, put on record: each change on its own, many at a time.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use pagewarden_ledger::{Ledger, LedgerError, NewRevision, Observation, Recorded, UnknownChannel};
use pagewarden_platforms::{Incoming, Raw, Sent};
use pagewarden_rules::{Author, Channel, Post, PostKey, PracticeId, Surface};
use pagewarden_runtime::count;

/// Changes recorded at the same time. A delivery has up to a thousand, and the platform waits.
const AT_ONCE: usize = 32;

/// Channels of one delivery that are looked up, each by itself. Where there are more, which of them
/// are somebody's is read from the list of all, and no more than so many of the others are counted:
/// the platform waits, and nobody needs a line for each of a thousand.
const LOOKED_UP: usize = 20;

/// Where a delivery's changes go.
pub(crate) struct Intake<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) correlation: &'a str,
    pub(crate) now: Timestamp,
}

/// What a delivery came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) posts: u32,
    pub(crate) seen_before: u32,
    pub(crate) observations: u32,
    pub(crate) ignored: u32,
}

/// What came of one item.
enum Outcome {
    Post(Recorded),
    Observed,
    Ignored,
}

impl Intake<'_> {
    /// Records every change. One that fails holds up none of the others; the first error is
    /// returned at the end.
    pub(crate) async fn take(&self, incoming: Vec<Sent<Incoming>>) -> Result<Taken, LedgerError> {
        let practices = self.practices(&incoming).await?;
        let results: Vec<Result<Outcome, LedgerError>> = stream::iter(incoming)
            .map(|item| self.record(item, &practices))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut taken = Taken::default();
        let mut failed = None;
        for result in results {
            match result {
                Ok(Outcome::Post(Recorded::New)) => taken.posts += 1,
                Ok(Outcome::Post(Recorded::Seen)) => taken.seen_before += 1,
                Ok(Outcome::Observed) => taken.observations += 1,
                Ok(Outcome::Ignored) => taken.ignored += 1,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(taken), Err)
    }

    /// Looks up each channel of the delivery once. One that belongs to nobody is counted, and
    /// reported the first time.
    async fn practices(
        &self,
        incoming: &[Sent<Incoming>],
    ) -> Result<HashMap<Channel, PracticeId>, LedgerError> {
        let mut channels: Vec<Channel> = incoming
            .iter()
            .filter_map(|item| item.channel())
            .cloned()
            .collect();
        channels.sort();
        channels.dedup();
        if channels.len() > LOOKED_UP {
            let known: HashMap<Channel, PracticeId> =
                self.ledger.channels().await?.into_iter().collect();
            let (mut found, unknown): (Vec<_>, Vec<_>) = channels
                .into_iter()
                .partition(|one| known.contains_key(one));
            if let Some(many) = unknown
                .len()
                .checked_sub(LOOKED_UP)
                .filter(|many| *many > 0)
            {
                tracing::error!(
                    channels = many,
                    "news from further channels that belong to no practice"
                );
                count("UnknownChannel", many as u64, None, self.now);
            }
            found.extend(unknown.into_iter().take(LOOKED_UP));
            channels = found;
        }
        let found = stream::iter(channels)
            .map(|channel| self.practice(channel))
            .buffer_unordered(AT_ONCE);
        let found: Vec<Option<(Channel, PracticeId)>> = found.try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    pub(crate) async fn practice(
        &self,
        channel: Channel,
    ) -> Result<Option<(Channel, PracticeId)>, LedgerError> {
        let practice = self.ledger.practice_of(&channel).await?;
        if practice.is_none()
            && self.ledger.count_unknown(&channel, self.now).await? == UnknownChannel::First
        {
            tracing::error!(
                platform = %channel.platform,
                account = %channel.account,
                "news from a channel that belongs to no practice: add the channel, or unsubscribe it"
            );
            count("UnknownChannel", 1, None, self.now);
        }
        Ok(practice.map(|practice| (channel, practice)))
    }

    async fn record(
        &self,
        sent: Sent<Incoming>,
        practices: &HashMap<Channel, PracticeId>,
    ) -> Result<Outcome, LedgerError> {
        let Sent {
            read: incoming,
            raw,
        } = sent;
        match incoming {
            Incoming::Revoked { platform, accounts } => {
                tracing::error!(%platform, accounts = accounts.len(), "the right to act was withdrawn: reconnect the channel");
                count("Revoked", 1, None, self.now);
                return Ok(Outcome::Observed);
            }
            // Counted once for the delivery, not here.
            Incoming::Ignored { reason } => {
                tracing::debug!(reason, "ignored");
                return Ok(Outcome::Ignored);
            }
            Incoming::Post(_)
            | Incoming::Incomplete { .. }
            | Incoming::Own { .. }
            | Incoming::Removed { .. }
            | Incoming::Visibility { .. } => {}
        }
        let Some(practice) = incoming
            .channel()
            .and_then(|channel| practices.get(channel))
            .cloned()
        else {
            return Ok(Outcome::Ignored);
        };
        match incoming {
            Incoming::Post(post) => self.post(&practice, &post, &raw).await,
            Incoming::Incomplete {
                channel,
                surface,
                id,
                thread,
                author,
            } => {
                let post = unread(channel, surface, id, thread, author);
                let recorded = self.ledger.record_unread(
                    &practice,
                    &post,
                    raw.bytes(),
                    self.correlation,
                    self.now,
                );
                Ok(Outcome::Post(recorded.await?))
            }
            Incoming::Removed { channel, id, at } => {
                self.observe(&practice, &channel, id, Observation::Removed, at)
                    .await
            }
            Incoming::Visibility {
                channel,
                id,
                hidden,
                at,
                ..
            } => {
                self.observe(
                    &practice,
                    &channel,
                    id,
                    Observation::Visibility { hidden },
                    at,
                )
                .await
            }
            Incoming::Own { .. } | Incoming::Revoked { .. } | Incoming::Ignored { .. } => {
                Ok(Outcome::Ignored)
            }
        }
    }

    async fn post(
        &self,
        practice: &PracticeId,
        post: &Post,
        raw: &Raw,
    ) -> Result<Outcome, LedgerError> {
        // Where the platform tells no time, a delivery that comes again could not be told from
        // words that came back.
        let revision = NewRevision {
            told: true,
            ..NewRevision::new(
                practice,
                post,
                raw.bytes(),
                post.posted_at,
                self.correlation,
            )
        };
        Ok(Outcome::Post(
            self.ledger.record(&revision, self.now).await?,
        ))
    }

    async fn observe(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        id: String,
        observation: Observation,
        at: Option<Timestamp>,
    ) -> Result<Outcome, LedgerError> {
        let key = PostKey {
            practice: practice.clone(),
            platform: channel.platform,
            id,
        };
        self.ledger
            .observe_only(&key, observation, at.unwrap_or(self.now), self.now)
            .await?;
        Ok(Outcome::Observed)
    }
}

/// A post of which only the ids came. Reading it takes a call, and the platform waits for an
/// answer: `sweep` does it.
fn unread(
    channel: Channel,
    surface: Surface,
    id: String,
    thread: Option<String>,
    author: Author,
) -> Post {
    Post {
        channel,
        surface,
        id,
        author,
        text: String::new(),
        tagged: Vec::new(),
        media: Vec::new(),
        rating: None,
        posted_at: None,
        thread,
        parent: None,
        permalink: None,
    }
}
