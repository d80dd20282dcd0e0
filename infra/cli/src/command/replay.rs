//! `replay`: what happened to a post over time, played again on a system of its own.

use std::fs;
use std::io::{IsTerminal as _, stderr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;
use pagewarden_local::outbox::Outbox;
use pagewarden_local::replay::{is_to_send, play};
use pagewarden_local::settle::settle;
use pagewarden_local::stack::Stack;
use pagewarden_rules::Platform;

use crate::command::readers::ReadersAt;
use crate::command::up::{PATIENCE, print, progress, summary};

/// What to play, and how to tell what became of it.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// A folder of `.json` files, sent in the order of their names as signed deliveries, reviews
    /// and comments, each once all that came of the one before is done; or a folder of such
    /// folders, each played on a system of its own.
    folder: PathBuf,
    /// Keep the table in this file, for `history` and `tasks` to look at afterwards; in memory
    /// otherwise.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Print what became of each post as JSON lines.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    readers: ReadersAt,
}

/// Plays a folder, or each of those in it, and tells what became of each post.
pub async fn run(options: &Options) -> Result<ExitCode> {
    let folders = folders(&options.folder)?;
    if folders.len() > 1 && options.data.is_some() {
        bail!(
            "{} folders are played on a system each: name one of them to keep its table",
            folders.len()
        );
    }
    pagewarden_runtime::start_logging_for_people();
    let readers = options.readers.open()?;
    let mut code = ExitCode::SUCCESS;
    for folder in folders {
        remark!("playing   {}", folder.display());
        let started = Instant::now();
        let stack = Stack::start_with(
            options.data.as_deref(),
            readers.clone(),
            Outbox::in_memory(),
            None,
        )
        .await?;
        let replayed = play(&stack, &folder, PATIENCE).await?;
        let settled = settle(&stack, &replayed, PATIENCE, progress).await?;
        if stderr().is_terminal() {
            remark!("");
        }
        print(&settled, options.json);
        if !summary(&settled, &replayed, started) {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Returns the folder itself, or the folders in it where it holds no file to send.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let unread = || format!("cannot read {}", folder.display());
    let entries = fs::read_dir(folder).with_context(unread)?;
    let paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()
        .with_context(unread)?;
    let holds_some = |path: &PathBuf| {
        fs::read_dir(path)
            .is_ok_and(|inside| inside.flatten().any(|entry| is_to_send(&entry.path())))
    };
    let is_platforms = |path: &PathBuf| {
        path.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| name.parse::<Platform>().is_ok())
    };
    if paths.iter().any(|path| is_to_send(path))
        || paths.iter().any(|path| path.is_dir() && is_platforms(path))
    {
        return Ok(vec![folder.to_owned()]);
    }
    let mut inside: Vec<PathBuf> = paths
        .into_iter()
        .filter(|path| path.is_dir() && holds_some(path))
        .collect();
    inside.sort();
    if inside.is_empty() {
        bail!(
            "there is nothing to send in {}: no file of it ends in .json",
            folder.display()
        );
    }
    Ok(inside)
}
