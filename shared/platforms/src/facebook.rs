//! Facebook pages: comments, visitors' posts, recommendations and mentions.

mod change;
mod client;
mod comment;
mod picture;
mod recommendation;

pub(crate) use change::read_change;
pub use client::{Facebook, POSTS};
pub use comment::{Comment, CommentPage, Thread};
pub(crate) use picture::addresses;

pub use crate::meta::Settings;

use pagewarden_rules::Channel;
use serde_json::Value;

use crate::{Permission, json};

/// What the person who connects a page grants.
///
/// Source: Meta's permission reference.
pub const PERMISSIONS: [Permission; 7] = [
    Permission {
        name: "pages_show_list",
        to: "find the page when it is connected",
    },
    Permission {
        name: "pages_manage_metadata",
        to: "receive webhooks about the page",
    },
    Permission {
        name: "pages_read_engagement",
        to: "read the page's own posts",
    },
    Permission {
        name: "pages_read_user_content",
        to: "read comments, visitors' posts or recommendations",
    },
    Permission {
        name: "pages_manage_engagement",
        to: "hide, delete or answer comments, or ban their authors",
    },
    Permission {
        name: "pages_manage_posts",
        to: "delete visitors' posts",
    },
    Permission {
        name: "pages_messaging",
        to: "write to the author of a comment in private",
    },
];

/// The fields of a page of which Facebook has to tell: comments and posts, mentions, and
/// recommendations.
pub const HEARD: [&str; 3] = ["feed", "mention", "ratings"];

/// Returns those of them that are not among what Facebook tells.
#[must_use]
pub fn unheard(told: &[String]) -> Vec<&'static str> {
    HEARD
        .into_iter()
        .filter(|field| !told.iter().any(|told| told == field))
        .collect()
}

/// How the addresses of Facebook's own pages begin.
const OWN_PAGES: &str = "https://www.facebook.com/";

/// Returns where a person can see a post: Facebook leads from a post's or comment's id to its page.
fn address(id: &str) -> String {
    format!("https://www.facebook.com/{id}")
}

/// Names that are kept of those tagged in one text: more are a crowd, and tell no patient from
/// another.
const MOST_TAGGED: usize = 50;

/// Returns the names of the people that the author tagged. Comments list their tags; posts may have
/// them by their places.
fn tagged(value: &Value) -> Vec<String> {
    let places = match &value["message_tags"] {
        Value::Array(tags) => vec![tags],
        Value::Object(places) => places.values().filter_map(Value::as_array).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let is_person = |tag: &&Value| json::text(tag, "type").is_none_or(|kind| kind == "user");
    let tags = places.into_iter().flatten().filter(is_person);
    tags.filter_map(|tag| json::name(tag, "name"))
        .take(MOST_TAGGED)
        .collect()
}

/// Returns `true` if this is the page itself.
fn is_page(channel: &Channel, author: Option<&str>) -> bool {
    author == Some(channel.account.as_str())
}

/// Returns the part of a compound id after the last underscore, which is the part that does not
/// vary.
///
/// A recording of 2026 has a comment's `parent_id` and `post_id` differ before it for the same
/// post.
fn last_part(id: &str) -> &str {
    id.rsplit('_').next().unwrap_or(id)
}
