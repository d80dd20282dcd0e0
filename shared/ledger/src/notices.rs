//! What people are told: of which task, alert or digest, by whom it is due, and whether each notice
//! was sent.
//!
//! A notice is written, in one transaction with the note that it was time for it, before it is
//! sent; so it is neither lost nor written twice. Each has one item, which says who was told what,
//! by which way, when and with what result.

mod codes;
mod sending;
mod telling;

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PracticeId, words};
use serde::{Deserialize, Serialize};

use crate::keys::{self, Key};
use crate::records::in_image;
use crate::rows::to_be_told;
use crate::write::{Item, key_of, number, to_item};
use crate::{Ledger, LedgerError};

pub use codes::{CodeWanted, ConfirmError, WayRecord};
pub use sending::{NoticeRecord, NoticeStatus, TaskRef};
pub use telling::{Counts, Telling, Told};

/// Kinds of alerts about a practice as a whole.
pub(crate) const LIMIT_REACHED: &str = "limit_reached";
pub(crate) const SWITCHED_OFF: &str = "switched_off";
pub(crate) const RULE_STOPPED: &str = "rule_stopped";
pub(crate) const STEP_HELD_UP: &str = "step_held_up";
pub(crate) const SWEEP_MISSED: &str = "sweep_missed";

/// How long an alert is on record. The notices say all of it that matters later.
const ALERT_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

words! {
    /// What is to be told, or sent.
    Tell {
        /// A task.
        Task "task",
        /// Something about the practice as a whole.
        Alert "alert",
        /// What waits, each weekday morning.
        Digest "digest",
        /// A code that somebody asked for, to confirm a way.
        Code "code",
        /// A notice that is written and is to be sent.
        Notice "notice",
    }
}

/// Something that is due to be told, as the index or the stream lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TellKey {
    key: Key,
    due_sk: String,
    /// What it is.
    pub kind: Tell,
    /// Whose people are told.
    pub practice: PracticeId,
}

impl TellKey {
    fn of(item: &Item) -> Option<Self> {
        let name = |attribute: &str| item.get(attribute)?.as_s().ok().cloned();
        let key = key_of(item);
        let practice = keys::practice_in(&key.pk)?;
        let kind = name("due_kind")?
            .parse()
            .inspect_err(|error| tracing::error!(%key, %error, "not told"))
            .ok()?;
        Some(TellKey {
            due_sk: name("due_sk")?,
            kind,
            practice,
            key,
        })
    }

    /// Reads it out of a record of the table's stream; none where the item is not to be told.
    pub fn in_stream(image: serde_dynamo::Item) -> Result<Option<Self>, LedgerError> {
        #[derive(Deserialize)]
        struct Image {
            #[serde(rename = "PK")]
            pk: String,
            #[serde(rename = "SK")]
            sk: String,
            due_sk: Option<String>,
            due_kind: Option<String>,
        }
        let Image {
            pk,
            sk,
            due_sk,
            due_kind,
        } = in_image(image)?;
        let practice = keys::practice_in(&pk);
        let kind = due_kind.and_then(|kind| kind.parse().ok());
        let all = due_sk.zip(kind).zip(practice);
        Ok(all.map(|((due_sk, kind), practice)| TellKey {
            key: Key::new(pk, sk),
            due_sk,
            kind,
            practice,
        }))
    }

    /// Returns `true` if it is due by now.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.due_sk.as_str() < format!("{}~", keys::sortable(now)).as_str()
    }

    fn unique(&self) -> &str {
        self.due_sk.split_once('#').map_or("", |(_, unique)| unique)
    }
}

/// Something about a practice as a whole that its people are told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// The practice.
    pub practice: PracticeId,
    /// What.
    pub kind: String,
    /// Since when.
    pub at: Timestamp,
}

impl Ledger {
    /// Has a practice's people told of something, once an occasion.
    pub(crate) async fn put_alert(
        &self,
        id: &PracticeId,
        kind: &str,
        occasion: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.put_new(alert_item(id, kind, occasion, now)?)
            .await
            .map(|_| ())
    }
}

/// Returns an alert about a practice as a whole, as it stands until it is told.
pub(crate) fn alert_item(
    id: &PracticeId,
    kind: &str,
    occasion: &str,
    now: Timestamp,
) -> Result<Item, LedgerError> {
    let record = AlertRecord {
        practice: id.clone(),
        kind: kind.to_owned(),
        at: now,
    };
    let mut item = to_item(&keys::alert(id, kind, occasion), &record)?;
    item.extend(to_be_told(Tell::Alert, id, now, kind));
    item.insert("expires".to_owned(), number((now + ALERT_KEPT).as_second()));
    Ok(item)
}
