//! One identity token: a JSON Web Token that an issuer signed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::signature::RSA_PKCS1_2048_8192_SHA256;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thiserror::Error;

use crate::Keys;

/// The one algorithm that is taken. It is ours to name: a token that names another is refused.
pub(crate) const ALGORITHM: &str = "RS256";

/// Seconds by which the clocks of the issuer and of this system may differ.
const CLOCKS_DIFFER_S: i64 = 60;

/// What a token must say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// Who may have issued it. More than one only where the issuer itself writes its name in
    /// several ways.
    pub issuers: &'a [&'a str],
    /// Who it has to be for (`aud`).
    pub audience: &'a str,
    /// The client to which it has to have been issued (`azp`), where the token names one. With none
    /// that is not looked at: a service account's token names the account there.
    pub client: Option<&'a str>,
    /// The nonce that was sent with the request for it; none where nobody asked for it.
    pub nonce: Option<&'a str>,
    /// Since when the person must have shown the issuer who they are (`auth_time`); none where it
    /// does not matter how long ago that was.
    pub shown_since: Option<Timestamp>,
}

/// Why a token was refused. No variant holds any part of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is not a token, or not one of the kind that is taken.
    #[error("the identity token is cut short, is no token or is not signed with {ALGORITHM}")]
    Shape,
    /// The key that signed it is not among these: they may have changed since they were fetched.
    #[error("the identity token is signed with a key that is not one of its issuer's")]
    UnknownKey,
    /// The signature is somebody else's, or of something else.
    #[error("the signature does not fit the identity token")]
    Mismatch,
    /// What it says cannot be read.
    #[error("the identity token lacks what every such token says")]
    Claims,
    /// Somebody else issued it.
    #[error("the identity token is of another issuer")]
    Issuer,
    /// It is for somebody else.
    #[error("the identity token is for another audience")]
    Audience,
    /// It was issued to another client.
    #[error("the identity token was issued to another client")]
    Client,
    /// It has run out.
    #[error("the identity token has run out")]
    Expired,
    /// It is not valid yet.
    #[error("the identity token is not valid yet: the clocks may differ")]
    NotYet,
    /// It does not answer this request, and may have been used before.
    #[error("the identity token does not answer this request")]
    Nonce,
    /// The issuer was asked to say when the person last showed who they are, and does not.
    #[error("the identity token does not say when the person signed in: it lacks auth_time")]
    NoAuthTime,
    /// The issuer passed on that somebody was signed in, and did not ask who they are.
    #[error("the identity token is about somebody who signed in before they were asked to")]
    NotAskedAgain,
}

/// What a token says, its signature and everything that was expected having been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who issued it.
    pub issuer: String,
    /// The issuer's own id of the person it is about. Unique at that issuer, and never given to
    /// somebody else.
    pub subject: String,
    /// Their e-mail address as the issuer writes it, only where the issuer says that it has
    /// verified it.
    pub email: Option<String>,
    /// When they last showed the issuer who they are, by a password or otherwise; none where the
    /// issuer does not say, which it has to only where it was asked.
    pub shown_at: Option<Timestamp>,
}

/// What is read of a token before its signature is checked: with which key.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// Extensions that a reader of the token must understand. None are understood here.
    #[serde(default)]
    crit: Option<Value>,
}

/// What is read of a token once its signature holds.
#[derive(Deserialize)]
struct Said {
    iss: String,
    aud: Audience,
    exp: i64,
    sub: String,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    azp: Option<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    email: Option<String>,
    /// A boolean. Anything else, such as the text "true", verifies nothing.
    #[serde(default)]
    email_verified: Option<Value>,
    /// Whole seconds. Anything else says nothing.
    #[serde(default)]
    auth_time: Option<Value>,
}

/// Who a token is for: one text or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Checks a token and returns what it says.
///
/// The signature is checked by ring. What stands around it, three parts in base64 of which two are
/// JSON, is read here rather than by a library for tokens of every kind: only RS256 is taken,
/// whatever the token asks for.
pub fn verify(
    keys: &Keys,
    token: &str,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Shape)?;
    let (head, said) = signed.split_once('.').ok_or(TokenError::Shape)?;
    let head: Header = part(head).ok_or(TokenError::Shape)?;
    if head.alg != ALGORITHM || head.crit.is_some() {
        return Err(TokenError::Shape);
    }
    let key = keys.find(&head.kid).ok_or(TokenError::UnknownKey)?;
    let signature = URL_SAFE_NO_PAD
        .decode(signature)
        .map_err(|_| TokenError::Shape)?;
    key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
        .map_err(|_| TokenError::Mismatch)?;
    let said: Said = part(said)
        .filter(|said: &Said| !said.sub.is_empty())
        .ok_or(TokenError::Claims)?;
    said.check(expected, now)?;
    let verified = said.email_verified == Some(Value::Bool(true));
    let shown_at = said.shown_at();
    Ok(Claims {
        issuer: said.iss,
        subject: said.sub,
        email: said.email.filter(|_| verified),
        shown_at,
    })
}

impl Said {
    fn shown_at(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.auth_time.as_ref()?.as_i64()?).ok()
    }

    fn check(&self, expected: &Expected<'_>, now: Timestamp) -> Result<(), TokenError> {
        if !expected.issuers.contains(&self.iss.as_str()) {
            return Err(TokenError::Issuer);
        }
        let several = match &self.aud {
            Audience::One(one) if one == expected.audience => false,
            Audience::Several(all) if all.iter().any(|one| one == expected.audience) => {
                all.len() > 1
            }
            _ => return Err(TokenError::Audience),
        };
        match (expected.client, &self.azp) {
            (Some(client), Some(party)) if party != client => return Err(TokenError::Client),
            // Of several audiences, the one that asked for it has to be named.
            (Some(_), None) | (None, _) if several => return Err(TokenError::Client),
            _ => {}
        }
        let now = now.as_second();
        if self.exp.saturating_add(CLOCKS_DIFFER_S) <= now {
            return Err(TokenError::Expired);
        }
        let shown_at = self.shown_at().map(Timestamp::as_second);
        if [self.nbf, self.iat, shown_at]
            .into_iter()
            .flatten()
            .any(|from| from.saturating_sub(CLOCKS_DIFFER_S) > now)
        {
            return Err(TokenError::NotYet);
        }
        if expected.nonce.is_some() && self.nonce.as_deref() != expected.nonce {
            return Err(TokenError::Nonce);
        }
        match (expected.shown_since.map(Timestamp::as_second), shown_at) {
            (Some(_), None) => Err(TokenError::NoAuthTime),
            (Some(since), Some(at)) if at.saturating_add(CLOCKS_DIFFER_S) < since => {
                Err(TokenError::NotAskedAgain)
            }
            (None, _) | (Some(_), Some(_)) => Ok(()),
        }
    }
}

/// Reads one part of a token.
fn part<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
