//! Practices: their channels, settings, policies and switch.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Channel, PracticeId};
use serde::{Deserialize, Serialize};

use crate::chain::PracticeEvent;
use crate::keys;
use crate::write::{Guard, Transacted, Transaction, Tries, number, put_item, text, to_item, unless_refused};
use crate::{Ledger, LedgerError};

/// Days that the count of an unknown channel is kept.
const UNKNOWN_KEPT_DAYS: i64 = 30;

/// A practice, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeRecord {
    /// The version of the policy in force.
    pub policy: u32,
    /// The settings, as JSON.
    pub settings: String,
}

/// One version of a practice's policy, as it was published here. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyRecord {
    /// The version, from 1.
    pub version: u32,
    /// The policy, as TOML.
    pub toml: String,
    /// The practice's published text, against which it was checked.
    pub published: String,
    /// When it came in force.
    pub at: Timestamp,
    /// Who put it in force, as `name:role`.
    pub by: String,
}

/// What became of news from a channel that belongs to no practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownChannel {
    /// It was heard of for the first time: report it.
    First,
    /// It was reported before, and is counted.
    Again,
}

impl Ledger {
    /// Returns the practice to which a channel belongs.
    pub async fn practice_of(&self, channel: &Channel) -> Result<Option<PracticeId>, LedgerError> {
        let item = self.get(keys::channel(channel)).await?;
        let id = item.as_ref().and_then(|item| item.get("practice")).and_then(|value| value.as_s().ok());
        Ok(id.and_then(|id| id.parse().ok()))
    }

    /// Counts news from a channel that belongs to no practice.
    pub async fn count_unknown(&self, channel: &Channel, now: Timestamp) -> Result<UnknownChannel, LedgerError> {
        let expires = now + SignedDuration::from_hours(UNKNOWN_KEPT_DAYS * 24);
        let counted = self
            .change(&keys::unknown_channel(channel))
            .update_expression("SET expires = :expires ADD #count :one")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires", number(expires.as_second()))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedNew)
            .send()
            .await?;
        let count = counted.attributes.as_ref().and_then(|item| item.get("count")).and_then(|value| value.as_n().ok());
        Ok(if count.is_some_and(|count| count == "1") { UnknownChannel::First } else { UnknownChannel::Again })
    }

    /// Returns a practice as it stands now.
    pub async fn practice(&self, id: &PracticeId) -> Result<Option<PracticeRecord>, LedgerError> {
        self.read(keys::settings(id)).await
    }

    /// Returns one version of a practice's policy.
    pub async fn policy(&self, id: &PracticeId, version: u32) -> Result<Option<PolicyRecord>, LedgerError> {
        self.read(keys::policy(id, version)).await
    }

    /// Puts a policy and the settings in force, with the practice's channels: all of it or nothing.
    ///
    /// The policy is a new version unless it is, to the letter, the one in force. Returns the version.
    pub async fn publish(
        &self,
        id: &PracticeId,
        policy: &PolicyRecord,
        settings: &str,
        channels: &[Channel],
    ) -> Result<u32, LedgerError> {
        let before = self.practice(id).await?;
        let current = match &before {
            Some(record) => self.policy(id, record.policy).await?,
            None => None,
        };
        let same = current.as_ref().is_some_and(|c| c.toml == policy.toml && c.published == policy.published);
        let last = before.as_ref().map_or(0, |record| record.policy);
        let version = if same { last } else { last + 1 };
        let mut writes = Transaction::default();
        if !same {
            let record = PolicyRecord { version, ..policy.clone() };
            self.add(&mut writes, to_item(&keys::policy(id, version), &record)?)?;
        }
        let now_in_force = PracticeRecord { policy: version, settings: settings.to_owned() };
        let settings = to_item(&keys::settings(id), &now_in_force)?;
        writes.seal(&settings);
        writes.push(Guard::Nothing, put_item(self.put(settings))?);
        let published = PracticeEvent::Published { policy: version, by: policy.by.clone() };
        self.append_to_practice(&mut writes, id, policy.at, &published).await?;
        for channel in channels {
            let mut item = keys::channel(channel).attributes();
            item.insert("practice".to_owned(), text(id.as_str()));
            // A channel never changes hands by publishing: it has to be taken from the other practice first.
            let put = self
                .put(item)
                .condition_expression("attribute_not_exists(PK) OR practice = :practice")
                .expression_attribute_values(":practice", text(id.as_str()));
            writes.push(Guard::Channel, put_item(put)?);
            // Listed together as well, so that a sweep finds the channels without reading the table.
            let mut listed = keys::channel_listed(channel).attributes();
            listed.insert("practice".to_owned(), text(id.as_str()));
            writes.push(Guard::Nothing, put_item(self.put(listed))?);
        }
        match self.transact(writes).await? {
            Transacted::Written => Ok(version),
            Transacted::Refused(_) | Transacted::Conflict => Err(LedgerError::Contended(id.to_string())),
        }
    }

    /// Takes a channel from a practice: what is heard of it from now on is nobody's. Its posts stay on record.
    pub async fn let_go(&self, id: &PracticeId, channel: &Channel) -> Result<(), LedgerError> {
        for key in [keys::channel_listed(channel), keys::channel(channel)] {
            let gone = self
                .client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(key.attributes()))
                .condition_expression("practice = :practice")
                .expression_attribute_values(":practice", text(id.as_str()))
                .send()
                .await;
            unless_refused(gone)?;
        }
        Ok(())
    }

    /// Turns a practice's switch on or off. Off, the machine acts on nothing.
    pub async fn set_switch(&self, id: &PracticeId, on: bool, by: &str, now: Timestamp) -> Result<(), LedgerError> {
        let mut item = keys::switch(id).attributes();
        item.insert("on".to_owned(), AttributeValue::Bool(on));
        item.insert("by".to_owned(), text(by));
        item.insert("at".to_owned(), text(now.to_string()));
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            writes.seal(&item);
            writes.push(Guard::Nothing, put_item(self.put(item.clone()))?);
            let turned = PracticeEvent::Switched { on, by: by.to_owned(), note: None };
            self.append_to_practice(&mut writes, id, now, &turned).await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Returns every channel, with the practice to which it belongs.
    pub async fn channels(&self) -> Result<Vec<(Channel, PracticeId)>, LedgerError> {
        let items = self.partition(keys::CHANNELS, "").await?;
        Ok(items
            .into_iter()
            .filter_map(|item| {
                let name = |attribute: &str| item.get(attribute).and_then(|value| value.as_s().ok());
                let (platform, account) = name("SK")?.split_once('#')?;
                let channel = Channel { platform: platform.parse().ok()?, account: account.to_owned() };
                Some((channel, name("practice")?.parse().ok()?))
            })
            .collect())
    }
}
