//! `up`: the whole system in this process, or all but the functions.

use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::remote::Elsewhere;
use crate::replay::{self, Replayed};
use crate::settle::{Settled, settle};
use crate::stack::Stack;

/// How long what was sent may take to settle before it counts as stuck.
const PATIENCE: Duration = Duration::from_mins(1);
/// The same for functions in containers, where now and then a call takes a second or two.
const PATIENCE_ELSEWHERE: Duration = Duration::from_mins(5);

/// How `up` is to run.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Keep the table in this file, and the fake platforms beside it; in memory otherwise.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Send what is in this folder: `facebook/*.json`, `instagram/*.json` and `x/*.json` as signed deliveries,
    /// `google/*.json` as reviews, `website/*.json` as comments.
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
    /// Stop once everything that was sent has settled; fail if anything was not decided or an action failed.
    #[arg(long)]
    exit: bool,
    /// Print what became of each post as JSON lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    elsewhere: Option<Elsewhere>,
}

/// Starts everything, replays, and tells what became of each post.
pub async fn run(options: Options) -> Result<ExitCode> {
    if let Some(folder) = options.replay.as_deref().filter(|folder| !folder.is_dir()) {
        bail!("there is no folder {}: nothing was started", folder.display());
    }
    pagewarden_runtime::start_logging_for_people();
    let started = Instant::now();
    let stack = Stack::start_with(options.data.as_deref(), options.elsewhere.as_ref()).await?;
    eprintln!("table     {}", stack.table_url());
    eprintln!("webhook   {}/webhooks/facebook", stack.api_url());
    eprintln!("practices {}", stack.practices().await?.join(", "));
    if !options.exit {
        let set: Vec<String> = stack.environment().iter().map(|(name, value)| format!("{name}={value}")).collect();
        eprintln!("channels  env {} pagewarden channel check", set.join(" "));
    }
    let mut code = ExitCode::SUCCESS;
    if let Some(folder) = &options.replay {
        let replayed = replay::send(&stack, folder).await?;
        eprintln!(
            "sent      {} deliveries, {} reviews, {} comments on websites",
            replayed.deliveries, replayed.reviews, replayed.comments
        );
        if !stack.website_is_seen() {
            eprintln!(
                "left out  the website: without TLS its password goes to this machine alone, so let containers know it \
                 as NAME.localhost (--known-as)"
            );
        }
        let patience = if options.elsewhere.is_some() { PATIENCE_ELSEWHERE } else { PATIENCE };
        let settled = settle(&stack, &replayed, patience, progress).await?;
        if stderr().is_terminal() {
            eprintln!();
        }
        print(&settled, options.json);
        if !summary(&settled, &replayed, started) {
            code = ExitCode::FAILURE;
        }
    }
    if options.exit {
        return Ok(code);
    }
    eprintln!("running; stop with Ctrl-C");
    tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")?;
    Ok(code)
}

/// Says how far it is, on one line that changes: for people who watch, and for no log.
fn progress(settled: usize, of: usize) {
    if stderr().is_terminal() {
        eprint!("\rsettled   {settled} of {of}");
    }
}

fn print(settled: &Settled, json: bool) {
    for told in &settled.told {
        if json {
            say!("{}", told.json());
            continue;
        }
        say!("{}", told.line());
    }
}

/// Says how it went. Returns true if and only if everything sent was decided and nothing failed.
fn summary(settled: &Settled, replayed: &Replayed, started: Instant) -> bool {
    let failed = settled.told.iter().filter(|told| told.failed()).count();
    for sent in &settled.stuck {
        eprintln!("NOT SETTLED: {}", sent.key);
    }
    for refused in &replayed.refused {
        eprintln!("NOT TAKEN: {refused}");
    }
    eprintln!(
        "{} posts: {} settled, {} not, {failed} with an action that failed; {:.1} s",
        replayed.posts.len(),
        settled.told.len(),
        settled.stuck.len(),
        started.elapsed().as_secs_f64()
    );
    settled.stuck.is_empty() && failed == 0 && replayed.refused.is_empty()
}
