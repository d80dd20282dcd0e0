//! The process under load, as the one that loads it sees it.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::host::WELL;
use crate::town::{Delivery, Kind};

/// How long it may take to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The stack in a process of its own.
pub(crate) struct Host {
    child: Child,
    orders: ChildStdin,
    pub(crate) webhook: String,
    /// How many changes of the table waited for a function, at most since somebody asked.
    backlog: Arc<AtomicUsize>,
    last: Arc<Mutex<Value>>,
    listening: JoinHandle<Result<()>>,
}

impl Host {
    /// Starts it on a file, and waits until it is ready.
    pub(crate) async fn start(
        file: &Path,
        practices: usize,
        posts: usize,
        faults: bool,
    ) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("host")
            .arg(file)
            .args([practices.to_string(), posts.to_string(), faults.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let orders = child.stdin.take().context("it takes no orders")?;
        let output = child.stdout.take().context("it says nothing")?;
        let mut lines = BufReader::new(output).lines();
        let ready = lines
            .next_line()
            .await?
            .context("the stack did not start")?;
        let ready: Value = serde_json::from_str(&ready)?;
        let (backlog, last) = (Arc::default(), Arc::default());
        let listening = tokio::spawn(listen(lines, Arc::clone(&backlog), Arc::clone(&last)));
        Ok(Host {
            child,
            orders,
            webhook: ready["webhook"]
                .as_str()
                .context("it says no address")?
                .to_owned(),
            backlog,
            last,
            listening,
        })
    }

    /// Lets the fake platform know a post on which something will be done.
    pub(crate) async fn learn(&mut self, delivery: &Delivery) -> Result<()> {
        if delivery.kind == Kind::Hidden {
            self.orders.write_all(&delivery.body).await?;
            self.orders.write_all(b"\n").await?;
        }
        Ok(())
    }

    /// Has the fake platform fail no more.
    pub(crate) async fn be_well(&mut self) -> Result<()> {
        Ok(self
            .orders
            .write_all(format!("{WELL}\n").as_bytes())
            .await?)
    }

    /// Returns the most that waited since this was last asked.
    pub(crate) fn most_waiting(&self) -> usize {
        self.backlog.swap(0, Ordering::Relaxed)
    }

    /// Returns its memory in megabytes.
    pub(crate) fn memory(&self) -> Result<f64> {
        memory(self.id()?)
    }

    /// Returns the time that it has used of the processor so far.
    pub(crate) fn used(&self) -> Result<Duration> {
        used(self.id()?)
    }

    fn id(&self) -> Result<u32> {
        self.child.id().context("it ended")
    }

    /// Kills it, as a power cut would.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Ends it, and returns what it said last.
    pub(crate) async fn end(self) -> Result<Value> {
        let Host {
            mut child,
            orders,
            last,
            listening,
            ..
        } = self;
        drop(orders);
        tokio::time::timeout(PATIENCE, child.wait())
            .await
            .context("it does not end")??;
        listening.await??;
        let last = last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(last)
    }
}

async fn listen(
    mut lines: Lines<BufReader<ChildStdout>>,
    backlog: Arc<AtomicUsize>,
    last: Arc<Mutex<Value>>,
) -> Result<()> {
    while let Some(line) = lines.next_line().await? {
        let said: Value = serde_json::from_str(&line)?;
        if let Some(waiting) = said["backlog"].as_u64() {
            backlog.fetch_max(usize::try_from(waiting)?, Ordering::Relaxed);
        } else {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = said;
        }
    }
    Ok(())
}

/// Returns the memory of a process in megabytes.
fn memory(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = resident.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes
        .context("its memory cannot be read")?
        .parse::<f64>()?
        / 1024.0)
}

/// Returns the time that a process has used of the processor: what says most where the machine has
/// other work as well.
pub(crate) fn used(process: u32) -> Result<Duration> {
    /// Linux counts it in hundredths of a second.
    const A_SECOND: f64 = 100.0;
    let told = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, after_name) = told.rsplit_once(')').context("not as it should be")?;
    let fields = after_name.split_whitespace().skip(11).take(2);
    let ticks: Result<Vec<f64>, _> = fields.map(str::parse::<f64>).collect();
    let ticks: f64 = ticks?.iter().sum();
    Ok(Duration::from_secs_f64(ticks / A_SECOND))
}
