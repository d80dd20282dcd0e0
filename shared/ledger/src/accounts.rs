//! Accounts: what one account of a platform has posted at one practice. Accounts are never linked
//! to patients, nor to each other, on one platform or across them.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Platform, PostKey, PracticeId, TaskKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cases::Case;
use crate::keys;
use crate::log::AccountNote;
use crate::records::{RevisionRecord, TaskRecord};
use crate::write::{Item, sortable_id, to_item};
use crate::{Ledger, LedgerError};

/// How far an account is looked back on: as far as a warning counts, and a day for the clocks.
pub const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(367 * 24);

/// Days that it is kept which posts are an account's.
const KEPT_DAYS: i64 = 400;

/// Posts of an account that are read at once.
const MOST_POSTS: usize = 25;

/// Incidents of an account that are read at once.
const MOST_INCIDENTS: usize = 100;

/// That a post is an account's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OfAccount {
    pub(crate) post: PostKey,
    expires: i64,
}

/// A breach by an account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Incident {
    /// The post.
    pub post: PostKey,
    /// The clauses that it breaks.
    pub clauses: Vec<String>,
    /// When it was decided.
    pub at: Timestamp,
}

/// What one account of a platform has done at one practice in the time that is looked back on.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// Its newest posts about which something was done or asked, the newest first.
    pub posts: Vec<Case>,
    /// There are more.
    pub more: bool,
    /// Its incidents, the newest first. A post may have several, since each version is judged.
    pub incidents: Vec<Incident>,
    /// What people of the practice noted about it, the newest first.
    pub notes: Vec<AccountNote>,
}

impl Case {
    /// Returns the tasks about a step against the account, open and closed, in the order in which
    /// they were opened.
    #[must_use]
    pub fn warnings(&self) -> Vec<&TaskRecord> {
        let tasks = self.grounds.tasks().iter();
        tasks.filter(|task| task.kind == TaskKind::Ladder).collect()
    }
}

/// Returns the item that lists a post with its author's account. It has the same key whichever
/// version of the post is decided, given when the first was seen.
pub(crate) fn listed(
    revision: &RevisionRecord,
    account: &str,
    first_seen: Timestamp,
    now: Timestamp,
) -> Result<Item, LedgerError> {
    let post = &revision.key;
    let id = sortable_id(first_seen, &hex::encode(Sha256::digest(post.to_string())));
    let key = keys::account_post(&post.practice, post.platform, account, &id);
    let expires = now + SignedDuration::from_hours(KEPT_DAYS * 24);
    let record = OfAccount {
        post: post.clone(),
        expires: expires.as_second(),
    };
    to_item(&key, &record)
}

impl Ledger {
    /// Returns what is on record about an account, or none where nothing is.
    pub async fn account(
        &self,
        practice: &PracticeId,
        platform: Platform,
        account: &str,
        now: Timestamp,
    ) -> Result<Option<Account>, LedgerError> {
        let since = now - LOOKED_BACK;
        let listed = keys::account_post(practice, platform, account, "");
        let incident = keys::account_event(practice, platform, account, "");
        let posts = self.newest::<OfAccount>(listed, since, MOST_POSTS + 1);
        let posts = posts.await?;
        let incidents = self.newest::<Incident>(incident, since, MOST_INCIDENTS);
        let incidents = incidents.await?;
        let notes = self.account_notes(practice, platform, account).await?;
        if posts.is_empty() && incidents.is_empty() && notes.is_empty() {
            return Ok(None);
        }
        let more = posts.len() > MOST_POSTS;
        let people = self.people(practice).await?;
        // One whose first version has expired is listed once more with its next.
        let mut once = BTreeSet::new();
        let posts = posts.into_iter().take(MOST_POSTS).map(|of| of.post);
        let posts = posts.filter(|post| once.insert(post.clone()));
        let cases = self.cases(posts.collect(), &people).await?;
        Ok(Some(Account {
            posts: cases.into_iter().flatten().collect(),
            more,
            incidents,
            notes,
        }))
    }

    /// Counts the other posts of a post's author about which something was done or asked, and says
    /// whether there are more.
    pub async fn other_posts(
        &self,
        post: &PostKey,
        account: &str,
        now: Timestamp,
    ) -> Result<(usize, bool), LedgerError> {
        let listed = keys::account_post(&post.practice, post.platform, account, "");
        let since = now - LOOKED_BACK;
        let others = self
            .newest::<OfAccount>(listed, since, MOST_POSTS + 2)
            .await?;
        let others: BTreeSet<PostKey> = others.into_iter().map(|of| of.post).collect();
        let others = others.iter().filter(|other| *other != post).count();
        Ok((others.min(MOST_POSTS), others > MOST_POSTS))
    }

    /// Returns at most `most` items whose ids say that they are not older, the newest first, given
    /// the key of which an id is the end.
    pub(crate) async fn newest<T: serde::de::DeserializeOwned>(
        &self,
        without_id: keys::Key,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<T>, LedgerError> {
        let prefix = without_id.sk;
        let since = format!("{prefix}{}", sortable_id(since, ""));
        // No id has a letter as great as this one.
        let end = format!("{prefix}~");
        self.last(without_id.pk, [since, end], most).await
    }
}
