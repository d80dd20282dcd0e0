//! What a pack is made of, and what of it is checked without the table.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_ledger::{
    ActionRecord, AppealRecord, Calendar, Event, EventRecord, FindingRecord, History, LedgerError,
    Picture, PicturesRecord, RevisionRecord, TaskRecord,
};
use pagewarden_ledger::{RawRecord, Recipient};
use pagewarden_rules::{Nation, Policy, Post, PostKey, RevisionId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::archive::Files;
use crate::{FORM, redact};

/// Why there is no pack of a post.
#[derive(Debug, Error)]
pub enum NoRecord {
    /// There is nothing to show: the post broke nothing, or its words were deleted since.
    #[error("nothing is kept of what was written there, so there is no evidence to take along")]
    NoWords,
    /// The history does not hold, so it proves nothing.
    #[error("the record of this post does not hold, so no evidence is made of it: {0}")]
    Broken(#[from] pagewarden_ledger::ChainError),
    /// It is larger than a pack may be.
    #[error("the record of this post is larger than a pack may be")]
    TooLarge,
    /// A record does not become text.
    #[error("a part of the record cannot be written down")]
    Unwritable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<serde_json::Error> for NoRecord {
    fn from(error: serde_json::Error) -> Self {
        NoRecord::Unwritable(Box::new(error))
    }
}

impl From<LedgerError> for NoRecord {
    fn from(error: LedgerError) -> Self {
        NoRecord::Unwritable(Box::new(error))
    }
}

/// What a pack is about, and whom it is for.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The post.
    pub key: &'a PostKey,
    /// Whom it is for.
    pub recipient: Recipient,
    /// Nothing is cut.
    pub whole: bool,
}

/// The pictures of a post, as far as they could be opened, by what they are called where they are
/// kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Opened {
    /// Their bytes.
    pub(crate) bytes: BTreeMap<String, Vec<u8>>,
    /// Why others are not part of the pack.
    pub(crate) left_out: BTreeMap<String, String>,
}

/// An item of the record, and whether something of it was cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept<T> {
    /// Something of it was cut, so that its hash in the history no longer fits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) cut: bool,
    /// What is left.
    pub(crate) item: T,
}

/// A line of the history, and whether something of it was cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    pub(crate) line: EventRecord,
    /// What happened is told with something cut, so that the hash of the line cannot be checked;
    /// that it stands between those before and after it can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) cut: bool,
}

/// What is on record about a post, as far as its recipient is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The form of the pack.
    pub(crate) form: u32,
    /// The post.
    pub(crate) key: PostKey,
    /// The name of the practice.
    pub(crate) practice: String,
    pub(crate) nation: Nation,
    pub(crate) timezone: String,
    /// Whom it is for.
    pub(crate) recipient: Recipient,
    /// Nothing is cut.
    pub(crate) whole: bool,
    /// The published sentences of the clauses, by version of the policy and clause.
    pub(crate) sentences: BTreeMap<u32, BTreeMap<String, String>>,
    /// What was written, oldest first. What the platform sent stands in files of its own.
    pub(crate) versions: Vec<Kept<RevisionRecord>>,
    pub(crate) actions: Vec<Kept<ActionRecord>>,
    pub(crate) tasks: Vec<Kept<TaskRecord>>,
    pub(crate) appeals: Vec<Kept<AppealRecord>>,
    /// The keys of its pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<Kept<PicturesRecord>>,
    /// The bytes of its pictures, by the names of their files: those that are part of the pack.
    #[serde(skip)]
    pub(crate) pictures: Files,
    /// Why others are not part of it, by the names that their files would have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) left_out: BTreeMap<String, String>,
    /// The lines of the history, in order.
    #[serde(skip)]
    pub(crate) lines: Vec<Line>,
}

impl Record {
    /// Returns the versions of a policy by which a post was judged.
    #[must_use]
    pub fn policies_of(history: &History) -> BTreeSet<u32> {
        decisions(&history.events)
            .map(|(_, version, _)| version)
            .collect()
    }

    /// Takes from a history what its recipient is told. `policies` has the versions by which the
    /// post was judged, and `practice` the one in force; `opened` has its pictures.
    ///
    /// Lines at the end by which evidence was taken are not part of it: who takes the same evidence
    /// once more takes the same bytes.
    pub(crate) fn of(
        subject: Subject<'_>,
        history: &History,
        practice: &Policy,
        policies: &BTreeMap<u32, Policy>,
        opened: &Opened,
    ) -> Result<Self, NoRecord> {
        history.verify()?;
        let Subject {
            key,
            recipient,
            whole,
        } = subject;
        let bare = |kept: &RevisionRecord| kept.raw.is_none() && kept.post.text.is_empty();
        let kept = history
            .revisions
            .iter()
            .any(|one| !bare(one) || !one.post.media.is_empty());
        if !kept {
            return Err(NoRecord::NoWords);
        }
        let taken = |line: &EventRecord| matches!(line.event(), Ok(Event::Exported { .. }));
        let last = history.events.iter().rposition(|line| !taken(line));
        let events = &history.events[..last.map_or(0, |last| last + 1)];
        let outside = !whole && redact::is_outside(recipient);
        Ok(Record {
            form: FORM,
            key: key.clone(),
            practice: practice.practice.name.clone(),
            nation: practice.practice.nation,
            timezone: practice.practice.timezone.clone(),
            recipient,
            whole,
            sentences: sentences(events, policies),
            versions: kept_of(&history.revisions, |revision| {
                !whole && redact::revision(revision, &findings(events, &revision.revision))
            }),
            actions: kept_of(&history.actions, |action| {
                let Post {
                    channel, parent, ..
                } = &mut action.post;
                !whole
                    && parent
                        .take_if(|parent| !redact::is_post_of(&channel.account, parent))
                        .is_some()
            }),
            tasks: kept_of(&history.tasks, |task| !whole && redact::task(task, outside)),
            appeals: kept_of(&history.appeals, |appeal| {
                let cut = !whole && recipient != Recipient::Author && !appeal.words.is_empty();
                if cut {
                    redact::CUT.clone_into(&mut appeal.words);
                }
                cut
            }),
            keys: kept_of(&history.keys, |item| {
                let cut = !whole && !item.keys.is_empty();
                if cut {
                    item.keys.clear();
                }
                cut
            }),
            // Who else can be seen in a picture, nobody has looked at.
            pictures: pictures_of(history)
                .filter_map(|(name, picture)| {
                    Some((name, opened.bytes.get(&picture.object)?.clone()))
                })
                .filter(|_| whole)
                .collect(),
            left_out: pictures_of(history)
                .filter_map(|(name, picture)| {
                    Some((name, opened.left_out.get(&picture.object)?.clone()))
                })
                .filter(|_| whole)
                .collect(),
            lines: events.iter().map(|line| told(line, outside)).collect(),
        })
    }

    /// Returns `true` if nothing in it was cut, so that all of it can be checked.
    pub(crate) fn is_complete(&self) -> bool {
        let lines = self.lines.iter().any(|line| line.cut);
        let versions = self.versions.iter().any(|one| one.cut);
        let items = self.actions.iter().any(|one| one.cut)
            || self.tasks.iter().any(|one| one.cut)
            || self.appeals.iter().any(|one| one.cut)
            || self.keys.iter().any(|one| one.cut);
        !lines && !versions && !items
    }

    /// Returns the history, as far as it is told.
    pub(crate) fn history(&self) -> Result<History, LedgerError> {
        fn items<T: Clone>(kept: &[Kept<T>]) -> Vec<T> {
            kept.iter().map(|one| one.item.clone()).collect()
        }
        History::of_records(
            &self.key,
            items(&self.versions),
            self.lines.iter().map(|line| line.line.clone()).collect(),
            items(&self.actions),
            items(&self.tasks),
            items(&self.appeals),
            items(&self.keys),
        )
    }

    /// Returns what the platform sent of a version, if all of it is here.
    pub(crate) fn original(version: &Kept<RevisionRecord>) -> Option<&str> {
        match &version.item.raw {
            Some(RawRecord::Whole(text)) => Some(text),
            Some(RawRecord::Digest { .. }) | None => None,
        }
    }

    pub(crate) fn calendar(&self) -> Calendar {
        Calendar::new(self.nation, &self.timezone)
    }
}

/// Returns the pictures that were kept of a post, with the names of their files.
pub(crate) fn pictures_of(history: &History) -> impl Iterator<Item = (String, Picture)> {
    let pictures = history.pictures().into_iter();
    (1..).zip(pictures).map(|(nth, (_, picture, _))| {
        let name = format!("pictures/{nth}.{}", picture.kind.extension());
        (name, picture)
    })
}

fn told(line: &EventRecord, outside: bool) -> Line {
    match redact::body(&line.body).filter(|_| outside) {
        None => Line {
            line: line.clone(),
            cut: false,
        },
        Some(body) => Line {
            line: EventRecord {
                body,
                ..line.clone()
            },
            cut: true,
        },
    }
}

fn kept_of<T: Clone>(items: &[T], cut: impl Fn(&mut T) -> bool) -> Vec<Kept<T>> {
    let kept = |item: &T| {
        let mut item = item.clone();
        let cut = cut(&mut item);
        Kept { cut, item }
    };
    items.iter().map(kept).collect()
}

/// Returns the published sentences of the clauses that a post engaged, by version of the policy and
/// clause.
pub(crate) fn sentences(
    events: &[EventRecord],
    policies: &BTreeMap<u32, Policy>,
) -> BTreeMap<u32, BTreeMap<String, String>> {
    let sentences = policies.iter().map(|(version, policy)| {
        let engaged: BTreeSet<String> = decisions(events)
            .filter(|(_, by, _)| by == version)
            .flat_map(|(_, _, clauses)| clauses)
            .collect();
        let told = engaged
            .into_iter()
            .filter_map(|id| Some((id.clone(), policy.clause(&id)?.sentence())));
        (*version, told.collect())
    });
    sentences.collect()
}

/// Returns of each decision the revision, the version of the policy, and the clauses.
fn decisions(events: &[EventRecord]) -> impl Iterator<Item = (RevisionId, u32, Vec<String>)> + '_ {
    events.iter().filter_map(|line| match line.event() {
        Ok(Event::Decided {
            revision,
            policy,
            decision,
            ..
        }) => {
            let engaged = decision.clauses.iter().chain(&decision.learned);
            let clauses = engaged.map(|clause| clause.id.clone()).collect();
            Some((revision, policy, clauses))
        }
        _ => None,
    })
}

/// Returns what was found in a version, in whichever decision.
fn findings(events: &[EventRecord], wanted: &RevisionId) -> Vec<FindingRecord> {
    let found = events.iter().filter_map(|line| match line.event() {
        Ok(Event::Decided {
            revision, findings, ..
        }) if revision == *wanted => Some(findings),
        _ => None,
    });
    found.flatten().collect()
}
