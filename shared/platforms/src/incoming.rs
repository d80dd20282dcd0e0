//! Sightings: what a delivery or a poll tells, one for each change.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Platform, Post, Surface};

/// What one change tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Somebody else wrote or edited something on the channel: to be judged.
    Post(Post),
    /// Something was written, but the delivery has ids only: it must be read from the platform.
    Incomplete {
        /// The account of the practice.
        channel: Channel,
        /// The place on the platform.
        surface: Surface,
        /// The platform's id of the post.
        id: String,
        /// The conversation under which it stands, where it is part of one.
        thread: Option<String>,
        /// Who wrote it, as far as the delivery tells.
        author: Author,
    },
    /// The account's own writing: never judged, never answered.
    Own {
        /// The account of the practice.
        channel: Channel,
        /// The place on the platform.
        surface: Surface,
        /// The platform's id of what was written.
        id: String,
        /// The conversation under which it stands, where it is an answer.
        thread: Option<String>,
        /// When, by the platform's clock.
        at: Option<Timestamp>,
    },
    /// Something is gone from the channel, whoever removed it.
    Removed {
        /// The account of the practice.
        channel: Channel,
        /// The platform's id of what was removed.
        id: String,
        /// When, by the platform's clock.
        at: Option<Timestamp>,
    },
    /// Something was hidden or shown again.
    Visibility {
        /// The account of the practice.
        channel: Channel,
        /// The platform's id of the post.
        id: String,
        /// Hidden, or shown.
        hidden: bool,
        /// Done by the account itself: by this system or by a person at the practice.
        by_page: bool,
        /// When, by the platform's clock.
        at: Option<Timestamp>,
    },
    /// Somebody withdrew the right to act for these accounts.
    Revoked {
        /// The platform.
        platform: Platform,
        /// The platform's ids of the accounts.
        accounts: Vec<String>,
    },
    /// Nothing to do, because of this.
    Ignored {
        /// Why, in fixed words, so that it can be counted.
        reason: &'static str,
    },
}

impl Incoming {
    /// Returns the channel that it is about, if it is about one.
    #[must_use]
    pub const fn channel(&self) -> Option<&Channel> {
        match self {
            Incoming::Post(post) => Some(&post.channel),
            Incoming::Incomplete { channel, .. }
            | Incoming::Own { channel, .. }
            | Incoming::Removed { channel, .. }
            | Incoming::Visibility { channel, .. } => Some(channel),
            Incoming::Revoked { .. } | Incoming::Ignored { .. } => None,
        }
    }

    /// Returns the platform's id of what it is about.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Incoming::Post(post) => Some(&post.id),
            Incoming::Incomplete { id, .. }
            | Incoming::Own { id, .. }
            | Incoming::Removed { id, .. }
            | Incoming::Visibility { id, .. } => Some(id),
            Incoming::Revoked { .. } | Incoming::Ignored { .. } => None,
        }
    }
}
