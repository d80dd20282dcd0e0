//! A list of comments, the newest first, read as far back as something is new or does not add up.
//!
//! No platform tells a sweep what changed, so what was seen of each row is kept and compared. New
//! and edited rows are found by their content, those that disappeared by counting; each that is
//! missing is asked for before it counts as gone.

mod known;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{LedgerError, Observation, Recorded};
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::{Incoming, Sent};
use pagewarden_runtime::ReachError;

use crate::Swept;
use crate::job::Job;
use known::MOST_KNOWN;
pub(crate) use known::{Known, Seen};

/// Pages of up to 100 that are read at most: on the first sweep, and where as much is new. What is
/// older than some 2,000 comments was there long before this system.
pub(crate) const MOST_PAGES: usize = 20;

/// Rows asked for one by one in a sweep, to learn where they went. The next sweep asks for more.
const MOST_ASKED: usize = 50;

/// How long a delivery may take. Most take seconds, but a platform tries again what failed.
const DELIVERY: SignedDuration = SignedDuration::from_mins(15);

/// One row of a list.
pub(crate) struct Row {
    /// A post, or the practice's own writing.
    pub(crate) incoming: Sent<Incoming>,
    /// Everybody sees it.
    pub(crate) public: bool,
    /// Somebody hid it: this system, a person, or the platform. What waits to be approved was never
    /// shown, and is not hidden.
    pub(crate) hidden: bool,
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Its words were new.
    pub(crate) new: bool,
    /// Nothing is left to be asked of it. What is hidden or shown just now is looked at again.
    pub(crate) settled: bool,
}

impl Row {
    /// Returns when it was written, where the platform tells.
    pub(crate) fn written_at(&self) -> Option<Timestamp> {
        match &*self.incoming {
            Incoming::Post(post) => post.posted_at,
            Incoming::Own { at, .. } => *at,
            Incoming::Incomplete { .. }
            | Incoming::Removed { .. }
            | Incoming::Visibility { .. }
            | Incoming::Revoked { .. }
            | Incoming::Ignored { .. } => None,
        }
    }

    /// Returns `true` if it has been there for longer than a delivery takes.
    fn has_stood(&self, now: Timestamp) -> bool {
        let Incoming::Post(post) = &*self.incoming else {
            return false;
        };
        post.posted_at
            .is_some_and(|at| now.duration_since(at) > DELIVERY)
    }
}

/// One page of a list.
pub(crate) struct Listed {
    pub(crate) rows: Vec<Row>,
    /// How many rows the list has in all, where the platform counts them. Where it does not, every
    /// sweep reads as many rows as are known, 200 at most, to see what is gone; and once there are
    /// more, it asks for as many as are new, since those that they pushed off look like it.
    pub(crate) total: Option<usize>,
    /// Where the next page begins; none on the last.
    pub(crate) next: Option<String>,
}

/// Where a row is that a list does not show any more.
pub(crate) enum Whereabouts {
    /// It is there, and only the list leaves it out.
    There,
    /// Nobody sees it, whether or not the list would show it: as it stands there.
    Hidden(Box<Sent<Incoming>>),
    /// It is gone.
    Gone,
}

/// A list on a platform that shows all there is, the newest first.
///
/// Where one shows only what was written or changed since a time, its page is read from a little
/// before the newest row that was seen, and `find` answers [`Whereabouts::There`] where the platform
/// cannot be asked for one row.
pub(crate) trait List {
    /// What left the list may come back into it, out of a bin: then it is shown again, though it is
    /// no new row.
    const HAS_BIN: bool;

    /// Reads a further page.
    async fn page(&self, next: &str) -> Result<Listed, CallError>;
    /// Asks for one row by its id.
    async fn find(&self, id: &str) -> Result<Whereabouts, CallError>;
}

/// Returns those of the practice's posts that are not listed any more.
pub(crate) fn unlisted(below: &BTreeMap<String, Known>, listed: &BTreeSet<String>) -> Vec<String> {
    below
        .keys()
        .filter(|post| !listed.contains(*post))
        .cloned()
        .collect()
}

impl Job<'_> {
    /// Records what is new in a list, from its first page on.
    pub(crate) async fn walk<L: List>(
        &self,
        list: &L,
        first: Listed,
        known: &mut Known,
    ) -> Result<Swept, ReachError> {
        let mut swept = Swept::default();
        let mut listed: Vec<String> = Vec::new();
        let (mut page, mut pages, mut total) = (first, 1, None);
        let mut met_known = false;
        loop {
            total = page.total.or(total);
            let mut news = false;
            let is_known = |row: &Row| {
                row.incoming
                    .id()
                    .is_some_and(|id| known.rows.contains_key(id))
            };
            let last_known = page.rows.iter().rposition(is_known);
            for (at, row) in page.rows.into_iter().enumerate() {
                let Some(id) = row.incoming.id().map(str::to_owned) else {
                    continue;
                };
                let seen = Seen::of(&row.incoming, row.public);
                let before = known.rows.get(&id);
                let was_known = before.is_some();
                if before != Some(&seen) {
                    // What comes behind all that is known was merely forgotten: one that is gone
                    // lets the next older one move up.
                    let is_older = known.has_more() && met_known && last_known < Some(at);
                    news |= !is_older;
                    let Taken { new, settled } = self.take::<L>(&row, before, &seen).await?;
                    swept.posts += u32::from(new);
                    let may_be_unheard = new && before.is_none() && row.has_stood(self.scope.now);
                    swept.unheard += u32::from(may_be_unheard && self.is_first(&id).await?);
                    let public = seen.public || !settled;
                    known.rows.insert(id.clone(), Seen { public, ..seen });
                }
                met_known |= was_known;
                listed.push(id);
            }
            // A page without news, with everything accounted for or with nothing known beyond it,
            // ends the reading.
            let enough = !news && (known.adds_up(total) || listed.len() >= MOST_KNOWN);
            let Some(next) = page.next.filter(|_| !enough && pages < MOST_PAGES) else {
                break;
            };
            page = list.page(&next).await?;
            pages += 1;
        }
        // One that could not be read is not gone.
        let mut settled = self.meter.unreadable() == 0;
        if settled && !known.adds_up(total) {
            (swept.gone, settled) = self.missing(list, known, &listed).await?;
        }
        known.trim(&listed, total.filter(|_| settled));
        Ok(swept)
    }

    /// Records what is new about a row.
    pub(crate) async fn take<L: List>(
        &self,
        row: &Row,
        known: Option<&Seen>,
        seen: &Seen,
    ) -> Result<Taken, ReachError> {
        let Incoming::Post(post) = &*row.incoming else {
            return Ok(Taken {
                new: false,
                settled: true,
            });
        };
        let raw = &row.incoming.raw;
        let mut recorded = Recorded::Seen;
        if known.is_none_or(|known| known.words != seen.words) {
            recorded = if row.hidden {
                self.record_hidden(post, raw).await?
            } else {
                self.record(post, raw, self.as_of()).await?
            };
        }
        let mut settled = true;
        // That everybody sees a comment is no news at first sight. A delivery may have brought it,
        // and by now it may have been hidden: the list was read before that.
        let news = match known {
            Some(known) => known.public != row.public,
            None => !row.public || (L::HAS_BIN && recorded == Recorded::Seen),
        };
        if news && row.hidden {
            settled = self.found_hidden(post, raw).await?;
        } else if news {
            self.observe(
                &post.id,
                Observation::Visibility {
                    hidden: !row.public,
                },
            )
            .await?;
        }
        Ok(Taken {
            new: recorded == Recorded::New,
            settled,
        })
    }

    /// Returns `true` if nobody told of a post before: a delivery may have brought it without its
    /// words.
    async fn is_first(&self, id: &str) -> Result<bool, LedgerError> {
        Ok(self.versions(id, 2).await? == 1)
    }

    /// Asks for the known rows that are not listed any more, and records where they went. Returns
    /// how many are gone, and whether all were asked for.
    async fn missing(
        &self,
        list: &impl List,
        known: &mut Known,
        listed: &[String],
    ) -> Result<(u32, bool), ReachError> {
        let listed: BTreeSet<&String> = listed.iter().collect();
        let missing: Vec<String> = known
            .rows
            .keys()
            .filter(|id| !listed.contains(id))
            .cloned()
            .collect();
        let mut gone = 0;
        for id in missing.iter().take(MOST_ASKED) {
            match list.find(id).await? {
                Whereabouts::There => continue,
                Whereabouts::Hidden(row) => match &row.read {
                    Incoming::Post(post) => {
                        // It may have been edited before it was hidden.
                        let words = Seen::of(&row.read, false).words;
                        if known.rows.get(id).is_some_and(|seen| seen.words != words) {
                            self.record_hidden(post, &row.raw).await?;
                        }
                        if !self.found_hidden(post, &row.raw).await? {
                            continue;
                        }
                    }
                    Incoming::Own { .. }
                    | Incoming::Incomplete { .. }
                    | Incoming::Removed { .. }
                    | Incoming::Visibility { .. }
                    | Incoming::Revoked { .. }
                    | Incoming::Ignored { .. } => {}
                },
                Whereabouts::Gone => {
                    let is_post = known.rows.get(id).is_some_and(|seen| !seen.is_own());
                    gone += u32::from(is_post && self.gone(id).await?);
                }
            }
            known.rows.remove(id);
        }
        Ok((gone, missing.len() <= MOST_ASKED))
    }

    /// Lets go of a post of the practice's that is not listed any more: most are merely older than
    /// those that are. Where it was deleted, so was everything below it. Returns how much that was
    /// known is gone.
    pub(crate) async fn let_go(
        &self,
        below: &mut BTreeMap<String, Known>,
        post: &str,
        is_there: bool,
    ) -> Result<u32, ReachError> {
        let known = below.remove(post).filter(|_| !is_there).unwrap_or_default();
        let mut gone = 0;
        let posts = known.rows.iter().filter(|(_, seen)| !seen.is_own());
        for (id, _) in posts {
            gone += u32::from(self.gone(id).await?);
        }
        Ok(gone)
    }
}
