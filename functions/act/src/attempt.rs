//! One try at an action: which call it is, and what its answer means for the outbox.

mod facebook;
mod google;
mod instagram;
mod website;
mod x;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ActionRecord, Ledger, LedgerError, Outcome};
use pagewarden_platforms::calls::{CallError, Done, Http};
use pagewarden_platforms::google::{Google, Settings as GoogleSettings};
use pagewarden_platforms::x::{Settings as XSettings, X};
use pagewarden_rules::{Effect, Platform};
use pagewarden_runtime::{AccessError, Secrets, XAccess, count};

/// The most calls that one try makes: look first, refresh a token, act, read back.
pub(crate) const MOST_CALLS: u32 = 4;

/// Tries before an action is handed to a person. With the pauses below that is about a day.
const MOST_TRIES: u32 = 30;

/// The pause after the first failure; doubled with each further one.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause between tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(1);

/// The clients of the platforms.
#[derive(Clone, Debug)]
pub struct Platforms {
    http: Http,
    graph_url: String,
    graph_version: String,
    /// The client of Google Business Profile.
    pub google: Google,
    /// The client of X.
    pub x: X,
}

impl Platforms {
    /// Makes the clients. `google_token` is where Google's access tokens are had.
    #[must_use]
    pub fn new(
        http: Http,
        graph_url: &str,
        graph_version: &str,
        google_url: &str,
        google_token: &str,
        x_url: &str,
    ) -> Self {
        let settings = GoogleSettings { base: google_url.to_owned(), token_address: google_token.to_owned() };
        Platforms {
            google: Google::new(http.clone(), settings),
            x: X::new(http.clone(), XSettings { base: x_url.to_owned() }),
            http,
            graph_url: graph_url.to_owned(),
            graph_version: graph_version.to_owned(),
        }
    }
}

/// Why a try did not succeed.
enum TryError {
    /// The platform's answer.
    Call(CallError),
    /// There is no usable token or key.
    Secret(String),
    /// The table did not answer.
    Ledger(String),
    /// Nothing connects to this platform, or it cannot do this.
    ByHand(&'static str),
}

impl From<CallError> for TryError {
    fn from(error: CallError) -> Self {
        TryError::Call(error)
    }
}

impl From<pagewarden_runtime::SecretError> for TryError {
    fn from(error: pagewarden_runtime::SecretError) -> Self {
        TryError::Secret(error.to_string())
    }
}

impl From<AccessError> for TryError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Call(error) => TryError::Call(error),
            AccessError::Secret(error) => error.into(),
            AccessError::Ledger(error) => error.into(),
        }
    }
}

impl From<LedgerError> for TryError {
    fn from(error: LedgerError) -> Self {
        TryError::Ledger(error.to_string())
    }
}

/// Tries once to carry an action out.
pub(crate) async fn carry_out(
    action: &ActionRecord,
    platforms: &Platforms,
    secrets: &Secrets,
    ledger: &Ledger,
    now: Timestamp,
) -> Outcome {
    let tried = match action.key.platform {
        Platform::Facebook => facebook::carry_out(action, platforms, secrets).await,
        Platform::Instagram => instagram::carry_out(action, platforms, secrets).await,
        Platform::Google => google::carry_out(action, &platforms.google, secrets).await,
        Platform::Website => website::carry_out(action, &platforms.http, secrets).await,
        Platform::X => {
            let access = XAccess::new(ledger.clone(), secrets.clone(), platforms.x.clone());
            x::carry_out(action, &access, ledger, now).await
        }
        Platform::StaffLog => Err(TryError::ByHand("it did not happen on a platform")),
    };
    match tried {
        Ok(detail) => Outcome::Done { detail },
        Err(TryError::ByHand(why)) => Outcome::Failed { why: why.to_owned() },
        Err(TryError::Secret(why) | TryError::Ledger(why)) => later(action, None, why, now),
        Err(TryError::Call(error)) => {
            if error.stops_channel() {
                tracing::error!(practice = %action.key.practice, platform = %action.key.platform, %error, "the channel is stopped");
                count("ChannelStopped", 1, Some(&action.key.practice), now);
                secrets.forget(&action.post.channel).await;
            }
            match error {
                CallError::Retry { after, .. } | CallError::RateLimited { after } => {
                    later(action, after, error.to_string(), now)
                }
                // Mended by a person; until then the action waits its turn and nothing is lost.
                CallError::Credential { .. } | CallError::Blocked | CallError::Unreadable { .. } => {
                    later(action, None, error.to_string(), now)
                }
                CallError::AlreadyDone => Outcome::Done { detail: error.to_string() },
                _ => Outcome::Failed { why: error.to_string() },
            }
        }
    }
}

/// Puts an action off, or hands it to a person after too many tries.
fn later(action: &ActionRecord, asked: Option<Duration>, why: String, now: Timestamp) -> Outcome {
    if action.attempts >= MOST_TRIES {
        return Outcome::Failed { why: format!("{why}; given up after {MOST_TRIES} tries") };
    }
    let doubled = FIRST_PAUSE.saturating_mul(1 << (action.attempts.saturating_sub(1)).min(16));
    let asked = asked.and_then(|asked| SignedDuration::try_from(asked).ok()).unwrap_or_default();
    let pause = doubled.min(LONGEST_PAUSE).max(asked);
    // Spread by up to a quarter, so that what failed together does not come back together.
    let spread = action.id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) % 250;
    let extra = SignedDuration::from_millis(pause.as_secs().saturating_mul(i64::from(spread)));
    Outcome::Retry { at: now + pause + extra, why }
}

/// Returns what the platform confirmed, in plain words.
fn confirmed(effect: Effect, done: Done) -> String {
    let word = match effect {
        Effect::Hide => "hidden",
        Effect::Unhide => "shown again",
        Effect::Delete => "deleted",
        Effect::PublicReply => "answered",
        Effect::AskAuthor => "written to the author",
        Effect::Ban => "banned",
        Effect::Mute => "muted",
        _ => "done",
    };
    match done {
        Done::Confirmed => format!("{word}, confirmed by the platform"),
        Done::Already => format!("it was {word} or gone already"),
    }
}
