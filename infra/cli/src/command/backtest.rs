//! `backtest`: what another policy, or another reader, would have decided of what is on record.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use pagewarden_backtest::{Backtest, Reread, Window, policy_sha256, run};
use pagewarden_ledger::{Person, RevisionRecord};
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
    /// A version in the table is tried, instead of a file.
    #[arg(long, value_name = "NUMBER", conflicts_with = "policy")]
    version: Option<u32>,
    /// Note what comes of it with that version, for the people who are to agree to it. Who, as
    /// NAME:ROLE: a practice manager, or a deployer.
    #[arg(long = "as")]
    person: Option<Person>,
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

/// Says what would have been decided otherwise, and notes it where that is wanted. Nothing else is
/// written, and no platform is asked.
pub async fn backtest(asked: &Options) -> Result<ExitCode> {
    if asked.policy.is_none() && asked.version.is_none() && !asked.reader {
        bail!(
            "name what is tried: --policy FILE, --version NUMBER, or --reader for the policy in force"
        );
    }
    // Said here, since the parser drops a requirement that conflicts with another argument.
    if asked.person.is_some() && asked.version.is_none() {
        bail!("name the version with which it is noted: --version NUMBER");
    }
    let opened = match asked.person {
        Some(_) => asked.table.open().await?,
        None => asked.table.open_to_read().await?,
    };
    let (ledger, practice) = (opened.ledger(), &asked.practice);
    known(ledger, practice).await?;
    let in_force = ledger.practice(practice).await?;
    let in_force = in_force.context("the practice is gone")?;
    let (toml, published, name) = if let Some(file) = &asked.policy {
        let (toml, published) = texts(file)?;
        (toml, published, file.display().to_string())
    } else {
        let version = asked.version.unwrap_or(in_force.policy);
        let stored = ledger.policy(practice, version).await?;
        let stored = stored.with_context(|| format!("{practice} has no version {version}"))?;
        (stored.toml, stored.published, format!("version {version}"))
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
    if let (Some(person), Some(version)) = (&asked.person, asked.version) {
        ledger
            .note_backtest(practice, person, version, &result.tried(), now())
            .await?;
    }
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
