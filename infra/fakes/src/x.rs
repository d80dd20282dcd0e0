//! A fake of X: its API for the practices' accounts, its tokens, and its deliveries.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::consent::Desk;
use crate::journal::Journal;
use crate::quota::Quota;
use crate::{Entry, Fault, Faults};
use pagewarden_clock::Clock;

mod limit;
mod problem;
mod search;
mod shown;
mod token;

use problem::Problem;
use token::Tokens;
pub use token::{SCOPES, first_access, first_token};

/// A window of X's limits.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Ids of the accounts' own answers begin here, clear of those in deliveries.
const FIRST_REPLY: usize = 2_090_000_000_000_000_000;

/// Characters of a post, without a subscription.
const LONGEST: usize = 280;

/// The fake: shared by its server and by tests that look at it.
#[derive(Clone, Debug)]
pub struct Timeline(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    faults: Faults,
    quota: Quota,
    state: Mutex<Known>,
    /// Where deliveries go.
    deliveries: Option<UnboundedSender<Vec<u8>>>,
}

/// What became of a delivery on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It came.
    Once,
    /// It came twice.
    Twice,
    /// It came after this time.
    Late(Duration),
    /// It never came.
    Never,
}

/// What is on X: the fold of the journal, and what a restart forgets.
#[derive(Debug)]
struct Known {
    journal: Journal,
    posts: BTreeMap<u64, Value>,
    hidden: HashSet<String>,
    tokens: Tokens,
    desk: Desk,
    /// Who is signed in where the page of consent is opened.
    signed_in: String,
    limits: HashMap<&'static str, u32>,
    /// The plan of the app includes no search.
    no_search: bool,
    calls: HashMap<String, usize>,
}

impl Known {
    fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Posted { id, object } => {
                if let Ok(id) = id.parse() {
                    self.posts.insert(id, object.clone());
                }
            }
            Entry::Deleted { id, .. } => {
                id.parse().ok().and_then(|id: u64| self.posts.remove(&id));
            }
            Entry::Hidden { id } => {
                self.hidden.insert(id.clone());
            }
            Entry::Shown { id } => {
                self.hidden.remove(id);
            }
            Entry::Renewed { account, times } => self.tokens.renewed(account, *times),
            Entry::Binned { .. }
            | Entry::Replied { .. }
            | Entry::Wrote { .. }
            | Entry::Banned { .. }
            | Entry::Muted { .. }
            | Entry::Subscribed { .. } => {}
        }
    }

    fn write(&mut self, entry: Entry) -> Result<()> {
        self.apply(&entry);
        self.journal.write(entry)
    }

    fn post(&self, id: &str) -> Option<&Value> {
        self.posts.get(&id.parse().ok()?)
    }
}

/// A request, taken apart.
struct Asked<'a> {
    method: &'a Method,
    parts: Vec<&'a str>,
    query: HashMap<String, String>,
    body: Value,
    /// Who it is for: the account whose token it came with.
    account: String,
    scopes: Vec<String>,
}

type Answer = Result<(StatusCode, Value), Problem>;

impl Timeline {
    /// Opens the fake, as its journal left it, for accounts with these first refresh tokens.
    pub fn open(
        journal: Option<&Path>,
        accounts: &[String],
        deliveries: Option<UnboundedSender<Vec<u8>>>,
        clock: &Clock,
    ) -> Result<Self> {
        let journal = Journal::open(journal)?;
        let mut known = Known {
            journal: Journal::default(),
            posts: BTreeMap::new(),
            hidden: HashSet::new(),
            tokens: Tokens::of(accounts),
            desk: Desk::default(),
            signed_in: accounts.first().cloned().unwrap_or_default(),
            limits: HashMap::new(),
            no_search: false,
            calls: HashMap::new(),
        };
        for entry in journal.entries() {
            known.apply(entry);
        }
        known.journal = journal;
        let (faults, quota) = (Faults::default(), Quota::new(clock, WINDOW));
        Ok(Timeline(Arc::new(Inner {
            faults,
            quota,
            state: Mutex::new(known),
            deliveries,
        })))
    }

    /// Returns what it is told to do wrong.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns everything that happened on it.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.known().journal.entries().to_vec()
    }

    /// Returns how many calls were made for an account.
    #[must_use]
    pub fn calls(&self, account: &str) -> usize {
        self.known().calls.get(account).copied().unwrap_or_default()
    }

    /// Makes X take no more calls of a kind than this from an account in a quarter of an hour:
    /// `hide`, `mute`, `post`, `lookup`, `list`, `search`.
    pub fn set_limit(&self, of: &'static str, calls: u32) {
        self.known().limits.insert(of, calls);
    }

    /// Takes search out of the app's plan, or puts it back.
    pub fn set_search(&self, included: bool) {
        self.known().no_search = !included;
    }

    /// Connects a further account, which has the first tokens then.
    pub fn connect(&self, account: &str) {
        self.known().tokens.connect(account);
    }

    /// Ends every access token before its time.
    pub fn end_access(&self) {
        self.known().tokens.end_access();
    }

    /// Ends every consent, and all tokens with it.
    pub fn withdraw(&self) {
        self.known().tokens.withdraw();
    }

    /// Lets an account consent again, and returns the refresh token that comes of it.
    #[must_use]
    pub fn consent(&self, account: &str) -> String {
        self.known().tokens.consent(account)
    }

    /// Signs an account in where the page of consent is opened.
    pub fn sign_in(&self, account: &str) {
        account.clone_into(&mut self.known().signed_in);
    }

    /// Has whoever opens the page of consent decline from now on, or agree.
    pub fn decline(&self, declines: bool) {
        self.known().desk.decline(declines);
    }

    /// Lets the time of all codes run out.
    pub fn expire_codes(&self) {
        self.known().desk.expire();
    }

    /// Leaves an account's tokens only these scopes.
    pub fn set_scopes(&self, scopes: &[&str]) {
        self.known().tokens.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// Learns the posts of a delivery, which on the real platform were there before it was sent.
    pub fn learn(&self, delivery: &[u8]) -> Result<()> {
        let Ok(delivery) = serde_json::from_slice::<Value>(delivery) else {
            return Ok(());
        };
        let mut known = self.known();
        for entry in shown::entries(&delivery) {
            // The post that is answered was there first, whoever wrote it.
            if let Entry::Posted { object, .. } = &entry {
                let first = shown::first(object);
                if let Some(first) = first.filter(|(id, _)| known.post(id).is_none()) {
                    known.write(Entry::Posted {
                        id: first.0,
                        object: first.1,
                    })?;
                }
            }
            known.write(entry)?;
        }
        Ok(())
    }

    /// Lets a delivery happen: its posts are there, and it goes out once, twice, late or never.
    pub fn happen(&self, delivery: &Value, sent: Sent) -> Result<()> {
        let body = delivery.to_string().into_bytes();
        self.learn(&body)?;
        let deliveries = self
            .0
            .deliveries
            .clone()
            .context("nobody takes the fake's deliveries")?;
        match sent {
            Sent::Never => {}
            Sent::Once => deliveries.send(body)?,
            Sent::Twice => {
                deliveries.send(body.clone())?;
                deliveries.send(body)?;
            }
            Sent::Late(pause) => {
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    deliveries.send(body).ok();
                });
            }
        }
        Ok(())
    }

    /// Removes a post, as its author does. X tells nobody.
    pub fn remove(&self, id: &str) -> Result<()> {
        self.known().write(Entry::Deleted {
            id: id.to_owned(),
            by_us: false,
        })
    }

    /// Returns the server.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    fn answer(&self, asked: &Asked<'_>) -> Answer {
        let parts: Vec<&str> = asked.parts.clone();
        match (asked.method, parts.as_slice()) {
            (&Method::PUT, ["tweets", id, "hidden"]) => self.set_hidden(asked, id),
            (&Method::GET, ["tweets"]) => {
                asked.may(&["tweet.read", "users.read"])?;
                shown::by_ids(&self.known().posts, &asked.query)
            }
            (&Method::GET, ["tweets", "search", "recent"]) => {
                asked.may(&["tweet.read", "users.read"])?;
                let known = self.known();
                if known.no_search {
                    return Err(Problem::not_in_plan());
                }
                search::recent(&known.posts, &asked.query, self.0.quota.now())
            }
            (&Method::POST, ["tweets"]) => self.reply(asked),
            (&Method::GET, ["users", "me"]) => {
                asked.may(&["tweet.read", "users.read"])?;
                let id = &asked.account;
                let me =
                    json!({ "id": id, "name": "The practice", "username": format!("account{id}") });
                Ok((StatusCode::OK, json!({ "data": me })))
            }
            (&Method::POST, ["users", id, "muting"]) => self.mute(asked, id),
            (&Method::GET, ["users", id, list @ ("mentions" | "tweets")]) => {
                asked.may(&["tweet.read", "users.read"])?;
                shown::list(&self.known().posts, id, *list == "mentions", &asked.query)
            }
            _ => Err(Problem::not_found("path", &parts.join("/"))),
        }
    }

    fn set_hidden(&self, asked: &Asked<'_>, id: &str) -> Answer {
        asked.may(&["tweet.read", "tweet.moderate.write", "users.read"])?;
        let hidden = asked.body["hidden"]
            .as_bool()
            .ok_or_else(|| Problem::invalid("hidden"))?;
        let mut known = self.known();
        let Some(post) = known.post(id) else {
            // X's own emulator answers so: 200, and an error in the body.
            let problem = Problem::not_found("tweet", id).body;
            return Ok((StatusCode::OK, json!({ "errors": [problem] })));
        };
        let first = post["conversation_id"].as_str().unwrap_or(id).to_owned();
        let own = known
            .post(&first)
            .is_some_and(|first| first["author_id"] == asked.account.as_str());
        if !own || first == id {
            return Err(Problem::not_authorized(id));
        }
        // Asked for what is so already, X says yes, and nothing happens.
        if known.hidden.contains(id) != hidden {
            let id = id.to_owned();
            known
                .write(if hidden {
                    Entry::Hidden { id }
                } else {
                    Entry::Shown { id }
                })
                .map_err(Problem::broken)?;
        }
        Ok((StatusCode::OK, json!({ "data": { "hidden": hidden } })))
    }

    /// An answer, which X lets an app send only to those who call on the account.
    fn reply(&self, asked: &Asked<'_>) -> Answer {
        asked.may(&["tweet.read", "tweet.write", "users.read"])?;
        let words = asked.body["text"]
            .as_str()
            .filter(|words| !words.is_empty() && words.chars().count() <= LONGEST);
        let words = words.ok_or_else(|| Problem::invalid("text"))?.to_owned();
        let to = asked.body["reply"]["in_reply_to_tweet_id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let mut known = self.known();
        let above = known.post(&to).cloned().ok_or_else(Problem::forbidden)?;
        if !shown::calls_on(&known.posts, &above, &asked.account) {
            return Err(Problem::forbidden());
        }
        let id = (FIRST_REPLY + known.journal.entries().len()).to_string();
        let at = self.0.quota.now();
        let object = json!({
            "id": id, "text": words, "author_id": asked.account, "conversation_id": above["conversation_id"],
            "created_at": at.to_string(), "in_reply_to_user_id": above["author_id"],
            "referenced_posts": [{ "type": "replied_to", "id": to }], "edit_history_post_ids": [id],
        });
        let entry = Entry::Replied {
            id: to,
            reply: id.clone(),
            words: words.clone(),
            private: false,
            at: Some(at),
        };
        known
            .write(entry)
            .and_then(|()| {
                known.write(Entry::Posted {
                    id: id.clone(),
                    object,
                })
            })
            .map_err(Problem::broken)?;
        Ok((
            StatusCode::CREATED,
            json!({ "data": { "id": id, "text": words, "edit_history_post_ids": [id] } }),
        ))
    }

    fn mute(&self, asked: &Asked<'_>, id: &str) -> Answer {
        asked.may(&["users.read", "tweet.read", "mute.write"])?;
        if id != asked.account {
            return Err(Problem::forbidden());
        }
        let target = asked.body["target_user_id"]
            .as_str()
            .ok_or_else(|| Problem::invalid("target_user_id"))?;
        self.known()
            .write(Entry::Muted {
                id: target.to_owned(),
            })
            .map_err(Problem::broken)?;
        Ok((StatusCode::OK, json!({ "data": { "muting": true } })))
    }
}

impl Asked<'_> {
    /// Refuses a call for which the practice did not give its consent.
    fn may(&self, scopes: &[&str]) -> Result<(), Problem> {
        let has = |scope: &&str| self.scopes.iter().any(|given| given == scope);
        if scopes.iter().all(has) {
            Ok(())
        } else {
            Err(Problem::forbidden())
        }
    }
}

async fn serve(State(timeline): State<Timeline>, request: Request) -> Response {
    let fault = timeline.0.faults.take();
    if let Some(answer) = fault.as_ref().and_then(Fault::before) {
        return answer;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let answer = respond(&timeline, &parts.method, &parts.uri, &parts.headers, &body);
    match fault {
        Some(fault) => fault.after(answer).await,
        None => answer,
    }
}

fn respond(
    timeline: &Timeline,
    method: &Method,
    uri: &axum::http::Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if uri.path() == token::PATH {
        return token::answer(&mut timeline.known(), given, body);
    }
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    if uri.path() == "/i/oauth2/authorize" {
        let desk = &mut timeline.known().desk;
        return desk.open(&query, token::CLIENT.0, true);
    }
    let asked = {
        let known = timeline.known();
        let Some(account) = given
            .strip_prefix("Bearer ")
            .and_then(|token| known.tokens.account(token))
        else {
            return Problem::unauthorized().into_response();
        };
        Asked {
            method,
            parts: uri.path().trim_start_matches("/2/").split('/').collect(),
            query,
            body: serde_json::from_slice(body).unwrap_or_default(),
            account,
            scopes: known.tokens.scopes.clone(),
        }
    };
    let (of, usual) = asked.limit();
    let most = {
        let mut known = timeline.known();
        *known.calls.entry(asked.account.clone()).or_default() += 1;
        known.limits.get(of).copied().unwrap_or(usual)
    };
    let count = timeline
        .0
        .quota
        .count(&format!("{} {of}", asked.account), most);
    let answer = if count.is_over() {
        Err(Problem::too_many())
    } else {
        timeline.answer(&asked)
    };
    let (status, body) = answer.unwrap_or_else(|problem| (problem.status, problem.body));
    let mut response = (status, axum::Json(body)).into_response();
    limit::tell(&count, timeline.0.quota.now(), response.headers_mut());
    response
}
