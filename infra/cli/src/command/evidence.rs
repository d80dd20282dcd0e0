//! `evidence`: takes evidence about a post along as a zip, and checks one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{ArgGroup, Args, Subcommand};
use pagewarden_evidence::{Subject, Verdict, cuts_for, export, verify};
use pagewarden_ledger::{Event, Ledger, Person, Recipient};
use pagewarden_present::text::plain;
use pagewarden_present::words;

use crate::command::complaint::take_to;
use crate::command::record::{MaybeTable, PostName, TableAt, clock, now};

/// Evidence to take along, or to check.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Evidence {
    #[command(subcommand)]
    check: Option<Check>,
    #[command(flatten)]
    take: Option<Take>,
}

#[derive(Clone, Debug, Subcommand)]
enum Check {
    /// Say in plain words whether anything in a zip was changed since it was made, and what. It
    /// needs no table; with one, it is compared with the practice's own record as well.
    Verify {
        /// The zip.
        file: PathBuf,
        #[command(flatten)]
        against: MaybeTable,
    },
}

/// Which evidence, and for whom.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("cut").multiple(false)))]
struct Take {
    /// The post, as PRACTICE/PLATFORM/ID.
    post: PostName,
    /// Whom it is for: solicitor, police, complaints (whoever handles them) or author.
    #[arg(long = "for", value_name = "RECIPIENT")]
    recipient: Recipient,
    /// Cut what is about other people, as far as it was recognised. This is so where neither is
    /// written.
    #[arg(long, group = "cut")]
    redacted: bool,
    /// Cut nothing. Only a practice manager may.
    #[arg(long, group = "cut")]
    whole: bool,
    /// Where the pictures of posts are kept: the bucket, which is the output `PicturesBucket`, or a
    /// folder. With `--data`, the folder beside the table's file.
    #[arg(long, value_name = "s3://BUCKET or DIR")]
    pictures: Option<String>,
    /// The new file, which only its owner can read.
    #[arg(long, value_name = "FILE.zip")]
    out: PathBuf,
    /// Who takes it, as NAME:ROLE, one of the people in the practice's settings.
    #[arg(long = "as")]
    person: Person,
    #[command(flatten)]
    table: TableAt,
}

/// Takes evidence along, or checks it.
pub async fn evidence(asked: Evidence) -> Result<ExitCode> {
    match (asked.check, asked.take) {
        (Some(Check::Verify { file, against }), _) => check(&file, against.named().as_ref()).await,
        (None, Some(take)) => take_along(&take).await,
        (None, None) => bail!("name a post, or write `evidence verify FILE.zip`"),
    }
}

async fn take_along(asked: &Take) -> Result<ExitCode> {
    let opened = asked.table.open().await?;
    let subject = Subject {
        key: asked.post.key(),
        recipient: asked.recipient,
        whole: asked.whole,
    };
    let pictures = asked.table.pictures(asked.pictures.as_deref())?;
    let made = export(
        opened.ledger(),
        pictures.as_deref(),
        subject,
        &asked.person,
        usize::MAX,
        now(),
    );
    let pack = take_to(&asked.out, made, |pack| &pack.bytes).await?;
    say!(
        "written to {}: {}. Its sha256 {} stands in the history of the post, with who took it",
        asked.out.display(),
        words::exported(asked.recipient, asked.whole),
        pack.sha256
    );
    for cut in cuts_for(asked.recipient, asked.whole) {
        say!("- {cut}");
    }
    if pack.left_out > 0 {
        say!(
            "- {} of its pictures are not in it: its cover says why. --pictures says where they are kept.",
            pack.left_out
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn check(file: &Path, against: Option<&TableAt>) -> Result<ExitCode> {
    let bytes = std::fs::read(file)
        .with_context(|| format!("cannot read {}", plain(&file.display().to_string())))?;
    let mut verdict = verify(&bytes);
    let mut notes = Vec::new();
    if let (Some(table), true) = (against, verdict.about.is_some()) {
        let opened = table.open_to_read().await?;
        compare(opened.ledger(), &mut verdict, &mut notes).await?;
    }
    if let Some((key, recipient)) = &verdict.about {
        say!(
            "about {}, made for {}",
            plain(&key.to_string()),
            words::recipient(*recipient)
        );
    }
    for wrong in &verdict.wrong {
        say!("CHANGED: {}", plain(wrong));
    }
    for unchecked in &verdict.unchecked {
        say!("not checked: {}", plain(unchecked));
    }
    for note in &notes {
        say!("{}", plain(note));
    }
    if !verdict.wrong.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    say!("nothing in it was changed since it was made");
    if let (None, Some(last)) = (against, verdict.lines.last()) {
        say!(
            "Not seen by this: a history that was forged from end to end. Its last line is {}, with the hash {}: compare it \
             with the practice's record, or name that here with --table or --data",
            last.seq,
            last.hash
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Compares a pack with the practice's own record: whether it was made there, and whether its lines
/// are those that stand there.
async fn compare(ledger: &Ledger, verdict: &mut Verdict, notes: &mut Vec<String>) -> Result<()> {
    let Some((key, _)) = &verdict.about else {
        return Ok(());
    };
    let Some(history) = ledger.history_at_rest(key).await? else {
        verdict
            .wrong
            .push("The practice has nothing on record about this post.".to_owned());
        return Ok(());
    };
    let differs = verdict.lines.iter().find(|line| {
        !history
            .events
            .iter()
            .any(|there| there.seq == line.seq && there.hash == line.hash)
    });
    if let Some(line) = differs {
        verdict.wrong.push(format!(
            "Line {} of the history is not the one in the practice's record.",
            line.seq
        ));
    }
    let taken = history.events.iter().find_map(|line| match line.event() {
        Ok(Event::Exported { by, sha256, .. }) if sha256 == verdict.sha256 => Some((by, line.at)),
        _ => None,
    });
    match taken {
        Some((by, at)) => notes.push(format!(
            "the practice's record says that {} took this very file on {}",
            words::person(&by),
            clock().local(at)
        )),
        None => verdict
            .wrong
            .push("The practice's record does not say that anybody took this file.".to_owned()),
    }
    Ok(())
}
