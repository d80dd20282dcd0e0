//! A record that is kept and not used, because its author asked for that (UK GDPR, Article 18).
//!
//! It is said of an account, and holds for every post of it: for those on record, whose histories
//! say so each by a line of their own, and for what the account posts afterwards, of which the line
//! of the decision says so. Such a post counts on no ladder and as no incident, is not deleted when
//! its time has passed, and only who may say this reads it or decides about it. The machine does of
//! its own what protects somebody else, and nothing beside. Somebody who may be in danger is told of
//! as ever: to whom, in what words and how soon.

use jiff::Timestamp;
use pagewarden_rules::{PostKey, PracticeId};
use serde::{Deserialize, Serialize};

use crate::authority::{Act, Grounds, Person, may};
use crate::chain::PracticeEvent;
use crate::flood::AuthorHash;
use crate::keys;
use crate::ladder::AccountOf;
use crate::records::{Event, RevisionRecord};
use crate::rights::{RightsError, hashed};
use crate::write::{Transacted, Transaction, Tries, from_item, to_item};
use crate::{Ledger, LedgerError};

/// A turn of an account's restriction. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// Whether what is held about the account is only kept, from then on.
    pub on: bool,
    /// When.
    pub at: Timestamp,
    /// Who, as `name:role`.
    pub by: String,
    /// What the author asked and why, in their words.
    pub note: String,
}

impl Ledger {
    /// Returns the turns of an account's restriction, in order.
    pub(crate) async fn restrictions(
        &self,
        of: AccountOf<'_>,
    ) -> Result<Vec<Restriction>, LedgerError> {
        let first = keys::restriction(of.practice, &account(of), None);
        let turns = self.partition(&first.pk, &first.sk).await?;
        turns.into_iter().map(from_item).collect()
    }

    /// Returns the restriction of an account that stands, if one does.
    pub async fn restriction(&self, of: AccountOf<'_>) -> Result<Option<Restriction>, LedgerError> {
        let last = self.restrictions(of).await?.pop();
        Ok(last.filter(|turn| turn.on))
    }

    /// Returns `true` if the author of a revision asked for nothing of theirs to be used.
    pub(crate) async fn is_restricted(
        &self,
        revision: &RevisionRecord,
    ) -> Result<bool, LedgerError> {
        let Some(account) = revision.post.author.id.as_deref() else {
            return Ok(false);
        };
        let of = AccountOf {
            practice: &revision.key.practice,
            platform: revision.key.platform,
            account,
        };
        Ok(self.restriction(of).await?.is_some())
    }

    /// Says that what is held about an account is kept and not used, what it posts from now on
    /// included, or that it may be used again. Returns how many of its posts are on record.
    ///
    /// Said once more, it reaches the posts that it did not reach before.
    pub async fn restrict_account(
        &self,
        of: AccountOf<'_>,
        on: bool,
        person: &Person,
        note: &str,
        now: Timestamp,
    ) -> Result<usize, RightsError> {
        self.may_restrict(of.practice, person, note).await?;
        if self.about_account(of).await?.is_empty() {
            return Err(RightsError::NoSuchAccount(of.account.to_owned()));
        }
        // What comes in meanwhile is restricted by this, or found by what follows.
        self.turn(of, on, person, note, now).await?;
        let posts = self.about_account(of).await?.posts;
        for (post, _) in &posts {
            self.restrict(post, on, person, note, now).await?;
        }
        Ok(posts.len())
    }

    async fn turn(
        &self,
        of: AccountOf<'_>,
        on: bool,
        person: &Person,
        note: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let by = person.to_string();
        let turn = Restriction {
            on,
            at: now,
            by: by.clone(),
            note: note.trim().to_owned(),
        };
        let event = PracticeEvent::RestrictedAuthor {
            on,
            by,
            account: hashed(of),
        };
        let mut tries = Tries::at(of.practice);
        loop {
            tries.next().await?;
            let turns = self.restrictions(of).await?;
            if turns.last().is_some_and(|last| last.on) == on {
                return Ok(());
            }
            let key = keys::restriction(of.practice, &account(of), Some(turns.len() + 1));
            let mut writes = Transaction::default();
            self.add(&mut writes, to_item(&key, &turn)?)?;
            self.append_to_practice(&mut writes, of.practice, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Says so of one post, and of nothing else by its author.
    pub async fn restrict(
        &self,
        post: &PostKey,
        on: bool,
        person: &Person,
        note: &str,
        now: Timestamp,
    ) -> Result<(), RightsError> {
        self.may_restrict(&post.practice, person, note).await?;
        let event = Event::Restricted {
            on,
            by: person.to_string(),
            note: note.trim().to_owned(),
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            if state.seq == 0 {
                return Err(RightsError::NoSuchPost(post.clone()));
            }
            if state.restricted == on {
                return Ok(());
            }
            let mut writes = Transaction::default();
            self.append(&mut writes, post, &state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    async fn may_restrict(
        &self,
        practice: &PracticeId,
        person: &Person,
        note: &str,
    ) -> Result<(), RightsError> {
        let at = Grounds::of_practice(practice.clone(), self.people(practice).await?);
        may(person, &Act::Restrict, &at)?;
        if note.trim().is_empty() {
            return Err(RightsError::NoNote);
        }
        Ok(())
    }
}

/// Returns what stands for an account in the keys of its restrictions.
fn account(of: AccountOf<'_>) -> String {
    AuthorHash::of_account(of.practice, of.platform, of.account).to_string()
}
