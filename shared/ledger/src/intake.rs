//! What comes in: revisions, and what the platforms tell of posts already known.

use aws_sdk_dynamodb::types::Select;
use jiff::Timestamp;
use pagewarden_rules::{Post, PostKey, PracticeId};
use sha2::{Digest, Sha256};

use crate::keys;
use crate::records::{Happening, RevisionRecord};
use crate::rows::waiting;
use crate::write::{Guard, Transacted, Transaction, Tries, sortable_id, text};
use crate::{Due, Ledger, LedgerError};

/// Bytes of a text that are kept. No platform takes a comment a tenth as long, and an item of the table has its limit;
/// what is longer is nobody's comment, and a person looks at its beginning.
const MOST_TEXT: usize = 64 * 1024;

/// Whether a revision was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It was new, and its decision is under way.
    New,
    /// It had been seen before: nothing changed.
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

impl Ledger {
    /// Records one version of a post. The same content under the same id changes nothing.
    pub async fn record(
        &self,
        practice: &PracticeId,
        post: &Post,
        raw: Option<&str>,
        correlation: &str,
        now: Timestamp,
    ) -> Result<Recorded, LedgerError> {
        self.record_translated(practice, post, None, raw, correlation, now).await
    }

    /// Records one version of a post with the platform's own translation of it, which is no part of the version: the
    /// platform changes it without the author writing anything.
    pub async fn record_translated(
        &self,
        practice: &PracticeId,
        post: &Post,
        translation: Option<&str>,
        raw: Option<&str>,
        correlation: &str,
        now: Timestamp,
    ) -> Result<Recorded, LedgerError> {
        let record = RevisionRecord {
            translation: translation.map(|translation| beginning(translation, MOST_TEXT).to_owned()),
            raw: raw.map(str::to_owned),
            ..received(practice, post, correlation, now)
        };
        Ok(if self.put_new(waiting(&record, Due::Revision, now)?).await? { Recorded::New } else { Recorded::Seen })
    }

    /// Records what a platform tells of a post that is already known. A redelivery changes nothing.
    pub async fn observe(
        &self,
        post: &PostKey,
        observation: Observation,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Observed, LedgerError> {
        let observed = self.note(post, observation, at, now).await?;
        if observation == Observation::Removed && observed != Observed::Unknown {
            self.drop_words_taken_back(post, None, now).await?;
        }
        Ok(observed)
    }

    async fn note(
        &self,
        post: &PostKey,
        observation: Observation,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Observed, LedgerError> {
        let happening = match observation {
            Observation::Removed => Happening::Removed,
            Observation::Visibility { hidden } => Happening::VisibilitySeen { hidden },
        };
        // The id is made of what the platform told, so that telling it twice is telling it once.
        let told = hex::encode(Sha256::digest(format!("{observation:?} {at}")));
        let id = sortable_id(at, &told);
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let state = self.state(post).await?;
            if state.seq == 0 && self.versions(post, 1).await? == 0 {
                return Ok(Observed::Unknown);
            }
            let mut writes = Transaction::default();
            let after = self.append(&mut writes, post, &state, now, &happening, Some(id.clone()))?;
            if state.seq > 0 && after.visibility == state.visibility {
                return Ok(Observed::Known);
            }
            match self.transact(writes).await? {
                Transacted::Written => return Ok(Observed::Recorded),
                refused if refused.refused(Guard::Line) => return Ok(Observed::Known),
                Transacted::Refused(_) | Transacted::Conflict => {}
            }
        }
    }

    /// Counts the versions of a post that are on record, as far as `most`. It reads these and nothing else of the post.
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

/// Returns one version of a post as it was received.
pub(crate) fn received(practice: &PracticeId, post: &Post, correlation: &str, now: Timestamp) -> RevisionRecord {
    let kept = beginning(&post.text, MOST_TEXT);
    RevisionRecord {
        key: post.key(practice),
        revision: post.revision(),
        post: Post { text: kept.to_owned(), ..post.clone() },
        cut_from: (kept.len() < post.text.len()).then_some(post.text.len()),
        translation: None,
        raw: None,
        seen_at: now,
        correlation: correlation.to_owned(),
        decided: None,
    }
}

/// Returns as much of the beginning of a text as fits, in whole characters.
fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    &text[..end]
}
