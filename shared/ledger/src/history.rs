//! The history of a post: its events, and the proof that none was changed, added or taken out.

use std::collections::HashSet;
use std::time::Duration;

use pagewarden_rules::{Disposition, PostKey, RevisionId, TaskKind};
use thiserror::Error;

use crate::records::{ActionRecord, EventRecord, Happening, RevisionRecord, StateRecord, TaskRecord, TaskStatus};
use crate::write::from_item;
use crate::{Ledger, LedgerError, decisions, keys};

/// Everything on record about a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Its revisions, oldest first.
    pub revisions: Vec<RevisionRecord>,
    /// Its events, in order.
    pub events: Vec<EventRecord>,
    /// Where it stands.
    pub state: StateRecord,
    /// Its actions.
    pub actions: Vec<ActionRecord>,
    /// Its tasks.
    pub tasks: Vec<TaskRecord>,
}

/// What is wrong with a history.
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
    /// A revision was decided, and the decision is gone.
    #[error("the decision about revision {0} is missing")]
    NoDecision(String),
    /// A task is missing, or was opened or closed outside the history.
    #[error("the task {0} is missing, or is not as the history left it")]
    Task(String),
}

/// How often a history that does not hold is read before that is believed, and how long it is left alone in between.
const LOOKS: u32 = 3;
const APART: Duration = Duration::from_millis(200);

impl Ledger {
    /// Returns everything on record about a post, for somebody who wants to know whether it holds.
    ///
    /// A query may see a transaction half written, so what does not hold is read again: what was changed stays so.
    pub async fn history_at_rest(&self, post: &PostKey) -> Result<Option<History>, LedgerError> {
        let mut history = self.history(post).await?;
        for _ in 1..LOOKS {
            if history.as_ref().is_none_or(|history| history.verify().is_ok()) {
                break;
            }
            tokio::time::sleep(APART).await;
            history = self.history(post).await?;
        }
        Ok(history)
    }

    /// Returns everything on record about a post, or none if it was never seen.
    pub async fn history(&self, post: &PostKey) -> Result<Option<History>, LedgerError> {
        let pk = keys::post(post);
        let mut history = History {
            revisions: Vec::new(),
            events: Vec::new(),
            state: StateRecord::default(),
            actions: Vec::new(),
            tasks: Vec::new(),
        };
        let items = self.partition(&pk, "").await?;
        if items.is_empty() {
            return Ok(None);
        }
        for item in items {
            let sk = item.get("SK").and_then(|sk| sk.as_s().ok()).cloned().unwrap_or_default();
            match sk.split('#').next() {
                Some("REV") => history.revisions.push(from_item(item)?),
                Some("EVT") => history.events.push(from_item(item)?),
                Some("STATE") => history.state = from_item(item)?,
                Some("ACT") => history.actions.push(from_item(item)?),
                Some("TASK") => history.tasks.push(from_item(item)?),
                _ => {}
            }
        }
        history.revisions.sort_by_key(|revision| revision.seen_at);
        history.events.sort_by_key(|event| event.seq);
        history.actions.sort_by_key(|action| action.created_at);
        Ok(Some(history))
    }
}

impl History {
    /// Checks that the chain is whole, that the state follows from it, and that the evidence is what was captured.
    pub fn verify(&self) -> Result<(), ChainError> {
        let mut state = StateRecord::default();
        let dropped = self.dropped();
        let mut decided = HashSet::new();
        for (expected, event) in (1..).zip(&self.events) {
            if event.seq != expected {
                return Err(ChainError::Gap { expected, found: event.seq });
            }
            let hash = EventRecord::digest(&event.prev, event.seq, event.at, &event.body);
            if event.prev != state.head || event.hash != hash {
                return Err(ChainError::Broken(event.seq));
            }
            let happening = event.happening().map_err(|_| ChainError::Unreadable(event.seq))?;
            self.check_evidence(&happening, &dropped)?;
            state = state.apply(event, &happening);
            if let Happening::Decided { revision, .. } = happening {
                decided.insert(revision);
            }
        }
        if state != self.state {
            return Err(ChainError::State);
        }
        let missing = self.revisions.iter().find(|kept| kept.decided.is_some() && !decided.contains(&kept.revision));
        if let Some(revision) = missing {
            return Err(ChainError::NoDecision(revision.revision.to_string()));
        }
        self.check_tasks(&state)
    }

    /// Checks that the tasks that wait are those which the history left open.
    fn check_tasks(&self, state: &StateRecord) -> Result<(), ChainError> {
        // What is to be mended at a channel is no part of a post's history.
        let open =
            self.tasks.iter().filter(|task| task.status == TaskStatus::Open && task.kind != TaskKind::MendChannel);
        let open: Vec<&str> = open.map(|task| task.id.as_str()).collect();
        let gone = state.open_tasks.iter().map(String::as_str).find(|id| !open.contains(id));
        let strange = open.iter().copied().find(|id| !state.open_tasks.iter().any(|known| known == id));
        gone.or(strange).map_or(Ok(()), |id| Err(ChainError::Task(id.to_owned())))
    }

    /// Returns the revisions of which the chain says that their words were dropped.
    fn dropped(&self) -> Vec<RevisionId> {
        let happenings = self.events.iter().filter_map(|event| event.happening().ok());
        let dropped = happenings.filter_map(|happening| match happening {
            Happening::WordsDropped { revisions } => Some(revisions),
            _ => None,
        });
        dropped.flatten().collect()
    }

    fn check_evidence(&self, happening: &Happening, dropped: &[RevisionId]) -> Result<(), ChainError> {
        let Happening::Decided { revision, evidence, captured_at, decision, tasks, .. } = happening else {
            return Ok(());
        };
        // Where there was nothing to do, the words were dropped on purpose; and where their author took them back.
        if decision.disposition == Disposition::None && tasks.is_empty() {
            return Ok(());
        }
        match self.revisions.iter().find(|kept| kept.revision == *revision) {
            None => Err(ChainError::NoEvidence(revision.to_string())),
            Some(kept) if dropped.contains(revision) && decisions::is_bare(kept) => Ok(()),
            Some(kept) if decisions::evidence(kept) == *evidence && kept.seen_at == *captured_at => Ok(()),
            Some(_) => Err(ChainError::Evidence(revision.to_string())),
        }
    }
}
