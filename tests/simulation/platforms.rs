//! What each platform is here: how its posts are called and written, what it tells of them, and how
//! it fails.

use std::time::Duration;

use axum::http::StatusCode;
use jiff::Timestamp;
use pagewarden_fakes::{Entry, Fault, Faults};
use pagewarden_rules::{Channel, Platform, PostKey};
use serde_json::{Value, json};

use super::plan::{Failing, Place};
use super::world::{World, Written};

/// The stars of each review.
pub(crate) const STARS: u8 = 2;

/// What X's accounts, conversations and posts are called. The numbers of its posts grow with time,
/// and this is the Monday on which the simulation begins.
const X_NAME: &str = "WoolpitHC";
const X_ROOT: &str = "2085000000000000004";
const X_FIRST: u64 = 506_591_225_343 << 22;

const MEDIUM: &str = "17900000000000011";

/// What a platform sends of its own accord.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Meta(Vec<u8>),
    X(Vec<u8>),
}

/// What an author does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed<'a> {
    Write(&'a str),
    Edit(&'a str),
    Remove,
}

/// Returns whose fake stands in for a platform: Meta's two have one, and the staff log has none.
pub(crate) const fn host(platform: Platform) -> Platform {
    match platform {
        Platform::Facebook | Platform::Instagram | Platform::StaffLog => Platform::Facebook,
        Platform::Google | Platform::X | Platform::Website => platform,
    }
}

/// Returns the `nth` post of a plan.
pub(crate) fn post(nth: usize, place: Place) -> Written {
    let id = match place.platform {
        Platform::Facebook | Platform::StaffLog => format!("1_{}", nth + 1),
        Platform::Instagram => format!("178000000000000{nth:02}"),
        Platform::X => (X_FIRST + nth as u64).to_string(),
        Platform::Google => format!("r{nth}"),
        // Clear of the answers, which have the numbers after it.
        Platform::Website => format!("{}", 100 * (nth + 1)),
    };
    Written {
        key: PostKey {
            practice: place.practice.parse().unwrap(),
            platform: place.platform,
            id: id.clone(),
        },
        id: match place.platform {
            Platform::Google => format!("{}/reviews/{id}", place.account),
            Platform::Facebook
            | Platform::Instagram
            | Platform::X
            | Platform::Website
            | Platform::StaffLog => id,
        },
        place,
        author: format!("50000000000000{nth:02}"),
    }
}

/// Returns the words of a post as its platform has them.
pub(crate) fn words(object: &Value) -> Option<&str> {
    let content = object.get("content").map(|content| &content["raw"]);
    let members = ["message", "comment", "text"].into_iter();
    let mut found = members
        .filter_map(|member| object.get(member))
        .chain(content);
    found.next()?.as_str()
}

impl World {
    pub(crate) fn journal(&self, platform: Platform) -> Vec<Entry> {
        match host(platform) {
            Platform::Google => self.stack.business().journal(),
            Platform::X => self.stack.timeline().journal(),
            Platform::Website => self.stack.website().journal(),
            Platform::Facebook | Platform::Instagram | Platform::StaffLog => {
                self.stack.graph().journal()
            }
        }
    }

    fn faults(&self, platform: Platform) -> &Faults {
        match host(platform) {
            Platform::Google => self.stack.business().faults(),
            Platform::X => self.stack.timeline().faults(),
            Platform::Website => self.stack.website().faults(),
            Platform::Facebook | Platform::Instagram | Platform::StaffLog => {
                self.stack.graph().faults()
            }
        }
    }

    /// Has every platform do what it is asked from now on, and every notice arrive.
    pub(crate) fn end_faults(&self) {
        self.stack.outbox().end();
        for platform in Platform::ALL {
            self.faults(*platform).end();
        }
    }

    pub(crate) fn fail(&self, platform: Platform, failing: Failing) {
        self.checks.trouble(self.now());
        self.say(format!(
            "{platform} answers its next call with trouble: {failing:?}."
        ));
        let instead = Fault::Instead;
        let fault = match failing {
            Failing::Busy => instead(StatusCode::TOO_MANY_REQUESTS, json!({})),
            Failing::Broken => instead(StatusCode::INTERNAL_SERVER_ERROR, json!({})),
            Failing::LostAnswer => Fault::After(StatusCode::BAD_GATEWAY, json!({})),
            Failing::Slow => Fault::Late(Duration::from_secs(90)),
            Failing::Cut => Fault::Cut,
            Failing::WrongBody => Fault::After(StatusCode::OK, json!({ "odd": true })),
            Failing::Expired => {
                let (status, body) = expired(platform);
                instead(status, body)
            }
        };
        self.faults(platform).next(1, &fault);
    }

    /// Lets an author do something on the platform. Returns what it tells of that, if anything.
    pub(crate) fn author(&self, post: &Written, deed: Deed<'_>, at: Timestamp) -> Option<Body> {
        match post.place.platform {
            Platform::Instagram => self.on_instagram(post, deed, at),
            Platform::X => self.on_x(post, deed, at),
            Platform::Google => {
                self.on_google(post, deed, at);
                None
            }
            Platform::Website => {
                self.on_website(post, deed, at);
                None
            }
            Platform::Facebook | Platform::StaffLog => Some(self.on_facebook(post, deed, at)),
        }
    }

    fn on_facebook(&self, post: &Written, deed: Deed<'_>, at: Timestamp) -> Body {
        let (verb, words) = match deed {
            Deed::Write(words) => ("add", words),
            Deed::Edit(words) => ("edited", words),
            Deed::Remove => ("remove", ""),
        };
        let page = post.place.account;
        let mut change = pagewarden_tests::change(page, &post.id, &post.author, words);
        change["value"]["verb"] = json!(verb);
        change["value"]["created_time"] = json!(at.as_second());
        let entry = json!({ "id": page, "time": at.as_second(), "changes": [change] });
        let body = bytes(&json!({ "object": "page", "entry": [entry] }));
        self.stack.graph().learn(&body).unwrap();
        Body::Meta(body)
    }

    /// Instagram tells of what is new, and of nothing else.
    fn on_instagram(&self, post: &Written, deed: Deed<'_>, at: Timestamp) -> Option<Body> {
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            let (id, by_us) = (post.id.clone(), false);
            let deleted = Entry::Deleted { id, by_us };
            self.stack.graph().happen(deleted).unwrap();
            return None;
        };
        let value = json!({ "from": { "id": post.author, "username": "a.tester" }, "id": post.id,
            "text": words, "media": { "id": MEDIUM, "media_product_type": "FEED" } });
        let entry = json!({ "id": post.place.account, "time": at.as_second(),
            "changes": [{ "field": "comments", "value": value }] });
        let body = bytes(&json!({ "object": "instagram", "entry": [entry] }));
        self.stack.graph().learn(&body).unwrap();
        matches!(deed, Deed::Write(_)).then_some(Body::Meta(body))
    }

    /// X tells of what is new. What is edited there is another post, so nobody edits.
    fn on_x(&self, post: &Written, deed: Deed<'_>, at: Timestamp) -> Option<Body> {
        let words = match deed {
            Deed::Write(words) => words,
            Deed::Edit(_) => return None,
            Deed::Remove => {
                self.stack.timeline().remove(&post.id).unwrap();
                return None;
            }
        };
        let (account, text) = (post.place.account, post.shown(words));
        let named =
            json!([{ "start": 0, "end": X_NAME.len() + 1, "id": account, "username": X_NAME }]);
        let payload = json!({ "id": post.id, "author_id": post.author, "text": text,
            "created_at": at.to_string(), "conversation_id": X_ROOT, "in_reply_to_user_id": account,
            "display_text_range": [X_NAME.len() + 2, text.len()], "entities": { "mentions": named },
            "referenced_posts": [{ "type": "replied_to", "id": X_ROOT }] });
        let event = json!({ "event_uuid": post.id, "filter": { "user_id": account },
            "event_type": "post.reply.create", "payload": payload, "includes": {} });
        let body = bytes(&json!({ "data": event }));
        self.stack.timeline().learn(&body).unwrap();
        Some(Body::X(body))
    }

    fn on_google(&self, post: &Written, deed: Deed<'_>, at: Timestamp) {
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            self.stack.business().remove(&post.id).unwrap();
            return;
        };
        let review = json!({ "name": post.id, "reviewId": post.key.id,
            "reviewer": { "displayName": "A. Tester" }, "starRating": "TWO", "comment": words,
            "createTime": at.to_string(), "updateTime": at.to_string() });
        let body = bytes(&json!({ "reviews": [review] }));
        self.stack.business().learn(&body).unwrap();
    }

    fn on_website(&self, post: &Written, deed: Deed<'_>, at: Timestamp) {
        let (Deed::Write(words) | Deed::Edit(words)) = deed else {
            let (id, by_us) = (post.id.clone(), false);
            let deleted = Entry::Deleted { id, by_us };
            self.stack.website().happen(deleted).unwrap();
            return;
        };
        let number: u64 = post.id.parse().unwrap();
        let comment = json!({ "id": number, "post": 57, "parent": 0, "author": 0,
            "author_name": "A. Tester", "date_gmt": at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "content": { "raw": words }, "status": "approved", "type": "comment",
            "link": format!("https://roxbourne.example/flu/#comment-{number}") });
        self.stack
            .website()
            .learn(&bytes(&json!([comment])))
            .unwrap();
    }

    /// Has Google look at the answers that it was sent, and show them.
    pub(crate) fn show_answers(&self) {
        let posts = self.posts.iter();
        for post in posts.filter(|post| post.place.platform == Platform::Google) {
            // One that was not answered, or is gone, has no answer to be shown.
            self.stack.business().judge_reply(&post.id, None).ok();
        }
    }

    /// Connects an account on X anew that is no longer let in, as people are told to: a process that
    /// is killed while it renews the tokens has lost them.
    pub(crate) async fn reconnect(&self) {
        for post in &self.posts {
            let channel = post.channel();
            let gate = self.onlooker.gate(&channel).await.unwrap();
            if channel.platform != Platform::X || gate.stopped.is_none() {
                continue;
            }
            let name = format!("channel/{}/{}", channel.platform, channel.account);
            let stored = self.stack.store().get(&name).unwrap();
            let mut secret: Value = serde_json::from_str(&stored).unwrap();
            secret["refresh_token"] = json!(self.stack.timeline().consent(&channel.account));
            self.stack.store().put(&name, &secret.to_string());
            self.say(format!("Somebody connects {} on X again.", channel.account));
        }
    }
}

impl Written {
    /// Returns what stands on the platform when its author writes this: X begins an answer with whom
    /// it answers.
    pub(crate) fn shown(&self, words: &str) -> String {
        match self.place.platform {
            Platform::X => format!("@{X_NAME} {words}"),
            Platform::Facebook
            | Platform::Instagram
            | Platform::Google
            | Platform::Website
            | Platform::StaffLog => words.to_owned(),
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        Channel {
            platform: self.key.platform,
            account: self.place.account.to_owned(),
        }
    }
}

/// Returns how a platform says that it lets an account in no more.
fn expired(platform: Platform) -> (StatusCode, Value) {
    match host(platform) {
        Platform::Google => (StatusCode::BAD_REQUEST, json!({ "error": "invalid_grant" })),
        Platform::X => (
            StatusCode::UNAUTHORIZED,
            json!({ "title": "Unauthorized", "status": 401 }),
        ),
        Platform::Website => (
            StatusCode::UNAUTHORIZED,
            json!({ "code": "incorrect_password", "message": "words", "data": { "status": 401 } }),
        ),
        Platform::Facebook | Platform::Instagram | Platform::StaffLog => (
            StatusCode::BAD_REQUEST,
            json!({ "error": { "message": "words", "type": "OAuthException", "code": 190,
                "error_subcode": 463 } }),
        ),
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
