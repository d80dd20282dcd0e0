//! Comments and posts as the Graph API tells them.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Media, Post, Surface};
use serde_json::Value;

use super::{OWN_PAGES, address, is_page, last_part, picture, tagged};
use crate::document::Part;
use crate::meta::next;
use crate::{Incoming, Sent, id, json};

/// One comment or post, as it stands on the page now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Facebook's id of it.
    pub id: String,
    /// Who wrote it; Facebook often does not tell.
    pub author: Author,
    /// The words; empty where there are none.
    pub text: String,
    /// Names of people that its author tagged.
    pub tagged: Vec<String>,
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
    pub(super) fn parse(value: &Value) -> Option<Comment> {
        Some(Comment {
            id: id::id(value.get("id")?)?,
            author: Author {
                id: value["from"].get("id").and_then(id::id),
                name: json::name(&value["from"], "name"),
                ..Author::default()
            },
            text: json::text(value, "message").unwrap_or_default().to_owned(),
            tagged: tagged(value),
            media: picture::in_answer(value),
            created_at: json::time(value, "created_time"),
            parent: value["parent"].get("id").and_then(id::id),
            hidden: value["is_hidden"].as_bool().unwrap_or(false),
            can_hide: value["can_hide"].as_bool(),
            can_reply_privately: value["can_reply_privately"].as_bool(),
            permalink: json::link(value, "permalink_url", OWN_PAGES).map(str::to_owned),
        })
    }

    /// Reads a part of an answer, without the bytes of what others wrote below it or before it.
    pub(super) fn sent(part: Part<'_>) -> Option<Sent<Comment>> {
        part.read(&["comments", "parent"], Comment::parse)
    }

    /// Returns `true` if the page itself wrote it.
    #[must_use]
    pub fn is_own(&self, channel: &Channel) -> bool {
        is_page(channel, self.author.id.as_deref())
    }

    /// Returns what it tells: the page's own writing, or a post to be judged.
    #[must_use]
    pub fn incoming(self, channel: Channel, surface: Surface, thread: Option<String>) -> Incoming {
        if self.is_own(&channel) {
            return Incoming::Own {
                channel,
                surface,
                id: self.id,
                thread,
                at: self.created_at,
            };
        }
        Incoming::Post(self.into_post(channel, surface, thread, Author::default()))
    }

    /// Returns it as a post to be judged; `seen` is what a delivery told of its author.
    #[must_use]
    pub fn into_post(
        self,
        channel: Channel,
        surface: Surface,
        thread: Option<String>,
        seen: Author,
    ) -> Post {
        let parent = self.parent.filter(|parent| {
            thread
                .as_deref()
                .is_none_or(|t| last_part(t) != last_part(parent))
        });
        Post {
            channel,
            surface,
            author: Author {
                id: self.author.id.or(seen.id),
                name: self.author.name.or(seen.name),
                ..Author::default()
            },
            text: self.text,
            tagged: self.tagged,
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
    pub comments: Vec<Sent<Comment>>,
    /// Where the next page begins; none on the last.
    pub after: Option<String>,
    /// How many there are in all, where that was asked for. What Facebook counts differs from what
    /// it lists by a few.
    pub total: Option<usize>,
}

impl CommentPage {
    /// Reads a page; none where its list is missing.
    pub(super) fn parse(list: Part<'_>) -> Option<CommentPage> {
        let value = list.value();
        Some(CommentPage {
            comments: list.member("data")?.rows(Comment::sent)?,
            after: next(&value),
            total: value["summary"]["total_count"]
                .as_u64()
                .and_then(|total| usize::try_from(total).ok()),
        })
    }
}

/// A post on a page, with the newest of the comments below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The post: the page's own, a visitor's, or one elsewhere that names the page.
    pub post: Sent<Comment>,
    /// The comments.
    pub comments: CommentPage,
}

impl Thread {
    pub(super) fn parse(row: Part<'_>) -> Option<Thread> {
        // There is no list where nobody may comment.
        let comments = row
            .member("comments")
            .and_then(|list| list.counted(CommentPage::parse))
            .unwrap_or_default();
        Some(Thread {
            post: Comment::sent(row)?,
            comments,
        })
    }

    /// Returns where the post itself stands: ids of what is on the page begin with the page's.
    #[must_use]
    pub fn surface(&self, channel: &Channel) -> Surface {
        match self.post.id.split_once('_') {
            Some((owner, _)) if owner != channel.account => Surface::Mention,
            _ => Surface::VisitorPost,
        }
    }
}
