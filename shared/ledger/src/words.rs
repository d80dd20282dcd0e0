//! What is deleted when the words of a post go: the one list of it, whoever has them deleted.
//!
//! Words, names and quotes stand in more places than the post: drafts and reports of its tasks, what
//! was sent, whom it was sent to, and what its author wrote to ask for another look.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use pagewarden_rules::{Post, PostKey, RevisionId};

use crate::decisions::{REMOVE_WORDS, SET_BARE, drop_words, is_bare, without_words};
use crate::history::History;
use crate::keys::{self, Key};
use crate::records::{ActionRecord, Event, RevisionRecord, StateRecord, TaskRecord, TaskStatus};
use crate::write::{Guard, Transacted, Transaction, unreadable, update_item};
use crate::{Ledger, LedgerError};

/// Items whose words are dropped in one transaction, which takes a hundred writes: the author's
/// names and the lines have theirs.
const AT_ONCE: usize = 90;

/// Attributes of a task that may have words of a post in them, or say whose it is.
const OF_TASK: [&str; 4] = ["draft", "draft_visible", "report", "author"];
/// Attributes of an action that may have.
const OF_ACTION: [&str; 2] = ["words", "instead"];
/// Attributes of the keys of pictures.
const OF_PICTURES: [&str; 1] = ["keys"];
/// Attributes of an appeal.
const OF_APPEAL: [&str; 1] = ["words"];

pub(crate) fn task_has_words(task: &TaskRecord) -> bool {
    let worded = task.draft.is_some() || task.draft_visible.is_some() || task.report.is_some();
    worded || task.author.is_some()
}

pub(crate) fn action_has_words(action: &ActionRecord) -> bool {
    action.words.is_some() || action.instead.is_some() || without_words(&action.post) != action.post
}

/// An item that has words in it: its key, the attributes that have, and what its post becomes.
type Worded = (Key, &'static [&'static str], Option<Post>);

/// What is deleted of a post in one transaction.
pub(crate) struct Drops {
    /// The revisions whose words go.
    pub(crate) revisions: Vec<RevisionId>,
    /// The tasks, messages and appeals whose words go, by their sort keys.
    pub(crate) items: Vec<String>,
    /// The writes that delete them.
    pub(crate) writes: Vec<TransactWriteItem>,
    /// There is more than fits.
    pub(crate) more: bool,
}

impl Ledger {
    /// Returns what has words of a post in it, and the writes by which they go.
    ///
    /// Something that still waits for its words keeps them: a revision that nobody has judged may
    /// hold a plea for help, an action needs to know whom it is about, and an appeal is to be
    /// answered.
    pub(crate) fn drops(&self, post: &PostKey, history: &History) -> Result<Drops, LedgerError> {
        let revisions = history.revisions.iter();
        let revisions: Vec<&RevisionRecord> = revisions
            .filter(|one| one.decided.is_some() && !is_bare(one))
            .collect();
        let worded = worded_items(history, post);
        let more = revisions.len() + worded.len() > AT_ONCE;
        let is_last_name = (1..=AT_ONCE).contains(&revisions.len());
        let mut drops = Drops {
            revisions: Vec::new(),
            items: Vec::new(),
            writes: Vec::new(),
            more,
        };
        for revision in revisions.into_iter().take(AT_ONCE) {
            drops.writes.push(self.drop_write(revision)?);
            drops.revisions.push(revision.revision.clone());
        }
        let left = AT_ONCE - drops.revisions.len();
        for (key, attributes, bare) in worded.into_iter().take(left) {
            let write = self.drop_attributes(&key, attributes, bare.as_ref())?;
            drops.writes.push(write);
            drops.items.push(key.sk);
        }
        // With the last of the words goes what its author is called.
        if is_last_name {
            drops.writes.extend(self.uncall(post, history)?);
        }
        Ok(drops)
    }

    /// Has words of a post go, with the line that says which, if nobody wrote to its history since
    /// it was read.
    pub(crate) async fn let_words_go(
        &self,
        post: &PostKey,
        state: &StateRecord,
        drops: Vec<TransactWriteItem>,
        event: &Event,
        now: Timestamp,
    ) -> Result<Transacted, LedgerError> {
        let mut writes = Transaction::default();
        self.append(&mut writes, post, state, now, event, None)
            .await?;
        for drop in drops {
            writes.push(Guard::Nothing, drop);
        }
        self.transact(writes).await
    }

    fn drop_write(&self, revision: &RevisionRecord) -> Result<TransactWriteItem, LedgerError> {
        let key = keys::revision(&revision.key, &revision.revision);
        let update = self
            .update(&key)
            .update_expression(format!("SET {SET_BARE} REMOVE {REMOVE_WORDS}"));
        update_item(drop_words(update, revision)?)
    }

    fn drop_attributes(
        &self,
        key: &Key,
        attributes: &[&str],
        bare: Option<&Post>,
    ) -> Result<TransactWriteItem, LedgerError> {
        let names: Vec<String> = (0..attributes.len()).map(|n| format!("#a{n}")).collect();
        let set = bare.map_or("", |_| "SET post = :bare ");
        let mut update = self
            .update(key)
            .update_expression(format!("{set}REMOVE {}", names.join(", ")));
        if let Some(bare) = bare {
            let bare = serde_dynamo::to_attribute_value(bare);
            let bare = bare.map_err(|source| unreadable(key, source))?;
            update = update.expression_attribute_values(":bare", bare);
        }
        for (name, attribute) in names.iter().zip(attributes) {
            update = update.expression_attribute_names(name, *attribute);
        }
        update_item(update)
    }
}

/// Returns the items beside its revisions that have words in them, and that nothing waits for.
fn worded_items(history: &History, post: &PostKey) -> Vec<Worded> {
    let tasks = history.tasks.iter().filter(|task| task_has_words(task));
    let tasks = tasks.map(|task| (keys::task(post, &task.id), OF_TASK.as_slice(), None));
    let actions = history.actions.iter();
    let actions = actions.filter(|one| !one.status.is_open() && action_has_words(one));
    let actions = actions.map(|one| {
        let bare = Some(without_words(&one.post));
        (keys::action(post, &one.id), OF_ACTION.as_slice(), bare)
    });
    let is_open = |id: &str| {
        let mut tasks = history.tasks.iter();
        tasks.any(|task| task.id == id && task.status == TaskStatus::Open)
    };
    let appeals = history.worded_appeals.iter();
    let appeals = appeals.filter(|(_, task)| !is_open(task));
    let appeals =
        appeals.map(|(sk, _)| (Key::new(keys::post(post), sk), OF_APPEAL.as_slice(), None));
    let pictures = history.keys.iter().filter(|item| !item.keys.is_empty());
    let pictures = pictures.map(|item| {
        let key = keys::pictures(post, &item.revision);
        (key, OF_PICTURES.as_slice(), None)
    });
    tasks
        .chain(actions)
        .chain(appeals)
        .chain(pictures)
        .collect()
}
