//! Sweeps: how far a channel has been read, which one is to be read soon, and where a round of all
//! of them broke off.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Channel, Platform, PracticeId};
use serde::{Deserialize, Serialize};

use crate::notices::SWEEP_MISSED;
use crate::records::in_image;
use crate::write::{number, text, to_item, unless_refused};
use crate::{Ledger, LedgerError, keys};

/// Failures that are nearer to each other are of the same hourly round.
const SAME_ROUND: SignedDuration = SignedDuration::from_mins(30);
/// Failures that are farther apart have a round between them that went well.
const TWO_ROUNDS: SignedDuration = SignedDuration::from_mins(100);
/// How long a failure is remembered.
const FAILURE_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A channel that is to be swept soon, since its platform hinted at news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedSweep {
    /// The channel.
    pub channel: Channel,
    /// The practice to which it belongs.
    pub practice: PracticeId,
    /// When the platform hinted, by its clock.
    wanted: String,
}

/// What a check of a channel said: whether everything that the program does there would work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelCheck {
    /// When it was checked.
    pub at: Timestamp,
    /// Who checked it, in plain words.
    pub by: String,
    /// Nothing is missing.
    pub ready: bool,
    /// What is missing or soon will be, and what to do, in plain words: never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// Where a round of sweeps broke off, since its time was up: by platform the last account that it
/// came to, in the order of their ids; an empty one before the first. A platform whose round is
/// whole is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenOff {
    /// The last accounts.
    pub after: BTreeMap<Platform, String>,
}

impl Ledger {
    /// Returns where the last round of sweeps broke off.
    pub async fn broken_off(&self) -> Result<BrokenOff, LedgerError> {
        Ok(self.read(keys::round()).await?.unwrap_or_default())
    }

    /// Notes where a round of sweeps broke off.
    pub async fn break_off(&self, at: &BrokenOff) -> Result<(), LedgerError> {
        let item = to_item(&keys::round(), at)?;
        self.overwrite(item).await
    }

    /// Returns how far a channel has been swept, as the sweep wrote it.
    pub async fn watermark(
        &self,
        id: &PracticeId,
        channel: &Channel,
    ) -> Result<Option<String>, LedgerError> {
        let item = self.get(keys::sweep(id, channel)).await?;
        Ok(item.and_then(|item| {
            item.get("watermark")
                .and_then(|value| value.as_s().ok())
                .cloned()
        }))
    }

    /// Writes how far a channel has been swept.
    pub async fn set_watermark(
        &self,
        id: &PracticeId,
        channel: &Channel,
        mark: &str,
    ) -> Result<(), LedgerError> {
        let mut item = keys::sweep(id, channel).attributes();
        item.insert("watermark".to_owned(), text(mark));
        self.overwrite(item).await
    }

    /// Notes that a channel could not be swept. Twice in a row, an hour apart, the practice's
    /// people are told: once a day.
    pub async fn sweep_failed(
        &self,
        id: &PracticeId,
        channel: &Channel,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        // A channel that is looked at in between fails in between as well, which says nothing new.
        let noted = self
            .change(&keys::sweep_failed(id, channel))
            .update_expression("SET failed_at = :now, expires = :expires")
            .condition_expression("attribute_not_exists(failed_at) OR failed_at < :before")
            .expression_attribute_values(":now", text(keys::sortable(now)))
            .expression_attribute_values(":before", text(keys::sortable(now - SAME_ROUND)))
            .expression_attribute_values(":expires", number((now + FAILURE_KEPT).as_second()))
            .return_values(ReturnValue::UpdatedOld)
            .send()
            .await;
        let before = match noted {
            Ok(noted) => noted.attributes,
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let before = before.as_ref().and_then(|item| {
            item.get("failed_at")?
                .as_s()
                .ok()?
                .parse::<Timestamp>()
                .ok()
        });
        if before.is_some_and(|before| now.duration_since(before) < TWO_ROUNDS) {
            let occasion = format!(
                "{}#{}#{}",
                channel.platform,
                channel.account,
                now.strftime("%Y-%m-%d")
            );
            self.put_alert(id, SWEEP_MISSED, &occasion, now).await?;
        }
        Ok(())
    }

    /// Returns when a channel could not be swept last, if that was within a day.
    pub async fn sweep_failed_at(
        &self,
        id: &PracticeId,
        channel: &Channel,
    ) -> Result<Option<Timestamp>, LedgerError> {
        #[derive(Deserialize)]
        struct Failed {
            failed_at: Timestamp,
        }
        let failed: Option<Failed> = self.read(keys::sweep_failed(id, channel)).await?;
        Ok(failed.map(|failed| failed.failed_at))
    }

    /// Notes what a check of a channel said. The newest one is kept.
    pub async fn channel_checked(
        &self,
        id: &PracticeId,
        channel: &Channel,
        check: &ChannelCheck,
    ) -> Result<(), LedgerError> {
        let item = to_item(&keys::channel_checked(id, channel), check)?;
        self.overwrite(item).await
    }

    /// Returns what the newest check of a channel said, if it was ever checked.
    pub async fn channel_check(
        &self,
        id: &PracticeId,
        channel: &Channel,
    ) -> Result<Option<ChannelCheck>, LedgerError> {
        self.read(keys::channel_checked(id, channel)).await
    }

    /// Asks for a channel to be swept soon: the stream carries it to `sweep`. Returns `true` if
    /// that was news.
    ///
    /// `hinted_at` is when the platform sent its hint. A hint that is not later than one before it
    /// says nothing new, since what it hints at was there when the later one had the channel swept:
    /// so a replay changes nothing.
    pub async fn want_sweep(
        &self,
        id: &PracticeId,
        channel: &Channel,
        hinted_at: Timestamp,
    ) -> Result<bool, LedgerError> {
        let (key, wanted) = (keys::sweep_wanted(id, channel), keys::sortable(hinted_at));
        let record = WantedSweep {
            channel: channel.clone(),
            practice: id.clone(),
            wanted: wanted.clone(),
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&key, &record)?))
            .condition_expression("attribute_not_exists(PK) OR wanted < :wanted")
            .expression_attribute_values(":wanted", text(wanted));
        unless_refused(put.send().await)
    }
}

/// Reads a wanted sweep out of a record of the table's stream.
pub fn wanted_in(image: serde_dynamo::Item) -> Result<WantedSweep, LedgerError> {
    in_image(image)
}
