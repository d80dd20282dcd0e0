//! The life of a policy's version: proposed, in shadow beside the one in force, in `assist`, in
//! `live`, and back.
//!
//! What makes the machine act more takes two people, of whom one is a practice manager: one asks,
//! and another agrees. It goes one step at a time, and a version is in shadow for two weeks before
//! it acts, unless the two say otherwise and why. What makes it act less takes one person, at once.
//!
//! All of it is in a partition of its own, which the console may write; what a deployer published is
//! in another, which it may not. What stands here rests on a version that was published, and holds
//! as long as that is the newest one: publishing another starts again from that.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Mode, PracticeId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::agree::{NotAgreed, agrees};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::due::{Due, DueKey};
use crate::keys;
use crate::notices::{STEP_HELD_UP, alert_item};
use crate::practices::{PolicyRecord, PracticeRecord};
use crate::records::EventRecord;
use crate::write::{
    Guard, Item, Transacted, Transaction, Tries, from_item, number, put_item, text, to_item,
    unless_refused,
};
use crate::{Ledger, LedgerError};

/// How long a version is in shadow before it acts.
pub const SHADOW_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How long somebody may take to agree to a step that another has asked for.
pub const SIGN_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far ahead a step may take force.
pub const FURTHEST_AHEAD: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Versions that are remembered as having been in force.
const MOST_BEEN: usize = 30;

/// A version, and how far it may act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The version of the policy.
    pub policy: u32,
    /// How far it may act. In shadow it stands beside the version in force, unless it is that one.
    pub mode: Mode,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} in {}", self.policy, self.mode)
    }
}

/// A step that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepWanted {
    /// Where it leads.
    pub to: Stage,
    /// When it takes force; at once where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Why the two weeks of shadow are not kept, in the words of who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sooner: Option<String>,
}

/// A step that somebody asked for and that waits for another to agree, or for its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// What.
    pub step: StepWanted,
    /// Who asked for it, as `name:role`.
    pub by: String,
    /// Who agreed, as `name:role`; nobody has while it waits for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<String>,
    /// When that was.
    pub at: Timestamp,
    /// Since when it is held up: its time had come, and something kept the version from acting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_up: Option<Timestamp>,
}

impl StepRecord {
    /// Says whether somebody may agree to it, or why not.
    pub fn may_be_agreed_to_by(&self, person: &Person) -> Result<(), NotAgreed> {
        agrees(person, &self.by)
    }
}

/// A version beside the one in force: what it would do is recorded, and nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beside {
    /// The version.
    pub policy: u32,
    /// Since when.
    pub since: Timestamp,
}

/// How the versions of a practice's policy stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionsRecord {
    /// The version that a deployer published, on which this rests.
    pub(crate) published: u32,
    /// The version in force, and how far it acts.
    pub in_force: Stage,
    /// Since when it does that.
    pub since: Timestamp,
    /// The version in shadow beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<Beside>,
    /// The step that waits for its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<StepRecord>,
    /// The step that waits for another person to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<StepRecord>,
    /// The versions that were in force before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub been: Vec<u32>,
    /// How often it was written, so that of two who write at once one looks again.
    #[serde(default)]
    pub(crate) writes: u64,
}

impl VersionsRecord {
    /// Returns the step that waits for another person to agree, if there is one.
    #[must_use]
    pub fn asked(&self, now: Timestamp) -> Option<&StepRecord> {
        self.asked
            .as_ref()
            .filter(|asked| now.duration_since(asked.at) < SIGN_WITHIN)
    }

    /// Returns the step that waits for its time, if that has come.
    fn due(&self, now: Timestamp) -> Option<&StepRecord> {
        let next = self.next.as_ref();
        next.filter(|next| next.step.from.is_none_or(|from| from <= now))
    }

    /// Returns when the two weeks of shadow are over for a version that is in shadow, in force or
    /// beside.
    #[must_use]
    pub fn shadow_over(&self, policy: u32) -> Option<Timestamp> {
        let beside = self.beside.filter(|beside| beside.policy == policy);
        let own = (self.in_force
            == Stage {
                policy,
                mode: Mode::Shadow,
            })
        .then_some(self.since);
        Some(beside.map(|beside| beside.since).or(own)? + SHADOW_FOR)
    }

    /// Says whether somebody may ask for a step as things stand, or why not. `blockers` are what
    /// keeps the practice from leaving shadow under that version, as whoever reads policies and
    /// settings finds them: a sentence each.
    ///
    /// The command line, the console and [`Ledger::step`] all ask this.
    pub fn allows(
        &self,
        step: &StepWanted,
        blockers: &[String],
        now: Timestamp,
    ) -> Result<(), VersionError> {
        if let Some(next) = &self.next {
            let (to, from) = (next.step.to, next.step.from.unwrap_or(next.at));
            return Err(VersionError::Waits { to, from });
        }
        if step
            .from
            .is_some_and(|from| from < now || from.duration_since(now) > FURTHEST_AHEAD)
        {
            return Err(VersionError::BadTime);
        }
        self.leads_on(step, step.from.unwrap_or(now))?;
        is_clear(step.to, blockers)
    }

    /// Says whether a step that takes force at a time leads on from where things stand.
    fn leads_on(&self, step: &StepWanted, at: Timestamp) -> Result<(), VersionError> {
        let Stage { policy, mode } = step.to;
        let is_in_force = self.in_force.policy == policy;
        match mode {
            Mode::Shadow if is_in_force || self.been.contains(&policy) => {
                Err(VersionError::WasInForce(policy))
            }
            Mode::Shadow => Ok(()),
            Mode::Assist if is_in_force && self.in_force.mode > Mode::Shadow => {
                Err(VersionError::There(step.to))
            }
            Mode::Assist => {
                let over = self.shadow_over(policy);
                let over = over.ok_or(VersionError::NotInShadow(policy))?;
                if at < over && step.sooner.is_none() {
                    return Err(VersionError::TooSoon { policy, over });
                }
                Ok(())
            }
            Mode::Live if is_in_force && self.in_force.mode == Mode::Live => {
                Err(VersionError::There(step.to))
            }
            Mode::Live if is_in_force && self.in_force.mode == Mode::Assist => Ok(()),
            Mode::Live => Err(VersionError::NotInAssist(policy)),
        }
    }

    /// Returns how things stand once a step has taken force.
    fn after(&self, to: Stage, at: Timestamp) -> Self {
        let mut after = self.clone();
        if to.mode == Mode::Shadow && to.policy != self.in_force.policy {
            after.beside = Some(Beside {
                policy: to.policy,
                since: at,
            });
            return after;
        }
        if after
            .beside
            .is_some_and(|beside| beside.policy == to.policy)
        {
            after.beside = None;
        }
        after.put_in_force(to, at)
    }

    /// Returns how things stand once a version is in force so.
    fn put_in_force(&self, to: Stage, at: Timestamp) -> Self {
        let mut after = self.clone();
        if self.in_force.policy != to.policy {
            let both = [self.in_force.policy, to.policy];
            after.been.retain(|been| !both.contains(been));
            after.been.push(self.in_force.policy);
            let over = after.been.len().saturating_sub(MOST_BEEN);
            after.been.drain(..over);
        }
        after.in_force = to;
        after.since = at;
        after
    }
}

/// Says whether nothing keeps a version from acting.
fn is_clear(to: Stage, blockers: &[String]) -> Result<(), VersionError> {
    if to.mode == Mode::Shadow || blockers.is_empty() {
        return Ok(());
    }
    Err(VersionError::Blocked {
        policy: to.policy,
        blockers: blockers.to_vec(),
    })
}

/// What came of trying a version on what is on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// SHA-256 of the whole result, in hexadecimal.
    pub sha256: String,
    /// What would have been decided otherwise, a sentence each. No word of a post is in it.
    pub says: Vec<String>,
    /// What was looked at and what could not be, a sentence each.
    pub looked_at: Vec<String>,
}

/// What the newest backtest of a version said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedRecord {
    /// The version.
    pub policy: u32,
    /// Who tried it, as `name:role`.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub result: Tried,
}

/// What came of asking for a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// It was noted. Another person has to agree.
    Asked,
    /// Two people want it, and it is in force.
    Taken,
    /// Two people want it, and it takes force at this time.
    Waits(Timestamp),
}

/// What came of a step whose time had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DueStep {
    /// It took force.
    Taken,
    /// Something keeps the version from acting. The step stays agreed to.
    HeldUp,
    /// It waits no longer, or leads elsewhere now.
    Gone,
}

/// Why the versions stand as they did.
#[derive(Debug, Error)]
pub enum VersionError {
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The practice is not there.
    #[error("there is no practice {0}")]
    NoPractice(PracticeId),
    /// There is no such version.
    #[error("there is no version {0}: propose it first")]
    NoVersion(u32),
    /// It is in force, or was.
    #[error("version {0} is in force or was: go back to it, or propose it again")]
    WasInForce(u32),
    /// It was never in force here.
    #[error("version {0} was never in force here, so nobody can go back to it")]
    NeverInForce(u32),
    /// It stands there already.
    #[error("{0} is in force already")]
    There(Stage),
    /// It has to be in shadow first.
    #[error("version {0} is not in shadow: it is in shadow for two weeks before it acts")]
    NotInShadow(u32),
    /// It has to be in assist first.
    #[error("version {0} is not in assist: a version goes from shadow to assist, and then to live")]
    NotInAssist(u32),
    /// The two weeks are not over.
    #[error(
        "version {policy} is in shadow until {over}: two people may say that it acts sooner, and why"
    )]
    TooSoon {
        /// The version.
        policy: u32,
        /// When they are over.
        over: Timestamp,
    },
    /// Something has to be settled before it may act.
    #[error("version {policy} may not leave shadow yet:{}", listed(.blockers))]
    Blocked {
        /// The version.
        policy: u32,
        /// What, a sentence each.
        blockers: Vec<String>,
    },
    /// A step waits for its time.
    #[error("{to} takes force at {from}: call that off first, or wait")]
    Waits {
        /// Where it leads.
        to: Stage,
        /// When.
        from: Timestamp,
    },
    /// There is nothing to call off.
    #[error("nothing was asked for, and nothing waits for its day")]
    NothingWaits,
    /// The time is past or far away.
    #[error("a step takes force at once, or at a time within the next 90 days")]
    BadTime,
    /// They cannot agree to what was asked for.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// Going back never makes the machine act more.
    #[error("going back never makes the machine act more: that is a step, which takes two people")]
    ActsMore,
    /// No reason was given.
    #[error("say why, in a few words: the record keeps it")]
    NoReason,
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

fn listed(lines: &[String]) -> String {
    format!("\n  {}", lines.join("\n  "))
}

impl Ledger {
    /// Returns how the versions of a practice's policy stand.
    pub async fn policy_versions(&self, id: &PracticeId) -> Result<VersionsRecord, VersionError> {
        let practice = self.practice(id).await?;
        let practice = practice.ok_or_else(|| VersionError::NoPractice(id.clone()))?;
        self.stands(id, &practice).await
    }

    async fn stands(
        &self,
        id: &PracticeId,
        practice: &PracticeRecord,
    ) -> Result<VersionsRecord, VersionError> {
        if let Some(versions) = &practice.versions {
            return Ok(versions.clone());
        }
        let policy = self.policy(id, practice.policy).await?;
        let policy = policy.ok_or(VersionError::NoVersion(practice.policy))?;
        // Whatever stood there before rested on another version; its number goes on, so that who
        // read that one looks again.
        let stale: Option<VersionsRecord> = self.read(keys::versions(id)).await?;
        Ok(VersionsRecord {
            published: practice.policy,
            in_force: Stage {
                policy: practice.policy,
                mode: practice.mode(),
            },
            since: policy.at,
            beside: None,
            next: None,
            asked: None,
            been: Vec::new(),
            writes: stale.map_or(0, |stale| stale.writes),
        })
    }

    /// Stores a version beside those that were in force, with what a backtest of it said, if there
    /// was one. Nothing follows from it. Returns its number.
    ///
    /// The caller has seen to it that it loads.
    pub async fn propose(
        &self,
        id: &PracticeId,
        person: &Person,
        (toml, published): (&str, &str),
        backtest: Option<&Tried>,
        now: Timestamp,
    ) -> Result<u32, VersionError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Propose, &at)?;
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let link = self.chain_head(id).await?.next();
            let version = self.last_policy(id).await? + 1;
            let record = PolicyRecord {
                version,
                toml: toml.to_owned(),
                published: published.to_owned(),
                at: now,
                by: person.to_string(),
            };
            let mut writes = Transaction::default();
            self.add(&mut writes, to_item(&keys::proposed(id, version), &record)?)?;
            let event = PracticeEvent::Proposed {
                policy: version,
                by: person.to_string(),
                backtest: backtest.map(|result| result.sha256.clone()),
            };
            if let Some(result) = backtest {
                self.push_tried(&mut writes, id, &tried(version, person, result, now))?;
            }
            self.append_link_to_practice(&mut writes, id, &link, now, &event)?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(version);
            }
        }
    }

    /// Notes what a backtest of a version said, instead of what one said before.
    pub async fn note_backtest(
        &self,
        id: &PracticeId,
        person: &Person,
        version: u32,
        result: &Tried,
        now: Timestamp,
    ) -> Result<(), VersionError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Propose, &at)?;
        if self.policy(id, version).await?.is_none() {
            return Err(VersionError::NoVersion(version));
        }
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            self.push_tried(&mut writes, id, &tried(version, person, result, now))?;
            let event = PracticeEvent::Tried {
                policy: version,
                by: person.to_string(),
                backtest: result.sha256.clone(),
            };
            self.append_to_practice(&mut writes, id, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Adds the write of what a backtest said. The chain's line says which is the newest.
    fn push_tried(
        &self,
        writes: &mut Transaction,
        id: &PracticeId,
        record: &TriedRecord,
    ) -> Result<(), LedgerError> {
        let item = to_item(&keys::tried(id, record.policy), record)?;
        writes.seal(&item);
        writes.push(Guard::Nothing, put_item(self.put(item))?);
        Ok(())
    }

    /// Returns what the newest backtest of a version said, if there was one.
    pub async fn backtest_of(
        &self,
        id: &PracticeId,
        version: u32,
    ) -> Result<Option<TriedRecord>, LedgerError> {
        self.read(keys::tried(id, version)).await
    }

    /// Returns what happened to the versions of a practice's policy, in order.
    pub async fn version_events(&self, id: &PracticeId) -> Result<Vec<EventRecord>, LedgerError> {
        let mut events = Vec::new();
        for partition in [keys::practice(id), keys::versions_partition(id)] {
            for item in self.partition(&partition, "EVT#").await? {
                events.push(from_item::<EventRecord>(item)?);
            }
        }
        events.sort_by_key(|event| event.seq);
        Ok(events)
    }

    /// Asks for a step, or agrees to the same one that another has asked for. What was asked for
    /// says when it takes force. Nothing is changed where [`VersionsRecord::allows`] says no, given
    /// the same `blockers`.
    pub async fn step(
        &self,
        id: &PracticeId,
        person: &Person,
        step: &StepWanted,
        blockers: &[String],
        now: Timestamp,
    ) -> Result<Stepped, VersionError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Sign, &at)?;
        if step
            .sooner
            .as_ref()
            .is_some_and(|why| why.trim().is_empty())
        {
            return Err(VersionError::NoReason);
        }
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let before = self.policy_versions(id).await?;
            if self.policy(id, step.to.policy).await?.is_none() {
                return Err(VersionError::NoVersion(step.to.policy));
            }
            let asked = before.asked(now).filter(|asked| asked.step.to == step.to);
            let (after, event, came_of_it) = match asked.cloned() {
                Some(asked) => agreed(&before, asked, person, blockers, now)?,
                None => ask(&before, step, person, blockers, now)?,
            };
            if self.put_versions(id, &before, after, &event, now).await? {
                return Ok(came_of_it);
            }
        }
    }

    /// Goes back to a version that was in force, or has the one in force act less, at once. What was
    /// asked for or agreed to and waits is called off, and so is a version in shadow.
    ///
    /// One person may, since the machine never acts more for it: an earlier version begins in
    /// `assist` at most, in which every act needs a click.
    pub async fn go_back(
        &self,
        id: &PracticeId,
        person: &Person,
        to: Stage,
        why: &str,
        now: Timestamp,
    ) -> Result<Stage, VersionError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::GoBack, &at)?;
        if why.trim().is_empty() {
            return Err(VersionError::NoReason);
        }
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let before = self.policy_versions(id).await?;
            let is_same = before.in_force.policy == to.policy;
            if !is_same && !self.was_in_force(id, &before, to.policy).await? {
                return Err(VersionError::NeverInForce(to.policy));
            }
            let most = if is_same {
                before.in_force.mode
            } else {
                before.in_force.mode.min(Mode::Assist)
            };
            if to.mode > most {
                return Err(VersionError::ActsMore);
            }
            let moved = if before.in_force == to {
                before.clone()
            } else {
                before.put_in_force(to, now)
            };
            let after = VersionsRecord {
                beside: None,
                next: None,
                asked: None,
                ..moved
            };
            let event = PracticeEvent::WentBack {
                policy: to.policy,
                mode: to.mode,
                by: person.to_string(),
                note: why.to_owned(),
            };
            if self.put_versions(id, &before, after, &event, now).await? {
                return Ok(to);
            }
        }
    }

    /// Calls off the step that was asked for or agreed to and waits. What is in force and in shadow
    /// stays so. Returns where it led.
    ///
    /// One person may, since the machine never acts more for it.
    pub async fn call_off(
        &self,
        id: &PracticeId,
        person: &Person,
        why: &str,
        now: Timestamp,
    ) -> Result<Stage, VersionError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::GoBack, &at)?;
        if why.trim().is_empty() {
            return Err(VersionError::NoReason);
        }
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let before = self.policy_versions(id).await?;
            let waits = before.next.as_ref().or_else(|| before.asked(now));
            let to = waits.ok_or(VersionError::NothingWaits)?.step.to;
            let after = VersionsRecord {
                next: None,
                asked: None,
                ..before.clone()
            };
            let event = PracticeEvent::StepCalledOff {
                to,
                by: person.to_string(),
                note: why.to_owned(),
            };
            if self.put_versions(id, &before, after, &event, now).await? {
                return Ok(to);
            }
        }
    }

    async fn was_in_force(
        &self,
        id: &PracticeId,
        versions: &VersionsRecord,
        policy: u32,
    ) -> Result<bool, LedgerError> {
        if versions.been.contains(&policy) {
            return Ok(true);
        }
        Ok(self.published_policy(id, policy).await?.is_some())
    }

    /// Returns the practice whose step waits for its time and where that leads, if that has come.
    pub async fn due_step(
        &self,
        due: &DueKey,
        now: Timestamp,
    ) -> Result<Option<(PracticeId, Stage)>, VersionError> {
        let Some(id) = due.practice() else {
            return Ok(None);
        };
        let stands = self.policy_versions(&id).await?;
        if stands.next.is_none() {
            self.look_no_more(&id, stands.writes).await?;
        }
        let to = stands.due(now).map(|next| next.step.to);
        Ok(to.map(|to| (id, to)))
    }

    /// Has a step take force whose time has come, unless something blocks it by then, as
    /// [`VersionsRecord::allows`] says. Then it stays agreed to, and the practice manager is told
    /// once.
    pub async fn take_due_step(
        &self,
        id: &PracticeId,
        to: Stage,
        blockers: &[String],
        now: Timestamp,
    ) -> Result<DueStep, VersionError> {
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let before = self.policy_versions(id).await?;
            let Some(next) = before.due(now).filter(|next| next.step.to == to) else {
                return Ok(DueStep::Gone);
            };
            let written = if is_clear(to, blockers).is_ok() {
                let after = VersionsRecord {
                    next: None,
                    ..before.after(to, now)
                };
                let event = PracticeEvent::StepTaken { to };
                let put = self.put_versions(id, &before, after, &event, now);
                put.await?.then_some(DueStep::Taken)
            } else if next.held_up.is_some() {
                Some(DueStep::HeldUp)
            } else {
                let put = self.hold_up(id, &before, next, blockers, now);
                put.await?.then_some(DueStep::HeldUp)
            };
            if let Some(came_of_it) = written {
                return Ok(came_of_it);
            }
        }
    }

    /// Notes that a step is held up, and has the practice manager told. Returns `false` if somebody
    /// wrote meanwhile.
    async fn hold_up(
        &self,
        id: &PracticeId,
        before: &VersionsRecord,
        next: &StepRecord,
        blockers: &[String],
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let after = VersionsRecord {
            next: Some(StepRecord {
                held_up: Some(now),
                ..next.clone()
            }),
            ..before.clone()
        };
        let event = PracticeEvent::StepHeldUp {
            to: next.step.to,
            blockers: blockers.to_vec(),
        };
        let mut writes = Transaction::default();
        let alert = alert_item(id, STEP_HELD_UP, &next.at.to_string(), now)?;
        writes.push(Guard::Nothing, put_item(self.put(alert))?);
        self.put_versions_with(writes, id, before, after, &event, now)
            .await
    }

    /// Has nobody look any more for a step that ended when another version was published, unless
    /// somebody wrote meanwhile.
    async fn look_no_more(&self, id: &PracticeId, writes: u64) -> Result<(), LedgerError> {
        let unlisted = self
            .change(&keys::versions(id))
            .update_expression("REMOVE due_kind, due_pk, due_sk")
            .condition_expression("writes = :writes")
            .expression_attribute_values(":writes", number(writes));
        unless_refused(unlisted.send().await).map(drop)
    }

    /// Writes how the versions stand, with the line that says why, if they stand still as they were
    /// read. Returns `false` if somebody wrote meanwhile.
    async fn put_versions(
        &self,
        id: &PracticeId,
        before: &VersionsRecord,
        after: VersionsRecord,
        event: &PracticeEvent,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let writes = Transaction::default();
        self.put_versions_with(writes, id, before, after, event, now)
            .await
    }

    /// The same, in one transaction with other writes.
    async fn put_versions_with(
        &self,
        mut writes: Transaction,
        id: &PracticeId,
        before: &VersionsRecord,
        after: VersionsRecord,
        event: &PracticeEvent,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let after = VersionsRecord {
            writes: before.writes + 1,
            ..after
        };
        let mut item = to_item(&keys::versions(id), &after)?;
        item.extend(place(id, &after));
        writes.seal(&item);
        let put = self.put_after(item, "writes", before.writes)?;
        writes.push(Guard::Versions, put);
        self.append_to_practice(&mut writes, id, now, event).await?;
        Ok(self.transact(writes).await? == Transacted::Written)
    }
}

fn tried(version: u32, person: &Person, result: &Tried, now: Timestamp) -> TriedRecord {
    TriedRecord {
        policy: version,
        by: person.to_string(),
        at: now,
        result: result.clone(),
    }
}

fn ask(
    before: &VersionsRecord,
    step: &StepWanted,
    person: &Person,
    blockers: &[String],
    now: Timestamp,
) -> Result<(VersionsRecord, PracticeEvent, Stepped), VersionError> {
    before.allows(step, blockers, now)?;
    let asked = StepRecord {
        step: step.clone(),
        by: person.to_string(),
        with: None,
        at: now,
        held_up: None,
    };
    let event = PracticeEvent::StepAsked {
        step: step.clone(),
        by: person.to_string(),
    };
    let after = VersionsRecord {
        asked: Some(asked),
        ..before.clone()
    };
    Ok((after, event, Stepped::Asked))
}

fn agreed(
    before: &VersionsRecord,
    asked: StepRecord,
    person: &Person,
    blockers: &[String],
    now: Timestamp,
) -> Result<(VersionsRecord, PracticeEvent, Stepped), VersionError> {
    asked.may_be_agreed_to_by(person)?;
    let at = asked.step.from.filter(|from| *from > now);
    // A day that has come since is no reason to ask once more.
    let from_now = StepWanted {
        from: at,
        ..asked.step.clone()
    };
    before.allows(&from_now, blockers, now)?;
    let event = PracticeEvent::StepAgreed {
        step: asked.step.clone(),
        by: person.to_string(),
        with: asked.by.clone(),
    };
    let Some(from) = at else {
        let after = VersionsRecord {
            asked: None,
            ..before.after(asked.step.to, now)
        };
        return Ok((after, event, Stepped::Taken));
    };
    let after = VersionsRecord {
        asked: None,
        next: Some(StepRecord {
            with: Some(person.to_string()),
            at: now,
            ..asked
        }),
        ..before.clone()
    };
    Ok((after, event, Stepped::Waits(from)))
}

/// Returns the attributes by which a step that waits for its time is found when that comes.
fn place(id: &PracticeId, versions: &VersionsRecord) -> Item {
    let Some(from) = versions.next.as_ref().and_then(|next| next.step.from) else {
        return Item::new();
    };
    let shard = Sha256::digest(id.as_str().as_bytes())[0] % keys::DUE_SHARDS;
    Item::from([
        ("due_kind".to_owned(), text(Due::Step.name())),
        ("due_pk".to_owned(), text(keys::due_shard(shard))),
        ("due_sk".to_owned(), text(keys::due_time(from, id.as_str()))),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH + DAY * 20_000
    }

    /// Version 2 is in force and 1 was; 3 is in shadow since a week.
    fn stands(mode: Mode) -> VersionsRecord {
        VersionsRecord {
            published: 1,
            in_force: Stage { policy: 2, mode },
            since: now() - DAY * 7,
            beside: Some(Beside {
                policy: 3,
                since: now() - DAY * 7,
            }),
            next: None,
            asked: None,
            been: vec![1],
            writes: 1,
        }
    }

    fn step(policy: u32, mode: Mode) -> StepWanted {
        StepWanted {
            to: Stage { policy, mode },
            from: None,
            sooner: None,
        }
    }

    /// Returns the name of what is said against a step, or nothing.
    fn said(stands: &VersionsRecord, step: &StepWanted, blockers: &[String]) -> String {
        let said = stands.allows(step, blockers, now());
        let said = said.err().map(|why| format!("{why:?}")).unwrap_or_default();
        let ends = said.find([' ', '(']).unwrap_or(said.len());
        said[..ends].to_owned()
    }

    #[test]
    fn a_version_goes_one_step_at_a_time_and_none_is_left_out() {
        for (in_force, policy, to, wanted) in [
            (Mode::Live, 4, Mode::Shadow, ""),
            (Mode::Live, 4, Mode::Assist, "NotInShadow"),
            (Mode::Live, 4, Mode::Live, "NotInAssist"),
            (Mode::Live, 3, Mode::Assist, "TooSoon"),
            (Mode::Live, 3, Mode::Live, "NotInAssist"),
            (Mode::Live, 2, Mode::Shadow, "WasInForce"),
            (Mode::Live, 1, Mode::Shadow, "WasInForce"),
            (Mode::Live, 1, Mode::Assist, "NotInShadow"),
            (Mode::Live, 2, Mode::Assist, "There"),
            (Mode::Live, 2, Mode::Live, "There"),
            (Mode::Assist, 2, Mode::Live, ""),
            (Mode::Assist, 2, Mode::Assist, "There"),
            (Mode::Shadow, 2, Mode::Assist, "TooSoon"),
            (Mode::Shadow, 2, Mode::Live, "NotInAssist"),
        ] {
            let said = said(&stands(in_force), &step(policy, to), &[]);
            assert_eq!(said, wanted, "{in_force}: version {policy} to {to}");
        }
    }

    #[test]
    fn two_weeks_of_shadow_are_kept_unless_somebody_says_why() {
        let live = stands(Mode::Live);
        let assist = step(3, Mode::Assist);
        let sooner = StepWanted {
            sooner: Some("A small change.".into()),
            ..assist.clone()
        };
        assert_eq!(said(&live, &sooner, &[]), "");
        let on_the_day = |days| StepWanted {
            from: Some(now() + DAY * days),
            ..assist.clone()
        };
        assert_eq!(said(&live, &on_the_day(6), &[]), "TooSoon");
        assert_eq!(said(&live, &on_the_day(7), &[]), "");
        assert_eq!(said(&live, &on_the_day(91), &[]), "BadTime");
        assert_eq!(said(&live, &on_the_day(-1), &[]), "BadTime");
    }

    #[test]
    fn what_blocks_a_practice_blocks_every_step_but_shadow() {
        let open = ["people: nobody can be paged.".to_owned()];
        let live = stands(Mode::Live);
        assert_eq!(said(&live, &step(4, Mode::Shadow), &open), "");
        let assist = StepWanted {
            from: Some(now() + DAY * 7),
            ..step(3, Mode::Assist)
        };
        assert_eq!(said(&live, &assist, &open), "Blocked");
        let why = live.allows(&assist, &open, now()).unwrap_err();
        assert!(
            why.to_string()
                .ends_with("\n  people: nobody can be paged.")
        );
        let assist = stands(Mode::Assist);
        assert_eq!(said(&assist, &step(2, Mode::Live), &open), "Blocked");
    }
}
