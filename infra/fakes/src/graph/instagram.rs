//! Instagram on the fake Graph API: accounts' own posts, the comments below them, and mentions
//! elsewhere.

mod shown;

use anyhow::Result;
use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Answer, Call, broken, error, gone};
use super::{FIRST_REPLY, Graph, Pages};
use crate::Entry;

/// The names of invented accounts, which some deliveries have in place of their ids.
const NAMES: [(&str, &str); 1] = [("17841400000000003", "roxbourne.medical")];

/// Returns the name of an account.
fn name_of(account: &str) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(id, _)| *id == account)
        .map(|(_, name)| *name)
}

/// Returns what a delivery says about Instagram: comments, and who has written to the account in
/// private.
pub(super) fn told(delivery: &Value) -> Vec<Entry> {
    let mut entries = Vec::new();
    for entry in delivery["entry"].as_array().into_iter().flatten() {
        // Field and value stand in the entry itself, or in its changes.
        for change in entry["changes"]
            .as_array()
            .into_iter()
            .flatten()
            .chain([entry])
        {
            if matches!(change["field"].as_str(), Some("comments" | "live_comments")) {
                entries.extend(comment(&entry["id"], &entry["time"], &change["value"]));
            }
        }
        for message in entry["messaging"].as_array().into_iter().flatten() {
            entries.extend(
                message["sender"]["id"]
                    .as_str()
                    .map(|id| Entry::Wrote { id: id.to_owned() }),
            );
        }
    }
    entries
}

/// Returns what an account's own answer tells: `media` with their comments, `mentioned_comment`,
/// `mentioned_media`.
pub(super) fn stands(answer: &Value) -> Vec<Entry> {
    let account = &answer["id"];
    let mut entries = Vec::new();
    for medium in answer["media"]["data"].as_array().into_iter().flatten() {
        let mut object = medium.clone();
        object["kind"] = json!("ig_media");
        object["account"] = account.clone();
        entries.extend(posted(object));
        for comment in medium["comments"]["data"].as_array().into_iter().flatten() {
            let answers = comment["replies"]["data"].as_array().into_iter().flatten();
            for (comment, parent) in [(comment, Value::Null)]
                .into_iter()
                .chain(answers.map(|one| (one, comment["id"].clone())))
            {
                let mut object = comment.clone();
                object["kind"] = json!("ig_comment");
                object["account"] = account.clone();
                object["media"] = json!({ "id": medium["id"], "permalink": medium["permalink"] });
                object["parent_id"] = parent;
                entries.extend(posted(object));
            }
        }
    }
    for kind in ["mentioned_comment", "mentioned_media"] {
        if answer[kind].is_object() {
            let mut object = answer[kind].clone();
            object["kind"] = json!(kind);
            object["account"] = account.clone();
            entries.extend(posted(object));
        }
    }
    entries
}

fn posted(object: Value) -> Option<Entry> {
    Some(Entry::Posted {
        id: object["id"].as_str()?.to_owned(),
        object,
    })
}

fn comment(account: &Value, time: &Value, value: &Value) -> Vec<Entry> {
    let id = if value["id"].is_null() {
        &value["comment_id"]
    } else {
        &value["id"]
    };
    let media = if value["media"]["id"].is_null() {
        json!({ "id": "17900000000000000" })
    } else {
        json!({ "id": value["media"]["id"] })
    };
    let at = time
        .as_i64()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    // Who is asked tells whose it is also where a delivery has the name alone.
    let (mut from, name) = (value["from"].clone(), account.as_str().and_then(name_of));
    let is_own = from["id"] == *account
        || (from["id"].is_null() && name.is_some_and(|name| from["username"] == name));
    if is_own {
        from["id"] = account.clone();
    }
    let object = json!({
        "id": id, "kind": "ig_comment", "account": account, "media": media, "text": value["text"],
        "from": from, "username": from["username"], "parent_id": value["parent_id"],
        "timestamp": at.map(shown::written),
        "user": is_own.then(|| json!({ "id": account })),
    });
    let medium = json!({ "id": media["id"], "kind": "ig_media", "account": account, "timestamp": object["timestamp"] });
    posted(medium).into_iter().chain(posted(object)).collect()
}

impl Graph {
    /// Answers a call that is about Instagram; none where it is not.
    pub(super) fn instagram(&self, call: &Call, parts: &[&str]) -> Option<Answer> {
        let kind = parts
            .get(1)
            .map(|id| self.pages().kind(id))
            .unwrap_or_default();
        let flat = |answer: Result<Answer>| answer.map_err(broken).and_then(|answer| answer);
        Some(match (&call.method, parts, kind) {
            (&Method::GET, [_, id], Kind::Account) => shown::mentioned(&self.pages(), id, call),
            (&Method::GET, [_, id], Kind::Comment | Kind::Media) => {
                shown::object(&self.pages(), id, call)
            }
            // An account that has nothing yet is not known by anything.
            (&Method::GET, [_, id, "media"], Kind::Account | Kind::Nothing) => {
                shown::media(&self.pages(), id, call)
            }
            (&Method::GET, [_, id, "comments"], Kind::Media) => {
                shown::comments(&self.pages(), id, call)
            }
            (&Method::GET, [_, id, "replies"], Kind::Comment) => {
                shown::replies(&self.pages(), id, call)
            }
            (&Method::POST, [_, id], Kind::Comment) => {
                flat(self.set_instagram_hidden(id, call.parameter("hide")))
            }
            (&Method::DELETE, [_, id], Kind::Comment) => flat(self.delete_silently(id)),
            (&Method::POST, [_, id, "replies"], Kind::Comment) => {
                flat(self.answer_comment(id, call))
            }
            (&Method::POST, [_, id, "mentions"], Kind::Account) => {
                flat(self.answer_mention(id, call))
            }
            (&Method::POST, [_, _, "moderate_conversations"], _) => flat(self.block(call)),
            _ => return None,
        })
    }

    /// Instagram tells nobody of what is hidden or deleted.
    fn set_instagram_hidden(&self, id: &str, wanted: Option<&str>) -> Result<Answer> {
        let mut pages = self.pages();
        if !pages.objects[id]["user"].is_null() {
            return Ok(Err(error(
                400,
                100,
                "(#100) The owner's own comments cannot be hidden",
                None,
            )));
        }
        let id = id.to_owned();
        let entry = match wanted {
            Some("true") => Entry::Hidden { id },
            Some("false") => Entry::Shown { id },
            _ => {
                return Ok(Err(error(
                    400,
                    100,
                    "(#100) The parameter hide is required",
                    None,
                )));
            }
        };
        pages.write(entry)?;
        Ok(Ok(json!({ "success": true })))
    }

    fn delete_silently(&self, id: &str) -> Result<Answer> {
        self.pages().write(Entry::Deleted {
            id: id.to_owned(),
            by_us: true,
        })?;
        Ok(Ok(json!({ "success": true })))
    }

    /// Answers below the first comment, which must be in sight, and delivers it like any comment.
    fn answer_comment(&self, id: &str, call: &Call) -> Result<Answer> {
        let mut pages = self.pages();
        if pages.hidden.contains(id) {
            return Ok(Err(error(
                400,
                100,
                "(#100) Hidden comments cannot be replied to",
                None,
            )));
        }
        let object = pages.reply(
            id,
            call.parameter("message").unwrap_or_default(),
            self.0.clock.now(),
        )?;
        drop(pages);
        let account = &object["account"];
        let now = self.0.clock.now().as_second();
        let body = json!({ "object": "instagram", "entry": [{ "id": account, "time": now, "changes": [{ "field": "comments",
            "value": { "from": { "id": account, "username": "the.practice", "self_ig_scoped_id": "7700000000000001" },
                "media": object["media"], "id": object["id"], "parent_id": object["parent_id"], "text": object["text"] } }] }] });
        self.deliver(&body);
        Ok(Ok(json!({ "id": object["id"] })))
    }

    fn answer_mention(&self, account: &str, call: &Call) -> Result<Answer> {
        let mut pages = self.pages();
        let id = call
            .parameter("comment_id")
            .or_else(|| call.parameter("media_id"))
            .unwrap_or_default();
        if !pages
            .objects
            .get(id)
            .is_some_and(|object| object["account"] == account)
        {
            return Ok(Err(gone(id)));
        }
        let object = pages.reply(
            id,
            call.parameter("message").unwrap_or_default(),
            self.0.clock.now(),
        )?;
        Ok(Ok(json!({ "id": object["id"] })))
    }

    /// Blocks only who has a conversation with the account, and says so in words where others say
    /// it in JSON's own.
    fn block(&self, call: &Call) -> Result<Answer> {
        let users: Value = call
            .parameter("user_ids")
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let (id, actions) = (
            users[0]["id"].as_str().unwrap_or_default().to_owned(),
            call.parameter("actions"),
        );
        if id.is_empty() || actions != Some(r#"["block_user"]"#) {
            return Ok(Err(error(
                400,
                100,
                "(#100) The parameters user_ids and actions are required",
                None,
            )));
        }
        let mut pages = self.pages();
        if !pages
            .journal
            .entries()
            .contains(&Entry::Wrote { id: id.clone() })
        {
            return Ok(Err(error(
                400,
                1,
                "Instagram Direct thread not found between business and consumer",
                None,
            )));
        }
        pages.write(Entry::Banned { id })?;
        Ok(Ok(json!({ "success": "true" })))
    }
}

/// What an id stands for on Instagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    Account,
    Media,
    Comment,
    #[default]
    Nothing,
}

impl Pages {
    fn kind(&self, id: &str) -> Kind {
        match self.objects.get(id).map(|object| &object["kind"]) {
            Some(kind) if kind == "ig_comment" => Kind::Comment,
            Some(kind) if kind == "ig_media" => Kind::Media,
            None if self.objects.values().any(|object| object["account"] == id) => Kind::Account,
            _ => Kind::Nothing,
        }
    }

    /// Puts the account's own answer to something on record, and returns it as it stands there.
    fn reply(&mut self, to: &str, words: &str, at: Timestamp) -> Result<Value> {
        let reply = format!("1789{}", FIRST_REPLY + self.journal.entries().len());
        let (to, words) = (to.to_owned(), words.to_owned());
        self.write(Entry::Replied {
            id: to,
            reply: reply.clone(),
            words,
            private: false,
            at: Some(at),
        })?;
        Ok(self.objects[&reply].clone())
    }
}

/// Returns the account's own answer to a comment or mention, as it stands below it.
pub(super) fn answer(above: &Value, id: &str, words: &str, at: Option<Timestamp>) -> Value {
    let top = if above["parent_id"].is_null() {
        &above["id"]
    } else {
        &above["parent_id"]
    };
    json!({
        "id": id, "kind": if above["kind"] == "ig_comment" { "ig_comment" } else { "ig_elsewhere" },
        "account": above["account"], "media": above["media"], "parent_id": top, "text": words,
        "from": { "id": above["account"], "username": "the.practice" }, "username": "the.practice",
        "user": { "id": above["account"] }, "timestamp": at.map(shown::written),
    })
}
