//! `up`: the whole system in this process, or all but the functions.

use std::io::{IsTerminal as _, stderr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;
use pagewarden_local::consumer::Backlog;
use pagewarden_local::outbox::Outbox;
use pagewarden_local::remote::Elsewhere;
use pagewarden_local::replay::{self, Replayed};
use pagewarden_local::settle::{Settled, quiet, settle};
use pagewarden_local::stack::Stack;
use pagewarden_present::post::PostView;
use pagewarden_present::terminal;
use pagewarden_readers::Readers;

use crate::command::readers::ReadersAt;

/// How long what was sent may take to settle before it counts as stuck.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// The same for functions in containers, where now and then a call takes a second or two.
const PATIENCE_ELSEWHERE: Duration = Duration::from_mins(5);

/// How often it is looked how far the functions are behind, and how many changes of the table, or
/// how old a change, are worth a word.
const WATCHED_EVERY: Duration = Duration::from_secs(2);
const MANY: usize = 500;
const OLD: Duration = Duration::from_secs(2);

/// How `up` is to run.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Keep the table in this file, and the fake platforms beside it; in memory otherwise.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Send what is in this folder: `facebook/*.json`, `instagram/*.json` and `x/*.json` as signed
    /// deliveries, `google/*.json` as reviews, `website/*.json` as comments.
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
    /// Stop once everything that was sent, or was under way before, has settled; fail if anything
    /// was not taken or not decided, or an action failed.
    #[arg(long)]
    exit: bool,
    /// Print what became of each post as JSON lines.
    #[arg(long)]
    json: bool,
    /// Put what is sent to people into this folder; beside the table's file otherwise, or in the
    /// system's folder for temporary files.
    #[arg(long, value_name = "DIR")]
    outbox: Option<PathBuf>,
    #[command(flatten)]
    readers: ReadersAt,
    #[command(flatten)]
    elsewhere: Option<Elsewhere>,
}

impl Options {
    /// Returns the command that does the same and stays.
    fn without_exit(&self) -> String {
        let mut command = "cargo run --bin pagewarden -- up".to_owned();
        let paths = [("--data", &self.data), ("--replay", &self.replay)];
        for (option, path) in paths
            .into_iter()
            .filter_map(|(option, path)| Some((option, path.as_ref()?)))
        {
            // What a shell would take apart is put in quotes.
            let path = path.display().to_string().replace('\'', "'\\''");
            let plain = path
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let path = if plain { path } else { format!("'{path}'") };
            command = format!("{command} {option} {path}");
        }
        command
    }
}

/// Starts everything, replays, and tells what became of each post.
pub async fn run(options: Options) -> Result<ExitCode> {
    if let Some(folder) = options.replay.as_deref().filter(|folder| !folder.is_dir()) {
        bail!(
            "there is no folder {}: nothing was started",
            folder.display()
        );
    }
    pagewarden_runtime::start_logging_for_people();
    let started = Instant::now();
    // Functions elsewhere open their own.
    let readers = if options.elsewhere.is_some() {
        Readers::rules_only()
    } else {
        options.readers.open()?
    };
    let outbox = Outbox::in_folder(outbox(&options));
    let stack = Stack::start_with(
        options.data.as_deref(),
        readers,
        outbox,
        options.elsewhere.as_ref(),
    )
    .await?;
    remark!("platforms stand-ins in this process: nothing here reaches a real page");
    remark!("table     {}", stack.table_url());
    remark!("webhook   {}/webhooks/facebook", stack.api_url());
    remark!("practices {}", stack.practices().await?.join(", "));
    if !options.exit {
        let set: Vec<String> = stack
            .environment()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        remark!("channels  env {} pagewarden channel check", set.join(" "));
    }
    let stack = Arc::new(stack);
    tokio::spawn(watch(Arc::clone(&stack)));
    let mut code = ExitCode::SUCCESS;
    if let Some(folder) = &options.replay {
        let replayed = replay::send(&stack, folder).await?;
        remark!(
            "sent      {} deliveries, {} reviews, {} comments",
            replayed.deliveries,
            replayed.reviews,
            replayed.comments
        );
        if !stack.website_is_seen() {
            remark!(
                "left out  the website: without TLS its password goes to this machine alone, so let containers know it \
                 as NAME.localhost (--known-as)"
            );
        }
        let patience = if options.elsewhere.is_some() {
            PATIENCE_ELSEWHERE
        } else {
            PATIENCE
        };
        let settled = settle(&stack, &replayed, patience, progress).await?;
        if stderr().is_terminal() {
            remark!("");
        }
        print(&settled, options.json);
        if !summary(&settled, &replayed, started) {
            code = ExitCode::FAILURE;
        }
        // What was told of them is sent by now, or was due to be sent at a later hour.
        stack.rest().await;
    }
    if options.elsewhere.is_none() {
        say_outbox(&stack);
    }
    if options.exit {
        // What an earlier run left under way is done first.
        if options.replay.is_none() && !quiet(&stack, PATIENCE).await? {
            remark!("NOT SETTLED: something from before is under way still");
            code = ExitCode::FAILURE;
        }
        remark!(
            "To look at this in a browser, keep it running: {}",
            options.without_exit()
        );
        remark!("It prints the console's address then. The platforms are stand-ins there too.");
        return Ok(code);
    }
    remark!("console   {}", stack.console_url());
    remark!(
        "          Open it in a browser of this machine and sign in as anybody on the list; there are no passwords."
    );
    remark!(
        "          The platforms and the service at which people sign in are stand-ins in this process."
    );
    remark!("running; stop with Ctrl-C");
    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for Ctrl-C")?;
    Ok(code)
}

/// Returns the folder for what is sent to people.
fn outbox(options: &Options) -> PathBuf {
    match (&options.outbox, &options.data) {
        (Some(folder), _) => folder.clone(),
        (None, Some(data)) => pagewarden_local::table::beside(data, "outbox"),
        (None, None) => {
            std::env::temp_dir().join(format!("pagewarden-outbox-{}", std::process::id()))
        }
    }
}

/// Says how many notices were sent, and where they are.
fn say_outbox(stack: &Stack) {
    let sent = stack.outbox().taken().len();
    if let Some(folder) = stack.outbox().folder() {
        remark!(
            "outbox    {sent} notices to the practices' people, one file each, in {}",
            folder.display()
        );
    }
}

/// Says how much the functions are behind, where they are, and when they have caught up.
async fn watch(stack: Arc<Stack>) {
    let mut behind_since = None;
    loop {
        match (stack.backlog(), behind_since) {
            (Ok(Backlog { records, oldest }), _) if records > MANY || oldest > OLD => {
                remark!(
                    "behind    {records} changes of the table wait for a function, the first for {:.0} s",
                    oldest.as_secs_f64()
                );
                behind_since = behind_since.or_else(|| Some(Instant::now()));
            }
            (Ok(Backlog { records: 0, .. }), Some(since)) => {
                remark!("caught up after {:.0} s", since.elapsed().as_secs_f64());
                behind_since = None;
            }
            (Ok(_), _) => {}
            (Err(error), _) => {
                tracing::warn!("how far the functions are behind cannot be told: {error:#}");
            }
        }
        tokio::time::sleep(WATCHED_EVERY).await;
    }
}

/// Says how far it is, on one line that changes: for people who watch, and for no log.
pub(super) fn progress(settled: usize, of: usize) {
    if stderr().is_terminal() {
        crate::command::print_remark(format_args!("\rsettled   {settled} of {of}"));
    }
}

/// Prints what became of each post: danger first, then what waits, then what nobody has to decide.
/// For programs it stays in the order in which they were sent.
pub(super) fn print(settled: &Settled, json: bool) {
    if json {
        for told in &settled.told {
            say!("{}", told.json());
        }
        return;
    }
    let mut told: Vec<&PostView> = settled.told.iter().collect();
    told.sort_by_cached_key(|one| one.place());
    let mut above = None;
    for one in told {
        let heading = if one.waits() {
            terminal::heading(one.is_danger())
        } else {
            "NOTHING TO DECIDE"
        };
        if above.replace(heading) != Some(heading) {
            say!("{heading}\n");
        }
        for line in one.block() {
            say!("{line}");
        }
    }
}

/// Says how it went. Returns `true` if everything sent was decided and nothing failed.
pub(super) fn summary(settled: &Settled, replayed: &Replayed, started: Instant) -> bool {
    let failed = settled.told.iter().filter(|told| told.failed()).count();
    for sent in &settled.stuck {
        remark!("NOT SETTLED: {}", sent.key);
    }
    for refused in &replayed.refused {
        remark!("NOT TAKEN: {refused}");
    }
    remark!(
        "{} posts: {} settled, {} not, {failed} with an action that failed; {:.1} s",
        replayed.posts.len(),
        settled.told.len(),
        settled.stuck.len(),
        started.elapsed().as_secs_f64()
    );
    settled.stuck.is_empty() && failed == 0 && replayed.refused.is_empty()
}
