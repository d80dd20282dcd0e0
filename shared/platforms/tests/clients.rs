//! The clients against a server that answers from a script and keeps what it was asked.

#![expect(clippy::expect_used, reason = "a test may")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done, Http, Timeouts};
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::google::{self, Consent, Google};
use pagewarden_platforms::instagram::{self, Instagram};
use pagewarden_rules::{Author, Channel, Platform, Surface};
use serde_json::{Value, json};

const TOKEN: &str = "a token/with+odd characters";
const LOCATION: &str = "accounts/1/locations/2";
const REVIEW: &str = "accounts/1/locations/2/reviews/AbX";

/// The server's script and what it was asked.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<(VecDeque<Scripted>, Vec<String>)>>);

struct Scripted {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
    delay: Duration,
}

impl Script {
    /// Returns what was asked: method, path, query, token and body in one line each.
    fn asked(&self) -> Vec<String> {
        self.0.lock().expect("unpoisoned").1.clone()
    }

    fn then(self, status: u16, body: &Value) -> Self {
        self.push(Scripted {
            status,
            headers: Vec::new(),
            body: body.to_string(),
            delay: Duration::ZERO,
        })
    }

    fn push(self, scripted: Scripted) -> Self {
        self.0.lock().expect("unpoisoned").0.push_back(scripted);
        self
    }

    async fn serve(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    async fn facebook(&self) -> Facebook {
        let base = self.serve().await;
        let app_secret = Some(Secret::new("test_app_secret_not_real"));
        Facebook::new(
            http(),
            facebook::Settings {
                base,
                version: "v26.0".to_owned(),
                app_secret,
            },
        )
    }

    async fn instagram(&self) -> Instagram {
        let base = self.serve().await;
        Instagram::new(
            http(),
            instagram::Settings {
                base,
                ..instagram::Settings::default()
            },
        )
    }

    async fn google(&self) -> Google {
        let base = self.serve().await;
        Google::new(
            http(),
            google::Settings {
                token_address: format!("{base}/token"),
                base,
                ..Default::default()
            },
        )
    }
}

async fn answer(State(script): State<Script>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let bearer = parts
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("-")
        .to_owned();
    let asked = format!(
        "{} {} {bearer} {}",
        parts.method,
        parts.uri,
        String::from_utf8_lossy(&body)
    );
    let scripted = {
        let mut script = script.0.lock().expect("unpoisoned");
        script.1.push(asked);
        script.0.pop_front()
    };
    let Some(scripted) = scripted else {
        return StatusCode::IM_A_TEAPOT.into_response();
    };
    tokio::time::sleep(scripted.delay).await;
    let status = StatusCode::from_u16(scripted.status).expect("a status");
    let mut response = (status, scripted.body).into_response();
    for (name, value) in scripted.headers {
        response
            .headers_mut()
            .insert(name, value.parse().expect("a header"));
    }
    response
}

fn http() -> Http {
    let timeouts = Timeouts {
        connect: Duration::from_secs(1),
        total: Duration::from_millis(400),
    };
    Http::new(timeouts).expect("a client")
}

fn token() -> Secret {
    Secret::new(TOKEN)
}

fn meta_error(code: u32, subcode: Option<u32>) -> Value {
    json!({"error": {"message": "words", "type": "OAuthException", "code": code, "error_subcode": subcode}})
}

#[tokio::test]
async fn hiding_sends_only_that_and_proves_the_app() {
    let script = Script::default().then(200, &json!({"success": true}));
    let done = script
        .facebook()
        .await
        .hide(&Secret::new("EXAMPLE_TOKEN"), "11_22")
        .await;
    assert_eq!(done.map(|answer| answer.value), Ok(Done::Confirmed));
    // The proof is a known answer: HMAC-SHA256 of the token under the app secret.
    assert_eq!(
        script.asked(),
        [
            "POST /v26.0/11_22 - is_hidden=true&access_token=EXAMPLE_TOKEN&appsecret_proof=\
         70b86692ccda17bc6a9eb1ca4a75ec37f89040518fb81b1e5151e614beb474fd"
        ]
    );
}

#[tokio::test]
async fn nothing_is_taken_for_done_that_was_not_confirmed() {
    for body in [
        json!({"success": false}),
        json!({"success": "false"}),
        json!({}),
        json!([]),
        json!("true"),
    ] {
        let script = Script::default().then(200, &body);
        let done = script.facebook().await.hide(&token(), "11_22").await;
        assert!(
            matches!(done, Err(CallError::Refused { .. })),
            "{body} gave {done:?}"
        );
    }
    let script = Script::default().then(200, &meta_error(190, Some(463)));
    assert!(matches!(
        script.facebook().await.hide(&token(), "11_22").await,
        Err(CallError::Credential { .. })
    ));
}

#[tokio::test]
async fn what_is_gone_is_told_from_what_is_refused_after_one_look() {
    for delete in [false, true] {
        let script = Script::default()
            .then(400, &meta_error(100, Some(33)))
            .then(400, &meta_error(100, Some(33)));
        let facebook = script.facebook().await;
        let done = if delete {
            facebook.delete(&token(), "11_22").await
        } else {
            facebook.hide(&token(), "11_22").await
        };
        assert_eq!(done.map(|answer| answer.value), Ok(Done::Gone));
        assert_eq!(script.asked().len(), 2);
        assert!(script.asked()[1].starts_with("GET /v26.0/11_22?fields=id&"));
    }
}

#[tokio::test]
async fn what_can_still_be_read_is_not_gone_but_not_permitted() {
    let script = Script::default()
        .then(400, &meta_error(100, Some(33)))
        .then(200, &json!({"id": "11_22"}));
    assert!(matches!(
        script.facebook().await.hide(&token(), "11_22").await,
        Err(CallError::Permission { .. })
    ));
    // A look that meets another fault decides nothing.
    let script = Script::default()
        .then(400, &meta_error(100, Some(33)))
        .then(400, &meta_error(4, None));
    assert!(matches!(
        script.facebook().await.delete(&token(), "11_22").await,
        Err(CallError::RateLimited { .. })
    ));
}

#[tokio::test]
async fn an_id_that_bends_the_address_is_not_sent() {
    let script = Script::default();
    let facebook = script.facebook().await;
    for id in ["../me", "1?fields=x", "", "..", "1/comments"] {
        assert!(
            matches!(
                facebook.delete(&token(), id).await,
                Err(CallError::NotSent(_))
            ),
            "{id}"
        );
    }
    assert_eq!(script.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn usage_is_told_and_a_limit_says_how_long() {
    let headers = vec![(
        "x-app-usage",
        r#"{"call_count": 91, "total_time": 2, "total_cputime": 3}"#,
    )];
    let body = json!({"success": true}).to_string();
    let script = Script::default().push(Scripted {
        status: 200,
        headers,
        body,
        delay: Duration::ZERO,
    });
    let usage = script
        .facebook()
        .await
        .unhide(&token(), "11_22")
        .await
        .map(|answer| answer.usage)
        .expect("shown");
    assert_eq!((usage.percent, usage.slow_down()), (Some(91), true));

    let headers = vec![(
        "x-business-use-case-usage",
        r#"{"1": [{"estimated_time_to_regain_access": 3}]}"#,
    )];
    let body = meta_error(32, None).to_string();
    let script = Script::default().push(Scripted {
        status: 400,
        headers,
        body,
        delay: Duration::ZERO,
    });
    let limited = script.facebook().await.hide(&token(), "11_22").await;
    assert_eq!(
        limited.err(),
        Some(CallError::RateLimited {
            after: Some(Duration::from_mins(3))
        })
    );
}

#[tokio::test]
async fn no_answer_is_tried_again_and_may_have_been_carried_out() {
    let body = json!({"success": true}).to_string();
    let late = Scripted {
        status: 200,
        headers: Vec::new(),
        body,
        delay: Duration::from_secs(5),
    };
    let script = Script::default().push(late);
    let error = script
        .facebook()
        .await
        .reply(&token(), "11_22", "Hello")
        .await
        .expect_err("too late");
    assert!(
        matches!(
            error,
            CallError::Retry {
                maybe_done: true,
                ..
            }
        ),
        "{error:?}"
    );

    let nobody = facebook::Settings {
        base: "http://127.0.0.1:9".to_owned(),
        ..facebook::Settings::default()
    };
    let error = Facebook::new(http(), nobody)
        .hide(&token(), "11_22")
        .await
        .expect_err("nobody there");
    assert!(
        matches!(
            error,
            CallError::Retry {
                maybe_done: false,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!error.to_string().contains("token"), "{error}");
}

#[tokio::test]
async fn a_comment_is_read_as_it_stands() {
    let script = Script::default().then(
        200,
        &json!({"id": "11_22", "message": "Hello", "created_time": "2026-09-21T13:33:20+0000", "is_hidden": true,
            "from": {"id": "501", "name": "Robin"}, "parent": {"id": "11_21"}, "can_reply_privately": true,
            "attachment": {"type": "photo", "target": {"id": "345"}, "media": {"image": {"src": "https://a/1_678_2_n.jpg"}}}}),
    );
    let comment = script
        .facebook()
        .await
        .read(&token(), Surface::Comment, "11_22")
        .await
        .expect("read")
        .value;
    assert!(comment.hidden && comment.can_hide.is_none());
    let channel = Channel {
        platform: Platform::Facebook,
        account: "501".to_owned(),
    };
    assert!(comment.is_own(&channel));
    let post = comment.read.into_post(
        channel,
        Surface::Comment,
        Some("1_11".to_owned()),
        Author::default(),
    );
    assert_eq!(
        (post.parent.as_deref(), post.media[0].id.as_str()),
        (Some("11_21"), "678")
    );
    assert_eq!(
        post.permalink.as_deref(),
        Some("https://www.facebook.com/11_22")
    );
    assert!(script.asked()[0].contains("can_hide"));
}

#[tokio::test]
async fn a_mention_may_be_a_post_or_a_comment() {
    let script = Script::default()
        .then(400, &meta_error(100, None))
        .then(200, &json!({"id": "44_45", "message": "@page hi"}));
    let read = script
        .facebook()
        .await
        .read(&token(), Surface::Mention, "44_45")
        .await
        .expect("read");
    assert_eq!(read.value.text, "@page hi");
    assert!(script.asked()[0].contains("attachments") && script.asked()[1].contains("can_hide"));
}

#[tokio::test]
async fn a_list_ends_only_where_there_is_no_next_page() {
    let row = json!({"id": "11_22", "message": "+1"});
    let first = json!({"data": [], "paging": {"cursors": {"after": "QQ"}, "next": "https://graph.facebook.com/next"}});
    let last = json!({"data": [row, {"message": "no id"}], "paging": {"cursors": {"after": "RR"}}});
    let script = Script::default().then(200, &first).then(200, &last);
    let facebook = script.facebook().await;
    let page = facebook
        .comments(&token(), "1_11", None)
        .await
        .expect("listed")
        .value;
    assert_eq!(
        (page.comments.len(), page.after.as_deref()),
        (0, Some("QQ"))
    );
    let page = facebook
        .comments(&token(), "1_11", page.after.as_deref())
        .await
        .expect("listed")
        .value;
    assert_eq!(
        page.comments
            .iter()
            .map(|c| c.id.as_str())
            .collect::<Vec<_>>(),
        ["11_22"]
    );
    assert_eq!(page.after, None);
    assert!(script.asked()[1].contains("after=QQ"));
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_in_smaller_parts() {
    let page = |ids: &[&str], next: bool| {
        let rows: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        let more = next.then(
            || json!({"cursors": {"after": "QQ"}, "next": "https://graph.facebook.com/next"}),
        );
        json!({"data": rows, "paging": more})
    };
    let script = Script::default()
        .then(500, &meta_error(1, None))
        .then(500, &meta_error(1, None))
        .then(200, &page(&["1_1", "1_2"], true))
        .then(200, &page(&["1_3"], false))
        .then(200, &page(&["1_1"], false));
    let (facebook, mut at_once) = (script.facebook().await, facebook::POSTS);
    let listed = facebook
        .feed(&token(), "1", &mut at_once)
        .await
        .expect("listed")
        .value;
    assert_eq!(
        listed
            .iter()
            .map(|thread| thread.post.id.as_str())
            .collect::<Vec<_>>(),
        ["1_1", "1_2", "1_3"]
    );
    facebook
        .feed(&token(), "1", &mut at_once)
        .await
        .expect("listed");
    let limits: Vec<bool> = script
        .asked()
        .iter()
        .zip(["25", "12", "6", "6", "6"])
        .map(|(asked, limit)| asked.contains(&format!("&limit={limit}&")))
        .collect();
    assert_eq!(
        (limits, at_once),
        (vec![true; 5], 6),
        "{:?}",
        script.asked()
    );
    assert!(script.asked()[3].contains("after=QQ"));

    // A single post that is too much is given up, and tried again another time.
    let script = (0..5).fold(Script::default(), |script, _| {
        script.then(500, &meta_error(1, None))
    });
    let error = script
        .facebook()
        .await
        .feed(&token(), "1", &mut facebook::POSTS.clone())
        .await
        .err();
    assert!(error.is_some_and(|error| error.is_transient()));
    let script = Script::default()
        .then(500, &meta_error(1, None))
        .then(200, &page(&["11_22"], false));
    let page = script
        .facebook()
        .await
        .comments(&token(), "1_11", None)
        .await
        .expect("listed")
        .value;
    assert_eq!((page.comments.len(), script.asked().len()), (1, 2));
}

#[tokio::test]
async fn answers_in_public_and_in_private_are_sent_as_meta_wants_them() {
    let script = Script::default()
        .then(200, &json!({"id": "11_99"}))
        .then(200, &json!({"recipient_id": "501", "message_id": "m_1"}))
        .then(400, &meta_error(10_900, None))
        .then(400, &meta_error(10, Some(2_018_278)));
    let facebook = script.facebook().await;
    assert_eq!(
        facebook
            .reply(&Secret::new(TOKEN), "11_22", "Dia dhuit & hi")
            .await
            .map(|a| a.value)
            .as_deref(),
        Ok("11_99")
    );
    let token = token();
    let private = || facebook.private_reply(&token, "100", Surface::Comment, "11_22", "Hello");
    assert_eq!(
        private().await.map(|answer| answer.value),
        Ok(Done::Confirmed)
    );
    assert_eq!(
        private().await.map(|answer| answer.value),
        Ok(Done::Already)
    );
    assert_eq!(private().await.err(), Some(CallError::OutsideWindow));
    let asked = script.asked();
    assert!(asked[0].starts_with("POST /v26.0/11_22/comments - message=Dia%20dhuit%20%26%20hi&"));
    assert!(asked[1].starts_with(
        "POST /v26.0/100/messages - recipient=%7B%22comment_id%22%3A%2211_22%22%7D&message=%7B"
    ));
}

#[tokio::test]
async fn a_ban_is_confirmed_for_the_one_who_was_meant() {
    let script = Script::default()
        .then(200, &json!({"501": true}))
        .then(200, &json!({"502": true}))
        .then(200, &json!({"data": [{"id": "501", "name": "Robin"}]}))
        .then(200, &json!({"data": []}))
        .then(200, &json!({"501": true}));
    let facebook = script.facebook().await;
    assert_eq!(
        facebook
            .ban(&token(), "100", "501")
            .await
            .map(|answer| answer.value),
        Ok(Done::Confirmed)
    );
    assert!(matches!(
        facebook.ban(&token(), "100", "501").await,
        Err(CallError::Refused { .. })
    ));
    let is_banned = async || {
        facebook
            .is_banned(&token(), "100", "501")
            .await
            .map(|answer| answer.value)
    };
    assert_eq!(
        (is_banned().await, is_banned().await),
        (Ok(true), Ok(false))
    );
    assert!(matches!(
        is_banned().await,
        Err(CallError::Unreadable { .. })
    ));
    assert!(script.asked()[2].starts_with("GET /v26.0/100/blocked?user=501&"));
}

#[tokio::test]
async fn instagrams_answer_to_a_block_is_taken_at_its_word() {
    let script = Script::default()
        .then(200, &json!({"success": "true"}))
        .then(200, &json!({"success": "false"}))
        .then(400, &meta_error(1, None));
    let instagram = script.instagram().await;
    assert_eq!(
        instagram
            .block(&token(), "501")
            .await
            .map(|answer| answer.value),
        Ok(Done::Confirmed)
    );
    assert!(matches!(
        instagram.block(&token(), "501").await,
        Err(CallError::Refused { .. })
    ));
    // "Thread not found" has the code of a passing fault, and will never pass.
    assert!(matches!(
        instagram.block(&token(), "501").await,
        Err(CallError::Permission { .. })
    ));
    assert!(script.asked()[0].starts_with(
        "POST /v26.0/me/moderate_conversations - user_ids=%5B%7B%22id%22%3A%22501%22%7D%5D&actions=%5B%22block_user%22%5D&"
    ));
}

#[tokio::test]
async fn a_mention_on_instagram_is_asked_for_through_the_account() {
    let mention =
        json!({"mentioned_comment": {"id": "178", "text": "@surgery hello"}, "id": "17841"});
    let script = Script::default().then(200, &mention);
    let instagram = script.instagram().await;
    let channel = Channel {
        platform: Platform::Instagram,
        account: "17841".to_owned(),
    };
    let read = instagram
        .mention(&token(), &channel, "178", Some("179"))
        .await
        .expect("read")
        .value;
    assert_eq!(
        (read.post.surface, read.post.text.as_str()),
        (Surface::Mention, "@surgery hello")
    );
    assert!(script.asked()[0].starts_with(
        "GET /v26.0/17841?fields=mentioned_comment.comment_id%28178%29%7Bid%2Ctext%2C"
    ));
    // Inside a field an id could ask for more than is meant.
    for id in ["178){id},biography", "17_8", "x", ""] {
        let bent = instagram.mention(&token(), &channel, id, None).await;
        assert!(matches!(bent, Err(CallError::NotSent(_))), "{id}");
    }
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_message_longer_than_instagram_takes_is_not_sent() {
    let script = Script::default().then(200, &json!({"recipient_id": "501", "message_id": "m_1"}));
    let instagram = script.instagram().await;
    let long = instagram
        .private_reply(&token(), "178", &"é".repeat(501))
        .await;
    assert!(matches!(long, Err(CallError::NotSent(_))));
    assert_eq!(script.asked(), Vec::<String>::new());
    let sent = instagram
        .private_reply(&token(), "178", &"é".repeat(500))
        .await;
    assert_eq!(sent.map(|answer| answer.value), Ok(Done::Confirmed));
    assert!(
        script.asked()[0]
            .starts_with("POST /v26.0/me/messages - recipient=%7B%22comment_id%22%3A%22178%22%7D&")
    );
}

/// A platform that moves its list somewhere else would otherwise have nothing to tell from then on.
#[tokio::test]
async fn an_answer_without_its_list_is_no_empty_list() {
    let moved = json!({"items": [{"id": "1", "message": "words", "text": "words"}]});
    let script = || Script::default().then(200, &moved);
    let unreadable = Some(CallError::Unreadable { status: 200 });
    let on = |platform| Channel {
        platform,
        account: "11".to_owned(),
    };
    let (page, account) = (on(Platform::Facebook), on(Platform::Instagram));
    let facebook = async || script().facebook().await;
    let instagram = async || script().instagram().await;
    let comments = facebook().await;
    let comments = comments.comments(&token(), "11_22", None).await;
    assert_eq!(comments.err(), unreadable);
    let posts = facebook().await;
    let posts = posts.older(&token(), &page.account).await;
    assert_eq!(posts.err(), unreadable);
    let recommended = facebook().await;
    let recommended = recommended.recommendations(&token(), &page).await;
    assert_eq!(recommended.err(), unreadable);
    let media = instagram().await;
    let media = media.media(&token(), &account, &mut 25).await;
    assert_eq!(media.err(), unreadable);
    let comments = instagram().await;
    let comments = comments.comments(&token(), &account, "7", "after").await;
    assert_eq!(comments.err(), unreadable);
    let replies = instagram().await;
    let replies = replies.replies(&token(), &account, "8").await;
    assert_eq!(replies.err(), unreadable);
    let moved = json!({"items": [], "totalReviewCount": 7});
    let reviews = Script::default().then(200, &moved).google().await;
    let reviews = reviews.reviews(&token(), LOCATION, None).await;
    assert_eq!(reviews.err(), unreadable);
}

#[tokio::test]
async fn rows_that_do_not_read_are_counted() {
    let rows = json!({"data": [{"id": "1", "message": "words"}, {"message": "no id"}, 3]});
    let (http, meter) = http().metered();
    let base = Script::default().then(200, &rows).serve().await;
    let settings = facebook::Settings {
        base,
        version: "v26.0".to_owned(),
        app_secret: None,
    };
    let facebook = Facebook::new(http, settings);
    let page = facebook.comments(&token(), "11_22", None).await;
    assert_eq!(page.expect("listed").value.comments.len(), 1);
    assert_eq!(meter.unreadable(), 2);
}

#[tokio::test]
async fn reviews_are_listed_page_by_page() {
    let script = Script::default()
        .then(200, &json!({"reviews": [], "nextPageToken": "foo"}))
        .then(
            200,
            &json!({"reviews": [{"reviewId": "AbX", "starRating": "ONE"}], "totalReviewCount": 1}),
        );
    let google = script.google().await;
    let page = google
        .reviews(&token(), "accounts/1/locations/2", None)
        .await
        .expect("listed");
    assert_eq!((page.reviews.len(), page.next.as_deref()), (0, Some("foo")));
    let page = google
        .reviews(&token(), "accounts/1/locations/2", page.next.as_deref())
        .await
        .expect("listed");
    assert_eq!(
        (page.reviews[0].post.rating, page.next, page.total),
        (Some(1), None, Some(1))
    );
    let asked = script.asked();
    let start = "GET /v4/accounts/1/locations/2/reviews?pageSize=50&orderBy=updateTime%20desc";
    assert_eq!(asked[0], format!("{start} Bearer {TOKEN} "));
    assert_eq!(asked[1], format!("{start}&pageToken=foo Bearer {TOKEN} "));
    assert!(matches!(
        google.reviews(&token(), "accounts/1/../2", None).await,
        Err(CallError::NotSent(_))
    ));
}

#[tokio::test]
async fn a_reply_is_read_first_and_never_put_over_a_persons() {
    let bare = json!({"name": REVIEW, "reviewId": "AbX"});
    let answered =
        |words: &str| json!({"name": REVIEW, "reviewId": "AbX", "reviewReply": {"comment": words}});
    let script = Script::default()
        .then(200, &bare)
        .then(
            200,
            &json!({"comment": "Thank you", "reviewReplyState": "PENDING"}),
        )
        .then(200, &answered("Thank  you\n"))
        .then(200, &answered("Written by the manager"))
        .then(200, &answered("What we sent before"))
        .then(200, &json!({"comment": "Thank you"}));
    let google = script.google().await;
    let reply = google
        .reply(&token(), REVIEW, "Thank you", None)
        .await
        .expect("sent");
    assert_eq!(reply.state.as_deref(), Some("PENDING"));
    assert!(
        google
            .reply(&token(), REVIEW, "Thank you", None)
            .await
            .is_ok()
    );
    let over_a_person = google
        .reply(&token(), REVIEW, "Thank you", Some("What we sent before"))
        .await;
    assert_eq!(over_a_person.err(), Some(CallError::AnsweredByPerson));
    assert!(
        google
            .reply(&token(), REVIEW, "Thank you", Some("What we sent before"))
            .await
            .is_ok()
    );
    let methods: Vec<String> = script
        .asked()
        .iter()
        .map(|asked| asked[..4].trim().to_owned())
        .collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "GET", "GET", "PUT"]);
    let long = "é".repeat(2_049);
    assert!(matches!(
        google.reply(&token(), REVIEW, &long, None).await,
        Err(CallError::NotSent(_))
    ));
}

#[tokio::test]
async fn a_deleted_review_and_a_withdrawn_consent_are_told_apart() {
    let gone = json!({"error": {"code": 404, "message": "words", "status": "NOT_FOUND"}});
    let script = Script::default()
        .then(404, &gone)
        .then(
            200,
            &json!({"access_token": "ya29", "expires_in": 3599, "token_type": "Bearer"}),
        )
        .then(
            400,
            &json!({"error": "invalid_grant", "error_description": "words"}),
        );
    let google = script.google().await;
    assert_eq!(
        google.review(&token(), REVIEW).await.err(),
        Some(CallError::Gone)
    );
    // What is not there may be the place as well, and that is no post.
    let place = Script::default().then(404, &gone).google().await;
    let place = place.reviews(&token(), LOCATION, None).await;
    assert!(matches!(place, Err(CallError::Permission { .. })));
    let consent = Consent {
        client_id: "app".to_owned(),
        client_secret: Secret::new("s&s"),
        refresh_token: Secret::new("1//r"),
    };
    let access = google.refresh(&consent).await.expect("a token");
    assert_eq!(
        (access.token.expose(), access.usable_for.as_secs()),
        ("ya29", 3539)
    );
    assert!(
        google
            .refresh(&consent)
            .await
            .is_err_and(|error| matches!(error, CallError::Credential { .. }))
    );
    assert_eq!(
        script.asked()[1],
        "POST /token - grant_type=refresh_token&client_id=app&client_secret=s%26s&refresh_token=1%2F%2Fr"
    );
}
