//! What the fake shows of Instagram: only the fields asked for, each list newest first and page by
//! page.

use std::cmp::Reverse;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::super::Pages;
use super::super::call::{Answer, Call, error, gone};
use super::super::shown::parts;

/// Fields of a comment, a post of the account's own, and somebody else's. Any other is an error, as
/// on the real one.
const COMMENT: &[&str] = &[
    "id",
    "text",
    "timestamp",
    "username",
    "from",
    "user",
    "hidden",
    "parent_id",
    "media",
    "like_count",
    "replies",
];
const MEDIA: &[&str] = &[
    "id",
    "caption",
    "timestamp",
    "permalink",
    "username",
    "owner",
    "media_type",
    "comments_count",
    "comments",
];

/// Rows of a list, where the call does not say, and the most that it may ask for.
const USUAL_ROWS: usize = 25;
const MOST_ROWS: usize = 50;

/// Returns a time as the API writes it.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
}

/// Returns one comment or post.
pub(super) fn object(pages: &Pages, id: &str, call: &Call) -> Answer {
    let object = pages.objects.get(id).ok_or_else(|| gone(id))?;
    fields(pages, object, call.parameter("fields").unwrap_or("id"))
}

/// Returns the account's posts.
pub(super) fn media(pages: &Pages, account: &str, call: &Call) -> Answer {
    let rows = pages
        .objects
        .values()
        .filter(|row| row["kind"] == "ig_media" && row["account"] == account);
    list(pages, rows.collect(), &Asked::of(call))
}

/// Returns the first comments below a post. Hidden ones are left out.
pub(super) fn comments(pages: &Pages, media: &str, call: &Call) -> Answer {
    list(pages, below(pages, media), &Asked::of(call))
}

/// Returns the answers to a comment.
pub(super) fn replies(pages: &Pages, comment: &str, call: &Call) -> Answer {
    list(pages, answers(pages, comment), &Asked::of(call))
}

/// Returns what mentions the account, by the one id that the field names.
pub(super) fn mentioned(pages: &Pages, account: &str, call: &Call) -> Answer {
    let asked = call.parameter("fields").unwrap_or_default();
    let Some((kind, rest)) = asked.split_once('.') else {
        return Err(error(
            400,
            100,
            "(#100) Only mentions are known of an account here",
            None,
        ));
    };
    let id = rest
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(id, _)| id);
    let object = pages
        .objects
        .get(id)
        .filter(|object| object["kind"] == kind && object["account"] == account);
    let shown = fields(pages, object.ok_or_else(|| gone(id))?, inner(rest))?;
    Ok(json!({ kind: shown, "id": account }))
}

fn below<'a>(pages: &'a Pages, media: &str) -> Vec<&'a Value> {
    let first = |row: &&Value| {
        row["kind"] == "ig_comment" && row["media"]["id"] == media && row["parent_id"].is_null()
    };
    pages
        .objects
        .values()
        .filter(first)
        .filter(|row| !hidden(pages, row))
        .collect()
}

fn answers<'a>(pages: &'a Pages, comment: &str) -> Vec<&'a Value> {
    let answer = |row: &&Value| row["kind"] == "ig_comment" && row["parent_id"] == comment;
    pages
        .objects
        .values()
        .filter(answer)
        .filter(|row| !hidden(pages, row))
        .collect()
}

/// Counts what is in sight below a post, answers included.
fn count(pages: &Pages, media: &str) -> usize {
    let all = pages
        .objects
        .values()
        .filter(|row| row["kind"] == "ig_comment" && row["media"]["id"] == media);
    all.filter(|row| !hidden(pages, row)).count()
}

fn hidden(pages: &Pages, row: &Value) -> bool {
    row["id"]
        .as_str()
        .is_some_and(|id| pages.hidden.contains(id))
}

/// What is asked of a list.
struct Asked<'a> {
    fields: &'a str,
    rows: usize,
    after: Option<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(call: &'a Call) -> Self {
        let rows = call
            .parameter("limit")
            .and_then(|limit| limit.parse().ok())
            .unwrap_or(USUAL_ROWS);
        Asked {
            fields: call.parameter("fields").unwrap_or("id"),
            rows,
            after: call.parameter("after"),
        }
    }
}

fn list(pages: &Pages, mut rows: Vec<&Value>, asked: &Asked<'_>) -> Answer {
    rows.sort_by_key(|row| {
        Reverse((
            row["timestamp"].as_str().unwrap_or(""),
            row["id"].as_str().unwrap_or(""),
        ))
    });
    // A cursor is the last row's id. One whose row is gone cannot be followed.
    let start = match asked.after {
        None => 0,
        Some(after) => match rows.iter().position(|row| row["id"] == after) {
            Some(at) => at + 1,
            None => return Err(error(400, 100, "(#100) Invalid cursors values", None)),
        },
    };
    let page: Vec<&Value> = rows
        .iter()
        .copied()
        .skip(start)
        .take(asked.rows.clamp(1, MOST_ROWS))
        .collect();
    let data: Vec<Value> = page
        .iter()
        .map(|row| fields(pages, row, asked.fields))
        .collect::<Result<_, (StatusCode, Value)>>()?;
    let Some((first, last)) = page.first().zip(page.last()) else {
        return Ok(json!({ "data": [] }));
    };
    let mut answer = json!({ "data": data, "paging": { "cursors": { "before": first["id"], "after": last["id"] } } });
    if start + page.len() < rows.len() {
        answer["paging"]["next"] = json!("https://graph.facebook.com/next");
    }
    Ok(answer)
}

/// Returns the fields of an object that were asked for, lists inside it as well; those without a
/// value are left out.
fn fields(pages: &Pages, object: &Value, asked: &str) -> Answer {
    let is_comment = object["kind"] == "ig_comment" || object["kind"] == "mentioned_comment";
    let (known, kind) = if is_comment {
        (COMMENT, "IGComment")
    } else {
        (MEDIA, "IGMedia")
    };
    let mut shown = Map::new();
    shown.insert("id".to_owned(), object["id"].clone());
    for part in parts(asked) {
        let name = part.split(['{', '(', '.']).next().unwrap_or_default();
        if !known.contains(&name) {
            let message =
                format!("(#100) Tried accessing nonexisting field ({name}) on node type ({kind})");
            return Err(error(400, 100, &message, None));
        }
        let id = object["id"].as_str().unwrap_or_default();
        let value = match name {
            "hidden" => json!(hidden(pages, object)),
            "comments_count" => json!(count(pages, id)),
            "comments" | "replies" => {
                let rows = if name == "comments" {
                    below(pages, id)
                } else {
                    answers(pages, id)
                };
                // The real one leaves an empty list out.
                if rows.is_empty() {
                    Value::Null
                } else {
                    list(
                        pages,
                        rows,
                        &Asked {
                            fields: inner(part),
                            rows: limit(part),
                            after: None,
                        },
                    )?
                }
            }
            name => object[name].clone(),
        };
        if !value.is_null() {
            shown.insert(name.to_owned(), value);
        }
    }
    Ok(Value::Object(shown))
}

/// Returns what stands between the first brace of a part and its last.
fn inner(part: &str) -> &str {
    part.split_once('{')
        .and_then(|(_, rest)| rest.rsplit_once('}'))
        .map_or("id", |(inner, _)| inner)
}

fn limit(part: &str) -> usize {
    let limit = part
        .split('{')
        .next()
        .and_then(|head| head.split_once(".limit("));
    limit
        .and_then(|(_, rest)| rest.split_once(')')?.0.parse().ok())
        .unwrap_or(USUAL_ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_ask_for_lists_of_their_own() {
        let asked = "id,comments.limit(50){id,replies.limit(3){id,text}},permalink";
        let parts = parts(asked);
        assert_eq!(
            parts,
            [
                "id",
                "comments.limit(50){id,replies.limit(3){id,text}}",
                "permalink"
            ]
        );
        assert_eq!(
            (inner(parts[1]), limit(parts[1])),
            ("id,replies.limit(3){id,text}", 50)
        );
        assert_eq!((inner("media"), limit("comments{id}")), ("id", USUAL_ROWS));
    }
}
