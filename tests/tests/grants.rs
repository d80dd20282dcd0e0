//! What a practice granted, end to end: what stops and what is told when a permission, a manager or
//! the time is missing.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use pagewarden_fakes::Entry;
use pagewarden_fakes::graph::SCOPES;
use pagewarden_ledger::{ActionStatus, Choice, History, Person, TaskRecord, TaskStatus, Use};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Effect, Platform, PostKey, Role, TaskKind};
use pagewarden_tests::{comment, stack, until};
use serde_json::json;

const PAGE: &str = "100000000000001";
const OTHER_PAGE: &str = "100000000000002";
const ACCOUNT: &str = "17841400000000003";
const LOCATION: &str = "accounts/1000000005/locations/2000000005";
const ABUSE: &str = "The receptionist is a fat useless bitch";

fn key(practice: &str, platform: Platform, id: &str) -> PostKey {
    PostKey {
        practice: practice.parse().unwrap(),
        platform,
        id: id.into(),
    }
}

fn on_page(id: &str) -> PostKey {
    key("kingswinford", Platform::Facebook, id)
}

async fn write(stack: &Stack, id: &str, words: &str) {
    let body = comment(PAGE, id, "55", words);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

/// Takes a scope from the page's token.
fn lose(stack: &Stack, scope: &str) {
    stack.graph().set_scopes(
        PAGE,
        &SCOPES
            .into_iter()
            .filter(|one| *one != scope)
            .collect::<Vec<_>>(),
    );
}

fn is(status: ActionStatus) -> impl Fn(&History) -> bool {
    move |history| {
        history
            .actions
            .last()
            .is_some_and(|action| action.status == status)
    }
}

fn decided(history: &History) -> bool {
    history
        .revisions
        .iter()
        .all(|revision| revision.decided.is_some())
        && !history.tasks.is_empty()
}

fn by_hand(history: &History) -> &TaskRecord {
    history
        .tasks
        .iter()
        .find(|task| task.kind == TaskKind::DoByHand)
        .unwrap()
}

/// The tasks about an account, rather than about a post.
async fn reconnect_tasks(stack: &Stack, account: &PostKey) -> Vec<TaskRecord> {
    let tasks = stack.ledger().tasks_of(account).await.unwrap();
    tasks
        .into_iter()
        .filter(|task| task.kind == TaskKind::ReconnectChannel)
        .collect()
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
async fn a_page_that_may_not_be_read_is_reported_once_and_goes_on() {
    let stack = stack().await;
    lose(&stack, "pages_read_user_content");
    stack.run("sweep").await.unwrap();
    stack.run("sweep").await.unwrap();
    let told = reconnect_tasks(&stack, &on_page(PAGE)).await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].why.contains("lacks a permission"),
        "{}",
        told[0].why
    );
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.into(),
    };
    assert_eq!(
        stack
            .ledger()
            .gate(&channel)
            .await
            .unwrap()
            .stopped
            .unwrap()
            .only,
        Some(Use::Read)
    );
    // The neighbours are read as before.
    assert!(
        reconnect_tasks(&stack, &key("threeways", Platform::Facebook, OTHER_PAGE))
            .await
            .is_empty()
    );

    write(&stack, "1_1", ABUSE).await;
    until(&stack, &on_page("1_1"), is(ActionStatus::Done)).await;
    assert_eq!(hides(&stack, "1_1"), 1);

    stack.graph().set_scopes(PAGE, &SCOPES);
    stack.clock().pass(SignedDuration::from_mins(61));
    stack.run("sweep").await.unwrap();
    let told = reconnect_tasks(&stack, &on_page(PAGE)).await;
    assert!(
        told.len() == 1 && told[0].status == TaskStatus::Done,
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_done_is_a_persons_and_says_why() {
    let stack = stack().await;
    lose(&stack, "pages_manage_engagement");
    write(&stack, "1_1", ABUSE).await;
    let history = until(&stack, &on_page("1_1"), is(ActionStatus::Failed)).await;
    let why = &by_hand(&history).why;
    assert!(
        why.contains("could not hide") && why.contains("lacks a permission"),
        "{why}"
    );
    assert_eq!(hides(&stack, "1_1"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_that_the_person_who_connected_it_left_is_told() {
    let stack = stack().await;
    stack.business().dismiss(LOCATION);
    stack.run("sweep").await.unwrap();
    let told = reconnect_tasks(&stack, &key("mile-oak", Platform::Google, LOCATION)).await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].why.contains("does not manage it any more"),
        "{}",
        told[0].why
    );
}

/// Chooses to write to the author eight days after something was written, and returns what a person
/// is told.
async fn write_late(stack: &Stack, post: &PostKey, role: &str) -> String {
    until(stack, post, decided).await;
    stack.clock().pass(SignedDuration::from_hours(8 * 24));
    let waiting = stack.ledger().open_tasks(&post.practice).await.unwrap();
    let can = |task: &&TaskRecord| {
        task.key == *post
            && task.kind != TaskKind::ComplaintDecision
            && task.options.contains(&Effect::AskAuthor)
    };
    let task = waiting.iter().find(can).unwrap();
    let person = Person {
        name: role.into(),
        role: Role::PracticeManager,
    };
    stack
        .ledger()
        .choose(
            post,
            &task.id,
            &person,
            Choice::AskAuthor,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    let history = until(stack, post, is(ActionStatus::Failed)).await;
    assert!(
        !stack
            .graph()
            .journal()
            .iter()
            .any(|entry| matches!(entry, Entry::Replied { private: true, .. }))
    );
    by_hand(&history).why.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_message_that_comes_too_late_is_a_persons() {
    let stack = stack().await;
    write(
        &stack,
        "1_1",
        "I want to make a formal complaint about how I was spoken to",
    )
    .await;
    let why = write_late(&stack, &on_page("1_1"), "Gail").await;
    assert!(
        why.contains("the time in which the platform allows a private message has passed"),
        "{why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_too_late_for_instagram_is_a_persons() {
    let stack = stack().await;
    let words = "My neighbour Sheila Bowcott has been in there every week for her depression";
    let value = json!({ "from": { "id": "5010000000000001" }, "media": { "id": "17900000000000011" },
        "id": "17800000000000001", "text": words });
    let entry = json!({ "id": ACCOUNT, "time": pagewarden_tests::now().as_second(),
        "changes": [{ "field": "comments", "value": value }] });
    let body = json!({ "object": "instagram", "entry": [entry] })
        .to_string()
        .into_bytes();
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let post = key("roxbourne", Platform::Instagram, "17800000000000001");
    until(&stack, &post, is(ActionStatus::Done)).await;
    let why = write_late(&stack, &post, "Imran").await;
    assert!(
        why.contains("the time in which the platform allows a private message has passed"),
        "{why}"
    );
}
