//! Access to X: one access token for all functions, renewed by one of them at a time.

use std::time::Duration;

use jiff::SignedDuration;
use pagewarden_ledger::{AccessRecord, Ledger, Rotating};
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::x::{Consent, X};

use crate::{ReachError, Scope, Secrets};

/// How long one function alone may renew: longer than its call can take.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// Looks for what another function is fetching, and the pause between two of them: some ten
/// seconds, as long as its call can take.
const LOOKS: u32 = 50;
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// Tries at storing new tokens. X gives them once, so they are not let go for one failed write.
const STORE_TRIES: u32 = 3;

/// The way to X's access tokens.
#[derive(Clone, Debug)]
pub struct XAccess {
    ledger: Ledger,
    secrets: Secrets,
    x: X,
}

/// A token for calls to X.
#[derive(Clone, Debug)]
pub struct XToken {
    secret: Secret,
    is_new: bool,
    scope: Option<String>,
}

impl XToken {
    /// Returns the token, for the call that needs it.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Returns the scopes to which the account consented, parted by spaces; none where X did not
    /// say.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Returns `true` if X gave it just now: where X refuses it all the same, another would not
    /// help.
    #[must_use]
    pub const fn is_new(&self) -> bool {
        self.is_new
    }
}

impl XAccess {
    /// Makes the way to X's tokens.
    #[must_use]
    pub const fn new(ledger: Ledger, secrets: Secrets, x: X) -> Self {
        XAccess { ledger, secrets, x }
    }

    /// Returns the client for which the tokens are.
    #[must_use]
    pub const fn x(&self) -> &X {
        &self.x
    }

    /// Returns a token that can be used now: the one in force, or a new one.
    ///
    /// A refresh token is good for once, so who renews takes a lease first; the others wait for
    /// what it brings.
    pub async fn token(&self, scope: &Scope<'_>) -> Result<XToken, ReachError> {
        let Scope {
            practice,
            channel,
            now,
            ..
        } = *scope;
        let consent = self.secrets.x_consent(channel).await?;
        let began_with = Rotating::chain_from(consent.refresh_token.expose());
        for _ in 0..LOOKS {
            let seen = self.ledger.access(practice, channel).await?;
            let tokens = seen
                .tokens
                .as_ref()
                .filter(|tokens| tokens.began_with == began_with);
            if let Some(tokens) = tokens.filter(|tokens| tokens.usable_until > now) {
                let (secret, scope) = (Secret::new(&tokens.access), tokens.scope.clone());
                return Ok(XToken {
                    secret,
                    is_new: false,
                    scope,
                });
            }
            if self
                .ledger
                .lease_access(practice, channel, &seen, now + LEASE, now)
                .await?
            {
                let refresh = tokens.map_or(consent.refresh_token.clone(), |tokens| {
                    Secret::new(&tokens.refresh)
                });
                return self
                    .renew(scope, &seen, began_with, &consent, &refresh)
                    .await;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let why = "another function has not yet renewed the access to X";
        Err(CallError::Retry {
            after: None,
            maybe_done: false,
            why,
        }
        .into())
    }

    /// Notes that X did not take a token before its time was up, so that the next one asked for is
    /// another.
    pub async fn refused(&self, scope: &Scope<'_>, token: &XToken) -> Result<(), ReachError> {
        self.ledger
            .spoil_access(scope.practice, scope.channel, token.secret.expose())
            .await?;
        Ok(())
    }

    async fn renew(
        &self,
        scope: &Scope<'_>,
        seen: &AccessRecord,
        began_with: String,
        consent: &Consent,
        refresh: &Secret,
    ) -> Result<XToken, ReachError> {
        let Scope {
            practice,
            channel,
            now,
            ..
        } = *scope;
        let new = match self.x.refresh(consent, refresh).await {
            Ok(new) => new,
            Err(error) => {
                self.ledger.release_access(practice, channel, seen).await?;
                return Err(error.into());
            }
        };
        let tokens = Rotating {
            access: new.access.expose().to_owned(),
            refresh: new.refresh.as_ref().unwrap_or(refresh).expose().to_owned(),
            usable_until: now + SignedDuration::try_from(new.usable_for).unwrap_or_default(),
            began_with,
            scope: new.scope,
        };
        let mut tries = 1;
        while let Err(error) = self
            .ledger
            .renew_access(practice, channel, seen, &tokens)
            .await
        {
            if tries == STORE_TRIES {
                tracing::error!(%practice, account = %channel.account, "the new tokens of X could not be stored: the account may have to be connected again");
                return Err(error.into());
            }
            tries += 1;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(XToken {
            secret: new.access,
            is_new: true,
            scope: tokens.scope,
        })
    }
}
