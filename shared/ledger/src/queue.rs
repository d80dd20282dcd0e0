//! The queue for people: the tasks that wait, and one found by its id.

use std::cmp::Reverse;
use std::collections::HashMap;

use pagewarden_rules::{Effect, PostKey, PracticeId, Strength, TaskKind};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::keys::{self, Key};
use crate::records::TaskRecord;
use crate::write::{Item, from_item, text};
use crate::{Ledger, LedgerError};

/// What waits at a practice.
#[derive(Debug, Default)]
pub struct Queue {
    /// The tasks, the most pressing first.
    pub tasks: Vec<TaskRecord>,
    /// Tasks that cannot be read here, as a newer version of the program may write them: by their
    /// keys.
    pub unreadable: Vec<String>,
}

/// As much of a task that waits as it takes to list posts: a page of them is made of the posts'
/// own records, which are read anyway.
#[derive(Debug, Deserialize)]
pub(crate) struct Waiting {
    /// The post, by the partition. The record names it as well, in a map that takes as long to read
    /// as all of the rest.
    #[serde(rename = "PK", deserialize_with = "post_in")]
    pub(crate) key: PostKey,
    pub(crate) kind: TaskKind,
    #[serde(default)]
    pub(crate) options: Vec<Effect>,
    #[serde(default)]
    pub(crate) alone: bool,
}

impl Waiting {
    /// What is read.
    pub(crate) const READ: &str = "PK, #kind, #options, #alone";

    /// Returns the names in it that are the table's own words.
    pub(crate) fn names() -> HashMap<String, String> {
        let names = ["kind", "options", "alone"];
        let names = names.map(|name| (format!("#{name}"), name.to_owned()));
        names.into()
    }
}

fn post_in<'de, D: Deserializer<'de>>(partition: D) -> Result<PostKey, D::Error> {
    let partition = String::deserialize(partition)?;
    keys::post_of(&partition).ok_or_else(|| D::Error::custom("its partition is no post's"))
}

impl TaskRecord {
    /// Returns what orders tasks as somebody works through them: danger first, the gravest kind and
    /// the surest first; then by urgency and due time.
    #[must_use]
    pub fn pressing(&self) -> impl Ord + use<> {
        let danger: Option<TaskKind> = Some(self.kind).filter(|kind| kind.is_danger());
        let strength: Option<Strength> = self.strength.filter(|_| danger.is_some());
        (
            danger.is_none(),
            danger,
            Reverse(strength),
            self.urgency,
            self.due_at,
            self.id.clone(),
        )
    }
}

impl Ledger {
    /// Returns what waits at a practice. What cannot be read is named, and hides nothing else.
    pub async fn queue(&self, practice: &PracticeId) -> Result<Queue, LedgerError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("queue")
            .key_condition_expression("queue_pk = :pk")
            .expression_attribute_values(":pk", text(keys::queue_partition(practice)))
            .into_paginator()
            .items()
            .send();
        let mut queue = Queue::default();
        for item in items.collect::<Result<Vec<_>, _>>().await? {
            let key = key(&item).to_string();
            match from_item::<TaskRecord>(item) {
                Ok(task) => queue.tasks.push(task),
                Err(error) => {
                    tracing::error!(%key, %error, "a task that waits cannot be read");
                    queue.unreadable.push(key);
                }
            }
        }
        queue.tasks.sort_by_cached_key(TaskRecord::pressing);
        Ok(queue)
    }

    /// Returns the tasks that wait at a practice, the most pressing first, as far as they can be
    /// read.
    pub async fn open_tasks(&self, practice: &PracticeId) -> Result<Vec<TaskRecord>, LedgerError> {
        Ok(self.queue(practice).await?.tasks)
    }

    /// Returns one task of a post, open or closed, as it stands.
    pub async fn task(&self, post: &PostKey, id: &str) -> Result<Option<TaskRecord>, LedgerError> {
        self.read(keys::task(post, id)).await
    }

    /// Looks for a task of a practice by its id alone, among those that wait and those that were
    /// closed.
    ///
    /// An index lags behind by moments: what it finds is read again from where it stands.
    pub async fn find_task(
        &self,
        practice: &PracticeId,
        id: &str,
    ) -> Result<Option<TaskRecord>, LedgerError> {
        let id = id.to_ascii_uppercase();
        let in_partition = |partition: String, condition: &str| {
            self.client
                .query()
                .table_name(&self.table)
                .index_name("queue")
                .key_condition_expression(condition)
                .expression_attribute_values(":pk", text(partition))
                .expression_attribute_values(":id", text(id.as_str()))
        };
        let closed = in_partition(
            keys::closed_partition(practice),
            "queue_pk = :pk AND queue_sk = :id",
        );
        let open = in_partition(keys::queue_partition(practice), "queue_pk = :pk")
            .filter_expression("#id = :id")
            .expression_attribute_names("#id", "id");
        for query in [closed, open] {
            if let Some(item) = query.into_paginator().items().send().try_next().await? {
                return self.read(key(&item)).await;
            }
        }
        Ok(None)
    }
}

pub(crate) fn key(item: &Item) -> Key {
    let name = |attribute: &str| {
        item.get(attribute)
            .and_then(|value| value.as_s().ok())
            .cloned()
            .unwrap_or_default()
    };
    Key::new(name("PK"), name("SK"))
}
