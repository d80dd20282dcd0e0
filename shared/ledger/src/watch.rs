//! Rules that watch themselves.
//!
//! What people say of a post that the machine hid under a clause is kept with that clause: the last
//! thirty times, whether they showed it again. Where that was more than one in ten of them, the
//! machine hides nothing under the clause any more, and a person decides instead. The same happens
//! to the clause under which most was hidden when a limit of the practice's settings is reached: the
//! limit stops the machine for an hour or a day, and what used it up stays stopped. What is on its
//! way to be hidden under a clause is then left to a person as well. Two people start it again, as
//! with the practice's switch.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use jiff::Timestamp;
use pagewarden_rules::{PostKey, PracticeId, words};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::agree::{NotAgreed, agrees};
use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::keys;
use crate::notices::{LIMIT_REACHED, RULE_STOPPED, alert_item};
use crate::numbers::Counter;
use crate::standing::Standing;
use crate::switch::{AskedToStart, Start};
use crate::write::{Guard, Item, Transacted, Transaction, Tries, from_item, put_item, to_item};
use crate::{Ledger, LedgerError};

/// How many of people's decisions are looked at.
pub const LOOKED_AT: usize = 30;

/// How many of them may be that the post is shown again: one in ten.
pub const MOST_TAKEN_BACK: usize = LOOKED_AT / 10;

/// Before a clause's id: the attribute of a window's quota that counts what was hidden under it.
const HIDES: &str = "hides#";

words! {
    /// Why a rule stopped itself.
    WhyStopped {
        /// People showed too many of the posts again that the machine had hidden under it.
        TakenBack "taken_back",
        /// A limit of the practice's settings was reached, and most was hidden under it.
        LimitReached "limit_reached",
    }
}

/// That a rule has stopped itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: WhyStopped,
}

/// What people said of the posts that the machine hid under a clause.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRecord {
    /// The clause.
    pub clause: String,
    /// The last of their decisions, the newest last: `true` where they showed a post again.
    pub taken_back: Vec<bool>,
    /// When and why the machine stopped hiding under it; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Who asked for it to be started again, and waits for another to agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedToStart>,
    /// How often it was written, so that of two who write at once one looks again.
    #[serde(default)]
    pub writes: u64,
}

impl RuleRecord {
    /// Returns how many of the last posts that people looked at they showed again.
    #[must_use]
    pub fn shown_again(&self) -> usize {
        self.taken_back.iter().filter(|back| **back).count()
    }

    /// Returns the request to start it again that waits for another person to agree, if there is
    /// one.
    #[must_use]
    pub fn asked(&self, now: Timestamp) -> Option<&AskedToStart> {
        AskedToStart::still(self.asked.as_ref(), now)
    }

    /// Adds what people decided, and stops where that was too often that the machine was wrong.
    /// Returns `true` if it stops by that.
    fn learn(&mut self, back: bool, now: Timestamp) -> bool {
        self.taken_back.push(back);
        let over = self.taken_back.len().saturating_sub(LOOKED_AT);
        self.taken_back.drain(..over);
        self.shown_again() > MOST_TAKEN_BACK && self.stop(WhyStopped::TakenBack, now)
    }

    /// Stops, unless it has. Returns `true` if it stops by that.
    fn stop(&mut self, why: WhyStopped, now: Timestamp) -> bool {
        let stops = self.stopped.is_none();
        self.stopped.get_or_insert(Stopped { at: now, why });
        stops
    }
}

/// Why a rule was not started again.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It has not stopped.
    #[error("the machine has not stopped hiding under {0}")]
    Runs(String),
    /// They cannot agree to what was asked for.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl Ledger {
    /// Returns what people said of each clause's hidden posts, by the clauses' ids.
    pub async fn watched_rules(&self, id: &PracticeId) -> Result<Vec<RuleRecord>, LedgerError> {
        let first = keys::watched_rule(id, "");
        let items = self.partition(&first.pk, &first.sk).await?;
        items.into_iter().map(from_item).collect()
    }

    /// Adds the clauses under which the machine has stopped hiding to where a post stands. Returns
    /// `true` if there are any.
    pub(crate) async fn has_stopped(
        &self,
        standing: &mut Standing,
        post: &PostKey,
    ) -> Result<bool, LedgerError> {
        let rules = self.watched_rules(&post.practice).await?.into_iter();
        let stopped = rules.filter(|rule| rule.stopped.is_some());
        standing.stopped_rules = stopped.map(|rule| rule.clause).collect();
        Ok(!standing.stopped_rules.is_empty())
    }

    /// Adds what a choice says of the clauses under which the machine had hidden, as its counters
    /// have it, and the alert where a rule stops by that.
    pub(crate) async fn watch(
        &self,
        writes: &mut Transaction,
        practice: &PracticeId,
        counters: &[Counter],
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let verdict = |counter: &Counter| match counter {
            Counter::Restored(clause) => Some((clause.clone(), true)),
            Counter::Upheld(clause) => Some((clause.clone(), false)),
            Counter::Judged
            | Counter::Came(_)
            | Counter::CriticismLeft
            | Counter::Case(_)
            | Counter::Clause { .. }
            | Counter::Hidden(_)
            | Counter::FoundRight
            | Counter::FoundWrong
            | Counter::FirstDecision(_)
            | Counter::Met(_)
            | Counter::Missed(_)
            | Counter::Chose(_)
            | Counter::Appealed
            | Counter::Beside { .. } => None,
        };
        let mut verdicts: Vec<(String, bool)> = counters.iter().filter_map(verdict).collect();
        verdicts.retain(|(clause, _)| !clause.is_empty());
        verdicts.sort();
        for of_one in verdicts.chunk_by(|one, other| one.0 == other.0) {
            let mut rule = self.rule_to_write(practice, &of_one[0].0).await?;
            let mut stops = false;
            for (_, back) in of_one {
                stops |= rule.learn(*back, now);
            }
            self.put_rule(writes, practice, &rule)?;
            if stops {
                let occasion = format!("{now} {}", rule.clause);
                let alert = alert_item(practice, RULE_STOPPED, &occasion, now)?;
                writes.push(Guard::Nothing, put_item(self.put(alert))?);
            }
        }
        Ok(())
    }

    /// Has people told that a limit was reached, once for each hour or day, and stops the rule under
    /// which most was hidden in it. One that was started again since is not stopped for the same
    /// hour once more.
    pub(crate) async fn limit_reached(
        &self,
        practice: &PracticeId,
        window: &str,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            let alert = alert_item(practice, LIMIT_REACHED, window, now)?;
            writes.push(Guard::New, self.put_once(alert)?);
            let counted = self.get(keys::quota(practice, window)).await?;
            if let Some(clause) = counted.as_ref().and_then(most_hidden_under) {
                let mut rule = self.rule_to_write(practice, clause).await?;
                if rule.stop(WhyStopped::LimitReached, now) {
                    self.put_rule(&mut writes, practice, &rule)?;
                }
            }
            let written = self.transact(writes).await?;
            if written == Transacted::Written || written.refused(Guard::New) {
                return Ok(());
            }
        }
    }

    /// Builds the look whether the machine still hides under a clause.
    pub(crate) fn runs_check(
        &self,
        practice: &PracticeId,
        clause: &str,
    ) -> Result<TransactWriteItem, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::watched_rule(practice, clause).attributes()))
            .condition_expression("attribute_not_exists(stopped)")
            .build()
            .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Asks for the machine to hide under a clause again, or agrees to what another has asked for,
    /// by which it does. What people said before counts no more.
    pub async fn start_rule(
        &self,
        id: &PracticeId,
        clause: &str,
        person: &Person,
        why: Option<&str>,
        now: Timestamp,
    ) -> Result<Start, RuleError> {
        let at = Grounds::of_practice(id.clone(), self.people(id).await?);
        may(person, &Act::Switch { on: true }, &at)?;
        let (by, note) = (person.to_string(), why.map(str::to_owned));
        let mut tries = Tries::at(id);
        loop {
            tries.next().await?;
            let found: Option<RuleRecord> = self.read(keys::watched_rule(id, clause)).await?;
            let Some(before) = found.filter(|rule| rule.stopped.is_some()) else {
                return Err(RuleError::Runs(clause.to_owned()));
            };
            let written = before.writes;
            let asked = before.asked(now).cloned();
            let (after, event, came_of_it) = if let Some(asked) = asked {
                agrees(person, &asked.by)?;
                let started = RuleRecord {
                    clause: before.clause,
                    writes: written + 1,
                    ..RuleRecord::default()
                };
                let event = PracticeEvent::RuleStarted {
                    clause: clause.to_owned(),
                    by: by.clone(),
                    with: asked.by,
                    note: note.clone(),
                };
                (started, event, Start::Started)
            } else {
                let asked = RuleRecord {
                    asked: Some(AskedToStart {
                        by: by.clone(),
                        at: now,
                    }),
                    writes: written + 1,
                    ..before
                };
                let event = PracticeEvent::RuleStartAsked {
                    clause: clause.to_owned(),
                    by: by.clone(),
                    note: note.clone(),
                };
                (asked, event, Start::Asked)
            };
            let mut writes = Transaction::default();
            self.put_rule(&mut writes, id, &after)?;
            self.append_to_practice(&mut writes, id, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(came_of_it);
            }
        }
    }

    /// Returns a rule's record as it is to be written next.
    async fn rule_to_write(
        &self,
        practice: &PracticeId,
        clause: &str,
    ) -> Result<RuleRecord, LedgerError> {
        let found: Option<RuleRecord> = self.read(keys::watched_rule(practice, clause)).await?;
        let rule = found.unwrap_or_default();
        Ok(RuleRecord {
            clause: clause.to_owned(),
            writes: rule.writes + 1,
            ..rule
        })
    }

    /// Adds the write of a rule's record, if nobody wrote it since it was read.
    fn put_rule(
        &self,
        writes: &mut Transaction,
        practice: &PracticeId,
        rule: &RuleRecord,
    ) -> Result<(), LedgerError> {
        let item = to_item(&keys::watched_rule(practice, &rule.clause), rule)?;
        let put = self.put_after(item, "writes", rule.writes - 1)?;
        writes.push(Guard::Rule, put);
        Ok(())
    }
}

/// Returns the name of the attribute of a quota that counts what was hidden under a clause.
pub(crate) fn hides_in_quota(clause: &str) -> String {
    format!("{HIDES}{clause}")
}

/// Returns the clause under which most was hidden in the hour or day of a quota, if anything was:
/// of several, the first by their ids.
fn most_hidden_under(quota: &Item) -> Option<&str> {
    let hides = quota.iter().filter_map(|(name, times)| {
        let times: u64 = times.as_n().ok()?.parse().ok()?;
        Some((name.strip_prefix(HIDES)?, times))
    });
    hides
        .max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(one.0)))
        .map(|(clause, _)| clause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::number;

    #[test]
    fn the_rule_that_used_up_a_limit_hid_most_of_it() {
        let quota = |counted: &[(&str, u32)]| -> Item {
            let counted = counted.iter();
            counted
                .map(|(name, n)| ((*name).to_owned(), number(n)))
                .collect()
        };
        let nothing = quota(&[("count", 9), ("expires", 1_795_000_000)]);
        assert_eq!(most_hidden_under(&nothing), None);
        let several = quota(&[
            ("count", 30),
            ("hides#K4", 9),
            ("hides#custom:a#b", 12),
            ("hides#K9", 9),
        ]);
        assert_eq!(most_hidden_under(&several), Some("custom:a#b"));
        let even = quota(&[("hides#K9", 9), ("hides#K4", 9), ("hides#K7", 9)]);
        assert_eq!(most_hidden_under(&even), Some("K4"));
    }

    #[test]
    fn more_than_one_in_ten_of_the_last_thirty_stop_a_rule() {
        let now = Timestamp::UNIX_EPOCH;
        let mut rule = RuleRecord::default();
        let mut learn = |backs: &[bool]| -> Vec<bool> {
            backs.iter().map(|back| rule.learn(*back, now)).collect()
        };
        assert_eq!(learn(&[true, true, true]), [false, false, false]);
        // The fourth among fewer than thirty is one too many as well.
        assert_eq!(learn(&[false, true, true]), [false, true, false]);
        let mut rule = RuleRecord::default();
        // What is more than thirty decisions old counts no more.
        for nth in 0..200 {
            assert!(!rule.learn(nth % 10 == 0, now), "{nth}");
        }
        assert_eq!((rule.taken_back.len(), rule.shown_again()), (30, 3));
        assert!(!rule.learn(true, now), "the oldest of the three goes");
        assert!(rule.learn(true, now));
        let why = WhyStopped::TakenBack;
        assert_eq!(rule.stopped, Some(Stopped { at: now, why }));
        // What stopped it first is what is said.
        assert!(!rule.stop(WhyStopped::LimitReached, now));
        assert_eq!(rule.stopped.map(|stopped| stopped.why), Some(why));
    }
}
