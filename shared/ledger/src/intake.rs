//! What comes in: revisions, and what the platforms tell of posts already known.

use aws_sdk_dynamodb::types::Select;
use jiff::Timestamp;
use pagewarden_rules::{Post, PostKey, PracticeId};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::records::{Event, RawRecord, RevisionRecord, StoodAgain, Visibility};
use crate::rows::waiting;
use crate::standing::SeenAgain;
use crate::write::{Guard, Transacted, Transaction, Tries, sortable_id, text};
use crate::{Due, Ledger, LedgerError, Standing};

/// Bytes of a text that are kept. No platform takes a comment a tenth as long, and an item of the
/// table has its limit; what is longer is nobody's comment, and a person looks at its beginning.
const MOST_TEXT: usize = 64 * 1024;

/// One version of a post, as it comes in.
#[derive(Clone, Copy, Debug)]
pub struct NewRevision<'a> {
    /// The practice on whose channel it stands.
    pub practice: &'a PracticeId,
    /// The post.
    pub post: &'a Post,
    /// The platform's own translation of it. It is no part of the version: the platform changes it
    /// without the author writing anything.
    pub translation: Option<&'a str>,
    /// When these words stood there: by the platform's clock, or when the platform was asked for
    /// them.
    pub as_of: Option<Timestamp>,
    /// The platform says that it is hidden.
    pub hidden: bool,
    /// Something told that it was written or changed just then. A list tells of what stands there
    /// whether or not anybody wrote, and every sweep reads it.
    pub told: bool,
    /// The change exactly as the platform sent it: evidence. The same words may come in other
    /// bytes; the first are kept.
    pub raw: &'a [u8],
    /// The delivery or sweep that brings it, to follow it through the logs.
    pub correlation: &'a str,
}

/// Whether a revision was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was new, and its decision is under way.
    New,
    /// It had been seen before, and there is nothing to decide.
    Seen,
}

/// What a platform tells of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// It is gone.
    Removed,
    /// It was hidden, or shown again.
    Visibility {
        /// Hidden, or shown.
        hidden: bool,
    },
}

impl Observation {
    /// Returns how a post stands of which a platform tells this.
    const fn visibility(self) -> Visibility {
        match self {
            Observation::Removed => Visibility::Gone,
            Observation::Visibility { hidden: true } => Visibility::Hidden,
            Observation::Visibility { hidden: false } => Visibility::Visible,
        }
    }
}

/// What became of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// It is on record.
    Recorded,
    /// It was on record already, or says nothing new.
    Known,
    /// The post was never seen here.
    Unknown,
}

/// What becomes of tasks that an observation answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tasks {
    Closed,
    Left,
}

impl Ledger {
    /// Records one version of a post. What stands there already, and what is older than that, is no
    /// version; where it is told again, it is noted that it stood there then.
    pub async fn record(
        &self,
        incoming: &NewRevision<'_>,
        now: Timestamp,
    ) -> Result<Recorded, LedgerError> {
        let mut record = incoming.received(now);
        let mut tries = Tries::at(&record.key);
        loop {
            tries.next().await?;
            if self.put_new(waiting(&record, Due::Revision, now)?).await? {
                return Ok(Recorded::New);
            }
            // The content was seen before. It may be back after other words.
            let standing = self.standing(&record.key).await?;
            match standing.seen_again(&record) {
                SeenAgain::Back(revision) => record.revision = revision,
                SeenAgain::Stands(again) if incoming.told => {
                    if self.stood_again(&record.key, &standing, again, now).await? {
                        return Ok(Recorded::Seen);
                    }
                }
                SeenAgain::Stands(_) | SeenAgain::Known => return Ok(Recorded::Seen),
            }
        }
    }

    /// Notes that what stands there stood there again. Returns `false` where something happened to
    /// the post since it was read: other words may have been judged as the newest.
    async fn stood_again(
        &self,
        post: &PostKey,
        standing: &Standing,
        again: StoodAgain,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let StoodAgain { revision, since } = again;
        let event = Event::StoodAgain { revision, since };
        let mut writes = Transaction::default();
        self.append(&mut writes, post, &standing.state, now, &event, None)
            .await?;
        Ok(self.transact(writes).await? == Transacted::Written)
    }

    /// Records what a platform tells of a post that is already known, and closes the tasks that it
    /// answers. A redelivery changes nothing.
    pub async fn observe(
        &self,
        post: &PostKey,
        observation: Observation,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Observed, LedgerError> {
        self.observe_with(post, observation, Tasks::Closed, at, now)
            .await
    }

    /// The same for a function that may not write tasks: those that it answers are left to people,
    /// and to whoever observes the post next and may.
    pub async fn observe_only(
        &self,
        post: &PostKey,
        observation: Observation,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Observed, LedgerError> {
        self.observe_with(post, observation, Tasks::Left, at, now)
            .await
    }

    async fn observe_with(
        &self,
        post: &PostKey,
        observation: Observation,
        tasks: Tasks,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Observed, LedgerError> {
        let observed = self.note(post, observation, tasks, at, now).await?;
        if observation == Observation::Removed && observed != Observed::Unknown {
            self.drop_words_taken_back(post, now).await?;
        }
        Ok(observed)
    }

    async fn note(
        &self,
        post: &PostKey,
        observation: Observation,
        tasks: Tasks,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Observed, LedgerError> {
        let since = Some(at);
        // The id is made of what the platform told, so that telling it twice is telling it once.
        let told = hex::encode(Sha256::digest(format!("{observation:?} {at}")));
        let id = sortable_id(at, &told);
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            if state.seq == 0 && self.versions(post, 1).await? == 0 {
                if observation == Observation::Removed {
                    self.bury(post, at, now).await?;
                }
                return Ok(Observed::Unknown);
            }
            // Deliveries come in any order: what was so before the last thing that is known is no
            // news.
            if state.visibility_at.is_some_and(|known| at < known) {
                return Ok(Observed::Known);
            }
            let mut writes = Transaction::default();
            let is_hidden = observation == Observation::Visibility { hidden: true };
            let closes = tasks == Tasks::Closed && !is_hidden && !state.open_tasks.is_empty();
            let settled = if closes {
                self.close_about_hidden(&mut writes, post, now).await?
            } else {
                Vec::new()
            };
            let is_news = state.seq == 0 || !settled.is_empty();
            if !is_news && state.visibility == observation.visibility() {
                return Ok(Observed::Known);
            }
            let event = match observation {
                Observation::Removed => Event::Removed { since, settled },
                Observation::Visibility { hidden } => Event::VisibilitySeen {
                    hidden,
                    since,
                    elsewhere: false,
                    task: None,
                    settled,
                },
            };
            self.append(&mut writes, post, &state, now, &event, Some(id.clone()))
                .await?;
            match self.transact(writes).await? {
                Transacted::Written => return Ok(Observed::Recorded),
                refused if refused.refused(Guard::Line) => return Ok(Observed::Known),
                Transacted::Refused(_) | Transacted::Conflict => {}
            }
        }
    }

    /// Counts the versions of a post that are on record, as far as `most`. It reads these and
    /// nothing else of the post.
    pub async fn versions(&self, post: &PostKey, most: i32) -> Result<usize, LedgerError> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
            .expression_attribute_values(":pk", text(keys::post(post)))
            .expression_attribute_values(":sk", text("REV#"))
            .select(Select::Count)
            .limit(most);
        Ok(usize::try_from(query.send().await?.count).unwrap_or_default())
    }

    /// Returns a revision, if it is there.
    pub async fn revision(
        &self,
        post: &PostKey,
        revision: &pagewarden_rules::RevisionId,
    ) -> Result<Option<RevisionRecord>, LedgerError> {
        self.read(keys::revision(post, revision)).await
    }
}

impl<'a> NewRevision<'a> {
    /// A post whose words stood there at that time, without a translation.
    #[must_use]
    pub const fn new(
        practice: &'a PracticeId,
        post: &'a Post,
        raw: &'a [u8],
        as_of: Option<Timestamp>,
        correlation: &'a str,
    ) -> Self {
        NewRevision {
            practice,
            post,
            translation: None,
            as_of,
            hidden: false,
            told: false,
            raw,
            correlation,
        }
    }

    /// Returns the record of it, as yet undecided.
    #[must_use]
    pub fn received(&self, now: Timestamp) -> RevisionRecord {
        let kept = beginning(&self.post.text, MOST_TEXT);
        RevisionRecord {
            key: self.post.key(self.practice),
            revision: self.post.revision(),
            post: Post {
                text: kept.to_owned(),
                ..self.post.clone()
            },
            cut_from: (kept.len() < self.post.text.len()).then_some(self.post.text.len()),
            translation: self
                .translation
                .map(|translation| beginning(translation, MOST_TEXT).to_owned()),
            raw: Some(RawRecord::of(self.raw)),
            as_of: self.as_of,
            hidden: self.hidden,
            seen_at: now,
            correlation: self.correlation.to_owned(),
            rearmed: 0,
            decided: None,
        }
    }
}

/// Returns as much of the beginning of a text as fits, in whole characters.
fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    &text[..end]
}
