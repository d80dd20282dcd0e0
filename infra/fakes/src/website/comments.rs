//! The comments of the fake site: the fold of its journal, and what its REST API does to them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use anyhow::{Context, Result};
use axum::http::Method;
use serde_json::{Value, json};

use super::answer::{Answer, error, fields, invalid, no_route, shown};
use super::{Call, Posts};
use crate::Entry;
use crate::journal::Journal;

/// Who the fake says has changed a comment, where the call does not send along where it came from.
const CALLER: &str = "127.0.0.1";

#[derive(Debug, Default)]
pub(super) struct Comments {
    journal: Journal,
    all: BTreeMap<u64, Value>,
    /// Where those in the bins were before.
    before: BTreeMap<u64, String>,
    closed: Posts,
}

type Answered = Result<Answer, Answer>;

impl Comments {
    pub(super) fn open(journal: Option<&Path>) -> Result<Self> {
        let journal = Journal::open(journal)?;
        let mut comments = Comments::default();
        for entry in journal.entries() {
            comments.apply(entry);
        }
        comments.journal = journal;
        Ok(comments)
    }

    pub(super) fn journal(&self) -> &[Entry] {
        self.journal.entries()
    }

    pub(super) fn close(&mut self, post: u64) {
        self.closed.insert(post);
    }

    pub(super) fn write(&mut self, entry: Entry) -> Result<()> {
        self.apply(&entry);
        self.journal.write(entry)
    }

    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Posted { id, object } => {
                if let Ok(id) = id.parse() {
                    self.all.insert(id, object.clone());
                }
            }
            Entry::Hidden { id } => self.move_to(id, "hold"),
            Entry::Shown { id } => self.move_to(id, "approved"),
            Entry::Binned { id, bin } => {
                if let Some((id, comment)) = id
                    .parse()
                    .ok()
                    .and_then(|id| Some((id, self.all.get(&id)?)))
                {
                    self.before.insert(
                        id,
                        comment["status"].as_str().unwrap_or_default().to_owned(),
                    );
                }
                self.move_to(id, bin);
            }
            Entry::Deleted { id, .. } => {
                if let Ok(id) = id.parse() {
                    self.all.remove(&id);
                }
            }
            Entry::Replied { .. }
            | Entry::Wrote { .. }
            | Entry::Banned { .. }
            | Entry::Muted { .. }
            | Entry::Renewed { .. }
            | Entry::Subscribed { .. } => {}
        }
    }

    fn move_to(&mut self, id: &str, status: &str) {
        if let Some(comment) = id.parse().ok().and_then(|id: u64| self.all.get_mut(&id)) {
            comment["status"] = status.into();
        }
    }

    pub(super) fn learn(&mut self, comment: &Value) -> Result<()> {
        let id = comment["id"].as_u64().context("a comment has no id")?;
        let mut comment = comment.clone();
        if let Some(known) = self.all.get(&id) {
            if known["content"]["raw"] == comment["content"]["raw"] {
                return Ok(());
            }
            comment["status"] = known["status"].clone();
        }
        self.write(Entry::Posted {
            id: id.to_string(),
            object: comment,
        })
    }

    pub(super) fn answer(&mut self, call: &Call<'_>, route: &str) -> Answered {
        let id = route
            .strip_prefix("comments/")
            .filter(|id| id.bytes().all(|b| b.is_ascii_digit()));
        match (call.method, route, id) {
            (&Method::GET, "users/me", _) => match call.user {
                Some(user) => Ok(Answer::new(
                    200,
                    fields(json!({ "id": user.id, "name": user.name }), call),
                )),
                None => Err(call.refuse("rest_not_logged_in")),
            },
            (&Method::GET, "comments", _) => self.list(call),
            (&Method::POST, "comments", _) => self.create(call),
            (method, _, Some(id)) => {
                let id = id.parse().unwrap_or(0);
                match *method {
                    Method::GET => self.read(call, id),
                    Method::POST | Method::PUT | Method::PATCH => self.update(call, id),
                    Method::DELETE => self.delete(call, id),
                    _ => Err(no_route()),
                }
            }
            _ => Err(no_route()),
        }
    }

    fn list(&self, call: &Call<'_>) -> Answered {
        let number = |name: &str, default: usize| {
            call.parameter(name)
                .map_or(Ok(default), str::parse)
                .ok()
                .filter(|n| *n > 0)
                .ok_or_else(|| invalid(name))
        };
        let (size, page) = (number("per_page", 10)?, number("page", 1)?);
        if size > 100 {
            return Err(invalid("per_page"));
        }
        let edit = call.parameter("context") == Some("edit");
        if edit && !call.moderates() {
            return Err(call.refuse("rest_forbidden_context"));
        }
        let status = call.parameter("status").unwrap_or("approve");
        if call.user.is_none() && status != "approve" {
            return Err(call.refuse("rest_forbidden_param"));
        }
        let listed = |comment: &Value| match status {
            "any" => true,
            "all" => matches!(comment["status"].as_str(), Some("approved" | "hold")),
            "approve" => comment["status"] == "approved",
            other => comment["status"] == other,
        };
        let parent: Option<u64> = call
            .parameter("parent")
            .and_then(|parent| parent.parse().ok());
        let under = |comment: &Value| parent.is_none_or(|parent| comment["parent"] == parent);
        let mut found: Vec<&Value> = self
            .all
            .values()
            .filter(|c| listed(c) && under(c))
            .collect();
        found.sort_by_key(|c| {
            Reverse((c["date_gmt"].as_str().unwrap_or_default(), c["id"].as_u64()))
        });
        let total = found.len();
        let seen = found
            .into_iter()
            .skip((page - 1).saturating_mul(size))
            .take(size);
        let body: Vec<Value> = seen
            .filter(|comment| may_read(comment, call))
            .map(|comment| shown(comment, call, edit))
            .collect();
        let pages = total.div_ceil(size);
        Ok(Answer::new(200, body.into())
            .with("x-wp-total", total)
            .with("x-wp-totalpages", pages))
    }

    fn known(&self, id: u64) -> Result<&Value, Answer> {
        self.all
            .get(&id)
            .ok_or_else(|| error(404, "rest_comment_invalid_id", "Invalid comment ID."))
    }

    fn read(&self, call: &Call<'_>, id: u64) -> Answered {
        let comment = self.known(id)?;
        let edit = call.parameter("context") == Some("edit");
        if edit && !call.moderates() {
            return Err(call.refuse("rest_forbidden_context"));
        }
        if !may_read(comment, call) {
            return Err(call.refuse("rest_cannot_read"));
        }
        Ok(Answer::new(200, shown(comment, call, edit)))
    }

    fn create(&mut self, call: &Call<'_>) -> Answered {
        let Some(user) = call.user else {
            return Err(call.refuse("rest_comment_login_required"));
        };
        let posts: BTreeSet<u64> = self
            .all
            .values()
            .filter_map(|comment| comment["post"].as_u64())
            .collect();
        let post = call.body["post"]
            .as_u64()
            .filter(|post| posts.contains(post));
        let Some(post) = post else {
            return Err(error(
                403,
                "rest_comment_invalid_post_id",
                "Sorry, there is no such post.",
            ));
        };
        if self.closed.contains(&post) {
            return Err(error(
                403,
                "rest_comment_closed",
                "Sorry, comments are closed for this item.",
            ));
        }
        let (words, parent) = (
            call.body["content"].as_str().unwrap_or_default().trim(),
            call.body["parent"].as_u64().unwrap_or(0),
        );
        if words.is_empty() {
            return Err(error(
                400,
                "rest_comment_content_invalid",
                "Invalid comment content.",
            ));
        }
        let same = |comment: &Value| {
            comment["post"] == post
                && comment["parent"].as_u64().unwrap_or(0) == parent
                && comment["author_name"] == user.name.as_str()
                && comment["content"]["raw"] == words
                && comment["status"] != "trash"
        };
        if self.all.values().any(same) {
            return Err(error(
                409,
                "comment_duplicate",
                "Duplicate comment detected.",
            ));
        }
        let id = self.all.keys().next_back().map_or(1, |last| last + 1);
        let page = self
            .all
            .values()
            .find(|comment| comment["post"] == post)
            .map(|comment| &comment["link"]);
        let page = page
            .and_then(Value::as_str)
            .and_then(|link| link.split('#').next())
            .unwrap_or_default();
        let now = call.now;
        let comment = json!({
            "id": id, "post": post, "parent": parent, "author": user.id, "author_name": user.name, "author_ip": CALLER,
            "date_gmt": now.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "content": { "raw": words },
            "link": format!("{page}#comment-{id}"), "status": if user.moderates { "approved" } else { "hold" },
        });
        let answer = shown(&comment, call, call.moderates());
        let reply = Entry::Replied {
            id: parent.to_string(),
            reply: id.to_string(),
            words: words.to_owned(),
            private: false,
            at: Some(now),
        };
        self.note(Entry::Posted {
            id: id.to_string(),
            object: comment,
        })?;
        self.note(reply)?;
        Ok(Answer::new(201, answer))
    }

    fn update(&mut self, call: &Call<'_>, id: u64) -> Answered {
        let address = call.body["author_ip"].as_str();
        if address.is_some_and(|address| address.parse::<IpAddr>().is_err()) {
            return Err(invalid("author_ip"));
        }
        let mut comment = self.known(id)?.clone();
        if !call.moderates() {
            return Err(call.refuse("rest_cannot_edit"));
        }
        let came_from = address.unwrap_or(CALLER);
        if comment["author_ip"] != came_from {
            comment["author_ip"] = came_from.into();
            self.note(Entry::Posted {
                id: id.to_string(),
                object: comment.clone(),
            })?;
        }
        let status = call.body["status"].as_str().unwrap_or_default();
        let wanted = match status {
            "approve" | "1" => "approved",
            "0" => "hold",
            "untrash" | "unspam" => self.before.get(&id).map_or("hold", String::as_str),
            other => other,
        };
        let (id_text, bin) = (id.to_string(), wanted.to_owned());
        match wanted {
            same if comment["status"] == same => {}
            "approved" => self.note(Entry::Shown { id: id_text })?,
            "hold" => self.note(Entry::Hidden { id: id_text })?,
            "spam" | "trash" => self.note(Entry::Binned { id: id_text, bin })?,
            // WordPress takes any word, and does nothing.
            _ => {}
        }
        Ok(Answer::new(200, shown(self.known(id)?, call, true)))
    }

    fn delete(&mut self, call: &Call<'_>, id: u64) -> Answered {
        let comment = self.known(id)?.clone();
        if !call.moderates() {
            return Err(call.refuse("rest_cannot_delete"));
        }
        let id_text = id.to_string();
        if call.parameter("force") == Some("true") {
            self.note(Entry::Deleted {
                id: id_text,
                by_us: true,
            })?;
            return Ok(Answer::new(
                200,
                fields(json!({ "deleted": true, "previous": comment }), call),
            ));
        }
        if comment["status"] == "trash" {
            return Err(error(
                410,
                "rest_already_trashed",
                "The comment has already been trashed.",
            ));
        }
        self.note(Entry::Binned {
            id: id_text,
            bin: "trash".to_owned(),
        })?;
        Ok(Answer::new(200, shown(self.known(id)?, call, true)))
    }

    /// Writes an entry; a journal that cannot be written is WordPress' database away.
    fn note(&mut self, entry: Entry) -> Result<(), Answer> {
        self.write(entry).map_err(|_| {
            error(
                500,
                "internal_server_error",
                "There has been a critical error.",
            )
        })
    }
}

fn may_read(comment: &Value, call: &Call<'_>) -> bool {
    let own = call.user.is_some_and(|user| comment["author"] == user.id);
    comment["status"] == "approved" || own || call.moderates()
}
