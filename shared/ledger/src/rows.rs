//! Items as they stand in the table: a record, its key, and its place in the indexes.

use jiff::Timestamp;
use pagewarden_rules::{PracticeId, Urgency};
use ulid::Ulid;

use crate::keys::{self, Key};
use crate::notices::Tell;
use crate::records::{ActionRecord, RevisionRecord, TaskRecord};
use crate::write::{Item, text, to_item};
use crate::{Due, LedgerError};

/// Seconds after which a revision without a decision is looked for. The stream takes well under
/// one.
pub const UNDECIDED_AFTER_S: i64 = 120;

/// Returns a revision as it stands in the table while it waits: the stream carries it on, and the
/// `due` index finds it should the stream fail to.
pub(crate) fn waiting(
    record: &RevisionRecord,
    kind: Due,
    now: Timestamp,
) -> Result<Item, LedgerError> {
    let due_at = now + jiff::SignedDuration::from_secs(UNDECIDED_AFTER_S);
    let mut item = to_item(&keys::revision(&record.key, &record.revision), record)?;
    item.insert("due_kind".to_owned(), text(kind.name()));
    item.insert("due_pk".to_owned(), text(keys::due_partition(&record.key)));
    item.insert(
        "due_sk".to_owned(),
        text(keys::due_time(due_at, &record.revision.0)),
    );
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

/// A task as it stands in the queue for people, and among those of which somebody is told: at once,
/// or once it is late.
pub(crate) fn task_item(task: &TaskRecord) -> Result<Item, LedgerError> {
    let mut item = to_item(&task_key(task), task)?;
    item.insert(
        "queue_pk".to_owned(),
        text(keys::queue_partition(&task.key.practice)),
    );
    item.insert("queue_sk".to_owned(), text(place_in_queue(task)));
    // What may be left without harm is never late.
    if !task.optional {
        let at = if is_told_at_once(task) {
            opened_at(task)
        } else {
            task.due_at
        };
        item.extend(to_be_told(Tell::Task, &task.key.practice, at, &task.id));
    }
    Ok(item)
}

/// Returns where an open task stands in its practice's part of the `queue` index: by urgency, then
/// due time.
pub(crate) fn place_in_queue(task: &TaskRecord) -> String {
    format!(
        "{}#{}#{}",
        task.urgency as u8,
        keys::sortable(task.due_at),
        task.id
    )
}

/// Returns the attributes that list an item among what people are told, from a time on.
pub(crate) fn to_be_told(kind: Tell, practice: &PracticeId, at: Timestamp, unique: &str) -> Item {
    let partition = match kind {
        Tell::Digest => keys::DIGESTS.to_owned(),
        Tell::Task | Tell::Alert | Tell::Code | Tell::Notice => keys::late_partition(practice),
    };
    Item::from([
        ("due_kind".to_owned(), text(kind.name())),
        ("due_pk".to_owned(), text(partition)),
        ("due_sk".to_owned(), text(keys::due_time(at, unique))),
    ])
}

/// Returns `true` if somebody is told as soon as a task is opened, and not once it is late.
pub(crate) fn is_told_at_once(task: &TaskRecord) -> bool {
    task.urgency == Urgency::Now || task.kind.is_danger() || !task.kind.is_about_a_post()
}

/// Returns when a task was opened: its id says it. An id that does not counts as due.
pub(crate) fn opened_at(task: &TaskRecord) -> Timestamp {
    let id = Ulid::from_string(&task.id).ok();
    let millis = id.and_then(|id| i64::try_from(id.timestamp_ms()).ok());
    millis
        .and_then(|millis| Timestamp::from_millisecond(millis).ok())
        .unwrap_or(task.due_at)
}

pub(crate) fn task_key(task: &TaskRecord) -> Key {
    keys::task(&task.key, &task.id)
}
