//! `retention`: what is kept for how long, what would go and when, and what is held.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use pagewarden_ledger::{By, KeptAs, Periods, Person};
use pagewarden_policies::load;
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::PracticeId;

use crate::command::record::{TableAt, clock, known, now};

/// Whose, and whether it is done.
#[derive(Clone, Debug, Args)]
pub struct Retention {
    /// The practice.
    #[arg(long, value_name = "ID")]
    practice: PracticeId,
    /// Delete now what the daily run would delete: the words cannot be brought back.
    #[arg(long, requires = "person")]
    for_real: bool,
    /// Who has it done, as NAME:ROLE: a practice manager of the practice's settings.
    #[arg(long = "as", requires = "for_real")]
    person: Option<Person>,
    #[command(flatten)]
    table: TableAt,
}

/// Prints what would go, or has it go.
pub async fn retention(asked: &Retention) -> Result<ExitCode> {
    let opened = if asked.for_real {
        asked.table.open().await?
    } else {
        asked.table.open_to_read().await?
    };
    let (ledger, practice) = (opened.ledger(), &asked.practice);
    known(ledger, practice).await?;
    let periods = periods(ledger, practice).await?;
    if let Some(person) = asked.person.as_ref().filter(|_| asked.for_real) {
        let gone = ledger
            .let_what_is_over_go(practice, &periods, By::Person(person), now())
            .await?;
        for (kind, posts) in &gone.posts {
            for post in posts {
                say!(
                    "{}: its words are deleted ({kind})",
                    plain(&post.to_string())
                );
            }
        }
        say!(
            "{practice}: {} posts. The history of each says so, and the practice's chain how many",
            gone.count()
        );
        return Ok(ExitCode::SUCCESS);
    }
    let plan = ledger.retention_plan(practice, &periods, now()).await?;
    let calendar = clock();
    for kind in KeptAs::ALL
        .iter()
        .copied()
        .filter(|kind| *kind != KeptAs::Held)
    {
        let Some(months) = periods.months(kind) else {
            say!(
                "{kind}: kept, since the policy does not say for how long ([retention] {kind}_months)"
            );
            continue;
        };
        let due = plan.due.get(kind.name()).map_or(&[][..], Vec::as_slice);
        let next = plan
            .next
            .get(kind.name())
            .map(|at| format!("; the next on {}", calendar.local_date(*at)))
            .unwrap_or_default();
        say!(
            "{kind}: kept for {months} months after the last line; {} would go now{next}",
            due.len()
        );
        for post in due {
            say!("  {}", plain(&post.to_string()));
        }
    }
    say!("held: {}", plan.held.len());
    for held in &plan.held {
        let review = held.review.map_or_else(
            || "no date to look at it again".to_owned(),
            |on| format!("to be looked at again on {on}"),
        );
        let note = held.note.as_ref().map(|note| format!(" ({note})"));
        say!(
            "  {}: since {} by {}{}, {review}",
            plain(&held.post.to_string()),
            calendar.local_date(held.since),
            plain(&words::person(&held.by)),
            plain(&note.unwrap_or_default())
        );
    }
    say!("Nothing was deleted. The daily run deletes what would go; --for-real does it now");
    Ok(ExitCode::SUCCESS)
}

async fn periods(ledger: &pagewarden_ledger::Ledger, practice: &PracticeId) -> Result<Periods> {
    let record = ledger.practice(practice).await?;
    let version = record.context("the practice is gone")?.policy;
    let policy = ledger.policy(practice, version).await?;
    let policy = policy.context("the policy in force is not on record")?;
    let loaded = load(&policy.toml, &policy.published, practice.as_str());
    let loaded = loaded.ok().context("the policy in force does not load")?;
    Ok(Periods::of(&loaded.policy.retention))
}
