//! `channel check`: what is missing before a channel works, asked of the platforms themselves.

use std::process::ExitCode;

use anyhow::{Context, Error, Result, anyhow, bail};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ChannelCheck, Ledger};

use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Http, Timeouts};
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::google::{self, Google};
use pagewarden_platforms::instagram::{self, Instagram};
use pagewarden_platforms::meta::{self, Grant};
use pagewarden_platforms::permission::{self, Permission};
use pagewarden_platforms::website::Website;
use pagewarden_platforms::x::{self, X};
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{Config, Scope, Secrets, XAccess};

use super::record::{known, now};

/// What to do where the environment is not that of the functions.
const ENVIRONMENT: &str = "this command reads the same environment as the functions: set AWS_REGION, PAGEWARDEN_TABLE and \
    PAGEWARDEN_SECRETS_PREFIX (for a deployed stack, its outputs TableName and SecretsPrefix)";

/// How long before something runs out it is said: time enough to find somebody at the practice who
/// can renew it.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Who checks, as people of the practice read it.
const BY: &str = "whoever runs Pagewarden";

/// Characters of what a check says that are kept.
const MOST_CHARS: usize = 500;

/// What asks the platforms: the same clients, secrets and addresses as the functions have.
#[derive(Debug)]
pub struct Asker {
    pub(super) ledger: Ledger,
    pub(super) secrets: Secrets,
    pub(super) http: Http,
    pub(super) graph: meta::Settings,
    pub(super) google_at: google::Settings,
    pub(super) x_at: x::Settings,
    google: Google,
    x: X,
}

/// Asks about every channel of a practice, or of all, and prints what is missing.
pub async fn check(practice: Option<PracticeId>) -> Result<ExitCode> {
    let (asker, _) = Asker::of_environment()?;
    if let Some(practice) = &practice {
        known(&asker.ledger, practice).await?;
    }
    let mut channels = asker.ledger.channels().await?;
    channels.retain(|(_, owner)| practice.as_ref().is_none_or(|practice| owner == practice));
    if channels.is_empty() {
        bail!(
            "no channel is connected: write it in the practice's settings under channels, and publish them"
        );
    }
    let mut ready = 0;
    for (channel, owner) in &channels {
        let (is_ready, line) = asker.check(channel, owner).await;
        ready += usize::from(is_ready);
        say!("{line}");
    }
    say!("{ready} of {} channels are ready", channels.len());
    Ok(if ready == channels.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Returns what people of the practice read of a check.
fn said(ready: bool, says: Option<String>) -> ChannelCheck {
    ChannelCheck {
        at: now(),
        by: BY.to_owned(),
        ready,
        says: says.map(|says| says.chars().take(MOST_CHARS).collect()),
    }
}

impl Asker {
    /// Makes what asks from the environment of the functions.
    pub(super) fn of_environment() -> Result<(Self, Config)> {
        let config = Config::from_env().context(ENVIRONMENT)?;
        let asker = Asker::new(
            config.ledger(),
            config.secrets(),
            Http::new(Timeouts::default())?,
            config.graph.clone(),
            config.google.clone(),
            config.x.clone(),
        );
        Ok((asker, config))
    }

    /// Makes what asks, with calls to the platforms carried by this.
    #[must_use]
    pub fn new(
        ledger: Ledger,
        secrets: Secrets,
        http: Http,
        graph: meta::Settings,
        google: google::Settings,
        x: x::Settings,
    ) -> Self {
        Asker {
            ledger,
            secrets,
            google: Google::new(http.clone(), google.clone()),
            x: X::new(http.clone(), x.clone()),
            google_at: google,
            x_at: x,
            http,
            graph,
        }
    }

    /// Asks about one channel and notes for the practice's people what was found. Returns whether
    /// it is ready, and the line that says so.
    pub(super) async fn check(&self, channel: &Channel, owner: &PracticeId) -> (bool, String) {
        let names = Platform::ALL.iter().map(|platform| platform.name().len());
        let width = names.max().unwrap_or_default();
        let place = format!(
            "{owner:<12} {:<width$} {:<40}",
            channel.platform, channel.account
        );
        let (mut line, check) = match self.ask(channel, owner).await {
            Ok(soon) => {
                let but = soon.as_ref().map(|soon| format!(", but {soon}"));
                let line = format!("{place} ready{}", but.unwrap_or_default());
                (line, said(true, soon))
            }
            Err(missing) => {
                let line = format!("{place} NOT READY: {missing}");
                (line, said(false, Some(missing.to_string())))
            }
        };
        // What was found is what counts, whether it can be noted or not.
        if let Err(error) = self.ledger.channel_checked(owner, channel, &check).await {
            let lost = "this could not be noted for the people of";
            line = format!("{line}\n{place} {lost} {owner}: {error}");
        }
        (check.ready, line)
    }

    /// Does what the functions do with a channel, as far as it changes and costs nothing, and looks
    /// whether they may do the rest. Returns what will soon be missing; the error says what is
    /// missing already.
    async fn ask(&self, channel: &Channel, practice: &PracticeId) -> Result<Option<String>> {
        match channel.platform {
            Platform::Facebook => self.on_facebook(channel).await,
            Platform::Instagram => self.on_instagram(channel).await,
            Platform::Google => {
                let token = self
                    .google
                    .refresh(&self.secrets.consent(channel).await?)
                    .await?;
                consented(&google::PERMISSIONS, token.scope.as_deref())?;
                self.google
                    .reviews(&token.token, &channel.account, None)
                    .await
                    .map_err(not_shown)?;
                Ok(None)
            }
            Platform::Website => {
                let login = self.secrets.website(channel).await?;
                let website = Website::new(self.http.clone(), &channel.account, &login)?;
                website.own_user().await?;
                // WordPress shows what waits for approval to those who may moderate comments, and
                // that is all it takes to hold, approve, trash and answer them.
                website.comments(1).await?;
                Ok(None)
            }
            // Every post read at X is paid for, so that X gives a token, and what it says it is
            // for, has to be enough.
            Platform::X => {
                let access =
                    XAccess::new(self.ledger.clone(), self.secrets.clone(), self.x.clone());
                let scope = Scope {
                    practice,
                    channel,
                    correlation: "channel check",
                    now: now(),
                };
                let token = access.token(&scope).await?;
                consented(&x::PERMISSIONS, token.scope())?;
                Ok(None)
            }
            Platform::StaffLog => bail!("it is no platform: staff write down what happens"),
        }
    }

    /// Looks at what was granted with the page's token, reads the page with it, and looks whether
    /// Meta delivers what happens there.
    async fn on_facebook(&self, channel: &Channel) -> Result<Option<String>> {
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let facebook = Facebook::new(self.http.clone(), settings);
        let (page, grant) = self.granted(&facebook, &token).await?;
        if page != channel.account {
            bail!("the token stored is that of another page, {page}: store this page's own");
        }
        covered(&facebook::PERMISSIONS, channel, &grant)?;
        facebook
            .feed(&token, &channel.account, &mut facebook::POSTS.clone())
            .await
            .map_err(in_spite_of_grants)?;
        let told = facebook
            .subscribed(&token, &channel.account)
            .await
            .map_err(in_spite_of_grants)?
            .value;
        let unheard = facebook::unheard(&told);
        if !unheard.is_empty() {
            bail!(
                "the app is not subscribed to the page's {}: the next sweep subscribes it",
                unheard.join(", ")
            );
        }
        Ok(runs_out(&grant, now()))
    }

    /// Does the same with an account that is reached by the token of the page it is connected to.
    async fn on_instagram(&self, channel: &Channel) -> Result<Option<String>> {
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let facebook = Facebook::new(self.http.clone(), settings.clone());
        let (_, grant) = self.granted(&facebook, &token).await?;
        covered(&instagram::PERMISSIONS, channel, &grant)?;
        Instagram::new(self.http.clone(), settings)
            .media(&token, channel, &mut 1)
            .await
            .map_err(in_spite_of_grants)?;
        let told = facebook
            .subscribed(&token, instagram::PAGE)
            .await
            .map_err(in_spite_of_grants)?
            .value;
        if told.is_empty() {
            bail!(
                "the page that the account is connected to does not have the app: the next sweep asks it to"
            );
        }
        Ok(runs_out(&grant, now()))
    }

    /// Returns the page whose token it is, and what was granted with it.
    async fn granted(&self, facebook: &Facebook, token: &Secret) -> Result<(String, Grant)> {
        let app = self.secrets.app_token().await?;
        let grant = facebook.granted(&app, token).await?.value;
        let Some(page) = grant.page.clone() else {
            bail!(
                "the token stored is a person's, not the page's own: get the page's with it, and store that"
            );
        };
        Ok((page, grant))
    }
}

/// Looks whether everything was granted for a channel.
fn covered(wanted: &[Permission], channel: &Channel, grant: &Grant) -> Result<()> {
    nothing_missing(wanted, |name| grant.covers(name, &channel.account))
}

/// Looks whether a consent covers everything. Where the platform does not say what it covers, that
/// is all that was asked for (RFC 6749, section 5.1).
fn consented(wanted: &[Permission], scope: Option<&str>) -> Result<()> {
    nothing_missing(wanted, |name| {
        scope.is_none_or(|scope| scope.split(' ').any(|one| one == name))
    })
}

fn nothing_missing(wanted: &[Permission], granted: impl Fn(&str) -> bool) -> Result<()> {
    match permission::missing(wanted, granted) {
        Some(missing) => bail!(missing),
        None => Ok(()),
    }
}

/// Says what runs out soon; none where nothing does.
fn runs_out(grant: &Grant, now: Timestamp) -> Option<String> {
    let soon = |until: Option<Timestamp>| {
        until
            .filter(|until| until.duration_since(now) < SOON)
            .map(|until| until.strftime("%-d %B %Y, %H:%M UTC"))
    };
    if let Some(until) = soon(grant.token_until) {
        return Some(format!(
            "the page's access token runs out on {until}: connect the page again before then"
        ));
    }
    let until = soon(grant.data_until)?;
    Some(format!(
        "Meta gives the app access to data until {until}: the person who connected the page has to log in to the app again before then"
    ))
}

/// Says where to look when a call was refused although what it takes was granted.
fn in_spite_of_grants(error: CallError) -> Error {
    if matches!(error, CallError::Permission { .. }) {
        return anyhow!(
            "{error}, although every permission was granted: look whether that person still has a role on the page, and \
             whether the app has Advanced Access"
        );
    }
    not_shown(error)
}

/// Says what it means here that something is gone: nothing but the account was asked for.
fn not_shown(error: CallError) -> Error {
    if error == CallError::Gone {
        return anyhow!(
            "the platform shows no such account to the person who connected it: check that the settings \
             name it as the platform does"
        );
    }
    error.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns what a guide says in its table of permissions, row by row.
    fn rows(guide: &str) -> Vec<String> {
        guide
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_guides_ask_for_what_is_checked_and_say_what_it_is_for() {
        for (guide, wanted) in [
            (
                include_str!("../../../setup/facebook.md"),
                &facebook::PERMISSIONS[..],
            ),
            (
                include_str!("../../../setup/instagram.md"),
                &instagram::PERMISSIONS,
            ),
            (include_str!("../../../setup/x.md"), &x::PERMISSIONS),
            (
                include_str!("../../../setup/google.md"),
                &google::PERMISSIONS,
            ),
        ] {
            let expected: Vec<String> = wanted
                .iter()
                .map(|one| format!("| `{}` | {} |", one.name, one.to))
                .collect();
            assert_eq!(rows(guide), expected);
        }
    }
}
