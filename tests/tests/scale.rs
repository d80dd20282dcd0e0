//! Many channels: Google's calls spread over time, and what channels without news cost.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use jiff::SignedDuration;
use pagewarden_ledger::{BrokenOff, Gate};
use pagewarden_local::demo;
use pagewarden_local::fake::graph::Page;
use pagewarden_local::fake::x::first_token;
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId};
use pagewarden_tests::{comment, stack, until};
use serde_json::json;

/// What Google takes in a minute of the whole app.
const A_MINUTE: u32 = 300;

/// Channels that are published at once: each is two items, and a transaction holds a hundred.
const AT_ONCE: usize = 40;

/// Gives Mile Oak further channels, with what opens them.
async fn connect(stack: &Stack, channels: &[Channel]) {
    let practice: PracticeId = "mile-oak".parse().unwrap();
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy = stack.ledger().policy(&practice, record.policy).await.unwrap().unwrap();
    for some in channels.chunks(AT_ONCE) {
        stack.ledger().publish(&practice, &policy, &record.settings, some).await.unwrap();
    }
    for Channel { platform, account } in channels {
        let client = |refresh: &str| json!({ "refresh_token": refresh, "client_id": "demo", "client_secret": "demo" });
        let secret = match platform {
            Platform::Google => client(demo::REFRESH_TOKEN).to_string(),
            Platform::X => {
                stack.timeline().connect(account);
                client(&first_token(account)).to_string()
            }
            Platform::Website => stack.store().get("channel/website/roxbourne.example").unwrap(),
            Platform::Instagram => {
                let page = Page { id: format!("9{account}"), instagram: Some(account.clone()) };
                json!({ "token": stack.graph().connect(&page) }).to_string()
            }
            _ => {
                let page = Page { id: account.clone(), instagram: None };
                json!({ "token": stack.graph().connect(&page) }).to_string()
            }
        };
        stack.store().put(&format!("channel/{platform}/{account}"), &secret);
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
    connect(&stack, &many).await;
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
    connect(&stack, &many).await;
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
    // It goes on with the first that was not read, and so reads again those that had overtaken it.
    let second = listed(&stack, &many);
    assert!(second.iter().all(|times| (1..=2).contains(times)), "{second:?}");
    assert_eq!(stack.ledger().broken_off().await.unwrap(), BrokenOff { after: BTreeMap::new() });
    // The round is whole: the next hour begins another.
    stack.run("sweep").await.unwrap();
    let next: Vec<u32> = second.iter().map(|times| times + 1).collect();
    assert_eq!(listed(&stack, &many), next);
}

/// Channels of each platform that are swept without news.
const EACH: usize = 40;

/// The demonstration's own pages with its one account on Instagram, accounts on X, locations and websites.
const OWN: [usize; 4] = [5 + 1, 2, 1, 1];

/// Returns the calls made so far: of the Graph API, X, Google's lists and the websites.
fn calls(stack: &Stack, accounts: &[String]) -> [usize; 4] {
    let listed: u32 = stack.business().listed().values().sum();
    let on_x = accounts.iter().map(|account| stack.timeline().calls(account)).sum();
    [stack.graph().calls(), on_x, usize::try_from(listed).unwrap(), stack.website().calls()]
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_without_news_cost_a_call_each_and_no_write() {
    let stack = stack().await;
    let of = |platform| {
        let name = |n: usize| match platform {
            Platform::Facebook => format!("{}", 200_000_000_000_000 + n),
            Platform::Instagram => format!("{}", 27_841_400_000_000_000 + n),
            Platform::X => format!("{}", 3_000_000_000 + n),
            Platform::Google => format!("accounts/7/locations/{n:04}"),
            _ => format!("surgery-{n:04}.example"),
        };
        (0..EACH).map(name).map(|account| Channel { platform, account }).collect::<Vec<_>>()
    };
    let all = [Platform::Facebook, Platform::Instagram, Platform::X, Platform::Google, Platform::Website].map(of);
    connect(&stack, &all.concat()).await;
    for page in &all[0] {
        let id = format!("1_{}", page.account);
        stack.graph().learn(&comment(&page.account, &id, "55", "Are the flu clinics on Saturday as well?")).unwrap();
    }
    stack.run("sweep").await.unwrap();
    for page in &all[0] {
        let (practice, platform, id) = ("mile-oak".parse().unwrap(), page.platform, format!("1_{}", page.account));
        until(&stack, &PostKey { practice, platform, id }, |post| post.revisions[0].decided.is_some()).await;
    }

    let channels = stack.ledger().channels().await.unwrap();
    let on_x = channels.iter().filter(|(channel, _)| channel.platform == Platform::X);
    let accounts: Vec<String> = on_x.map(|(channel, _)| channel.account.clone()).collect();
    let (before, used) = (calls(&stack, &accounts), stack.used());
    stack.run("sweep").await.unwrap();
    let after = calls(&stack, &accounts);
    let made: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    let wanted = [OWN[0] + 2 * EACH, OWN[1] + EACH, OWN[2] + EACH, OWN[3] + EACH];
    assert_eq!(made, wanted, "calls for {} channels", channels.len());
    assert_eq!(wanted.iter().sum::<usize>(), channels.len());
    let writes = stack.used().writes - used.writes;
    assert!(writes == 0.0, "{writes} write units although nothing is new");
}
