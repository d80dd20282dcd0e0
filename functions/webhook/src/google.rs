//! Google's hints: each has its location swept soon, and none is believed any further.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use pagewarden_ledger::{Ledger, LedgerError};
use pagewarden_oidc::{KeyError, Keyring, TokenError};
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::google::{Google, Hint, PushRefusal, Pushed, Pusher};
use pagewarden_rules::{Channel, Platform};
use pagewarden_runtime::count;
use thiserror::Error;

use crate::answer::answer;
use crate::intake::Intake;

/// Where Google pushes its hints to.
pub(crate) const PATH: &str = "/webhooks/google";

/// Takes Google's pushes.
#[derive(Debug)]
pub struct Push {
    google: Google,
    pusher: Pusher,
    keys: Keyring,
}

/// Why a push was not taken.
#[derive(Debug, Error)]
enum PushError {
    #[error(transparent)]
    Push(#[from] PushRefusal),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("{0}")]
    Later(KeyError<CallError>),
}

impl From<KeyError<CallError>> for PushError {
    fn from(error: KeyError<CallError>) -> Self {
        match error {
            KeyError::Refused(refusal) => PushError::Token(refusal),
            later @ (KeyError::NoKeys(_) | KeyError::NoKeysYet) => PushError::Later(later),
        }
    }
}

impl Push {
    /// Starts taking pushes from the service account that is set up.
    #[must_use]
    pub fn new(google: Google, pusher: Pusher) -> Self {
        Push {
            google,
            pusher,
            keys: Keyring::default(),
        }
    }

    /// Answers one push. What is answered with an error, Pub/Sub sends again.
    pub(crate) async fn take(
        &self,
        ledger: &Ledger,
        request: &ApiGatewayV2httpRequest,
        body: &[u8],
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let correlation = request
            .request_context
            .request_id
            .as_deref()
            .unwrap_or_default();
        let header = request
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        let hint = match self.verify(header, body, now).await {
            Ok(pushed) => pushed.hint(),
            Err(error @ PushError::Later(_)) => {
                tracing::error!(correlation, %error, "a push could not be checked and will come again");
                return answer(503, "try again");
            }
            Err(refusal @ (PushError::Push(_) | PushError::Token(_))) => {
                tracing::warn!(correlation, %refusal, "a push was refused");
                count("Refused", 1, None, now);
                return answer(401, "refused");
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

    async fn verify<'a>(
        &self,
        header: Option<&str>,
        body: &'a [u8],
        now: Timestamp,
    ) -> Result<Pushed<'a>, PushError> {
        let token = self.pusher.token(header)?;
        let claims = self
            .keys
            .verify(token, &self.pusher.expected(), now, self.google.keys())
            .await?;
        Ok(self.pusher.admit(&claims, body)?)
    }
}

/// Marks the location as wanted by a sweep, which the table's stream then sets going. Returns
/// whether that was news.
async fn note(
    ledger: &Ledger,
    hint: Hint,
    correlation: &str,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    let channel = Channel {
        platform: Platform::Google,
        account: hint.location,
    };
    let Some((channel, practice)) = (Intake {
        ledger,
        correlation,
        now,
    })
    .practice(channel)
    .await?
    else {
        return Ok(false);
    };
    // A time to come would shut out the hints until then.
    let sent_at = hint.sent_at.map_or(now, |at| at.min(now));
    ledger.want_sweep(&practice, &channel, sent_at).await
}
