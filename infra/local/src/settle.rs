//! Waiting until everything that was sent has come to rest.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{ActionRecord, ActionStatus, Calendar, Ledger};
use pagewarden_policies::load;
use pagewarden_present::post::{PostView, Presenter, Sent};
use pagewarden_rules::{PracticeId, RevisionId};

use crate::replay::Replayed;
use crate::stack::Stack;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// What becomes due within this time is under way: a lease that runs, a revision that waits for its
/// decision, a first retry, and what `remind` has just set going, which becomes due again only in
/// case its function fails. Somebody's decision from before the start may be among it.
const SOON: SignedDuration = SignedDuration::from_secs(remind::AGAIN_AFTER.as_secs() + 10);

/// What has come to rest, and what has not.
#[derive(Debug)]
pub struct Settled {
    /// Posts with everything decided and done, in the order in which they were sent.
    pub told: Vec<PostView>,
    /// Posts with something still to be decided or done.
    pub stuck: Vec<Sent>,
}

/// Waits until everything sent has come to rest, or patience runs out. `progress` hears how many of
/// how many have.
pub async fn settle(
    stack: &Stack,
    replayed: &Replayed,
    patience: Duration,
    mut progress: impl FnMut(usize, usize),
) -> Result<Settled> {
    let mut presenters = BTreeMap::new();
    let started = Instant::now();
    let mut told: BTreeMap<usize, PostView> = BTreeMap::new();
    loop {
        for (at, (sent, revisions)) in replayed.posts.iter().enumerate() {
            if told.contains_key(&at) {
                continue;
            }
            let presenter = match presenters.entry(sent.key.practice.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(presenter(stack.ledger(), &sent.key.practice).await?)
                }
            };
            if let Some(one) = settled(
                stack.ledger(),
                sent,
                revisions,
                presenter,
                stack.clock().now(),
            )
            .await?
            {
                told.insert(at, one);
            }
        }
        progress(told.len(), replayed.posts.len());
        let idle = told.len() == replayed.posts.len()
            && stack
                .ledger()
                .due(stack.clock().now() + SOON)
                .await?
                .is_empty();
        if idle || started.elapsed() > patience {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let waiting = replayed
        .posts
        .iter()
        .enumerate()
        .filter(|(at, _)| !told.contains_key(at));
    Ok(Settled {
        stuck: waiting.map(|(_, (sent, _))| sent.clone()).collect(),
        told: told.into_values().collect(),
    })
}

/// Returns where a post stands, once it has come to rest: every revision sent decided, every action
/// settled.
async fn settled(
    ledger: &Ledger,
    sent: &Sent,
    revisions: &[RevisionId],
    presenter: &Presenter,
    now: Timestamp,
) -> Result<Option<PostView>> {
    let Some(history) = ledger.history(&sent.key).await? else {
        return Ok(None);
    };
    let decided = |revision: &RevisionId| {
        history
            .revisions
            .iter()
            .any(|known| known.revision == *revision && known.decided.is_some())
    };
    let busy = |action: &ActionRecord| {
        matches!(action.status, ActionStatus::Pending | ActionStatus::Claimed)
    };
    if !revisions.iter().all(decided) || history.actions.iter().any(busy) {
        return Ok(None);
    }
    let told = PostView::new(sent.clone(), history, presenter.clone(), now);
    told.context("a decided post has no decision on record")
        .map(Some)
}

/// Waits until nothing is under way, or patience runs out. Returns whether it came to that.
pub async fn quiet(stack: &Stack, patience: Duration) -> Result<bool> {
    let started = Instant::now();
    loop {
        stack.rest().await;
        let idle = stack
            .ledger()
            .due(stack.clock().now() + SOON)
            .await?
            .is_empty();
        if idle || started.elapsed() > patience {
            return Ok(idle);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Makes a practice's posts ready to be told of, by the policy that is in force in the table.
async fn presenter(ledger: &Ledger, practice: &PracticeId) -> Result<Presenter> {
    let in_force = ledger
        .practice(practice)
        .await?
        .with_context(|| format!("{practice} is not in the table"))?;
    let policy = ledger.policy(practice, in_force.policy).await?;
    let policy = policy.with_context(|| format!("the table has no policy of {practice}"))?;
    let policy = load(&policy.toml, &policy.published, &format!("{practice}.toml"))?.policy;
    let calendar = Calendar::new(policy.practice.nation, &policy.practice.timezone);
    Ok(Presenter { policy, calendar })
}
