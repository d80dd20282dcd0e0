//! A fake of a WordPress site's comments, as far as its REST API shows them.
//!
//! It is held to the real thing: `tests/wordpress/suite.rs` runs against both.

mod answer;
mod comments;
mod screen;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::Value;

use pagewarden_clock::Clock;

use crate::{Entry, Fault, Faults};
use answer::{Answer, error};
use comments::Comments;

/// The fake: shared by its server and by tests that look at it.
#[derive(Clone, Debug)]
pub struct Wordpress(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    users: Vec<User>,
    clock: Clock,
    faults: Faults,
    state: Mutex<Comments>,
    calls: AtomicUsize,
    /// Whoever opens the screen for application passwords says no.
    declines: AtomicBool,
}

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's id.
    pub id: u64,
    /// The name to sign in with, and the name shown.
    pub name: String,
    /// The application password.
    pub password: String,
    /// An editor; an author, who may write and nothing else, otherwise.
    pub moderates: bool,
}

/// One request, with what it asks for.
struct Call<'a> {
    user: Option<&'a User>,
    method: &'a Method,
    query: HashMap<String, String>,
    body: Value,
    now: Timestamp,
}

impl Call<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    fn moderates(&self) -> bool {
        self.user.is_some_and(|user| user.moderates)
    }

    /// WordPress says 401 to nobody and 403 to somebody who may not.
    fn refuse(&self, code: &'static str) -> Answer {
        error(
            if self.user.is_none() { 401 } else { 403 },
            code,
            "Sorry, you are not allowed to do that.",
        )
    }
}

impl Wordpress {
    /// Opens the fake, as its journal left it.
    pub fn open(journal: Option<&Path>, users: Vec<User>, clock: &Clock) -> Result<Self> {
        let state = Mutex::new(Comments::open(journal)?);
        Ok(Wordpress(Arc::new(Inner {
            users,
            clock: clock.clone(),
            faults: Faults::default(),
            state,
            calls: AtomicUsize::new(0),
            declines: AtomicBool::new(false),
        })))
    }

    /// Returns what it is told to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    fn comments(&self) -> MutexGuard<'_, Comments> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns everything that happened on it.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.comments().journal().to_vec()
    }

    /// Learns the comments of a list as WordPress answers it. What it knows to the letter already
    /// is not posted again, and what was edited stays where it is.
    pub fn learn(&self, list: &[u8]) -> Result<()> {
        let list: Value =
            serde_json::from_slice(list).context("the comments do not read as JSON")?;
        for comment in list.as_array().context("the comments are no list")? {
            self.comments().learn(comment)?;
        }
        Ok(())
    }

    /// Lets something happen that a person at the site does there.
    pub fn happen(&self, entry: Entry) -> Result<()> {
        self.comments().write(entry)
    }

    /// Returns how many calls were made.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::Relaxed)
    }

    /// Closes the comments under a post.
    pub fn close(&self, post: u64) {
        self.comments().close(post);
    }

    /// Returns the server.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// Somebody who gives a wrong password is nobody, as in WordPress.
    fn user(&self, parts: &Parts) -> Option<&User> {
        let given = parts
            .headers
            .get(header::AUTHORIZATION)?
            .to_str()
            .ok()?
            .strip_prefix("Basic ")?;
        let given = String::from_utf8(STANDARD.decode(given).ok()?).ok()?;
        let (name, password) = given.split_once(':')?;
        self.0
            .users
            .iter()
            .find(|user| user.name == name && user.password == password)
    }

    fn answer(&self, parts: &Parts, body: &[u8]) -> Answer {
        let mut query: HashMap<String, String> =
            form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .into_owned()
                .collect();
        // Two addresses for the same: with permalinks and without.
        let route = match parts.uri.path() {
            "/" | "/index.php" => query.remove("rest_route"),
            path => path.strip_prefix("/wp-json").map(str::to_owned),
        };
        let Some(route) = route else {
            return Answer::page(404);
        };
        let Some(route) = route.strip_prefix("/wp/v2/") else {
            return answer::no_route();
        };
        let body = if body.is_empty() {
            Ok(Value::Null)
        } else {
            serde_json::from_slice(body)
        };
        let Ok(body) = body else {
            return error(400, "rest_invalid_json", "Invalid JSON body passed.");
        };
        let call = Call {
            user: self.user(parts),
            method: &parts.method,
            query,
            body,
            now: self.0.clock.now(),
        };
        self.comments()
            .answer(&call, route)
            .unwrap_or_else(|refusal| refusal)
    }
}

async fn serve(State(site): State<Wordpress>, request: Request) -> Response {
    site.0.calls.fetch_add(1, Ordering::Relaxed);
    let fault = site.0.faults.take();
    if let Some(answer) = fault.as_ref().and_then(Fault::before) {
        return answer;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    if parts.uri.path() == "/wp-admin/authorize-application.php" {
        return site.screen(&parts);
    }
    let answer = site.answer(&parts, &body).into_response();
    match fault {
        Some(fault) => fault.after(answer).await,
        None => answer,
    }
}

/// The posts under which comments may be written.
type Posts = BTreeSet<u64>;
