//! Quotes of an account's posts on X of which no delivery told.
//!
//! One that names nobody stands in none of the account's lists. X finds it by a search for quotes of certain posts, which
//! looks at the last seven days: it is made once a day, for the account's newest posts.
//!
//! It always looks at all of those days, so a search that is refused, or that does not yet find what X has to index first,
//! loses nothing. That a quote is read again on each of them costs little: there are few, and to find none is free.

use std::collections::BTreeSet;

use jiff::Timestamp;
use pagewarden_platforms::Sent;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::x::{MOST_QUOTED, XPost};
use serde::{Deserialize, Serialize};

use crate::daily::listed;
use crate::list::Run;
use crate::mentions::{ASK_EVERY, Account, Id, MOST_PAGES, Mark};
use crate::{Sweep, SweepError};

/// Own posts of which quotes are looked for: as many as X tells of at once, and five searches.
const MOST_OWN: usize = 50;

/// The account's own posts, as far as quotes of them are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    /// The newest of them.
    pub(crate) own: BTreeSet<Id>,
    /// When quotes were last looked for.
    pub(crate) looked_at: Option<Timestamp>,
}

impl Sweep {
    /// Records the quotes that are new and that no delivery brought. Returns how many those are.
    pub(crate) async fn quotes(&self, account: &Account<'_>, mark: &mut Mark) -> Result<u32, SweepError> {
        let quoted = &mut mark.quoted;
        if quoted.looked_at.is_some_and(|at| account.now.duration_since(at) < ASK_EVERY) {
            return Ok(0);
        }
        let answer = account.quotes(&mut quoted.own).await;
        let run = Run { channel: account.channel, practice: account.practice, now: account.now };
        let Some(posts) = listed(&run, "quotes", answer, &mut quoted.looked_at)? else { return Ok(0) };
        let new = self.take_mentions(account, posts, &mut mark.known).await?;
        mark.quoted.looked_at = Some(account.now);
        Ok(new)
    }
}

impl Account<'_> {
    /// Notes the account's newest posts, and looks for what quotes them.
    async fn quotes(&self, own: &mut BTreeSet<Id>) -> Result<Vec<Sent<XPost>>, CallError> {
        let account = &self.channel.account;
        let newest = own.last().map(|id| id.0.as_str());
        own.extend(self.x.own_ids(self.token, account, newest).await?.into_iter().map(Id));
        while own.len() > MOST_OWN {
            own.pop_first();
        }
        let own: Vec<&str> = own.iter().map(|id| id.0.as_str()).collect();
        let mut quotes = Vec::new();
        for posts in own.chunks(MOST_QUOTED) {
            let mut page: Option<String> = None;
            for _ in 0..MOST_PAGES {
                let answer = self.x.quotes(self.token, account, posts, page.as_deref()).await?;
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
