//! What people are told: of which task, alert or digest, by whom it is due, and whether each notice
//! was sent.
//!
//! A notice is written, in one transaction with the note that it was time for it, before it is
//! sent; so it is neither lost nor written twice. Each has one item, which says who was told what,
//! by which way, when and with what result.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{ReturnValue, Select};
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PostKey, PracticeId, Urgency, words};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::keys::{self, Key};
use crate::numbers;
use crate::records::{Acknowledgement, Event, TaskRecord, TaskStatus, in_image};
use crate::rows::{opened_at, task_item, task_key, to_be_told};
use crate::tasks::{ChoiceError, day_of};
use crate::write::{
    Guard, Item, Transacted, Transaction, Tries, from_item, key_of, number, sortable_id, text,
    to_item, unless_refused, update_item,
};
use crate::{Ledger, LedgerError};

/// Kinds of alerts about a practice as a whole.
pub(crate) const LIMIT_REACHED: &str = "limit_reached";
pub(crate) const SWITCHED_OFF: &str = "switched_off";
pub(crate) const RULE_STOPPED: &str = "rule_stopped";
pub(crate) const SWEEP_MISSED: &str = "sweep_missed";

/// How long somebody who said that they are dealing with a task is left alone.
const DEALS_WITHIN: SignedDuration = SignedDuration::from_hours(2);

/// How long it is on record who was told what.
const NOTICE_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// The same of alerts, of which the notices say all that matters later.
const ALERT_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How soon somebody should correct an address that took no message.
const REPAIR_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// How long a code works, and how often it may be mistyped.
const CODE_WORKS: SignedDuration = SignedDuration::from_hours(7 * 24);
const MOST_GUESSES: u32 = 5;
/// How soon another one can be asked for.
const CODE_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// Writes of one transaction, of which the table takes a hundred.
const AT_ONCE: usize = 90;
/// Tasks that one notice names.
const MOST_TASKS: usize = 40;

/// Items of one partition of the index that one run takes; the next one takes the rest.
const MOST_DUE: usize = 1_000;

/// Tasks of one urgency that are counted.
const MOST_COUNTED: i32 = 1_000;

words! {
    /// What is to be told, or sent.
    Tell {
        /// A task.
        Task "task",
        /// Something about the practice as a whole.
        Alert "alert",
        /// What waits, each weekday morning.
        Digest "digest",
        /// A code that somebody asked for, to confirm a way.
        Code "code",
        /// A notice that is written and is to be sent.
        Notice "notice",
    }
}

words! {
    /// Where a notice is in its life.
    NoticeStatus {
        /// Waits to be sent.
        Pending "pending",
        /// Somebody is sending it; waits again when their lease runs out.
        Sending "sending",
        /// The provider took it.
        Sent "sent",
        /// The address or number was refused.
        Refused "refused",
        /// It could not be sent for so long that it says nothing any more.
        GivenUp "given-up",
    }
}

/// Something that is due to be told, as the index or the stream lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellKey {
    key: Key,
    due_sk: String,
    /// What it is.
    pub kind: Tell,
    /// Whose people are told.
    pub practice: PracticeId,
}

impl TellKey {
    fn of(item: &Item) -> Option<Self> {
        let name = |attribute: &str| item.get(attribute)?.as_s().ok().cloned();
        let key = key_of(item);
        let practice = keys::practice_in(&key.pk)?;
        let kind = name("due_kind")?
            .parse()
            .inspect_err(|error| tracing::error!(%key, %error, "not told"))
            .ok()?;
        Some(TellKey {
            due_sk: name("due_sk")?,
            kind,
            practice,
            key,
        })
    }

    /// Reads it out of a record of the table's stream; none where the item is not to be told.
    pub fn in_stream(image: serde_dynamo::Item) -> Result<Option<Self>, LedgerError> {
        #[derive(Deserialize)]
        struct Image {
            #[serde(rename = "PK")]
            pk: String,
            #[serde(rename = "SK")]
            sk: String,
            due_sk: Option<String>,
            due_kind: Option<String>,
        }
        let Image {
            pk,
            sk,
            due_sk,
            due_kind,
        } = in_image(image)?;
        let practice = keys::practice_in(&pk);
        let kind = due_kind.and_then(|kind| kind.parse().ok());
        let all = due_sk.zip(kind).zip(practice);
        Ok(all.map(|((due_sk, kind), practice)| TellKey {
            key: Key::new(pk, sk),
            due_sk,
            kind,
            practice,
        }))
    }

    /// Returns `true` if it is due by now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_sk.as_str() < format!("{}~", keys::sortable(now)).as_str()
    }

    fn unique(&self) -> &str {
        self.due_sk.split_once('#').map_or("", |(_, unique)| unique)
    }
}

/// A task of which somebody is to be told, as it stands.
#[derive(Clone, Debug)]
pub struct Telling {
    /// The task.
    pub task: TaskRecord,
    /// With which step to go on, from 0 when it was opened or somebody said that they are dealing
    /// with it.
    pub rounds: u32,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Who said that they are dealing with it, if somebody did.
    pub acknowledged: Option<Acknowledgement>,
}

/// Something about a practice as a whole that its people are told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// The practice.
    pub practice: PracticeId,
    /// What.
    pub kind: String,
    /// Since when.
    pub at: Timestamp,
}

/// Which task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRef {
    /// The post, account or way that it is about.
    pub key: PostKey,
    /// Its id.
    pub task: String,
}

/// A notice to one person by one way: who was told what, and whether it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// Its id: the same for the same notice.
    pub id: String,
    /// The practice.
    pub practice: PracticeId,
    /// Who, by the name in the settings.
    pub name: String,
    /// By which way: `email` or `text`.
    pub way: String,
    /// Which of their addresses, by its hash.
    pub way_id: String,
    /// What it is of.
    pub alert: String,
    /// The tasks that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskRef>,
    /// Which step of those by which people are told, from 0.
    pub round: u32,
    /// Who had said that they are dealing with it, if somebody had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// The subject of an e-mail.
    pub subject: String,
    /// What it says. There are no words of a post in it.
    pub words: String,
    /// Where it is in its life.
    pub status: NoticeStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// What the provider said, where it did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

impl NoticeRecord {
    /// Returns the id of a notice: of the same thing to the same way in the same round and moment
    /// it is the same.
    #[must_use]
    pub fn id_of(
        practice: &PracticeId,
        alert: &str,
        first_task: Option<&str>,
        way_id: &str,
        at: Timestamp,
    ) -> String {
        let mut hash = Sha256::new();
        for part in [
            practice.as_str(),
            alert,
            first_task.unwrap_or_default(),
            way_id,
            &at.to_string(),
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        sortable_id(at, &hex::encode(hash.finalize()))
    }

    fn due_sk(&self) -> String {
        keys::due_time(self.at, &self.id)
    }

    /// Returns where it is listed until it is sent.
    #[must_use]
    pub fn to_send(&self) -> TellKey {
        TellKey {
            key: keys::notice(&self.practice, &self.id),
            due_sk: self.due_sk(),
            kind: Tell::Notice,
            practice: self.practice.clone(),
        }
    }
}

/// A way to reach somebody that they confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayRecord {
    /// Who.
    pub name: String,
    /// By which way: `email` or `text`.
    pub way: String,
    /// Since when.
    pub confirmed_at: Timestamp,
}

/// A request for a code, and the code once it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CodeRecord {
    name: String,
    way: String,
    asked_at: Timestamp,
    #[serde(default)]
    attempts: u32,
}

/// Somebody who asked for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeWanted {
    /// Who, by the name in the settings.
    pub name: String,
    /// By which way: `email` or `text`.
    pub way: String,
    /// Which of their addresses, by its hash.
    pub way_id: String,
    /// How often it was tried to send one.
    pub attempts: u32,
    /// The request, as it stands now.
    pub key: TellKey,
}

/// Why a way was not confirmed.
#[derive(Debug, Error)]
pub enum ConfirmError {
    /// The person is not among the practice's people.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No code of theirs works.
    #[error(
        "no code works for {0}: it was used, is older than 7 days, or was mistyped 5 times. Ask for another one with \
        `pagewarden people test`"
    )]
    NoCode(String),
    /// It is another code.
    #[error("this is not the code that was sent to {name}; {left} more tries")]
    Wrong {
        /// Who.
        name: String,
        /// Tries that are left.
        left: u32,
    },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What waits at a practice, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By urgency: now, high, normal, low.
    pub by_urgency: [u32; 4],
    /// There are more than were counted.
    pub more: bool,
    /// When the oldest of them was opened.
    pub oldest: Option<Timestamp>,
    /// When the first of them is due.
    pub nearest: Option<Timestamp>,
}

/// What is written with the notices of something: that it was told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// What.
    pub key: &'a TellKey,
    /// When it is told again; never where there is none.
    pub next: Option<Timestamp>,
    /// With which step to go on then.
    pub rounds: u32,
}

impl Ledger {
    /// Returns what is due to be told, the oldest first in each shard.
    pub async fn to_tell(&self, now: Timestamp) -> Result<Vec<TellKey>, LedgerError> {
        let mut due = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            let mut items = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("due")
                .key_condition_expression("due_pk = :pk AND due_sk <= :now")
                .expression_attribute_values(":pk", text(keys::late_shard(shard)))
                .expression_attribute_values(":now", text(format!("{}~", keys::sortable(now))))
                .into_paginator()
                .items()
                .send();
            let mut taken = 0;
            while let Some(item) = items.try_next().await? {
                due.extend(TellKey::of(&item));
                taken += 1;
                if taken >= MOST_DUE {
                    break;
                }
            }
        }
        Ok(due)
    }

    /// Returns a task of which somebody is to be told, as it stands; none where it was closed, or
    /// was told meanwhile.
    pub async fn telling(&self, key: &TellKey) -> Result<Option<Telling>, LedgerError> {
        let Some(item) = self.get(key.key.clone()).await? else {
            return Ok(None);
        };
        let due_sk = item.get("due_sk").and_then(|value| value.as_s().ok());
        if due_sk != Some(&key.due_sk) {
            return Ok(None);
        }
        let rounds = item
            .get("rounds")
            .and_then(|value| value.as_n().ok()?.parse().ok())
            .unwrap_or_default();
        let task: TaskRecord = from_item(item)?;
        if task.status != TaskStatus::Open {
            return Ok(None);
        }
        let acknowledged = if task.kind.is_danger() {
            self.state(&task.key).await?.acknowledged.remove(&task.id)
        } else {
            None
        };
        Ok(Some(Telling {
            opened_at: opened_at(&task),
            task,
            rounds,
            acknowledged,
        }))
    }

    /// Returns an alert that is to be told; none where it was told meanwhile.
    pub async fn alert(&self, key: &TellKey) -> Result<Option<AlertRecord>, LedgerError> {
        let item = self.get(key.key.clone()).await?;
        let waits = |item: &Item| {
            item.get("due_sk").and_then(|value| value.as_s().ok()) == Some(&key.due_sk)
        };
        item.filter(waits).map(from_item).transpose()
    }

    /// Returns `true` if a practice's digest was ever planned: the first time it is only planned.
    pub async fn digest_is_planned(&self, key: &TellKey) -> Result<bool, LedgerError> {
        Ok(self
            .get(key.key.clone())
            .await?
            .is_some_and(|item| item.contains_key("rounds")))
    }

    /// Writes notices, and that what they are about was told: all of it or nothing. Returns false
    /// where somebody else told it, or it is over.
    ///
    /// What does not fit into one transaction follows it: first the notices, which come with the
    /// first of `told`.
    pub async fn tell(
        &self,
        told: &[Told<'_>],
        notices: &[NoticeRecord],
    ) -> Result<bool, LedgerError> {
        if told.is_empty() {
            for notice in notices {
                self.put_new(notice_item(notice)?).await?;
            }
            return Ok(true);
        }
        let (first, later) = notices.split_at(notices.len().min(AT_ONCE / 2));
        let room = AT_ONCE - first.len();
        for (nth, told) in told.chunks(room).enumerate() {
            let mut writes = Transaction::default();
            for told in told {
                writes.push(Guard::Open, self.told_write(told)?);
            }
            for notice in first.iter().filter(|_| nth == 0) {
                writes.push(Guard::New, self.put_once(notice_item(notice)?)?);
            }
            match self.transact(writes).await? {
                Transacted::Written => {}
                // Those that are left are due still, and the next run tells them.
                Transacted::Refused(_) | Transacted::Conflict => return Ok(nth > 0),
            }
            for notice in later.iter().filter(|_| nth == 0) {
                self.put_new(notice_item(notice)?).await?;
            }
        }
        Ok(true)
    }

    fn told_write(
        &self,
        told: &Told<'_>,
    ) -> Result<aws_sdk_dynamodb::types::TransactWriteItem, LedgerError> {
        let Told { key, next, rounds } = told;
        let open = if key.kind == Tell::Task {
            " AND #status = :open"
        } else {
            ""
        };
        let change = match next {
            Some(_) => "SET rounds = :rounds, due_sk = :next",
            None => "SET rounds = :rounds REMOVE due_kind, due_pk, due_sk",
        };
        let mut update = self
            .update(&key.key)
            .update_expression(change)
            .condition_expression(format!("due_sk = :due{open}"))
            .expression_attribute_values(":rounds", number(*rounds))
            .expression_attribute_values(":due", text(key.due_sk.as_str()));
        if let Some(next) = next {
            update = update
                .expression_attribute_values(":next", text(keys::due_time(*next, key.unique())));
        }
        if key.kind == Tell::Task {
            update = update
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":open", text(TaskStatus::Open.name()));
        }
        update_item(update)
    }

    /// Returns `true` if nothing of this kind was told for the first time at the practice within
    /// the last minute: what comes in a flood is told together then.
    pub async fn is_no_flood(
        &self,
        id: &PracticeId,
        alert: &str,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let minute = SignedDuration::from_mins(1);
        let noted = self
            .change(&keys::burst(id, alert))
            .update_expression("SET told_at = :now, expires = :expires")
            .condition_expression("attribute_not_exists(PK) OR told_at <= :before")
            .expression_attribute_values(":now", text(keys::sortable(now)))
            .expression_attribute_values(":before", text(keys::sortable(now - minute)))
            .expression_attribute_values(":expires", number((now + ALERT_KEPT).as_second()))
            .send()
            .await;
        unless_refused(noted)
    }

    /// Takes it upon the caller to send a notice until the lease runs out. Returns none where
    /// somebody else does, or did.
    pub async fn claim_notice(
        &self,
        key: &TellKey,
        lease_until: Timestamp,
    ) -> Result<Option<(NoticeRecord, TellKey)>, LedgerError> {
        let lease = keys::due_time(lease_until, key.unique());
        let claimed = self
            .change(&key.key)
            .update_expression("SET #status = :sending, due_sk = :lease ADD attempts :one")
            .condition_expression("due_sk = :due")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text(NoticeStatus::Sending.name()))
            .expression_attribute_values(":lease", text(lease.as_str()))
            .expression_attribute_values(":due", text(key.due_sk.as_str()))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match claimed {
            Ok(claimed) => claimed.attributes,
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => None,
            Err(error) => return Err(error.into()),
        };
        let key = TellKey {
            due_sk: lease,
            ..key.clone()
        };
        item.map(|item| Ok((from_item(item)?, key))).transpose()
    }

    /// Notes what became of a notice. It is not sent again.
    pub async fn settle_notice(
        &self,
        key: &TellKey,
        status: NoticeStatus,
        result: Option<&str>,
    ) -> Result<bool, LedgerError> {
        let update = self
            .change(&key.key)
            .update_expression(
                "SET #status = :status, #result = :result REMOVE due_kind, due_pk, due_sk",
            )
            .condition_expression("due_sk = :due")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":status", text(status.name()))
            .expression_attribute_values(":result", text(result.unwrap_or("taken")))
            .expression_attribute_values(":due", text(key.due_sk.as_str()));
        unless_refused(update.send().await)
    }

    /// Notes that a notice that had been taken did not arrive. Returns it, or none where it is not
    /// on record.
    pub async fn notice_came_back(
        &self,
        id: &PracticeId,
        notice: &str,
        why: &str,
    ) -> Result<Option<NoticeRecord>, LedgerError> {
        let noted = self
            .change(&keys::notice(id, notice))
            .update_expression(
                "SET #status = :refused, #result = :why REMOVE due_kind, due_pk, due_sk",
            )
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":refused", text(NoticeStatus::Refused.name()))
            .expression_attribute_values(":why", text(why))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match noted {
            Ok(noted) => noted.attributes.map(from_item).transpose(),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes that a way reaches nobody, and opens a task to correct it. Safe to repeat.
    pub async fn note_dead_way(
        &self,
        id: &PracticeId,
        name: &str,
        way: &str,
        way_id: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut item = keys::dead_way(id, way_id).attributes();
        item.insert("at".to_owned(), text(now.to_string()));
        self.overwrite(item).await?;
        let what = if way == "email" {
            "e-mail address"
        } else {
            "mobile number"
        };
        let why = format!(
            "a message to {name} was refused: their {what} in the settings takes none. Correct it, or have it confirmed anew \
             with `pagewarden people test`"
        );
        let task = TaskRecord::to_repair(id, way_id, day_of(now), now + REPAIR_WITHIN, why);
        self.put_new(task_item(&task)?).await.map(|_| ())
    }

    /// Returns which of these ways are known to reach nobody, since they were last confirmed.
    pub async fn dead_ways(
        &self,
        id: &PracticeId,
        ways: &[String],
    ) -> Result<BTreeSet<String>, LedgerError> {
        #[derive(Deserialize)]
        struct Dead {
            at: Timestamp,
        }
        let mut dead = BTreeSet::new();
        for way in ways {
            let Some(Dead { at }) = self.read(keys::dead_way(id, way)).await? else {
                continue;
            };
            let confirmed: Option<WayRecord> = self.read(keys::way(id, way)).await?;
            if confirmed.is_none_or(|confirmed| confirmed.confirmed_at <= at) {
                dead.insert(way.clone());
            }
        }
        Ok(dead)
    }

    /// Has the next in line told of a task at once, if it stands as it did after a round. Returns
    /// what is due, or none.
    pub async fn tell_next(
        &self,
        task: &TaskRef,
        after_rounds: u32,
        now: Timestamp,
    ) -> Result<Option<TellKey>, LedgerError> {
        let key = keys::task(&task.key, &task.task);
        let due_sk = keys::due_time(now, &task.task);
        let brought = self
            .change(&key)
            .update_expression("SET due_sk = :due")
            .condition_expression("#status = :open AND rounds = :rounds AND due_sk > :due")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":open", text(TaskStatus::Open.name()))
            .expression_attribute_values(":rounds", number(after_rounds))
            .expression_attribute_values(":due", text(due_sk.as_str()))
            .send()
            .await;
        let practice = task.key.practice.clone();
        Ok(unless_refused(brought)?.then_some(TellKey {
            key,
            due_sk,
            kind: Tell::Task,
            practice,
        }))
    }

    /// Writes that somebody is dealing with a task about danger. It stays open; nobody is told of
    /// it for two hours, and then they are, if it is not answered. Returns until when.
    pub async fn acknowledge(
        &self,
        post: &PostKey,
        task: &str,
        person: &Person,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<Timestamp, ChoiceError> {
        let people = self.people(&post.practice).await?;
        let id = task.to_ascii_uppercase();
        let until = now + DEALS_WITHIN;
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let Some(task) = self.task(post, &id).await? else {
                return Err(ChoiceError::NoSuchTask {
                    post: post.clone(),
                    id,
                });
            };
            if task.status == TaskStatus::Done {
                return Err(ChoiceError::Closed(Box::new(task)));
            }
            let state = self.state(post).await?;
            let at = self.grounds(post, people.clone(), state, None).await?;
            may(person, &Act::Acknowledge { task: &task }, &at)?;
            let update = self
                .update(&task_key(&task))
                .update_expression("SET due_sk = :until, rounds = :none")
                .condition_expression("#status = :open")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":open", text(TaskStatus::Open.name()))
                .expression_attribute_values(":until", text(keys::due_time(until, &task.id)))
                .expression_attribute_values(":none", number(0));
            let mut writes = Transaction::default();
            writes.push(Guard::Open, update_item(update)?);
            let by = person.to_string();
            let event = Event::Acknowledged {
                task: task.id.clone(),
                by,
                note: note.map(str::to_owned),
            };
            let counted = numbers::of_clock(&task, &at.state, now);
            self.count(&mut writes, &post.practice, counted, now)?;
            self.append(&mut writes, post, &at.state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(until);
            }
        }
    }

    /// Has a practice's people told of something, once an occasion.
    pub(crate) async fn put_alert(
        &self,
        id: &PracticeId,
        kind: &str,
        occasion: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.put_new(alert_item(id, kind, occasion, now)?)
            .await
            .map(|_| ())
    }

    /// Has a practice's digests planned, unless they are.
    pub(crate) async fn begin_digests(
        &self,
        id: &PracticeId,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut item = keys::digest(id).attributes();
        item.extend(to_be_told(Tell::Digest, id, now, id.as_str()));
        self.put_new(item).await.map(|_| ())
    }

    /// Counts what waits at a practice, as far as a digest says.
    pub async fn counts(&self, id: &PracticeId) -> Result<Counts, LedgerError> {
        let mut counts = Counts::default();
        for (nth, urgency) in Urgency::ALL.iter().enumerate() {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name("queue")
                .key_condition_expression("queue_pk = :pk AND begins_with(queue_sk, :urgency)")
                .projection_expression("id, due_at")
                .select(Select::SpecificAttributes)
                .expression_attribute_values(":pk", text(keys::queue_partition(id)))
                .expression_attribute_values(":urgency", text(format!("{}#", *urgency as u8)))
                .limit(MOST_COUNTED)
                .send()
                .await?;
            let items = page.items.unwrap_or_default();
            counts.more |= page.last_evaluated_key.is_some();
            counts.by_urgency[nth] = u32::try_from(items.len()).unwrap_or(u32::MAX);
            for item in &items {
                let name = |attribute: &str| item.get(attribute)?.as_s().ok();
                let opened = name("id").and_then(|id| {
                    let millis = ulid::Ulid::from_string(id).ok()?.timestamp_ms();
                    Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()
                });
                let due = name("due_at").and_then(|due| due.parse::<Timestamp>().ok());
                counts.oldest = counts.oldest.into_iter().chain(opened).min();
                counts.nearest = counts.nearest.into_iter().chain(due).min();
            }
        }
        Ok(counts)
    }

    /// Returns one notice of a practice, as long as it is on record.
    pub async fn notice(
        &self,
        id: &PracticeId,
        notice: &str,
    ) -> Result<Option<NoticeRecord>, LedgerError> {
        self.read(keys::notice(id, notice)).await
    }

    /// Returns every notice of a practice that is on record, the oldest first.
    pub async fn notices(&self, id: &PracticeId) -> Result<Vec<NoticeRecord>, LedgerError> {
        self.partition(&keys::notices(id), "NOTICE#")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }

    /// Asks for a code to be sent by one way, by which its owner can confirm it. An earlier one
    /// stops working. Returns `false` if one was asked for within the last minute: whoever presses a
    /// button twice has no second message sent.
    pub async fn ask_for_code(
        &self,
        id: &PracticeId,
        name: &str,
        way: &str,
        way_id: &str,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let record = CodeRecord {
            name: name.to_owned(),
            way: way.to_owned(),
            asked_at: now,
            attempts: 0,
        };
        let mut item = to_item(&keys::code(id, way_id), &record)?;
        item.extend(to_be_told(Tell::Code, id, now, way_id));
        item.insert("expires".to_owned(), number((now + CODE_WORKS).as_second()));
        item.insert("asked_at".to_owned(), text(keys::sortable(now)));
        let asked = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK) OR asked_at <= :before")
            .expression_attribute_values(":before", text(keys::sortable(now - CODE_AGAIN_AFTER)))
            .send()
            .await;
        unless_refused(asked)
    }

    /// Takes it upon the caller to send this code until the lease runs out: from now on it is the
    /// one that works. Only its hash is kept. Returns none where somebody else sends one.
    pub async fn claim_code(
        &self,
        key: &TellKey,
        code: &str,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<CodeWanted>, LedgerError> {
        let way_id = key.unique().to_owned();
        let lease = keys::due_time(lease_until, &way_id);
        let claimed = self
            .change(&key.key)
            .update_expression(
                "SET code_hash = :hash, tries = :none, works_until = :until, due_sk = :lease ADD attempts :one",
            )
            .condition_expression("due_sk = :due")
            .expression_attribute_values(":hash", text(code_hash(&key.practice, &way_id, code)))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":until", text(keys::sortable(now + CODE_WORKS)))
            .expression_attribute_values(":lease", text(lease.as_str()))
            .expression_attribute_values(":due", text(key.due_sk.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match claimed {
            Ok(claimed) => claimed.attributes,
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => None,
            Err(error) => return Err(error.into()),
        };
        let Some(item) = item else { return Ok(None) };
        let CodeRecord {
            name,
            way,
            attempts,
            ..
        } = from_item(item)?;
        let key = TellKey {
            due_sk: lease,
            ..key.clone()
        };
        Ok(Some(CodeWanted {
            name,
            way,
            way_id,
            attempts,
            key,
        }))
    }

    /// Notes that a code was sent, or that nobody sends it any more.
    pub async fn settle_code(&self, key: &TellKey) -> Result<(), LedgerError> {
        let update = self
            .change(&key.key)
            .update_expression("REMOVE due_kind, due_pk, due_sk")
            .condition_expression("due_sk = :due")
            .expression_attribute_values(":due", text(key.due_sk.as_str()));
        unless_refused(update.send().await).map(|_| ())
    }

    /// Confirms one of somebody's ways by the code that they were sent, and returns its id. `ways`
    /// are the ids of all of their ways that the settings give.
    pub async fn confirm_way(
        &self,
        id: &PracticeId,
        person: &Person,
        ways: &[(String, String)],
        code: &str,
        now: Timestamp,
    ) -> Result<String, ConfirmError> {
        #[derive(Deserialize)]
        struct Tried {
            code_hash: String,
            tries: u32,
        }
        may(
            person,
            &Act::ConfirmWay,
            &Grounds::of_practice(id.clone(), self.people(id).await?),
        )?;
        let mut left = None;
        for (way, way_id) in ways {
            // Counted before it is looked at, so that many guesses at once are as many tries.
            let tried = self
                .change(&keys::code(id, way_id))
                .update_expression("ADD tries :one")
                .condition_expression(
                    "attribute_exists(code_hash) AND tries < :most AND works_until > :now",
                )
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":most", number(MOST_GUESSES))
                .expression_attribute_values(":now", text(keys::sortable(now)))
                .return_values(ReturnValue::AllNew)
                .send()
                .await;
            let item = match tried {
                Ok(tried) => tried.attributes,
                Err(error) if error.code() == Some("ConditionalCheckFailedException") => None,
                Err(error) => return Err(LedgerError::from(error).into()),
            };
            let Some(item) = item else { continue };
            let Tried {
                code_hash: expected,
                tries,
            } = from_item(item)?;
            if code_hash(id, way_id, code.trim()) != expected {
                left = left.max(Some(MOST_GUESSES.saturating_sub(tries)));
                continue;
            }
            self.note_confirmed(id, &person.name, way, way_id, now)
                .await?;
            // It has done what it was for.
            let used = self
                .change(&keys::code(id, way_id))
                .update_expression("REMOVE code_hash");
            used.send().await.map_err(LedgerError::from)?;
            return Ok(way_id.clone());
        }
        Err(match left {
            Some(left) => ConfirmError::Wrong {
                name: person.name.clone(),
                left,
            },
            None => ConfirmError::NoCode(person.name.clone()),
        })
    }

    /// Writes that somebody confirmed a way: for who has seen that they did.
    pub async fn note_confirmed(
        &self,
        id: &PracticeId,
        name: &str,
        way: &str,
        way_id: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let record = WayRecord {
            name: name.to_owned(),
            way: way.to_owned(),
            confirmed_at: now,
        };
        let item = to_item(&keys::way(id, way_id), &record)?;
        self.overwrite(item).await
    }

    /// Returns the ids of the ways that a practice's people have confirmed. An address that was
    /// changed since is another way.
    pub async fn confirmed_ways(&self, id: &PracticeId) -> Result<BTreeSet<String>, LedgerError> {
        let items = self.partition(&keys::people(id), "WAY#").await?;
        Ok(items
            .iter()
            .filter_map(|item| key_of(item).sk.strip_prefix("WAY#").map(str::to_owned))
            .collect())
    }
}

/// Returns an alert about a practice as a whole, as it stands until it is told.
pub(crate) fn alert_item(
    id: &PracticeId,
    kind: &str,
    occasion: &str,
    now: Timestamp,
) -> Result<Item, LedgerError> {
    let record = AlertRecord {
        practice: id.clone(),
        kind: kind.to_owned(),
        at: now,
    };
    let mut item = to_item(&keys::alert(id, kind, occasion), &record)?;
    item.extend(to_be_told(Tell::Alert, id, now, kind));
    item.insert("expires".to_owned(), number((now + ALERT_KEPT).as_second()));
    Ok(item)
}

fn notice_item(notice: &NoticeRecord) -> Result<Item, LedgerError> {
    let mut notice = notice.clone();
    notice.tasks.truncate(MOST_TASKS);
    let mut item = to_item(&keys::notice(&notice.practice, &notice.id), &notice)?;
    item.extend(to_be_told(
        Tell::Notice,
        &notice.practice,
        notice.at,
        &notice.id,
    ));
    item.insert(
        "expires".to_owned(),
        number((notice.at + NOTICE_KEPT).as_second()),
    );
    Ok(item)
}

/// Returns the hash of a code. It depends on the way as well, so the same code of two people has
/// two hashes.
fn code_hash(practice: &PracticeId, way_id: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("{practice} {way_id} {code}")))
}
