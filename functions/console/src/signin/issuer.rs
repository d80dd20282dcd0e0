//! The issuer: what it says about itself, and what it says about people.

use jiff::{SignedDuration, Timestamp};
use pagewarden_oidc::{
    Attempt, Claims, Expected, KeyError, Keyring, Keys, Provider, ProviderError, TokenError,
};
use pagewarden_platforms::calls::{CallError, Http};
use pagewarden_runtime::{SecretError, Secrets, SignIn};
use thiserror::Error;
use tokio::sync::Mutex;

use super::CALLBACK;
use crate::Problem;
use crate::problem::NotShown;

/// How long an issuer's description of itself is used before it is fetched again.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The issuer at which people sign in.
#[derive(Debug)]
pub(crate) struct Issuer {
    http: Http,
    secrets: Secrets,
    settings: SignIn,
    provider: Mutex<Option<(Timestamp, Provider)>>,
    keys: Keyring,
}

/// Why somebody was not signed in. No variant holds any part of a code, a token or a secret.
#[derive(Debug, Error)]
pub(crate) enum IssuerError {
    #[error(
        "no address, issuer or client is set: PAGEWARDEN_CONSOLE_URL, PAGEWARDEN_ISSUER_URL, PAGEWARDEN_CLIENT_ID"
    )]
    NotSetUp,
    #[error("{0}")]
    Provider(#[from] ProviderError),
    #[error("{0}")]
    Secret(#[from] SecretError),
    #[error("the issuer did not answer as it should: {0}")]
    Call(#[from] CallError),
    #[error("the issuer's answer to the code holds no identity token")]
    NoToken,
    #[error("{0}")]
    Token(#[from] KeyError<CallError>),
}

impl IssuerError {
    /// Says why this does not show that it is somebody, if it only means that.
    pub(crate) fn not_shown(&self) -> Option<NotShown> {
        match self {
            IssuerError::Token(KeyError::Refused(TokenError::NoAuthTime)) => {
                tracing::error!(error = %self, "nobody can do what needs signing in again");
                Some(NotShown::NoAuthTime)
            }
            IssuerError::Token(KeyError::Refused(TokenError::NotAskedAgain)) => {
                tracing::warn!(error = %self, "signing in again was refused");
                Some(NotShown::NotAsked)
            }
            IssuerError::NotSetUp
            | IssuerError::Provider(_)
            | IssuerError::Secret(_)
            | IssuerError::Call(_)
            | IssuerError::NoToken
            | IssuerError::Token(_) => None,
        }
    }
}

impl From<IssuerError> for Problem {
    fn from(error: IssuerError) -> Self {
        let refused = matches!(
            error,
            IssuerError::NoToken | IssuerError::Token(KeyError::Refused(_))
        ) || matches!(error, IssuerError::Call(CallError::Unreadable { .. }));
        if refused {
            // Anybody can bring a code that they made up, so that is nothing to wake somebody for.
            tracing::warn!(%error, "a sign-in was refused");
            return Problem::BadSignIn;
        }
        tracing::error!(%error, "nobody can sign in");
        if matches!(error, IssuerError::NotSetUp) {
            Problem::NoSetUp
        } else {
            Problem::NoIssuer
        }
    }
}

impl Issuer {
    pub(crate) fn new(http: Http, secrets: Secrets, settings: SignIn) -> Self {
        Issuer {
            http,
            secrets,
            settings,
            provider: Mutex::default(),
            keys: Keyring::default(),
        }
    }

    /// Returns `true` if the console is reached over TLS, which it is wherever it is deployed.
    pub(crate) fn secure(&self) -> bool {
        !self.settings.console_url.starts_with("http://")
    }

    /// Returns what the issuer says about itself.
    pub(crate) async fn provider(&self, now: Timestamp) -> Result<Provider, IssuerError> {
        let SignIn {
            console_url,
            issuer,
            client_id,
        } = &self.settings;
        if [console_url, issuer, client_id]
            .iter()
            .any(|setting| setting.is_empty())
        {
            return Err(IssuerError::NotSetUp);
        }
        let mut known = self.provider.lock().await;
        if let Some((at, provider)) = known.as_ref()
            && now.duration_since(*at) < FRESH_FOR
        {
            return Ok(provider.clone());
        }
        let document = self
            .http
            .document(Provider::discovery_url(issuer), None)
            .await?;
        let provider = Provider::of(issuer, &document)?;
        *known = Some((now, provider.clone()));
        Ok(provider)
    }

    /// Returns where to send the browser, to sign in or to do so `again`.
    pub(crate) fn authorization_url(
        &self,
        provider: &Provider,
        attempt: &Attempt,
        again: bool,
    ) -> String {
        provider.authorization_url(&self.settings.client_id, &self.back_to(), attempt, again)
    }

    /// Exchanges a code for what the issuer says about whoever signed in, who has to have shown who
    /// they are `since` then, where that is given.
    pub(crate) async fn exchange(
        &self,
        code: &str,
        attempt: &Attempt,
        since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Claims, IssuerError> {
        let provider = self.provider(now).await?;
        let secret = self.secrets.client_secret().await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.back_to()),
            ("client_id", &self.settings.client_id),
            ("client_secret", secret.expose()),
            ("code_verifier", &attempt.verifier()),
        ];
        let answer = self
            .http
            .document(provider.token_endpoint.clone(), Some(&form))
            .await?;
        let token = Provider::token_in(&answer).ok_or(IssuerError::NoToken)?;
        let (client, nonce) = (self.settings.client_id.as_str(), attempt.nonce());
        let expected = Expected {
            issuers: &[&self.settings.issuer],
            audience: client,
            client: Some(client),
            nonce: Some(&nonce),
            shown_since: since,
        };
        let fetch = async {
            let document = self.http.document(provider.jwks_uri.clone(), None).await?;
            Keys::of(&document).ok_or(CallError::Unreadable { status: 200 })
        };
        Ok(self.keys.verify(token, &expected, now, fetch).await?)
    }

    fn back_to(&self) -> String {
        format!(
            "{}{CALLBACK}",
            self.settings.console_url.trim_end_matches('/')
        )
    }
}
