//! What is due to be told, and that it was told.

use aws_sdk_dynamodb::types::Select;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PostKey, PracticeId, TaskKind, Urgency};

use super::sending::notice_item;
use super::{ALERT_KEPT, AlertRecord, NoticeRecord, TaskRef, Tell, TellKey};
use crate::authority::{Act, Person, may};
use crate::keys;
use crate::numbers;
use crate::records::{Acknowledgement, Event, TaskRecord, TaskStatus};
use crate::rows::{opened_at, task_key, to_be_told};
use crate::tasks::ChoiceError;
use crate::write::{
    Guard, Item, Transacted, Transaction, Tries, from_item, number, text, unless_refused,
    update_item,
};
use crate::{Ledger, LedgerError};

/// How long somebody who said that they are dealing with a task is left alone.
const DEALS_WITHIN: SignedDuration = SignedDuration::from_hours(2);

/// Writes of one transaction, of which the table takes a hundred.
const AT_ONCE: usize = 90;

/// Items of one partition of the index that one run takes; the next one takes the rest.
const MOST_DUE: usize = 1_000;

/// Tasks of one urgency that are counted.
const MOST_COUNTED: i32 = 1_000;

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

/// What waits at a practice, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// By urgency: now, high, normal, low.
    pub by_urgency: [u32; 4],
    /// Those of them that were drawn for a second look.
    pub second_looks: u32,
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
    /// Returns what is due to be told but for the digests, the oldest first in each shard.
    pub async fn to_tell(&self, now: Timestamp) -> Result<Vec<TellKey>, LedgerError> {
        let mut due = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            due.extend(self.to_tell_in(keys::late_shard(shard), now).await?);
        }
        Ok(due)
    }

    /// Returns the digests that are due, the oldest first.
    pub async fn digests_to_tell(&self, now: Timestamp) -> Result<Vec<TellKey>, LedgerError> {
        self.to_tell_in(keys::DIGESTS.to_owned(), now).await
    }

    async fn to_tell_in(
        &self,
        partition: String,
        now: Timestamp,
    ) -> Result<Vec<TellKey>, LedgerError> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_pk = :pk AND due_sk <= :now")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":now", text(format!("{}~", keys::sortable(now))))
            .into_paginator()
            .items()
            .send();
        let (mut due, mut taken) = (Vec::new(), 0);
        while let Some(item) = items.try_next().await? {
            due.extend(TellKey::of(&item));
            taken += 1;
            if taken >= MOST_DUE {
                break;
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
                .projection_expression("id, due_at, kind")
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
                let is_drawn = name("kind").is_some_and(|kind| kind == TaskKind::SecondLook.name());
                counts.second_looks += u32::from(is_drawn);
                counts.oldest = counts.oldest.into_iter().chain(opened).min();
                counts.nearest = counts.nearest.into_iter().chain(due).min();
            }
        }
        Ok(counts)
    }
}
