//! Quotas, end to end: what fills one up is left alone before the platform has to refuse it, and
//! goes on by itself.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::Entry;
use pagewarden_fakes::x::Sent;
use pagewarden_ledger::{ActionStatus, History};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PostKey};
use pagewarden_tests::{change, stack, until};
use serde_json::json;

const PAGE: &str = "100000000000001";
const ACCOUNT: &str = "2000000004";
const ABUSE: &str = "The receptionist is a fat useless bitch";

fn on_page(id: &str) -> PostKey {
    PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn on_x(id: &str) -> PostKey {
    PostKey {
        practice: "woolpit".parse().unwrap(),
        platform: Platform::X,
        id: id.into(),
    }
}

/// Delivers a comment written just now, which takes one call to hide: one that stood a while is
/// looked at first.
async fn write(stack: &Stack, page: &str, id: &str) {
    let mut change = change(page, id, "55", ABUSE);
    let now = stack.clock().now().as_second();
    change["value"]["created_time"] = json!(now);
    let body =
        json!({ "object": "page", "entry": [{ "id": page, "time": now, "changes": [change] }] });
    let body = body.to_string().into_bytes();
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

/// Answers the first post of a conversation that the account began.
fn reply(stack: &Stack, id: &str) {
    let payload = json!({ "id": id, "author_id": "501", "text": ABUSE, "conversation_id": "900",
        "created_at": pagewarden_tests::now().to_string(), "in_reply_to_user_id": ACCOUNT,
        "referenced_tweets": [{ "type": "replied_to", "id": "900" }], "edit_history_tweet_ids": [id] });
    let event = json!({ "event_uuid": format!("7{id}"), "event_type": "post.reply.create", "payload": payload,
        "filter": { "user_id": ACCOUNT }, "includes": { "users": [{ "id": "501", "name": "Robin", "username": "robin" }] } });
    stack
        .timeline()
        .happen(&json!({ "data": event }), Sent::Once)
        .unwrap();
}

fn done(history: &History) -> bool {
    history
        .actions
        .first()
        .is_some_and(|action| action.status == ActionStatus::Done)
}

fn put_off(history: &History) -> bool {
    history
        .actions
        .first()
        .is_some_and(|action| action.status == ActionStatus::Claimed && action.result.is_some())
}

/// Lets time pass, and sets going what is due by then.
async fn pass(stack: &Stack, time: SignedDuration) {
    stack.clock().pass(time);
    stack.run("remind").await.unwrap();
}

/// Lets the clock stand at the beginning of a window.
fn begin(stack: &Stack, window_s: i64) {
    stack.clock().pass(SignedDuration::from_secs(
        window_s - stack.clock().now().as_second() % window_s,
    ));
}

/// Waits until the gate has taken note that the platform wants no calls, and returns until when.
async fn waits(stack: &Stack, channel: &Channel) -> Timestamp {
    for _ in 0..2000 {
        if let Some(until) = stack
            .ledger()
            .gate(channel)
            .await
            .unwrap()
            .waits(stack.clock().now())
        {
            return until;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody took note");
}

fn hides(entries: &[Entry]) -> usize {
    entries
        .iter()
        .filter(|entry| matches!(entry, Entry::Hidden { .. }))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_page_is_left_alone_until_meta_says() {
    let stack = stack().await;
    begin(&stack, 3600);
    stack.graph().set_page_quota(1);
    write(&stack, PAGE, "1_1").await;
    until(&stack, &on_page("1_1"), done).await;
    let page = Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    };
    waits(&stack, &page).await;
    // Held back without a call, with all its tries left.
    write(&stack, PAGE, "1_2").await;
    let held = until(&stack, &on_page("1_2"), put_off).await;
    assert_eq!(
        (held.actions[0].attempts, hides(&stack.graph().journal())),
        (0, 1)
    );
    // A little later one call is tried, and Meta says for how long it wants no more.
    pass(&stack, SignedDuration::from_mins(6)).await;
    until(&stack, &on_page("1_2"), |history| {
        history.actions[0].attempts == 1 && put_off(history)
    })
    .await;
    let until_then = waits(&stack, &page).await;
    let minutes = until_then.duration_since(stack.clock().now()).as_mins();
    assert!((50..=54).contains(&minutes), "{minutes}");
    // The neighbours have quotas of their own.
    write(&stack, "100000000000002", "2_1").await;
    let other = PostKey {
        practice: "threeways".parse().unwrap(),
        ..on_page("2_1")
    };
    until(&stack, &other, done).await;

    // A second try looks once more, whether the first has done it.
    stack.graph().set_page_quota(3);
    pass(&stack, SignedDuration::from_hours(1)).await;
    until(&stack, &on_page("1_2"), done).await;
    assert_eq!(hides(&stack.graph().journal()), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_endpoint_of_x_is_left_alone() {
    let stack = stack().await;
    begin(&stack, 900);
    stack.timeline().set_limit("hide", 1);
    reply(&stack, "1001");
    until(&stack, &on_x("1001"), done).await;
    let account = Channel {
        platform: Platform::X,
        account: ACCOUNT.into(),
    };
    let over = waits(&stack, &account).await;
    assert!(over.duration_since(stack.clock().now()) <= SignedDuration::from_mins(15));
    reply(&stack, "1002");
    let held = until(&stack, &on_x("1002"), put_off).await;
    assert_eq!(
        (held.actions[0].attempts, hides(&stack.timeline().journal())),
        (0, 1)
    );
    assert!(
        held.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("takes no more calls")
    );
    pass(&stack, SignedDuration::from_mins(16)).await;
    until(&stack, &on_x("1002"), done).await;
    assert_eq!(hides(&stack.timeline().journal()), 2);
}
