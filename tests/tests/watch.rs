//! A rule of which people take back too much stops hiding, says so, and starts again by two people.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_ledger::{
    ActionStatus, Answer, Choice, Counter, History, LOOKED_AT, Person, RuleError, Start,
};
use pagewarden_local::stack::Stack;
use pagewarden_notices::Alert;
use pagewarden_rules::{By, Effect, Platform, PostKey, Role};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, stack, until};

const PAGE: &str = "100000000000001";
const ABUSE: &str = "That receptionist is a fat useless bitch";

fn gail() -> Person {
    Person {
        name: "Gail".into(),
        role: Role::PracticeManager,
    }
}

/// Has somebody post what the rules call abuse, and returns its key once it was judged.
async fn abused(stack: &Stack, id: &str) -> (PostKey, History) {
    let key = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    };
    let author = format!("author-of-{id}");
    let body = comment(PAGE, id, &author, ABUSE);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let history = until(stack, &key, |history| {
        !history.tasks.is_empty()
            && history
                .actions
                .iter()
                .all(|action| action.status == ActionStatus::Done)
    })
    .await;
    (key, history)
}

/// Returns the clause under which the machine hid a post, if it did.
fn hidden_under(history: &History) -> Option<String> {
    let hide = history
        .actions
        .iter()
        .find(|action| action.effect == Effect::Hide && action.by == By::Machine)?;
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
    assert!(watched[0].stopped.is_some());
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
    let other = Person {
        name: "Dr Anjali Patel".into(),
        role: Role::SafeguardingLead,
    };
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
