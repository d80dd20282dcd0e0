//! Deliveries as the world sends them: forged, broken, strange, large.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_local::demo;
use pagewarden_local::stack::Stack;
use pagewarden_platforms::{Secret, delivery};
use pagewarden_rules::{Platform, PostKey};
use pagewarden_tests::{change, comment, stack};
use serde_json::{Value, json};

const PAGE: &str = "100000000000004";

async fn is_on_record(stack: &Stack, id: &str) -> bool {
    let key = PostKey {
        practice: "woolpit".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    };
    stack.ledger().history(&key).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unsigned_delivery_is_refused_and_nothing_written() {
    let stack = stack().await;
    let body = comment(PAGE, "1_1", "55", "hello");
    let good = delivery::sign(&Secret::new(demo::APP_SECRET), &body);
    let other = delivery::sign(&Secret::new("another secret"), &body);
    let cut = &good[..good.len() - 1];
    for signature in [
        None,
        Some(""),
        Some("sha256="),
        Some(cut),
        Some(other.as_str()),
        Some(&good.replace("sha256", "sha1")),
    ] {
        assert_eq!(
            stack.sender().send(&body, signature).await.unwrap(),
            401,
            "{signature:?}"
        );
    }
    let mut changed = body.clone();
    changed[40] ^= 1;
    assert_eq!(
        stack.sender().send(&changed, Some(&good)).await.unwrap(),
        401
    );
    assert!(!is_on_record(&stack, "1_1").await);
    assert_eq!(stack.sender().send(&body, Some(&good)).await.unwrap(), 200);
    assert!(is_on_record(&stack, "1_1").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handshake_answers_the_right_token_only() {
    let stack = stack().await;
    let ask = async |token: &str| {
        let url = format!(
            "{}/webhooks/facebook?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={token}",
            stack.api_url()
        );
        let answer = reqwest::get(url).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(
        ask(demo::VERIFY_TOKEN).await,
        (200, "1158201444".to_owned())
    );
    assert_eq!(ask("wrong").await.0, 403);
    assert_eq!(ask("").await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_strangers_in_one_delivery_cost_no_call_each() {
    let stack = stack().await;
    let entry = |page: String, id: &str| json!({ "id": page, "time": 1_795_168_860, "changes": [change(&page, id, "55", "hi")] });
    let mut entries: Vec<Value> = (0..1_000)
        .map(|number| entry(format!("77000000{number:04}"), "9_1"))
        .collect();
    entries.push(entry(PAGE.to_owned(), "9_2"));
    let body = json!({ "object": "page", "entry": entries }).to_string();
    let before = stack.used();
    assert_eq!(stack.sender().deliver(body.as_bytes()).await.unwrap(), 200);
    let calls = (stack.used() - before).calls;
    assert!(calls < 100, "{calls} calls of the table");
    assert!(
        is_on_record(&stack, "9_2").await,
        "who is known is heard among them"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_takes_nothing_else_with_it() {
    let stack = stack().await;
    let odd: Vec<Value> = vec![
        json!({ "field": "feed" }),
        json!({ "field": "feed", "value": null }),
        json!({ "field": "feed", "value": "text" }),
        json!({ "field": "feed", "value": { "item": "comment", "verb": "add" } }),
        json!({ "field": "feed", "value": { "item": "hologram", "verb": "beam", "post_id": 7 } }),
        json!({ "field": "nothing_we_know", "value": { "a": [1, 2, {}] } }),
        json!({ "value": {} }),
        json!(17),
    ];
    let mut changes = odd;
    changes.insert(3, change(PAGE, "1_neighbour", "55", "a fine neighbour"));
    let mut numeric = change(PAGE, "x", "y", "numbers for ids");
    numeric["value"]["from"]["id"] = json!(123_456_789);
    numeric["value"]["comment_id"] = json!("1_numeric");
    changes.push(numeric);
    let mut nobody = change(PAGE, "1_nobody", "55", "nobody said who");
    nobody["value"].as_object_mut().unwrap().remove("from");
    changes.push(nobody);
    let body =
        json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1, "changes": changes }] })
            .to_string();
    assert_eq!(stack.sender().deliver(body.as_bytes()).await.unwrap(), 200);
    for id in ["1_neighbour", "1_numeric", "1_nobody"] {
        assert!(is_on_record(&stack, id).await, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_surrogate_a_nul_and_marks_lose_nothing() {
    let stack = stack().await;
    let template = String::from_utf8(comment(PAGE, "1_1", "55", "PLACE")).unwrap();
    for (n, words) in [
        r"half \ud83d alone",
        r"nul \u0000 in it",
        "right \u{202e}to left",
        r"\udc00\ud800 both halves",
    ]
    .iter()
    .enumerate()
    {
        let body = template
            .replace("PLACE", words)
            .replace("1_1", &format!("1_odd{n}"));
        assert_eq!(
            stack.sender().deliver(body.as_bytes()).await.unwrap(),
            200,
            "{words}"
        );
        assert!(is_on_record(&stack, &format!("1_odd{n}")).await, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_nonsense_is_answered_and_forgotten() {
    let stack = stack().await;
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"page\"",
        "{\"object\":\"page\"}",
        "{\"object\":\"teapot\",\"entry\":[]}",
    ] {
        let status = stack.sender().deliver(body.as_bytes()).await.unwrap();
        assert!(matches!(status, 200 | 400), "{body}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_no_practice_is_counted_and_kept_by_nobody() {
    let stack = stack().await;
    let body = comment("999999999999999", "9_9", "55", "hello");
    for _ in 0..2 {
        assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    }
    let channel = pagewarden_rules::Channel {
        platform: Platform::Facebook,
        account: "999999999999999".into(),
    };
    let again = stack
        .ledger()
        .count_unknown(&channel, pagewarden_tests::now())
        .await
        .unwrap();
    assert_eq!(again, pagewarden_ledger::UnknownChannel::Again);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_changes_and_a_megabyte_of_words_are_taken() {
    let stack = stack().await;
    let changes: Vec<Value> = (0..1000)
        .map(|n| change(PAGE, &format!("1_{n}"), "55", "thank you all"))
        .collect();
    let body =
        json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1, "changes": changes }] })
            .to_string();
    assert_eq!(stack.sender().deliver(body.as_bytes()).await.unwrap(), 200);
    assert!(is_on_record(&stack, "1_0").await && is_on_record(&stack, "1_999").await);
    let long = comment(PAGE, "1_long", "55", &"you fool ".repeat(110_000));
    // Longer than an item of the table: what is kept is cut, never refused.
    assert_eq!(stack.sender().deliver(&long).await.unwrap(), 200);
    assert!(is_on_record(&stack, "1_long").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_refused_unread() {
    let stack = stack().await;
    let body = comment(PAGE, "1_huge", "55", &"you fool ".repeat(500_000));
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 413);
    assert!(!is_on_record(&stack, "1_huge").await);
}
