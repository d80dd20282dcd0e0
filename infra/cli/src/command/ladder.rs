//! `ladder`: where an account stands on its practice's ladder of warnings, and a person's step.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use pagewarden_ledger::{AccountOf, Deed, LadderRules, NewStep, Person, Step};
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::PostKey;

use crate::command::record::{PostName, TableAt, known, now};
use crate::command::tasks::InForce;

/// Which account, and what somebody did about it.
#[derive(Clone, Debug, Args)]
pub struct OnLadder {
    /// The account, as PRACTICE/PLATFORM/ID.
    account: PostName,
    /// The step that somebody took: `ask_to_remove`, `written_warning` or `consider_removal`.
    #[arg(long, requires_all = ["person", "note"], conflicts_with = "closed")]
    took: Option<Step>,
    /// You have asked whoever handles complaints, and none of this author is open.
    #[arg(long, requires = "took")]
    no_complaint: bool,
    /// The id of a post of the account: the complaint in it is closed, by the practice's own procedure.
    #[arg(long, requires_all = ["person", "note"])]
    closed: Option<String>,
    /// Who, as NAME:ROLE.
    #[arg(long = "as")]
    person: Option<Person>,
    /// What was done and why, for the record.
    #[arg(long)]
    note: Option<String>,
    #[command(flatten)]
    table: TableAt,
}

/// Shows where an account stands, or writes down what somebody did.
pub async fn ladder(asked: OnLadder) -> Result<ExitCode> {
    let changes = asked.took.is_some() || asked.closed.is_some();
    let opened = if changes {
        asked.table.open().await?
    } else {
        asked.table.open_to_read().await?
    };
    let ledger = opened.ledger();
    let PostKey {
        practice,
        platform,
        id,
    } = asked.account.key();
    known(ledger, practice).await?;
    let InForce { policy, calendar } = InForce::of(ledger, practice).await?;
    let policy = policy.context("without the policy nobody can tell what its steps are")?;
    let of = AccountOf {
        practice,
        platform: *platform,
        account: id,
    };
    let rules = LadderRules {
        policy: &policy,
        calendar: &calendar,
    };
    if let (Some(person), Some(note)) = (&asked.person, &asked.note) {
        if let Some(step) = asked.took {
            let new = NewStep {
                step,
                note,
                no_complaint: asked.no_complaint,
            };
            ledger.take_step(of, rules, person, new, now()).await?;
        } else if let Some(closed) = &asked.closed {
            let post = PostKey {
                id: closed.clone(),
                ..asked.account.key().clone()
            };
            let closing = ledger.close_complaint(of, rules, person, &post, note, now());
            closing.await?;
        }
    }
    let ladder = ledger.ladder(of, rules, now()).await?;
    for line in &ladder.deeds {
        let what = match &line.deed {
            Deed::Step { step } => step.plain().to_owned(),
            Deed::ComplaintClosed { post } => format!("the complaint in {} is closed", post.id),
        };
        let (when, by) = (calendar.local(line.at), words::person(&line.by));
        say!(
            "{when}  {}",
            plain(&format!("{what}, by {by} ({})", line.note))
        );
    }
    say!("incidents that count: {}", ladder.proven.len());
    match ladder.next {
        None => say!("no step comes next"),
        Some(step) => say!("next: {}", step.plain()),
    }
    for stop in &ladder.stops {
        say!("not now: {}", plain(&stop.to_string()));
    }
    Ok(ExitCode::SUCCESS)
}
