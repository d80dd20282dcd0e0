//! Comments as WordPress tells them.
//!
//! Source: `class-wp-rest-comments-controller.php` of WordPress 6.1, read against the running
//! thing.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Platform, Post, Surface};
use serde_json::Value;

use super::text;
use crate::document::Part;
use crate::{Incoming, Sent, id, json};

/// Where a comment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Everybody sees it.
    Approved,
    /// It waits until somebody approves it.
    Hold,
    /// In the bin for spam, from which it can be taken back.
    Spam,
    /// In the trash, from which it can be taken back for some time.
    Trash,
}

impl Status {
    /// Returns WordPress' word for it, as answers and changes have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Status::Approved => "approved",
            Status::Hold => "hold",
            Status::Spam => "spam",
            Status::Trash => "trash",
        }
    }

    pub(super) fn parse(value: &Value) -> Option<Status> {
        let word = json::text(value, "status")?;
        [Status::Approved, Status::Hold, Status::Spam, Status::Trash]
            .into_iter()
            .find(|status| status.name() == word)
    }
}

/// One comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// What is to be judged.
    pub post: Post,
    /// Where it is; none where a plug-in has a status of its own, in which case nobody sees it.
    pub status: Option<Status>,
    /// The user of the site who wrote it; none for a visitor.
    pub user: Option<u64>,
}

impl Comment {
    /// Reads one comment of a site; none where it has no id, no status, or no words, not even empty
    /// ones.
    ///
    /// The address that a visitor left is not read: it proves nobody, and nothing here needs it.
    #[must_use]
    pub fn parse(site: &str, value: &Value) -> Option<Comment> {
        let number = |name: &str| {
            value
                .get(name)
                .and_then(Value::as_u64)
                .filter(|number| *number > 0)
        };
        let id = number("id")?.to_string();
        let user = number("author");
        let content = &value["content"];
        // The stored words, as only somebody who may moderate is given them; the shown ones have
        // been prettified.
        let content = content.get("raw").or_else(|| content.get("rendered"));
        let content = content?.as_str()?;
        value["status"].as_str()?;
        Some(Comment {
            status: Status::parse(value),
            user,
            post: Post {
                channel: Channel {
                    platform: Platform::Website,
                    account: site.to_owned(),
                },
                surface: Surface::Comment,
                author: Author {
                    // A visitor without a login has no account that could be told from another's.
                    id: user.map(|user| user.to_string()),
                    name: json::name(value, "author_name")
                        .map(|name| text::words(&name))
                        .filter(|name| !name.is_empty()),
                    ..Author::default()
                },
                text: text::words(content),
                tagged: Vec::new(),
                media: Vec::new(),
                rating: None,
                posted_at: date(value),
                thread: number("post").map(|post| post.to_string()),
                parent: number("parent").map(|parent| parent.to_string()),
                permalink: json::text(value, "link")
                    .filter(|link| is_link(link))
                    .map(str::to_owned),
                id,
            },
        })
    }

    /// Returns what this tells somebody who signs in as this user.
    #[must_use]
    pub fn incoming(self, own: u64) -> Incoming {
        if self.user != Some(own) {
            return Incoming::Post(self.post);
        }
        let Post {
            channel,
            surface,
            id,
            thread,
            posted_at,
            ..
        } = self.post;
        Incoming::Own {
            channel,
            surface,
            id,
            thread,
            at: posted_at,
        }
    }

    /// Returns `true` if everybody sees it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.status == Some(Status::Approved)
    }

    /// Returns `true` if it was taken for spam, or a plug-in put it away in a way of its own. What
    /// waits to be approved is not put away: the site has its own list of these, tells its owner of
    /// each, and tells the author that it waits.
    #[must_use]
    pub fn is_put_away(&self) -> bool {
        match self.status {
            Some(Status::Spam) | None => true,
            Some(Status::Approved | Status::Hold | Status::Trash) => false,
        }
    }
}

/// WordPress gives the time of Greenwich and does not say so.
fn date(value: &Value) -> Option<Timestamp> {
    json::time(value, "date_gmt")
        .or_else(|| format!("{}Z", json::text(value, "date_gmt")?).parse().ok())
}

fn is_link(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

/// One page of a site's comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentPage {
    /// The comments, the last written first.
    pub comments: Vec<Sent<Comment>>,
    /// How many comments there are in all, where the site says.
    pub total: Option<usize>,
    /// How many pages there are, where the site says.
    pub pages: Option<u32>,
}

impl CommentPage {
    pub(super) fn parse(site: &str, list: Part<'_>) -> Option<CommentPage> {
        let read = |comment: Part<'_>| comment.read(&[], |comment| Comment::parse(site, comment));
        Some(CommentPage {
            comments: list.rows(read)?,
            total: None,
            pages: None,
        })
    }
}

/// Returns `true` if this may be a comment's id: part of an address, so nothing but digits.
pub(super) fn is_comment_id(text: &str) -> bool {
    id::is_id(text) && text.len() < 20 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;
    use serde_json::json;

    fn comment() -> Value {
        json!({"id": 12, "post": 5, "parent": 11, "author": 0, "author_name": "Sam &amp; Jo", "author_email": "sam@example.org",
            "date_gmt": "2026-11-20T09:15:02", "content": {"rendered": "<p>Rude &#038; late</p>\n", "raw": "Rude &amp; late"},
            "link": "https://practice.example/flu/#comment-12", "status": "approved", "type": "comment"})
    }

    #[test]
    fn a_comment_is_read_whole() {
        let read = Comment::parse("practice.example", &comment()).expect("a comment");
        assert_eq!(
            (read.status, read.user, read.is_public()),
            (Some(Status::Approved), None, true)
        );
        let post = &read.post;
        assert_eq!(
            (post.id.as_str(), post.text.as_str()),
            ("12", "Rude & late")
        );
        assert_eq!(
            (post.thread.as_deref(), post.parent.as_deref()),
            (Some("5"), Some("11"))
        );
        assert_eq!(
            post.author,
            Author {
                id: None,
                name: Some("Sam & Jo".to_owned()),
                ..Author::default()
            }
        );
        assert_eq!(
            post.posted_at.map(|at| at.to_string()).as_deref(),
            Some("2026-11-20T09:15:02Z")
        );
        assert_eq!(
            post.permalink.as_deref(),
            Some("https://practice.example/flu/#comment-12")
        );
        assert!(!format!("{read:?}").contains("sam@example.org"));
    }

    #[test]
    fn the_systems_own_comments_are_told_apart() {
        let mut value = comment();
        value["author"] = json!(3);
        let read = Comment::parse("practice.example", &value).expect("a comment");
        assert!(
            matches!(read.clone().incoming(4), Incoming::Post(post) if post.author.id.as_deref() == Some("3"))
        );
        assert!(
            matches!(read.incoming(3), Incoming::Own { id, thread: Some(_), .. } if id == "12")
        );
    }

    #[test]
    fn what_is_missing_or_wrong_is_left_out() {
        let bare = json!({"id": 1, "status": "odd", "content": {"raw": ""}, "link": "javascript:alert(1)"});
        let read = Comment::parse("p", &bare).expect("one");
        assert_eq!(
            (read.status, read.is_public(), read.post.permalink),
            (None, false, None)
        );
        assert_eq!(
            (
                read.post.text.as_str(),
                read.post.posted_at,
                read.post.parent
            ),
            ("", None, None)
        );
        let with = |name: &str, value: Value| {
            let mut one = bare.clone();
            one[name] = value;
            one
        };
        for bad in [
            json!({}),
            with("id", json!(0)),
            with("id", json!("../1")),
            with("id", json!(-1)),
            with("status", json!(null)),
            with("content", json!({})),
            with("content", json!({"raw": null})),
            json!(7),
            json!(null),
        ] {
            assert_eq!(Comment::parse("p", &bad), None, "{bad}");
        }
        let page = |answer: Value| {
            let text = answer.to_string();
            let document = Document::new(text.as_bytes());
            let page = CommentPage::parse("p", document.root().expect("JSON"));
            page.map(|page| (page.comments.len(), document.unreadable()))
        };
        assert_eq!(page(json!([comment(), {}, 3])), Some((1, 2)));
        assert_eq!(page(json!({"code": "x"})), None);
        assert!(is_comment_id("12") && !is_comment_id("12/../1") && !is_comment_id(""));
    }
}
