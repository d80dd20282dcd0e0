//! Posts: anything somebody else wrote on a channel, whatever the surface.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Channel, Platform, PracticeId, Surface};

/// The account that wrote a post, as far as the platform tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The platform's id of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name by which others call on the account, such as `jo_smith`, where that is another one
    /// than the name shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// A picture, video or other attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// `photo`, `video`, or the platform's own word.
    pub kind: String,
    /// The platform's id or address of it.
    pub id: String,
}

/// One version of what somebody wrote on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    /// The account of the practice on which it stands.
    pub channel: Channel,
    /// The place on the platform.
    pub surface: Surface,
    /// The platform's id of the post.
    pub id: String,
    /// Who wrote it.
    #[serde(default)]
    pub author: Author,
    /// The words, as posted; empty where there are none.
    #[serde(default)]
    pub text: String,
    /// Names of people that its author tagged. As far as the platform says, they have an account
    /// there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tagged: Vec<String>,
    /// Attachments, in the order shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Stars, 1 to 5, on a review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// When it was posted or last edited, by the platform's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posted_at: Option<Timestamp>,
    /// The practice's post, or the conversation, under which it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// The post that it answers, where that is not the thread itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Where a person can see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permalink: Option<String>,
}

impl Post {
    /// Returns a post of which nothing is known but where it stands: no author, no words, no
    /// pictures.
    #[must_use]
    pub fn new(channel: Channel, surface: Surface, id: impl Into<String>) -> Self {
        Post {
            channel,
            surface,
            id: id.into(),
            author: Author::default(),
            text: String::new(),
            tagged: Vec::new(),
            media: Vec::new(),
            rating: None,
            posted_at: None,
            thread: None,
            parent: None,
            permalink: None,
        }
    }

    /// Returns the id of this version: a hash of the content, so that an edit is a new revision and
    /// a redelivery is the same one.
    ///
    /// Fields are length-prefixed, so that no two contents run into the same bytes. Times, names
    /// and links are left out: they change without the content changing.
    #[must_use]
    pub fn revision(&self) -> RevisionId {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(self.text.as_bytes());
        field(&[self.rating.unwrap_or(0)]);
        for media in &self.media {
            field(media.kind.as_bytes());
            field(media.id.as_bytes());
        }
        RevisionId(hex::encode(&hash.finalize()[..16]))
    }

    /// Returns the key of the post within a practice.
    #[must_use]
    pub fn key(&self, practice: &PracticeId) -> PostKey {
        PostKey {
            practice: practice.clone(),
            platform: self.channel.platform,
            id: self.id.clone(),
        }
    }
}

/// The id of one version of a post: the hash of its content in 32 lower-case hexadecimal digits.
/// Where the same content comes back after another, as when an edit is taken back, it is a version
/// of its own: `.2`, `.3` ... follow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RevisionId(pub String);

impl RevisionId {
    /// Returns the hash of the content, which is the same whenever the same content comes back.
    #[must_use]
    pub fn content(&self) -> &str {
        self.0
            .split_once('.')
            .map_or(self.0.as_str(), |(content, _)| content)
    }

    /// Returns the id of the same content when it comes back for the `nth` time, counted from 1.
    #[must_use]
    pub fn nth(&self, nth: usize) -> RevisionId {
        RevisionId(if nth > 1 {
            format!("{}.{nth}", self.content())
        } else {
            self.content().to_owned()
        })
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which post, of which practice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PostKey {
    /// The practice: the tenant.
    pub practice: PracticeId,
    /// The platform.
    pub platform: Platform,
    /// The platform's id of the post, unique among those of the practice on that platform
    /// ([`Platform::counts_posts_by_account`]).
    pub id: String,
}

impl fmt::Display for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.practice, self.platform, self.id)
    }
}
