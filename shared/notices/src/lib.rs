//! Notices: who is told of what, by which way and in which words; and what carries it to them.
//!
//! A notice says what kind of thing waits, how much of it, and where to look. It never has a word
//! of a post in it, nor the name or id of whoever wrote one: a message goes through other people's
//! networks and lights up on a locked telephone. [`Facts`] has no place for either.
//!
//! Who is told is a pure function of the practice's people, the time and what happened before:
//! [`who::steps`].

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
