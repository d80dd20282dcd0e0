//! Words that their author took back: dropped where the platform asks for it, unless a person asked
//! to keep them.

use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_rules::PostKey;
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::decisions::is_bare;
use crate::records::{Event, RevisionRecord, Visibility};
use crate::write::{Transacted, Transaction, Tries, from_item};
use crate::{Ledger, LedgerError, keys};

/// Why a hold was not set or lifted.
#[derive(Debug, Error)]
pub enum HoldError {
    /// The post was never seen here.
    #[error("nothing is on record about {0}")]
    NoSuchPost(PostKey),
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// There is nothing left to keep.
    #[error(
        "nothing is left to keep: the words were dropped, since nobody needed them or their author took them back"
    )]
    NoWords,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Keeps a post's words although its author may take it back, or no longer does.
    ///
    /// For a solicitor, the police or a complaint; who asked, why, and when somebody is to look
    /// whether it is still needed, stands in the history. The hold stands until it is lifted. Once it
    /// is lifted, words that were taken back meanwhile are dropped.
    pub async fn hold(
        &self,
        post: &PostKey,
        on: bool,
        person: &Person,
        note: Option<&str>,
        review: Option<Date>,
        now: Timestamp,
    ) -> Result<(), HoldError> {
        let people = self.people(&post.practice).await?;
        may(
            person,
            &Act::Hold,
            &Grounds::of_practice(post.practice.clone(), people),
        )?;
        let event = Event::Hold {
            on,
            by: person.to_string(),
            note: note.map(str::to_owned),
            review: review.filter(|_| on),
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            let revisions = self.revisions(post).await?;
            if revisions.is_empty() {
                return Err(HoldError::NoSuchPost(post.clone()));
            }
            if on && revisions.iter().all(is_bare) {
                return Err(HoldError::NoWords);
            }
            let mut writes = Transaction::default();
            self.append(&mut writes, post, &state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(self.drop_words_taken_back(post, now).await?);
            }
        }
    }

    /// Returns `true` if anything that somebody wrote in a post is kept, or is still to be judged.
    pub async fn keeps_words(&self, post: &PostKey) -> Result<bool, LedgerError> {
        Ok(!self.revisions(post).await?.iter().all(is_bare))
    }

    /// Drops the words of a post that is gone, where the platform's terms ask for it and no hold
    /// stands.
    ///
    /// The history keeps that it was so, and the hash of what was captured. What still waits for its
    /// words keeps them, and whoever decides it, settles it or answers it comes back here.
    pub(crate) async fn drop_words_taken_back(
        &self,
        post: &PostKey,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        if !post.platform.drops_what_is_taken_back() {
            return Ok(());
        }
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            if state.visibility != Visibility::Gone || state.held {
                return Ok(());
            }
            let Some(history) = self.history(post).await? else {
                return Ok(());
            };
            let drops = self.drops(post, &history)?;
            if drops.writes.is_empty() {
                return Ok(());
            }
            let event = Event::WordsDropped {
                revisions: drops.revisions,
                items: drops.items,
            };
            let gone = self
                .let_words_go(post, &state, drops.writes, &event, now)
                .await?;
            // Written or not, look again: there may be more of them.
            if gone == Transacted::Written {
                tries = Tries::at(post);
            }
        }
    }

    pub(crate) async fn revisions(
        &self,
        post: &PostKey,
    ) -> Result<Vec<RevisionRecord>, LedgerError> {
        self.partition(&keys::post(post), "REV#")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }
}
