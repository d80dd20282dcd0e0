//! `history`: everything on record about a post, and whether any of it was changed.

use std::process::ExitCode;

use anyhow::{Result, bail};
use pagewarden_present::history::shown;

use crate::command::record::{PostName, TableAt, clock};

/// Prints the versions of a post, its events, and whether the record is whole. The words are
/// printed where asked for.
pub async fn history(post: &PostName, words: bool, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open_to_read().await?;
    let post = post.key();
    let Some(history) = opened.ledger().history_at_rest(post).await? else {
        bail!("nothing is on record about {post}")
    };
    let shown = shown(&history, words, &clock());
    for line in &shown.lines {
        say!("{line}");
    }
    Ok(if shown.holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
