//! Why a call did not do what was asked: one variant for each decision a caller makes.

use std::time::Duration;

use thiserror::Error;

/// What to do next. The words are for a person at the practice.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CallError {
    /// Try again later.
    #[error("{why}")]
    Retry {
        /// How long the platform asks to wait.
        after: Option<Duration>,
        /// The call may have been carried out all the same: look before repeating what must not be
        /// done twice.
        maybe_done: bool,
        /// What happened.
        why: &'static str,
    },
    /// Send nothing more to this account until then.
    #[error("the platform takes no more calls for a while")]
    RateLimited {
        /// How long the platform asks to wait.
        after: Option<Duration>,
    },
    /// Stop this channel and ask for a new token; queue the rest.
    #[error("{why}")]
    Credential {
        /// What is wrong with the token.
        why: &'static str,
    },
    /// The platform has blocked the account: stop every write to it and tell a person.
    #[error("the platform has blocked the account from acting for a time, for breaking its rules")]
    Blocked,
    /// Give this up and tell a person: a right, an approval or a verification is missing.
    #[error("{why}")]
    Permission {
        /// What is missing.
        why: &'static str,
    },
    /// The post is gone. An account that is not there is [`CallError::Permission`], which stops the
    /// channel and tells somebody.
    #[error("the post is no longer there")]
    Gone,
    /// It was done before this call.
    #[error("it had been done before")]
    AlreadyDone,
    /// Too late for a private message: give this up and tell a person.
    #[error("the time in which the platform allows a private message has passed")]
    OutsideWindow,
    /// The person cannot be written to: give this up and tell a person.
    #[error("the author cannot be reached by private message")]
    Unavailable,
    /// Somebody else's answer stands there, and ours would overwrite it.
    #[error("somebody at the practice has answered already")]
    AnsweredByPerson,
    /// The platform will not do it, now or later.
    #[error("the platform refused it (code {code}{})", subcode.map(|s| format!(", {s}")).unwrap_or_default())]
    Refused {
        /// The platform's code, or the HTTP status.
        code: u32,
        /// Its finer code.
        subcode: Option<u32>,
    },
    /// The answer is not one of the platform's: nothing is known to have been done.
    #[error("the platform's answer could not be read (HTTP {status})")]
    Unreadable {
        /// The HTTP status.
        status: u16,
    },
    /// What was to be sent breaks the platform's rules, so it was not sent.
    #[error("{0}")]
    NotSent(&'static str),
}

impl CallError {
    /// Returns `true` if the same call may succeed later without anybody doing anything.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            CallError::Retry { .. }
                | CallError::RateLimited { .. }
                | CallError::Unreadable { status: 500.. }
        )
    }
}
