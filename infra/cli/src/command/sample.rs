//! `sample`: last week's sample for a second look, where the daily run has not drawn it.

use std::process::ExitCode;

use anyhow::Result;
use pagewarden_rules::PracticeId;

use crate::command::record::{TableAt, known, now};

/// Draws it, unless it was drawn: which posts are in it, nobody can choose.
pub async fn sample(practice: &PracticeId, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    let ledger = opened.ledger();
    known(ledger, practice).await?;
    match ledger.draw_sample(practice, now()).await? {
        Some(drawn) => say!("{practice}: {drawn} of last week's hides wait for a second look"),
        None => say!("{practice}: last week's sample was drawn before"),
    }
    Ok(ExitCode::SUCCESS)
}
