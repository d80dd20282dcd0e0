//! One Instagram account: comments below its newest posts.
//!
//! Deliveries bring a new comment within seconds, and nothing else: what was edited, hidden or
//! taken back is found here, and so is a comment that no delivery brought. An edit of a comment that
//! is hidden already is found once it is shown again: the list leaves out what is hidden.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::instagram::{Comment, CommentPage, Instagram, MEDIA, Medium};
use pagewarden_platforms::{Incoming, Secret, Sent};
use pagewarden_rules::{Channel, Post, Surface};
use pagewarden_runtime::ReachError;
use serde::{Deserialize, Serialize};

use crate::Swept;
use crate::daily::looked_lately;
use crate::job::Job;
use crate::list::{Known, List, Listed, Row, Whereabouts, unlisted};
use crate::meta::{Place, SubscriptionCheck};
use crate::watermark::Watermark;

/// What was seen of an account: its newest posts by id, and what was seen below each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct AccountMark {
    media: BTreeMap<String, Known>,
    /// How many posts Instagram tells at once, where that is less than the usual. Once a day it is
    /// asked for all again.
    #[serde(default)]
    at_once: Option<usize>,
    /// When the subscription to the account was last checked.
    #[serde(default)]
    heard_at: Option<Timestamp>,
}

/// An account, as its page's token is shown it.
struct Account<'a> {
    instagram: Instagram,
    token: Secret,
    channel: &'a Channel,
}

/// One of its posts, with what stands below it.
struct Below<'a> {
    account: &'a Account<'a>,
    medium: &'a str,
}

fn rows_of(page: CommentPage, total: Option<usize>) -> Listed {
    let row = |comment: Sent<Comment>| Row {
        public: !comment.hidden,
        hidden: comment.hidden,
        incoming: comment.map(Comment::incoming),
    };
    Listed {
        rows: page.comments.into_iter().map(row).collect(),
        total,
        next: page.after,
    }
}

impl List for Below<'_> {
    // A hidden comment may leave the list, but what stands in it may have been hidden since it was
    // read.
    const HAS_BIN: bool = false;

    async fn page(&self, next: &str) -> Result<Listed, CallError> {
        let Account {
            instagram,
            token,
            channel,
        } = self.account;
        Ok(rows_of(
            instagram
                .comments(token, channel, self.medium, next)
                .await?
                .value,
            None,
        ))
    }

    async fn find(&self, id: &str) -> Result<Whereabouts, CallError> {
        let Account {
            instagram,
            token,
            channel,
        } = self.account;
        match instagram.read(token, channel, id).await {
            // A hidden comment may be left out of the list.
            Ok(comment) if comment.value.hidden => Ok(Whereabouts::Hidden(Box::new(
                comment.value.map(Comment::incoming),
            ))),
            Ok(_) => Ok(Whereabouts::There),
            Err(CallError::Gone) => Ok(Whereabouts::Gone),
            Err(error) => Err(error),
        }
    }
}

/// Sweeps an account: one call returns everything that is new, and of an account without news that
/// there is none.
pub(crate) async fn sweep(job: &Job<'_>) -> Result<Swept, ReachError> {
    let (channel, now) = (job.scope.channel, job.scope.now);
    let (instagram, token) = job.platforms.instagram(job.secrets, channel).await?;
    let (facebook, _) = job.platforms.facebook(job.secrets, channel).await?;
    let account = Account {
        instagram,
        token,
        channel,
    };
    let mut watermark = Watermark::<AccountMark>::of(job).await?;
    let mark = &mut watermark.mark;
    let mut swept = Swept::default();
    let mut listed = BTreeSet::new();
    let mut at_once = mark
        .at_once
        .filter(|_| looked_lately(mark.heard_at, now))
        .unwrap_or(MEDIA);
    let media = account
        .instagram
        .media(&account.token, channel, &mut at_once)
        .await?
        .value;
    mark.at_once = Some(at_once).filter(|at_once| *at_once < MEDIA);
    for Medium {
        id,
        total,
        comments,
    } in media
    {
        let below = Below {
            account: &account,
            medium: &id,
        };
        let known = mark.media.entry(id.clone()).or_default();
        let found = job.walk(&below, rows_of(comments, total), known).await?;
        swept.posts += found.posts;
        swept.gone += found.gone;
        listed.insert(id);
    }
    for medium in unlisted(&mark.media, &listed) {
        let is_there = account.instagram.is_there(&account.token, &medium).await?;
        swept.gone += job.let_go(&mut mark.media, &medium, is_there).await?;
    }
    // A comment that was held back from apps for a while comes without a delivery, so none gives a
    // silence away.
    let subscription = SubscriptionCheck {
        facebook: &facebook,
        token: &account.token,
        place: Place::Account,
    };
    let heard = subscription.check(job, &mut mark.heard_at, 0).await;
    watermark.keep(job).await?;
    heard.map(|()| swept)
}

/// Reads one comment or mention, of which a delivery brought the ids alone.
pub(crate) async fn read(job: &Job<'_>, post: &Post) -> Result<Sent<Incoming>, ReachError> {
    let channel = job.scope.channel;
    let (instagram, token) = job.platforms.instagram(job.secrets, channel).await?;
    let comment = if post.surface == Surface::Mention {
        instagram
            .mention(&token, channel, &post.id, post.thread.as_deref())
            .await?
    } else {
        instagram.read(&token, channel, &post.id).await?
    };
    Ok(comment.value.map(Comment::incoming))
}
