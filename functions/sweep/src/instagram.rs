//! One Instagram account: comments below its newest posts.
//!
//! Deliveries bring a new comment within seconds, and nothing else: what was edited, hidden or taken back is found here,
//! and so is a comment that no delivery brought.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::Facebook;
use pagewarden_platforms::instagram::{self, Comment, CommentPage, Instagram, Medium, PAGE};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_rules::{Channel, PracticeId};
use serde::{Deserialize, Serialize};

use crate::heard::{Teller, looked_lately};
use crate::list::{Known, List, Page, Row, Run, Whereabouts, unlisted};
use crate::{Sweep, SweepError, Swept};

/// The watermark of an account: its newest posts by id, and what was seen below each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    media: BTreeMap<String, Known>,
    /// How many posts Instagram tells at once, where that is less than the usual. Once a day it is asked for all again.
    #[serde(default)]
    at_once: Option<usize>,
    /// When it was last looked whether Instagram tells of the account.
    #[serde(default)]
    heard_at: Option<Timestamp>,
}

impl Mark {
    /// Reads a watermark. One that does not read counts as none: everything is looked at again, and nothing is lost.
    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
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

fn page_of(page: CommentPage, total: Option<usize>) -> Page {
    let row = |comment: Sent<Comment>| Row { public: !comment.hidden, sighting: comment.map(Comment::sighting) };
    Page { rows: page.comments.into_iter().map(row).collect(), total, next: page.after }
}

impl List for Below<'_> {
    // A hidden comment may leave the list, but what stands in it may have been hidden since it was read.
    const HAS_BIN: bool = false;

    async fn page(&self, next: &str) -> Result<Page, CallError> {
        let Account { instagram, token, channel } = self.account;
        Ok(page_of(instagram.comments(token, channel, self.medium, next).await?.value, None))
    }

    async fn find(&self, id: &str) -> Result<Whereabouts, CallError> {
        let Account { instagram, token, channel } = self.account;
        match instagram.read(token, channel, id).await {
            // A hidden comment may be left out of the list.
            Ok(comment) if comment.value.hidden => Ok(Whereabouts::Hidden),
            Ok(_) => Ok(Whereabouts::There),
            Err(CallError::Gone) => Ok(Whereabouts::Gone),
            Err(error) => Err(error),
        }
    }
}

impl Sweep {
    /// Sweeps an account: one call tells of everything that is new, and of an account without news that there is none.
    pub(crate) async fn media(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Swept, SweepError> {
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let facebook = Facebook::new(self.http.clone(), settings.clone());
        let account = Account { instagram: Instagram::new(self.http.clone(), settings), token, channel };
        let run = Run { channel, practice, now };
        let before = Mark::read(self.ledger.watermark(practice, channel).await?.as_deref());
        let mut mark = before.clone();
        let mut swept = Swept::default();
        let mut listed = BTreeSet::new();
        let mut at_once = mark.at_once.filter(|_| looked_lately(mark.heard_at, now)).unwrap_or(instagram::MEDIA);
        let media = account.instagram.media(&account.token, channel, &mut at_once).await?.value;
        mark.at_once = Some(at_once).filter(|at_once| *at_once < instagram::MEDIA);
        for medium in media {
            let Medium { id, total, comments } = medium;
            let below = Below { account: &account, medium: &id };
            let known = mark.media.entry(id.clone()).or_default();
            let found = self.walk(&run, &below, page_of(comments, total), known).await?;
            swept.posts += found.posts;
            swept.gone += found.gone;
            listed.insert(id);
        }
        for medium in unlisted(&mark.media, &listed) {
            let is_there = account.instagram.is_there(&account.token, &medium).await?;
            swept.gone += self.let_go(&run, &mut mark.media, &medium, is_there).await?;
        }
        // A comment that was held back from apps for a while comes without a delivery, so none gives a silence away.
        let teller = Teller { facebook: &facebook, token: &account.token, page: PAGE };
        let heard = self.heard(&run, &teller, &mut mark.heard_at, 0).await;
        if mark != before {
            let text = serde_json::to_string(&mark).unwrap_or_default();
            self.ledger.set_watermark(practice, channel, &text).await?;
        }
        heard.map(|()| swept)
    }
}
