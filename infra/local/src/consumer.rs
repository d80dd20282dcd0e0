//! The consumer: carries the table's stream to the functions, as the template's event sources say.
//!
//! Each practice has a lane of its own, in which its records come in order and no other practice's
//! wait. A record that fails steps out of the way with those of the same item: what is behind it
//! goes on, and it is tried again in between.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use crate::functions::Functions;
use crate::stack::Stack;
use crate::table::{Sequence, Table};
use crate::template::matches;

/// How long to wait when the stream has nothing new.
const IDLE: Duration = Duration::from_millis(10);

/// How often a record is sent before it is given up, as the template's event sources do. What is
/// given up is not lost: `remind` finds it.
const TRIES: u32 = 5;

/// Batches that are delivered while others wait, before one that failed is tried again.
const FRESH_FIRST: usize = 8;

/// Records that wait in the lanes before no more are read, so that a long backlog stays where it
/// is: in the table.
const MOST_WAITING: usize = 5_000;

/// How often a consumer's place in the stream is kept while it is busy. What was carried since
/// comes again after a restart, which changes nothing.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// How far the consumers are. What one carries makes records for the others, so they are at rest
/// only once each has found nothing since the last of them carried something.
#[derive(Debug, Default)]
pub struct Consumers {
    /// Grows whenever one has carried something, and whenever somebody asks.
    carried: AtomicU64,
    consumers: Mutex<Vec<Progress>>,
}

/// How far one consumer is.
#[derive(Clone, Debug, Default)]
struct Progress {
    /// How much had been carried when it last looked and found nothing.
    idle_at: Option<u64>,
    /// The last record that it has read.
    read: Option<Sequence>,
    /// Records that were read and are not carried yet.
    waiting: BTreeSet<Sequence>,
}

impl Progress {
    /// Returns the last record before which nothing is left to carry.
    fn place(&self) -> Option<Sequence> {
        self.waiting
            .first()
            .map_or(self.read, |first| Some(first.before()))
    }
}

impl Consumers {
    /// Adds a consumer, and returns its number.
    pub fn add(&self) -> usize {
        let mut consumers = self.consumers();
        consumers.push(Progress::default());
        consumers.len() - 1
    }

    /// Waits until all that is in the stream by now has been carried, and all that came of it.
    pub async fn rest(&self) {
        self.carried.fetch_add(1, Ordering::SeqCst);
        while !self.are_idle() {
            tokio::time::sleep(IDLE / 10).await;
        }
    }

    /// Returns how many records are still to be carried by the consumer that has the most of them.
    /// In a table in memory those that no consumer has read yet are not counted.
    pub fn backlog(&self, table: &Table) -> Result<usize> {
        let consumers = self.consumers().clone();
        let behind = consumers
            .iter()
            .map(|consumer| Ok(consumer.waiting.len() + table.records_after(consumer.read)?));
        behind
            .collect::<Result<Vec<_>>>()
            .map(|behind| behind.into_iter().max().unwrap_or_default())
    }

    fn are_idle(&self) -> bool {
        let carried = self.carried.load(Ordering::SeqCst);
        self.consumers()
            .iter()
            .all(|consumer| consumer.idle_at == Some(carried))
    }

    fn consumers(&self) -> MutexGuard<'_, Vec<Progress>> {
        self.consumers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T>(&self, consumer: usize, change: impl FnOnce(&mut Progress) -> T) -> T {
        change(&mut self.consumers()[consumer])
    }
}

/// What a consumer carries, and where to.
#[derive(Debug)]
pub struct Route {
    /// The function.
    pub function: String,
    /// The template's filters: a record that fits one of them is carried.
    pub filters: Vec<Value>,
    /// The most records at once.
    pub batch: usize,
}

/// Carries one function's records to it, for ever. Begins where this function's records were last
/// carried to, by the table's own account, or at the oldest record there is.
pub async fn run(
    table: Arc<Table>,
    functions: Arc<Functions>,
    consumers: Arc<Consumers>,
    consumer: usize,
    route: Route,
) {
    let route = Arc::new(route);
    let name = route.function.as_str();
    let mut kept = table.place(name).unwrap_or_else(|error| {
        tracing::error!(
            function = name,
            "begins at the oldest record: its place cannot be read: {error:#}"
        );
        None
    });
    consumers.with(consumer, |progress| progress.read = kept);
    let mut iterator: Option<String> = None;
    let mut kept_at = Instant::now();
    let mut lanes: HashMap<String, UnboundedSender<Value>> = HashMap::new();
    loop {
        let carried = consumers.carried.load(Ordering::SeqCst);
        let (waiting, place) = consumers.with(consumer, |progress| {
            (progress.waiting.len(), progress.place())
        });
        if place != kept && (waiting == 0 || kept_at.elapsed() > KEPT_EVERY) {
            if let Some(Err(error)) = place.map(|place| table.keep_place(name, place)) {
                tracing::warn!(
                    function = name,
                    "its place in the stream was not kept: {error:#}"
                );
            }
            (kept, kept_at) = (place, Instant::now());
        }
        if waiting > MOST_WAITING {
            tokio::time::sleep(IDLE).await;
            continue;
        }
        let read = match &iterator {
            Some(iterator) => table.stream_after(iterator),
            None => table
                .stream_start(kept)
                .and_then(|start| table.stream_after(&start)),
        };
        match read {
            Ok((records, next)) => {
                iterator = next;
                if records.is_empty() {
                    // What its lanes still carry may make records that this look was too early for.
                    consumers.with(consumer, |progress| {
                        progress.idle_at = (waiting == 0).then_some(carried);
                    });
                    tokio::time::sleep(IDLE).await;
                    continue;
                }
                for record in records {
                    let is_wanted = route.filters.iter().any(|filter| matches(filter, &record));
                    let sequence = Sequence::of(&record);
                    consumers.with(consumer, |progress| {
                        progress.idle_at = None;
                        progress.read = sequence.or(progress.read);
                        progress.waiting.extend(sequence.filter(|_| is_wanted));
                    });
                    if is_wanted {
                        let lane = lanes.entry(tenant(&record).to_owned()).or_insert_with(|| {
                            let (lane, records) = unbounded_channel();
                            let (functions, consumers, route) = (
                                Arc::clone(&functions),
                                Arc::clone(&consumers),
                                Arc::clone(&route),
                            );
                            tokio::spawn(
                                Lane {
                                    functions,
                                    consumers,
                                    consumer,
                                    route,
                                    aside: Vec::new(),
                                }
                                .run(records),
                            );
                            lane
                        });
                        // A lane ends only with its consumer.
                        lane.send(record).ok();
                    }
                }
            }
            Err(error) => {
                tracing::error!(function = name, "the stream cannot be read: {error:#}");
                tokio::time::sleep(IDLE * 10).await;
            }
        }
    }
}

/// One function's records, carried when somebody says so: a batch at a time and in order, as `run`
/// does by itself.
#[derive(Debug)]
pub struct Consumer {
    route: Route,
    iterator: Option<String>,
    waiting: VecDeque<Value>,
    /// How often the first of them has failed.
    tries: u32,
}

impl Consumer {
    /// Makes one that begins at the oldest record.
    #[must_use]
    pub const fn new(route: Route) -> Self {
        Consumer {
            route,
            iterator: None,
            waiting: VecDeque::new(),
            tries: 0,
        }
    }

    /// Returns the function to which it carries records.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.route.function
    }

    /// Reads what is new in the stream, as far as the function wants it.
    pub fn read(&mut self, stack: &Stack) -> Result<()> {
        let start = match &self.iterator {
            Some(iterator) => iterator.clone(),
            None => stack.table.stream_start(None)?,
        };
        let (records, next) = stack.table.stream_after(&start)?;
        self.iterator = next.or(Some(start));
        let filters = &self.route.filters;
        self.waiting.extend(
            records
                .into_iter()
                .filter(|record| filters.iter().any(|filter| matches(filter, record))),
        );
        Ok(())
    }

    /// Returns the records that were read and not carried yet, for who changes their order or
    /// number.
    pub const fn waiting(&mut self) -> &mut VecDeque<Value> {
        &mut self.waiting
    }

    /// Carries the next batch of at most `most` records. Returns `false` if there is nothing to
    /// carry.
    ///
    /// Dropped in the middle it has carried nothing: the batch comes again, as it does when a
    /// function is killed.
    pub async fn carry(&mut self, stack: &Stack, most: usize) -> Result<bool> {
        let batch: Vec<Value> = self
            .waiting
            .iter()
            .take(self.route.batch.min(most).max(1))
            .cloned()
            .collect();
        if batch.is_empty() {
            return Ok(false);
        }
        let functions = &stack.functions;
        let sent = send(functions, &self.route.function, &batch).await;
        let carried = match sent {
            Ok(None) => batch.len(),
            Ok(Some(failed)) => failed,
            Err(error) => {
                tracing::error!(function = self.route.function, "a batch failed: {error:#}");
                0
            }
        };
        self.waiting.drain(..carried);
        if carried == batch.len() {
            self.tries = 0;
            return Ok(true);
        }
        self.tries = if carried == 0 { self.tries + 1 } else { 1 };
        if self.tries >= TRIES {
            tracing::error!(
                function = self.route.function,
                "gave up a record; it becomes due again"
            );
            self.waiting.pop_front();
            self.tries = 0;
        }
        Ok(true)
    }
}

/// The partition key of the item of which a record tells.
fn partition(record: &Value) -> &str {
    record["dynamodb"]["Keys"]["PK"]["S"]
        .as_str()
        .unwrap_or_default()
}

/// The practice of a record's item, as far as it belongs to one: `P#woolpit` of
/// `P#woolpit#POST#facebook#1`.
fn tenant(record: &Value) -> &str {
    let key = partition(record);
    key.match_indices('#')
        .nth(1)
        .map_or(key, |(end, _)| &key[..end])
}

/// One practice's records on their way to a function.
struct Lane {
    functions: Arc<Functions>,
    consumers: Arc<Consumers>,
    consumer: usize,
    route: Arc<Route>,
    aside: Vec<Aside>,
}

/// Records of one item, of which the first failed.
struct Aside {
    records: VecDeque<Value>,
    tries: u32,
    again_at: Instant,
}

impl Aside {
    fn is_of(&self, partition_key: &str) -> bool {
        self.records
            .front()
            .is_some_and(|record| partition(record) == partition_key)
    }
}

impl Lane {
    /// Carries what comes, for ever.
    async fn run(mut self, mut records: UnboundedReceiver<Value>) {
        let mut rounds = 0_usize;
        while let Some(fresh) = self.next(&mut records).await {
            self.deliver(fresh).await;
            rounds += 1;
            // What comes for the first time goes before what failed, which is not left out for
            // ever.
            if records.is_empty() || rounds.is_multiple_of(FRESH_FIRST) {
                self.try_again().await;
            }
        }
    }

    /// Waits for records, or until one that failed is to be tried again; none once no more can
    /// come.
    async fn next(&mut self, records: &mut UnboundedReceiver<Value>) -> Option<Vec<Value>> {
        let mut fresh = Vec::new();
        let first = match self.aside.iter().map(|aside| aside.again_at).min() {
            None => Some(records.recv().await?),
            Some(again_at) => timeout_at(again_at, records.recv()).await.ok().flatten(),
        };
        let mut next = first;
        while let Some(record) = next {
            match self
                .aside
                .iter_mut()
                .find(|aside| aside.is_of(partition(&record)))
            {
                Some(aside) => aside.records.push_back(record),
                None => fresh.push(record),
            }
            next = if fresh.len() < self.route.batch.max(1) {
                records.try_recv().ok()
            } else {
                None
            };
        }
        Some(fresh)
    }

    /// Delivers a batch. Whichever fails is set aside, with what comes after it of the same item.
    async fn deliver(&mut self, batch: Vec<Value>) {
        let (mut rest, mut at_once) = (batch, usize::MAX);
        while !rest.is_empty() {
            let later = rest.split_off(at_once.min(rest.len()));
            let mut failed = match self.send(&rest).await {
                Ok(None) => {
                    self.carried(&rest);
                    rest = later;
                    continue;
                }
                Ok(Some(at)) => rest.split_off(at),
                // Which one it was is found by sending each alone.
                Err(_) if rest.len() > 1 => {
                    at_once = 1;
                    rest.extend(later);
                    continue;
                }
                Err(_) => mem::take(&mut rest),
            };
            self.carried(&rest);
            failed.extend(later);
            let key = failed.first().map(partition).unwrap_or_default().to_owned();
            let (same, others) = failed
                .into_iter()
                .partition::<Vec<_>, _>(|record| partition(record) == key);
            self.aside.push(Aside {
                records: same.into(),
                tries: 1,
                again_at: Instant::now() + IDLE,
            });
            rest = others;
        }
    }

    /// Tries one of those again whose time has come.
    async fn try_again(&mut self) {
        let now = Instant::now();
        let Some(at) = self.aside.iter().position(|aside| aside.again_at <= now) else {
            return;
        };
        // Taken out and put at the end, so that each has its turn.
        let mut aside = self.aside.remove(at);
        let Some(record) = aside.records.pop_front() else {
            return;
        };
        if matches!(self.send(std::slice::from_ref(&record)).await, Ok(None)) {
            self.carried(&[record]);
            aside.tries = 0;
        } else if aside.tries + 1 >= TRIES {
            tracing::error!(
                function = self.route.function,
                "gave up a record; it becomes due again"
            );
            self.carried(&[record]);
            aside.tries = 0;
        } else {
            aside.records.push_front(record);
            aside.tries += 1;
        }
        aside.again_at = Instant::now() + IDLE * aside.tries;
        if !aside.records.is_empty() {
            self.aside.push(aside);
        }
    }

    async fn send(&self, records: &[Value]) -> Result<Option<usize>> {
        let sent = send(&self.functions, &self.route.function, records).await;
        if let Err(error) = &sent {
            tracing::error!(function = self.route.function, "a batch failed: {error:#}");
        }
        sent
    }

    /// Notes that nothing is left to do about these.
    fn carried(&self, records: &[Value]) {
        if records.is_empty() {
            return;
        }
        self.consumers.carried.fetch_add(1, Ordering::SeqCst);
        self.consumers.with(self.consumer, |progress| {
            for sequence in records.iter().filter_map(Sequence::of) {
                progress.waiting.remove(&sequence);
            }
        });
    }
}

/// Sends records to a function. Returns the first that failed, by position.
async fn send(functions: &Functions, name: &str, records: &[Value]) -> Result<Option<usize>> {
    let records: Vec<Value> = records.iter().map(as_event_source_sends).collect();
    let answer = functions
        .invoke(name, json!({ "Records": records }))
        .await?;
    let Some(failed) = answer["batchItemFailures"][0]["itemIdentifier"].as_str() else {
        return Ok(None);
    };
    let place = records
        .iter()
        .position(|record| record["dynamodb"]["SequenceNumber"] == failed);
    Ok(Some(place.context(
        "the function named a record that it was not sent",
    )?))
}

/// The event source leaves no image out and names the region; the stream's own answer may not.
fn as_event_source_sends(record: &Value) -> Value {
    let mut record = record.clone();
    record["awsRegion"] = json!("eu-west-2");
    record["eventSource"] = json!("aws:dynamodb");
    for image in ["NewImage", "OldImage", "Keys"] {
        if record["dynamodb"][image].is_null() {
            record["dynamodb"][image] = json!({});
        }
    }
    record
}
