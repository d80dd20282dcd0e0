//! The practice's own website, end to end: what is found on it, what is done there, and what people
//! do there themselves.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::Duration;

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{ActionStatus, Choice, History, Person, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, Role};
use pagewarden_tests::stack;
use serde_json::{Value, json};

const ABUSE: &str = "The receptionist is a fat useless bitch";
const ASKING: &str = "Are the flu clinics on Saturday as well?";

fn roxbourne() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn comment(id: u64, words: &str) -> Value {
    json!({ "id": id, "post": 57, "parent": 0, "author": 0, "author_name": "A. Tester",
        "date_gmt": format!("2026-11-20T{:02}:{:02}:00", 8 + id / 60, id % 60), "content": { "raw": words },
        "link": format!("https://roxbourne.example/flu/#comment-{id}"), "status": "approved", "type": "comment" })
}

fn write(stack: &Stack, comments: &[Value]) {
    stack
        .website()
        .learn(&serde_json::to_vec(comments).unwrap())
        .unwrap();
}

async fn sweep(stack: &Stack) -> usize {
    let before = stack.website().calls();
    stack.run("sweep").await.unwrap();
    stack.website().calls() - before
}

fn key(id: u64) -> PostKey {
    PostKey {
        practice: roxbourne(),
        platform: Platform::Website,
        id: id.to_string(),
    }
}

async fn history(stack: &Stack, id: u64) -> Option<History> {
    stack.ledger().history(&key(id)).await.unwrap()
}

async fn until(stack: &Stack, id: u64, wanted: impl Fn(&History) -> bool) -> History {
    pagewarden_tests::until(stack, &key(id), wanted).await
}

fn done(history: &History) -> bool {
    !history.actions.is_empty()
        && history
            .actions
            .iter()
            .all(|action| action.status == ActionStatus::Done)
}

fn decided(history: &History) -> bool {
    history
        .revisions
        .iter()
        .all(|revision| revision.decided.is_some())
}

fn happened(stack: &Stack, entry: &Entry) -> usize {
    stack
        .website()
        .journal()
        .iter()
        .filter(|one| *one == entry)
        .count()
}

fn hidden(id: u64) -> Entry {
    Entry::Hidden { id: id.to_string() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_hidden_and_a_person_puts_it_in_the_trash() {
    let stack = stack().await;
    write(&stack, &[comment(1, ABUSE), comment(2, ASKING)]);
    sweep(&stack).await;
    let found = until(&stack, 1, |history| done(history) && decided(history)).await;
    assert_eq!(
        (found.state.visibility, happened(&stack, &hidden(1))),
        (Visibility::Hidden, 1)
    );
    assert_eq!(
        (
            happened(&stack, &hidden(2)),
            until(&stack, 2, decided).await.actions.len()
        ),
        (0, 0)
    );

    let person = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    let waiting = stack.ledger().open_tasks(&roxbourne()).await.unwrap();
    let task = waiting.iter().find(|task| task.key.id == "1").unwrap();
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &person,
            Choice::Delete,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    let binned = until(&stack, 1, |history| {
        history.actions.len() == 2 && done(history)
    })
    .await;
    assert!(
        binned.actions[1]
            .result
            .as_deref()
            .unwrap()
            .contains("can be taken back")
    );
    assert_eq!(
        happened(
            &stack,
            &Entry::Binned {
                id: "1".into(),
                bin: "trash".into()
            }
        ),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_website_costs_one_call() {
    let stack = stack().await;
    let many: Vec<Value> = (1..=250).map(|id| comment(id, ASKING)).collect();
    write(&stack, &many);
    // Who signs in, and three pages.
    assert_eq!(sweep(&stack).await, 4);
    assert!(history(&stack, 1).await.is_some() && history(&stack, 250).await.is_some());
    let mark = stack.ledger().channels().await.unwrap();
    let (channel, _) = mark
        .iter()
        .find(|(channel, _)| channel.platform == Platform::Website)
        .unwrap();
    let mark = stack
        .ledger()
        .watermark(&roxbourne(), channel)
        .await
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    assert_eq!(
        stack
            .ledger()
            .watermark(&roxbourne(), channel)
            .await
            .unwrap(),
        mark
    );
    write(&stack, &[comment(251, ASKING)]);
    assert_eq!(
        sweep(&stack).await,
        2,
        "a page with news is followed by one without"
    );
    assert!(history(&stack, 251).await.is_some());
    // One that is gone lets older ones move up, which is no cause to read all of them.
    stack
        .website()
        .happen(Entry::Deleted {
            id: "251".into(),
            by_us: false,
        })
        .unwrap();
    assert_eq!(
        sweep(&stack).await,
        3,
        "as many as are known, and the one that is missing"
    );
    until(&stack, 251, |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
    assert_eq!(sweep(&stack).await, 1);
}

/// The rest is judged, nothing counts as gone, and people hear of it as of a site that could not be
/// read.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_read_is_told_and_takes_no_other_along() {
    let stack = stack().await;
    write(&stack, &[comment(1, ASKING), comment(2, ASKING)]);
    sweep(&stack).await;
    until(&stack, 1, decided).await;
    let mut odd = comment(2, ASKING);
    odd["content"] = json!({});
    // Not one that is hidden, which would take calls of its own meanwhile.
    let list = json!([comment(3, ASKING), odd, comment(1, ASKING)]);
    write(&stack, &[comment(3, ASKING)]);
    for page in [list, json!([])] {
        let fault = Fault::Instead(StatusCode::OK, page);
        stack.website().faults().next(1, &fault);
    }
    assert_eq!(sweep(&stack).await, 2, "nobody is asked where it went");
    until(&stack, 3, decided).await;
    assert_eq!(
        history(&stack, 2).await.unwrap().state.visibility,
        Visibility::Visible
    );
    let channels = stack.ledger().channels().await.unwrap();
    let is_site = |(channel, _): &&(Channel, PracticeId)| channel.platform == Platform::Website;
    let (site, _) = channels.iter().find(is_site).unwrap();
    let failed = stack.ledger().sweep_failed_at(&roxbourne(), site).await;
    assert!(failed.unwrap().is_some());
    sweep(&stack).await;
    assert_eq!(history(&stack, 2).await.unwrap().revisions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_judged_and_what_people_do_at_the_site_is_noted() {
    let stack = stack().await;
    write(
        &stack,
        &(1..=4).map(|id| comment(id, ASKING)).collect::<Vec<_>>(),
    );
    sweep(&stack).await;
    for id in 1..=4 {
        until(&stack, id, decided).await;
    }
    write(&stack, &[comment(1, ABUSE)]);
    stack.website().happen(hidden(2)).unwrap();
    stack
        .website()
        .happen(Entry::Binned {
            id: "3".into(),
            bin: "trash".into(),
        })
        .unwrap();
    stack
        .website()
        .happen(Entry::Deleted {
            id: "4".into(),
            by_us: false,
        })
        .unwrap();
    sweep(&stack).await;
    let edited = until(&stack, 1, |history| {
        history.revisions.len() == 2 && done(history)
    })
    .await;
    assert_eq!(edited.state.visibility, Visibility::Hidden);
    for (id, visibility) in [
        (2, Visibility::Hidden),
        (3, Visibility::Gone),
        (4, Visibility::Gone),
    ] {
        until(&stack, id, |history| history.state.visibility == visibility).await;
    }
    // Our own hide is seen once, and then everything is as it was.
    sweep(&stack).await;
    assert_eq!(sweep(&stack).await, 1);

    stack
        .website()
        .happen(Entry::Shown { id: "2".into() })
        .unwrap();
    stack
        .website()
        .happen(Entry::Shown { id: "3".into() })
        .unwrap();
    sweep(&stack).await;
    for id in [2, 3] {
        until(&stack, id, |history| {
            history.state.visibility == Visibility::Visible
        })
        .await;
    }
    assert_eq!(happened(&stack, &hidden(1)), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_website_is_tried_again_and_hides_once() {
    let stack = stack().await;
    let refusal =
        json!({ "code": "rest_forbidden_context", "message": "words", "data": { "status": 401 } });
    write(&stack, &[comment(1, ABUSE)]);
    // A sweep that fails loses nothing.
    stack
        .website()
        .faults()
        .next(1, &Fault::Instead(StatusCode::UNAUTHORIZED, refusal));
    sweep(&stack).await;
    assert!(history(&stack, 1).await.is_none());
    // Whoever is refused is not asked again before the hour is over.
    assert_eq!(sweep(&stack).await, 0);
    stack.clock().pass(SignedDuration::from_hours(1));
    // Who signs in and the list go well, then one look; and then the answer to the hide is lost.
    stack
        .website()
        .faults()
        .next(3, &Fault::Late(Duration::ZERO));
    stack
        .website()
        .faults()
        .next(1, &Fault::After(StatusCode::BAD_GATEWAY, json!({})));
    sweep(&stack).await;
    let put_off = |history: &History| history.actions.iter().any(|action| action.result.is_some());
    until(&stack, 1, put_off).await;
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
    let history = until(&stack, 1, done).await;
    assert_eq!(
        (history.actions[0].attempts, happened(&stack, &hidden(1))),
        (2, 1)
    );
}
