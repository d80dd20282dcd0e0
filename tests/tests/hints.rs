//! Google's hints and answers, end to end: what is believed of a push, and what becomes of an
//! answer that Google looks at.

#![expect(clippy::unwrap_used, reason = "a test may")]

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_fakes::google::push::{self, Key};
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{ActionStatus, Choice, History, Person, Visibility, next_minute};
use pagewarden_local::stack::Stack;
use pagewarden_platforms::google::EDITS_A_MINUTE;
use pagewarden_rules::{Channel, Effect, Platform, PostKey, PracticeId, Role, TaskKind};
use pagewarden_tests::stack;
use remind::Remind;
use serde_json::{Value, json};

const LOCATION: &str = "accounts/1000000005/locations/2000000005";
const COMPLAINT: &str = "They lost my referral. I am making a complaint.";

fn mile_oak() -> PracticeId {
    "mile-oak".parse().unwrap()
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: mile_oak(),
        platform: Platform::Google,
        id: id.into(),
    }
}

fn review(stack: &Stack, id: &str, words: &str) {
    let review = json!({ "name": format!("{LOCATION}/reviews/{id}"), "reviewId": id, "starRating": "TWO", "comment": words,
        "createTime": "2026-11-20T09:00:00Z", "updateTime": "2026-11-20T09:00:00Z" });
    stack
        .business()
        .learn(json!({ "reviews": [review] }).to_string().as_bytes())
        .unwrap();
}

async fn until(stack: &Stack, id: &str, wanted: impl Fn(&History) -> bool) -> History {
    pagewarden_tests::until(stack, &key(id), wanted).await
}

fn decided(history: &History) -> bool {
    history
        .revisions
        .iter()
        .all(|revision| revision.decided.is_some())
}

async fn hint(stack: &Stack, token: &str, location: &str) -> u16 {
    stack
        .sender()
        .push(&push::body(location, pagewarden_tests::now()), Some(token))
        .await
        .unwrap()
}

fn token(key: Key, change: impl Fn(&mut Value)) -> String {
    let mut claims = push::claims(pagewarden_tests::now());
    change(&mut claims);
    key.token(key, &claims).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hint_has_its_location_swept_and_is_no_review() {
    let stack = stack().await;
    review(&stack, "r1", COMPLAINT);
    let genuine = token(Key::First, |_| {});
    assert_eq!(
        hint(&stack, &genuine, &format!("{LOCATION}/reviews/made-up")).await,
        200
    );
    until(&stack, "r1", decided).await;
    assert!(
        stack
            .ledger()
            .history(&key("made-up"))
            .await
            .unwrap()
            .is_none()
    );
    // Of a location that is nobody's, and of none: taken, so that they do not come again, and
    // nothing follows.
    assert_eq!(hint(&stack, &genuine, "accounts/1/locations/2").await, 200);
    assert_eq!(
        stack
            .sender()
            .push(b"{\"message\":{}}", Some(&genuine))
            .await
            .unwrap(),
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_misdirected_or_stale_hint_does_nothing() {
    let stack = stack().await;
    review(&stack, "r1", COMPLAINT);
    let genuine = token(Key::First, |_| {});
    let long_ago = pagewarden_tests::now().as_second() - 7200;
    let (head, tail) = genuine.rsplit_once('.').unwrap();
    let forged = [
        // Signed by somebody else under the name of Google's key, and under a name that is not
        // Google's.
        Key::Second
            .token(Key::First, &push::claims(pagewarden_tests::now()))
            .unwrap(),
        token(Key::Second, |_| {}),
        token(Key::First, |claims| {
            claims["aud"] = json!("https://elsewhere.example");
        }),
        token(Key::First, |claims| {
            claims["iss"] = json!("https://accounts.example");
        }),
        token(Key::First, |claims| {
            claims["email"] = json!("other@pagewarden.example");
        }),
        token(Key::First, |claims| claims["email_verified"] = json!(false)),
        token(Key::First, |claims| claims["exp"] = json!(long_ago)),
        token(Key::First, |claims| claims["exp"] = json!("9999999999")),
        token(Key::First, |claims| claims["exp"] = Value::Null),
        token(Key::First, |claims| claims["aud"] = Value::Null),
        format!("{head}.{}", tail.chars().rev().collect::<String>()),
        head.to_owned(),
        // "alg": "none", without a signature.
        format!(
            "eyJhbGciOiJub25lIiwia2lkIjoiZmlyc3QifQ.{}.",
            head.split('.').nth(1).unwrap()
        ),
        String::new(),
    ];
    for token in &forged {
        assert_eq!(hint(&stack, token, LOCATION).await, 401, "{token}");
    }
    assert_eq!(
        stack
            .sender()
            .push(&push::body(LOCATION, pagewarden_tests::now()), None)
            .await
            .unwrap(),
        401
    );
    assert!(stack.ledger().history(&key("r1")).await.unwrap().is_none());
    // Names of keys that nobody knows had Google asked once, not each time.
    assert_eq!(stack.business().keys_asked_for(), 1);

    // A hint that comes again has nothing swept again.
    let again = push::body(LOCATION, pagewarden_tests::now());
    assert_eq!(
        stack.sender().push(&again, Some(&genuine)).await.unwrap(),
        200
    );
    until(&stack, "r1", decided).await;
    review(&stack, "r2", "Fine.");
    assert_eq!(
        stack.sender().push(&again, Some(&genuine)).await.unwrap(),
        200
    );
    let (channels, now) = (
        stack.ledger().channels().await.unwrap(),
        pagewarden_tests::now(),
    );
    let (channel, practice) = channels
        .iter()
        .find(|(channel, _)| channel.platform == Platform::Google)
        .unwrap();
    let an_hour_ago = now - SignedDuration::from_hours(1);
    assert!(
        !stack
            .ledger()
            .want_sweep(practice, channel, an_hour_ago)
            .await
            .unwrap()
    );
    assert!(
        stack
            .ledger()
            .want_sweep(practice, channel, now)
            .await
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_is_fetched_once_and_an_old_one_refused() {
    let stack = stack().await;
    let business = stack.business();
    let pass = |minutes| stack.clock().pass(SignedDuration::from_mins(minutes));
    let hint = async |key: Key| {
        let token = key.token(key, &push::claims(stack.clock().now())).unwrap();
        hint(&stack, &token, LOCATION).await
    };
    assert_eq!(
        (hint(Key::First).await, business.keys_asked_for()),
        (200, 1)
    );
    // Google tells of a key before it signs with it, and for a while signs with either.
    business.publish_keys(vec![Key::First, Key::Second]);
    pass(2);
    for key in [Key::Second, Key::First, Key::Second] {
        assert_eq!(hint(key).await, 200);
    }
    assert_eq!(business.keys_asked_for(), 2);

    // One that Google took back is taken for as long as those fetched are fresh, and no longer.
    business.publish_keys(vec![Key::Second]);
    pass(50);
    assert_eq!(
        (hint(Key::Second).await, business.keys_asked_for()),
        (200, 2)
    );
    pass(12);
    assert_eq!(
        (hint(Key::First).await, hint(Key::Second).await),
        (401, 200)
    );
    assert_eq!(business.keys_asked_for(), 3);
    // Whoever goes on with it has Google asked once a minute at most.
    for _ in 0..5 {
        assert_eq!(hint(Key::First).await, 401);
    }
    assert_eq!(business.keys_asked_for(), 3);
    pass(2);
    for _ in 0..5 {
        assert_eq!(hint(Key::First).await, 401);
    }
    assert_eq!(business.keys_asked_for(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_fail_are_asked_for_once_a_minute() {
    let stack = stack().await;
    let business = stack.business();
    let pass = || stack.clock().pass(SignedDuration::from_mins(2));
    let hint = async |key: Key| {
        let token = key.token(key, &push::claims(stack.clock().now())).unwrap();
        hint(&stack, &token, LOCATION).await
    };
    // One call fails: a push that had the keys asked for again would be taken.
    let fail_once = || {
        business.faults().next(
            1,
            &Fault::Instead(StatusCode::SERVICE_UNAVAILABLE, json!({})),
        );
    };
    fail_once();
    for _ in 0..5 {
        assert_eq!(
            (hint(Key::First).await, business.keys_asked_for()),
            (503, 0)
        );
    }
    pass();
    assert_eq!(
        (hint(Key::First).await, business.keys_asked_for()),
        (200, 1)
    );

    // The same for a key that is not among those at hand, which may be a new one: until that is
    // known, it is not refused.
    business.publish_keys(vec![Key::First, Key::Second]);
    stack.rest().await;
    pass();
    fail_once();
    for _ in 0..5 {
        assert_eq!(
            (hint(Key::Second).await, business.keys_asked_for()),
            (503, 1)
        );
    }
    assert_eq!(hint(Key::First).await, 200);
    pass();
    assert_eq!(
        (hint(Key::Second).await, business.keys_asked_for()),
        (200, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_counts_when_shown_and_is_a_task_if_rejected() {
    let stack = stack().await;
    for id in ["r1", "r2", "r3"] {
        review(&stack, id, COMPLAINT);
    }
    stack.run("sweep").await.unwrap();
    for id in ["r1", "r2", "r3"] {
        answer(&stack, id).await;
        // Sent is not published.
        until(&stack, id, |history| {
            history.actions.iter().any(|action| action.sent)
        })
        .await;
    }
    let name = |id: &str| format!("{LOCATION}/reviews/{id}");
    stack.business().judge_reply(&name("r1"), None).unwrap();
    stack
        .business()
        .judge_reply(&name("r2"), Some("It reads like an advertisement"))
        .unwrap();
    stack.business().take_down_reply(&name("r3")).unwrap();
    let remind = Remind::new(stack.ledger().clone(), Vec::new(), None);
    remind
        .run(pagewarden_tests::now() + SignedDuration::from_hours(1))
        .await
        .unwrap();

    let shown = until(&stack, "r1", |history| {
        history.actions[0].status == ActionStatus::Done
    })
    .await;
    assert_eq!(
        shown.actions[0].result.as_deref(),
        Some("answered, confirmed by Google")
    );
    let told = async |id: &str| {
        let history = until(&stack, id, |history| {
            history.actions[0].status == ActionStatus::Failed
        })
        .await;
        let task = history
            .tasks
            .into_iter()
            .find(|task| task.kind == TaskKind::DoByHand)
            .unwrap();
        assert_eq!(task.options, [Effect::PublicReply]);
        task.why
    };
    assert!(
        told("r2")
            .await
            .contains("will not show it. It says: It reads like an advertisement.")
    );
    assert!(told("r3").await.contains("taken down"));
    let sent = |entry: &&Entry| matches!(entry, Entry::Replied { .. });
    assert_eq!(
        stack.business().journal().iter().filter(sent).count(),
        3,
        "none was sent twice"
    );
}

/// Approves the answer that was drafted to a review.
async fn answer(stack: &Stack, id: &str) {
    until(stack, id, decided).await;
    let person = Person {
        name: "Priya".into(),
        role: Role::PracticeManager,
    };
    let waiting = stack.ledger().open_tasks(&mile_oak()).await.unwrap();
    let task = waiting
        .iter()
        .find(|task| task.key.id == id && task.kind == TaskKind::ApprovePublicReply)
        .unwrap();
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &person,
            Choice::Reply,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
}

/// There is nothing that somebody could do by hand instead.
#[tokio::test(flavor = "multi_thread")]
async fn a_review_gone_before_its_answer_is_gone_and_nobody_is_asked() {
    let stack = stack().await;
    review(&stack, "r1", COMPLAINT);
    stack.run("sweep").await.unwrap();
    until(&stack, "r1", decided).await;
    stack
        .business()
        .remove(&format!("{LOCATION}/reviews/r1"))
        .unwrap();
    answer(&stack, "r1").await;
    let done = until(&stack, "r1", |history| {
        history.actions.iter().any(|action| action.result.is_some())
    });
    let history = done.await;
    assert_eq!(
        history.actions[0].result.as_deref(),
        Some("the post was gone already")
    );
    assert_eq!(history.state.visibility, Visibility::Gone);
    let waiting = stack.ledger().open_tasks(&mile_oak()).await.unwrap();
    assert!(
        waiting.iter().all(|task| task.kind != TaskKind::DoByHand),
        "{waiting:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_beyond_googles_ten_waits_and_uses_no_try() {
    let stack = stack().await;
    review(&stack, "r1", COMPLAINT);
    stack.run("sweep").await.unwrap();
    until(&stack, "r1", decided).await;
    let channel = Channel {
        platform: Platform::Google,
        account: LOCATION.into(),
    };
    // The next minute as well, in which the test may find itself.
    for at in [
        pagewarden_tests::now(),
        next_minute(pagewarden_tests::now()),
    ] {
        assert!(
            stack
                .ledger()
                .count_edits(&channel, 10, EDITS_A_MINUTE, at)
                .await
                .unwrap()
        );
    }
    answer(&stack, "r1").await;
    let held = until(&stack, "r1", |history| history.actions[0].result.is_some()).await;
    assert!(
        held.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("no more changes this minute")
    );
    assert_eq!(
        (held.actions[0].status, held.actions[0].attempts),
        (ActionStatus::Claimed, 0)
    );
    assert!(
        !stack
            .business()
            .journal()
            .iter()
            .any(|entry| matches!(entry, Entry::Replied { .. }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_google_translates_is_judged_and_never_enough_to_act_on() {
    let stack = stack().await;
    review(&stack, "r1", "Gubili moje skierowanie.");
    review(
        &stack,
        "r2",
        "(Translated by Google) They lost my referral. I want to make a formal complaint.\n\n(Original)\nZgubili moje skierowanie. \
         Składam skargę.",
    );
    stack.run("sweep").await.unwrap();
    let plain = until(&stack, "r1", decided).await;
    let translated = until(&stack, "r2", decided).await;
    let kinds = |history: &History| {
        history
            .tasks
            .iter()
            .map(|task| task.kind)
            .collect::<Vec<_>>()
    };
    assert!(
        !kinds(&plain).contains(&TaskKind::ComplaintDecision),
        "{:?}",
        kinds(&plain)
    );
    assert!(
        kinds(&translated).contains(&TaskKind::ComplaintDecision),
        "{:?}",
        kinds(&translated)
    );
    assert!(translated.actions.is_empty());
    assert_eq!(
        translated.revisions[0].post.text,
        "Zgubili moje skierowanie. Składam skargę."
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_of_pictures_alone_waits_for_a_person_to_look_at_it() {
    let stack = stack().await;
    for (id, pictures) in [
        (
            "r1",
            json!([{ "thumbnailUrl": "https://pictures.example/1" }]),
        ),
        ("r2", json!([])),
    ] {
        let review = json!({ "name": format!("{LOCATION}/reviews/{id}"), "reviewId": id, "starRating": "ONE",
            "createTime": "2026-11-20T09:00:00Z", "updateTime": "2026-11-20T09:00:00Z", "reviewMediaItems": pictures });
        stack
            .business()
            .learn(json!({ "reviews": [review] }).to_string().as_bytes())
            .unwrap();
    }
    stack.run("sweep").await.unwrap();
    let pictures = until(&stack, "r1", decided).await;
    assert!(
        pictures
            .tasks
            .iter()
            .any(|task| task.why.contains("It has a picture")),
        "{:?}",
        pictures.tasks
    );
    let stars = until(&stack, "r2", decided).await;
    assert!(
        stars
            .tasks
            .iter()
            .all(|task| task.kind == TaskKind::ApprovePublicReplyOptional),
        "{:?}",
        stars.tasks
    );
}
