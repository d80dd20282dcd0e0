#![doc = include_str!("../README.md")]
// What a further kind of alert or way needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod alert;
#[cfg(feature = "aws")]
mod aws;
mod carry;
mod outbox;
mod practice;
pub mod who;
mod wording;

pub use alert::Alert;
#[cfg(feature = "aws")]
pub use aws::{Ses, Sns};
pub use carry::{Carried, Carrier, CarryError, Parcel};
pub use outbox::Outbox;
pub use practice::{Practice, PracticeError};
pub use who::Recipient;
pub use wording::{Facts, Link, Urgencies, Wording};
