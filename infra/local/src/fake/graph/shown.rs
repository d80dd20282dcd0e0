//! What the fake Graph API shows of comments and posts: only the fields asked for, and lists page by page.

use std::cmp::Reverse;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Answer, Call, Pages, error, gone};

/// Fields of a comment. Any other is an error, as on the real one.
const COMMENT: &[&str] = &[
    "id",
    "message",
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
const POST: &[&str] = &["id", "message", "from", "created_time", "is_hidden", "permalink_url", "attachments"];

/// Rows of a list, where the call does not say.
const USUAL_ROWS: usize = 25;
/// The most rows that a call may ask for.
const MOST_ROWS: usize = 100;

/// Returns the fields of an object that were asked for; those without a value are left out.
pub(super) fn fields(object: &Value, hidden: bool, asked: &str) -> Answer {
    let is_comment = object["kind"] == "comment";
    let (known, kind) = if is_comment { (COMMENT, "Comment") } else { (POST, "PagePost") };
    let mut shown = Map::new();
    shown.insert("id".to_owned(), object["id"].clone());
    for field in names(asked) {
        if !known.contains(&field) {
            let message = format!("(#100) Tried accessing nonexisting field ({field}) on node type ({kind})");
            return Err(error(400, 100, &message, None));
        }
        let value = match field {
            "is_hidden" => json!(hidden),
            // The real one drops the field once a comment is hidden.
            "can_hide" if hidden => Value::Null,
            "can_hide" => json!(true),
            "created_time" => written(&object["created_time"]),
            "attachments" if !object["attachment"].is_null() => json!({ "data": [object["attachment"]] }),
            field => object[field].clone(),
        };
        if !value.is_null() {
            shown.insert(field.to_owned(), value);
        }
    }
    Ok(Value::Object(shown))
}

/// Returns a page of the comments of a post, or of the answers to a comment.
pub(super) fn list(pages: &Pages, of: &str, call: &Call) -> Answer {
    let toplevel = call.parameter("filter") != Some("stream");
    let mut rows: Vec<&Value> = pages
        .objects
        .values()
        .filter(|row| row["kind"] == "comment" && (row["parent"]["id"] == of || row["thread"] == of))
        .filter(|row| !toplevel || row["parent"]["id"] == of || row["parent"].is_null())
        .collect();
    if rows.is_empty() && !pages.objects.contains_key(of) {
        return Err(gone(of));
    }
    let time = |row: &Value| (row["created_time"].as_i64().unwrap_or(0), row["id"].as_str().unwrap_or("").to_owned());
    if call.parameter("order") == Some("reverse_chronological") {
        rows.sort_by_key(|row| Reverse(time(row)));
    } else {
        rows.sort_by_key(|row| time(row));
    }
    let start = match call.parameter("after") {
        None => 0,
        // A cursor is the last row's id. One whose row is gone cannot be followed.
        Some(after) => match rows.iter().position(|row| row["id"] == after) {
            Some(at) => at + 1,
            None => return Err(error(400, 100, "(#100) Invalid cursors values", None)),
        },
    };
    let limit = call.parameter("limit").and_then(|limit| limit.parse().ok()).unwrap_or(USUAL_ROWS).clamp(1, MOST_ROWS);
    let asked = call.parameter("fields").unwrap_or("created_time,from,message,id");
    let page: Vec<&Value> = rows.iter().copied().skip(start).take(limit).collect();
    let hidden = |row: &Value| row["id"].as_str().is_some_and(|id| pages.hidden.contains(id));
    let data: Vec<Value> =
        page.iter().map(|row| fields(row, hidden(row), asked)).collect::<Result<_, (StatusCode, Value)>>()?;
    let Some((first, last)) = page.first().zip(page.last()) else { return Ok(json!({ "data": [] })) };
    let mut answer = json!({ "data": data, "paging": { "cursors": { "before": first["id"], "after": last["id"] } } });
    if start + page.len() < rows.len() {
        // Only the presence of `next` says that more follow.
        answer["paging"]["next"] = json!(format!("{}?after={}", call.path, last["id"].as_str().unwrap_or_default()));
    }
    Ok(answer)
}

/// Returns the names in a list of fields, without what is asked of each in braces or brackets.
fn names(asked: &str) -> Vec<&str> {
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, letter) in asked.char_indices().chain([(asked.len(), ',')]) {
        match letter {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                names.push(asked[start..at].split(['{', '(', '.']).next().unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Returns a time as the API writes it; deliveries have seconds.
fn written(seconds: &Value) -> Value {
    let at = seconds.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or(Value::Null, |at| json!(at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_ask_for_parts_of_their_own() {
        assert_eq!(
            names("id,attachments{type,target{id},url},comments.limit(3),from"),
            ["id", "attachments", "comments", "from"]
        );
        assert!(names("").is_empty());
    }
}
