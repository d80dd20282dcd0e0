#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod browser;
pub mod channels;
pub mod crowd;
pub mod emulator;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use pagewarden_clock::Clock;
use pagewarden_fakes::Entry;
use pagewarden_ledger::{Case, History, Ledger, Person, PolicyRecord, PracticeRecord};
use pagewarden_local::replay::{self, Replayed};
use pagewarden_local::settle::{Settled, settle};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{PostKey, PracticeId, Role};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

/// How long a test waits for the system to come to rest. Far more than it takes, even on a busy
/// machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Somebody of each role, with the role's letter in the tables of who may do what, in the order of
/// their columns.
pub const PEOPLE: [(&str, Role, char); 6] = [
    ("Sam", Role::Reviewer, 'R'),
    ("Pat", Role::PracticeManager, 'P'),
    ("Lee", Role::SafeguardingLead, 'S'),
    ("Kim", Role::ComplaintsManager, 'C'),
    ("Alex", Role::Auditor, 'A'),
    ("Dee", Role::Deployer, 'D'),
];

/// Returns everybody of [`PEOPLE`].
#[must_use]
pub fn people() -> Vec<Person> {
    PEOPLE
        .iter()
        .map(|(name, role, _)| Person {
            name: (*name).into(),
            role: *role,
        })
        .collect()
}

/// Returns the one of [`PEOPLE`] who has a role.
///
/// # Panics
///
/// Never: there is one of each.
#[must_use]
#[expect(clippy::expect_used, reason = "there is one of each role")]
pub fn person(role: Role) -> Person {
    people()
        .into_iter()
        .find(|person| person.role == role)
        .expect("somebody has the role")
}

/// Returns the folder of the sample deliveries and reviews.
#[must_use]
pub fn events() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../events")
}

/// Returns the Monday morning on which simulated time starts, when every surgery is open.
///
/// # Panics
///
/// Never: it is a time.
#[must_use]
#[expect(clippy::expect_used, reason = "it is a time")]
pub fn monday() -> Timestamp {
    "2026-11-23T09:30:00Z".parse().expect("a time")
}

/// Starts everything in memory.
///
/// # Panics
///
/// When it does not start.
#[expect(clippy::expect_used, reason = "a test that cannot start has failed")]
pub async fn stack() -> Stack {
    print_errors();
    Stack::start(None).await.expect("the stack starts")
}

/// Prints what the functions log as errors, with the output of a test that fails. `RUST_LOG=info`
/// prints more.
fn print_errors() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_test_writer()
        .without_time()
        .try_init();
    // In `cargo test` the tests share one process, and the first of them has started it.
    started.ok();
}

/// Puts a practice's policy in force with something of it changed.
///
/// # Panics
///
/// When the table does not answer, or what is to be changed is not there.
#[expect(clippy::expect_used, reason = "a test that cannot publish has failed")]
pub async fn amend(stack: &Stack, practice: &str, from: &str, to: &str) {
    let (ledger, practice) = (stack.ledger(), practice.parse().expect("an id"));
    let (record, policy) = in_force(ledger, &practice).await;
    assert!(policy.toml.contains(from), "the policy says {from}");
    let amended = PolicyRecord {
        toml: policy.toml.replacen(from, to, 1),
        ..policy
    };
    let publish = ledger.publish(&practice, Some(&record), &amended, &record.settings, &[]);
    publish.await.expect("the policy is put in force");
}

/// Returns a practice as it is on record, and its policy in force.
#[expect(clippy::expect_used, reason = "a test that cannot read has failed")]
async fn in_force(ledger: &Ledger, practice: &PracticeId) -> (PracticeRecord, PolicyRecord) {
    let record = ledger.practice(practice).await;
    let record = record
        .expect("the table answers")
        .expect("the practice is there");
    let policy = ledger.policy(practice, record.policy).await;
    (
        record,
        policy.expect("the table answers").expect("it has a policy"),
    )
}

/// Puts a practice's settings in force with something of them changed.
///
/// # Panics
///
/// When the table does not answer.
#[expect(clippy::expect_used, reason = "a test that cannot publish has failed")]
pub async fn resettle(stack: &Stack, practice: &str, change: impl FnOnce(&mut Value)) {
    let (ledger, practice) = (stack.ledger(), practice.parse().expect("an id"));
    let (record, policy) = in_force(ledger, &practice).await;
    let mut settings: Value = serde_json::from_str(&record.settings).expect("settings are JSON");
    change(&mut settings);
    let settings = settings.to_string();
    let publish = ledger.publish(&practice, Some(&record), &policy, &settings, &[]);
    publish.await.expect("the settings are put in force");
}

/// Returns the case about a post, as the console reads it; none if the post was never seen.
///
/// # Panics
///
/// When the table does not answer.
#[expect(
    clippy::expect_used,
    reason = "a test that cannot read the record has failed"
)]
pub async fn case(ledger: &Ledger, post: &PostKey) -> Option<Case> {
    let people = ledger.people(&post.practice).await;
    let people = people.expect("the table answers");
    let cases = ledger.cases(vec![post.clone()], &people).await;
    cases.expect("the table answers").pop().flatten()
}

/// Returns a stack in which every sample post was judged, and the posts.
///
/// # Panics
///
/// When the samples are not delivered.
pub async fn replayed() -> (Stack, Vec<PostKey>) {
    let stack = stack().await;
    let (replayed, _) = replay(&stack, &events()).await;
    let posts = replayed.posts.iter();
    let posts = posts.map(|(post, _)| post.key.clone()).collect();
    (stack, posts)
}

/// Sends a folder and waits until all of it has come to rest.
///
/// # Panics
///
/// When it cannot be sent, or something does not come to rest.
#[expect(clippy::expect_used, reason = "a test that cannot send has failed")]
pub async fn replay(stack: &Stack, folder: &Path) -> (Replayed, Settled) {
    let replayed = replay::send(stack, folder)
        .await
        .expect("everything is sent");
    let settled = settle(stack, &replayed, PATIENCE, |_, _| {})
        .await
        .expect("everything is looked at");
    assert!(
        settled.stuck.is_empty(),
        "these did not come to rest: {:?}",
        settled.stuck
    );
    (replayed, settled)
}

/// Waits until what is on record of a post is as wanted, and returns it, its chain being whole.
///
/// # Panics
///
/// When it never comes to be so, or the chain is broken.
#[expect(
    clippy::expect_used,
    reason = "a test that cannot read the record has failed"
)]
pub async fn until(stack: &Stack, post: &PostKey, wanted: impl Fn(&History) -> bool) -> History {
    let started = Instant::now();
    loop {
        let history = stack
            .ledger()
            .history(post)
            .await
            .expect("the table answers");
        if let Some(history) = &history
            && wanted(history)
        {
            history.verify().expect("the chain is whole");
            return history.clone();
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{post} never came to be as wanted: {history:#?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Returns what is told of every post, as programs read it.
#[must_use]
pub fn told(settled: &Settled) -> Vec<Value> {
    settled
        .told
        .iter()
        .map(pagewarden_present::post::PostView::json)
        .collect()
}

/// Returns a Facebook delivery with one comment, in the platform's own form.
#[must_use]
pub fn comment(page: &str, id: &str, author: &str, words: &str) -> Vec<u8> {
    delivery(page, &change(page, id, author, words))
}

/// Returns a delivery of one change on a page.
#[must_use]
pub fn delivery(page: &str, change: &Value) -> Vec<u8> {
    serde_json::json!({ "object": "page", "entry": [{ "id": page, "time": 1_795_168_860, "changes": [change] }] })
        .to_string()
        .into_bytes()
}

/// Returns one change of such a delivery.
#[must_use]
pub fn change(page: &str, id: &str, author: &str, words: &str) -> Value {
    serde_json::json!({ "field": "feed", "value": {
        "from": { "id": author, "name": "Test Author" }, "item": "comment", "verb": "add",
        "post_id": format!("{page}_1"), "parent_id": format!("{page}_1"), "comment_id": id,
        "created_time": 1_795_168_860, "message": words,
    } })
}

/// Has these taken back by their authors on Facebook or Instagram, of which no delivery tells.
///
/// # Panics
///
/// Panics if one of them is not there.
pub fn take_back(stack: &Stack, ids: &[&str]) {
    for id in ids {
        let gone = stack.graph().happen(Entry::Deleted {
            id: (*id).to_owned(),
            by_us: false,
        });
        assert!(gone.is_ok(), "{id}: {gone:?}");
    }
}

/// Returns the time of this machine, with which a stack begins.
#[must_use]
pub fn now() -> Timestamp {
    Clock::system().now()
}
