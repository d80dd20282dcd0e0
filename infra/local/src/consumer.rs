//! The consumer: carries the table's stream to the functions, as the template's event sources say.
//!
//! Each practice has a lane of its own to each function, in which its records come in order, and
//! the lanes take turns of a batch each: a practice with thousands of records waits for itself, and
//! no other waits for more than a turn. A record that fails steps out of the way with those of the
//! same item: what is behind it goes on, and it is tried again in between.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use crate::functions::Functions;
use crate::stack::Stack;
use crate::table::{Sequence, Table};
use crate::template::{Trigger, matches};

/// How long to wait when the stream has nothing new.
const IDLE: Duration = Duration::from_millis(10);

/// How often a record is sent before it is given up, as the template's event sources do. What is
/// given up is not lost: `remind` finds it.
const TRIES: u32 = 5;

/// Batches that are delivered while others wait, before one that failed is tried again.
const FRESH_FIRST: usize = 8;

/// Batches of a function that are under way at the same time: enough for every core, and few enough
/// that a delivery of a platform, which waits for an answer, has its turn among them.
const TURNS: usize = 8;

/// Records that wait for a function before no more of them are held here: the others are read again
/// when it is their turn, so that a long backlog stays where it is, in the table.
const MOST_HELD: usize = 1_000;

/// How often the place in the stream is kept while it is busy. What was carried since comes again
/// after a restart, which changes nothing.
const KEPT_EVERY: Duration = Duration::from_secs(1);

/// How far the stream is carried. What is carried makes records again, so it is at rest only once
/// nothing was found since something was carried last.
#[derive(Debug, Default)]
pub struct Consumers {
    /// Grows whenever something was carried, and whenever somebody asks.
    carried: AtomicU64,
    progress: Mutex<Progress>,
}

#[derive(Clone, Debug, Default)]
struct Progress {
    /// How much had been carried when it was last looked and nothing found.
    idle_at: Option<u64>,
    /// The last record that was read.
    read: Option<Sequence>,
    /// Records that were read and are not carried yet, each to a function by its number, and when
    /// they were read.
    waiting: BTreeMap<(Sequence, usize), Instant>,
}

impl Progress {
    /// Returns the last record before which nothing is left to carry.
    fn place(&self) -> Option<Sequence> {
        self.waiting
            .first_key_value()
            .map_or(self.read, |((first, _), _)| Some(first.before()))
    }
}

/// What waits to be carried to a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// How many records: one that goes to two functions counts for each.
    pub records: usize,
    /// How long the first of them waits.
    pub oldest: Duration,
}

impl Consumers {
    /// Waits until all that is in the stream by now has been carried, and all that came of it.
    pub async fn rest(&self) {
        self.carried.fetch_add(1, Ordering::SeqCst);
        while self.progress().idle_at != Some(self.carried.load(Ordering::SeqCst)) {
            tokio::time::sleep(IDLE / 10).await;
        }
    }

    /// Returns how much is still to be carried. Of a table in memory, what was not even read is not
    /// counted.
    pub fn backlog(&self, table: &Table) -> Result<Backlog> {
        let (read, records, first) = {
            let progress = self.progress();
            let first = progress.waiting.values().next().copied();
            (progress.read, progress.waiting.len(), first)
        };
        Ok(Backlog {
            records: records + table.records_after(read)?,
            oldest: first.map_or(Duration::ZERO, |first| first.elapsed()),
        })
    }

    /// Notes that nothing new was in the stream after so much had been carried. What the lanes still
    /// carry may make records that this look was too early for.
    fn found_nothing(&self, carried: u64) {
        let mut progress = self.progress();
        progress.idle_at = progress.waiting.is_empty().then_some(carried);
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a consumer carries, and where to.
#[derive(Clone, Debug)]
pub struct Route {
    /// The function.
    pub function: String,
    /// The template's filters: a record that fits one of them is carried.
    pub filters: Vec<Value>,
    /// The most records at once.
    pub batch: usize,
}

impl Route {
    /// Returns the ways on which the template's event sources send the stream to functions.
    #[must_use]
    pub fn all(triggers: &[(String, Vec<Trigger>)]) -> Vec<Self> {
        let route = |function: &String, trigger: &Trigger| match trigger {
            Trigger::Stream { filters, batch } => Some(Route {
                function: function.clone(),
                filters: filters.clone(),
                batch: *batch,
            }),
            Trigger::Route { .. } | Trigger::Schedule { .. } | Trigger::Event => None,
        };
        let of = |(function, triggers): &(String, Vec<Trigger>)| {
            let routes = triggers
                .iter()
                .filter_map(|trigger| route(function, trigger));
            routes.collect::<Vec<_>>()
        };
        triggers.iter().flat_map(of).collect()
    }

    fn wants(&self, record: &Value) -> bool {
        self.filters.iter().any(|filter| matches(filter, record))
    }
}

/// Carries the stream's records to the functions that want them, for ever. Begins where records were
/// last carried to, by the table's own account, or at the oldest record there is.
pub async fn run(
    table: Arc<Table>,
    functions: Arc<Functions>,
    consumers: Arc<Consumers>,
    routes: Vec<Route>,
) {
    let carriers = routes
        .into_iter()
        .enumerate()
        .map(|(number, route)| Carrier {
            table: Arc::clone(&table),
            functions: Arc::clone(&functions),
            consumers: Arc::clone(&consumers),
            route,
            number,
            turns: Semaphore::new(TURNS),
            held: AtomicUsize::new(0),
        });
    let reader = Reader {
        kept_at: Instant::now(),
        kept: None,
        iterator: None,
        lanes: HashMap::new(),
        carriers: carriers.map(Arc::new).collect(),
        table,
        consumers,
    };
    reader.run().await;
}

/// Reads the stream once for all functions.
struct Reader {
    table: Arc<Table>,
    consumers: Arc<Consumers>,
    carriers: Vec<Arc<Carrier>>,
    /// The way to each practice's lane to each function.
    lanes: HashMap<(usize, String), UnboundedSender<Waiting>>,
    iterator: Option<String>,
    /// The place in the stream that was kept, and when.
    kept: Option<Sequence>,
    kept_at: Instant,
}

impl Reader {
    async fn run(mut self) {
        self.kept = self.begins();
        self.consumers.progress().read = self.kept;
        loop {
            self.keep();
            let carried = self.consumers.carried.load(Ordering::SeqCst);
            match self.read() {
                Ok(records) if records.is_empty() => {
                    self.consumers.found_nothing(carried);
                    tokio::time::sleep(IDLE).await;
                }
                Ok(records) => {
                    for record in records {
                        self.hand_on(&record);
                    }
                    tokio::task::yield_now().await;
                }
                Err(error) => {
                    tracing::error!("the stream cannot be read: {error:#}");
                    tokio::time::sleep(IDLE * 10).await;
                }
            }
        }
    }

    /// Returns the place before which nothing is left for any function.
    fn begins(&self) -> Option<Sequence> {
        let place = |carrier: &Arc<Carrier>| {
            let name = &carrier.route.function;
            self.table.place(name).unwrap_or_else(|error| {
                tracing::error!(
                    function = name,
                    "begins at the oldest record: its place cannot be read: {error:#}"
                );
                None
            })
        };
        self.carriers.iter().map(place).min().flatten()
    }

    /// Keeps the place once nothing waits, and now and then while something does.
    fn keep(&mut self) {
        let progress = self.consumers.progress();
        let (is_idle, place) = (progress.waiting.is_empty(), progress.place());
        drop(progress);
        if place == self.kept || !(is_idle || self.kept_at.elapsed() > KEPT_EVERY) {
            return;
        }
        for carrier in &self.carriers {
            let name = &carrier.route.function;
            if let Some(Err(error)) = place.map(|place| self.table.keep_place(name, place)) {
                tracing::warn!(
                    function = name,
                    "its place in the stream was not kept: {error:#}"
                );
            }
        }
        (self.kept, self.kept_at) = (place, Instant::now());
    }

    fn read(&mut self) -> Result<Vec<Value>> {
        let start = match &self.iterator {
            Some(iterator) => iterator.clone(),
            None => self.table.stream_start(self.kept)?,
        };
        let (records, next) = self.table.stream_after(&start)?;
        self.iterator = next.or(Some(start));
        Ok(records)
    }

    /// Hands a record on to the lanes of its practice.
    fn hand_on(&mut self, record: &Value) {
        let Some(sequence) = Sequence::of(record) else {
            return;
        };
        let wanted = |carrier: &&Arc<Carrier>| carrier.route.wants(record);
        let carriers: Vec<_> = self.carriers.iter().filter(wanted).cloned().collect();
        let mut progress = self.consumers.progress();
        progress.idle_at = None;
        progress.read = Some(sequence);
        let now = Instant::now();
        let waiting = carriers.iter().map(|one| ((sequence, one.number), now));
        progress.waiting.extend(waiting);
        drop(progress);
        for carrier in carriers {
            let waiting = carrier.hold(sequence, record);
            let key = (carrier.number, tenant(record).to_owned());
            let lane = self.lanes.entry(key).or_insert_with(|| {
                let (lane, records) = unbounded_channel();
                let aside = Vec::new();
                tokio::spawn(Lane { carrier, aside }.run(records));
                lane
            });
            // A lane ends only with its reader.
            lane.send(waiting).ok();
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
        let wanted = records
            .into_iter()
            .filter(|record| self.route.wants(record));
        self.waiting.extend(wanted);
        Ok(())
    }

    /// Returns the records that were read and not carried yet, for who changes their order or
    /// number.
    pub const fn waiting(&mut self) -> &mut VecDeque<Value> {
        &mut self.waiting
    }

    /// Returns another one that has the same records to carry, for a second copy of the function: an
    /// event source sends a batch again when it has heard nothing of the first try, which may still
    /// run.
    #[must_use]
    pub fn second(&self) -> Self {
        Consumer {
            route: self.route.clone(),
            iterator: self.iterator.clone(),
            waiting: self.waiting.clone(),
            tries: self.tries,
        }
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

/// Something that waits in a lane.
enum Waiting {
    /// The record itself.
    Held(Value),
    /// One that is read again when it is its turn.
    InTable(Sequence),
}

/// One function, and the way to it.
struct Carrier {
    table: Arc<Table>,
    functions: Arc<Functions>,
    consumers: Arc<Consumers>,
    route: Route,
    number: usize,
    /// Who waits for one first has it first, so practices take turns.
    turns: Semaphore,
    /// Records that wait in the lanes as they are.
    held: AtomicUsize,
}

impl Carrier {
    /// Holds a record, or only its number where there are many already.
    fn hold(&self, sequence: Sequence, record: &Value) -> Waiting {
        if self.held.load(Ordering::Relaxed) >= MOST_HELD {
            return Waiting::InTable(sequence);
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        Waiting::Held(record.clone())
    }

    /// Returns what waited as it is to be carried; none if it is gone from the stream.
    async fn take(&self, waiting: Waiting) -> Option<Value> {
        let sequence = match waiting {
            Waiting::Held(record) => {
                self.held.fetch_sub(1, Ordering::Relaxed);
                return Some(record);
            }
            Waiting::InTable(sequence) => sequence,
        };
        for _ in 0..TRIES {
            match self.table.record(sequence) {
                Ok(Some(record)) => return Some(record),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!("a record of the stream cannot be read: {error:#}");
                    tokio::time::sleep(IDLE * 10).await;
                }
            }
        }
        self.carried(std::iter::once(sequence));
        None
    }

    async fn send(&self, records: &[Value]) -> Result<Option<usize>> {
        let sent = send(&self.functions, &self.route.function, records).await;
        if let Err(error) = &sent {
            tracing::error!(function = self.route.function, "a batch failed: {error:#}");
        }
        sent
    }

    /// Notes that nothing is left to do about these.
    fn carried(&self, records: impl Iterator<Item = Sequence>) {
        self.consumers.carried.fetch_add(1, Ordering::SeqCst);
        let mut progress = self.consumers.progress();
        for sequence in records {
            progress.waiting.remove(&(sequence, self.number));
        }
    }
}

/// One practice's records on their way to a function.
struct Lane {
    carrier: Arc<Carrier>,
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
    async fn run(mut self, mut records: UnboundedReceiver<Waiting>) {
        let (carrier, mut rounds) = (Arc::clone(&self.carrier), 0_usize);
        while let Some(first) = self.first(&mut records).await {
            // Nobody ends the turns.
            let _turn = carrier.turns.acquire().await.ok();
            let fresh = self.fresh(first, &mut records).await;
            self.deliver(fresh).await;
            rounds += 1;
            // What comes for the first time goes before what failed, which is not left out for
            // ever.
            if records.is_empty() || rounds.is_multiple_of(FRESH_FIRST) {
                self.try_again().await;
            }
        }
    }

    /// Waits for a record, or until one that failed is to be tried again; none once no more can
    /// come.
    async fn first(&self, records: &mut UnboundedReceiver<Waiting>) -> Option<Option<Waiting>> {
        match self.aside.iter().map(|aside| aside.again_at).min() {
            None => records.recv().await.map(Some),
            Some(again_at) => Some(timeout_at(again_at, records.recv()).await.ok().flatten()),
        }
    }

    /// Returns a batch of what waits by now.
    async fn fresh(
        &mut self,
        first: Option<Waiting>,
        records: &mut UnboundedReceiver<Waiting>,
    ) -> Vec<Value> {
        let (mut fresh, mut next) = (Vec::new(), first);
        while let Some(waiting) = next {
            if let Some(record) = self.carrier.take(waiting).await {
                let key = partition(&record);
                match self.aside.iter_mut().find(|aside| aside.is_of(key)) {
                    Some(aside) => aside.records.push_back(record),
                    None => fresh.push(record),
                }
            }
            next = if fresh.len() < self.carrier.route.batch.max(1) {
                records.try_recv().ok()
            } else {
                None
            };
        }
        fresh
    }

    /// Delivers a batch. Whichever fails is set aside, with what comes after it of the same item.
    async fn deliver(&mut self, batch: Vec<Value>) {
        let (mut rest, mut at_once) = (batch, usize::MAX);
        while !rest.is_empty() {
            let later = rest.split_off(at_once.min(rest.len()));
            let mut failed = match self.carrier.send(&rest).await {
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
        if matches!(
            self.carrier.send(std::slice::from_ref(&record)).await,
            Ok(None)
        ) {
            self.carried(&[record]);
            aside.tries = 0;
        } else if aside.tries + 1 >= TRIES {
            tracing::error!(
                function = self.carrier.route.function,
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

    fn carried(&self, records: &[Value]) {
        self.carrier
            .carried(records.iter().filter_map(Sequence::of));
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
