//! Numbers: what came, what was decided and how soon, counted by practice and day.
//!
//! Each is counted in the transaction that records the fact, so that it is counted once whatever
//! is tried again, and no text or name is part of it. All counters of a day stand in one item,
//! which every decision updates anyway: what a decision adds to it costs no further write unit
//! until the item passes 1 KB. A person's choice, an acknowledgement and a confirmed hide of the
//! machine's take one more write of it each. Days are those of UTC. What was counted stays
//! counted when the post it came from is deleted.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_rules::{By, Disposition, Effect, Platform, PracticeId, TaskKind, Topic, words};

use crate::authority::Grounds;
use crate::cases::Question;
use crate::decisions::NewDecision;
use crate::records::{ActionRecord, RevisionRecord, StateRecord, TaskRecord};
use crate::rows::opened_at;
use crate::tasks::Choice;
use crate::write::{Guard, Item, Transaction, key_of, number, text, update_item};
use crate::{Ledger, LedgerError, keys};

words! {
    /// How soon something was done: the smallest span that holds it.
    Within {
        /// In a quarter of an hour.
        QuarterHour "15m",
        /// In an hour.
        Hour "1h",
        /// In four hours.
        FourHours "4h",
        /// In a day.
        Day "1d",
        /// In three days.
        ThreeDays "3d",
        /// In a week.
        Week "7d",
        /// Later.
        Longer "longer",
    }
}

impl Within {
    /// Returns the span that holds the time between these.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        let minutes = to.duration_since(from).as_mins();
        let holds = |within: &Within| within.minutes().is_none_or(|most| minutes <= most);
        Within::ALL
            .iter()
            .copied()
            .find(holds)
            .unwrap_or(Within::Longer)
    }

    /// Returns the minutes of the longest time in it.
    const fn minutes(self) -> Option<i64> {
        match self {
            Within::QuarterHour => Some(15),
            Within::Hour => Some(60),
            Within::FourHours => Some(4 * 60),
            Within::Day => Some(24 * 60),
            Within::ThreeDays => Some(3 * 24 * 60),
            Within::Week => Some(7 * 24 * 60),
            Within::Longer => None,
        }
    }
}

words! {
    /// A time by which people have to answer.
    Clock {
        /// Somebody may be in danger: somebody says that they are dealing with it.
        Danger "danger",
        /// Is it a complaint?
        Complaint "complaint",
        /// The complaint is acknowledged.
        Acknowledgement "acknowledgement",
        /// The legal advice that the policy promises is sought.
        Advice "advice",
        /// Everything else that is asked about a post.
        Decision "decision",
    }
}

impl Clock {
    /// Returns the clock by which a task is to be answered, if it has one: what may be left has
    /// none, nor has the question what became of a report, which only the platform can answer.
    fn of(task: &TaskRecord) -> Option<Self> {
        if task.optional {
            return None;
        }
        match Question::asked_by(task.kind) {
            Question::Danger => Some(Clock::Danger),
            Question::Complaint => Some(Clock::Complaint),
            Question::Acknowledgement => Some(Clock::Acknowledgement),
            Question::LegalAdvice => Some(Clock::Advice),
            Question::ReportOutcome | Question::Channel | Question::Contact => None,
            Question::Post
            | Question::Elsewhere
            | Question::Report
            | Question::Reply
            | Question::Approval
            | Question::Message
            | Question::Warning
            | Question::Incident
            | Question::ByHand
            | Question::Appeal
            | Question::SecondLook
            | Question::Care => Some(Clock::Decision),
        }
    }
}

/// Something that is counted.
///
/// A further one is a variant with its name in [`Counter::name`] and [`Counter::parse`]; names in
/// the table never change their meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// A version of a post was judged.
    Judged,
    /// It came to this.
    Came(Disposition),
    /// It was criticism, broke nothing, and was left alone.
    CriticismLeft,
    /// It became a case: something is done about it or asked of people.
    Case(Platform),
    /// A clause of the policy applied to a case. One case may have several.
    Clause {
        /// Where the post stands.
        platform: Platform,
        /// The clause's id.
        clause: String,
    },
    /// The platform confirmed that it hid a post for the machine, under this clause.
    Hidden(String),
    /// People had shown again what the machine had hidden under this clause.
    Restored(String),
    /// People decided that what the machine had hidden under this clause stays hidden.
    Upheld(String),
    /// Of a hidden post that was drawn for a second look, people said that it was right.
    FoundRight,
    /// Of such a post, people had it shown again.
    FoundWrong,
    /// So soon after a case was opened came the first decision of a person about it.
    FirstDecision(Within),
    /// A clock was met.
    Met(Clock),
    /// A clock was answered, too late.
    Missed(Clock),
    /// People chose this.
    Chose(Choice),
    /// An author asked for another look.
    Appealed,
    /// A version of the policy in shadow judged a version of a post too.
    Beside {
        /// The version of the policy.
        policy: u32,
        /// What it came to by the version in force, as far as that acts.
        did: Disposition,
        /// What it would have come to by this one, as in `live`.
        would: Disposition,
    },
}

impl Counter {
    /// Returns the name under which it stands in the table. A clause's id comes last, since it may
    /// hold any character.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Counter::Judged => "decided".to_owned(),
            Counter::Came(disposition) => disposition.name().to_owned(),
            Counter::CriticismLeft => "criticism_left".to_owned(),
            Counter::Case(platform) => format!("opened#{platform}"),
            Counter::Clause { platform, clause } => format!("clause#{platform}#{clause}"),
            Counter::Hidden(clause) => format!("hidden#{clause}"),
            Counter::Restored(clause) => format!("restored#{clause}"),
            Counter::Upheld(clause) => format!("upheld#{clause}"),
            Counter::FoundRight => "found_right".to_owned(),
            Counter::FoundWrong => "found_wrong".to_owned(),
            Counter::FirstDecision(within) => format!("first#{within}"),
            Counter::Met(clock) => format!("met#{clock}"),
            Counter::Missed(clock) => format!("missed#{clock}"),
            Counter::Chose(choice) => format!("chose#{choice}"),
            Counter::Appealed => "appealed".to_owned(),
            Counter::Beside { policy, did, would } => format!("beside#{policy}#{did}#{would}"),
        }
    }

    /// Returns the counter of a name; none if this version of the program does not know it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (kind, of) = name.split_once('#').unwrap_or((name, ""));
        Some(match kind {
            "decided" => Counter::Judged,
            "criticism_left" => Counter::CriticismLeft,
            "opened" => Counter::Case(of.parse().ok()?),
            "clause" => {
                let (platform, clause) = of.split_once('#')?;
                Counter::Clause {
                    platform: platform.parse().ok()?,
                    clause: clause.to_owned(),
                }
            }
            "hidden" => Counter::Hidden(of.to_owned()),
            "restored" => Counter::Restored(of.to_owned()),
            "upheld" => Counter::Upheld(of.to_owned()),
            "found_right" => Counter::FoundRight,
            "found_wrong" => Counter::FoundWrong,
            "first" => Counter::FirstDecision(of.parse().ok()?),
            "met" => Counter::Met(of.parse().ok()?),
            "missed" => Counter::Missed(of.parse().ok()?),
            "chose" => Counter::Chose(of.parse().ok()?),
            "appealed" => Counter::Appealed,
            "beside" => {
                let (policy, of) = of.split_once('#')?;
                let (did, would) = of.split_once('#')?;
                Counter::Beside {
                    policy: policy.parse().ok()?,
                    did: did.parse().ok()?,
                    would: would.parse().ok()?,
                }
            }
            _ => Counter::Came(kind.parse().ok()?),
        })
    }
}

/// How often each thing happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Counter, u64>);

impl Tally {
    /// Returns how often it happened.
    #[must_use]
    pub fn of(&self, counter: &Counter) -> u64 {
        self.0.get(counter).copied().unwrap_or_default()
    }

    /// Returns everything that happened, in order, each with how often.
    pub fn iter(&self) -> impl Iterator<Item = (&Counter, u64)> {
        self.0.iter().map(|(counter, times)| (counter, *times))
    }

    /// Returns how often those happened for which `wanted` returns true, together.
    #[must_use]
    pub fn sum(&self, wanted: impl Fn(&Counter) -> bool) -> u64 {
        let wanted = self.0.iter().filter(|(counter, _)| wanted(counter));
        wanted.map(|(_, times)| times).sum()
    }

    /// Returns how soon the first decision came in so many of a hundred cases: 50 is the median.
    /// None where there was none.
    #[must_use]
    pub fn first_decision(&self, percent: u64) -> Option<Within> {
        let all = self.sum(|counter| matches!(counter, Counter::FirstDecision(_)));
        let wanted = (all * percent).div_ceil(100).max(1);
        let mut seen = 0;
        Within::ALL.iter().copied().find(|within| {
            seen += self.of(&Counter::FirstDecision(*within));
            seen >= wanted
        })
    }

    fn add(&mut self, other: &Tally) {
        for (counter, times) in &other.0 {
            *self.0.entry(counter.clone()).or_default() += times;
        }
    }
}

impl FromIterator<Counter> for Tally {
    fn from_iter<T: IntoIterator<Item = Counter>>(counters: T) -> Self {
        let mut tally = Tally::default();
        for counter in counters {
            *tally.0.entry(counter).or_default() += 1;
        }
        tally
    }
}

/// What was counted at a practice, by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// The days on which anything was, oldest first.
    pub days: BTreeMap<Date, Tally>,
}

impl Numbers {
    /// Returns all days together.
    #[must_use]
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for tally in self.days.values() {
            total.add(tally);
        }
        total
    }

    /// Returns the days of each period together, given the day with which a day's period begins.
    #[must_use]
    pub fn by(&self, period: impl Fn(Date) -> Date) -> BTreeMap<Date, Tally> {
        let mut periods: BTreeMap<Date, Tally> = BTreeMap::new();
        for (day, tally) in &self.days {
            periods.entry(period(*day)).or_default().add(tally);
        }
        periods
    }

    /// Returns the days of each month together, by its first day.
    #[must_use]
    pub fn by_month(&self) -> BTreeMap<Date, Tally> {
        self.by(Date::first_of_month)
    }
}

impl Ledger {
    /// Returns what was counted at a practice from one day to another, both included: one query,
    /// of one small item a day.
    pub async fn numbers(
        &self,
        practice: &PracticeId,
        from: Date,
        to: Date,
    ) -> Result<Numbers, LedgerError> {
        let first = keys::count(practice, from);
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("PK = :pk AND SK BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(first.pk))
            .expression_attribute_values(":from", text(first.sk))
            .expression_attribute_values(":to", text(keys::count(practice, to).sk))
            .into_paginator()
            .items()
            .send();
        let items: Vec<Item> = items.collect::<Result<_, _>>().await?;
        let days = items.iter().filter_map(|item| {
            let day = key_of(item).sk.parse().ok()?;
            Some((day, tally(item)))
        });
        Ok(Numbers {
            days: days.collect(),
        })
    }

    /// Adds the write that counts these. Where there is nothing to count it adds none.
    pub(crate) fn count(
        &self,
        writes: &mut Transaction,
        practice: &PracticeId,
        counters: impl IntoIterator<Item = Counter>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let tally: Tally = counters.into_iter().collect();
        if tally.0.is_empty() {
            return Ok(());
        }
        let mut update = self.update(&keys::count(practice, day(now)));
        let mut adds = Vec::new();
        for (n, (counter, times)) in tally.iter().enumerate() {
            update = update
                .expression_attribute_names(format!("#{n}"), counter.name())
                .expression_attribute_values(format!(":{n}"), number(times));
            adds.push(format!("#{n} :{n}"));
        }
        let update = update.update_expression(format!("ADD {}", adds.join(", ")));
        writes.push(Guard::Nothing, update_item(update)?);
        Ok(())
    }
}

/// Returns the day in which a time is counted.
fn day(now: Timestamp) -> Date {
    now.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// Reads the counters of a day. Those of a newer version of the program are left out.
fn tally(item: &Item) -> Tally {
    let counted = item.iter().filter_map(|(name, value)| {
        let counter = Counter::parse(name)?;
        Some((counter, times(value)?))
    });
    Tally(counted.collect())
}

fn times(value: &AttributeValue) -> Option<u64> {
    value.as_n().ok()?.parse().ok()
}

/// Returns what a decision counts. `is_case` says that something follows from it.
pub(crate) fn of_decision(
    revision: &RevisionRecord,
    new: &NewDecision,
    is_case: bool,
) -> Vec<Counter> {
    let decision = &new.decision;
    let platform = revision.key.platform;
    let mut counters = vec![Counter::Judged, Counter::Came(decision.disposition)];
    if is_case {
        counters.push(Counter::Case(platform));
        let clauses = decision.clauses.iter().chain(&decision.learned);
        let mut clauses: Vec<&String> = clauses.map(|clause| &clause.id).collect();
        clauses.sort();
        clauses.dedup();
        counters.extend(clauses.into_iter().map(|clause| Counter::Clause {
            platform,
            clause: clause.clone(),
        }));
    } else if new
        .findings
        .iter()
        .any(|finding| finding.topic == Topic::Criticism)
    {
        counters.push(Counter::CriticismLeft);
    }
    counters.extend(new.beside.as_ref().map(|beside| Counter::Beside {
        policy: beside.policy,
        did: decision.disposition,
        would: beside.disposition,
    }));
    counters
}

/// Returns what a person's choice counts, given the tasks that it closes.
pub(crate) fn of_choice(
    task: &TaskRecord,
    settled: &[&TaskRecord],
    choice: Choice,
    at: &Grounds,
    now: Timestamp,
) -> Vec<Counter> {
    let mut counters = vec![Counter::Chose(choice)];
    let closed = std::iter::once(task).chain(settled.iter().copied());
    counters.extend(closed.filter_map(|closed| of_clock(closed, &at.state, now)));
    let is_drawn = |task: &TaskRecord| task.kind == TaskKind::SecondLook;
    let is_drawn = is_drawn(task) || settled.iter().any(|task| is_drawn(task));
    if at.effect(task, choice) == Some(Effect::Unhide) {
        counters.extend(of_restoring(at));
        counters.extend(is_drawn.then_some(Counter::FoundWrong));
    } else if let Some(upheld) = at.upheld_by(choice) {
        counters.push(Counter::Upheld(upheld.to_owned()));
        counters.extend(is_drawn.then_some(Counter::FoundRight));
    }
    let alike = || {
        at.tasks()
            .iter()
            .filter(|other| other.revision == task.revision && is_asked_first(other.kind))
    };
    if is_asked_first(task.kind) && alike().all(|other| other.chosen().is_none()) {
        let opened = alike().map(opened_at).min();
        counters.extend(opened.map(|opened| Counter::FirstDecision(Within::between(opened, now))));
    }
    counters
}

/// Returns `true` if tasks of a kind are opened by a decision of the machine, and not by an answer
/// to another task.
const fn is_asked_first(kind: TaskKind) -> bool {
    kind.is_about_a_post()
        && !matches!(
            kind,
            TaskKind::ReportOutcome
                | TaskKind::AcknowledgeComplaint
                | TaskKind::ApproveAnswer
                | TaskKind::Appeal
                | TaskKind::SecondLook
        )
}

/// Returns what counts when a post is shown again: once for each time that the machine hid it.
pub(crate) fn of_restoring(at: &Grounds) -> Option<Counter> {
    at.hidden_under()
        .map(|clause| Counter::Restored(clause.to_owned()))
}

/// Returns what counts when somebody first sees to a task: whether it was in time.
pub(crate) fn of_clock(task: &TaskRecord, state: &StateRecord, now: Timestamp) -> Option<Counter> {
    let clock = Clock::of(task)?;
    // That somebody is dealing with it is what the clock of a danger waits for.
    if state.acknowledged.contains_key(&task.id) {
        return None;
    }
    Some(if now <= task.due_at {
        Counter::Met(clock)
    } else {
        Counter::Missed(clock)
    })
}

/// Returns what an action counts that the platform confirmed.
pub(crate) fn of_action(action: &ActionRecord) -> Option<Counter> {
    (action.by == By::Machine && action.effect == Effect::Hide)
        .then(|| Counter::Hidden(action.clause.clone().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind, and every word of those that have words.
    fn every_counter() -> Vec<Counter> {
        let clause = || "custom:a#b".to_owned();
        let mut all = vec![
            Counter::Judged,
            Counter::CriticismLeft,
            Counter::Appealed,
            Counter::FoundRight,
            Counter::FoundWrong,
            Counter::Hidden(clause()),
            Counter::Restored(clause()),
            Counter::Upheld(clause()),
            Counter::Hidden(String::new()),
        ];
        all.extend(Disposition::ALL.iter().map(|one| Counter::Came(*one)));
        all.extend(Platform::ALL.iter().map(|one| Counter::Case(*one)));
        all.extend(Platform::ALL.iter().map(|one| Counter::Clause {
            platform: *one,
            clause: clause(),
        }));
        all.extend(Within::ALL.iter().map(|one| Counter::FirstDecision(*one)));
        all.extend(Clock::ALL.iter().map(|one| Counter::Met(*one)));
        all.extend(Clock::ALL.iter().map(|one| Counter::Missed(*one)));
        all.extend(Choice::ALL.iter().map(|one| Counter::Chose(*one)));
        let both = Disposition::ALL
            .iter()
            .flat_map(|did| Disposition::ALL.iter().map(move |would| (*did, *would)));
        all.extend(both.map(|(did, would)| Counter::Beside {
            policy: 12,
            did,
            would,
        }));
        all
    }

    #[test]
    fn a_counter_is_read_from_its_name_and_no_two_share_one() {
        let all = every_counter();
        let mut names: Vec<String> = all.iter().map(Counter::name).collect();
        for (counter, name) in all.iter().zip(&names) {
            assert_eq!(Counter::parse(name).as_ref(), Some(counter), "{name}");
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
        for strange in ["PK", "SK", "chose#dance", "opened", "clause#facebook", ""] {
            assert_eq!(Counter::parse(strange), None, "{strange}");
        }
    }

    #[test]
    fn the_median_is_the_span_in_which_half_of_them_were() {
        let tally = |spans: &[Within]| -> Tally {
            spans.iter().copied().map(Counter::FirstDecision).collect()
        };
        assert_eq!(Tally::default().first_decision(50), None);
        let one = tally(&[Within::Day]);
        assert_eq!(one.first_decision(50), Some(Within::Day));
        assert_eq!(one.first_decision(90), Some(Within::Day));
        let ten = tally(&[
            Within::QuarterHour,
            Within::QuarterHour,
            Within::QuarterHour,
            Within::Hour,
            Within::Hour,
            Within::Day,
            Within::Day,
            Within::Day,
            Within::Week,
            Within::Longer,
        ]);
        assert_eq!(ten.first_decision(50), Some(Within::Hour));
        assert_eq!(ten.first_decision(90), Some(Within::Week));
        assert_eq!(ten.first_decision(100), Some(Within::Longer));
    }

    #[test]
    fn a_span_holds_its_own_end() {
        let from: Timestamp = "2026-11-20T09:00:00Z".parse().unwrap();
        let after = |minutes| from + jiff::SignedDuration::from_mins(minutes);
        let span = |minutes| Within::between(from, after(minutes));
        assert_eq!(span(-5), Within::QuarterHour);
        assert_eq!(span(15), Within::QuarterHour);
        assert_eq!(span(16), Within::Hour);
        assert_eq!(span(24 * 60), Within::Day);
        assert_eq!(span(7 * 24 * 60), Within::Week);
        assert_eq!(span(7 * 24 * 60 + 1), Within::Longer);
    }

    #[test]
    fn days_add_up_to_months() {
        let judged = |times| Tally(BTreeMap::from([(Counter::Judged, times)]));
        let day = |text: &str| text.parse::<Date>().unwrap();
        let numbers = Numbers {
            days: BTreeMap::from([
                (day("2026-10-31"), judged(1)),
                (day("2026-11-01"), judged(2)),
                (day("2026-11-30"), judged(3)),
            ]),
        };
        assert_eq!(
            numbers.by_month(),
            BTreeMap::from([
                (day("2026-10-01"), judged(1)),
                (day("2026-11-01"), judged(5))
            ])
        );
        assert_eq!(numbers.total(), judged(6));
    }
}
