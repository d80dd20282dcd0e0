//! A Facebook page, swept: what no delivery brought is found, judged and recorded, at a price that
//! grows with the news.

#![expect(clippy::unwrap_used, reason = "a test may")]

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{
    ActionStatus, Choice, History, NewRevision, Person, TaskRecord, Visibility,
};
use pagewarden_local::stack::Stack;
use pagewarden_local::table::{NAME, client};
use pagewarden_rules::{Channel, Platform, Post, PostKey, PracticeId, Role, Surface, TaskKind};
use pagewarden_tests::{change, comment, stack, take_back};
use serde_json::{Value, json};

const PAGE: &str = "100000000000001";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const ASKING: &str = "Are the flu clinics on Saturday as well?";
/// The demonstration's pages and its one Instagram account: what every sweep asks for.
const PAGES: usize = 5 + 1;
/// What is asked once a day: of what Facebook tells of each, and the pages' recommendations.
const DAILY: usize = PAGES + 5;

fn kingswinford() -> PracticeId {
    "kingswinford".parse().unwrap()
}

/// Lets the page have a comment of which no delivery tells.
fn write(stack: &Stack, id: &str, words: &str) {
    stack
        .graph()
        .learn(&comment(PAGE, id, "55", words))
        .unwrap();
}

/// The same for a change of any kind.
fn happens(stack: &Stack, value: &Value) {
    let change = json!({ "field": "feed", "value": value });
    let body = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_795_168_860, "changes": [change] }] });
    stack.graph().learn(body.to_string().as_bytes()).unwrap();
}

/// Sweeps, and returns how many calls the pages were asked.
async fn sweep(stack: &Stack) -> usize {
    let before = stack.graph().calls();
    stack.run("sweep").await.unwrap();
    stack.graph().calls() - before
}

async fn watermark(stack: &Stack) -> Option<String> {
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    };
    stack
        .ledger()
        .watermark(&kingswinford(), &channel)
        .await
        .unwrap()
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: kingswinford(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

async fn history(stack: &Stack, id: &str) -> Option<History> {
    stack.ledger().history(&key(id)).await.unwrap()
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

fn done(history: &History) -> bool {
    decided(history)
        && !history.actions.is_empty()
        && history
            .actions
            .iter()
            .all(|action| action.status == ActionStatus::Done)
}

fn is(visibility: Visibility) -> impl Fn(&History) -> bool {
    move |history| decided(history) && history.state.visibility == visibility
}

fn hides(stack: &Stack, id: &str) -> usize {
    stack
        .graph()
        .journal()
        .iter()
        .filter(|entry| **entry == Entry::Hidden { id: id.into() })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_that_no_delivery_brought_is_judged_and_hidden() {
    let stack = stack().await;
    write(&stack, "1_1", ABUSE);
    write(&stack, "1_2", ASKING);
    sweep(&stack).await;
    let found = until(&stack, "1_1", done).await;
    assert_eq!(
        (found.state.visibility, hides(&stack, "1_1")),
        (Visibility::Hidden, 1)
    );
    assert_eq!(
        found.revisions[0].post.thread.as_deref(),
        Some("100000000000001_1")
    );
    assert!(until(&stack, "1_2", decided).await.actions.is_empty());
    // Our own hide is no news, whoever tells of it.
    sweep(&stack).await;
    assert_eq!(
        history(&stack, "1_1").await.unwrap().events,
        until(&stack, "1_1", done).await.events
    );
    assert_eq!(hides(&stack, "1_1"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_delivery_brought_is_not_judged_a_second_time() {
    let stack = stack().await;
    let with = |id: &str, kind: &str, file: &str| {
        let value = json!({ "item": "comment", "verb": "add", "from": { "id": "55", "name": "Test Author" },
            "post_id": "100000000000001_1", "parent_id": "100000000000001_1", "comment_id": id, "message": "look",
            "created_time": 1_795_168_860, kind: format!("https://scontent.xx.fbcdn.net/v/t39/{file}?oh=00_A&oe=1") });
        let change = json!({ "field": "feed", "value": value });
        let entry = json!({ "id": PAGE, "time": 1_795_168_860, "changes": [change] });
        json!({ "object": "page", "entry": [entry] })
            .to_string()
            .into_bytes()
    };
    let photo = with("1_8", "photo", "405_122114_812_n.jpg");
    let video = with("1_9", "video", "406_122115_813_n.mp4");
    for body in [&comment(PAGE, "1_1", "55", ABUSE), &photo, &video] {
        stack.graph().learn(body).unwrap();
        assert_eq!(stack.sender().deliver(body).await.unwrap(), 200);
    }
    until(&stack, "1_1", done).await;
    for id in ["1_8", "1_9"] {
        until(&stack, id, decided).await;
    }
    sweep(&stack).await;
    for id in ["1_1", "1_8", "1_9"] {
        assert_eq!(
            history(&stack, id).await.unwrap().revisions.len(),
            1,
            "{id}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_page_costs_one_call_and_no_write() {
    let stack = stack().await;
    for n in 0..130 {
        write(&stack, &format!("1_{n:03}"), ASKING);
    }
    // The feed shows 25 of them, and the other 105 come in two pages. Once a day each page is asked
    // what it tells of.
    assert_eq!(sweep(&stack).await, PAGES + 2 + DAILY);
    assert!(history(&stack, "1_000").await.is_some() && history(&stack, "1_129").await.is_some());
    let before = watermark(&stack).await;
    assert_eq!(sweep(&stack).await, PAGES);
    assert_eq!(watermark(&stack).await, before);
    // So new that its delivery may be on its way.
    let mut new = change(PAGE, "1_130", "55", ASKING);
    new["value"]["created_time"] = json!(pagewarden_tests::now().as_second().max(1_795_168_861));
    happens(&stack, &new["value"]);
    assert_eq!(
        sweep(&stack).await,
        PAGES + 1,
        "a page with news is followed by one without"
    );
    assert!(history(&stack, "1_130").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_and_acts_on_the_page_are_noted_without_a_delivery() {
    let stack = stack().await;
    for n in 0..60 {
        write(&stack, &format!("1_{n:02}"), ASKING);
    }
    sweep(&stack).await;
    for id in ["1_00", "1_57", "1_58", "1_59"] {
        until(&stack, id, decided).await;
    }
    stack
        .graph()
        .happen(Entry::Hidden { id: "1_58".into() })
        .unwrap();
    take_back(&stack, &["1_59", "1_00"]);
    // The second is below the 25 newest: the count told of it, and each was asked for before it
    // counted as gone.
    assert_eq!(sweep(&stack).await, PAGES + 1 + 2);
    until(&stack, "1_58", is(Visibility::Hidden)).await;
    for id in ["1_59", "1_00"] {
        until(&stack, id, is(Visibility::Gone)).await;
    }
    assert_eq!(sweep(&stack).await, PAGES);

    write(&stack, "1_57", ABUSE);
    stack
        .graph()
        .happen(Entry::Shown { id: "1_58".into() })
        .unwrap();
    sweep(&stack).await;
    until(&stack, "1_58", is(Visibility::Visible)).await;
    let edited = until(&stack, "1_57", |history| {
        history.revisions.len() == 2 && done(history)
    })
    .await;
    assert_eq!(edited.state.visibility, Visibility::Hidden);
    assert_eq!((hides(&stack, "1_57"), hides(&stack, "1_58")), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_posts_are_found_and_own_ones_not_judged() {
    let stack = stack().await;
    happens(
        &stack,
        &json!({ "item": "post", "verb": "add", "from": { "id": "55", "name": "Test Author" },
        "post_id": "100000000000001_77", "created_time": 1_795_168_860, "message": "I want to make a formal complaint." }),
    );
    happens(
        &stack,
        &json!({ "item": "comment", "verb": "add", "from": { "id": PAGE, "name": "The practice" },
        "post_id": "100000000000001_77", "parent_id": "100000000000001_77", "comment_id": "77_1",
        "created_time": 1_795_168_870, "message": ABUSE }),
    );
    sweep(&stack).await;
    let found = until(&stack, "100000000000001_77", decided).await;
    assert_eq!(found.revisions[0].post.surface, Surface::VisitorPost);
    assert!(!found.tasks.is_empty());
    assert!(history(&stack, "77_1").await.is_none());
    assert_eq!(sweep(&stack).await, PAGES);
    // The post goes, and with it all that stood below.
    write(&stack, "1_1", ASKING);
    sweep(&stack).await;
    until(&stack, "1_1", decided).await;
    take_back(&stack, &["100000000000001_77", "100000000000001_1"]);
    assert_eq!(sweep(&stack).await, PAGES + 2);
    for id in ["100000000000001_77", "1_1"] {
        until(&stack, id, is(Visibility::Gone)).await;
    }
    assert_eq!(sweep(&stack).await, PAGES);
}

async fn tasks(stack: &Stack) -> Vec<TaskRecord> {
    let waiting = stack.ledger().open_tasks(&kingswinford()).await.unwrap();
    waiting
        .into_iter()
        .filter(|task| task.kind == TaskKind::ReconnectChannel)
        .collect()
}

fn asked_to_tell(stack: &Stack) -> usize {
    let asked = |entry: &&Entry| matches!(entry, Entry::Subscribed { id, fields } if id == PAGE && fields.len() == 3);
    stack.graph().journal().iter().filter(asked).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_went_silent_is_found_and_asked_to_tell_again() {
    let stack = stack().await;
    sweep(&stack).await;
    // News that is minutes old may still be on its way.
    let mut fresh = change(PAGE, "1_1", "55", ASKING);
    fresh["value"]["created_time"] = json!(pagewarden_tests::now().as_second());
    happens(&stack, &fresh["value"]);
    // A delivery without the words is a delivery all the same.
    let mut wordless = change(PAGE, "1_3", "55", "");
    wordless["value"]["created_time"] = json!(pagewarden_tests::now().as_second() - 3_600);
    let body = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_795_168_860, "changes": [&wordless] }] });
    assert_eq!(
        stack
            .sender()
            .deliver(body.to_string().as_bytes())
            .await
            .unwrap(),
        200
    );
    wordless["value"]["message"] = json!(ASKING);
    happens(&stack, &wordless["value"]);
    sweep(&stack).await;
    assert_eq!(history(&stack, "1_3").await.unwrap().revisions.len(), 2);
    assert_eq!((tasks(&stack).await.len(), asked_to_tell(&stack)), (0, 0));

    let mut old = change(PAGE, "1_2", "55", ASKING);
    old["value"]["created_time"] = json!(pagewarden_tests::now().as_second() - 3_600);
    happens(&stack, &old["value"]);
    sweep(&stack).await;
    let told = tasks(&stack).await;
    assert_eq!((told.len(), asked_to_tell(&stack)), (1, 1));
    assert!(
        told[0].why.contains("found 1 that it had not sent"),
        "{}",
        told[0].why
    );
    assert_eq!(told[0].key.id, PAGE);
    // It does not cry twice, and a person closes it.
    sweep(&stack).await;
    assert_eq!(tasks(&stack).await.len(), 1);
    let person = Person {
        name: "Gail".into(),
        role: Role::PracticeManager,
    };
    stack
        .ledger()
        .choose(
            &told[0].key,
            &told[0].id,
            &person,
            Choice::Done,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    assert!(tasks(&stack).await.is_empty());
    history(&stack, PAGE).await.unwrap().verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_subscribed_once_and_its_loss_is_reported() {
    let stack = stack().await;
    let unsubscribe = |fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        stack
            .graph()
            .happen(Entry::Subscribed {
                id: PAGE.into(),
                fields,
            })
            .unwrap();
    };
    unsubscribe(&[]);
    sweep(&stack).await;
    assert_eq!((tasks(&stack).await.len(), asked_to_tell(&stack)), (0, 1));

    unsubscribe(&["feed"]);
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    };
    let mark = watermark(&stack).await.unwrap();
    let mut yesterday: Value = serde_json::from_str(&mark).unwrap();
    yesterday["heard_at"] = json!(pagewarden_tests::now() - SignedDuration::from_hours(25));
    stack
        .ledger()
        .set_watermark(&kingswinford(), &channel, &yesterday.to_string())
        .await
        .unwrap();
    sweep(&stack).await;
    let told = tasks(&stack).await;
    assert_eq!((told.len(), asked_to_tell(&stack)), (1, 2));
    assert!(
        told[0].why.contains("mentions, recommendations"),
        "{}",
        told[0].why
    );
}

/// Lets the page be recommended, or not, of which no delivery tells.
fn recommend(stack: &Stack, id: &str, words: Option<&str>) -> Vec<u8> {
    let value = json!({ "item": "rating", "verb": "add", "reviewer_id": "55", "reviewer_name": "Test Author", "rating": 2,
        "review_text": words, "open_graph_story_id": id, "created_time": stack.clock().now().as_second() });
    let change = json!({ "field": "ratings", "value": value });
    let body = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_795_168_860, "changes": [change] }] });
    let body = body.to_string().into_bytes();
    stack.graph().learn(&body).unwrap();
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_recommendation_is_judged_within_a_day_and_once() {
    let stack = stack().await;
    sweep(&stack).await;
    recommend(&stack, "701", Some(ABUSE));
    recommend(&stack, "702", None);
    let told = recommend(
        &stack,
        "703",
        Some("Doesn't recommend: could never get an appointment"),
    );
    assert_eq!(stack.sender().deliver(&told).await.unwrap(), 200);
    let judged = until(&stack, "703", decided).await;
    sweep(&stack).await;
    assert!(history(&stack, "701").await.is_none());
    stack.clock().pass(SignedDuration::from_hours(24));
    sweep(&stack).await;
    let found = until(&stack, "701", decided).await;
    assert_eq!(found.revisions[0].post.surface, Surface::Recommendation);
    assert!(!found.tasks.is_empty() && history(&stack, "702").await.is_none());
    assert_eq!(history(&stack, "703").await.unwrap().events, judged.events);
    // It is known from now on, and nobody is told that Facebook went silent.
    stack.clock().pass(SignedDuration::from_hours(24));
    sweep(&stack).await;
    assert_eq!(history(&stack, "701").await.unwrap().revisions.len(), 1);
    assert!(tasks(&stack).await.is_empty());
}

/// Lets one of the page's posts have a comment of which no delivery tells.
fn write_below(stack: &Stack, post: i64, id: &str, words: &str, at: Timestamp) {
    let mut comment = change(PAGE, id, "55", words);
    for (field, value) in [
        ("post_id", json!(format!("{PAGE}_{post}"))),
        ("created_time", json!(at.as_second())),
    ] {
        comment["value"][field] = value;
    }
    comment["value"]["parent_id"] = comment["value"]["post_id"].clone();
    happens(stack, &comment["value"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_comment_below_an_old_post_is_judged_within_a_day() {
    let stack = stack().await;
    let (now, a_day) = (stack.clock().now(), SignedDuration::from_hours(24));
    // Every sweep lists the newest 25 of these.
    for post in 1..=30 {
        write_below(
            &stack,
            post,
            &format!("{post}_1"),
            ASKING,
            now - a_day * 100 + SignedDuration::from_hours(post),
        );
    }
    sweep(&stack).await;
    write_below(&stack, 1, "1_2", ABUSE, now);
    let many: Vec<String> = (2..9).map(|n| format!("2_{n}")).collect();
    for id in &many {
        write_below(&stack, 2, id, ASKING, now);
    }
    assert_eq!(sweep(&stack).await, PAGES);
    assert!(history(&stack, "1_2").await.is_none());

    stack.clock().pass(a_day);
    // Each page is asked for its older posts, and one of these for what does not fit into the
    // answer.
    assert_eq!(sweep(&stack).await, PAGES + DAILY + 5 + 1);
    let found = until(&stack, "1_2", done).await;
    assert_eq!(found.revisions[0].post.surface, Surface::Comment);
    for id in &many {
        until(&stack, id, decided).await;
    }
    // What was written there before the page was connected is left alone.
    assert!(history(&stack, "30_1").await.is_some() && history(&stack, "1_1").await.is_none());
    assert_eq!(sweep(&stack).await, PAGES);
    stack.clock().pass(a_day);
    sweep(&stack).await;
    assert_eq!(history(&stack, "1_2").await.unwrap().revisions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn knowing_a_recommendation_costs_little_for_a_long_history() {
    let stack = stack().await;
    sweep(&stack).await;
    let told = recommend(&stack, "701", Some(ABUSE));
    assert_eq!(stack.sender().deliver(&told).await.unwrap(), 200);
    let post = until(&stack, "701", decided).await.revisions[0]
        .post
        .clone();
    for edit in 0..40 {
        let post = Post {
            text: format!("{ABUSE} {edit} {}", "and on it goes ".repeat(300)),
            ..post.clone()
        };
        let (practice, now) = (kingswinford(), stack.clock().now());
        stack
            .ledger()
            .record(
                &NewRevision::new(&practice, &post, b"{}", Some(now), "d"),
                now,
            )
            .await
            .unwrap();
    }
    stack.rest().await;
    let reads = async || {
        let before = stack.used().reads;
        sweep(&stack).await;
        stack.used().reads - before
    };
    let hourly = reads().await;
    let mut daily = f64::MAX;
    for _ in 0..3 {
        stack.clock().pass(SignedDuration::from_hours(24));
        // What is due after a day is done first, and by a function of its own.
        stack.run("remind").await.unwrap();
        stack.rest().await;
        daily = daily.min(reads().await);
    }
    assert!(
        daily < hourly + 20.0,
        "{daily} read units with a look at the recommendations, {hourly} without"
    );
    assert_eq!(history(&stack, "701").await.unwrap().revisions.len(), 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_recommendations_is_swept_all_the_same() {
    let stack = stack().await;
    write(&stack, "1_1", ASKING);
    stack.graph().withdraw_ratings();
    assert_eq!(sweep(&stack).await, PAGES + DAILY);
    until(&stack, "1_1", decided).await;
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    };
    assert!(
        stack
            .ledger()
            .gate(&channel)
            .await
            .unwrap()
            .stopped
            .is_none()
    );
    // It is not asked for again before the day is over.
    assert_eq!(sweep(&stack).await, PAGES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_read_loses_nothing_and_holds_up_nobody() {
    let stack = stack().await;
    write(&stack, "1_1", ABUSE);
    stack
        .business()
        .learn(
            json!({ "reviews": [{ "name": "accounts/1000000005/locations/2000000005/reviews/r1",
        "reviewId": "r1", "starRating": "TWO", "updateTime": "2026-11-20T09:00:00Z" }] })
            .to_string()
            .as_bytes(),
        )
        .unwrap();
    let expired = json!({ "error": { "message": "words", "type": "OAuthException", "code": 190, "error_subcode": 463 } });
    stack
        .graph()
        .faults()
        .next(PAGES, &Fault::Instead(StatusCode::BAD_REQUEST, expired));
    sweep(&stack).await;
    assert!(history(&stack, "1_1").await.is_none() && watermark(&stack).await.is_none());
    let review = PostKey {
        practice: "mile-oak".parse().unwrap(),
        platform: Platform::Google,
        id: "r1".into(),
    };
    assert!(stack.ledger().history(&review).await.unwrap().is_some());
    // Whoever is refused is not asked again before the hour is over.
    stack.clock().pass(SignedDuration::from_hours(1));
    sweep(&stack).await;
    // What is to be done there may come to the gate before the sweep has told it that the page is
    // let in again.
    until(&stack, "1_1", |history| {
        history.actions.iter().any(|action| action.result.is_some())
    })
    .await;
    stack.clock().pass(SignedDuration::from_mins(15));
    stack.run("remind").await.unwrap();
    until(&stack, "1_1", done).await;
}

/// The practice's own writing is no post, and nothing is on record of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_answer_that_goes_with_its_comment_leaves_no_trace() {
    let stack = stack().await;
    write(&stack, "1_1", ASKING);
    happens(
        &stack,
        &json!({ "item": "comment", "verb": "add", "from": { "id": PAGE, "name": "The practice" },
        "post_id": "100000000000001_1", "parent_id": "1_1", "comment_id": "1_2",
        "created_time": 1_795_168_870, "message": "They are." }),
    );
    sweep(&stack).await;
    until(&stack, "1_1", decided).await;
    take_back(&stack, &["1_1", "1_2"]);
    sweep(&stack).await;
    until(&stack, "1_1", is(Visibility::Gone)).await;
    let own = client(stack.table_url())
        .query()
        .table_name(NAME)
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(
            ":pk",
            AttributeValue::S("P#kingswinford#POST#facebook#1_2".into()),
        );
    assert!(own.send().await.unwrap().items().is_empty());
    assert_eq!(sweep(&stack).await, PAGES);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_read_before_a_hide_does_not_undo_it() {
    let stack = stack().await;
    let body = comment(PAGE, "1_1", "55", ABUSE);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(&stack, "1_1", done).await;
    // As it is when the answer was on its way while the comment was hidden.
    stack
        .graph()
        .happen(Entry::Shown { id: "1_1".into() })
        .unwrap();
    sweep(&stack).await;
    assert_eq!(
        history(&stack, "1_1").await.unwrap().state.visibility,
        Visibility::Hidden
    );
}
