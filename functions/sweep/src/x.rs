//! Mentions of one account on X, and replies to it.
//!
//! Deliveries tell of most, but not of a reply to a reply, nor of what was written while they did
//! not come. That somebody else took a post back X tells nobody: it is asked, once a day. So it is
//! for quotes, which may name nobody.

mod account;
mod quotes;

use std::collections::BTreeSet;

use jiff::Timestamp;
use pagewarden_ledger::Recorded;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::x::XPost;
use pagewarden_platforms::{Incoming, Secret, Sent};
use pagewarden_rules::Post;
use pagewarden_runtime::{ReachError, XAccess};
use serde::{Deserialize, Serialize};

use crate::Swept;
use crate::daily::looked_lately;
use crate::job::Job;
use crate::watermark::Watermark;
use account::{Account, Id};
use quotes::Quoted;

/// Posts that are asked after once a day; older ones have outlived their day on X.
const MOST_KNOWN: usize = 800;

/// What was seen of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct MentionsMark {
    /// The newest post seen.
    newest: Option<Id>,
    /// The posts that were there.
    known: BTreeSet<Id>,
    /// When X was last asked which of them are gone. Its terms give a day to honour that somebody
    /// took a post back.
    asked_at: Option<Timestamp>,
    /// The account's own posts, as far as quotes of them are looked for.
    #[serde(default)]
    quoted: Quoted,
}

/// Sweeps what mentions an account: what is newer than the last post seen, or shows late.
pub(crate) async fn sweep(job: &Job<'_>) -> Result<Swept, ReachError> {
    let (access, scope) = (access(job), job.scope);
    let token = access.token(&scope).await?;
    match with_token(job, token.secret()).await {
        // X may end a token before its time.
        Err(ReachError::Call(CallError::Credential { .. })) if !token.is_new() => {
            access.refused(&scope, &token).await?;
            let token = access.token(&scope).await?;
            with_token(job, token.secret()).await
        }
        swept => swept,
    }
}

fn access(job: &Job<'_>) -> XAccess {
    XAccess::new(
        job.ledger.clone(),
        job.secrets.clone(),
        job.platforms.x.clone(),
    )
}

async fn with_token(job: &Job<'_>, token: &Secret) -> Result<Swept, ReachError> {
    let (account, now) = (
        Account {
            x: &job.platforms.x,
            token,
            channel: job.scope.channel,
        },
        job.scope.now,
    );
    let mut watermark = Watermark::<MentionsMark>::of(job).await?;
    let mark = &mut watermark.mark;
    let mut swept = Swept::default();
    let posts = account
        .mentions(mark.newest.as_ref().map(Id::before_late_ones))
        .await?;
    // What could not be read is asked for again.
    if job.meter.unreadable() == 0 {
        mark.newest = mark
            .newest
            .take()
            .max(posts.iter().map(|post| Id(post.id.clone())).max());
    }
    swept.posts = take(job, &account, posts, &mut mark.known).await?;
    if !looked_lately(Some(*mark.asked_at.get_or_insert(now)), now) {
        swept.gone = ask(job, &account, &mut mark.known).await?;
        mark.asked_at = Some(now);
    }
    let quotes = quoted(job, &account, mark).await;
    while mark.known.len() > MOST_KNOWN {
        mark.known.pop_first();
    }
    watermark.keep(job).await?;
    swept.posts += quotes?;
    Ok(swept)
}

/// Records the quotes that are new and that no delivery brought. Returns how many those are.
async fn quoted(
    job: &Job<'_>,
    account: &Account<'_>,
    mark: &mut MentionsMark,
) -> Result<u32, ReachError> {
    let Some(posts) = quotes::list(job, account, &mut mark.quoted).await? else {
        return Ok(0);
    };
    let new = take(job, account, posts, &mut mark.known).await?;
    mark.quoted.looked_at = Some(job.scope.now);
    Ok(new)
}

/// Records what others wrote, as far as it is not known. Returns how many posts are new.
async fn take(
    job: &Job<'_>,
    account: &Account<'_>,
    mut posts: Vec<Sent<XPost>>,
    known: &mut BTreeSet<Id>,
) -> Result<u32, ReachError> {
    let own_name = account.channel.account.as_str();
    posts.retain(|post| !post.is_by(own_name) && !known.contains(&Id(post.id.clone())));
    let own = account.own_conversations(&posts).await?;
    let mut new = 0;
    for post in posts {
        let id = Id(post.id.clone());
        let in_own = post
            .conversation
            .as_ref()
            .is_some_and(|first| own.contains(first));
        let surface = post.surface(own_name, in_own);
        let post = post.map(|post| post.into_post(account.channel.clone(), surface));
        // What is written on X never changes: it stood there from the beginning.
        let as_of = post.posted_at.unwrap_or_else(|| job.as_of());
        new += u32::from(job.record(&post, &post.raw, as_of).await? == Recorded::New);
        known.insert(id);
    }
    Ok(new)
}

/// Asks which of the known posts are gone, and records it. Returns how many are.
///
/// Each one asked about is paid for, so those are left out of which nothing is kept: most, since
/// most break no policy.
async fn ask(
    job: &Job<'_>,
    account: &Account<'_>,
    known: &mut BTreeSet<Id>,
) -> Result<u32, ReachError> {
    let mut kept = Vec::new();
    for id in known.iter() {
        if job.ledger.keeps_words(&job.scope.post(&id.0)).await? {
            kept.push(id.0.as_str());
        }
    }
    let mut gone = 0;
    for id in account.gone(&kept).await?.into_iter().map(Id) {
        job.gone(&id.0).await?;
        gone += u32::from(known.remove(&id));
    }
    Ok(gone)
}

/// Reads one post, which costs a little; none where X shows it no more, or not to its end.
pub(crate) async fn read(job: &Job<'_>, post: &Post) -> Result<Option<Sent<Incoming>>, ReachError> {
    let token = access(job).token(&job.scope).await?;
    let shown = job
        .platforms
        .x
        .posts(token.secret(), &[&post.id])
        .await?
        .posts;
    let shown = shown
        .into_iter()
        .find(|one| one.id == post.id)
        .filter(|shown| !shown.cut);
    let incoming =
        |shown: XPost| Incoming::Post(shown.into_post(post.channel.clone(), post.surface));
    Ok(shown.map(|shown| shown.map(incoming)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_as_numbers_and_a_mark_reads_back() {
        let id = |id: &str| Id(id.to_owned());
        assert!(id("999") < id("1000") && id("1000") < id("1001"));
        let known = BTreeSet::from([id("1000"), id("999")]);
        assert_eq!(known.first(), Some(&id("999")));
        let mark = MentionsMark {
            newest: Some(id("1000")),
            known,
            asked_at: Some(Timestamp::UNIX_EPOCH),
            quoted: Quoted {
                own: BTreeSet::from([id("7")]),
                looked_at: Some(Timestamp::UNIX_EPOCH),
            },
        };
        assert_eq!(
            serde_json::from_str::<MentionsMark>(&serde_json::to_string(&mark).unwrap()).unwrap(),
            mark
        );
        // One that was written before quotes were looked for.
        let older: MentionsMark =
            serde_json::from_str(r#"{"newest":"1000","known":["1000"],"asked_at":null}"#).unwrap();
        assert_eq!(
            (older.newest, older.quoted),
            (Some(id("1000")), Quoted::default())
        );
        let full: BTreeSet<Id> = (0..MOST_KNOWN)
            .map(|n| Id(format!("{}", 2_000_000_000_000_000_000 + n)))
            .collect();
        assert!(serde_json::to_string(&full).unwrap().len() < 20_000);
    }
}
