//! Posts as X tells them: in the form of its API, which the Activity API shares, and in the older
//! one.
//!
//! X is renaming members of its posts (`referenced_tweets` to `referenced_posts` and so on): its
//! specification has the new names and its own samples the old ones, so both are read.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Media, Post, Surface};
use serde_json::Value;

use super::address;
use crate::{id, json};

/// The older form's times: `Thu Nov 19 10:00:00 +0000 2026`.
const OLDER_TIME: &str = "%a %b %d %H:%M:%S %z %Y";

/// One post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XPost {
    /// X's id of it. An edit has an id of its own, so it is a post of its own.
    pub id: String,
    /// Who wrote it.
    pub author: Author,
    /// The words, without the escapes in which X sends `<`, `>` and `&`.
    pub text: String,
    /// X left out how its words go on.
    pub cut: bool,
    /// Pictures and videos.
    pub media: Vec<Media>,
    /// When it was written.
    pub posted_at: Option<Timestamp>,
    /// The post that began the conversation; the older form does not tell it.
    pub conversation: Option<String>,
    /// The post that it answers.
    pub answers: Option<String>,
    /// The account that it answers.
    pub answers_account: Option<String>,
    /// The account whose post it quotes, as far as X tells.
    pub quotes_account: Option<String>,
    /// The accounts that its words name. An answer begins with accounts that X puts there: those do
    /// not count.
    pub names: Vec<String>,
}

impl XPost {
    /// Reads a post in the form of X's API; none where it has no id. `includes` is what X sent
    /// beside it.
    #[must_use]
    pub fn parse(value: &Value, includes: &Value) -> Option<XPost> {
        let long = either(value, "note_post", "note_tweet");
        let text = json::text(long, "text")
            .or_else(|| json::text(value, "text"))
            .unwrap_or_default();
        let author = value.get("author_id").and_then(id::id);
        let referenced = |kind: &str| {
            let list = either(value, "referenced_posts", "referenced_tweets").as_array()?;
            list.iter()
                .find(|one| one["type"] == kind)?
                .get("id")
                .and_then(id::id)
        };
        let keys = value["attachments"]["media_keys"]
            .as_array()
            .into_iter()
            .flatten();
        let mentions = [
            &value["entities"]["mentions"],
            &long["entities"]["mentions"],
        ];
        Some(XPost {
            id: id::id(value.get("id")?)?,
            text: plain(text),
            cut: long.is_null() && is_cut(text),
            media: keys.filter_map(|key| media(key.as_str()?)).collect(),
            posted_at: json::time(value, "created_at"),
            conversation: value.get("conversation_id").and_then(id::id),
            answers: referenced("replied_to"),
            answers_account: value.get("in_reply_to_user_id").and_then(id::id),
            quotes_account: referenced("quoted").and_then(|quoted| author_of(includes, &quoted)),
            names: names(mentions, &value["display_text_range"], |one| {
                (&one["start"], &one["id"])
            }),
            author: Author {
                name: author.as_deref().and_then(|author| name(includes, author)),
                handle: author
                    .as_deref()
                    .and_then(|author| handle(includes, author)),
                id: author,
            },
        })
    }

    /// Reads a post in the older form, that of the Account Activity API; none where it has no id.
    ///
    /// Only the ids that are texts are read: as numbers they have lost their last digits, in X's
    /// own sample as well.
    #[must_use]
    pub fn of_older(value: &Value) -> Option<XPost> {
        let id = |of: &Value, name: &str| of.get(name).filter(|id| id.is_string()).and_then(id::id);
        let long = &value["extended_tweet"];
        let texts = [
            json::text(long, "full_text"),
            json::text(value, "full_text"),
            json::text(value, "text"),
        ];
        let media = [
            &long["extended_entities"]["media"],
            &value["extended_entities"]["media"],
        ];
        let media = media
            .into_iter()
            .find_map(Value::as_array)
            .into_iter()
            .flatten();
        let range = if long.is_object() {
            &long["display_text_range"]
        } else {
            &value["display_text_range"]
        };
        let mentions = [
            &value["entities"]["user_mentions"],
            &long["entities"]["user_mentions"],
        ];
        Some(XPost {
            id: id(value, "id_str")?,
            author: Author {
                id: id(&value["user"], "id_str"),
                name: json::name(&value["user"], "name"),
                handle: json::name(&value["user"], "screen_name"),
            },
            cut: value["truncated"] == true && texts[..2].iter().all(Option::is_none),
            text: plain(texts.into_iter().flatten().next().unwrap_or_default()),
            media: media
                .filter_map(|one| {
                    Some(Media {
                        kind: json::text(one, "type")?.to_owned(),
                        id: id(one, "id_str")?,
                    })
                })
                .collect(),
            posted_at: json::text(value, "created_at")
                .and_then(|at| Timestamp::strptime(OLDER_TIME, at).ok()),
            conversation: None,
            answers: id(value, "in_reply_to_status_id_str"),
            answers_account: id(value, "in_reply_to_user_id_str"),
            quotes_account: id(&value["quoted_status"]["user"], "id_str"),
            names: names(mentions, range, |one| (&one["indices"][0], &one["id_str"])),
        })
    }

    /// Returns `true` if this account wrote it.
    #[must_use]
    pub fn is_by(&self, account: &str) -> bool {
        self.author.id.as_deref() == Some(account)
    }

    /// Returns `true` if its author called on an account, by naming or by quoting it: only then
    /// does X let an app answer for that account.
    #[must_use]
    pub fn calls_on(&self, account: &str) -> bool {
        self.names.iter().any(|name| name == account)
            || self.quotes_account.as_deref() == Some(account)
    }

    /// Returns the place where it stands, seen from an account; `own_conversation` says whether the
    /// account began the conversation, as far as that is known.
    ///
    /// A direct answer to the account counts as a reply even where nobody said whose conversation
    /// it is: before anything is done about it, that is looked up.
    #[must_use]
    pub fn surface(&self, account: &str, own_conversation: bool) -> Surface {
        let direct = self.answers_account.as_deref() == Some(account);
        if direct || (own_conversation && self.answers.is_some()) {
            Surface::Reply
        } else {
            Surface::Mention
        }
    }

    /// Returns the conversation of which one has to know who began it to tell a reply from a
    /// mention.
    #[must_use]
    pub fn unclear_conversation(&self, account: &str) -> Option<&str> {
        let conversation = self
            .conversation
            .as_deref()
            .filter(|first| *first != self.id)?;
        (self.surface(account, false) == Surface::Mention && self.answers.is_some())
            .then_some(conversation)
    }

    /// Returns it as a post to be judged.
    #[must_use]
    pub fn into_post(self, channel: Channel, surface: Surface) -> Post {
        let thread = self.conversation.filter(|first| *first != self.id);
        Post {
            channel,
            surface,
            permalink: Some(address(&self.id)),
            parent: self
                .answers
                .filter(|answers| thread.as_ref() != Some(answers)),
            id: self.id,
            author: self.author,
            text: self.text,
            tagged: Vec::new(),
            media: self.media,
            rating: None,
            posted_at: self.posted_at,
            thread,
        }
    }
}

/// Returns who wrote another post, as far as what X sent beside this one tells.
pub(super) fn author_of(includes: &Value, post: &str) -> Option<String> {
    let posts = either(includes, "posts", "tweets")
        .as_array()
        .into_iter()
        .flatten();
    posts
        .map(unwrapped)
        .find(|one| one["id"] == post)?
        .get("author_id")
        .and_then(id::id)
}

fn either<'a>(value: &'a Value, new: &str, old: &str) -> &'a Value {
    value
        .get(new)
        .filter(|value| !value.is_null())
        .unwrap_or(&value[old])
}

/// Some samples have each included object in a `data` of its own.
fn unwrapped(value: &Value) -> &Value {
    value.get("data").unwrap_or(value)
}

fn name(includes: &Value, author: &str) -> Option<String> {
    let user = user(includes, author)?;
    json::name(user, "name").or_else(|| json::name(user, "username"))
}

fn handle(includes: &Value, author: &str) -> Option<String> {
    json::name(user(includes, author)?, "username")
}

fn user<'a>(includes: &'a Value, author: &str) -> Option<&'a Value> {
    let users = includes["users"].as_array().into_iter().flatten();
    users.map(unwrapped).find(|user| user["id"] == author)
}

/// Returns where the pictures of a post can be fetched, in the order shown. Only the older form
/// tells it.
pub(crate) fn addresses(post: &Value) -> Vec<String> {
    let media = [
        &post["extended_tweet"]["extended_entities"]["media"],
        &post["extended_entities"]["media"],
    ];
    let media = media.into_iter().find_map(Value::as_array);
    media
        .into_iter()
        .flatten()
        .filter(|one| one["type"] == "photo")
        .filter_map(|one| json::text(one, "media_url_https"))
        .map(str::to_owned)
        .collect()
}

/// Reads a media key: the number of its kind, and its id, which is all that the older form has.
///
/// The kind is read from the key, not from what X sent beside it, since a delivery and a list must
/// give the same post.
fn media(key: &str) -> Option<Media> {
    let (kind, id) = key.split_once('_')?;
    let kind = match kind {
        "3" => "photo",
        "7" | "13" => "video",
        "16" => "animated_gif",
        _ => "media",
    };
    id::is_id(id).then(|| Media {
        kind: kind.to_owned(),
        id: id.to_owned(),
    })
}

/// Returns the accounts named from where the post's own words begin.
fn names<'a>(
    lists: [&'a Value; 2],
    range: &Value,
    at: impl Fn(&'a Value) -> (&'a Value, &'a Value),
) -> Vec<String> {
    let from = range[0].as_u64().unwrap_or(0);
    let all = lists
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(at);
    let mut names: Vec<String> = all
        .filter(|(start, _)| start.as_u64().is_some_and(|start| start >= from))
        .filter_map(|(_, id)| id::id(id))
        .collect();
    names.dedup();
    names
}

/// Returns `true` if words end as X ends those that go on: with an ellipsis and a link to the
/// whole.
fn is_cut(text: &str) -> bool {
    text.trim_end()
        .rsplit_once(' ')
        .is_some_and(|(before, link)| {
            before.ends_with('\u{2026}')
                && link
                    .strip_prefix("https://t.co/")
                    .is_some_and(|id| !id.is_empty())
        })
}

/// X escapes three characters as HTML does, in both forms.
fn plain(text: &str) -> String {
    html_escape::decode_html_entities(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn reply() -> Value {
        json!({"id": "20000000000000000022", "author_id": "501", "text": "@practice Rude &amp; slow &lt;3",
            "created_at": "2026-11-20T09:00:00.000Z", "conversation_id": "11", "in_reply_to_user_id": "100",
            "referenced_tweets": [{"type": "replied_to", "id": "11"}], "display_text_range": [10, 24],
            "entities": {"mentions": [{"start": 0, "end": 9, "username": "practice", "id": "100"}]},
            "attachments": {"media_keys": ["3_77", "13_78", "odd", "99_../x"]}})
    }

    #[test]
    fn a_reply_is_read_whole_under_the_new_names_and_the_old() {
        let includes = json!({"users": [{"data": {"id": "501", "name": "Robin Visitor", "username": "robin_v"}}]});
        let old = XPost::parse(&reply(), &includes).expect("a post");
        assert_eq!(
            (old.text.as_str(), old.author.name.as_deref()),
            ("@practice Rude & slow <3", Some("Robin Visitor"))
        );
        assert_eq!(old.author.handle.as_deref(), Some("robin_v"));
        assert_eq!(
            (old.answers.as_deref(), old.answers_account.as_deref()),
            (Some("11"), Some("100"))
        );
        assert_eq!(
            old.media,
            [
                Media {
                    kind: "photo".into(),
                    id: "77".into()
                },
                Media {
                    kind: "video".into(),
                    id: "78".into()
                }
            ]
        );
        // Named by X at the start of every answer, not by the author.
        assert_eq!(old.names, Vec::<String>::new());
        assert_eq!(
            (old.surface("100", false), old.unclear_conversation("100")),
            (Surface::Reply, None)
        );

        let mut new = reply();
        new["referenced_posts"] = new["referenced_tweets"].take();
        assert_eq!(XPost::parse(&new, &includes), Some(old.clone()));
        new["note_post"] = json!({"text": "@practice All of it", "entities": {"mentions": [{"start": 12, "id": "100"}]}});
        let long = XPost::parse(&new, &Value::Null).expect("a post");
        assert_eq!(
            (long.text.as_str(), long.names),
            ("@practice All of it", vec!["100".to_owned()])
        );

        let channel = Channel {
            platform: pagewarden_rules::Platform::X,
            account: "100".to_owned(),
        };
        let post = old.into_post(channel, Surface::Reply);
        assert_eq!((post.thread.as_deref(), post.parent), (Some("11"), None));
        assert_eq!(
            post.permalink.as_deref(),
            Some("https://x.com/i/web/status/20000000000000000022")
        );
    }

    #[test]
    fn a_deeper_reply_belongs_to_whoever_began_the_conversation() {
        let deeper = json!({"id": "23", "author_id": "502", "text": "@robin @practice same", "conversation_id": "11",
            "in_reply_to_user_id": "501", "referenced_posts": [{"type": "replied_to", "id": "22"}]});
        let deeper = XPost::parse(&deeper, &Value::Null).expect("a post");
        assert_eq!(deeper.unclear_conversation("100"), Some("11"));
        assert_eq!(
            (deeper.surface("100", false), deeper.surface("100", true)),
            (Surface::Mention, Surface::Reply)
        );
        let quote = json!({"id": "24", "author_id": "502", "text": "look", "conversation_id": "24",
            "referenced_posts": [{"type": "quoted", "id": "11"}]});
        let told = XPost::parse(
            &quote,
            &json!({"posts": [{"id": "11", "author_id": "100"}]}),
        )
        .expect("a post");
        assert_eq!(
            (told.calls_on("100"), told.unclear_conversation("100")),
            (true, None)
        );
        assert_eq!(told.surface("100", true), Surface::Mention);
        assert!(
            !XPost::parse(&quote, &Value::Null)
                .expect("a post")
                .calls_on("100")
        );
    }

    #[test]
    fn the_older_form_is_read_by_texts_not_by_rounded_numbers() {
        let older = json!({"id": 1_924_465_506_158_879_000_u64, "id_str": "1924465506158878979", "truncated": true,
            "created_at": "Thu Nov 19 10:00:00 +0000 2026", "text": "Cut off\u{2026}",
            "user": {"id": 501, "id_str": "501", "name": "Robin"}, "in_reply_to_user_id_str": "100",
            "in_reply_to_status_id_str": "11", "extended_tweet": {"full_text": "Cut off no more &gt;",
                "display_text_range": [0, 20], "entities": {"user_mentions": [{"id_str": "100", "indices": [3, 9]}]},
                "extended_entities": {"media": [{"type": "photo", "id_str": "77", "id": 77}]}}});
        let post = XPost::of_older(&older).expect("a post");
        assert_eq!(
            (post.id.as_str(), post.text.as_str()),
            ("1924465506158878979", "Cut off no more >")
        );
        assert_eq!(
            post.posted_at.map(|at| at.to_string()).as_deref(),
            Some("2026-11-19T10:00:00Z")
        );
        assert_eq!(
            (post.names.as_slice(), post.media.len()),
            (&["100".to_owned()][..], 1)
        );
        assert_eq!(
            XPost::of_older(&json!({"id": 1_924_465_506_158_879_000_u64, "text": "x"})),
            None
        );
    }
}
