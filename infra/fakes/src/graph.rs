//! A fake of the Graph API: Facebook pages, and the Instagram accounts that are connected to them.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use pagewarden_platforms::Secret;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::consent::Desk;
use crate::journal::Journal;
use crate::{Entry, Fault, Faults};
use pagewarden_clock::Clock;

mod access;
mod call;
mod consent;
mod instagram;
mod message;
mod shown;
mod subscribed;
mod token;
mod told;
mod usage;

use call::{Answer, Call, broken, error, gone};
pub use token::{APP_ID, Page, SCOPES, first_token};
use token::{Grant, Grants};
use usage::Quotas;

/// Ids of the page's own answers begin here, clear of those in deliveries.
const FIRST_REPLY: usize = 9_000_000_000;

/// The fake: shared by its server and by tests that look at it.
#[derive(Clone, Debug)]
pub struct Graph(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    grants: Mutex<Grants>,
    desk: Mutex<Desk>,
    app_secret: Secret,
    faults: Faults,
    calls: AtomicUsize,
    quotas: Quotas,
    /// No page has a list of recommendations.
    without_ratings: AtomicBool,
    state: Mutex<Pages>,
    /// What it answers where pictures are.
    pictures: Mutex<HashMap<String, (StatusCode, Vec<u8>)>>,
    /// Where deliveries of what our own calls did go: a page hears of its own hides too.
    deliveries: Option<UnboundedSender<Vec<u8>>>,
    clock: Clock,
    opened_at: Timestamp,
}

/// What is on the pages: the fold of the journal.
#[derive(Debug, Default)]
struct Pages {
    journal: Journal,
    objects: HashMap<String, Value>,
    hidden: HashSet<String>,
    /// Comments that were answered in private: the platform allows one message each.
    answered: HashSet<String>,
    /// Who was banned, on any page.
    banned: HashSet<String>,
    /// Of what the app is told, on the pages where that was changed; elsewhere it is told of all.
    subscribed: HashMap<String, Vec<String>>,
}

impl Pages {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Posted { id, object } => {
                // What was commented on was there before: the page's own post, unless somebody
                // posted it.
                if let Some(thread) = object["thread"].as_str() {
                    self.objects
                        .entry(thread.to_owned())
                        .or_insert_with(|| told::own_post(thread, object));
                }
                self.objects.insert(id.clone(), object.clone());
            }
            Entry::Hidden { id } => {
                self.hidden.insert(id.clone());
            }
            Entry::Shown { id } => {
                self.hidden.remove(id);
            }
            Entry::Deleted { id, .. } => {
                // With everything below it.
                self.objects.retain(|own, object| {
                    own != id && object["thread"] != *id && object["parent"]["id"] != *id
                });
            }
            Entry::Replied {
                id,
                reply,
                words,
                private,
                at,
            } => {
                if *private {
                    self.answered.insert(id.clone());
                } else {
                    let object = self.answer(id, reply, words, *at);
                    self.objects.insert(reply.clone(), object);
                }
            }
            Entry::Subscribed { id, fields } => {
                self.subscribed.insert(id.clone(), fields.clone());
            }
            Entry::Banned { id } => drop(self.banned.insert(id.clone())),
            Entry::Wrote { .. }
            | Entry::Muted { .. }
            | Entry::Renewed { .. }
            | Entry::Binned { .. } => {}
        }
    }

    fn write(&mut self, entry: Entry) -> Result<()> {
        self.apply(&entry);
        self.journal.write(entry)
    }

    /// Returns the page's own answer to a comment or post, as it stands below it.
    fn answer(&self, to: &str, id: &str, words: &str, at: Option<Timestamp>) -> Value {
        let above = self.objects.get(to).cloned().unwrap_or_default();
        if !above["account"].is_null() {
            return instagram::answer(&above, id, words, at);
        }
        let is_comment = above["kind"] == "comment";
        json!({
            "id": id, "kind": "comment", "page": above["page"], "message": words,
            "thread": if is_comment { above["thread"].clone() } else { json!(to) },
            "parent": is_comment.then(|| json!({ "id": to })),
            "from": { "id": above["page"], "name": "The practice" },
            "created_time": at.map(Timestamp::as_second),
        })
    }
}

impl Graph {
    /// Opens the fake, as its journal left it, with these pages connected.
    pub fn open(
        journal: Option<&Path>,
        pages: &[Page],
        app_secret: &str,
        deliveries: Option<UnboundedSender<Vec<u8>>>,
        clock: &Clock,
    ) -> Result<Self> {
        let journal = Journal::open(journal)?;
        let mut state = Pages::default();
        for entry in journal.entries() {
            state.apply(entry);
        }
        state.journal = journal;
        Ok(Graph(Arc::new(Inner {
            grants: Mutex::new(Grants::of(pages, clock.now())),
            desk: Mutex::default(),
            app_secret: Secret::new(app_secret),
            faults: Faults::default(),
            calls: AtomicUsize::new(0),
            quotas: Quotas::new(clock),
            without_ratings: AtomicBool::new(false),
            state: Mutex::new(state),
            pictures: Mutex::default(),
            deliveries,
            clock: clock.clone(),
            opened_at: clock.now(),
        })))
    }

    /// Returns what it is told to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// Takes no more than so many calls of the app in an hour. Until then it takes any number.
    pub fn set_app_quota(&self, calls_an_hour: u32) {
        self.0.quotas.app.store(calls_an_hour, Ordering::Relaxed);
    }

    /// Takes no more than so many calls with each page's token in an hour. Until then it takes any
    /// number.
    pub fn set_page_quota(&self, calls_an_hour: u32) {
        self.0.quotas.page.store(calls_an_hour, Ordering::Relaxed);
    }

    /// Takes the lists of recommendations from the pages, as Facebook has done with other lists.
    pub fn withdraw_ratings(&self) {
        self.0.without_ratings.store(true, Ordering::Relaxed);
    }

    /// Returns how many calls were made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Lets something happen that a person does on the page.
    pub fn happen(&self, entry: Entry) -> Result<()> {
        self.pages().write(entry)
    }

    /// Answers so at the path of a picture, such as `/pictures/1_2_3_n.jpg`. As on the real one it
    /// takes no token to see one, and is no call of the API.
    pub fn show_picture(&self, path: &str, status: StatusCode, bytes: Vec<u8>) {
        self.pictures().insert(path.to_owned(), (status, bytes));
    }

    fn pictures(&self) -> MutexGuard<'_, HashMap<String, (StatusCode, Vec<u8>)>> {
        self.0
            .pictures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns everything that happened on it.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.pages().journal.entries().to_vec()
    }

    /// Learns the posts of a delivery, which on the real platform were there before it was sent.
    pub fn learn(&self, delivery: &[u8]) -> Result<()> {
        let Ok(delivery) = serde_json::from_slice::<Value>(delivery) else {
            return Ok(());
        };
        if delivery["object"] == "instagram" {
            return instagram::told(&delivery)
                .into_iter()
                .try_for_each(|entry| self.pages().write(entry));
        }
        told::told(&delivery)
            .into_iter()
            .try_for_each(|entry| self.pages().write(entry))
    }

    /// Learns what stands on Instagram, from an account's own answer with its posts or with what
    /// mentions it.
    pub fn learn_account(&self, answer: &Value) -> Result<()> {
        instagram::stands(answer)
            .into_iter()
            .try_for_each(|entry| self.pages().write(entry))
    }

    /// Returns the server.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// Refuses what the token is not for. Returns the call's path, with the page in the place of
    /// `me`.
    fn admitted<'a>(
        &self,
        grant: &'a Grant,
        call: &'a Call,
    ) -> Result<Vec<&'a str>, (StatusCode, Value)> {
        let mut parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        let Some(id) = parts.get_mut(1) else {
            return Err(error(400, 2500, "Unknown path components", None));
        };
        if *id == "me" {
            *id = &grant.page.id;
        }
        let (id, edge) = (*id, parts.get(2).copied());
        let is_page = self.grants().is_page(id);
        let pages = self.pages();
        grant.reaches(&pages, id, is_page, call)?;
        // A message goes out from the page, and what matters is who gets it.
        let recipient = call.recipient();
        let about = if edge == Some("messages") {
            recipient.as_str()
        } else {
            id
        };
        grant.reaches(&pages, about, false, call)?;
        grant.may(&pages, about, edge, call)?;
        Ok(parts)
    }

    fn answer(&self, grant: &Grant, call: &Call) -> Answer {
        let parts = self.admitted(grant, call)?;
        if let Some(answer) = self.instagram(call, &parts) {
            return answer;
        }
        match (&call.method, parts.as_slice()) {
            (&Method::GET, [_, id]) => self.read(id, call.parameter("fields").unwrap_or("id")),
            (&Method::GET, [_, id, "comments"]) => {
                shown::list(&self.pages(), id, &shown::Wanted::of_call(call))
            }
            (&Method::GET, [_, id, "feed"]) => shown::on_page(&self.pages(), id, "post", call),
            (&Method::GET, [_, _, "ratings"]) if self.0.without_ratings.load(Ordering::Relaxed) => {
                Err(error(
                    400,
                    100,
                    "(#100) Tried accessing nonexisting field (ratings) on node type (Page)",
                    None,
                ))
            }
            (&Method::GET, [_, id, "ratings"]) => {
                shown::on_page(&self.pages(), id, "recommendation", call)
            }
            (&Method::GET, [_, id, "subscribed_apps"]) => Ok(self.subscription(id)),
            (&Method::GET, [_, _, "blocked"]) => {
                let user = call.parameter("user").unwrap_or_default();
                let banned = self.pages().banned.contains(user);
                Ok(
                    json!({ "data": if banned { vec![json!({ "id": user, "name": "Somebody" })] } else { Vec::new() } }),
                )
            }
            (&Method::POST, [_, id, "subscribed_apps"]) => {
                self.subscribe(id, call).map_err(broken)?
            }
            (&Method::POST, [_, id]) => self
                .set_hidden(id, call.parameter("is_hidden"))
                .map_err(broken)?,
            (&Method::DELETE, [_, id]) => self.delete(id).map_err(broken)?,
            (&Method::POST, [_, id, "comments"]) => self
                .reply(id, call.parameter("message").unwrap_or_default())
                .map_err(broken)?,
            (&Method::POST, [_, _, "messages"]) => self.message(call).map_err(broken)?,
            (&Method::POST, [_, _, "blocked"]) => {
                let user = ["user", "uid", "asid", "psid"]
                    .into_iter()
                    .find_map(|name| call.parameter(name));
                let id = user
                    .unwrap_or_default()
                    .trim_matches(['[', ']', '"'])
                    .to_owned();
                if id.is_empty() {
                    return Err(error(
                        400,
                        100,
                        "(#100) The parameter user is required",
                        None,
                    ));
                }
                let answer = json!({ id.as_str(): true });
                self.pages().write(Entry::Banned { id }).map_err(broken)?;
                Ok(answer)
            }
            _ => Err(error(400, 2500, "Unknown path components", None)),
        }
    }

    fn read(&self, id: &str, fields: &str) -> Answer {
        let pages = self.pages();
        let object = pages.objects.get(id).ok_or_else(|| gone(id))?;
        shown::fields(&pages, object, fields)
    }

    fn set_hidden(&self, id: &str, wanted: Option<&str>) -> Result<Answer> {
        let hide = match wanted {
            Some("true") => true,
            Some("false") => false,
            _ => {
                return Ok(Err(error(
                    400,
                    100,
                    "(#100) The parameter is_hidden is required",
                    None,
                )));
            }
        };
        {
            let mut pages = self.pages();
            if !pages.objects.contains_key(id) {
                return Ok(Err(gone(id)));
            }
            let id = id.to_owned();
            pages.write(if hide {
                Entry::Hidden { id }
            } else {
                Entry::Shown { id }
            })?;
        }
        self.tell(id, if hide { "hide" } else { "unhide" });
        Ok(Ok(json!({ "success": true })))
    }

    fn delete(&self, id: &str) -> Result<Answer> {
        {
            let mut pages = self.pages();
            if !pages.objects.contains_key(id) {
                return Ok(Err(gone(id)));
            }
            pages.write(Entry::Deleted {
                id: id.to_owned(),
                by_us: true,
            })?;
        }
        self.tell(id, "remove");
        Ok(Ok(json!({ "success": true })))
    }

    fn reply(&self, id: &str, words: &str) -> Result<Answer> {
        let mut pages = self.pages();
        if !pages.objects.contains_key(id) {
            return Ok(Err(gone(id)));
        }
        let thread = pages
            .objects
            .get(id)
            .and_then(|object| object["thread"].as_str())
            .unwrap_or(id);
        let post = thread.rsplit('_').next().unwrap_or(thread);
        let reply = format!("{post}_{}", FIRST_REPLY + pages.journal.entries().len());
        let (id, words, at) = (id.to_owned(), words.to_owned(), Some(self.0.clock.now()));
        pages.write(Entry::Replied {
            id,
            reply: reply.clone(),
            words,
            private: false,
            at,
        })?;
        drop(pages);
        self.tell(&reply, "add");
        Ok(Ok(json!({ "id": reply })))
    }

    /// Delivers what our own call did, as the platform does.
    fn tell(&self, id: &str, verb: &str) {
        let object = self.pages().objects.get(id).cloned().unwrap_or_default();
        let Some(page) = object["page"].as_str() else {
            return;
        };
        let now = self.0.clock.now().as_second();
        let body = json!({ "object": "page", "entry": [{ "id": page, "time": now, "changes": [{ "field": "feed", "value": {
            "from": { "id": page, "name": "The practice" }, "item": "comment", "verb": verb,
            "comment_id": id, "post_id": object["thread"], "created_time": now, "message": object["message"],
        } }] }] });
        self.deliver(&body);
    }

    fn deliver(&self, body: &Value) {
        let Some(deliveries) = &self.0.deliveries else {
            return;
        };
        if deliveries.send(body.to_string().into_bytes()).is_err() {
            tracing::debug!("nobody takes the fake's deliveries any more");
        }
    }
}

async fn serve(State(graph): State<Graph>, request: Request) -> Response {
    if let Some(picture) = graph.pictures().get(request.uri().path()) {
        return picture.clone().into_response();
    }
    graph.0.calls.fetch_add(1, Ordering::Relaxed);
    let fault = graph.0.faults.take();
    if let Some(answer) = fault.as_ref().and_then(Fault::before) {
        return answer;
    }
    let Some(call) = Call::read(request).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if let Some(answer) = graph.of_consent(&call) {
        return match fault {
            Some(fault) => fault.after(answer).await,
            None => answer,
        };
    }
    let grant = graph.authorised(&call);
    let used = graph
        .0
        .quotas
        .count(grant.as_ref().ok().map(|grant| grant.page.id.as_str()));
    let answer = match grant {
        _ if call.is_inspection() => used.refusal().and_then(|()| graph.inspect(&call)),
        Ok(grant) => used.refusal().and_then(|()| graph.answer(&grant, &call)),
        Err(refused) => Err(refused),
    };
    let mut answer = match answer {
        Ok(body) => axum::Json(body).into_response(),
        Err((status, body)) => (status, axum::Json(body)).into_response(),
    };
    used.tell(answer.headers_mut());
    match fault {
        Some(fault) => fault.after(answer).await,
        None => answer,
    }
}
