//! Ways to reach people, and the codes by which their owners confirm them.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::PracticeId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{Tell, TellKey};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::keys;
use crate::rows::to_be_told;
use crate::write::{from_item, key_of, number, text, to_item, unless_refused};
use crate::{Ledger, LedgerError};

/// How long a code works, and how often it may be mistyped.
const CODE_WORKS: SignedDuration = SignedDuration::from_hours(7 * 24);
const MOST_GUESSES: u32 = 5;

/// How soon another one can be asked for.
const CODE_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// A way to reach somebody that they confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayRecord {
    /// Who.
    pub name: String,
    /// By which way: `email` or `text`.
    pub way: String,
    /// Since when.
    pub confirmed_at: Timestamp,
}

/// A request for a code, and the code once it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct CodeRecord {
    name: String,
    way: String,
    asked_at: Timestamp,
    #[serde(default)]
    attempts: u32,
}

/// Somebody who asked for a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeWanted {
    /// Who, by the name in the settings.
    pub name: String,
    /// By which way: `email` or `text`.
    pub way: String,
    /// Which of their addresses, by its hash.
    pub way_id: String,
    /// How often it was tried to send one.
    pub attempts: u32,
    /// The request, as it stands now.
    pub key: TellKey,
}

/// Why a way was not confirmed.
#[derive(Debug, Error)]
pub enum ConfirmError {
    /// The person is not among the practice's people.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No code of theirs works.
    #[error(
        "no code works for {0}: it was used, is older than 7 days, or was mistyped 5 times. Ask for another one with \
        `pagewarden people test`"
    )]
    NoCode(String),
    /// It is another code.
    #[error("this is not the code that was sent to {name}; {left} more tries")]
    Wrong {
        /// Who.
        name: String,
        /// Tries that are left.
        left: u32,
    },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Asks for a code to be sent by one way, by which its owner can confirm it. An earlier one
    /// stops working. Returns `false` if one was asked for within the last minute: whoever presses a
    /// button twice has no second message sent.
    pub async fn ask_for_code(
        &self,
        id: &PracticeId,
        name: &str,
        way: &str,
        way_id: &str,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let record = CodeRecord {
            name: name.to_owned(),
            way: way.to_owned(),
            asked_at: now,
            attempts: 0,
        };
        let mut item = to_item(&keys::code(id, way_id), &record)?;
        item.extend(to_be_told(Tell::Code, id, now, way_id));
        item.insert("expires".to_owned(), number((now + CODE_WORKS).as_second()));
        item.insert("asked_at".to_owned(), text(keys::sortable(now)));
        let asked = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK) OR asked_at <= :before")
            .expression_attribute_values(":before", text(keys::sortable(now - CODE_AGAIN_AFTER)))
            .send()
            .await;
        unless_refused(asked)
    }

    /// Takes it upon the caller to send this code until the lease runs out: from now on it is the
    /// one that works. Only its hash is kept. Returns none where somebody else sends one.
    pub async fn claim_code(
        &self,
        key: &TellKey,
        code: &str,
        lease_until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<CodeWanted>, LedgerError> {
        let way_id = key.unique().to_owned();
        let lease = keys::due_time(lease_until, &way_id);
        let claimed = self
            .change(&key.key)
            .update_expression(
                "SET code_hash = :hash, tries = :none, works_until = :until, due_sk = :lease ADD attempts :one",
            )
            .condition_expression("due_sk = :due")
            .expression_attribute_values(":hash", text(code_hash(&key.practice, &way_id, code)))
            .expression_attribute_values(":none", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":until", text(keys::sortable(now + CODE_WORKS)))
            .expression_attribute_values(":lease", text(lease.as_str()))
            .expression_attribute_values(":due", text(key.due_sk.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match claimed {
            Ok(claimed) => claimed.attributes,
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => None,
            Err(error) => return Err(error.into()),
        };
        let Some(item) = item else { return Ok(None) };
        let CodeRecord {
            name,
            way,
            attempts,
            ..
        } = from_item(item)?;
        let key = TellKey {
            due_sk: lease,
            ..key.clone()
        };
        Ok(Some(CodeWanted {
            name,
            way,
            way_id,
            attempts,
            key,
        }))
    }

    /// Notes that a code was sent, or that nobody sends it any more.
    pub async fn settle_code(&self, key: &TellKey) -> Result<(), LedgerError> {
        let update = self
            .change(&key.key)
            .update_expression("REMOVE due_kind, due_pk, due_sk")
            .condition_expression("due_sk = :due")
            .expression_attribute_values(":due", text(key.due_sk.as_str()));
        unless_refused(update.send().await).map(|_| ())
    }

    /// Confirms one of somebody's ways by the code that they were sent, and returns its id. `ways`
    /// are the ids of all of their ways that the settings give.
    pub async fn confirm_way(
        &self,
        id: &PracticeId,
        person: &Person,
        ways: &[(String, String)],
        code: &str,
        now: Timestamp,
    ) -> Result<String, ConfirmError> {
        #[derive(Deserialize)]
        struct Tried {
            code_hash: String,
            tries: u32,
        }
        may(
            person,
            &Act::ConfirmWay,
            &Grounds::of_practice(id.clone(), self.people(id).await?),
        )?;
        let mut left = None;
        for (way, way_id) in ways {
            // Counted before it is looked at, so that many guesses at once are as many tries.
            let tried = self
                .change(&keys::code(id, way_id))
                .update_expression("ADD tries :one")
                .condition_expression(
                    "attribute_exists(code_hash) AND tries < :most AND works_until > :now",
                )
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":most", number(MOST_GUESSES))
                .expression_attribute_values(":now", text(keys::sortable(now)))
                .return_values(ReturnValue::AllNew)
                .send()
                .await;
            let item = match tried {
                Ok(tried) => tried.attributes,
                Err(error) if error.code() == Some("ConditionalCheckFailedException") => None,
                Err(error) => return Err(LedgerError::from(error).into()),
            };
            let Some(item) = item else { continue };
            let Tried {
                code_hash: expected,
                tries,
            } = from_item(item)?;
            if code_hash(id, way_id, code.trim()) != expected {
                left = left.max(Some(MOST_GUESSES.saturating_sub(tries)));
                continue;
            }
            self.note_confirmed(id, &person.name, way, way_id, now)
                .await?;
            // It has done what it was for.
            let used = self
                .change(&keys::code(id, way_id))
                .update_expression("REMOVE code_hash");
            used.send().await.map_err(LedgerError::from)?;
            return Ok(way_id.clone());
        }
        Err(match left {
            Some(left) => ConfirmError::Wrong {
                name: person.name.clone(),
                left,
            },
            None => ConfirmError::NoCode(person.name.clone()),
        })
    }

    /// Writes that somebody confirmed a way: for who has seen that they did.
    pub async fn note_confirmed(
        &self,
        id: &PracticeId,
        name: &str,
        way: &str,
        way_id: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let record = WayRecord {
            name: name.to_owned(),
            way: way.to_owned(),
            confirmed_at: now,
        };
        let item = to_item(&keys::way(id, way_id), &record)?;
        self.overwrite(item).await
    }

    /// Returns the ids of the ways that a practice's people have confirmed. An address that was
    /// changed since is another way.
    pub async fn confirmed_ways(&self, id: &PracticeId) -> Result<BTreeSet<String>, LedgerError> {
        let items = self.partition(&keys::people(id), "WAY#").await?;
        Ok(items
            .iter()
            .filter_map(|item| key_of(item).sk.strip_prefix("WAY#").map(str::to_owned))
            .collect())
    }
}

/// Returns the hash of a code. It depends on the way as well, so the same code of two people has
/// two hashes.
fn code_hash(practice: &PracticeId, way_id: &str, code: &str) -> String {
    hex::encode(Sha256::digest(format!("{practice} {way_id} {code}")))
}
