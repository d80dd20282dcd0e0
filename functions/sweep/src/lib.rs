#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod daily;
mod facebook;
mod google;
mod instagram;
mod job;
mod list;
mod meta;
mod round;
mod run;
mod unread;
mod watermark;
mod website;
mod x;

use std::ops::AddAssign;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use jiff::Timestamp;
use pagewarden_clock::Clock;
use pagewarden_ledger::{Ledger, LedgerError, Use, revision_in, wanted_in};
use pagewarden_platforms::calls::Meter;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{
    Ended, Entry, Gatekeeper, Permit, Platforms, ReachError, Scope, Secrets, count, each_record,
};
use serde::Deserialize;

pub use round::AT_ONCE;
pub use run::{LAST_MINUTE, TURN};

use job::Job;
use round::Round;
use run::{Run, Waited};

/// How often a channel comes to the gate in a run: where its platform asks for fewer calls, again
/// once it takes them.
const TRIES: usize = 30;

/// Polls the channels of every practice.
#[derive(Clone, Debug)]
pub struct Sweep {
    ledger: Ledger,
    secrets: Secrets,
    platforms: Platforms,
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
    /// Channels whose platform wants no calls for a while, or does not let them in.
    pub waiting: u32,
    /// Rows of the platforms' lists that could not be read.
    pub unreadable: u32,
    /// Channels that could not be swept, or not wholly; the next run tries again.
    pub failed: u32,
}

impl AddAssign for Swept {
    fn add_assign(&mut self, one: Self) {
        self.channels += one.channels;
        self.posts += one.posts;
        self.unheard += one.unheard;
        self.gone += one.gone;
        self.waiting += one.waiting;
        self.unreadable += one.unreadable;
        self.failed += one.failed;
    }
}

impl Swept {
    const WAITING: Swept = Swept {
        channels: 0,
        posts: 0,
        unheard: 0,
        gone: 0,
        waiting: 1,
        unreadable: 0,
        failed: 0,
    };

    /// Logs and counts it.
    fn log(&self, now: Timestamp) {
        tracing::info!(
            channels = self.channels,
            posts = self.posts,
            unheard = self.unheard,
            gone = self.gone,
            waiting = self.waiting,
            unreadable = self.unreadable,
            failed = self.failed,
            "swept"
        );
        count("Swept", u64::from(self.channels), None, now);
        count("SweepFailed", u64::from(self.failed), None, now);
    }
}

/// What sets a sweep going.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Cause {
    /// Something is wanted: the table's stream brings the posts that are to be read, and the
    /// channels that are hinted at.
    Wanted(Event),
    /// The schedule: every channel.
    Hourly(EventBridgeEvent),
    /// The schedule in between: only some channels.
    Between {
        /// Which.
        sweep: Between,
    },
}

/// What is swept between the hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// What a run had no time for.
    LeftOver,
}

impl Sweep {
    /// Starts polling.
    #[must_use]
    pub fn new(ledger: Ledger, secrets: Secrets, platforms: Platforms) -> Self {
        let gate = Gatekeeper::new(ledger.clone(), secrets.clone());
        Sweep {
            ledger,
            secrets,
            platforms,
            gate,
        }
    }

    /// Returns a job of this function, by these clients.
    const fn job<'a>(
        &'a self,
        platforms: &'a Platforms,
        meter: &'a Meter,
        scope: Scope<'a>,
    ) -> Job<'a> {
        Job {
            ledger: &self.ledger,
            secrets: &self.secrets,
            platforms,
            meter,
            scope,
        }
    }

    /// Does what there is cause to, in the time that there is. Only a batch of stream records has
    /// an answer.
    pub async fn handle(
        &self,
        cause: Cause,
        clock: &Clock,
        time: Duration,
    ) -> Result<Option<DynamoDbEventResponse>, LedgerError> {
        match cause {
            Cause::Wanted(event) => Ok(Some(self.wanted(event, clock, time).await)),
            Cause::Hourly(_) => self.round(Round::Every, clock, time).await.map(|_| None),
            Cause::Between {
                sweep: Between::LeftOver,
            } => self.round(Round::LeftOver, clock, time).await.map(|_| None),
        }
    }

    /// Does what a batch of stream records asks for: sweeps channels that a platform hinted at, and
    /// reads posts of which a delivery brought the ids alone.
    async fn wanted(&self, event: Event, clock: &Clock, time: Duration) -> DynamoDbEventResponse {
        let run = &Run::at_once(clock, time);
        each_record(event, async |record| {
            if let Ok(wanted) = wanted_in(record.change.new_image.clone()) {
                let swept = self.channel(run, &wanted.channel, &wanted.practice).await;
                swept.unwrap_or(Swept::WAITING).log(clock.now());
                return Ok(());
            }
            self.unread(&revision_in(record.change.new_image)?, clock.now())
                .await
        })
        .await
    }

    /// Sweeps a channel. Returns none where the time does not suffice for what it has to wait for.
    async fn channel(
        &self,
        run: &Run<'_>,
        channel: &Channel,
        practice: &PracticeId,
    ) -> Option<Swept> {
        let swept = self.through_the_gate(run, channel, practice);
        let (swept, failed) = match tokio::time::timeout_at(run.end, swept).await {
            // The others are on record. Of these nobody would hear.
            Ok(Ok(Some(swept))) if swept.unreadable > 0 => {
                let rows = swept.unreadable;
                (
                    swept,
                    format!("rows of its lists that could not be read: {rows}"),
                )
            }
            Ok(Ok(swept)) => {
                return swept.map(|swept| Swept {
                    channels: 1,
                    ..swept
                });
            }
            Ok(Err(error)) => (Swept::default(), error.to_string()),
            Err(_) => (Swept::default(), "it took too long".to_owned()),
        };
        tracing::error!(%practice, platform = %channel.platform, account = %channel.account, error = failed, "a channel could not be swept");
        if let Err(error) = self
            .ledger
            .sweep_failed(practice, channel, run.clock.now())
            .await
        {
            tracing::error!(%practice, %error, "that a channel could not be swept was not noted");
        }
        Some(Swept {
            channels: 1,
            failed: 1,
            ..swept
        })
    }

    /// Sweeps a channel unless its platform wants no calls for a while, or does not let it in: then
    /// a later run does.
    async fn through_the_gate(
        &self,
        run: &Run<'_>,
        channel: &Channel,
        practice: &PracticeId,
    ) -> Result<Option<Swept>, ReachError> {
        for _ in 0..TRIES {
            let now = run.clock.now();
            let correlation = format!("sweep {}", now.as_second());
            let scope = Scope {
                practice,
                channel,
                correlation: &correlation,
                now,
            };
            let permit = match self.gate.ask(&scope, Use::Read).await? {
                Entry::Open(permit) => permit,
                Entry::Wait { until, why } => match run.sit_out(until).await {
                    Waited::Out => continue,
                    Waited::NoTime => return Ok(None),
                    Waited::TooLong => {
                        tracing::info!(%practice, platform = %channel.platform, account = %channel.account, %until, why, "waits");
                        break;
                    }
                },
            };
            if let Some(swept) = self.with_permit(run, &scope, &permit).await? {
                return Ok(Some(swept));
            }
        }
        Ok(Some(Swept::WAITING))
    }

    /// Sweeps a channel, and tells the gate how that went. Returns none where the channel has to
    /// wait after all.
    async fn with_permit(
        &self,
        run: &Run<'_>,
        scope: &Scope<'_>,
        permit: &Permit,
    ) -> Result<Option<Swept>, ReachError> {
        let (platforms, meter) = self.platforms.metered();
        let job = self.job(&platforms, &meter, *scope);
        let swept = match scope.channel.platform {
            Platform::Facebook => facebook::sweep(&job).await,
            Platform::Instagram => instagram::sweep(&job).await,
            Platform::Google => google::sweep(&job, run).await,
            Platform::Website => website::sweep(&job).await,
            Platform::X => x::sweep(&job).await,
            Platform::StaffLog => Ok(Swept::default()),
        };
        let ended = match &swept {
            Err(ReachError::Call(error)) => Ended::Call(error),
            Err(ReachError::Secret(error)) => Ended::Secret(error),
            // The table failed, which says nothing of the platform.
            Err(ReachError::Ledger(_)) => return swept.map(Some),
            Ok(_) => Ended::Well,
        };
        // A person was told, or a later run makes up for it: that is no failure of the sweep.
        let waits = self
            .gate
            .record(permit, ended, meter.load(), run.clock.now())
            .await?;
        if waits {
            return Ok(None);
        }
        let unreadable = u32::try_from(meter.unreadable()).unwrap_or(u32::MAX);
        swept.map(|swept| {
            Some(Swept {
                unreadable,
                ..swept
            })
        })
    }
}
