//! X: its challenge, and its deliveries.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::http::Method;
use jiff::Timestamp;
use pagewarden_platforms::{delivery, x};

use crate::Webhook;
use crate::answer::{answer, json};

/// Where X sends its challenges and deliveries to.
pub(crate) const PATH: &str = "/webhooks/x";

impl Webhook {
    /// Answers one request of X: the challenge, or a delivery.
    pub(crate) async fn x(
        &self,
        request: &ApiGatewayV2httpRequest,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let app = match self.secrets.x_app().await {
            Ok(app) => app,
            Err(error) => {
                tracing::error!(%error, "no delivery of X can be checked");
                return answer(500, "not set up");
            }
        };
        if request.request_context.http.method == Method::GET {
            return match x::challenge(request.query_string_parameters.iter(), &app.consumer_secret)
            {
                Ok(body) => json(body),
                Err(refusal) => {
                    tracing::warn!(%refusal, "a challenge was refused");
                    answer(403, "refused")
                }
            };
        }
        let read = |header: Option<&str>, body: &[u8]| {
            delivery::verify_x(&app.consumer_secret, header, body).map(x::read)
        };
        self.delivery(request, delivery::X_SIGNATURE, read, now)
            .await
    }
}
