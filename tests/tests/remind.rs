//! `remind` at a table that refuses some of what it writes: the others are set going all the same.

#![expect(clippy::unwrap_used, reason = "a test may")]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Ledger, NewRevision};
use pagewarden_local::table::{NAME, Table, client};
use pagewarden_local::template::Template;
use pagewarden_platforms::meta_webhooks;
use pagewarden_platforms::{Incoming, Secret, delivery};
use pagewarden_tests::comment;
use remind::Remind;

/// Hands calls on to the table, and refuses to change what has `refused` in its key.
async fn pass(State(table): State<String>, headers: HeaderMap, body: Bytes) -> (StatusCode, Bytes) {
    let target = headers.get("x-amz-target").unwrap().to_str().unwrap();
    if target.ends_with("UpdateItem") && String::from_utf8_lossy(&body).contains("refused") {
        let refusal = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"busy"}"#;
        return (
            StatusCode::BAD_REQUEST,
            Bytes::from_static(refusal.as_bytes()),
        );
    }
    let mut call = reqwest::Client::new().post(table).body(body);
    for name in [
        "x-amz-target",
        "x-amz-date",
        "authorization",
        "content-type",
    ] {
        call = call.header(name, headers.get(name).unwrap());
    }
    let answer = call.send().await.unwrap();
    (
        StatusCode::from_u16(answer.status().as_u16()).unwrap(),
        answer.bytes().await.unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_holds_up_nothing_else_that_is_due() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let table = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(pass)
        .with_state(table.url().to_owned());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let ledger = Ledger::new(client(&proxy), NAME);
    let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
    let key = Secret::new("key");
    let record = async |id: &str| {
        let body = comment("600", id, "55", "hello");
        let signed = delivery::sign(&key, &body);
        let told =
            meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).unwrap()).unwrap();
        let Some(Incoming::Post(post)) = told.into_iter().next().map(|told| told.read) else {
            panic!("no post")
        };
        let practice = "oakfield".parse().unwrap();
        ledger
            .record(
                &NewRevision::new(&practice, &post, b"{}", Some(now), "test"),
                now,
            )
            .await
            .unwrap();
    };
    let remind = Remind::new(ledger.clone(), Vec::new(), None);
    let refused = ["refused_1", "refused_2"];
    for id in refused {
        record(id).await;
    }
    let later = now + SignedDuration::from_hours(1);
    assert!(
        remind.run(later).await.is_err(),
        "a run in which nothing could be written fails"
    );
    for number in 0..8 {
        record(&format!("1_{number}")).await;
    }
    let reminded = remind.run(later).await.unwrap();
    assert_eq!(reminded.revisions, 8);
    assert_eq!(
        ledger.due(later).await.unwrap().len(),
        refused.len(),
        "they are due still"
    );
}
