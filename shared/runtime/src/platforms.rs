//! The clients of all platforms, over one layer of HTTP.

use pagewarden_ledger::LedgerError;
use pagewarden_platforms::calls::{CallError, Http, Meter};
use pagewarden_platforms::facebook::Facebook;
use pagewarden_platforms::google::{self, Google};
use pagewarden_platforms::instagram::Instagram;
use pagewarden_platforms::pictures::{NotFetched, fetch};
use pagewarden_platforms::website::{Login, Website};
use pagewarden_platforms::x::{self, X};
use pagewarden_platforms::{Secret, meta};
use pagewarden_rules::{Channel, Platform};
use thiserror::Error;

use crate::{Config, SecretError, Secrets};

/// The clients of the platforms. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Platforms {
    http: Http,
    graph: meta::Settings,
    /// The client of Google Business Profile.
    pub google: Google,
    /// The client of X.
    pub x: X,
}

/// Why a platform could not be reached, or what it answered instead.
#[derive(Debug, Error)]
pub enum ReachError {
    /// The table did not answer.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// There is no usable token or key.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The platform's answer.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Platforms {
    /// Makes the clients. `graph` needs no app secret, which is read with the other secrets.
    #[must_use]
    pub fn new(
        http: Http,
        graph: meta::Settings,
        google: google::Settings,
        x: x::Settings,
    ) -> Self {
        Platforms {
            google: Google::new(http.clone(), google),
            x: X::new(http.clone(), x),
            http,
            graph,
        }
    }

    /// Makes the clients of the platforms at the addresses that the environment names.
    #[must_use]
    pub fn of(config: &Config, http: Http) -> Self {
        Platforms::new(
            http,
            config.graph.clone(),
            config.google.clone(),
            config.x.clone(),
        )
    }

    /// Returns the same clients with a meter of their own.
    #[must_use]
    pub fn metered(&self) -> (Self, Meter) {
        // Each client by name: one that is forgotten here would never be metered.
        let Platforms {
            http,
            graph,
            google,
            x,
        } = self;
        let (http, meter) = http.metered();
        (
            Platforms {
                google: google.over(http.clone()),
                x: x.over(http.clone()),
                graph: graph.clone(),
                http,
            },
            meter,
        )
    }

    /// Returns the client of Facebook, and the token of the page that the channel is, or is reached
    /// by.
    pub async fn facebook(
        &self,
        secrets: &Secrets,
        channel: &Channel,
    ) -> Result<(Facebook, Secret), SecretError> {
        let (settings, token) = secrets.graph(&self.graph, channel).await?;
        Ok((Facebook::new(self.http.clone(), settings), token))
    }

    /// Returns the client of Instagram, and the token of the page by which the account is reached.
    pub async fn instagram(
        &self,
        secrets: &Secrets,
        channel: &Channel,
    ) -> Result<(Instagram, Secret), SecretError> {
        let (settings, token) = secrets.graph(&self.graph, channel).await?;
        Ok((Instagram::new(self.http.clone(), settings), token))
    }

    /// Fetches a picture of a post from where its platform keeps pictures.
    pub async fn picture(&self, platform: Platform, address: &str) -> Result<Vec<u8>, NotFetched> {
        let (base, real) = match platform {
            Platform::Facebook | Platform::Instagram => {
                (self.graph.base.as_str(), meta::Settings::default().base)
            }
            Platform::Google => (self.google.base(), google::Settings::default().base),
            Platform::X => (self.x.base(), x::Settings::default().base),
            Platform::Website | Platform::StaffLog => return Err(NotFetched::Elsewhere),
        };
        let stand_in = (base != real).then_some(base);
        fetch(&self.http, platform, stand_in, address).await
    }

    /// Returns the client of a practice's own website, and who signs in there.
    pub async fn website(
        &self,
        secrets: &Secrets,
        channel: &Channel,
    ) -> Result<(Website, Login), ReachError> {
        let login = secrets.website(channel).await?;
        Ok((
            Website::new(self.http.clone(), &channel.account, &login)?,
            login,
        ))
    }
}
