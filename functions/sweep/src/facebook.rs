//! One Facebook page: comments below its posts, what visitors posted on it, and its recommendations.
//!
//! Deliveries bring these within seconds. The sweep finds what no delivery brought, and what changed unheard of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::{self, Comment, CommentPage, Facebook, Thread};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_rules::{Channel, PracticeId, Surface};
use serde::{Deserialize, Serialize};

use crate::heard::{Teller, looked_lately};
use crate::list::{Known, List, Page, Row, Run, Whereabouts, unlisted};
use crate::{Sweep, SweepError, Swept};

/// The watermark of a page: its newest posts by id, and what was seen of each and below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) threads: BTreeMap<String, Known>,
    /// How many posts Facebook tells at once, where that is less than the usual. Once a day it is asked for all again.
    #[serde(default)]
    pub(crate) at_once: Option<usize>,
    /// When it was last looked whether Facebook tells of the page.
    #[serde(default)]
    pub(crate) heard_at: Option<Timestamp>,
    /// When its recommendations were last looked at.
    #[serde(default)]
    pub(crate) recommended_at: Option<Timestamp>,
    /// When comments below posts that are not among the newest were last looked for.
    #[serde(default)]
    pub(crate) older_at: Option<Timestamp>,
}

impl Mark {
    /// Reads a watermark. One that does not read counts as none: everything is looked at again, and nothing is lost.
    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// A page, as its token is shown it.
pub(crate) struct Account<'a> {
    pub(crate) facebook: Facebook,
    pub(crate) token: Secret,
    channel: &'a Channel,
}

/// A post, with what stands below it.
pub(crate) struct Below<'a> {
    pub(crate) account: &'a Account<'a>,
    pub(crate) post: &'a str,
}

impl Below<'_> {
    pub(crate) fn page_of(&self, page: CommentPage) -> Page {
        let channel = self.account.channel;
        let thread = Some(self.post.to_owned());
        let row = |comment: Sent<Comment>| Row {
            public: !comment.hidden,
            sighting: comment.map(|comment| comment.sighting(channel.clone(), Surface::Comment, thread.clone())),
        };
        Page { rows: page.comments.into_iter().map(row).collect(), total: page.total, next: page.after }
    }
}

impl List for Below<'_> {
    const HAS_BIN: bool = false;

    async fn page(&self, next: &str) -> Result<Page, CallError> {
        let Account { facebook, token, .. } = self.account;
        Ok(self.page_of(facebook.comments(token, self.post, Some(next)).await?.value))
    }

    async fn find(&self, id: &str) -> Result<Whereabouts, CallError> {
        let Account { facebook, token, .. } = self.account;
        match facebook.read(token, Surface::Comment, id).await {
            Ok(comment) if comment.value.hidden => Ok(Whereabouts::Hidden),
            Ok(_) => Ok(Whereabouts::There),
            Err(CallError::Gone) => Ok(Whereabouts::Gone),
            Err(error) => Err(error),
        }
    }
}

impl Sweep {
    /// Sweeps a page: one call tells of everything that is new, and of a page without news that there is none.
    pub(crate) async fn feed(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Swept, SweepError> {
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let account = Account { facebook: Facebook::new(self.http.clone(), settings), token, channel };
        let run = Run { channel, practice, now };
        let before = Mark::read(self.ledger.watermark(practice, channel).await?.as_deref());
        let mut mark = before.clone();
        let mut swept = Swept::default();
        let mut listed = BTreeSet::new();
        let mut at_once = mark.at_once.filter(|_| looked_lately(mark.heard_at, now)).unwrap_or(facebook::POSTS);
        let feed = account.facebook.feed(&account.token, &channel.account, &mut at_once).await?.value;
        mark.at_once = Some(at_once).filter(|at_once| *at_once < facebook::POSTS);
        for thread in feed {
            let id = thread.post.id.clone();
            let known = mark.threads.entry(id.clone()).or_default();
            let below = self.thread(&run, &account, thread, known).await?;
            swept.posts += below.posts;
            swept.unheard += below.unheard;
            swept.gone += below.gone;
            listed.insert(id);
        }
        for post in unlisted(&mark.threads, &listed) {
            let is_there = match account.facebook.read(&account.token, Surface::VisitorPost, &post).await {
                Ok(_) => true,
                Err(CallError::Gone) => false,
                Err(error) => return Err(error.into()),
            };
            swept.gone += self.let_go(&run, &mut mark.threads, &post, is_there).await?;
        }
        // On the first sweep everything is new, and the page may never have been subscribed.
        let unheard = if before.heard_at.is_some() { swept.unheard } else { 0 };
        let teller = Teller { facebook: &account.facebook, token: &account.token, page: &channel.account };
        let heard = self.heard(&run, &teller, &mut mark.heard_at, unheard).await;
        let recommended = self.recommendations(&run, &account, &mut mark).await;
        let older = self.older(&run, &account, &mut mark).await;
        if mark != before {
            let text = serde_json::to_string(&mark).unwrap_or_default();
            self.ledger.set_watermark(practice, channel, &text).await?;
        }
        heard?;
        swept.posts += recommended? + older?;
        Ok(swept)
    }

    /// Records what is new about a post and below it.
    async fn thread(
        &self,
        run: &Run<'_>,
        account: &Account<'_>,
        thread: Thread,
        known: &mut Known,
    ) -> Result<Swept, SweepError> {
        let (post, surface) = (thread.post.id.clone(), thread.surface(run.channel));
        let below = Below { account, post: &post };
        let mut first = below.page_of(thread.comments);
        let public = !thread.post.hidden;
        let sighting = thread.post.map(|post| post.sighting(run.channel.clone(), surface, None));
        first.rows.insert(0, Row { sighting, public });
        self.walk(run, &below, first, known).await
    }
}
