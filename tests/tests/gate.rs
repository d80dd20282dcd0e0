//! The gate before the platforms: limits, waits and stops that several functions share.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::graph::Page;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{ActionStatus, History, TaskRecord, TaskStatus, Waits, next_minute};
use pagewarden_local::stack::Stack;
use pagewarden_local::table::Table;
use pagewarden_local::template::Template;
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, TaskKind};
use pagewarden_tests::{comment, stack};
use serde_json::{Value, json};

const PAGE: &str = "100000000000001";
const LOCATION: &str = "accounts/1000000005/locations/2000000005";

fn kingswinford() -> PracticeId {
    "kingswinford".parse().unwrap()
}

fn page() -> Channel {
    Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    }
}

fn refused(code: u32, subcode: u32) -> Fault {
    let error = json!({ "message": "words", "type": "OAuthException", "code": code, "error_subcode": subcode });
    Fault::Instead(StatusCode::BAD_REQUEST, json!({ "error": error }))
}

/// Delivers an abusive comment that the page is to hide.
async fn abuse(stack: &Stack, id: &str) {
    let body = comment(PAGE, id, "55", "The receptionist is a fat useless bitch");
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

async fn until(stack: &Stack, id: &str, wanted: impl Fn(&History) -> bool) -> History {
    let key = PostKey {
        practice: kingswinford(),
        platform: Platform::Facebook,
        id: id.into(),
    };
    pagewarden_tests::until(stack, &key, |history| {
        !history.actions.is_empty() && wanted(history)
    })
    .await
}

fn put_off(history: &History) -> bool {
    history.actions[0].status == ActionStatus::Claimed && history.actions[0].result.is_some()
}

fn done(history: &History) -> bool {
    history.actions[0].status == ActionStatus::Done
}

fn hides(stack: &Stack) -> usize {
    stack
        .graph()
        .journal()
        .iter()
        .filter(|entry| matches!(entry, Entry::Hidden { .. }))
        .count()
}

/// The tasks about an account, rather than about a post.
async fn reconnects(
    stack: &Stack,
    practice: &PracticeId,
    platform: Platform,
    account: &str,
) -> Vec<TaskRecord> {
    let account = PostKey {
        practice: practice.clone(),
        platform,
        id: account.into(),
    };
    let tasks = stack.ledger().tasks_of(&account).await.unwrap();
    tasks
        .into_iter()
        .filter(|task| task.kind == TaskKind::ReconnectChannel)
        .collect()
}

/// Lets time pass, and sets going what is due by then.
async fn pass(stack: &Stack, time: SignedDuration) {
    stack.clock().pass(time);
    stack.run("remind").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_reported_once_and_a_new_one_goes_on() {
    let stack = stack().await;
    stack.graph().faults().next(1, &refused(190, 463));
    abuse(&stack, "1_1").await;
    until(&stack, "1_1", put_off).await;
    let mut told = reconnects(&stack, &kingswinford(), Platform::Facebook, PAGE).await;
    for _ in 0..200 {
        if told.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            told = reconnects(&stack, &kingswinford(), Platform::Facebook, PAGE).await;
        }
    }
    assert!(
        told[0]
            .why
            .starts_with("the page's access token has expired: connect the page again. "),
        "{}",
        told[0].why
    );
    // The next ones are not sent, and have all their tries left.
    for id in ["1_2", "1_3"] {
        abuse(&stack, id).await;
        let held = until(&stack, id, put_off).await;
        assert_eq!(held.actions[0].attempts, 0);
        assert!(
            held.actions[0]
                .result
                .as_deref()
                .unwrap()
                .contains("expired")
        );
    }
    let calls = hides(&stack);
    pass(&stack, SignedDuration::from_mins(30)).await;
    until(&stack, "1_2", put_off).await;
    assert_eq!((calls, hides(&stack)), (0, 0));

    let name = format!("channel/facebook/{PAGE}");
    let token = stack.graph().connect(&Page {
        id: PAGE.into(),
        instagram: None,
    });
    stack
        .store()
        .put(&name, &json!({ "token": token }).to_string());
    pass(&stack, SignedDuration::from_mins(20)).await;
    for id in ["1_1", "1_2", "1_3"] {
        until(&stack, id, done).await;
    }
    assert_eq!(hides(&stack), 3);
    let told = reconnects(&stack, &kingswinford(), Platform::Facebook, PAGE).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].status, TaskStatus::Done);
    assert!(
        stack
            .ledger()
            .gate(&page())
            .await
            .unwrap()
            .stopped
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_replaced_before_it_was_refused_stops_nothing() {
    let stack = stack().await;
    abuse(&stack, "1_1").await;
    until(&stack, "1_1", done).await;
    // Who acts has the one before at hand.
    let token = stack.graph().connect(&Page {
        id: PAGE.into(),
        instagram: None,
    });
    stack.store().put(
        &format!("channel/facebook/{PAGE}"),
        &json!({ "token": token }).to_string(),
    );
    abuse(&stack, "1_2").await;
    until(&stack, "1_2", put_off).await;
    stack.rest().await;
    assert!(
        stack
            .ledger()
            .gate(&page())
            .await
            .unwrap()
            .stopped
            .is_none()
    );
    pass(&stack, SignedDuration::from_mins(1)).await;
    until(&stack, "1_2", done).await;
    assert!(
        reconnects(&stack, &kingswinford(), Platform::Facebook, PAGE)
            .await
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_account_is_tried_once_an_hour() {
    let stack = stack().await;
    stack.graph().faults().next(2, &refused(368, 1_390_008));
    abuse(&stack, "1_1").await;
    until(&stack, "1_1", put_off).await;
    abuse(&stack, "1_2").await;
    until(&stack, "1_2", put_off).await;
    // One tries, and is refused; the next hour's try is let in.
    for _ in 0..12 {
        pass(&stack, SignedDuration::from_mins(20)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for id in ["1_1", "1_2"] {
        until(&stack, id, done).await;
    }
    assert_eq!(
        (
            hides(&stack),
            reconnects(&stack, &kingswinford(), Platform::Facebook, PAGE)
                .await
                .len()
        ),
        (2, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_may_not_be_read_is_told_once_in_plain_words() {
    let stack = stack().await;
    let practice: PracticeId = "mile-oak".parse().unwrap();
    let answer = |status, body: Value| Fault::Instead(status, body);
    let unverified = json!({ "error": { "code": 400, "status": "FAILED_PRECONDITION", "message": "words",
        "details": [{ "reason": "UNVERIFIED_LOCATION" }] } });
    let none = json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "words",
        "details": [{ "reason": "RATE_LIMIT_EXCEEDED", "metadata": { "quota_limit_value": "0" } }] } });
    let withdrawn = json!({ "error": "invalid_grant", "error_description": "words" });
    for (n, (ahead, fault, words)) in [
        (
            1,
            answer(StatusCode::BAD_REQUEST, unverified),
            "Google has not verified this location",
        ),
        (
            1,
            answer(StatusCode::TOO_MANY_REQUESTS, none),
            "apply for access",
        ),
        (
            0,
            answer(StatusCode::BAD_REQUEST, withdrawn),
            "consent to Google has expired or was withdrawn",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // The token is had first, where that is not what fails.
        stack
            .business()
            .faults()
            .next(ahead, &Fault::Late(Duration::ZERO));
        stack.business().faults().next(1, &fault);
        stack.run("sweep").await.unwrap();
        let told = reconnects(&stack, &practice, Platform::Google, LOCATION).await;
        assert_eq!(told.len(), n + 1, "{words}");
        let open: Vec<_> = told
            .iter()
            .filter(|task| task.status == TaskStatus::Open)
            .collect();
        assert!(open.len() == 1 && open[0].why.contains(words), "{open:?}");
        // Nothing is asked until the hour is over; then it works, and the task closes itself.
        stack.run("sweep").await.unwrap();
        stack.clock().pass(SignedDuration::from_mins(61));
        stack.run("sweep").await.unwrap();
        let told = reconnects(&stack, &practice, Platform::Google, LOCATION).await;
        assert!(
            told.iter().all(|task| task.status == TaskStatus::Done),
            "{words}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_changes_holds_for_each_minute() {
    let table = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    let ledger = table.ledger();
    let channel = Channel {
        platform: Platform::Google,
        account: LOCATION.into(),
    };
    let at: Timestamp = "2026-11-20T09:00:20Z".parse().unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..25 {
        let (ledger, channel) = (ledger.clone(), channel.clone());
        asking.spawn(async move { ledger.count_edits(&channel, 1, 10, at).await.unwrap() });
    }
    assert_eq!(
        asking
            .join_all()
            .await
            .into_iter()
            .filter(|granted| *granted)
            .count(),
        10
    );
    assert_eq!(next_minute(at), "2026-11-20T09:01:00Z".parse().unwrap());
    assert!(
        !ledger
            .count_edits(&channel, 11, 10, next_minute(at))
            .await
            .unwrap()
    );
    assert!(
        ledger
            .count_edits(&channel, 10, 10, next_minute(at))
            .await
            .unwrap()
    );

    // A wait is only ever made longer, and the app's holds for each of its channels.
    let wait = async |waits, seconds| {
        ledger
            .wait(waits, at + SignedDuration::from_secs(seconds))
            .await
            .unwrap();
    };
    wait(Waits::Channel(&channel), 60).await;
    wait(Waits::Channel(&channel), 30).await;
    let waits = async || {
        ledger
            .gate(&channel)
            .await
            .unwrap()
            .waits(at)
            .map(|until| until.duration_since(at).as_secs())
    };
    assert_eq!(waits().await, Some(60));
    wait(Waits::App(Platform::Google), 90).await;
    assert_eq!(waits().await, Some(90));
    assert_eq!(ledger.gate(&page()).await.unwrap().waits(at), None);
}
