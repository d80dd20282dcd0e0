//! What is on record about somebody and is wrong, put right (UK GDPR, Article 16).
//!
//! What staff wrote down (a note about an account, an entry of the staff log) loses its words, as
//! when they are erased, and another note or entry says what was wrong and what is right. A line of
//! a post's history never changes: another line says so of it, and whoever shows the history shows
//! that instead.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use pagewarden_rules::{PostKey, PracticeId};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::history::History;
use crate::keys::{self, Key};
use crate::ladder::AccountOf;
use crate::log::{
    AccountNote, Corrects, LogEntry, LogRecord, OF_ENTRY, OF_NOTE, hashed_key, is_bare,
};
use crate::records::Event;
use crate::write::{
    Guard, Item, Transacted, Transaction, Tries, sortable_id, to_item, update_item,
};
use crate::{Ledger, LedgerError};

/// What is wrong with something on record, and what is right.
#[derive(Clone, Copy, Debug)]
pub struct Correction<'a> {
    /// What was wrong. It need not repeat it.
    pub wrong: &'a str,
    /// What is right.
    pub right: &'a str,
}

/// Why nothing was corrected.
#[derive(Debug, Error)]
pub enum RectifyError {
    /// There is no such thing on record, or its words are gone.
    #[error("there is nothing of that name on record any more whose words could be corrected")]
    NotThere,
    /// It is a correction itself.
    #[error("that line is a correction: correct the line that it is about once more")]
    Twice,
    /// It does not say enough.
    #[error("write what was wrong, and what is right")]
    NoWords,
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Correction<'_> {
    fn check(&self) -> Result<(), RectifyError> {
        if self.wrong.trim().is_empty() || self.right.trim().is_empty() {
            return Err(RectifyError::NoWords);
        }
        Ok(())
    }
}

impl Ledger {
    /// Corrects a note about an account: its words are deleted, and another note says what is right.
    pub async fn rectify_note(
        &self,
        of: AccountOf<'_>,
        id: &str,
        correction: Correction<'_>,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), RectifyError> {
        correction.check()?;
        let old = keys::account_note(of.practice, of.platform, of.account, id);
        let by = person.to_string();
        let note = AccountNote {
            platform: of.platform,
            account: of.account.to_owned(),
            at: now,
            by: by.clone(),
            note: correction.right.trim().to_owned(),
            corrects: Some(corrects(id, correction.wrong)),
            sk: String::new(),
        };
        let hash = hex::encode(Sha256::digest(format!("{by} {id} {}", note.note)));
        let key = keys::account_note(
            of.practice,
            of.platform,
            of.account,
            &sortable_id(now, &hash),
        );
        let item = to_item(&key, &note)?;
        self.rectify(of.practice, &old, &OF_NOTE, item, person, now)
            .await
    }

    /// Corrects an entry of the staff log: its words are deleted, and another entry says what is
    /// right.
    pub async fn rectify_entry(
        &self,
        practice: &PracticeId,
        id: &str,
        wrong: &str,
        right: LogEntry,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), RectifyError> {
        Correction {
            wrong,
            right: &right.what,
        }
        .check()?;
        let old = keys::log_entry(practice, id);
        let by = person.to_string();
        let hash = hex::encode(Sha256::digest(format!("{by} {id} {right:?}")));
        let record = LogRecord {
            id: sortable_id(now, &hash),
            at: now,
            by,
            entry: right,
            corrects: Some(corrects(id, wrong)),
        };
        let item = to_item(&keys::log_entry(practice, &record.id), &record)?;
        self.rectify(practice, &old, &OF_ENTRY, item, person, now)
            .await
    }

    /// Says that a line of a post's history is wrong, and what is right.
    pub async fn rectify_line(
        &self,
        post: &PostKey,
        line: u64,
        correction: Correction<'_>,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), RectifyError> {
        correction.check()?;
        self.may_rectify(&post.practice, person).await?;
        let event = Event::Rectified {
            line,
            by: person.to_string(),
            wrong: correction.wrong.trim().to_owned(),
            right: correction.right.trim().to_owned(),
        };
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            if !(1..=state.seq).contains(&line) {
                return Err(RectifyError::NotThere);
            }
            if self.is_correction(post, line).await? {
                return Err(RectifyError::Twice);
            }
            let mut writes = Transaction::default();
            self.append(&mut writes, post, &state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Returns `true` if a line of a post's history says that another one is wrong.
    async fn is_correction(&self, post: &PostKey, line: u64) -> Result<bool, LedgerError> {
        let history = self.history(post).await?;
        let lines = history.map(|history| history.events).unwrap_or_default();
        let found = lines.iter().find(|one| one.seq == line);
        Ok(found.is_some_and(|one| matches!(one.event(), Ok(Event::Rectified { .. }))))
    }

    async fn may_rectify(
        &self,
        practice: &PracticeId,
        person: &Person,
    ) -> Result<(), RectifyError> {
        let at = Grounds::of_practice(practice.clone(), self.people(practice).await?);
        Ok(may(person, &Act::Rectify, &at)?)
    }

    async fn rectify(
        &self,
        practice: &PracticeId,
        old: &Key,
        words: &[&str],
        right: Item,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), RectifyError> {
        self.may_rectify(practice, person).await?;
        let event = PracticeEvent::Rectified {
            by: person.to_string(),
            what: hashed_key(old),
        };
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let there = self.get(old.clone()).await?;
            if there.is_none_or(|item| is_bare(&item)) {
                return Err(RectifyError::NotThere);
            }
            let mut writes = Transaction::default();
            writes.push(Guard::Open, self.drop_written(old, words)?);
            self.add(&mut writes, right.clone())?;
            self.append_to_practice(&mut writes, practice, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Returns the write by which the words of a note or an entry go, while it has any: of two who
    /// correct it at once, one does.
    fn drop_written(&self, key: &Key, words: &[&str]) -> Result<TransactWriteItem, LedgerError> {
        let names: Vec<String> = (0..words.len()).map(|n| format!("#a{n}")).collect();
        let there: Vec<String> = names
            .iter()
            .map(|name| format!("attribute_exists({name})"))
            .collect();
        let mut update = self
            .update(key)
            .update_expression(format!("REMOVE {}", names.join(", ")))
            .condition_expression(there.join(" OR "));
        for (name, attribute) in names.iter().zip(words) {
            update = update.expression_attribute_names(name, *attribute);
        }
        update_item(update)
    }
}

fn corrects(id: &str, wrong: &str) -> Corrects {
    Corrects {
        corrects: id.to_owned(),
        was_wrong: wrong.trim().to_owned(),
    }
}

impl History {
    /// Returns the numbers of the lines of which a later one says that they are wrong.
    #[must_use]
    pub fn corrected_lines(&self) -> Vec<u64> {
        let lines = self.events.iter().filter_map(|line| match line.event() {
            Ok(Event::Rectified { line, .. }) => Some(line),
            _ => None,
        });
        lines.collect()
    }
}
