//! Fakes that answer in the same process, without a socket.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{self, HeaderValue, Uri, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::{CallError, Network, Transport};
use reqwest::{Request, Response, Url};
use tower::ServiceExt as _;

/// Carries calls to routers in this process, by the addresses at which they would answer.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use axum::{Router, routing::get};
/// use pagewarden_clock::Clock;
/// use pagewarden_fakes::Direct;
/// use pagewarden_platforms::calls::{Http, Timeouts};
///
/// let fake = Router::new().route("/me", get(|| async { "{}" }));
/// let direct = Direct::new(Duration::from_secs(1), &Clock::system()).at("http://127.0.0.1:1", fake);
/// let http = Http::new(Timeouts::default()).map(|http| http.through(Arc::new(direct)));
/// assert!(http.is_ok());
/// ```
#[derive(Clone, Debug)]
pub struct Direct {
    routers: HashMap<String, Router>,
    patience: Duration,
    clock: Clock,
    /// To what else answers on this machine.
    beside: Option<Network>,
}

impl Direct {
    /// Makes one that knows no router. A call that takes longer than `patience` has failed. The
    /// answers are dated by the clock, as a server dates its own.
    #[must_use]
    pub fn new(patience: Duration, clock: &Clock) -> Self {
        Direct {
            routers: HashMap::new(),
            patience,
            clock: clock.clone(),
            beside: None,
        }
    }

    /// Carries calls to other addresses of this machine over the network: to something real that a
    /// test has started. None leaves the machine.
    #[must_use]
    pub fn beside(self, network: Option<Network>) -> Self {
        Direct {
            beside: network,
            ..self
        }
    }

    /// Adds a router under its address, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn at(mut self, url: &str, router: Router) -> Self {
        self.routers
            .insert(url.trim_start_matches("http://").to_owned(), router);
        self
    }

    async fn carry(&self, request: Request) -> Result<Response, CallError> {
        let lost = |maybe_done, why| CallError::Retry {
            after: None,
            maybe_done,
            why,
        };
        let host = request.url().authority().to_owned();
        let Some(router) = self.routers.get(&host) else {
            return match &self.beside {
                Some(network) if is_here(request.url()) => network.send(request).await,
                _ => Err(lost(false, "the platform could not be reached")),
            };
        };
        let broken = || lost(true, "the platform could not be reached");
        let request = http::Request::try_from(request).map_err(|_| broken())?;
        let (mut parts, body) = request.into_parts();
        // As a server sees it: the path alone, and the host in its header.
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = path.parse::<Uri>().map_err(|_| broken())?;
        parts.headers.insert(
            header::HOST,
            HeaderValue::from_str(&host).map_err(|_| broken())?,
        );
        let answered = async {
            let Ok(answer) = router
                .clone()
                .oneshot(http::Request::from_parts(parts, Body::new(body)))
                .await;
            let (mut parts, body) = answer.into_parts();
            if let Some(date) = dated(self.clock.now()) {
                parts.headers.insert(header::DATE, date);
            }
            let body = to_bytes(body, usize::MAX).await.map_err(|_| broken())?;
            Ok(http::Response::from_parts(parts, body).into())
        };
        let Ok(answer) = tokio::time::timeout(self.patience, answered).await else {
            return Err(lost(true, "the platform did not answer in time"));
        };
        answer
    }
}

/// Returns a time as HTTP's header of the date.
fn dated(now: Timestamp) -> Option<HeaderValue> {
    let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    HeaderValue::from_str(&text.ok()?).ok()
}

fn is_here(url: &Url) -> bool {
    let address = url.host_str().and_then(|host| host.parse().ok());
    address.is_some_and(|address: IpAddr| address.is_loopback())
}

impl Transport for Direct {
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, CallError>> + Send + '_>> {
        Box::pin(self.carry(request))
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use pagewarden_platforms::calls::{Http, Timeouts};
    use tokio::net::TcpListener;

    use super::*;

    async fn asks(beside: bool, url: String) -> bool {
        let network = beside.then(|| Network::new(Timeouts::default()).unwrap());
        let direct = Direct::new(Duration::from_secs(1), &Clock::system()).beside(network);
        let http = Http::new(Timeouts::default()).unwrap();
        let http = http.through(std::sync::Arc::new(direct));
        http.document(url, None).await.is_ok()
    }

    #[tokio::test]
    async fn what_else_answers_is_called_on_this_machine_only() {
        let real = Router::new().route("/", get(async || "{}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { axum::serve(listener, real).await });
        assert!(asks(true, format!("http://127.0.0.1:{port}/")).await);
        assert!(!asks(false, format!("http://127.0.0.1:{port}/")).await);
        // The same place by a name, which could as well be anybody's.
        assert!(!asks(true, format!("http://localhost:{port}/")).await);
    }
}
