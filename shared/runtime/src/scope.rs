//! What one piece of work is about.

use jiff::Timestamp;
use pagewarden_rules::{Channel, PostKey, PracticeId};

/// A channel of a practice, looked at or acted on at one time.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The practice: the tenant.
    pub practice: &'a PracticeId,
    /// Its channel.
    pub channel: &'a Channel,
    /// The delivery or sweep that this belongs to, to follow it through the logs.
    pub correlation: &'a str,
    /// The time that it goes by.
    pub now: Timestamp,
}

impl Scope<'_> {
    /// Returns the key of a post on the channel, by the platform's id of it.
    #[must_use]
    pub fn post(&self, id: &str) -> PostKey {
        PostKey {
            practice: self.practice.clone(),
            platform: self.channel.platform,
            id: id.to_owned(),
        }
    }
}
