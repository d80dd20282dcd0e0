//! Practices: their channels, settings and policies.

use std::collections::BTreeSet;
use std::fmt;

use futures_util::future::{try_join, try_join_all};
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Channel, Mode, PracticeId, Role};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::authority::Person;
use crate::chain::PracticeEvent;
use crate::keys;
use crate::versions::{Stage, VersionsRecord};
use crate::write::{
    Guard, Item, Transacted, Transaction, Tries, from_item, key_of, number, put_item, text,
    to_item, unless_refused, unreadable,
};
use crate::{Ledger, LedgerError};

/// Channels that fit in the transaction that puts a policy in force: it takes a hundred writes, two
/// for each channel.
const CHANNELS_AT_ONCE: usize = 48;

/// Days that the count of an unknown channel is kept.
const UNKNOWN_KEPT_DAYS: i64 = 30;

/// A practice, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PracticeRecord {
    /// The version of the policy in force.
    pub policy: u32,
    /// The settings, as JSON, with the mode in which that version is.
    pub settings: String,
    /// How often a policy or settings were put in force here: each time rests on the one before.
    pub edition: u32,
    /// How the versions of the policy stand, if anybody ever took a step since one was published.
    pub versions: Option<VersionsRecord>,
    /// What a deployer published, on which all of it rests.
    published: Published,
}

/// What a deployer published last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Published {
    /// The version of the policy.
    policy: u32,
    /// The settings, as JSON.
    settings: String,
    #[serde(default)]
    edition: u32,
}

impl PracticeRecord {
    /// Returns a practice as it stands, given what was published last and how the versions stand:
    /// that counts as long as it rests on the version that was published last.
    fn new(published: Published, versions: Option<VersionsRecord>) -> Self {
        let versions = versions.filter(|versions| versions.published == published.policy);
        let Published {
            policy,
            settings,
            edition,
        } = published.clone();
        let (policy, settings) = match &versions {
            None => (policy, settings),
            Some(versions) => {
                let Stage { policy, mode } = versions.in_force;
                (policy, in_mode(settings, mode))
            }
        };
        PracticeRecord {
            policy,
            settings,
            edition,
            versions,
            published,
        }
    }

    /// Returns how far the practice lets the machine act: in shadow where the settings do not say.
    #[must_use]
    pub fn mode(&self) -> Mode {
        #[derive(Deserialize)]
        struct Settings {
            mode: Mode,
        }
        serde_json::from_str::<Settings>(&self.settings).map_or(Mode::Shadow, |read| read.mode)
    }

    /// Returns the version in shadow beside the one in force, if there is one.
    #[must_use]
    pub fn beside(&self) -> Option<u32> {
        Some(self.versions.as_ref()?.beside?.policy)
    }

    /// Returns the people that the settings name.
    pub fn people(&self) -> Result<Vec<Person>, serde_json::Error> {
        people_in(&self.settings)
    }
}

/// Returns settings with another mode. What is no JSON stays as it is, and loads nowhere.
fn in_mode(settings: String, mode: Mode) -> String {
    match serde_json::from_str::<serde_json::Value>(&settings) {
        Ok(mut read) if read.is_object() => {
            read["mode"] = mode.name().into();
            read.to_string()
        }
        Ok(_) | Err(_) => settings,
    }
}

/// Returns the people that a practice's settings name, given as JSON: once for each of their roles.
/// Other crates read the rest.
pub fn people_in(settings: &str) -> Result<Vec<Person>, serde_json::Error> {
    #[derive(Deserialize)]
    struct People {
        #[serde(default)]
        people: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
        roles: Vec<Role>,
    }
    let people = serde_json::from_str::<People>(settings)?.people;
    let in_roles = people.into_iter().flat_map(|Named { name, roles }| {
        roles.into_iter().map(move |role| Person {
            name: name.clone(),
            role,
        })
    });
    Ok(in_roles.collect())
}

/// How an issuer knows somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// By an address that it has verified. Capitals make no difference.
    Email(&'a str),
    /// By its own id for them: the claim `sub`.
    Subject(&'a str),
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity::Email(address) => write!(f, "email {}", address.to_lowercase()),
            Identity::Subject(subject) => write!(f, "subject {subject}"),
        }
    }
}

/// Returns how an issuer knows the people that a practice's settings name, given as JSON.
fn identities_in(settings: &str) -> Result<Vec<String>, serde_json::Error> {
    #[derive(Deserialize)]
    struct People {
        #[serde(default)]
        people: Vec<Known>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Known {
        email: String,
        subject: String,
    }
    let people = serde_json::from_str::<People>(settings)?.people;
    let identities = people.iter().flat_map(|known| {
        let email = Some(known.email.as_str())
            .filter(|email| !email.is_empty())
            .map(Identity::Email);
        let subject = Some(known.subject.as_str())
            .filter(|subject| !subject.is_empty())
            .map(Identity::Subject);
        email
            .into_iter()
            .chain(subject)
            .map(|identity| identity.to_string())
    });
    Ok(identities.collect())
}

/// Why a policy and settings were not put in force.
#[derive(Debug, Error)]
pub enum PublishError {
    /// Somebody else put others in force since these were prepared.
    #[error(
        "somebody else has put a policy or settings of {0} in force meanwhile: look at them, and publish again"
    )]
    Meanwhile(PracticeId),
    /// A channel belongs to another practice, which has to give it up first.
    #[error("an account of {0} belongs to another practice, and nothing was put in force")]
    Channel(PracticeId),
    /// Everything of the practice was deleted, and a proof of that stands in its place.
    #[error(
        "{0} has left, and the proof that everything of it was deleted stays in its place: give the practice another id"
    )]
    Gone(PracticeId),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
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
        let id = item
            .as_ref()
            .and_then(|item| item.get("practice"))
            .and_then(|value| value.as_s().ok());
        Ok(id.and_then(|id| id.parse().ok()))
    }

    /// Counts news from a channel that belongs to no practice.
    pub async fn count_unknown(
        &self,
        channel: &Channel,
        now: Timestamp,
    ) -> Result<UnknownChannel, LedgerError> {
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
        let count = counted
            .attributes
            .as_ref()
            .and_then(|item| item.get("count"))
            .and_then(|value| value.as_n().ok());
        Ok(if count.is_some_and(|count| count == "1") {
            UnknownChannel::First
        } else {
            UnknownChannel::Again
        })
    }

    /// Returns a practice as it stands now.
    pub async fn practice(&self, id: &PracticeId) -> Result<Option<PracticeRecord>, LedgerError> {
        // Both at once, and apart: whoever holds a practice's future would hold two calls.
        let both = Box::pin(try_join(self.published(id), self.read(keys::versions(id))));
        let (published, versions) = both.await?;
        Ok(published.map(|published| PracticeRecord::new(published, versions)))
    }

    /// Returns a practice's settings as they were published, as JSON: for who needs neither the policy
    /// nor the mode in which it is.
    pub async fn settings(&self, id: &PracticeId) -> Result<Option<String>, LedgerError> {
        Ok(self
            .published(id)
            .await?
            .map(|published| published.settings))
    }

    async fn published(&self, id: &PracticeId) -> Result<Option<Published>, LedgerError> {
        self.read(keys::settings(id)).await
    }

    /// Returns one version of a practice's policy, in force or not.
    pub async fn policy(
        &self,
        id: &PracticeId,
        version: u32,
    ) -> Result<Option<PolicyRecord>, LedgerError> {
        match self.published_policy(id, version).await? {
            Some(policy) => Ok(Some(policy)),
            None => self.read(keys::proposed(id, version)).await,
        }
    }

    /// Returns one version of a practice's policy, if a deployer published it.
    pub async fn published_policy(
        &self,
        id: &PracticeId,
        version: u32,
    ) -> Result<Option<PolicyRecord>, LedgerError> {
        self.read(keys::policy(id, version)).await
    }

    /// Returns the versions of a practice's policy that a deployer published, oldest first.
    pub async fn published_policies(
        &self,
        id: &PracticeId,
    ) -> Result<Vec<PolicyRecord>, LedgerError> {
        let items = self.partition(&keys::practice(id), "POLICY#").await?;
        items.into_iter().map(from_item).collect()
    }

    /// Returns one version of a practice's policy, if it is in force or was.
    pub async fn policy_once_in_force(
        &self,
        id: &PracticeId,
        record: &PracticeRecord,
        version: u32,
    ) -> Result<Option<PolicyRecord>, LedgerError> {
        let versions = record.versions.as_ref();
        if version == record.policy
            || versions.is_some_and(|versions| versions.been.contains(&version))
        {
            return self.policy(id, version).await;
        }
        self.published_policy(id, version).await
    }

    /// Returns the versions of a practice's policy that were proposed, oldest first.
    pub async fn proposed(&self, id: &PracticeId) -> Result<Vec<PolicyRecord>, LedgerError> {
        let items = self
            .partition(&keys::versions_partition(id), "POLICY#")
            .await?;
        items.into_iter().map(from_item).collect()
    }

    /// Returns the people whom a practice's settings name: nobody where the practice is not there.
    pub async fn people(&self, id: &PracticeId) -> Result<Vec<Person>, LedgerError> {
        let Some(published) = self.published(id).await? else {
            return Ok(Vec::new());
        };
        people_in(&published.settings).map_err(|source| unreadable(&keys::settings(id), source))
    }

    /// Puts a policy and the settings in force, with the practice's channels. Returns the version
    /// of the policy.
    ///
    /// They replace what stood in force `before`, as it was read, and nothing else: of two who
    /// publish at once, one is told to look again. The policy is a new version unless it is, to the
    /// letter, the one in force. More channels than one transaction takes are added first; a
    /// channel never changes hands by publishing.
    pub async fn publish(
        &self,
        id: &PracticeId,
        before: Option<&PracticeRecord>,
        policy: &PolicyRecord,
        settings: &str,
        channels: &[Channel],
    ) -> Result<u32, PublishError> {
        let current = match before {
            Some(record) => self.policy(id, record.policy).await?,
            // What was deleted cut short goes on at a word of anybody, so nothing may stand there.
            None if self.proof_of_deletion(id).await?.is_some() => {
                return Err(PublishError::Gone(id.clone()));
            }
            None => None,
        };
        let same = current
            .as_ref()
            .is_some_and(|c| c.toml == policy.toml && c.published == policy.published);
        let (first, last) = channels.split_at(channels.len().saturating_sub(CHANNELS_AT_ONCE));
        for batch in first.chunks(CHANNELS_AT_ONCE) {
            let mut writes = Transaction::default();
            self.push_channels(&mut writes, id, batch)?;
            match self.transact(writes).await? {
                Transacted::Written => {}
                Transacted::Refused(_) => return Err(PublishError::Channel(id.clone())),
                Transacted::Conflict => return Err(PublishError::Meanwhile(id.clone())),
            }
        }
        let named = |settings: &str| {
            identities_in(settings).map_err(|source| unreadable(&keys::settings(id), source))
        };
        let now_named = named(settings)?;
        self.name_people(id, &now_named).await?;
        self.begin_digests(id, policy.at).await?;
        let edition = before.map_or(0, |record| record.edition) + 1;
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            // Read before the number: it is free if nothing else was written since.
            let link = self.chain_head(id).await?.next();
            // A version may be there that never came in force: it stays, and the next one goes on
            // from it.
            let version = match before {
                Some(record) if same => record.published.policy,
                _ => self.last_policy(id).await? + 1,
            };
            let mut writes = Transaction::default();
            if !same {
                let record = PolicyRecord {
                    version,
                    ..policy.clone()
                };
                self.add(&mut writes, to_item(&keys::policy(id, version), &record)?)?;
            }
            let published = Published {
                policy: version,
                settings: settings.to_owned(),
                edition,
            };
            self.push_settings(&mut writes, id, before, &published)?;
            let event = PracticeEvent::Published {
                policy: version,
                by: policy.by.clone(),
            };
            self.append_link_to_practice(&mut writes, id, &link, policy.at, &event)?;
            self.push_channels(&mut writes, id, last)?;
            match self.transact(writes).await? {
                Transacted::Written => {
                    let mut gone =
                        before.map_or(Ok(Vec::new()), |before| named(&before.settings))?;
                    gone.retain(|identity| !now_named.contains(identity));
                    self.unname_people(id, &gone).await?;
                    return Ok(before
                        .filter(|_| same)
                        .map_or(version, |record| record.policy));
                }
                refused if refused.refused(Guard::Channel) => {
                    return Err(PublishError::Channel(id.clone()));
                }
                refused if refused.refused(Guard::Edition) => {
                    return Err(PublishError::Meanwhile(id.clone()));
                }
                // The practice's chain grew in between, by posts: that is nobody's publication.
                Transacted::Refused(_) | Transacted::Conflict => {}
            }
        }
    }

    /// Adds the put of the settings, if those in force are still the ones that were read.
    fn push_settings(
        &self,
        writes: &mut Transaction,
        id: &PracticeId,
        before: Option<&PracticeRecord>,
        published: &Published,
    ) -> Result<(), LedgerError> {
        let item = to_item(&keys::settings(id), published)?;
        writes.seal(&item);
        let put = self.put(item);
        let put = match before {
            None => put.condition_expression("attribute_not_exists(PK)"),
            // Records of before editions were counted have none, and are told by what they hold.
            Some(record) if record.edition == 0 => put
                .condition_expression(
                    "attribute_not_exists(edition) AND policy = :policy AND settings = :settings",
                )
                .expression_attribute_values(":policy", number(record.published.policy))
                .expression_attribute_values(":settings", text(record.published.settings.as_str())),
            Some(record) => put
                .condition_expression("edition = :edition")
                .expression_attribute_values(":edition", number(record.edition)),
        };
        writes.push(Guard::Edition, put_item(put)?);
        Ok(())
    }

    fn push_channels(
        &self,
        writes: &mut Transaction,
        id: &PracticeId,
        channels: &[Channel],
    ) -> Result<(), LedgerError> {
        for channel in channels {
            let mut item = keys::channel(channel).attributes();
            item.insert("practice".to_owned(), text(id.as_str()));
            // A channel never changes hands by publishing: it has to be taken from the other
            // practice first.
            let put = self
                .put(item)
                .condition_expression("attribute_not_exists(PK) OR practice = :practice")
                .expression_attribute_values(":practice", text(id.as_str()));
            writes.push(Guard::Channel, put_item(put)?);
            // Listed together as well, so that a sweep finds the channels without reading the
            // table.
            let mut listed = keys::channel_listed(channel).attributes();
            listed.insert("practice".to_owned(), text(id.as_str()));
            writes.push(Guard::Nothing, put_item(self.put(listed))?);
        }
        Ok(())
    }

    /// Writes for each identity that the practice names it, so that signing in finds the practice.
    /// It is a hint: whoever follows it reads the settings in force, which decide.
    async fn name_people(&self, id: &PracticeId, identities: &[String]) -> Result<(), LedgerError> {
        let put = |identity: &String| self.overwrite(keys::person(identity, id).attributes());
        try_join_all(identities.iter().map(put)).await?;
        Ok(())
    }

    async fn unname_people(
        &self,
        id: &PracticeId,
        identities: &[String],
    ) -> Result<(), LedgerError> {
        let delete = |identity: &String| {
            let key = keys::person(identity, id).attributes();
            self.client
                .delete_item()
                .table_name(&self.table)
                .set_key(Some(key))
                .send()
        };
        try_join_all(identities.iter().map(delete)).await?;
        Ok(())
    }

    /// Returns the practices that may name somebody, given how the issuer knows them.
    pub async fn practices_naming(
        &self,
        identity: Identity<'_>,
    ) -> Result<Vec<PracticeId>, LedgerError> {
        let items = self
            .partition(&keys::person_partition(&identity.to_string()), "")
            .await?;
        let practice = |item: &Item| item.get("SK")?.as_s().ok()?.parse().ok();
        Ok(items.iter().filter_map(practice).collect())
    }

    /// Returns the highest version of a practice's policy that is on record, in force or not; 0
    /// where there is none.
    pub(crate) async fn last_policy(&self, id: &PracticeId) -> Result<u32, LedgerError> {
        let (published, proposed) = try_join(
            self.last_policy_in(keys::practice(id)),
            self.last_policy_in(keys::versions_partition(id)),
        )
        .await?;
        Ok(published.max(proposed))
    }

    async fn last_policy_in(&self, partition: String) -> Result<u32, LedgerError> {
        let last = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":sk", text("POLICY#"))
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await?;
        let last = last
            .items
            .unwrap_or_default()
            .pop()
            .map(from_item::<PolicyRecord>)
            .transpose()?;
        Ok(last.map_or(0, |policy| policy.version))
    }

    /// Takes a channel from a practice: what is heard of it from now on is nobody's. Its posts stay
    /// on record.
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

    /// Returns the practices of which a policy is in force, whether they have channels or not: each
    /// has a time for its next digest.
    pub async fn practices(&self) -> Result<BTreeSet<PracticeId>, LedgerError> {
        self.practices_due(keys::DIGESTS).await
    }

    /// Returns the practices that have an item in a partition of the index of what is due.
    pub(crate) async fn practices_due(
        &self,
        partition: &str,
    ) -> Result<BTreeSet<PracticeId>, LedgerError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_pk = :pk")
            .expression_attribute_values(":pk", text(partition));
        let mut items = query.into_paginator().items().send();
        let mut practices = BTreeSet::new();
        while let Some(item) = items.try_next().await? {
            practices.extend(keys::practice_in(&key_of(&item).pk));
        }
        Ok(practices)
    }

    /// Returns every channel, with the practice to which it belongs.
    pub async fn channels(&self) -> Result<Vec<(Channel, PracticeId)>, LedgerError> {
        let items = self.partition(keys::CHANNELS, "").await?;
        Ok(items
            .into_iter()
            .filter_map(|item| {
                let name =
                    |attribute: &str| item.get(attribute).and_then(|value| value.as_s().ok());
                let (platform, account) = name("SK")?.split_once('#')?;
                let channel = Channel {
                    platform: platform.parse().ok()?,
                    account: account.to_owned(),
                };
                Some((channel, name("practice")?.parse().ok()?))
            })
            .collect())
    }
}
