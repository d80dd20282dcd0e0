//! The tables of a policy file, each read on its own.

use std::collections::BTreeMap;

use pagewarden_rules::{
    Channels, Clause, CustomTopic, Ladder, Links, Policy, Practice, Retention, TaskKind,
};
use serde::de::DeserializeOwned;

use crate::document::{At, Document};
use crate::problem::Collector;
use crate::shape::Faulty;

/// The tables of a policy file that could be read, each with its place in the file.
pub(crate) struct Parts {
    pub(crate) practice: Option<Practice>,
    pub(crate) links: Links,
    pub(crate) channels: Vec<(usize, Channels)>,
    pub(crate) clauses: Vec<(usize, Clause)>,
    pub(crate) custom: Vec<(usize, CustomTopic)>,
    pub(crate) ladder: Option<Ladder>,
    pub(crate) retention: Option<Retention>,
    pub(crate) tasks: BTreeMap<TaskKind, String>,
}

impl Parts {
    /// Reads the tables; `faulty` are those that do not have their shape, and `tasks` the practice's own
    /// sentences.
    pub(crate) fn read(
        document: &Document<'_>,
        faulty: &Faulty,
        tasks: BTreeMap<TaskKind, String>,
        problems: &mut Collector,
    ) -> Self {
        let mut reading = Reading {
            document,
            faulty,
            problems,
        };
        Parts {
            practice: reading.table("practice"),
            links: reading.table("links").unwrap_or_default(),
            channels: reading.list("channel"),
            clauses: reading.list("clause"),
            custom: reading.list("custom"),
            ladder: reading.table("ladder"),
            retention: reading.table("retention"),
            tasks,
        }
    }

    /// Returns the policy, or `None` if a table that it cannot do without is missing.
    pub(crate) fn into_policy(self) -> Option<Policy> {
        Some(Policy {
            practice: self.practice?,
            links: self.links,
            channels: self
                .channels
                .into_iter()
                .map(|(_, channels)| channels)
                .collect(),
            clauses: self.clauses.into_iter().map(|(_, clause)| clause).collect(),
            custom: self.custom.into_iter().map(|(_, custom)| custom).collect(),
            tasks: self.tasks,
            ladder: self.ladder?,
            retention: self.retention?,
        })
    }
}

struct Reading<'a, 'b> {
    document: &'a Document<'b>,
    faulty: &'a Faulty,
    problems: &'a mut Collector,
}

impl Reading<'_, '_> {
    fn one<T: DeserializeOwned>(&mut self, at: At<'_>, name: &str, nth: usize) -> Option<T> {
        if self.faulty.contains(&(name.to_owned(), nth)) {
            None
        } else {
            self.document.read(at, self.problems)
        }
    }

    fn table<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.one(At::Table(name), name, 0)
    }

    fn list<T: DeserializeOwned>(&mut self, name: &str) -> Vec<(usize, T)> {
        let count = self.document.array(name).count();
        (0..count)
            .filter_map(|nth| Some((nth, self.one(At::Nth(name, nth), name, nth)?)))
            .collect()
    }
}
