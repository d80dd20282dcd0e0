//! A flood by one author, end to end: comments answered together on the people's pages, with a plea
//! for help in the middle that is found first and never answered with them.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use pagewarden_ledger::{AuthorHash, Choice, Event, History, Person, Visibility};
use pagewarden_local::outbox::Outbox;
use pagewarden_local::stack::Stack;
use pagewarden_readers::Readers;
use pagewarden_rules::{Platform, PostKey, PracticeId, Role};
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{change, until};
use serde_json::json;

const GAIL: &str = "gail@kingswinford.example";
const PRITI: &str = "priti.shah@kingswinford.example";
const HELEN: &str = "helen.ward@kingswinford.example";
/// The practice manager of Threeways.
const RUTH: &str = "ruth@threeways.example";

const PAGE: &str = "100000000000001";
const AUTHOR: &str = "666";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const PLEA: &str = "I can't go on. Tonight is the night, I will end my life";
const COMPLAINT: &str = "I want to make a formal complaint about the reception";

/// Comments of one delivery.
const AT_ONCE: usize = 50;

fn practice() -> PracticeId {
    "kingswinford".parse().unwrap()
}

fn gail_herself() -> [Person; 1] {
    [Person {
        name: "Gail".to_owned(),
        role: Role::PracticeManager,
    }]
}

fn post(n: usize) -> PostKey {
    PostKey {
        practice: practice(),
        platform: Platform::Facebook,
        id: format!("1_{n}"),
    }
}

/// Delivers comments of one author, and waits until each of them was judged.
async fn flood(stack: &Stack, comments: &[String]) {
    let now = stack.clock().now().as_second();
    for (nth, some) in comments.chunks(AT_ONCE).enumerate() {
        let changes: Vec<_> = some
            .iter()
            .enumerate()
            .map(|(n, words)| {
                let id = format!("1_{}", nth * AT_ONCE + n);
                let mut change = change(PAGE, &id, AUTHOR, words);
                change["value"]["created_time"] = json!(now);
                change
            })
            .collect();
        let body =
            json!({ "object": "page", "entry": [{ "id": PAGE, "time": now, "changes": changes }] });
        let body = body.to_string().into_bytes();
        stack.graph().learn(&body).unwrap();
        assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    }
    stack.rest().await;
    assert_eq!(waiting(stack).await.len(), comments.len());
}

/// Starts everything, with the rules as the only reader: the other is slow where nothing is
/// optimised.
async fn stack() -> Stack {
    Stack::start_with(None, Readers::rules_only(), Outbox::in_memory(), None)
        .await
        .unwrap()
}

/// Returns the posts about which somebody is asked.
async fn waiting(stack: &Stack) -> BTreeSet<PostKey> {
    let tasks = stack.ledger().open_tasks(&practice()).await.unwrap();
    tasks.into_iter().map(|task| task.key).collect()
}

/// Returns the address at which the author's posts are answered together, as Today links to it.
fn together(today: &Answer) -> String {
    let (_, rest) = today.body.split_once("<a href=\"/flood/").unwrap();
    format!("/flood/{}", rest.split_once('"').unwrap().0)
}

/// Returns what people chose about a post, as `CHOICE by WHO`.
fn chosen(history: &History) -> Vec<String> {
    let chosen = history
        .events
        .iter()
        .filter_map(|record| match record.event() {
            Ok(Event::Chosen {
                choice,
                by,
                together: true,
                ..
            }) => Some(format!("{choice} by {by}")),
            Ok(_) | Err(_) => None,
        });
    chosen.collect()
}

/// Returns how many of the first posts have a decision with this note.
async fn with_note(stack: &Stack, posts: usize, note: &str) -> usize {
    let mut with = 0;
    for n in 0..posts {
        let history = stack.ledger().history(&post(n)).await.unwrap().unwrap();
        let events = history.events.iter().filter_map(|event| event.event().ok());
        let said =
            |event: &Event| matches!(event, Event::Chosen { note: Some(said), .. } if said == note);
        with += events.filter(said).count();
    }
    with
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_answered_on_its_page_the_plea_first() {
    const MANY: usize = 60;
    const PLEADED: usize = 30;
    let stack = stack().await;
    let words = |n| match n {
        PLEADED => PLEA.to_owned(),
        n => format!("{ABUSE} {n}"),
    };
    flood(&stack, &(0..MANY).map(words).collect::<Vec<_>>()).await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let today = gail.open("/today").await;
    let plea = format!("href=\"/case/facebook/1_{PLEADED}\"");
    let flood = together(&today);
    let at = |page: &Answer, words: &str| page.body.find(words);
    assert!(at(&today, &plea) < at(&today, &flood), "{}", today.body);

    let page = gail.open(&flood).await;
    assert_eq!(page.title(), "59 posts by one author");
    for wanted in [
        "Decide these by themselves first",
        "By itself, because somebody may be in danger.",
        ">Hide them all, or leave them hidden<",
        "Nothing is deleted",
        "they are not reported to the platform",
    ] {
        assert!(page.body.contains(wanted), "{wanted}: {}", page.body);
    }
    assert!(at(&page, &plea).unwrap() < at(&page, "<form action=\"/flood/").unwrap());
    assert!(
        !page.body.contains("value=\"delete\""),
        "no bulk delete, ever"
    );
    assert_eq!(waiting(&stack).await.len(), MANY, "looking changes nothing");

    // Killed in the middle: what was written stays, each post whole.
    let form = [("choice", "keep-hidden"), ("note", "All the same man")];
    let (author, gail_herself) = (flood.rsplit('/').next().unwrap(), gail_herself());
    let author = author.parse().unwrap();
    let listed = stack.ledger().flood(&practice(), &author).await.unwrap();
    let hide = Choice::KeepHidden.into();
    let first = stack
        .ledger()
        .answer_together(
            &author,
            &listed.posts,
            &gail_herself,
            hide,
            stack.clock().now(),
        )
        .await
        .unwrap();
    assert!((10..=18).contains(&first.answered.len()), "{first:?}");
    // Then two people at once, until nothing is left for either.
    let mut priti = Browser::signed_in(&stack, PRITI).await;
    let (mut pressed, mut told) = (0, Vec::new());
    while waiting(&stack).await.len() > 1 {
        let (by_gail, by_priti) = tokio::join!(gail.post(&flood, &form), priti.post(&flood, &form));
        told.extend([by_gail, by_priti]);
        pressed += 1;
        assert!(pressed < 60, "pressing does not go on");
    }
    let statuses: BTreeSet<u16> = told.iter().map(|one| one.status.as_u16()).collect();
    assert!(
        statuses.is_subset(&BTreeSet::from([200, 409])),
        "{statuses:?}"
    );
    assert!(told.iter().any(|one| one.title().starts_with("Done: ")));

    // The plea still waits, and was answered by nobody.
    assert_eq!(waiting(&stack).await, BTreeSet::from([post(PLEADED)]));
    let alone = gail.open(&flood).await;
    assert_eq!(alone.title(), "0 posts by one author");
    assert!(at(&alone, &plea).is_some() && !alone.body.contains("<form action=\"/flood/"));
    let refused = gail.post(&flood, &form).await;
    assert_eq!(refused.status.as_u16(), 409);
    let mut by = BTreeSet::new();
    for n in 0..MANY {
        let history = stack.ledger().history(&post(n)).await.unwrap().unwrap();
        history.verify().unwrap();
        let chosen = chosen(&history);
        assert_eq!(chosen.len(), usize::from(n != PLEADED), "{n}: {chosen:?}");
        by.extend(chosen);
    }
    let people =
        ["Gail:practice_manager", "Priti Shah:reviewer"].map(|by| format!("keep-hidden by {by}"));
    assert!(by.iter().all(|by| people.contains(by)), "{by:?}");
    let seen = gail.open("/case/facebook/1_7").await;
    assert!(
        seen.body
            .contains("together with other posts by the same author"),
        "{}",
        seen.body
    );
    // What was pressed in the console has its note.
    let with_note = with_note(&stack, MANY, "All the same man").await;
    assert_eq!(with_note, MANY - 1 - first.answered.len());
    // Some were hidden before, the others are now.
    until(&stack, &post(0), |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
    stack.rest().await;
    assert_eq!(
        stack.ledger().audit(Some(&practice())).await.unwrap().wrong,
        []
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_stands_before_a_flood_and_strangers_find_none() {
    let stack = stack().await;
    let words = |n| {
        if n == 4 {
            COMPLAINT.to_owned()
        } else {
            format!("{ABUSE} {n}")
        }
    };
    flood(&stack, &(0..8).map(words).collect::<Vec<_>>()).await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let today = gail.open("/today").await;
    let flood = together(&today);
    let complaint = "href=\"/case/facebook/1_4\"";
    assert!(
        today.body.find(complaint) < today.body.find(&flood),
        "{}",
        today.body
    );
    assert!(
        today.body.contains("6 more by the same author"),
        "{}",
        today.body
    );
    let page = gail.open(&flood).await;
    assert_eq!(page.title(), "7 posts by one author");
    assert!(
        page.body.contains("because it is or may be a complaint"),
        "{}",
        page.body
    );

    // Who only reads is offered nothing, and gets nowhere with a copied form.
    let mut helen = Browser::signed_in(&stack, HELEN).await;
    let page = helen.open(&flood).await;
    assert!(
        page.body.contains("You may not answer 7 posts together"),
        "{}",
        page.body
    );
    let form = [("choice", "keep-hidden"), ("note", "")];
    let refused = helen.post(&flood, &form).await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (409, "Nothing was changed – 0 posts by one author")
    );
    // What is no answer for many is refused, whoever asks.
    for choice in ["delete", "ban", "reply", "restore", "done"] {
        let refused = gail.post(&flood, &[("choice", choice), ("note", "")]).await;
        assert_eq!(refused.status.as_u16(), 409, "{choice}");
    }
    let forged = gail.post(&flood, &[("choice", "dance")]).await;
    assert_eq!(forged.status.as_u16(), 400);
    let long = "x".repeat(2_001);
    let refused = gail
        .post(&flood, &[("choice", "keep-hidden"), ("note", &long)])
        .await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(refused.body.contains(&long), "what was typed is kept");
    assert_eq!(waiting(&stack).await.len(), 8);

    // Of another practice: the very bytes of what never was.
    let mut ruth = Browser::signed_in(&stack, RUTH).await;
    let never = format!("/flood/{}", "0".repeat(32));
    for address in [&flood, "/flood/x", "/flood/facebook"] {
        let (foreign, made_up) = (ruth.open(address).await, ruth.open(&never).await);
        assert_eq!(
            (foreign.status.as_u16(), &foreign.body),
            (404, &made_up.body)
        );
        let (foreign, made_up) = (
            ruth.post(address, &form).await,
            ruth.post(&never, &form).await,
        );
        assert_eq!(
            (foreign.status.as_u16(), &foreign.body),
            (404, &made_up.body)
        );
    }
    assert_eq!(waiting(&stack).await.len(), 8);

    let done = gail.post(&flood, &form).await;
    assert_eq!(done.title(), "Done: 7 posts – 0 posts by one author");
    assert_eq!(waiting(&stack).await, BTreeSet::from([post(4)]));
    // No author's id is in an address, and two practices do not share a hash.
    let history = stack.ledger().history(&post(0)).await.unwrap().unwrap();
    let tasks = history.tasks.iter();
    assert!(
        tasks
            .clone()
            .all(|task| task.chosen() == Some(Choice::KeepHidden))
    );
    let author = tasks.clone().next().unwrap().author.clone().unwrap();
    assert_eq!(flood, format!("/flood/{author}"));
    let elsewhere = PostKey {
        practice: "threeways".parse().unwrap(),
        ..post(0)
    };
    let same = &history.revisions[0].post;
    assert_ne!(AuthorHash::of(&elsewhere, same), Some(author));
}
