//! Recommendations of a page of which no delivery told. They stand in a list of their own, which is
//! read once a day.

use pagewarden_runtime::ReachError;

use super::{Account, PageMark};
use crate::daily::{EVERY, listed, looked_lately};
use crate::job::Job;

/// Records the recommendations that are new and that no delivery brought. Returns how many those
/// are.
pub(super) async fn sweep(
    job: &Job<'_>,
    account: &Account<'_>,
    mark: &mut PageMark,
) -> Result<u32, ReachError> {
    let (before, now) = (mark.recommended_at, job.scope.now);
    if looked_lately(before, now) {
        return Ok(0);
    }
    let answer = account
        .facebook
        .recommendations(&account.token, account.channel)
        .await;
    let answer = answer.map(|answer| answer.value);
    let Some(posts) = listed(
        &job.scope,
        "recommendations",
        answer,
        &mut mark.recommended_at,
    )?
    else {
        return Ok(0);
    };
    let mut new = 0;
    for post in posts {
        // A day further back than was looked: what is on record is found there.
        let is_recent = before
            .zip(post.posted_at)
            .is_none_or(|(before, at)| at > before - EVERY);
        // A delivery tells more of it, such as a picture, so what it brought stands.
        if is_recent && job.versions(&post.id, 1).await? == 0 {
            job.record(&post, &post.raw, job.as_of()).await?;
            new += 1;
        }
    }
    mark.recommended_at = Some(now);
    Ok(new)
}
