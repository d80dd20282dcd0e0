//! The versions of a post in the order of its life: edits, edits taken back, old versions that
//! arrive late, removals that arrive first, and what becomes of tasks and actions about words that
//! do not stand there any more.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_fakes::Entry;
use pagewarden_ledger::{Choice, Event, History, Person, TaskRecord, TaskStatus, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Disposition, Platform, PostKey, Role, TaskKind};
use pagewarden_tests::{stack, until};
use serde_json::{Value, json};

const PAGE: &str = "100000000000003";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const APOLOGY: &str = "That was unkind of me, the clinic ran well";
const PLEA: &str = "I am going to end my life tonight";
/// When the post was first written, in seconds of Facebook's clock.
const WRITTEN: i64 = 1_795_168_860;

fn key(id: &str) -> PostKey {
    PostKey {
        practice: "roxbourne".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

/// Delivers one change of a comment, as Facebook tells of it.
async fn deliver(stack: &Stack, id: &str, verb: &str, at: i64, more: Value) {
    let mut value = json!({
        "item": "comment", "verb": verb, "comment_id": id, "post_id": format!("{PAGE}_1"),
        "parent_id": format!("{PAGE}_1"), "from": { "id": "2001", "name": "Test Author" }, "created_time": WRITTEN,
    });
    value
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let change = json!({ "field": "feed", "value": value });
    let body =
        json!({ "object": "page", "entry": [{ "id": PAGE, "time": at, "changes": [change] }] })
            .to_string();
    stack.graph().learn(body.as_bytes()).unwrap();
    assert_eq!(stack.sender().deliver(body.as_bytes()).await.unwrap(), 200);
}

async fn add(stack: &Stack, id: &str, words: &str) {
    deliver(stack, id, "add", WRITTEN + 1, json!({ "message": words })).await;
}

async fn edit(stack: &Stack, id: &str, after_s: i64, words: &str) {
    let at = WRITTEN + after_s;
    deliver(
        stack,
        id,
        "edited",
        at,
        json!({ "message": words, "edited_time": at }),
    )
    .await;
}

/// Waits until that many versions are decided and nothing is under way.
async fn settled(stack: &Stack, id: &str, versions: usize) -> History {
    until(stack, &key(id), |history| {
        let at_rest = history.actions.iter().all(|action| action.result.is_some());
        at_rest
            && history
                .revisions
                .iter()
                .filter(|revision| revision.decided.is_some())
                .count()
                == versions
    })
    .await
}

fn open(history: &History) -> Vec<&TaskRecord> {
    history
        .tasks
        .iter()
        .filter(|task| task.status == TaskStatus::Open)
        .collect()
}

fn waits_for(history: &History, kind: TaskKind) -> bool {
    open(history).iter().any(|task| task.kind == kind)
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
async fn what_was_hidden_is_hidden_again_when_its_words_come_back() {
    let stack = stack().await;
    add(&stack, "1_1", ABUSE).await;
    settled(&stack, "1_1", 1).await;
    edit(&stack, "1_1", 100, APOLOGY).await;
    settled(&stack, "1_1", 2).await;
    // A person at the practice shows it on Facebook itself, after the machine had hidden it.
    let now = stack.clock().now().as_second() + 1;
    let shown = json!({ "from": { "id": PAGE, "name": "The practice" }, "created_time": now });
    deliver(&stack, "1_1", "unhide", now, shown).await;
    until(&stack, &key("1_1"), |history| {
        history.state.visibility == Visibility::Visible
    })
    .await;
    edit(&stack, "1_1", 200, ABUSE).await;
    let history = settled(&stack, "1_1", 3).await;
    assert_eq!(history.state.disposition, Some(Disposition::Hide));
    assert_eq!(hides(&stack, "1_1"), 2);
    // None of the deliveries says anything new a second time.
    add(&stack, "1_1", ABUSE).await;
    edit(&stack, "1_1", 100, APOLOGY).await;
    edit(&stack, "1_1", 200, ABUSE).await;
    assert_eq!(
        settled(&stack, "1_1", 3).await.events.len(),
        history.events.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plea_that_comes_back_pages_again() {
    let stack = stack().await;
    add(&stack, "1_2", PLEA).await;
    settled(&stack, "1_2", 1).await;
    edit(&stack, "1_2", 100, APOLOGY).await;
    let edited = settled(&stack, "1_2", 2).await;
    // Whoever was in danger may be so still: taking the words back closes nothing.
    assert!(waits_for(&edited, TaskKind::SafeguardingNow));
    edit(&stack, "1_2", 200, PLEA).await;
    let again = settled(&stack, "1_2", 3).await;
    let pages: Vec<_> = open(&again)
        .into_iter()
        .filter(|task| task.kind == TaskKind::SafeguardingNow)
        .collect();
    assert_eq!(pages.len(), 1, "one open task of a kind");
    assert_eq!(
        Some(&pages[0].revision),
        again.state.revision.as_ref(),
        "about the newest words"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_version_that_arrives_late_changes_nothing() {
    let stack = stack().await;
    edit(&stack, "1_3", 100, APOLOGY).await;
    settled(&stack, "1_3", 1).await;
    add(&stack, "1_3", ABUSE).await;
    let history = settled(&stack, "1_3", 2).await;
    assert_eq!(
        (
            history.actions.len(),
            open(&history).len(),
            hides(&stack, "1_3")
        ),
        (0, 0, 0)
    );
    assert_eq!(history.state.disposition, Some(Disposition::None));
    assert_eq!(history.state.visibility, Visibility::Visible);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_told_after_it_was_taken_back_changes_nothing() {
    let stack = stack().await;
    add(&stack, "1_31", ABUSE).await;
    settled(&stack, "1_31", 1).await;
    edit(&stack, "1_31", 200, ABUSE).await;
    edit(&stack, "1_31", 100, APOLOGY).await;
    let history = settled(&stack, "1_31", 2).await;
    let events = history.events.iter();
    let stood = events.filter(|line| matches!(line.event(), Ok(Event::StoodAgain { .. })));
    assert_eq!((stood.count(), hides(&stack, "1_31")), (1, 1));
    // Nobody is asked whether it is shown again for words that do not stand there.
    assert!(!waits_for(&history, TaskKind::ShowAgain));
    assert_eq!(history.state.disposition, Some(Disposition::Hide));
    history.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_may_be_old_are_looked_up_before_an_act() {
    let stack = stack().await;
    // Facebook shows the apology. Its delivery is lost, and that of the abuse arrives late.
    let shown = json!({ "object": "page", "entry": [{ "id": PAGE, "time": WRITTEN + 100, "changes": [{ "field": "feed", "value": {
        "item": "comment", "verb": "edited", "comment_id": "1_30", "post_id": format!("{PAGE}_1"),
        "parent_id": format!("{PAGE}_1"), "from": { "id": "2001", "name": "Test Author" }, "created_time": WRITTEN,
        "edited_time": WRITTEN + 100, "message": APOLOGY,
    } }] }] });
    let late = json!({ "object": "page", "entry": [{ "id": PAGE, "time": WRITTEN + 1, "changes": [{ "field": "feed", "value": {
        "item": "comment", "verb": "add", "comment_id": "1_30", "post_id": format!("{PAGE}_1"),
        "parent_id": format!("{PAGE}_1"), "from": { "id": "2001", "name": "Test Author" }, "created_time": WRITTEN,
        "message": ABUSE,
    } }] }] });
    stack.graph().learn(shown.to_string().as_bytes()).unwrap();
    assert_eq!(
        stack
            .sender()
            .deliver(late.to_string().as_bytes())
            .await
            .unwrap(),
        200
    );
    until(&stack, &key("1_30"), |history| {
        history
            .revisions
            .iter()
            .filter(|r| r.decided.is_some())
            .count()
            == 2
    })
    .await;
    stack.clock().pass(jiff::SignedDuration::from_mins(2));
    stack.run("remind").await.unwrap();
    let history = settled(&stack, "1_30", 2).await;
    assert_eq!(hides(&stack, "1_30"), 0, "the abuse is gone from the page");
    assert_eq!(history.state.disposition, Some(Disposition::None));
    assert_eq!(history.state.visibility, Visibility::Visible);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plea_that_arrives_late_is_told_all_the_same() {
    let stack = stack().await;
    edit(&stack, "1_4", 100, APOLOGY).await;
    settled(&stack, "1_4", 1).await;
    add(&stack, "1_4", PLEA).await;
    let history = settled(&stack, "1_4", 2).await;
    assert!(waits_for(&history, TaskKind::SafeguardingNow));
    assert_eq!(hides(&stack, "1_4"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_arrives_after_its_own_removal_is_gone() {
    let stack = stack().await;
    deliver(&stack, "1_5", "remove", WRITTEN + 130, json!({})).await;
    add(&stack, "1_5", ABUSE).await;
    let history = until(&stack, &key("1_5"), |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
    assert_eq!(
        (
            history.actions.len(),
            open(&history).len(),
            hides(&stack, "1_5")
        ),
        (0, 0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_word_of_what_was_visible_before_flips_nothing() {
    let stack = stack().await;
    add(&stack, "1_6", ABUSE).await;
    let hidden = settled(&stack, "1_6", 1).await;
    assert_eq!(hidden.state.visibility, Visibility::Hidden);
    deliver(
        &stack,
        "1_6",
        "unhide",
        WRITTEN + 2,
        json!({ "created_time": WRITTEN + 2 }),
    )
    .await;
    let after = settled(&stack, "1_6", 1).await;
    assert_eq!(
        (after.state.visibility, after.events.len()),
        (Visibility::Hidden, hidden.events.len())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_post_with_new_words_waits_for_somebody_to_show_it() {
    let stack = stack().await;
    add(&stack, "1_7", ABUSE).await;
    let hidden = settled(&stack, "1_7", 1).await;
    let delete = open(&hidden)
        .into_iter()
        .find(|task| task.kind == TaskKind::ConfirmDelete)
        .unwrap()
        .clone();
    edit(&stack, "1_7", 100, APOLOGY).await;
    let edited = settled(&stack, "1_7", 2).await;
    let kinds: Vec<TaskKind> = open(&edited).iter().map(|task| task.kind).collect();
    assert_eq!(
        kinds,
        [TaskKind::ShowAgain],
        "what was asked of the old words is closed"
    );
    // The apology's words are kept, since something waits about them, and nobody can delete it by
    // the old task.
    assert!(
        edited
            .revisions
            .iter()
            .all(|revision| !revision.post.text.is_empty())
    );
    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    let now = stack.clock().now();
    assert!(
        stack
            .ledger()
            .choose(&delete.key, &delete.id, &imran, Choice::Delete, now)
            .await
            .is_err()
    );
    let show = open(&edited)[0].id.clone();
    stack
        .ledger()
        .choose(&delete.key, &show, &imran, Choice::Restore, now)
        .await
        .unwrap();
    until(&stack, &key("1_7"), |history| {
        history.state.visibility == Visibility::Visible
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_was_chosen_for_older_words_is_let_go() {
    let stack = stack().await;
    add(&stack, "1_8", ABUSE).await;
    let hidden = settled(&stack, "1_8", 1).await;
    let delete = open(&hidden)
        .into_iter()
        .find(|task| task.kind == TaskKind::ConfirmDelete)
        .unwrap()
        .clone();
    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    // The platform wants no calls for a while, so that the deletion waits; meanwhile the author
    // thinks better of it.
    let now = stack.clock().now();
    let channel = hidden.revisions[0].post.channel.clone();
    let later = now + jiff::SignedDuration::from_mins(5);
    stack
        .ledger()
        .wait(pagewarden_ledger::Waits::Channel(&channel), later)
        .await
        .unwrap();
    stack
        .ledger()
        .choose(&delete.key, &delete.id, &imran, Choice::Delete, now)
        .await
        .unwrap();
    edit(&stack, "1_8", 100, APOLOGY).await;
    until(&stack, &key("1_8"), |history| {
        history
            .revisions
            .iter()
            .all(|revision| revision.decided.is_some())
    })
    .await;
    stack.clock().pass(jiff::SignedDuration::from_mins(6));
    stack.run("remind").await.unwrap();
    let let_go = |history: &History| {
        let dropped = |event: &pagewarden_ledger::EventRecord| matches!(event.event(), Ok(Event::Dropped { why, .. }) if why.contains("words have changed"));
        history.events.iter().any(dropped)
    };
    let history = until(&stack, &key("1_8"), let_go).await;
    assert_eq!(
        history.state.visibility,
        Visibility::Hidden,
        "the apology is not deleted"
    );
    assert!(waits_for(&history, TaskKind::ShowAgain));
}
