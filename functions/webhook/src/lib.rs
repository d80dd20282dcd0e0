#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod answer;
mod google;
mod intake;
mod meta;
mod x;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pagewarden_ledger::Ledger;
use pagewarden_platforms::{Incoming, Malformed, Refusal, Sent};
use pagewarden_runtime::{Secrets, count};

use answer::answer;
use intake::Intake;

pub use google::Push;

/// Bytes of a body that are looked at. Lambda hands over 6 MB at most, and the fullest delivery has
/// a tenth of that.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Takes deliveries.
#[derive(Debug)]
pub struct Webhook {
    ledger: Ledger,
    secrets: Secrets,
    google: Push,
}

impl Webhook {
    /// Starts taking deliveries.
    #[must_use]
    pub fn new(ledger: Ledger, secrets: Secrets, google: Push) -> Self {
        Webhook {
            ledger,
            secrets,
            google,
        }
    }

    /// Answers one request: a handshake, a delivery or a hint.
    pub async fn handle(
        &self,
        request: ApiGatewayV2httpRequest,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let bytes = request.body.as_ref().map_or(0, String::len);
        if bytes > MOST_BYTES {
            tracing::warn!(bytes, "a request is too large, and was not read");
            count("Refused", 1, None, now);
            return answer(413, "too large");
        }
        if request.raw_path.as_deref() == Some(x::PATH) {
            return self.x(&request, now).await;
        }
        if request.raw_path.as_deref() == Some(google::PATH) {
            return match body(&request) {
                Some(body) => self.google.take(&self.ledger, &request, &body, now).await,
                None => answer(400, "not base64"),
            };
        }
        self.meta(&request, now).await
    }

    /// Takes a delivery. `read` checks its signature, which is in the header `signature`, and reads
    /// what it tells.
    async fn delivery(
        &self,
        request: &ApiGatewayV2httpRequest,
        signature: &str,
        read: impl Fn(Option<&str>, &[u8]) -> Result<Result<Vec<Sent<Incoming>>, Malformed>, Refusal>,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let correlation = request
            .request_context
            .request_id
            .clone()
            .unwrap_or_default();
        let Some(body) = body(request) else {
            return answer(400, "not base64");
        };
        let header = request
            .headers
            .get(signature)
            .and_then(|value| value.to_str().ok());
        let told = match read(header, &body) {
            Ok(told) => told,
            Err(refusal) => {
                tracing::warn!(correlation, %refusal, "a delivery was refused");
                count("Refused", 1, None, now);
                return answer(401, "refused");
            }
        };
        let incoming = match told {
            Ok(incoming) => incoming,
            // The platform would send the same bytes again, Facebook for 36 hours, and they would
            // read no better.
            Err(error) => {
                tracing::error!(correlation, bytes = body.len(), %error, "a signed delivery cannot be read");
                count("Unreadable", 1, None, now);
                return answer(200, "unreadable");
            }
        };
        let intake = Intake {
            ledger: &self.ledger,
            correlation: &correlation,
            now,
        };
        match intake.take(incoming).await {
            Ok(taken) => {
                tracing::info!(
                    correlation,
                    posts = taken.posts,
                    seen_before = taken.seen_before,
                    observations = taken.observations,
                    ignored = taken.ignored,
                    "a delivery was taken"
                );
                answer(200, "taken")
            }
            Err(error) => {
                tracing::error!(correlation, error = %error, "a delivery could not be recorded and will come again");
                answer(500, "try again")
            }
        }
    }
}

/// Returns the bytes of a request's body, which API Gateway hands on as base64 where they are no
/// text.
fn body(request: &ApiGatewayV2httpRequest) -> Option<Vec<u8>> {
    let body = request.body.as_deref().unwrap_or_default();
    if request.is_base64_encoded {
        STANDARD.decode(body).ok()
    } else {
        Some(body.as_bytes().to_vec())
    }
}
