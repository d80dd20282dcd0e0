//! `channel check`: what is missing before a channel works, asked of the platforms themselves.

use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow, bail};
use jiff::Timestamp;
use pagewarden_ledger::Ledger;
use pagewarden_platforms::calls::{CallError, Http, Timeouts};
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::google::Google;
use pagewarden_platforms::instagram::{self, Instagram};
use pagewarden_platforms::meta;
use pagewarden_platforms::website::Website;
use pagewarden_platforms::x::X;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{Config, Secrets, XAccess};

/// What asks the platforms: the same clients, secrets and addresses as the functions have.
struct Asker {
    ledger: Ledger,
    secrets: Secrets,
    http: Http,
    graph: meta::Settings,
    google: Google,
    x: X,
}

/// Asks about every channel of a practice, or of all, and prints what is missing.
#[expect(clippy::print_stdout, reason = "what is missing is what was asked for")]
pub async fn check(practice: Option<PracticeId>) -> Result<ExitCode> {
    let config = Config::from_env().context("this command reads the same environment as the functions")?;
    let asker = Asker::new(&config)?;
    let mut channels = asker.ledger.channels().await?;
    channels.retain(|(_, owner)| practice.as_ref().is_none_or(|practice| owner == practice));
    if channels.is_empty() {
        bail!("no channel is connected: write it in the practice's settings under channels, and publish them");
    }
    let mut ready = 0;
    for (channel, owner) in &channels {
        let place = format!("{owner:<12} {:<9} {:<40}", channel.platform, channel.account);
        match asker.ask(channel, owner).await {
            Ok(()) => {
                ready += 1;
                println!("{place} ready");
            }
            Err(missing) => println!("{place} NOT READY: {missing}"),
        }
    }
    println!("{ready} of {} channels are ready", channels.len());
    Ok(if ready == channels.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Asker {
    fn new(config: &Config) -> Result<Self> {
        let http = Http::new(Timeouts::default())?;
        let graph = config.graph.clone();
        let google = Google::new(http.clone(), config.google.clone());
        let x = X::new(http.clone(), config.x.clone());
        Ok(Asker { ledger: config.ledger(), secrets: config.secrets(), http, graph, google, x })
    }

    /// Does what the functions do with a channel, as far as it changes and costs nothing. The error says what is missing.
    async fn ask(&self, channel: &Channel, practice: &PracticeId) -> Result<()> {
        match channel.platform {
            Platform::Facebook => self.facebook(channel).await,
            Platform::Google => {
                let token = self.google.refresh(&self.secrets.consent(channel).await?).await?.token;
                self.google.reviews(&token, &channel.account, None).await?;
                Ok(())
            }
            Platform::Website => {
                let login = self.secrets.website(channel).await?;
                let website = Website::new(self.http.clone(), &channel.account, &login)?;
                website.own_user().await?;
                // Only somebody who may moderate is shown what waits for approval.
                website.comments(1).await?;
                Ok(())
            }
            // Every post read at X is paid for, so that X gives a token has to be enough.
            Platform::X => {
                let access = XAccess::new(self.ledger.clone(), self.secrets.clone(), self.x.clone());
                access.token(practice, channel, Timestamp::now()).await?;
                Ok(())
            }
            Platform::Instagram => {
                let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
                let media = Instagram::new(self.http.clone(), settings.clone()).media(&token, channel).await;
                media.map_err(|error| lacking(error, "instagram_basic and pages_read_engagement"))?;
                let told = Facebook::new(self.http.clone(), settings).subscribed(&token, instagram::PAGE).await?.value;
                if told.is_empty() {
                    bail!("the page that the account is connected to does not have the app: the next sweep asks it to");
                }
                Ok(())
            }
            Platform::StaffLog => bail!("it is no platform: staff write down what happens"),
        }
    }

    /// Reads the page, and looks whether Facebook tells of all that is to be heard.
    async fn facebook(&self, channel: &Channel) -> Result<()> {
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let facebook = Facebook::new(self.http.clone(), settings);
        let feed = facebook.feed(&token, &channel.account).await;
        feed.map_err(|error| lacking(error, "pages_read_engagement and pages_read_user_content"))?;
        let told = facebook.subscribed(&token, &channel.account).await;
        let told = told.map_err(|error| lacking(error, "pages_manage_metadata"))?.value;
        let unheard = facebook::unheard(&told);
        if unheard.is_empty() {
            return Ok(());
        }
        bail!("the app is not subscribed to the page's {}: the next sweep subscribes it", unheard.join(", "))
    }
}

/// Names the permissions that a call takes, where one is missing.
fn lacking(error: CallError, permissions: &str) -> Error {
    match error {
        CallError::Permission { .. } => anyhow!("{error}; it takes {permissions}"),
        error => error.into(),
    }
}
