//! `verify` and `restore`: the record as a whole, checked, and put back from a copy.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use jiff::tz::TimeZone;
use pagewarden_ledger::{Anchored, Audit};
use pagewarden_rules::PracticeId;
use pagewarden_runtime::KeptAt;

use super::record::{TableAt, clock, known, ledger_at, now};

/// What is checked, and against what.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// One practice only.
    #[arg(long)]
    practice: Option<PracticeId>,
    /// Where the daily anchors of the practices' chains are: the bucket, which is the output
    /// `AnchorsBucket`, or a folder. With `--data`, the folder beside the table's file.
    #[arg(long, value_name = "s3://BUCKET or DIR")]
    anchors: Option<String>,
    #[command(flatten)]
    table: TableAt,
}

/// Checks the history of every post, or of every one of a practice, and names those that are not
/// whole.
///
/// Each practice's chain is held against its anchors, where it is known where they are.
pub async fn verify(asked: &Verify) -> Result<ExitCode> {
    let (practice, anchors) = (asked.practice.as_ref(), asked.anchors.as_deref());
    let opened = asked.table.open_to_read().await?;
    if let Some(practice) = practice
        && opened.ledger().proof_of_deletion(practice).await?.is_none()
    {
        known(opened.ledger(), practice).await?;
    }
    let at = anchors.map(KeptAt::from).or_else(|| asked.table.anchors());
    let found = match &at {
        None => Vec::new(),
        Some(at) => {
            let anchors = at.anchors().context("cannot look for anchors")?;
            let found = anchors.all(practice, now()).await;
            found.context("cannot read the anchors")?
        }
    };
    if anchors.is_some() && found.is_empty() {
        bail!("no anchors are kept there: nothing was checked");
    }
    let today = now().to_zoned(TimeZone::UTC).date();
    let audit = opened
        .ledger()
        .audit_against(&found, practice, today)
        .await?;
    if audit.posts == 0 && audit.links == 0 && audit.wrong.is_empty() {
        bail!("nothing is on record there yet");
    }
    for (what, wrong) in &audit.wrong {
        say!("{what}: {wrong}");
    }
    for (practice, anchored) in &audit.anchored {
        for line in about_anchors(anchored) {
            say!("{practice}: {line}");
        }
    }
    let Audit {
        posts,
        links,
        wrong,
        anchored,
        gone,
    } = audit;
    for proof in gone.values() {
        say!(
            "{}: everything was deleted on {}; the proof {} holds the end of its chain",
            proof.practice,
            clock().local(proof.at),
            proof.hash
        );
    }
    if wrong.is_empty() {
        say!(
            "{posts} posts, {links} lines that decide, send or change what is in force: none changed, none missing"
        );
        say!(
            "checked: histories, evidence, tasks, actions, incidents, policies, settings and switches"
        );
        if anchored.is_empty() {
            say!(
                "without anchors (--anchors) it is not seen whether somebody who can write the table changed a line and made \
                 all hashes after it again"
            );
        }
        say!(
            "cannot be seen: a harmless post that was removed whole; counters; what was never written down"
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!(
        "{posts} posts, {links} lines: THE RECORD DOES NOT HOLD IN {} PLACES",
        wrong.len()
    );
    Ok(ExitCode::FAILURE)
}

/// Says which anchors of a practice there are, and of which days there is none.
fn about_anchors(anchored: &Anchored) -> Vec<String> {
    let Anchored {
        count,
        first,
        last,
        missing,
    } = anchored;
    let mut lines = vec![format!(
        "held against {count} anchors, from {first} to {last}; what was written since is not anchored yet"
    )];
    if !missing.is_empty() {
        let days: Vec<String> = missing.iter().map(ToString::to_string).collect();
        lines.push(format!(
            "NO ANCHOR of {}: what changed between the anchors before and after is seen, but not on which day it was so",
            days.join(", ")
        ));
    }
    lines
}

/// Puts back what a table has lost since a copy of it was made.
pub async fn restore(from: &str, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    let put_back = opened
        .ledger()
        .put_back(&ledger_at(from).await?, now())
        .await?;
    for key in &put_back.changed {
        say!("was changed, and is again as it was: {key}");
    }
    say!(
        "missing, and back: {}; changed, and again as before: {}; written to since, and left: {}",
        put_back.missing,
        put_back.changed.len(),
        put_back.newer
    );
    Ok(ExitCode::SUCCESS)
}
