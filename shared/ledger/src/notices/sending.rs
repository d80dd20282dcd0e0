//! Notices: who is told what by which way, and whether it was sent.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PostKey, PracticeId, words};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Tell, TellKey, WayRecord};
use crate::keys;
use crate::records::TaskRecord;
use crate::rows::{task_item, to_be_told};
use crate::tasks::day_of;
use crate::write::{Item, from_item, number, sortable_id, text, to_item, unless_refused};
use crate::{Ledger, LedgerError};

/// How long it is on record who was told what.
const NOTICE_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How soon somebody should correct an address that took no message.
const REPAIR_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Tasks that one notice names.
const MOST_TASKS: usize = 40;

words! {
    /// Where a notice is in its life.
    NoticeStatus {
        /// Waits to be sent.
        Pending "pending",
        /// Somebody is sending it; waits again when their lease runs out.
        Sending "sending",
        /// The provider took it.
        Sent "sent",
        /// The address or number was refused.
        Refused "refused",
        /// It could not be sent for so long that it says nothing any more.
        GivenUp "given-up",
    }
}

/// Which task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRef {
    /// The post, account or way that it is about.
    pub key: PostKey,
    /// Its id.
    pub task: String,
}

/// A notice to one person by one way: who was told what, and whether it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// Its id: the same for the same notice.
    pub id: String,
    /// The practice.
    pub practice: PracticeId,
    /// Who, by the name in the settings.
    pub name: String,
    /// By which way: `email` or `text`.
    pub way: String,
    /// Which of their addresses, by its hash.
    pub way_id: String,
    /// What it is of.
    pub alert: String,
    /// The tasks that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskRef>,
    /// Which step of those by which people are told, from 0.
    pub round: u32,
    /// Who had said that they are dealing with it, if somebody had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// The subject of an e-mail.
    pub subject: String,
    /// What it says. There are no words of a post in it.
    pub words: String,
    /// Where it is in its life.
    pub status: NoticeStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// What the provider said, where it did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

impl NoticeRecord {
    /// Returns the id of a notice: of the same thing to the same way in the same round and moment
    /// it is the same.
    #[must_use]
    pub fn id_of(
        practice: &PracticeId,
        alert: &str,
        first_task: Option<&str>,
        way_id: &str,
        at: Timestamp,
    ) -> String {
        let mut hash = Sha256::new();
        for part in [
            practice.as_str(),
            alert,
            first_task.unwrap_or_default(),
            way_id,
            &at.to_string(),
        ] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        sortable_id(at, &hex::encode(hash.finalize()))
    }

    fn due_sk(&self) -> String {
        keys::due_time(self.at, &self.id)
    }

    /// Returns where it is listed until it is sent.
    #[must_use]
    pub fn to_send(&self) -> TellKey {
        TellKey {
            key: keys::notice(&self.practice, &self.id),
            due_sk: self.due_sk(),
            kind: Tell::Notice,
            practice: self.practice.clone(),
        }
    }
}

impl Ledger {
    /// Takes it upon the caller to send a notice until the lease runs out. Returns none where
    /// somebody else does, or did.
    pub async fn claim_notice(
        &self,
        key: &TellKey,
        lease_until: Timestamp,
    ) -> Result<Option<(NoticeRecord, TellKey)>, LedgerError> {
        let lease = keys::due_time(lease_until, key.unique());
        let claimed = self
            .change(&key.key)
            .update_expression("SET #status = :sending, due_sk = :lease ADD attempts :one")
            .condition_expression("due_sk = :due")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":sending", text(NoticeStatus::Sending.name()))
            .expression_attribute_values(":lease", text(lease.as_str()))
            .expression_attribute_values(":due", text(key.due_sk.as_str()))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match claimed {
            Ok(claimed) => claimed.attributes,
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => None,
            Err(error) => return Err(error.into()),
        };
        let key = TellKey {
            due_sk: lease,
            ..key.clone()
        };
        item.map(|item| Ok((from_item(item)?, key))).transpose()
    }

    /// Notes what became of a notice. It is not sent again.
    pub async fn settle_notice(
        &self,
        key: &TellKey,
        status: NoticeStatus,
        result: Option<&str>,
    ) -> Result<bool, LedgerError> {
        let update = self
            .change(&key.key)
            .update_expression(
                "SET #status = :status, #result = :result REMOVE due_kind, due_pk, due_sk",
            )
            .condition_expression("due_sk = :due")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":status", text(status.name()))
            .expression_attribute_values(":result", text(result.unwrap_or("taken")))
            .expression_attribute_values(":due", text(key.due_sk.as_str()));
        unless_refused(update.send().await)
    }

    /// Notes that a notice that had been taken did not arrive. Returns it, or none where it is not
    /// on record.
    pub async fn notice_came_back(
        &self,
        id: &PracticeId,
        notice: &str,
        why: &str,
    ) -> Result<Option<NoticeRecord>, LedgerError> {
        let noted = self
            .change(&keys::notice(id, notice))
            .update_expression(
                "SET #status = :refused, #result = :why REMOVE due_kind, due_pk, due_sk",
            )
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":refused", text(NoticeStatus::Refused.name()))
            .expression_attribute_values(":why", text(why))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match noted {
            Ok(noted) => noted.attributes.map(from_item).transpose(),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Notes that a way reaches nobody, and opens a task to correct it. Safe to repeat.
    pub async fn note_dead_way(
        &self,
        id: &PracticeId,
        name: &str,
        way: &str,
        way_id: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut item = keys::dead_way(id, way_id).attributes();
        item.insert("at".to_owned(), text(now.to_string()));
        self.overwrite(item).await?;
        let what = if way == "email" {
            "e-mail address"
        } else {
            "mobile number"
        };
        let why = format!(
            "a message to {name} was refused: their {what} in the settings takes none. Correct it, or have it confirmed anew \
             with `pagewarden people test`"
        );
        let task = TaskRecord::to_repair(id, way_id, day_of(now), now + REPAIR_WITHIN, why);
        self.put_new(task_item(&task)?).await.map(|_| ())
    }

    /// Returns which of these ways are known to reach nobody, since they were last confirmed.
    pub async fn dead_ways(
        &self,
        id: &PracticeId,
        ways: &[String],
    ) -> Result<BTreeSet<String>, LedgerError> {
        #[derive(Deserialize)]
        struct Dead {
            at: Timestamp,
        }
        let mut dead = BTreeSet::new();
        for way in ways {
            let Some(Dead { at }) = self.read(keys::dead_way(id, way)).await? else {
                continue;
            };
            let confirmed: Option<WayRecord> = self.read(keys::way(id, way)).await?;
            if confirmed.is_none_or(|confirmed| confirmed.confirmed_at <= at) {
                dead.insert(way.clone());
            }
        }
        Ok(dead)
    }

    /// Returns one notice of a practice, as long as it is on record.
    pub async fn notice(
        &self,
        id: &PracticeId,
        notice: &str,
    ) -> Result<Option<NoticeRecord>, LedgerError> {
        self.read(keys::notice(id, notice)).await
    }

    /// Returns every notice of a practice that is on record, the oldest first.
    pub async fn notices(&self, id: &PracticeId) -> Result<Vec<NoticeRecord>, LedgerError> {
        self.partition(&keys::notices(id), "NOTICE#")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }
}

pub(super) fn notice_item(notice: &NoticeRecord) -> Result<Item, LedgerError> {
    let mut notice = notice.clone();
    notice.tasks.truncate(MOST_TASKS);
    let mut item = to_item(&keys::notice(&notice.practice, &notice.id), &notice)?;
    item.extend(to_be_told(
        Tell::Notice,
        &notice.practice,
        notice.at,
        &notice.id,
    ));
    item.insert(
        "expires".to_owned(),
        number((notice.at + NOTICE_KEPT).as_second()),
    );
    Ok(item)
}
