//! Recommendations as the Graph API lists them.

use pagewarden_rules::{Author, Channel, Post, Surface};
use serde_json::Value;

use super::{address, is_page};
use crate::{id, json};

/// Reads one row of a page's recommendations as a post to be judged; none where it has no words,
/// for a bare yes or no and bare stars break no policy, or where it is the page's own.
///
/// Its id is that of the story, by which deliveries name it too. A row without one is left out: it
/// could not be told from what a delivery brought.
pub(super) fn recommendation(channel: &Channel, row: &Value) -> Option<Post> {
    let text = json::text(row, "review_text").filter(|text| !text.trim().is_empty())?;
    let id = row["open_graph_story"].get("id").and_then(id::id)?;
    let author = Author {
        id: row["reviewer"].get("id").and_then(id::id),
        name: json::name(&row["reviewer"], "name"),
        ..Author::default()
    };
    if is_page(channel, author.id.as_deref()) {
        return None;
    }
    Some(Post {
        channel: channel.clone(),
        surface: Surface::Recommendation,
        author,
        text: text.to_owned(),
        tagged: Vec::new(),
        media: Vec::new(),
        rating: row["rating"]
            .as_u64()
            .and_then(|stars| u8::try_from(stars).ok())
            .filter(|s| (1..=5).contains(s)),
        posted_at: json::time(row, "created_time"),
        thread: None,
        parent: None,
        permalink: Some(address(&id)),
        id,
    })
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::Platform;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_has_words_and_a_name_of_its_own_is_a_post() {
        let channel = Channel {
            platform: Platform::Facebook,
            account: "1".to_owned(),
        };
        let read = |row: Value| recommendation(&channel, &row);
        let row = json!({ "created_time": "2026-11-20T09:00:00+0000", "has_review": true, "recommendation_type": "negative",
            "review_text": "Could never get through", "reviewer": { "id": "501", "name": "Robin Visitor" },
            "open_graph_story": { "id": "777" } });
        let with = |name: &str, value: Value| {
            let mut row = row.clone();
            row[name] = value;
            read(row)
        };
        let post = read(row.clone()).expect("a post");
        assert_eq!(
            (post.id.as_str(), post.text.as_str()),
            ("777", "Could never get through")
        );
        assert_eq!(
            (post.author.name.as_deref(), post.rating),
            (Some("Robin Visitor"), None)
        );
        assert_eq!(
            post.posted_at.map(|at| at.to_string()).as_deref(),
            Some("2026-11-20T09:00:00Z")
        );
        assert_eq!(
            with("rating", json!(2)).and_then(|post| post.rating),
            Some(2)
        );
        for (name, value) in [
            ("review_text", Value::Null),
            ("review_text", json!(" ")),
            ("open_graph_story", Value::Null),
            ("open_graph_story", json!({ "id": "../me" })),
            ("reviewer", json!({ "id": "1" })),
        ] {
            assert_eq!(with(name, value.clone()), None, "{name} {value}");
        }
        // Facebook often does not tell who wrote it.
        assert!(with("reviewer", Value::Null).is_some());
    }
}
