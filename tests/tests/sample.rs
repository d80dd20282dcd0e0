//! Once a week five of last week's hides that nobody has looked at are drawn for a second look, and
//! what people say of them counts towards whether their rule goes on.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    ActionStatus, Choice, Counter, History, Observation, Observed, Person, SAMPLED, TaskRecord,
    TaskStatus, Visibility,
};
use pagewarden_local::stack::Stack;
use pagewarden_notices::Alert;
use pagewarden_rules::{Effect, Platform, PostKey, PracticeId, Role, TaskKind};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, stack, until};

const KINGSWINFORD: (&str, &str) = ("kingswinford", "100000000000001");
const ROXBOURNE: (&str, &str) = ("roxbourne", "100000000000003");
const ABUSE: &str = "That receptionist is a fat useless bitch";
const COMPLAINT: &str =
    "I want to make a formal complaint about how I was spoken to at reception on Monday.";

fn gail() -> Person {
    Person {
        name: "Gail".into(),
        role: Role::PracticeManager,
    }
}

/// Has somebody post something that the machine hides.
async fn hidden(stack: &Stack, (practice, page): (&str, &str), id: &str, words: &str) -> PostKey {
    let key = PostKey {
        practice: practice.parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    };
    let body = comment(page, id, &format!("author-of-{id}"), words);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let is_hidden = |history: &History| {
        let mut actions = history.actions.iter();
        let hidden = |action: &pagewarden_ledger::ActionRecord| {
            (action.effect, action.status) == (Effect::Hide, ActionStatus::Done)
        };
        actions.any(hidden) && history.state.visibility == Visibility::Hidden
    };
    until(stack, &key, is_hidden).await;
    key
}

/// Returns the first daily run of next week at a practice.
fn next_monday(practice: &PracticeId, now: Timestamp) -> Timestamp {
    let day = now.to_zoned(TimeZone::UTC).date();
    let monday = day.nth_weekday(1, jiff::civil::Weekday::Monday).unwrap();
    let run = monday.at(3, 17, 0, 0).to_zoned(TimeZone::UTC);
    run.unwrap().timestamp() + remind::turn(practice)
}

async fn drawn(stack: &Stack, posts: &[PostKey]) -> Vec<(PostKey, TaskRecord)> {
    let mut drawn = Vec::new();
    for post in posts {
        let tasks = stack.ledger().tasks_of(post).await.unwrap();
        let tasks = tasks.into_iter();
        let tasks = tasks.filter(|task| task.kind == TaskKind::SecondLook);
        drawn.extend(tasks.map(|task| (post.clone(), task)));
    }
    drawn
}

#[tokio::test(flavor = "multi_thread")]
async fn five_of_last_weeks_hides_are_drawn_once_and_count() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let practice: PracticeId = KINGSWINFORD.0.parse().unwrap();
    let mut posts = Vec::new();
    for nth in 0..7 {
        posts.push(hidden(&stack, KINGSWINFORD, &format!("1_{nth}"), ABUSE).await);
    }
    // One was looked at already.
    let seen = &posts[3];
    let tasks = ledger.tasks_of(seen).await.unwrap();
    let task = tasks.iter().find(|task| !task.optional).unwrap();
    let choice = Choice::KeepHidden;
    let now = stack.clock().now();
    ledger
        .choose(seen, &task.id, &gail(), choice, now)
        .await
        .unwrap();

    let monday = next_monday(&practice, now);
    stack.clock().pass(monday.duration_since(now));
    for _ in 0..2 {
        stack.run("remind").await.unwrap();
    }
    stack.rest().await;
    let sample = drawn(&stack, &posts).await;
    assert_eq!(sample.len(), SAMPLED, "{sample:?}");
    let mut of: Vec<&str> = sample.iter().map(|(post, _)| post.id.as_str()).collect();
    of.dedup();
    assert_eq!(of.len(), SAMPLED, "no post is drawn twice");
    assert!(!of.contains(&seen.id.as_str()), "somebody has looked at it");
    assert!(sample.iter().all(|(_, task)| task.optional));
    let now = stack.clock().now();
    assert_eq!(ledger.draw_sample(&practice, now).await.unwrap(), None);
    let history = ledger.history(&sample[0].0).await.unwrap().unwrap();
    assert!(history.verify().is_ok());

    // The digest of that morning says so.
    stack.clock().pass(SignedDuration::from_hours(6));
    stack.run("remind").await.unwrap();
    stack.rest().await;
    let told = stack.outbox().taken();
    let digests: Vec<_> = told
        .iter()
        .filter(|parcel| parcel.alert == Alert::Digest)
        .map(|parcel| parcel.wording.body.as_str())
        .collect();
    let says = "5 of these are last week's sample: was it right to hide them?";
    assert!(
        digests.iter().any(|body| body.contains(says)),
        "{digests:?}"
    );

    // One is answered on its page, in plain words.
    let mut browser = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let (post, task) = &sample[0];
    let page = browser.open(&format!("/case/facebook/{}", post.id)).await;
    assert!(
        page.body
            .contains("Drawn by lot: was it right to hide this?"),
        "{}",
        page.body
    );
    assert!(page.body.contains("It was right") && page.body.contains("Show it again"));
    let now = stack.clock().now();
    ledger
        .choose(post, &task.id, &gail(), Choice::KeepHidden, now)
        .await
        .unwrap();
    let left = ledger.tasks_of(post).await.unwrap();
    assert!(
        left.iter()
            .any(|task| task.status == TaskStatus::Open && !task.optional),
        "whether it is deleted is another question"
    );
    let (post, task) = &sample[1];
    ledger
        .choose(post, &task.id, &gail(), Choice::Restore, now)
        .await
        .unwrap();
    let left = ledger.tasks_of(post).await.unwrap();
    assert!(
        left.iter()
            .all(|task| task.status == TaskStatus::Done || task.kind == TaskKind::Ladder)
    );
    // What is shown again without a task counts for the rule as well.
    let (post, _) = &sample[2];
    ledger.unhide(post, &gail(), None, now).await.unwrap();
    let watched = ledger.watched_rules(&practice).await.unwrap();
    assert_eq!(watched[0].taken_back, [false, false, true, true]);
    let today = now.to_zoned(TimeZone::UTC).date();
    let numbers = ledger
        .numbers(&practice, today, today)
        .await
        .unwrap()
        .total();
    assert_eq!(numbers.of(&Counter::FoundRight), 1);
    assert_eq!(numbers.of(&Counter::FoundWrong), 1);
    let page = browser.open("/numbers").await;
    assert!(page.body.contains("Second looks"));
    let audit = ledger.audit(Some(&practice)).await.unwrap();
    assert!(audit.wrong.is_empty(), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_takes_back_what_was_drawn() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let post = hidden(&stack, ROXBOURNE, "3_1", ABUSE).await;
    let (practice, now) = (ROXBOURNE.0.parse().unwrap(), stack.clock().now());
    stack
        .clock()
        .pass(next_monday(&practice, now).duration_since(now));
    let now = stack.clock().now();
    assert_eq!(ledger.draw_sample(&practice, now).await.unwrap(), Some(1));
    let mut change = pagewarden_tests::change(ROXBOURNE.1, "3_1", "author-of-3_1", "");
    change["value"]["verb"] = "remove".into();
    change["value"]["created_time"] = now.as_second().into();
    let entry =
        serde_json::json!({ "id": ROXBOURNE.1, "time": now.as_second(), "changes": [change] });
    let body = serde_json::json!({ "object": "page", "entry": [entry] }).to_string();
    let answer = stack.sender().deliver(body.as_bytes()).await.unwrap();
    assert_eq!(answer, 200, "the platform is told that it was taken");
    stack.rest().await;
    until(&stack, &post, |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
    // The webhook writes no tasks: this one waits for somebody, or for whoever sees that it is gone
    // and may close it.
    let waits = async || {
        let tasks = ledger.history(&post).await.unwrap().unwrap().tasks;
        let second = |task: &TaskRecord| {
            task.kind == TaskKind::SecondLook && task.status == TaskStatus::Open
        };
        tasks.iter().any(second)
    };
    assert!(waits().await);
    let now = stack.clock().now();
    let seen = ledger.observe(&post, Observation::Removed, now, now).await;
    assert_eq!(seen.unwrap(), Observed::Recorded);
    assert!(!waits().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_never_drawn_and_of_few_all_are() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let practice: PracticeId = ROXBOURNE.0.parse().unwrap();
    // Roxbourne hides complaints.
    let posts = [
        hidden(&stack, ROXBOURNE, "3_1", COMPLAINT).await,
        hidden(&stack, ROXBOURNE, "3_2", ABUSE).await,
    ];
    let now = stack.clock().now();
    // This week is not over.
    assert_eq!(ledger.draw_sample(&practice, now).await.unwrap(), Some(0));
    stack
        .clock()
        .pass(next_monday(&practice, now).duration_since(now));
    let now = stack.clock().now();
    // Of several at once, one draws.
    let draw = || ledger.draw_sample(&practice, now);
    let (one, other, third) = tokio::join!(draw(), draw(), draw());
    let mut all = [one.unwrap(), other.unwrap(), third.unwrap()];
    all.sort_unstable();
    assert_eq!(all, [None, None, Some(1)]);
    let sample = drawn(&stack, &posts).await;
    let of: Vec<&str> = sample.iter().map(|(post, _)| post.id.as_str()).collect();
    assert_eq!(of, ["3_2"]);
    // The week after, it is not drawn once more, and waits no longer: its words are not kept for that.
    stack.clock().pass(SignedDuration::from_hours(7 * 24));
    let now = stack.clock().now();
    assert_eq!(ledger.draw_sample(&practice, now).await.unwrap(), Some(0));
    let sample = drawn(&stack, &posts).await;
    assert_eq!(sample[0].1.status, TaskStatus::Done);
    assert_eq!(sample[0].1.closed_by(), None);
    let history = ledger.history(&posts[1]).await.unwrap().unwrap();
    assert!(history.verify().is_ok());
    assert!(!history.state.open_tasks.contains(&sample[0].1.id));
    let audit = ledger.audit(Some(&practice)).await.unwrap();
    assert!(audit.wrong.is_empty(), "{audit:?}");
}
