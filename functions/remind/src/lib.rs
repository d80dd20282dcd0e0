#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod anchor;
mod daily;
mod retain;
mod sample;
mod send;
mod step;
mod tell;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Due, Ledger, LedgerError, Rearmed, TellKey};
use pagewarden_notices::Carrier;
use pagewarden_runtime::{Anchors, each_record};
use serde::Deserialize;
use tokio::time::Instant;

pub use crate::daily::{SPREAD_MINUTES, turn};
use crate::tell::{Desk, note};

/// An item that was set going is looked at again after this long, should its function fail once
/// more.
pub const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// How long a run goes on beginning digests. It has a little more than that, and the next begins a
/// minute later.
pub const DIGESTS_FOR: Duration = Duration::from_secs(30);

/// Digests that are written before they are sent. A run that is killed meanwhile leaves them to the
/// next.
const DIGESTS_AT_ONCE: usize = 20;

/// Where events about sent e-mail come from.
const SES: &str = "aws.ses";

/// What sets it going.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Cause {
    /// Something new that people are told at once: the table's stream brings it.
    Stream(Event),
    /// The schedule; or SES, which says that an e-mail did not arrive.
    Event(EventBridgeEvent),
}

/// What one run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminded {
    /// Revisions without a decision.
    pub revisions: u32,
    /// Posts that are still to be read from their platform.
    pub unread: u32,
    /// Actions to be tried again.
    pub actions: u32,
    /// Tasks that no person has answered in time.
    pub late: u32,
}

/// Sets going what is due, and tells people.
#[derive(Clone, Debug)]
pub struct Remind {
    ledger: Ledger,
    carriers: Vec<Arc<dyn Carrier>>,
    console: Option<String>,
    anchors: Option<Arc<dyn Anchors>>,
}

impl Remind {
    /// Makes one that sends by these carriers, and names this address as the console's.
    #[must_use]
    pub fn new(ledger: Ledger, carriers: Vec<Arc<dyn Carrier>>, console: Option<String>) -> Self {
        Remind {
            ledger,
            carriers,
            console,
            anchors: None,
        }
    }

    /// Says where the anchors of the practices' chains are kept; without it none are written.
    #[must_use]
    pub fn with_anchors(self, anchors: Option<Arc<dyn Anchors>>) -> Self {
        Remind { anchors, ..self }
    }

    /// Does what a cause asks for. Only a stream is answered.
    pub async fn handle(
        &self,
        cause: Cause,
        now: Timestamp,
    ) -> Result<Option<DynamoDbEventResponse>, LedgerError> {
        match cause {
            Cause::Stream(event) => Ok(Some(self.stream(event, now).await)),
            Cause::Event(event) if event.source == SES => {
                self.came_back(&event.detail, now).await?;
                Ok(None)
            }
            Cause::Event(_) => self.run(now).await.map(|_| None),
        }
    }

    /// Tells at once what is new.
    async fn stream(&self, event: Event, now: Timestamp) -> DynamoDbEventResponse {
        each_record(event, async |record| {
            let Some(key) = TellKey::in_stream(record.change.new_image)? else {
                return Ok::<_, LedgerError>(());
            };
            // What is due later, or was told by a run of the schedule, is left to the schedule.
            if key.is_due(now) {
                Desk::at(self, now).told_at_once().tell(vec![key]).await?;
            }
            Ok(())
        })
        .await
    }

    /// Sets everything going that is due now, and tells what is due to be told.
    ///
    /// An item that cannot be written holds up none of the others: it is due still, and only a run
    /// in which nothing could be written fails. Either way people are told: of what is late first,
    /// and only then by the digests, of which many are due in the same minute.
    pub async fn run(&self, now: Timestamp) -> Result<Reminded, LedgerError> {
        let until = Instant::now() + DIGESTS_FOR;
        let set_going = self.set_going(now).await;
        let told = Desk::at(self, now)
            .tell(self.ledger.to_tell(now).await?)
            .await;
        let digests = self.digests(now, until).await;
        self.daily(now).await?;
        let mut reminded = set_going?;
        reminded.late = told?;
        digests?;
        Ok(reminded)
    }

    /// Tells the digests that are due, a few at a time while there is time. The next run goes on with
    /// the others.
    async fn digests(&self, now: Timestamp, until: Instant) -> Result<(), LedgerError> {
        let due = self.ledger.digests_to_tell(now).await?;
        let (mut failed, mut done) = (None, false);
        for some in due.chunks(DIGESTS_AT_ONCE) {
            if Instant::now() >= until {
                break;
            }
            let told = Desk::at(self, now).tell(some.to_vec()).await;
            note(told, &mut failed, &mut done);
        }
        match failed {
            Some(error) if !done => Err(error),
            _ => Ok(()),
        }
    }

    async fn set_going(&self, now: Timestamp) -> Result<Reminded, LedgerError> {
        let mut reminded = Reminded::default();
        let (mut written, mut failed) = (false, None);
        for due in self.ledger.due(now).await? {
            match self.ledger.rearm(&due, AGAIN_AFTER, now).await {
                Ok(rearmed) => {
                    written = true;
                    if rearmed == Rearmed::No {
                        continue;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "an item that is due was not set going: the next run does it");
                    failed = Some(error);
                    continue;
                }
            }
            match due.kind {
                Due::Revision => reminded.revisions += 1,
                Due::Unread => reminded.unread += 1,
                Due::Action => reminded.actions += 1,
                Due::Step => Box::pin(self.step(&due, now)).await,
            }
        }
        if [reminded.revisions, reminded.unread, reminded.actions] != [0, 0, 0] {
            let Reminded {
                revisions,
                unread,
                actions,
                ..
            } = reminded;
            tracing::info!(revisions, unread, actions, "set going again");
        }
        if let Some(error) = failed.filter(|_| !written) {
            return Err(error);
        }
        // An alarm looks for these: a revision that waits for minutes means that `moderate` keeps
        // failing.
        pagewarden_runtime::count("Undecided", u64::from(reminded.revisions), None, now);
        Ok(reminded)
    }
}
