//! Reviews as Google tells them.
//!
//! Source: Google's My Business API v4, `accounts.locations.reviews`, with the additions of 2026.

use jiff::Timestamp;
use pagewarden_rules::{Author, Channel, Media, Platform, Post, Surface};
use serde_json::Value;

use crate::document::Part;
use crate::{Sent, id, json};

const TRANSLATED: &str = "(Translated by Google)";
const ORIGINAL: &str = "(Original)";

/// One review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Google's full name of it: `accounts/*/locations/*/reviews/*`.
    pub name: String,
    /// What is to be judged: the author's own words.
    pub post: Post,
    /// Google's translation of them, to be judged as well. It is no part of the post, because
    /// Google adds it and changes it without the author writing anything.
    pub translation: Option<String>,
    /// When it was last edited.
    pub updated_at: Option<Timestamp>,
    /// The practice's answer.
    pub reply: Option<OwnReply>,
}

/// The practice's answer to a review, whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReply {
    /// The words, without the translation that Google adds to answers as it does to reviews.
    pub text: String,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
    /// Google's word for where it is: `PENDING`, `APPROVED`, `REJECTED`; none before Google looked
    /// at replies.
    pub state: Option<String>,
    /// Why Google rejected it, in Google's words.
    pub violation: Option<String>,
}

impl OwnReply {
    pub(super) fn parse(value: &Value) -> Option<OwnReply> {
        Some(OwnReply {
            text: split(json::text(value, "comment")?).0.to_owned(),
            updated_at: json::time(value, "updateTime"),
            state: json::text(value, "reviewReplyState").map(str::to_owned),
            violation: match value.get("policyViolation") {
                None | Some(Value::Null) => None,
                Some(Value::String(words)) => Some(words.clone()),
                Some(other) => Some(other.to_string()),
            },
        })
    }

    /// Returns `true` if Google will not show it.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.state.as_deref() == Some("REJECTED") || self.violation.is_some()
    }

    /// Returns `true` if it says the same, white space aside.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        self.text.split_whitespace().eq(text.split_whitespace())
    }
}

impl Review {
    /// Reads one review of a location (`accounts/*/locations/*`); none where it has no id.
    #[must_use]
    pub fn parse(location: &str, value: &Value) -> Option<Review> {
        let named = json::text(value, "name").filter(|name| is_review_name(name));
        let id = value
            .get("reviewId")
            .and_then(id::id)
            .or_else(|| Some(named?.rsplit('/').next()?.to_owned()))?;
        let account = named
            .and_then(|name| name.split_once("/reviews/"))
            .map_or(location, |(location, _)| location);
        let (text, translation) = split(json::text(value, "comment").unwrap_or_default());
        let updated_at =
            json::time(value, "updateTime").or_else(|| json::time(value, "createTime"));
        Some(Review {
            name: named.map_or_else(|| format!("{account}/reviews/{id}"), str::to_owned),
            translation: translation.map(str::to_owned),
            updated_at,
            reply: value.get("reviewReply").and_then(OwnReply::parse),
            post: Post {
                channel: Channel {
                    platform: Platform::Google,
                    account: account.to_owned(),
                },
                surface: Surface::Review,
                // Google gives no account, only the name shown.
                author: Author {
                    id: None,
                    name: json::name(&value["reviewer"], "displayName"),
                    ..Author::default()
                },
                text: text.to_owned(),
                tagged: Vec::new(),
                media: media(&value["reviewMediaItems"]),
                rating: stars(json::text(value, "starRating").unwrap_or_default()),
                posted_at: updated_at,
                thread: None,
                parent: None,
                permalink: json::text(value, "reviewReplyUrl")
                    .filter(|l| l.starts_with("https://"))
                    .map(str::to_owned),
                id,
            },
        })
    }

    /// Reads a part of an answer.
    pub(super) fn sent(location: &str, part: Part<'_>) -> Option<Sent<Review>> {
        part.read(&[], |value| Review::parse(location, value))
    }
}

/// One page of a location's reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewPage {
    /// The reviews, the last edited first.
    pub reviews: Vec<Sent<Review>>,
    /// How many reviews the location has in all, where Google says.
    pub total: Option<usize>,
    /// The next page; none on the last. A page may be empty although more follow.
    pub next: Option<String>,
}

impl ReviewPage {
    /// Reads a page of a location's reviews; none where its list is missing although there are some.
    /// Google leaves out what is empty, as a page behind the first may be.
    pub(super) fn parse(location: &str, is_first: bool, list: Part<'_>) -> Option<ReviewPage> {
        let value = list.value();
        let total = value["totalReviewCount"]
            .as_u64()
            .and_then(|total| usize::try_from(total).ok());
        let reviews = match list.member("reviews") {
            Some(reviews) => reviews.rows(|review| Review::sent(location, review))?,
            None if !value.is_object() || (is_first && total.is_some_and(|total| total > 0)) => {
                return None;
            }
            None => Vec::new(),
        };
        Some(ReviewPage {
            reviews,
            total,
            next: next_page(&value),
        })
    }
}

fn next_page(value: &Value) -> Option<String> {
    json::text(value, "nextPageToken").map(str::to_owned)
}

/// An unspecified rating is no rating, not none out of five.
fn stars(word: &str) -> Option<u8> {
    match word {
        "ONE" => Some(1),
        "TWO" => Some(2),
        "THREE" => Some(3),
        "FOUR" => Some(4),
        "FIVE" => Some(5),
        _ => None,
    }
}

/// Returns the pictures and videos of a review. Google tells only where they are, which it does not
/// say stays the same, so each goes by its place: another address for it is not another revision.
fn media(items: &Value) -> Vec<Media> {
    let kind = |item: &Value| {
        if json::text(item, "videoUrl").is_some() {
            "video"
        } else {
            "photo"
        }
    };
    let items = items
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item.is_object());
    items
        .zip(1..)
        .map(|(item, place)| Media {
            kind: kind(item).to_owned(),
            id: place.to_string(),
        })
        .collect()
}

/// Returns where the pictures of a review can be fetched, in the order shown.
pub(crate) fn addresses(review: &Value) -> Vec<String> {
    let items = review["reviewMediaItems"].as_array().into_iter().flatten();
    items
        .filter(|item| json::text(item, "videoUrl").is_none())
        .filter_map(|item| json::text(item, "thumbnailUrl"))
        .map(str::to_owned)
        .collect()
}

/// Splits Google's translation off: the author's words come last or first, depending on the
/// language asked for.
fn split(comment: &str) -> (&str, Option<&str>) {
    if let Some(rest) = comment.strip_prefix(TRANSLATED) {
        return match split_at(rest, ORIGINAL) {
            Some((translation, original)) => (original, Some(translation)),
            // Without the original the translation is all that there is to judge.
            None => (rest.trim(), None),
        };
    }
    match split_at(comment, TRANSLATED) {
        Some((original, translation)) => (original, Some(translation)),
        None => (comment, None),
    }
}

/// Splits where a mark begins a paragraph. What it marks goes on in the same line or in the next.
fn split_at<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let (before, after) = text.split_once(&format!("\n\n{mark}"))?;
    after
        .starts_with([' ', '\n'])
        .then(|| (before.trim(), after.trim()))
}

/// Returns `true` if this is `accounts/*/locations/*`.
pub(super) fn is_location(name: &str) -> bool {
    is_path(name, &["accounts", "locations"])
}

/// Returns `true` if this is `accounts/*/locations/*/reviews/*`.
pub(super) fn is_review_name(name: &str) -> bool {
    is_path(name, &["accounts", "locations", "reviews"])
}

/// Returns `true` if a name is these collections with an id after each.
fn is_path(name: &str, collections: &[&str]) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() == collections.len() * 2
        && parts
            .chunks(2)
            .zip(collections)
            .all(|(pair, collection)| pair[0] == *collection && id::is_id(pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Document;
    use serde_json::json;

    const LOCATION: &str = "accounts/1/locations/2";

    #[test]
    fn a_review_is_read_whole() {
        let review = Review::parse(
            LOCATION,
            &json!({"name": "accounts/1/locations/2/reviews/AbX", "reviewId": "AbX", "starRating": "TWO",
                "reviewer": {"displayName": "Sam Reviewer"}, "comment": "Long wait.",
                "createTime": "2026-07-04T08:00:00Z", "updateTime": "2026-07-05T08:00:00.123456789Z",
                "reviewReply": {"comment": "Thank  you", "updateTime": "2026-07-06T08:00:00Z", "reviewReplyState": "REJECTED"}}),
        )
        .expect("a review");
        assert_eq!(review.name, "accounts/1/locations/2/reviews/AbX");
        assert_eq!(
            (review.post.id.as_str(), review.post.rating),
            ("AbX", Some(2))
        );
        assert_eq!(review.post.channel.account, LOCATION);
        assert_eq!(
            review.updated_at.map(|at| at.to_string()).as_deref(),
            Some("2026-07-05T08:00:00.123456789Z")
        );
        let reply = review.reply.expect("a reply");
        assert!(reply.says("Thank you\n") && reply.is_rejected());
    }

    #[test]
    fn what_is_left_out_is_none() {
        let review = Review::parse(
            LOCATION,
            &json!({"reviewId": "r1", "starRating": "STAR_RATING_UNSPECIFIED",
            "reviewer": {"displayName": "", "isAnonymous": true}, "reviewReply": null}),
        )
        .expect("a review");
        assert_eq!(
            (review.post.rating, review.post.author, review.reply),
            (None, Author::default(), None)
        );
        assert_eq!(
            (review.post.text.as_str(), review.name.as_str()),
            ("", "accounts/1/locations/2/reviews/r1")
        );
        assert_eq!(Review::parse(LOCATION, &json!({"reviewId": "../x"})), None);
        assert_eq!(Review::parse(LOCATION, &json!(7)), None);
    }

    #[test]
    fn a_translation_does_not_make_another_revision() {
        let review = |comment: &str| {
            Review::parse(LOCATION, &json!({"reviewId": "r", "comment": comment}))
                .expect("a review")
        };
        let plain = review("Gwasanaeth da");
        let first = review("(Translated by Google) Good service\n\n(Original)\nGwasanaeth da");
        let last = review("Gwasanaeth da\n\n(Translated by Google)\nGood service");
        assert_eq!(first.translation.as_deref(), Some("Good service"));
        assert_eq!(last.translation, first.translation);
        assert_eq!(first.post.revision(), plain.post.revision());
        assert_eq!(last.post.revision(), plain.post.revision());
        assert_eq!(review("(Translated by Google) Good").post.text, "Good");
        for in_one_line in [
            "(Translated by Google) Good service\n\n(Original) Gwasanaeth da",
            "Gwasanaeth da\n\n(Translated by Google) Good service",
        ] {
            assert_eq!(
                (
                    review(in_one_line).translation,
                    review(in_one_line).post.text
                ),
                (first.translation.clone(), plain.post.text.clone())
            );
        }
        assert_eq!(review("Da\n\n(Translated by Googles)").translation, None);
    }

    #[test]
    fn an_answer_says_what_it_says_whatever_translation_google_adds() {
        for added in [
            "Diolch yn fawr",
            "Diolch yn fawr\n\n(Translated by Google)\nThank you",
            "(Translated by Google) Thank you\n\n(Original)\nDiolch yn fawr",
        ] {
            let reply = OwnReply::parse(&json!({ "comment": added })).expect("an answer");
            assert!(
                reply.says("Diolch yn fawr") && !reply.says("Thank you"),
                "{added}"
            );
        }
    }

    #[test]
    fn pictures_count_as_content_whatever_their_addresses() {
        let review = |items: Value| {
            Review::parse(
                LOCATION,
                &json!({"reviewId": "r", "reviewMediaItems": items}),
            )
            .expect("a review")
            .post
        };
        let two = |sign: &str| {
            json!([{"thumbnailUrl": format!("https://pictures.example/a{sign}"), "thumbnailLabel": "Waiting room"},
                {"thumbnailUrl": "https://pictures.example/b", "videoUrl": format!("https://pictures.example/c{sign}")}])
        };
        let post = review(two("=w100"));
        let named: Vec<(&str, &str)> = post
            .media
            .iter()
            .map(|one| (one.kind.as_str(), one.id.as_str()))
            .collect();
        assert_eq!(named, [("photo", "1"), ("video", "2")]);
        assert_eq!(post.revision(), review(two("=w200")).revision());
        assert_ne!(
            post.revision(),
            review(json!([{"thumbnailUrl": "https://pictures.example/a"}])).revision()
        );
        for none in [json!([]), json!(null), json!("x"), json!([3, null])] {
            assert_eq!(review(none.clone()).media, [], "{none}");
        }
    }

    #[test]
    fn pages_may_be_empty_and_still_go_on() {
        let page = |is_first, answer: Value| {
            let text = answer.to_string();
            let document = Document::new(text.as_bytes());
            let page = ReviewPage::parse(LOCATION, is_first, document.root().expect("JSON"));
            page.map(|page| (page.reviews.len(), document.unreadable(), page.next))
        };
        let next = Some("foo".to_owned());
        assert_eq!(page(true, json!({})), Some((0, 0, None)));
        let read = json!({"reviews": [{}, {"reviewId": "a"}, 3], "nextPageToken": "foo"});
        assert_eq!(page(true, read), Some((1, 2, next)));
        let none = json!({"reviews": [], "nextPageToken": null});
        assert_eq!(page(true, none), Some((0, 0, None)));
        // There are some, and they are not where they should be.
        let moved = json!({"totalReviewCount": 1, "items": [{"reviewId": "a"}]});
        assert_eq!(page(true, moved.clone()), None);
        assert_eq!(page(false, moved), Some((0, 0, None)));
        assert_eq!(page(false, json!({"reviews": {}})), None);
        assert_eq!(page(false, json!([])), None);
    }
}
