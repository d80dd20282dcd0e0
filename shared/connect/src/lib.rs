#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod check;

use jiff::Timestamp;
use pagewarden_ledger::{ChannelCheck, Ledger, LedgerError};
use pagewarden_platforms::calls::Http;
use pagewarden_platforms::connect::{ConnectError, Consent, Offer, Places};
use pagewarden_platforms::google::{self, Google};
use pagewarden_platforms::meta;
use pagewarden_platforms::website::Screen;
use pagewarden_platforms::x::{self, X};
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{Config, SecretError, Secrets, StoreError};
use thiserror::Error;

/// What asks the platforms: the same clients, secrets and addresses as the functions have.
#[derive(Debug)]
pub struct Asker {
    ledger: Ledger,
    secrets: Secrets,
    http: Http,
    places: Places,
    graph: meta::Settings,
    google: Google,
    google_at: google::Settings,
    x: X,
    x_at: x::Settings,
}

/// A channel whose secret is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connected {
    /// The channel.
    pub channel: Channel,
    /// The practice's settings name it already.
    pub is_known: bool,
}

/// What a check of a channel said.
#[derive(Debug)]
pub struct Checked {
    /// The words, as they are noted for the practice's people.
    pub check: ChannelCheck,
    /// Whether they could be noted: what was found counts all the same.
    pub noted: Result<(), LedgerError>,
}

/// Why a channel was not connected. Nothing was stored.
#[derive(Debug, Error)]
pub enum NotConnected {
    /// The consent was not good for it, or the platform refused.
    #[error("{0}: nothing was stored")]
    Consent(#[from] ConnectError),
    /// The account belongs to another practice.
    #[error("{account} belongs to {owner}, so it was not connected: nothing was stored")]
    Another {
        /// The account.
        account: String,
        /// Whose it is.
        owner: PracticeId,
    },
    /// The app's own secret could not be had.
    #[error("{0}: nothing was stored")]
    App(#[from] SecretError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The table did not answer.
    #[error("{0}: nothing was stored")]
    Ledger(#[from] LedgerError),
}

impl Asker {
    /// Makes what asks, with calls to the platforms carried by `http`.
    #[must_use]
    pub fn new(
        ledger: Ledger,
        secrets: Secrets,
        http: Http,
        places: Places,
        (graph, google_at, x_at): (meta::Settings, google::Settings, x::Settings),
    ) -> Self {
        Asker {
            ledger,
            secrets,
            places,
            graph,
            google: Google::new(http.clone(), google_at.clone()),
            google_at,
            x: X::new(http.clone(), x_at.clone()),
            x_at,
            http,
        }
    }

    /// Makes what asks as the environment says.
    #[must_use]
    pub fn of(config: &Config, http: Http) -> Self {
        let at = (
            config.graph.clone(),
            config.google.clone(),
            config.x.clone(),
        );
        Asker::new(
            config.ledger(),
            config.secrets(),
            http,
            Config::places(),
            at,
        )
    }

    /// Returns the ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Returns the secrets.
    #[must_use]
    pub const fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Makes ready to connect the website at this address, which the practice's settings call by
    /// `account`, or else by its host.
    pub fn screen(&self, site: &str, account: Option<&str>) -> Result<Screen, ConnectError> {
        Screen::new(self.http.clone(), site, account)
    }

    /// Makes ready to have somebody agree; none on the website, whose address has to be known
    /// ([`Asker::screen`]), and on the staff log, which is no platform.
    pub async fn consent(&self, platform: Platform) -> Result<Option<Consent>, SecretError> {
        let (http, places, secrets) = (self.http.clone(), &self.places, &self.secrets);
        Ok(Some(match platform {
            Platform::Facebook | Platform::Instagram => {
                let app = secrets.meta_client().await?;
                let pages = &places.facebook;
                Consent::Meta(meta::Login::new(http, &self.graph, pages, app, platform))
            }
            Platform::X => {
                let app = secrets.x_client().await?;
                Consent::X(x::Login::new(http, &self.x_at, &places.x, app))
            }
            Platform::Google => {
                let client = secrets.google_client().await?;
                Consent::Google(google::Login::new(http, &self.google_at, places, client))
            }
            Platform::Website | Platform::StaffLog => return Ok(None),
        }))
    }

    /// Connects an account for a practice: looks whether everything was granted and whose it is,
    /// has the platform deliver, and stores the secret.
    pub async fn connect(
        &self,
        practice: &PracticeId,
        platform: Platform,
        (consent, offer): (&Consent, &Offer),
    ) -> Result<Connected, NotConnected> {
        let channel = Channel {
            platform,
            account: offer.account.clone(),
        };
        let owner = self.ledger.practice_of(&channel).await?;
        if let Some(owner) = owner.clone().filter(|owner| owner != practice) {
            return Err(NotConnected::Another {
                account: channel.account,
                owner,
            });
        }
        consent.look(offer).await?;
        consent.subscribe(offer).await?;
        self.secrets.store(&channel, &offer.secret).await?;
        Ok(Connected {
            channel,
            is_known: owner.is_some(),
        })
    }

    /// Checks one channel, and notes for the practice's people what `by` found.
    pub async fn check(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        by: &str,
        now: Timestamp,
    ) -> Checked {
        let check = self.look_at(channel, practice, by, now).await;
        let noted = self.ledger.channel_checked(practice, channel, &check).await;
        Checked { check, noted }
    }
}
