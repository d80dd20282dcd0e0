//! Comments and posts as the Graph API tells them.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Media, Post, Surface};
use serde_json::Value;

use super::{address, is_page, last_part, picture};
use crate::{id, json};

/// One comment or post, as it stands on the page now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Facebook's id of it.
    pub id: String,
    /// Who wrote it; Facebook often does not tell.
    pub author: Author,
    /// The words; empty where there are none.
    pub text: String,
    /// Pictures, videos and links.
    pub media: Vec<Media>,
    /// When it was written.
    pub created_at: Option<Timestamp>,
    /// The comment that it answers.
    pub parent: Option<String>,
    /// Hidden from everybody but its author, the page's own people and those tagged.
    pub hidden: bool,
    /// The page may hide it. Facebook leaves this out once it is hidden.
    pub can_hide: Option<bool>,
    /// The page may answer its author in private: once, within seven days.
    pub can_reply_privately: Option<bool>,
    /// Where a person can see it.
    pub permalink: Option<String>,
}

impl Comment {
    /// Reads the API's form of a comment or post; none where it has no id.
    pub(super) fn of(value: &Value) -> Option<Comment> {
        let attachments = value["attachments"]["data"].as_array().into_iter().flatten();
        Some(Comment {
            id: id::id(value.get("id")?)?,
            author: Author {
                id: value["from"].get("id").and_then(id::id),
                name: json::text(&value["from"], "name").map(str::to_owned),
            },
            text: json::text(value, "message").unwrap_or_default().to_owned(),
            media: value.get("attachment").into_iter().chain(attachments).filter_map(picture::in_attachment).collect(),
            created_at: json::time(value, "created_time"),
            parent: value["parent"].get("id").and_then(id::id),
            hidden: value["is_hidden"].as_bool().unwrap_or(false),
            can_hide: value["can_hide"].as_bool(),
            can_reply_privately: value["can_reply_privately"].as_bool(),
            permalink: json::text(value, "permalink_url")
                .filter(|link| link.starts_with("https://www.facebook.com/"))
                .map(str::to_owned),
        })
    }

    /// Returns true if and only if the page itself wrote it.
    #[must_use]
    pub fn is_own(&self, channel: &Channel) -> bool {
        is_page(channel, self.author.id.as_deref())
    }

    /// Returns it as a post to be judged; `seen` is what a delivery told of its author.
    #[must_use]
    pub fn into_post(self, channel: Channel, surface: Surface, thread: Option<String>, seen: Author) -> Post {
        let parent = self.parent.filter(|parent| thread.as_deref().is_none_or(|t| last_part(t) != last_part(parent)));
        Post {
            channel,
            surface,
            author: Author { id: self.author.id.or(seen.id), name: self.author.name.or(seen.name) },
            text: self.text,
            media: self.media,
            rating: None,
            posted_at: self.created_at,
            thread,
            parent,
            permalink: Some(self.permalink.unwrap_or_else(|| address(&self.id))),
            id: self.id,
        }
    }
}

/// One page of a list of comments or posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentPage {
    /// The comments; a page may be short or empty although more follow.
    pub comments: Vec<Comment>,
    /// Where the next page begins; none on the last.
    pub after: Option<String>,
}

impl CommentPage {
    pub(super) fn of(value: &Value) -> CommentPage {
        let paging = &value["paging"];
        // Only the absence of `next` ends a list; the cursors are there on the last page too.
        let more = json::text(paging, "next").is_some();
        CommentPage {
            comments: value["data"].as_array().into_iter().flatten().filter_map(Comment::of).collect(),
            after: json::text(&paging["cursors"], "after").filter(|_| more).map(str::to_owned),
        }
    }
}
