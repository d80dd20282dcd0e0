//! The pump: carries the table's stream to the functions, as the template's event sources say.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::functions::Functions;
use crate::table::Table;
use crate::template::matches;

/// How long to wait when the stream has nothing new.
const IDLE: Duration = Duration::from_millis(10);

/// How often a batch is sent again before its first record is given up, as the template's event sources do.
/// What is given up is not lost: `remind` finds it.
const TRIES: u32 = 5;

/// How far the pumps are. What one carries makes records for the others, so they are at rest only once each has found
/// nothing since the last of them carried something.
#[derive(Debug, Default)]
pub struct Pumps {
    /// Grows whenever one has carried something, and whenever somebody asks.
    carried: AtomicU64,
    /// For each pump, how much had been carried when it last looked and found nothing.
    idle_at: Mutex<Vec<Option<u64>>>,
}

impl Pumps {
    /// Adds a pump, and returns its number.
    pub fn add(&self) -> usize {
        let mut idle_at = self.idle_at.lock().unwrap_or_else(PoisonError::into_inner);
        idle_at.push(None);
        idle_at.len() - 1
    }

    /// Waits until all that is in the stream by now has been carried, and all that came of it.
    pub async fn rest(&self) {
        self.carried.fetch_add(1, Ordering::SeqCst);
        while !self.are_idle() {
            tokio::time::sleep(IDLE / 10).await;
        }
    }

    fn are_idle(&self) -> bool {
        let carried = self.carried.load(Ordering::SeqCst);
        let idle_at = self.idle_at.lock().unwrap_or_else(PoisonError::into_inner);
        idle_at.iter().all(|at| *at == Some(carried))
    }

    fn note(&self, pump: usize, idle_at: Option<u64>) {
        self.idle_at.lock().unwrap_or_else(PoisonError::into_inner)[pump] = idle_at;
    }
}

/// What a pump carries, and to whom.
#[derive(Debug)]
pub struct Route {
    /// The function.
    pub function: String,
    /// The template's filters: a record that fits one of them is carried.
    pub filters: Vec<Value>,
    /// The most records at once.
    pub batch: usize,
}

/// Carries one function's records to it, for ever. Starts at the oldest record there is: handling one twice changes
/// nothing, so no place has to be remembered over a restart.
pub async fn run(table: Arc<Table>, functions: Arc<Functions>, pumps: Arc<Pumps>, pump: usize, route: Route) {
    let (name, mut place) = (route.function.as_str(), None);
    loop {
        let carried = pumps.carried.load(Ordering::SeqCst);
        match table.stream_after(place.clone()) {
            Ok((records, next)) if records.is_empty() => {
                place = next;
                pumps.note(pump, Some(carried));
                tokio::time::sleep(IDLE).await;
            }
            Ok((records, next)) => {
                pumps.note(pump, None);
                let is_wanted = |record: &Value| route.filters.iter().any(|filter| matches(filter, record));
                let wanted: Vec<Value> = records.into_iter().filter(is_wanted).collect();
                for batch in wanted.chunks(route.batch.max(1)) {
                    deliver(&functions, name, batch).await;
                }
                if !wanted.is_empty() {
                    pumps.carried.fetch_add(1, Ordering::SeqCst);
                }
                place = next;
            }
            Err(error) => {
                tracing::error!(function = name, "the stream cannot be read: {error:#}");
                tokio::time::sleep(IDLE * 10).await;
            }
        }
    }
}

/// Delivers a batch, and what is left of it after a failure, until nothing is left.
async fn deliver(functions: &Functions, name: &str, batch: &[Value]) {
    let mut rest = batch;
    let mut tries = 0;
    while !rest.is_empty() {
        let failed = match send(functions, name, rest).await {
            Ok(None) => return,
            Ok(Some(at)) => at,
            Err(error) => {
                tracing::error!(function = name, "a batch failed: {error:#}");
                0
            }
        };
        tries = if failed == 0 { tries + 1 } else { 1 };
        rest = &rest[failed..];
        if tries >= TRIES {
            tracing::error!(function = name, "gave up a record; it becomes due again");
            rest = &rest[1..];
            tries = 0;
        }
        tokio::time::sleep(IDLE * tries).await;
    }
}

/// Sends records to a function. Returns the first that failed, by position.
async fn send(functions: &Functions, name: &str, records: &[Value]) -> Result<Option<usize>> {
    let records: Vec<Value> = records.iter().map(as_event_source_sends).collect();
    let answer = functions.invoke(name, json!({ "Records": records })).await?;
    let Some(failed) = answer["batchItemFailures"][0]["itemIdentifier"].as_str() else { return Ok(None) };
    let place = records.iter().position(|record| record["dynamodb"]["SequenceNumber"] == failed);
    Ok(Some(place.context("the function named a record that it was not sent")?))
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
