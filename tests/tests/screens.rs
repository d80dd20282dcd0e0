//! The screens beside the cases, from outside: the numbers, accounts, the staff log.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pagewarden_ledger::{
    Choice, Clock, Counter, Event, History, LogEntry, LogKind, Numbers, Person, Tally, TaskRecord,
    Visibility, Within,
};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{By, Disposition, Effect, Platform, PostKey, PracticeId, Role};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{comment, replayed, stack, until};

const GAIL: &str = "gail@kingswinford.example";
const RUTH: &str = "ruth@threeways.example";
const PRIYA: &str = "priya@mile-oak.example";

/// Mile Oak's Facebook page.
const MILE_OAK: &str = "100000000000005";
const ABUSE: &str = "The receptionist is a fat useless bitch";

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Has somebody comment on a Facebook page, and waits until that is hidden.
async fn abused(stack: &Stack, practice: &str, page: &str, id: &str, author: &str) -> PostKey {
    let body = comment(page, id, author, ABUSE);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let key = PostKey {
        practice: practice.parse().unwrap(),
        platform: Platform::Facebook,
        id: id.to_owned(),
    };
    until(stack, &key, |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
    key
}

/// Returns all that was ever counted at a practice.
async fn numbers(stack: &Stack, practice: &str) -> Numbers {
    let now = stack.clock().now();
    let date = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
    let practice: PracticeId = practice.parse().unwrap();
    stack
        .ledger()
        .numbers(&practice, date(now - DAY * 30), date(now))
        .await
        .unwrap()
}

/// Counts the same from the histories of a practice's posts, as far as they say it.
fn counted_again(histories: &[(PostKey, History)]) -> Tally {
    let mut counters = Vec::new();
    for (key, history) in histories {
        for event in history.events.iter().map(|line| line.event().unwrap()) {
            match event {
                Event::Decided {
                    decision, tasks, ..
                } => {
                    counters.extend([Counter::Judged, Counter::Came(decision.disposition)]);
                    if !tasks.is_empty() || decision.disposition != Disposition::None {
                        counters.push(Counter::Case(key.platform));
                        let clauses = decision.clauses.iter().chain(&decision.learned);
                        let clauses: BTreeSet<_> =
                            clauses.map(|clause| clause.id.clone()).collect();
                        counters.extend(clauses.into_iter().map(|clause| Counter::Clause {
                            platform: key.platform,
                            clause,
                        }));
                    }
                }
                Event::Acted {
                    action,
                    effect: Effect::Hide,
                    gone: false,
                    ..
                } => {
                    let action = history.actions.iter().find(|one| one.id == action).unwrap();
                    if action.by == By::Machine {
                        counters.push(Counter::Hidden(action.clause.clone().unwrap()));
                    }
                }
                Event::Chosen { choice, .. } => counters.push(Counter::Chose(choice)),
                _ => {}
            }
        }
    }
    counters.into_iter().collect()
}

async fn histories(stack: &Stack, posts: &[PostKey], practice: &str) -> Vec<(PostKey, History)> {
    let mut histories = Vec::new();
    let own = posts
        .iter()
        .filter(|post| post.practice.as_str() == practice);
    for post in own.collect::<BTreeSet<_>>() {
        let history = stack.ledger().history(post).await.unwrap().unwrap();
        histories.push((post.clone(), history));
    }
    histories
}

/// Returns a post that the machine hid and about which a task of its offers this choice, with the
/// task and the clause.
async fn hidden(stack: &Stack, posts: &[PostKey], practice: &str) -> (PostKey, TaskRecord, String) {
    for (post, history) in histories(stack, posts, practice).await {
        let by_machine = history
            .actions
            .iter()
            .find(|action| action.effect == Effect::Hide && action.by == By::Machine);
        let (Some(hide), Visibility::Hidden) = (by_machine, history.state.visibility) else {
            continue;
        };
        let case = pagewarden_tests::case(stack.ledger(), &post).await.unwrap();
        let asked = case.questions();
        let about_post = asked
            .iter()
            .find(|(question, _)| *question == pagewarden_ledger::Question::Post);
        if let Some((_, tasks)) = about_post {
            return (post, tasks[0].clone(), hide.clause.clone().unwrap());
        }
    }
    panic!("nothing of {practice} is hidden and asked about");
}

fn manager(name: &str) -> Person {
    Person {
        name: name.to_owned(),
        role: Role::PracticeManager,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_is_what_the_histories_say() {
    let (stack, posts) = replayed().await;
    let (post, task, clause) = hidden(&stack, &posts, "kingswinford").await;
    let gail = manager("Gail");
    stack.clock().pass(SignedDuration::from_mins(50));
    let now = stack.clock().now();
    stack
        .ledger()
        .choose(&post, &task.id, &gail, Choice::Restore, now)
        .await
        .unwrap();
    // Asked for twice, and shown once.
    stack
        .ledger()
        .unhide(&post, &gail, None, now)
        .await
        .unwrap();
    until(&stack, &post, |history| {
        history.state.visibility == Visibility::Visible
    })
    .await;
    stack.rest().await;
    let histories = histories(&stack, &posts, "kingswinford").await;
    let counted = numbers(&stack, "kingswinford").await.total();
    let again = counted_again(&histories);
    assert!(again.of(&Counter::Judged) > 5);
    for (counter, times) in again.iter() {
        assert_eq!(counted.of(counter), times, "{counter:?}");
    }
    let known = |counter: &&Counter| {
        again.of(counter) > 0
            || matches!(
                counter,
                Counter::Restored(_)
                    | Counter::FirstDecision(_)
                    | Counter::Met(_)
                    | Counter::Missed(_)
                    | Counter::CriticismLeft
            )
    };
    let strange: Vec<&Counter> = counted
        .iter()
        .map(|(counter, _)| counter)
        .filter(|counter| !known(counter))
        .collect();
    assert!(strange.is_empty(), "no history says {strange:?}");
    assert_eq!(counted.of(&Counter::Restored(clause)), 1);
    assert_eq!(counted.of(&Counter::FirstDecision(Within::Hour)), 1);
    assert_eq!(counted.first_decision(50), Some(Within::Hour));
    assert_eq!(
        counted.of(&Counter::Met(Clock::Decision)) + counted.of(&Counter::Missed(Clock::Decision)),
        counted.sum(|counter| matches!(counter, Counter::Met(_) | Counter::Missed(_))),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_is_met_by_whoever_says_that_they_are_dealing_with_it() {
    let (stack, posts) = replayed().await;
    let mut danger = Vec::new();
    for (post, history) in histories(&stack, &posts, "threeways").await {
        let tasks = history.tasks.into_iter();
        danger.extend(
            tasks
                .filter(|task| task.kind.is_danger() && !task.optional)
                .map(|task| (post.clone(), task)),
        );
    }
    let (post, task) = danger.first().unwrap();
    let clock = |numbers: &Numbers| {
        let total = numbers.total();
        [Counter::Met(Clock::Danger), Counter::Missed(Clock::Danger)].map(|one| total.of(&one))
    };
    assert_eq!(clock(&numbers(&stack, "threeways").await), [0, 0]);
    let ruth = manager("Ruth");
    let now = stack.clock().now();
    for _ in 0..2 {
        stack
            .ledger()
            .acknowledge(post, &task.id, &ruth, None, now)
            .await
            .unwrap();
    }
    assert_eq!(clock(&numbers(&stack, "threeways").await), [1, 0]);
    // It is answered days later, which is a matter of its own.
    let later = now + DAY * 4;
    stack
        .ledger()
        .choose(post, &task.id, &ruth, Choice::Done, later)
        .await
        .unwrap();
    let first = numbers(&stack, "threeways").await;
    assert_eq!(clock(&first), [1, 0]);
    let practice = "threeways".parse().unwrap();
    let day: Date = later.to_zoned(TimeZone::UTC).date();
    let on_the_day = stack.ledger().numbers(&practice, day, day).await.unwrap();
    assert_eq!(on_the_day.total().of(&Counter::Chose(Choice::Done)), 1);
    assert_eq!(
        on_the_day.total().of(&Counter::FirstDecision(Within::Week)),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_plots_with_tables_and_a_spreadsheet() {
    let (stack, posts) = replayed().await;
    let (post, task, clause) = hidden(&stack, &posts, "kingswinford").await;
    let gail = manager("Gail");
    let now = stack.clock().now();
    stack
        .ledger()
        .choose(&post, &task.id, &gail, Choice::Restore, now)
        .await
        .unwrap();
    let counted = numbers(&stack, "kingswinford").await.total();
    let hides = counted.of(&Counter::Hidden(clause.clone()));
    let mut browser = Browser::signed_in(&stack, GAIL).await;
    let before = stack.used();
    let page = browser.get("/numbers").await;
    let used = stack.used() - before;
    assert!(
        used.reads < 8.0 && used.writes == 0.0,
        "it is bounded and changes nothing: {used:?}"
    );
    assert_eq!(
        (page.status.as_u16(), page.title()),
        (200, "Numbers of Kingswinford Medical Practice by month")
    );
    let label = format!("{clause}: {hides} hidden, 1 brought back");
    assert!(page.body.contains(&label), "{label}: {}", page.body);
    let plots = page.body.matches("<svg").count();
    assert!(plots >= 4 && plots == page.body.matches("<table").count());
    assert!(!page.body.contains("style="), "the policy forbids it");

    let by_week = browser.get("/numbers?by=week").await;
    assert!(by_week.body.contains("Week of"));
    assert_eq!(browser.get("/numbers?by=hour").await.status.as_u16(), 404);

    let csv = browser.get("/numbers.csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.header("cache-control"), "no-store");
    let wanted = format!("\"Hidden by the program\",\"\",\"{clause}\",\"{hides}\"\r\n");
    assert!(csv.body.contains(&wanted), "{wanted}: {}", csv.body);
    for line in csv.body.lines() {
        assert_eq!(line.matches("\",\"").count(), 4, "{line}");
    }
    // Another practice has numbers of its own.
    let mut ruth = Browser::signed_in(&stack, RUTH).await;
    let page = ruth.get("/numbers").await;
    assert!(!page.body.contains(&label) && !page.body.contains("Kingswinford"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_what_it_posted_at_one_practice() {
    let stack = stack().await;
    let first = abused(&stack, "mile-oak", MILE_OAK, "5_1", "555").await;
    for id in ["5_2", "5_3"] {
        abused(&stack, "mile-oak", MILE_OAK, id, "555").await;
    }
    // The same account at another practice, and a harmless post of another account.
    abused(&stack, "kingswinford", "100000000000001", "1_9", "555").await;
    let harmless = comment(MILE_OAK, "5_4", "556", "Are the flu clinics on Saturday?");
    assert_eq!(stack.sender().deliver(&harmless).await.unwrap(), 200);
    stack.rest().await;

    let mut priya = Browser::signed_in(&stack, PRIYA).await;
    let case = priya.open("/case/facebook/5_1").await;
    let link = "<a href=\"/account/facebook/555\">This account&#39;s other posts: 2</a>";
    assert!(case.body.contains(link), "{}", case.body);
    let account = priya.open("/account/facebook/555").await;
    assert_eq!(account.title(), "Test Author, an account on Facebook");
    for wanted in [
        "3 times.",
        "It is not linked to a patient",
        "/case/facebook/5_2",
        "Warnings",
    ] {
        assert!(account.body.contains(wanted), "{wanted}: {}", account.body);
    }
    assert_eq!(account.body.matches("pw-card__title").count(), 3);
    assert!(!account.body.contains("1_9"), "another practice's");
    // Nothing is on record of an account that broke nothing, nor of one that is not there.
    let unknown = priya.get("/account/facebook/556").await;
    assert_eq!(unknown.status.as_u16(), 404);
    assert_eq!(unknown.body, priya.get("/account/facebook/0").await.body);
    let mut ruth = Browser::signed_in(&stack, RUTH).await;
    assert_eq!(ruth.get("/account/facebook/555").await.body, unknown.body);
    assert_eq!(
        ruth.post("/account/facebook/555", &[("note", "x")])
            .await
            .body,
        unknown.body
    );

    let before = stack.ledger().history(&first).await.unwrap();
    let address = "/account/facebook/555";
    let long = "x".repeat(2_001);
    for (note, why) in [
        (" ", "Write something first"),
        (long.as_str(), "Shorten it"),
    ] {
        let refused = priya.post(address, &[("note", note)]).await;
        assert_eq!(refused.status.as_u16(), 409);
        assert!(refused.body.contains(why), "{}", refused.body);
    }
    let noted = priya
        .post(address, &[("note", "Took down two when <b>asked</b>.")])
        .await;
    let account = priya.follow(noted).await;
    assert!(
        account.body.contains("Took down two when &#60;b&#62;asked"),
        "{}",
        account.body
    );
    assert!(account.body.contains("Priya (practice manager)"));
    assert_eq!(stack.ledger().history(&first).await.unwrap(), before);
    assert_eq!(stack.ledger().audit(None).await.unwrap().wrong, []);
    // The same account at the other practice has no note.
    let gail = Browser::signed_in(&stack, GAIL).await.open(address).await;
    assert!(!gail.body.contains("Took down two") && gail.body.contains("1 time."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_staff_write_down_stays_as_it_was_written() {
    let stack = stack().await;
    let mut priya = Browser::signed_in(&stack, PRIYA).await;
    assert!(
        priya
            .get("/log")
            .await
            .body
            .contains("Nothing has been written down yet")
    );
    let form = priya.get("/log/new").await;
    let own_words = "Portable devices are not to be used during consultations.\u{201d}";
    assert!(form.body.contains(own_words), "{}", form.body);
    assert!(
        !form.body.contains("agreed with the clinician"),
        "Mile Oak has no exception"
    );
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    assert!(
        gail.get("/log/new")
            .await
            .body
            .contains("It was agreed with the clinician")
    );

    let entry = |changes: &[(&'static str, &'static str)]| {
        let mut form = vec![
            ("kind", "premises"),
            ("day", "1"),
            ("month", "1"),
            ("year", "2026"),
            ("place", "Waiting room"),
            ("what", "Somebody took <b>pictures</b>."),
            ("seen_by", "Beth"),
            ("done", "Asked to stop."),
            ("rule", "M1"),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        form
    };
    let long = "x".repeat(2_001);
    let long: &'static str = long.leak();
    let wrong: [(&[(&str, &str)], &str); 7] = [
        (&[("kind", "moon")], "Choose where it happened"),
        (&[("day", "31"), ("month", "2")], "Write the date"),
        (&[("year", "2999")], "in the future"),
        (&[("place", " ")], "Write the place"),
        (&[("what", "")], "Write what happened"),
        (&[("what", long)], "more than 2000 characters"),
        (&[("rule", "K1")], "Choose one of these rules"),
    ];
    for (changes, says) in wrong {
        let refused = priya.post("/log/new", &entry(changes)).await;
        assert_eq!(refused.status.as_u16(), 422, "{says}");
        assert!(refused.body.contains(says), "{says}: {}", refused.body);
        assert!(
            refused.body.contains("Asked to stop."),
            "what was typed is kept"
        );
    }
    let odd = priya.post("/log/new", &entry(&[("role", "x")])).await;
    assert_eq!(odd.status.as_u16(), 400);

    // What the policy has no exception for is not agreed, whatever is sent.
    let kept = priya.post("/log/new", &entry(&[("agreed", "yes")])).await;
    let page = priya.follow(kept).await;
    for wanted in [
        "At the surgery, 1 January 2026",
        "Priya (practice manager)",
        "pictures&#60;/b&#62;",
        "About rule M1:",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    assert!(!page.body.contains("It was agreed"));
    assert!(!gail.get("/log").await.body.contains("Waiting room"));
    assert_eq!(stack.ledger().audit(None).await.unwrap().wrong, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staff_log_is_read_page_by_page_and_every_entry_once() {
    let stack = stack().await;
    let practice: PracticeId = "mile-oak".parse().unwrap();
    let person = manager("Priya");
    for n in 0..53 {
        stack.clock().pass(SignedDuration::from_mins(1));
        let entry = LogEntry {
            kind: LogKind::OffPage,
            on: "2026-01-01".parse().unwrap(),
            place: format!("place {n:02}"),
            what: "something".into(),
            seen_by: String::new(),
            done: String::new(),
            clause: None,
            agreed: false,
        };
        let now = stack.clock().now();
        stack
            .ledger()
            .log(&practice, &person, entry, now)
            .await
            .unwrap();
    }
    let mut priya = Browser::signed_in(&stack, PRIYA).await;
    let (mut address, mut read) = ("/log".to_owned(), Vec::new());
    loop {
        let page = priya.get(&address).await;
        let places = page.body.split("place ").skip(1);
        read.extend(places.filter_map(|rest| rest.get(..2)?.parse::<u8>().ok()));
        let Some((_, next)) = page.body.split_once("<a href=\"/log?after=") else {
            break;
        };
        address = format!("/log?after={}", next.split('"').next().unwrap());
    }
    let newest_first: Vec<u8> = (0..53).rev().collect();
    assert_eq!(read, newest_first);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_only_reads_or_runs_the_system_writes_nothing_down() {
    let stack = stack().await;
    let practice: PracticeId = "mile-oak".parse().unwrap();
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy = stack
        .ledger()
        .policy(&practice, record.policy)
        .await
        .unwrap();
    let mut settings: serde_json::Value = serde_json::from_str(&record.settings).unwrap();
    let people = settings["people"].as_array_mut().unwrap();
    let priya = people.iter_mut().find(|one| one["email"] == PRIYA).unwrap();
    priya["roles"] = serde_json::json!([Role::Auditor.name()]);
    let (policy, settings) = (policy.unwrap(), settings.to_string());
    let publish = stack
        .ledger()
        .publish(&practice, Some(&record), &policy, &settings, &[]);
    publish.await.unwrap();
    let mut priya = Browser::signed_in(&stack, PRIYA).await;
    let log = priya.get("/log").await;
    assert_eq!(log.status.as_u16(), 200);
    assert!(!log.body.contains("/log/new"));
    assert_eq!(priya.get("/log/new").await.status.as_u16(), 403);
    let refused = priya.post("/log/new", &[("what", "x")]).await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (403, "Your role may not do this")
    );
}
