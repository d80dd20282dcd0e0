//! X's client against a server that answers from a script, and its deliveries with bodies of our
//! own.

#![expect(clippy::expect_used, reason = "a test may")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pagewarden_platforms::calls::{CallError, Done, Http, Timeouts};
use pagewarden_platforms::x::{self, Consent, X};
use pagewarden_platforms::{Incoming, Secret, delivery};
use pagewarden_rules::Surface;
use serde_json::{Value, json};

const ACCOUNT: &str = "2000000003";

/// The server's script and what it was asked.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(Answers, Vec<String>)>>);

/// Answers to come: the status and the body of each.
type Answers = VecDeque<(u16, Value)>;

impl Script {
    fn then(self, status: u16, body: Value) -> Self {
        self.0
            .lock()
            .expect("unpoisoned")
            .0
            .push_back((status, body));
        self
    }

    /// Returns what was asked: method, address, who by, and body, in one line each.
    fn asked(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").1.clone()
    }

    async fn x(&self) -> X {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let second = Duration::from_secs(1);
        X::new(
            Http::new(Timeouts {
                connect: second,
                total: second,
            })
            .expect("a client"),
            x::Settings { base },
        )
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let who = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("-")
        .to_owned();
    let mut script = script.0.lock().expect("unpoisoned");
    script.1.push(format!(
        "{} {} {who} {}",
        parts.method,
        parts.uri,
        String::from_utf8_lossy(&body)
    ));
    let Some((status, body)) = script.0.pop_front() else {
        return StatusCode::IM_A_TEAPOT.into_response();
    };
    (
        StatusCode::from_u16(status).expect("a status"),
        body.to_string(),
    )
        .into_response()
}

fn token() -> Secret {
    Secret::new("access")
}

fn problem(kind: &str) -> Value {
    json!({"title": "t", "detail": "d", "type": format!("https://api.x.com/2/problems/{kind}"), "value": "22",
        "resource_type": "tweet", "resource_id": "22", "parameter": "ids"})
}

#[tokio::test]
async fn calls_that_change_something_are_sent_as_x_specifies() {
    let script = Script::default()
        .then(200, json!({"data": {"hidden": true}}))
        .then(200, json!({"data": {"hidden": false}}))
        .then(200, json!({"data": {"muting": true}}))
        .then(
            201,
            json!({"data": {"id": "99", "text": "Please ring us."}}),
        );
    let x = script.x().await;
    assert_eq!(
        x.set_hidden(&token(), "22", true).await,
        Ok(Done::Confirmed)
    );
    assert_eq!(
        x.set_hidden(&token(), "22", false).await,
        Ok(Done::Confirmed)
    );
    assert_eq!(x.mute(&token(), ACCOUNT, "501").await, Ok(Done::Confirmed));
    assert_eq!(
        x.reply(&token(), "22", "Please ring us.").await.as_deref(),
        Ok("99")
    );
    assert_eq!(
        script.asked(),
        [
            r#"PUT /2/tweets/22/hidden Bearer access {"hidden":true}"#,
            r#"PUT /2/tweets/22/hidden Bearer access {"hidden":false}"#,
            r#"POST /2/users/2000000003/muting Bearer access {"target_user_id":"501"}"#,
            r#"POST /2/tweets Bearer access {"reply":{"in_reply_to_tweet_id":"22"},"text":"Please ring us."}"#,
        ]
    );
}

#[tokio::test]
async fn nothing_is_taken_for_done_that_x_did_not_confirm() {
    for body in [
        json!({"data": {"hidden": false}}),
        json!({"data": {}}),
        json!({}),
        json!("true"),
        json!([]),
    ] {
        let script = Script::default().then(200, body.clone());
        let done = script.x().await.set_hidden(&token(), "22", true).await;
        assert!(
            matches!(done, Err(CallError::Refused { .. })),
            "{body} gave {done:?}"
        );
    }
    // 200 with nothing but a problem: the post is not there.
    let script = Script::default().then(200, json!({"errors": [problem("resource-not-found")]}));
    assert_eq!(
        script.x().await.set_hidden(&token(), "22", true).await,
        Err(CallError::Gone)
    );
    let script = Script::default().then(403, problem("not-authorized-for-resource"));
    assert!(matches!(
        script.x().await.set_hidden(&token(), "22", true).await,
        Err(CallError::Permission { .. })
    ));
}

#[tokio::test]
async fn what_is_no_id_or_too_long_is_not_sent() {
    let script = Script::default();
    let x = script.x().await;
    for id in ["../me", "1?x=1", "", "12345678901234567890", "1a"] {
        assert!(
            matches!(x.posts(&token(), &[id]).await, Err(CallError::NotSent(_))),
            "{id}"
        );
        assert!(
            matches!(
                x.reply(&token(), id, "Hello").await,
                Err(CallError::NotSent(_))
            ),
            "{id}"
        );
    }
    assert!(matches!(
        x.set_hidden(&token(), "../me", true).await,
        Err(CallError::NotSent(_))
    ));
    assert!(matches!(
        x.posts(&token(), &vec!["1"; 101]).await,
        Err(CallError::NotSent(_))
    ));
    for (account, of) in [
        (ACCOUNT, vec![]),
        (ACCOUNT, vec!["1"; 12]),
        (ACCOUNT, vec!["1) OR (2"]),
        ("1 OR 2", vec!["1"]),
    ] {
        let sent = x.quotes(&token(), account, &of, None).await;
        assert!(
            matches!(sent, Err(CallError::NotSent(_))),
            "{account} {of:?}"
        );
    }
    assert!(matches!(
        x.reply(&token(), "22", &"\u{e9}".repeat(281)).await,
        Err(CallError::NotSent(_))
    ));
    assert_eq!(script.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn posts_are_read_with_what_is_gone_beside_them() {
    let there = json!({"id": "21", "text": "here", "author_id": "501", "conversation_id": "11"});
    let script = Script::default()
        .then(200, json!({"data": [there], "errors": [problem("resource-not-found")]}))
        .then(200, json!({"errors": [problem("resource-not-found")]}))
        .then(200, json!({"errors": [problem("not-authorized-for-resource")]}))
        .then(200, json!({"data": [{"id": "21", "text": "here"}], "errors": [problem("resource-not-found")]}));
    let x = script.x().await;
    let posts = x.posts(&token(), &["21", "22"]).await.expect("read");
    assert_eq!(
        (posts.posts[0].id.as_str(), posts.gone),
        ("21", vec!["22".to_owned()])
    );
    let posts = x.posts(&token(), &["22"]).await.expect("read");
    assert_eq!((posts.posts.len(), posts.gone), (0, vec!["22".to_owned()]));
    assert!(matches!(
        x.posts(&token(), &["22"]).await,
        Err(CallError::Permission { .. })
    ));
    assert!(
        script.asked()[0]
            .starts_with("GET /2/tweets?ids=21%2C22&post.fields=attachments%2Cconversation_id%2C")
    );
    // To know that they are there takes no authors, who cost more than the posts.
    assert_eq!(
        x.gone(&token(), &["21", "22"]).await.expect("asked"),
        ["22"]
    );
    assert_eq!(
        script.asked()[3],
        "GET /2/tweets?ids=21%2C22 Bearer access "
    );
}

#[tokio::test]
async fn an_answer_without_its_list_is_no_empty_list() {
    let script = Script::default()
        .then(200, json!({"posts": [], "meta": {}}))
        .then(
            200,
            json!({"data": {"id": "30"}, "meta": {"result_count": 1}}),
        )
        .then(200, json!({"meta": {"result_count": 3}}));
    let x = script.x().await;
    let unreadable = Err(CallError::Unreadable { status: 200 });
    assert_eq!(x.mentions(&token(), ACCOUNT, None, None).await, unreadable);
    assert_eq!(x.mentions(&token(), ACCOUNT, None, None).await, unreadable);
    assert!(x.own_ids(&token(), ACCOUNT, None).await.is_err());
}

#[tokio::test]
async fn mentions_are_listed_from_the_last_that_is_known() {
    let post = json!({"id": "30", "text": "hi", "author_id": "501"});
    let script = Script::default()
        .then(200, json!({"data": [post, {"text": "no id"}, {"id": "31"}], "meta": {"next_token": "n1", "newest_id": "30"}}))
        .then(200, json!({"meta": {"result_count": 0}}));
    let x = script.x().await;
    let page = x
        .mentions(&token(), ACCOUNT, Some("29"), None)
        .await
        .expect("listed");
    assert_eq!((page.posts.len(), page.next.as_deref()), (1, Some("n1")));
    let page = x
        .mentions(&token(), ACCOUNT, Some("29"), page.next.as_deref())
        .await
        .expect("listed");
    assert_eq!(page, x::PostPage::default());
    assert!(script.asked()[0].starts_with("GET /2/users/2000000003/mentions?max_results=100&"));
    assert!(
        script.asked()[0].contains("&since_id=29 ")
            && script.asked()[1].contains("&pagination_token=n1 ")
    );
}

#[tokio::test]
async fn quotes_are_searched_for_by_the_ids_of_own_posts() {
    let quote = json!({"id": "30", "text": "look at this", "author_id": "501"});
    let script = Script::default()
        .then(
            200,
            json!({"data": [{"id": "12", "text": "b"}, {"id": "no id", "text": "?"}, {"id": "11", "text": "a"}]}),
        )
        .then(200, json!({"data": [quote], "meta": {"next_token": "n1"}}))
        .then(200, json!({"meta": {"result_count": 0}}));
    let x = script.x().await;
    assert_eq!(
        x.own_ids(&token(), ACCOUNT, Some("10"))
            .await
            .expect("listed"),
        ["12", "11"]
    );
    let page = x
        .quotes(&token(), ACCOUNT, &["12", "11"], None)
        .await
        .expect("found");
    assert_eq!((page.posts.len(), page.next.as_deref()), (1, Some("n1")));
    let page = x
        .quotes(&token(), ACCOUNT, &["12", "11"], page.next.as_deref())
        .await
        .expect("found");
    assert_eq!(page, x::PostPage::default());
    let asked = script.asked();
    let own =
        "GET /2/users/2000000003/tweets?max_results=50&exclude=retweets&since_id=10 Bearer access ";
    assert_eq!(asked[0], own);
    let query = "&query=%28quotes_of_tweet_id%3A12%20OR%20quotes_of_tweet_id%3A11%29%20-from%3A2000000003%20-is%3Aretweet";
    assert!(
        asked[1].starts_with("GET /2/tweets/search/recent?max_results=100&"),
        "{}",
        asked[1]
    );
    assert!(asked[1].contains(query), "{}", asked[1]);
    assert!(
        asked[2].contains(query) && asked[2].contains("&next_token=n1 "),
        "{}",
        asked[2]
    );
}

#[tokio::test]
async fn a_refresh_token_is_shown_once_and_gives_the_next_one() {
    let script = Script::default()
        .then(200, json!({"access_token": "a2", "refresh_token": "r2", "expires_in": 7200, "token_type": "bearer"}))
        .then(400, json!({"error": "invalid_request", "error_description": "words"}));
    let x = script.x().await;
    let (client_id, client_secret) = ("app".to_owned(), Secret::new("s"));
    let consent = Consent {
        client_id,
        client_secret,
        refresh_token: Secret::new("r0"),
    };
    let tokens = x
        .refresh(&consent, &Secret::new("r1"))
        .await
        .expect("tokens");
    assert_eq!(
        (
            tokens.access.expose(),
            tokens.refresh.as_ref().map(Secret::expose)
        ),
        ("a2", Some("r2"))
    );
    assert_eq!(tokens.usable_for.as_secs(), 7080);
    assert!(
        x.refresh(&consent, &Secret::new("r1"))
            .await
            .is_err_and(|error| matches!(error, CallError::Credential { .. }))
    );
    assert_eq!(
        script.asked()[0],
        "POST /2/oauth2/token Basic YXBwOnM= grant_type=refresh_token&refresh_token=r1"
    );
}

fn read(body: &Value) -> Vec<Incoming> {
    let (key, body) = (Secret::new("key"), body.to_string().into_bytes());
    let signed = delivery::sign_x(&key, &body);
    let told = x::read(delivery::verify_x(&key, Some(&signed), &body).expect("signed"))
        .expect("an object");
    told.into_iter().map(|told| told.read).collect()
}

fn event(kind: &str, payload: &Value, includes: &Value) -> Value {
    json!({"data": {"event_uuid": "-1", "filter": {"user_id": ACCOUNT}, "event_type": kind, "payload": payload,
        "includes": includes}})
}

#[test]
fn each_event_of_the_activity_api_is_one_sighting() {
    let post = |author: &str| {
        json!({"id": "22", "author_id": author, "text": "@practice hello", "conversation_id": "11",
            "in_reply_to_user_id": ACCOUNT, "referenced_posts": [{"type": "replied_to", "id": "11"}]})
    };
    let one = |kind: &str, payload: &Value| read(&event(kind, payload, &Value::Null)).remove(0);
    let Incoming::Post(reply) = one("post.reply.create", &post("501")) else {
        panic!("no post")
    };
    assert_eq!(
        (
            reply.surface,
            reply.thread.as_deref(),
            reply.channel.account.as_str()
        ),
        (Surface::Reply, Some("11"), ACCOUNT)
    );
    assert!(matches!(
        one("post.reply.create", &post(ACCOUNT)),
        Incoming::Own {
            surface: Surface::Reply,
            ..
        }
    ));
    assert!(
        matches!(one("post.delete", &json!({"id": "22"})), Incoming::Removed { id, .. } if id == "22")
    );
    for kind in [
        "post.repost.create",
        "like.create",
        "chat.received",
        "",
        "post.reply",
    ] {
        assert!(
            matches!(one(kind, &post("501")), Incoming::Ignored { .. }),
            "{kind}"
        );
    }
    assert!(matches!(one("post.create", &post(ACCOUNT)), Incoming::Own { id, .. } if id == "22"));
    let bare = json!({"id": "22", "author_id": "501"});
    assert!(matches!(
        one("post.mention.create", &bare),
        Incoming::Incomplete {
            surface: Surface::Mention,
            ..
        }
    ));
}

#[test]
fn a_deeper_reply_counts_where_the_conversation_is_ours() {
    let deeper = json!({"id": "23", "author_id": "502", "text": "@robin @practice same here", "conversation_id": "11",
        "in_reply_to_user_id": "501", "referenced_posts": [{"type": "replied_to", "id": "22"}]});
    let surface =
        |includes: &Value| match read(&event("post.mention.create", &deeper, includes)).remove(0) {
            Incoming::Post(post) => post.surface,
            other => panic!("no post: {other:?}"),
        };
    assert_eq!(
        surface(&json!({"posts": [{"id": "11", "author_id": ACCOUNT}]})),
        Surface::Reply
    );
    assert_eq!(
        surface(&json!({"tweets": [{"data": {"id": "11", "author_id": "9"}}]})),
        Surface::Mention
    );
    assert_eq!(surface(&Value::Null), Surface::Mention);
}

#[test]
fn a_withdrawal_names_its_account_in_either_api() {
    let withdrawn = |payload: Value| json!({"data": {"event_uuid": "7", "filter": {}, "event_type": "oauth.revoke", "payload": payload}});
    for body in [
        json!({"user_event": {"revoke": {"source": {"user_id": ACCOUNT}}}}),
        withdrawn(
            json!({"user_id": ACCOUNT, "app_id": "12", "date_time": "2026-11-20T09:00:00+00:00"}),
        ),
    ] {
        assert!(
            matches!(&read(&body)[..], [Incoming::Revoked { accounts, .. }] if accounts == &[ACCOUNT]),
            "{body}"
        );
    }
    assert!(matches!(
        read(&withdrawn(json!({"app_id": "12"})))[..],
        [Incoming::Ignored { .. }]
    ));
}

#[test]
fn the_older_api_tells_lists() {
    let post =
        |id: &str, author: &str| json!({"id_str": id, "text": "words", "user": {"id_str": author}});
    let mut repost = post("3", "501");
    repost["retweeted_status"] = json!({"id_str": "1"});
    let body = json!({"for_user_id": ACCOUNT, "user_has_blocked": "false",
        "tweet_create_events": [post("1", "501"), post("2", ACCOUNT), repost, 7],
        "tweet_delete_events": [{"status": {"id": "4", "user_id": ACCOUNT}, "timestamp_ms": "1"}, {}]});
    let told = read(&body);
    assert!(
        matches!(&told[0], Incoming::Post(post) if post.id == "1" && post.surface == Surface::Mention)
    );
    assert!(matches!(&told[1], Incoming::Own { id, .. } if id == "2"));
    assert!(matches!(
        &told[2..4],
        [Incoming::Ignored { .. }, Incoming::Ignored { .. }]
    ));
    assert!(matches!(&told[4], Incoming::Removed { id, .. } if id == "4"));
    assert_eq!(told.len(), 6);
    assert!(matches!(
        read(&json!({"for_user_id": ACCOUNT}))[..],
        [Incoming::Ignored { .. }]
    ));
}

#[test]
fn words_that_x_cut_off_are_judged_and_the_whole_is_read() {
    let cut = json!({"id_str": "2085000000000002001", "text": "@practice all of you are so\u{2026} https://t.co/ab",
        "truncated": true, "user": {"id_str": "501", "name": "Robin"}});
    let told = |post: &Value| read(&json!({"for_user_id": ACCOUNT, "tweet_create_events": [post]}));
    let incoming = told(&cut);
    assert!(
        matches!(&incoming[0], Incoming::Post(post) if post.text.starts_with("@practice all of you"))
    );
    assert!(matches!(&incoming[1], Incoming::Incomplete { id, .. } if id == "2085000000000002001"));
    assert_eq!(incoming.len(), 2);
    let mut whole = cut.clone();
    whole["extended_tweet"] = json!({"full_text": "@practice all of you are so kind"});
    assert!(matches!(told(&whole)[..], [Incoming::Post(_)]));
    let mut own = cut;
    own["user"]["id_str"] = json!(ACCOUNT);
    assert!(matches!(told(&own)[..], [Incoming::Own { .. }]));
    // In the API's own form nothing but the words shows that they go on.
    let payload = json!({"id": "21", "author_id": "501", "text": "all of you are so\u{2026} https://t.co/ab"});
    let told = read(&event("post.mention.create", &payload, &Value::Null));
    assert!(
        matches!(told[..], [Incoming::Post(_), Incoming::Incomplete { .. }]),
        "{told:?}"
    );
}
