//! The outbox: actions are claimed, carried out once, and settled.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{By, Effect, TaskKind, Urgency};

use crate::flood::AuthorHash;
use crate::keys;
use crate::numbers;
use crate::records::{
    ActionKey, ActionRecord, ActionStatus, Event, EventRecord, Instead, StateRecord, TaskRecord,
};
use crate::rows::task_item;
use crate::tasks::Choice;
use crate::watch::hides_in_quota;
use crate::write::{Guard, Transacted, Transaction, Tries, from_item, number, text, update_item};
use crate::{Ledger, LedgerError};

/// What the machine may do in one practice before a person has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Acts an hour.
    pub per_hour: u32,
    /// Acts a day.
    pub per_day: u32,
}

/// What became of a claim.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is yours until the lease runs out.
    Yours(Box<ActionRecord>),
    /// Somebody else has it, or it is settled: leave it.
    Taken,
    /// A cap, the switch or a rule that stopped itself is in the way; a task was opened for a
    /// person.
    Parked {
        /// The action.
        effect: Effect,
        /// Why, in plain words.
        why: String,
    },
}

/// What became of an action that was carried out, or was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The platform confirmed it.
    Done {
        /// What it answered, in plain words.
        detail: String,
    },
    /// The post is gone, so that there was nothing to do it to.
    Gone {
        /// What the platform answered, in plain words.
        detail: String,
    },
    /// It is to be tried again.
    Retry {
        /// Not before.
        at: Timestamp,
        /// Why, in plain words.
        why: String,
        /// Whether the platform may have been asked to do it.
        asked: bool,
    },
    /// The platform took it, and has yet to say whether it shows it: it is to be looked at again.
    Sent {
        /// Not before.
        at: Timestamp,
        /// What is waited for, in plain words.
        why: String,
    },
    /// It cannot be done by the machine: a person is told.
    Failed {
        /// Why, in plain words.
        why: String,
    },
}

/// Hours that a quota counter is kept, for people who ask what happened.
const QUOTA_KEPT_HOURS: i64 = 72;

/// Why a person's action is let go.
const OVERRULED: &str = "somebody decided otherwise since";

impl Ledger {
    /// Claims an action for as long as the lease runs, charging it to the caps the first time.
    ///
    /// The claim, the charge and the looks at the switch and at the rule are one transaction. A
    /// person's own choices are not charged: the caps are there to stop the machine. Where a cap has
    /// no more room, the rule under which most was hidden stops itself.
    pub async fn claim(
        &self,
        key: &ActionKey,
        caps: Caps,
        lease: SignedDuration,
        now: Timestamp,
    ) -> Result<Claim, LedgerError> {
        let mut tries = Tries::at(&key.post);
        loop {
            tries.next().await?;
            let Some(action) = self
                .read::<ActionRecord>(keys::action(&key.post, &key.id))
                .await?
            else {
                return Ok(Claim::Taken);
            };
            if action.status != ActionStatus::Pending {
                return Ok(Claim::Taken);
            }
            let mut writes = Transaction::default();
            writes.push(Guard::Action, self.claim_write(&action, now + lease)?);
            let by_machine = action.by == By::Machine;
            let state = self.state(&key.post).await?;
            let why = match why_let_go(&action, &state) {
                Some(why) => Some(why),
                None if self.is_overruled(&action).await? => Some(OVERRULED),
                None => None,
            };
            if let Some(why) = why {
                self.settle(
                    &action,
                    &Settled::Dropped {
                        why: why.to_owned(),
                    },
                    now,
                )
                .await?;
                return Ok(Claim::Taken);
            }
            writes.push(Guard::History, self.state_check(&action, state.seq)?);
            if by_machine {
                writes.push(Guard::Switch, self.switch_check(&action)?);
            }
            let hides_under = hides_under(&action);
            if let Some(clause) = hides_under {
                let check = self.runs_check(&action.key.practice, clause)?;
                writes.push(Guard::Runs, check);
            }
            if by_machine && !action.charged {
                writes.push(
                    Guard::HourCap,
                    self.charge(&action, &hour(now), caps.per_hour, now)?,
                );
                writes.push(
                    Guard::DayCap,
                    self.charge(&action, &day(now), caps.per_day, now)?,
                );
            }
            match self.transact(writes).await? {
                Transacted::Written => {
                    // `may_be_done` is handed out as it was before this try, for one that turns out
                    // to have asked for nothing.
                    let claimed = ActionRecord {
                        status: ActionStatus::Claimed,
                        attempts: action.attempts + 1,
                        charged: action.charged || by_machine,
                        ..action
                    };
                    return Ok(Claim::Yours(Box::new(claimed)));
                }
                Transacted::Conflict => {}
                refused @ Transacted::Refused(_) if refused.refused(Guard::Action) => {
                    return Ok(Claim::Taken);
                }
                // The post's history grew in between: look again, a person may have decided.
                refused @ Transacted::Refused(_) if refused.refused(Guard::History) => {}
                refused @ Transacted::Refused(_) => {
                    let why = if refused.refused(Guard::Switch) {
                        "the practice's switch is off".to_owned()
                    } else if let (true, Some(clause)) = (refused.refused(Guard::Runs), hides_under)
                    {
                        format!("rule {clause} has stopped itself")
                    } else {
                        let over_hour = refused.refused(Guard::HourCap);
                        // Before it is parked: whoever is told once too often is told, and each
                        // window once.
                        let window = if over_hour { hour(now) } else { day(now) };
                        self.limit_reached(&action.key.practice, &window, now)
                            .await?;
                        if over_hour {
                            format!("over the cap of {} acts an hour", caps.per_hour)
                        } else {
                            format!("over the cap of {} acts a day", caps.per_day)
                        }
                    };
                    if self
                        .settle(&action, &Settled::Parked { why: why.clone() }, now)
                        .await?
                    {
                        return Ok(Claim::Parked {
                            effect: action.effect,
                            why,
                        });
                    }
                }
            }
        }
    }

    fn claim_write(
        &self,
        action: &ActionRecord,
        lease_until: Timestamp,
    ) -> Result<TransactWriteItem, LedgerError> {
        let update = self
            .update(&keys::action(&action.key, &action.id))
            .update_expression(
                "SET #status = :claimed, charged = :charged, due_sk = :due, may_be_done = :yes ADD attempts :one",
            )
            .condition_expression("#status = :pending AND attempts = :attempts")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pending", text(ActionStatus::Pending.name()))
            .expression_attribute_values(":claimed", text(ActionStatus::Claimed.name()))
            .expression_attribute_values(
                ":charged",
                AttributeValue::Bool(action.charged || action.by == By::Machine),
            )
            .expression_attribute_values(":attempts", number(action.attempts))
            // As long as nobody knows better.
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":due", text(keys::due_time(lease_until, &action.id)))
            .expression_attribute_values(":one", number(1));
        update_item(update)
    }

    fn switch_check(&self, action: &ActionRecord) -> Result<TransactWriteItem, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::switch(&action.key.practice).attributes()))
            .condition_expression("attribute_not_exists(PK) OR #on = :on")
            .expression_attribute_names("#on", "on")
            .expression_attribute_values(":on", AttributeValue::Bool(true))
            .build()
            .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    fn state_check(
        &self,
        action: &ActionRecord,
        seq: u64,
    ) -> Result<TransactWriteItem, LedgerError> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(keys::state(&action.key).attributes()))
            .condition_expression("seq = :seq")
            .expression_attribute_values(":seq", number(seq))
            .build()
            .map_err(|source| LedgerError::Unavailable(Box::new(source)))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    fn charge(
        &self,
        action: &ActionRecord,
        window: &str,
        cap: u32,
        now: Timestamp,
    ) -> Result<TransactWriteItem, LedgerError> {
        let expires = now + SignedDuration::from_hours(QUOTA_KEPT_HOURS);
        let mut update = self.update(&keys::quota(&action.key.practice, window));
        let mut also = "";
        if let Some(clause) = hides_under(action) {
            also = ", #hides :one";
            update = update.expression_attribute_names("#hides", hides_in_quota(clause));
        }
        let update = update
            .update_expression(format!("SET expires = :expires ADD #count :one{also}"))
            // A cap of nothing allows nothing, also on the first act of a window.
            .condition_expression(
                "(attribute_not_exists(#count) AND :cap > :zero) OR #count < :cap",
            )
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":cap", number(cap))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires", number(expires.as_second()));
        update_item(update)
    }

    /// Settles a claimed action. Returns false if somebody else had settled it.
    pub async fn conclude(
        &self,
        action: &ActionRecord,
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let settled = match outcome {
            Outcome::Done { detail } => Settled::Done {
                detail: detail.clone(),
                gone: false,
            },
            Outcome::Gone { detail } => Settled::Done {
                detail: detail.clone(),
                gone: true,
            },
            Outcome::Failed { why } => Settled::Failed { why: why.clone() },
            Outcome::Retry { at, why, asked } => {
                let may_be_done = action.may_be_done || *asked;
                return self
                    .put_off(action, action.sent, may_be_done, *at, why)
                    .await;
            }
            Outcome::Sent { at, why } => return self.put_off(action, true, true, *at, why).await,
        };
        self.settle(action, &settled, now).await
    }

    /// Puts a pending action off without a try: nothing may be sent before then. Returns false if
    /// somebody else has it.
    pub async fn hold_back(
        &self,
        action: &ActionRecord,
        until: Timestamp,
        why: &str,
    ) -> Result<bool, LedgerError> {
        // As if it were claimed, so that `remind` sets it free when it is due; and nothing is
        // counted as a try.
        let update = self
            .update(&keys::action(&action.key, &action.id))
            .update_expression("SET #status = :claimed, due_sk = :due, #result = :why")
            .condition_expression("#status = :pending AND attempts = :attempts")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":claimed", text(ActionStatus::Claimed.name()))
            .expression_attribute_values(":pending", text(ActionStatus::Pending.name()))
            .expression_attribute_values(":attempts", number(action.attempts))
            .expression_attribute_values(":due", text(keys::due_time(until, &action.id)))
            .expression_attribute_values(":why", text(why));
        self.change_action(update).await
    }

    /// Changes an action outside of its post's history. Returns false if it is not as it was read.
    async fn change_action(&self, update: UpdateBuilder) -> Result<bool, LedgerError> {
        let mut writes = Transaction::default();
        writes.push(Guard::Action, update_item(update)?);
        Ok(self.transact(writes).await? == Transacted::Written)
    }

    /// Returns a claimed action with the words that are true of its post as it stands now, and
    /// whether those are others than when somebody chose to send them. Both stand in the action,
    /// sealed by the history.
    pub async fn true_wording(
        &self,
        action: ActionRecord,
    ) -> Result<(ActionRecord, bool), LedgerError> {
        let Some(Instead { when, words }) = &action.instead else {
            return Ok((action, false));
        };
        if self.state(&action.key).await?.visibility != *when {
            return Ok((action, false));
        }
        let instead = Instead {
            when: when.other(),
            words: action.words.clone().unwrap_or_default(),
        };
        Ok((
            ActionRecord {
                words: Some(words.clone()),
                instead: Some(instead),
                ..action
            },
            true,
        ))
    }

    async fn put_off(
        &self,
        action: &ActionRecord,
        sent: bool,
        may_be_done: bool,
        at: Timestamp,
        why: &str,
    ) -> Result<bool, LedgerError> {
        // Still claimed: the lease now ends when the next try is due, and `remind` sets it free.
        let update = self
            .update(&keys::action(&action.key, &action.id))
            .update_expression(
                "SET due_sk = :due, #result = :why, sent = :sent, may_be_done = :may",
            )
            .condition_expression("#status = :claimed AND attempts = :attempts")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":claimed", text(ActionStatus::Claimed.name()))
            .expression_attribute_values(":attempts", number(action.attempts))
            .expression_attribute_values(":due", text(keys::due_time(at, &action.id)))
            .expression_attribute_values(":sent", AttributeValue::Bool(sent))
            .expression_attribute_values(":may", AttributeValue::Bool(may_be_done))
            .expression_attribute_values(":why", text(why));
        self.change_action(update).await
    }

    async fn settle(
        &self,
        action: &ActionRecord,
        settled: &Settled,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut tries = Tries::at(&action.key);
        loop {
            tries.next().await?;
            let state = self.state(&action.key).await?;
            let task = settled.task(action, &state, now);
            let event = settled.event(action, task.as_ref());
            let mut writes = Transaction::default();
            writes.push(Guard::Action, self.settle_write(action, settled)?);
            if let Some(task) = &task {
                self.add(&mut writes, task_item(task)?)?;
            }
            if let Settled::Done { gone: false, .. } = settled {
                let counted = numbers::of_action(action);
                self.count(&mut writes, &action.key.practice, counted, now)?;
            }
            self.append(&mut writes, &action.key, &state, now, &event, None)
                .await?;
            match self.transact(writes).await? {
                Transacted::Written => {
                    self.drop_words_taken_back(&action.key, now).await?;
                    return Ok(true);
                }
                refused if refused.refused(Guard::Action) => return Ok(false),
                Transacted::Refused(_) | Transacted::Conflict => {}
            }
        }
    }

    fn settle_write(
        &self,
        action: &ActionRecord,
        settled: &Settled,
    ) -> Result<TransactWriteItem, LedgerError> {
        let (status, result) = match settled {
            Settled::Done { detail, .. } => (ActionStatus::Done, detail),
            Settled::Failed { why } => (ActionStatus::Failed, why),
            Settled::Parked { why } => (ActionStatus::Parked, why),
            Settled::Dropped { why } => (ActionStatus::Dropped, why),
        };
        let update = self
            .update(&keys::action(&action.key, &action.id))
            .update_expression(
                "SET #status = :status, #result = :result REMOVE due_kind, due_pk, due_sk",
            )
            .condition_expression("#status = :from AND attempts = :attempts")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#result", "result")
            .expression_attribute_values(":from", text(settled.from().name()))
            .expression_attribute_values(":status", text(status.name()))
            .expression_attribute_values(":result", text(result))
            .expression_attribute_values(":attempts", number(action.attempts));
        update_item(update)
    }

    /// Returns `true` if a person asked for an action, and a person decided the opposite since. What
    /// was asked for first may come last: its platform was slow, or whoever carried it out died.
    ///
    /// The lines of the history say which was first; people's clocks may not.
    async fn is_overruled(&self, action: &ActionRecord) -> Result<bool, LedgerError> {
        let (opposite, decided) = if action.effect == Effect::Hide {
            (Effect::Unhide, Choice::Keep)
        } else {
            (Effect::Hide, Choice::KeepHidden)
        };
        let is_it = matches!(action.effect, Effect::Hide | Effect::Unhide);
        if action.by != By::Person || !is_it {
            return Ok(false);
        }
        let others = self.actions(&action.key).await?.into_iter();
        let others = others.filter(|other| other.by == By::Person && other.effect == opposite);
        let others: BTreeSet<String> = others.map(|other| other.id).collect();
        let mut was_asked_for = false;
        let lines = self.partition(&keys::post(&action.key), "EVT#").await?;
        let lines = lines.into_iter().map(from_item::<EventRecord>);
        let mut lines = lines.collect::<Result<Vec<_>, _>>()?;
        lines.sort_by_key(|line| line.seq);
        for line in lines {
            let Ok(event) = line.event() else { continue };
            let (follows, choice) = if let Event::Chosen { action, choice, .. } = event {
                (action, Some(choice))
            } else if let Event::ShownAgain { action, .. } = event {
                (Some(action), None)
            } else {
                continue;
            };
            let is_otherwise = follows.as_ref().is_some_and(|id| others.contains(id));
            if was_asked_for && (is_otherwise || choice == Some(decided)) {
                return Ok(true);
            }
            was_asked_for |= follows.as_ref() == Some(&action.id);
        }
        Ok(false)
    }

    /// Returns the actions of a post.
    pub async fn actions(
        &self,
        post: &pagewarden_rules::PostKey,
    ) -> Result<Vec<ActionRecord>, LedgerError> {
        self.partition(&keys::post(post), "ACT#")
            .await?
            .into_iter()
            .map(from_item)
            .collect()
    }
}

/// Returns the clause under which the machine hides by an action, if it does that.
fn hides_under(action: &ActionRecord) -> Option<&str> {
    let hides = action.by == By::Machine && action.effect == Effect::Hide;
    action.clause.as_deref().filter(|_| hides)
}

/// Returns `true` if the machine would do it to words that a person decided to keep.
fn is_against_keep(action: &ActionRecord, state: &StateRecord) -> bool {
    action.by == By::Machine && state.kept.contains(&action.revision)
}

/// Returns `true` if other words stand there than those that an action is about.
fn has_other_words(action: &ActionRecord, state: &StateRecord) -> bool {
    let now = state.revision.as_ref();
    is_about_words(action.effect) && now.is_some_and(|now| *now != action.revision)
}

/// Returns why an action is not to be carried out any more, or none if it is.
fn why_let_go(action: &ActionRecord, state: &StateRecord) -> Option<&'static str> {
    if is_against_keep(action, state) {
        Some("a person decided to keep it")
    } else if has_other_words(action, state) {
        Some("the words have changed since, and were judged again")
    } else {
        None
    }
}

/// Returns `true` if an effect is about the words that stand there, and not about the account that
/// wrote them.
const fn is_about_words(effect: Effect) -> bool {
    !matches!(effect, Effect::Ban | Effect::Mute)
}

enum Settled {
    Done { detail: String, gone: bool },
    Failed { why: String },
    Parked { why: String },
    Dropped { why: String },
}

impl Settled {
    const fn from(&self) -> ActionStatus {
        match self {
            Settled::Parked { .. } | Settled::Dropped { .. } => ActionStatus::Pending,
            Settled::Done { .. } | Settled::Failed { .. } => ActionStatus::Claimed,
        }
    }

    /// Opens a task for what the machine could not do: nothing is dropped in silence.
    fn task(
        &self,
        action: &ActionRecord,
        state: &StateRecord,
        now: Timestamp,
    ) -> Option<TaskRecord> {
        let by_hand = |why: String| (TaskKind::DoByHand, action.effect, why);
        let (kind, option, why) = match self {
            // The words changed while the platform was hiding it, so what is hidden is what nobody
            // judged so.
            Settled::Done { gone: false, .. } if action.effect == Effect::Hide => {
                let why = if state.revision.as_ref() != Some(&action.revision) {
                    "The words changed while it was being hidden. Read them again."
                } else if is_against_keep(action, state) {
                    // The platform had it already when somebody decided.
                    "Somebody decided to keep it while it was being hidden."
                } else {
                    return None;
                };
                (TaskKind::ShowAgain, Effect::Unhide, why.to_owned())
            }
            Settled::Failed { .. }
                if action.effect == Effect::Hide && is_against_keep(action, state) =>
            {
                let why = "Somebody decided to keep it while it was being hidden, and the platform did not say whether it \
                           was. If it is hidden, show it again.";
                (TaskKind::ShowAgain, Effect::Unhide, why.to_owned())
            }
            // An earlier try may have done it although nobody heard, and what is let go will not
            // find out.
            Settled::Dropped { .. } if action.may_be_done && action.effect == Effect::Hide => {
                let since = if has_other_words(action, state) {
                    "before the words changed. Read them again, and see whether they are hidden."
                } else {
                    "before somebody decided to keep it. If it is hidden, show it again."
                };
                let why = format!("It may have been hidden {since}");
                (TaskKind::ShowAgain, Effect::Unhide, why)
            }
            Settled::Dropped { .. } if action.may_be_done && action.effect == Effect::Unhide => {
                if has_other_words(action, state) {
                    let why = "It may have been shown again before the words changed. Read them again, and see whether they \
                               are hidden.";
                    (TaskKind::ShowAgain, Effect::Unhide, why.to_owned())
                } else {
                    let why = "It may have been shown again before somebody decided to leave it hidden. If it can be seen, \
                               hide it.";
                    (TaskKind::DoByHand, Effect::Hide, why.to_owned())
                }
            }
            Settled::Done { .. } | Settled::Dropped { .. } => return None,
            Settled::Failed { why } => by_hand(format!(
                "Pagewarden could not {}: {why}",
                action.effect.plain()
            )),
            Settled::Parked { why } => by_hand(format!(
                "Pagewarden did not {}: {why}",
                action.effect.plain()
            )),
        };
        let name = format!("{} {}", action.key, action.id);
        let (key, revision) = (action.key.clone(), action.revision.clone());
        Some(TaskRecord {
            urgency: Urgency::High,
            due_at: now + SignedDuration::from_hours(24),
            clauses: action.clause.iter().cloned().collect(),
            options: vec![option],
            draft: action.words.clone(),
            author: AuthorHash::of(&action.key, &action.post),
            ..TaskRecord::opened(&name, key, revision, kind, now, why)
        })
    }

    fn event(&self, action: &ActionRecord, task: Option<&TaskRecord>) -> Event {
        let (id, effect) = (action.id.clone(), action.effect);
        let opened = task.map(|task| task.id.clone());
        let task = opened.clone().unwrap_or_default();
        match self {
            Settled::Done { detail, gone } => Event::Acted {
                action: id,
                effect,
                detail: detail.clone(),
                task: opened,
                gone: *gone,
            },
            Settled::Failed { why } => Event::Failed {
                action: id,
                effect,
                why: why.clone(),
                task,
            },
            Settled::Parked { why } => Event::Parked {
                action: id,
                effect,
                why: why.clone(),
                task,
            },
            Settled::Dropped { why } => Event::Dropped {
                action: id,
                effect,
                why: why.clone(),
                task: opened,
            },
        }
    }
}

fn hour(now: Timestamp) -> String {
    format!("hour#{}", now.strftime("%Y-%m-%dT%H"))
}

fn day(now: Timestamp) -> String {
    format!("day#{}", now.strftime("%Y-%m-%d"))
}
