//! Mentions of one account on X, and replies to it.
//!
//! Deliveries tell of most, but not of a reply to a reply, nor of what was written while they did not come. That somebody
//! else took a post back X tells nobody: it is asked, once a day. So it is for quotes, which may name nobody.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Incoming, Observation, Recorded};
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::x::{X, XPost};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_rules::{Channel, PostKey, PracticeId};
use pagewarden_runtime::XAccess;
use serde::{Deserialize, Serialize};

use crate::quotes::Quoted;
use crate::{Sweep, SweepError, Swept};

/// Pages of 100 that are read at most: X lists no more than the 800 newest.
pub(crate) const MOST_PAGES: usize = 8;

/// Posts that are asked after once a day; older ones have outlived their day on X.
const MOST_KNOWN: usize = 800;

/// An hour, in X's ids, whose milliseconds stand above 22 bits. X may show a post after those that are newer: their order is
/// only roughly that of time, and each has to be indexed first. Source: X's "X IDs".
const LATE: u64 = 3_600_000 << 22;

/// Ids that X takes in one call.
const IDS: usize = 100;

/// How often X is asked what is gone, and for quotes. Its terms give a day to honour that somebody took a post back.
pub(crate) const ASK_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// The watermark of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The newest post seen.
    newest: Option<Id>,
    /// The posts that were there.
    pub(crate) known: BTreeSet<Id>,
    /// When X was last asked which of them are gone.
    asked_at: Option<Timestamp>,
    /// The account's own posts, as far as quotes of them are looked for.
    #[serde(default)]
    pub(crate) quoted: Quoted,
}

/// An id of X, in the order of time: ids are numbers that grow, kept as texts since they are longer than a float is exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) String);

impl Id {
    /// Returns the id of so long before that nothing older still has to show.
    fn before_late_ones(&self) -> Id {
        let number: u64 = self.0.parse().unwrap_or_default();
        Id(number.saturating_sub(LATE).to_string())
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.len(), &self.0).cmp(&(other.0.len(), &other.0))
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What a sweep of one account goes by.
pub(crate) struct Account<'a> {
    pub(crate) channel: &'a Channel,
    pub(crate) practice: &'a PracticeId,
    pub(crate) x: &'a X,
    pub(crate) token: &'a Secret,
    pub(crate) now: Timestamp,
}

impl Sweep {
    /// Sweeps what mentions an account: what is newer than the last post seen, or shows late.
    pub(crate) async fn mentions(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Swept, SweepError> {
        let access = XAccess::new(self.ledger.clone(), self.secrets.clone(), self.x.clone());
        let token = access.token(practice, channel, now).await?;
        let account = Account { channel, practice, x: &self.x, token: token.secret(), now };
        match self.account(&account).await {
            // X may end a token before its time.
            Err(SweepError::Call(CallError::Credential { .. })) if !token.is_new() => {
                access.refused(practice, channel, &token).await?;
                let token = access.token(practice, channel, now).await?;
                self.account(&Account { token: token.secret(), ..account }).await
            }
            swept => swept,
        }
    }

    async fn account(&self, account: &Account<'_>) -> Result<Swept, SweepError> {
        let stored = self.ledger.watermark(account.practice, account.channel).await?;
        // One that does not read counts as none: everything is looked at again, and nothing is lost.
        let before: Mark = stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let mut mark = before.clone();
        let mut swept = Swept::default();
        let posts = account.listed(before.newest.as_ref().map(Id::before_late_ones)).await?;
        mark.newest = mark.newest.max(posts.iter().map(|post| Id(post.id.clone())).max());
        swept.posts = self.take_mentions(account, posts, &mut mark.known).await?;
        let asked_at = *mark.asked_at.get_or_insert(account.now);
        if account.now.duration_since(asked_at) >= ASK_EVERY {
            swept.gone = self.ask(account, &mut mark.known).await?;
            mark.asked_at = Some(account.now);
        }
        let quotes = self.quotes(account, &mut mark).await;
        while mark.known.len() > MOST_KNOWN {
            mark.known.pop_first();
        }
        if mark != before {
            let text = serde_json::to_string(&mark).unwrap_or_default();
            self.ledger.set_watermark(account.practice, account.channel, &text).await?;
        }
        swept.posts += quotes?;
        Ok(swept)
    }

    /// Records what others wrote, as far as it is not known. Returns how many posts are new.
    pub(crate) async fn take_mentions(
        &self,
        account: &Account<'_>,
        mut posts: Vec<Sent<XPost>>,
        known: &mut BTreeSet<Id>,
    ) -> Result<u32, SweepError> {
        posts.retain(|post| !post.is_by(&account.channel.account) && !known.contains(&Id(post.id.clone())));
        let own = account.own_conversations(&posts).await?;
        let mut new = 0;
        for post in posts {
            let id = Id(post.id.clone());
            new += u32::from(self.take_mention(account, post, &own).await? == Recorded::New);
            known.insert(id);
        }
        Ok(new)
    }

    async fn take_mention(
        &self,
        account: &Account<'_>,
        post: Sent<XPost>,
        own: &HashSet<String>,
    ) -> Result<Recorded, SweepError> {
        let in_own = post.conversation.as_ref().is_some_and(|first| own.contains(first));
        let surface = post.surface(&account.channel.account, in_own);
        let Sent { read: post, raw } = post.map(|post| post.into_post(account.channel.clone(), surface));
        let correlation = format!("sweep {}", account.now.as_second());
        // What is written on X never changes: it stood there from the beginning.
        let as_of = post.posted_at.unwrap_or(account.now);
        let incoming = Incoming::new(account.practice, &post, raw.bytes(), Some(as_of), &correlation);
        Ok(self.ledger.record(&incoming, account.now).await?)
    }

    /// Asks which of the known posts are gone, and records it. Returns how many are.
    ///
    /// Each one asked about is paid for, so those are left out of which nothing is kept: most, since most break no policy.
    async fn ask(&self, account: &Account<'_>, known: &mut BTreeSet<Id>) -> Result<u32, SweepError> {
        let mut kept = Vec::new();
        for id in known.iter() {
            if self.ledger.keeps_words(&account.key(id)).await? {
                kept.push(id.0.as_str());
            }
        }
        let mut gone = 0;
        for id in account.gone(&kept).await?.into_iter().map(Id) {
            self.ledger.observe(&account.key(&id), Observation::Removed, account.now, account.now).await?;
            gone += u32::from(known.remove(&id));
        }
        Ok(gone)
    }
}

impl Account<'_> {
    /// Lists what is newer than a post, the newest first.
    async fn listed(&self, since: Option<Id>) -> Result<Vec<Sent<XPost>>, CallError> {
        let mut posts = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let since = since.as_ref().map(|id| id.0.as_str());
            let answer = self.x.mentions(self.token, &self.channel.account, since, page.as_deref()).await?;
            posts.extend(answer.posts);
            page = answer.next;
            if page.is_none() {
                break;
            }
        }
        Ok(posts)
    }

    /// Looks up the conversations of replies to others: which of them did this account begin?
    async fn own_conversations(&self, posts: &[Sent<XPost>]) -> Result<HashSet<String>, CallError> {
        let account = self.channel.account.as_str();
        let unclear: BTreeSet<&str> = posts.iter().filter_map(|post| post.unclear_conversation(account)).collect();
        let mut own = HashSet::new();
        for ids in unclear.into_iter().collect::<Vec<_>>().chunks(IDS) {
            let first = shown(self.x.posts(self.token, ids).await)?.posts.into_iter();
            own.extend(first.filter(|first| first.is_by(account)).map(|first| first.read.id));
        }
        Ok(own)
    }

    fn key(&self, id: &Id) -> PostKey {
        PostKey { practice: self.practice.clone(), platform: self.channel.platform, id: id.0.clone() }
    }

    /// Returns which of these posts are gone.
    async fn gone(&self, posts: &[&str]) -> Result<Vec<String>, CallError> {
        let mut gone = Vec::new();
        for ids in posts.chunks(IDS) {
            gone.extend(shown(self.x.gone(self.token, ids).await)?);
        }
        Ok(gone)
    }
}

/// Returns nothing where none of the posts is shown to this account: they are closed or protected, which says nothing of
/// them.
fn shown<T: Default>(answer: Result<T, CallError>) -> Result<T, CallError> {
    match answer {
        Err(CallError::Permission { .. }) => Ok(T::default()),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_late_is_looked_for_an_hour_back() {
        let back = |id: &str| Id(id.to_owned()).before_late_ones().0;
        let milliseconds = |id: &str| id.parse::<u64>().unwrap() >> 22;
        let id = "2085000000000000004";
        assert_eq!(milliseconds(id) - milliseconds(&back(id)), 60 * 60 * 1000);
        assert_eq!((back("20").as_str(), back("odd").as_str()), ("0", "0"));
    }

    #[test]
    fn ids_are_ordered_as_numbers_and_a_mark_reads_back() {
        let id = |id: &str| Id(id.to_owned());
        assert!(id("999") < id("1000") && id("1000") < id("1001"));
        let known = BTreeSet::from([id("1000"), id("999")]);
        assert_eq!(known.first(), Some(&id("999")));
        let mark = Mark {
            newest: Some(id("1000")),
            known,
            asked_at: Some(Timestamp::UNIX_EPOCH),
            quoted: Quoted { own: BTreeSet::from([id("7")]), looked_at: Some(Timestamp::UNIX_EPOCH) },
        };
        assert_eq!(serde_json::from_str::<Mark>(&serde_json::to_string(&mark).unwrap()).unwrap(), mark);
        // One that was written before quotes were looked for.
        let older: Mark = serde_json::from_str(r#"{"newest":"1000","known":["1000"],"asked_at":null}"#).unwrap();
        assert_eq!((older.newest, older.quoted), (Some(id("1000")), Quoted::default()));
        let full: BTreeSet<Id> = (0..MOST_KNOWN).map(|n| Id(format!("{}", 2_000_000_000_000_000_000 + n))).collect();
        assert!(serde_json::to_string(&full).unwrap().len() < 20_000);
    }
}
