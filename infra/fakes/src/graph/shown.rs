//! What the fake Graph API shows of comments and posts: only the fields asked for, and lists page
//! by page.

use std::cmp::Reverse;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Pages;
use super::call::{Answer, Call, error, gone};

/// Fields of a comment. Any other is an error, as on the real one.
const COMMENT: &[&str] = &[
    "id",
    "message",
    "message_tags",
    "from",
    "parent",
    "created_time",
    "is_hidden",
    "can_hide",
    "can_remove",
    "can_reply_privately",
    "permalink_url",
    "attachment",
    "is_private",
];
/// Fields of a post.
const POST: &[&str] = &[
    "id",
    "message",
    "message_tags",
    "from",
    "created_time",
    "is_hidden",
    "permalink_url",
    "attachments",
    "comments",
];

/// Fields of a recommendation.
const RECOMMENDATION: &[&str] = &[
    "created_time",
    "has_rating",
    "has_review",
    "open_graph_story",
    "rating",
    "recommendation_type",
    "review_text",
    "reviewer",
];

/// Rows of a list, where the call does not say.
const USUAL_ROWS: usize = 25;
/// The most rows that a call may ask for.
const MOST_ROWS: usize = 100;

/// What is wanted of a list.
pub(super) struct Wanted<'a> {
    stream: bool,
    newest_first: bool,
    limit: usize,
    after: Option<&'a str>,
    fields: &'a str,
    summary: bool,
}

impl<'a> Wanted<'a> {
    /// Reads it from the parameters of a call.
    pub(super) fn of_call(call: &'a Call) -> Self {
        Self::of(call.parameter("fields"), |name| call.parameter(name))
    }

    /// Reads it from a field with parts of its own: `comments.filter(stream).limit(5){id,message}`.
    fn of_field(field: &'a str) -> Self {
        let (before, inner) = field.split_once('{').unwrap_or((field, ""));
        let parameter = |name: &str| {
            before.split('.').find_map(|part| {
                part.strip_prefix(name)?
                    .strip_prefix('(')?
                    .strip_suffix(')')
            })
        };
        Self::of(inner.strip_suffix('}'), parameter)
    }

    fn of(fields: Option<&'a str>, parameter: impl Fn(&str) -> Option<&'a str>) -> Self {
        let limit = parameter("limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(USUAL_ROWS);
        Wanted {
            stream: parameter("filter") == Some("stream"),
            newest_first: parameter("order") == Some("reverse_chronological"),
            limit: limit.clamp(1, MOST_ROWS),
            after: parameter("after"),
            fields: fields.unwrap_or("created_time,from,message,id"),
            summary: parameter("summary")
                .is_some_and(|summary| summary == "true" || summary == "1"),
        }
    }
}

/// Returns the fields of an object that were asked for; those without a value are left out.
pub(super) fn fields(pages: &Pages, object: &Value, asked: &str) -> Answer {
    let hidden = object["id"]
        .as_str()
        .is_some_and(|id| pages.hidden.contains(id));
    let (known, kind) = match object["kind"].as_str() {
        Some("comment") => (COMMENT, "Comment"),
        Some("recommendation") => (RECOMMENDATION, "Recommendation"),
        _ => (POST, "PagePost"),
    };
    let mut shown = Map::new();
    // A recommendation has no id of its own.
    if kind != "Recommendation" {
        shown.insert("id".to_owned(), object["id"].clone());
    }
    for whole in parts(asked) {
        let field = name(whole);
        if !known.contains(&field) {
            let message =
                format!("(#100) Tried accessing nonexisting field ({field}) on node type ({kind})");
            return Err(error(400, 100, &message, None));
        }
        let value = match field {
            "is_hidden" => json!(hidden),
            // The real one drops the field once a comment is hidden.
            "can_hide" if hidden => Value::Null,
            "can_hide" => json!(true),
            "created_time" => written(&object["created_time"]),
            "comments" => list(
                pages,
                object["id"].as_str().unwrap_or_default(),
                &Wanted::of_field(whole),
            )?,
            "attachments" if !object["attachment"].is_null() => {
                json!({ "data": [object["attachment"]] })
            }
            field => object[field].clone(),
        };
        if !value.is_null() {
            shown.insert(field.to_owned(), value);
        }
    }
    Ok(Value::Object(shown))
}

/// Returns what stands on a page, the newest first: its own posts and its visitors', or
/// recommendations.
pub(super) fn on_page(pages: &Pages, page: &str, kind: &str, call: &Call) -> Answer {
    let wanted = Wanted::of_call(call);
    let mut rows: Vec<&Value> = pages
        .objects
        .values()
        .filter(|row| row["kind"] == kind && row["page"] == page)
        .collect();
    rows.sort_by_key(|row| Reverse(time(row)));
    let shown = rows
        .iter()
        .take(wanted.limit)
        .map(|row| fields(pages, row, wanted.fields));
    Ok(json!({ "data": shown.collect::<Result<Vec<_>, (StatusCode, Value)>>()? }))
}

fn time(row: &Value) -> (i64, String) {
    (
        row["created_time"].as_i64().unwrap_or(0),
        row["id"].as_str().unwrap_or("").to_owned(),
    )
}

/// Returns a page of the comments of a post, or of the answers to a comment.
pub(super) fn list(pages: &Pages, of: &str, wanted: &Wanted<'_>) -> Answer {
    let mut rows: Vec<&Value> = pages
        .objects
        .values()
        .filter(|row| {
            row["kind"] == "comment" && (row["parent"]["id"] == of || row["thread"] == of)
        })
        .filter(|row| wanted.stream || row["parent"]["id"] == of || row["parent"].is_null())
        .collect();
    if rows.is_empty() && !pages.objects.contains_key(of) {
        return Err(gone(of));
    }
    if wanted.newest_first {
        rows.sort_by_key(|row| Reverse(time(row)));
    } else {
        rows.sort_by_key(|row| time(row));
    }
    let start = match wanted.after {
        None => 0,
        // A cursor is the last row's id. One whose row is gone cannot be followed.
        Some(after) => match rows.iter().position(|row| row["id"] == after) {
            Some(at) => at + 1,
            None => return Err(error(400, 100, "(#100) Invalid cursors values", None)),
        },
    };
    let page: Vec<&Value> = rows
        .iter()
        .copied()
        .skip(start)
        .take(wanted.limit)
        .collect();
    let data: Vec<Value> = page
        .iter()
        .map(|row| fields(pages, row, wanted.fields))
        .collect::<Result<_, (StatusCode, Value)>>()?;
    let mut answer = json!({ "data": data });
    if let Some((first, last)) = page.first().zip(page.last()) {
        answer["paging"] = json!({ "cursors": { "before": first["id"], "after": last["id"] } });
        if start + page.len() < rows.len() {
            // Only the presence of `next` says that more follow.
            let after = last["id"].as_str().unwrap_or_default();
            answer["paging"]["next"] = json!(format!(
                "https://graph.facebook.com/{of}/comments?after={after}"
            ));
        }
    }
    if wanted.summary {
        answer["summary"] = json!({ "total_count": rows.len(), "can_comment": true });
    }
    Ok(answer)
}

/// Returns the name of a field, without what is asked of it in braces or brackets.
fn name(field: &str) -> &str {
    field.split(['{', '(', '.']).next().unwrap_or_default()
}

/// Returns the fields of a list, each with what is asked of it in braces or brackets.
pub(super) fn parts(asked: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, letter) in asked.char_indices().chain([(asked.len(), ',')]) {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(asked[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Returns a time as the API writes it; deliveries have seconds.
fn written(seconds: &Value) -> Value {
    let at = seconds
        .as_i64()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or(Value::Null, |at| {
        json!(at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_ask_for_parts_of_their_own() {
        let asked = parts(
            "id,attachments{type,target{id},url},comments.filter(stream).limit(3){id,from{id}},from",
        );
        assert_eq!(
            asked.iter().map(|part| name(part)).collect::<Vec<_>>(),
            ["id", "attachments", "comments", "from"]
        );
        let wanted = Wanted::of_field(asked[2]);
        assert_eq!(
            (
                wanted.stream,
                wanted.newest_first,
                wanted.limit,
                wanted.fields
            ),
            (true, false, 3, "id,from{id}")
        );
        assert!(parts("").is_empty());
    }
}
