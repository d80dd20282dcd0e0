//! Meta: its handshake, and its deliveries about Facebook pages and Instagram accounts.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::http::Method;
use jiff::Timestamp;
use pagewarden_platforms::{delivery, meta, meta_webhooks};

use crate::Webhook;
use crate::answer::{answer, challenge};

impl Webhook {
    /// Answers one request of Meta's: the handshake, or a delivery.
    pub(crate) async fn meta(
        &self,
        request: &ApiGatewayV2httpRequest,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let app = match self.secrets.app().await {
            Ok(app) => app,
            Err(error) => {
                tracing::error!(%error, "no delivery can be checked");
                return answer(500, "not set up");
            }
        };
        if request.request_context.http.method == Method::GET {
            return match meta::handshake(request.query_string_parameters.iter(), &app.verify_token)
            {
                Ok(echo) => challenge(&echo),
                Err(refusal) => {
                    tracing::warn!(%refusal, "a handshake was refused");
                    answer(403, "refused")
                }
            };
        }
        let read = |header: Option<&str>, body: &[u8]| {
            delivery::verify(&app.app_secret, header, body).map(meta_webhooks::read)
        };
        self.delivery(request, delivery::META_SIGNATURE, read, now)
            .await
    }
}
