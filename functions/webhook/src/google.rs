//! Google's hints: each has its location swept soon, and none is believed any further.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Ledger, LedgerError};
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::google::{self, Google, Hint, Keys, PushRefusal, Pushed, Pusher};
use pagewarden_rules::{Channel, Platform};
use pagewarden_runtime::count;
use thiserror::Error;
use tokio::sync::Mutex;

use crate::answer::answer;
use crate::intake::Intake;

/// Where Google pushes its hints to.
pub(crate) const PATH: &str = "/webhooks/google";

/// How long to cache Google's public keys. Google publishes a key well before signing with it.
const KEYS_FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The least time between two looks for keys. Whoever makes names of keys up must not have Google asked for each, nor a
/// flood of pushes have it asked for each while it does not answer.
const KEYS_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// Takes Google's pushes.
#[derive(Debug)]
pub struct Push {
    google: Google,
    pusher: Pusher,
    known: Mutex<Known>,
}

/// What is known of Google's keys.
#[derive(Debug, Default)]
struct Known {
    /// Those that were fetched last, and when.
    keys: Option<(Timestamp, Keys)>,
    /// When they were last asked for, whatever came of it.
    asked_at: Option<Timestamp>,
}

/// Why a push was not taken.
#[derive(Debug, Error)]
enum PushError {
    #[error(transparent)]
    Refused(#[from] PushRefusal),
    #[error("Google's keys could not be fetched: {0}")]
    NoKeys(#[from] CallError),
    #[error("Google's keys could not be fetched less than a minute ago, and are not asked for again so soon")]
    NoKeysYet,
}

impl Push {
    /// Starts taking pushes from whoever is set up to push.
    #[must_use]
    pub fn new(google: Google, pusher: Pusher) -> Self {
        Push { google, pusher, known: Mutex::default() }
    }

    /// Answers one push. What is answered with an error, Pub/Sub sends again.
    pub(crate) async fn take(
        &self,
        ledger: &Ledger,
        request: &ApiGatewayV2httpRequest,
        body: &[u8],
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let correlation = request.request_context.request_id.as_deref().unwrap_or_default();
        let header = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        let hint = match self.verify(header, body, now).await {
            Ok(pushed) => pushed.hint(),
            Err(PushError::Refused(refusal)) => {
                tracing::warn!(correlation, %refusal, "a push was refused");
                count("Refused", 1, None, now);
                return answer(401, "refused");
            }
            Err(error @ (PushError::NoKeys(_) | PushError::NoKeysYet)) => {
                tracing::error!(correlation, %error, "a push could not be checked and will come again");
                return answer(503, "try again");
            }
        };
        let Some(hint) = hint else {
            // It would read no better the next time, and the hourly sweep looks everywhere.
            tracing::error!(correlation, bytes = body.len(), "a push names no location");
            count("Unreadable", 1, None, now);
            return answer(200, "unreadable");
        };
        match note(ledger, hint, correlation, now).await {
            Ok(wanted) => {
                tracing::info!(correlation, wanted, "a push was taken");
                answer(200, "taken")
            }
            Err(error) => {
                tracing::error!(correlation, %error, "a push could not be noted and will come again");
                answer(500, "try again")
            }
        }
    }

    async fn verify<'a>(&self, header: Option<&str>, body: &'a [u8], now: Timestamp) -> Result<Pushed<'a>, PushError> {
        let mut known = self.known.lock().await;
        let fresh = known.keys.as_ref().filter(|(fetched, _)| now.duration_since(*fetched) < KEYS_FRESH_FOR);
        if let Some((_, keys)) = fresh {
            match google::verify(keys, &self.pusher, header, body, now) {
                Err(PushRefusal::UnknownKey) => {}
                checked => return Ok(checked?),
            }
        }
        if known.asked_at.is_some_and(|at| now.duration_since(at) < KEYS_AGAIN_AFTER) {
            // What was fetched just now is every key that there is. Where that failed, the one that is missing may be.
            let has_all = fresh.is_some_and(|(fetched, _)| known.asked_at == Some(*fetched));
            return Err(if has_all { PushRefusal::UnknownKey.into() } else { PushError::NoKeysYet });
        }
        known.asked_at = Some(now);
        let (_, keys) = known.keys.insert((now, self.google.keys().await?));
        Ok(google::verify(keys, &self.pusher, header, body, now)?)
    }
}

/// Marks the location as wanted by a sweep, which the table's stream then sets going. Returns whether that was news.
async fn note(ledger: &Ledger, hint: Hint, correlation: &str, now: Timestamp) -> Result<bool, LedgerError> {
    let channel = Channel { platform: Platform::Google, account: hint.location };
    let Some((channel, practice)) = (Intake { ledger, correlation, now }).practice(channel).await? else {
        return Ok(false);
    };
    // A time to come would shut out the hints until then.
    let sent_at = hint.sent_at.map_or(now, |at| at.min(now));
    ledger.want_sweep(&practice, &channel, sent_at).await
}
