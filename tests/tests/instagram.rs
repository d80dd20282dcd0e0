//! Instagram, end to end: what its deliveries bring, and each effect on the account.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{ActionStatus, Choice, History, Person, TaskRecord, Visibility, Waits};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, Role, Surface, TaskKind};
use pagewarden_tests::{amend, stack, take_back};
use serde_json::{Value, json};

const ACCOUNT: &str = "17841400000000003";
const MEDIUM: &str = "17900000000000011";
const AUTHOR: &str = "5010000000000001";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const NEIGHBOUR: &str =
    "My neighbour Sheila Bowcott has been in there every week for her depression";
const REVIEW: &str = "Where can I leave a review of the surgery?";

fn roxbourne() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: roxbourne(),
        platform: Platform::Instagram,
        id: id.into(),
    }
}

fn comment(id: &str, words: &str) -> Value {
    json!({ "from": { "id": AUTHOR, "username": "a.tester" }, "media": { "id": MEDIUM, "media_product_type": "FEED" },
        "id": id, "text": words })
}

fn delivery_of(changes: &Value) -> Vec<u8> {
    // Written just now, since an author may be written to for a week.
    let entry =
        json!({ "id": ACCOUNT, "time": pagewarden_tests::now().as_second(), "changes": changes });
    json!({ "object": "instagram", "entry": [entry] })
        .to_string()
        .into_bytes()
}

async fn deliver(stack: &Stack, body: &[u8]) {
    stack.graph().learn(body).unwrap();
    assert_eq!(stack.sender().deliver(body).await.unwrap(), 200);
}

/// Delivers one comment.
async fn write(stack: &Stack, id: &str, words: &str) {
    deliver(
        stack,
        &delivery_of(&json!([{ "field": "comments", "value": comment(id, words) }])),
    )
    .await;
}

async fn history(stack: &Stack, id: &str) -> Option<History> {
    stack.ledger().history(&key(id)).await.unwrap()
}

async fn until(stack: &Stack, id: &str, wanted: impl Fn(&History) -> bool) -> History {
    pagewarden_tests::until(stack, &key(id), wanted).await
}

fn done(count: usize) -> impl Fn(&History) -> bool {
    move |history| {
        history.actions.len() == count
            && history
                .actions
                .iter()
                .all(|action| action.status == ActionStatus::Done)
    }
}

fn failed(history: &History) -> bool {
    history
        .actions
        .iter()
        .any(|action| action.status == ActionStatus::Failed)
}

fn decided(history: &History) -> bool {
    history
        .revisions
        .iter()
        .all(|revision| revision.decided.is_some())
}

fn put_off(history: &History) -> bool {
    history
        .actions
        .iter()
        .any(|action| action.status == ActionStatus::Claimed && action.result.is_some())
}

async fn an_hour_later(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
}

/// A person decides about a post: the first of its tasks that will do.
async fn choose(stack: &Stack, id: &str, choice: Choice, fits: impl Fn(&TaskRecord) -> bool) {
    let person = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    let waiting = stack.ledger().open_tasks(&roxbourne()).await.unwrap();
    let task = waiting
        .iter()
        .find(|task| task.key == key(id) && fits(task))
        .unwrap();
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &person,
            choice,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
}

fn any(_: &TaskRecord) -> bool {
    true
}

fn happened(stack: &Stack, wanted: impl Fn(&Entry) -> bool) -> usize {
    stack
        .graph()
        .journal()
        .iter()
        .filter(|entry| wanted(entry))
        .count()
}

fn hidden(id: &str) -> impl Fn(&Entry) -> bool {
    move |entry| matches!(entry, Entry::Hidden { id: one } if one == id)
}

#[tokio::test(flavor = "multi_thread")]
async fn hide_takes_an_abusive_comment_out_of_sight() {
    let stack = stack().await;
    write(&stack, "17800000000000001", ABUSE).await;
    write(
        &stack,
        "17800000000000002",
        "Are the flu clinics on Saturday as well?",
    )
    .await;
    let history = until(&stack, "17800000000000001", done(1)).await;
    assert_eq!(history.state.visibility, Visibility::Hidden);
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("confirmed by the platform")
    );
    assert_eq!(happened(&stack, hidden("17800000000000001")), 1);
    assert_eq!(
        until(&stack, "17800000000000002", decided).await.actions,
        []
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unhide_shows_a_comment_again_and_the_machine_lets_it_be() {
    let stack = stack().await;
    write(&stack, "17800000000000001", ABUSE).await;
    until(&stack, "17800000000000001", done(1)).await;
    choose(&stack, "17800000000000001", Choice::Restore, any).await;
    let history = until(&stack, "17800000000000001", done(2)).await;
    assert_eq!(history.state.visibility, Visibility::Visible);
    assert_eq!(
        happened(&stack, |entry| matches!(entry, Entry::Shown { .. })),
        1
    );
    write(&stack, "17800000000000001", ABUSE).await;
    assert_eq!(happened(&stack, hidden("17800000000000001")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_is_a_persons_and_is_confirmed() {
    let stack = stack().await;
    write(&stack, "17800000000000001", ABUSE).await;
    until(&stack, "17800000000000001", done(1)).await;
    choose(&stack, "17800000000000001", Choice::Delete, any).await;
    let history = until(&stack, "17800000000000001", done(2)).await;
    assert_eq!(history.state.visibility, Visibility::Gone);
    assert_eq!(
        happened(&stack, |entry| matches!(
            entry,
            Entry::Deleted { by_us: true, .. }
        )),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn public_reply_is_sent_once_and_comes_back_as_the_accounts_own() {
    let stack = stack().await;
    write(&stack, "17800000000000001", REVIEW).await;
    until(&stack, "17800000000000001", decided).await;
    // The answer to the first try is lost, so the second looks before it would write again.
    stack
        .graph()
        .faults()
        .next(1, &Fault::After(StatusCode::BAD_GATEWAY, json!({})));
    choose(&stack, "17800000000000001", Choice::Reply, |task| {
        task.draft.is_some()
    })
    .await;
    until(&stack, "17800000000000001", put_off).await;
    // Ours may be the one that does not read.
    let odd = json!({ "data": [{ "id": "17800000000000009" }] });
    stack
        .graph()
        .faults()
        .next(1, &Fault::Instead(StatusCode::OK, odd));
    an_hour_later(&stack).await;
    until(&stack, "17800000000000001", |history| {
        put_off(history) && history.actions[0].attempts == 2
    })
    .await;
    an_hour_later(&stack).await;
    let history = until(&stack, "17800000000000001", done(1)).await;
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("earlier try")
    );
    let replies: Vec<Entry> = stack
        .graph()
        .journal()
        .into_iter()
        .filter(|entry| matches!(entry, Entry::Replied { .. }))
        .collect();
    let [
        Entry::Replied {
            reply,
            private: false,
            words,
            ..
        },
    ] = &replies[..]
    else {
        panic!("{replies:?}")
    };
    assert!(words.contains("leave a review"), "{words}");
    // It was delivered like any comment, and is on record as nobody's post.
    assert!(self::history(&stack, reply).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_of_a_hidden_comment_is_asked_in_private() {
    let stack = stack().await;
    write(&stack, "17800000000000001", NEIGHBOUR).await;
    until(&stack, "17800000000000001", done(1)).await;
    choose(&stack, "17800000000000001", Choice::AskAuthor, |task| {
        task.draft.is_some()
    })
    .await;
    until(&stack, "17800000000000001", done(2)).await;
    let private = |entry: &Entry| matches!(entry, Entry::Replied { private: true, words, .. } if words.contains("hidden"));
    assert_eq!(happened(&stack, private), 1);
}

/// Lets Roxbourne's people ban who writes obscenities, which its policy does not speak of.
async fn let_ban(stack: &Stack) {
    let effects = r#"effects = ["capture", "hide", "report", "delete"]"#;
    amend(
        stack,
        "roxbourne",
        effects,
        &effects.replace(']', ", \"ban\"]"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ban_blocks_somebody_who_has_a_conversation_with_the_practice() {
    let stack = stack().await;
    let_ban(&stack).await;
    let wrote = json!({ "object": "instagram", "entry": [{ "id": ACCOUNT, "time": 1_795_168_860_000_u64,
        "messaging": [{ "sender": { "id": AUTHOR }, "recipient": { "id": ACCOUNT }, "message": { "mid": "m", "text": "Hi" } }] }] });
    deliver(&stack, &wrote.to_string().into_bytes()).await;
    write(&stack, "17800000000000001", ABUSE).await;
    until(&stack, "17800000000000001", done(1)).await;
    choose(&stack, "17800000000000001", Choice::Ban, any).await;
    until(&stack, "17800000000000001", done(2)).await;
    assert_eq!(
        happened(&stack, |entry| *entry
            == Entry::Banned { id: AUTHOR.into() }),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ban_of_somebody_who_never_wrote_becomes_a_task_that_says_why() {
    let stack = stack().await;
    let_ban(&stack).await;
    write(&stack, "17800000000000001", ABUSE).await;
    until(&stack, "17800000000000001", done(1)).await;
    choose(&stack, "17800000000000001", Choice::Ban, any).await;
    let history = until(&stack, "17800000000000001", failed).await;
    let task = history
        .tasks
        .iter()
        .find(|task| task.kind == TaskKind::DoByHand)
        .unwrap();
    assert!(task.why.contains("private conversation"), "{}", task.why);
    assert_eq!(
        happened(&stack, |entry| matches!(entry, Entry::Banned { .. })),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_shape_of_delivery_is_hidden_once() {
    let stack = stack().await;
    let mut documented = comment("x", ABUSE);
    documented["comment_id"] = json!("17800000000000002");
    documented.as_object_mut().unwrap().remove("id");
    let flat = json!({ "id": ACCOUNT, "time": 1_795_168_860, "field": "live_comments",
        "value": comment("17800000000000003", ABUSE) });
    let mut advertised = comment("17800000000000001", ABUSE);
    advertised["media"] = json!({ "id": "17900000000000099", "media_product_type": "AD", "original_media_id": MEDIUM });
    let changes = json!([
        { "field": "comments", "value": comment("17800000000000001", ABUSE) },
        { "field": "comments", "value": advertised },
        { "field": "comments", "value": documented },
    ]);
    let flat = json!({ "object": "instagram", "entry": [flat] })
        .to_string()
        .into_bytes();
    for _ in 0..2 {
        deliver(&stack, &delivery_of(&changes)).await;
        deliver(&stack, &flat).await;
    }
    for n in 1..=3 {
        let id = format!("1780000000000000{n}");
        until(&stack, &id, done(1)).await;
        assert_eq!(happened(&stack, hidden(&id)), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_account_writes_itself_is_never_judged() {
    let stack = stack().await;
    let mut own = comment("17800000000000001", ABUSE);
    own["from"] =
        json!({ "id": ACCOUNT, "username": "roxbourne", "self_ig_scoped_id": "7700000000000001" });
    let changes = json!([{ "field": "comments", "value": own }]);
    deliver(&stack, &delivery_of(&changes)).await;
    assert!(history(&stack, "17800000000000001").await.is_none());
}

/// Delivers a mention, which names a comment below somebody else's post and brings none of it.
async fn mention(stack: &Stack, id: &str) {
    let value = json!({ "comment_id": id, "media_id": "17900000000000088" });
    deliver(
        stack,
        &delivery_of(&json!([{ "field": "mentions", "value": value }])),
    )
    .await;
}

/// Lets a mention stand on Instagram, below a post of this owner.
fn mentioned(stack: &Stack, id: &str, words: &str, owner: &str) {
    let comment = json!({ "id": id, "text": words, "username": "a.tester", "timestamp": "2026-11-20T10:00:00+0000",
        "media": { "id": "17900000000000088", "owner": { "id": owner } } });
    stack
        .graph()
        .learn_account(&json!({ "id": ACCOUNT, "mentioned_comment": comment }))
        .unwrap();
}

/// The revision that holds a post's words.
fn with_words(words: &str) -> impl Fn(&History) -> bool {
    move |history| {
        history
            .revisions
            .iter()
            .any(|one| one.post.text == words && one.decided.is_some())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_is_read_judged_and_answered_on_instagram() {
    let stack = stack().await;
    mentioned(&stack, "17800000000000044", REVIEW, "1");
    mention(&stack, "17800000000000044").await;
    let history = until(&stack, "17800000000000044", with_words(REVIEW)).await;
    let read = history
        .revisions
        .iter()
        .find(|one| one.post.text == REVIEW)
        .unwrap();
    assert_eq!(
        (read.post.surface, read.post.author.name.as_deref()),
        (Surface::Mention, Some("a.tester"))
    );
    choose(&stack, "17800000000000044", Choice::Reply, |task| {
        task.draft.is_some()
    })
    .await;
    until(&stack, "17800000000000044", done(1)).await;
    let replied = |entry: &Entry| matches!(entry, Entry::Replied { id, private: false, .. } if id == "17800000000000044");
    assert_eq!(happened(&stack, replied), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_below_an_own_post_is_hidden_like_a_comment() {
    let stack = stack().await;
    write(&stack, "17800000000000044", "Hello").await;
    until(&stack, "17800000000000044", decided).await;
    let words = "@roxbourne.medical the receptionist is a fat useless bitch";
    mentioned(&stack, "17800000000000045", words, ACCOUNT);
    mention(&stack, "17800000000000045").await;
    let history = until(&stack, "17800000000000045", |history| {
        !history.actions.is_empty()
    })
    .await;
    assert_eq!(history.actions[0].post.surface, Surface::Comment);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_that_cannot_be_read_goes_to_a_person() {
    let stack = stack().await;
    mention(&stack, "17800000000000044").await;
    let history = until(&stack, "17800000000000044", decided).await;
    assert_eq!((history.revisions.len(), history.actions.len()), (1, 0));
    assert!(!history.tasks.is_empty());
    // Coming again, it opens no other task.
    mention(&stack, "17800000000000044").await;
    stack.run("remind").await.unwrap();
    assert_eq!(
        until(&stack, "17800000000000044", decided)
            .await
            .tasks
            .len(),
        history.tasks.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_waits_while_instagram_is_down() {
    let stack = stack().await;
    mentioned(&stack, "17800000000000044", ABUSE, "1");
    stack.graph().faults().next(
        1,
        &Fault::Instead(StatusCode::SERVICE_UNAVAILABLE, json!({})),
    );
    let before = stack.graph().calls();
    mention(&stack, "17800000000000044").await;
    let started = Instant::now();
    while stack.graph().calls() == before {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "nobody tried to read it"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!with_words(ABUSE)(
        &history(&stack, "17800000000000044").await.unwrap()
    ));
    an_hour_later(&stack).await;
    until(&stack, "17800000000000044", with_words(ABUSE)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_change_on_facebook_is_looked_up_and_hidden() {
    let stack = stack().await;
    let body = pagewarden_tests::comment("100000000000003", "1_1", "55", ABUSE);
    stack.graph().learn(&body).unwrap();
    let unknown = String::from_utf8(body)
        .unwrap()
        .replace("\"add\"", "\"restored\"")
        .replace(ABUSE, "");
    assert_eq!(
        stack.sender().deliver(unknown.as_bytes()).await.unwrap(),
        200
    );
    let started = Instant::now();
    while happened(&stack, hidden("1_1")) == 0 {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "it was not hidden"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Lets comments stand below the account's post of which no delivery tells.
fn standing(stack: &Stack, comments: &[(&str, &str)]) {
    let comment = |(id, words): &(&str, &str)| {
        json!({ "id": id, "text": words, "username": "a.tester", "from": { "id": AUTHOR, "username": "a.tester" },
            "timestamp": format!("2026-11-20T10:00:{}+0000", &id[15..]) })
    };
    let comments: Vec<Value> = comments.iter().map(comment).collect();
    let medium = json!({ "id": MEDIUM, "timestamp": "2026-11-20T08:00:00+0000",
        "permalink": "https://www.instagram.com/p/DTest/", "comments": { "data": comments } });
    stack
        .graph()
        .learn_account(&json!({ "id": ACCOUNT, "media": { "data": [medium] } }))
        .unwrap();
}

/// Sweeps, and returns how many calls Meta was asked.
async fn sweep(stack: &Stack) -> usize {
    let before = stack.graph().calls();
    stack.run("sweep").await.unwrap();
    stack.graph().calls() - before
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_account_costs_one_call_and_news_are_found() {
    let stack = stack().await;
    // One call for each page and account that there is, once each page was asked what it tells of.
    sweep(&stack).await;
    let nothing = sweep(&stack).await;
    let many: Vec<String> = (10..61).map(|n| format!("178000000000000{n}")).collect();
    standing(
        &stack,
        &many
            .iter()
            .map(|id| (id.as_str(), "Thank you all"))
            .collect::<Vec<_>>(),
    );
    assert_eq!(
        sweep(&stack).await,
        nothing + 1,
        "the 51st comment stands on a second page"
    );
    assert!(
        history(&stack, &many[0]).await.is_some() && history(&stack, &many[50]).await.is_some()
    );
    assert_eq!(sweep(&stack).await, nothing);

    standing(&stack, &[("17800000000000061", ABUSE)]);
    sweep(&stack).await;
    assert_eq!(
        until(&stack, "17800000000000061", done(1))
            .await
            .state
            .visibility,
        Visibility::Hidden
    );
    // Our own hide is looked at once, and then everything is as it was.
    sweep(&stack).await;
    assert_eq!(sweep(&stack).await, nothing);
    assert_eq!(happened(&stack, hidden("17800000000000061")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_subscribed_once_and_its_loss_is_reported() {
    let stack = stack().await;
    let page = Channel {
        platform: Platform::Facebook,
        account: "100000000000003".into(),
    };
    let account = PostKey {
        id: ACCOUNT.into(),
        ..key("")
    };
    let ask = async || {
        // The page is not looked at itself: it need not be a channel of the practice.
        let later = stack.clock().now() + SignedDuration::from_hours(1);
        stack
            .ledger()
            .wait(Waits::Channel(&page), later)
            .await
            .unwrap();
        stack
            .graph()
            .happen(Entry::Subscribed {
                id: page.account.clone(),
                fields: Vec::new(),
            })
            .unwrap();
        stack.run("sweep").await.unwrap();
        let tasks = stack.ledger().tasks_of(&account).await.unwrap();
        let given = |entry: &Entry| matches!(entry, Entry::Subscribed { id, fields } if *id == page.account && !fields.is_empty());
        (happened(&stack, given), tasks)
    };
    assert_eq!(ask().await, (1, Vec::new()));
    stack.clock().pass(SignedDuration::from_hours(25));
    let (asked, told) = ask().await;
    assert_eq!((asked, told.len()), (2, 1));
    assert!(
        told[0].why.starts_with("Instagram does not send")
            && told[0].why.contains("no longer has the app")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_judged_and_what_people_do_in_the_app_is_noted() {
    let stack = stack().await;
    let ids = [
        "17800000000000011",
        "17800000000000012",
        "17800000000000013",
        "17800000000000014",
    ];
    standing(&stack, &ids.map(|id| (id, "Great clinic today")));
    sweep(&stack).await;
    for id in ids {
        until(&stack, id, decided).await;
    }
    standing(&stack, &[(ids[0], "You absolute wankers")]);
    stack
        .graph()
        .happen(Entry::Hidden { id: ids[1].into() })
        .unwrap();
    take_back(&stack, &[ids[2]]);
    sweep(&stack).await;
    assert_eq!(until(&stack, ids[0], done(1)).await.revisions.len(), 2);
    until(&stack, ids[1], |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
    until(&stack, ids[2], |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
    // A post that is deleted takes what is below it along.
    take_back(&stack, &[MEDIUM, ids[3]]);
    sweep(&stack).await;
    until(&stack, ids[3], |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_edited_just_before_they_were_hidden_are_judged() {
    let stack = stack().await;
    let id = "17800000000000021";
    standing(&stack, &[(id, "Great clinic today")]);
    sweep(&stack).await;
    until(&stack, id, decided).await;
    // Somebody hides it in the app between two sweeps. The list leaves it out.
    standing(&stack, &[(id, NEIGHBOUR)]);
    stack
        .graph()
        .happen(Entry::Hidden { id: id.into() })
        .unwrap();
    sweep(&stack).await;
    let history = until(&stack, id, |history| {
        history.revisions.len() == 2 && decided(history)
    })
    .await;
    assert_eq!(history.revisions[1].post.text, NEIGHBOUR);
    sweep(&stack).await;
    until(&stack, id, |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
}

/// Nothing tells of it before: no delivery, and no list.
#[tokio::test(flavor = "multi_thread")]
async fn words_edited_while_hidden_are_judged_when_shown() {
    let stack = stack().await;
    let id = "17800000000000022";
    write(&stack, id, ABUSE).await;
    until(&stack, id, done(1)).await;
    standing(&stack, &[(id, NEIGHBOUR)]);
    sweep(&stack).await;
    assert_eq!(history(&stack, id).await.unwrap().revisions.len(), 1);
    stack
        .graph()
        .happen(Entry::Shown { id: id.into() })
        .unwrap();
    sweep(&stack).await;
    let history = until(&stack, id, |history| {
        history.revisions.len() == 2 && decided(history)
    })
    .await;
    assert!(
        history
            .revisions
            .iter()
            .any(|revision| revision.post.text == NEIGHBOUR),
        "{history:?}"
    );
}
