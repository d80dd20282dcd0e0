//! What is kept for how long: what a policy's time has passed for is let go, and the chain says so.
//!
//! A post of which something followed, and about which nothing waits any more, stands in the `due`
//! index by the time of its last line, in a partition of its practice. So what is due is found by
//! asking for what is older than the policy's months, whatever months those are by then, and nothing
//! is read from end to end. What is kept longer, or held, moves to a partition of its own when it is
//! first found there.
//!
//! What goes is what somebody wrote or is called, in the post, in the tasks, in what was sent and in
//! what was asked. The lines stay, and the hashes in them: a line says what went, and one in the
//! chain of the practice says how much went that day.

mod runs;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pagewarden_rules::{PostKey, PracticeId, Retention, TaskKind, words};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::authority::{Act, Grounds, Person, Refusal, may};
use crate::chain::PracticeEvent;
use crate::history::History;
use crate::keys;
use crate::records::{Event, StateRecord, TaskRecord};
use crate::tasks::Choice;
use crate::write::{Item, Transacted, Transaction, Tries, key_of, number, text, unless_refused};
use crate::{Ledger, LedgerError};

pub use runs::Run;

words! {
    /// Why a post is kept, and so for how long.
    KeptAs {
        /// Something was decided about it.
        Decided "decided",
        /// Somebody said that it is a complaint.
        Complaint "complaint",
        /// Somebody may have been in danger.
        Safeguarding "safeguarding",
        /// Somebody asked for its words to be kept, or its author for them not to be used.
        Held "held",
    }
}

/// For how many months a policy has things kept; what it is silent about is kept until somebody
/// says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Periods {
    /// What was decided, and its evidence.
    pub decided: u16,
    /// Complaints.
    pub complaint: Option<u16>,
    /// Posts for which somebody may have been in danger.
    pub safeguarding: Option<u16>,
}

impl Periods {
    /// Returns what a policy says.
    #[must_use]
    pub const fn of(retention: &Retention) -> Self {
        Periods {
            decided: retention.evidence_months,
            complaint: retention.complaint_months,
            safeguarding: retention.safeguarding_months,
        }
    }

    /// Returns for how many months something is kept; none where it is never let go.
    #[must_use]
    pub const fn months(&self, kind: KeptAs) -> Option<u16> {
        match kind {
            KeptAs::Decided => Some(self.decided),
            KeptAs::Complaint => self.complaint,
            KeptAs::Safeguarding => self.safeguarding,
            KeptAs::Held => None,
        }
    }

    /// Returns the time before which the last line about something of a kind has to stand for it to
    /// be let go.
    fn before(&self, kind: KeptAs, now: Timestamp) -> Option<Timestamp> {
        let months = self.months(kind)?;
        let then = now
            .to_zoned(TimeZone::UTC)
            .checked_sub(Span::new().months(i64::from(months)));
        then.ok().map(|then| then.timestamp())
    }

    /// Returns when something is let go whose last line is of a time.
    fn until(&self, kind: KeptAs, last: Timestamp) -> Option<Timestamp> {
        let months = self.months(kind)?;
        let then = last
            .to_zoned(TimeZone::UTC)
            .checked_add(Span::new().months(i64::from(months)));
        then.ok().map(|then| then.timestamp())
    }
}

/// A hold that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The post.
    pub post: PostKey,
    /// Who asked for it, as `name:role`.
    pub by: String,
    /// Why, in their words.
    pub note: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// When somebody is to look whether it is still needed. It stands until somebody lifts it.
    pub review: Option<Date>,
}

/// What a run would let go, and what it would not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The posts that would go now, by the kind as which they are kept. At most a page of each.
    pub due: BTreeMap<&'static str, Vec<PostKey>>,
    /// When the next one goes that does not go now.
    pub next: BTreeMap<&'static str, Timestamp>,
    /// What is held, and by whom. At most a page.
    pub held: Vec<Held>,
}

/// What a run let go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetGo {
    /// The posts, by the kind as which they were kept.
    pub posts: BTreeMap<String, Vec<PostKey>>,
}

impl LetGo {
    /// Returns how many posts went.
    #[must_use]
    pub fn count(&self) -> usize {
        self.posts.values().map(Vec::len).sum()
    }
}

/// Why nothing was let go.
#[derive(Debug, Error)]
pub enum RetentionError {
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Who has things let go.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// The daily run, as the policy says.
    Policy,
    /// A person, who does not wait for it.
    Person(&'a Person),
}

/// What becomes of a post that was found.
enum Found {
    /// It goes.
    Due(KeptAs, Box<History>),
    /// It is kept as something else, or for longer.
    KeptAs(KeptAs, Box<StateRecord>),
    /// Something about it waits.
    Open,
}

/// Returns the attributes by which a post's state is found once its time has passed; none while
/// something about it waits, and where nothing is left.
pub(crate) fn place(
    post: &PostKey,
    state: &StateRecord,
    at: Timestamp,
    event: &Event,
) -> Option<Item> {
    if let Event::LetGo { more, .. } | Event::Erased { more, .. } = event {
        // What did not fit in one transaction goes the next day.
        return more.then(|| placed(post, KeptAs::Decided, Timestamp::UNIX_EPOCH));
    }
    if state.held || state.restricted {
        return Some(placed(post, KeptAs::Held, at));
    }
    let rests = state.linked && state.open_tasks.is_empty();
    rests.then(|| placed(post, KeptAs::Decided, at))
}

fn placed(post: &PostKey, kind: KeptAs, since: Timestamp) -> Item {
    let [partition, place] = place_in_index(post, kind, since);
    Item::from([
        ("due_pk".to_owned(), text(partition)),
        ("due_sk".to_owned(), text(place)),
    ])
}

/// Returns the partition of the index and the place in it of a post whose last line is of a time.
fn place_in_index(post: &PostKey, kind: KeptAs, since: Timestamp) -> [String; 2] {
    let unique = &hex::encode(Sha256::digest(keys::post(post)))[..16];
    [
        keys::kept_partition(&post.practice, kind),
        keys::due_time(since, unique),
    ]
}

impl Ledger {
    /// Returns what would be let go now, what next, and what is held. It changes nothing.
    pub async fn retention_plan(
        &self,
        practice: &PracticeId,
        periods: &Periods,
        now: Timestamp,
    ) -> Result<Plan, LedgerError> {
        let mut plan = Plan::default();
        for place in KeptAs::ALL.iter().copied() {
            let partition = keys::kept_partition(practice, place);
            if place == KeptAs::Held {
                for item in self.due_in(partition, now).await? {
                    if let Some(post) = keys::post_of(&key_of(&item).pk) {
                        plan.held.extend(self.hold_of(post).await?);
                    }
                }
                continue;
            }
            for (post, last) in self.kept_in(&partition, now).await? {
                match self.found(&post, periods, now).await? {
                    Found::Due(kind, _) => plan.due.entry(kind.name()).or_default().push(post),
                    Found::KeptAs(kind, _) => {
                        if let Some(until) = periods.until(kind, last) {
                            let next = plan.next.entry(kind.name()).or_insert(until);
                            *next = until.min(*next);
                        }
                    }
                    Found::Open => {}
                }
            }
        }
        Ok(plan)
    }

    /// Lets go what the time of the practice's policy has passed for: at most a page of each kind,
    /// and the rest the next time.
    ///
    /// What is held, or waits for somebody, is never let go.
    pub async fn let_what_is_over_go(
        &self,
        practice: &PracticeId,
        periods: &Periods,
        by: By<'_>,
        now: Timestamp,
    ) -> Result<LetGo, RetentionError> {
        if let By::Person(person) = by {
            let people = self.people(practice).await?;
            let at = Grounds::of_practice(practice.clone(), people);
            may(person, &Act::LetGo, &at)?;
        }
        let mut gone = LetGo::default();
        for place in KeptAs::ALL.iter().copied() {
            let Some(before) = periods.before(place, now) else {
                continue;
            };
            let partition = keys::kept_partition(practice, place);
            for (post, last) in self.kept_in(&partition, before).await? {
                match self.found(&post, periods, now).await? {
                    Found::Due(kind, _) => {
                        if self.let_one_go(&post, kind, periods, now).await? {
                            gone.posts
                                .entry(kind.name().to_owned())
                                .or_default()
                                .push(post);
                        }
                    }
                    Found::KeptAs(kind, state) if kind != place => {
                        self.move_to(&post, kind, last, &state).await?;
                    }
                    Found::KeptAs(..) | Found::Open => {}
                }
            }
        }
        if gone.count() > 0 {
            self.note_gone(practice, &gone, by, now).await?;
        }
        Ok(gone)
    }

    /// Returns the first page of the posts in a partition whose last line stands before a time,
    /// with that time.
    async fn kept_in(
        &self,
        partition: &str,
        before: Timestamp,
    ) -> Result<Vec<(PostKey, Timestamp)>, LedgerError> {
        let items = self.due_in(partition.to_owned(), before).await?;
        let kept = items.iter().filter_map(|item| {
            let last = item.get("due_sk")?.as_s().ok()?.split('#').next()?;
            Some((keys::post_of(&key_of(item).pk)?, last.parse().ok()?))
        });
        Ok(kept.collect())
    }

    /// Looks at a post by its history: as what it is kept, and whether its time has passed.
    async fn found(
        &self,
        post: &PostKey,
        periods: &Periods,
        now: Timestamp,
    ) -> Result<Found, LedgerError> {
        let Some(history) = self.history(post).await? else {
            return Ok(Found::Open);
        };
        if waits(&history) {
            return Ok(Found::Open);
        }
        let kind = kept_as(&history);
        // A line that says that there was more to let go does not begin the time anew.
        let counts = history
            .events
            .iter()
            .rfind(|line| !matches!(line.event(), Ok(Event::LetGo { more: true, .. })));
        let last = counts.map(|line| line.at);
        let is_over = periods
            .before(kind, now)
            .zip(last)
            .is_some_and(|(before, last)| last <= before);
        Ok(if is_over {
            Found::Due(kind, Box::new(history))
        } else {
            Found::KeptAs(kind, Box::new(history.state))
        })
    }

    /// Moves a post to the place of what it is kept as, unless something happened to it meanwhile.
    async fn move_to(
        &self,
        post: &PostKey,
        kind: KeptAs,
        last: Timestamp,
        state: &StateRecord,
    ) -> Result<(), LedgerError> {
        let [partition, place] = place_in_index(post, kind, last);
        let moved = self
            .change(&keys::state(post))
            .update_expression("SET due_pk = :pk, due_sk = :sk")
            .condition_expression("seq = :seq")
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":sk", text(place))
            .expression_attribute_values(":seq", number(state.seq))
            .send()
            .await;
        unless_refused(moved).map(|_| ())
    }

    /// Drops the words of a post whose time has passed. Returns `false` where something happened to
    /// it meanwhile.
    async fn let_one_go(
        &self,
        post: &PostKey,
        kind: KeptAs,
        periods: &Periods,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let Found::Due(found, history) = self.found(post, periods, now).await? else {
                return Ok(false);
            };
            if found != kind {
                return Ok(false);
            }
            let drops = self.drops(post, &history)?;
            if drops.writes.is_empty() {
                self.forget_place(post, &history.state).await?;
                return Ok(false);
            }
            let event = Event::LetGo {
                kept_as: kind,
                months: periods.months(kind).unwrap_or_default(),
                items: drops.items,
                revisions: drops.revisions,
                more: drops.more,
            };
            let gone = self
                .let_words_go(post, &history.state, drops.writes, &event, now)
                .await?;
            if gone == Transacted::Written {
                return Ok(true);
            }
        }
    }

    /// Takes a post of which nothing is left to let go out of the index, unless something happened
    /// to it meanwhile.
    async fn forget_place(&self, post: &PostKey, state: &StateRecord) -> Result<(), LedgerError> {
        let forgotten = self
            .change(&keys::state(post))
            .update_expression("REMOVE due_pk, due_sk")
            .condition_expression("seq = :seq")
            .expression_attribute_values(":seq", number(state.seq))
            .send()
            .await;
        unless_refused(forgotten).map(|_| ())
    }

    /// Writes in the practice's chain how much went, and which posts, by the hashes of their ids.
    async fn note_gone(
        &self,
        practice: &PracticeId,
        gone: &LetGo,
        by: By<'_>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let counts = gone.posts.iter();
        let counts = counts.map(|(kind, posts)| (kind.clone(), posts.len() as u64));
        let ids = gone.posts.values().flatten();
        let event = PracticeEvent::LetGo {
            by: match by {
                By::Policy => None,
                By::Person(person) => Some(person.to_string()),
            },
            counts: counts.collect(),
            ids: ids
                .map(|post| hex::encode(Sha256::digest(post.to_string())))
                .collect(),
        };
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let mut writes = Transaction::default();
            self.append_to_practice(&mut writes, practice, now, &event)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    /// Returns the hold of a post that stands, if one does.
    async fn hold_of(&self, post: PostKey) -> Result<Option<Held>, LedgerError> {
        let Some(history) = self.history(&post).await?.filter(|one| one.state.held) else {
            return Ok(None);
        };
        let last = history.events.iter().rev().find_map(|line| {
            let Ok(Event::Hold {
                on: true,
                by,
                note,
                review,
            }) = line.event()
            else {
                return None;
            };
            Some((by, note, review, line.at))
        });
        Ok(last.map(|(by, note, review, since)| Held {
            post,
            by,
            note,
            since,
            review,
        }))
    }
}

/// Returns `true` if anything about a post waits for somebody or something.
pub(crate) fn waits(history: &History) -> bool {
    !history.state.open_tasks.is_empty()
        || history.actions.iter().any(|one| one.status.is_open())
        || history.revisions.iter().any(|one| one.decided.is_none())
}

/// Returns as what a post is kept: the gravest that it ever was.
fn kept_as(history: &History) -> KeptAs {
    if history.state.held || history.state.restricted {
        return KeptAs::Held;
    }
    let is_danger = |kind: TaskKind| kind.is_danger() || kind == TaskKind::SafeguardingToday;
    if history.tasks.iter().any(|task| is_danger(task.kind)) {
        return KeptAs::Safeguarding;
    }
    let is_complaint = |task: &TaskRecord| task.chosen() == Some(Choice::Complaint);
    if history.tasks.iter().any(is_complaint) {
        return KeptAs::Complaint;
    }
    KeptAs::Decided
}
