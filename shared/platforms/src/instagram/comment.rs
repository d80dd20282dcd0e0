//! Comments, mentions and the account's own posts as the Graph API tells them.
//!
//! Sources: Meta's reference of IG Comment, IG Media and IG User, Graph API v26.0.

use pagewarden_rules::{Author, Channel, Media, Post, Surface};
use serde_json::Value;

use super::{author, is_account, is_own};
use crate::document::Part;
use crate::meta::next;
use crate::{Document, Incoming, Sent, id, json};

/// One comment, or one mention, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What is to be judged.
    pub post: Post,
    /// The account itself wrote it.
    pub own: bool,
    /// Hidden from everybody but its author.
    pub hidden: bool,
}

impl Comment {
    /// Reads a comment below one of the account's own posts; none where it has no id or no words,
    /// not even empty ones.
    #[must_use]
    pub fn parse(channel: &Channel, value: &Value) -> Option<Comment> {
        let id = id::id(value.get("id")?)?;
        let from = &value["from"];
        let mut author = author(from);
        author.name = author.name.or_else(|| json::name(value, "username"));
        let media = &value["media"];
        Some(Comment {
            // `user` is there only on what the account itself wrote.
            own: is_own(channel, from) || is_account(channel, &value["user"]),
            hidden: value["hidden"].as_bool().unwrap_or(false),
            post: Post {
                channel: channel.clone(),
                surface: Surface::Comment,
                id,
                author,
                text: value.get("text")?.as_str()?.to_owned(),
                tagged: Vec::new(),
                media: Vec::new(),
                rating: None,
                posted_at: json::time(value, "timestamp"),
                thread: media.get("id").and_then(id::id),
                parent: value.get("parent_id").and_then(id::id),
                permalink: permalink(media),
            },
        })
    }

    /// Reads a part of an answer, without the bytes of the answers to it.
    pub(super) fn sent(channel: &Channel, part: Part<'_>) -> Option<Sent<Comment>> {
        part.read(&["replies"], |value| Comment::parse(channel, value))
    }

    /// Reads what mentions the account, with the bytes of that alone.
    pub(super) fn sent_mention(channel: &Channel, answer: Part<'_>) -> Option<Sent<Comment>> {
        let read = Comment::mentioned(channel, &answer.value())?;
        let part = answer
            .member("mentioned_comment")
            .or_else(|| answer.member("mentioned_media"))?;
        Some(Sent {
            read,
            raw: part.raw(&["replies"]),
        })
    }

    /// Reads what mentions the account: a comment below somebody's post, or the post itself; none
    /// where it has no id, or a comment no words.
    #[must_use]
    pub fn mentioned(channel: &Channel, answer: &Value) -> Option<Comment> {
        let Some(value) = answer.get("mentioned_comment") else {
            return Comment::mentioned_media(channel, answer.get("mentioned_media")?);
        };
        let mut comment = Comment::parse(channel, value)?;
        // Only the account's own posts name their owner: below those it is a comment like any
        // other.
        if !is_account(channel, &value["media"]["owner"]) {
            comment.post.surface = Surface::Mention;
        }
        Some(comment)
    }

    /// Returns it as a delivery would have told it.
    #[must_use]
    pub fn incoming(self) -> Incoming {
        let Comment { post, own, .. } = self;
        if !own {
            return Incoming::Post(post);
        }
        Incoming::Own {
            channel: post.channel,
            surface: post.surface,
            id: post.id,
            thread: post.thread,
            at: post.posted_at,
        }
    }

    fn mentioned_media(channel: &Channel, value: &Value) -> Option<Comment> {
        let id = id::id(value.get("id")?)?;
        let kind = match json::text(value, "media_type") {
            Some("IMAGE") => Some("photo"),
            Some("VIDEO") => Some("video"),
            other => other.map(|_| "album"),
        };
        Some(Comment {
            own: is_account(channel, &value["owner"]),
            hidden: false,
            post: Post {
                channel: channel.clone(),
                surface: Surface::Mention,
                author: Author {
                    id: None,
                    name: json::name(value, "username"),
                    ..Author::default()
                },
                text: json::text(value, "caption").unwrap_or_default().to_owned(),
                tagged: Vec::new(),
                media: kind
                    .map(|kind| Media {
                        kind: kind.to_owned(),
                        id: id.clone(),
                    })
                    .into_iter()
                    .collect(),
                rating: None,
                posted_at: json::time(value, "timestamp"),
                thread: None,
                parent: None,
                permalink: permalink(value),
                id,
            },
        })
    }
}

/// Returns where a person can see a post. Comments have no address of their own.
fn permalink(media: &Value) -> Option<String> {
    json::link(media, "permalink", "https://www.instagram.com/").map(str::to_owned)
}

/// One page of the comments below a post, each followed by the answers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentPage {
    /// The comments, newest first; a page may be short or empty although more follow.
    pub comments: Vec<Sent<Comment>>,
    /// Where the next page begins; none on the last.
    pub after: Option<String>,
}

impl CommentPage {
    /// Reads a list of comments; none where it is missing. `media` is the post below which they
    /// stand, as far as it is known.
    pub(super) fn parse(channel: &Channel, media: &Value, list: Part<'_>) -> Option<CommentPage> {
        let mut comments = Vec::new();
        for top in list.member("data")?.rows(Some)? {
            let id = top.value().get("id").and_then(id::id);
            comments.extend(top.counted(|top| below(channel, media, top)));
            let answers = top.member("replies").and_then(|replies| {
                replies.counted(|replies| {
                    replies
                        .member("data")?
                        .rows(|answer| below(channel, media, answer))
                })
            });
            for mut answer in answers.into_iter().flatten() {
                let parent = &mut answer.read.post.parent;
                *parent = parent.take().or_else(|| id.clone());
                comments.push(answer);
            }
        }
        Some(CommentPage {
            comments,
            after: next(&list.value()),
        })
    }
}

/// Reads a comment of a list, which does not repeat the post below which it stands.
fn below(channel: &Channel, media: &Value, part: Part<'_>) -> Option<Sent<Comment>> {
    let mut comment = Comment::sent(channel, part)?;
    let post = &mut comment.read.post;
    post.thread = post
        .thread
        .take()
        .or_else(|| media.get("id").and_then(id::id));
    post.permalink = post.permalink.take().or_else(|| permalink(media));
    Some(comment)
}

/// One of the account's own posts, with the newest comments below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Medium {
    /// Instagram's id of it.
    pub id: String,
    /// How many comments and answers Instagram counts below it.
    pub total: Option<usize>,
    /// The first page of them.
    pub comments: CommentPage,
}

impl Medium {
    /// Reads a list of the account's own posts, newest first; none where it is missing. One that
    /// does not read takes no other along.
    #[must_use]
    pub fn list(channel: &Channel, answer: &Document<'_>) -> Option<Vec<Medium>> {
        let list = answer.root()?.member("data")?;
        list.rows(|row| Medium::parse(channel, row))
    }

    /// Reads one of the account's own posts; none where it has no id.
    pub(super) fn parse(channel: &Channel, row: Part<'_>) -> Option<Medium> {
        let value = row.value();
        // There is no list where there are no comments.
        let comments = row
            .member("comments")
            .and_then(|list| list.counted(|list| CommentPage::parse(channel, &value, list)))
            .unwrap_or_default();
        Some(Medium {
            id: id::id(value.get("id")?)?,
            total: value["comments_count"]
                .as_u64()
                .and_then(|total| usize::try_from(total).ok()),
            comments,
        })
    }
}
