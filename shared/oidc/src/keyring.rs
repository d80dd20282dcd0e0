//! An issuer's keys, fetched when they are needed and no more often.

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::sync::Mutex;

use crate::{Claims, Expected, Keys, TokenError, verify};

/// How long to cache an issuer's public keys. An issuer publishes a key well before signing with
/// it.
const FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);

/// The least time between two fetches. Whoever makes names of keys up must not have the issuer
/// asked for each, nor a flood of tokens have it asked for each while it does not answer.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// The keys of one issuer.
#[derive(Debug, Default)]
pub struct Keyring(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Those that were fetched last, and when.
    keys: Option<(Timestamp, Keys)>,
    /// When they were last asked for, whatever came of it.
    asked_at: Option<Timestamp>,
}

/// Why a token was not accepted; `E` says why keys could not be fetched.
#[derive(Debug, Error)]
pub enum KeyError<E> {
    /// The token is wrong.
    #[error(transparent)]
    Refused(#[from] TokenError),
    /// The token may be right: try again later.
    #[error("the issuer's keys could not be fetched: {0}")]
    NoKeys(E),
    /// The same, and the issuer was not asked again.
    #[error(
        "the issuer's keys could not be fetched less than a minute ago, and are not asked for again so soon"
    )]
    NoKeysYet,
}

impl Keyring {
    /// Checks a token with the keys that are known; `fetch` is awaited only where that does not
    /// settle it.
    pub async fn verify<E>(
        &self,
        token: &str,
        expected: &Expected<'_>,
        now: Timestamp,
        fetch: impl Future<Output = Result<Keys, E>>,
    ) -> Result<Claims, KeyError<E>> {
        let mut known = self.0.lock().await;
        let fresh = known
            .keys
            .as_ref()
            .filter(|(fetched, _)| now.duration_since(*fetched) < FRESH_FOR);
        if let Some((_, keys)) = fresh {
            match verify(keys, token, expected, now) {
                Err(TokenError::UnknownKey) => {}
                checked => return Ok(checked?),
            }
        }
        if known
            .asked_at
            .is_some_and(|at| now.duration_since(at) < AGAIN_AFTER)
        {
            // What was fetched just now is every key that there is. Where that failed, the one that
            // is missing may be.
            let has_all = fresh.is_some_and(|(fetched, _)| known.asked_at == Some(*fetched));
            return Err(if has_all {
                TokenError::UnknownKey.into()
            } else {
                KeyError::NoKeysYet
            });
        }
        known.asked_at = Some(now);
        let (_, keys) = known
            .keys
            .insert((now, fetch.await.map_err(KeyError::NoKeys)?));
        Ok(verify(keys, token, expected, now)?)
    }
}
