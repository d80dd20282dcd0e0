//! `backtest`: what another policy, or another reader, would have decided of what is on record.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use pagewarden_backtest::{Backtest, Reread, Window, policy_sha256, run};
use pagewarden_ledger::RevisionRecord;
use pagewarden_policies::{Loaded, Settings, load};
use pagewarden_present::text::{barred, plain};
use pagewarden_present::words;
use pagewarden_rules::{PracticeId, Reader, Reading};
use serde_json::json;

use crate::command::policy::{settings_in, texts};
use crate::command::readers::ReadersAt;
use crate::command::record::{TableAt, known, now};

/// Characters before a line of somebody's words.
const INDENT: usize = 4;

/// What is tried, and on what.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The practice whose posts are judged again.
    #[arg(long, value_name = "ID")]
    practice: PracticeId,
    /// The policy that is tried; the one in force where none is named, to try a reader.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The settings that go with it, for the names of the practice's people; those in force
    /// otherwise.
    #[arg(long, value_name = "FILE", requires = "reader")]
    settings: Option<PathBuf>,
    /// Days back from now.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// Versions of posts that are looked at, the newest first.
    #[arg(long, default_value_t = 5000, value_name = "NUMBER")]
    most: usize,
    /// Read the words again with the readers of this program, where they are kept. Otherwise what
    /// the readers of that time found is judged, which needs no words.
    #[arg(long)]
    reader: bool,
    #[command(flatten)]
    readers: ReadersAt,
    /// Show the words of the posts: for who may read them.
    #[arg(long)]
    show: bool,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    table: TableAt,
}

/// Says what would have been decided otherwise. Nothing is written, and no platform is asked.
pub async fn backtest(asked: &Options) -> Result<ExitCode> {
    if asked.policy.is_none() && !asked.reader {
        bail!("name what is tried: --policy FILE, or --reader for the policy in force");
    }
    let opened = asked.table.open_to_read().await?;
    let (ledger, practice) = (opened.ledger(), &asked.practice);
    known(ledger, practice).await?;
    let in_force = ledger.practice(practice).await?;
    let in_force = in_force.context("the practice is gone")?;
    let (toml, published, name) = if let Some(file) = &asked.policy {
        let (toml, published) = texts(file)?;
        (toml, published, file.display().to_string())
    } else {
        let stored = ledger.policy(practice, in_force.policy).await?;
        let stored = stored.context("the policy in force is not on record")?;
        (stored.toml, stored.published, practice.to_string())
    };
    let loaded = load(&toml, &published, &name)
        .map_err(|problems| anyhow!("{name} does not load, and nothing was tried:\n{problems}"))?;
    if loaded.policy.practice.id != *practice {
        let id = &loaded.policy.practice.id;
        bail!("{name} is the policy of {id}, not of {practice}");
    }
    let settings = match &asked.settings {
        Some(file) => settings_in(file)?,
        None => serde_json::from_str(&in_force.settings)
            .context("the settings in the table do not read")?,
    };
    let window = Window {
        days: asked.days,
        until: now(),
        most: asked.most,
        words: asked.show,
    };
    let tried = (&loaded.policy, policy_sha256(&toml, &published));
    let result = if asked.reader {
        let read = reread(&asked.readers, &settings, &loaded)?;
        run(ledger, practice, tried, &window, Some(Reread(&read))).await?
    } else {
        run(ledger, practice, tried, &window, None).await?
    };
    if asked.json {
        let sha256 = result.sha256();
        say!("{}", json!({ "result": result, "sha256": sha256 }));
    } else {
        print(&result);
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns what reads a version again, as `moderate` would with this policy and these settings.
fn reread(
    readers: &ReadersAt,
    settings: &Settings,
    loaded: &Loaded,
) -> Result<impl Fn(&RevisionRecord) -> Reading + Sync + use<>> {
    let readers = readers.open()?;
    let rules = Reader::new(&settings.roster, &loaded.policy.custom);
    Ok(move |revision: &RevisionRecord| {
        let (post, translation) = (&revision.post, revision.translation.as_deref());
        readers.read_with_translation(&rules, &post.text, &post.tagged, translation)
    })
}

fn print(result: &Backtest) {
    say!("{}", result.to_string().trim_end());
    if !result.changes.is_empty() {
        say!("");
    }
    for change in &result.changes {
        say!(
            "{} ({} {}): {}",
            plain(&change.post),
            words::platform(change.platform),
            words::surface(change.surface),
            plain(&change.sentence())
        );
        for line in change.words.iter().flat_map(|text| barred(text, INDENT)) {
            say!("{line}");
        }
    }
    say!("result {}", result.sha256());
}
