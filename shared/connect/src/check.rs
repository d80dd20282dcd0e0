//! What is missing before a channel works, asked of the platforms themselves.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::ChannelCheck;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::google;
use pagewarden_platforms::instagram::{self, Instagram};
use pagewarden_platforms::meta::Grant;
use pagewarden_platforms::permission::{self, Permission};
use pagewarden_platforms::website::Website;
use pagewarden_platforms::x;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::{ReachError, Scope, SecretError, XAccess};

use crate::Asker;

/// How long before something runs out it is said: time enough to find somebody at the practice who
/// can renew it.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Characters of what a check says that are kept.
const MOST_CHARS: usize = 500;

/// What is missing, and what to do, in plain words: never a secret.
struct Missing(String);

impl From<CallError> for Missing {
    fn from(error: CallError) -> Self {
        Missing(error.to_string())
    }
}

impl From<SecretError> for Missing {
    fn from(error: SecretError) -> Self {
        Missing(error.to_string())
    }
}

impl From<ReachError> for Missing {
    fn from(error: ReachError) -> Self {
        Missing(error.to_string())
    }
}

impl From<&str> for Missing {
    fn from(words: &str) -> Self {
        Missing(words.to_owned())
    }
}

impl Asker {
    /// Looks at a channel, and says what people of the practice read of it.
    pub(crate) async fn look_at(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        by: &str,
        now: Timestamp,
    ) -> ChannelCheck {
        let (ready, says) = match self.ask(channel, practice, now).await {
            Ok(soon) => (true, soon),
            Err(Missing(missing)) => (false, Some(missing)),
        };
        ChannelCheck {
            at: now,
            by: by.to_owned(),
            ready,
            says: says.map(|says| says.chars().take(MOST_CHARS).collect()),
        }
    }

    /// Does what the functions do with a channel, as far as it changes and costs nothing, and looks
    /// whether they may do the rest. Returns what will soon be missing; the error says what is
    /// missing already.
    async fn ask(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Option<String>, Missing> {
        match channel.platform {
            Platform::Facebook => self.on_facebook(channel, now).await,
            Platform::Instagram => self.on_instagram(channel, now).await,
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
                    now,
                };
                let token = access.token(&scope).await?;
                consented(&x::PERMISSIONS, token.scope())?;
                Ok(None)
            }
            Platform::StaffLog => Err("it is no platform: staff write down what happens".into()),
        }
    }

    /// Looks at what was granted with the page's token, reads the page with it, and looks whether
    /// Meta delivers what happens there.
    async fn on_facebook(
        &self,
        channel: &Channel,
        now: Timestamp,
    ) -> Result<Option<String>, Missing> {
        let (settings, token) = self.secrets.graph(&self.graph, channel).await?;
        let facebook = Facebook::new(self.http.clone(), settings);
        let (page, grant) = self.granted(&facebook, &token).await?;
        if page != channel.account {
            let why = "the token stored is that of another page";
            return Err(Missing(format!("{why}, {page}: store this page's own")));
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
            return Err(Missing(format!(
                "the app is not subscribed to the page's {}: the next sweep subscribes it",
                unheard.join(", ")
            )));
        }
        Ok(runs_out(&grant, now))
    }

    /// Does the same with an account that is reached by the token of the page it is connected to.
    async fn on_instagram(
        &self,
        channel: &Channel,
        now: Timestamp,
    ) -> Result<Option<String>, Missing> {
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
            let why = "the page that the account is connected to does not have the app: the next sweep asks it to";
            return Err(why.into());
        }
        Ok(runs_out(&grant, now))
    }

    /// Returns the page whose token it is, and what was granted with it.
    async fn granted(
        &self,
        facebook: &Facebook,
        token: &Secret,
    ) -> Result<(String, Grant), Missing> {
        let app = self.secrets.app_token().await?;
        let grant = facebook.granted(&app, token).await?.value;
        let Some(page) = grant.page.clone() else {
            let why = "the token stored is a person's, not the page's own: get the page's with it, and store that";
            return Err(why.into());
        };
        Ok((page, grant))
    }
}
/// Looks whether everything was granted for a channel.
fn covered(wanted: &[Permission], channel: &Channel, grant: &Grant) -> Result<(), Missing> {
    nothing_missing(wanted, |name| grant.covers(name, &channel.account))
}

/// Looks whether a consent covers everything. Where the platform does not say what it covers, that
/// is all that was asked for (RFC 6749, section 5.1).
fn consented(wanted: &[Permission], scope: Option<&str>) -> Result<(), Missing> {
    nothing_missing(wanted, |name| {
        scope.is_none_or(|scope| scope.split(' ').any(|one| one == name))
    })
}

fn nothing_missing(wanted: &[Permission], granted: impl Fn(&str) -> bool) -> Result<(), Missing> {
    match permission::missing(wanted, granted) {
        Some(missing) => Err(Missing(missing)),
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
fn in_spite_of_grants(error: CallError) -> Missing {
    if matches!(error, CallError::Permission { .. }) {
        return Missing(format!(
            "{error}, although every permission was granted: look whether that person still has a role on the page, and \
             whether the app has Advanced Access"
        ));
    }
    not_shown(error)
}

/// Says what it means here that something is gone: nothing but the account was asked for.
fn not_shown(error: CallError) -> Missing {
    if error == CallError::Gone {
        let why = "the platform shows no such account to the person who connected it: check that the settings \
                   name it as the platform does";
        return why.into();
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
                include_str!("../../../infra/setup/facebook.md"),
                &facebook::PERMISSIONS[..],
            ),
            (
                include_str!("../../../infra/setup/instagram.md"),
                &instagram::PERMISSIONS,
            ),
            (include_str!("../../../infra/setup/x.md"), &x::PERMISSIONS),
            (
                include_str!("../../../infra/setup/google.md"),
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
