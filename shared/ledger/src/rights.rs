//! What people may ask of a practice about themselves: everything that it holds about an account of
//! theirs.
//!
//! All of it is found by keys that the account's id is part of, and by the hash of it in tasks.
//! Nobody here knows whose account it is: that the person who asks is its author is for the practice
//! to make sure of.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use pagewarden_rules::{PostKey, words};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::accounts::{Incident, OfAccount};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::evidence::Recipient;
use crate::flood::AuthorHash;
use crate::history::History;
use crate::keys::{self, Key};
use crate::ladder::{AccountOf, Deed, LadderRecord};
use crate::log::{AccountNote, OF_NOTE, hashed_key};
use crate::records::Event;
use crate::restriction::Restriction;
use crate::retention::waits;
use crate::tasks::Choice;
use crate::write::{Guard, Transacted, Transaction, Tries, from_item, key_of, text, update_item};
use crate::{Ledger, LedgerError};

/// Notes whose words are deleted in one transaction, which takes a hundred writes.
const MOST_NOTES: usize = 90;

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
    /// That it is not to be used, and that it may be again, in order.
    pub restrictions: Vec<Restriction>,
}

impl AboutAccount {
    /// Returns `true` if nothing is on record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.posts.is_empty()
            && self.incidents.is_empty()
            && self.notes.is_empty()
            && self.steps.is_empty()
            && self.restrictions.is_empty()
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

words! {
    /// Why a post is kept although its author asked for it to be deleted.
    KeptFor {
        /// Somebody asked for its words to be kept, as for a legal claim.
        Hold "hold",
        /// It is a complaint that nobody has said is closed.
        Complaint "complaint",
        /// Something about it waits for a person or a platform.
        Open "open",
    }
}

impl KeptFor {
    /// Returns the reason, as a sentence goes on.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            KeptFor::Hold => {
                "somebody holds its words, as for a legal claim (UK GDPR, Article 17(3)(e))"
            }
            KeptFor::Complaint => {
                "it is a complaint that is not closed, and has to be answered (UK GDPR, Article 17(3)(b))"
            }
            KeptFor::Open => {
                "something about it waits for a person, so it is still needed (UK GDPR, Article 17(3)(b)): decide that first"
            }
        }
    }
}

/// What is deleted of what is held about an author, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasure {
    /// The posts whose words go.
    pub posts: Vec<PostKey>,
    /// How many notes about the account go.
    pub notes: usize,
    /// The posts that are kept, with the reason.
    pub kept: Vec<(PostKey, KeptFor)>,
}

/// Why something that an author has a right to was not done.
#[derive(Debug, Error)]
pub enum RightsError {
    /// Nothing is on record about the account.
    #[error("nothing is on record about the account {0} at this practice")]
    NoSuchAccount(String),
    /// The post was never seen here.
    #[error("nothing is on record about {0}")]
    NoSuchPost(PostKey),
    /// It does not say why.
    #[error("write why: the note is the record of it")]
    NoNote,
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
        // An account's list forgets a post after a year, and the post may be kept for longer. Its
        // tasks know whose it is for as long as its words are kept.
        for partition in [
            keys::queue_partition(practice),
            keys::closed_partition(practice),
        ] {
            posts.extend(self.posts_with_tasks(partition, of).await?);
        }
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
            restrictions: self.restrictions(of).await?,
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

    /// Returns what would be deleted if an author's words were erased now, and what would not. It
    /// changes nothing.
    pub async fn erasure_of(&self, of: AccountOf<'_>) -> Result<Erasure, RightsError> {
        let about = self.about_account(of).await?;
        if about.is_empty() {
            return Err(RightsError::NoSuchAccount(of.account.to_owned()));
        }
        let mut erasure = Erasure {
            notes: about
                .notes
                .iter()
                .filter(|one| !one.note.is_empty())
                .count(),
            ..Erasure::default()
        };
        for (post, history) in &about.posts {
            if self.drops(post, history)?.writes.is_empty() {
                continue;
            }
            match kept_for(post, history, &about.steps) {
                Some(reason) => erasure.kept.push((post.clone(), reason)),
                None => erasure.posts.push(post.clone()),
            }
        }
        Ok(erasure)
    }

    /// Deletes the words of an author's posts, and of the notes about their account, but for what is
    /// held, waits, or is a complaint that is not closed. The lines stay, with the hashes in them.
    ///
    /// Two at once, or one after another that was cut short, delete what is left.
    pub async fn erase(
        &self,
        of: AccountOf<'_>,
        person: &Person,
        note: &str,
        now: Timestamp,
    ) -> Result<Erasure, RightsError> {
        let people = self.people(of.practice).await?;
        let at = Grounds::of_practice(of.practice.clone(), people);
        may(person, &Act::Erase, &at)?;
        let note = note.trim();
        if note.is_empty() {
            return Err(RightsError::NoNote);
        }
        let about = self.about_account(of).await?;
        if about.is_empty() {
            return Err(RightsError::NoSuchAccount(of.account.to_owned()));
        }
        let mut erasure = Erasure::default();
        for (post, _) in &about.posts {
            match self.erase_post(post, &about.steps, person, now).await? {
                None => {}
                Some(Ok(())) => erasure.posts.push(post.clone()),
                Some(Err(reason)) => erasure.kept.push((post.clone(), reason)),
            }
        }
        let ids = erasure.posts.iter();
        let mut kept = BTreeMap::<String, u64>::new();
        for (_, reason) in &erasure.kept {
            *kept.entry(reason.name().to_owned()).or_default() += 1;
        }
        let event = |notes: &[Key]| PracticeEvent::Erased {
            by: person.to_string(),
            account: hashed(of),
            note: note.to_owned(),
            ids: ids
                .clone()
                .map(|post| hex::encode(Sha256::digest(post.to_string())))
                .collect(),
            notes: notes.iter().map(hashed_key).collect(),
            kept: kept.clone(),
        };
        let mut tries = Tries::at(of.practice);
        loop {
            tries.next().await?;
            let worded = self.worded_notes(of).await?;
            let now_gone = &worded[..worded.len().min(MOST_NOTES)];
            let mut writes = Transaction::default();
            for key in now_gone {
                let update = self
                    .update(key)
                    .update_expression(format!("REMOVE {}", OF_NOTE.join(", ")));
                writes.push(Guard::Nothing, update_item(update)?);
            }
            self.append_to_practice(&mut writes, of.practice, now, &event(now_gone))
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                erasure.notes += now_gone.len();
                if now_gone.len() == worded.len() {
                    return Ok(erasure);
                }
                tries = Tries::at(of.practice);
            }
        }
    }

    /// Deletes the words of one post. Returns none where there are none, and the reason where they
    /// are kept.
    async fn erase_post(
        &self,
        post: &PostKey,
        steps: &[LadderRecord],
        person: &Person,
        now: Timestamp,
    ) -> Result<Option<Result<(), KeptFor>>, LedgerError> {
        let mut tries = Tries::at(post);
        let mut any = None;
        loop {
            tries.next().await?;
            // What is written in between is found by the number of the last line.
            let Some(history) = self.history(post).await? else {
                return Ok(any);
            };
            let drops = self.drops(post, &history)?;
            if drops.writes.is_empty() {
                return Ok(any);
            }
            if let Some(reason) = kept_for(post, &history, steps) {
                return Ok(Some(Err(reason)));
            }
            let event = Event::Erased {
                by: person.to_string(),
                revisions: drops.revisions,
                items: drops.items,
                more: drops.more,
            };
            let gone = self
                .let_words_go(post, &history.state, drops.writes, &event, now)
                .await?;
            if gone == Transacted::Written {
                any = Some(Ok(()));
                tries = Tries::at(post);
            }
        }
    }

    /// Returns the posts of an account that have a task in a partition of the `queue` index.
    async fn posts_with_tasks(
        &self,
        partition: String,
        of: AccountOf<'_>,
    ) -> Result<BTreeSet<PostKey>, LedgerError> {
        let author = AuthorHash::of_account(of.practice, of.platform, of.account);
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("queue")
            .key_condition_expression("queue_pk = :pk")
            .filter_expression("#author = :author")
            .expression_attribute_names("#author", "author")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":author", text(author.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut posts = BTreeSet::new();
        while let Some(item) = items.try_next().await? {
            posts.extend(keys::post_of(&key_of(&item).pk));
        }
        Ok(posts)
    }

    /// Returns the keys of the notes about an account that have words in them.
    async fn worded_notes(&self, of: AccountOf<'_>) -> Result<Vec<Key>, LedgerError> {
        let first = keys::account_note(of.practice, of.platform, of.account, "");
        let mut worded = Vec::new();
        for item in self.partition(&first.pk, &first.sk).await? {
            let key = key_of(&item);
            let note: AccountNote = from_item(item)?;
            if note.account == of.account && !note.note.is_empty() {
                worded.push(key);
            }
        }
        Ok(worded)
    }
}

/// Returns why a post is kept although its author asked for it to be deleted, if it is.
fn kept_for(post: &PostKey, history: &History, steps: &[LadderRecord]) -> Option<KeptFor> {
    let is_complaint = history
        .tasks
        .iter()
        .any(|task| task.chosen() == Some(Choice::Complaint));
    let closed = Deed::ComplaintClosed { post: post.clone() };
    let is_closed = steps.iter().any(|line| line.deed == closed);
    if history.state.held {
        Some(KeptFor::Hold)
    } else if is_complaint && !is_closed {
        Some(KeptFor::Complaint)
    } else {
        waits(history).then_some(KeptFor::Open)
    }
}
