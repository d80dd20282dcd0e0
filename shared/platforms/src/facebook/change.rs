//! One change of a page: `feed`, `ratings` or `mention`.
//!
//! Every name here is an open string to Meta: documents, recordings and years differ. What is
//! unknown is read from the platform where somebody's words may be in it, and left otherwise;
//! nothing fails.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Post, Surface};
use serde_json::Value;

use super::{OWN_PAGES, address, is_page, last_part, picture, tagged};
use crate::{Incoming, id, json};

/// What a verb means for something written.
enum Verb {
    Written,
    Edited,
    Removed,
    Visibility { hidden: bool },
    Nothing,
    Unknown,
}

impl Verb {
    /// Comments and posts use `edited` and `remove`, others `edit`; both lists of verbs are in use.
    fn parse(value: &Value) -> Verb {
        match json::text(value, "verb") {
            Some("add") => Verb::Written,
            Some("edit" | "edited" | "update") => Verb::Edited,
            Some("remove" | "delete") => Verb::Removed,
            Some("hide") => Verb::Visibility { hidden: true },
            Some("unhide") => Verb::Visibility { hidden: false },
            Some("follow" | "mute" | "block" | "unblock") => Verb::Nothing,
            _ => Verb::Unknown,
        }
    }
}

/// Reads one change of a page.
pub(crate) fn read_change(
    channel: Channel,
    sent_at: Option<Timestamp>,
    field: &str,
    value: &Value,
) -> Incoming {
    let author = author(value);
    let surface = match surface(field, value, &channel, &author) {
        Ok(surface) => surface,
        Err(reason) => return Incoming::Ignored { reason },
    };
    let Some(id) = id_on(surface, value) else {
        return Incoming::Ignored {
            reason: "a change without the id of what changed",
        };
    };
    let by_page = is_page(&channel, author.id.as_deref());
    let created_at = json::time(value, "created_time");
    match Verb::parse(value) {
        Verb::Nothing => Incoming::Ignored {
            reason: "a verb that changes no content",
        },
        // `created_time` is that of the post; the delivery's own time is the nearest to that of the
        // removal.
        Verb::Removed => Incoming::Removed {
            channel,
            id,
            at: sent_at.or(created_at),
        },
        // Here `from` is who hid it, and `created_time` is when.
        Verb::Visibility { hidden } => Incoming::Visibility {
            channel,
            id,
            hidden,
            by_page,
            at: created_at.or(sent_at),
        },
        Verb::Written | Verb::Edited | Verb::Unknown if by_page => Incoming::Own {
            thread: thread(surface, value),
            channel,
            surface,
            id,
            at: created_at.or(sent_at),
        },
        Verb::Unknown => Incoming::Incomplete {
            thread: thread(surface, value),
            channel,
            surface,
            id,
            author,
        },
        Verb::Written => content(channel, surface, id, author, created_at, value),
        Verb::Edited => {
            let edited_at = json::time(value, "edited_time").or(sent_at).or(created_at);
            content(channel, surface, id, author, edited_at, value)
        }
    }
}

/// Returns the place on the platform of which a change tells, or why it is not looked at.
fn surface(
    field: &str,
    value: &Value,
    channel: &Channel,
    author: &Author,
) -> Result<Surface, &'static str> {
    match (field, json::text(value, "item").unwrap_or_default()) {
        ("feed" | "ratings" | "mention", "like" | "reaction") => Err("a reaction"),
        ("mention", _) | ("feed", "mention") => Ok(Surface::Mention),
        ("feed" | "ratings", "comment") => Ok(Surface::Comment),
        ("ratings", _) | ("feed", "rating") => Ok(Surface::Recommendation),
        (
            "feed",
            "post" | "status" | "photo" | "video" | "share" | "link" | "note" | "question",
        ) => Ok(Surface::VisitorPost),
        // Somebody else's words and pictures are judged, whatever the item is called. What names
        // nobody, as a page's events do, is its own.
        ("feed", _)
            if has_content(value)
                && author.id.is_some()
                && !is_page(channel, author.id.as_deref()) =>
        {
            Ok(if value.get("comment_id").is_some() {
                Surface::Comment
            } else {
                Surface::VisitorPost
            })
        }
        ("feed", _) => Err("an item that is not watched"),
        _ => Err("a field that is not watched"),
    }
}

fn has_content(value: &Value) -> bool {
    json::text(value, "message").is_some() || !picture::in_change(value).is_empty()
}

fn id_on(surface: Surface, value: &Value) -> Option<String> {
    let names: &[&str] = match surface {
        Surface::Comment => &["comment_id"],
        Surface::Mention => &["comment_id", "post_id"],
        Surface::Recommendation => &["open_graph_story_id", "post_id", "comment_id"],
        Surface::VisitorPost
        | Surface::Review
        | Surface::Reply
        | Surface::Premises
        | Surface::Appeal => &["post_id"],
    };
    names.iter().find_map(|name| id::id(value.get(name)?))
}

/// Returns the thread of a comment: the page's post, or the recommendation, under which it stands.
fn thread(surface: Surface, value: &Value) -> Option<String> {
    if surface == Surface::Comment {
        value.get("post_id").and_then(id::id)
    } else {
        None
    }
}

/// Returns who wrote, hid or removed it: `from`, or the members that older versions and ratings
/// use.
fn author(value: &Value) -> Author {
    let from = &value["from"];
    let id = [
        from.get("id"),
        value.get("reviewer_id"),
        value.get("sender_id"),
    ]
    .into_iter()
    .flatten()
    .find_map(id::id);
    let name = [
        json::name(from, "name"),
        json::name(value, "reviewer_name"),
        json::name(value, "sender_name"),
    ];
    Author {
        id,
        name: name.into_iter().flatten().next(),
        ..Author::default()
    }
}

fn content(
    channel: Channel,
    surface: Surface,
    id: String,
    author: Author,
    posted_at: Option<Timestamp>,
    value: &Value,
) -> Incoming {
    let text = json::text(value, "message")
        .or_else(|| json::text(value, "review_text"))
        .unwrap_or_default();
    let media = picture::in_change(value);
    let thread = thread(surface, value);
    // A recommendation may be a bare yes or no; anything else without words or pictures has them
    // left out.
    if text.is_empty() && media.is_empty() && surface != Surface::Recommendation {
        return Incoming::Incomplete {
            channel,
            surface,
            id,
            thread,
            author,
        };
    }
    let parent = value.get("parent_id").and_then(id::id).filter(|parent| {
        surface == Surface::Comment
            && thread
                .as_deref()
                .is_none_or(|thread| last_part(thread) != last_part(parent))
    });
    Incoming::Post(Post {
        channel,
        surface,
        author,
        text: text.to_owned(),
        tagged: tagged(value),
        media,
        rating: value["rating"]
            .as_u64()
            .and_then(|stars| u8::try_from(stars).ok())
            .filter(|s| (1..=5).contains(s)),
        posted_at,
        thread,
        parent,
        permalink: Some(permalink(surface, &id, value)),
        id,
    })
}

/// Returns where a person can see it: Facebook's own link where the change has one.
fn permalink(surface: Surface, id: &str, value: &Value) -> String {
    if let Some(link) = json::link(value, "permalink_url", OWN_PAGES) {
        return link.to_owned();
    }
    match json::link(&value["post"], "permalink_url", OWN_PAGES) {
        Some(link) if surface == Surface::Comment => {
            format!(
                "{link}{}comment_id={}",
                if link.contains('?') { '&' } else { '?' },
                last_part(id)
            )
        }
        Some(link) => link.to_owned(),
        None => address(id),
    }
}
