//! Anchors: once a day the end of each practice's chain is written where the table's writers cannot
//! change it.
//!
//! Whoever can write the table can change a line and make all hashes after it again, so that the
//! chain holds by itself. It cannot be made to hold against what was written elsewhere before.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::PracticeId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::chain::ChainHead;
use crate::keys;
use crate::write::{Tries, text, to_item, unless_refused, unreadable};
use crate::{Ledger, LedgerError};

/// How much later than it says an anchor may have been written, by the clock of where it is kept.
const LATE: SignedDuration = SignedDuration::from_hours(24);

/// The end of a practice's chain on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The practice.
    pub practice: PracticeId,
    /// The day, in UTC.
    pub day: Date,
    /// When the end was looked at.
    pub at: Timestamp,
    /// The number of the last line; 0 where there was none.
    pub number: u64,
    /// The hash of the last line; empty where there was none.
    pub hash: String,
    /// SHA-256 over the text of the anchor before, in hexadecimal; empty for the first.
    pub previous: String,
    /// The same of those since then of which nobody ever heard whether they were written: they may
    /// be there or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unsure: Vec<String>,
    /// The hash of the proof that everything of the practice was deleted, once it was. The proof
    /// itself names people, and what is locked here for years is to name nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<String>,
}

/// An anchor that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnchor {
    /// The practice.
    pub practice: PracticeId,
    /// The day that it is of.
    pub day: Date,
    /// What is to be written: the [`Anchor`] as one line of JSON.
    pub text: String,
}

/// An anchor as it was found where anchors are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAnchor {
    /// The practice by its name there.
    pub practice: PracticeId,
    /// The day by its name there.
    pub day: Date,
    /// What was written there first.
    pub text: String,
    /// When it was written, by a clock that nobody here sets; none where there is none.
    pub written_at: Option<Timestamp>,
    /// Whether something was written over it, or it was marked as deleted, afterwards.
    pub is_covered: bool,
}

/// What does not agree with the anchors.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnchorError {
    /// An anchor is not one.
    #[error("the anchor of {0} cannot be read as one of this practice and day")]
    Unreadable(Date),
    /// The anchors do not follow from each other.
    #[error(
        "the anchor of {0} does not follow from the one before: an anchor was changed or removed"
    )]
    NotFollowing(Date),
    /// Something was written over an anchor.
    #[error("somebody wrote over the anchor of {0}, or deleted it; the first one is what counts")]
    Covered(Date),
    /// An anchor was written after its day.
    #[error(
        "the anchor of {day} was not written before {written_at}, so it proves nothing earlier"
    )]
    Late {
        /// The day that it says.
        day: Date,
        /// When it was written.
        written_at: Timestamp,
    },
    /// The chain is shorter than it was.
    #[error(
        "on {day} the practice's chain had {number} lines, and now it ends after line {end}: it was cut short"
    )]
    CutShort {
        /// The day of the anchor.
        day: Date,
        /// The lines that there were.
        number: u64,
        /// The last line that there is.
        end: u64,
    },
    /// The chain is another one.
    #[error(
        "the practice's chain was made again after {day}: line {number} is not the one that stood there on that day. {}",
        up_to(.since.as_ref())
    )]
    Rewritten {
        /// The day of the first anchor that it does not fit.
        day: Date,
        /// The line that the anchor names.
        number: u64,
        /// The last anchor that it fits: its day and line.
        since: Option<(Date, u64)>,
    },
    /// The practice left, and the proof of that is not there.
    #[error(
        "on {day} there was the proof {sha256} that everything of the practice was deleted, and now it is removed or another one"
    )]
    OtherProof {
        /// The day of the first anchor that names it.
        day: Date,
        /// Its hash.
        sha256: String,
    },
}

fn up_to(since: Option<&(Date, u64)>) -> String {
    match since {
        Some((day, number)) => format!(
            "Up to line {number} it is as it was on {day}: what was changed, added or removed comes after that"
        ),
        None => "No anchor fits it: it may be another chain from its beginning".to_owned(),
    }
}

/// Which anchors of a practice there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchored {
    /// How many.
    pub count: usize,
    /// The day of the first.
    pub first: Date,
    /// The day of the last.
    pub last: Date,
    /// The days without one, from the first up to yesterday.
    pub missing: Vec<Date>,
}

/// What the table remembers of a practice's anchors. Nothing is proved by it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct AnchorRecord {
    day: Date,
    /// The anchor of that day, which a try that was broken off writes again as it is.
    text: String,
    /// Whether it was written.
    written: bool,
    /// The hash of the last one that was written.
    last: String,
    /// The hashes of those since then of which nobody heard whether they were.
    #[serde(default)]
    unsure: Vec<String>,
}

impl AnchorRecord {
    /// Returns the hash of the last anchor that was written, and of those since then that may have
    /// been, once its day is over.
    fn passed(self) -> (String, Vec<String>) {
        if self.written {
            return (self.last, Vec::new());
        }
        let mut unsure = self.unsure;
        unsure.push(digest(&self.text));
        (self.last, unsure)
    }
}

impl Ledger {
    /// Returns the anchor that is to be written today; none if it was.
    ///
    /// What it says is kept until [`note_anchored`](Self::note_anchored), so that a try that was
    /// broken off is repeated with the same words.
    pub async fn anchor_to_write(
        &self,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Option<NewAnchor>, LedgerError> {
        let day = now.to_zoned(TimeZone::UTC).date();
        let mut tries = Tries::at(practice);
        loop {
            tries.next().await?;
            let record: Option<AnchorRecord> = self.read(keys::anchor(practice)).await?;
            let new = |text| {
                Some(NewAnchor {
                    practice: practice.clone(),
                    day,
                    text,
                })
            };
            if let Some(record) = record.as_ref().filter(|record| record.day == day) {
                return Ok((!record.written).then(|| record.text.clone()).and_then(new));
            }
            let before = record.as_ref().map(|record| record.day);
            let (last, unsure) = record.map(AnchorRecord::passed).unwrap_or_default();
            let (end, gone) = self.end(practice).await?;
            let anchor = Anchor {
                practice: practice.clone(),
                day,
                at: now,
                number: end.seq,
                hash: end.hash,
                previous: last.clone(),
                unsure: unsure.clone(),
                gone,
            };
            let text = serde_json::to_string(&anchor)
                .map_err(|source| unreadable(&keys::anchor(practice), source))?;
            let record = AnchorRecord {
                day,
                text: text.clone(),
                written: false,
                last,
                unsure,
            };
            // Of two runs at the same time both write what the first of them has said.
            if self.remember(practice, &record, before).await? {
                return Ok(new(text));
            }
        }
    }

    /// Remembers what is to be written, unless another run did since the day that was read.
    async fn remember(
        &self,
        practice: &PracticeId,
        record: &AnchorRecord,
        before: Option<Date>,
    ) -> Result<bool, LedgerError> {
        let item = to_item(&keys::anchor(practice), record)?;
        let Some(before) = before else {
            return self.put_new(item).await;
        };
        let put = self.client.put_item().table_name(&self.table);
        let put = put
            .set_item(Some(item))
            .condition_expression("#day = :before")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":before", text(before.to_string()));
        unless_refused(put.send().await)
    }

    /// Returns the end of a practice's chain; of one that left, as its proof has it, and the hash of
    /// the proof.
    async fn end(&self, practice: &PracticeId) -> Result<(ChainHead, Option<String>), LedgerError> {
        let head = self.chain_head(practice).await?;
        if head.seq > 0 {
            return Ok((head, None));
        }
        Ok(match self.proof_of_deletion(practice).await? {
            Some(proof) => (proof.chain, Some(proof.hash)),
            None => (head, None),
        })
    }

    /// Notes that an anchor was written.
    pub async fn note_anchored(&self, anchor: &NewAnchor) -> Result<(), LedgerError> {
        let noted = self
            .change(&keys::anchor(&anchor.practice))
            .update_expression("SET written = :yes, #last = :hash")
            .condition_expression("#day = :day")
            .expression_attribute_names("#last", "last")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(
                ":yes",
                aws_sdk_dynamodb::types::AttributeValue::Bool(true),
            )
            .expression_attribute_values(":hash", text(digest(&anchor.text)))
            .expression_attribute_values(":day", text(anchor.day.to_string()))
            .send()
            .await;
        unless_refused(noted).map(|_| ())
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// What stands in the table that anchors are held against.
pub(crate) struct Stands<'a> {
    /// The hash before and the hash of each line of the practice's chain, by its number.
    pub(crate) lines: &'a BTreeMap<u64, (String, String)>,
    /// The number of the last line.
    pub(crate) end: u64,
    /// The hash of the proof that everything of the practice was deleted, if it was.
    pub(crate) proof: Option<&'a str>,
}

impl Stands<'_> {
    /// Says what does not fit an anchor. `fits` is the last one that fits.
    fn against(&self, anchor: &Anchor, fits: &mut Option<(Date, u64)>) -> Option<AnchorError> {
        let (day, number) = (anchor.day, anchor.number);
        match self.lines.get(&number) {
            Some((_, hash)) if *hash == anchor.hash => {
                *fits = Some((day, number));
                None
            }
            _ if number > self.end => Some(AnchorError::CutShort {
                day,
                number,
                end: self.end,
            }),
            Some(_) => Some(AnchorError::Rewritten {
                day,
                number,
                since: *fits,
            }),
            // A line that is missing is told by the chain itself.
            None => None,
        }
    }

    /// Says that the proof which an anchor names is not there.
    fn proof_against(&self, anchor: &Anchor) -> Option<AnchorError> {
        let sha256 = anchor.gone.as_ref()?;
        (self.proof != Some(sha256.as_str())).then(|| AnchorError::OtherProof {
            day: anchor.day,
            sha256: sha256.clone(),
        })
    }
}

/// Returns what an anchor says, if it is one of this practice and day.
fn read(found: &FoundAnchor) -> Option<Anchor> {
    let anchor = serde_json::from_str::<Anchor>(&found.text).ok()?;
    (anchor.day == found.day && anchor.practice == found.practice).then_some(anchor)
}

impl Anchor {
    /// Returns `true` if it follows from those before it, whose hashes are given in order.
    fn follows(&self, before: &[String]) -> bool {
        let sure = before
            .iter()
            .rev()
            .find(|hash| !self.unsure.contains(*hash));
        self.previous == sure.map_or("", String::as_str)
    }
}

/// Holds what stands of a practice in the table against its anchors, in any order.
pub(crate) fn check(
    anchors: &[&FoundAnchor],
    stands: &Stands<'_>,
    today: Date,
) -> (Option<Anchored>, Vec<AnchorError>) {
    let mut wrong = Vec::new();
    let by_day: BTreeMap<Date, &FoundAnchor> =
        anchors.iter().map(|found| (found.day, *found)).collect();
    let (Some((&first, _)), Some((&last, _))) = (by_day.first_key_value(), by_day.last_key_value())
    else {
        return (None, wrong);
    };
    // A practice that left and whose proof is gone has no chain that could fit.
    let mut kept = by_day.values().filter_map(|found| read(found));
    let proof = kept.find_map(|anchor| stands.proof_against(&anchor));
    let (mut before, mut fits, mut is_whole) = (Vec::new(), None, proof.is_none());
    wrong.extend(proof);
    for (&day, found) in &by_day {
        if found.is_covered {
            wrong.push(AnchorError::Covered(day));
        }
        let hash = digest(&found.text);
        let Some(anchor) = read(found) else {
            wrong.push(AnchorError::Unreadable(day));
            before.push(hash);
            continue;
        };
        if !anchor.follows(&before) {
            wrong.push(AnchorError::NotFollowing(day));
        }
        before.push(hash);
        if let Some(written_at) = found
            .written_at
            .filter(|written_at| written_at.duration_since(anchor.at) > LATE)
        {
            wrong.push(AnchorError::Late { day, written_at });
        }
        // What the first that does not fit says, the later ones would say again.
        if is_whole && anchor.number > 0 {
            let off = stands.against(&anchor, &mut fits);
            is_whole = off.is_none();
            wrong.extend(off);
        }
    }
    let days = first.series(jiff::Span::new().days(1));
    let missing = days
        .take_while(|day| *day < today)
        .filter(|day| !by_day.contains_key(day));
    let anchored = Anchored {
        count: by_day.len(),
        first,
        last,
        missing: missing.collect(),
    };
    (Some(anchored), wrong)
}

/// Returns the anchors of each practice.
pub(crate) fn by_practice(anchors: &[FoundAnchor]) -> BTreeMap<PracticeId, Vec<&FoundAnchor>> {
    let mut sorted: BTreeMap<PracticeId, Vec<&FoundAnchor>> = BTreeMap::new();
    for anchor in anchors {
        let of = sorted.entry(anchor.practice.clone()).or_default();
        of.push(anchor);
    }
    sorted
}
