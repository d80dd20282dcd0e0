//! X, end to end: what is heard of, what is done there, and what is left to a person.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod quotes;

use std::time::Duration;

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_fakes::x::{self, SCOPES, Sent, Timeline};
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{ActionStatus, Choice, History, HoldError, Person, Visibility};
use pagewarden_local::demo;
use pagewarden_local::stack::Stack;
use pagewarden_platforms::calls::{CallError, Http, Timeouts};
use pagewarden_platforms::x::{Settings, X};
use pagewarden_platforms::{Secret, delivery};
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, Role, Surface, TaskKind};
use pagewarden_runtime::{ReachError, Scope, XAccess};
use pagewarden_tests::{amend, emulator, stack};
use serde_json::{Value, json};

const ACCOUNT: &str = "2000000004";
const NAME: &str = "WoolpitHC";
const ROOT: &str = "2085000000000000004";
const AUTHOR: &str = "3000000012";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const ASKING: &str = "Are the flu clinics on Saturday as well?";

fn woolpit() -> PracticeId {
    "woolpit".parse().unwrap()
}

fn channel() -> Channel {
    Channel {
        platform: Platform::X,
        account: ACCOUNT.into(),
    }
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: woolpit(),
        platform: Platform::X,
        id: id.into(),
    }
}

fn joan() -> Person {
    Person {
        name: "Joan".into(),
        role: Role::PracticeManager,
    }
}

fn event(kind: &str, payload: &Value) -> Value {
    json!({ "data": { "event_uuid": format!("-{}", payload["id"]), "filter": { "user_id": ACCOUNT },
        "event_type": kind, "payload": payload, "includes": {} } })
}

/// A direct answer to a post of the account. X begins its words with the account that is answered.
fn reply(id: &str, words: &str) -> Value {
    let text = format!("@{NAME} {words}");
    event(
        "post.reply.create",
        &json!({ "id": id, "author_id": AUTHOR, "text": text, "created_at": "2026-11-20T10:00:00.000Z",
            "conversation_id": ROOT, "in_reply_to_user_id": ACCOUNT, "display_text_range": [NAME.len() + 2, text.len()],
            "entities": { "mentions": [{ "start": 0, "end": NAME.len() + 1, "id": ACCOUNT, "username": NAME }] },
            "referenced_posts": [{ "type": "replied_to", "id": ROOT }] }),
    )
}

/// A post of its own that names the account.
fn mention(id: &str, words: &str) -> Value {
    let text = format!("{words} @{NAME}");
    event(
        "post.mention.create",
        &json!({ "id": id, "author_id": AUTHOR, "text": text, "created_at": "2026-11-20T10:00:00.000Z",
            "conversation_id": id, "display_text_range": [0, text.len()],
            "entities": { "mentions": [{ "start": words.len() + 1, "end": text.len(), "id": ACCOUNT, "username": NAME }] } }),
    )
}

/// An id as X makes them, of a post that was written so many minutes after another.
fn id_of(minutes: u64) -> String {
    (2_085_000_000_000_000_000 + ((minutes * 60_000) << 22)).to_string()
}

async fn history(stack: &Stack, id: &str) -> Option<History> {
    stack.ledger().history(&key(id)).await.unwrap()
}

async fn until(stack: &Stack, id: &str, wanted: impl Fn(&History) -> bool) -> History {
    pagewarden_tests::until(stack, &key(id), wanted).await
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
}

fn put_off(history: &History) -> bool {
    history
        .actions
        .iter()
        .any(|action| action.status == ActionStatus::Claimed && action.result.is_some())
}

fn times(stack: &Stack, wanted: impl Fn(&Entry) -> bool) -> usize {
    stack
        .timeline()
        .journal()
        .iter()
        .filter(|entry| wanted(entry))
        .count()
}

fn hides(stack: &Stack, id: &str) -> usize {
    times(stack, |entry| *entry == Entry::Hidden { id: id.into() })
}

fn answers(stack: &Stack, to: &str) -> usize {
    times(
        stack,
        |entry| matches!(entry, Entry::Replied { id, .. } if id == to),
    )
}

async fn an_hour_later(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
}

/// Makes a person choose about the first task that waits for a post.
async fn choose(stack: &Stack, id: &str, choice: Choice) {
    let waiting = stack.ledger().open_tasks(&woolpit()).await.unwrap();
    let task = waiting.iter().find(|task| task.key.id == id).unwrap();
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &joan(),
            choice,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
}

async fn sweep(stack: &Stack) -> usize {
    let before = stack.timeline().calls(ACCOUNT);
    stack.run("sweep").await.unwrap();
    stack.timeline().calls(ACCOUNT) - before
}

#[tokio::test(flavor = "multi_thread")]
async fn hide_and_unhide_a_reply_in_the_practices_own_conversation() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(&reply("1001", ABUSE), Sent::Once)
        .unwrap();
    let hidden = until(&stack, "1001", is(ActionStatus::Done)).await;
    assert_eq!(
        (hidden.state.visibility, hides(&stack, "1001")),
        (Visibility::Hidden, 1)
    );
    assert_eq!(hidden.revisions[0].post.surface, Surface::Reply);
    // Nobody but the author can delete it on X, so a person asks the author and reports it.
    let kinds: Vec<TaskKind> = hidden.tasks.iter().map(|task| task.kind).collect();
    assert!(
        kinds.contains(&TaskKind::AskAuthor) && kinds.contains(&TaskKind::ReportByHand),
        "{kinds:?}"
    );

    choose(&stack, "1001", Choice::Restore).await;
    let shown = until(&stack, "1001", |history| {
        history.actions.len() == 2 && is(ActionStatus::Done)(history)
    })
    .await;
    assert_eq!(shown.state.visibility, Visibility::Visible);
    assert_eq!(
        times(&stack, |entry| *entry == Entry::Shown { id: "1001".into() }),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_elsewhere_is_never_hidden_and_a_person_reports_it() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(&mention("1002", ABUSE), Sent::Once)
        .unwrap();
    let found = until(&stack, "1002", decided).await;
    assert!(
        found.actions.is_empty()
            && found
                .tasks
                .iter()
                .any(|task| task.kind == TaskKind::ReportByHand)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_in_anothers_conversation_becomes_a_task() {
    let stack = stack().await;
    // The account had answered in a conversation of somebody else, and is answered there.
    let mut elsewhere = reply("1003", ABUSE);
    elsewhere["data"]["payload"]["conversation_id"] = json!("900");
    let first =
        json!({ "id": "900", "author_id": "777", "text": "hello", "conversation_id": "900" });
    stack
        .timeline()
        .learn(event("post.mention.create", &first).to_string().as_bytes())
        .unwrap();
    stack.timeline().happen(&elsewhere, Sent::Once).unwrap();
    let history = until(&stack, "1003", is(ActionStatus::Failed)).await;
    assert!(
        history
            .tasks
            .iter()
            .any(|task| task.kind == TaskKind::DoByHand && task.why.contains("another's"))
    );
    assert_eq!(hides(&stack, "1003"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_is_answered_once_although_the_answer_was_lost() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(
            &mention("1004", "Can I get an appointment for tomorrow please"),
            Sent::Once,
        )
        .unwrap();
    until(&stack, "1004", |history| {
        decided(history) && !history.tasks.is_empty()
    })
    .await;
    // A look goes well; then X takes the answer, and its confirmation is lost.
    stack
        .timeline()
        .faults()
        .next(1, &Fault::Late(Duration::ZERO));
    stack
        .timeline()
        .faults()
        .next(1, &Fault::After(StatusCode::BAD_GATEWAY, json!({})));
    choose(&stack, "1004", Choice::Reply).await;
    until(&stack, "1004", put_off).await;
    an_hour_later(&stack).await;
    let history = until(&stack, "1004", is(ActionStatus::Done)).await;
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("earlier try")
    );
    assert_eq!(answers(&stack, "1004"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_who_did_not_mention_us_is_a_persons_to_answer() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(
            &reply("1005", "Can I get an appointment for tomorrow please"),
            Sent::Once,
        )
        .unwrap();
    until(&stack, "1005", |history| {
        decided(history) && !history.tasks.is_empty()
    })
    .await;
    choose(&stack, "1005", Choice::Reply).await;
    let history = until(&stack, "1005", is(ActionStatus::Failed)).await;
    let by_hand = history
        .tasks
        .iter()
        .find(|task| task.kind == TaskKind::DoByHand)
        .unwrap();
    // The words are there to be pasted.
    assert!(by_hand.why.contains("mention or quote") && by_hand.draft.is_some());
    assert_eq!(answers(&stack, "1005"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn mute_an_author_by_a_persons_choice() {
    let stack = stack().await;
    // Woolpit's policy does not speak of it.
    let effects = r#"effects = ["capture", "hide", "report", "delete"]"#;
    amend(
        &stack,
        "woolpit",
        effects,
        &effects.replace(']', ", \"mute\"]"),
    )
    .await;
    stack
        .timeline()
        .happen(&mention("1006", ABUSE), Sent::Once)
        .unwrap();
    until(&stack, "1006", decided).await;
    choose(&stack, "1006", Choice::Mute).await;
    let history = until(&stack, "1006", is(ActionStatus::Done)).await;
    assert!(
        history.actions[0]
            .result
            .as_deref()
            .unwrap()
            .contains("muted")
    );
    assert_eq!(
        times(&stack, |entry| *entry == Entry::Muted { id: AUTHOR.into() }),
        1
    );
    // To everybody else it is as visible as before.
    assert_eq!(history.state.visibility, Visibility::Visible);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_taken_back_are_dropped_unless_a_person_holds_them() {
    let stack = stack().await;
    let words = |history: &History| history.revisions[0].post.text.clone();
    for id in ["1007", "1008"] {
        stack
            .timeline()
            .happen(&mention(id, ABUSE), Sent::Once)
            .unwrap();
        assert!(!words(&until(&stack, id, decided).await).is_empty());
    }
    let ledger = stack.ledger();
    ledger
        .hold(
            &key("1008"),
            true,
            &joan(),
            Some("the solicitor asked"),
            None,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    let auditor = Person {
        name: "Ann".into(),
        role: Role::Auditor,
    };
    let refused = ledger
        .hold(
            &key("1007"),
            true,
            &auditor,
            None,
            None,
            pagewarden_tests::now(),
        )
        .await;
    assert!(matches!(refused, Err(HoldError::Refused(_))));

    // By either API, and a second time.
    let older = json!({ "for_user_id": ACCOUNT,
        "tweet_delete_events": [{ "status": { "id": "1007", "user_id": AUTHOR }, "timestamp_ms": "1" }] });
    let newer = event("post.delete", &json!({ "id": "1008", "author_id": AUTHOR }));
    for delivery in [&older, &older, &newer] {
        stack.timeline().happen(delivery, Sent::Once).unwrap();
    }
    let dropped = until(&stack, "1007", |history| words(history).is_empty()).await;
    assert_eq!(
        (
            dropped.state.visibility,
            dropped.revisions[0].post.author.id.as_deref()
        ),
        (Visibility::Gone, None)
    );
    assert_eq!(
        dropped.revisions[0].raw, None,
        "what X sent holds the words as well"
    );
    let held = until(&stack, "1008", |history| {
        history.state.visibility == Visibility::Gone
    })
    .await;
    assert!(words(&held).contains(ABUSE) && held.revisions[0].raw.is_some());
    let too_late = ledger
        .hold(
            &key("1007"),
            true,
            &joan(),
            None,
            None,
            pagewarden_tests::now(),
        )
        .await;
    assert!(matches!(too_late, Err(HoldError::NoWords)));

    ledger
        .hold(
            &key("1008"),
            false,
            &joan(),
            None,
            None,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
    let lifted = until(&stack, "1008", |history| words(history).is_empty()).await;
    // What was dropped is on record, and so is the hash of what it was.
    assert!(
        lifted
            .events
            .iter()
            .any(|event| event.body.contains("words_dropped"))
    );
    // Somebody who puts other words in their place is found out.
    let mut forged = lifted;
    forged.revisions[0].post.text = "something else".into();
    assert!(forged.verify().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn words_taken_back_go_from_tasks_and_actions_too() {
    let stack = stack().await;
    let body = reply("1010", ABUSE);
    stack.timeline().happen(&body, Sent::Once).unwrap();
    let hidden = until(&stack, "1010", is(ActionStatus::Done)).await;
    assert_eq!(
        hidden.actions[0].post.author.id.as_deref(),
        Some(AUTHOR),
        "the action knows whose post it is"
    );
    assert!(hidden.tasks.iter().any(|task| task.report.is_some()));
    let gone = event("post.delete", &json!({ "id": "1010", "author_id": AUTHOR }));
    stack.timeline().happen(&gone, Sent::Once).unwrap();
    let gone = until(&stack, "1010", |history| {
        history.revisions[0].post.text.is_empty()
    })
    .await;
    gone.verify().unwrap();
    let kept = format!("{:?} {:?} {:?}", gone.revisions, gone.tasks, gone.actions);
    assert!(
        !kept.contains(AUTHOR) && !kept.contains("useless"),
        "{kept}"
    );
    assert!(gone.tasks.iter().all(|task| task.report.is_none()));
    let last = gone.events.last().unwrap();
    let named = |what: &str| last.body.contains(what);
    assert!(named("words_dropped") && named("ACT#") && named("TASK#"));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_taken_back_unjudged_go_with_the_decision() {
    let stack = stack().await;
    let body = mention("1009", ABUSE);
    // Removed as soon as it is on record: the decision comes before or after.
    stack
        .sender()
        .deliver_x(body.to_string().as_bytes())
        .await
        .unwrap();
    stack
        .sender()
        .deliver_x(
            event("post.delete", &json!({ "id": "1009" }))
                .to_string()
                .as_bytes(),
        )
        .await
        .unwrap();
    let history = until(&stack, "1009", |history| {
        decided(history) && history.revisions[0].post.text.is_empty()
    })
    .await;
    assert_eq!(history.state.visibility, Visibility::Gone);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_functions_spend_a_refresh_token_once() {
    let stack = stack().await;
    // The two hours of every access token are up.
    for (channel, practice) in stack.ledger().channels().await.unwrap() {
        stack
            .ledger()
            .spoil_access(&practice, &channel, &x::first_access(&channel.account))
            .await
            .unwrap();
    }
    // `act` hides four replies in as many lanes while `sweep` looks for more.
    for n in 0..4 {
        stack
            .timeline()
            .happen(&reply(&format!("11{n}0"), ABUSE), Sent::Once)
            .unwrap();
    }
    let (one, other) = tokio::join!(stack.run("sweep"), stack.run("sweep"));
    one.unwrap();
    other.unwrap();
    for n in 0..4 {
        until(&stack, &format!("11{n}0"), is(ActionStatus::Done)).await;
    }
    let renewed = |account: &str| {
        times(
            &stack,
            |entry| matches!(entry, Entry::Renewed { account: of, .. } if of == account),
        )
    };
    for account in demo::x_accounts().unwrap() {
        assert_eq!(renewed(&account), 1, "{account}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_get_one_token_and_consent_starts_over() {
    let (_table, ledger) = emulator::ledger().await;
    let timeline = Timeline::open(None, &[ACCOUNT.to_owned()], None, &Clock::manual()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = timeline.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let second = Duration::from_secs(5);
    let client = X::new(
        Http::new(Timeouts {
            connect: second,
            total: second,
        })
        .unwrap(),
        Settings { base },
    );
    let now = pagewarden_tests::now();
    let token = async |access: &XAccess, practice: &PracticeId, channel: &Channel, now| {
        access
            .token(&Scope {
                practice,
                channel,
                correlation: "a test",
                now,
            })
            .await
    };
    let access = async |refresh: String| {
        let secret =
            json!({ "client_id": "demo", "client_secret": "demo", "refresh_token": refresh })
                .to_string();
        let secrets = emulator::secrets(&[("channel/x/2000000004", secret.as_str())]).await;
        XAccess::new(ledger.clone(), secrets, client.clone())
    };
    // Each function has a client of its own; the table is what they share.
    let (one, other) = (
        access(x::first_token(ACCOUNT)).await,
        access(x::first_token(ACCOUNT)).await,
    );
    let (practice, channel) = (woolpit(), channel());
    let ask = |access: &XAccess| {
        let (access, practice, channel) = (access.clone(), practice.clone(), channel.clone());
        tokio::spawn(async move {
            token(&access, &practice, &channel, now)
                .await
                .unwrap()
                .secret()
                .expose()
                .to_owned()
        })
    };
    let asked: Vec<_> = (0..8)
        .map(|n| ask(if n % 2 == 0 { &one } else { &other }))
        .collect();
    let mut tokens = Vec::new();
    for token in asked {
        tokens.push(token.await.unwrap());
    }
    tokens.dedup();
    assert_eq!(
        (tokens.len(), timeline.journal().len()),
        (1, 1),
        "{tokens:?}"
    );

    // A refresh token that X does not know stops the channel, and the lease is free again for the
    // right one.
    let wrong = token(
        &access("withdrawn".to_owned()).await,
        &practice,
        &channel,
        now,
    )
    .await;
    assert!(matches!(
        wrong,
        Err(ReachError::Call(CallError::Credential { .. }))
    ));
    let again = token(&one, &practice, &channel, now).await.unwrap();
    assert_eq!(again.secret().expose(), tokens[0]);
    // Two hours later the one that came with it is shown, and not the first.
    let later = token(
        &one,
        &practice,
        &channel,
        now + SignedDuration::from_hours(2),
    )
    .await
    .unwrap();
    assert!(later.is_new() && later.secret().expose() != tokens[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_ends_early_is_renewed() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(&reply("1010", ABUSE), Sent::Once)
        .unwrap();
    until(&stack, "1010", is(ActionStatus::Done)).await;
    stack.timeline().end_access();
    sweep(&stack).await;
    stack.timeline().end_access();
    stack
        .timeline()
        .happen(&reply("1011", ABUSE), Sent::Once)
        .unwrap();
    until(&stack, "1011", put_off).await;
    an_hour_later(&stack).await;
    until(&stack, "1011", is(ActionStatus::Done)).await;
    assert_eq!(
        times(
            &stack,
            |entry| matches!(entry, Entry::Renewed { account, .. } if account == ACCOUNT)
        ),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_x_is_waited_for_and_a_missing_scope_is_told() {
    let stack = stack().await;
    stack.timeline().set_limit("hide", 0);
    // A window begins with each quarter of an hour.
    stack.clock().pass(SignedDuration::from_secs(
        900 - stack.clock().now().as_second() % 900,
    ));
    stack
        .timeline()
        .happen(&reply("1012", ABUSE), Sent::Once)
        .unwrap();
    until(&stack, "1012", put_off).await;
    // X gave a quarter of an hour, so nothing is due before.
    let soon = stack.clock().now() + SignedDuration::from_mins(10);
    assert!(stack.ledger().due(soon).await.unwrap().is_empty());
    stack.timeline().set_limit("hide", 50);
    an_hour_later(&stack).await;
    until(&stack, "1012", is(ActionStatus::Done)).await;

    stack.timeline().set_scopes(&SCOPES.map(|scope| {
        if scope == "tweet.moderate.write" {
            "tweet.read"
        } else {
            scope
        }
    }));
    stack
        .timeline()
        .happen(&reply("1013", ABUSE), Sent::Once)
        .unwrap();
    let history = until(&stack, "1013", is(ActionStatus::Failed)).await;
    assert!(
        history
            .tasks
            .iter()
            .any(|task| task.why.contains("not allowed"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_twice_late_or_lost_are_judged_once() {
    let stack = stack().await;
    let sent = [
        ("1014", Sent::Twice),
        ("1015", Sent::Late(Duration::from_millis(50))),
        ("1016", Sent::Never),
    ];
    for (id, sent) in sent {
        stack.timeline().happen(&reply(id, ABUSE), sent).unwrap();
    }
    sweep(&stack).await;
    for (id, _) in sent {
        let history = until(&stack, id, is(ActionStatus::Done)).await;
        assert_eq!((history.revisions.len(), hides(&stack, id)), (1, 1), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_account_costs_one_call() {
    let stack = stack().await;
    for n in 0..150 {
        stack
            .timeline()
            .happen(&mention(&id_of(n * 100), ASKING), Sent::Never)
            .unwrap();
    }
    // Two pages, and the account's own posts, of which there are none.
    assert_eq!(sweep(&stack).await, 3);
    assert!(
        history(&stack, &id_of(0)).await.is_some()
            && history(&stack, &id_of(14_900)).await.is_some()
    );
    let mark = stack
        .ledger()
        .watermark(&woolpit(), &channel())
        .await
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    assert_eq!(
        stack
            .ledger()
            .watermark(&woolpit(), &channel())
            .await
            .unwrap(),
        mark
    );
    stack
        .timeline()
        .happen(&mention(&id_of(15_000), ASKING), Sent::Never)
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    assert!(history(&stack, &id_of(15_000)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_that_x_shows_after_a_newer_one_is_found() {
    let stack = stack().await;
    let (older, newer) = (id_of(10), id_of(20));
    stack
        .timeline()
        .happen(&mention(&newer, ASKING), Sent::Never)
        .unwrap();
    sweep(&stack).await;
    stack
        .timeline()
        .happen(&mention(&older, ABUSE), Sent::Never)
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    until(&stack, &older, decided).await;
    let mark = stack
        .ledger()
        .watermark(&woolpit(), &channel())
        .await
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    assert_eq!(
        stack
            .ledger()
            .watermark(&woolpit(), &channel())
            .await
            .unwrap(),
        mark
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_to_a_reply_is_found_by_the_sweep_and_hidden() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(&reply("1017", ASKING), Sent::Once)
        .unwrap();
    // X tells no webhook of it.
    let mut deeper = reply("1018", ABUSE);
    deeper["data"]["payload"]["in_reply_to_user_id"] = json!(AUTHOR);
    deeper["data"]["payload"]["referenced_posts"] = json!([{ "type": "replied_to", "id": "1017" }]);
    stack.timeline().happen(&deeper, Sent::Never).unwrap();
    let before = stack.timeline().calls(ACCOUNT);
    sweep(&stack).await;
    let history = until(&stack, "1018", is(ActionStatus::Done)).await;
    // Four calls of the sweep: the list, whose conversation it is, the account's own post, and what
    // quotes it. Two of the act, which may begin before the sweep has ended: the post and its
    // conversation, and hiding it.
    assert_eq!(stack.timeline().calls(ACCOUNT) - before, 6);
    assert_eq!(
        (history.revisions[0].post.surface, hides(&stack, "1018")),
        (Surface::Reply, 1)
    );
}

/// Lets a day pass since X was last asked what is gone.
async fn a_day_passes(stack: &Stack) {
    let mark = stack
        .ledger()
        .watermark(&woolpit(), &channel())
        .await
        .unwrap()
        .unwrap();
    let mut mark: Value = serde_json::from_str(&mark).unwrap();
    mark["asked_at"] = json!(pagewarden_tests::now() - SignedDuration::from_hours(24));
    stack
        .ledger()
        .set_watermark(&woolpit(), &channel(), &mark.to_string())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nothing_is_kept_of_is_not_paid_for_again() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(&mention("1019", ASKING), Sent::Once)
        .unwrap();
    sweep(&stack).await;
    let history = until(&stack, "1019", decided).await;
    assert_eq!(history.revisions[0].post.text, "");
    a_day_passes(&stack).await;
    assert_eq!(sweep(&stack).await, 1);
    // The moment has come and gone: nothing is left for the next hour.
    assert_eq!(sweep(&stack).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_without_a_word_is_found_within_a_day() {
    let stack = stack().await;
    stack
        .timeline()
        .happen(&mention("1019", ABUSE), Sent::Once)
        .unwrap();
    stack
        .timeline()
        .happen(&mention("1020", ABUSE), Sent::Once)
        .unwrap();
    sweep(&stack).await;
    for id in ["1019", "1020"] {
        until(&stack, id, decided).await;
    }
    stack.timeline().remove("1019").unwrap();
    assert_eq!(sweep(&stack).await, 1);
    a_day_passes(&stack).await;
    assert_eq!(sweep(&stack).await, 2);
    let gone = until(&stack, "1019", |history| {
        history.revisions[0].post.text.is_empty()
    })
    .await;
    assert_eq!(gone.state.visibility, Visibility::Gone);
    assert_eq!(
        history(&stack, "1020").await.unwrap().state.visibility,
        Visibility::Visible
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn x_is_believed_by_its_signature_and_answered_its_challenge() {
    let stack = stack().await;
    let body = mention("1021", ASKING).to_string().into_bytes();
    let good = delivery::sign_x(&Secret::new(demo::X_CONSUMER_SECRET), &body);
    let other = delivery::sign_x(&Secret::new("another secret"), &body);
    // Facebook's way of writing the same code, and Facebook's key, are no good here.
    let as_meta = delivery::sign(&Secret::new(demo::X_CONSUMER_SECRET), &body);
    let by_meta = delivery::sign_x(&Secret::new(demo::APP_SECRET), &body);
    for signature in [
        None,
        Some(""),
        Some("sha256="),
        Some(&other),
        Some(&as_meta),
        Some(&by_meta),
    ] {
        assert_eq!(
            stack
                .sender()
                .send_x(&body, signature.map(AsRef::as_ref))
                .await
                .unwrap(),
            401,
            "{signature:?}"
        );
    }
    assert!(history(&stack, "1021").await.is_none());
    assert_eq!(
        stack.sender().send_x(&body, Some(&good)).await.unwrap(),
        200
    );
    assert!(history(&stack, "1021").await.is_some());

    let ask = async |token: &str| {
        let answer = reqwest::get(format!("{}/webhooks/x?crc_token={token}", stack.api_url()))
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let expected = delivery::sign_x(&Secret::new(demo::X_CONSUMER_SECRET), b"9b4507b3-9040-4669");
    assert_eq!(
        ask("9b4507b3-9040-4669").await,
        (200, json!({ "response_token": expected }).to_string())
    );
    assert_eq!(ask("").await.0, 403);
    // A delivery is not signed for whoever asks.
    assert_eq!(ask("%7B%22data%22%3A%7B%7D%7D").await.0, 403);
}
