//! One account on X, as its token is shown it.

use std::collections::{BTreeSet, HashSet};

use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::x::{X, XPost};
use pagewarden_platforms::{Secret, Sent};
use pagewarden_rules::Channel;
use serde::{Deserialize, Serialize};

/// Pages of 100 that are read at most: X lists no more than the 800 newest.
pub(crate) const MOST_PAGES: usize = 8;

/// An hour, in X's ids, whose milliseconds stand above 22 bits. X may show a post after those that
/// are newer: their order is only roughly that of time, and each has to be indexed first. Source:
/// X's "X IDs".
const LATE: u64 = 3_600_000 << 22;

/// Ids that X takes in one call.
const IDS: usize = 100;

/// An id of X, in the order of time: ids are numbers that grow, kept as texts since they are longer
/// than a float is exact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) String);

impl Id {
    /// Returns the id of so long before that nothing older still has to show.
    pub(crate) fn before_late_ones(&self) -> Id {
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

/// An account, and the token by which it is called.
pub(crate) struct Account<'a> {
    pub(crate) x: &'a X,
    pub(crate) token: &'a Secret,
    pub(crate) channel: &'a Channel,
}

impl Account<'_> {
    /// Lists what is newer than a post, the newest first.
    pub(crate) async fn mentions(&self, since: Option<Id>) -> Result<Vec<Sent<XPost>>, CallError> {
        let mut posts = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let since = since.as_ref().map(|id| id.0.as_str());
            let answer = self
                .x
                .mentions(self.token, &self.channel.account, since, page.as_deref())
                .await?;
            posts.extend(answer.posts);
            page = answer.next;
            if page.is_none() {
                break;
            }
        }
        Ok(posts)
    }

    /// Looks up the conversations of replies to others: which of them did this account begin?
    pub(crate) async fn own_conversations(
        &self,
        posts: &[Sent<XPost>],
    ) -> Result<HashSet<String>, CallError> {
        let account = self.channel.account.as_str();
        let unclear: BTreeSet<&str> = posts
            .iter()
            .filter_map(|post| post.unclear_conversation(account))
            .collect();
        let mut own = HashSet::new();
        for ids in unclear.into_iter().collect::<Vec<_>>().chunks(IDS) {
            let first = shown(self.x.posts(self.token, ids).await)?
                .posts
                .into_iter();
            own.extend(
                first
                    .filter(|first| first.is_by(account))
                    .map(|first| first.read.id),
            );
        }
        Ok(own)
    }

    /// Returns which of these posts are gone.
    pub(crate) async fn gone(&self, posts: &[&str]) -> Result<Vec<String>, CallError> {
        let mut gone = Vec::new();
        for ids in posts.chunks(IDS) {
            gone.extend(shown(self.x.gone(self.token, ids).await)?);
        }
        Ok(gone)
    }
}

/// Returns nothing where none of the posts is shown to this account: they are closed or protected,
/// which says nothing of them.
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
}
