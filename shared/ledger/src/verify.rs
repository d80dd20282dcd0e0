//! The proof that nothing on record was changed, added or taken out: of one post by its history, of
//! a practice by its chain.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_rules::{PostKey, PracticeId, RevisionId};
use thiserror::Error;

use crate::anchors::{self, Anchored, FoundAnchor};
use crate::chain::{ChainHead, PracticeEvent, seal};
use crate::decisions::{self, SUPERSEDED};
use crate::hidden::NOT_HIDDEN;
use crate::history::History;
use crate::keys::{self, Key};
use crate::offboard::Proof;
use crate::records::{ActionStatus, Event, EventRecord, RevisionRecord, StateRecord, TaskStatus};
use crate::sample::NOT_LOOKED_AT;
use crate::tasks::outcome;
use crate::words::{action_has_words, task_has_words};
use crate::{Ledger, LedgerError};

/// Histories that are read at the same time.
const AT_ONCE: usize = 16;

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChainError {
    /// A line is missing, or stands twice.
    #[error("line {expected} of the history is missing: line {found} stands in its place")]
    Gap {
        /// The line expected.
        expected: u64,
        /// The line found.
        found: u64,
    },
    /// A line was changed, or does not follow from the one before.
    #[error("line {0} of the history was changed, or does not follow from the one before")]
    Broken(u64),
    /// A line cannot be read.
    #[error("line {0} of the history cannot be read")]
    Unreadable(u64),
    /// The state does not follow from the events.
    #[error("the state of the post does not follow from its events")]
    State,
    /// The kept evidence is not what was captured.
    #[error("the evidence of revision {0} is not what was captured")]
    Evidence(String),
    /// The evidence is gone, although it had to be kept.
    #[error("the evidence of revision {0} is missing")]
    NoEvidence(String),
    /// Words stand where none were kept.
    #[error("revision {0} broke nothing and its words were dropped, but there are words")]
    Planted(String),
    /// A revision was decided, and the decision is gone.
    #[error("the decision about revision {0} is missing")]
    NoDecision(String),
    /// A task is missing, or was opened or closed outside the history.
    #[error("the task {0} is missing, or is not as the history left it")]
    Task(String),
    /// An action is not as the history left it.
    #[error("the action {0} is not as the history left it")]
    Action(String),
    /// What was written with a line is missing.
    #[error("{0} is missing, which was written with the history")]
    Missing(String),
    /// What was written with a line was changed.
    #[error("{0} was changed since it was written")]
    Changed(String),
    /// Something stands there that the history does not know.
    #[error("{0} stands there, and no line of the history knows of it")]
    Unknown(String),
    /// A link of the practice's chain is missing.
    #[error(
        "link {0} of the practice's chain is missing: a line was removed, alone or with the whole of its post"
    )]
    NoLink(u64),
    /// A link of the practice's chain does not follow from the one before.
    #[error("link {0} of the practice's chain does not follow from the one before")]
    BrokenLink(u64),
    /// The end of the practice's chain is not what it was.
    #[error("the practice's chain does not end as it says")]
    Head,
    /// The proof that a practice was deleted was changed.
    #[error("the proof that everything of the practice was deleted was changed")]
    Proof,
    /// Something is there of a practice that was deleted.
    #[error("{0} stands there, although everything of the practice was deleted")]
    Left(String),
    /// What is in force is not what was put in force.
    #[error("{0} is not as it was last put in force")]
    InForce(&'static str),
}

impl History {
    /// Checks that the chain is whole, that the state follows from it, and that evidence, tasks and
    /// actions are as the history left them.
    pub fn verify(&self) -> Result<(), ChainError> {
        let mut state = StateRecord::default();
        let dropped = self.dropped();
        let mut decided = HashSet::new();
        for (expected, record) in (1..).zip(&self.events) {
            if record.seq != expected {
                return Err(ChainError::Gap {
                    expected,
                    found: record.seq,
                });
            }
            if record.prev != state.head || record.hash != record.digest() {
                return Err(ChainError::Broken(record.seq));
            }
            let event = record
                .event()
                .map_err(|_| ChainError::Unreadable(record.seq))?;
            self.check_evidence(&event, &dropped)?;
            state = state.apply(record, &event);
            if let Event::Decided { revision, .. } = event {
                decided.insert(revision);
            }
        }
        if state != self.state {
            return Err(ChainError::State);
        }
        let missing = self
            .revisions
            .iter()
            .find(|kept| kept.decided.is_some() && !decided.contains(&kept.revision));
        if let Some(revision) = missing {
            return Err(ChainError::NoDecision(revision.revision.to_string()));
        }
        self.check_tasks(&state)?;
        self.check_seals(&dropped)?;
        self.check_outcomes()
    }

    /// Checks that the tasks that wait are those which the history left open.
    fn check_tasks(&self, state: &StateRecord) -> Result<(), ChainError> {
        let open = self
            .tasks
            .iter()
            .filter(|task| task.status == TaskStatus::Open && task.kind.is_about_a_post());
        let open: Vec<&str> = open.map(|task| task.id.as_str()).collect();
        let gone = state
            .open_tasks
            .iter()
            .map(String::as_str)
            .find(|id| !open.contains(id));
        let strange = open
            .iter()
            .copied()
            .find(|id| !state.open_tasks.iter().any(|known| known == id));
        let misplaced = self.misplaced.first().map(String::as_str);
        gone.or(strange)
            .or(misplaced)
            .map_or(Ok(()), |id| Err(ChainError::Task(id.to_owned())))
    }

    /// Checks that what was written with the lines is there, unchanged, and that nothing else is.
    fn check_seals(&self, dropped: &[RevisionId]) -> Result<(), ChainError> {
        let dropped: Vec<String> = dropped
            .iter()
            .map(|revision| format!("REV#{revision}"))
            .collect();
        // What opens a picture is gone for good once a line says so.
        let opens = self.keys.iter().filter(|item| !item.keys.is_empty());
        let back = opens
            .map(|item| keys::pictures_of(&item.revision))
            .find(|key| self.says_let_go(key));
        if let Some(key) = back {
            return Err(ChainError::Changed(key));
        }
        let mut known = HashSet::new();
        for event in &self.events {
            for (key, sealed) in event
                .seals()
                .map_err(|_| ChainError::Unreadable(event.seq))?
            {
                let words_are_gone = dropped
                    .iter()
                    .any(|revision| key.ends_with(revision.as_str()))
                    || self.is_let_go(&key);
                match self.seals.get(&key) {
                    None if is_elsewhere(&key) => {}
                    None => return Err(ChainError::Missing(key)),
                    Some(seal) if *seal != sealed && !words_are_gone => {
                        return Err(ChainError::Changed(key));
                    }
                    Some(_) => {}
                }
                known.insert(key);
            }
        }
        let known_elsewhere: Vec<String> = self
            .tasks
            .iter()
            .filter(|t| !t.kind.is_about_a_post())
            .map(|t| t.id.clone())
            .collect();
        let strange = self.seals.keys().find(|key| {
            let is_sealed = [" TASK#", " ACT#", " PICTURES#"]
                .iter()
                .any(|kind| key.contains(kind));
            is_sealed
                && !known.contains(*key)
                && !known_elsewhere
                    .iter()
                    .any(|task| key.ends_with(task.as_str()))
        });
        strange.map_or(Ok(()), |key| Err(ChainError::Unknown(key.clone())))
    }

    /// Returns `true` if a line says that the words of an item were let go, by its sort key.
    fn says_let_go(&self, sk: &str) -> bool {
        self.events.iter().any(|line| match line.event() {
            Ok(
                Event::LetGo { items, .. }
                | Event::WordsDropped { items, .. }
                | Event::Erased { items, .. },
            ) => items.iter().any(|item| item == sk),
            _ => false,
        })
    }

    /// Returns `true` if a line says that the words of an item were let go, and none are there.
    fn is_let_go(&self, key: &str) -> bool {
        let sk = key.split_once(' ').map_or("", |(_, sk)| sk);
        let let_go = self.says_let_go(sk);
        let task = |id: &str| {
            let mut tasks = self.tasks.iter();
            tasks.any(|task| task.id == id && !task_has_words(task))
        };
        let action = |id: &str| {
            let mut actions = self.actions.iter();
            actions.any(|action| action.id == id && !action_has_words(action))
        };
        let is_empty = match sk.split_once('#') {
            Some(("TASK", id)) => task(id),
            Some(("ACT", id)) => action(id),
            Some(("PICTURES", revision)) => self
                .keys
                .iter()
                .any(|item| item.revision.0 == revision && item.keys.is_empty()),
            Some(("APPEAL", _)) => !self.worded_appeals.iter().any(|(worded, _)| worded == sk),
            _ => false,
        };
        let_go && is_empty
    }

    /// Checks that what became of tasks and actions is what the history says.
    fn check_outcomes(&self) -> Result<(), ChainError> {
        let mut tasks: HashMap<String, (String, Timestamp)> = HashMap::new();
        let mut actions: HashMap<String, (ActionStatus, String)> = HashMap::new();
        for (at, event) in self
            .events
            .iter()
            .filter_map(|record| Some((record.at, record.event().ok()?)))
        {
            match event {
                Event::Chosen {
                    task,
                    choice,
                    by,
                    settled,
                    ..
                } => {
                    let closed = std::iter::once(task).chain(settled);
                    tasks.extend(closed.map(|task| (task, (outcome(choice.name(), &by), at))));
                }
                Event::Decided { superseded, .. } => {
                    tasks.extend(
                        superseded
                            .into_iter()
                            .map(|task| (task, (SUPERSEDED.to_owned(), at))),
                    );
                }
                Event::SampleOver { task } => {
                    tasks.insert(task, (NOT_LOOKED_AT.to_owned(), at));
                }
                Event::Acted { action, detail, .. } => {
                    actions.insert(action, (ActionStatus::Done, detail));
                }
                Event::Failed { action, why, .. } => {
                    actions.insert(action, (ActionStatus::Failed, why));
                }
                Event::Parked { action, why, .. } => {
                    actions.insert(action, (ActionStatus::Parked, why));
                }
                Event::Dropped { action, why, .. } => {
                    actions.insert(action, (ActionStatus::Dropped, why));
                }
                Event::Removed { settled, .. } | Event::VisibilitySeen { settled, .. } => {
                    tasks.extend(
                        settled
                            .into_iter()
                            .map(|task| (task, (NOT_HIDDEN.to_owned(), at))),
                    );
                }
                Event::Hold { .. }
                | Event::Appealed { .. }
                | Event::Sampled { .. }
                | Event::AnswerWritten { .. }
                | Event::Acknowledged { .. }
                | Event::HandedOver { .. }
                | Event::ShownAgain { .. }
                | Event::WordsDropped { .. }
                | Event::Erased { .. }
                | Event::Restricted { .. }
                | Event::Rectified { .. }
                | Event::Exported { .. }
                | Event::PicturesKept { .. }
                | Event::StoodAgain { .. }
                | Event::LetGo { .. } => {}
            }
        }
        let closed = self
            .tasks
            .iter()
            .filter(|t| t.status == TaskStatus::Done && t.kind.is_about_a_post());
        for task in closed {
            let known = tasks.get(&task.id);
            let when_known = task
                .closed_at
                .is_none_or(|closed_at| known.is_some_and(|(_, at)| *at == closed_at));
            if known.map(|(outcome, _)| outcome) != task.outcome.as_ref() || !when_known {
                return Err(ChainError::Task(task.id.clone()));
            }
        }
        for action in &self.actions {
            let holds = match actions.get(&action.id) {
                Some((status, result)) => {
                    action.status == *status && action.result.as_ref() == Some(result)
                }
                None => matches!(action.status, ActionStatus::Pending | ActionStatus::Claimed),
            };
            if !holds {
                return Err(ChainError::Action(action.id.clone()));
            }
        }
        Ok(())
    }

    /// Returns the revisions of which the chain says that their words were dropped.
    fn dropped(&self) -> Vec<RevisionId> {
        let events = self.events.iter().filter_map(|record| record.event().ok());
        let dropped = events.filter_map(|event| match event {
            Event::WordsDropped { revisions, .. }
            | Event::LetGo { revisions, .. }
            | Event::Erased { revisions, .. } => Some(revisions),
            Event::Decided { .. }
            | Event::Acted { .. }
            | Event::Failed { .. }
            | Event::Parked { .. }
            | Event::Dropped { .. }
            | Event::Chosen { .. }
            | Event::Appealed { .. }
            | Event::Sampled { .. }
            | Event::SampleOver { .. }
            | Event::AnswerWritten { .. }
            | Event::Acknowledged { .. }
            | Event::HandedOver { .. }
            | Event::ShownAgain { .. }
            | Event::Exported { .. }
            | Event::PicturesKept { .. }
            | Event::Restricted { .. }
            | Event::Rectified { .. }
            | Event::Removed { .. }
            | Event::Hold { .. }
            | Event::StoodAgain { .. }
            | Event::VisibilitySeen { .. } => None,
        });
        dropped.flatten().collect()
    }

    fn check_evidence(&self, event: &Event, dropped: &[RevisionId]) -> Result<(), ChainError> {
        let Event::Decided {
            revision,
            evidence,
            captured_at,
            ..
        } = event
        else {
            return Ok(());
        };
        let kept = self
            .revisions
            .iter()
            .find(|kept| kept.revision == *revision);
        // Where there was nothing to do, the words were dropped on purpose; and where their author
        // took them back.
        let is_bare = |kept: &RevisionRecord| decisions::is_bare(kept);
        if event.is_idle() {
            return match kept {
                Some(kept) if !is_bare(kept) => Err(ChainError::Planted(revision.to_string())),
                _ => Ok(()),
            };
        }
        match kept {
            None => Err(ChainError::NoEvidence(revision.to_string())),
            Some(kept) if dropped.contains(revision) && is_bare(kept) => Ok(()),
            Some(kept)
                if decisions::evidence(kept) == *evidence && kept.seen_at == *captured_at =>
            {
                Ok(())
            }
            Some(_) => Err(ChainError::Evidence(revision.to_string())),
        }
    }
}

/// Returns `true` if an item stands in another partition than its post's: an incident of the
/// account.
fn is_elsewhere(key: &str) -> bool {
    key.split(' ')
        .next()
        .is_some_and(|pk| pk.contains("#ACCT#"))
}

/// What a look at everything on record came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// Posts whose histories were checked.
    pub posts: usize,
    /// Links of practices' chains that were checked.
    pub links: u64,
    /// What does not hold: of which post or practice, and what.
    pub wrong: Vec<(String, String)>,
    /// The proofs of the practices that left and of which everything was deleted.
    pub gone: BTreeMap<PracticeId, Proof>,
    /// The anchors against which each practice was held; none of a practice that has none.
    pub anchored: BTreeMap<PracticeId, Anchored>,
}

/// The chain of one practice, as its lines stand in the table.
#[derive(Default)]
struct Chain {
    head: ChainHead,
    /// The hashes of the link before and of the line itself, by the link's number.
    links: BTreeMap<u64, (String, String)>,
}

impl Chain {
    /// Checks that each link follows on the one before, and that the last one is its head.
    fn check(&self) -> Vec<ChainError> {
        let mut wrong = Vec::new();
        let mut prev = String::new();
        for seq in 1..=self.head.seq {
            match self.links.get(&seq) {
                None => {
                    wrong.push(ChainError::NoLink(seq));
                    // What follows cannot be told from what is missing.
                    prev = self
                        .links
                        .get(&(seq + 1))
                        .map(|(prev, _)| prev.clone())
                        .unwrap_or_default();
                }
                Some((before, hash)) => {
                    if *before != prev {
                        wrong.push(ChainError::BrokenLink(seq));
                    }
                    prev.clone_from(hash);
                }
            }
        }
        let end = self.links.get(&self.head.seq).map(|(_, hash)| hash);
        if self.head.seq > 0 && end.is_some_and(|hash| *hash != self.head.hash) {
            wrong.push(ChainError::Head);
        }
        if self.head.seq == 0 && !self.links.is_empty() {
            wrong.push(ChainError::Head);
        }
        wrong
    }
}

impl Ledger {
    /// Checks everything on record, or everything of one practice: each post by its history, each
    /// practice by its chain. It reads the table from end to end.
    ///
    /// Without anchors, whoever made every hash again from a line that they changed is not found.
    pub async fn audit(&self, only: Option<&PracticeId>) -> Result<Audit, LedgerError> {
        self.audit_against(&[], only, Date::MIN).await
    }

    /// Checks the same, and holds each practice's chain against its anchors. A day before `today`
    /// without one is told.
    pub async fn audit_against(
        &self,
        anchors: &[FoundAnchor],
        only: Option<&PracticeId>,
        today: Date,
    ) -> Result<Audit, LedgerError> {
        let anchors = anchors::by_practice(anchors);
        let (posts, mut practices) = self.posts_and_practices().await?;
        // A practice that was removed whole is known by its anchors.
        practices.extend(anchors.keys().cloned());
        let wanted = |practice: &PracticeId| only.is_none_or(|only| only == practice);
        let mut audit = Audit::default();
        let mut chains: BTreeMap<PracticeId, Chain> = BTreeMap::new();
        // The ends first: what is written meanwhile comes after them, and is left for the next
        // time.
        for practice in practices.into_iter().filter(wanted) {
            let head = self.chain_head(&practice).await?;
            chains.insert(
                practice,
                Chain {
                    head,
                    ..Chain::default()
                },
            );
        }
        let posts: Vec<PostKey> = posts
            .into_iter()
            .filter(|post| wanted(&post.practice))
            .collect();
        audit.posts = posts.len();
        let mut histories = stream::iter(posts)
            .map(|post| self.checked(post))
            .buffered(AT_ONCE);
        while let Some((post, found)) = histories.try_next().await? {
            let events = match found {
                Ok((history, None)) => history.events,
                Ok((history, Some(wrong))) => {
                    audit.wrong.push((post.to_string(), wrong));
                    history.events
                }
                Err(wrong) => {
                    audit.wrong.push((post.to_string(), wrong));
                    continue;
                }
            };
            let chain = chains.entry(post.practice.clone()).or_default();
            for event in events {
                if let Some(link) = event.chain {
                    chain.links.insert(link.seq, (link.prev, event.hash));
                }
            }
        }
        for practice in chains.keys() {
            let proof = self.proof_of_deletion(practice).await?;
            audit
                .gone
                .extend(proof.map(|proof| (practice.clone(), proof)));
        }
        let mut left = self.left_of(&audit.gone.keys().collect()).await?;
        for (practice, mut chain) in chains {
            let proof = audit.gone.get(&practice);
            let wrong = match proof {
                Some(proof) => {
                    let left = left.remove(&practice).unwrap_or_default();
                    check_proof(proof, left, &mut chain)
                }
                None => self.check_practice(&practice, &mut chain).await?,
            };
            audit.links += chain.head.seq;
            let anchors = anchors.get(&practice).map_or(&[][..], Vec::as_slice);
            let stands = anchors::Stands {
                lines: &chain.links,
                end: chain.head.seq,
                proof: proof.map(|proof| proof.hash.as_str()),
            };
            let (anchored, off) = anchors::check(anchors, &stands, today);
            let off = off.into_iter().map(|error| error.to_string());
            let wrong = wrong.into_iter().map(|error| error.to_string()).chain(off);
            audit
                .wrong
                .extend(wrong.map(|error| (practice.to_string(), error)));
            audit
                .anchored
                .extend(anchored.map(|found| (practice, found)));
        }
        Ok(audit)
    }

    /// Returns a post's history, and what is wrong with it. What cannot be read is wrong as well.
    async fn checked(
        &self,
        post: PostKey,
    ) -> Result<(PostKey, Result<(History, Option<String>), String>), LedgerError> {
        let found = match self.history_at_rest(&post).await {
            Ok(None) => Err("its items are gone while it was looked at".to_owned()),
            Ok(Some(history)) => {
                let mut wrong = history.verify().err().map(|error| error.to_string());
                if wrong.is_none() {
                    wrong = self
                        .check_elsewhere(&history.events)
                        .await?
                        .map(|error| error.to_string());
                }
                Ok((history, wrong))
            }
            Err(error @ LedgerError::Unreadable { .. }) => {
                let why = std::error::Error::source(&error)
                    .map(|source| format!(": {source}"))
                    .unwrap_or_default();
                Err(format!("{error}{why}"))
            }
            Err(error) => return Err(error),
        };
        Ok((post, found))
    }

    /// Checks what was written with these lines in other partitions than their own.
    async fn check_elsewhere(
        &self,
        events: &[EventRecord],
    ) -> Result<Option<ChainError>, LedgerError> {
        for (key, sealed) in events
            .iter()
            .filter_map(|event| event.seals().ok())
            .flatten()
        {
            if is_elsewhere(&key)
                && let Some(error) = self.check_item(&key, &sealed).await?
            {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    async fn check_item(&self, key: &str, sealed: &str) -> Result<Option<ChainError>, LedgerError> {
        let (pk, sk) = key.split_once(' ').unwrap_or((key, ""));
        Ok(match self.get(Key::new(pk, sk)).await? {
            None => Some(ChainError::Missing(key.to_owned())),
            Some(item) if seal(&item) != sealed => Some(ChainError::Changed(key.to_owned())),
            Some(_) => None,
        })
    }

    /// Checks a practice's chain, and what its own lines put in force. Takes the links of its posts
    /// in `chain`.
    async fn check_practice(
        &self,
        practice: &PracticeId,
        chain: &mut Chain,
    ) -> Result<Vec<ChainError>, LedgerError> {
        let mut wrong = Vec::new();
        let mut events = self.practice_events(practice).await?;
        let (log, wrong_in_log) = self.check_log(practice).await?;
        events.extend(log);
        wrong.extend(wrong_in_log);
        let mut last = InForce::default();
        for event in &events {
            if event.hash != event.digest() {
                wrong.push(ChainError::Broken(event.seq));
            }
            chain
                .links
                .insert(event.seq, (event.prev.clone(), event.hash.clone()));
            let seals = event.seals().unwrap_or_default();
            match event.practice_event() {
                Ok(PracticeEvent::Published { .. }) => {
                    last.settings = seals
                        .get(&keys::settings(practice).to_string())
                        .cloned()
                        .or(last.settings);
                    for (key, sealed) in seals.iter().filter(|(key, _)| key.contains(" POLICY#")) {
                        wrong.extend(self.check_item(key, sealed).await?);
                    }
                }
                Ok(
                    PracticeEvent::Proposed { .. }
                    | PracticeEvent::StepAsked { .. }
                    | PracticeEvent::StepAgreed { .. }
                    | PracticeEvent::Tried { .. }
                    | PracticeEvent::StepTaken { .. }
                    | PracticeEvent::StepHeldUp { .. }
                    | PracticeEvent::StepCalledOff { .. }
                    | PracticeEvent::WentBack { .. },
                ) => {
                    let tried = seals.iter().filter(|(key, _)| key.contains(" TRIED#"));
                    last.tried
                        .extend(tried.map(|(key, sealed)| (key.clone(), sealed.clone())));
                    last.versions = seals
                        .get(&keys::versions(practice).to_string())
                        .cloned()
                        .or(last.versions);
                    for (key, sealed) in seals.iter().filter(|(key, _)| key.contains(" POLICY#")) {
                        wrong.extend(self.check_item(key, sealed).await?);
                    }
                }
                Ok(PracticeEvent::Switched { .. } | PracticeEvent::StartAsked { .. }) => {
                    last.switch = seals.get(&keys::switch(practice).to_string()).cloned();
                }
                Ok(
                    PracticeEvent::Logged { .. }
                    | PracticeEvent::Noted { .. }
                    | PracticeEvent::Stepped { .. }
                    | PracticeEvent::ConnectionAgreed { .. }
                    | PracticeEvent::RuleStartAsked { .. }
                    | PracticeEvent::RuleStarted { .. }
                    | PracticeEvent::AnsweredAuthor { .. }
                    | PracticeEvent::Erased { .. }
                    | PracticeEvent::RestrictedAuthor { .. }
                    | PracticeEvent::Rectified { .. }
                    | PracticeEvent::ChannelsLetGo { .. }
                    | PracticeEvent::TakenAlong { .. }
                    | PracticeEvent::DeletionAsked { .. }
                    | PracticeEvent::LetGo { .. },
                ) => {}
                Err(_) => wrong.push(ChainError::Unreadable(event.seq)),
            }
        }
        let in_force = [
            (
                "the settings in force",
                keys::settings(practice),
                last.settings,
            ),
            (
                "the version in force",
                keys::versions(practice),
                last.versions,
            ),
            ("the switch", keys::switch(practice), last.switch),
        ];
        for (what, key, sealed) in in_force {
            let Some(sealed) = sealed else { continue };
            if self.check_item(&key.to_string(), &sealed).await?.is_some() {
                wrong.push(ChainError::InForce(what));
            }
        }
        for (key, sealed) in &last.tried {
            wrong.extend(self.check_item(key, sealed).await?);
        }
        wrong.extend(chain.check());
        Ok(wrong)
    }

    /// Returns every post and every practice of which anything is on record.
    async fn posts_and_practices(
        &self,
    ) -> Result<(BTreeSet<PostKey>, BTreeSet<PracticeId>), LedgerError> {
        let (mut posts, mut practices) = (BTreeSet::new(), BTreeSet::new());
        let scan = self
            .client
            .scan()
            .table_name(&self.table)
            .projection_expression("PK");
        let mut items = scan.into_paginator().items().send();
        while let Some(item) = items.try_next().await? {
            let Some(pk) = item.get("PK").and_then(|pk| pk.as_s().ok()) else {
                continue;
            };
            posts.extend(keys::post_of(pk));
            let practice = pk
                .strip_prefix("P#")
                .map(|rest| rest.split('#').next().unwrap_or_default());
            practices.extend(practice.and_then(|practice| practice.parse::<PracticeId>().ok()));
        }
        Ok((posts, practices))
    }

    /// Returns every post of which anything is on record.
    pub async fn posts(&self) -> Result<BTreeSet<PostKey>, LedgerError> {
        Ok(self.posts_and_practices().await?.0)
    }
}

/// Checks the proof that everything of a practice was deleted: that it is as it was written, and that
/// nothing is left. The end of the chain that it names, and the proof itself, are held against the
/// anchors.
fn check_proof(proof: &Proof, left: BTreeSet<String>, chain: &mut Chain) -> Vec<ChainError> {
    let mut wrong = Vec::new();
    if !proof.holds() {
        wrong.push(ChainError::Proof);
    }
    wrong.extend(left.into_iter().map(ChainError::Left));
    chain.head = proof.chain.clone();
    let (seq, hash) = (proof.chain.seq, proof.chain.hash.clone());
    chain.links = BTreeMap::from([(seq, (String::new(), hash))]);
    wrong
}

/// The seals of what a practice's lines put in force last.
#[derive(Default)]
struct InForce {
    settings: Option<String>,
    versions: Option<String>,
    switch: Option<String>,
    /// Of what the newest backtest of each version said, by its key.
    tried: BTreeMap<String, String>,
}
