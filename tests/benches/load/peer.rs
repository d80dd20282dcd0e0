//! What somebody would write instead: a handler in Python that checks the signature and stores the
//! body, and does nothing with it.

use std::env;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::child::used;
use crate::figures::percentiles;
use crate::hose::Hose;
use crate::steps::{Town, accepted, each, many, rates};

/// Where its program stands.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/load/peer.py");

/// What it is given between two rates.
const REST: Duration = Duration::from_secs(1);

/// Offers it the same rates, and prints the same of it.
pub(crate) async fn run(practices: usize) -> Result<()> {
    let Some(python) = env::var_os("PEER") else {
        println!("\nno peer: PEER names no Python with what its requirements.txt names");
        return Ok(());
    };
    let file = crate::fresh("load-peer")?;
    let mut child = Command::new(python)
        .arg(PROGRAM)
        .arg(file)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().context("it says nothing")?;
    let address = BufReader::new(output).lines().next_line().await?;
    let hose = Hose::new(&address.context("the peer did not start")?)?;
    let process = child.id().context("the peer ended")?;
    let mut town = Town::new(practices);
    println!("\nFastAPI with sqlite, which only verifies and stores:\n");
    println!("| offered a second | accepted a second | p50, ms | p99 | p99.9 | CPU a post, ms |");
    println!("|{}", " --- |".repeat(6));
    for rate in rates()? {
        let deliveries = town.anywhere(many(rate)?);
        let (begun, before) = (Instant::now(), used(process)?);
        let sent = hose.clone().pour(f64::from(rate), deliveries).await?;
        let (accepted, took) = accepted(begun, &sent);
        let cpu = each(used(process)? - before, sent.len());
        println!("| {rate} | {accepted:.0} | {} | {cpu} |", percentiles(took));
        tokio::time::sleep(REST).await;
    }
    Ok(child.kill().await?)
}
