//! The weekly sample: five of last week's hides that nobody has looked at, of which people say
//! whether each was right.
//!
//! What nobody looks at says nothing about its rule, and a rule is watched by what people say. The
//! posts are drawn by a hash of practice, week and post: anybody can repeat the draw, and nobody
//! can choose what is in it. Where somebody may be in danger, and of a complaint, people are asked
//! anyway, and something else. The tasks are opened in one transaction with a note of the week, so
//! there is one sample a week however often it is tried. What nobody has looked at when the next
//! sample is drawn is closed: as long as a task waits, the words of its post are kept.

use std::future::ready;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{
    Disposition, Effect, PostKey, PracticeId, RevisionId, TaskKind, Topic, Urgency,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::authority::Grounds;
use crate::cases::Question;
use crate::chain::ChainHead;
use crate::keys;
use crate::records::{Event, TaskRecord, TaskStatus, Visibility};
use crate::rows::task_item;
use crate::tasks::day_of;
use crate::write::{Guard, Transacted, Transaction, Tries, to_item};
use crate::{Ledger, LedgerError};

/// Posts of a sample.
pub const SAMPLED: usize = 5;

/// Versions of posts of one week among which is drawn: far more than a practice has.
const MOST_JUDGED: usize = 20_000;

/// Posts that are read at the same time.
const AT_ONCE: usize = 16;

/// By when somebody should look: when the next sample is drawn.
const LOOK_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What became of a task that nobody answered before the next sample was drawn.
pub(crate) const NOT_LOOKED_AT: &str = "nobody looked at it in its week";

/// The newest sample of a practice.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Sample {
    /// Its week, as ISO 8601 writes it.
    week: String,
    /// The posts, each with its task.
    drawn: Vec<(PostKey, String)>,
    /// How often it was written, so that of two that draw at once one finds it drawn.
    writes: u64,
}

/// A week from Monday to Sunday, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Week {
    /// As ISO 8601 writes it: `2026-W47`.
    name: String,
    from: Timestamp,
    /// The last instant of it.
    until: Timestamp,
}

impl Week {
    /// Returns the last week that is over.
    fn before(now: Timestamp) -> Self {
        let weekday = now.to_zoned(TimeZone::UTC).weekday();
        let days = |days: i8| SignedDuration::from_hours(24 * i64::from(days));
        let monday = day_of(now) - days(weekday.to_monday_zero_offset());
        let from = monday - days(7);
        Week {
            name: from.strftime("%G-W%V").to_string(),
            from,
            until: monday - SignedDuration::from_millis(1),
        }
    }
}

/// A hidden post that nobody has looked at.
struct Unseen {
    post: PostKey,
    revision: RevisionId,
    at: Grounds,
}

impl Unseen {
    /// Returns the task that asks about it.
    fn task(&self, week: &Week, now: Timestamp) -> TaskRecord {
        let name = format!("{} second look {}", self.post, week.name);
        let (post, kind) = (self.post.clone(), TaskKind::SecondLook);
        let why = "Drawn by lot from what Pagewarden hid last week and nobody looked at. What you \
                   say counts towards whether its rule goes on.";
        TaskRecord {
            urgency: Urgency::Low,
            due_at: now + LOOK_WITHIN,
            clauses: self
                .at
                .hidden_under()
                .map(str::to_owned)
                .into_iter()
                .collect(),
            options: vec![Effect::Unhide],
            optional: true,
            ..TaskRecord::opened(
                &name,
                post,
                self.revision.clone(),
                kind,
                now,
                why.to_owned(),
            )
        }
    }
}

impl Grounds {
    /// Returns `true` if the machine hid these words, nobody has said anything about that, and they
    /// are about neither a danger nor a complaint.
    fn is_unseen(&self, revision: &RevisionId) -> bool {
        let asks_for_itself = |task: &TaskRecord| match Question::asked_by(task.kind) {
            Question::Danger
            | Question::Care
            | Question::Complaint
            | Question::Acknowledgement
            | Question::Appeal
            | Question::SecondLook => true,
            Question::Post
            | Question::Elsewhere
            | Question::Report
            | Question::ReportOutcome
            | Question::Reply
            | Question::Approval
            | Question::Message
            | Question::LegalAdvice
            | Question::Warning
            | Question::Incident
            | Question::ByHand
            | Question::Channel
            | Question::Contact => false,
        };
        let is_answered =
            |task: &TaskRecord| task.revision == *revision && task.closed_by().is_some();
        let mut tasks = self.tasks().iter();
        self.hidden_under().is_some()
            && !tasks.any(|task| asks_for_itself(task) || is_answered(task))
            && !self.state.topics.contains(&Topic::Complaint)
    }
}

impl Ledger {
    /// Draws a practice's sample of the last week that is over, and opens its tasks. Returns how
    /// many there are; none where that week was drawn before.
    pub async fn draw_sample(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Option<usize>, LedgerError> {
        let week = Week::before(now);
        let key = keys::sample(practice);
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let before: Sample = self.read(key.clone()).await?.unwrap_or_default();
            if before.week >= week.name {
                return Ok(None);
            }
            let drawn = self.drawn(practice, &week).await?;
            // What is written to the posts in between is found by the guards of their own.
            let head = self.chain_head(practice).await?;
            let (mut end, mut writes) = (head.clone(), Transaction::default());
            let mut lines = Vec::new();
            for (post, task) in &before.drawn {
                let open = self.task(post, task).await?;
                if let Some(task) = open.filter(|task| task.status == TaskStatus::Open) {
                    let state = self.state(post).await?;
                    writes.push(Guard::Open, self.close(&task, NOT_LOOKED_AT, Some(now))?);
                    lines.push((
                        post.clone(),
                        state,
                        Event::SampleOver { task: task.id },
                        None,
                    ));
                }
            }
            let mut sample = Sample {
                week: week.name.clone(),
                drawn: Vec::new(),
                writes: before.writes + 1,
            };
            for unseen in &drawn {
                let task = unseen.task(&week, now);
                let week = week.name.clone();
                sample.drawn.push((unseen.post.clone(), task.id.clone()));
                let event = Event::Sampled {
                    week,
                    task: task.id.clone(),
                };
                let state = unseen.at.state.clone();
                lines.push((unseen.post.clone(), state, event, Some(task)));
            }
            for (post, state, event, task) in &lines {
                // The line names what is put with it.
                if let Some(task) = task {
                    self.add(&mut writes, task_item(task)?)?;
                }
                let link = end.next();
                let after = self.line(&mut writes, post, state, now, event, None, Some(&link))?;
                end = ChainHead {
                    seq: link.seq,
                    hash: after.head,
                };
            }
            if !lines.is_empty() {
                self.grow_by(&mut writes, practice, head.seq, &end)?;
            }
            let item = to_item(&key, &sample)?;
            writes.push(
                Guard::Nothing,
                self.put_after(item, "writes", before.writes)?,
            );
            if self.transact(writes).await? == Transacted::Written {
                return Ok(Some(drawn.len()));
            }
        }
    }

    /// Returns the posts of a week's sample: the first that nobody has looked at, in the order of
    /// the draw.
    async fn drawn(&self, practice: &PracticeId, week: &Week) -> Result<Vec<Unseen>, LedgerError> {
        let judged = self.judged(practice, week.from, week.until, MOST_JUDGED);
        let mut judged = judged.await?;
        judged.sort_by_cached_key(|(post, _)| lot(practice, week, post));
        let unseen = stream::iter(judged)
            .map(|(post, revision)| self.unseen(post, revision))
            .buffered(AT_ONCE)
            .try_filter_map(|found| ready(Ok(found)))
            .take(SAMPLED);
        unseen.try_collect().await
    }

    /// Returns a post as one that nobody has looked at, if it is: hidden by the machine, and with
    /// its words.
    async fn unseen(
        &self,
        post: PostKey,
        revision: RevisionId,
    ) -> Result<Option<Unseen>, LedgerError> {
        let state = self.state(&post).await?;
        let is_hidden = state.visibility == Visibility::Hidden
            && state.disposition == Some(Disposition::Hide)
            && state.revision.as_ref() == Some(&revision);
        if !is_hidden || state.restricted {
            return Ok(None);
        }
        let Some(record) = self.revision(&post, &revision).await? else {
            return Ok(None);
        };
        let at = self
            .grounds(&post, Vec::new(), state, Some(&record))
            .await?;
        let unseen = at.is_unseen(&revision) && !record.post.text.is_empty();
        Ok(unseen.then_some(Unseen { post, revision, at }))
    }
}

/// Returns the place of a post in the draw of a week.
fn lot(practice: &PracticeId, week: &Week, post: &PostKey) -> [u8; 32] {
    let (week, platform) = (&week.name, post.platform);
    Sha256::digest(format!("{practice} {week} {platform} {}", post.id)).into()
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::Platform;

    use super::*;

    fn week(now: &str) -> Week {
        Week::before(now.parse().unwrap())
    }

    #[test]
    fn a_sample_is_of_the_last_week_that_is_over() {
        let last = week("2026-11-23T00:00:00Z");
        assert_eq!(last.name, "2026-W47");
        assert_eq!(last.from.to_string(), "2026-11-16T00:00:00Z");
        assert_eq!(last.until.to_string(), "2026-11-22T23:59:59.999Z");
        assert_eq!(week("2026-11-29T23:59:59Z"), last);
        assert_eq!(week("2026-11-22T23:59:59Z").name, "2026-W46");
        // The first days of January belong to a week of the year before.
        assert_eq!(week("2027-01-04T03:17:00Z").name, "2026-W53");
    }

    #[test]
    fn the_draw_is_the_same_each_time_and_another_each_week() {
        let practices = ["kingswinford", "woolpit"].map(|id| id.parse::<PracticeId>().unwrap());
        let order = |practice: &PracticeId, week: &Week| {
            let post = |nth: usize| PostKey {
                practice: practice.clone(),
                platform: Platform::Facebook,
                id: format!("1_{nth}"),
            };
            let mut posts: Vec<usize> = (0..40).collect();
            posts.sort_by_key(|nth| lot(practice, week, &post(*nth)));
            posts
        };
        let (this, next) = (week("2026-11-23T03:17:00Z"), week("2026-11-30T03:17:00Z"));
        let [here, there] = &practices;
        assert_eq!(order(here, &this), order(here, &this));
        assert_ne!(order(here, &this), order(here, &next));
        assert_ne!(order(here, &this), order(there, &this));
    }
}
