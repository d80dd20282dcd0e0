//! A practice's switch: off, the machine acts on nothing.
//!
//! One person turns it off, with one press. To turn it on again takes two, of whom one is a practice
//! manager: one asks, and another agrees. It has a partition of its own, which the console may write
//! and everybody may read. What else people do to how a practice is set up stands in its story.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Channel, PracticeId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::agree::{NotAgreed, agrees, asker};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::keys;
use crate::notices::{SWITCHED_OFF, alert_item};
use crate::records::EventRecord;
use crate::write::{
    Guard, Transacted, Transaction, Tries, from_item, number, put_item, text, to_item,
};
use crate::{Ledger, LedgerError};

/// How long somebody may take to agree to what another has asked for.
pub const AGREE_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Turns of a switch that are shown.
const MOST_TURNS: i32 = 100;

/// How a practice's switch stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchRecord {
    /// On, the machine acts; off, it acts on nothing.
    pub on: bool,
    /// Who turned it last, as `name:role`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who asked for it to be turned on again, and waits for another to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedToStart>,
    /// How often it was written, so that of two who write at once one looks again.
    #[serde(default)]
    pub writes: u64,
}

impl SwitchRecord {
    /// Returns the request that waits for another person to agree, if there is one.
    #[must_use]
    pub fn asked(&self, now: Timestamp) -> Option<&AskedToStart> {
        AskedToStart::still(self.asked.as_ref(), now)
    }
}

/// That somebody asked for a switch to be turned on again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedToStart {
    /// Who, as `name:role`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl AskedToStart {
    /// Returns what was asked for, while somebody else may still agree to it.
    pub(crate) fn still(asked: Option<&Self>, now: Timestamp) -> Option<&Self> {
        asked.filter(|asked| now.duration_since(asked.at) < AGREE_WITHIN)
    }

    /// Returns their name.
    #[must_use]
    pub fn name(&self) -> &str {
        asker(&self.by)
    }
}

/// One turn of a switch, or a step towards one. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: Timestamp,
    /// Who, as `name:role`.
    pub by: String,
    /// What they did.
    pub to: Turned,
    /// Why, in their words.
    pub why: Option<String>,
}

/// What somebody did to a switch, to a rule that had stopped itself, or to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// Turned it off.
    Off,
    /// Asked for it to be turned on again.
    Asked,
    /// Agreed, so that it was turned on again.
    On {
        /// Who had asked, as `name:role`.
        asked: Option<String>,
    },
    /// Agreed that an account be connected.
    Connected {
        /// The account.
        channel: Channel,
    },
    /// Asked for a rule that had stopped itself to be started again.
    RuleAsked {
        /// Its clause.
        clause: String,
    },
    /// Agreed, so that the rule was started again.
    RuleStarted {
        /// Its clause.
        clause: String,
        /// Who had asked, as `name:role`.
        asked: String,
    },
}

impl Turn {
    fn of(event: &EventRecord) -> Option<Self> {
        let (by, to, why) = match event.practice_event().ok()? {
            PracticeEvent::Switched {
                on, by, note, with, ..
            } if on => (by, Turned::On { asked: with }, note),
            PracticeEvent::Switched { by, note, .. } => (by, Turned::Off, note),
            PracticeEvent::StartAsked { by, note } => (by, Turned::Asked, note),
            PracticeEvent::ConnectionAgreed { channel, by } => {
                (by, Turned::Connected { channel }, None)
            }
            PracticeEvent::RuleStartAsked { clause, by, note } => {
                (by, Turned::RuleAsked { clause }, note)
            }
            PracticeEvent::RuleStarted {
                clause,
                by,
                with: asked,
                note,
            } => (by, Turned::RuleStarted { clause, asked }, note),
            PracticeEvent::Published { .. }
            | PracticeEvent::Proposed { .. }
            | PracticeEvent::StepAsked { .. }
            | PracticeEvent::StepAgreed { .. }
            | PracticeEvent::Tried { .. }
            | PracticeEvent::StepTaken { .. }
            | PracticeEvent::StepHeldUp { .. }
            | PracticeEvent::StepCalledOff { .. }
            | PracticeEvent::WentBack { .. }
            | PracticeEvent::Logged { .. }
            | PracticeEvent::Stepped { .. }
            | PracticeEvent::LetGo { .. }
            | PracticeEvent::AnsweredAuthor { .. }
            | PracticeEvent::Erased { .. }
            | PracticeEvent::RestrictedAuthor { .. }
            | PracticeEvent::Rectified { .. }
            | PracticeEvent::ChannelsLetGo { .. }
            | PracticeEvent::TakenAlong { .. }
            | PracticeEvent::DeletionAsked { .. }
            | PracticeEvent::Noted { .. } => return None,
        };
        Some(Turn {
            at: event.at,
            by,
            to,
            why,
        })
    }
}

/// What came of asking for a switch to be turned on again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It was noted. Another person has to agree.
    Asked,
    /// Two people want it, and the machine acts again.
    Started,
}

/// Why a switch was not turned.
#[derive(Debug, Error)]
pub enum SwitchError {
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is on.
    #[error("the switch is on")]
    On,
    /// They cannot agree to what was asked for.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Why it was not noted that an account is to be connected.
#[derive(Debug, Error)]
pub enum NotNoted {
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Returns how a practice's switch stands, if anybody ever turned it: on, otherwise.
    pub async fn switch(&self, id: &PracticeId) -> Result<Option<SwitchRecord>, LedgerError> {
        self.read(keys::switch(id)).await
    }

    /// Returns the last turns of a practice's switch, oldest first, as its chain has them.
    pub async fn switch_turns(&self, id: &PracticeId) -> Result<Vec<Turn>, LedgerError> {
        let newest = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
            .expression_attribute_values(":pk", text(keys::switch_partition(id)))
            .expression_attribute_values(":sk", text("EVT#"))
            .scan_index_forward(false)
            .limit(MOST_TURNS)
            .send()
            .await?;
        let mut turns = Vec::new();
        for item in newest.items.unwrap_or_default() {
            turns.extend(Turn::of(&from_item(item)?));
        }
        turns.reverse();
        Ok(turns)
    }

    /// Turns a practice's switch off, however it stands: the machine acts on nothing from now on.
    /// Whoever asked for it to be turned on has to ask again.
    pub async fn switch_off(
        &self,
        id: &PracticeId,
        person: &Person,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<(), SwitchError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Switch { on: false }, &at)?;
        let by = person.to_string();
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let before = self.switch(id).await?;
            let off = SwitchRecord {
                on: false,
                by: by.clone(),
                at: now,
                why: why.map(str::to_owned),
                asked: None,
                writes: before.map_or(0, |before| before.writes) + 1,
            };
            let event = PracticeEvent::Switched {
                on: false,
                by: by.clone(),
                note: off.why.clone(),
                with: None,
            };
            let mut writes = Transaction::default();
            let item = to_item(&keys::switch(id), &off)?;
            writes.seal(&item);
            writes.push(Guard::Nothing, put_item(self.put(item))?);
            let alert = alert_item(id, SWITCHED_OFF, &now.to_string(), now)?;
            writes.push(Guard::Nothing, put_item(self.put(alert))?);
            self.append_to_practice(&mut writes, id, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Notes that somebody agrees to have an account of the practice connected, before it is.
    pub async fn agree_to_connect(
        &self,
        id: &PracticeId,
        channel: &Channel,
        person: &Person,
        now: Timestamp,
    ) -> Result<(), NotNoted> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Connect, &at)?;
        let event = PracticeEvent::ConnectionAgreed {
            channel: channel.clone(),
            by: person.to_string(),
        };
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            self.append_to_practice(&mut writes, id, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Asks for a practice's switch to be turned on again, or agrees to what another has asked for,
    /// by which it is.
    pub async fn switch_on(
        &self,
        id: &PracticeId,
        person: &Person,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<Start, SwitchError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Switch { on: true }, &at)?;
        let (by, note) = (person.to_string(), why.map(str::to_owned));
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let Some(before) = self.switch(id).await?.filter(|switch| !switch.on) else {
                return Err(SwitchError::On);
            };
            let writes_before = before.writes;
            let (after, event, came_of_it) = if let Some(asked) = before.asked(now).cloned() {
                agrees(person, &asked.by)?;
                let event = PracticeEvent::Switched {
                    on: true,
                    by: by.clone(),
                    note: note.clone(),
                    with: Some(asked.by),
                };
                let on = SwitchRecord {
                    on: true,
                    by: by.clone(),
                    at: now,
                    why: note.clone(),
                    asked: None,
                    writes: writes_before + 1,
                };
                (on, event, Start::Started)
            } else {
                let event = PracticeEvent::StartAsked {
                    by: by.clone(),
                    note: note.clone(),
                };
                let asked = AskedToStart {
                    by: by.clone(),
                    at: now,
                };
                let off = SwitchRecord {
                    asked: Some(asked),
                    writes: writes_before + 1,
                    ..before
                };
                (off, event, Start::Asked)
            };
            let item = to_item(&keys::switch(id), &after)?;
            let mut writes = Transaction::default();
            writes.seal(&item);
            let put = self
                .put(item)
                .condition_expression("#on = :off AND writes = :writes")
                .expression_attribute_names("#on", "on")
                .expression_attribute_values(":off", AttributeValue::Bool(false))
                .expression_attribute_values(":writes", number(writes_before));
            writes.push(Guard::Switch, put_item(put)?);
            self.append_to_practice(&mut writes, id, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(came_of_it);
            }
        }
    }
}
