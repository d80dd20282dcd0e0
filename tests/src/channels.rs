//! Many more channels than the demonstration has, and what a sweep of all of them takes.

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
    let on = |platform: &Platform| {
        let platform = *platform;
        (0..many).filter_map(move |n| {
            let account = match platform {
                Platform::Facebook => format!("{}", 200_000_000_000_000 + n),
                Platform::Instagram => format!("{}", 27_841_400_000_000_000 + n),
                Platform::X => format!("{}", 3_000_000_000_u64 + n as u64),
                Platform::Google => format!("accounts/7/locations/{n:04}"),
                Platform::Website => format!("surgery-{n:04}.example"),
                Platform::StaffLog => return None,
            };
            Some(Channel { platform, account })
        })
    };
    Platform::ALL.iter().flat_map(on).collect()
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
        let secret = match platform {
            Platform::Google => demo::client_secret(demo::REFRESH_TOKEN),
            Platform::X => {
                stack.timeline().connect(account);
                demo::client_secret(&first_token(account))
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
            Platform::Facebook => {
                let page = Page {
                    id: account.clone(),
                    instagram: None,
                };
                json!({ "token": stack.graph().connect(&page) }).to_string()
            }
            Platform::StaffLog => continue,
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
        let on = |platform: &Platform| match platform {
            Platform::Facebook => stack.graph().calls(),
            Platform::X => channels
                .iter()
                .filter(|(channel, _)| channel.platform == Platform::X)
                .map(|(channel, _)| stack.timeline().calls(&channel.account))
                .sum(),
            Platform::Google => {
                let listed: u32 = stack.business().listed().values().sum();
                usize::try_from(listed).unwrap_or_default()
            }
            Platform::Website => stack.website().calls(),
            // Facebook's fake answers for Instagram as well.
            Platform::Instagram | Platform::StaffLog => 0,
        };
        Platform::ALL.iter().map(on).sum::<usize>()
    };
    let (before, used) = (calls(), stack.used());
    stack.run("sweep").await.expect("the sweep ends");
    Spent {
        channels: channels.len(),
        calls: calls() - before,
        writes: stack.used().writes - used.writes,
    }
}
