//! Comments below the posts of a page that are older than those which every sweep lists, of which
//! no delivery told. They are looked for once a day, in one call for some months of posts.

use jiff::Timestamp;
use pagewarden_platforms::Incoming;
use pagewarden_platforms::facebook::Thread;
use pagewarden_runtime::ReachError;

use super::{Account, Below, PageMark};
use crate::daily::{EVERY, listed, looked_lately};
use crate::job::Job;
use crate::list::{List, MOST_PAGES, Row, Seen};

/// Records the comments that are new below a page's older posts and that no delivery brought.
/// Returns how many those are.
pub(super) async fn sweep(
    job: &Job<'_>,
    account: &Account<'_>,
    mark: &mut PageMark,
) -> Result<u32, ReachError> {
    let now = job.scope.now;
    let Some(before) = mark.older_at else {
        // What was written there before this system came is left alone.
        mark.older_at = Some(now);
        return Ok(0);
    };
    if looked_lately(Some(before), now) {
        return Ok(0);
    }
    let answer = account
        .facebook
        .older(&account.token, &account.channel.account)
        .await;
    let threads = listed(
        &job.scope,
        "older posts",
        answer.map(|answer| answer.value),
        &mut mark.older_at,
    )?;
    let Some(threads) = threads else { return Ok(0) };
    let mut new = 0;
    for thread in threads {
        if !mark.threads.contains_key(&thread.post.id) {
            // A day further back than was looked: what is on record is found there.
            new += written_since(job, account, thread, before - EVERY).await?;
        }
    }
    mark.older_at = Some(now);
    Ok(new)
}

/// Records what was written below a post since then and is not on record. Returns how many comments
/// that are.
async fn written_since(
    job: &Job<'_>,
    account: &Account<'_>,
    thread: Thread,
    since: Timestamp,
) -> Result<u32, ReachError> {
    let below = Below {
        account,
        post: &thread.post.id,
    };
    let is_recent = |row: &Row| row.written_at().is_some_and(|at| at > since);
    let (mut page, mut new) = (below.rows_of(thread.comments), 0);
    for _ in 0..MOST_PAGES {
        let may_go_on = page.rows.last().is_some_and(is_recent);
        for row in page.rows.iter().filter(|row| is_recent(row)) {
            let Incoming::Post(post) = &*row.incoming else {
                continue;
            };
            // A delivery tells more of it, such as a picture, so what it brought stands.
            if job.versions(&post.id, 1).await? == 0 {
                let seen = Seen::of(&row.incoming, row.public);
                new += u32::from(job.take::<Below<'_>>(row, None, &seen).await?.new);
            }
        }
        let Some(next) = page.next.filter(|_| may_go_on) else {
            break;
        };
        page = below.page(&next).await?;
    }
    Ok(new)
}
