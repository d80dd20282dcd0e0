//! What the fake X knows of posts and shows of them: only the fields asked for, and lists page by
//! page.

use std::collections::{BTreeMap, HashMap};

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Answer;
use super::problem::Problem;
use crate::Entry;

/// Fields that may be asked for. Any other is an error, as on the real one.
const FIELDS: &[&str] = &[
    "attachments",
    "conversation_id",
    "created_at",
    "display_text_range",
    "entities",
    "id",
    "lang",
    "note_post",
    "text",
];

/// What may be asked to be told with a post.
const EXPANSIONS: &[&str] = &[
    "author_id",
    "in_reply_to_user_id",
    "referenced_posts",
    "attachments.media_keys",
];

/// The most posts in a page, and the most ids in a call.
const MOST: usize = 100;

/// Members that deliveries name in the old way.
const RENAMED: [(&str, &str); 3] = [
    ("referenced_tweets", "referenced_posts"),
    ("note_tweet", "note_post"),
    ("edit_history_tweet_ids", "edit_history_post_ids"),
];

/// Returns what a delivery says that happened.
pub(super) fn entries(delivery: &Value) -> Vec<Entry> {
    let gone = |id: &Value| {
        id.as_str().map(|id| Entry::Deleted {
            id: id.to_owned(),
            by_us: false,
        })
    };
    let event = &delivery["data"];
    let payload = &event["payload"];
    let told = match event["event_type"].as_str().unwrap_or_default() {
        "post.delete" => gone(&payload["id"]),
        "post.reply.create" | "post.mention.create" | "post.quote.create" => {
            let id = payload["id"].as_str().map(str::to_owned);
            id.map(|id| Entry::Posted {
                object: object(payload, &event["includes"]),
                id,
            })
        }
        _ => None,
    };
    let older = delivery["tweet_create_events"]
        .as_array()
        .into_iter()
        .flatten();
    let older = older.filter_map(|post| {
        Some(Entry::Posted {
            id: post["id_str"].as_str()?.to_owned(),
            object: newer(post),
        })
    });
    let removed = delivery["tweet_delete_events"]
        .as_array()
        .into_iter()
        .flatten();
    told.into_iter()
        .chain(older)
        .chain(removed.filter_map(|one| gone(&one["status"]["id"])))
        .collect()
}

/// Returns a post as it is kept: under the names of X's specification, with its author's name.
fn object(payload: &Value, includes: &Value) -> Value {
    let mut object = payload.clone();
    for (old, new) in RENAMED {
        if let Some(value) = object.as_object_mut().and_then(|object| object.remove(old)) {
            object[new] = value;
        }
    }
    let users = includes["users"].as_array().into_iter().flatten();
    if let Some(author) = users
        .into_iter()
        .find(|user| user["id"] == payload["author_id"])
    {
        object["author"] =
            json!({ "id": author["id"], "name": author["name"], "username": author["username"] });
    }
    object
}

/// Returns a post of the older form in that of the API. What it answers began the conversation.
fn newer(post: &Value) -> Value {
    let answers = &post["in_reply_to_status_id_str"];
    let long = &post["extended_tweet"]["full_text"];
    let mentions = post["entities"]["user_mentions"]
        .as_array()
        .into_iter()
        .flatten();
    let mentions: Vec<Value> = mentions
        .map(|one| json!({ "start": one["indices"][0], "end": one["indices"][1], "id": one["id_str"] }))
        .collect();
    let mut object = json!({
        "id": post["id_str"],
        "text": if long.is_string() { long } else { &post["text"] },
        "author_id": post["user"]["id_str"],
        "author": { "id": post["user"]["id_str"], "name": post["user"]["name"], "username": post["user"]["screen_name"] },
        "conversation_id": if answers.is_string() { answers } else { &post["id_str"] },
        "entities": { "mentions": mentions },
        "display_text_range": post["display_text_range"],
    });
    if answers.is_string() {
        object["in_reply_to_user_id"] = post["in_reply_to_user_id_str"].clone();
        object["referenced_posts"] = json!([{ "type": "replied_to", "id": answers }]);
    }
    object
}

/// Returns the post that began a conversation, where a direct answer to it tells who wrote it.
pub(super) fn first(object: &Value) -> Option<(String, Value)> {
    let id = object["conversation_id"].as_str()?;
    let author = object["in_reply_to_user_id"].as_str()?;
    let direct = referenced(object, "replied_to") == Some(id);
    let first = json!({ "id": id, "text": "A post", "author_id": author, "conversation_id": id });
    direct.then(|| (id.to_owned(), first))
}

pub(super) fn referenced<'a>(object: &'a Value, kind: &str) -> Option<&'a str> {
    object["referenced_posts"]
        .as_array()?
        .iter()
        .find(|one| one["type"] == kind)?["id"]
        .as_str()
}

/// Returns `true` if the author called on an account: by naming it in the words, or by quoting it.
pub(super) fn calls_on(posts: &BTreeMap<u64, Value>, post: &Value, account: &str) -> bool {
    let from = post["display_text_range"][0].as_u64().unwrap_or(0);
    let mut mentions = post["entities"]["mentions"]
        .as_array()
        .into_iter()
        .flatten();
    let quoted = referenced(post, "quoted").and_then(|id| posts.get(&id.parse().ok()?));
    mentions
        .any(|one| one["id"] == account && one["start"].as_u64().is_some_and(|start| start >= from))
        || quoted.is_some_and(|quoted| quoted["author_id"] == account)
}

/// Answers a call for posts by their ids.
pub(super) fn by_ids(posts: &BTreeMap<u64, Value>, query: &HashMap<String, String>) -> Answer {
    let ids: Vec<&str> = query
        .get("ids")
        .map(|ids| ids.split(',').collect())
        .unwrap_or_default();
    if ids.is_empty() || ids.len() > MOST {
        return Err(Problem::invalid("ids"));
    }
    let found: Vec<&Value> = ids
        .iter()
        .filter_map(|id| posts.get(&id.parse().ok()?))
        .collect();
    let missing = ids
        .iter()
        .filter(|id| !found.iter().any(|post| post["id"] == **id));
    let errors: Vec<Value> = missing
        .map(|id| Problem::not_found("tweet", id).body)
        .collect();
    let mut answer = page(posts, &found, query)?;
    if !errors.is_empty() {
        answer["errors"] = json!(errors);
    }
    Ok((StatusCode::OK, answer))
}

/// Answers a call for a list: what mentions or answers an account, or what it wrote itself. The
/// newest first.
pub(super) fn list(
    posts: &BTreeMap<u64, Value>,
    account: &str,
    mentions: bool,
    query: &HashMap<String, String>,
) -> Answer {
    let since = u64::try_from(number(query, "since_id", 0)?).unwrap_or_default();
    let without: Vec<&str> = query
        .get("exclude")
        .map(|text| text.split(',').collect())
        .unwrap_or_default();
    if mentions && !without.is_empty()
        || without
            .iter()
            .any(|kind| !matches!(*kind, "replies" | "retweets"))
    {
        return Err(Problem::invalid("exclude"));
    }
    let about = |post: &Value| {
        let mut named = post["entities"]["mentions"]
            .as_array()
            .into_iter()
            .flatten();
        named.any(|one| one["id"] == account) || post["in_reply_to_user_id"] == account
    };
    let left_out = |post: &Value| {
        let is = |kind, name| without.contains(&kind) && referenced(post, name).is_some();
        is("replies", "replied_to") || is("retweets", "retweeted")
    };
    let own = |post: &Value| post["author_id"] == account;
    let rows = posts.range(since + 1..).rev().map(|(_, post)| post);
    let rows = rows.filter(|post| {
        if mentions {
            about(post) && !own(post)
        } else {
            own(post) && !left_out(post)
        }
    });
    turn(
        posts,
        &rows.collect::<Vec<_>>(),
        query,
        5,
        "pagination_token",
    )
}

fn number(query: &HashMap<String, String>, name: &str, default: usize) -> Result<usize, Problem> {
    query
        .get(name)
        .map_or(Ok(default), |text| text.parse())
        .map_err(|_| Problem::invalid(name))
}

/// Answers with one page of what was found: of so many at least, and where the token of this name
/// says.
pub(super) fn turn(
    posts: &BTreeMap<u64, Value>,
    rows: &[&Value],
    query: &HashMap<String, String>,
    fewest: usize,
    token: &str,
) -> Answer {
    let (size, start) = (number(query, "max_results", 10)?, number(query, token, 0)?);
    if !(fewest..=MOST).contains(&size) {
        return Err(Problem::invalid("max_results"));
    }
    let here: Vec<&Value> = rows.iter().copied().skip(start).take(size).collect();
    let mut answer = page(posts, &here, query)?;
    answer["meta"] = json!({ "result_count": here.len() });
    if let (Some(newest), Some(oldest)) = (here.first(), here.last()) {
        answer["meta"]["newest_id"] = newest["id"].clone();
        answer["meta"]["oldest_id"] = oldest["id"].clone();
    }
    if start + here.len() < rows.len() {
        answer["meta"]["next_token"] = json!((start + here.len()).to_string());
    }
    Ok((StatusCode::OK, answer))
}

/// Shows posts with the fields and the company that were asked for. X leaves out what there is none
/// of.
fn page(
    posts: &BTreeMap<u64, Value>,
    rows: &[&Value],
    query: &HashMap<String, String>,
) -> Result<Value, Problem> {
    let names = |name: &str| -> Vec<&str> {
        query
            .get(name)
            .map(|text| text.split(',').filter(|one| !one.is_empty()).collect())
            .unwrap_or_default()
    };
    let (fields, expansions) = (names("post.fields"), names("expansions"));
    if fields.iter().any(|field| !FIELDS.contains(field)) {
        return Err(Problem::invalid("post.fields"));
    }
    if expansions
        .iter()
        .any(|expansion| !EXPANSIONS.contains(expansion))
    {
        return Err(Problem::invalid("expansions"));
    }
    let show = |post: &Value| {
        let always = ["id", "text", "edit_history_post_ids"];
        let wanted = always
            .into_iter()
            .chain(fields.iter().copied())
            .chain(expansions.iter().copied());
        let shown = wanted.filter_map(|name| {
            Some((
                name.to_owned(),
                post.get(name).filter(|v| !v.is_null())?.clone(),
            ))
        });
        Value::Object(shown.collect::<Map<String, Value>>())
    };
    let mut answer = json!({});
    if rows.is_empty() {
        return Ok(answer);
    }
    answer["data"] = rows.iter().map(|post| show(post)).collect();
    if expansions.contains(&"author_id") {
        let users: Vec<&Value> = rows
            .iter()
            .map(|post| &post["author"])
            .filter(|author| author.is_object())
            .collect();
        if !users.is_empty() {
            answer["includes"]["users"] = json!(users);
        }
    }
    if expansions.contains(&"referenced_posts") {
        let ids = rows
            .iter()
            .filter_map(|post| post["referenced_posts"].as_array())
            .flatten();
        let others: Vec<Value> = ids
            .filter_map(|one| posts.get(&one["id"].as_str()?.parse().ok()?))
            .map(&show)
            .collect();
        if !others.is_empty() {
            answer["includes"]["posts"] = json!(others);
        }
    }
    Ok(answer)
}
