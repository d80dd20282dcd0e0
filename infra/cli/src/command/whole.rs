//! `verify` and `restore`: the record as a whole, checked, and put back from a copy.

use std::process::ExitCode;

use anyhow::{Result, bail};
use pagewarden_ledger::Audit;
use pagewarden_rules::PracticeId;

use super::record::{TableAt, known, ledger_at, now};

/// Checks the history of every post, or of every one of a practice, and names those that are not
/// whole.
pub async fn verify(practice: Option<&PracticeId>, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open_to_read().await?;
    if let Some(practice) = practice {
        known(opened.ledger(), practice).await?;
    }
    let audit = opened.ledger().audit(practice).await?;
    if audit.posts == 0 && audit.links == 0 {
        bail!("nothing is on record there yet");
    }
    for (what, wrong) in &audit.wrong {
        say!("{what}: {wrong}");
    }
    let Audit {
        posts,
        links,
        wrong,
    } = audit;
    if wrong.is_empty() {
        say!(
            "{posts} posts, {links} lines that decide, send or change what is in force: none changed, none missing"
        );
        say!(
            "checked: histories, evidence, tasks, actions, incidents, policies, settings and switches"
        );
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
