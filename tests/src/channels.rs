//! Many more channels than the demonstration has, and what a sweep of all of them takes.

use std::collections::BTreeMap;

use pagewarden_fakes::graph::Page;
use pagewarden_fakes::x::first_token;
use pagewarden_local::demo;
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform, PracticeId};
use serde_json::json;

/// What a sweep took.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    /// Channels there were.
    pub channels: usize,
    /// Calls of the platforms.
    pub calls: usize,
    /// Write units of the table.
    pub writes: f64,
}

/// Returns so many channels on each of the platforms.
#[must_use]
pub fn on_each_platform(many: usize) -> Vec<Channel> {
    let on = |platform| {
        (0..many).map(move |n| {
            let account = match platform {
                Platform::Facebook => format!("{}", 200_000_000_000_000 + n),
                Platform::Instagram => format!("{}", 27_841_400_000_000_000 + n),
                Platform::X => format!("{}", 3_000_000_000_u64 + n as u64),
                Platform::Google => format!("accounts/7/locations/{n:04}"),
                _ => format!("surgery-{n:04}.example"),
            };
            Channel { platform, account }
        })
    };
    [
        Platform::Facebook,
        Platform::Instagram,
        Platform::X,
        Platform::Google,
        Platform::Website,
    ]
    .into_iter()
    .flat_map(on)
    .collect()
}

/// Gives Mile Oak further channels, with what opens them.
///
/// # Panics
///
/// When the table does not answer.
#[expect(clippy::expect_used, reason = "a test that cannot connect has failed")]
pub async fn connect(stack: &Stack, channels: &[Channel]) {
    let practice: PracticeId = "mile-oak".parse().expect("an id");
    let record = stack
        .ledger()
        .practice(&practice)
        .await
        .expect("the table answers")
        .expect("Mile Oak is there");
    let policy = stack
        .ledger()
        .policy(&practice, record.policy)
        .await
        .expect("the table answers")
        .expect("a policy");
    let publish = stack.ledger().publish(
        &practice,
        Some(&record),
        &policy,
        &record.settings,
        channels,
    );
    publish.await.expect("the channels are added");
    for Channel { platform, account } in channels {
        let client = |refresh: &str| json!({ "refresh_token": refresh, "client_id": "demo", "client_secret": "demo" });
        let secret = match platform {
            Platform::Google => client(demo::REFRESH_TOKEN).to_string(),
            Platform::X => {
                stack.timeline().connect(account);
                client(&first_token(account)).to_string()
            }
            Platform::Website => stack
                .store()
                .get("channel/website/roxbourne.example")
                .expect("the demo's website"),
            Platform::Instagram => {
                let page = Page {
                    id: format!("9{account}"),
                    instagram: Some(account.clone()),
                };
                json!({ "token": stack.graph().connect(&page) }).to_string()
            }
            _ => {
                let page = Page {
                    id: account.clone(),
                    instagram: None,
                };
                json!({ "token": stack.graph().connect(&page) }).to_string()
            }
        };
        stack
            .store()
            .put(&format!("channel/{platform}/{account}"), &secret);
    }
}

/// Sweeps everything once, and returns what that took.
///
/// # Panics
///
/// When it fails.
#[expect(clippy::expect_used, reason = "a test that cannot sweep has failed")]
pub async fn sweep(stack: &Stack) -> Spent {
    let channels = stack.ledger().channels().await.expect("the table answers");
    let calls = || {
        let on_x = channels
            .iter()
            .filter(|(channel, _)| channel.platform == Platform::X);
        let on_x: usize = on_x
            .map(|(channel, _)| stack.timeline().calls(&channel.account))
            .sum();
        let on_google: BTreeMap<String, u32> = stack.business().listed();
        let on_google = usize::try_from(on_google.values().sum::<u32>()).unwrap_or_default();
        stack.graph().calls() + on_x + on_google + stack.website().calls()
    };
    let (before, used) = (calls(), stack.used());
    stack.run("sweep").await.expect("the sweep ends");
    Spent {
        channels: channels.len(),
        calls: calls() - before,
        writes: stack.used().writes - used.writes,
    }
}
