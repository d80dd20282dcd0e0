//! One small HTTP layer: a call goes out once, and what comes back says what to do next.
//!
//! Nothing is retried here. The outbox knows when an action was tried last and tries it again; a
//! retry hidden in a call would neither be seen there nor outlive the function.

mod error;
mod meter;
mod transport;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

pub use error::CallError;
pub use meter::{Load, Meter};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
pub use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use thiserror::Error;
pub use transport::{Network, Transport};

use crate::document::Part;
use crate::{Document, Secret};

/// Most bytes of an answer that are read. A page of 100 comments at Facebook's longest has about 1
/// MB.
const LARGEST_ANSWER: usize = 8 * 1024 * 1024;

/// Share of a platform's quota, in per cent, from which a caller should slow down.
const SLOW_DOWN_FROM: u8 = 75;

/// The pause at that share; each further per cent adds as much.
const PAUSE: Duration = Duration::from_secs(10);
/// The longest pause, where the platform does not say how long.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// How long a call may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// Until the connection stands.
    pub connect: Duration,
    /// Until the whole answer is there.
    pub total: Duration,
}

impl Default for Timeouts {
    /// Platforms answer within a second or two; a function must be done well before its own time is
    /// up.
    fn default() -> Self {
        Timeouts {
            connect: Duration::from_secs(3),
            total: Duration::from_secs(10),
        }
    }
}

/// The client could not be made: the TLS library or the settings are broken.
#[derive(Debug, Error)]
#[error("the HTTP client could not be made")]
pub struct NoHttp(#[source] Box<dyn std::error::Error + Send + Sync>);

/// The HTTP client, shared by the clients of all platforms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Http {
    /// Builds requests; sends none.
    client: reqwest::Client,
    transport: Arc<dyn Transport>,
    meter: Meter,
    quotas: Quotas,
}

/// Reads from the headers of an answer how full the platform's quotas are.
type Quotas = fn(&HeaderMap) -> Load;

impl Http {
    /// Makes a client that trusts the public certificate authorities, through ring.
    pub fn new(timeouts: Timeouts) -> Result<Self, NoHttp> {
        let network = Network::new(timeouts)?;
        let client = network.0.clone();
        let transport = Arc::new(network);
        Ok(Http {
            client,
            transport,
            meter: Meter::default(),
            quotas: |_| Load::default(),
        })
    }

    /// Returns the same client with its calls carried by something else, such as a fake in the same
    /// process.
    #[must_use]
    pub fn through(self, transport: Arc<dyn Transport>) -> Self {
        Http { transport, ..self }
    }

    /// Returns the same client with a meter of its own, which notes what the platform says about
    /// its quotas in every answer.
    #[must_use]
    pub fn metered(&self) -> (Self, Meter) {
        let meter = Meter::default();
        (
            Http {
                meter: meter.clone(),
                ..self.clone()
            },
            meter,
        )
    }

    /// Returns the same client for a platform that reports its quotas in this way.
    pub(crate) fn reading(self, quotas: Quotas) -> Self {
        Http { quotas, ..self }
    }

    /// Fetches a JSON document, or posts a form for one. For callers that are no platform's client.
    pub async fn document(
        &self,
        url: String,
        form: Option<&[(&str, &str)]>,
    ) -> Result<Value, CallError> {
        let (method, body) = match form {
            Some(form) => (Method::POST, Body::Form(encode(form))),
            None => (Method::GET, Body::None),
        };
        let reply = self
            .send(Request {
                method,
                url,
                bearer: None,
                body,
            })
            .await?;
        match reply.verdict_by_status() {
            Some(error) => Err(error),
            None => reply.json.ok_or(CallError::Unreadable {
                status: reply.status,
            }),
        }
    }

    /// Posts a JSON document with these headers besides, such as those of a signature over its
    /// bytes, and returns the document that answers. For callers that are no platform's client.
    pub async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        document: String,
    ) -> Result<Value, CallError> {
        let sent = self.client.post(url).headers(headers);
        let reply = self.finish(sent, Body::Text(document)).await?;
        match reply.verdict_by_status() {
            Some(error) => Err(error),
            None => reply.json.ok_or(CallError::Unreadable {
                status: reply.status,
            }),
        }
    }

    /// Fetches bytes that are no document of an API, and returns them with the status; none where
    /// there are more of them than that.
    pub(crate) async fn bytes(
        &self,
        url: reqwest::Url,
        most: usize,
    ) -> Result<(u16, Option<Vec<u8>>), CallError> {
        let request = self.client.get(url).build();
        let request = request.map_err(|error| transport::lost(&error))?;
        let mut answer = self.transport.send(request).await?;
        Ok((
            answer.status().as_u16(),
            collected(&mut answer, most).await?,
        ))
    }

    /// Sends one request and reads the answer, whatever its status.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Reply, CallError> {
        let sent = self.client.request(request.method, request.url);
        let sent = match request.bearer {
            Some(token) => sent.bearer_auth(token.expose()),
            None => sent,
        };
        self.finish(sent, request.body).await
    }

    /// Sends one request with a name and a password instead of a token.
    pub(crate) async fn send_as(
        &self,
        user: &str,
        password: &Secret,
        request: Request<'_>,
    ) -> Result<Reply, CallError> {
        let sent = self
            .client
            .request(request.method, request.url)
            .basic_auth(user, Some(password.expose()));
        self.finish(sent, request.body).await
    }

    async fn finish(&self, sent: reqwest::RequestBuilder, body: Body) -> Result<Reply, CallError> {
        let sent = match body {
            Body::None => sent,
            Body::Form(text) => sent
                .header("content-type", "application/x-www-form-urlencoded")
                .body(text),
            Body::Json(value) => sent
                .header("content-type", "application/json")
                .body(value.to_string()),
            Body::Text(text) => sent.header("content-type", "application/json").body(text),
        };
        let request = sent.build().map_err(|error| transport::lost(&error))?;
        let mut answer = self.transport.send(request).await?;
        let (status, headers) = (
            answer.status().as_u16(),
            std::mem::take(answer.headers_mut()),
        );
        self.meter.note((self.quotas)(&headers), &headers);
        let body = collected(&mut answer, LARGEST_ANSWER)
            .await?
            .ok_or(CallError::Unreadable { status })?;
        let json = if body.iter().all(u8::is_ascii_whitespace) {
            Some(Value::Null)
        } else {
            serde_json::from_str(Document::new(&body).text()).ok()
        };
        Ok(Reply {
            status,
            headers,
            json,
            body,
            meter: self.meter.clone(),
        })
    }
}

/// Reads the body of an answer; none where there is more of it than that.
async fn collected(
    answer: &mut reqwest::Response,
    most: usize,
) -> Result<Option<Vec<u8>>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| transport::lost(&error))?
    {
        if body.len() + chunk.len() > most {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// One request.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) bearer: Option<&'a Secret>,
    pub(crate) body: Body,
}

/// What is sent with it.
pub(crate) enum Body {
    None,
    /// Encoded already.
    Form(String),
    Json(Value),
    /// A JSON document, byte for byte.
    Text(String),
}

/// One answer, not yet judged.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// The body, null where it is empty; none where it is no JSON.
    pub(crate) json: Option<Value>,
    /// The body as it came.
    pub(crate) body: Vec<u8>,
    /// What notes what it tells besides.
    pub(crate) meter: Meter,
}

impl Reply {
    /// Returns how long the platform asks to wait, in the header that HTTP has for it.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.headers
            .get("retry-after")?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()
            .map(Duration::from_secs)
    }

    /// Returns what to do about a status alone, where the body says nothing more. No status says
    /// that a post is gone: an address that is not there any more answers with the same.
    pub(crate) fn verdict_by_status(&self) -> Option<CallError> {
        match self.status {
            200..=299 => None,
            429 => Some(CallError::RateLimited {
                after: self.retry_after(),
            }),
            500..=599 | 408 => Some(CallError::Retry {
                after: self.retry_after(),
                maybe_done: true,
                why: "the platform has a fault of its own",
            }),
            401 => Some(CallError::Credential {
                why: "the platform does not take the access token",
            }),
            403 => Some(CallError::Permission {
                why: "the platform says that this is not allowed",
            }),
            status => Some(CallError::Unreadable { status }),
        }
    }
}

/// The JSON of an answer, with the body as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Json {
    value: Value,
    body: Vec<u8>,
    meter: Meter,
}

impl Json {
    /// Reads from the whole of the answer, from where its bytes can be had as well. The meter notes
    /// how many rows of its lists could not be read.
    pub(crate) fn read<T>(&self, read: impl FnOnce(Part<'_>) -> Option<T>) -> Result<T, CallError> {
        let document = Document::new(&self.body);
        let value = document.root().and_then(read);
        self.meter.note_unreadable(document.unreadable());
        value.ok_or(CallError::Unreadable { status: 200 })
    }
}

impl From<Reply> for Json {
    fn from(reply: Reply) -> Self {
        Json {
            value: reply.json.unwrap_or_default(),
            body: reply.body,
            meter: reply.meter,
        }
    }
}

impl Deref for Json {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// A call's result, with how much of the platform's quota is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The result.
    pub value: T,
    /// The quota.
    pub usage: Usage,
}

/// How much of a platform's quota is used, as its headers tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The fullest of the quotas, in per cent; may pass 100.
    pub percent: Option<u8>,
    /// How long until calls are taken again, where the platform already refuses them.
    pub regain: Option<Duration>,
}

impl Usage {
    /// Returns `true` if the caller should leave longer pauses.
    #[must_use]
    pub fn slow_down(&self) -> bool {
        self.pause().is_some()
    }

    /// Returns how long to leave the platform alone: none where there is room. Quotas run over an
    /// hour or a day, so the pause grows as they fill, from ten seconds to ten minutes, unless the
    /// platform itself says how long.
    #[must_use]
    pub fn pause(&self) -> Option<Duration> {
        let over = self
            .percent
            .and_then(|percent| percent.checked_sub(SLOW_DOWN_FROM));
        let pause = over.map(|over| (PAUSE * (u32::from(over) + 1)).min(LONGEST_PAUSE));
        self.regain.or(pause)
    }

    /// Returns the fuller of two.
    #[must_use]
    pub(crate) fn fuller(self, other: Usage) -> Usage {
        Usage {
            percent: self.percent.max(other.percent),
            regain: self.regain.max(other.regain),
        }
    }
}

/// What became of an act that can be asked for twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// The platform confirmed it.
    Confirmed,
    /// It was so already: hidden or answered before this call.
    Already,
    /// The post is gone, so that there was nothing to do it to.
    Gone,
}

/// What is percent-encoded: everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Encodes parameters as a form or a query.
#[must_use]
pub fn encode(parameters: &[(&str, &str)]) -> String {
    let escaped = |text| utf8_percent_encode(text, ENCODED);
    let pairs = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(
            encode(&[("message", "a b&c=d/é\n"), ("x", "")]),
            "message=a%20b%26c%3Dd%2F%C3%A9%0A&x="
        );
    }

    #[test]
    fn a_client_can_be_made_and_slows_down_in_time() {
        assert!(Http::new(Timeouts::default()).is_ok());
        let pause = |percent, regain: Duration| {
            Usage {
                percent,
                regain: Some(regain).filter(|r| !r.is_zero()),
            }
            .pause()
        };
        assert_eq!(pause(Some(74), Duration::ZERO), None);
        assert_eq!(
            pause(Some(75), Duration::ZERO),
            Some(Duration::from_secs(10))
        );
        assert_eq!(
            pause(Some(100), Duration::ZERO),
            Some(Duration::from_secs(260))
        );
        assert_eq!(
            pause(Some(255), Duration::ZERO),
            Some(Duration::from_mins(10))
        );
        assert_eq!(
            pause(Some(100), Duration::from_mins(90)),
            Some(Duration::from_mins(90))
        );
    }
}
