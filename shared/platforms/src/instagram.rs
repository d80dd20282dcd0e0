//! Instagram professional accounts: comments below their own posts, and mentions elsewhere.
//!
//! An account is reached through the Facebook page that it is connected to, with that page's token.

mod change;
mod client;
mod comment;

pub(crate) use change::read_change;
pub use client::{Instagram, MEDIA, PAGE};
pub use comment::{Comment, CommentPage, Medium};

pub use crate::meta::Settings;

use pagewarden_rules::{Author, Channel};
use serde_json::Value;

use crate::{Permission, id, json};

/// What the person who connects an account grants.
///
/// Source: Meta's permission reference.
pub const PERMISSIONS: [Permission; 7] = [
    Permission {
        name: "pages_show_list",
        to: "find the page that the account is connected to",
    },
    Permission {
        name: "pages_manage_metadata",
        to: "receive webhooks about the account",
    },
    Permission {
        name: "pages_read_engagement",
        to: "reach the account through its page",
    },
    Permission {
        name: "instagram_basic",
        to: "read the account's posts and comments",
    },
    Permission {
        name: "instagram_manage_comments",
        to: "hide, delete or answer comments",
    },
    Permission {
        name: "instagram_manage_messages",
        to: "write to the author of a comment in private, or block anybody",
    },
    Permission {
        name: "business_management",
        to: "block anybody",
    },
];

/// Returns who wrote something, as `from` tells it.
fn author(from: &Value) -> Author {
    Author {
        id: from.get("id").and_then(id::id),
        name: json::name(from, "username"),
        ..Author::default()
    }
}

/// Returns `true` if `from` is the account itself, which Meta marks with an id that nobody else
/// gets.
fn is_own(channel: &Channel, from: &Value) -> bool {
    from.get("self_ig_scoped_id")
        .is_some_and(|id| !id.is_null())
        || is_account(channel, from)
}

/// Returns `true` if an object is the account, by its id.
fn is_account(channel: &Channel, object: &Value) -> bool {
    object
        .get("id")
        .and_then(id::id)
        .is_some_and(|id| id == channel.account)
}
