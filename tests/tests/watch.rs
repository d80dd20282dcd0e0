//! A rule of which people take back too much stops hiding, says so, and starts again by two people.

#![expect(clippy::unwrap_used, reason = "a test may")]

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_fakes::Fault;
use pagewarden_ledger::{
    ActionStatus, Answer, Choice, Counter, History, LOOKED_AT, Person, RuleError, Start, WhyStopped,
};
use pagewarden_local::stack::Stack;
use pagewarden_notices::Alert;
use pagewarden_rules::{By, Effect, Platform, PostKey, Role, TaskKind};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, resettle, stack, until};
use serde_json::json;

const PAGE: &str = "100000000000001";
const ABUSE: &str = "That receptionist is a fat useless bitch";

fn patel() -> Person {
    Person {
        name: "Dr Anjali Patel".into(),
        role: Role::SafeguardingLead,
    }
}

fn gail() -> Person {
    Person {
        name: "Gail".into(),
        role: Role::PracticeManager,
    }
}

/// Has somebody post what the rules call abuse, and returns its key once what follows was done.
async fn abused(stack: &Stack, id: &str) -> (PostKey, History) {
    let settled = |history: &History| {
        !history.tasks.is_empty()
            && history
                .actions
                .iter()
                .all(|action| !action.status.is_open())
    };
    abused_until(stack, id, settled).await
}

async fn abused_until(
    stack: &Stack,
    id: &str,
    wanted: impl Fn(&History) -> bool,
) -> (PostKey, History) {
    let key = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    };
    let author = format!("author-of-{id}");
    let body = comment(PAGE, id, &author, ABUSE);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let history = until(stack, &key, wanted).await;
    (key, history)
}

/// Returns the clause under which the machine hid a post, if it did.
fn hidden_under(history: &History) -> Option<String> {
    let hide = history.actions.iter().find(|action| {
        action.effect == Effect::Hide
            && action.by == By::Machine
            && action.status == ActionStatus::Done
    })?;
    Some(hide.clause.clone().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_people_take_back_stops_and_two_start_it_again() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let mut rule = String::new();
    for nth in 0..4 {
        let (post, history) = abused(&stack, &format!("1_{nth}")).await;
        rule = hidden_under(&history).unwrap();
        // Asked for twice, and counted once.
        for _ in 0..2 {
            let now = stack.clock().now();
            ledger.unhide(&post, &gail(), None, now).await.unwrap();
        }
    }
    let practice = "kingswinford".parse().unwrap();
    let watched = ledger.watched_rules(&practice).await.unwrap();
    assert_eq!(watched.len(), 1);
    assert_eq!(
        (watched[0].clause.as_str(), watched[0].shown_again()),
        (rule.as_str(), 4)
    );
    let stopped = watched[0].stopped.as_ref().unwrap();
    assert_eq!(stopped.why, WhyStopped::TakenBack);
    let now = stack.clock().now();

    let (_, history) = abused(&stack, "1_5").await;
    assert_eq!(hidden_under(&history), None);
    assert!(!history.tasks.is_empty(), "a person decides");
    stack.rest().await;
    let told = stack.outbox().taken();
    assert!(
        told.iter()
            .any(|parcel| parcel.alert == Alert::RuleStopped && parcel.to.name == "Gail"),
        "{told:?}"
    );

    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let page = gail.open("/policy").await;
    assert!(page.body.contains("Stopped itself"), "{}", page.body);
    let form = [
        ("clause", rule.as_str()),
        ("note", "It was one joke, shared."),
    ];
    let asked = gail.post("/rules", &form).await;
    let page = gail.follow(asked).await;
    assert!(
        page.body
            .contains("Somebody asked for it to be started again: Gail")
    );
    let twice = gail.post("/rules", &form).await;
    assert_eq!(twice.status, 409);
    assert!(twice.body.contains("somebody else has to agree"));
    let other = patel();
    let started = ledger.start_rule(&practice, &rule, &other, None, now).await;
    assert!(matches!(started, Ok(Start::Started)), "{started:?}");
    let again = ledger.start_rule(&practice, &rule, &other, None, now).await;
    assert!(matches!(again, Err(RuleError::Runs(_))), "{again:?}");
    let (post, history) = abused(&stack, "1_6").await;
    assert_eq!(hidden_under(&history).as_deref(), Some(rule.as_str()));
    let settings = gail.open("/people").await;
    assert!(
        settings
            .body
            .contains(&format!("Rule {rule} started again"))
    );

    // That it stays hidden counts as well, once a post.
    let task = history.tasks.iter().find(|task| !task.optional).unwrap();
    let answer = Answer {
        choice: Choice::KeepHidden,
        note: None,
        again: false,
    };
    ledger
        .choose(&post, &task.id, &self::gail(), answer, now)
        .await
        .unwrap();
    let watched = ledger.watched_rules(&practice).await.unwrap();
    assert_eq!(watched[0].taken_back, [false]);
    assert!(watched[0].taken_back.len() <= LOOKED_AT);
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let numbers = ledger.numbers(&practice, today, today).await.unwrap();
    assert_eq!(numbers.total().of(&Counter::Upheld(rule)), 1);
    let audit = ledger.audit(Some(&practice)).await.unwrap();
    assert!(audit.wrong.is_empty(), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_uses_up_a_limit_stops_until_two_start_it() {
    let stack = stack().await;
    let ledger = stack.ledger();
    // The limit is by the hour of the clock, so that this must not go past its end.
    if stack.clock().now().in_tz("UTC").unwrap().minute() >= 50 {
        stack.clock().pass(SignedDuration::from_mins(10));
    }
    let limit = |settings: &mut serde_json::Value| settings["caps"]["acts_per_hour"] = json!(2);
    resettle(&stack, "kingswinford", limit).await;
    let (_, first) = abused(&stack, "1_1").await;
    let rule = hidden_under(&first).unwrap();
    let (_, second) = abused(&stack, "1_2").await;
    assert_eq!(hidden_under(&second).as_deref(), Some(rule.as_str()));
    let (_, over) = abused(&stack, "1_3").await;
    assert_eq!(over.actions[0].status, ActionStatus::Parked);
    let says = |history: &History, what: &str| {
        let mut tasks = history.tasks.iter();
        tasks.any(|task| task.why.contains(what))
    };
    assert!(says(&over, "over the cap of 2 acts an hour"));
    let practice = "kingswinford".parse().unwrap();
    let why = async || {
        let watched = ledger.watched_rules(&practice).await.unwrap();
        watched[0].stopped.as_ref().map(|stopped| stopped.why)
    };
    assert_eq!(why().await, Some(WhyStopped::LimitReached));
    stack.rest().await;
    let told = stack.outbox().taken();
    let told: Vec<_> = told
        .iter()
        .filter(|parcel| parcel.alert == Alert::LimitReached && parcel.to.name == "Gail")
        .collect();
    assert!(
        told.iter()
            .any(|parcel| parcel.wording.body.contains("/policy")),
        "{told:?}"
    );
    let mut browser = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let page = browser.open("/policy").await;
    assert!(page.body.contains("a limit of the practice was reached"));

    // The hour is over, and the rule does not go on by itself.
    stack.clock().pass(SignedDuration::from_hours(1));
    let (_, later) = abused(&stack, "1_4").await;
    assert_eq!(hidden_under(&later), None);
    assert!(!later.tasks.is_empty(), "a person decides");
    let start = async || {
        let now = stack.clock().now();
        let asked = ledger
            .start_rule(&practice, &rule, &gail(), None, now)
            .await;
        assert_eq!(asked.unwrap(), Start::Asked);
        let started = ledger
            .start_rule(&practice, &rule, &patel(), None, now)
            .await;
        assert_eq!(started.unwrap(), Start::Started);
    };
    start().await;
    for id in ["1_5", "1_6"] {
        assert!(hidden_under(&abused(&stack, id).await.1).is_some(), "{id}");
    }
    abused(&stack, "1_7").await;
    assert_eq!(why().await, Some(WhyStopped::LimitReached));
    // Whoever starts it again in the same hour is not stopped for the same hour once more.
    start().await;
    let (_, over) = abused(&stack, "1_8").await;
    assert_eq!(over.actions[0].status, ActionStatus::Parked);
    assert_eq!(why().await, None);
    let audit = ledger.audit(Some(&practice)).await.unwrap();
    assert!(audit.wrong.is_empty(), "{audit:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hide_on_its_way_when_its_rule_stops_is_left_to_people() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let mut hidden = Vec::new();
    for nth in 0..4 {
        hidden.push(abused(&stack, &format!("1_{nth}")).await.0);
    }
    // The platform fails, so the next one waits.
    let fails = Fault::Instead(StatusCode::SERVICE_UNAVAILABLE, json!({}));
    stack.graph().faults().next(1, &fails);
    let put_off = |history: &History| {
        let mut actions = history.actions.iter();
        actions.any(|action| action.status.is_open() && action.result.is_some())
    };
    let (waits, _) = abused_until(&stack, "1_waits", put_off).await;
    for post in &hidden {
        let now = stack.clock().now();
        ledger.unhide(post, &gail(), None, now).await.unwrap();
    }
    stack.clock().pass(SignedDuration::from_hours(1));
    stack.run("remind").await.unwrap();
    let history = until(&stack, &waits, |history| {
        history
            .actions
            .iter()
            .all(|action| !action.status.is_open())
    })
    .await;
    assert_eq!(hidden_under(&history), None);
    assert_eq!(history.actions[0].status, ActionStatus::Parked);
    let task = history
        .tasks
        .iter()
        .find(|task| task.kind == TaskKind::DoByHand)
        .unwrap();
    assert!(task.why.contains("has stopped itself"), "{}", task.why);
    // Its words are kept as evidence, and a person may hide it.
    assert_eq!(history.revisions[0].post.text, ABUSE);
    let answer = Choice::KeepHidden;
    let now = stack.clock().now();
    ledger
        .choose(&waits, &task.id, &gail(), answer, now)
        .await
        .unwrap();
    let by_person = |history: &History| {
        let mut actions = history.actions.iter();
        actions.any(|action| action.by == By::Person && action.status == ActionStatus::Done)
    };
    until(&stack, &waits, by_person).await;
}
