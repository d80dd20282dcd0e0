//! What people may ask of a practice about themselves: everything that it holds about an account of
//! theirs.
//!
//! All of it is found by keys that the account's id is part of. Nobody here knows whose account it
//! is: that the person who asks is its author is for the practice to make sure of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pagewarden_rules::PostKey;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::accounts::{Incident, OfAccount};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::evidence::Recipient;
use crate::history::History;
use crate::ladder::{AccountOf, LadderRecord};
use crate::log::AccountNote;
use crate::write::{Transacted, Transaction, Tries, from_item};
use crate::{Ledger, LedgerError, keys};

/// Everything on record about an account of a practice.
#[derive(Clone, Debug, Default)]
pub struct AboutAccount {
    /// Its posts about which something was done or asked, with all that followed from them. The
    /// words of other posts are not kept.
    pub posts: Vec<(PostKey, History)>,
    /// Its incidents, oldest first.
    pub incidents: Vec<Incident>,
    /// What people of the practice noted about it, oldest first.
    pub notes: Vec<AccountNote>,
    /// The steps of the ladder against it, in order.
    pub steps: Vec<LadderRecord>,
}

impl AboutAccount {
    /// Returns `true` if nothing is on record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.posts.is_empty()
            && self.incidents.is_empty()
            && self.notes.is_empty()
            && self.steps.is_empty()
    }
}

/// The answer that somebody gives to an author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenAnswer {
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// How many posts are in it.
    pub posts: u64,
    /// How much was kept out of it, by the kind.
    pub kept_out: BTreeMap<String, u64>,
}

/// Why something that an author has a right to was not done.
#[derive(Debug, Error)]
pub enum RightsError {
    /// Nothing is on record about the account.
    #[error("nothing is on record about the account {0} at this practice")]
    NoSuchAccount(String),
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Returns what stands for an account in the practice's chain: a hash, so that no line names it.
pub(crate) fn hashed(of: AccountOf<'_>) -> String {
    let name = format!("{}/{}/{}", of.practice, of.platform, of.account);
    hex::encode(Sha256::digest(name))
}

impl Ledger {
    /// Returns everything on record about an account, of whatever time. Posts of others are not in
    /// it, nor those of another practice.
    pub async fn about_account(&self, of: AccountOf<'_>) -> Result<AboutAccount, LedgerError> {
        let AccountOf {
            practice,
            platform,
            account,
        } = of;
        let listed = keys::account_post(practice, platform, account, "");
        let mut posts = BTreeSet::new();
        for item in self.partition(&listed.pk, &listed.sk).await? {
            posts.insert(from_item::<OfAccount>(item)?.post);
        }
        let incident = keys::account_event(practice, platform, account, "");
        let mut incidents = Vec::new();
        for item in self.partition(&incident.pk, &incident.sk).await? {
            incidents.push(from_item::<Incident>(item)?);
        }
        // How long a post is listed and how long it is kept are two things.
        posts.extend(incidents.iter().map(|incident| incident.post.clone()));
        let mut histories = Vec::new();
        for post in posts {
            if let Some(history) = self.history_at_rest(&post).await? {
                histories.push((post, history));
            }
        }
        let first = keys::account_note(practice, platform, account, "");
        let mut notes = Vec::new();
        for item in self.partition(&first.pk, &first.sk).await? {
            let note: AccountNote = from_item(item)?;
            // An account's id may go on where another one's ends.
            if note.account == account {
                notes.push(note);
            }
        }
        Ok(AboutAccount {
            posts: histories,
            incidents,
            notes,
            steps: self.deeds(of).await?,
        })
    }

    /// Returns whether somebody may answer an author who asks what is held about them.
    pub async fn may_answer_author(
        &self,
        of: AccountOf<'_>,
        person: &Person,
    ) -> Result<(), RightsError> {
        let people = self.people(of.practice).await?;
        let at = Grounds::of_practice(of.practice.clone(), people);
        let act = Act::Export {
            recipient: Recipient::Author,
            whole: false,
        };
        Ok(may(person, &act, &at)?)
    }

    /// Notes in the practice's chain that somebody gives an author what is held about them, and how
    /// much of it was kept out. To be called before they have it.
    pub async fn note_answer_to_author(
        &self,
        of: AccountOf<'_>,
        person: &Person,
        given: &GivenAnswer,
        now: Timestamp,
    ) -> Result<(), RightsError> {
        self.may_answer_author(of, person).await?;
        let event = PracticeEvent::AnsweredAuthor {
            by: person.to_string(),
            account: hashed(of),
            sha256: given.sha256.clone(),
            posts: given.posts,
            kept_out: given.kept_out.clone(),
        };
        let mut tries = Tries::at(of.practice);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            self.append_to_practice(&mut writes, of.practice, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }
}
