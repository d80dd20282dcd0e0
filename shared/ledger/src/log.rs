//! What staff write down: what happened off the page, and notes about accounts.
//!
//! Each is an item of its own, which a line of the practice's chain names by its hash: what is
//! changed, removed or planted afterwards is found, and the words can still be erased without
//! breaking the chain. All of it stands in one partition, the only one of a practice's own that is
//! for this, so that a role can be kept to it.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_rules::{Platform, PracticeId, words};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::{PracticeEvent, seal};
use crate::keys::{self, Key};
use crate::records::EventRecord;
use crate::verify::ChainError;
use crate::write::{Item, Transacted, Transaction, Tries, from_item, key_of, sortable_id, to_item};
use crate::{Ledger, LedgerError};

/// Notes about one account that are read at once.
const MOST_NOTES: usize = 50;

words! {
    /// Where something happened that staff write down.
    LogKind {
        /// On somebody else's page, where Pagewarden reads nothing.
        OffPage "off_page",
        /// At the surgery.
        Premises "premises",
    }
}

/// What somebody writes in the staff log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Where it happened.
    pub kind: LogKind,
    /// On which day, by the practice's calendar.
    pub on: Date,
    /// The place in words, or the address of a page. Empty, like what happened, once somebody
    /// corrected the entry: another one says what is right.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// What happened.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub what: String,
    /// Who saw it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seen_by: String,
    /// What was done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub done: String,
    /// The clause of the policy that it is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// It was agreed with the clinician, where the policy makes that an exception.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub agreed: bool,
}

/// An entry of the staff log, as it is on record. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRecord {
    /// A sortable id.
    pub id: String,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it, as `name:role`.
    pub by: String,
    /// What it says.
    #[serde(flatten)]
    pub entry: LogEntry,
    /// What was wrong with another entry, if it says what is right instead.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Corrects>,
}

/// That something on record says what is right in place of something else, whose words are deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrects {
    /// The id of what it corrects.
    pub corrects: String,
    /// What was wrong with that.
    pub was_wrong: String,
}

/// A page of the staff log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPage {
    /// The entries, the newest first.
    pub entries: Vec<LogRecord>,
    /// Where the next page begins, if there is more.
    pub next: Option<String>,
}

/// A note about an account. It says nothing of who is behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountNote {
    /// The platform of the account.
    pub platform: Platform,
    /// The account's id there.
    pub account: String,
    /// When it was written.
    pub at: Timestamp,
    /// Who wrote it, as `name:role`.
    pub by: String,
    /// What it says; empty once its words were deleted, or corrected by another note.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What was wrong with another note, if it says what is right instead.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Corrects>,
    /// The sort key under which it stands.
    #[serde(rename = "SK", default, skip_serializing)]
    pub(crate) sk: String,
}

impl AccountNote {
    /// Returns its id among the notes about its account.
    #[must_use]
    pub fn id(&self) -> &str {
        self.sk.rsplit('#').next().unwrap_or_default()
    }
}

/// Why something was not written down.
#[derive(Debug, Error)]
pub enum LogError {
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Writes an entry in the staff log.
    pub async fn log(
        &self,
        practice: &PracticeId,
        person: &Person,
        entry: LogEntry,
        now: Timestamp,
    ) -> Result<LogRecord, LogError> {
        let by = person.to_string();
        let content = format!("{by} {entry:?}");
        let record = LogRecord {
            id: sortable_id(now, &hex::encode(Sha256::digest(content))),
            at: now,
            by: by.clone(),
            entry,
            corrects: None,
        };
        let item = to_item(&keys::log_entry(practice, &record.id), &record)?;
        let event = PracticeEvent::Logged { by };
        self.write_down(practice, person, item, &event, now).await?;
        Ok(record)
    }

    /// Writes a note about an account.
    pub async fn note_account(
        &self,
        practice: &PracticeId,
        person: &Person,
        platform: Platform,
        account: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let by = person.to_string();
        let id = sortable_id(now, &hex::encode(Sha256::digest(format!("{by} {note}"))));
        let note = AccountNote {
            platform,
            account: account.to_owned(),
            at: now,
            by: by.clone(),
            note: note.to_owned(),
            corrects: None,
            sk: String::new(),
        };
        let key = keys::account_note(practice, platform, account, &id);
        let event = PracticeEvent::Noted { by };
        self.write_down(practice, person, to_item(&key, &note)?, &event, now)
            .await
    }

    async fn write_down(
        &self,
        practice: &PracticeId,
        person: &Person,
        item: Item,
        event: &PracticeEvent,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let at = Grounds::of_practice(practice.clone(), self.people(practice).await?);
        may(person, &Act::WriteDown, &at)?;
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            self.add(&mut writes, item.clone())?;
            self.append_to_practice(&mut writes, practice, now, event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Returns a page of at most `most` entries of the staff log, beginning behind another page's
    /// `next`.
    pub async fn log_page(
        &self,
        practice: &PracticeId,
        after: Option<&str>,
        most: usize,
    ) -> Result<LogPage, LedgerError> {
        // The newest first, so what comes after an entry has a smaller id. No id has a letter as
        // great as this one.
        let before = keys::log_entry(practice, after.unwrap_or("~"));
        let first = keys::log_entry(practice, "").sk;
        let range = [first, before.sk];
        let mut entries: Vec<LogRecord> = self.last(before.pk, range, most + 2).await?;
        entries.retain(|record| Some(record.id.as_str()) != after);
        let more = entries.len() > most;
        entries.truncate(most);
        let next = entries
            .last()
            .filter(|_| more)
            .map(|record| record.id.clone());
        Ok(LogPage { entries, next })
    }

    /// Returns an entry of the staff log, if there is one of that id.
    pub async fn log_record(
        &self,
        practice: &PracticeId,
        id: &str,
    ) -> Result<Option<LogRecord>, LedgerError> {
        self.read(keys::log_entry(practice, id)).await
    }

    /// Returns the newest notes about an account, the newest first.
    pub(crate) async fn account_notes(
        &self,
        practice: &PracticeId,
        platform: Platform,
        account: &str,
    ) -> Result<Vec<AccountNote>, LedgerError> {
        let first = keys::account_note(practice, platform, account, "");
        let range = [first.sk.clone(), format!("{}~", first.sk)];
        let notes: Vec<AccountNote> = self.last(first.pk, range, MOST_NOTES).await?;
        // An account's id may go on where another one's ends.
        let of_it = notes.into_iter().filter(|note| note.account == account);
        Ok(of_it.collect())
    }

    /// Returns the lines of a practice's chain by which staff wrote something down, or answered an
    /// author, in order.
    pub async fn log_lines(&self, practice: &PracticeId) -> Result<Vec<EventRecord>, LedgerError> {
        let lines = self.partition(&keys::log(practice), "EVT#").await?;
        lines.into_iter().map(from_item).collect()
    }

    /// Returns the lines of a practice's chain by which staff wrote something down, in order, and
    /// what is wrong with what they name.
    pub(crate) async fn check_log(
        &self,
        practice: &PracticeId,
    ) -> Result<(Vec<EventRecord>, Vec<ChainError>), LedgerError> {
        let (mut lines, mut written, mut bare) = (Vec::new(), Vec::new(), HashSet::new());
        for item in self.partition(&keys::log(practice), "").await? {
            let Key { sk, .. } = key_of(&item);
            if sk.starts_with("EVT#") {
                lines.push(from_item::<EventRecord>(item)?);
            } else {
                if is_bare(&item) {
                    bare.insert(hashed_key(&key_of(&item)));
                }
                written.push((key_of(&item).to_string(), seal(&item)));
            }
        }
        // What had its words deleted does not fit its hash any more, and a line says so.
        let mut erased = HashSet::new();
        for line in &lines {
            let gone = match line.practice_event() {
                Ok(PracticeEvent::Erased { notes, .. }) => notes,
                Ok(PracticeEvent::Rectified { what, .. }) => vec![what],
                _ => Vec::new(),
            };
            erased.extend(gone.into_iter().filter(|one| bare.contains(one)));
        }
        let is_erased = |key: &str| erased.contains(&hex::encode(Sha256::digest(key)));
        let mut wrong = Vec::new();
        let mut known = HashSet::new();
        for (key, sealed) in lines.iter().filter_map(|line| line.seals().ok()).flatten() {
            match written.iter().find(|(written, _)| *written == key) {
                None => wrong.push(ChainError::Missing(key.clone())),
                Some((_, seal)) if *seal != sealed && !is_erased(&key) => {
                    wrong.push(ChainError::Changed(key.clone()));
                }
                Some(_) => {}
            }
            known.insert(key);
        }
        let strange = written.into_iter().filter(|(key, _)| !known.contains(key));
        wrong.extend(strange.map(|(key, _)| ChainError::Unknown(key)));
        Ok((lines, wrong))
    }
}

/// Attributes of a note that have words in them.
pub(crate) const OF_NOTE: [&str; 2] = ["note", "was_wrong"];
/// Attributes of an entry of the staff log that have.
pub(crate) const OF_ENTRY: [&str; 5] = ["place", "what", "seen_by", "done", "was_wrong"];

/// Returns `true` if the words of a note or of an entry were deleted.
pub(crate) fn is_bare(item: &Item) -> bool {
    let words = match key_of(item).sk.split('#').next() {
        Some("NOTE") => OF_NOTE.as_slice(),
        Some("ENTRY") => OF_ENTRY.as_slice(),
        _ => return false,
    };
    !words.iter().any(|name| item.contains_key(*name))
}

/// Returns what stands for a note or an entry in a line that says that its words were deleted: the
/// key of a note names the account.
pub(crate) fn hashed_key(key: &Key) -> String {
    hex::encode(Sha256::digest(key.to_string()))
}
