//! Facebook and Instagram, against the specifications of the Graph API.

use std::collections::HashMap;

use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_fakes::Entry;
use pagewarden_fakes::graph::{APP_ID, Graph, Page, first_token};
use pagewarden_platforms::calls::Done;
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::instagram::Instagram;
use pagewarden_platforms::{Secret, meta};
use pagewarden_rules::{Channel, Platform, Surface};
use serde_json::{Value, json};

use crate::codegen::Codegen;
use crate::record::{self, Call};

const PAGE: &str = "100000000000001";
const POST: &str = "100000000000001_11";
const VISITORS: &str = "100000000000001_12";
const COMMENT: &str = "11_22";
const UNWANTED: &str = "11_23";
const ACCOUNT: &str = "17841400000000001";
const MEDIUM: &str = "17900000000000011";
const BELOW: &str = "17800000000000022";
const RUDE: &str = "17800000000000023";
const ELSEWHERE: &str = "17900000000000099";
const MENTION: &str = "17800000000000099";

/// What each object of the calls is. A page's token stands for the page.
const KINDS: [(&str, &str); 11] = [
    ("me", "Page"),
    (PAGE, "Page"),
    (POST, "PagePost"),
    (VISITORS, "PagePost"),
    (COMMENT, "Comment"),
    (UNWANTED, "Comment"),
    (ACCOUNT, "IGUser"),
    (MEDIUM, "IGMedia"),
    (BELOW, "IGComment"),
    (RUDE, "IGComment"),
    (ELSEWHERE, "IGMedia"),
];

fn specs() -> Option<Codegen> {
    crate::specs("facebook").map(|folder| Codegen::read(&folder))
}

fn faults(specs: &Codegen, call: &Call) -> Vec<String> {
    let object = call.path.split('/').nth(2).unwrap_or_default();
    let kind = KINDS
        .iter()
        .find(|(known, _)| *known == object)
        .expect("an object of which the kind is known")
        .1;
    specs.faults(kind, call)
}

/// Returns the fake with something of every kind on it.
fn graph() -> Graph {
    let page = Page {
        id: PAGE.to_owned(),
        instagram: Some(ACCOUNT.to_owned()),
    };
    let graph = Graph::open(None, &[page], "app secret", None, &Clock::manual()).expect("a fake");
    let posted = |item: &str, id: &str| {
        let mut value = json!({ "item": item, "verb": "add", "from": { "id": "501", "name": "Robin" }, "message": "Hello",
            "post_id": POST, "created_time": Clock::system().now().as_second() });
        value[if item == "comment" {
            "comment_id"
        } else {
            "post_id"
        }] = json!(id);
        json!({ "field": "feed", "value": value })
    };
    let changes = [
        posted("comment", COMMENT),
        posted("comment", UNWANTED),
        posted("post", VISITORS),
    ];
    let recommended = json!({ "item": "rating", "verb": "add", "reviewer_id": "501", "reviewer_name": "Robin", "rating": 4,
        "review_text": "Hello", "open_graph_story_id": "77", "created_time": Clock::system().now().as_second() });
    let recommended = json!({ "field": "ratings", "value": recommended });
    let changes: Vec<Value> = changes.into_iter().chain([recommended]).collect();
    let told = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_790_000_100, "changes": changes }] });
    graph.learn(told.to_string().as_bytes()).expect("learnt");

    let below = |id: &str, at: &str| {
        json!({ "id": id, "text": "Hello", "username": "robin", "timestamp": at,
        "from": { "id": "601", "username": "robin" }, "media": { "id": MEDIUM } })
    };
    // Their authors may be written to for a week.
    let written = |minutes: i64| {
        let at = Clock::system().now() - SignedDuration::from_mins(minutes);
        at.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()
    };
    let early = written(60);
    let first = json!({ "id": MEDIUM, "permalink": "https://www.instagram.com/p/a/", "timestamp": early,
        "comments": { "data": [below(BELOW, &early), below(RUDE, &written(30))] } });
    let stands = [
        json!({ "id": ACCOUNT, "media": { "data": [first] } }),
        json!({ "id": ACCOUNT, "mentioned_comment": below(MENTION, &early) }),
        json!({ "id": ACCOUNT, "mentioned_media": { "id": ELSEWHERE, "caption": "Hello", "timestamp": early,
            "username": "robin" } }),
    ];
    stands
        .iter()
        .try_for_each(|answer| graph.learn_account(answer))
        .expect("learnt");
    graph
        .happen(Entry::Wrote {
            id: "601".to_owned(),
        })
        .expect("written");
    graph
}

/// Makes every call of Facebook's client on the fake, and returns what was sent and answered.
async fn facebook() -> Vec<Call> {
    let (base, calls) = record::serve(graph().router()).await;
    let facebook = Facebook::new(crate::http(), settings(base));
    let token = &Secret::new(&first_token(PAGE));
    for (surface, id) in [
        (Surface::Comment, COMMENT),
        (Surface::VisitorPost, VISITORS),
        (Surface::Mention, COMMENT),
    ] {
        assert_eq!(
            facebook
                .read(token, surface, id)
                .await
                .expect("read")
                .value
                .text,
            "Hello"
        );
    }
    assert_eq!(
        facebook
            .feed(token, PAGE, &mut 25)
            .await
            .expect("listed")
            .value
            .len(),
        2
    );
    let page = Channel {
        platform: Platform::Facebook,
        account: PAGE.to_owned(),
    };
    assert_eq!(
        facebook
            .recommendations(token, &page)
            .await
            .expect("listed")
            .value[0]
            .text,
        "Hello"
    );
    assert_eq!(
        facebook
            .comments(token, POST, None)
            .await
            .expect("listed")
            .value
            .comments
            .len(),
        2
    );
    facebook
        .comments(token, POST, Some(UNWANTED))
        .await
        .expect("listed");
    facebook
        .comments(token, COMMENT, None)
        .await
        .expect("listed");
    for (surface, id) in [
        (Surface::Comment, COMMENT),
        (Surface::VisitorPost, VISITORS),
    ] {
        facebook
            .reply(token, id, "Please ring us.")
            .await
            .expect("answered");
        facebook
            .private_reply(token, PAGE, surface, id, "Please ring us.")
            .await
            .expect("written");
    }
    let done = [
        facebook.hide(token, UNWANTED).await,
        facebook.unhide(token, UNWANTED).await,
        facebook.delete(token, UNWANTED).await,
        facebook.delete(token, VISITORS).await,
        facebook.ban(token, PAGE, "501").await,
        facebook.subscribe(token, PAGE).await,
    ];
    assert!(
        done.iter().all(|done| done
            .as_ref()
            .is_ok_and(|done| done.value == Done::Confirmed)),
        "{done:?}"
    );
    for (user, banned) in [("501", true), ("502", false)] {
        let told = facebook.is_banned(token, PAGE, user).await.expect("told");
        assert_eq!(told.value, banned);
    }
    assert_eq!(
        facebook.subscribed(token, PAGE).await.expect("told").value,
        facebook::HEARD
    );
    calls.made()
}

/// Makes every call of Instagram's client on the fake, and returns what was sent and answered.
async fn instagram() -> Vec<Call> {
    let (base, calls) = record::serve(graph().router()).await;
    let instagram = Instagram::new(crate::http(), settings(base));
    let token = &Secret::new(&first_token(PAGE));
    let channel = &Channel {
        platform: Platform::Instagram,
        account: ACCOUNT.to_owned(),
    };
    instagram.read(token, channel, BELOW).await.expect("read");
    assert_eq!(
        instagram
            .media(token, channel, &mut 25)
            .await
            .expect("listed")
            .value
            .len(),
        1
    );
    assert_eq!(
        instagram
            .comments(token, channel, MEDIUM, RUDE)
            .await
            .expect("listed")
            .value
            .comments
            .len(),
        1
    );
    instagram
        .replies(token, channel, BELOW)
        .await
        .expect("listed");
    assert_eq!(instagram.is_there(token, MEDIUM).await, Ok(true));
    for (id, thread) in [(MENTION, Some(MEDIUM)), (ELSEWHERE, None)] {
        instagram
            .mention(token, channel, id, thread)
            .await
            .expect("read");
        instagram
            .reply_to_mention(token, channel, id, thread, "Please ring us.")
            .await
            .expect("answered");
    }
    instagram
        .reply(token, BELOW, "Please ring us.")
        .await
        .expect("answered");
    let done = [
        instagram
            .private_reply(token, BELOW, "Please ring us.")
            .await,
        instagram.hide(token, RUDE).await,
        instagram.unhide(token, RUDE).await,
        instagram.delete(token, RUDE).await,
        instagram.block(token, "601").await,
    ];
    assert!(
        done.iter().all(|done| done
            .as_ref()
            .is_ok_and(|done| done.value == Done::Confirmed)),
        "{done:?}"
    );
    calls.made()
}

fn settings(base: String) -> facebook::Settings {
    facebook::Settings {
        base,
        app_secret: Some(Secret::new("app secret")),
        ..Default::default()
    }
}

/// Whether a mention is a post or a comment can only be tried out, so one call asks a comment for a
/// post's fields: the fake must refuse it, as the specification does.
#[tokio::test]
async fn the_fake_takes_the_calls_that_meta_specifies_and_no_others() {
    let (facebook, instagram) = (facebook().await, instagram().await);
    let Some(specs) = specs() else { return };
    let refused = |call: &&Call| call.status != 200;
    assert_eq!(
        (
            facebook.iter().filter(refused).count(),
            instagram.iter().filter(refused).count()
        ),
        (1, 0)
    );
    for call in facebook.iter().chain(&instagram) {
        let faults = faults(&specs, call);
        assert_eq!(faults.is_empty(), call.status == 200, "{faults:?} {call:?}");
    }
}

/// What Meta's reference of Debug Token has of a page's token. A call about no object is in none of
/// its specifications.
const TOLD: [&str; 12] = [
    "app_id",
    "application",
    "data_access_expires_at",
    "error",
    "expires_at",
    "granular_scopes",
    "is_valid",
    "issued_at",
    "profile_id",
    "scopes",
    "type",
    "user_id",
];

#[tokio::test]
async fn a_token_is_asked_about_and_told_of_as_metas_reference_says() {
    let (base, calls) = record::serve(graph().router()).await;
    let facebook = Facebook::new(crate::http(), settings(base));
    let app = meta::app_token(APP_ID, &Secret::new("app secret"));
    for token in [&first_token(PAGE), "nobody's"] {
        facebook.granted(&app, &Secret::new(token)).await.ok();
    }
    let calls = calls.made();
    for call in &calls {
        assert_eq!(
            (call.method.as_str(), call.path.as_str(), call.status),
            ("GET", "/v26.0/debug_token", 200)
        );
        let mut parameters: Vec<&str> = call.parameters.keys().map(String::as_str).collect();
        parameters.sort_unstable();
        assert_eq!(
            parameters,
            ["access_token", "appsecret_proof", "input_token"]
        );
        assert!(
            call.answer["data"]
                .as_object()
                .expect("data")
                .keys()
                .all(|name| TOLD.contains(&name.as_str()))
        );
        assert!(
            call.answer["data"]["scopes"].is_array()
                && call.answer["data"]["is_valid"].is_boolean()
        );
    }
    let granular = calls[0].answer["data"]["granular_scopes"]
        .as_array()
        .expect("scopes");
    assert!(
        granular
            .iter()
            .all(|one| one["scope"].is_string() && one["target_ids"].is_array())
    );
    assert_eq!(calls[1].answer["data"]["error"]["code"], 190);
}

/// A check that finds nothing wrong with anything would be none.
#[tokio::test]
async fn what_meta_does_not_specify_is_found() {
    let Some(specs) = specs() else { return };
    let call = |method: &str, path: &str, parameters: &[(&str, &str)]| Call {
        method: method.to_owned(),
        path: format!("/v26.0/{path}"),
        parameters: parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<HashMap<_, _>>(),
        body: Value::Null,
        status: 200,
        answer: Value::Null,
    };
    let found = |call: &Call| !faults(&specs, call).is_empty();
    let messages = format!("{PAGE}/messages");
    let below = format!("{COMMENT}/comments");
    assert!(!found(&call(
        "POST",
        COMMENT,
        &[("is_hidden", "true"), ("access_token", "t")]
    )));
    assert!(!found(&call(
        "POST",
        &messages,
        &[("recipient", r#"{"comment_id":"1"}"#)]
    )));
    assert!(!found(&call(
        "GET",
        &below,
        &[
            ("fields", "id,parent{id},comments.limit(3){id,from}"),
            ("limit", "3")
        ]
    )));
    for wrong in [
        call("POST", COMMENT, &[("is_hidden", "yes")]),
        call("POST", COMMENT, &[("hide", "true")]),
        call("POST", COMMENT, &[("limit", "3")]),
        call("PUT", COMMENT, &[("is_hidden", "true")]),
        call("POST", &format!("{COMMENT}/hide"), &[]),
        call("POST", BELOW, &[("is_hidden", "true")]),
        call("POST", &messages, &[("recipient", "1")]),
        call("GET", &below, &[("fields", "id,mood")]),
        call("GET", &below, &[("fields", "id,parent{mood}")]),
        call("GET", &below, &[("fields", "id,comments{mood}")]),
        call("GET", &below, &[("fields", "id,comments.mood(3){id}")]),
        call("GET", &below, &[("fields", "id,parent.limit(3){id}")]),
        call("GET", &below, &[("mood", "good")]),
    ] {
        assert!(found(&wrong), "{wrong:?}");
    }
}
