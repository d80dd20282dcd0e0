//! Other functions, of which the console asks what it cannot do itself: it has no reader, and no
//! platform's secret.

use std::fmt::Debug;
use std::pin::Pin;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::Http;
use pagewarden_runtime::Aws;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

/// A function that the console invokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// Says what would become of words.
    Moderate,
    /// Connects channels.
    Connect,
}

impl Function {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Function::Moderate => "moderate",
            Function::Connect => "connect",
        }
    }
}

/// Why a function did not do what was asked. It never says what that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotInvoked {
    /// Nobody has said where the function is.
    #[error(
        "no function is named for this; the template sets PAGEWARDEN_MODERATE and PAGEWARDEN_CONNECT"
    )]
    NotSetUp,
    /// It gave no answer, or none in time.
    #[error("the function did not answer")]
    NoAnswer,
    /// It answered that it failed.
    #[error("the function failed: look at its log")]
    Failed,
}

/// Invokes other functions. What is in an event goes to nobody else.
pub trait Invoker: Debug + Send + Sync {
    /// Invokes a function, and returns its answer.
    fn invoke(
        &self,
        function: Function,
        event: Value,
    ) -> Pin<Box<dyn Future<Output = Result<Value, NotInvoked>> + Send + '_>>;
}

/// Asks a function for something of the types that both sides know.
pub(crate) async fn ask<T: DeserializeOwned>(
    invoker: &dyn Invoker,
    function: Function,
    event: &(impl Serialize + Sync),
) -> Result<T, NotInvoked> {
    let event = serde_json::to_value(event).map_err(|_| NotInvoked::Failed)?;
    let answer = invoker.invoke(function, event).await?;
    // A function's own error is a document of another shape.
    serde_json::from_value(answer).map_err(|_| NotInvoked::Failed)
}

/// The functions on Lambda.
#[derive(Clone, Debug)]
pub struct Lambda {
    http: Http,
    aws: Aws,
    moderate: Option<String>,
    connect: Option<String>,
    clock: Clock,
}

impl Lambda {
    /// Makes ready to invoke `moderate` and `connect` by their names or their ARNs. `http` says how
    /// long each may take.
    #[must_use]
    pub fn new(
        http: Http,
        aws: Aws,
        (moderate, connect): (Option<String>, Option<String>),
        clock: Clock,
    ) -> Self {
        Lambda {
            http,
            aws,
            moderate,
            connect,
            clock,
        }
    }

    async fn call(&self, function: Function, event: Value) -> Result<Value, NotInvoked> {
        let function = match function {
            Function::Moderate => &self.moderate,
            Function::Connect => &self.connect,
        };
        let function = function.as_ref().ok_or(NotInvoked::NotSetUp)?;
        // An ARN has colons, which are signed as they are sent.
        let function: String = form_urlencoded::byte_serialize(function.as_bytes()).collect();
        let url = format!(
            "https://lambda.{}.amazonaws.com/2015-03-31/functions/{function}/invocations",
            self.aws.region
        );
        let body = event.to_string();
        let headers = self.signature(&url, &body).ok_or(NotInvoked::Failed)?;
        let answer = self.http.post(&url, headers, body).await;
        answer.map_err(|_| NotInvoked::NoAnswer)
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

impl Invoker for Lambda {
    fn invoke(
        &self,
        function: Function,
        event: Value,
    ) -> Pin<Box<dyn Future<Output = Result<Value, NotInvoked>> + Send + '_>> {
        Box::pin(self.call(function, event))
    }
}
