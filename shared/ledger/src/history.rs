//! The history of a post: everything on record about it.

use std::time::Duration;

use pagewarden_rules::PostKey;

use crate::appeals::AppealRecord;
use crate::chain::{Seals, seal};
use crate::names::is_name;
use crate::pictures::PicturesRecord;
use crate::records::{
    ActionRecord, EventRecord, RevisionRecord, StateRecord, TaskRecord, TaskStatus,
};
use crate::rows::task_item;
use crate::write::{Item, from_item, key_of, to_item};
use crate::{Ledger, LedgerError, keys};

/// Everything on record about a post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// What its author wrote to ask for another look, oldest first.
    pub appeals: Vec<AppealRecord>,
    /// The keys of its pictures.
    pub keys: Vec<PicturesRecord>,
    /// The seals of its items, as they stand in the table.
    pub(crate) seals: Seals,
    /// The appeals that have words in them: their keys, and the tasks that ask for an answer.
    pub(crate) worded_appeals: Vec<(String, String)>,
    /// The items by which the post is found by its author's names, by their sort keys.
    pub(crate) names: Vec<String>,
    /// The open tasks that do not stand in the queue where people look for them.
    pub(crate) misplaced: Vec<String>,
}

/// How often a history that does not hold is read before that is believed, and how long it is left
/// alone in between.
const LOOKS: u32 = 5;
const APART: Duration = Duration::from_millis(200);

impl History {
    /// Puts a history together from its records, as whoever has them and no table.
    ///
    /// Where the post stands follows from its lines; a line that cannot be read changes nothing of
    /// that.
    pub fn of_records(
        key: &PostKey,
        revisions: Vec<RevisionRecord>,
        events: Vec<EventRecord>,
        actions: Vec<ActionRecord>,
        tasks: Vec<TaskRecord>,
        appeals: Vec<AppealRecord>,
        keys_of_pictures: Vec<PicturesRecord>,
    ) -> Result<Self, LedgerError> {
        let mut seals = Seals::new();
        for revision in &revisions {
            let item = to_item(&keys::revision(key, &revision.revision), revision)?;
            seals.insert(key_of(&item).to_string(), seal(&item));
        }
        for action in &actions {
            let item = to_item(&keys::action(key, &action.id), action)?;
            seals.insert(key_of(&item).to_string(), seal(&item));
        }
        for task in &tasks {
            let item = to_item(&keys::task(key, &task.id), task)?;
            seals.insert(key_of(&item).to_string(), seal(&item));
        }
        for item in &keys_of_pictures {
            let item = to_item(&keys::pictures(key, &item.revision), item)?;
            seals.insert(key_of(&item).to_string(), seal(&item));
        }
        // An appeal does not say under which key it stands, and the line that came with it does.
        let sealed: Vec<(String, String)> = events
            .iter()
            .filter_map(|event| event.seals().ok())
            .flatten()
            .filter(|(key, _)| key.contains(" APPEAL#"))
            .collect();
        for appeal in &appeals {
            let seal = seal(&to_item(&keys::appeal(key, ""), appeal)?);
            let known = sealed.iter().find(|(_, sealed)| *sealed == seal);
            let key = known.map_or_else(
                || keys::appeal(key, &appeal.task).to_string(),
                |(key, _)| key.clone(),
            );
            seals.insert(key, seal);
        }
        let state = events.iter().fold(StateRecord::default(), |state, record| {
            match record.event() {
                Ok(event) => state.apply(record, &event),
                Err(_) => state,
            }
        });
        Ok(History {
            revisions,
            events,
            state,
            actions,
            tasks,
            appeals,
            keys: keys_of_pictures,
            seals,
            worded_appeals: Vec::new(),
            names: Vec::new(),
            misplaced: Vec::new(),
        })
    }

    /// Reads an item of the post's partition into its place.
    pub(crate) fn take(&mut self, item: Item) -> Result<(), LedgerError> {
        match key_of(&item).sk.split('#').next() {
            Some("REV") => self.revisions.push(from_item(item)?),
            Some("EVT") => self.events.push(from_item(item)?),
            Some("STATE") => self.state = from_item(item)?,
            Some("APPEAL") => self.appeals.push(from_item(item)?),
            Some("PICTURES") => self.keys.push(from_item(item)?),
            Some("ACT") => self.actions.push(from_item(item)?),
            Some("TASK") => self.tasks.push(from_item(item)?),
            Some("BY") if is_name(&item) => self.names.push(key_of(&item).sk),
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn sort(&mut self) {
        self.revisions.sort_by_key(|revision| revision.seen_at);
        self.events.sort_by_key(|event| event.seq);
        self.actions.sort_by_key(|action| action.created_at);
        self.appeals.sort_by_key(|appeal| appeal.at);
    }

    /// Returns the items that lines of the history name, with the hash of each, and those that are
    /// not as they were when the line was written: by their keys in the table.
    #[must_use]
    pub fn changed_items(&self) -> Vec<String> {
        let lines = self.events.iter().filter_map(|event| event.seals().ok());
        let mut changed: Vec<String> = lines
            .flatten()
            .filter(|(key, sealed)| self.seals.get(key).is_some_and(|seal| seal != sealed))
            .map(|(key, _)| key)
            .collect();
        changed.sort();
        changed.dedup();
        changed
    }
}

impl Ledger {
    /// Returns everything on record about a post, for somebody who wants to know whether it holds.
    ///
    /// A query may see a transaction half written, so what does not hold is read again: what was
    /// changed stays so.
    pub async fn history_at_rest(&self, post: &PostKey) -> Result<Option<History>, LedgerError> {
        let mut history = self.history(post).await?;
        for _ in 1..LOOKS {
            if history
                .as_ref()
                .is_none_or(|history| history.verify().is_ok())
            {
                break;
            }
            tokio::time::sleep(APART).await;
            history = self.history(post).await?;
        }
        Ok(history)
    }

    /// Returns everything on record about a post, or none if it was never seen.
    pub async fn history(&self, post: &PostKey) -> Result<Option<History>, LedgerError> {
        let items = self.partition(&keys::post(post), "").await?;
        if items.is_empty() {
            return Ok(None);
        }
        let mut history = History::default();
        for item in items {
            let key = key_of(&item);
            history.seals.insert(key.to_string(), seal(&item));
            let place = ["queue_pk", "queue_sk"].map(|name| item.get(name).cloned());
            history.take(item)?;
            match (
                key.sk.split('#').next(),
                &history.tasks[..],
                &history.appeals[..],
            ) {
                (Some("TASK"), [.., task], _) => {
                    let expected = task_item(task)?;
                    let expected = ["queue_pk", "queue_sk"].map(|name| expected.get(name).cloned());
                    if task.status == TaskStatus::Open && place != expected {
                        history.misplaced.push(task.id.clone());
                    }
                }
                (Some("APPEAL"), _, [.., appeal]) if !appeal.words.is_empty() => {
                    history.worded_appeals.push((key.sk, appeal.task.clone()));
                }
                _ => {}
            }
        }
        history.sort();
        Ok(Some(history))
    }
}
