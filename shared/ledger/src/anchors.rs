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

use crate::keys;
use crate::write::{text, to_item, unless_refused, unreadable};
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
        let key = keys::anchor(practice);
        let day = now.to_zoned(TimeZone::UTC).date();
        let record: Option<AnchorRecord> = self.read(key.clone()).await?;
        let new = |text| {
            Some(NewAnchor {
                practice: practice.clone(),
                day,
                text,
            })
        };
        let previous = match record {
            Some(record) if record.day == day => {
                return Ok((!record.written).then_some(record.text).and_then(new));
            }
            Some(record) => record.last,
            None => String::new(),
        };
        let head = self.chain_head(practice).await?;
        let anchor = Anchor {
            practice: practice.clone(),
            day,
            at: now,
            number: head.seq,
            hash: head.hash,
            previous: previous.clone(),
        };
        let written = serde_json::to_string(&anchor);
        let written = written.map_err(|source| unreadable(&key, source))?;
        let record = AnchorRecord {
            day,
            text: written.clone(),
            written: false,
            last: previous,
        };
        self.overwrite(to_item(&key, &record)?).await?;
        Ok(new(written))
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

/// Holds a practice's chain against its anchors, in any order: the hash of each line by its number,
/// and the number of the last.
pub(crate) fn check(
    anchors: &[&FoundAnchor],
    lines: &BTreeMap<u64, (String, String)>,
    end: u64,
    today: Date,
) -> (Option<Anchored>, Vec<AnchorError>) {
    let mut wrong = Vec::new();
    let by_day: BTreeMap<Date, &FoundAnchor> =
        anchors.iter().map(|found| (found.day, *found)).collect();
    let (Some((&first, _)), Some((&last, _))) = (by_day.first_key_value(), by_day.last_key_value())
    else {
        return (None, wrong);
    };
    let (mut previous, mut fits, mut is_whole) = (String::new(), None, true);
    for (&day, found) in &by_day {
        if found.is_covered {
            wrong.push(AnchorError::Covered(day));
        }
        let anchor = serde_json::from_str::<Anchor>(&found.text).ok();
        let Some(anchor) =
            anchor.filter(|anchor| anchor.day == day && anchor.practice == found.practice)
        else {
            wrong.push(AnchorError::Unreadable(day));
            previous = digest(&found.text);
            continue;
        };
        if anchor.previous != previous {
            wrong.push(AnchorError::NotFollowing(day));
        }
        previous = digest(&found.text);
        if let Some(written_at) = found
            .written_at
            .filter(|written_at| written_at.duration_since(anchor.at) > LATE)
        {
            wrong.push(AnchorError::Late { day, written_at });
        }
        // What the first that does not fit says, the later ones would say again.
        if !is_whole || anchor.number == 0 {
            continue;
        }
        let number = anchor.number;
        match lines.get(&number) {
            Some((_, hash)) if *hash == anchor.hash => fits = Some((day, number)),
            _ if number > end => {
                wrong.push(AnchorError::CutShort { day, number, end });
                is_whole = false;
            }
            Some(_) => {
                wrong.push(AnchorError::Rewritten {
                    day,
                    number,
                    since: fits,
                });
                is_whole = false;
            }
            // A line that is missing is told by the chain itself.
            None => {}
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
