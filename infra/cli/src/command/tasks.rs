//! `tasks` and `task decide`: what waits for people, what they may choose, and their decisions.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use pagewarden_ledger::{Answer, ChoiceError, Ledger, Person, TaskRecord, TaskStatus};
use pagewarden_present::tasks::{Queue, counted};
use pagewarden_present::text::plain;
use pagewarden_rules::PracticeId;

use crate::command::record::{TableAt, TaskName, clock, now, practices};

/// Which tasks to show, and how.
#[derive(Clone, Debug, Args)]
pub struct Listing {
    /// One practice only.
    #[arg(long)]
    practice: Option<PracticeId>,
    /// Show every post, also where one author wrote many.
    #[arg(long)]
    all: bool,
    /// Show the words of each post as well: for who may read them.
    #[arg(long)]
    words: bool,
    #[command(flatten)]
    table: TableAt,
}

/// Prints what waits for people.
pub async fn list(listing: Listing) -> Result<ExitCode> {
    let opened = listing.table.open_to_read().await?;
    let (calendar, now) = (clock(), now());
    let (mut groups, mut unreadable) = (Vec::new(), Vec::new());
    for practice in practices(opened.ledger(), listing.practice).await? {
        let (waiting, not_read) = opened.ledger().groups(&practice).await?;
        groups.extend(waiting);
        unreadable.extend(not_read);
    }
    groups.sort_by_cached_key(|group| group[0].tasks[0].pressing());
    let queue = Queue {
        calendar: &calendar,
        now,
        words: listing.words,
    };
    for group in &groups {
        for line in queue.group(group, listing.all) {
            say!("{line}");
        }
    }
    for key in &unreadable {
        say!(
            "cannot be read by this version of the program, and waits: {}",
            plain(key)
        );
    }
    say!("{}", counted(&groups, unreadable.len(), now));
    Ok(ExitCode::SUCCESS)
}

/// Closes a task with a person's choice, or every task of its kind about posts of the same author.
pub async fn decide(
    id: &str,
    practice: Option<PracticeId>,
    person: &Person,
    answer: Answer<'_>,
    group: bool,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let ledger = opened.ledger();
    let Some(task) = find(ledger, id, practice).await? else {
        bail!(
            "there is no task {}: `pagewarden tasks` shows what waits",
            plain(id)
        );
    };
    if task.status == TaskStatus::Done {
        bail!("this task is closed: {}", task.closed());
    }
    if !group {
        let chosen = ledger
            .choose(&task.key, &task.id, person, answer, now())
            .await?;
        say!("{} by {person}: {}", answer.choice, chosen.says);
        return Ok(ExitCode::SUCCESS);
    }
    if answer.choice.is_final() || answer.choice.speaks() {
        bail!(
            "{} is chosen for one post at a time: it cannot be taken back",
            answer.choice
        );
    }
    let (mut done, mut not_done) = (0, 0);
    for task in ledger.alike(&task).await? {
        match ledger
            .choose(&task.key, &task.id, person, answer, now())
            .await
        {
            Ok(chosen) => {
                done += 1;
                say!("{}: {}", task.key, chosen.says);
            }
            Err(ChoiceError::Ledger(error)) => return Err(error.into()),
            Err(error) => {
                not_done += 1;
                say!("{}: not done: {error}", task.key);
            }
        }
    }
    say!(
        "{} by {person}: {done} tasks closed, {not_done} left",
        answer.choice
    );
    Ok(if not_done == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Says that somebody is dealing with a task about danger.
pub async fn acknowledge(
    name: &TaskName,
    person: &Person,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let until = opened
        .ledger()
        .acknowledge(name.post.key(), &name.task, person, note, now())
        .await?;
    say!(
        "{person} is dealing with it. It stays open; unless it is answered by {}, you and your deputy are told again",
        clock().local(until)
    );
    Ok(ExitCode::SUCCESS)
}

async fn find(
    ledger: &Ledger,
    id: &str,
    practice: Option<PracticeId>,
) -> Result<Option<TaskRecord>> {
    for practice in practices(ledger, practice).await? {
        if let Some(task) = ledger.find_task(&practice, id).await? {
            return Ok(Some(task));
        }
    }
    Ok(None)
}
