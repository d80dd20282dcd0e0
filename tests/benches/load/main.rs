//! How much the system takes: signed deliveries over HTTP at growing rates, from this process to a
//! stack in another, on a table with many practices and posts. Beside it, in the same run, what
//! somebody would write instead in Python.
//!
//! `make load` runs this, and says what can be chosen; `make soak` runs `soak` of it.

#![expect(clippy::print_stdout, reason = "the figures are what was asked for")]

mod child;
mod figures;
mod hose;
mod host;
mod peer;
mod soak;
mod spike;
mod steps;
mod town;
mod watch;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, exit};
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use child::Host;
use watch::Watch;

/// Returns what somebody chose by a variable of the environment.
fn chosen<T: FromStr>(name: &str, otherwise: T) -> Result<T> {
    match env::var(name) {
        Ok(said) if !said.is_empty() => said
            .parse()
            .ok()
            .with_context(|| format!("{name}={said} is no number")),
        Ok(_) | Err(_) => Ok(otherwise),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let Err(error) = run().await else {
        return ExitCode::SUCCESS;
    };
    eprintln!("FAILED: {error:#}");
    ExitCode::FAILURE
}

async fn run() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["host", file, practices, posts, faults] => {
            let faults = faults.parse()?;
            host::run(Path::new(file), practices.parse()?, posts.parse()?, faults).await?;
            // What is under way is broken off, as by a signal, without a word about it.
            exit(0)
        }
        ["soak"] => soak::run(&fresh("soak")?).await,
        [] => load(&fresh("load")?).await,
        _ => bail!("it takes no arguments, or `soak`"),
    }
}

/// Returns where a new table is to be, with nothing left of an earlier one.
fn fresh(name: &str) -> Result<PathBuf> {
    let folder = env::temp_dir().join(format!("pagewarden-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder.join("table.db"))
}

async fn load(file: &Path) -> Result<()> {
    let practices = chosen("PRACTICES", 6_200)?;
    let posts = chosen("POSTS", 200_000)?;
    let host = Host::start(file, practices, posts, false).await?;
    println!("{practices} practices, {posts} posts on record\n");
    let mut watch = Watch::begin(file)?;
    let mut load = steps::Load::new(host, practices)?;
    load.grow(&mut watch).await?;
    let in_spike = spike::run(&mut load, &mut watch).await;
    load.end().await?;
    peer::run(practices).await?;
    in_spike
}
