//! What became of the deliveries, by the table's own file: read beside the stack, without asking it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use pagewarden_local::table::NAME;
use rusqlite::{Connection, OpenFlags};

use crate::hose::Sent;

/// How often it looks: no time of a decision is more exact.
const LOOKS_EVERY: Duration = Duration::from_millis(20);

/// What was seen of a post's partition.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) revisions: u32,
    /// How often it was decided, and when first.
    pub(crate) decisions: u32,
    pub(crate) decided: Option<Instant>,
    /// When it was first on record as hidden.
    pub(crate) hidden: Option<Instant>,
}

/// Watches a table until it is dropped.
pub(crate) struct Watch {
    seen: Arc<Mutex<HashMap<String, Seen>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Watch {
    /// Begins with what is written from now on.
    pub(crate) fn begin(file: &Path) -> Result<Self> {
        let table = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let (seen, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let mut look = Look {
            table,
            after: 0,
            seen: Arc::clone(&seen),
        };
        look.after = look.newest()?;
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                look.again()?;
                thread::sleep(LOOKS_EVERY);
            }
            Ok(())
        });
        Ok(Watch {
            seen,
            stop,
            thread: Some(thread),
        })
    }

    /// Returns what was seen so far, by post.
    pub(crate) fn seen(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what was seen of what was sent.
    pub(crate) fn of(&self, sent: &Sent) -> Seen {
        self.seen()
            .get(&sent.delivery.partition)
            .copied()
            .unwrap_or_default()
    }

    /// Fails if it cannot see.
    pub(crate) fn check(&mut self) -> Result<()> {
        if self.thread.as_ref().is_some_and(JoinHandle::is_finished) {
            let thread = self.thread.take().context("it was checked before")?;
            thread
                .join()
                .map_err(|_| anyhow::anyhow!("the watch broke off"))??;
        }
        Ok(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

struct Look {
    table: Connection,
    after: i64,
    seen: Arc<Mutex<HashMap<String, Seen>>>,
}

impl Look {
    fn newest(&self) -> Result<i64> {
        let asked = "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0)
            FROM _stream_records WHERE table_name = ?1";
        Ok(self.table.query_row(asked, [NAME], |row| row.get(0))?)
    }

    /// Reads the records of posts that are new in the stream.
    fn again(&mut self) -> Result<()> {
        let asked = "SELECT CAST(sequence_number AS INTEGER), event_name,
                keys_json ->> '$.PK.S', keys_json ->> '$.SK.S',
                new_image ->> '$.visibility.S', new_image ->> '$.body.S'
            FROM _stream_records
            WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
            ORDER BY CAST(sequence_number AS INTEGER)";
        let mut statement = self.table.prepare_cached(asked)?;
        let mut rows = statement.query((NAME, self.after))?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(row) = rows.next()? {
            self.after = row.get(0)?;
            let (partition, sort): (String, String) = (row.get(2)?, row.get(3)?);
            if !partition.contains("#POST#") || row.get_ref(1)?.as_str()? == "REMOVE" {
                continue;
            }
            let post = seen.entry(partition).or_default();
            let is_new = row.get_ref(1)?.as_str()? == "INSERT";
            if sort == "STATE" {
                let visibility: Option<String> = row.get(4)?;
                if visibility.as_deref() == Some("hidden") {
                    post.hidden.get_or_insert_with(Instant::now);
                }
            } else if is_new && sort.starts_with("REV#") {
                post.revisions += 1;
            } else if is_new && sort.starts_with("EVT#") {
                let body: Option<String> = row.get(5)?;
                if body.is_some_and(|body| body.contains("\"kind\":\"decided\"")) {
                    post.decisions += 1;
                    post.decided.get_or_insert_with(Instant::now);
                }
            }
        }
        Ok(())
    }
}
