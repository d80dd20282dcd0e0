//! Connecting a channel: a person agrees in the platform's own pages, and what comes back becomes
//! the channel's secret.
//!
//! The flow is the authorization code flow of OAuth 2.0 (RFC 6749, section 4.1), the same
//! everywhere: a [`Flow`] sends a browser to the platform and takes back what it brings, once and
//! only with the state that was sent. What a platform asks and answers is in its own module:
//! `meta`, `x`, `google` and `website`, each with a file `connect`. WordPress has no such flow; its
//! screen for application passwords sends the browser back in the same way, so the state is part of
//! the address that it is sent back to.
//!
//! Nothing is stored here and nothing is printed: an [`Offer`] carries the secret, which does not
//! show.

use std::fmt;

use pagewarden_oidc::{Attempt, NoAttempt};
use percent_encoding::percent_decode_str;
use thiserror::Error;

use crate::calls::CallError;
use crate::permission::{self, Permission};
use crate::{Secret, google, meta, website, x};

/// Where the platforms' pages of consent are, and what lists accounts beside the usual API.
#[derive(Clone, Debug)]
pub struct Places {
    /// `https://www.facebook.com`, or a local one.
    pub facebook: String,
    /// `https://x.com`, or a local one.
    pub x: String,
    /// `https://accounts.google.com`, or a local one.
    pub google: String,
    /// `https://mybusinessaccountmanagement.googleapis.com`, or a local one.
    pub google_accounts: String,
    /// `https://mybusinessbusinessinformation.googleapis.com`, or a local one.
    pub google_locations: String,
}

impl Default for Places {
    fn default() -> Self {
        Places {
            facebook: "https://www.facebook.com".to_owned(),
            x: "https://x.com".to_owned(),
            google: "https://accounts.google.com".to_owned(),
            google_accounts: "https://mybusinessaccountmanagement.googleapis.com".to_owned(),
            google_locations: "https://mybusinessbusinessinformation.googleapis.com".to_owned(),
        }
    }
}

/// What an app is known by at a platform, for the code that comes of a consent.
#[derive(Clone, Debug)]
pub struct Client {
    /// The app's id.
    pub id: String,
    /// The app's secret.
    pub secret: Secret,
}

/// Why nothing was connected. The words say what to do; none of them quotes a code or a secret.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The person pressed Cancel.
    #[error("the person did not agree: begin again once they do")]
    Denied,
    /// What came back was not asked for by this attempt.
    #[error(
        "what came back belongs to another attempt: begin again, and open only the address that you are given then"
    )]
    Foreign,
    /// The platform sent the browser back with an error of its own, such as `invalid_scope`.
    #[error("the platform answered {0} instead of a consent: look at the app's settings there")]
    Answered(String),
    /// There is neither a consent nor an error in what came back.
    #[error("there is no consent in what came back: begin again")]
    Empty,
    /// The platform does not take the code.
    #[error(
        "the platform does not take the code: it was used before, or its time was up (at X that is 30 seconds). Begin \
         again"
    )]
    Spent,
    /// The person agreed to less than was asked for.
    #[error("{0}. Begin again, and leave everything ticked")]
    Missing(String),
    /// There is nothing that could be connected.
    #[error("{0}")]
    Nothing(&'static str),
    /// Who agreed has nothing to do with what was to be connected.
    #[error("{0}")]
    Another(String),
    /// The platform could not be asked, or refused.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// What a browser brought back: the query of the address that it was sent to. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Returned(Vec<(String, String)>);

impl Returned {
    /// Reads a whole address, or its query alone.
    #[must_use]
    pub fn of(address: &str) -> Self {
        let query = address.split_once('?').map_or(address, |(_, query)| query);
        // Facebook ends its addresses with `#_=_`.
        let query = query.split('#').next().unwrap_or_default().trim();
        let decoded = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode_str(&text).decode_utf8_lossy().into_owned()
        };
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        };
        Returned(pairs.map(pair).collect())
    }

    /// Returns a value; none where it is missing, empty or there twice, which no platform sends.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(given, _)| given == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }
}

impl fmt::Debug for Returned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Returned(..)")
    }
}

/// One attempt to connect: its state, its PKCE verifier, and where the browser is sent back to.
#[derive(Debug)]
pub struct Flow {
    attempt: Attempt,
    back_to: String,
}

impl Flow {
    /// Begins an attempt, after which the browser is sent back to this address. It has to be
    /// registered at the platform, letter by letter.
    pub fn begin(back_to: &str) -> Result<Self, NoAttempt> {
        Ok(Flow {
            attempt: Attempt::begin()?,
            back_to: back_to.to_owned(),
        })
    }

    /// Takes an attempt up again by its secret; none where it cannot be one.
    #[must_use]
    pub fn of(secret: &str, back_to: &str) -> Option<Self> {
        Some(Flow {
            attempt: Attempt::of(secret)?,
            back_to: back_to.to_owned(),
        })
    }

    /// Returns where the browser is sent back to.
    #[must_use]
    pub fn back_to(&self) -> &str {
        &self.back_to
    }

    /// Returns the state.
    pub(crate) fn state(&self) -> String {
        self.attempt.state()
    }

    /// Returns the PKCE challenge, by S256.
    pub(crate) fn challenge(&self) -> String {
        self.attempt.challenge()
    }

    /// Takes what the browser brought back. The attempt is over then, whatever it was: an answer
    /// that comes again finds no attempt.
    pub fn end(self, returned: Returned) -> Result<Agreed, ConnectError> {
        if !returned
            .get("state")
            .is_some_and(|state| self.attempt.is_state(state))
        {
            return Err(ConnectError::Foreign);
        }
        if let Some(word) = returned.get("error") {
            return Err(match word {
                "access_denied" => ConnectError::Denied,
                word => ConnectError::Answered(plain(word)),
            });
        }
        Ok(Agreed {
            verifier: Secret::from(self.attempt.verifier()),
            back_to: self.back_to,
            returned,
        })
    }
}

/// Returns a platform's word as it may be printed: it is somebody else's.
fn plain(word: &str) -> String {
    const LONGEST: usize = 40;
    let word: String = word
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .take(LONGEST)
        .collect();
    if word.is_empty() {
        "an error".to_owned()
    } else {
        word
    }
}

/// A consent that came back with the state that was sent. Only a [`Flow`] makes one, so no code is
/// exchanged whose state nobody looked at.
#[derive(Debug)]
pub struct Agreed {
    /// The PKCE verifier.
    pub(crate) verifier: Secret,
    /// The address that the code was sent to, which the exchange repeats.
    pub(crate) back_to: String,
    /// What came back.
    pub(crate) returned: Returned,
}

impl Agreed {
    /// Returns the code.
    pub(crate) fn code(&self) -> Result<&str, ConnectError> {
        self.returned.get("code").ok_or(ConnectError::Empty)
    }
}

/// An account that can be connected now, with the secret that it would have.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The account, as the practice's settings name it.
    pub account: String,
    /// What people call it.
    pub name: String,
    /// What is stored for the channel: JSON, in the form in which the functions read it.
    pub secret: Secret,
    /// The token by which the rest is asked; none where the secret is enough.
    pub(crate) token: Option<Secret>,
}

/// How an account of one platform is connected.
#[derive(Debug)]
pub enum Consent {
    /// Facebook or Instagram, by one login at Facebook.
    Meta(meta::Login),
    /// X.
    X(x::Login),
    /// Google Business Profile.
    Google(google::Login),
    /// A WordPress site.
    Website(website::Screen),
}

impl Consent {
    /// Returns the address that a person opens to agree.
    #[must_use]
    pub fn address(&self, flow: &Flow) -> String {
        match self {
            Consent::Meta(login) => login.address(flow),
            Consent::X(login) => login.address(flow),
            Consent::Google(login) => login.address(flow),
            Consent::Website(screen) => screen.address(flow),
        }
    }

    /// Exchanges what came back, and returns the accounts that can be connected with it: at least
    /// one.
    pub async fn offers(&self, agreed: &Agreed) -> Result<Vec<Offer>, ConnectError> {
        match self {
            Consent::Meta(login) => login.offers(agreed).await,
            Consent::X(login) => login.offers(agreed).await,
            Consent::Google(login) => login.offers(agreed).await,
            Consent::Website(screen) => screen.offers(agreed),
        }
    }

    /// Looks whether everything was granted for the account that was chosen, before anything is
    /// stored.
    pub async fn look(&self, offer: &Offer) -> Result<(), ConnectError> {
        match self {
            Consent::Meta(login) => login.look(offer).await,
            // What was granted came with the token, and was looked at then.
            Consent::X(_) | Consent::Google(_) => Ok(()),
            Consent::Website(screen) => screen.look(offer).await,
        }
    }

    /// Asks the platform to deliver what happens on the account, where that is part of connecting
    /// it. It changes nothing where it was so already.
    pub async fn subscribe(&self, offer: &Offer) -> Result<(), ConnectError> {
        match self {
            Consent::Meta(login) => login.subscribe(offer).await,
            Consent::X(_) | Consent::Google(_) | Consent::Website(_) => Ok(()),
        }
    }
}

/// Refuses a consent that does not cover everything. Where the platform does not say what it
/// covers, that is all that was asked for (RFC 6749, section 5.1).
pub(crate) fn all_granted(wanted: &[Permission], scope: Option<&str>) -> Result<(), ConnectError> {
    let granted = |name: &str| scope.is_none_or(|scope| scope.split(' ').any(|one| one == name));
    permission::missing(wanted, granted).map_or(Ok(()), |lacks| Err(ConnectError::Missing(lacks)))
}

/// Returns what a platform calls its scopes or permissions, joined as it wants them.
pub(crate) fn names(wanted: &[Permission], separator: &str) -> String {
    let names: Vec<&str> = wanted.iter().map(|one| one.name).collect();
    names.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow() -> Flow {
        Flow::begin("http://127.0.0.1:8737/connect").unwrap()
    }

    #[test]
    fn a_consent_counts_only_with_the_state_that_was_sent() {
        let (mine, other) = (flow(), flow());
        let back = |state: &str| Returned::of(&format!("http://x/connect?code=c&state={state}"));
        for state in ["", "x", &other.state(), &mine.challenge()] {
            let answer = flow().end(back(state));
            assert!(matches!(answer, Err(ConnectError::Foreign)), "{state}");
        }
        let twice = Returned::of(&format!("code=c&state={0}&state={0}", mine.state()));
        let again = Flow::of(mine.attempt.secret(), "").unwrap();
        assert!(matches!(again.end(twice), Err(ConnectError::Foreign)));
        let state = mine.state();
        assert_eq!(mine.end(back(&state)).unwrap().code().unwrap(), "c");
    }

    #[test]
    fn a_refusal_is_told_from_an_error_of_the_platform() {
        let ended = |query: &str| {
            let flow = flow();
            let query = format!("{query}&state={}", flow.state());
            flow.end(Returned::of(&query)).map(|_| ())
        };
        assert!(matches!(
            ended("error=access_denied&error_reason=user_denied"),
            Err(ConnectError::Denied)
        ));
        let told = ended("error=%1b%5b2Jinvalid_scope").unwrap_err();
        assert!(told.to_string().contains("answered 2Jinvalid_scope "));
        let told = ended("error=%1b").unwrap_err();
        assert!(told.to_string().contains("answered an error "));
        // A foreign refusal ends nothing but its own attempt.
        let foreign = flow().end(Returned::of("error=access_denied&state=x"));
        assert!(matches!(foreign, Err(ConnectError::Foreign)));
    }

    #[test]
    fn what_came_back_is_read_and_never_shown() {
        let back = Returned::of("https://p.example/connected?a=1+2%26&b=&c=3&c=4&hush=h#_=_");
        assert_eq!(back.get("a"), Some("1 2&"));
        assert_eq!(
            (back.get("b"), back.get("c"), back.get("d")),
            (None, None, None)
        );
        assert_eq!(back.get("hush"), Some("h"));
        assert_eq!(format!("{back:?}"), "Returned(..)");
        let flow = flow();
        let verifier = flow.attempt.verifier();
        let back = Returned::of(&format!("code=hush&state={}", flow.state()));
        let agreed = flow.end(back).unwrap();
        let shown = format!("{agreed:?}");
        assert!(
            !shown.contains("hush") && !shown.contains(&verifier),
            "{shown}"
        );
    }
}
