//! What a delivery says about a page: comments and posts, which were there before it was sent.

use serde_json::{Value, json};

use crate::Entry;

/// Returns what a delivery tells.
pub(super) fn told(delivery: &Value) -> Vec<Entry> {
    let mut entries = Vec::new();
    for entry in delivery["entry"].as_array().into_iter().flatten() {
        for change in entry["changes"].as_array().into_iter().flatten() {
            let value = &change["value"];
            let kind = value["item"].as_str().unwrap_or_default();
            if matches!(kind, "reaction" | "like" | "event" | "share") {
                continue;
            }
            let id = match (kind, change["field"].as_str()) {
                ("comment", _) => &value["comment_id"],
                (_, Some("ratings")) => &value["open_graph_story_id"],
                _ => &value["post_id"],
            };
            let Some(id) = id.as_str().map(str::to_owned) else {
                continue;
            };
            match value["verb"].as_str() {
                Some("remove" | "delete") => entries.push(Entry::Deleted { id, by_us: false }),
                Some("hide" | "unhide") => {}
                _ => {
                    entries.push(Entry::Posted {
                        object: object(&change["field"], &entry["id"], &id, value),
                        id,
                    });
                }
            }
        }
    }
    entries
}

/// Returns what is kept of a comment or post: what the platform shows of it, and where it stands.
fn object(field: &Value, page: &Value, id: &str, value: &Value) -> Value {
    let is_comment = value["item"] == "comment";
    // Recommendations and mentions are no posts on the page.
    let kind = match field.as_str() {
        Some("feed") => "post",
        Some("ratings") => "recommendation",
        _ => "elsewhere",
    };
    let parent = value["parent_id"]
        .as_str()
        .filter(|parent| is_comment && value["post_id"].as_str() != Some(parent));
    json!({
        "id": id,
        "kind": if is_comment { "comment" } else { kind },
        "page": page,
        "thread": if is_comment { &value["post_id"] } else { &Value::Null },
        "parent": parent.map(|parent| json!({ "id": parent })),
        "message": value["message"],
        "message_tags": value["message_tags"],
        "from": value["from"],
        "created_time": value["created_time"],
        "attachment": attachment(id, value),
        "rating": value["rating"],
        "review_text": value["review_text"],
        "reviewer": { "id": value["reviewer_id"], "name": value["reviewer_name"] },
        "open_graph_story": { "id": id },
        "can_remove": true,
        "can_reply_privately": true,
    })
}

/// Returns what the real one shows of a picture or video: the same file at another address, under
/// an id that it tells in deliveries of posts only.
fn attachment(id: &str, value: &Value) -> Option<Value> {
    let shown = |kind: &str, told: &Value, src: &str| {
        let target = told
            .as_str()
            .map_or_else(|| format!("77{}", id.replace('_', "")), str::to_owned);
        let src = format!("{}?stp=s720x720", src.split('?').next().unwrap_or_default());
        json!({ "type": kind, "target": { "id": target }, "media": { "image": { "src": src } } })
    };
    let photo = value["photo"]
        .as_str()
        .map(|src| shown("photo", &value["photo_id"], src));
    // Of a video it shows a picture.
    let video = value["video"].as_str().map(|_| {
        shown(
            "video_inline",
            &value["video_id"],
            "https://scontent.xx.fbcdn.net/1_2_3_n.jpg",
        )
    });
    photo.or(video)
}

/// Returns the page's own post on which somebody commented.
pub(super) fn own_post(id: &str, comment: &Value) -> Value {
    json!({
        "id": id, "kind": "post", "page": comment["page"], "message": "News from the practice",
        "from": { "id": comment["page"], "name": "The practice" }, "created_time": comment["created_time"],
    })
}
