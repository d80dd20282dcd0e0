//! The gatekeeper: asked before a platform is called, and told afterwards how the calls went.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Ledger, LedgerError, Stop, Use, Waits, next_minute};
use pagewarden_platforms::calls::{CallError, Load, Usage};
use pagewarden_rules::{Channel, Platform, PracticeId};

use crate::{Scope, SecretError, Secrets, count};

/// How often one call tries whether a stopped channel was repaired on the platform's side. Another
/// secret is tried at once.
const PROBE_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How soon a caller that is refused by a stopped channel may ask again, to find it repaired soon.
const ASK_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// The wait after a platform takes no more calls and does not say for how long.
const RATE_LIMITED: SignedDuration = SignedDuration::from_mins(5);

/// Keeps the gate before every channel.
#[derive(Clone, Debug)]
pub struct Gatekeeper {
    ledger: Ledger,
    secrets: Secrets,
}

/// What the gatekeeper says.
#[derive(Debug)]
pub enum Entry {
    /// Call, and tell how it went.
    Open(Permit),
    /// Not before then.
    Wait {
        /// When to ask again.
        until: Timestamp,
        /// Why, in plain words.
        why: String,
    },
}

/// The right to call, which may be a try whether a stopped channel was repaired.
#[derive(Debug)]
pub struct Permit {
    practice: PracticeId,
    channel: Channel,
    to: Use,
    stopped: Option<Box<Stop>>,
    /// What stands for the secret that the calls are made with; none where there is none.
    credential: Option<String>,
}

/// What came of the calls, as far as the gate goes by it.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// The platform let them in.
    Well,
    /// One failed.
    Call(&'a CallError),
    /// It did not come to a call that would tell.
    Untold,
    /// There was no usable secret to call with.
    Secret(&'a SecretError),
}

impl Gatekeeper {
    /// Starts keeping the gate.
    #[must_use]
    pub fn new(ledger: Ledger, secrets: Secrets) -> Self {
        Gatekeeper { ledger, secrets }
    }

    /// Asks whether a channel may be called now.
    pub async fn ask(&self, scope: &Scope<'_>, to: Use) -> Result<Entry, LedgerError> {
        let Scope {
            practice,
            channel,
            now,
            ..
        } = *scope;
        let gate = self.ledger.gate(channel).await?;
        if let Some(until) = gate.waits(now) {
            return Ok(Entry::Wait {
                until,
                why: "the platform takes no more calls for a while".to_owned(),
            });
        }
        let stopped = gate
            .stopped
            .filter(|stop| stop.only.is_none_or(|only| only == to))
            .map(Box::new);
        if stopped.is_some() {
            // Read again, so that another secret is found at once.
            self.secrets.forget(channel).await;
        }
        let refused = stopped.as_ref().and_then(|stop| stop.credential.as_ref());
        let credential = self.credential(channel, refused).await;
        if let Some(stop) = &stopped {
            let renewed = credential != stop.credential;
            if !renewed
                && (stop.probe_at > now
                    || !self.ledger.probe(channel, stop, now + PROBE_EVERY).await?)
            {
                return Ok(Entry::Wait {
                    until: now + ASK_AGAIN,
                    why: stop.why.clone(),
                });
            }
        }
        Ok(Entry::Open(Permit {
            practice: practice.clone(),
            channel: channel.clone(),
            to,
            stopped,
            credential,
        }))
    }

    /// Takes note of how the calls went. Returns `true` if the channel has to wait now.
    pub async fn record(
        &self,
        permit: &Permit,
        ended: Ended<'_>,
        load: Load,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let channel = &permit.channel;
        self.slow_down(Waits::App(channel.platform), load.app, now)
            .await?;
        self.slow_down(Waits::Channel(channel), load.account, now)
            .await?;
        if let Ended::Call(CallError::RateLimited { after }) = ended {
            let asked = after.and_then(|after| SignedDuration::try_from(after).ok());
            // Google's quota is the app's, and by the minute.
            let (waits, usual) = match channel.platform {
                Platform::Google => (Waits::App(Platform::Google), next_minute(now)),
                Platform::Facebook
                | Platform::Instagram
                | Platform::X
                | Platform::Website
                | Platform::StaffLog => (Waits::Channel(channel), now + RATE_LIMITED),
            };
            self.ledger
                .wait(waits, asked.map_or(usual, |asked| now + asked))
                .await?;
            return Ok(true);
        }
        if let Some((why, only)) = stops(ended, permit.to) {
            if matches!(ended, Ended::Call(CallError::Credential { .. }))
                && self.is_replaced(permit).await
            {
                tracing::info!(practice = %permit.practice, platform = %channel.platform, account = %channel.account, "a secret was refused that has been replaced meanwhile");
            } else {
                self.stop(permit, why, only, now).await?;
            }
            return Ok(true);
        }
        if let Some(stop) = permit.stopped.as_ref().filter(|_| was_let_in(ended)) {
            tracing::info!(practice = %permit.practice, platform = %channel.platform, account = %channel.account, "the channel goes on");
            self.ledger.resume(channel, stop).await?;
        }
        Ok(false)
    }

    async fn stop(
        &self,
        permit: &Permit,
        why: String,
        only: Option<Use>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let (practice, channel) = (&permit.practice, &permit.channel);
        let credential = permit.credential.clone();
        let task = permit
            .stopped
            .as_ref()
            .and_then(|before| before.task.clone());
        let stop = Stop {
            why,
            only,
            credential,
            probe_at: now + PROBE_EVERY,
            task,
        };
        if self.ledger.stop(practice, channel, &stop, now).await? {
            tracing::error!(%practice, platform = %channel.platform, account = %channel.account, why = stop.why, "the channel is stopped");
            count("ChannelStopped", 1, Some(practice), now);
        }
        Ok(())
    }

    /// Returns `true` if another secret is stored than the calls were made with, which this
    /// function had at hand from before. The next call is made with the other one.
    async fn is_replaced(&self, permit: &Permit) -> bool {
        self.secrets.forget(&permit.channel).await;
        self.credential(&permit.channel, permit.credential.as_ref())
            .await
            != permit.credential
    }

    /// Returns what stands for the channel's secret as it is stored now; where the store does not
    /// answer, what is given.
    async fn credential(&self, channel: &Channel, otherwise: Option<&String>) -> Option<String> {
        match self.secrets.fingerprint(channel).await {
            Ok(fingerprint) => Some(fingerprint),
            Err(SecretError::Missing(_) | SecretError::Shape(_)) => None,
            Err(SecretError::Unavailable(_)) => otherwise.cloned(),
        }
    }

    async fn slow_down(
        &self,
        waits: Waits<'_>,
        usage: Usage,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        match usage
            .pause()
            .and_then(|pause| SignedDuration::try_from(pause).ok())
        {
            Some(pause) => self.ledger.wait(waits, now + pause).await,
            None => Ok(()),
        }
    }
}

/// Returns why the channel is to be stopped, and for which use alone, where it is.
fn stops(ended: Ended<'_>, to: Use) -> Option<(String, Option<Use>)> {
    match ended {
        Ended::Call(error @ CallError::Credential { .. }) => Some((error.to_string(), None)),
        // The platform punishes what was done, and still shows what is there.
        Ended::Call(error @ CallError::Blocked) => Some((error.to_string(), Some(Use::Write))),
        // What may not be read cannot be watched. What may not be done is told with the post that
        // it is about.
        Ended::Call(error @ CallError::Permission { .. }) if to == Use::Read => {
            Some((error.to_string(), Some(Use::Read)))
        }
        Ended::Secret(error @ (SecretError::Missing(_) | SecretError::Shape(_))) => {
            Some((error.to_string(), None))
        }
        Ended::Call(
            CallError::Retry { .. }
            | CallError::RateLimited { .. }
            | CallError::Permission { .. }
            | CallError::Gone
            | CallError::AlreadyDone
            | CallError::OutsideWindow
            | CallError::Unavailable
            | CallError::AnsweredByPerson
            | CallError::Refused { .. }
            | CallError::Unreadable { .. }
            | CallError::NotSent(_),
        )
        | Ended::Secret(SecretError::Unavailable(_))
        | Ended::Well
        | Ended::Untold => None,
    }
}

/// Returns `true` if the platform looked at what was asked, and so took the credential.
fn was_let_in(ended: Ended<'_>) -> bool {
    match ended {
        Ended::Well => true,
        Ended::Call(error) => !matches!(
            error,
            CallError::Retry { .. }
                | CallError::RateLimited { .. }
                | CallError::Unreadable { .. }
                | CallError::NotSent(_)
                | CallError::Permission { .. }
        ),
        Ended::Untold | Ended::Secret(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_person_has_to_repair_stops_a_channel() {
        let credential = CallError::Credential {
            why: "connect it again",
        };
        assert_eq!(
            stops(Ended::Call(&credential), Use::Write),
            Some(("connect it again".to_owned(), None))
        );
        assert_eq!(
            stops(Ended::Call(&CallError::Blocked), Use::Write).map(|stop| stop.1),
            Some(Some(Use::Write))
        );
        let permission = CallError::Permission {
            why: "apply for access",
        };
        assert!(stops(Ended::Call(&permission), Use::Write).is_none());
        assert_eq!(
            stops(Ended::Call(&permission), Use::Read).map(|stop| stop.1),
            Some(Some(Use::Read))
        );
        assert!(
            stops(
                Ended::Secret(&SecretError::Missing("x".to_owned())),
                Use::Read
            )
            .is_some()
        );
        let later = CallError::Retry {
            after: None,
            maybe_done: true,
            why: "down",
        };
        for passing in [
            later,
            CallError::RateLimited { after: None },
            CallError::Unreadable { status: 502 },
        ] {
            assert!(
                stops(Ended::Call(&passing), Use::Read).is_none()
                    && !was_let_in(Ended::Call(&passing)),
                "{passing}"
            );
        }
        assert!(was_let_in(Ended::Well) && was_let_in(Ended::Call(&CallError::Gone)));
    }
}
