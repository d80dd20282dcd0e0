//! Reading and writing items: the few calls that every access pattern is made of.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, KeysAndAttributes, Put, TransactWriteItem, Update,
};
use jiff::Timestamp;
use pagewarden_rules::PostKey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ulid::Ulid;

use crate::chain::{Link, Seals, seal};
use crate::keys::{self, Key};
use crate::records::{Event, EventRecord, StateRecord};
use crate::{Ledger, LedgerError};

/// An item of the table.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// Tries at one write before it is given up for now.
const MOST_TRIES: u32 = 8;

/// The longest pause after the first try that others got in the way of; doubled with each further
/// one.
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// Items that one call reads, a limit of the table.
const MOST_READS: usize = 100;

/// What a write of a transaction asks of the table, so that a refusal says what did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The revision still waits for its decision.
    Undecided,
    /// Nobody wrote to the post's history since it was read.
    History,
    /// The line is not in the history yet.
    Line,
    /// The item is not there yet.
    New,
    /// The action is as it was read.
    Action,
    /// The task is still open.
    Open,
    /// The practice's switch is on.
    Switch,
    /// The record of a rule that watches itself is as it was read.
    Rule,
    /// The rule under which the machine acts has not stopped itself.
    Runs,
    /// The practice's cap of an hour has room.
    HourCap,
    /// The practice's cap of a day has room.
    DayCap,
    /// The channel belongs to this practice or to nobody.
    Channel,
    /// The channel is stopped, or is not, as it was read.
    Stop,
    /// The versions of the practice's policy stand as they were read.
    Versions,
    /// The practice's policy and settings are those that were read.
    Edition,
    /// The revision's words are kept.
    Words,
    /// Nothing: the write is made whatever stands there.
    Nothing,
}

/// Writes of which all are made or none.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    writes: Vec<TransactWriteItem>,
    /// What each of them asks of the table.
    guards: Vec<Guard>,
    /// The seals of the items that it puts and that a line of the history is to name.
    seals: Seals,
}

impl Transaction {
    pub(crate) fn push(&mut self, guard: Guard, write: TransactWriteItem) {
        self.writes.push(write);
        self.guards.push(guard);
    }

    /// Returns the seals of what was added so far, for the line that is written with it.
    pub(crate) const fn seals(&self) -> &Seals {
        &self.seals
    }

    /// Returns how many writes it has.
    pub(crate) const fn len(&self) -> usize {
        self.writes.len()
    }

    /// Seals an item that stands in the table already.
    pub(crate) fn seal(&mut self, item: &Item) {
        self.seals.insert(key_of(item).to_string(), seal(item));
    }

    /// Returns the guards that did not hold, given why each write was cancelled.
    fn refused(guards: &[Guard], reasons: &[CancellationReason]) -> Vec<Guard> {
        let failed = reasons
            .iter()
            .map(|reason| reason.code() == Some("ConditionalCheckFailed"));
        failed
            .zip(guards)
            .filter_map(|(failed, guard)| failed.then_some(*guard))
            .collect()
    }
}

/// What became of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Transacted {
    /// All of it was written.
    Written,
    /// Nothing was written: these guards did not hold.
    Refused(Vec<Guard>),
    /// Nothing was written: another transaction was under way on one of the items.
    Conflict,
}

impl Transacted {
    /// Returns `true` if this guard did not hold.
    pub(crate) fn refused(&self, guard: Guard) -> bool {
        matches!(self, Transacted::Refused(guards) if guards.contains(&guard))
    }
}

/// Tries at a write that others may get in the way of: each further one waits, on average twice as
/// long as the one before, and by a random part, so that two writers that collided once do not keep
/// step.
pub(crate) struct Tries {
    what: String,
    made: u32,
}

impl Tries {
    /// Begins to try, naming what is written to.
    pub(crate) fn at(what: &impl std::fmt::Display) -> Self {
        Tries {
            what: what.to_string(),
            made: 0,
        }
    }

    /// Waits for the next try. Fails with [`LedgerError::Contended`] after too many.
    pub(crate) async fn next(&mut self) -> Result<(), LedgerError> {
        if self.made >= MOST_TRIES {
            return Err(LedgerError::Contended(self.what.clone()));
        }
        if self.made > 0 {
            let longest = FIRST_PAUSE * 2_u32.pow(self.made - 1);
            tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
        }
        self.made += 1;
        Ok(())
    }
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl std::fmt::Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

pub(crate) fn to_item(key: &Key, record: &impl Serialize) -> Result<Item, LedgerError> {
    let mut item: Item = serde_dynamo::to_item(record).map_err(|source| unreadable(key, source))?;
    item.extend(key.attributes());
    Ok(item)
}

pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, LedgerError> {
    let key = key_of(&item);
    serde_dynamo::from_item(item).map_err(|source| unreadable(&key, source))
}

pub(crate) fn key_of(item: &Item) -> Key {
    let name = |attribute: &str| {
        item.get(attribute)
            .and_then(|v| v.as_s().ok())
            .cloned()
            .unwrap_or_default()
    };
    Key::new(name("PK"), name("SK"))
}

pub(crate) fn unreadable(
    key: &Key,
    source: impl std::error::Error + Send + Sync + 'static,
) -> LedgerError {
    LedgerError::Unreadable {
        key: key.to_string(),
        source: Box::new(source),
    }
}

impl Ledger {
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, LedgerError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
            .consistent_read(true)
            .send()
            .await?;
        Ok(answer.item)
    }

    /// Returns the items of these keys, as far as they are there, in as few calls as possible.
    pub(crate) async fn items(&self, keys: Vec<Key>) -> Result<HashMap<Key, Item>, LedgerError> {
        let mut found = HashMap::with_capacity(keys.len());
        for some in keys.chunks(MOST_READS) {
            let mut left: Vec<Item> = some.iter().map(Key::attributes).collect();
            let mut tries = Tries::at(&"items that are read together");
            while !left.is_empty() {
                tries.next().await?;
                let asked = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(true)
                    .build()
                    .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
                let answer = self.client.batch_get_item();
                let answer = answer.request_items(&self.table, asked).send().await?;
                let mut responses = answer.responses.unwrap_or_default();
                let items = responses.remove(&self.table).unwrap_or_default();
                found.extend(items.into_iter().map(|item| (key_of(&item), item)));
                // What the table had no time for: as a rule nothing.
                let mut rest = answer.unprocessed_keys.unwrap_or_default();
                left = rest
                    .remove(&self.table)
                    .map(|rest| rest.keys)
                    .unwrap_or_default();
            }
        }
        Ok(found)
    }

    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        key: Key,
    ) -> Result<Option<T>, LedgerError> {
        self.get(key).await?.map(from_item).transpose()
    }

    /// Puts an item, in place of what its key has.
    pub(crate) async fn overwrite(&self, item: Item) -> Result<(), LedgerError> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .send()
            .await?;
        Ok(())
    }

    /// Puts an item unless its key is taken. Returns `true` if it was put.
    pub(crate) async fn put_new(&self, item: Item) -> Result<bool, LedgerError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK)");
        unless_refused(put.send().await)
    }

    /// Returns every item of a partition whose sort key begins so, following the pages.
    pub(crate) async fn partition(
        &self,
        pk: &str,
        sk_prefix: &str,
    ) -> Result<Vec<Item>, LedgerError> {
        // An empty prefix is no condition at all: the table refuses to compare with an empty key.
        let (condition, prefix) = match sk_prefix {
            "" => ("PK = :pk", None),
            prefix => ("PK = :pk AND begins_with(SK, :sk)", Some(prefix)),
        };
        let mut values = HashMap::from([(":pk".to_owned(), text(pk))]);
        values.extend(prefix.map(|prefix| (":sk".to_owned(), text(prefix))));
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .into_paginator()
            .items()
            .send();
        Ok(pages.collect::<Result<_, _>>().await?)
    }

    /// Returns at most `most` items of a partition whose sort keys are from one to another, the
    /// greatest first, as they may have been a moment ago.
    pub(crate) async fn last<T: DeserializeOwned>(
        &self,
        pk: String,
        [from, to]: [String; 2],
        most: usize,
    ) -> Result<Vec<T>, LedgerError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .scan_index_forward(false)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .send()
            .await?;
        let items = found.items.unwrap_or_default().into_iter();
        items.map(from_item).collect()
    }

    pub(crate) async fn state(&self, post: &PostKey) -> Result<StateRecord, LedgerError> {
        Ok(self.read(keys::state(post)).await?.unwrap_or_default())
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the SDK's enum may gain variants"
    )]
    pub(crate) async fn transact(
        &self,
        transaction: Transaction,
    ) -> Result<Transacted, LedgerError> {
        let Transaction { writes, guards, .. } = transaction;
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Transacted::Written),
            Err(SdkError::ServiceError(error)) => match error.err() {
                TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                    let reasons = cancelled.cancellation_reasons();
                    let failed = Transaction::refused(&guards, reasons);
                    if !failed.is_empty() {
                        Ok(Transacted::Refused(failed))
                    } else if reasons
                        .iter()
                        .any(|reason| reason.code() == Some("TransactionConflict"))
                    {
                        Ok(Transacted::Conflict)
                    } else {
                        Err(SdkError::ServiceError(error).into())
                    }
                }
                TransactWriteItemsError::TransactionInProgressException(_) => {
                    Ok(Transacted::Conflict)
                }
                _ => Err(SdkError::ServiceError(error).into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Adds the put of a new item that the next line of the history is to name.
    pub(crate) fn add(&self, transaction: &mut Transaction, item: Item) -> Result<(), LedgerError> {
        transaction.seal(&item);
        transaction.push(Guard::New, self.put_once(item)?);
        Ok(())
    }

    /// Adds the writes by which a post's history grows by one line: the line, which names what was
    /// added before, the state after it, which is returned, and the end of the practice's chain,
    /// where the line is a link of it.
    pub(crate) async fn append(
        &self,
        transaction: &mut Transaction,
        post: &PostKey,
        state: &StateRecord,
        at: Timestamp,
        event: &Event,
        id: Option<String>,
    ) -> Result<StateRecord, LedgerError> {
        let link = if state.linked || !event.is_idle() {
            Some(self.chain_head(&post.practice).await?.next())
        } else {
            None
        };
        let after = self.line(transaction, post, state, at, event, id, link.as_ref())?;
        if let Some(link) = &link {
            self.grow(transaction, &post.practice, link, &after.head)?;
        }
        Ok(after)
    }

    /// Adds a line to a post's history and the state after it, which is returned. What was added
    /// since the line before is named by this one. The end of the practice's chain is left to the
    /// caller.
    #[expect(
        clippy::too_many_arguments,
        reason = "a line and its place in two chains"
    )]
    pub(crate) fn line(
        &self,
        transaction: &mut Transaction,
        post: &PostKey,
        state: &StateRecord,
        at: Timestamp,
        event: &Event,
        id: Option<String>,
        link: Option<&Link>,
    ) -> Result<StateRecord, LedgerError> {
        let state_key = keys::state(post);
        let seals = std::mem::take(&mut transaction.seals);
        let record = EventRecord::new(
            state.seq + 1,
            state.head.clone(),
            at,
            event,
            &seals,
            link.cloned(),
        )
        .map_err(|source| unreadable(&state_key, source))?;
        let id = id.unwrap_or_else(|| sortable_id(at, &record.hash));
        let after = state.clone().apply(&record, event);
        transaction.push(
            Guard::Line,
            self.put_once(to_item(&keys::event(post, &id), &record)?)?,
        );
        let mut fold = to_item(&state_key, &after)?;
        fold.extend(crate::retention::place(post, &after, at, event).unwrap_or_default());
        transaction.push(Guard::History, self.put_after(fold, "seq", state.seq)?);
        Ok(after)
    }

    pub(crate) fn put(&self, item: Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    /// Returns the write of an item that counts its own writes in an attribute, if it is as it was
    /// read: with that count, or not there at all where it is 0.
    pub(crate) fn put_after(
        &self,
        item: Item,
        count: &str,
        read: u64,
    ) -> Result<TransactWriteItem, LedgerError> {
        if read == 0 {
            return self.put_once(item);
        }
        put_item(
            self.put(item)
                .condition_expression(format!("{count} = :read"))
                .expression_attribute_values(":read", number(read)),
        )
    }

    pub(crate) fn put_once(&self, item: Item) -> Result<TransactWriteItem, LedgerError> {
        put_item(
            self.put(item)
                .condition_expression("attribute_not_exists(PK)"),
        )
    }

    /// Begins a change of one item, outside of any transaction.
    pub(crate) fn change(&self, key: &Key) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
    }

    pub(crate) fn update(&self, key: &Key) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key.attributes()))
    }
}

/// Returns whether a write was made: false where its condition did not hold.
pub(crate) fn unless_refused<T, E>(sent: Result<T, SdkError<E>>) -> Result<bool, LedgerError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match sent {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn put_item(
    put: aws_sdk_dynamodb::types::builders::PutBuilder,
) -> Result<TransactWriteItem, LedgerError> {
    let put = put
        .build()
        .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

pub(crate) fn update_item(
    update: aws_sdk_dynamodb::types::builders::UpdateBuilder,
) -> Result<TransactWriteItem, LedgerError> {
    let update = update
        .build()
        .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// Returns an id that sorts by time. Its random part comes from a hash, so that the same thing at
/// the same time has the same id.
pub(crate) fn sortable_id(at: Timestamp, hash: &str) -> String {
    let millis = u64::try_from(at.as_millisecond()).unwrap_or_default();
    let random = u128::from_str_radix(hash.get(..20).unwrap_or("0"), 16).unwrap_or_default();
    Ulid::from_parts(millis, random).to_string()
}
