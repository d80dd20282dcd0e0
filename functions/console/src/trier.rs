//! What says what would become of words: `moderate`, which has the readers. The console has none.

use std::fmt::Debug;
use std::pin::Pin;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::Http;
use pagewarden_runtime::{Aws, TrialEvent, Tried};
use thiserror::Error;

/// Why words were not tried. It never says what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotTried {
    /// Nobody has said which function tries words.
    #[error("no function is named that tries words; the template sets PAGEWARDEN_MODERATE")]
    NotSetUp,
    /// `moderate` gave no answer, or none in time.
    #[error("`moderate` did not answer")]
    NoAnswer,
    /// It answered that it failed.
    #[error("`moderate` failed: look at its log")]
    Failed,
}

/// Says what would become of words.
pub trait Trier: Debug + Send + Sync {
    /// Tries one post. The words go to nobody else.
    fn try_post(
        &self,
        event: TrialEvent,
    ) -> Pin<Box<dyn Future<Output = Result<Tried, NotTried>> + Send + '_>>;
}

/// `moderate` on Lambda.
#[derive(Clone, Debug)]
pub struct Lambda {
    http: Http,
    aws: Aws,
    function: Option<String>,
    clock: Clock,
}

impl Lambda {
    /// Makes ready to invoke a function by its name or its ARN. `http` says how long it may take.
    #[must_use]
    pub fn new(http: Http, aws: Aws, function: Option<String>, clock: Clock) -> Self {
        Lambda {
            http,
            aws,
            function,
            clock,
        }
    }

    async fn invoke(&self, event: TrialEvent) -> Result<Tried, NotTried> {
        let function = self.function.as_ref().ok_or(NotTried::NotSetUp)?;
        // An ARN has colons, which are signed as they are sent.
        let function: String = form_urlencoded::byte_serialize(function.as_bytes()).collect();
        let url = format!(
            "https://lambda.{}.amazonaws.com/2015-03-31/functions/{function}/invocations",
            self.aws.region
        );
        let body = serde_json::to_string(&event).map_err(|_| NotTried::Failed)?;
        let headers = self.signature(&url, &body).ok_or(NotTried::Failed)?;
        let answer = self.http.post(&url, headers, body).await;
        let answer = answer.map_err(|_| NotTried::NoAnswer)?;
        // A function's own error is a document of another shape.
        serde_json::from_value(answer).map_err(|_| NotTried::Failed)
    }

    /// Returns the headers that sign a call.
    fn signature(&self, url: &str, body: &str) -> Option<HeaderMap> {
        let identity = self.aws.credentials.clone().into();
        let settings = SigningParams::builder()
            .identity(&identity)
            .region(self.aws.region.as_ref())
            .name("lambda")
            .time(self.clock.now().into())
            .settings(SigningSettings::default())
            .build()
            .ok()?
            .into();
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", url, std::iter::empty(), body).ok()?;
        let (signed, _) = sign(request, &settings).ok()?.into_parts();
        let header = |(name, value): (&str, &str)| {
            Some((
                name.parse::<HeaderName>().ok()?,
                value.parse::<HeaderValue>().ok()?,
            ))
        };
        signed.headers().map(header).collect()
    }
}

impl Trier for Lambda {
    fn try_post(
        &self,
        event: TrialEvent,
    ) -> Pin<Box<dyn Future<Output = Result<Tried, NotTried>> + Send + '_>> {
        Box::pin(self.invoke(event))
    }
}
