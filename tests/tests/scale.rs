//! Many channels: Google's calls spread over time, and what channels without news cost. Many cases:
//! what the people's pages read.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use pagewarden_ledger::{BrokenOff, Gate};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PostKey};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::channels::{connect, on_each_platform, sweep};
use pagewarden_tests::crowd::{abused, copy_of, crowd};
use pagewarden_tests::{comment, stack, until};
use serde_json::json;

/// What Google takes in a minute of the whole app.
const A_MINUTE: u32 = 300;

fn locations(many: usize) -> Vec<Channel> {
    let location = |n| Channel {
        platform: Platform::Google,
        account: format!("accounts/7/locations/{n:04}"),
    };
    (0..many).map(location).collect()
}

/// Returns how often each of these was listed.
fn listed(stack: &Stack, channels: &[Channel]) -> Vec<u32> {
    let listed = stack.business().listed();
    channels
        .iter()
        .map(|channel| listed.get(&channel.account).copied().unwrap_or(0))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_locations_are_read_within_googles_quota() {
    let stack = stack().await;
    let many = locations(700);
    connect(&stack, &many).await;
    stack.business().set_quota(A_MINUTE);
    let before = stack.clock().now();
    stack.run("sweep").await.unwrap();
    assert_eq!(listed(&stack, &many), vec![1; many.len()]);
    let took = stack.clock().now().duration_since(before);
    assert!(
        took >= SignedDuration::from_secs(174),
        "700 calls are not to be made within {took:#}"
    );
    // A refusal would have left a wait for all of them.
    assert_eq!(
        stack.ledger().gate(&many[0]).await.unwrap(),
        Gate::default()
    );
    // Nothing is left over for the runs before the next hour.
    stack
        .invoke("sweep", json!({ "sweep": "left_over" }))
        .await
        .unwrap();
    assert_eq!(listed(&stack, &many), vec![1; many.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_quota_is_continued_by_the_next_run() {
    let stack = stack().await;
    let many = locations(160);
    connect(&stack, &many).await;
    // For the thirteen minutes in which a run begins channels, that is not enough for all.
    stack.business().set_quota(10);
    stack.run("sweep").await.unwrap();
    let first = listed(&stack, &many);
    let missed = first.iter().filter(|times| **times == 0).count();
    assert!(
        (20..80).contains(&missed) && first.iter().all(|times| *times < 2),
        "{first:?}"
    );
    let BrokenOff { after } = stack.ledger().broken_off().await.unwrap();
    assert_eq!(
        after.keys().copied().collect::<Vec<_>>(),
        [Platform::Google]
    );

    stack.business().set_quota(A_MINUTE);
    for _ in 0..2 {
        stack.clock().pass(SignedDuration::from_mins(2));
        stack
            .invoke("sweep", json!({ "sweep": "left_over" }))
            .await
            .unwrap();
    }
    // It goes on with the first that was not read, and so reads again those that had overtaken it.
    let second = listed(&stack, &many);
    assert!(
        second.iter().all(|times| (1..=2).contains(times)),
        "{second:?}"
    );
    assert_eq!(
        stack.ledger().broken_off().await.unwrap(),
        BrokenOff {
            after: BTreeMap::new()
        }
    );
    // The round is whole: the next hour begins another.
    stack.run("sweep").await.unwrap();
    let next: Vec<u32> = second.iter().map(|times| times + 1).collect();
    assert_eq!(listed(&stack, &many), next);
}

/// Channels of each platform that are swept without news.
const EACH: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn channels_without_news_cost_a_call_each_and_no_write() {
    let stack = stack().await;
    let all = on_each_platform(EACH);
    connect(&stack, &all).await;
    let pages = || {
        all.iter()
            .filter(|channel| channel.platform == Platform::Facebook)
    };
    for page in pages() {
        let id = format!("1_{}", page.account);
        stack
            .graph()
            .learn(&comment(
                &page.account,
                &id,
                "55",
                "Are the flu clinics on Saturday as well?",
            ))
            .unwrap();
    }
    stack.run("sweep").await.unwrap();
    for page in pages() {
        let (practice, platform, id) = (
            "mile-oak".parse().unwrap(),
            page.platform,
            format!("1_{}", page.account),
        );
        until(
            &stack,
            &PostKey {
                practice,
                platform,
                id,
            },
            |post| post.revisions[0].decided.is_some(),
        )
        .await;
    }
    let spent = sweep(&stack).await;
    assert_eq!(spent.calls, spent.channels);
    assert!(
        spent.writes == 0.0,
        "{} write units although nothing is new",
        spent.writes
    );
}

/// Returns the read units of a page: of several tries the fewest, since the schedule may read
/// meanwhile.
async fn reads(stack: &Stack, browser: &mut Browser, address: &str) -> f64 {
    let mut fewest = f64::MAX;
    for _ in 0..4 {
        let before = stack.used();
        assert_eq!(browser.get(address).await.status, 200, "{address}");
        fewest = fewest.min((stack.used() - before).reads);
    }
    fewest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_reads_no_more_when_ten_thousand_cases_wait() {
    const MANY: usize = 10_000;
    const WHOLE: usize = 60;
    let stack = stack().await;
    let post = abused(&stack).await;
    crowd(&stack, &post, 0..WHOLE, WHOLE).await;
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let case = format!("/case/facebook/{}", copy_of(&post, 1).id);
    // The most read units of each page, whatever waits.
    let pages = [
        ("/today", 220.0),
        (case.as_str(), 30.0),
        ("/complaints", 60.0),
        ("/reports", 220.0),
        ("/numbers", 20.0),
        ("/people", 20.0),
    ];
    let mut few = Vec::new();
    for (page, _) in pages {
        few.push(reads(&stack, &mut gail, page).await);
    }
    crowd(&stack, &post, WHOLE..MANY, WHOLE).await;
    for ((page, most), few) in pages.into_iter().zip(few) {
        let many = reads(&stack, &mut gail, page).await;
        println!("{page}: {few} read units with {WHOLE} cases, {many} with {MANY}");
        assert!(many <= most, "{page} reads {many} units");
        // Only a list about few of the cases looks further through the index, and not to its end.
        let looks_through = page == "/complaints";
        assert!(
            looks_through || many <= few + 5.0,
            "{page}: {few}, then {many}"
        );
    }
    let today = gail.open("/today").await;
    assert!(today.title().starts_with("25+ cases"), "{}", today.title());
}
