//! `policy propose`, `step`, `back` and `versions`: a version from its proposal to live, and back.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use jiff::civil::Date;
use pagewarden_backtest::{Window, policy_sha256, run};
use pagewarden_ledger::{
    Calendar, Ledger, Person, PolicyRecord, PracticeRecord, Stage, StepRecord, StepWanted, Stepped,
};
use pagewarden_policies::{Loaded, Settings, blockers, diff, load};
use pagewarden_present::text::plain;
use pagewarden_present::versions::told;
use pagewarden_present::words;
use pagewarden_rules::{Mode, PracticeId};

use crate::command::policy::{plain_lines, texts};
use crate::command::record::{TableAt, clock, known, now};

/// Days of the backtest that goes with a proposal.
const DAYS: u16 = 90;
/// Versions of posts that it looks at.
const MOST: usize = 5000;

/// A version that is proposed.
#[derive(Clone, Debug, Args)]
pub struct Proposal {
    /// The policy's file; the published text that it names stands beside it, or in a folder
    /// `published` beside it.
    policy: PathBuf,
    /// Who proposes it, as NAME:ROLE: a practice manager, or a deployer.
    #[arg(long = "as")]
    person: Person,
    #[command(flatten)]
    table: TableAt,
}

/// A step of a version.
#[derive(Clone, Debug, Args)]
pub struct Step {
    /// The practice.
    practice: PracticeId,
    /// The version.
    version: u32,
    /// `shadow` beside the version in force, then `assist`, then `live`.
    to: Mode,
    /// Who, as NAME:ROLE. Two people type the same within 7 days; one of them is a practice
    /// manager.
    #[arg(long = "as")]
    person: Person,
    /// The day on which it takes force, such as 2027-01-04; at once where none is written.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Why the version acts before it was in shadow for two weeks.
    #[arg(long, value_name = "WHY")]
    sooner: Option<String>,
    #[command(flatten)]
    table: TableAt,
}

/// A way back.
#[derive(Clone, Debug, Args)]
pub struct Back {
    /// The practice.
    practice: PracticeId,
    /// The version that is to be in force.
    version: u32,
    /// How far it acts: `assist` at most for an earlier version, and what is in force at most for
    /// the same one.
    #[arg(long, default_value = "assist")]
    mode: Mode,
    /// Who, as NAME:ROLE. One person is enough.
    #[arg(long = "as")]
    person: Person,
    /// Why, for the record.
    #[arg(long)]
    why: String,
    #[command(flatten)]
    table: TableAt,
}

/// What waits and is called off.
#[derive(Clone, Debug, Args)]
pub struct CallOff {
    /// The practice.
    practice: PracticeId,
    /// Who, as NAME:ROLE. One person is enough.
    #[arg(long = "as")]
    person: Person,
    /// Why, for the record.
    #[arg(long)]
    why: String,
    #[command(flatten)]
    table: TableAt,
}

/// Stores a version beside the one in force, with what it would have done.
pub async fn propose(asked: &Proposal) -> Result<ExitCode> {
    let (toml, published) = texts(&asked.policy)?;
    let name = asked.policy.display().to_string();
    let loaded = load(&toml, &published, &name).map_err(|problems| {
        anyhow!("{name} does not load, and nothing was proposed:\n{problems}")
    })?;
    let id = &loaded.policy.practice.id;
    let opened = asked.table.open().await?;
    let ledger = opened.ledger();
    known(ledger, id).await?;
    let (record, _, in_force) = in_force(ledger, id).await?;
    let difference = diff(&in_force, &loaded);
    if difference.is_empty() {
        bail!(
            "it says the same as version {}, which is in force",
            record.policy
        );
    }
    let window = Window {
        days: DAYS,
        until: now(),
        most: MOST,
        words: false,
    };
    let tried = (&loaded.policy, policy_sha256(&toml, &published));
    let result = run(ledger, id, tried, &window, None).await?;
    let tried = result.tried();
    let text = (toml.as_str(), published.as_str());
    let version = ledger
        .propose(id, &asked.person, text, Some(&tried), now())
        .await?;
    say!("{id}: version {version} is proposed, and nothing follows from it yet");
    say!("{}", plain_lines(&difference.to_string()));
    say!("{}", plain_lines(&result.to_string()));
    say!("result {}", tried.sha256);
    say!("next, two people: pagewarden policy step {id} {version} shadow --as NAME:ROLE");
    Ok(ExitCode::SUCCESS)
}

/// Returns a practice as it stands, the record of its policy and the policy.
async fn in_force(
    ledger: &Ledger,
    id: &PracticeId,
) -> Result<(PracticeRecord, PolicyRecord, Loaded)> {
    let record = ledger.practice(id).await?;
    let record = record.context("the practice is gone")?;
    let (stored, loaded) = version(ledger, id, record.policy).await?;
    Ok((record, stored, loaded))
}

async fn version(ledger: &Ledger, id: &PracticeId, version: u32) -> Result<(PolicyRecord, Loaded)> {
    let stored = ledger.policy(id, version).await?;
    let stored = stored.with_context(|| format!("{id} has no version {version}"))?;
    let loaded = load(
        &stored.toml,
        &stored.published,
        &format!("version {version}"),
    );
    let loaded = loaded.map_err(|problems| {
        anyhow!("version {version} does not load, and nothing was changed:\n{problems}")
    })?;
    Ok((stored, loaded))
}

/// Asks for a step, or agrees to the same one that another has asked for.
pub async fn step(asked: &Step) -> Result<ExitCode> {
    let opened = asked.table.open().await?;
    let (ledger, id) = (opened.ledger(), &asked.practice);
    known(ledger, id).await?;
    let (_, loaded) = version(ledger, id, asked.version).await?;
    let record = ledger.practice(id).await?.context("the practice is gone")?;
    let settings: Settings =
        serde_json::from_str(&record.settings).context("the settings in the table do not read")?;
    let confirmed = ledger.confirmed_ways(id).await?;
    let open = blockers(&loaded.policy, &settings, &loaded.templates, &confirmed);
    let open: Vec<String> = open.iter().map(ToString::to_string).collect();
    let practice = &loaded.policy.practice;
    let calendar = Calendar::new(practice.nation, &practice.timezone);
    let from = asked.from.map(|day| calendar.begins(day));
    let step = StepWanted {
        to: Stage {
            policy: asked.version,
            mode: asked.to,
        },
        from,
        sooner: asked.sooner.clone(),
    };
    let to = step.to;
    match ledger.step(id, &asked.person, &step, &open, now()).await? {
        Stepped::Asked => say!(
            "{id}: noted. It takes force once somebody else types the same within 7 days: {to}"
        ),
        Stepped::Taken => say!("{id}: two people agreed, and it is so: {to}"),
        Stepped::Waits(from) => say!(
            "{id}: two people agreed. It takes force on {}: {to}",
            clock().local_date(from)
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Goes back, at once.
pub async fn back(asked: &Back) -> Result<ExitCode> {
    let opened = asked.table.open().await?;
    let (ledger, id) = (opened.ledger(), &asked.practice);
    known(ledger, id).await?;
    version(ledger, id, asked.version).await?;
    let to = Stage {
        policy: asked.version,
        mode: asked.mode,
    };
    let to = ledger
        .go_back(id, &asked.person, to, &asked.why, now())
        .await?;
    say!("{id}: {to} is in force. What waited was called off, and so was a version in shadow");
    Ok(ExitCode::SUCCESS)
}

/// Calls off what was asked for or agreed to and waits.
pub async fn call_off(asked: &CallOff) -> Result<ExitCode> {
    let opened = asked.table.open().await?;
    let (ledger, id) = (opened.ledger(), &asked.practice);
    known(ledger, id).await?;
    let to = ledger
        .call_off(id, &asked.person, &asked.why, now())
        .await?;
    say!("{id}: called off, and nothing else was changed: {to}");
    Ok(ExitCode::SUCCESS)
}

/// Prints how the versions stand.
pub async fn versions(id: &PracticeId, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open_to_read().await?;
    let ledger = opened.ledger();
    known(ledger, id).await?;
    let stands = ledger.policy_versions(id).await?;
    let day = |at| clock().local_date(at);
    say!("in force: {}, since {}", stands.in_force, day(stands.since));
    if let Some(beside) = stands.beside {
        let over = stands.shadow_over(beside.policy).map(day);
        say!(
            "in shadow beside it: version {}, since {}, until {} unless two people say otherwise",
            beside.policy,
            day(beside.since),
            over.unwrap_or_default()
        );
    }
    let said = |record: &StepRecord| {
        let sooner = record.step.sooner.as_ref();
        let sooner = sooner.map(|why| format!("; before the two weeks are over: {}", plain(why)));
        let from = record.step.from.map(|from| format!(", from {}", day(from)));
        format!(
            "{}{}, asked by {}{}",
            record.step.to,
            from.unwrap_or_default(),
            plain(&words::person(&record.by)),
            sooner.unwrap_or_default()
        )
    };
    if let Some(next) = &stands.next {
        say!("takes force later: {}", said(next));
        if let Some(since) = next.held_up {
            say!(
                "  held up since {}, until nothing blocks it any more",
                day(since)
            );
        }
    }
    if let Some(asked) = stands.asked(now()) {
        say!("waits for somebody else to agree: {}", said(asked));
    }
    if !stands.been.is_empty() {
        let been: Vec<String> = stands.been.iter().map(ToString::to_string).collect();
        say!("were in force before: {}", been.join(", "));
    }
    for proposed in ledger.proposed(id).await? {
        say!(
            "version {}: proposed on {} by {}",
            proposed.version,
            day(proposed.at),
            plain(&words::person(&proposed.by))
        );
        if let Some(tried) = ledger.backtest_of(id, proposed.version).await? {
            let by = plain(&words::person(&tried.by));
            say!("  tried on {} by {by}:", day(tried.at));
            for line in tried.result.says.iter().chain(&tried.result.looked_at) {
                say!("  {}", plain(line));
            }
        }
    }
    for line in ledger.version_events(id).await? {
        let what = line.practice_event().ok();
        if let Some((_, what)) = what.and_then(|event| told(&event, day)) {
            say!("{}: {}", day(line.at), plain(&what));
        }
    }
    Ok(ExitCode::SUCCESS)
}
