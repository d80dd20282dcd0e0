//! The chain of a practice: everything that decides, is sent or changes what is in force, in one
//! order.
//!
//! Each post has a chain of its own, so that its history can be checked by itself. A line that
//! follows from more than a harmless post is a link of its practice's chain as well, and so a post
//! that is removed whole leaves a gap. Lines name what was written with them (tasks, actions,
//! incidents, policies) by a hash of its content, its seal: what is changed or removed afterwards,
//! or planted, does not fit.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use pagewarden_rules::{Channel, Mode, PracticeId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::records::EventRecord;
use crate::versions::{Stage, StepWanted};
use crate::write::{Guard, Item, Transaction, from_item, to_item};
use crate::{Ledger, LedgerError};

/// Seals by the key of the item, as it is written.
pub(crate) type Seals = BTreeMap<String, String>;

/// Attributes that change in an item's life. What became of it stands in the history.
const MUTABLE: [&str; 20] = [
    "PK",
    "SK",
    "due_kind",
    "due_pk",
    "due_sk",
    "queue_pk",
    "queue_sk",
    "status",
    "outcome",
    "attempts",
    "may_be_done",
    "charged",
    "sent",
    "result",
    "decided",
    "read_at",
    "expires",
    "rearmed",
    "rounds",
    "closed_at",
];

/// A line's place in its practice's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number, from 1.
    pub seq: u64,
    /// The hash of the link before, empty for the first.
    pub prev: String,
}

/// The end of a practice's chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainHead {
    /// The number of the last link.
    pub seq: u64,
    /// Its hash.
    pub hash: String,
}

impl ChainHead {
    /// Returns the place of the next link.
    pub(crate) fn next(&self) -> Link {
        Link {
            seq: self.seq + 1,
            prev: self.hash.clone(),
        }
    }
}

/// Returns the hash of what an item says, whatever becomes of it later.
pub(crate) fn seal(item: &Item) -> String {
    let mut hash = Sha256::new();
    let attributes: BTreeMap<&String, &AttributeValue> = item
        .iter()
        .filter(|(name, _)| !MUTABLE.contains(&name.as_str()))
        .collect();
    map(&mut hash, &attributes);
    hex::encode(hash.finalize())
}

fn map(hash: &mut Sha256, attributes: &BTreeMap<&String, &AttributeValue>) {
    hash.update((attributes.len() as u64).to_be_bytes());
    for (name, attribute) in attributes {
        field(hash, b'K', name.as_bytes());
        value(hash, attribute);
    }
}

/// Length-prefixed and with its type, so that no two contents run into the same bytes.
fn field(hash: &mut Sha256, kind: u8, bytes: &[u8]) {
    hash.update([kind]);
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SDK's enum may gain variants"
)]
fn value(hash: &mut Sha256, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => field(hash, b'S', text.as_bytes()),
        AttributeValue::N(number) => field(hash, b'N', number.as_bytes()),
        AttributeValue::Bool(on) => field(hash, b'B', &[u8::from(*on)]),
        AttributeValue::L(list) => {
            field(hash, b'L', &(list.len() as u64).to_be_bytes());
            for one in list {
                self::value(hash, one);
            }
        }
        AttributeValue::M(attributes) => {
            hash.update(b"M");
            map(hash, &attributes.iter().collect());
        }
        // Nothing else is ever written: records are made of text, numbers, yes and no, lists and
        // maps.
        other => field(hash, b'?', format!("{other:?}").as_bytes()),
    }
}

/// Something that happened to a practice as a whole. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PracticeEvent {
    /// A policy and settings came into force.
    Published {
        /// The version of the policy.
        policy: u32,
        /// Who, as `name:role`.
        by: String,
    },
    /// Somebody let all channels of the practice go, which leaves.
    ChannelsLetGo {
        /// Who, as `name:role`.
        by: String,
        /// How many.
        channels: u64,
    },
    /// Somebody took everything of the practice along.
    TakenAlong {
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the list of what they took, in hexadecimal.
        sha256: String,
    },
    /// Somebody asked for everything of the practice to be deleted.
    DeletionAsked {
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the list of what was taken along before, in hexadecimal.
        sha256: String,
    },
    /// Somebody proposed a version of the policy.
    Proposed {
        /// The version.
        policy: u32,
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the backtest's result that they had seen, in hexadecimal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backtest: Option<String>,
    },
    /// Somebody tried a version on what is on record.
    Tried {
        /// The version.
        policy: u32,
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the result, in hexadecimal.
        backtest: String,
    },
    /// Somebody asked for a step of a version.
    StepAsked {
        /// Which.
        step: StepWanted,
        /// Who, as `name:role`.
        by: String,
    },
    /// Somebody agreed to a step of a version, which took force unless it waits for its time.
    StepAgreed {
        /// Which.
        step: StepWanted,
        /// Who, as `name:role`.
        by: String,
        /// Who had asked for it, as `name:role`.
        with: String,
    },
    /// A step took force whose time had come.
    StepTaken {
        /// Where it led.
        to: Stage,
    },
    /// A step's time had come, and something kept its version from acting. It stays agreed to.
    StepHeldUp {
        /// Where it leads.
        to: Stage,
        /// What, a sentence each.
        blockers: Vec<String>,
    },
    /// Somebody called off a step that was asked for or agreed to and waited.
    StepCalledOff {
        /// Where it led.
        to: Stage,
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words.
        note: String,
    },
    /// Somebody went back to an earlier version, or had the one in force act less.
    WentBack {
        /// The version.
        policy: u32,
        /// How far it acts.
        mode: Mode,
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words.
        note: String,
    },
    /// The switch was turned.
    Switched {
        /// On, or off.
        on: bool,
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Who had asked for it, as `name:role`, where it takes two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        with: Option<String>,
    },
    /// Somebody asked for the switch to be turned on again.
    StartAsked {
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Somebody agreed that an account of the practice be connected. What came of it, the channel's
    /// check says.
    ConnectionAgreed {
        /// The account.
        channel: Channel,
        /// Who, as `name:role`.
        by: String,
    },
    /// Somebody asked for a rule that had stopped itself to be started again.
    RuleStartAsked {
        /// Its clause.
        clause: String,
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A rule that had stopped itself was started again.
    RuleStarted {
        /// Its clause.
        clause: String,
        /// Who, as `name:role`.
        by: String,
        /// Who had asked for it, as `name:role`.
        with: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Somebody wrote in the staff log.
    Logged {
        /// Who, as `name:role`.
        by: String,
    },
    /// Somebody took a step against an account, or said that a complaint of it is closed.
    Stepped {
        /// Who, as `name:role`.
        by: String,
    },
    /// The time for which the policy keeps things had passed, and words were deleted.
    LetGo {
        /// Who had it done, as `name:role`; none where it was the daily run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// How many posts, by the kind as which they were kept.
        counts: BTreeMap<String, u64>,
        /// SHA-256 of each post's id, as `practice/platform/id`.
        ids: Vec<String>,
    },
    /// Somebody gave an author what is held about them.
    AnsweredAuthor {
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the account, as `practice/platform/id`.
        account: String,
        /// SHA-256 of the file, in hexadecimal.
        sha256: String,
        /// How many posts were in it.
        posts: u64,
        /// How much was kept out of it, by the kind.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        kept_out: BTreeMap<String, u64>,
    },
    /// An author asked for what is held about them to be deleted, and somebody had it done.
    Erased {
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the account, as `practice/platform/id`.
        account: String,
        /// Why, in their words.
        note: String,
        /// SHA-256 of the id of each post whose words went, as `practice/platform/id`.
        ids: Vec<String>,
        /// SHA-256 of the key of each note whose words went.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notes: Vec<String>,
        /// How many posts were kept, by the reason.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        kept: BTreeMap<String, u64>,
    },
    /// An author asked for what is held about them not to be used, or no longer does.
    RestrictedAuthor {
        /// Whether it is only kept.
        on: bool,
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the account, as `practice/platform/id`.
        account: String,
    },
    /// Somebody corrected what staff had written down: its words are deleted, and what is written
    /// with this line says what was wrong and what is right.
    Rectified {
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of the key of the note or the entry whose words went.
        what: String,
    },
    /// Somebody wrote a note about an account.
    Noted {
        /// Who, as `name:role`.
        by: String,
    },
}

impl Ledger {
    /// Returns the end of a practice's chain.
    pub async fn chain_head(&self, practice: &PracticeId) -> Result<ChainHead, LedgerError> {
        Ok(self
            .read(keys::chain_head(practice))
            .await?
            .unwrap_or_default())
    }

    /// Adds the write by which a practice's chain grows to this line, if nobody wrote to it since
    /// its head was read.
    pub(crate) fn grow(
        &self,
        transaction: &mut Transaction,
        practice: &PracticeId,
        link: &Link,
        hash: &str,
    ) -> Result<(), LedgerError> {
        let head = ChainHead {
            seq: link.seq,
            hash: hash.to_owned(),
        };
        self.grow_by(transaction, practice, link.seq - 1, &head)
    }

    /// Adds the write by which a practice's chain grows by several lines to this end, if it still
    /// ends with the line of that number; 0 before there is any.
    pub(crate) fn grow_by(
        &self,
        transaction: &mut Transaction,
        practice: &PracticeId,
        from: u64,
        head: &ChainHead,
    ) -> Result<(), LedgerError> {
        let item = to_item(&keys::chain_head(practice), head)?;
        transaction.push(Guard::History, self.put_after(item, "seq", from)?);
        Ok(())
    }

    /// Adds a line about a practice as a whole, with the seals of what the transaction puts.
    pub(crate) async fn append_to_practice(
        &self,
        transaction: &mut Transaction,
        practice: &PracticeId,
        at: Timestamp,
        event: &PracticeEvent,
    ) -> Result<(), LedgerError> {
        let link = self.chain_head(practice).await?.next();
        self.append_link_to_practice(transaction, practice, &link, at, event)
    }

    /// Adds a line about a practice as a whole at this place of its chain, for who has to know
    /// before that nothing else was written since: such as that a number is free.
    pub(crate) fn append_link_to_practice(
        &self,
        transaction: &mut Transaction,
        practice: &PracticeId,
        link: &Link,
        at: Timestamp,
        event: &PracticeEvent,
    ) -> Result<(), LedgerError> {
        let key = match event {
            PracticeEvent::Published { .. }
            | PracticeEvent::ChannelsLetGo { .. }
            | PracticeEvent::TakenAlong { .. }
            | PracticeEvent::DeletionAsked { .. } => keys::practice_event(practice, link.seq),
            PracticeEvent::Proposed { .. }
            | PracticeEvent::StepAsked { .. }
            | PracticeEvent::StepAgreed { .. }
            | PracticeEvent::Tried { .. }
            | PracticeEvent::StepTaken { .. }
            | PracticeEvent::StepHeldUp { .. }
            | PracticeEvent::StepCalledOff { .. }
            | PracticeEvent::WentBack { .. } => keys::versions_event(practice, link.seq),
            PracticeEvent::Switched { .. }
            | PracticeEvent::StartAsked { .. }
            | PracticeEvent::ConnectionAgreed { .. }
            | PracticeEvent::RuleStartAsked { .. }
            | PracticeEvent::RuleStarted { .. } => keys::switch_event(practice, link.seq),
            PracticeEvent::Logged { .. }
            | PracticeEvent::Noted { .. }
            | PracticeEvent::AnsweredAuthor { .. }
            | PracticeEvent::Erased { .. }
            | PracticeEvent::RestrictedAuthor { .. }
            | PracticeEvent::Rectified { .. }
            | PracticeEvent::Stepped { .. } => keys::log_event(practice, link.seq),
            PracticeEvent::LetGo { .. } => keys::retention_event(practice, link.seq),
        };
        let event = EventRecord::new(
            link.seq,
            link.prev.clone(),
            at,
            event,
            transaction.seals(),
            None,
        )
        .map_err(|source| crate::write::unreadable(&key, source))?;
        self.grow(transaction, practice, link, &event.hash)?;
        transaction.push(Guard::Line, self.put_once(to_item(&key, &event)?)?);
        Ok(())
    }

    /// Returns what happened to a practice as a whole, in order, but for what staff wrote down.
    pub async fn practice_events(
        &self,
        practice: &PracticeId,
    ) -> Result<Vec<EventRecord>, LedgerError> {
        let mut events = Vec::new();
        for partition in [
            keys::practice(practice),
            keys::versions_partition(practice),
            keys::switch_partition(practice),
            keys::retention_partition(practice),
        ] {
            for item in self.partition(&partition, "EVT#").await? {
                events.push(from_item::<EventRecord>(item)?);
            }
        }
        events.sort_by_key(|event| event.seq);
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::{number, text};

    fn item(pairs: &[(&str, AttributeValue)]) -> Item {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn a_seal_says_what_an_item_says_and_not_what_becomes_of_it() {
        let task =
            |draft: &str, status: &str| item(&[("draft", text(draft)), ("status", text(status))]);
        assert_eq!(seal(&task("a", "open")), seal(&task("a", "done")));
        assert_ne!(seal(&task("a", "open")), seal(&task("b", "open")));
        assert_ne!(
            seal(&item(&[("a", text("1"))])),
            seal(&item(&[("a", number(1))])),
            "text is no number"
        );
        let list = |parts: &[&str]| {
            item(&[(
                "a",
                AttributeValue::L(parts.iter().map(|part| text(*part)).collect()),
            )])
        };
        assert_ne!(seal(&list(&["ab", "c"])), seal(&list(&["a", "bc"])));
        assert_ne!(seal(&list(&[])), seal(&item(&[])));
    }
}
