//! Waiting until everything that was sent has come to rest.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::Calendar;
use pagewarden_policies::load_shipped;
use pagewarden_rules::{Policy, PracticeId};

use crate::replay::Replayed;
use crate::report::{Progress, Sent, Told, look};
use crate::stack::Stack;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// What becomes due within this time is under way: a lease that runs, a revision that waits for its decision, a first
/// retry, and what `remind` has just set going, which becomes due again only in case its function fails. Somebody's
/// decision from before the start may be among it.
const SOON: SignedDuration = SignedDuration::from_secs(remind::AGAIN_AFTER.as_secs() + 10);

/// What has come to rest, and what has not.
#[derive(Debug)]
pub struct Settled {
    /// Posts with everything decided and done, in the order in which they were sent.
    pub told: Vec<Told>,
    /// Posts with something still to be decided or done.
    pub stuck: Vec<Sent>,
}

/// A practice, for telling what became of its posts.
#[derive(Clone, Debug)]
pub struct Teller {
    /// Its policy.
    pub policy: Policy,
    /// Its clock.
    pub calendar: Calendar,
}

/// Waits until everything sent has come to rest, or patience runs out. `progress` hears how many of how many have.
pub async fn settle(
    stack: &Stack,
    replayed: &Replayed,
    patience: Duration,
    mut progress: impl FnMut(usize, usize),
) -> Result<Settled> {
    let tellers = tellers()?;
    let started = Instant::now();
    let mut told: BTreeMap<usize, Told> = BTreeMap::new();
    loop {
        for (at, (sent, revisions)) in replayed.posts.iter().enumerate() {
            if told.contains_key(&at) {
                continue;
            }
            let teller = tellers.get(&sent.key.practice).context("a post of no known practice was kept")?;
            if let Progress::Settled(one) = look(stack.ledger(), sent, revisions, teller).await? {
                told.insert(at, *one);
            }
        }
        progress(told.len(), replayed.posts.len());
        let idle = told.len() == replayed.posts.len() && stack.ledger().due(Timestamp::now() + SOON).await?.is_empty();
        if idle || started.elapsed() > patience {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let waiting = replayed.posts.iter().enumerate().filter(|(at, _)| !told.contains_key(at));
    Ok(Settled { stuck: waiting.map(|(_, (sent, _))| sent.clone()).collect(), told: told.into_values().collect() })
}

fn tellers() -> Result<BTreeMap<PracticeId, Teller>> {
    let loaded = load_shipped()
        .map_err(|problems| anyhow!(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
    let teller = |policy: Policy| {
        let calendar = Calendar::new(policy.practice.nation, &policy.practice.timezone);
        (policy.practice.id.clone(), Teller { policy, calendar })
    };
    Ok(loaded.into_iter().map(|loaded| teller(loaded.policy)).collect())
}
