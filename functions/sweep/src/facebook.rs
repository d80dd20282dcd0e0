//! One Facebook page: comments below its posts, what visitors posted on it, and its
//! recommendations.
//!
//! Deliveries bring these within seconds. The sweep finds what no delivery brought, and what
//! changed unheard of.

mod older;
mod recommendations;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::{Comment, CommentPage, Facebook, POSTS, Thread};
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

/// What was seen of a page: its newest posts by id, and what was seen of each and below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PageMark {
    threads: BTreeMap<String, Known>,
    /// How many posts Facebook tells at once, where that is less than the usual. Once a day it is
    /// asked for all again.
    #[serde(default)]
    at_once: Option<usize>,
    /// When the subscription to the page was last checked.
    #[serde(default)]
    heard_at: Option<Timestamp>,
    /// When its recommendations were last looked at.
    #[serde(default)]
    recommended_at: Option<Timestamp>,
    /// When comments below posts that are not among the newest were last looked for.
    #[serde(default)]
    older_at: Option<Timestamp>,
}

/// A page, as its token is shown it.
struct Account<'a> {
    facebook: Facebook,
    token: Secret,
    channel: &'a Channel,
}

/// A post, with what stands below it.
struct Below<'a> {
    account: &'a Account<'a>,
    post: &'a str,
}

impl Below<'_> {
    fn rows_of(&self, page: CommentPage) -> Listed {
        let channel = self.account.channel;
        let thread = Some(self.post.to_owned());
        let row = |comment: Sent<Comment>| Row {
            public: !comment.hidden,
            hidden: comment.hidden,
            incoming: comment
                .map(|comment| comment.incoming(channel.clone(), Surface::Comment, thread.clone())),
        };
        Listed {
            rows: page.comments.into_iter().map(row).collect(),
            total: page.total,
            next: page.after,
        }
    }
}

impl List for Below<'_> {
    const HAS_BIN: bool = false;

    async fn page(&self, next: &str) -> Result<Listed, CallError> {
        let Account {
            facebook, token, ..
        } = self.account;
        Ok(self.rows_of(facebook.comments(token, self.post, Some(next)).await?.value))
    }

    async fn find(&self, id: &str) -> Result<Whereabouts, CallError> {
        let Account {
            facebook,
            token,
            channel,
        } = self.account;
        let thread = Some(self.post.to_owned());
        match facebook.read(token, Surface::Comment, id).await {
            Ok(comment) if comment.value.hidden => {
                let channel = (*channel).clone();
                let read = |comment: Comment| comment.incoming(channel, Surface::Comment, thread);
                Ok(Whereabouts::Hidden(Box::new(comment.value.map(read))))
            }
            Ok(_) => Ok(Whereabouts::There),
            Err(CallError::Gone) => Ok(Whereabouts::Gone),
            Err(error) => Err(error),
        }
    }
}

/// Sweeps a page: one call returns everything that is new, and of a page without news that there
/// is none.
pub(crate) async fn sweep(job: &Job<'_>) -> Result<Swept, ReachError> {
    let (channel, now) = (job.scope.channel, job.scope.now);
    let (facebook, token) = job.platforms.facebook(job.secrets, channel).await?;
    let account = Account {
        facebook,
        token,
        channel,
    };
    let mut watermark = Watermark::<PageMark>::of(job).await?;
    let mark = &mut watermark.mark;
    let mut swept = Swept::default();
    let mut listed = BTreeSet::new();
    let mut at_once = mark
        .at_once
        .filter(|_| looked_lately(mark.heard_at, now))
        .unwrap_or(POSTS);
    let feed = account
        .facebook
        .feed(&account.token, &channel.account, &mut at_once)
        .await?
        .value;
    mark.at_once = Some(at_once).filter(|at_once| *at_once < POSTS);
    for post in feed {
        let id = post.post.id.clone();
        let below = thread(
            job,
            &account,
            post,
            mark.threads.entry(id.clone()).or_default(),
        )
        .await?;
        swept.posts += below.posts;
        swept.unheard += below.unheard;
        swept.gone += below.gone;
        listed.insert(id);
    }
    for post in unlisted(&mark.threads, &listed) {
        let is_there = match account
            .facebook
            .read(&account.token, Surface::VisitorPost, &post)
            .await
        {
            Ok(_) => true,
            Err(CallError::Gone) => false,
            Err(error) => return Err(error.into()),
        };
        swept.gone += job.let_go(&mut mark.threads, &post, is_there).await?;
    }
    // On the first sweep everything is new, and the page may never have been subscribed.
    let unheard = if watermark.before.heard_at.is_some() {
        swept.unheard
    } else {
        0
    };
    let subscription = SubscriptionCheck {
        facebook: &account.facebook,
        token: &account.token,
        place: Place::Page(&channel.account),
    };
    let heard = subscription.check(job, &mut mark.heard_at, unheard).await;
    // What was found is kept first: one list that cannot be had does not make the others be read
    // again.
    let recommended = recommendations::sweep(job, &account, mark).await;
    let older = older::sweep(job, &account, mark).await;
    watermark.keep(job).await?;
    heard?;
    swept.posts += recommended? + older?;
    Ok(swept)
}

/// Records what is new about a post and below it.
async fn thread(
    job: &Job<'_>,
    account: &Account<'_>,
    thread: Thread,
    known: &mut Known,
) -> Result<Swept, ReachError> {
    let (post, surface) = (thread.post.id.clone(), thread.surface(account.channel));
    let below = Below {
        account,
        post: &post,
    };
    let mut first = below.rows_of(thread.comments);
    let hidden = thread.post.hidden;
    let incoming = thread
        .post
        .map(|post| post.incoming(account.channel.clone(), surface, None));
    let row = Row {
        incoming,
        public: !hidden,
        hidden,
    };
    first.rows.insert(0, row);
    job.walk(&below, first, known).await
}

/// Reads one post or comment, of which a delivery brought the ids alone.
pub(crate) async fn read(job: &Job<'_>, post: &Post) -> Result<Sent<Incoming>, ReachError> {
    let (facebook, token) = job
        .platforms
        .facebook(job.secrets, job.scope.channel)
        .await?;
    let comment = facebook.read(&token, post.surface, &post.id).await?.value;
    Ok(comment
        .map(|comment| comment.incoming(post.channel.clone(), post.surface, post.thread.clone())))
}
