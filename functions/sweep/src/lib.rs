//! Polls the platforms: Google and practices' own websites, which send no deliveries, and Facebook, Instagram and X for
//! what their deliveries left out: a post that none brought, and one of which the ids alone came. Every hour,
//! and sooner where a platform hints at news.
//!
//! An unchanged channel costs one call and no write. New and edited posts are found by their times or their content,
//! those that disappeared by counting: only where the count does not add up is everything listed, and each that is missing is
//! asked for before it counts as gone.

mod comments;
mod facebook;
mod heard;
mod instagram;
mod list;
mod mark;
mod mentions;
mod reviews;
mod unread;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use pagewarden_ledger::{Ledger, LedgerError, Use, revision_in, wanted_in};
use pagewarden_platforms::calls::{CallError, Http};
use pagewarden_platforms::google::Google;
use pagewarden_platforms::meta;
use pagewarden_platforms::x::X;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{AccessError, Ended, Entry, Gatekeeper, SecretError, Secrets, count, each_record};
use serde::Deserialize;
use thiserror::Error;

/// Channels swept at the same time.
const AT_ONCE: usize = 8;

/// Polls the channels of every practice.
#[derive(Clone, Debug)]
pub struct Sweep {
    ledger: Ledger,
    secrets: Secrets,
    google: Google,
    graph: meta::Settings,
    http: Http,
    x: X,
    gate: Gatekeeper,
}

/// What one run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Channels looked at.
    pub channels: u32,
    /// New or edited posts.
    pub posts: u32,
    /// New posts of which a delivery should have told before.
    pub unheard: u32,
    /// Posts found gone.
    pub gone: u32,
    /// Channels whose platform wants no calls now, or does not let them in.
    pub waiting: u32,
    /// Channels that could not be swept; the next run tries again.
    pub failed: u32,
}

/// What sets a sweep going.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Cause {
    /// Something is wanted: the table's stream brings the posts that are to be read, and the channels that are hinted at.
    Wanted(Event),
    /// The time-table: every channel.
    Hourly(EventBridgeEvent),
}

/// Why a channel could not be swept.
#[derive(Debug, Error)]
enum SweepError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl From<AccessError> for SweepError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Ledger(error) => error.into(),
            AccessError::Secret(error) => error.into(),
            AccessError::Call(error) => error.into(),
        }
    }
}

impl Sweep {
    /// Starts polling. `graph` needs no app secret, which is read with the other secrets; `http` is for that, and for
    /// practices' own websites, each of which has an address of its own.
    #[must_use]
    pub fn new(ledger: Ledger, secrets: Secrets, google: Google, graph: meta::Settings, http: Http, x: X) -> Self {
        let gate = Gatekeeper::new(ledger.clone(), secrets.clone());
        Sweep { ledger, secrets, google, graph, http, x, gate }
    }

    /// Does what there is cause to. Only a batch of stream records has an answer.
    pub async fn handle(&self, cause: Cause, now: Timestamp) -> Result<Option<DynamoDbEventResponse>, LedgerError> {
        match cause {
            Cause::Wanted(event) => Ok(Some(self.wanted(event, now).await)),
            Cause::Hourly(_) => self.everything(now).await.map(|_| None),
        }
    }

    /// Sweeps every channel once.
    pub async fn everything(&self, now: Timestamp) -> Result<Swept, LedgerError> {
        let channels = self.ledger.channels().await?;
        Ok(self.all(channels, now).await)
    }

    /// Does what a batch of stream records asks for: sweeps channels that a platform hinted at, and reads posts of which a
    /// delivery brought the ids alone.
    pub async fn wanted(&self, event: Event, now: Timestamp) -> DynamoDbEventResponse {
        each_record(event, async |record| {
            if let Ok(wanted) = wanted_in(record.change.new_image.clone()) {
                self.all(vec![(wanted.channel, wanted.practice)], now).await;
                return Ok(());
            }
            self.unread(&revision_in(record.change.new_image)?, now).await
        })
        .await
    }

    /// Sweeps channels once. One that fails holds up none of the others.
    async fn all(&self, channels: Vec<(Channel, PracticeId)>, now: Timestamp) -> Swept {
        let polled = channels.into_iter().filter(|(channel, _)| is_polled(channel.platform));
        let results: Vec<Swept> = stream::iter(polled)
            .map(|(channel, practice)| self.one(channel, practice, now))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let add = |sum: Swept, one: Swept| Swept {
            channels: sum.channels + one.channels,
            posts: sum.posts + one.posts,
            unheard: sum.unheard + one.unheard,
            gone: sum.gone + one.gone,
            waiting: sum.waiting + one.waiting,
            failed: sum.failed + one.failed,
        };
        let swept = results.into_iter().fold(Swept::default(), add);
        tracing::info!(
            channels = swept.channels,
            posts = swept.posts,
            unheard = swept.unheard,
            gone = swept.gone,
            waiting = swept.waiting,
            failed = swept.failed,
            "swept"
        );
        count("Swept", u64::from(swept.channels), None, now);
        count("SweepFailed", u64::from(swept.failed), None, now);
        swept
    }

    async fn one(&self, channel: Channel, practice: PracticeId, now: Timestamp) -> Swept {
        match self.through_the_gate(&channel, &practice, now).await {
            Ok(swept) => Swept { channels: 1, ..swept },
            Err(error) => {
                tracing::error!(%practice, platform = %channel.platform, account = %channel.account, %error, "a channel could not be swept");
                Swept { channels: 1, failed: 1, ..Swept::default() }
            }
        }
    }

    /// Sweeps a channel unless its platform wants no calls now, or does not let it in: then a later run does.
    async fn through_the_gate(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Swept, SweepError> {
        let pass = match self.gate.ask(practice, channel, Use::Read, now).await? {
            Entry::Open(pass) => pass,
            Entry::Wait { until, why } => {
                tracing::info!(%practice, platform = %channel.platform, account = %channel.account, %until, why, "waits");
                return Ok(Swept { waiting: 1, ..Swept::default() });
            }
        };
        let (http, meter) = self.http.metered();
        let metered = Sweep { google: self.google.over(http.clone()), http, ..self.clone() };
        let swept = match channel.platform {
            Platform::Facebook => metered.feed(channel, practice, now).await,
            Platform::Instagram => metered.media(channel, practice, now).await,
            Platform::Website => metered.comments(channel, practice, now).await,
            Platform::X => metered.mentions(channel, practice, now).await,
            _ => metered.reviews(channel, practice, now).await,
        };
        let ended = match &swept {
            Err(SweepError::Call(error)) => Ended::Call(error),
            Err(SweepError::Secret(error)) => Ended::Secret(error),
            // The table failed, which says nothing of the platform.
            Err(SweepError::Ledger(_)) => return swept,
            Ok(_) => Ended::Well,
        };
        // A person was told, or a later run makes up for it: that is no failure of the sweep.
        let waits = self.gate.tell(&pass, ended, meter.load(), now).await?;
        if waits { Ok(Swept { waiting: 1, ..Swept::default() }) } else { swept }
    }
}

const fn is_polled(platform: Platform) -> bool {
    !matches!(platform, Platform::StaffLog)
}
