//! One try at an action: which call it is, and what its answer means for the outbox.

mod facebook;
mod google;
mod instagram;
mod website;
mod x;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ActionRecord, Ledger, LedgerError, Outcome};
use pagewarden_platforms::Sent;
use pagewarden_platforms::calls::{CallError, Done, Meter};
use pagewarden_rules::{By, Effect, Platform, Post};
use pagewarden_runtime::{Platforms, ReachError, Scope, SecretError, Secrets};
use thiserror::Error;

/// The most calls that one try makes: look first, over some pages, refresh a token, act, read back.
pub(crate) const MOST_CALLS: u32 = 3 + MOST_PAGES;

/// Pages of a hundred answers that are looked through for one of ours.
const MOST_PAGES: u32 = 3;

/// What a person is told where those were not enough: sending again might say it twice.
const TOO_MANY: &str = "so many answers came in that it cannot be told whether ours is among them: look, and answer by hand";

/// What became of an answer that a try before had sent, although the platform's answer was lost.
const BEFORE: &str = "an earlier try had reached the platform";

/// What became of an action where the platform says how the post stands, and not since when: an
/// earlier try may have done it, or somebody else.
const SO_ALREADY: &str = "it was so already, perhaps by an earlier try";

/// Tries before an action is handed to a person. With the pauses below that is about a day.
const MOST_TRIES: u32 = 30;

/// The pause after the first failure; doubled with each further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause between tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// Words that were older than this when they were judged may have been edited since, in a delivery
/// that was lost.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// What a platform can be asked to do about a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Hide it.
    Hide,
    /// Show it again.
    Unhide,
    /// Delete it.
    Delete,
    /// Answer it in public.
    Reply,
    /// Write to its author in private.
    Message,
    /// Ban its author.
    Ban,
    /// Mute its author.
    Mute,
}

impl Call {
    /// Returns what an effect asks of a platform; none where it is done on the record, or by
    /// people.
    const fn of(effect: Effect) -> Option<Call> {
        match effect {
            Effect::Hide => Some(Call::Hide),
            Effect::Unhide => Some(Call::Unhide),
            Effect::Delete => Some(Call::Delete),
            Effect::PublicReply => Some(Call::Reply),
            Effect::AskAuthor => Some(Call::Message),
            Effect::Ban => Some(Call::Ban),
            Effect::Mute => Some(Call::Mute),
            Effect::Capture
            | Effect::Report
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
            | Effect::LogIncident => None,
        }
    }

    /// Returns what was done, once it is.
    const fn done(self) -> &'static str {
        match self {
            Call::Hide => "hidden",
            Call::Unhide => "shown again",
            Call::Delete => "deleted",
            Call::Reply => "answered",
            Call::Message => "written to the author",
            Call::Ban => "banned",
            Call::Mute => "muted",
        }
    }

    /// Returns what the platform confirmed, in plain words.
    fn confirmed(self, done: Done) -> Result<String, TryError> {
        let word = self.done();
        match done {
            Done::Confirmed => Ok(format!("{word}, confirmed by the platform")),
            Done::Already => Ok(format!("it was {word} already")),
            // What was to be deleted is gone, which was all that was wanted.
            Done::Gone if self == Call::Delete => Ok("it was gone already".to_owned()),
            Done::Gone => Err(TryError::Gone),
        }
    }
}

/// One try at an action, with all that it needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Try<'a> {
    pub(crate) action: &'a ActionRecord,
    pub(crate) platforms: &'a Platforms,
    /// What their answers tell besides.
    pub(crate) meter: &'a Meter,
    pub(crate) secrets: &'a Secrets,
    pub(crate) ledger: &'a Ledger,
    pub(crate) scope: Scope<'a>,
}

/// Why a try did not succeed.
#[derive(Debug, Error)]
pub(crate) enum TryError {
    /// The platform's answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// There is no usable token or key.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The table did not answer.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Pictures of the post have to be kept first, and for a long time they could not be.
    #[error("the pictures of the post could not be stored as evidence, which comes first")]
    NotStored,
    /// Nothing connects to this platform, or it cannot do this.
    #[error("{0}")]
    ByHand(&'static str),
    /// It was sent, and the platform has yet to say whether it shows it.
    #[error("{0}")]
    Unconfirmed(&'static str),
    /// It was sent, and the platform will not show it.
    #[error("{0}")]
    Rejected(String),
    /// Other words stand there than those that were judged.
    #[error("the words have been changed on the platform: the new ones are judged first")]
    Changed(Box<Sent<Post>>),
    /// The post is gone, so that there is nothing to do it to.
    #[error("the post was gone already")]
    Gone,
}

impl From<ReachError> for TryError {
    fn from(error: ReachError) -> Self {
        match error {
            ReachError::Call(error) => TryError::Call(error),
            ReachError::Secret(error) => TryError::Secret(error),
            ReachError::Ledger(error) => TryError::Ledger(error),
        }
    }
}

impl Try<'_> {
    /// Returns what is asked of the platform. `by_hand` is what a person is told where no platform
    /// does it.
    fn call(&self, by_hand: &'static str) -> Result<Call, TryError> {
        Call::of(self.action.effect).ok_or(TryError::ByHand(by_hand))
    }

    /// Ends a try that looked through lists of which a row could not be read: what it did not find
    /// may be that one.
    fn read_all(&self) -> Result<(), TryError> {
        match self.meter.unreadable() {
            0 => Ok(()),
            _ => Err(CallError::Unreadable { status: 200 }.into()),
        }
    }

    /// Tries once to carry the action out. Returns what the platform confirmed, in plain words.
    pub(crate) async fn carry_out(&self) -> Result<String, TryError> {
        match self.action.key.platform {
            Platform::Facebook => facebook::carry_out(self).await,
            Platform::Instagram => instagram::carry_out(self).await,
            Platform::Google => google::carry_out(self).await,
            Platform::Website => website::carry_out(self).await,
            Platform::X => x::carry_out(self).await,
            Platform::StaffLog => Err(TryError::ByHand("it did not happen on a platform")),
        }
    }
}

/// Counts a change of an account, where its platform allows so many a minute. Returns `false` where
/// it does not fit.
pub(crate) async fn fits(
    action: &ActionRecord,
    ledger: &Ledger,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    match action.key.platform {
        Platform::Google => google::fits(action, ledger, now).await,
        Platform::Facebook
        | Platform::Instagram
        | Platform::X
        | Platform::Website
        | Platform::StaffLog => Ok(true),
    }
}

/// Returns what a try means for the outbox.
pub(crate) fn outcome(
    action: &ActionRecord,
    tried: &Result<String, TryError>,
    now: Timestamp,
) -> Outcome {
    let error = match tried {
        Ok(detail) => {
            return Outcome::Done {
                detail: detail.clone(),
            };
        }
        Err(error) => error,
    };
    match error {
        TryError::ByHand(why) => Outcome::Failed {
            why: (*why).to_owned(),
        },
        TryError::Rejected(why) => Outcome::Failed { why: why.clone() },
        TryError::Gone => Outcome::Gone {
            detail: error.to_string(),
        },
        TryError::Unconfirmed(_) => match later(action, error, None, now) {
            Outcome::Retry { at, why, .. } => Outcome::Sent { at, why },
            given_up @ (Outcome::Done { .. }
            | Outcome::Gone { .. }
            | Outcome::Sent { .. }
            | Outcome::Failed { .. }) => given_up,
        },
        TryError::Changed(_)
        | TryError::Ledger(_)
        | TryError::Secret(SecretError::Unavailable(_))
        | TryError::Call(CallError::Unreadable { .. }) => later(action, error, None, now),
        TryError::Call(CallError::Retry { after, .. } | CallError::RateLimited { after }) => {
            later(action, error, *after, now)
        }
        // A person mends it, however long that takes: until then the gate holds the action.
        TryError::Secret(_) | TryError::Call(CallError::Credential { .. } | CallError::Blocked) => {
            Outcome::Retry {
                at: now + FIRST_PAUSE,
                why: error.to_string(),
                asked: may_have_asked(error),
            }
        }
        TryError::Call(CallError::AlreadyDone) => Outcome::Done {
            detail: error.to_string(),
        },
        // What is gone is answered no more, and nobody has to do it instead.
        TryError::Call(CallError::Gone) if speaks(action.effect) => Outcome::Gone {
            detail: TryError::Gone.to_string(),
        },
        TryError::NotStored | TryError::Call(_) => Outcome::Failed {
            why: error.to_string(),
        },
    }
}

/// Returns `true` if a try may have asked the platform to do it before it ended so. One that found
/// other words, or no secret, asked for nothing.
const fn may_have_asked(error: &TryError) -> bool {
    !matches!(error, TryError::Changed(_) | TryError::Secret(_))
}

/// Returns `true` if it is an answer to the post, or a message about it.
const fn speaks(effect: Effect) -> bool {
    matches!(Call::of(effect), Some(Call::Reply | Call::Message))
}

/// Returns `true` if the machine acts on words that were not new when it judged them: it looks at
/// the platform first.
fn is_late(action: &ActionRecord) -> bool {
    let age = |written: Timestamp| action.created_at.duration_since(written);
    action.by == By::Machine
        && action
            .post
            .posted_at
            .is_none_or(|written| age(written) > FRESH)
}

/// Puts an action off after an error, or hands it to a person after too many tries. `wait` is how long
/// the platform wants to be left alone.
fn later(
    action: &ActionRecord,
    error: &TryError,
    wait: Option<Duration>,
    now: Timestamp,
) -> Outcome {
    let why = error.to_string();
    if action.attempts >= MOST_TRIES {
        return Outcome::Failed {
            why: format!("{why}; given up after {MOST_TRIES} tries"),
        };
    }
    let doubled = FIRST_PAUSE.saturating_mul(1 << (action.attempts.saturating_sub(1)).min(16));
    let wait = wait
        .and_then(|wait| SignedDuration::try_from(wait).ok())
        .unwrap_or_default();
    let pause = doubled.min(LONGEST_PAUSE).max(wait);
    // Spread by up to a quarter, so that what failed together does not come back together.
    let spread = action.id.bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    }) % 250;
    let extra = SignedDuration::from_millis(pause.as_secs().saturating_mul(i64::from(spread)));
    Outcome::Retry {
        at: now + pause + extra,
        why,
        asked: may_have_asked(error),
    }
}
