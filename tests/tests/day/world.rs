//! The platforms on that day: authors write, edit and take back there, and what that does to the
//! deliveries.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use pagewarden_fakes::google::push::{self, Key};
use pagewarden_fakes::{Entry, Fault, Faults};
use pagewarden_local::demo;
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PostKey};
use serde_json::{Value, json};

use super::plan::{Deed, Dice, Host, Planned, Told};

const PAGE: &str = "100000000000001";
const INSTAGRAM: &str = "17841400000000003";
const MEDIUM: &str = "17900000000000011";
const LOCATION: &str = "accounts/1000000005/locations/2000000005";
const X_ACCOUNT: &str = "2000000004";
const X_NAME: &str = "WoolpitHC";
const X_ROOT: &str = "2085000000000000004";
const AUTHOR: &str = "3000000012";

/// More calls than a platform is asked in an hour of trouble.
const MANY: usize = 2_000;

/// What a delivery brings, and how.
#[derive(Clone, Debug)]
enum Delivery {
    Meta(Vec<u8>),
    X(Vec<u8>),
    /// Pub/Sub's push about the location.
    Hint,
    /// A review that Google looked at for a while before it shows it, with its name.
    Review(String, Vec<u8>),
}

/// Everything, with the deliveries that are on their way.
pub(crate) struct World {
    pub(crate) stack: Stack,
    late: Vec<(u32, Delivery)>,
    dice: Dice,
}

pub(crate) fn key(post: &Planned) -> PostKey {
    let practice = match post.platform {
        Platform::Facebook => "kingswinford",
        Platform::X => "woolpit",
        Platform::Google => "mile-oak",
        _ => "roxbourne",
    };
    PostKey {
        practice: practice.parse().unwrap(),
        platform: post.platform,
        id: post.id.clone(),
    }
}

impl World {
    pub(crate) async fn start(seed: u64) -> Self {
        let stack = pagewarden_tests::stack().await;
        // What others answer and quote there.
        let root = json!({ "id": X_ROOT, "author_id": X_ACCOUNT, "text": "Flu clinics start on Monday.", "conversation_id": X_ROOT });
        stack
            .timeline()
            .learn(&x_event("post.mention.create", &root))
            .unwrap();
        World {
            stack,
            late: Vec::new(),
            dice: Dice::new(seed),
        }
    }

    /// Lets an author do something, and sends what the platform tells of it. `began` is how long
    /// ago the post was written.
    pub(crate) async fn happen(&mut self, minute: u32, post: &Planned, deed: Deed, told: Told) {
        let at = self.stack.clock().now();
        let began = at - jiff::SignedDuration::from_mins((minute - post.written).into());
        let delivery = match post.platform {
            Platform::Facebook => Some(self.on_facebook(&post.id, deed, began, at)),
            Platform::Instagram => self.on_instagram(&post.id, deed, began),
            Platform::X => self.on_x(post, deed, began),
            Platform::Google => Some(self.on_google(&post.id, deed, began, at, told)),
            Platform::Website | Platform::StaffLog => self.on_website(&post.id, deed, began),
        };
        let Some(delivery) = delivery else { return };
        match told {
            Told::Once => self.deliver(delivery).await,
            Told::Twice => {
                self.deliver(delivery.clone()).await;
                self.deliver(delivery).await;
            }
            Told::Late(minutes) => self.late.push((minute + minutes, delivery)),
            Told::Never => {}
        }
    }

    /// Sends what was late until now. Returns whether there was anything.
    pub(crate) async fn catch_up(&mut self, minute: u32) -> bool {
        let (now, later) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(at, _)| *at <= minute);
        self.late = later;
        let now: Vec<(u32, Delivery)> = now;
        let any = !now.is_empty();
        for (_, delivery) in now {
            self.deliver(delivery).await;
        }
        any
    }

    async fn deliver(&self, delivery: Delivery) {
        let sender = self.stack.sender();
        let status = match delivery {
            Delivery::Meta(body) => sender.deliver(&body).await,
            Delivery::X(body) => sender.deliver_x(&body).await,
            Delivery::Review(name, body) => {
                // By now its author may have edited it.
                let is_there =
                    |entry: &Entry| matches!(entry, Entry::Posted { id, .. } if *id == name);
                if !self.stack.business().journal().iter().any(is_there) {
                    self.stack.business().learn(&body).unwrap();
                }
                return;
            }
            Delivery::Hint => {
                let now = self.stack.clock().now();
                let token = Key::First.token(Key::First, &push::claims(now)).unwrap();
                sender.push(&push::body(LOCATION, now), Some(&token)).await
            }
        };
        // Google's keys are fetched from Google, which may be down: then Pub/Sub tries again, and
        // here it is lost.
        assert!(matches!(status.unwrap(), 200 | 503));
    }

    fn on_facebook(&self, id: &str, deed: Deed, began: Timestamp, at: Timestamp) -> Delivery {
        let (verb, words) = match deed {
            Deed::Write(words) => ("add", words),
            Deed::Edit(words) => ("edited", words),
            Deed::Remove => ("remove", ""),
        };
        let mut change = pagewarden_tests::change(PAGE, id, AUTHOR, words);
        change["value"]["verb"] = json!(verb);
        change["value"]["created_time"] = json!(began.as_second());
        let entry = json!({ "id": PAGE, "time": at.as_second(), "changes": [change] });
        let body = json!({ "object": "page", "entry": [entry] })
            .to_string()
            .into_bytes();
        self.stack.graph().learn(&body).unwrap();
        Delivery::Meta(body)
    }

    /// Instagram tells of what is new, and of nothing else.
    fn on_instagram(&self, id: &str, deed: Deed, began: Timestamp) -> Option<Delivery> {
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            self.stack
                .graph()
                .happen(Entry::Deleted {
                    id: id.to_owned(),
                    by_us: false,
                })
                .unwrap();
            return None;
        };
        let value = json!({ "from": { "id": AUTHOR, "username": "a.tester" }, "id": id, "text": words,
            "media": { "id": MEDIUM, "media_product_type": "FEED" } });
        let entry = json!({ "id": INSTAGRAM, "time": began.as_second(), "changes": [{ "field": "comments", "value": value }] });
        let body = json!({ "object": "instagram", "entry": [entry] })
            .to_string()
            .into_bytes();
        self.stack.graph().learn(&body).unwrap();
        matches!(deed, Deed::Write(_)).then_some(Delivery::Meta(body))
    }

    fn on_x(&self, post: &Planned, deed: Deed, began: Timestamp) -> Option<Delivery> {
        let id = &post.id;
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            self.stack.timeline().remove(id).unwrap();
            return None;
        };
        let body = if post.is_quote {
            let payload = json!({ "id": id, "author_id": AUTHOR, "text": words, "created_at": began.to_string(),
                "conversation_id": id, "display_text_range": [0, words.len()],
                "referenced_posts": [{ "type": "quoted", "id": X_ROOT }] });
            x_event("post.quote.create", &payload)
        } else {
            let text = format!("@{X_NAME} {words}");
            let named = json!([{ "start": 0, "end": X_NAME.len() + 1, "id": X_ACCOUNT, "username": X_NAME }]);
            let payload = json!({ "id": id, "author_id": AUTHOR, "text": text, "created_at": began.to_string(),
                "conversation_id": X_ROOT, "in_reply_to_user_id": X_ACCOUNT,
                "display_text_range": [X_NAME.len() + 2, text.len()], "entities": { "mentions": named },
                "referenced_posts": [{ "type": "replied_to", "id": X_ROOT }] });
            x_event("post.reply.create", &payload)
        };
        self.stack.timeline().learn(&body).unwrap();
        Some(Delivery::X(body))
    }

    fn on_google(
        &self,
        id: &str,
        deed: Deed,
        began: Timestamp,
        at: Timestamp,
        told: Told,
    ) -> Delivery {
        let name = format!("{LOCATION}/reviews/{id}");
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            self.stack.business().remove(&name).unwrap();
            return Delivery::Hint;
        };
        let review = json!({ "name": name, "reviewId": id, "reviewer": { "displayName": "A. Tester" },
            "starRating": "TWO", "comment": words, "createTime": began.to_string(), "updateTime": at.to_string() });
        let body = json!({ "reviews": [review] }).to_string().into_bytes();
        if matches!((deed, told), (Deed::Write(_), Told::Late(_))) {
            return Delivery::Review(name, body);
        }
        self.stack.business().learn(&body).unwrap();
        Delivery::Hint
    }

    /// A website tells nobody.
    fn on_website(&self, id: &str, deed: Deed, began: Timestamp) -> Option<Delivery> {
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            self.stack
                .website()
                .happen(Entry::Deleted {
                    id: id.to_owned(),
                    by_us: false,
                })
                .unwrap();
            return None;
        };
        let number: u64 = id.parse().unwrap();
        let comment = json!({ "id": number, "post": 57, "parent": 0, "author": 0, "author_name": "A. Tester",
            "date_gmt": began.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "content": { "raw": words },
            "link": format!("https://roxbourne.example/flu/#comment-{id}"), "status": "approved", "type": "comment" });
        self.stack
            .website()
            .learn(json!([comment]).to_string().as_bytes())
            .unwrap();
        None
    }

    /// Returns how often something was done to a post.
    pub(crate) fn deeds(&self, post: &Planned) -> usize {
        let (journal, id) = match post.platform {
            Platform::Google => (
                self.stack.business().journal(),
                format!("{LOCATION}/reviews/{}", post.id),
            ),
            Platform::X => (self.stack.timeline().journal(), post.id.clone()),
            Platform::Website | Platform::StaffLog => {
                (self.stack.website().journal(), post.id.clone())
            }
            Platform::Facebook | Platform::Instagram => {
                (self.stack.graph().journal(), post.id.clone())
            }
        };
        let done = |entry: &&Entry| match entry {
            Entry::Hidden { id: one }
            | Entry::Shown { id: one }
            | Entry::Binned { id: one, .. }
            | Entry::Replied { id: one, .. }
            | Entry::Deleted {
                id: one,
                by_us: true,
            } => *one == id,
            _ => false,
        };
        journal.iter().filter(done).count()
    }

    /// Has Google look at the answers that it was sent, and show them.
    pub(crate) fn show_answers(&self, posts: &[Planned]) {
        for post in posts
            .iter()
            .filter(|post| post.platform == Platform::Google && self.deeds(post) > 0)
        {
            // One that its author took back meanwhile has no answer to be shown.
            self.stack
                .business()
                .judge_reply(&format!("{LOCATION}/reviews/{}", post.id), None)
                .ok();
        }
    }

    fn faults(&self, host: Host) -> &Faults {
        match host {
            Host::Meta => self.stack.graph().faults(),
            Host::Google => self.stack.business().faults(),
            Host::X => self.stack.timeline().faults(),
            Host::Website => self.stack.website().faults(),
        }
    }

    fn fail(&mut self, host: Host, ways: &[Fault]) {
        for _ in 0..MANY {
            let way = self.dice.pick(ways);
            self.faults(host).next(1, &way);
        }
    }

    /// The host is down: it refuses, or does what was asked and says otherwise or nothing. Now and
    /// then a call goes well.
    pub(crate) fn go_down(&mut self, host: Host) {
        let (away, failed) = (
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::INTERNAL_SERVER_ERROR,
        );
        let own = json!({ "error": { "code": 2, "message": "words", "type": "OAuthException", "is_transient": true } });
        let own = if host == Host::Meta { own } else { json!({}) };
        let lost = Fault::After(StatusCode::BAD_GATEWAY, json!({}));
        let well = Fault::Late(Duration::ZERO);
        self.fail(
            host,
            &[
                Fault::Instead(away, json!({})),
                Fault::Instead(failed, own),
                lost,
                Fault::Cut,
                well,
            ],
        );
    }

    /// The host takes no more calls for a while, in each of its ways to say so.
    pub(crate) fn limit(&mut self, host: Host) {
        let answer =
            |status: u16, body: Value| Fault::Instead(StatusCode::from_u16(status).unwrap(), body);
        match host {
            Host::Meta => {
                let limits = [4, 17, 32, 80_001].map(|code| {
                    answer(400, json!({ "error": { "message": "words", "type": "OAuthException", "code": code } }))
                });
                self.fail(host, &limits);
            }
            Host::Google => {
                let error =
                    json!({ "code": 429, "message": "words", "status": "RESOURCE_EXHAUSTED" });
                self.fail(host, &[answer(429, json!({ "error": error }))]);
            }
            Host::X => {
                for of in ["hide", "lookup", "list", "search"] {
                    self.stack.timeline().set_limit(of, 0);
                }
            }
            Host::Website => self.fail(host, &[answer(429, json!({}))]),
        }
    }

    /// The host takes the token, the consent or the password no more.
    pub(crate) fn refuse(&mut self, host: Host) {
        match host {
            // What each page would be given now, nobody has stored yet.
            Host::Meta => demo::pages()
                .unwrap()
                .iter()
                .for_each(|page| drop(self.stack.graph().connect(page))),
            Host::Google => {
                let withdrawn = json!({ "error": "invalid_grant", "error_description": "words" });
                self.fail(host, &[Fault::Instead(StatusCode::BAD_REQUEST, withdrawn)]);
            }
            Host::X => self.stack.timeline().withdraw(),
            Host::Website => {
                let wrong = json!({ "code": "incorrect_password", "message": "words", "data": { "status": 401 } });
                self.fail(host, &[Fault::Instead(StatusCode::UNAUTHORIZED, wrong)]);
            }
        }
    }

    /// The host is as it was.
    pub(crate) fn repair(&self, host: Host) {
        self.faults(host).end();
        for (of, calls) in [
            ("hide", 50),
            ("lookup", 900),
            ("list", 300),
            ("search", 300),
        ] {
            self.stack.timeline().set_limit(of, calls);
        }
    }

    /// Somebody connects a channel again. An Instagram account has the token of the page that it is
    /// connected to.
    pub(crate) fn connect(&self, channel: &Channel) {
        match channel.platform {
            Platform::Facebook => {
                let page = demo::pages()
                    .unwrap()
                    .into_iter()
                    .find(|page| page.id == channel.account)
                    .unwrap();
                let token = json!(self.stack.graph().connect(&page));
                self.store(channel, "token", &token);
                if let Some(account) = page.instagram {
                    self.store(
                        &Channel {
                            platform: Platform::Instagram,
                            account,
                        },
                        "token",
                        &token,
                    );
                }
            }
            Platform::Instagram => {}
            Platform::X => {
                let token = self.stack.timeline().consent(&channel.account);
                self.store(channel, "refresh_token", &json!(token));
            }
            // The fakes took the same words before; but another secret is another try.
            _ => self.store(channel, "connected_at", &json!(self.stack.clock().now())),
        }
    }

    fn store(&self, channel: &Channel, member: &str, value: &Value) {
        let name = format!("channel/{}/{}", channel.platform, channel.account);
        let mut secret: Value =
            serde_json::from_str(&self.stack.store().get(&name).unwrap()).unwrap();
        secret[member] = value.clone();
        self.stack.store().put(&name, &secret.to_string());
    }
}

/// Returns what X delivers of a post.
fn x_event(kind: &str, payload: &Value) -> Vec<u8> {
    let event = json!({ "event_uuid": payload["id"], "filter": { "user_id": X_ACCOUNT }, "event_type": kind,
        "payload": payload, "includes": {} });
    json!({ "data": event }).to_string().into_bytes()
}
