#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod access;
mod accounts;
mod actions;
mod agree;
mod anchors;
mod answers;
mod appeals;
mod authority;
mod calendar;
mod cases;
mod chain;
mod decisions;
mod due;
mod evidence;
mod flood;
mod gate;
mod hand_over;
mod hidden;
mod history;
mod hold;
mod intake;
mod judged;
mod keys;
mod ladder;
mod log;
mod names;
mod notices;
mod numbers;
mod offboard;
mod pictures;
mod practices;
mod queue;
mod records;
mod rectify;
mod restriction;
mod retention;
mod rights;
mod rows;
mod sample;
mod sessions;
mod standing;
mod sweeps;
mod switch;
mod tasks;
mod unread;
mod verify;
mod versions;
mod watch;
mod whole;
mod words;
mod write;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use thiserror::Error;

pub use access::{AccessRecord, Rotating};
pub use accounts::{Account, Incident, LOOKED_BACK};
pub use actions::{Caps, Claim, Outcome};
pub use agree::NotAgreed;
pub use anchors::{Anchor, AnchorError, Anchored, FoundAnchor, NewAnchor};
pub use answers::{AnswerError, NewAnswer};
pub use appeals::{Appeal, AppealReason, AppealRecord, AppealState, NoReference, Reference};
pub use authority::{
    Act, ComesFirst, Grounds, NoPerson, Person, Refusal, Said, answered_by, choices, choices_for,
    may, may_restore, publishers, reserved_for,
};
pub use calendar::{Calendar, working_days};
pub use cases::{Case, CasePage, Group, ListedCase, Question};
pub use chain::{ChainHead, Link, PracticeEvent};
pub use decisions::{Committed, NewDecision, NewTask};
pub use due::{DUE_AT_ONCE, Due, DueKey, Rearmed};
pub use evidence::{Export, ExportError, Recipient};
pub use flood::{Apart, AuthorHash, Flood, Together};
pub use gate::{Gate, Stop, Use, Waits, next_minute};
pub use hand_over::HandOverError;
pub use hidden::hidden_elsewhere;
pub use history::History;
pub use hold::HoldError;
pub use intake::{NewRevision, Observation, Observed, Recorded};
pub use keys::DUE_SHARDS;
pub use ladder::{
    AccountOf, Deed, LadderError, LadderRecord, LadderRules, LadderStop, NewStep, OnLadder, Proven,
    Step,
};
pub use log::{AccountNote, Corrects, LogEntry, LogError, LogKind, LogPage, LogRecord};
pub use names::{FoundAuthor, FoundAuthors};
pub use notices::{
    AlertRecord, CodeWanted, ConfirmError, Counts, NoticeRecord, NoticeStatus, TaskRef, Tell,
    TellKey, Telling, Told, WayRecord,
};
pub use numbers::{Clock, Counter, Numbers, Tally, Within};
pub use offboard::{Belonging, Belongings, OffboardError, Offboarded, Proof};
pub use pictures::{KeptPicture, Picture, PictureKind, PicturesRecord};
pub use practices::{
    Identity, PolicyRecord, PracticeRecord, PublishError, UnknownChannel, people_in,
};
pub use queue::Queue;
pub use records::{
    Acknowledgement, ActionKey, ActionRecord, ActionStatus, DecidedBeside, Event, EventRecord,
    FindingRecord, Instead, OwnWords, RawRecord, ReadBy, RevisionRecord, StateRecord, StoodAgain,
    TaskRecord, TaskStatus, Visibility, action_in, revision_in,
};
pub use rectify::{Correction, RectifyError};
pub use restriction::Restriction;
pub use retention::{By, Held, KeptAs, LetGo, Periods, Plan, RetentionError, Run};
pub use rights::{AboutAccount, Erasure, GivenAnswer, KeptFor, RightsError};
pub use rows::UNDECIDED_AFTER_S;
pub use sample::SAMPLED;
pub use sessions::{
    IDLE_FOR, Kept, LASTS_FOR, MOST_KEPT_BYTES, SHOWN_FOR, SIGN_IN_WITHIN, Session, SignIn,
};
pub use standing::Standing;
pub use sweeps::{BrokenOff, ChannelCheck, WantedSweep, wanted_in};
pub use switch::{
    AGREE_WITHIN, AskedToStart, NotNoted, Start, SwitchError, SwitchRecord, Turn, Turned,
};
pub use tasks::{Answer, Choice, ChoiceError, Chosen, UnhideError};
pub use verify::{Audit, ChainError};
pub use versions::{
    Beside, DueStep, FURTHEST_AHEAD, SHADOW_FOR, SIGN_WITHIN, Stage, StepRecord, StepWanted,
    Stepped, Tried, TriedRecord, VersionError, VersionsRecord,
};
pub use watch::{LOOKED_AT, MOST_TAKEN_BACK, RuleError, RuleRecord, Stopped, WhyStopped};
pub use whole::PutBack;

/// The table, reached through the ordinary SDK client.
#[derive(Clone, Debug)]
pub struct Ledger {
    client: Client,
    table: String,
    /// The table of rotating tokens, for those who call a platform that has them.
    access: Option<String>,
}

impl Ledger {
    /// Opens the ledger in a table.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Ledger {
            client,
            table: table.into(),
            access: None,
        }
    }

    /// Says in which table the rotating tokens are: without it they cannot be had.
    #[must_use]
    pub fn with_access_in(self, table: impl Into<String>) -> Self {
        Ledger {
            access: Some(table.into()),
            ..self
        }
    }

    /// Opens the connection to the table, so that the first delivery does not wait for it.
    pub async fn warm(&self) -> Result<(), LedgerError> {
        self.get(keys::switch_of_nobody()).await.map(|_| ())
    }
}

/// Why the ledger could not do what was asked.
#[derive(Debug, Error)]
pub enum LedgerError {
    /// The table did not answer, or refused: try again later.
    #[error("the table did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody said in which table the rotating tokens are.
    #[error(
        "no table of rotating tokens is named: set PAGEWARDEN_ACCESS_TABLE (the output AccessTableName)"
    )]
    NoAccessTable,
    /// Others kept writing to the same post: try again later.
    #[error("{0} is being written to by too many at once")]
    Contended(String),
    /// A record in the table cannot be read: a person must look.
    #[error("the record {key} cannot be read")]
    Unreadable {
        /// Its key.
        key: String,
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl<E, R> From<SdkError<E, R>> for LedgerError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    fn from(error: SdkError<E, R>) -> Self {
        LedgerError::Unavailable(Box::new(error))
    }
}
