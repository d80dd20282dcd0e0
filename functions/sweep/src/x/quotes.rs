//! Quotes of an account's posts on X of which no delivery told.
//!
//! One that names nobody stands in none of the account's lists. X finds it by a search for quotes
//! of certain posts, which looks at the last seven days: it is made once a day, for the account's
//! newest posts.
//!
//! It always looks at all of those days, so a search that is refused, or that does not yet find
//! what X has to index first, loses nothing. That a quote is read again on each of them costs
//! little: there are few, and to find none is free.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pagewarden_platforms::Sent;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::x::{MOST_QUOTED, XPost};
use pagewarden_runtime::ReachError;
use serde::{Deserialize, Serialize};

use super::account::{Account, Id, MOST_PAGES};
use crate::daily::{listed, looked_lately};
use crate::job::Job;

/// Own posts of which quotes are looked for: as many as X lists at once, and five searches.
const MOST_OWN: usize = 50;

/// The account's own posts, as far as quotes of them are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    /// The newest of them.
    pub(crate) own: BTreeSet<Id>,
    /// When quotes were last looked for.
    pub(crate) looked_at: Option<Timestamp>,
}

/// Looks for the quotes of an account's posts, where that was not done within a day. Returns none
/// where it was, or where they cannot be had.
pub(super) async fn list(
    job: &Job<'_>,
    account: &Account<'_>,
    quoted: &mut Quoted,
) -> Result<Option<Vec<Sent<XPost>>>, ReachError> {
    if looked_lately(quoted.looked_at, job.scope.now) {
        return Ok(None);
    }
    let answer = account.quotes(&mut quoted.own).await;
    listed(&job.scope, "quotes", answer, &mut quoted.looked_at)
}

impl Account<'_> {
    /// Notes the account's newest posts, and looks for what quotes them.
    async fn quotes(&self, own: &mut BTreeSet<Id>) -> Result<Vec<Sent<XPost>>, CallError> {
        let account = &self.channel.account;
        let newest = own.last().map(|id| id.0.as_str());
        own.extend(
            self.x
                .own_ids(self.token, account, newest)
                .await?
                .into_iter()
                .map(Id),
        );
        while own.len() > MOST_OWN {
            own.pop_first();
        }
        let own: Vec<&str> = own.iter().map(|id| id.0.as_str()).collect();
        let mut quotes = Vec::new();
        for posts in own.chunks(MOST_QUOTED) {
            let mut page: Option<String> = None;
            for _ in 0..MOST_PAGES {
                let answer = self
                    .x
                    .quotes(self.token, account, posts, page.as_deref())
                    .await?;
                quotes.extend(answer.posts);
                page = answer.next;
                if page.is_none() {
                    break;
                }
            }
        }
        Ok(quotes)
    }
}
