//! X, formerly Twitter: replies, mentions and quotes.
//!
//! X lets an account hide replies in the conversations that it started, answer those who call on it
//! by name, and mute. It lets nobody delete somebody else's post, and keeps blocking by API for its
//! Enterprise plan.

mod client;
mod connect;
mod crc;
mod delivery;
mod errors;
mod post;
mod token;
mod usage;

pub use client::{MOST_QUOTED, PostPage, Posts, Settings, X};
pub use connect::Login;
pub use crc::{ChallengeRefusal, challenge};
pub use delivery::{TELLS_NOTHING, read};
pub use post::XPost;
pub(crate) use post::addresses;
pub use token::{Consent, PERMISSIONS, Tokens};

/// Digits of an id at most: X's ids are 63-bit numbers.
const MOST_DIGITS: usize = 19;

/// Returns `true` if this is an id as X's own specification writes it.
fn is_id(text: &str) -> bool {
    (1..=MOST_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Returns where a person can see a post, whoever wrote it.
fn address(id: &str) -> String {
    format!("https://x.com/i/web/status/{id}")
}
