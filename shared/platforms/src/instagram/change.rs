//! One change of an account: `comments`, `live_comments` or `mentions`.
//!
//! Meta's documents and its deliveries differ in names and in their places, so each is read in
//! every form that was seen. Only what is new is told: edits and removals are found by listing.
//!
//! Sources: Meta's reference and examples of Instagram's webhooks, and recordings.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Post, Surface};
use serde_json::Value;

use super::{author, is_own};
use crate::{Incoming, id, json};

/// A change that names nothing cannot be looked up either.
const WITHOUT_ID: Incoming = Incoming::Ignored {
    reason: "a change without the id of what changed",
};

/// Reads one change of an account.
pub(crate) fn read_change(
    channel: Channel,
    sent_at: Option<Timestamp>,
    field: &str,
    value: &Value,
) -> Incoming {
    match field {
        "comments" | "live_comments" => comment(channel, sent_at, value),
        "mentions" => mention(channel, value),
        _ => Incoming::Ignored {
            reason: "a field that is not watched",
        },
    }
}

fn comment(channel: Channel, sent_at: Option<Timestamp>, value: &Value) -> Incoming {
    // Deliveries say `id`; Meta's own example has `comment_id`.
    let Some(id) = ["id", "comment_id"]
        .iter()
        .find_map(|name| id::id(value.get(name)?))
    else {
        return WITHOUT_ID;
    };
    let (from, media, surface) = (&value["from"], &value["media"], Surface::Comment);
    // A comment below an advertisement belongs to the post that is advertised.
    let thread = [media.get("original_media_id"), media.get("id")]
        .into_iter()
        .flatten()
        .find_map(id::id);
    if is_own(&channel, from) {
        return Incoming::Own {
            channel,
            surface,
            id,
            thread,
            at: sent_at,
        };
    }
    let author = author(from);
    // A name alone may be the account's own; the platform says whose it is when it is asked by
    // the comment's id.
    let Some(text) =
        json::text(value, "text").filter(|_| author.id.is_some() || author.name.is_none())
    else {
        return Incoming::Incomplete {
            channel,
            surface,
            id,
            thread,
            author,
        };
    };
    Incoming::Post(Post {
        channel,
        surface,
        id,
        author,
        text: text.to_owned(),
        tagged: Vec::new(),
        media: Vec::new(),
        rating: None,
        // The delivery's own time is that of sending: the same comment below a post and its
        // advertisement comes twice.
        posted_at: None,
        thread,
        parent: value.get("parent_id").and_then(id::id),
        permalink: None,
    })
}

/// A mention comes as ids alone: of the post, and of the comment below it if that is where the
/// mention is.
fn mention(channel: Channel, value: &Value) -> Incoming {
    let named = |name: &str| value.get(name).and_then(id::id);
    let (id, thread) = match (named("comment_id"), named("media_id")) {
        (Some(comment), media) => (comment, media),
        (None, Some(media)) => (media, None),
        (None, None) => return WITHOUT_ID,
    };
    Incoming::Incomplete {
        channel,
        surface: Surface::Mention,
        id,
        thread,
        author: Author::default(),
    }
}
