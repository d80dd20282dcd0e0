//! Many channels: Google's calls spread over time, and what channels without news cost.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use jiff::SignedDuration;
use pagewarden_ledger::{BrokenOff, Gate};
use pagewarden_local::demo;
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_tests::stack;
use serde_json::json;

/// What Google takes in a minute of the whole app.
const A_MINUTE: u32 = 300;

/// Channels of a platform that are swept at the same time.
const UNDER_WAY: usize = 8;

/// Channels that are published at once: each is two items, and a transaction holds a hundred.
const AT_ONCE: usize = 40;

/// Gives a practice further channels.
async fn connect(stack: &Stack, practice: &str, channels: &[Channel]) {
    let practice: PracticeId = practice.parse().unwrap();
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy = stack.ledger().policy(&practice, record.policy).await.unwrap().unwrap();
    for some in channels.chunks(AT_ONCE) {
        stack.ledger().publish(&practice, &policy, &record.settings, some).await.unwrap();
    }
    for channel in channels {
        let secret = json!({ "refresh_token": demo::REFRESH_TOKEN, "client_id": "demo", "client_secret": "demo" });
        stack.store().put(&format!("channel/{}/{}", channel.platform, channel.account), &secret.to_string());
    }
}

fn locations(many: usize) -> Vec<Channel> {
    let location = |n| Channel { platform: Platform::Google, account: format!("accounts/7/locations/{n:04}") };
    (0..many).map(location).collect()
}

/// Returns how often each of these was listed.
fn listed(stack: &Stack, channels: &[Channel]) -> Vec<u32> {
    let listed = stack.business().listed();
    channels.iter().map(|channel| listed.get(&channel.account).copied().unwrap_or(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_locations_are_each_read_once_and_google_never_has_to_refuse() {
    let stack = stack().await;
    let many = locations(700);
    connect(&stack, "mile-oak", &many).await;
    stack.business().set_quota(A_MINUTE);
    let before = stack.clock().now();
    stack.run("sweep").await.unwrap();
    assert_eq!(listed(&stack, &many), vec![1; many.len()]);
    let took = stack.clock().now().duration_since(before);
    assert!(took >= SignedDuration::from_secs(174), "700 calls are not to be made within {took:#}");
    // A refusal would have left a wait for all of them.
    assert_eq!(stack.ledger().gate(&many[0]).await.unwrap(), Gate::default());
    // Nothing is left over for the runs before the next hour.
    stack.invoke("sweep", json!({ "sweep": "left_over" })).await.unwrap();
    assert_eq!(listed(&stack, &many), vec![1; many.len()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_google_takes_less_than_agreed_the_next_run_goes_on_where_the_time_was_up() {
    let stack = stack().await;
    let many = locations(160);
    connect(&stack, "mile-oak", &many).await;
    // For the thirteen minutes in which a run begins channels, that is not enough for all.
    stack.business().set_quota(10);
    stack.run("sweep").await.unwrap();
    let first = listed(&stack, &many);
    let missed = first.iter().filter(|times| **times == 0).count();
    assert!((20..80).contains(&missed) && first.iter().all(|times| *times < 2), "{first:?}");
    let BrokenOff { after } = stack.ledger().broken_off().await.unwrap();
    assert_eq!(after.keys().copied().collect::<Vec<_>>(), [Platform::Google]);

    stack.business().set_quota(A_MINUTE);
    for _ in 0..2 {
        stack.clock().pass(SignedDuration::from_mins(2));
        stack.invoke("sweep", json!({ "sweep": "left_over" })).await.unwrap();
    }
    // Of those that were under way together some may have been read although others were not.
    let second = listed(&stack, &many);
    let twice = second.iter().filter(|times| **times == 2).count();
    assert!(second.iter().all(|times| (1..=2).contains(times)) && twice < UNDER_WAY, "{second:?}");
    assert_eq!(stack.ledger().broken_off().await.unwrap(), BrokenOff { after: BTreeMap::new() });
    // The round is whole: the next hour begins another.
    stack.run("sweep").await.unwrap();
    let next: Vec<u32> = second.iter().map(|times| times + 1).collect();
    assert_eq!(listed(&stack, &many), next);
}
