//! A fake of Google Business Profile's reviews, of Google's token endpoint, and of what pushes
//! hints.

mod consent;
pub mod push;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};

use consent::{ACCESS_TOKEN, Consent};
use push::Key;

use crate::journal::Journal;
use crate::quota::{Count, Quota};
use crate::{Entry, Fault, Faults};
use pagewarden_clock::Clock;

/// The real one's largest page.
const LARGEST_PAGE: usize = 50;
/// The changes of one location that the real one takes in a minute.
const EDITS_A_MINUTE: u32 = 10;
/// A quota of the project that is never used up.
const UNLIMITED: u32 = u32::MAX;

/// The fake: shared by its server and by tests that look at it.
#[derive(Clone, Debug)]
pub struct Business(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    consent: Consent,
    /// The locations that whoever consents manages, by the name by which their reviews are asked
    /// for, with their titles.
    managed: Mutex<BTreeMap<String, String>>,
    faults: Faults,
    /// Locations that who consented does not manage any more.
    unmanaged: Mutex<HashSet<String>>,
    /// The calls that the project may make in a minute.
    calls_a_minute: AtomicU32,
    quota: Quota,
    /// How often the reviews of each location were listed.
    listed: Mutex<BTreeMap<String, u32>>,
    /// The keys that it publishes, and how often they were asked for.
    keys: Mutex<(Vec<Key>, usize)>,
    state: Mutex<Reviews>,
}

/// The reviews by name: the fold of the journal.
#[derive(Debug, Default)]
struct Reviews {
    journal: Journal,
    reviews: BTreeMap<String, Value>,
}

impl Reviews {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Posted { id, object } => {
                // An edit by the author leaves the practice's reply where it is.
                let reply = self
                    .reviews
                    .get(id)
                    .map(|review| review["reviewReply"].clone())
                    .unwrap_or_default();
                let mut object = object.clone();
                if object["reviewReply"].is_null() && !reply.is_null() {
                    object["reviewReply"] = reply;
                }
                self.reviews.insert(id.clone(), object);
            }
            Entry::Deleted { id, .. } => {
                self.reviews.remove(id);
            }
            Entry::Replied {
                id, reply, words, ..
            } => {
                if let Some(review) = self.reviews.get_mut(id) {
                    review["reviewReply"] = json!({ "comment": words, "updateTime": reply, "reviewReplyState": "PENDING" });
                }
            }
            Entry::Hidden { .. }
            | Entry::Shown { .. }
            | Entry::Binned { .. }
            | Entry::Wrote { .. }
            | Entry::Banned { .. }
            | Entry::Muted { .. }
            | Entry::Renewed { .. }
            | Entry::Subscribed { .. } => {}
        }
    }

    fn write(&mut self, entry: Entry) -> Result<()> {
        self.apply(&entry);
        self.journal.write(entry)
    }
}

type Answer = Result<Value, (StatusCode, Value)>;

impl Business {
    /// Opens the fake, as its journal left it.
    pub fn open(journal: Option<&Path>, refresh_token: &str, clock: &Clock) -> Result<Self> {
        let journal = Journal::open(journal)?;
        let mut reviews = Reviews::default();
        for entry in journal.entries() {
            reviews.apply(entry);
        }
        reviews.journal = journal;
        let state = Mutex::new(reviews);
        let keys = Mutex::new((vec![Key::First], 0));
        Ok(Business(Arc::new(Inner {
            consent: Consent::new(refresh_token),
            managed: Mutex::default(),
            faults: Faults::default(),
            unmanaged: Mutex::default(),
            calls_a_minute: AtomicU32::new(UNLIMITED),
            quota: Quota::new(clock, SignedDuration::from_mins(1)),
            listed: Mutex::default(),
            keys,
            state,
        })))
    }

    /// Takes no more than so many calls of the project in a minute, and ten changes of one
    /// location; 300 is the real one's number, and 0 that of a project which is not approved. Until
    /// then it takes any number.
    pub fn set_quota(&self, calls_a_minute: u32) {
        self.0
            .calls_a_minute
            .store(calls_a_minute, Ordering::Relaxed);
    }

    /// Takes a location from those that the person who consented manages: the consent is that
    /// person's.
    pub fn dismiss(&self, location: &str) {
        self.0
            .unmanaged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(location.to_owned());
    }

    /// Lets who consents manage a location (`accounts/*/locations/*`) with this title.
    pub fn manage(&self, location: &str, title: &str) {
        self.managed().insert(location.to_owned(), title.to_owned());
    }

    fn managed(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0
            .managed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Has whoever opens the page of consent decline from now on, or agree.
    pub fn decline(&self, declines: bool) {
        self.0.consent.desk().decline(declines);
    }

    /// Lets the time of all codes run out.
    pub fn expire_codes(&self) {
        self.0.consent.desk().expire();
    }

    /// Lists accounts, or the locations of one, as the two other APIs of Business Profile do: one a
    /// page.
    fn listed_for_manager(&self, path: &str, query: &HashMap<String, String>) -> Answer {
        self.0.consent.covers_reviews()?;
        let managed = self.managed();
        let (of, rows): (&str, Vec<Value>) = match path.strip_suffix("/locations") {
            None => {
                let mut accounts: Vec<&str> = managed
                    .keys()
                    .filter_map(|name| name.split_once("/locations/"))
                    .map(|(account, _)| account)
                    .collect();
                accounts.dedup();
                let row =
                    |name| json!({ "name": name, "accountName": "A manager", "type": "PERSONAL" });
                ("accounts", accounts.into_iter().map(row).collect())
            }
            Some(_) if !query.contains_key("readMask") => {
                let why = "Request contains an invalid argument.";
                return Err(status(400, "INVALID_ARGUMENT", why));
            }
            Some(account) => {
                let row = |(name, title): (&String, &String)| {
                    let location = name.strip_prefix(account)?.strip_prefix('/')?;
                    Some(json!({ "name": location, "title": title }))
                };
                ("locations", managed.iter().filter_map(row).collect())
            }
        };
        let at: usize = query
            .get("pageToken")
            .and_then(|token| token.parse().ok())
            .unwrap_or_default();
        // The real ones leave out an empty list.
        let Some(row) = rows.get(at) else {
            return Ok(json!({}));
        };
        let mut list = json!({ of: [row] });
        if at + 1 < rows.len() {
            list["nextPageToken"] = json!((at + 1).to_string());
        }
        Ok(list)
    }

    /// Lets the locations' manager consent to this alone.
    pub fn set_scope(&self, scope: &'static str) {
        self.0.consent.set_scope(scope);
    }

    /// Refuses what names a location that who consented does not manage.
    fn admit(&self, named: &str) -> Result<(), (StatusCode, Value)> {
        let unmanaged = self
            .0
            .unmanaged
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if named
            .split("/reviews")
            .next()
            .is_some_and(|location| unmanaged.contains(location))
        {
            return Err(status(
                403,
                "PERMISSION_DENIED",
                "The caller does not have permission",
            ));
        }
        Ok(())
    }

    /// Returns how often the reviews of each location were listed, calls that were refused not
    /// counted.
    #[must_use]
    pub fn listed(&self) -> BTreeMap<String, u32> {
        self.0
            .listed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Counts a call against the project's quota, and a change against the location's.
    fn count(&self, method: &Method, path: &str) -> Result<(), (StatusCode, Value)> {
        let most = self.0.calls_a_minute.load(Ordering::Relaxed);
        if most == UNLIMITED {
            return Ok(());
        }
        let calls = self.0.quota.count("project", most);
        let location = path
            .split_once("/reviews/")
            .filter(|_| method == Method::PUT)
            .map(|(location, _)| location);
        let edits = location.map(|location| self.0.quota.count(location, EDITS_A_MINUTE));
        match [Some(calls), edits]
            .into_iter()
            .flatten()
            .find(Count::is_over)
        {
            Some(over) => Err(used_up(over.most)),
            None => Ok(()),
        }
    }

    /// Publishes these keys and no others from now on.
    pub fn publish_keys(&self, keys: Vec<Key>) {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner).0 = keys;
    }

    /// Returns how often its keys were asked for.
    #[must_use]
    pub fn keys_asked_for(&self) -> usize {
        self.0.keys.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn keys(&self) -> Answer {
        let mut keys = self.0.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.1 += 1;
        let published = keys
            .0
            .iter()
            .map(|key| key.published())
            .collect::<Result<Vec<_>>>()
            .map_err(broken)?;
        Ok(json!({ "keys": published }))
    }

    /// Says of an answer to a review what Google says once it has looked at it, and why where it
    /// will not show it.
    pub fn judge_reply(&self, review: &str, violation: Option<&str>) -> Result<()> {
        let state = if violation.is_some() {
            "REJECTED"
        } else {
            "APPROVED"
        };
        let mut reviews = self.reviews();
        let mut object = reviews
            .reviews
            .get(review)
            .cloned()
            .context("there is no such review")?;
        object["reviewReply"]["reviewReplyState"] = json!(state);
        object["reviewReply"]["policyViolation"] = json!(violation);
        reviews.write(Entry::Posted {
            id: review.to_owned(),
            object,
        })
    }

    /// Returns what it is told to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    fn reviews(&self) -> MutexGuard<'_, Reviews> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns everything that happened on it.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.reviews().journal.entries().to_vec()
    }

    /// Learns the reviews of an answer in Google's own format: `{"reviews": [...]}`.
    ///
    /// What it knows to the letter already is not posted again.
    pub fn learn(&self, answer: &[u8]) -> Result<()> {
        let answer: Value =
            serde_json::from_slice(answer).context("the reviews do not read as JSON")?;
        for review in answer["reviews"].as_array().into_iter().flatten() {
            let id = review["name"]
                .as_str()
                .context("a review has no name")?
                .to_owned();
            let mut reviews = self.reviews();
            let known = reviews.reviews.get(&id).is_some_and(|known| {
                ["comment", "starRating", "updateTime"]
                    .iter()
                    .all(|field| known[field] == review[field])
            });
            if !known {
                reviews.write(Entry::Posted {
                    id,
                    object: review.clone(),
                })?;
            }
        }
        Ok(())
    }

    /// Removes a review, as its author or Google does.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.reviews().write(Entry::Deleted {
            id: name.to_owned(),
            by_us: false,
        })
    }

    /// Takes an answer to a review down, as a person at the practice does.
    pub fn take_down_reply(&self, review: &str) -> Result<()> {
        let mut reviews = self.reviews();
        let object = reviews
            .reviews
            .get_mut(review)
            .context("there is no such review")?;
        object["reviewReply"] = Value::Null;
        Ok(())
    }

    /// Returns the server: the API, the token endpoint `/token` and the keys `/certs`.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    fn answer(
        &self,
        method: &Method,
        path: &str,
        query: &HashMap<String, String>,
        body: &[u8],
    ) -> Answer {
        if let Some(path) = path.strip_prefix("/v1/") {
            return self.listed_for_manager(path, query);
        }
        self.0.consent.covers_reviews()?;
        let name = path.trim_start_matches("/v4/");
        self.admit(name)?;
        match (
            method,
            name.strip_suffix("/reviews"),
            name.strip_suffix("/reply"),
        ) {
            (&Method::GET, Some(location), _) => self.list(location, query),
            (&Method::PUT, _, Some(review)) => self.reply(review, body).map_err(broken)?,
            (&Method::GET, None, None) => self
                .reviews()
                .reviews
                .get(name)
                .cloned()
                .ok_or_else(not_found),
            _ => Err(not_found()),
        }
    }

    fn list(&self, location: &str, query: &HashMap<String, String>) -> Answer {
        let size = query
            .get("pageSize")
            .and_then(|size| size.parse().ok())
            .unwrap_or(LARGEST_PAGE)
            .clamp(1, LARGEST_PAGE);
        let start: usize = query
            .get("pageToken")
            .map_or(Ok(0), |token| token.parse())
            .map_err(|_| {
                status(
                    400,
                    "INVALID_ARGUMENT",
                    "Request contains an invalid argument.",
                )
            })?;
        *self
            .0
            .listed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(location.to_owned())
            .or_default() += 1;
        let prefix = format!("{location}/reviews/");
        let reviews = self.reviews();
        let mut here: Vec<&Value> = reviews
            .reviews
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix))
            .map(|(_, review)| review)
            .collect();
        here.sort_by_key(|review| {
            std::cmp::Reverse(review["updateTime"].as_str().unwrap_or_default().to_owned())
        });
        if here.is_empty() {
            // The real one leaves everything out where there is nothing.
            return Ok(json!({}));
        }
        let mut answer = json!({ "reviews": here.iter().skip(start).take(size).collect::<Vec<_>>(), "totalReviewCount": here.len() });
        if start + size < here.len() {
            answer["nextPageToken"] = json!((start + size).to_string());
        }
        Ok(answer)
    }

    fn reply(&self, review: &str, body: &[u8]) -> Result<Answer> {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let words = body["comment"].as_str().unwrap_or_default().to_owned();
        if words.is_empty() || words.len() > 4096 {
            return Ok(Err(status(
                400,
                "INVALID_ARGUMENT",
                "Request contains an invalid argument.",
            )));
        }
        let mut reviews = self.reviews();
        if !reviews.reviews.contains_key(review) {
            return Ok(Err(not_found()));
        }
        let now = self.0.quota.now();
        let (id, at) = (review.to_owned(), now.to_string());
        let entry = Entry::Replied {
            id,
            reply: at.clone(),
            words: words.clone(),
            private: false,
            at: Some(now),
        };
        reviews.write(entry)?;
        Ok(Ok(
            json!({ "comment": words, "updateTime": at, "reviewReplyState": "PENDING" }),
        ))
    }
}

fn status(code: u16, status: &str, message: &str) -> (StatusCode, Value) {
    let body = json!({ "error": { "code": code, "message": message, "status": status } });
    (
        StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_REQUEST),
        body,
    )
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` hands over")]
fn broken(error: anyhow::Error) -> (StatusCode, Value) {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        json!({ "error": error.to_string() }),
    )
}

/// Says that a quota of so many a minute is used up.
fn used_up(most: u32) -> (StatusCode, Value) {
    let (code, mut body) = status(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Requests'.",
    );
    body["error"]["details"] = json!([{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED", "domain": "googleapis.com",
        "metadata": { "service": "mybusiness.googleapis.com", "quota_limit_value": most.to_string() },
    }]);
    (code, body)
}

fn not_found() -> (StatusCode, Value) {
    status(404, "NOT_FOUND", "Requested entity was not found.")
}

async fn serve(State(business): State<Business>, request: Request) -> Response {
    let fault = business.0.faults.take();
    if let Some(answer) = fault.as_ref().and_then(Fault::before) {
        return answer;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let pairs = |bytes: &[u8]| {
        form_urlencoded::parse(bytes)
            .into_owned()
            .collect::<HashMap<String, String>>()
    };
    if parts.uri.path() == "/o/oauth2/v2/auth" {
        let query = pairs(parts.uri.query().unwrap_or_default().as_bytes());
        return business.0.consent.open(&query);
    }
    let answer = if parts.uri.path() == "/token" {
        business.0.consent.token(&pairs(&body))
    } else if parts.uri.path() == "/certs" {
        business.keys()
    } else if parts
        .headers
        .get(header::AUTHORIZATION)
        .is_none_or(|value| value != format!("Bearer {ACCESS_TOKEN}").as_str())
    {
        Err(status(
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials.",
        ))
    } else {
        let query = pairs(parts.uri.query().unwrap_or_default().as_bytes());
        business
            .count(&parts.method, parts.uri.path())
            .and_then(|()| business.answer(&parts.method, parts.uri.path(), &query, &body))
    };
    let answer = match answer {
        Ok(body) => axum::Json(body).into_response(),
        Err((status, body)) => (status, axum::Json(body)).into_response(),
    };
    match fault {
        Some(fault) => fault.after(answer).await,
        None => answer,
    }
}
