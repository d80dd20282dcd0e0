#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

use std::error::Error;
use std::iter;

use jiff::Timestamp;
use pagewarden_connect::{Asker, NotConnected};
use pagewarden_platforms::Secret;
use pagewarden_platforms::connect::{Consent, Flow, Offer, Returned};
use pagewarden_platforms::website::Screen;
use pagewarden_rules::{Channel, Platform};
use pagewarden_runtime::{ConnectAnswer, ConnectEvent, ConnectStep, SecretError};

/// Where a browser is sent back to, on the people's pages. It has to be registered at Meta, X and
/// Google, letter by letter.
const BACK: &str = "/connected";

/// What people read where the fault is in how Pagewarden is set up.
const NOT_SET_UP: &str = "Pagewarden is not set up for this yet: tell whoever runs it for your practice. Nothing was stored";

/// Accounts that somebody agreed to and that are not meant, of which the names are told: enough to
/// see that it was the wrong sign-in, and no list of all that they run.
const MOST_NAMES: usize = 3;

/// Connects channels.
#[derive(Debug)]
pub struct Connect {
    asker: Asker,
    back_to: String,
}

impl Connect {
    /// Makes ready, for pages at this address.
    #[must_use]
    pub fn new(asker: Asker, console_url: &str) -> Self {
        Connect {
            asker,
            back_to: format!("{}{BACK}", console_url.trim_end_matches('/')),
        }
    }

    /// Takes a step. Whatever is wrong is in the answer, for people to read.
    pub async fn handle(&self, event: ConnectEvent, now: Timestamp) -> ConnectAnswer {
        let (practice, platform) = (event.practice.clone(), event.channel.platform);
        self.step(event, now).await.unwrap_or_else(|refused| {
            let Refused { why, error } = refused;
            // Neither quotes a code or a secret.
            if let Some(error) = error {
                tracing::error!(%practice, %platform, %error, "a channel could not be connected");
            } else {
                // Why names accounts, which are not for the log.
                tracing::info!(%practice, %platform, "a channel was not connected");
            }
            ConnectAnswer::Refused { why }
        })
    }

    async fn step(&self, event: ConnectEvent, now: Timestamp) -> Result<ConnectAnswer, Refused> {
        let ConnectEvent {
            practice,
            channel,
            by,
            step,
        } = event;
        // What the settings do not name is nobody's yet, and may be somebody else's tomorrow.
        let owner = self.asker.ledger().practice_of(&channel).await;
        if owner.map_err(NotConnected::from)?.as_ref() != Some(&practice) {
            return Err("the practice's settings do not name this account".into());
        }
        let (consent, offer) = match step {
            ConnectStep::Ask { attempt } => {
                let address = self.address(&channel, &attempt).await?;
                return Ok(ConnectAnswer::Agree { address });
            }
            ConnectStep::Take { attempt, returned } => {
                self.agreed(&channel, &attempt, &returned).await?
            }
            ConnectStep::Type { user, password } => {
                let screen = self.screen(&channel).await?;
                let offer = screen.offer(user.trim(), &Secret::new(password.trim()));
                (Consent::Website(screen), offer)
            }
        };
        self.asker
            .connect(&practice, channel.platform, (&consent, &offer))
            .await?;
        let checked = self.asker.check(&channel, &practice, &by, now).await;
        if let Err(error) = checked.noted {
            tracing::warn!(%practice, %error, "what a check of a channel said could not be noted");
        }
        Ok(ConnectAnswer::Connected(checked.check))
    }

    /// Returns where somebody agrees; on a website, where what they type is shown.
    async fn address(&self, channel: &Channel, attempt: &str) -> Result<String, Refused> {
        let Some(consent) = self.asker.consent(channel.platform).await? else {
            return Ok(self.screen(channel).await?.address_to_copy_from());
        };
        Ok(consent.address(&self.flow(attempt)?))
    }

    fn flow(&self, attempt: &str) -> Result<Flow, Refused> {
        Flow::of(attempt, &self.back_to)
            .ok_or_else(|| "this attempt cannot be one: begin again".into())
    }

    /// Returns the account that is meant, of those that were agreed to.
    async fn agreed(
        &self,
        channel: &Channel,
        attempt: &str,
        returned: &str,
    ) -> Result<(Consent, Offer), Refused> {
        let consent = self.asker.consent(channel.platform).await?;
        let consent = consent.ok_or("nobody is sent back from there: begin again")?;
        let agreed = self.flow(attempt)?.end(Returned::of(returned));
        let agreed = agreed.map_err(NotConnected::from)?;
        let offers = consent.offers(&agreed).await.map_err(NotConnected::from)?;
        let names = offers.iter().take(MOST_NAMES);
        let mut names: Vec<String> = names
            .map(|offer| format!("{} ({})", offer.account, offer.name))
            .collect();
        if offers.len() > MOST_NAMES {
            names.push(format!("{} more", offers.len() - MOST_NAMES));
        }
        let meant = offers
            .into_iter()
            .find(|offer| offer.account == channel.account);
        let offer = meant.ok_or_else(|| {
            format!(
                "what was agreed to is for {}, and your practice's settings name {}: begin again as who runs that, or have \
                 the settings changed",
                names.join(", "),
                channel.account
            )
        })?;
        Ok((consent, offer))
    }

    /// Makes ready to connect a website: where it was connected before, or else where the settings
    /// say that it is. Nobody types an address, which this function would call.
    async fn screen(&self, channel: &Channel) -> Result<Screen, Refused> {
        if channel.platform != Platform::Website {
            return Err("there is nothing to type for this account: begin again".into());
        }
        let site = match self.asker.secrets().website(channel).await {
            Ok(login) => login.url,
            Err(SecretError::Missing(_) | SecretError::Shape(_)) => {
                format!("https://{}", channel.account)
            }
            Err(error) => return Err(error.into()),
        };
        let screen = self.asker.screen(&site, Some(&channel.account));
        Ok(screen.map_err(NotConnected::from)?)
    }
}

/// Why a step was not taken.
struct Refused {
    /// What people read.
    why: String,
    /// What stands in the log as well, for whoever runs the system.
    error: Option<String>,
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Refused {
            why: format!("{why}. Nothing was stored"),
            error: None,
        }
    }
}

impl From<&str> for Refused {
    fn from(why: &str) -> Self {
        why.to_owned().into()
    }
}

impl From<SecretError> for Refused {
    fn from(error: SecretError) -> Self {
        NotConnected::from(error).into()
    }
}

impl From<NotConnected> for Refused {
    fn from(error: NotConnected) -> Self {
        const LATER: &str = "Begin again in a minute. Nothing was stored";
        let why = match &error {
            NotConnected::Consent(_) => {
                return Refused {
                    why: error.to_string(),
                    error: None,
                };
            }
            NotConnected::Ledger(_) | NotConnected::App(SecretError::Unavailable(_)) => LATER,
            // The store may have done it and its answer be lost.
            NotConnected::Store(_) => {
                "The store of secrets did not take it: tell whoever runs Pagewarden for your practice"
            }
            // Whose it is, is nobody else's business.
            NotConnected::Another { .. } | NotConnected::App(_) => NOT_SET_UP,
        };
        Refused {
            why: why.to_owned(),
            error: Some(with_sources(&error)),
        }
    }
}

/// Returns an error with what caused it, such as the service's own code.
fn with_sources(error: &(dyn Error + 'static)) -> String {
    let sources = iter::successors(Some(error), |&error| error.source());
    let words: Vec<String> = sources.map(ToString::to_string).collect();
    words.join(": ")
}
