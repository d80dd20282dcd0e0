//! What carries a call to a platform.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::{Request, Response};
use rustls::{ClientConfig, RootCertStore};

use super::{CallError, NoHttp, Timeouts};

/// Carries requests to where they are answered: over the network, or to a fake in the same process.
pub trait Transport: Debug + Send + Sync {
    /// Carries one request. The error says whether it may have been carried out although no answer
    /// came.
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, CallError>> + Send + '_>>;
}

/// The network.
#[derive(Clone, Debug)]
pub struct Network(pub reqwest::Client);

impl Network {
    /// Makes a client that trusts the public certificate authorities, through ring.
    pub fn new(timeouts: Timeouts) -> Result<Self, NoHttp> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let tls =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(|error| NoHttp(error.into()))?
                .with_root_certificates(roots)
                .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            // A token must not follow a redirect to another host, and no call of ours is ever
            // redirected.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("pagewarden/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| NoHttp(error.into()))?;
        Ok(Network(client))
    }
}

impl Transport for Network {
    fn send(
        &self,
        request: Request,
    ) -> Pin<Box<dyn Future<Output = Result<Response, CallError>> + Send + '_>> {
        Box::pin(async { self.0.execute(request).await.map_err(|error| lost(&error)) })
    }
}

/// Says what a failure of the network means. Only a connection that never stood says that nothing
/// was carried out.
pub(super) fn lost(error: &reqwest::Error) -> CallError {
    let why = if error.is_timeout() {
        "the platform did not answer in time"
    } else {
        "the platform could not be reached"
    };
    CallError::Retry {
        after: None,
        maybe_done: !error.is_connect(),
        why,
    }
}
