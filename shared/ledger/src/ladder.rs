//! The ladder of warnings against an account: where it stands, what stops the next step, and the
//! steps that people took.
//!
//! Each step is a person's, written down with a note. Nothing here offers one to anybody, takes one,
//! or knows whose account it is.

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use pagewarden_rules::{Effect, Platform, Policy, PostKey, PracticeId, TaskKind, words};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::accounts::{LOOKED_BACK, OfAccount};
use crate::authority::{Act, Grounds, Person, Refusal, may, plain_person};
use crate::calendar::Calendar;
use crate::cases::Case;
use crate::chain::PracticeEvent;
use crate::records::{TaskStatus, Visibility};
use crate::tasks::Choice;
use crate::write::{Transacted, Transaction, Tries, from_item, to_item};
use crate::{Ledger, LedgerError, keys};

/// Posts of an account that are looked through for what stops a step.
const MOST_POSTS: usize = 400;

/// Incidents without which nobody is warned.
const FEWEST_INCIDENTS: usize = 2;

/// Days that an author has to answer where the policy does not say.
const DAYS_TO_ANSWER: u8 = 3;

words! {
    /// A step of the ladder.
    Step {
        /// The author is asked to remove what they wrote.
        Ask "ask_to_remove",
        /// A letter warns them.
        Warn "written_warning",
        /// It is considered whether they are asked to leave the practice's list.
        Remove "consider_removal",
    }
}

impl Step {
    /// Returns the step as a sentence goes on.
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Step::Ask => "ask to remove it",
            Step::Warn => "written warning",
            Step::Remove => "consider removal from the list",
        }
    }
}

/// What somebody did about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Deed {
    /// They took a step.
    Step {
        /// Which.
        step: Step,
    },
    /// They said that the complaint in a post is closed, which they know from the practice's own
    /// procedure.
    ComplaintClosed {
        /// The post.
        post: PostKey,
    },
}

/// A line about the ladder. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LadderRecord {
    /// The platform of the account.
    pub platform: Platform,
    /// The account's id there.
    pub account: String,
    /// What was done.
    #[serde(flatten)]
    pub deed: Deed,
    /// When it was written.
    pub at: Timestamp,
    /// Who did it, as `name:role`.
    pub by: String,
    /// Why, in their words.
    pub note: String,
}

/// Why no step may be taken now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LadderStop {
    /// A complaint of the author is open.
    Complaint(PostKey),
    /// Too few of the account's posts were found by a person to break the rule.
    FewIncidents(usize),
    /// The author has until the end of this day to do what they were asked.
    TimeToAnswer(Date),
    /// Nothing has happened since the warning, which speaks of its happening again.
    NothingSince(Date),
    /// The account has more posts than are looked through, and a complaint may be among them.
    TooManyPosts,
}

impl fmt::Display for LadderStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |date: &Date| date.strftime("%-d %B %Y").to_string();
        match self {
            LadderStop::Complaint(post) => write!(
                f,
                "a complaint of this account is open (the post {}), and no step is taken until it is closed",
                post.id
            ),
            LadderStop::FewIncidents(proven) => write!(
                f,
                "there {}, and it takes {FEWEST_INCIDENTS}: posts of which a person decided that \
                 they break the rule, and one more if what was to be removed still stands there",
                match proven {
                    1 => "is 1 proven incident".to_owned(),
                    several => format!("are {several} proven incidents"),
                }
            ),
            LadderStop::TimeToAnswer(until) => {
                write!(
                    f,
                    "the author has until the end of {} to answer",
                    day(until)
                )
            }
            LadderStop::NothingSince(warned) => write!(
                f,
                "nothing has happened since the warning of {}, which speaks of its happening again",
                day(warned)
            ),
            LadderStop::TooManyPosts => write!(
                f,
                "the account has more than {MOST_POSTS} posts, and a complaint may be among those that were not looked at"
            ),
        }
    }
}

/// A post of which a person decided that it breaks the rule of the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The post.
    pub post: PostKey,
    /// When it was written, or first seen.
    pub written: Timestamp,
    /// When the person decided.
    pub at: Timestamp,
}

/// Where an account stands on its practice's ladder.
#[derive(Clone, Debug, Default)]
pub struct OnLadder {
    /// What people did, in order.
    pub deeds: Vec<LadderRecord>,
    /// The incidents that count, the newest first.
    pub proven: Vec<Proven>,
    /// What was to be removed still stands there, and the time for it is over.
    pub still_there: bool,
    /// The latest step of each kind that still counts, and its day.
    pub counts: Vec<(Step, Date)>,
    /// The last day on which the author could do what they were last asked.
    pub due: Option<Date>,
    /// The next step; none behind the last, or where the policy has no ladder.
    pub next: Option<Step>,
    /// What stops it; empty if a person may take it.
    pub stops: Vec<LadderStop>,
    /// Complaints that nobody has said are closed.
    pub complaints: Vec<PostKey>,
}

impl OnLadder {
    /// Returns the day of the latest step of a kind, if it still counts.
    #[must_use]
    pub fn day_of(&self, step: Step) -> Option<Date> {
        let of = self.counts.iter().find(|(known, _)| *known == step);
        of.map(|(_, date)| *date)
    }

    /// Returns where an account stands, given its posts and what people did about it.
    #[must_use]
    pub fn of(
        policy: &Policy,
        calendar: &Calendar,
        posts: &[Case],
        deeds: Vec<LadderRecord>,
        now: Timestamp,
    ) -> Self {
        let today = calendar.date(now);
        let window = Span::new().months(i64::from(policy.ladder.window_months));
        let counts_since = today.checked_sub(window).unwrap_or(today);
        let in_time = |at: Timestamp| calendar.date(at) >= counts_since;
        let mut proven: Vec<Proven> = posts
            .iter()
            .filter_map(|case| proven(policy, case))
            .filter(|proven| in_time(proven.at))
            .collect();
        proven.sort_by_key(|proven| std::cmp::Reverse(proven.at));

        let recorded = |wanted: Step| {
            let of = deeds
                .iter()
                .filter(move |one| one.deed == Deed::Step { step: wanted });
            of.map(|one| one.at)
        };
        let asked = posts.iter().filter_map(|case| asked(policy, case));
        let latest = |step: Step| {
            let by_message = asked.clone().filter(|_| step == Step::Ask);
            recorded(step).chain(by_message).max()
        };
        let counting = |step: Step| latest(step).filter(|at| in_time(*at));
        let order: Vec<Step> = policy
            .ladder
            .steps
            .iter()
            .filter_map(|step| step.parse().ok())
            .collect();
        let next = next(&order, latest, counting);
        let day = |at: Timestamp| calendar.date(at);
        let counts: Vec<(Step, Date)> = order
            .iter()
            .filter_map(|step| Some((*step, day(counting(*step)?))))
            .collect();
        let due = latest(Step::Ask).map(|at| {
            let days = policy.ladder.ask_due_days.unwrap_or(DAYS_TO_ANSWER);
            let days = Span::new().days(i64::from(days));
            day(at).checked_add(days).unwrap_or(day(at))
        });
        let is_over = due.is_some_and(|due| today > due);
        let still_there = is_over && posts.iter().any(|case| stands(&proven, case));
        let closed = |post: &PostKey| {
            let deed = Deed::ComplaintClosed { post: post.clone() };
            deeds.iter().any(|one| one.deed == deed)
        };
        let complaints: Vec<PostKey> = posts
            .iter()
            .filter(|case| {
                is_asked_whether_complaint(case)
                    || (case.grounds.is_complaint() && !closed(&case.key))
            })
            .map(|case| case.key.clone())
            .collect();
        let mut stops: Vec<LadderStop> = complaints
            .iter()
            .cloned()
            .map(LadderStop::Complaint)
            .collect();
        let incidents = proven.len() + usize::from(still_there);
        if matches!(next, Some(Step::Warn | Step::Remove)) && incidents < FEWEST_INCIDENTS {
            stops.push(LadderStop::FewIncidents(incidents));
        }
        if let (Some(Step::Warn), Some(due), false) = (next, due, is_over) {
            stops.push(LadderStop::TimeToAnswer(due));
        }
        if let (Some(Step::Remove), Some(warned)) = (next, counting(Step::Warn))
            && proven.iter().all(|proven| proven.at <= warned)
        {
            stops.push(LadderStop::NothingSince(day(warned)));
        }
        if posts.len() > MOST_POSTS {
            stops.push(LadderStop::TooManyPosts);
        }
        OnLadder {
            deeds,
            proven,
            still_there,
            counts,
            due,
            next,
            stops,
            complaints,
        }
    }
}

/// Returns the step that comes next. What counts no more is taken again, and nobody considers
/// removal without a warning that counts.
fn next(
    order: &[Step],
    taken: impl Fn(Step) -> Option<Timestamp>,
    counting: impl Fn(Step) -> Option<Timestamp>,
) -> Option<Step> {
    let last = order.iter().rposition(|step| taken(*step).is_some());
    let next = last.map_or(0, |last| {
        last + usize::from(counting(order[last]).is_some())
    });
    let next = order.get(next).copied()?;
    let warned = !order.contains(&Step::Warn) || counting(Step::Warn).is_some();
    Some(if next == Step::Remove && !warned {
        Step::Warn
    } else {
        next
    })
}

/// Returns `true` if a clause with the ladder was engaged by a post.
fn is_on_ladder(policy: &Policy, clauses: &[String]) -> bool {
    let clauses = clauses.iter().filter_map(|id| policy.clause(id));
    clauses
        .into_iter()
        .any(|clause| clause.effects.contains(&Effect::Ladder))
}

/// Returns a post as proven, if a person decided that it breaks the rule and nobody took that back.
fn proven(policy: &Policy, case: &Case) -> Option<Proven> {
    let Case {
        grounds,
        revision,
        key,
        ..
    } = case;
    // What its author asked not to be used counts for nothing.
    if grounds.state.restricted {
        return None;
    }
    let tasks = grounds.tasks();
    let engaged = tasks
        .iter()
        .filter(|task| is_on_ladder(policy, &task.clauses));
    let revisions: Vec<_> = engaged.map(|task| &task.revision).collect();
    let finds = [
        Choice::KeepHidden,
        Choice::Delete,
        Choice::Ban,
        Choice::Mute,
        Choice::AskAuthor,
    ];
    let found = tasks.iter().filter(|task| {
        revisions.contains(&&task.revision)
            && !grounds.state.kept.contains(&task.revision)
            && task.chosen().is_some_and(|choice| finds.contains(&choice))
    });
    let at = found.filter_map(|task| task.closed_at).max()?;
    let written = revision.as_ref().map_or(at, |revision| {
        revision.post.posted_at.unwrap_or(revision.seen_at)
    });
    Some(Proven {
        post: key.clone(),
        written,
        at,
    })
}

/// Returns when somebody sent the author the message that asks them to remove a post.
fn asked(policy: &Policy, case: &Case) -> Option<Timestamp> {
    let tasks = case.grounds.tasks().iter();
    let asked = tasks.filter(|task| {
        !case.grounds.state.restricted
            && task.chosen() == Some(Choice::AskAuthor)
            && is_on_ladder(policy, &task.clauses)
    });
    asked.filter_map(|task| task.closed_at).max()
}

fn stands(proven: &[Proven], case: &Case) -> bool {
    case.grounds.state.visibility == Visibility::Visible
        && proven.iter().any(|proven| proven.post == case.key)
}

/// Returns `true` while somebody has to say whether a post is a complaint, or to acknowledge it.
fn is_asked_whether_complaint(case: &Case) -> bool {
    case.grounds.tasks().iter().any(|task| {
        task.status == TaskStatus::Open
            && matches!(
                task.kind,
                TaskKind::ComplaintDecision | TaskKind::AcknowledgeComplaint
            )
    })
}

/// Which account of which practice.
#[derive(Clone, Copy, Debug)]
pub struct AccountOf<'a> {
    /// The practice.
    pub practice: &'a PracticeId,
    /// The platform.
    pub platform: Platform,
    /// The account's id there.
    pub account: &'a str,
}

/// The rules by which an account is warned.
#[derive(Clone, Copy, Debug)]
pub struct LadderRules<'a> {
    /// The practice's policy.
    pub policy: &'a Policy,
    /// Its calendar: a year ends at the end of a day there.
    pub calendar: &'a Calendar,
}

/// A step that somebody takes.
#[derive(Clone, Copy, Debug)]
pub struct NewStep<'a> {
    /// Which.
    pub step: Step,
    /// Why, in their words.
    pub note: &'a str,
    /// They have asked whoever handles complaints, and none of this author is open: most are made
    /// in another way than on the page.
    pub no_complaint: bool,
}

/// Why a step was not taken.
#[derive(Debug, Error)]
pub enum LadderError {
    /// The policy has no ladder.
    #[error("the practice's policy names no steps against an account")]
    NoLadder,
    /// It is not the next one.
    #[error("{}", not_next(*.asked, *.next, .last.as_deref()))]
    NotNext {
        /// What somebody wanted to do.
        asked: Step,
        /// What comes next.
        next: Option<Step>,
        /// What was done last.
        last: Option<Box<LadderRecord>>,
    },
    /// Something stops it.
    #[error("{}", told(.0))]
    Stopped(Vec<LadderStop>),
    /// They have not asked whether a complaint is open.
    #[error(
        "ask whoever handles complaints first: no step is taken while a complaint of this author is open"
    )]
    NotAsked,
    /// It does not say why.
    #[error("write why: the note is the record of it")]
    NoNote,
    /// No such complaint is open.
    #[error("no complaint in the post {0} waits to be closed")]
    NoComplaint(String),
    /// The person may not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

fn not_next(asked: Step, next: Option<Step>, last: Option<&LadderRecord>) -> String {
    let next = next.map_or("there is no step after the last", Step::plain);
    let last = last.map_or_else(String::new, |last| {
        let (by, on) = (plain_person(&last.by), last.at.strftime("%-d %B %Y"));
        format!(". The last line is by {by}, of {on}")
    });
    format!(
        "\u{201c}{}\u{201d} is not what comes next: {next}{last}",
        asked.plain()
    )
}

fn told(stops: &[LadderStop]) -> String {
    let stops: Vec<String> = stops.iter().map(LadderStop::to_string).collect();
    stops.join("; ")
}

impl Ledger {
    /// Returns where an account stands on its practice's ladder.
    pub async fn ladder(
        &self,
        of: AccountOf<'_>,
        rules: LadderRules<'_>,
        now: Timestamp,
    ) -> Result<OnLadder, LedgerError> {
        let LadderRules { policy, calendar } = rules;
        let deeds = self.deeds(of).await?;
        let posts = self.posts_of(of, now).await?;
        Ok(OnLadder::of(policy, calendar, &posts, deeds, now))
    }

    /// Writes down that a person took the next step against an account.
    pub async fn take_step(
        &self,
        of: AccountOf<'_>,
        rules: LadderRules<'_>,
        person: &Person,
        new: NewStep<'_>,
        now: Timestamp,
    ) -> Result<(), LadderError> {
        let deed = Deed::Step { step: new.step };
        self.note_deed(of, rules, person, deed, new.note, now, |ladder| {
            if ladder.next != Some(new.step) {
                return Err(LadderError::NotNext {
                    asked: new.step,
                    next: ladder.next,
                    last: ladder.deeds.last().cloned().map(Box::new),
                });
            }
            if !ladder.stops.is_empty() {
                return Err(LadderError::Stopped(ladder.stops.clone()));
            }
            if new.no_complaint {
                Ok(())
            } else {
                Err(LadderError::NotAsked)
            }
        })
        .await
    }

    /// Writes down that the complaint in a post of an account is closed, by the practice's own
    /// procedure.
    pub async fn close_complaint(
        &self,
        of: AccountOf<'_>,
        rules: LadderRules<'_>,
        person: &Person,
        post: &PostKey,
        note: &str,
        now: Timestamp,
    ) -> Result<(), LadderError> {
        let deed = Deed::ComplaintClosed { post: post.clone() };
        self.note_deed(of, rules, person, deed, note, now, |ladder| {
            if ladder.complaints.contains(post) {
                Ok(())
            } else {
                Err(LadderError::NoComplaint(post.id.clone()))
            }
        })
        .await
    }

    #[expect(clippy::too_many_arguments, reason = "what both kinds of lines share")]
    async fn note_deed(
        &self,
        of: AccountOf<'_>,
        rules: LadderRules<'_>,
        person: &Person,
        deed: Deed,
        note: &str,
        now: Timestamp,
        check: impl Fn(&OnLadder) -> Result<(), LadderError>,
    ) -> Result<(), LadderError> {
        let at = Grounds::of_practice(of.practice.clone(), self.people(of.practice).await?);
        may(person, &Act::TakeStep, &at)?;
        if rules.policy.ladder.steps.is_empty() {
            return Err(LadderError::NoLadder);
        }
        let note = note.trim();
        if note.is_empty() {
            return Err(LadderError::NoNote);
        }
        let by = person.to_string();
        let mut tries = Tries::at(&format!("{}/{}", of.practice, of.account));
        loop {
            tries.next().await?;
            // Before all that is weighed: a complaint that is judged meanwhile makes the chain grow.
            let head = self.chain_head(of.practice).await?;
            let ladder = self.ladder(of, rules, now).await?;
            check(&ladder)?;
            let record = LadderRecord {
                platform: of.platform,
                account: of.account.to_owned(),
                deed: deed.clone(),
                at: now,
                by: by.clone(),
                note: note.to_owned(),
            };
            // Its number is its key, so of two people at once one finds it taken and looks again.
            let nth = ladder.deeds.len();
            let key = keys::ladder(of.practice, of.platform, of.account, Some(nth));
            let mut writes = Transaction::default();
            self.add(&mut writes, to_item(&key, &record)?)?;
            let event = PracticeEvent::Stepped { by: by.clone() };
            self.append_link_to_practice(&mut writes, of.practice, &head.next(), now, &event)?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(());
            }
        }
    }

    pub(crate) async fn deeds(&self, of: AccountOf<'_>) -> Result<Vec<LadderRecord>, LedgerError> {
        let first = keys::ladder(of.practice, of.platform, of.account, None);
        let mut deeds = Vec::new();
        for item in self.partition(&first.pk, &first.sk).await? {
            let deed: LadderRecord = from_item(item)?;
            // An account's id may go on where another one's ends.
            if deed.account == of.account {
                deeds.push(deed);
            }
        }
        Ok(deeds)
    }

    async fn posts_of(&self, of: AccountOf<'_>, now: Timestamp) -> Result<Vec<Case>, LedgerError> {
        let listed = keys::account_post(of.practice, of.platform, of.account, "");
        let since = now - LOOKED_BACK;
        let listed = self.newest::<OfAccount>(listed, since, MOST_POSTS + 1);
        let posts: BTreeSet<PostKey> = listed.await?.into_iter().map(|of| of.post).collect();
        let people = self.people(of.practice).await?;
        let cases = self.cases(posts.into_iter().collect(), &people).await?;
        Ok(cases.into_iter().flatten().collect())
    }
}
