//! The queue for people: what waits, grouped as somebody works through it; what was decided; and what is late.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PostKey, PracticeId, Strength, TaskKind, Urgency};

use crate::authority::{Grounds, Person};
use crate::keys::{self, Key};
use crate::records::{RevisionRecord, TaskRecord, TaskStatus};
use crate::write::{Item, from_item, text, unless_refused};
use crate::{Ledger, LedgerError};

/// Posts that are read at the same time to show what waits.
const AT_ONCE: usize = 16;

/// What waits at a practice.
#[derive(Debug, Default)]
pub struct Queue {
    /// The tasks, the most pressing first.
    pub tasks: Vec<TaskRecord>,
    /// Tasks that cannot be read here, as a newer version of the program may write them: by their keys.
    pub unreadable: Vec<String>,
}

/// A post about which people are asked something.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The post.
    pub key: PostKey,
    /// The revision about which they are asked, as far as it is on record.
    pub revision: Option<RevisionRecord>,
    /// What authority over it rests on.
    pub grounds: Grounds,
    /// What is asked, the most pressing first. Never empty.
    pub tasks: Vec<TaskRecord>,
}

impl Waiting {
    /// Returns who wrote it, if the platform said so and it is kept.
    #[must_use]
    pub fn author(&self) -> Option<&str> {
        self.revision.as_ref()?.post.author.id.as_deref()
    }
}

/// Posts that one author wrote at one practice, the most pressing first. Never empty.
pub type Group = Vec<Waiting>;

/// A task that is past its due time, as the index lists it.
#[derive(Clone, Debug)]
pub struct LateKey {
    key: Key,
    due_sk: String,
}

impl TaskRecord {
    /// Returns what orders tasks as somebody works through them: danger first, the gravest kind and the surest first; then
    /// by urgency and due time.
    #[must_use]
    pub fn pressing(&self) -> impl Ord + use<> {
        let danger: Option<TaskKind> = Some(self.kind).filter(|kind| kind.is_danger());
        let strength: Option<Strength> = self.strength.filter(|_| danger.is_some());
        (danger.is_none(), danger, Reverse(strength), self.urgency, self.due_at, self.id.clone())
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

    /// Returns the tasks that wait at a practice, the most pressing first, as far as they can be read.
    pub async fn open_tasks(&self, practice: &PracticeId) -> Result<Vec<TaskRecord>, LedgerError> {
        Ok(self.queue(practice).await?.tasks)
    }

    /// Returns what waits at a practice by author and post, with all that is needed to show and to decide it.
    pub async fn groups(&self, practice: &PracticeId) -> Result<(Vec<Group>, Vec<String>), LedgerError> {
        let Queue { tasks, unreadable } = self.queue(practice).await?;
        let people = self.people(practice).await?;
        let mut of_post: BTreeMap<(String, String), Vec<TaskRecord>> = BTreeMap::new();
        for task in tasks {
            of_post.entry((task.key.platform.name().to_owned(), task.key.id.clone())).or_default().push(task);
        }
        let posts = stream::iter(of_post.into_values()).map(|tasks| self.waiting(tasks, people.clone()));
        let posts: Vec<Waiting> = posts.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok((grouped(posts), unreadable))
    }

    async fn waiting(&self, tasks: Vec<TaskRecord>, people: Vec<Person>) -> Result<Waiting, LedgerError> {
        let key = tasks[0].key.clone();
        let state = self.state(&key).await?;
        let revision = self.revision(&key, &tasks[0].revision).await?;
        let grounds = self.grounds(&key, people, state, revision.as_ref()).await?;
        Ok(Waiting { key, revision, grounds, tasks })
    }

    /// Returns the open tasks that ask the same as this one about posts of the same author, with this one first.
    ///
    /// A post whose author is not known stands alone.
    pub async fn alike(&self, task: &TaskRecord) -> Result<Vec<TaskRecord>, LedgerError> {
        let (groups, _) = self.groups(&task.key.practice).await?;
        let group = groups.into_iter().find(|group| group.iter().any(|post| post.key == task.key));
        let others = group.into_iter().flatten().flat_map(|post| post.tasks);
        let others = others.filter(|other| other.kind == task.kind && other.id != task.id);
        Ok(std::iter::once(task.clone()).chain(others).collect())
    }

    /// Returns one task of a post, open or closed, as it stands.
    pub async fn task(&self, post: &PostKey, id: &str) -> Result<Option<TaskRecord>, LedgerError> {
        self.read(keys::task(post, id)).await
    }

    /// Looks for a task of a practice by its id alone, among those that wait and those that were closed.
    ///
    /// An index lags behind by moments: what it finds is read again from where it stands.
    pub async fn find_task(&self, practice: &PracticeId, id: &str) -> Result<Option<TaskRecord>, LedgerError> {
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
        let closed = in_partition(keys::closed_partition(practice), "queue_pk = :pk AND queue_sk = :id");
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

    /// Returns tasks that are past their due time and of which nobody was told lately, at most a few hundred.
    pub async fn overdue(&self, now: Timestamp) -> Result<Vec<LateKey>, LedgerError> {
        let mut late = Vec::new();
        for shard in 0..keys::DUE_SHARDS {
            let items = self.due_in(keys::late_shard(shard), now).await?;
            late.extend(items.iter().filter_map(|item| {
                let due_sk = item.get("due_sk")?.as_s().ok()?.clone();
                Some(LateKey { key: key(item), due_sk })
            }));
        }
        Ok(late)
    }

    /// Takes it upon the caller to tell somebody that a task is late. Returns the task, or none where it was closed or
    /// somebody else tells.
    ///
    /// It is late again after a time that goes by its urgency: what may be a matter of life is told every quarter of an hour,
    /// and every hour where that is less sure.
    pub async fn tell_late(&self, late: &LateKey, now: Timestamp) -> Result<Option<TaskRecord>, LedgerError> {
        let Some(task) = self.read::<TaskRecord>(late.key.clone()).await? else { return Ok(None) };
        if task.status != TaskStatus::Open {
            return Ok(None);
        }
        let again = match task.urgency {
            Urgency::Now => SignedDuration::from_mins(15),
            _ if task.kind.is_danger() => SignedDuration::from_hours(1),
            Urgency::High | Urgency::Normal | Urgency::Low => SignedDuration::from_hours(24),
        };
        let told = self
            .change(&late.key)
            .update_expression("SET due_sk = :next")
            .condition_expression("due_sk = :due")
            .expression_attribute_values(":due", text(late.due_sk.as_str()))
            .expression_attribute_values(":next", text(keys::due_time(now + again, &task.id)))
            .send()
            .await;
        Ok(unless_refused(told)?.then_some(task))
    }
}

/// Puts posts together by author, and the most pressing first. A post whose author is not known stands alone.
fn grouped(mut posts: Vec<Waiting>) -> Vec<Group> {
    posts.sort_by_cached_key(|post| post.tasks[0].pressing());
    let mut groups: Vec<Group> = Vec::new();
    let mut of_author: BTreeMap<(String, String), usize> = BTreeMap::new();
    for post in posts {
        let author = post.author().map(|author| (post.key.platform.name().to_owned(), author.to_owned()));
        if let Some(group) = author.as_ref().and_then(|author| of_author.get(author)) {
            groups[*group].push(post);
        } else {
            of_author.extend(author.map(|author| (author, groups.len())));
            groups.push(vec![post]);
        }
    }
    groups
}

fn key(item: &Item) -> Key {
    let name = |attribute: &str| item.get(attribute).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    Key::new(name("PK"), name("SK"))
}
