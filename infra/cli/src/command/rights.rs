//! `rights`: what an author may ask of a practice about themselves.

use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use pagewarden_evidence::{Sheet, answer_author};
use pagewarden_ledger::{AccountOf, Correction, LogEntry, Person};
use pagewarden_present::author::{NOT_FOUND, RESTRICTED};
use pagewarden_present::text::plain;
use pagewarden_rules::{Author, Platform, PracticeId};

use crate::command::complaint::take_to;
use crate::command::record::{OnOff, PostName, TableAt, known, now};

/// Entries of the staff log that are listed at once.
const ENTRIES: usize = 50;

/// What an author asks for.
#[derive(Clone, Debug, Subcommand)]
pub enum Rights {
    /// Find the account of an author by the name that they give, such as "I am @josmith".
    Find(Find),
    /// Write everything that a practice holds about an account as a zip for its author: a page to
    /// print, and the same for programs. What is kept out of it until a person has looked is printed.
    Export(Export),
    /// Correct what is on record and wrong: a note about an account, an entry of the staff log, or
    /// what a line of a post's history says.
    #[command(subcommand)]
    Correct(Correct),
    /// Show what would be deleted if the author of an account asks for it, and what is kept although
    /// they do; or have it deleted. The lines of the record stay.
    Erase(Erase),
    /// Say that what is held about an account is kept and not used, what it posts later included, or
    /// used again.
    Restrict(Restrict),
}

/// Whose account.
#[derive(Clone, Debug, Args)]
pub(crate) struct Whose {
    /// The practice.
    #[arg(long, value_name = "ID")]
    practice: PracticeId,
    /// The account, as the platform knows it: the page of a case names it.
    #[arg(long, value_name = "PLATFORM:ID")]
    account: AccountName,
}

/// An account of a platform.
#[derive(Clone, Debug)]
pub(crate) struct AccountName {
    platform: Platform,
    id: String,
}

impl FromStr for AccountName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = text.split_once(':').filter(|(_, id)| !id.is_empty());
        let (platform, id) = named.ok_or("write PLATFORM:ID, such as facebook:1234")?;
        let platform = platform
            .parse()
            .map_err(|error: pagewarden_rules::UnknownWord| error.to_string())?;
        let id = id.to_owned();
        Ok(AccountName { platform, id })
    }
}

impl Whose {
    fn of(&self) -> AccountOf<'_> {
        AccountOf {
            practice: &self.practice,
            platform: self.account.platform,
            account: &self.account.id,
        }
    }
}

/// Who is looked for.
#[derive(Clone, Debug, Args)]
pub struct Find {
    /// The practice.
    #[arg(long, value_name = "ID")]
    practice: PracticeId,
    /// The whole name shown, the handle, or the id of the account.
    name: String,
    #[command(flatten)]
    table: TableAt,
}

/// Which answer.
#[derive(Clone, Debug, Args)]
pub struct Export {
    #[command(flatten)]
    whose: Whose,
    /// The new file, which only its owner can read.
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Who gives it, as NAME:ROLE, one of the people in the practice's settings.
    #[arg(long = "as")]
    person: Person,
    #[command(flatten)]
    table: TableAt,
}

/// What is corrected.
#[derive(Clone, Debug, Subcommand)]
pub enum Correct {
    /// A note about an account: its words are deleted, and another note says what is right. Without
    /// --note the notes are listed.
    Note(CorrectNote),
    /// An entry of the staff log: its words are deleted, and another entry says what is right, and
    /// else the same. Without --entry the newest entries are listed.
    Entry(CorrectEntry),
    /// A line of a post's history, by its number: it stays, and is not shown any more.
    Line(CorrectLine),
}

/// Which note.
#[derive(Clone, Debug, Args)]
pub struct CorrectNote {
    #[command(flatten)]
    whose: Whose,
    /// The note.
    #[arg(long, value_name = "ID", requires = "wrong")]
    note: Option<String>,
    #[command(flatten)]
    correction: Option<Corrected>,
    #[command(flatten)]
    table: TableAt,
}

/// Which entry.
#[derive(Clone, Debug, Args)]
pub struct CorrectEntry {
    /// The practice.
    #[arg(long, value_name = "ID")]
    practice: PracticeId,
    /// The entry.
    #[arg(long, value_name = "ID", requires = "wrong")]
    entry: Option<String>,
    #[command(flatten)]
    correction: Option<Corrected>,
    #[command(flatten)]
    table: TableAt,
}

/// Which line.
#[derive(Clone, Debug, Args)]
pub struct CorrectLine {
    /// The post.
    #[arg(value_name = "PRACTICE/PLATFORM/ID")]
    post: PostName,
    /// The line, as `history` numbers it.
    #[arg(long, value_name = "N")]
    line: u64,
    #[command(flatten)]
    correction: Corrected,
    #[command(flatten)]
    table: TableAt,
}

/// What was wrong, and what is right.
#[derive(Clone, Debug, Args)]
pub struct Corrected {
    /// What was wrong, without its words.
    #[arg(long, requires_all = ["right", "person"])]
    wrong: String,
    /// What is right; of an entry, what happened.
    #[arg(long)]
    right: String,
    /// Who says so, as NAME:ROLE: a practice manager of the practice's settings.
    #[arg(long = "as")]
    person: Person,
}

impl Corrected {
    fn said(&self) -> Correction<'_> {
        Correction {
            wrong: &self.wrong,
            right: &self.right,
        }
    }
}

/// What is deleted.
#[derive(Clone, Debug, Args)]
pub struct Erase {
    #[command(flatten)]
    whose: Whose,
    /// Delete it: the words cannot be brought back.
    #[arg(long, requires_all = ["person", "note"])]
    for_real: bool,
    /// Who has it done, as NAME:ROLE: a practice manager of the practice's settings.
    #[arg(long = "as", requires = "for_real")]
    person: Option<Person>,
    /// Why, for the record.
    #[arg(long, requires = "for_real")]
    note: Option<String>,
    #[command(flatten)]
    table: TableAt,
}

/// What is not used.
#[derive(Clone, Debug, Args)]
pub struct Restrict {
    #[command(flatten)]
    whose: Whose,
    /// `on`, or `off` to use it again.
    state: OnOff,
    /// Who says so, as NAME:ROLE: a practice manager of the practice's settings.
    #[arg(long = "as")]
    person: Person,
    /// Why, for the record.
    #[arg(long)]
    note: String,
    #[command(flatten)]
    table: TableAt,
}

/// Does what an author asks for.
pub async fn rights(asked: &Rights) -> Result<ExitCode> {
    match asked {
        Rights::Find(asked) => find(asked).await,
        Rights::Export(asked) => export(asked).await,
        Rights::Correct(asked) => correct(asked).await,
        Rights::Erase(asked) => erase(asked).await,
        Rights::Restrict(asked) => restrict(asked).await,
    }
}

async fn find(asked: &Find) -> Result<ExitCode> {
    let opened = asked.table.open_to_read().await?;
    let ledger = opened.ledger();
    known(ledger, &asked.practice).await?;
    let found = ledger.find_author(&asked.practice, &asked.name).await?;
    for one in &found.authors {
        let Author { name, handle, .. } = &one.author;
        let handle = handle.as_ref().map(|handle| format!("@{handle}"));
        let names: Vec<String> = name.iter().cloned().chain(handle).collect();
        let names = plain(&names.join(", "));
        match &one.account {
            Some(id) => say!("{}:{} {names}", one.platform, plain(id)),
            // No account can be named, so nothing is exported or erased by it.
            None => one
                .posts
                .iter()
                .for_each(|post| say!("{} {names}", plain(&post.to_string()))),
        }
    }
    say!("{}", counted(found.authors.len(), "author"));
    if found.more {
        say!("Only the newest posts of that name were looked at: there may be more people of it");
    }
    say!("What is not found:");
    for line in NOT_FOUND {
        say!("- {line}");
    }
    Ok(ExitCode::SUCCESS)
}

async fn export(asked: &Export) -> Result<ExitCode> {
    let opened = asked.table.open().await?;
    let of = asked.whose.of();
    known(opened.ledger(), of.practice).await?;
    let made = answer_author(opened.ledger(), of, &asked.person, usize::MAX, now());
    let (pack, sheet) = take_to(&asked.out, made, |(pack, _)| &pack.bytes).await?;
    say!(
        "written to {}. Its sha256 {} stands in the practice's chain, with who gave it",
        asked.out.display(),
        pack.sha256
    );
    say!("Read it before you pass it on: in notes, only names of staff and numbers are cut.");
    print(&sheet);
    Ok(ExitCode::SUCCESS)
}

/// Prints what was kept out, for the practice.
fn print(sheet: &Sheet) {
    if sheet.is_empty() {
        say!("Nothing was kept out of it.");
        return;
    }
    say!("Kept out until a person has looked at it (this list is for the practice alone):");
    for (kind, count) in sheet {
        say!("- {count} {}. {}", kind.plain(), kind.ground());
    }
}

async fn erase(asked: &Erase) -> Result<ExitCode> {
    let opened = if asked.for_real {
        asked.table.open().await?
    } else {
        asked.table.open_to_read().await?
    };
    let of = asked.whose.of();
    known(opened.ledger(), of.practice).await?;
    let (erasure, goes) = match (&asked.person, &asked.note) {
        (Some(person), Some(note)) if asked.for_real => {
            let done = opened.ledger().erase(of, person, note, now()).await?;
            (done, "its words are deleted")
        }
        _ => (
            opened.ledger().erasure_of(of).await?,
            "its words would be deleted",
        ),
    };
    for post in &erasure.posts {
        say!("{}: {goes}", plain(&post.to_string()));
    }
    for (post, reason) in &erasure.kept {
        say!(
            "{}: kept, since {}",
            plain(&post.to_string()),
            reason.plain()
        );
    }
    say!(
        "{} and {}; kept: {}",
        counted(erasure.posts.len(), "post"),
        counted(erasure.notes, "note"),
        counted(erasure.kept.len(), "post")
    );
    if asked.for_real {
        say!("The history of each post says so, and the practice's chain how much");
    } else {
        say!("Nothing was deleted. Write --for-real, --as and --note to delete it");
    }
    Ok(ExitCode::SUCCESS)
}

async fn correct(asked: &Correct) -> Result<ExitCode> {
    let is_done = match asked {
        Correct::Note(asked) => correct_note(asked).await?,
        Correct::Entry(asked) => correct_entry(asked).await?,
        Correct::Line(asked) => correct_line(asked).await?,
    };
    if is_done {
        say!("Corrected. The record says who did it and when");
    }
    Ok(ExitCode::SUCCESS)
}

async fn correct_note(asked: &CorrectNote) -> Result<bool> {
    let opened = asked.table.open().await?;
    let (ledger, of) = (opened.ledger(), asked.whose.of());
    known(ledger, of.practice).await?;
    let (Some(note), Some(correction)) = (&asked.note, &asked.correction) else {
        for note in ledger.about_account(of).await?.notes {
            let (by, says) = (plain(&note.by), plain(&note.note));
            say!("{} by {by}: {says}", note.id());
        }
        return Ok(false);
    };
    let (said, person) = (correction.said(), &correction.person);
    ledger.rectify_note(of, note, said, person, now()).await?;
    Ok(true)
}

async fn correct_entry(asked: &CorrectEntry) -> Result<bool> {
    let opened = asked.table.open().await?;
    let (ledger, practice) = (opened.ledger(), &asked.practice);
    known(ledger, practice).await?;
    let (Some(id), Some(correction)) = (&asked.entry, &asked.correction) else {
        for record in ledger.log_page(practice, None, ENTRIES).await?.entries {
            let (by, what) = (plain(&record.by), plain(&record.entry.what));
            say!("{} by {by}: {what}", record.id);
        }
        return Ok(false);
    };
    let record = ledger.log_record(practice, id).await?;
    let right = LogEntry {
        what: correction.right.trim().to_owned(),
        ..record.context("there is no such entry")?.entry
    };
    let (wrong, person) = (&correction.wrong, &correction.person);
    let corrected = ledger.rectify_entry(practice, id, wrong, right, person, now());
    corrected.await?;
    Ok(true)
}

async fn correct_line(asked: &CorrectLine) -> Result<bool> {
    let opened = asked.table.open().await?;
    let (said, person) = (asked.correction.said(), &asked.correction.person);
    let post = asked.post.key();
    let ledger = opened.ledger();
    ledger
        .rectify_line(post, asked.line, said, person, now())
        .await?;
    Ok(true)
}

async fn restrict(asked: &Restrict) -> Result<ExitCode> {
    let opened = asked.table.open().await?;
    let (ledger, of) = (opened.ledger(), asked.whose.of());
    known(ledger, of.practice).await?;
    let on = asked.state.is_on();
    let restricted = ledger.restrict_account(of, on, &asked.person, &asked.note, now());
    let posts = restricted.await?;
    if on {
        say!(
            "{} and what the account posts from now on:",
            counted(posts, "post")
        );
        for line in RESTRICTED {
            say!("- {line}");
        }
    } else {
        say!(
            "{} and what the account posts from now on: used again",
            counted(posts, "post")
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a number with what is counted: "1 post", "2 posts".
fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_counted_as_one() {
        let said = [0, 1, 2].map(|number| counted(number, "post"));
        assert_eq!(said, ["0 posts", "1 post", "2 posts"]);
    }
}
