//! `papers`: the documents that a practice must have, filled in as far as the program knows.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use pagewarden_ledger::Calendar;
use pagewarden_papers::{Given, Papers};
use pagewarden_policies::{Settings, load};
use pagewarden_rules::PracticeId;

use crate::command::record::{TableAt, known, now};

/// The name of the list of all of them.
const INDEX: &str = "index.html";

/// Whose, and where to.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The practice.
    practice: PracticeId,
    /// The folder to write into, which is made if it is not there. Nothing in it is written over:
    /// somebody may have filled in what was blank.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    table: TableAt,
}

/// Writes the papers, and says what is left blank in each. Fails where something is missing that
/// the settings or the policy have to say.
pub async fn papers(asked: &Options) -> Result<ExitCode> {
    let opened = asked.table.open_to_read().await?;
    let (ledger, practice) = (opened.ledger(), &asked.practice);
    known(ledger, practice).await?;
    let record = ledger
        .practice(practice)
        .await?
        .context("the practice is gone")?;
    let policy = ledger.policy(practice, record.policy).await?;
    let policy = policy.context("the policy in force is not on record")?;
    let loaded = load(&policy.toml, &policy.published, practice.as_str());
    let loaded = loaded.ok().context("the policy in force does not load")?;
    let settings: Settings =
        serde_json::from_str(&record.settings).context("the settings in force do not read")?;
    let calendar = Calendar::new(
        loaded.policy.practice.nation,
        &loaded.policy.practice.timezone,
    );
    let papers = Papers::of(&Given {
        loaded: &loaded,
        settings: &settings,
        version: Some(record.policy),
        on: calendar.date(now()),
    })?;
    let mut files = vec![(INDEX.to_owned(), papers.index()?)];
    for paper in &papers.papers {
        files.push((paper.file(), papers.sheet(paper)?));
    }
    let taken = files.iter().find(|(name, _)| asked.out.join(name).exists());
    if let Some((name, _)) = taken {
        bail!(
            "{} is there already, and somebody may have filled it in: name another folder",
            asked.out.join(name).display()
        );
    }
    fs::create_dir_all(&asked.out)
        .with_context(|| format!("cannot make {}", asked.out.display()))?;
    for (name, text) in &files {
        let path = asked.out.join(name);
        let written =
            fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes()));
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    for paper in &papers.papers {
        say!(
            "{:<28} missing {}, to write {}",
            paper.file(),
            paper.missing(),
            paper.to_write()
        );
    }
    let (missing, to_write) = (papers.missing(), papers.to_write());
    say!(
        "{} papers in {}: {missing} things are missing that the settings or the policy have to say, and {to_write} parts \
         are for a person to write. {INDEX} lists them",
        papers.papers.len(),
        asked.out.display()
    );
    Ok(if missing == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
