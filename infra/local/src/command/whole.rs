//! `verify` and `restore`: the record as a whole, checked, and put back from a copy.

use std::error::Error;
use std::process::ExitCode;

use anyhow::{Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use pagewarden_ledger::{Ledger, LedgerError};
use pagewarden_rules::{PostKey, PracticeId};

use super::record::{TableAt, known, ledger_at};

/// Histories that are read at the same time.
const AT_ONCE: usize = 16;

/// Checks the history of every post, or of every one of a practice, and names those that are not whole.
pub async fn verify(practice: Option<&PracticeId>, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    if let Some(practice) = practice {
        known(opened.ledger(), practice).await?;
    }
    let posts = opened.ledger().posts().await?;
    let posts: Vec<PostKey> =
        posts.into_iter().filter(|post| practice.is_none_or(|practice| post.practice == *practice)).collect();
    if posts.is_empty() {
        bail!("nothing is on record there yet");
    }
    let many = posts.len();
    let found = stream::iter(posts).map(|post| wrong_with(opened.ledger(), post)).buffered(AT_ONCE);
    let wrong: Vec<String> = found.try_filter_map(async |wrong| Ok(wrong)).try_collect().await?;
    for wrong in &wrong {
        say!("{wrong}");
    }
    if wrong.is_empty() {
        say!("{many} posts: every history holds, no line changed, none missing");
        return Ok(ExitCode::SUCCESS);
    }
    say!("{many} posts: THE HISTORIES OF {} DO NOT HOLD", wrong.len());
    Ok(ExitCode::FAILURE)
}

/// Returns a line about a post whose history is not whole.
async fn wrong_with(ledger: &Ledger, post: PostKey) -> Result<Option<String>, LedgerError> {
    match ledger.history_at_rest(&post).await {
        Ok(history) => Ok(history.and_then(|history| history.verify().err()).map(|error| format!("{post}: {error}"))),
        Err(error @ LedgerError::Unreadable { .. }) => {
            let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
            Ok(Some(format!("{post}: {error}{why}")))
        }
        Err(error) => Err(error),
    }
}

/// Puts back what a table has lost since a copy of it was made.
pub async fn restore(from: &str, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    let put_back = opened.ledger().put_back(&ledger_at(from).await?, Timestamp::now()).await?;
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
