//! Posts that the platform says are hidden and that nobody hid by this system: people are asked
//! whether they are shown again, and never about what this system hid itself.

#![expect(clippy::unwrap_used, reason = "a test may")]

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{
    ActionStatus, Choice, Event, History, NewRevision, Observed, Person, TaskRecord, TaskStatus,
    Visibility,
};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{
    Author, Channel, Platform, Post, PostKey, PracticeId, Role, Surface, TaskKind,
};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{stack, until};
use serde_json::json;

const PAGE: &str = "100000000000003";
const THANKS: &str = "The flu clinic ran on time again, thank you";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const COMPLAINT: &str = "I want to make a formal complaint about how my referral was handled";
const PLEA: &str = "I am going to end my life tonight";

fn roxbourne() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn key(id: &str) -> PostKey {
    on(Platform::Facebook, id)
}

fn on(platform: Platform, id: &str) -> PostKey {
    PostKey {
        practice: roxbourne(),
        platform,
        id: id.into(),
    }
}

/// A comment that was written just now: what was hidden long ago is asked about by nobody.
fn comment(id: &str, words: &str, written_at: Timestamp) -> Vec<u8> {
    let change = json!({ "field": "feed", "value": {
        "from": { "id": "2001", "name": "Test Author" }, "item": "comment", "verb": "add",
        "post_id": format!("{PAGE}_1"), "parent_id": format!("{PAGE}_1"), "comment_id": id,
        "created_time": written_at.as_second(), "message": words,
    } });
    let entry = json!({ "id": PAGE, "time": written_at.as_second(), "changes": [change] });
    json!({ "object": "page", "entry": [entry] })
        .to_string()
        .into_bytes()
}

/// Somebody writes a comment, and Facebook sends it.
async fn write(stack: &Stack, id: &str, words: &str) {
    let body = comment(id, words, stack.clock().now());
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

/// The same, and Facebook does not send it.
fn write_unheard(stack: &Stack, id: &str, words: &str) {
    let post = json!({ "object": "page", "entry": [{ "id": PAGE, "changes": [{ "field": "feed", "value": {
        "item": "post", "verb": "add", "post_id": format!("{PAGE}_1"), "message": "Flu clinics",
        "from": { "id": PAGE, "name": "The practice" } } }] }] });
    stack.graph().learn(post.to_string().as_bytes()).unwrap();
    let body = comment(id, words, stack.clock().now());
    stack.graph().learn(&body).unwrap();
}

/// Facebook's own filter hides it.
fn filter(stack: &Stack, id: &str) {
    stack
        .graph()
        .happen(Entry::Hidden { id: id.into() })
        .unwrap();
}

async fn sweep(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_mins(1));
    stack.run("sweep").await.unwrap();
}

async fn an_hour_later(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
}

fn is_decided(history: &History) -> bool {
    let decided = |revision: &pagewarden_ledger::RevisionRecord| revision.decided.is_some();
    !history.revisions.is_empty() && history.revisions.iter().all(decided)
}

async fn settled(stack: &Stack, id: &str) -> History {
    until(stack, &key(id), |history| {
        let at_rest = |action: &pagewarden_ledger::ActionRecord| action.result.is_some();
        is_decided(history) && history.actions.iter().all(at_rest)
    })
    .await
}

fn asks(history: &History) -> Vec<&TaskRecord> {
    let asked = history.tasks.iter();
    asked
        .filter(|task| task.kind == TaskKind::HiddenElsewhere && task.status == TaskStatus::Open)
        .collect()
}

fn waits_for(history: &History, kind: TaskKind) -> bool {
    let mut open = history.tasks.iter();
    open.any(|task| task.status == TaskStatus::Open && task.kind == kind)
}

async fn choose(stack: &Stack, task: &TaskRecord, choice: Choice) {
    let now = stack.clock().now();
    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    stack
        .ledger()
        .choose(&task.key, &task.id, &imran, choice, now)
        .await
        .unwrap();
}

fn words_of(history: &History, task: &TaskRecord) -> String {
    let mut all = history.revisions.iter();
    let found = all.find(|revision| revision.revision == task.revision);
    found.unwrap().post.text.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_facebook_hid_before_anybody_saw_it_is_asked_about() {
    let stack = stack().await;
    write_unheard(&stack, "1_1", THANKS);
    filter(&stack, "1_1");
    sweep(&stack).await;
    let history = settled(&stack, "1_1").await;
    let [task] = asks(&history)[..] else {
        panic!("{:?}", history.tasks)
    };
    assert!(
        task.optional
            && task
                .why
                .contains("Facebook, or somebody using the page's own tools")
    );
    assert_eq!(words_of(&history, task), THANKS, "they are kept to be read");
    assert!(history.revisions[0].hidden && history.state.elsewhere);
    assert_eq!(history.state.visibility, Visibility::Hidden);
    history.verify().unwrap();
    assert!(
        !stack
            .graph()
            .journal()
            .iter()
            .any(|entry| matches!(entry, Entry::Shown { .. })),
        "nothing is shown again by itself"
    );
    // Nothing is said twice.
    sweep(&stack).await;
    assert_eq!(
        settled(&stack, "1_1").await.events.len(),
        history.events.len()
    );

    let task = task.clone();
    choose(&stack, &task, Choice::Restore).await;
    let shown = until(&stack, &key("1_1"), |history| {
        history.state.visibility == Visibility::Visible
    })
    .await;
    assert!(!shown.state.elsewhere && asks(&shown).is_empty());
    sweep(&stack).await;
    // Facebook's filter hides it once more, against what a person decided: that is news.
    filter(&stack, "1_1");
    sweep(&stack).await;
    let history = settled(&stack, "1_1").await;
    assert_eq!(asks(&history).len(), 1, "{:?}", history.tasks);
    history.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_were_let_go_are_kept_once_facebook_hides_them() {
    let stack = stack().await;
    write(&stack, "1_1", THANKS).await;
    let history = settled(&stack, "1_1").await;
    assert!(history.revisions[0].post.text.is_empty() && history.tasks.is_empty());
    sweep(&stack).await;
    filter(&stack, "1_1");
    sweep(&stack).await;
    let history = until(&stack, &key("1_1"), |history| {
        is_decided(history) && !asks(history).is_empty()
    })
    .await;
    let [task] = asks(&history)[..] else {
        panic!("{:?}", history.tasks)
    };
    assert_eq!(words_of(&history, task), THANKS);
    history.verify().unwrap();

    // Left hidden: nobody is asked about these words again, whatever Facebook does.
    let task = task.clone();
    choose(&stack, &task, Choice::KeepHidden).await;
    stack
        .graph()
        .happen(Entry::Shown { id: "1_1".into() })
        .unwrap();
    sweep(&stack).await;
    filter(&stack, "1_1");
    sweep(&stack).await;
    let history = settled(&stack, "1_1").await;
    assert!(asks(&history).is_empty(), "{:?}", history.tasks);
    assert!(history.state.elsewhere && history.state.visibility == Visibility::Hidden);
    history.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_and_a_plea_in_there_are_not_lost() {
    let stack = stack().await;
    for (id, words) in [("1_1", COMPLAINT), ("1_2", PLEA)] {
        write_unheard(&stack, id, words);
        filter(&stack, id);
    }
    sweep(&stack).await;
    let complaint = settled(&stack, "1_1").await;
    assert!(waits_for(&complaint, TaskKind::ComplaintDecision));
    let clock = complaint.tasks.iter().find_map(|task| task.acknowledge_by);
    assert!(clock.is_some(), "the complaint's clock runs");
    let plea = settled(&stack, "1_2").await;
    assert!(waits_for(&plea, TaskKind::SafeguardingNow));
    assert_eq!(asks(&plea).len(), 1);
    // The machine hides the complaint by this practice's policy, so it is not asked about.
    assert_eq!(asks(&complaint).len(), 0, "{:?}", complaint.tasks);
    for history in [complaint, plea] {
        history.verify().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plea_that_waits_keeps_its_task_when_facebook_hides_it() {
    let stack = stack().await;
    write(&stack, "1_1", PLEA).await;
    let before = settled(&stack, "1_1").await;
    sweep(&stack).await;
    filter(&stack, "1_1");
    sweep(&stack).await;
    let history = until(&stack, &key("1_1"), |history| !asks(history).is_empty()).await;
    assert_eq!(history.revisions.len(), before.revisions.len());
    let danger = |history: &History| -> Vec<String> {
        let tasks = history.tasks.iter().filter(|task| task.kind.is_danger());
        tasks
            .map(|task| format!("{} {}", task.id, task.status))
            .collect()
    };
    assert_eq!(danger(&history), danger(&before), "nobody is told twice");
    // Somebody shows it on Facebook itself: there is nothing to ask any more.
    stack
        .graph()
        .happen(Entry::Shown { id: "1_1".into() })
        .unwrap();
    sweep(&stack).await;
    let history = settled(&stack, "1_1").await;
    assert!(asks(&history).is_empty() && !history.state.elsewhere);
    history.verify().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_hid_is_never_said_to_be_hidden_by_others() {
    let stack = stack().await;
    // By the machine, whatever comes first: the delivery, the sweep, or a further sweep.
    write(&stack, "1_1", ABUSE).await;
    settled(&stack, "1_1").await;
    write_unheard(&stack, "1_2", ABUSE);
    sweep(&stack).await;
    sweep(&stack).await;
    for id in ["1_1", "1_2"] {
        let history = settled(&stack, id).await;
        assert_eq!(history.state.visibility, Visibility::Hidden);
        assert!(!history.state.elsewhere, "{id}");
        assert!(!waits_for(&history, TaskKind::HiddenElsewhere), "{id}");
    }
    // By a person.
    write(&stack, "1_3", COMPLAINT).await;
    let history = settled(&stack, "1_3").await;
    assert_eq!(history.state.visibility, Visibility::Hidden);
    let practice = roxbourne();
    let tasks = stack.ledger().open_tasks(&practice).await.unwrap();
    assert!(
        tasks
            .iter()
            .all(|task| task.kind != TaskKind::HiddenElsewhere)
    );
}

fn post(id: &str) -> Post {
    Post {
        channel: Channel {
            platform: Platform::Facebook,
            account: PAGE.into(),
        },
        surface: Surface::Comment,
        id: id.into(),
        author: Author {
            id: Some("2001".into()),
            name: Some("Test Author".into()),
            ..Author::default()
        },
        text: ABUSE.into(),
        tagged: Vec::new(),
        media: Vec::new(),
        rating: None,
        posted_at: None,
        thread: Some(format!("{PAGE}_1")),
        parent: Some(format!("{PAGE}_1")),
        permalink: None,
    }
}

/// What a sweep finds that began at this time.
async fn found(stack: &Stack, id: &str, at: Timestamp) -> Option<Observed> {
    let (practice, post) = (roxbourne(), post(id));
    let found = NewRevision {
        hidden: true,
        ..NewRevision::new(&practice, &post, b"{}", Some(at), "a sweep")
    };
    let now = stack.clock().now();
    stack.ledger().found_hidden(&found, now).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_while_a_hide_is_under_way() {
    let stack = stack().await;
    let before = stack.clock().now();
    stack.clock().pass(SignedDuration::from_secs(5));
    // Facebook hides it and loses the answer, so nobody knows yet whether it was hidden.
    let lost = Fault::After(StatusCode::BAD_GATEWAY, json!({}));
    stack.graph().faults().next(1, &lost);
    write(&stack, "1_1", ABUSE).await;
    until(&stack, &key("1_1"), |history| {
        let mut actions = history.actions.iter();
        actions.any(|action| action.status == ActionStatus::Claimed && action.result.is_some())
    })
    .await;
    assert_eq!(found(&stack, "1_1", stack.clock().now()).await, None);
    sweep(&stack).await;
    an_hour_later(&stack).await;
    until(&stack, &key("1_1"), |history| {
        history.actions[0].status == ActionStatus::Done
    })
    .await;
    // A sweep that read before the hide and writes after it, and one that reads after it.
    assert_eq!(found(&stack, "1_1", before).await, Some(Observed::Known));
    let now = stack.clock().now();
    assert_eq!(found(&stack, "1_1", now).await, Some(Observed::Known));
    sweep(&stack).await;
    let history = settled(&stack, "1_1").await;
    assert!(asks(&history).is_empty() && !history.state.elsewhere);
    assert_eq!(said_to_be_hidden_by_others(&history), 0);
}

fn said_to_be_hidden_by_others(history: &History) -> usize {
    let events = history.events.iter().filter_map(|line| line.event().ok());
    let by_others = |event: &Event| {
        matches!(
            event,
            Event::VisibilitySeen {
                elsewhere: true,
                ..
            }
        )
    };
    events.filter(by_others).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_hidden_long_ago_is_asked_about_by_nobody() {
    let stack = stack().await;
    let post = json!({ "object": "page", "entry": [{ "id": PAGE, "changes": [{ "field": "feed", "value": {
        "item": "post", "verb": "add", "post_id": format!("{PAGE}_1"), "message": "Flu clinics",
        "from": { "id": PAGE, "name": "The practice" } } }] }] });
    stack.graph().learn(post.to_string().as_bytes()).unwrap();
    let long_ago = stack.clock().now() - SignedDuration::from_hours(24 * 40);
    stack
        .graph()
        .learn(&comment("1_1", THANKS, long_ago))
        .unwrap();
    filter(&stack, "1_1");
    sweep(&stack).await;
    let history = settled(&stack, "1_1").await;
    assert!(asks(&history).is_empty() && history.state.elsewhere);
}

#[tokio::test(flavor = "multi_thread")]
async fn instagrams_hidden_words_are_asked_about_too() {
    const ACCOUNT: &str = "17841400000000003";
    let stack = stack().await;
    let now = stack.clock().now().to_string();
    let comment = json!({ "id": "9001", "text": THANKS, "timestamp": now,
        "from": { "id": "5010000000000001", "username": "a.tester" } });
    let medium = json!({ "id": "17900000000000011", "permalink": "https://www.instagram.com/p/DTest/",
        "comments": { "data": [comment] } });
    let account = json!({ "id": ACCOUNT, "media": { "data": [medium] } });
    stack.graph().learn_account(&account).unwrap();
    // What Instagram hid leaves the list: only what was seen there before is missed.
    sweep(&stack).await;
    // While it is judged nothing is said of it yet: the next sweep would.
    stack.rest().await;
    filter(&stack, "9001");
    sweep(&stack).await;
    let post = on(Platform::Instagram, "9001");
    let history = until(&stack, &post, |history| !asks(history).is_empty()).await;
    assert!(asks(&history)[0].why.starts_with("Instagram, or somebody"));
}

#[tokio::test(flavor = "multi_thread")]
async fn spam_on_the_website_is_asked_about_and_what_waits_there_not() {
    let stack = stack().await;
    let written = stack
        .clock()
        .now()
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string();
    let comment = |id: u64, status: &str| {
        json!({ "id": id, "post": 57, "parent": 0, "author": 0, "author_name": "A. Tester", "date_gmt": written,
            "content": { "raw": THANKS }, "link": format!("https://roxbourne.example/flu/#comment-{id}"),
            "status": status, "type": "comment" })
    };
    let all = [comment(1, "approved"), comment(2, "hold")];
    stack
        .website()
        .learn(&serde_json::to_vec(&all).unwrap())
        .unwrap();
    sweep(&stack).await;
    // While it is judged nothing is said of it yet: the next sweep would.
    stack.rest().await;
    let binned = Entry::Binned {
        id: "1".into(),
        bin: "spam".into(),
    };
    stack.website().happen(binned).unwrap();
    sweep(&stack).await;
    let spam = on(Platform::Website, "1");
    let history = until(&stack, &spam, |history| !asks(history).is_empty()).await;
    assert_eq!(words_of(&history, asks(&history)[0]), THANKS);
    history.verify().unwrap();
    let waits = until(&stack, &on(Platform::Website, "2"), is_decided).await;
    assert!(waits.tasks.is_empty(), "{:?}", waits.tasks);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_screen_lists_them_by_pages_and_today_leads_there() {
    const MORE_THAN_A_PAGE: usize = 27;
    let stack = stack().await;
    let mut imran = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    let none = imran.open("/hidden").await;
    assert!(
        none.body
            .contains("Nothing is hidden that you did not hide.")
    );
    let leads = |page: &str| page.matches("href=\"/hidden\"").count();
    assert_eq!(leads(&imran.open("/today").await.body), 1, "the menu alone");
    for nth in 0..MORE_THAN_A_PAGE {
        write_unheard(
            &stack,
            &format!("1_{nth}"),
            &format!("{THANKS}, {nth} times"),
        );
        filter(&stack, &format!("1_{nth}"));
    }
    sweep(&stack).await;
    for nth in 0..MORE_THAN_A_PAGE {
        let asked = |history: &History| !asks(history).is_empty();
        until(&stack, &key(&format!("1_{nth}")), asked).await;
    }
    assert_eq!(leads(&imran.open("/today").await.body), 2);
    let first = imran.open("/hidden").await;
    let cards = |page: &str| page.matches("pw-card__place").count();
    assert_eq!((first.status.as_u16(), cards(&first.body)), (200, 25));
    assert!(first.body.contains("25+ posts."));
    let (_, next) = first.body.split_once("href=\"/hidden?").unwrap();
    let next = next.split('"').next().unwrap().replace("&amp;", "&");
    let second = imran.open(&format!("/hidden?{next}")).await;
    assert_eq!((second.status.as_u16(), cards(&second.body)), (200, 2));
    let case = imran.open("/case/facebook/1_0").await;
    assert!(
        case.body
            .contains("It is hidden, and not by you: Facebook or somebody using")
    );
    assert!(case.body.contains("Show it again") && case.body.contains("Leave it hidden"));
    // Nobody of another practice sees them.
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let others = gail.open("/hidden").await;
    assert!(
        others
            .body
            .contains("Nothing is hidden that you did not hide.")
    );
}
