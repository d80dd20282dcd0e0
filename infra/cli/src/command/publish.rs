//! `practice add` and `policy publish`: a practice's policy and settings, checked and put in a
//! table.
//!
//! What does not load is never written, so it cannot replace what does. A practice begins in
//! `shadow`, and leaves it only when nothing blocks it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use pagewarden_ledger::{
    Act, Grounds, Ledger, Person, PolicyRecord, PracticeRecord, Refusal, Stage, may, people_in,
    publishers,
};
use pagewarden_policies::{
    Blocker, Loaded, Settings, blockers, load, nobody_to_agree, not_enforced,
};
use pagewarden_rules::{Mode, PracticeId};

use crate::command::policy::{settings_in, texts};
use crate::command::record::{TableAt, now};

/// A new practice.
#[derive(Clone, Debug, Args)]
pub struct Addition {
    /// The policy's file; the published text that it names stands beside it, or in a folder
    /// `published` beside it.
    policy: PathBuf,
    /// The practice's settings: its accounts, people, addresses and caps, as TOML.
    #[arg(long, value_name = "FILE")]
    settings: PathBuf,
    /// Who puts them in force, as NAME:deployer, one of the people in the practice's settings.
    #[arg(long = "as")]
    person: Person,
    #[command(flatten)]
    table: TableAt,
}

/// A new version of a policy, or new settings, or both.
#[derive(Clone, Debug, Args)]
pub struct Publication {
    /// The policy's file; the published text that it names stands beside it, or in a folder
    /// `published` beside it.
    policy: PathBuf,
    /// New settings, as TOML; those in the table stay otherwise.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Who puts them in force, as NAME:deployer, one of the people in the practice's settings.
    #[arg(long = "as")]
    person: Person,
    #[command(flatten)]
    table: TableAt,
}

/// Adds a practice that is not there yet, in `shadow`.
pub async fn add(new: &Addition) -> Result<ExitCode> {
    let draft = Draft::read(&new.policy, &new.person)?;
    let settings = settings_in(&new.settings)?;
    if settings.mode != Mode::Shadow {
        bail!(
            "a practice starts in shadow, where the machine judges and does nothing: write mode = \"shadow\""
        );
    }
    let opened = new.table.open().await?;
    if opened.ledger().practice(draft.id()).await?.is_some() {
        bail!(
            "{} is there already: `pagewarden policy publish` changes it",
            draft.id()
        );
    }
    draft.put(opened.ledger(), None, &settings).await
}

/// Puts a new version of a practice's policy in force, or new settings, or both.
pub async fn publish(new: &Publication) -> Result<ExitCode> {
    let draft = Draft::read(&new.policy, &new.person)?;
    let opened = new.table.open().await?;
    let before = opened.ledger().practice(draft.id()).await?;
    let before = before.with_context(|| {
        format!(
            "{} is not there: `pagewarden practice add` first",
            draft.id()
        )
    })?;
    let settings = match &new.settings {
        Some(file) => settings_in(file)?,
        // With the mode in which the practice is, whatever was published before.
        None => serde_json::from_str(&before.settings)
            .context("the settings in the table do not read")?,
    };
    draft
        .keeps_the_steps(opened.ledger(), &before, &settings)
        .await?;
    draft.put(opened.ledger(), Some(&before), &settings).await
}

/// A policy that passed every check, ready to be put in force.
struct Draft {
    loaded: Loaded,
    toml: String,
    published: String,
    person: Person,
}

impl Draft {
    fn read(file: &Path, person: &Person) -> Result<Self> {
        let (toml, published) = texts(file)?;
        let name = file.display().to_string();
        let loaded = load(&toml, &published, &name).map_err(|problems| {
            anyhow!("{name} does not load, and nothing was changed:\n{problems}")
        })?;
        Ok(Draft {
            loaded,
            toml,
            published,
            person: person.clone(),
        })
    }

    const fn id(&self) -> &PracticeId {
        &self.loaded.policy.practice.id
    }

    /// Refuses what would have the machine act more, or otherwise while it acts: that goes step by
    /// step, and takes two people. Has it act less at once, where the settings say so.
    async fn keeps_the_steps(
        &self,
        ledger: &Ledger,
        before: &PracticeRecord,
        settings: &Settings,
    ) -> Result<()> {
        let (id, mode) = (self.id(), before.mode());
        if settings.mode > mode {
            bail!(
                "{id} is in {mode}, and nothing was changed: from shadow it goes to assist and then to live, and each step \
                 takes two people, who type `pagewarden policy step {id} {} {} --as NAME:ROLE`; write mode = \"{mode}\" in the \
                 settings",
                before.policy,
                if mode == Mode::Shadow {
                    Mode::Assist
                } else {
                    Mode::Live
                }
            );
        }
        let stored = ledger.policy(id, before.policy).await?;
        let is_other = stored
            .is_none_or(|stored| stored.toml != self.toml || stored.published != self.published);
        if is_other && mode != Mode::Shadow {
            bail!(
                "{id} is in {mode}, and nothing was changed: a new version of its policy is proposed with `pagewarden policy \
                 propose`, and two people have it go through shadow"
            );
        }
        Ok(())
    }

    /// Writes the policy and the settings, unless something forbids it, and tells what is in force
    /// now.
    async fn put(
        &self,
        ledger: &Ledger,
        before: Option<&PracticeRecord>,
        settings: &Settings,
    ) -> Result<ExitCode> {
        let id = self.id();
        let json = serde_json::to_string(settings)?;
        let in_force = before
            .map(PracticeRecord::people)
            .transpose()
            .context("the people in the table do not read")?;
        let people = publishers(in_force.unwrap_or_default(), people_in(&json)?);
        if let Err(refused) = may(
            &self.person,
            &Act::Publish,
            &Grounds::of_practice(id.clone(), people),
        ) {
            let named = matches!(refused, Refusal::Stranger { .. });
            let how = "write them in the settings, as { name = \"Pat\", roles = [\"deployer\"] } under people";
            bail!(
                "{refused}{}",
                if named {
                    format!("; {how}")
                } else {
                    String::new()
                }
            );
        }
        for channel in &settings.channels {
            if let Some(other) = ledger
                .practice_of(channel)
                .await?
                .filter(|other| other != id)
            {
                bail!(
                    "the {} account {} belongs to {other}, and nothing was changed",
                    channel.platform,
                    channel.account
                );
            }
        }
        let policy = &self.loaded.policy;
        let confirmed = ledger.confirmed_ways(id).await?;
        let open = blockers(policy, settings, &self.loaded.templates, &confirmed);
        if settings.mode != Mode::Shadow && !open.is_empty() {
            bail!(
                "{id} may not leave shadow yet, and nothing was changed:\n{}",
                lines(&open)
            );
        }
        let record = PolicyRecord {
            version: 0,
            toml: self.toml.clone(),
            published: self.published.clone(),
            at: now(),
            by: self.person.to_string(),
        };
        let version = ledger
            .publish(id, before, &record, &json, &settings.channels)
            .await?;
        // What two people agreed to would hold beside the settings: who writes less means less.
        if let Some(record) = ledger
            .practice(id)
            .await?
            .filter(|now| now.mode() > settings.mode)
        {
            let to = Stage {
                policy: record.policy,
                mode: settings.mode,
            };
            let why = "the settings say so";
            ledger.go_back(id, &self.person, to, why, now()).await?;
        }
        say!(
            "{id}: version {version} of its policy is in force, in {}",
            settings.mode
        );
        for channel in &settings.channels {
            say!("  watches {} {}", channel.platform, channel.account);
        }
        for (channel, owner) in ledger.channels().await? {
            if owner == *id && !settings.channels.contains(&channel) {
                ledger.let_go(id, &channel).await?;
                let (platform, account) = (channel.platform, channel.account);
                say!(
                    "  watches {platform} {account} no longer: end its subscription there, and delete its secret"
                );
            }
        }
        for warning in &self.loaded.warnings {
            say!("  {warning}");
        }
        if let Some(alone) = nobody_to_agree(&settings.people) {
            say!("  {alone}");
        }
        for declared in not_enforced(policy) {
            say!("  {declared}");
        }
        if !open.is_empty() {
            say!("before it may leave shadow:\n{}", lines(&open));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn lines(open: &[Blocker]) -> String {
    open.iter()
        .map(|blocker| format!("  {blocker}"))
        .collect::<Vec<_>>()
        .join("\n")
}
