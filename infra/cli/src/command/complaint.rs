//! `complaint`: what is handed over with a complaint, and the note that it was.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use pagewarden_ledger::Person;
use pagewarden_present::hand_over::hand_over;
use pagewarden_present::text::plain;

use crate::command::record::{PostName, TableAt, now};
use crate::command::tasks::InForce;

/// Which complaint, and what is wanted.
#[derive(Clone, Debug, Args)]
pub struct Complaint {
    /// The post, as PRACTICE/PLATFORM/ID.
    post: PostName,
    /// Write it to a new file, which only its owner can read.
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    out: Option<PathBuf>,
    /// Note that it was handed over, and to whom. The time for acknowledging it runs on.
    #[arg(long, value_name = "NAME", requires = "person")]
    to: Option<String>,
    /// Who handed it over, as NAME:ROLE, one of the people in the practice's settings.
    #[arg(long = "as", requires = "to")]
    person: Option<Person>,
    /// How, for the record.
    #[arg(long, requires = "to")]
    note: Option<String>,
    #[command(flatten)]
    table: TableAt,
}

/// Prints what is handed over with a complaint, or notes that it was handed over.
pub async fn complaint(asked: Complaint) -> Result<ExitCode> {
    let post = asked.post.key();
    if let (Some(to), Some(person)) = (&asked.to, &asked.person) {
        let opened = asked.table.open().await?;
        let note = asked.note.as_deref();
        opened
            .ledger()
            .note_hand_over(post, person, to, note, now())
            .await?;
        say!(
            "{post}: noted. The time for acknowledging it runs on until a task says that it is acknowledged"
        );
        return Ok(ExitCode::SUCCESS);
    }
    let opened = asked.table.open_to_read().await?;
    let Some(history) = opened.ledger().history_at_rest(post).await? else {
        bail!("nothing is on record about {post}")
    };
    let in_force = InForce::of(opened.ledger(), &post.practice).await?;
    let policy = in_force
        .policy
        .context("without its policy nobody knows in which nation the practice is")?;
    let Some(pack) = hand_over(&history, post, &policy, &in_force.calendar) else {
        bail!("nobody has said that {post} is a complaint, so there is nothing to hand over")
    };
    let lines = pack.lines();
    match &asked.out {
        Some(file) => write(file, &lines)?,
        None => lines.iter().for_each(|line| say!("{}", plain(line))),
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes lines to a file that is not there yet.
fn write(file: &Path, lines: &[String]) -> Result<()> {
    let mut out = create(file)?;
    writeln!(out, "{}", lines.join("\n"))
        .with_context(|| format!("cannot write {}", file.display()))?;
    say!("written to {}", file.display());
    Ok(())
}

/// Writes to a new file, which only its owner can read, what somebody takes along. The file comes
/// first: what cannot be written is not noted as taken, and where nothing is made, none is left.
pub(crate) async fn take_to<T, E: Into<anyhow::Error>>(
    file: &Path,
    made: impl Future<Output = Result<T, E>>,
    bytes: impl Fn(&T) -> &[u8],
) -> Result<T> {
    let mut out = create(file)?;
    let made = match made.await {
        Ok(made) => made,
        Err(error) => {
            std::fs::remove_file(file).ok();
            return Err(error.into());
        }
    };
    out.write_all(bytes(&made))
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(made)
}

/// Creates a file that is not there yet and that only its owner can read: what goes there is about
/// somebody's care.
pub(crate) fn create(file: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(file)
        .with_context(|| format!("cannot write {}", file.display()))
}
