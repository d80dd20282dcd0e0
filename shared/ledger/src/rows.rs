//! Items as they stand in the table: a record, its key, and its place in the indexes.

use jiff::Timestamp;

use crate::keys::{self, Key};
use crate::records::{ActionRecord, RevisionRecord, TaskRecord};
use crate::write::{Item, text, to_item};
use crate::{Due, LedgerError};

/// Seconds after which a revision without a decision is looked for. The stream takes well under one.
const UNDECIDED_AFTER_S: i64 = 120;

/// The kind of a task in the `due` index. No function's stream takes it.
const LATE: &str = "task";

/// Returns a revision as it stands in the table while it waits: the stream carries it on, and the `due` index finds it
/// should the stream fail to.
pub(crate) fn waiting(record: &RevisionRecord, kind: Due, now: Timestamp) -> Result<Item, LedgerError> {
    let due_at = now + jiff::SignedDuration::from_secs(UNDECIDED_AFTER_S);
    let mut item = to_item(&keys::revision(&record.key, &record.revision), record)?;
    item.insert("due_kind".to_owned(), text(kind.name()));
    item.insert("due_pk".to_owned(), text(keys::due_partition(&record.key)));
    item.insert("due_sk".to_owned(), text(keys::due_time(due_at, &record.revision.0)));
    Ok(item)
}

/// An action as it stands in the outbox: due at once, and seen by the stream.
pub(crate) fn action_item(action: &ActionRecord, now: Timestamp) -> Result<Item, LedgerError> {
    let mut item = to_item(&keys::action(&action.key, &action.id), action)?;
    item.insert("due_kind".to_owned(), text(Due::Action.name()));
    item.insert("due_pk".to_owned(), text(keys::due_partition(&action.key)));
    item.insert("due_sk".to_owned(), text(keys::due_time(now, &action.id)));
    Ok(item)
}

/// A task as it stands in the queue for people, and among those of which somebody is told once they are late.
pub(crate) fn task_item(task: &TaskRecord) -> Result<Item, LedgerError> {
    let mut item = to_item(&task_key(task), task)?;
    item.insert("queue_pk".to_owned(), text(keys::queue_partition(&task.key.practice)));
    item.insert("queue_sk".to_owned(), text(place_in_queue(task)));
    // What may be left without harm is never late.
    if !task.optional {
        item.insert("due_kind".to_owned(), text(LATE));
        item.insert("due_pk".to_owned(), text(keys::late_partition(&task.key.practice)));
        item.insert("due_sk".to_owned(), text(keys::due_time(task.due_at, &task.id)));
    }
    Ok(item)
}

/// Returns where an open task stands in its practice's part of the `queue` index: by urgency, then due time.
pub(crate) fn place_in_queue(task: &TaskRecord) -> String {
    format!("{}#{}#{}", task.urgency as u8, keys::sortable(task.due_at), task.id)
}

pub(crate) fn task_key(task: &TaskRecord) -> Key {
    keys::task(&task.key, &task.id)
}
