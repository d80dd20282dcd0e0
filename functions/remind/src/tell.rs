//! Telling: from what is due to be told to the notices that say so, which are written together with
//! the note that it was told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    LedgerError, NoticeRecord, NoticeStatus, TaskRef, Tell, TellKey, Telling, Told, answered_by,
};
use pagewarden_notices::who::{Circumstances, told};
use pagewarden_notices::{Alert, Facts, Link, Practice, Recipient, Urgencies};
use pagewarden_policies::Way;
use pagewarden_rules::{PracticeId, Role, TaskKind};
use pagewarden_runtime::count;

use crate::Remind;

/// How long somebody has to say that they are dealing with a danger before the next in line is
/// told.
const ANSWERS_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// How often what may be danger, less surely, is told once it is late; and everything else that is
/// late.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_hours(1);
const LATE_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// A practice, and its people's ways that are known to reach nobody.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) practice: Practice,
    pub(crate) dead: BTreeSet<String>,
}

/// Tasks that are told together: of one practice, of the same kind, in the same round.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Together {
    // The most pressing first.
    alert: Alert,
    practice: PracticeId,
    round: u32,
    acknowledged_by: Option<String>,
    roles: &'static [Role],
}

/// One run's telling.
pub(crate) struct Desk<'a> {
    pub(crate) remind: &'a Remind,
    pub(crate) now: Timestamp,
    /// The practices that were read in this run; none of those that cannot be told anything.
    known: BTreeMap<PracticeId, Option<Known>>,
    /// What comes in a flood is left to the schedule, which tells it together.
    at_once: bool,
}

impl<'a> Desk<'a> {
    pub(crate) fn at(remind: &'a Remind, now: Timestamp) -> Self {
        Desk {
            remind,
            now,
            known: BTreeMap::new(),
            at_once: false,
        }
    }

    /// Says that the stream brought it, record by record.
    pub(crate) fn told_at_once(self) -> Self {
        Desk {
            at_once: true,
            ..self
        }
    }

    /// Tells everything that is due, and sends what was written for that. Returns how many tasks
    /// are late.
    ///
    /// What cannot be read or written keeps nothing else from being told; a run in which nothing
    /// could be told fails.
    pub(crate) async fn tell(mut self, keys: Vec<TellKey>) -> Result<u32, LedgerError> {
        let mut late = 0;
        let mut due = keys;
        let (mut failed, mut done) = (None, false);
        // Whoever is next in line because an address was refused is told in the same run. A step is
        // told once, so it ends.
        while !due.is_empty() {
            let (mut to_send, mut codes) = (Vec::new(), Vec::new());
            let mut together: BTreeMap<Together, Vec<(TellKey, Telling)>> = BTreeMap::new();
            for key in due {
                let told = match key.kind {
                    Tell::Task => self.sort(key, &mut together).await.map(|()| Vec::new()),
                    Tell::Alert => self.alert(&key).await,
                    Tell::Digest => self.digest(&key).await,
                    Tell::Code => {
                        codes.push(key);
                        continue;
                    }
                    Tell::Notice => Ok(vec![key]),
                };
                note(
                    told.map(|keys| to_send.extend(keys)),
                    &mut failed,
                    &mut done,
                );
            }
            for (what, tasks) in together {
                let told = self.tasks(&what, &tasks).await;
                note(
                    told.map(|(keys, told)| (to_send.extend(keys), late += told)),
                    &mut failed,
                    &mut done,
                );
            }
            for key in codes {
                note(self.code(&key).await, &mut failed, &mut done);
            }
            due = self.send(to_send, &mut failed, &mut done).await;
        }
        match failed {
            Some(error) if !done => Err(error),
            _ => Ok(late),
        }
    }

    /// Returns what is known of a practice, read once in a run.
    pub(crate) async fn known(
        &mut self,
        id: &PracticeId,
    ) -> Result<Option<&mut Known>, LedgerError> {
        if !self.known.contains_key(id) {
            let known = self.read(id).await?;
            self.known.insert(id.clone(), known);
        }
        Ok(self.known.get_mut(id).and_then(Option::as_mut))
    }

    async fn read(&self, id: &PracticeId) -> Result<Option<Known>, LedgerError> {
        let ledger = &self.remind.ledger;
        let Some(record) = ledger.practice(id).await? else {
            return Ok(None);
        };
        let Some(policy) = ledger.policy(id, record.policy).await? else {
            return Ok(None);
        };
        let practice = match Practice::read(&policy.toml, &record.settings) {
            Ok(practice) => practice,
            Err(error) => {
                // What a file says is not for a log: where it is wrong is.
                tracing::error!(practice = %id, %error, "its people cannot be told anything");
                return Ok(None);
            }
        };
        let ways: Vec<String> = practice
            .people
            .iter()
            .flat_map(|person| person.ways().map(|(_, id)| id))
            .collect();
        let dead = ledger.dead_ways(id, &ways).await?;
        Ok(Some(Known { practice, dead }))
    }

    /// Puts a task with those that are told together with it.
    async fn sort(
        &self,
        key: TellKey,
        together: &mut BTreeMap<Together, Vec<(TellKey, Telling)>>,
    ) -> Result<(), LedgerError> {
        let telling = match self.remind.ledger.telling(&key).await {
            Ok(Some(telling)) => telling,
            Ok(None) => return Ok(()),
            // One that cannot be read must not keep the others from being told.
            Err(error @ LedgerError::Unreadable { .. }) => {
                tracing::error!(%error, "a task of which somebody is to be told cannot be read");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let task = &telling.task;
        let by = telling
            .acknowledged
            .as_ref()
            .map(|dealing| dealing.by.as_str());
        let what = Together {
            alert: Alert::of(task.kind, task.urgency, self.now >= task.due_at),
            practice: task.key.practice.clone(),
            round: telling.rounds,
            // The record has `name:role`.
            acknowledged_by: by
                .map(|by| by.rsplit_once(':').map_or(by, |(name, _)| name).to_owned()),
            roles: answered_by(task),
        };
        together.entry(what).or_default().push((key, telling));
        Ok(())
    }

    /// Tells of tasks. Returns the notices that are to be sent, and how many of the tasks are late.
    async fn tasks(
        &mut self,
        what: &Together,
        tasks: &[(TellKey, Telling)],
    ) -> Result<(Vec<TellKey>, u32), LedgerError> {
        let now = self.now;
        if self.at_once && what.round == 0 && !self.is_no_flood(what).await? {
            return Ok((Vec::new(), 0));
        }
        let refs: Vec<TaskRef> = tasks.iter().map(|(_, one)| reference(one)).collect();
        let said = Said {
            what: what.alert,
            round: what.round,
            acknowledged_by: what.acknowledged_by.as_deref(),
        };
        let notices = self
            .notices(&what.practice, said, &refs, tasks.len(), None, what.roles)
            .await?;
        let rounds = notices.first().map_or(what.round, |notice| notice.round) + 1;
        let told: Vec<Told<'_>> = tasks
            .iter()
            .map(|(key, one)| Told {
                key,
                next: Some(again(what.alert, one, now)),
                rounds,
            })
            .collect();
        if !self.remind.ledger.tell(&told, &notices).await? {
            return Ok((Vec::new(), 0));
        }
        let mut late = 0;
        for (_, Telling { task, .. }) in tasks.iter().filter(|(_, one)| now >= one.task.due_at) {
            late += 1;
            tracing::warn!(
                practice = %task.key.practice,
                post = %task.key.id,
                task = %task.id,
                kind = %task.kind,
                urgency = %task.urgency,
                due = %task.due_at,
                "nobody has answered in time"
            );
            count("Overdue", 1, Some(&task.key.practice), now);
            // It is due when the surgery opens, and an hour after it was asked while it is open.
            if task.kind == TaskKind::SafeguardingToday {
                count("LookToday", 1, Some(&task.key.practice), now);
            }
        }
        Ok((notices.iter().map(NoticeRecord::to_send).collect(), late))
    }

    async fn is_no_flood(&self, what: &Together) -> Result<bool, LedgerError> {
        self.remind
            .ledger
            .is_no_flood(&what.practice, what.alert.name(), self.now)
            .await
    }

    /// Tells of something about a practice as a whole.
    async fn alert(&mut self, key: &TellKey) -> Result<Vec<TellKey>, LedgerError> {
        let Some(record) = self.remind.ledger.alert(key).await? else {
            return Ok(Vec::new());
        };
        let Ok(alert) = record.kind.parse::<Alert>() else {
            tracing::error!(practice = %key.practice, kind = record.kind, "nobody knows how to tell of this");
            return Ok(Vec::new());
        };
        let said = Said {
            what: alert,
            round: 0,
            acknowledged_by: None,
        };
        let notices = self.notices(&key.practice, said, &[], 1, None, &[]).await?;
        let told = self
            .remind
            .ledger
            .tell(
                &[Told {
                    key,
                    next: None,
                    rounds: 1,
                }],
                &notices,
            )
            .await?;
        Ok(if told {
            notices.iter().map(NoticeRecord::to_send).collect()
        } else {
            Vec::new()
        })
    }

    /// Writes the digest of a practice, and plans the next one. Nothing waits: nothing is written,
    /// but for one line on Fridays.
    async fn digest(&mut self, key: &TellKey) -> Result<Vec<TellKey>, LedgerError> {
        let (now, ledger) = (self.now, &self.remind.ledger);
        let planned = ledger.digest_is_planned(key).await?;
        let counts = ledger.counts(&key.practice).await?;
        let Some(Known { practice, .. }) = self.known(&key.practice).await? else {
            // A practice whose settings do not read is looked at again in a day.
            let again = Some(now + LATE_AGAIN);
            self.remind
                .ledger
                .tell(
                    &[Told {
                        key,
                        next: again,
                        rounds: 0,
                    }],
                    &[],
                )
                .await?;
            return Ok(Vec::new());
        };
        let [urgent, high, normal, low] = counts.by_urgency;
        let written = |at: Option<Timestamp>| at.map(|at| practice.written(at));
        let waiting = Urgencies {
            now: urgent,
            high,
            normal,
            low,
            second_looks: counts.second_looks,
            more: counts.more,
            oldest: written(counts.oldest),
            nearest: written(counts.nearest),
        };
        let next = practice.next_digest(now);
        let is_friday = practice.local(now).weekday() == jiff::civil::Weekday::Friday;
        let notices = if planned && (waiting.all() > 0 || is_friday) {
            let said = Said {
                what: Alert::Digest,
                round: 0,
                acknowledged_by: None,
            };
            self.notices(&key.practice, said, &[], 1, Some(&waiting), &[])
                .await?
        } else {
            Vec::new()
        };
        let told = self
            .remind
            .ledger
            .tell(
                &[Told {
                    key,
                    next: Some(next),
                    rounds: 1,
                }],
                &notices,
            )
            .await?;
        Ok(if told {
            notices.iter().map(NoticeRecord::to_send).collect()
        } else {
            Vec::new()
        })
    }

    /// Writes one notice for each way by which somebody is told.
    async fn notices(
        &mut self,
        id: &PracticeId,
        said: Said<'_>,
        tasks: &[TaskRef],
        count_of: usize,
        waiting: Option<&Urgencies>,
        roles: &[Role],
    ) -> Result<Vec<NoticeRecord>, LedgerError> {
        let (now, console) = (self.now, self.remind.console.clone());
        let known = self.known(id).await?;
        let told =
            known.and_then(|known| Some((recipients(known, said, roles, now)?, &known.practice)));
        let Some(((step, to), practice)) = told else {
            tracing::error!(practice = %id, alert = %said.what, round = said.round, "there is nobody to tell");
            count("NoticeFailed", 1, Some(id), now);
            return Ok(Vec::new());
        };
        let link = Link::of(console.as_deref(), id.as_str());
        let facts = Facts {
            alert: said.what,
            practice: &practice.name,
            count: count_of,
            round: said.round,
            acknowledged: said.acknowledged_by.is_some() && said.round == 0,
            waiting,
            code: None,
            link: &link,
        };
        let said = Said {
            round: step,
            ..said
        };
        Ok(to
            .iter()
            .map(|to| notice(id, said, tasks, to, &facts, now))
            .collect())
    }
}

/// What is said, and in which round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) what: Alert,
    pub(crate) round: u32,
    pub(crate) acknowledged_by: Option<&'a str>,
}

/// Returns whom to tell, and which step that is.
pub(crate) fn recipients(
    known: &Known,
    said: Said<'_>,
    roles: &[Role],
    now: Timestamp,
) -> Option<(u32, Vec<Recipient>)> {
    let at = Circumstances {
        people: &known.practice.people,
        local: known.practice.local(now),
        acknowledged_by: said.acknowledged_by,
        answered_by: roles,
        is_dead: &|way| known.dead.contains(way),
    };
    told(said.what, &at, said.round)
}

/// Makes one notice.
pub(crate) fn notice(
    id: &PracticeId,
    said: Said<'_>,
    tasks: &[TaskRef],
    to: &Recipient,
    facts: &Facts<'_>,
    now: Timestamp,
) -> NoticeRecord {
    let first_task = tasks.first().map(|one| one.task.as_str());
    let notice = NoticeRecord::id_of(id, said.what.name(), first_task, &to.way_id, now);
    // An address by which a post could be found on its platform would say who wrote it.
    let link = facts.link.to(match (tasks, said.what) {
        ([], Alert::SwitchedOff | Alert::SweepMissed) => "/people".to_owned(),
        ([], Alert::RuleStopped | Alert::LimitReached) => "/policy".to_owned(),
        ([], Alert::StepHeldUp) => "/policy/versions".to_owned(),
        ([], _) => String::new(),
        (_, _) => format!("/n/{notice}"),
    });
    let wording = Facts {
        link: &link,
        ..facts.clone()
    }
    .wording();
    NoticeRecord {
        id: notice,
        practice: id.clone(),
        name: to.name.clone(),
        way: to.way.name().to_owned(),
        way_id: to.way_id.clone(),
        alert: said.what.name().to_owned(),
        tasks: tasks.to_vec(),
        round: said.round,
        acknowledged_by: said.acknowledged_by.map(str::to_owned),
        at: now,
        subject: wording.subject,
        words: match to.way {
            Way::Email => wording.body,
            Way::Text => wording.text,
        },
        status: NoticeStatus::Pending,
        attempts: 0,
        result: None,
    }
}

fn reference(telling: &Telling) -> TaskRef {
    TaskRef {
        key: telling.task.key.clone(),
        task: telling.task.id.clone(),
    }
}

/// Returns when a task is told again, if nobody has answered it by then.
fn again(alert: Alert, telling: &Telling, now: Timestamp) -> Timestamp {
    let due_at = telling.task.due_at;
    match alert {
        Alert::Safeguarding | Alert::StaffSafety | Alert::Clinical => now + ANSWERS_WITHIN,
        _ if now < due_at => due_at,
        Alert::LookToday => now + LOOK_AGAIN,
        Alert::Urgent
        | Alert::ChannelStopped
        | Alert::SweepMissed
        | Alert::LimitReached
        | Alert::SwitchedOff
        | Alert::RuleStopped
        | Alert::StepHeldUp
        | Alert::Unreachable
        | Alert::Overdue
        | Alert::Digest
        | Alert::Code => now + LATE_AGAIN,
    }
}

/// Remembers a failure, which holds up nothing else, or that something was done.
pub(crate) fn note<T>(
    result: Result<T, LedgerError>,
    failed: &mut Option<LedgerError>,
    done: &mut bool,
) {
    match result {
        Ok(_) => *done = true,
        Err(error) => {
            tracing::warn!(%error, "something could not be told: the next run tries again");
            *failed = Some(error);
        }
    }
}
