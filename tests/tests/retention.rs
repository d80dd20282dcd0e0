//! What is kept for how long: nothing that is held or waits is ever let go, the rest goes when its
//! time has passed and not before, and the record holds afterwards.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pagewarden_ledger::{Answer, By, Choice, Event, History, KeptAs, Periods, Person, choices};
use pagewarden_local::stack::Stack;
use pagewarden_local::table::{NAME, client};
use pagewarden_rules::{Platform, PostKey, PracticeId, Role};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, stack, until};

const PAGE: &str = "100000000000003";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const COMPLAINT: &str = "I want to make a formal complaint about how my referral was handled";
const PLEA: &str = "I can't go on. Tonight is the night. I have the tablets here";

const PERIODS: Periods = Periods {
    decided: 24,
    complaint: Some(120),
    safeguarding: None,
};

fn practice() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: practice(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn imran() -> Person {
    Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    }
}

fn now() -> Timestamp {
    pagewarden_tests::now()
}

fn after_months(months: i64) -> Timestamp {
    // A day more: what is tested is on which side of the months it is.
    let later = now()
        .to_zoned(TimeZone::UTC)
        .checked_add(Span::new().months(months).days(1));
    later.unwrap().timestamp()
}

async fn write(stack: &Stack, id: &str, words: &str) {
    let body = comment(PAGE, id, "55", words);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(stack, &key(id), |history| !history.tasks.is_empty()).await;
}

async fn history(stack: &Stack, post: &PostKey) -> History {
    stack.ledger().history(post).await.unwrap().unwrap()
}

/// Answers everything that waits about a post, so that nothing of it is undone.
async fn close(stack: &Stack, id: &str) {
    let wanted = [
        Choice::Complaint,
        Choice::ComplaintAcknowledged,
        Choice::AskAuthor,
        Choice::KeepHidden,
        Choice::Done,
        Choice::Keep,
    ];
    loop {
        let case = pagewarden_tests::case(stack.ledger(), &key(id)).await;
        let Some(case) = case.filter(|case| !case.tasks.is_empty()) else {
            break;
        };
        let task = &case.tasks[0];
        let offered = choices(task, &case.grounds);
        let choice = wanted.iter().find(|one| offered.contains(one)).unwrap();
        let answer = Answer {
            choice: *choice,
            note: Some("seen to"),
            again: false,
        };
        stack
            .ledger()
            .choose(&key(id), &task.id, &imran(), answer, now())
            .await
            .unwrap();
    }
    until(stack, &key(id), |history| {
        history
            .actions
            .iter()
            .all(|action| !action.status.is_open())
    })
    .await;
}

/// Returns everything that the table says of a post.
async fn at_rest(stack: &Stack, id: &str) -> String {
    let items = client(stack.table_url())
        .query()
        .table_name(NAME)
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(
            ":pk",
            aws_sdk_dynamodb::types::AttributeValue::S(format!(
                "P#{}#POST#facebook#{id}",
                practice()
            )),
        )
        .send()
        .await
        .unwrap();
    format!("{:?}", items.items())
}

async fn let_go(stack: &Stack, at: Timestamp) -> BTreeSet<PostKey> {
    let gone = stack
        .ledger()
        .let_what_is_over_go(&practice(), &PERIODS, By::Policy, at)
        .await
        .unwrap();
    gone.posts.into_values().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_goes_and_what_is_held_or_open_stays() {
    let stack = stack().await;
    let mut random = fastrand::Rng::with_seed(3);
    // What each post is: its words, whether it was closed, and whether it is held.
    let mut posts: BTreeMap<String, (&str, bool, bool)> = BTreeMap::new();
    for nth in 0..9 {
        let id = format!("1_{nth}");
        let words = [ABUSE, COMPLAINT, PLEA][nth % 3];
        write(&stack, &id, words).await;
        let closed = nth < 3 || random.bool();
        let held = nth >= 3 && random.bool();
        if closed {
            close(&stack, &id).await;
        }
        if held {
            let review = Some("2027-05-31".parse().unwrap());
            stack
                .ledger()
                .hold(
                    &key(&id),
                    true,
                    &imran(),
                    Some("the solicitor"),
                    review,
                    now(),
                )
                .await
                .unwrap();
        }
        posts.insert(id, (words, closed, held));
    }
    stack.rest().await;
    let kind = |words: &str| match words {
        ABUSE => KeptAs::Decided,
        COMPLAINT => KeptAs::Complaint,
        _ => KeptAs::Safeguarding,
    };
    let mut gone: BTreeSet<PostKey> = BTreeSet::new();
    for months in [0, 1, 23, 24, 60, 119, 120, 600] {
        let at = after_months(months);
        let expected: BTreeSet<PostKey> = posts
            .iter()
            .filter(|(_, (words, closed, held))| {
                let kept_for = PERIODS.months(kind(words));
                *closed && !held && kept_for.is_some_and(|kept| i64::from(kept) <= months)
            })
            .map(|(id, _)| key(id))
            .collect();
        let plan = stack
            .ledger()
            .retention_plan(&practice(), &PERIODS, at)
            .await
            .unwrap();
        let planned: BTreeSet<PostKey> = plan.due.into_values().flatten().collect();
        let went = let_go(&stack, at).await;
        assert_eq!(
            planned, went,
            "the dry run says what goes, after {months} months"
        );
        gone.extend(went);
        assert_eq!(gone, expected, "after {months} months");
        assert_eq!(let_go(&stack, at).await, BTreeSet::new(), "twice is once");
        let audit = stack.ledger().audit(None).await.unwrap();
        assert_eq!(audit.wrong, [], "the record holds after {months} months");
        let held: BTreeSet<PostKey> = plan.held.into_iter().map(|held| held.post).collect();
        let holds = posts.iter().filter(|(_, (.., held))| *held);
        assert_eq!(held, holds.map(|(id, _)| key(id)).collect());
    }
    assert!(gone.contains(&key("1_0")) && gone.contains(&key("1_1")));
    for (id, (words, ..)) in &posts {
        let says = at_rest(&stack, id).await;
        let is_there = says.contains(words) || says.contains("Test Author");
        assert_eq!(is_there, !gone.contains(&key(id)), "{id}: {says}");
        history(&stack, &key(id)).await.verify().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_leaves_proof_in_both_chains() {
    let stack = stack().await;
    write(&stack, "1_0", ABUSE).await;
    close(&stack, "1_0").await;
    stack.rest().await;
    let before = history(&stack, &key("1_0")).await;
    let author = before.tasks.iter().find_map(|task| task.author.clone());
    let author = author.unwrap().to_string();
    assert!(at_rest(&stack, "1_0").await.contains(&author));
    assert_eq!(let_go(&stack, after_months(24)).await.len(), 1);
    assert!(!at_rest(&stack, "1_0").await.contains(&author));
    let after = history(&stack, &key("1_0")).await;
    let Event::LetGo {
        kept_as,
        months,
        revisions,
        items,
        ..
    } = after.events.last().unwrap().event().unwrap()
    else {
        panic!("the last line is not that it went")
    };
    assert_eq!((kept_as, months), (KeptAs::Decided, 24));
    assert_eq!(revisions, [before.revisions[0].revision.clone()]);
    assert!(
        items.iter().any(|item| item.starts_with("ACT#")),
        "{items:?}"
    );
    let lines = stack.ledger().practice_events(&practice()).await.unwrap();
    let body = &lines.last().unwrap().body;
    assert!(body.contains("\"counts\":{\"decided\":1}"), "{body}");
    assert!(!body.contains("1_0"), "the id is told by its hash alone");
    // Whoever writes words back, or takes the line away, is found.
    let found = stack.ledger().audit(None).await.unwrap();
    assert_eq!(found.wrong, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifted_hold_begins_the_time_anew() {
    let stack = stack().await;
    write(&stack, "1_0", ABUSE).await;
    close(&stack, "1_0").await;
    stack.rest().await;
    let (post, imran) = (key("1_0"), imran());
    let hold = async |on, at| {
        let hold = stack.ledger().hold(&post, on, &imran, None, None, at);
        hold.await.unwrap();
    };
    hold(true, now()).await;
    assert_eq!(let_go(&stack, after_months(240)).await, BTreeSet::new());
    hold(false, after_months(30)).await;
    assert_eq!(let_go(&stack, after_months(53)).await, BTreeSet::new());
    assert_eq!(let_go(&stack, after_months(55)).await.len(), 1);
    assert_eq!(stack.ledger().audit(None).await.unwrap().wrong, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_practice_manager_does_not_wait_for_the_daily_run() {
    let stack = stack().await;
    write(&stack, "1_0", ABUSE).await;
    close(&stack, "1_0").await;
    stack.rest().await;
    let chidi = Person {
        name: "Chidi Obi".into(),
        role: Role::Reviewer,
    };
    let at = after_months(24);
    let ledger = stack.ledger();
    let refused = ledger
        .let_what_is_over_go(&practice(), &PERIODS, By::Person(&chidi), at)
        .await;
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("may not have words deleted"), "{why}");
    let gone = ledger
        .let_what_is_over_go(&practice(), &PERIODS, By::Person(&imran()), at)
        .await
        .unwrap();
    assert_eq!(gone.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daily_run_lets_go_by_the_policy_in_force() {
    let stack = stack().await;
    write(&stack, "1_0", ABUSE).await;
    close(&stack, "1_0").await;
    stack.rest().await;
    let at_night = |months| {
        let then = after_months(months).to_zoned(TimeZone::UTC);
        let then = then.with().hour(3).minute(17).build().unwrap();
        then.timestamp() + remind::turn(&practice())
    };
    for (months, words) in [(22, true), (25, false)] {
        stack
            .clock()
            .pass(at_night(months).duration_since(stack.clock().now()));
        stack.run("remind").await.unwrap();
        let kept = &history(&stack, &key("1_0")).await.revisions[0];
        assert_eq!(!kept.post.text.is_empty(), words, "after {months} months");
        // Whoever answers for it sees when how many went, and the line that proves it.
        let mut browser = Browser::signed_in(&stack, "imran@roxbourne.example").await;
        let page = browser.open("/papers").await;
        assert_eq!(page.body.contains("Nothing was deleted yet."), words);
        let lines = stack.ledger().practice_events(&practice()).await.unwrap();
        let proof = lines.iter().find(|line| line.body.contains("let_go"));
        assert_eq!(proof.is_none(), words);
        if let Some(proof) = proof {
            let said =
                "The daily run deleted the words of 1 post: 1 that something was decided about.";
            assert!(page.body.contains(said), "{}", page.body);
            assert!(page.body.contains(&proof.hash), "{}", page.body);
        }
    }
    assert_eq!(stack.ledger().audit(None).await.unwrap().wrong, []);
}
