//! Where a post stands: its versions in the order of its life, what waits about it, and whether it
//! is gone.

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PostKey, RevisionId};
use serde::{Deserialize, Serialize};

use crate::decisions::is_bare;
use crate::hidden::HiddenBy;
use crate::keys;
use crate::records::{RevisionRecord, StateRecord, StoodAgain, TaskRecord, TaskStatus, Visibility};
use crate::write::{from_item, number, text, to_item, unless_refused};
use crate::{Ledger, LedgerError};

/// How long it is remembered that a post is gone which was never seen. Facebook sends again for 36
/// hours what was not taken, so that a post may arrive after its own removal.
const TOMBSTONE_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where a post stands, for whoever judges its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The fold of its events.
    pub state: StateRecord,
    /// What waits for people about it.
    pub open: Vec<TaskRecord>,
    /// Its versions, in no order.
    pub(crate) versions: Vec<Version>,
    /// When it was gone, where that came before the post itself did.
    pub(crate) tombstone: Option<Timestamp>,
    /// Who hid it, as far as its actions tell. Read only where the platform says that it is hidden.
    pub(crate) hidden_by: HiddenBy,
    /// Clauses under which the machine has stopped hiding. Read only where it would hide.
    pub stopped_rules: Vec<String>,
    /// Its author asked for nothing of theirs to be used. Read only where something would follow.
    pub restricted_author: bool,
}

/// One version of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: RevisionId,
    /// When its words stood there; none where that is not known.
    pub(crate) as_of: Option<Timestamp>,
    pub(crate) seen_at: Timestamp,
    /// It was judged.
    pub(crate) decided: bool,
    /// It came as one that is hidden.
    pub(crate) hidden: bool,
    /// Its words are not kept.
    pub(crate) bare: bool,
}

/// What it means that content is told which was seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SeenAgain {
    /// It is back after other words: a version of its own, of this id.
    Back(RevisionId),
    /// It is what stands there, and stood there at a later time than was known.
    Stands(StoodAgain),
    /// That is known, or it is older than what stands there.
    Known,
}

/// That a post is gone which was never seen.
#[derive(Serialize, Deserialize)]
struct Tombstone {
    at: Timestamp,
    expires: i64,
}

impl Standing {
    /// Returns `true` if these words stand there now, as far as is known: no other version is
    /// newer, and the post is not gone.
    ///
    /// Words without a time are those that it was written with, so any others are newer: a platform
    /// that tells none delivers no edits. What nobody could read is no words, and is looked at.
    #[must_use]
    pub fn is_current(&self, revision: &RevisionRecord) -> bool {
        let others = self
            .versions
            .iter()
            .filter(|version| version.id != revision.revision);
        let newest = others
            .filter_map(|other| Some((self.last_stood(&other.id, other.as_of)?, other.seen_at)))
            .max();
        let Some(as_of) = self.last_stood(&revision.revision, revision.as_of) else {
            return newest.is_none() || revision.is_unread();
        };
        !self.is_gone(as_of) && newest.is_none_or(|newest| newest <= (as_of, revision.seen_at))
    }

    /// Returns when the words of a version stood there last, as far as was told: at its own time, or
    /// again later.
    fn last_stood(&self, id: &RevisionId, as_of: Option<Timestamp>) -> Option<Timestamp> {
        let again = self.state.stood_again.as_ref();
        let again = again.filter(|again| again.revision == *id);
        as_of.max(again.map(|again| again.since))
    }

    /// Returns when the post was first seen, as far as its versions are on record.
    pub(crate) fn since(&self, revision: &RevisionRecord) -> Timestamp {
        let versions = self.versions.iter().map(|version| version.seen_at);
        versions
            .chain([revision.seen_at])
            .min()
            .unwrap_or(revision.seen_at)
    }

    /// Returns `true` if the post was gone after it stood there with the words of that time.
    fn is_gone(&self, as_of: Timestamp) -> bool {
        let gone_at = self
            .state
            .visibility_at
            .filter(|_| self.state.visibility == Visibility::Gone);
        self.tombstone
            .into_iter()
            .chain(gone_at)
            .any(|gone_at| gone_at >= as_of)
    }

    /// Returns when the post was gone, if that was told before the post itself was, and after these
    /// words stood there.
    pub(crate) fn gone_at_arrival(&self, revision: &RevisionRecord) -> Option<Timestamp> {
        let as_of = self.last_stood(&revision.revision, revision.as_of)?;
        self.tombstone.filter(|gone_at| *gone_at >= as_of)
    }

    /// Returns what it means that content which was seen before is told.
    pub(crate) fn seen_again(&self, revision: &RevisionRecord) -> SeenAgain {
        let newest = self.newest();
        let newest = newest.and_then(|v| Some((v, self.last_stood(&v.id, v.as_of)?)));
        let Some((newest, stood)) = newest else {
            return SeenAgain::Known;
        };
        match revision.as_of {
            Some(since) if since > stood => {
                if newest.id.content() == revision.revision.content() {
                    let revision = newest.id.clone();
                    SeenAgain::Stands(StoodAgain { revision, since })
                } else {
                    SeenAgain::Back(self.once_more(&revision.revision))
                }
            }
            _ => SeenAgain::Known,
        }
    }

    /// Returns the id of content that was seen before and is recorded once more.
    pub(crate) fn once_more(&self, revision: &RevisionId) -> RevisionId {
        let same = |version: &&Version| version.id.content() == revision.content();
        let times = self.versions.iter().filter(same).count();
        revision.nth(times + 1)
    }

    /// Returns the version that stands there, as far as is known.
    pub(crate) fn newest(&self) -> Option<&Version> {
        self.versions
            .iter()
            .max_by_key(|version| (self.last_stood(&version.id, version.as_of), version.seen_at))
    }
}

impl Ledger {
    /// Returns where a post stands now.
    pub async fn standing(&self, post: &PostKey) -> Result<Standing, LedgerError> {
        let mut standing = Standing::default();
        // Of the kinds of items of a post, in the order of their keys: revisions, the state, tasks
        // and the tombstone.
        let items = self.since(&keys::post(post), "REV#").await?;
        for item in items {
            let kind = item
                .get("SK")
                .and_then(|sk| sk.as_s().ok())
                .map(String::as_str)
                .unwrap_or_default();
            match kind.split('#').next() {
                Some("REV") => {
                    let revision: RevisionRecord = from_item(item)?;
                    let bare = is_bare(&revision);
                    let RevisionRecord {
                        revision: id,
                        as_of,
                        seen_at,
                        decided,
                        hidden,
                        ..
                    } = revision;
                    standing.versions.push(Version {
                        id,
                        as_of,
                        seen_at,
                        decided: decided.is_some(),
                        hidden,
                        bare,
                    });
                }
                Some("STATE") => standing.state = from_item(item)?,
                Some("TASK") => {
                    let task: TaskRecord = from_item(item)?;
                    if task.status == TaskStatus::Open {
                        standing.open.push(task);
                    }
                }
                Some("TOMBSTONE") => standing.tombstone = Some(from_item::<Tombstone>(item)?.at),
                _ => {}
            }
        }
        Ok(standing)
    }

    /// Remembers for a while that a post is gone which was never seen.
    pub(crate) async fn bury(
        &self,
        post: &PostKey,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let tombstone = Tombstone {
            at,
            expires: (now + TOMBSTONE_KEPT).as_second(),
        };
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(&keys::tombstone(post), &tombstone)?))
            .condition_expression("attribute_not_exists(PK) OR expires < :expires")
            .expression_attribute_values(":expires", number(tombstone.expires));
        unless_refused(put.send().await).map(|_| ())
    }

    async fn since(&self, pk: &str, sk: &str) -> Result<Vec<crate::write::Item>, LedgerError> {
        let items = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND SK >= :sk")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":sk", text(sk))
            .into_paginator()
            .items()
            .send();
        Ok(items.collect::<Result<_, _>>().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(id: &str, as_of: i64, seen_at: i64) -> Version {
        let at = |second| Timestamp::from_second(second).unwrap();
        Version {
            id: RevisionId(id.into()),
            as_of: Some(at(as_of)),
            seen_at: at(seen_at),
            decided: true,
            hidden: false,
            bare: false,
        }
    }

    fn revision(id: &str, as_of: i64, seen_at: i64) -> RevisionRecord {
        let post = serde_json::json!({
            "key": {"practice": "woolpit", "platform": "facebook", "id": "1"},
            "revision": id,
            "post": {"channel": {"platform": "facebook", "account": "2"}, "surface": "comment", "id": "1"},
            "as_of": Timestamp::from_second(as_of).unwrap(),
            "seen_at": Timestamp::from_second(seen_at).unwrap(),
            "correlation": "a test",
        });
        serde_json::from_value(post).unwrap()
    }

    #[test]
    fn the_version_of_the_latest_time_stands_whatever_arrives_last() {
        let standing = Standing {
            versions: vec![version("new", 20, 30), version("old", 10, 40)],
            ..Standing::default()
        };
        assert!(standing.is_current(&revision("new", 20, 30)));
        assert!(!standing.is_current(&revision("old", 10, 40)));
        // Platforms tell seconds: of two versions of the same second the later arrival stands.
        let standing = Standing {
            versions: vec![version("a", 20, 30), version("b", 20, 31)],
            ..Standing::default()
        };
        assert!(
            !standing.is_current(&revision("a", 20, 30))
                && standing.is_current(&revision("b", 20, 31))
        );
    }

    #[test]
    fn words_without_a_time_are_older_than_those_with_one() {
        let timeless = |id| RevisionRecord {
            as_of: None,
            ..revision(id, 0, 40)
        };
        let mut standing = Standing {
            versions: vec![version("edited", 20, 30)],
            ..Standing::default()
        };
        assert!(!standing.is_current(&timeless("written")));
        standing.versions = vec![Version {
            as_of: None,
            ..version("written", 0, 40)
        }];
        assert!(standing.is_current(&timeless("written")));
        assert!(standing.is_current(&revision("edited", 20, 30)));
        standing.versions.push(version("edited", 20, 30));
        let mut unread = timeless("unread");
        unread.post.media = vec![pagewarden_rules::Media {
            kind: "unread".into(),
            id: "1".into(),
        }];
        assert!(standing.is_current(&unread));
    }

    /// What it means that these words are told as written at that time.
    fn told(standing: &Standing, id: &str, at: i64) -> SeenAgain {
        standing.seen_again(&revision(id, at, at))
    }

    fn back(id: &str) -> SeenAgain {
        SeenAgain::Back(RevisionId(id.into()))
    }

    fn stood(id: &str, since: i64) -> StoodAgain {
        StoodAgain {
            revision: RevisionId(id.into()),
            since: Timestamp::from_second(since).unwrap(),
        }
    }

    #[test]
    fn content_that_comes_back_is_a_version_of_its_own() {
        let mut standing = Standing {
            versions: vec![version("a", 10, 10), version("b", 20, 20)],
            ..Standing::default()
        };
        assert_eq!(told(&standing, "a", 30), back("a.2"));
        // An old delivery again.
        assert_eq!(told(&standing, "a", 10), SeenAgain::Known);
        standing.versions.push(version("a.2", 30, 30));
        assert_eq!(told(&standing, "a", 30), SeenAgain::Known);
        standing.versions.push(version("b.2", 50, 50));
        assert_eq!(told(&standing, "a", 60), back("a.3"));
    }

    #[test]
    fn what_stood_there_again_is_newer_than_what_was_between() {
        let mut standing = Standing {
            versions: vec![version("a", 10, 10)],
            ..Standing::default()
        };
        let again = stood("a", 30);
        assert_eq!(told(&standing, "a", 30), SeenAgain::Stands(again.clone()));
        standing.state.stood_again = Some(again);
        assert_eq!(told(&standing, "a", 30), SeenAgain::Known);
        standing.versions.push(version("b", 20, 40));
        let [a, b] = [revision("a", 10, 10), revision("b", 20, 40)];
        assert!(standing.is_current(&a) && !standing.is_current(&b));
        assert_eq!(standing.newest().unwrap().id, a.revision);
        // Words between that were seen before are no version, and those after it are.
        assert_eq!(told(&standing, "b", 25), SeenAgain::Known);
        assert_eq!(told(&standing, "b", 35), back("b.2"));
        standing.versions.push(version("c", 40, 40));
        assert!(!standing.is_current(&a));
        assert_eq!(told(&standing, "a", 50), back("a.2"));
        // Of what came back, the newest version is what stands there.
        standing.versions.push(version("a.2", 50, 50));
        let again = SeenAgain::Stands(stood("a.2", 60));
        assert_eq!(told(&standing, "a", 60), again);
    }

    #[test]
    fn what_stood_there_again_after_it_was_gone_is_not_gone() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let a = revision("a", 10, 10);
        let mut standing = Standing {
            versions: vec![version("a", 10, 10)],
            tombstone: at(20),
            ..Standing::default()
        };
        assert!(!standing.is_current(&a));
        assert_eq!(standing.gone_at_arrival(&a), at(20));
        standing.state.stood_again = Some(stood("a", 30));
        assert!(standing.is_current(&a));
        assert_eq!(standing.gone_at_arrival(&a), None);
        standing.tombstone = at(40);
        assert!(!standing.is_current(&a), "it was taken back after that");
    }

    #[test]
    fn a_post_that_was_gone_after_its_words_stood_there_is_gone() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        let standing = Standing {
            tombstone: at(15),
            ..Standing::default()
        };
        assert!(!standing.is_current(&revision("a", 10, 20)));
        assert!(standing.is_current(&revision("a", 16, 20)), "it came back");
        let state = StateRecord {
            visibility: Visibility::Gone,
            visibility_at: at(15),
            ..StateRecord::default()
        };
        assert!(
            !Standing {
                state,
                ..Standing::default()
            }
            .is_current(&revision("a", 10, 20))
        );
    }
}
