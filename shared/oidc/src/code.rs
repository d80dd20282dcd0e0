//! Signing in by a code that the browser brings back, with PKCE: what is sent, and what comes of
//! it. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use form_urlencoded::Serializer;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// An issuer, as its own discovery document describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Provider {
    /// Its name, which every token of it repeats.
    pub issuer: String,
    /// Where a browser goes to sign in.
    pub authorization_endpoint: String,
    /// Where a code is exchanged for a token.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
}

/// Why a discovery document is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// Something that it must say is missing.
    #[error("the issuer's discovery document does not read as one")]
    Shape,
    /// It is another's.
    #[error(
        "the discovery document names another issuer: write the issuer exactly as it names itself"
    )]
    Issuer,
    /// It would have us send secrets in the clear.
    #[error("the discovery document of an https issuer names an address that is not https")]
    InTheClear,
}

impl Provider {
    /// Returns where an issuer's discovery document is.
    #[must_use]
    pub fn discovery_url(issuer: &str) -> String {
        format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        )
    }

    /// Reads the discovery document of this issuer.
    pub fn of(issuer: &str, document: &Value) -> Result<Self, ProviderError> {
        let provider = Provider::deserialize(document).map_err(|_| ProviderError::Shape)?;
        if provider.issuer != issuer {
            return Err(ProviderError::Issuer);
        }
        let named = [
            &provider.authorization_endpoint,
            &provider.token_endpoint,
            &provider.jwks_uri,
        ];
        if issuer.starts_with("https://") && named.iter().any(|url| !url.starts_with("https://")) {
            return Err(ProviderError::InTheClear);
        }
        Ok(provider)
    }

    /// Returns the origin to which a browser is sent to sign in, for a content security policy.
    #[must_use]
    pub fn origin(&self) -> &str {
        let url = &self.authorization_endpoint;
        let host = url.find("://").map_or(0, |at| at + 3);
        url[host..]
            .find(['/', '?', '#'])
            .map_or(url, |end| &url[..host + end])
    }

    /// Returns where to send the browser for this attempt. With `again` the issuer is asked to have
    /// the person show who they are even if they are signed in there, and to say when they did:
    /// both ways that the specification has, because some issuers know only one.
    #[must_use]
    pub fn authorization_url(
        &self,
        client: &str,
        back_to: &str,
        attempt: &Attempt,
        again: bool,
    ) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", back_to),
            ("scope", "openid email"),
            ("state", &attempt.state()),
            ("nonce", &attempt.nonce()),
            ("code_challenge", &attempt.challenge()),
            ("code_challenge_method", "S256"),
        ]);
        if again {
            query.extend_pairs([("prompt", "login"), ("max_age", "0")]);
        }
        let mark = if self.authorization_endpoint.contains('?') {
            '&'
        } else {
            '?'
        };
        format!("{}{mark}{}", self.authorization_endpoint, query.finish())
    }

    /// Returns the identity token in the answer of the token endpoint, if there is one.
    #[must_use]
    pub fn token_in(answer: &Value) -> Option<&str> {
        answer.get("id_token")?.as_str()
    }
}

/// One attempt to sign in.
///
/// State, nonce and PKCE verifier are all derived from one random secret, which stays in the
/// browser's cookie. So the attempt belongs to that browser, and nothing that is stored about it is
/// of use to somebody who reads the store.
#[derive(Clone)]
pub struct Attempt(String);

/// There is no random number to be had from the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the system gave no random numbers")]
pub struct NoAttempt;

/// Characters of 256 bits in base64.
const SECRET_CHARS: usize = 43;

impl Attempt {
    /// Begins an attempt.
    pub fn begin() -> Result<Self, NoAttempt> {
        let mut bytes = [0; 32];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| NoAttempt)?;
        Ok(Attempt(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Takes an attempt up again by the secret that a cookie brought back; none where it cannot be
    /// one.
    #[must_use]
    pub fn of(secret: &str) -> Option<Self> {
        let fits = secret.len() == SECRET_CHARS && URL_SAFE_NO_PAD.decode(secret).is_ok();
        fits.then(|| Attempt(secret.to_owned()))
    }

    /// Returns the secret, for the cookie alone.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Returns the state that goes to the issuer and comes back.
    #[must_use]
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// Returns `true` if this is the state that was sent.
    #[must_use]
    pub fn is_state(&self, state: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(state)
            .is_ok_and(|tag| hmac::verify(&self.key(), b"state", &tag).is_ok())
    }

    /// Returns the nonce that the token has to repeat.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// Returns the PKCE verifier, which only the exchange of the code shows.
    #[must_use]
    pub fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// Returns the PKCE challenge of the verifier, by S256.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, self.verifier().as_bytes()))
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.as_bytes())
    }

    fn derived(&self, what: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.key(), what.as_bytes()))
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Attempt(..)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({ "issuer": "https://id.example/x", "authorization_endpoint": "https://login.example/authorize?p=1",
            "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys" })
    }

    #[test]
    fn a_discovery_document_is_taken_from_the_issuer_that_it_names() {
        let provider = Provider::of("https://id.example/x", &document()).unwrap();
        assert_eq!(provider.origin(), "https://login.example");
        assert_eq!(
            Provider::of("https://id.example/x/", &document()),
            Err(ProviderError::Issuer)
        );
        assert_eq!(
            Provider::of("https://id.example/x", &json!({})),
            Err(ProviderError::Shape)
        );
        let mut clear = document();
        clear["token_endpoint"] = json!("http://id.example/token");
        assert_eq!(
            Provider::of("https://id.example/x", &clear),
            Err(ProviderError::InTheClear)
        );
        assert_eq!(
            Provider::discovery_url("https://id.example/x/"),
            "https://id.example/x/.well-known/openid-configuration"
        );
    }

    #[test]
    fn an_attempt_survives_its_cookie_and_differs_from_others() {
        let (attempt, other) = (Attempt::begin().unwrap(), Attempt::begin().unwrap());
        let back = Attempt::of(attempt.secret()).unwrap();
        assert!(back.is_state(&attempt.state()) && !back.is_state(&other.state()));
        assert!(!back.is_state("") && !back.is_state(&attempt.nonce()));
        assert_eq!(
            (back.nonce(), back.challenge()),
            (attempt.nonce(), attempt.challenge())
        );
        assert_eq!(Attempt::of("short").map(|_| ()), None);
        assert_eq!(Attempt::of(&"%".repeat(SECRET_CHARS)).map(|_| ()), None);
        assert!(!format!("{attempt:?}").contains(attempt.secret()));
        // What RFC 7636 asks of a verifier.
        assert!((43..=128).contains(&attempt.verifier().len()));
    }

    #[test]
    fn the_browser_is_sent_what_binds_the_answer_and_no_secret() {
        let (provider, attempt) = (
            Provider::of("https://id.example/x", &document()).unwrap(),
            Attempt::begin().unwrap(),
        );
        let url = provider.authorization_url(
            "client",
            "https://p.example/signin/callback",
            &attempt,
            false,
        );
        let query = url
            .strip_prefix("https://login.example/authorize?p=1&")
            .unwrap();
        let sent: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let of = |name: &str| {
            sent.iter()
                .find(|(sent, _)| sent == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(of("code_challenge"), Some(attempt.challenge().as_str()));
        assert_eq!(of("code_challenge_method"), Some("S256"));
        assert_eq!(
            of("redirect_uri"),
            Some("https://p.example/signin/callback")
        );
        assert!(!url.contains(attempt.secret()) && !url.contains(&attempt.verifier()));
        assert_eq!((of("prompt"), of("max_age")), (None, None));
        let again = provider.authorization_url(
            "client",
            "https://p.example/signin/callback",
            &attempt,
            true,
        );
        assert_eq!(again, format!("{url}&prompt=login&max_age=0"));
    }
}
