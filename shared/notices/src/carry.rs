//! What carries a notice to somebody.

use std::fmt;

use futures_util::future::BoxFuture;
use pagewarden_policies::Way;
use pagewarden_rules::PracticeId;
use thiserror::Error;

use crate::{Alert, Recipient, Wording};

/// A notice on its way to one person.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The practice.
    pub practice: PracticeId,
    /// Its id, by which a provider's later word about it is understood.
    pub notice: String,
    /// What it is of.
    pub alert: Alert,
    /// To whom, and by which way.
    pub to: Recipient,
    /// The words.
    pub wording: Wording,
}

/// Somebody took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried;

/// Why a notice was not taken. Nothing in it names the address: it goes to a log.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CarryError {
    /// This address or number takes no messages: a person has to correct it.
    #[error("the address was refused ({0})")]
    Refused(String),
    /// Nothing can be sent at the moment: it is tried again.
    #[error("it could not be sent ({0})")]
    Unavailable(String),
}

/// Sends by e-mail, by text message, or both.
///
/// No provider knows a message again, so one that was taken shortly before the program was killed
/// is sent once more.
pub trait Carrier: fmt::Debug + Send + Sync {
    /// Sends a notice.
    fn carry<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Result<Carried, CarryError>>;

    /// Returns `true` if it is for this way.
    fn carries(&self, way: Way) -> bool;
}
