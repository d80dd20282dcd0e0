//! The items of the table, as they are written and read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_rules::{
    By, Decision, Disposition, Effect, Finding, Meaning, PlannedTask, Post, PostKey, ReportCard,
    RevisionId, Role, Strength, Target, TaskKind, Topic, Urgency, words,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::LedgerError;
use crate::appeals::AppealReason;
use crate::chain::{Link, PracticeEvent, Seals};
use crate::evidence::Recipient;
use crate::flood::AuthorHash;
use crate::pictures::Picture;
use crate::retention::KeptAs;
use crate::tasks::Choice;

/// One version of a post, as it was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionRecord {
    /// Which post.
    pub key: PostKey,
    /// Which version.
    pub revision: RevisionId,
    /// The post. Its words and author are dropped once a decision finds nothing to do.
    pub post: Post,
    /// Bytes of the text as it was received, where only its beginning was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_from: Option<usize>,
    /// The platform's own translation of the text, where it made one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub translation: Option<String>,
    /// The change as the platform sent it: evidence. It goes when the words go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawRecord>,
    /// When these words stood there, by the platform's clock, or when the platform was asked for
    /// them. None where that is not known, as of a post of which only the ids came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// The platform said that it was hidden when it brought these words. Who hid it, it does not
    /// say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// When it was first seen here.
    pub seen_at: Timestamp,
    /// The delivery or sweep that brought it, to follow it through the logs.
    pub correlation: String,
    /// How often it was set going again, since nobody had decided it.
    #[serde(default)]
    pub rearmed: u32,
    /// The policy version that judged it, once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<u32>,
}

/// Bytes of a change that are kept: several times what the longest comment takes in any platform's
/// form. An item of the table, which has the words as well, holds 400 KB.
const MOST_RAW: usize = 128 * 1024;

/// A change as a platform sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RawRecord {
    /// All of it, byte for byte.
    Whole(String),
    /// What tells it from any other: it is too long to be kept, or is no text.
    Digest {
        /// SHA-256 of its bytes, in hexadecimal.
        sha256: String,
        /// How many bytes it has.
        bytes: usize,
    },
}

impl RawRecord {
    /// Returns what is kept of these bytes.
    #[must_use]
    pub fn of(raw: &[u8]) -> Self {
        match str::from_utf8(raw) {
            Ok(text) if raw.len() <= MOST_RAW => RawRecord::Whole(text.to_owned()),
            _ => RawRecord::Digest {
                sha256: hex::encode(Sha256::digest(raw)),
                bytes: raw.len(),
            },
        }
    }

    /// Returns SHA-256 of the bytes that the platform sent, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        match self {
            RawRecord::Whole(text) => hex::encode(Sha256::digest(text)),
            RawRecord::Digest { sha256, .. } => sha256.clone(),
        }
    }
}

/// A finding as the record keeps it: where and why, never the words themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRecord {
    /// What.
    pub topic: Topic,
    /// How surely.
    pub strength: Strength,
    /// Where, in bytes of the text as posted.
    pub start: usize,
    /// The byte after it.
    pub end: usize,
    /// What fired.
    pub cue: String,
    /// Why, in plain words.
    pub why: String,
    /// Whom it is aimed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// How many more findings of the topic there were than the record keeps; on the last one that
    /// it keeps.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<&Finding> for FindingRecord {
    fn from(finding: &Finding) -> Self {
        FindingRecord {
            topic: finding.topic.clone(),
            strength: finding.strength,
            start: finding.span.start,
            end: finding.span.end,
            cue: finding.cue.clone().into_owned(),
            why: finding.why.clone().into_owned(),
            target: finding.target,
            more: 0,
        }
    }
}

/// Who read a revision. With the text and the policy it is all that a decision rests on, so that
/// one can be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadBy {
    /// Nobody: it could not be judged.
    Nobody,
    /// The rules alone: the second reader's model was not there.
    RulesOnly,
    /// The rules and a second reader, with what that one said.
    Both(Meaning),
}

impl From<Option<Meaning>> for ReadBy {
    fn from(meaning: Option<Meaning>) -> Self {
        meaning.map_or(ReadBy::RulesOnly, ReadBy::Both)
    }
}

/// What a version in shadow beside the one in force says of a revision, as in `live`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedBeside {
    /// The version.
    pub policy: u32,
    /// In a word.
    pub disposition: Disposition,
    /// What would follow, by whom and under which clause.
    pub effects: Vec<(Effect, By, Option<String>)>,
    /// The clauses engaged.
    pub clauses: Vec<String>,
}

impl DecidedBeside {
    /// Returns what is kept of a decision.
    #[must_use]
    pub fn of(policy: u32, decision: &Decision) -> Self {
        let effects = decision.effects.iter();
        let clauses = decision.clauses.iter().chain(&decision.learned);
        DecidedBeside {
            policy,
            disposition: decision.disposition,
            effects: effects
                .map(|planned| (planned.effect, planned.by, planned.clause.clone()))
                .collect(),
            clauses: clauses.map(|clause| clause.id.clone()).collect(),
        }
    }

    /// Returns `true` if the program would hide it.
    #[must_use]
    pub fn hides(&self) -> bool {
        self.effects
            .iter()
            .any(|(effect, by, _)| (*effect, *by) == (Effect::Hide, By::Machine))
    }
}

/// Something that happened to a post. Never changed once written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A policy judged a revision. The evidence was captured with it.
    Decided {
        /// The revision.
        revision: RevisionId,
        /// The version of the policy.
        policy: u32,
        /// SHA-256 of the revision as received, in hexadecimal.
        evidence: String,
        /// When it was captured.
        captured_at: Timestamp,
        /// What the reader found.
        findings: Vec<FindingRecord>,
        /// Who read it; none in a record from before there was a second reader.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read_by: Option<ReadBy>,
        /// What the policy says of it.
        decision: Box<Decision>,
        /// What the version in shadow beside it says, where there is one. Nothing follows from it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beside: Option<DecidedBeside>,
        /// The actions put in the outbox, by effect id.
        actions: Vec<String>,
        /// The tasks opened.
        tasks: Vec<String>,
        /// The open tasks about older words, which these words closed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        superseded: Vec<String>,
        /// The words were not there any more when they were judged: nothing follows but a page for
        /// somebody in danger.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        late: bool,
        /// Its author had asked before for what is held about them not to be used.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        restricted: bool,
    },
    /// The platform confirmed an action.
    Acted {
        /// The action.
        action: String,
        /// What it did.
        effect: Effect,
        /// What the platform answered, in plain words.
        detail: String,
        /// The task opened since the post's words had changed meanwhile, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        /// The post was gone, so that there was nothing to do it to.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gone: bool,
    },
    /// An action could not be carried out, and a person was told.
    Failed {
        /// The action.
        action: String,
        /// What it was to do.
        effect: Effect,
        /// Why not, in plain words.
        why: String,
        /// The task opened for it.
        task: String,
    },
    /// An action was stopped by a cap, by the practice's switch or because its rule has stopped
    /// itself, and waits for a person.
    Parked {
        /// The action.
        action: String,
        /// What it was to do.
        effect: Effect,
        /// Why, in plain words.
        why: String,
        /// The task opened for it.
        task: String,
    },
    /// An action was let go, since a person had decided to keep the post, or its words had changed.
    Dropped {
        /// The action.
        action: String,
        /// What it was to do.
        effect: Effect,
        /// Why, in plain words.
        why: String,
        /// The task opened for it, where an earlier try may have hidden the post.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
    },
    /// Pictures of it were fetched and kept, before anything was done about it.
    PicturesKept {
        /// The revision.
        revision: RevisionId,
        /// Those that are kept.
        pictures: Vec<Picture>,
        /// Why others are not, a reason each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// A person closed a task.
    Chosen {
        /// The task.
        task: String,
        /// What they chose.
        choice: Choice,
        /// Who, as `name:role`.
        by: String,
        /// The revision it was about.
        revision: RevisionId,
        /// The action that follows, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        action: Option<String>,
        /// The task that follows, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The other tasks that the same decision answered.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settled: Vec<String>,
        /// They answered an appeal against what they had decided themselves, since nobody else at
        /// the practice may.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        own_decision: bool,
        /// They answered other posts of the same author with it, in the same way.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        together: bool,
    },
    /// The author asks for another look. What they wrote stands in an item of its own.
    Appealed {
        /// The task that was opened.
        task: String,
        /// Why they ask.
        reason: AppealReason,
        /// The post as which what they wrote is read for danger, if they wrote anything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read_as: Option<String>,
    },
    /// It was drawn by lot from what the machine hid in a week and nobody had looked at.
    Sampled {
        /// The week, as ISO 8601 writes it.
        week: String,
        /// The task that was opened.
        task: String,
    },
    /// The next sample was drawn, and nobody had looked at it: its task was closed.
    SampleOver {
        /// The task.
        task: String,
    },
    /// A person wrote words of their own for an answer. They are sent once somebody else approves
    /// them.
    AnswerWritten {
        /// The task that was opened, which holds the words.
        task: String,
        /// The task that they are to answer.
        of: String,
        /// In public, or to the author alone.
        effect: Effect,
        /// Who, as `name:role`.
        by: String,
        /// The revision that they answer.
        revision: RevisionId,
    },
    /// A person said that they are dealing with a task about danger. It stays open, and nobody else
    /// is told for a while.
    Acknowledged {
        /// The task.
        task: String,
        /// Who, as `name:role`.
        by: String,
        /// What they add, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person handed a complaint over to whoever handles it. It answers no task: until somebody
    /// says that the complaint is acknowledged, its clock runs.
    HandedOver {
        /// Who, as `name:role`.
        by: String,
        /// To whom, in their words.
        to: String,
        /// How, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A person had the post shown again, whatever waits about it.
    ShownAgain {
        /// Who, as `name:role`.
        by: String,
        /// The revision that the machine lets be from then on.
        revision: RevisionId,
        /// The action that asks the platform.
        action: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// The platform says that the post is gone.
    Removed {
        /// Since when, by the platform's clock, or when the platform was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
        /// The tasks that asked whether it is shown again, which this closed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settled: Vec<String>,
    },
    /// A person asked for the words to be kept although their author may take them back, or no
    /// longer asks for it.
    Hold {
        /// Whether they are to be kept.
        on: bool,
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// When somebody is to look whether that is still needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        review: Option<Date>,
    },
    /// The words were dropped, since their author took them back and nobody had asked for them to
    /// be kept.
    WordsDropped {
        /// The revisions.
        revisions: Vec<RevisionId>,
        /// The tasks, messages and appeals whose words went, by their keys.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<String>,
    },
    /// The time for which the policy keeps it had passed, and its words were deleted.
    LetGo {
        /// As what it was kept.
        kept_as: KeptAs,
        /// For how many months after the last line before this one.
        months: u16,
        /// The revisions whose words went.
        revisions: Vec<RevisionId>,
        /// The tasks, messages and appeals whose words went, by their keys.
        items: Vec<String>,
        /// There was more than fits in one transaction: the rest goes next.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// Its author asked for their words to be deleted, and a person had it done.
    Erased {
        /// Who, as `name:role`.
        by: String,
        /// The revisions whose words went.
        revisions: Vec<RevisionId>,
        /// The tasks, messages and appeals whose words went, by their keys.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<String>,
        /// There was more than fits in one transaction: the rest goes next.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    /// Its author asked for the record not to be used, or no longer does.
    Restricted {
        /// Whether it is only kept.
        on: bool,
        /// Who, as `name:role`.
        by: String,
        /// Why, in their words; empty where it was cut.
        #[serde(default)]
        note: String,
    },
    /// A person said that something on record is wrong, and what is right. A line never changes, so
    /// what it says is shown no more, and this in its place.
    Rectified {
        /// The number of the line that is wrong.
        line: u64,
        /// Who, as `name:role`.
        by: String,
        /// What is wrong with it, in their words.
        wrong: String,
        /// What is right.
        right: String,
    },
    /// A person took evidence about the post along.
    Exported {
        /// Whom it is for.
        recipient: Recipient,
        /// Nothing in it was cut.
        whole: bool,
        /// Who, as `name:role`.
        by: String,
        /// SHA-256 of what they took, in hexadecimal.
        sha256: String,
    },
    /// The platform says that the post was hidden or shown.
    VisibilitySeen {
        /// Hidden, or shown.
        hidden: bool,
        /// Since when, by the platform's clock, or when the platform was asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Timestamp>,
        /// Nobody hid it by this system: the platform did, or somebody using the platform's tools.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        elsewhere: bool,
        /// The task opened to ask whether it is shown again, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        /// The tasks that asked that, which this closed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settled: Vec<String>,
    },
    /// A delivery told again, and of a later time, what stood there already: whatever was written in
    /// between is older, however late it arrives.
    StoodAgain {
        /// The revision.
        revision: RevisionId,
        /// When its words stood there again, by the platform's clock, or when the platform was asked.
        since: Timestamp,
    },
}

impl Event {
    /// Returns `true` if it asks nobody for anything: a harmless post was decided, or the platform
    /// told of one.
    pub(crate) fn is_idle(&self) -> bool {
        match self {
            Event::Decided {
                decision, tasks, ..
            } => decision.disposition == Disposition::None && tasks.is_empty(),
            Event::VisibilitySeen { task, .. } => task.is_none(),
            Event::Removed { .. } | Event::WordsDropped { .. } | Event::StoodAgain { .. } => true,
            Event::Acted { .. }
            | Event::Failed { .. }
            | Event::Parked { .. }
            | Event::Dropped { .. }
            | Event::Chosen { .. }
            | Event::Appealed { .. }
            | Event::Sampled { .. }
            | Event::SampleOver { .. }
            | Event::AnswerWritten { .. }
            | Event::Acknowledged { .. }
            | Event::HandedOver { .. }
            | Event::ShownAgain { .. }
            | Event::Exported { .. }
            | Event::PicturesKept { .. }
            | Event::LetGo { .. }
            | Event::Erased { .. }
            | Event::Restricted { .. }
            | Event::Rectified { .. }
            | Event::Hold { .. } => false,
        }
    }
}

/// A line of a post's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// The number of the line, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What happened, as JSON; the hash is over these bytes.
    pub body: String,
    /// The hash of the line before, empty for the first.
    pub prev: String,
    /// Its place in the practice's chain; none for what followed from a harmless post, which asks
    /// nobody for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Link>,
    /// SHA-256 over `prev`, `seq`, `at`, `body` and `chain`, in hexadecimal.
    pub hash: String,
}

impl EventRecord {
    /// Writes a line, with the seals of what is written with it.
    pub(crate) fn new(
        seq: u64,
        prev: String,
        at: Timestamp,
        event: &impl Serialize,
        seals: &Seals,
        chain: Option<Link>,
    ) -> Result<Self, serde_json::Error> {
        let mut body = serde_json::to_value(event)?;
        if let (Some(body), false) = (body.as_object_mut(), seals.is_empty()) {
            body.insert("seals".to_owned(), serde_json::to_value(seals)?);
        }
        let mut line = EventRecord {
            seq,
            at,
            body: body.to_string(),
            prev,
            chain,
            hash: String::new(),
        };
        line.hash = line.digest();
        Ok(line)
    }

    /// Returns `true` if the line is as it was written.
    #[must_use]
    pub fn is_as_written(&self) -> bool {
        self.hash == self.digest()
    }

    /// Returns the hash that the line must have.
    pub(crate) fn digest(&self) -> String {
        let mut hash = Sha256::new();
        let mut field = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        for text in [
            &self.prev,
            &self.seq.to_string(),
            &self.at.to_string(),
            &self.body,
        ] {
            field(text);
        }
        if let Some(link) = &self.chain {
            field(&link.seq.to_string());
            field(&link.prev);
        }
        hex::encode(hash.finalize())
    }

    /// Returns what happened, of a line about a practice as a whole.
    pub fn practice_event(&self) -> Result<PracticeEvent, serde_json::Error> {
        serde_json::from_str(&self.body)
    }

    /// Returns the seals of what was written with the line.
    pub(crate) fn seals(&self) -> Result<Seals, serde_json::Error> {
        #[derive(Deserialize)]
        struct Sealed {
            #[serde(default)]
            seals: Seals,
        }
        Ok(serde_json::from_str::<Sealed>(&self.body)?.seals)
    }

    /// Returns what happened.
    pub fn event(&self) -> Result<Event, serde_json::Error> {
        serde_json::from_str(&self.body)
    }
}

/// Whether the public can see a post, as far as the platform has told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// It can be seen.
    #[default]
    Visible,
    /// It is hidden.
    Hidden,
    /// It is gone.
    Gone,
}

impl Visibility {
    /// Returns what stands against it: seen, or not seen.
    pub(crate) const fn other(self) -> Self {
        match self {
            Visibility::Visible => Visibility::Hidden,
            Visibility::Hidden | Visibility::Gone => Visibility::Visible,
        }
    }
}

/// Where a post stands: the fold of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one fact of a post, which a kind of event turns"
)]
pub struct StateRecord {
    /// The number of its last event; each write is on condition of it.
    pub seq: u64,
    /// The hash of its last event.
    pub head: String,
    /// The last revision decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<RevisionId>,
    /// What was decided of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// What was told again of a later time than its revision says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood_again: Option<StoodAgain>,
    /// Whether the public can see it.
    #[serde(default)]
    pub visibility: Visibility,
    /// When that was so: what is older says nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility_at: Option<Timestamp>,
    /// It is hidden, and nobody hid it by this system: the platform did, or somebody using the
    /// platform's tools.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// Revisions that a person decided to keep: the machine leaves them alone.
    #[serde(default)]
    pub kept: Vec<RevisionId>,
    /// Revisions that a person decided to leave hidden: nobody is asked about them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_hidden: Vec<RevisionId>,
    /// Tasks that wait for people.
    #[serde(default)]
    pub open_tasks: Vec<String>,
    /// A person asked for the words to be kept, whatever their author does.
    #[serde(default)]
    pub held: bool,
    /// Its author asked for the record not to be used: it is kept, and no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restricted: bool,
    /// Something followed from the post, so that each further line is a link of the practice's
    /// chain.
    #[serde(default)]
    pub linked: bool,
    /// What no person may do to the post, since a clause of the newest decision forbids it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Effect>,
    /// Who alone may delete it, where a clause of the newest decision names somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_role: Option<Role>,
    /// What the newest decision found, under any clause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Topic>,
    /// Who last said that they are dealing with an open task about danger, by the task.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acknowledged: BTreeMap<String, Acknowledgement>,
}

/// That words stood there again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoodAgain {
    /// Which.
    pub revision: RevisionId,
    /// When.
    pub since: Timestamp,
}

/// That somebody is dealing with a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who, as `name:role`.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}

impl AsRef<StateRecord> for StateRecord {
    fn as_ref(&self) -> &StateRecord {
        self
    }
}

impl StateRecord {
    /// Folds one more event in.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
    pub fn apply(mut self, record: &EventRecord, event: &Event) -> Self {
        self.seq = record.seq;
        self.head.clone_from(&record.hash);
        self.linked |= record.chain.is_some();
        match event {
            Event::Decided {
                revision,
                decision,
                tasks,
                superseded,
                late,
                restricted,
                ..
            } => {
                self.restricted |= restricted;
                if !late {
                    self.revision = Some(revision.clone());
                    self.disposition = Some(decision.disposition);
                    self.refused.clone_from(&decision.refused);
                    self.delete_role = decision.tasks.iter().find_map(|task| task.delete_role);
                    self.topics = decision
                        .clauses
                        .iter()
                        .flat_map(|clause| clause.topics.iter().cloned())
                        .collect();
                    let asks = |task: &PlannedTask| task.kind == TaskKind::HiddenElsewhere;
                    if decision.tasks.iter().any(asks) {
                        self.is_now(Visibility::Hidden, record.at);
                        self.elsewhere = true;
                    }
                }
                self.open_tasks.retain(|open| !superseded.contains(open));
                self.acknowledged
                    .retain(|task, _| !superseded.contains(task));
                self.open_tasks.extend(tasks.iter().cloned());
            }
            Event::Acted {
                gone: true, task, ..
            } => {
                self.is_now(Visibility::Gone, record.at);
                self.open_tasks.extend(task.iter().cloned());
            }
            Event::Acted { effect, task, .. } => {
                match effect {
                    Effect::Hide => self.is_now(Visibility::Hidden, record.at),
                    Effect::Unhide => self.is_now(Visibility::Visible, record.at),
                    Effect::Delete => self.is_now(Visibility::Gone, record.at),
                    Effect::Capture
                    | Effect::PublicReply
                    | Effect::AskAuthor
                    | Effect::Report
                    | Effect::Ban
                    | Effect::Mute
                    | Effect::Moderate
                    | Effect::PageSafeguardingLead
                    | Effect::PagePracticeManager
                    | Effect::Case
                    | Effect::LegalAdvice
                    | Effect::ComplaintClock
                    | Effect::Ladder
                    | Effect::SignpostOfficialReview
                    | Effect::SignpostRoutineContact
                    | Effect::Acknowledge
                    | Effect::LogIncident => {}
                }
                self.open_tasks.extend(task.iter().cloned());
            }
            Event::Dropped { task, .. } => self.open_tasks.extend(task.iter().cloned()),
            Event::WordsDropped { .. }
            | Event::HandedOver { .. }
            | Event::LetGo { .. }
            | Event::Erased { .. }
            | Event::Rectified { .. }
            | Event::PicturesKept { .. }
            | Event::Exported { .. } => {}
            Event::Hold { on, .. } => self.held = *on,
            Event::Restricted { on, .. } => self.restricted = *on,
            Event::Failed { task, .. }
            | Event::Parked { task, .. }
            | Event::Appealed { task, .. }
            | Event::Sampled { task, .. }
            | Event::AnswerWritten { task, .. } => {
                self.open_tasks.push(task.clone());
            }
            Event::Chosen {
                task,
                choice,
                revision,
                action,
                next,
                settled,
                ..
            } => {
                self.open_tasks
                    .retain(|open| open != task && !settled.contains(open));
                self.acknowledged
                    .retain(|open, _| open != task && !settled.contains(open));
                self.open_tasks.extend(next.iter().cloned());
                // No complaint after all, and hidden for nothing else: it is shown again.
                let shown = *choice == Choice::NotComplaint && action.is_some();
                let stays = matches!(choice, Choice::Keep | Choice::Restore | Choice::Grant);
                if shown || stays {
                    self.keep(revision);
                }
                if *choice == Choice::KeepHidden {
                    self.left_hidden.push(revision.clone());
                }
            }
            Event::SampleOver { task } => self.open_tasks.retain(|open| open != task),
            Event::Acknowledged { task, by, .. } => {
                self.acknowledged.insert(
                    task.clone(),
                    Acknowledgement {
                        by: by.clone(),
                        at: record.at,
                    },
                );
            }
            Event::ShownAgain { revision, .. } => self.keep(revision),
            Event::Removed { since, settled } => {
                self.is_now(Visibility::Gone, since.unwrap_or(record.at));
                self.open_tasks.retain(|open| !settled.contains(open));
            }
            Event::VisibilitySeen {
                hidden,
                since,
                elsewhere,
                task,
                settled,
            } => {
                let visibility = if *hidden {
                    Visibility::Hidden
                } else {
                    Visibility::Visible
                };
                self.is_now(visibility, since.unwrap_or(record.at));
                self.elsewhere = *elsewhere;
                self.open_tasks.retain(|open| !settled.contains(open));
                self.open_tasks.extend(task.iter().cloned());
            }
            Event::StoodAgain { revision, since } => {
                self.stood_again = Some(StoodAgain {
                    revision: revision.clone(),
                    since: *since,
                });
            }
        }
        self
    }

    fn is_now(&mut self, visibility: Visibility, at: Timestamp) {
        self.visibility = visibility;
        self.visibility_at = Some(at);
        self.elsewhere = false;
    }

    fn keep(&mut self, revision: &RevisionId) {
        if !self.kept.contains(revision) {
            self.kept.push(revision.clone());
        }
        self.left_hidden.retain(|left| left != revision);
    }
}

words! {
    /// Where an action is in its life.
    ActionStatus {
        /// Waits to be carried out.
        Pending "pending",
        /// Is being carried out; free again when its lease runs out.
        Claimed "claimed",
        /// The platform confirmed it.
        Done "done",
        /// It could not be done; a person was told.
        Failed "failed",
        /// A cap, the switch or a rule that stopped itself was in the way; a person was told.
        Parked "parked",
        /// It was let go, since a person had decided to keep the post, or its words had changed.
        Dropped "dropped",
    }
}

impl ActionStatus {
    /// Returns `true` if it is still to be carried out.
    #[must_use]
    pub const fn is_open(self) -> bool {
        match self {
            ActionStatus::Pending | ActionStatus::Claimed => true,
            ActionStatus::Done
            | ActionStatus::Failed
            | ActionStatus::Parked
            | ActionStatus::Dropped => false,
        }
    }
}

/// An effect to be carried out on a platform: a line of the outbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// The hash of what, where and why, so that the same effect never stands twice.
    pub id: String,
    /// The post.
    pub key: PostKey,
    /// The revision it rests on.
    pub revision: RevisionId,
    /// The post, as the platform needs it: surface, channel, author, thread. Without its words.
    pub post: Post,
    /// What to do.
    pub effect: Effect,
    /// Who decided it.
    pub by: By,
    /// The clause it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The words to send, for a reply or a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What to send instead, should the post stand otherwise by then: they say whether it can be
    /// seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Instead>,
    /// Where it is in its life.
    pub status: ActionStatus,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether it counted towards the caps already.
    #[serde(default)]
    pub charged: bool,
    /// Whether the platform took it, and has yet to say whether it shows it.
    #[serde(default)]
    pub sent: bool,
    /// Whether a try may have reached the platform, so that it may be done although nobody heard.
    #[serde(default)]
    pub may_be_done: bool,
    /// When it was put here.
    pub created_at: Timestamp,
    /// The delivery or the person's choice behind it, to follow it through the logs.
    pub correlation: String,
    /// What became of it, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
}

/// The wording of a message for a post that stands otherwise than when somebody chose to send it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instead {
    /// Where the post must stand for these words to be true.
    pub when: Visibility,
    /// The words.
    pub words: String,
}

/// Which action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionKey {
    /// The post.
    pub post: PostKey,
    /// The effect id.
    pub id: String,
}

impl ActionRecord {
    /// Returns the effect id: the same effect on the same revision under the same policy has the
    /// same one.
    ///
    /// `occasion` is the policy version for the machine's effects and the task for a person's, who
    /// may well choose the same effect twice.
    #[must_use]
    pub fn effect_id(
        key: &PostKey,
        revision: &RevisionId,
        effect: Effect,
        occasion: &str,
    ) -> String {
        let mut hash = Sha256::new();
        let parts = [
            key.practice.as_str(),
            key.platform.name(),
            &key.id,
            &revision.0,
            effect.name(),
            occasion,
        ];
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hex::encode(&hash.finalize()[..16])
    }

    /// Returns `true` if these are words that this action sends, or sent at an earlier try. White
    /// space does not count.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        let instead = self.instead.as_ref().map(|instead| &instead.words);
        self.words
            .iter()
            .chain(instead)
            .any(|words| words.split_whitespace().eq(text.split_whitespace()))
    }
}

words! {
    /// Whether a task still waits.
    TaskStatus {
        /// It waits for a person.
        Open "open",
        /// A person closed it.
        Done "done",
    }
}

/// Work for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// A sortable id.
    pub id: String,
    /// The post.
    pub key: PostKey,
    /// The revision it is about.
    pub revision: RevisionId,
    /// What kind of work.
    pub kind: TaskKind,
    /// How soon.
    pub urgency: Urgency,
    /// When it is due.
    pub due_at: Timestamp,
    /// The clauses it rests on.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// What may be chosen, besides keeping the post.
    #[serde(default)]
    pub options: Vec<Effect>,
    /// What may not be chosen by anybody, since a clause forbids it.
    #[serde(default)]
    pub refused: Vec<Effect>,
    /// Who alone may delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_role: Option<Role>,
    /// The draft for a reply or a message, ready to send: the words for a hidden post, or the only
    /// ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// The words to send instead while the post can be seen, where `draft` says that it cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_visible: Option<String>,
    /// What is needed to report the post, where that may be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportCard>,
    /// When it has to be acknowledged, should it be a complaint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledge_by: Option<Timestamp>,
    /// The platform's refusal of a report was appealed against already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub appealed: bool,
    /// When the same is asked once more, should there be no answer by the due time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Timestamp>,
    /// Why, in plain words.
    pub why: String,
    /// It may be left without harm.
    #[serde(default)]
    pub optional: bool,
    /// Whether it still waits.
    pub status: TaskStatus,
    /// What was chosen, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// How sure the reader was of the strongest thing that it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<Strength>,
    /// Whose post it is about, so that those of an author who floods a page are found together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<AuthorHash>,
    /// What was found in the post has to be looked at by itself, whatever else its author wrote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alone: bool,
    /// Whose words the draft is, where somebody wrote it instead of another task's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_words: Option<OwnWords>,
}

/// Whose words the draft of a task is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWords {
    /// The task that they answer.
    pub of: String,
    /// Who wrote them, as `name:role`.
    pub by: String,
}

impl OwnWords {
    /// Returns the name of who wrote them.
    #[must_use]
    pub fn writer(&self) -> &str {
        self.by.rsplit_once(':').map_or(&self.by, |(name, _)| name)
    }
}

/// Reads a revision out of a record of the table's stream.
pub fn revision_in(image: serde_dynamo::Item) -> Result<RevisionRecord, LedgerError> {
    in_image(image)
}

/// Reads an action out of a record of the table's stream.
pub fn action_in(image: serde_dynamo::Item) -> Result<ActionRecord, LedgerError> {
    in_image(image)
}

pub(crate) fn in_image<T: serde::de::DeserializeOwned>(
    image: serde_dynamo::Item,
) -> Result<T, LedgerError> {
    serde_dynamo::from_item(image).map_err(|source| LedgerError::Unreadable {
        key: "in a stream record".to_owned(),
        source: Box::new(source),
    })
}
