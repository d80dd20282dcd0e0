//! A practice that leaves: everything of it taken along, and then deleted, with a proof that stays.
//!
//! Only a command does this, with rights over the table that no function has. It goes in steps, each
//! of which is a line of the practice's chain: its channels are let go, so that nothing comes in any
//! more; everything is taken along; somebody asks for the deletion, and somebody else agrees. What
//! is deleted is what was taken along: a line that was written in between stops it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use pagewarden_rules::{Channel, PostKey, PracticeId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::agree::{NotAgreed, agrees};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::{ChainHead, PracticeEvent};
use crate::keys::{self, Key};
use crate::records::StateRecord;
use crate::switch::AGREE_WITHIN;
use crate::write::{
    Item, Transacted, Transaction, Tries, from_item, key_of, text, to_item, unreadable,
};
use crate::{Ledger, LedgerError};

/// Items that are deleted at the same time.
const AT_ONCE: usize = 16;

/// What there is of a practice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    /// Its items, by the key.
    pub items: BTreeMap<String, Belonging>,
    /// Its channels.
    pub channels: Vec<Channel>,
    /// Its posts.
    pub posts: Vec<PostKey>,
    /// The posts whose words somebody holds.
    pub held: Vec<PostKey>,
    /// How many tasks wait.
    pub waiting: usize,
}

/// An item of a practice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    key: Key,
    /// The item as the table's own JSON has it: each attribute with its type.
    pub json: Value,
}

impl Belongings {
    /// Returns how many items there are, by the kind that the beginning of the key tells.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::<String, u64>::new();
        for Belonging { key, .. } in self.items.values() {
            *counts.entry(kind(key)).or_default() += 1;
        }
        counts
    }
}

fn kind(key: &Key) -> String {
    let partition = key.pk.split('#').next().unwrap_or_default();
    let named = key
        .pk
        .strip_prefix("P#")
        .and_then(|rest| rest.split('#').nth(1));
    let item = key.sk.split('#').next().unwrap_or_default();
    match (partition, named) {
        ("P", Some("POST")) => format!("post {item}"),
        ("P", Some(named)) => named.to_owned(),
        ("P", None) => format!("practice {item}"),
        (other, _) => other.to_owned(),
    }
}

/// Somebody asked for everything of a practice to be deleted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Asked {
    by: String,
    at: Timestamp,
    sha256: String,
    /// The number of the line that says so.
    line: u64,
}

/// The proof that everything of a practice was deleted. It stays in the practice's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The practice.
    pub practice: PracticeId,
    /// When it was begun.
    pub at: Timestamp,
    /// Who asked for it, as `name:role`.
    pub asked_by: String,
    /// Who agreed, as `name:role`.
    pub agreed_by: String,
    /// SHA-256 of the list of what was taken along before, in hexadecimal.
    pub taken: String,
    /// How many items were deleted, by the kind.
    pub items: BTreeMap<String, u64>,
    /// SHA-256 over the keys and contents of all of them, in the order of the keys.
    pub contents: String,
    /// The end that the practice's chain had.
    pub chain: ChainHead,
    /// SHA-256 over all of this, in hexadecimal.
    #[serde(default)]
    pub hash: String,
}

impl Proof {
    fn digest(&self) -> String {
        let unsigned = Proof {
            hash: String::new(),
            ..self.clone()
        };
        let json = serde_json::to_string(&unsigned).unwrap_or_default();
        hex::encode(Sha256::digest(json))
    }

    /// Returns `true` if it is as it was written.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.hash == self.digest()
    }
}

/// What came of asking for a deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offboarded {
    /// It was noted. Somebody else has to agree.
    Asked,
    /// Everything is deleted.
    Deleted(Box<Proof>),
}

/// Why a practice does not leave.
#[derive(Debug, Error)]
pub enum OffboardError {
    /// Channels are still its own.
    #[error("{0} of its channels are still connected: let them go first")]
    Channels(usize),
    /// Words are held.
    #[error("somebody holds the words of {}, as for a legal claim: lift that first", .0[0])]
    Held(Vec<PostKey>),
    /// It was not taken along, or something was written since.
    #[error(
        "everything has to be taken along first, and nothing written since: take it along once more"
    )]
    NotTaken,
    /// The list is another one.
    #[error("that is not the sha256 of the list of what was taken along last")]
    OtherList,
    /// Who agrees is not another one.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Returns everything of a practice. It reads the table from end to end.
    ///
    /// The tokens of its channels are not among it: nobody takes those along.
    pub async fn belongings(&self, practice: &PracticeId) -> Result<Belongings, LedgerError> {
        let channels = self.channels().await?.into_iter();
        let channels = channels.filter(|(_, of)| of == practice);
        let mut all = Belongings {
            channels: channels.map(|(channel, _)| channel).collect(),
            ..Belongings::default()
        };
        let mut posts = BTreeSet::new();
        let scan = self.client.scan().table_name(&self.table);
        let mut items = scan.consistent_read(true).into_paginator().items().send();
        while let Some(item) = items.try_next().await? {
            if owner(&item).as_ref() != Some(practice) {
                continue;
            }
            let key = key_of(&item);
            if let Some(post) = keys::post_of(&key.pk) {
                if key.sk == "STATE" {
                    let state: StateRecord = from_item(item.clone())?;
                    all.waiting += state.open_tasks.len();
                    if state.held {
                        all.held.push(post.clone());
                    }
                }
                posts.insert(post);
            }
            let json = json(&item);
            all.items.insert(key.to_string(), Belonging { key, json });
        }
        all.posts = posts.into_iter().collect();
        Ok(all)
    }

    /// Returns what is left of practices of which everything was deleted, by the key. It reads the
    /// table from end to end, once for all of them.
    pub(crate) async fn left_of(
        &self,
        gone: &BTreeSet<&PracticeId>,
    ) -> Result<BTreeMap<PracticeId, BTreeSet<String>>, LedgerError> {
        let mut left = BTreeMap::<PracticeId, BTreeSet<String>>::new();
        if gone.is_empty() {
            return Ok(left);
        }
        let scan = self.client.scan().table_name(&self.table);
        let scan = scan.projection_expression("PK, SK, practice");
        let mut items = scan.consistent_read(true).into_paginator().items().send();
        while let Some(item) = items.try_next().await? {
            if let Some(practice) = owner(&item).filter(|practice| gone.contains(practice)) {
                let keys = left.entry(practice).or_default();
                keys.insert(key_of(&item).to_string());
            }
        }
        Ok(left)
    }

    /// Returns the practices that left and of which a proof stays.
    pub async fn gone(&self) -> Result<BTreeSet<PracticeId>, LedgerError> {
        self.practices_due(keys::GONE).await
    }

    /// Lets go every channel of a practice: nothing is read from them or done there any more.
    pub async fn let_channels_go(
        &self,
        practice: &PracticeId,
        person: &Person,
        now: Timestamp,
    ) -> Result<usize, OffboardError> {
        self.may_offboard(practice, person).await?;
        let channels = self.channels().await?.into_iter();
        let own: Vec<Channel> = channels
            .filter(|(_, of)| of == practice)
            .map(|(channel, _)| channel)
            .collect();
        for channel in &own {
            self.let_go(practice, channel).await?;
        }
        let event = PracticeEvent::ChannelsLetGo {
            by: person.to_string(),
            channels: own.len() as u64,
        };
        self.note_step(practice, &event, now).await?;
        Ok(own.len())
    }

    /// Notes that everything of a practice was taken along, by the sha256 of the list of it.
    pub async fn note_taken(
        &self,
        practice: &PracticeId,
        person: &Person,
        sha256: &str,
        now: Timestamp,
    ) -> Result<(), OffboardError> {
        self.may_offboard(practice, person).await?;
        let event = PracticeEvent::TakenAlong {
            by: person.to_string(),
            sha256: sha256.to_owned(),
        };
        Ok(self.note_step(practice, &event, now).await.map(drop)?)
    }

    /// Asks for everything of a practice to be deleted, or agrees to that, upon which it is. What
    /// was cut short goes on.
    ///
    /// `taken` is the sha256 of the list of what was taken along.
    pub async fn offboard(
        &self,
        practice: &PracticeId,
        person: &Person,
        taken: &str,
        now: Timestamp,
    ) -> Result<Offboarded, OffboardError> {
        if let Some(proof) = self.proof_of_deletion(practice).await? {
            // Two people agreed before it began.
            self.delete_belongings(practice).await?;
            return Ok(Offboarded::Deleted(Box::new(proof)));
        }
        self.may_offboard(practice, person).await?;
        let all = self.belongings(practice).await?;
        if !all.channels.is_empty() {
            return Err(OffboardError::Channels(all.channels.len()));
        }
        if !all.held.is_empty() {
            return Err(OffboardError::Held(all.held));
        }
        let head = self.chain_head(practice).await?;
        let asked: Option<Asked> = self.read(keys::offboarding(practice)).await?;
        let asked = asked.filter(|asked| now.duration_since(asked.at) < AGREE_WITHIN);
        if let Some(asked) = asked.filter(|asked| asked.line == head.seq) {
            if asked.sha256 != taken {
                return Err(OffboardError::OtherList);
            }
            agrees(person, &asked.by)?;
            let mut proof = Proof {
                practice: practice.clone(),
                at: now,
                asked_by: asked.by,
                agreed_by: person.to_string(),
                taken: asked.sha256,
                items: all.counts(),
                contents: contents(&all),
                chain: head,
                hash: String::new(),
            };
            proof.hash = proof.digest();
            let key = keys::proof_of_deletion(practice);
            let json = serde_json::to_string(&proof);
            let json = json.map_err(|source| unreadable(&key, source))?;
            let mut item = key.attributes();
            item.insert("proof".to_owned(), text(json));
            item.insert("due_pk".to_owned(), text(keys::GONE));
            item.insert("due_sk".to_owned(), text(practice.as_str()));
            self.put_new(item).await?;
            self.delete_belongings(practice).await?;
            return Ok(Offboarded::Deleted(Box::new(proof)));
        }
        let last = self.last_taken(practice).await?;
        let Some((line, sha256)) = last.filter(|(line, _)| *line == head.seq) else {
            return Err(OffboardError::NotTaken);
        };
        if sha256 != taken {
            return Err(OffboardError::OtherList);
        }
        let asked = Asked {
            by: person.to_string(),
            at: now,
            sha256,
            line: line + 1,
        };
        self.ask_to_delete(practice, &asked, now).await?;
        Ok(Offboarded::Asked)
    }

    /// Returns the proof that everything of a practice was deleted, if it was.
    pub async fn proof_of_deletion(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<Proof>, LedgerError> {
        let key = keys::proof_of_deletion(practice);
        let item = self.get(key.clone()).await?;
        let json = item.and_then(|item| item.get("proof")?.as_s().ok().cloned());
        json.map(|json| serde_json::from_str(&json))
            .transpose()
            .map_err(|source| unreadable(&key, source))
    }

    async fn may_offboard(
        &self,
        practice: &PracticeId,
        person: &Person,
    ) -> Result<(), OffboardError> {
        let at = Grounds::of_practice(practice.clone(), self.people(practice).await?);
        Ok(may(person, &Act::Offboard, &at)?)
    }

    /// Returns the number of the last line by which everything was taken along, and what it names.
    async fn last_taken(
        &self,
        practice: &PracticeId,
    ) -> Result<Option<(u64, String)>, LedgerError> {
        let lines = self.practice_events(practice).await?;
        let taken = lines
            .iter()
            .rev()
            .find_map(|line| match line.practice_event() {
                Ok(PracticeEvent::TakenAlong { sha256, .. }) => Some((line.seq, sha256)),
                _ => None,
            });
        Ok(taken)
    }

    async fn note_step(
        &self,
        practice: &PracticeId,
        event: &PracticeEvent,
        now: Timestamp,
    ) -> Result<u64, LedgerError> {
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let link = self.chain_head(practice).await?.next();
            let mut writes = Transaction::default();
            self.append_link_to_practice(&mut writes, practice, &link, now, event)?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(link.seq);
            }
        }
    }

    /// Notes that somebody asks, if nothing was written since it was taken along.
    async fn ask_to_delete(
        &self,
        practice: &PracticeId,
        asked: &Asked,
        now: Timestamp,
    ) -> Result<(), OffboardError> {
        let event = PracticeEvent::DeletionAsked {
            by: asked.by.clone(),
            sha256: asked.sha256.clone(),
        };
        self.overwrite(to_item(&keys::offboarding(practice), asked)?)
            .await?;
        // A line in between makes the number another one, so that what was asked counts for nothing.
        if self.note_step(practice, &event, now).await? == asked.line {
            return Ok(());
        }
        Err(OffboardError::NotTaken)
    }

    /// Deletes everything of a practice but the proof of that, its settings last: by them it is
    /// known that it is there.
    async fn delete_belongings(&self, practice: &PracticeId) -> Result<(), LedgerError> {
        let all = self.belongings(practice).await?;
        let settings = keys::settings(practice).to_string();
        let (last, first): (Vec<_>, Vec<_>) =
            all.items.into_iter().partition(|(key, _)| *key == settings);
        for some in [first, last] {
            let deleted = stream::iter(some).map(|(_, one)| self.delete_one(one.key));
            let mut deleted = deleted.buffer_unordered(AT_ONCE);
            while deleted.try_next().await?.is_some() {}
        }
        Ok(())
    }

    async fn delete_one(&self, key: Key) -> Result<(), LedgerError> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .send()
            .await?;
        Ok(())
    }
}

/// Returns the practice whose own an item is. What stays of one that left is nobody's: the proof
/// of that, and what the anchors of the proof follow from.
fn owner(item: &Item) -> Option<PracticeId> {
    let key = key_of(item);
    let practice: PracticeId = match key.pk.split('#').next()? {
        "P" => keys::practice_in(&key.pk)?,
        "PERSON" => key.sk.parse().ok()?,
        "CHANNEL" | "CHANNELS" => item.get("practice")?.as_s().ok()?.parse().ok()?,
        _ => return None,
    };
    let stays = [keys::proof_of_deletion(&practice), keys::anchor(&practice)];
    (!stays.contains(&key)).then_some(practice)
}

/// Returns the hash of everything of a practice.
fn contents(all: &Belongings) -> String {
    let mut hash = Sha256::new();
    for (key, one) in &all.items {
        for part in [key, &one.json.to_string()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex::encode(hash.finalize())
}

fn json(item: &Item) -> Value {
    let sorted: BTreeMap<&String, &AttributeValue> = item.iter().collect();
    Value::Object(
        sorted
            .into_iter()
            .map(|(name, value)| (name.clone(), typed(value)))
            .collect(),
    )
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the SDK's enum may gain variants"
)]
fn typed(value: &AttributeValue) -> Value {
    let (kind, value) = match value {
        AttributeValue::S(text) => ("S", Value::String(text.clone())),
        AttributeValue::N(number) => ("N", Value::String(number.clone())),
        AttributeValue::Bool(on) => ("BOOL", Value::Bool(*on)),
        AttributeValue::L(list) => ("L", list.iter().map(typed).collect()),
        AttributeValue::M(map) => ("M", json(map)),
        // Nothing else is ever written: records are made of text, numbers, yes and no, lists and
        // maps.
        other => ("?", Value::String(format!("{other:?}"))),
    };
    Value::Object(Map::from_iter([(kind.to_owned(), value)]))
}
