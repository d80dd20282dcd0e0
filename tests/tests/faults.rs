//! Platforms that fail: nothing is lost, nothing is done twice, and what cannot be done is told to
//! a person.

#![expect(clippy::unwrap_used, reason = "a test may")]

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{ActionStatus, History, NewRevision, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, Post, PostKey, Surface, TaskKind, Urgency};
use pagewarden_tests::{change, comment, stack};
use serde_json::{Value, json};

const PAGE: &str = "100000000000001";

fn key(id: &str) -> PostKey {
    PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

/// Delivers an abusive comment that the page is to hide, written just now: so the first call is the
/// one that hides.
async fn abuse(stack: &Stack, id: &str) {
    let mut change = change(PAGE, id, "55", "The receptionist is a fat useless bitch");
    let now = stack.clock().now().as_second();
    change["value"]["created_time"] = json!(now);
    let body =
        json!({ "object": "page", "entry": [{ "id": PAGE, "time": now, "changes": [change] }] });
    let body = body.to_string().into_bytes();
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

async fn until(stack: &Stack, id: &str, wanted: impl Fn(&History) -> bool) -> History {
    pagewarden_tests::until(stack, &key(id), wanted).await
}

fn hides(stack: &Stack, id: &str) -> usize {
    stack
        .graph()
        .journal()
        .iter()
        .filter(|entry| **entry == Entry::Hidden { id: id.into() })
        .count()
}

fn is(status: ActionStatus) -> impl Fn(&History) -> bool {
    move |history| history.actions.iter().any(|action| action.status == status)
}

/// A put-off action keeps the place of a claimed one, with a reason.
fn put_off(history: &History) -> bool {
    history
        .actions
        .iter()
        .any(|action| action.status == ActionStatus::Claimed && action.result.is_some())
}

/// Lets an hour pass for what is due.
async fn an_hour_later(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
}

fn error(code: u32, subcode: Option<u32>) -> Value {
    let mut body = json!({ "error": { "message": "words in any language", "type": "OAuthException", "code": code } });
    if let Some(subcode) = subcode {
        body["error"]["error_subcode"] = json!(subcode);
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_is_down_is_tried_again_and_hides_once() {
    let stack = stack().await;
    stack.graph().faults().next(
        1,
        &Fault::Instead(StatusCode::SERVICE_UNAVAILABLE, json!({})),
    );
    abuse(&stack, "1_1").await;
    until(&stack, "1_1", put_off).await;
    assert_eq!(hides(&stack, "1_1"), 0);
    an_hour_later(&stack).await;
    let history = until(&stack, "1_1", is(ActionStatus::Done)).await;
    assert_eq!(history.actions[0].attempts, 2);
    assert_eq!(hides(&stack, "1_1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_got_lost_is_not_asked_for_by_doing_it_again() {
    let stack = stack().await;
    stack
        .graph()
        .faults()
        .next(1, &Fault::After(StatusCode::BAD_GATEWAY, json!({})));
    abuse(&stack, "1_1").await;
    until(&stack, "1_1", put_off).await;
    assert_eq!(hides(&stack, "1_1"), 1);
    an_hour_later(&stack).await;
    let history = until(&stack, "1_1", is(ActionStatus::Done)).await;
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("was so already, perhaps by an earlier try")
    );
    assert_eq!(hides(&stack, "1_1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ran_out_waits_for_a_new_one_and_nothing_is_lost() {
    let stack = stack().await;
    stack.graph().faults().next(
        1,
        &Fault::Instead(StatusCode::BAD_REQUEST, error(190, Some(463))),
    );
    abuse(&stack, "1_1").await;
    let history = until(&stack, "1_1", put_off).await;
    assert!(
        !history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("words in any language")
    );
    an_hour_later(&stack).await;
    until(&stack, "1_1", is(ActionStatus::Done)).await;
    assert_eq!(hides(&stack, "1_1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_will_not_do_becomes_a_task() {
    let stack = stack().await;
    stack
        .graph()
        .faults()
        .next(1, &Fault::Instead(StatusCode::FORBIDDEN, error(200, None)));
    abuse(&stack, "1_1").await;
    let history = until(&stack, "1_1", is(ActionStatus::Failed)).await;
    assert!(
        history
            .tasks
            .iter()
            .any(|task| task.kind == TaskKind::DoByHand && task.why.contains("could not hide"))
    );
    assert_eq!(hides(&stack, "1_1"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_is_gone_counts_as_hidden() {
    let stack = stack().await;
    // Delivered, and never on the page: its author took it back before the machine came.
    let body = comment(PAGE, "1_1", "55", "The receptionist is a fat useless bitch");
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let history = until(&stack, "1_1", is(ActionStatus::Done)).await;
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("already")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_abuse_stops_at_the_cap() {
    let stack = stack().await;
    // The cap is by the hour of the clock, so the storm must not go past its end.
    if stack.clock().now().in_tz("UTC").unwrap().minute() >= 55 {
        stack.clock().pass(SignedDuration::from_mins(5));
    }
    // The demonstration allows twenty acts an hour.
    for n in 0..24 {
        abuse(&stack, &format!("1_{n}")).await;
    }
    let settled = |history: &History| {
        history
            .actions
            .iter()
            .all(|a| matches!(a.status, ActionStatus::Done | ActionStatus::Parked))
            && !history.tasks.is_empty()
    };
    let (mut over, mut left) = (0, 0);
    for n in 0..24 {
        let history = until(&stack, &format!("1_{n}"), settled).await;
        if history
            .actions
            .iter()
            .any(|a| a.status == ActionStatus::Done)
        {
            continue;
        }
        left += 1;
        let says = |what: &str| history.tasks.iter().any(|task| task.why.contains(what));
        over += usize::from(says("over the cap of 20 acts an hour"));
        // The rule stops itself at the cap: what comes later may not even be on its way.
        let stopped = says("has stopped itself") || history.actions.is_empty();
        assert!(stopped || says("over the cap"), "{:?}", history.tasks);
    }
    let hidden = (0..24)
        .map(|n| hides(&stack, &format!("1_{n}")))
        .sum::<usize>();
    assert_eq!((hidden, left), (20, 4));
    assert!(over >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_edited_or_shown_late_are_judged_lost_ones_noted() {
    let stack = stack().await;
    let location = "accounts/1000000005/locations/2000000005";
    let review = |id: &str, words: &str, at: &str| {
        json!({ "name": format!("{location}/reviews/{id}"), "reviewId": id, "reviewer": { "displayName": "A. Tester" },
            "starRating": "ONE", "comment": words, "createTime": "2026-11-20T09:00:00Z", "updateTime": at })
    };
    let learn = |reviews: Vec<Value>| {
        stack
            .business()
            .learn(json!({ "reviews": reviews }).to_string().as_bytes())
            .unwrap();
    };
    let name = |id: &str| PostKey {
        practice: "mile-oak".parse().unwrap(),
        platform: Platform::Google,
        id: id.into(),
    };
    learn(vec![
        review("r1", "Hard to park.", "2026-11-20T09:00:00Z"),
        review("r2", "Fine.", "2026-11-20T09:01:00Z"),
    ]);
    stack.run("sweep").await.unwrap();
    let revisions = async |id: &str| {
        stack
            .ledger()
            .history(&name(id))
            .await
            .unwrap()
            .map_or(0, |h| h.revisions.len())
    };
    assert_eq!((revisions("r1").await, revisions("r2").await), (1, 1));

    learn(vec![review(
        "r1",
        "They lost my referral. I am making a complaint.",
        "2026-11-20T10:00:00Z",
    )]);
    stack
        .business()
        .remove(&format!("{location}/reviews/r2"))
        .unwrap();
    stack.run("sweep").await.unwrap();
    assert_eq!((revisions("r1").await, revisions("r2").await), (2, 1));
    let gone = stack.ledger().history(&name("r2")).await.unwrap().unwrap();
    assert_eq!(gone.state.visibility, pagewarden_ledger::Visibility::Gone);
    gone.verify().unwrap();

    // Google looked at this one for a while before it showed it, with the time at which it was
    // written.
    learn(vec![review(
        "r3",
        "They lost my referral. I am making a complaint.",
        "2026-11-20T09:30:00Z",
    )]);
    stack.run("sweep").await.unwrap();
    assert_eq!(revisions("r3").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_beyond_the_first_page_are_swept_once() {
    let stack = stack().await;
    let location = "accounts/1000000005/locations/2000000005";
    let reviews: Vec<Value> = (0..120)
        .map(|n| {
            json!({ "name": format!("{location}/reviews/p{n:03}"), "reviewId": format!("p{n:03}"), "starRating": "FOUR",
                "comment": "Fine.", "updateTime": format!("2026-11-20T{:02}:{:02}:00Z", 8 + n / 60, n % 60) })
        })
        .collect();
    stack
        .business()
        .learn(json!({ "reviews": reviews }).to_string().as_bytes())
        .unwrap();
    stack.run("sweep").await.unwrap();
    stack.run("sweep").await.unwrap();
    for n in [0, 49, 50, 119] {
        let key = PostKey {
            practice: "mile-oak".parse().unwrap(),
            platform: Platform::Google,
            id: format!("p{n:03}"),
        };
        let history = stack.ledger().history(&key).await.unwrap().unwrap();
        assert_eq!(history.revisions.len(), 1, "{n}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_does_not_load_never_replaces_one_that_did() {
    let stack = stack().await;
    let practice = "kingswinford".parse().unwrap();
    let before = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let broken = pagewarden_ledger::PolicyRecord {
        version: 0,
        toml: "[[clause]]\nid = \"K4\"".into(),
        published: "nothing like it".into(),
        at: pagewarden_tests::now(),
        by: "somebody:deployer".into(),
    };
    let version = stack
        .ledger()
        .publish(&practice, Some(&before), &broken, &before.settings, &[])
        .await
        .unwrap();
    assert_eq!(version, before.policy + 1);
    abuse(&stack, "1_1").await;
    let history = until(&stack, "1_1", is(ActionStatus::Done)).await;
    assert_eq!(history.revisions[0].decided, Some(before.policy));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_judged_is_given_to_a_person() {
    let stack = stack().await;
    // A practice that is not in the table has no policy to judge by, however often it is tried.
    let nobody = "nobody".parse().unwrap();
    let post = Post {
        text: "hello".into(),
        ..Post::new(
            Channel {
                platform: Platform::Facebook,
                account: "100000000000001".into(),
            },
            Surface::Comment,
            "1_1",
        )
    };
    let now = stack.clock().now();
    stack
        .ledger()
        .record(
            &NewRevision::new(&nobody, &post, b"{}", Some(now), "a test"),
            now,
        )
        .await
        .unwrap();
    let key = post.key(&nobody);
    let mut tasks = Vec::new();
    for _ in 0..20 {
        stack.clock().pass(SignedDuration::from_mins(6));
        stack.run("remind").await.unwrap();
        stack.rest().await;
        tasks = stack.ledger().tasks_of(&key).await.unwrap();
        if !tasks.is_empty() {
            break;
        }
    }
    let [task] = tasks.as_slice() else {
        panic!("one task, not {tasks:?}")
    };
    assert_eq!((task.kind, task.urgency), (TaskKind::Decide, Urgency::Now));
    let history = stack.ledger().history(&key).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(
        history.revisions[0].post.text, "hello",
        "its words are there to be read"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_gone_before_it_is_hidden_is_gone_and_not_hidden() {
    let stack = stack().await;
    // The fake never hears of the comment, as if its author had deleted it before anybody came to
    // hide it.
    let body = comment(PAGE, "1_7", "55", "The receptionist is a fat useless bitch");
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let history = until(&stack, "1_7", is(ActionStatus::Done)).await;
    assert_eq!(history.state.visibility, Visibility::Gone);
    assert_eq!(
        (history.actions[0].result.as_deref(), hides(&stack, "1_7")),
        (Some("the post was gone already"), 0)
    );
}
