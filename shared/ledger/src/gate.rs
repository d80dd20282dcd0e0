//! The gate before the platforms, where every function sees it: until when a platform wants no
//! calls, which accounts it does not let in, and how many changes were made to one.

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Channel, Platform, PracticeId};
use serde::{Deserialize, Serialize};

use crate::keys;
use crate::records::TaskRecord;
use crate::rows::task_item;
use crate::write::{
    Guard, Transacted, Transaction, number, text, unless_refused, unreadable, update_item,
};
use crate::{Ledger, LedgerError};

/// How long a count is kept, for people who ask what happened.
const COUNT_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// What a person is told beside why a channel was stopped.
const GOES_ON: &str = "Until then what is to be done on this account waits, and goes on by itself once it is connected again";

/// Whom a platform wants to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits<'a> {
    /// Every channel of the app on it.
    App(Platform),
    /// One channel.
    Channel(&'a Channel),
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// It only looks.
    Read,
    /// It changes something.
    Write,
}

/// The gate of one channel, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Until when the platform wants no calls about it; may be past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_until: Option<String>,
    /// That the platform does not let it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stop>,
}

/// That a platform does not let a channel in, until a person has repaired it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Why, in plain words.
    pub why: String,
    /// The one use that is stopped; none where all are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Use>,
    /// What stands for the secret that was refused; none where there was none. Another one is worth
    /// a try at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// When one call may try whether it was repaired on the platform's side.
    pub probe_at: Timestamp,
    /// The task that was opened for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskRecord>,
}

impl Ledger {
    /// Counts changes to one account, of which a platform takes so many a minute. Returns false,
    /// and counts nothing, where they are too many.
    pub async fn count_edits(
        &self,
        channel: &Channel,
        edits: u32,
        a_minute: u32,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let Some(room) = a_minute.checked_sub(edits) else {
            return Ok(false);
        };
        let minute = now.strftime("%Y-%m-%dT%H:%M").to_string();
        let counted = self
            .change(&keys::edits(channel, &minute))
            .update_expression("SET expires = :expires ADD #count :edits")
            .condition_expression("attribute_not_exists(#count) OR #count <= :room")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":edits", number(edits))
            .expression_attribute_values(":room", number(room))
            .expression_attribute_values(":expires", number((now + COUNT_KEPT).as_second()))
            .send()
            .await;
        unless_refused(counted)
    }

    /// Returns the gate of a channel, with the app's wait taken in.
    pub async fn gate(&self, channel: &Channel) -> Result<Gate, LedgerError> {
        let app: Option<Gate> = self.read(keys::app_gate(channel.platform)).await?;
        let gate: Gate = self.read(keys::gate(channel)).await?.unwrap_or_default();
        Ok(Gate {
            wait_until: gate.wait_until.max(app.and_then(|app| app.wait_until)),
            ..gate
        })
    }

    /// Notes that a platform wants no calls until then. One that is to last longer stays.
    pub async fn wait(&self, waits: Waits<'_>, until: Timestamp) -> Result<(), LedgerError> {
        let key = match waits {
            Waits::App(platform) => keys::app_gate(platform),
            Waits::Channel(channel) => keys::gate(channel),
        };
        let noted = self
            .change(&key)
            .update_expression("SET wait_until = :until")
            .condition_expression("attribute_not_exists(wait_until) OR wait_until < :until")
            .expression_attribute_values(":until", text(keys::sortable(until)))
            .send()
            .await;
        unless_refused(noted).map(|_| ())
    }

    /// Stops a channel, and opens one task that says why. Returns false where nobody has to be
    /// told: it was stopped already.
    ///
    /// A stop that carries its task is one that was tried and refused again.
    pub async fn stop(
        &self,
        practice: &PracticeId,
        channel: &Channel,
        stop: &Stop,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let key = keys::gate(channel);
        let again = stop.task.is_some();
        let stop = Stop {
            task: Some(stop.task.clone().unwrap_or_else(|| {
                let why = format!("{}. {}", stop.why, GOES_ON);
                TaskRecord::to_reconnect(practice, channel, "stopped", now, why)
            })),
            ..stop.clone()
        };
        let value =
            serde_dynamo::to_attribute_value(&stop).map_err(|source| unreadable(&key, source))?;
        let update = self
            .update(&key)
            .update_expression("SET stopped = :stop")
            .condition_expression(if again {
                "attribute_exists(stopped)"
            } else {
                "attribute_not_exists(stopped)"
            })
            .expression_attribute_values(":stop", value);
        let mut writes = Transaction::default();
        writes.push(Guard::Stop, update_item(update)?);
        if let (false, Some(task)) = (again, &stop.task) {
            writes.push(Guard::New, self.put_once(task_item(task)?)?);
        }
        Ok(self.transact(writes).await? == Transacted::Written && !again)
    }

    /// Asks to be the one who tries a stopped channel. Returns false where somebody else does.
    pub async fn probe(
        &self,
        channel: &Channel,
        stop: &Stop,
        next: Timestamp,
    ) -> Result<bool, LedgerError> {
        let asked = self
            .change(&keys::gate(channel))
            .update_expression("SET stopped.probe_at = :next")
            .condition_expression("stopped.probe_at = :seen")
            .expression_attribute_values(":next", text(next.to_string()))
            .expression_attribute_values(":seen", text(stop.probe_at.to_string()))
            .send()
            .await;
        unless_refused(asked)
    }

    /// Closes the task of a stop and lets the channel go on, since the platform has let a call in.
    pub async fn resume(&self, channel: &Channel, stop: &Stop) -> Result<(), LedgerError> {
        if let Some(task) = &stop.task {
            let close = self.close(
                task,
                "reconnected: the platform lets the account in again",
                None,
            )?;
            let mut writes = Transaction::default();
            writes.push(Guard::Open, close);
            match self.transact(writes).await? {
                // A person may have closed it.
                Transacted::Written | Transacted::Refused(_) => {}
                Transacted::Conflict => return Err(LedgerError::Contended(task.key.to_string())),
            }
        }
        self.change(&keys::gate(channel))
            .update_expression("REMOVE stopped")
            .send()
            .await?;
        Ok(())
    }
}

/// Returns when the minute that counts now is over.
#[must_use]
pub fn next_minute(now: Timestamp) -> Timestamp {
    now + SignedDuration::from_secs(60 - now.as_second().rem_euclid(60))
}

impl Gate {
    /// Returns until when calls have to wait; none where they need not.
    #[must_use]
    pub fn waits(&self, now: Timestamp) -> Option<Timestamp> {
        self.wait_until
            .as_deref()?
            .parse()
            .ok()
            .filter(|until| *until > now)
    }
}
