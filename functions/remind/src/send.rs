//! Sending: each notice once, and what follows where it was refused.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{LedgerError, NoticeRecord, NoticeStatus, TellKey};
use pagewarden_notices::{Alert, Carried, CarryError, Facts, Link, Parcel, Recipient, Wording};
use pagewarden_policies::{Person, Way};
use pagewarden_rules::PracticeId;
use pagewarden_runtime::count;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;

use crate::Remind;
use crate::tell::{Desk, Known, Said, note, notice, recipients};

/// How long somebody who sends a notice has for it. Then it is sent again.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// How long a notice is tried. What it says is told again by then.
const WORTH_SENDING: SignedDuration = SignedDuration::from_hours(24);

/// Tries at sending a code.
const MOST_CODES: u32 = 10;

/// Notices that are sent at the same time.
const AT_ONCE: usize = 8;

/// How the notice of a code is named to a provider: by the way that it tests.
const CODE: &str = "code-";

/// What became of a notice.
enum Sent {
    /// It is settled, or somebody else's.
    Over,
    /// The address was refused.
    Refused(Box<NoticeRecord>, TellKey, String),
}

impl Desk<'_> {
    /// Sends what is written. Returns what is due because an address was refused.
    pub(crate) async fn send(
        &mut self,
        keys: Vec<TellKey>,
        failed: &mut Option<LedgerError>,
        done: &mut bool,
    ) -> Vec<TellKey> {
        let mut ready = Vec::new();
        for key in keys {
            let people = match self.known(&key.practice).await {
                Ok(known) => known
                    .map(|known| known.practice.people.clone())
                    .unwrap_or_default(),
                Err(error) => {
                    note::<()>(Err(error), failed, done);
                    continue;
                }
            };
            ready.push((key, people));
        }
        let (remind, now) = (self.remind, self.now);
        let sent = stream::iter(ready)
            .map(|(key, people)| async move { remind.send_one(&key, &people, now).await });
        let sent: Vec<_> = sent.buffer_unordered(AT_ONCE).collect().await;
        let mut due = Vec::new();
        for sent in sent {
            let after = match sent {
                Ok(Sent::Over) => Ok(Vec::new()),
                Ok(Sent::Refused(record, key, why)) => {
                    self.refused(&record, Some(&key), &why).await
                }
                Err(error) => Err(error),
            };
            note(after.map(|keys| due.extend(keys)), failed, done);
        }
        due
    }

    /// Deals with a notice that did not reach somebody: the way counts as dead, a practice manager
    /// is asked to correct it, and the next in line is told at once. Returns what is due because of
    /// it.
    pub(crate) async fn refused(
        &mut self,
        record: &NoticeRecord,
        key: Option<&TellKey>,
        why: &str,
    ) -> Result<Vec<TellKey>, LedgerError> {
        let NoticeRecord {
            practice,
            name,
            way,
            way_id,
            ..
        } = record;
        let (ledger, now) = (&self.remind.ledger, self.now);
        tracing::warn!(%practice, notice = record.id, way, why, "an address was refused");
        // Settled last: a run that is killed before does the same once more, which changes nothing.
        ledger
            .note_dead_way(practice, name, way, way_id, now)
            .await?;
        let due = self.after_refusal(record).await?;
        if let Some(key) = key {
            self.remind
                .ledger
                .settle_notice(key, NoticeStatus::Refused, Some(why))
                .await?;
        }
        Ok(due)
    }

    async fn after_refusal(&mut self, record: &NoticeRecord) -> Result<Vec<TellKey>, LedgerError> {
        let (remind, now) = (self.remind, self.now);
        let Ok(alert) = record.alert.parse::<Alert>() else {
            return Ok(Vec::new());
        };
        let Some(known) = self.known(&record.practice).await? else {
            return Ok(Vec::new());
        };
        let mut before = known.clone();
        before.dead.remove(&record.way_id);
        known.dead.insert(record.way_id.clone());
        let known = known.clone();
        let person = known
            .practice
            .people
            .iter()
            .find(|person| person.name == record.name);
        let other = person.and_then(|person| other_way(person, &known));
        if alert.escalates() {
            let acknowledged_by = record.acknowledged_by.as_deref();
            let told = |known, round| {
                recipients(
                    known,
                    Said {
                        what: alert,
                        round,
                        acknowledged_by,
                    },
                    &[],
                    now,
                )
            };
            let (_, told_before) = told(&before, record.round).unwrap_or_default();
            let (_, next) = told(&known, record.round + 1).unwrap_or_default();
            // Who is reached another way was told; and nobody is told twice because a third person
            // was not.
            if other.is_some() || next.iter().all(|one| told_before.contains(one)) {
                return Ok(Vec::new());
            }
            let mut due = Vec::new();
            for task in &record.tasks {
                due.extend(remind.ledger.tell_next(task, record.round + 1, now).await?);
            }
            return Ok(due);
        }
        // One way was enough for this, and it was the wrong one. A digest comes again tomorrow.
        let Some(to) = other.filter(|_| alert != Alert::Digest) else {
            return Ok(Vec::new());
        };
        let said = Said {
            what: alert,
            round: record.round,
            acknowledged_by: None,
        };
        let link = Link::of(remind.console.as_deref(), record.practice.as_str());
        let facts = Facts {
            alert,
            practice: &known.practice.name,
            count: record.tasks.len().max(1),
            round: record.round,
            acknowledged: false,
            waiting: None,
            code: None,
            link: &link,
        };
        let instead = notice(&record.practice, said, &record.tasks, &to, &facts, now);
        remind
            .ledger
            .tell(&[], std::slice::from_ref(&instead))
            .await?;
        Ok(vec![instead.to_send()])
    }

    /// Makes a code and sends it to whoever asked for one. Nobody else ever sees it.
    pub(crate) async fn code(&mut self, key: &TellKey) -> Result<(), LedgerError> {
        let (remind, now) = (self.remind, self.now);
        let Some(code) = random_code() else {
            tracing::error!("no random number can be had: the next run tries again");
            return Ok(());
        };
        let Some(wanted) = remind
            .ledger
            .claim_code(key, &code, now + LEASE, now)
            .await?
        else {
            return Ok(());
        };
        let Some(Known { practice, .. }) = self.known(&key.practice).await? else {
            return Ok(());
        };
        let Some(to) = recipient(&practice.people, &wanted.name, &wanted.way_id) else {
            // The address was changed since: another way, which nobody has asked to test.
            return remind.ledger.settle_code(&wanted.key).await;
        };
        let link = Link::of(remind.console.as_deref(), key.practice.as_str());
        let facts = Facts {
            alert: Alert::Code,
            practice: &practice.name,
            count: 1,
            round: 0,
            acknowledged: false,
            waiting: None,
            code: Some(&code),
            link: &link,
        };
        let notice = format!("{CODE}{}", wanted.way_id);
        let parcel = Parcel {
            practice: key.practice.clone(),
            notice,
            alert: Alert::Code,
            to,
            wording: facts.wording(),
        };
        match remind.carry(&parcel).await {
            Ok(Carried) => {}
            Err(CarryError::Refused(why)) => {
                tracing::warn!(practice = %key.practice, way = wanted.way, why, "an address was refused");
                let (name, way) = (&wanted.name, &wanted.way);
                remind
                    .ledger
                    .note_dead_way(&key.practice, name, way, &wanted.way_id, now)
                    .await?;
            }
            Err(CarryError::Unavailable(why)) => {
                tracing::warn!(practice = %key.practice, way = wanted.way, why, "a code could not be sent");
                count("NoticeFailed", 1, Some(&key.practice), now);
                if wanted.attempts < MOST_CODES {
                    return Ok(());
                }
            }
        }
        remind.ledger.settle_code(&wanted.key).await
    }
}

impl Remind {
    /// Sends one notice, unless somebody else does or did.
    async fn send_one(
        &self,
        key: &TellKey,
        people: &[Person],
        now: Timestamp,
    ) -> Result<Sent, LedgerError> {
        let Some((record, key)) = self.ledger.claim_notice(key, now + LEASE).await? else {
            return Ok(Sent::Over);
        };
        let Some(to) = recipient(people, &record.name, &record.way_id) else {
            // They left, or their address was changed. What waits is told to whoever is there now.
            self.ledger
                .settle_notice(&key, NoticeStatus::GivenUp, Some("the address was changed"))
                .await?;
            return Ok(Sent::Over);
        };
        let alert = record.alert.parse().unwrap_or(Alert::Overdue);
        let words = record.words.clone();
        let wording = Wording {
            subject: record.subject.clone(),
            body: words.clone(),
            text: words,
        };
        let parcel = Parcel {
            practice: record.practice.clone(),
            notice: record.id.clone(),
            alert,
            to,
            wording,
        };
        let NoticeRecord {
            practice,
            id,
            way,
            round,
            ..
        } = &record;
        match self.carry(&parcel).await {
            Ok(Carried) => {
                self.ledger
                    .settle_notice(&key, NoticeStatus::Sent, None)
                    .await?;
                tracing::info!(%practice, notice = id, %alert, way, round, "told");
            }
            Err(CarryError::Refused(why)) => return Ok(Sent::Refused(Box::new(record), key, why)),
            Err(CarryError::Unavailable(why)) => {
                tracing::warn!(%practice, notice = id, %alert, way, round, why, "a notice could not be sent");
                // An alarm looks for these.
                count("NoticeFailed", 1, Some(practice), now);
                if now.duration_since(record.at) > WORTH_SENDING {
                    self.ledger
                        .settle_notice(&key, NoticeStatus::GivenUp, Some(&why))
                        .await?;
                }
            }
        }
        Ok(Sent::Over)
    }

    async fn carry(&self, parcel: &Parcel) -> Result<Carried, CarryError> {
        match self
            .carriers
            .iter()
            .find(|carrier| carrier.carries(parcel.to.way))
        {
            Some(carrier) => carrier.carry(parcel).await,
            None => Err(CarryError::Unavailable(format!(
                "nothing here sends by {}",
                parcel.to.way
            ))),
        }
    }

    /// Deals with an e-mail of which SES says, minutes after it took it, that it did not arrive.
    pub(crate) async fn came_back(
        &self,
        detail: &serde_json::Value,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        #[derive(Deserialize)]
        struct Detail {
            mail: Mail,
        }
        #[derive(Deserialize)]
        struct Mail {
            tags: Tags,
        }
        #[derive(Deserialize)]
        struct Tags {
            practice: Vec<PracticeId>,
            notice: Vec<String>,
        }
        let Ok(Detail {
            mail: Mail {
                tags: Tags { practice, notice },
            },
        }) = Detail::deserialize(detail)
        else {
            tracing::error!("an event of SES does not read");
            return Ok(());
        };
        let (Some(practice), Some(notice)) = (practice.first(), notice.first()) else {
            return Ok(());
        };
        let mut desk = Desk::at(self, now);
        if let Some(way_id) = notice.strip_prefix(CODE) {
            let Some(known) = desk.known(practice).await? else {
                return Ok(());
            };
            let owns = |person: &&Person| person.ways().any(|(_, id)| id == way_id);
            let Some(name) = known
                .practice
                .people
                .iter()
                .find(owns)
                .map(|person| person.name.clone())
            else {
                return Ok(());
            };
            return self
                .ledger
                .note_dead_way(practice, &name, Way::Email.name(), way_id, now)
                .await;
        }
        let Some(record) = self
            .ledger
            .notice_came_back(practice, notice, "it came back")
            .await?
        else {
            return Ok(());
        };
        let due = desk.refused(&record, None, "it came back").await?;
        desk.tell(due).await.map(|_| ())
    }
}

/// Returns how somebody is reached by one of their ways, if the settings still give it.
fn recipient(people: &[Person], name: &str, way_id: &str) -> Option<Recipient> {
    let person = people.iter().find(|person| person.name == name)?;
    let (way, way_id) = person.ways().find(|(_, id)| id == way_id)?;
    Some(Recipient {
        name: name.to_owned(),
        way,
        address: person.address(way)?.to_owned(),
        way_id,
    })
}

/// Returns a way by which somebody may be reached still.
fn other_way(person: &Person, known: &Known) -> Option<Recipient> {
    let (way, way_id) = person.ways().find(|(_, id)| !known.dead.contains(id))?;
    Some(Recipient {
        name: person.name.clone(),
        way,
        address: person.address(way)?.to_owned(),
        way_id,
    })
}

/// Returns six random digits, each code as likely as the next.
fn random_code() -> Option<String> {
    let mut bytes = [0; 8];
    SystemRandom::new().fill(&mut bytes).ok()?;
    // Of 2^64 numbers the last few thousand come up less often by one in 10^13.
    Some(format!("{:06}", u64::from_be_bytes(bytes) % 1_000_000))
}
