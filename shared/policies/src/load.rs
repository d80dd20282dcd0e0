//! Loading: a policy file and its published text in, a policy out, or every problem in them.

use std::collections::BTreeMap;

use pagewarden_rules::{
    Channels, Clause, CustomTopic, Ladder, Links, Policy, Practice, Retention, TaskKind,
};
use serde::de::DeserializeOwned;

use crate::document::{At, Document};
use crate::problem::Collector;
use crate::shape::Faulty;
use crate::{Problem, Problems, Templates, check, quotes, shape};

/// A policy that passed every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The policy.
    pub policy: Policy,
    /// The words that go out for this practice: those that come with the program, and its own in
    /// their place.
    pub templates: Templates,
    /// Sentences of the published text that explain and ask for nothing.
    pub context: Vec<String>,
    /// What its author ought to know.
    pub warnings: Vec<Problem>,
}

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

/// Loads a policy file beside its published text, or tells every problem in them.
///
/// `file` is the name that problems carry. Never panics, and takes time that the sizes of the two
/// texts bound: it may be given anything.
pub fn load(toml_text: &str, published: &str, file: &str) -> Result<Loaded, Problems> {
    let mut problems = Collector::new(file);
    let loaded = Document::parse(toml_text, &mut problems).and_then(|document| {
        let faulty = shape::check(&document, &shape::POLICY, &mut problems)?;
        quotes::check(&document, published, &mut problems);
        let parts = Parts::read(&document, &faulty, &mut problems);
        let templates = match Templates::shipped() {
            Ok(mut templates) => {
                if let Some(own) = document
                    .table(At::Table("templates"))
                    .and_then(|own| own.get_ref().as_table())
                {
                    templates.read(&document, own, "templates.", &mut problems);
                }
                check::check(&document, &parts, &templates, &mut problems);
                Some(templates)
            }
            Err(found) => {
                problems.extend(found);
                None
            }
        };
        let context = document.array("context").enumerate();
        let context = context
            .filter_map(|(i, _)| document.text(At::Nth("context", i), "quote"))
            .map(str::to_owned)
            .collect();
        Some((parts.into_policy()?, templates?, context))
    });
    let has_errors = problems.count() > 0;
    let (errors, warnings) = problems.into_sorted();
    match loaded {
        Some((policy, templates, context)) if !has_errors => Ok(Loaded {
            policy,
            templates,
            context,
            warnings,
        }),
        _ => Err(errors),
    }
}

impl Parts {
    fn read(document: &Document<'_>, faulty: &Faulty, problems: &mut Collector) -> Self {
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
            tasks: check::sentences(document, reading.problems),
        }
    }

    fn into_policy(self) -> Option<Policy> {
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
