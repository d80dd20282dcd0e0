//! Backtests: a policy tried on what is on record, without the words and without a platform.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::{SignedDuration, Timestamp};
use pagewarden_backtest::{Backtest, Kind, Reread, Window, policy_sha256, run};
use pagewarden_ledger::{AccountOf, Choice, Person, RevisionRecord};
use pagewarden_local::stack::Stack;
use pagewarden_policies::{Loaded, Settings, load};
use pagewarden_rules::{By, Effect, Platform, PostKey, PracticeId, Reader, Role};
use pagewarden_tests::{comment, replayed, resettle, stack, until};

const PAGE: &str = "100000000000003";

fn window(until: Timestamp) -> Window {
    Window {
        days: 90,
        until,
        most: 1000,
        words: false,
    }
}

/// Returns the policy in force with something of it changed.
async fn changed(stack: &Stack, practice: &PracticeId, from: &str, to: &str) -> (Loaded, String) {
    let record = stack.ledger().practice(practice).await.unwrap().unwrap();
    let stored = stack.ledger().policy(practice, record.policy).await;
    let stored = stored.unwrap().unwrap();
    assert!(stored.toml.contains(from), "the policy says {from}");
    let toml = stored.toml.replacen(from, to, 1);
    let sha256 = policy_sha256(&toml, &stored.published);
    (load(&toml, &stored.published, "p.toml").unwrap(), sha256)
}

async fn tried(stack: &Stack, practice: &PracticeId, tried: &(Loaded, String)) -> Backtest {
    let until = stack.clock().now() + SignedDuration::from_secs(1);
    let (loaded, sha256) = tried;
    let tried = (&loaded.policy, sha256.clone());
    run(stack.ledger(), practice, tried, &window(until), None)
        .await
        .unwrap()
}

/// Every practice's own policy, over every sample post, gives what is on record.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_policy_decides_nothing_otherwise() {
    let (stack, posts) = replayed().await;
    for id in [
        "kingswinford",
        "threeways",
        "roxbourne",
        "woolpit",
        "mile-oak",
    ] {
        let practice: PracticeId = id.parse().unwrap();
        let same = changed(&stack, &practice, "", "").await;
        let result = tried(&stack, &practice, &same).await;
        let own = posts.iter().filter(|post| post.practice == practice);
        assert_eq!(result.posts, own.count(), "{id}: every post is looked at");
        assert!(result.versions >= result.posts);
        assert!(
            result.without_words > 0,
            "{id}: harmless posts are among them"
        );
        assert_eq!(
            result.not_repeated, 0,
            "{id}: the record gives its decisions again"
        );
        assert!(result.is_the_same(), "{id}: {:#?}", result.changes);
        let sentences = result.sentences();
        assert_eq!(sentences, ["Nothing would have been decided otherwise."]);
    }
}

/// What the record says of a decision does not depend on the mode of its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_shadow_is_compared_as_in_live() {
    let stack = stack().await;
    resettle(&stack, "roxbourne", |settings| {
        settings["mode"] = "shadow".into();
    })
    .await;
    let practice: PracticeId = "roxbourne".parse().unwrap();
    judged(&stack, "1_1", "The receptionist is a fat useless bitch").await;
    let same = changed(&stack, &practice, "", "").await;
    let result = tried(&stack, &practice, &same).await;
    assert_eq!((result.versions, result.not_repeated), (1, 0));
    assert!(result.is_the_same(), "{:#?}", result.changes);
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: "roxbourne".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

async fn judged(stack: &Stack, id: &str, words: &str) {
    let body = comment(PAGE, id, "2001", words);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(stack, &key(id), |history| {
        history.revisions.iter().all(|one| one.decided.is_some())
            && history.actions.iter().all(|action| action.result.is_some())
    })
    .await;
}

const ABUSE: &str = "The receptionist is a fat useless bitch";
const CALM: &str = "Thank you, the clinic ran well today.";
const SWEARING: &str = "Fucking hell, this phone queue again";

#[tokio::test(flavor = "multi_thread")]
#[expect(
    clippy::too_many_lines,
    reason = "one policy after another over the same posts"
)]
async fn another_policy_reports_exactly_the_posts_that_differ() {
    let stack = stack().await;
    let practice: PracticeId = "roxbourne".parse().unwrap();
    // A policy under which nothing is hidden by the program is in force.
    let stored = stack.ledger().policy(&practice, 1).await.unwrap().unwrap();
    let milder: String = stored
        .toml
        .lines()
        .map(|line| {
            if line.starts_with("auto =") {
                "auto = []"
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n");
    let strict = (
        load(&stored.toml, &stored.published, "p.toml").unwrap(),
        policy_sha256(&stored.toml, &stored.published),
    );
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy = pagewarden_ledger::PolicyRecord {
        toml: milder,
        ..stored
    };
    let publish = stack
        .ledger()
        .publish(&practice, Some(&record), &policy, &record.settings, &[]);
    publish.await.unwrap();
    for (id, words) in [("1_1", ABUSE), ("1_2", CALM), ("1_3", SWEARING)] {
        judged(&stack, id, words).await;
    }
    let result = tried(&stack, &practice, &strict).await;
    let hidden: Vec<&str> = result
        .of(Kind::Hidden)
        .map(|change| change.post.as_str())
        .collect();
    let live = |words: &str| {
        let settings = Settings::default();
        let reader = Reader::new(&settings.roster, &strict.0.policy.custom);
        let situation = pagewarden_rules::Situation {
            platform: Platform::Facebook,
            surface: pagewarden_rules::Surface::Comment,
            mode: pagewarden_rules::Mode::Live,
            media: false,
            translated: false,
            length: words.chars().count(),
            stopped: &[],
            restricted: false,
        };
        pagewarden_rules::decide(&strict.0.policy, &situation, &reader.read(words))
            .does(Effect::Hide)
    };
    let mut expected: Vec<String> = [("1_3", SWEARING), ("1_2", CALM), ("1_1", ABUSE)]
        .into_iter()
        .filter(|(_, words)| live(words))
        .map(|(id, _)| key(id).to_string())
        .collect();
    assert!(!expected.is_empty() && expected.len() < 3);
    let mut hidden: Vec<String> = hidden.into_iter().map(str::to_owned).collect();
    hidden.sort();
    expected.sort();
    assert_eq!(hidden, expected);
    assert!(
        !result
            .changes
            .iter()
            .any(|change| change.post == key("1_2").to_string())
    );
    let by_machine = |change: &pagewarden_backtest::Change| {
        let effects = &change.after.effects;
        effects.iter().any(|(effect, by, clause)| {
            *effect == Effect::Hide && *by == By::Machine && clause.is_some()
        })
    };
    assert!(result.of(Kind::Hidden).all(by_machine));
    assert!(
        result
            .by_clause()
            .iter()
            .any(|row| row.more > 0 && row.what == "hide it, by the program")
    );

    // Somebody keeps it: the next backtest says so.
    let history = stack.ledger().history(&key("1_1")).await.unwrap().unwrap();
    let task = history
        .tasks
        .iter()
        .find(|task| task.status == pagewarden_ledger::TaskStatus::Open)
        .unwrap();
    let imran = pagewarden_ledger::Person {
        name: "Imran".into(),
        role: pagewarden_rules::Role::PracticeManager,
    };
    let now = stack.clock().now();
    stack
        .ledger()
        .choose(&key("1_1"), &task.id, &imran, Choice::Keep, now)
        .await
        .unwrap();
    let result = tried(&stack, &practice, &strict).await;
    let sentence = &result.sentences()[0];
    assert!(
        sentence.contains("would have been hidden that were not; people kept 1 of them"),
        "{sentence}"
    );
    // And the other way round: what is hidden now would not be.
    let mild = changed(&stack, &practice, "", "").await;
    publish_the_first(&stack, &practice).await;
    judged(&stack, "1_4", ABUSE).await;
    let result = tried(&stack, &practice, &mild).await;
    let shown: Vec<_> = result
        .of(Kind::NotHidden)
        .map(|change| change.post.clone())
        .collect();
    assert_eq!(shown, [key("1_4").to_string()]);
}

async fn publish_the_first(stack: &Stack, practice: &PracticeId) {
    let record = stack.ledger().practice(practice).await.unwrap().unwrap();
    let first = stack.ledger().policy(practice, 1).await.unwrap().unwrap();
    let publish = stack
        .ledger()
        .publish(practice, Some(&record), &first, &record.settings, &[]);
    publish.await.unwrap();
}

/// The record does not know a topic that the policy of that time had not: the words do, where they
/// are kept.
#[tokio::test(flavor = "multi_thread")]
async fn words_are_read_again_where_they_are_kept() {
    let stack = stack().await;
    let practice: PracticeId = "roxbourne".parse().unwrap();
    judged(&stack, "1_1", ABUSE).await;
    judged(&stack, "1_2", CALM).await;
    let same = changed(&stack, &practice, "", "").await;
    let until = stack.clock().now() + SignedDuration::from_secs(1);
    let tried = || (&same.0.policy, same.1.clone());
    // A reader that finds nothing.
    let blind = |_: &RevisionRecord| pagewarden_rules::Reading::default();
    let all = Window {
        words: true,
        ..window(until)
    };
    let result = run(
        stack.ledger(),
        &practice,
        tried(),
        &all,
        Some(Reread(&blind)),
    )
    .await
    .unwrap();
    assert!(result.read_again);
    assert_eq!(result.without_words, 1, "the calm one's words were let go");
    let changes: Vec<_> = result.of(Kind::NotHidden).collect();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].words.as_deref(), Some(ABUSE));
    // The hash is of the result, not of whether the words are shown.
    let without = run(
        stack.ledger(),
        &practice,
        tried(),
        &window(until),
        Some(Reread(&blind)),
    )
    .await
    .unwrap();
    assert_eq!(without.changes[0].words, None);
    assert_eq!(without.sha256(), result.sha256());
    // A reader that finds the same changes nothing.
    let reader = Reader::new(&Settings::default().roster, &same.0.policy.custom);
    let again = |revision: &RevisionRecord| reader.read(&revision.post.text);
    let result = run(
        stack.ledger(),
        &practice,
        tried(),
        &window(until),
        Some(Reread(&again)),
    )
    .await
    .unwrap();
    assert_eq!(
        result.of(Kind::NotHidden).count(),
        0,
        "{:#?}",
        result.changes
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_looks_at_the_newest_and_says_what_it_left() {
    let stack = stack().await;
    let practice: PracticeId = "roxbourne".parse().unwrap();
    for id in ["1_1", "1_2", "1_3"] {
        judged(&stack, id, ABUSE).await;
        stack.clock().pass(SignedDuration::from_secs(2));
    }
    let same = changed(&stack, &practice, "", "").await;
    let until = stack.clock().now();
    let run = |window: Window| {
        let tried = (&same.0.policy, same.1.clone());
        let practice = &practice;
        let ledger = stack.ledger();
        async move { run(ledger, practice, tried, &window, None).await.unwrap() }
    };
    let few = Window {
        most: 2,
        ..window(until)
    };
    let result = run(few).await;
    assert_eq!((result.versions, result.cut), (2, true));
    assert!(result.looked_at()[1].contains("not looked at"));
    let result = run(window(until)).await;
    assert_eq!((result.versions, result.cut), (3, false));
    // Before the first of them nothing was judged.
    let before = run(window(until - SignedDuration::from_hours(1))).await;
    assert_eq!(before.versions, 0);
    // Other practices' posts are theirs.
    let woolpit: PracticeId = "woolpit".parse().unwrap();
    let other = changed(&stack, &woolpit, "", "").await;
    assert_eq!(tried(&stack, &woolpit, &other).await.versions, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_whose_author_is_restricted_is_left_out_and_counted() {
    let stack = stack().await;
    let (ledger, practice) = (stack.ledger(), "roxbourne".parse::<PracticeId>().unwrap());
    for (id, author) in [("1_1", "2001"), ("1_2", "2001"), ("1_3", "2002")] {
        let body = comment(PAGE, id, author, ABUSE);
        stack.graph().learn(&body).unwrap();
        assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
        until(&stack, &key(id), |history| !history.tasks.is_empty()).await;
    }
    stack.rest().await;
    // Under it none of them is hidden by the program.
    let stored = ledger.policy(&practice, 1).await.unwrap().unwrap();
    let mild = stored.toml.replace(", \"hide\"]", "]");
    let sha256 = policy_sha256(&mild, &stored.published);
    let milder = (load(&mild, &stored.published, "p.toml").unwrap(), sha256);
    let all = tried(&stack, &practice, &milder).await;
    assert_eq!((all.versions, all.posts, all.restricted), (3, 3, 0));
    assert_eq!(all.changes.len(), 3, "{:#?}", all.changes);

    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    let of = AccountOf {
        practice: &practice,
        platform: Platform::Facebook,
        account: "2001",
    };
    let turn = async |on: bool| {
        let now = stack.clock().now();
        ledger
            .restrict_account(of, on, &imran, "they asked", now)
            .await
            .unwrap()
    };
    assert_eq!(turn(true).await, 2);
    let others = tried(&stack, &practice, &milder).await;
    assert_eq!(
        (others.versions, others.posts, others.restricted),
        (1, 1, 2)
    );
    let posts: Vec<&str> = others.changes.iter().map(|one| one.post.as_str()).collect();
    assert_eq!(posts, ["roxbourne/facebook/1_3"]);
    let said = others.looked_at();
    assert!(
        said.iter().any(|line| line.starts_with("Left out 2 posts")),
        "{said:?}"
    );

    // Nor are its words read again.
    let until = stack.clock().now() + SignedDuration::from_secs(1);
    let reader = Reader::new(&Settings::default().roster, &milder.0.policy.custom);
    let nobody = |revision: &RevisionRecord| {
        assert_ne!(revision.post.author.id.as_deref(), Some("2001"));
        reader.read(&revision.post.text)
    };
    let asked = (&milder.0.policy, milder.1.clone());
    let window = window(until);
    let read = run(ledger, &practice, asked, &window, Some(Reread(&nobody)));
    assert_eq!(read.await.unwrap().restricted, 2);
    assert_eq!(turn(false).await, 2);
    let again = tried(&stack, &practice, &milder).await;
    assert_eq!((again.restricted, again.changes), (0, all.changes));
}
