//! The real WordPress, stopped at random while it is swept and acted on: `make chaos`.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod site;

use std::collections::BTreeMap;
use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::SignedDuration;
use pagewarden_ledger::{ActionStatus, Event, History, Ledger, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Effect, Platform, PostKey, PracticeId, TaskKind};
use pagewarden_tests::{resettle, stack};
use serde_json::json;
use site::{Part, Site};

/// Sweeps under which the site is stopped, and the most of those after it: an action waits for an
/// hour between two tries at most.
const ROUNDS: usize = 60;
const AFTERWARDS: usize = 30;

/// The abusive comment that the site begins with, and the number of the first that is written.
const THERE: u64 = 101;
const FIRST: u64 = 5_001;

/// The last so many may be edited: WordPress lists a hundred on a page, and further pages are read
/// only where something is new or missing.
const EDITED: usize = 50;

/// Longer than any call waits for its answer.
const LONG: Duration = Duration::from_secs(12);

const ABUSE: [&str; 2] = [
    "The receptionist is a fat useless bitch",
    "You absolute wankers",
];
const CLEAN: [&str; 3] = [
    "Are the flu clinics on Saturday as well?",
    "Thank you for the new car park.",
    "I waited on the phone for an hour. Not good enough.",
];

fn practice() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn channel() -> Channel {
    Channel {
        platform: Platform::Website,
        account: "roxbourne.example".to_owned(),
    }
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: practice(),
        platform: Platform::Website,
        id: id.to_owned(),
    }
}

/// How often the site was stopped, and in which way.
#[derive(Debug, Default)]
struct Stops {
    killed: u32,
    halted: u32,
    halted_long: u32,
    database_killed: u32,
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes and needs a WordPress: make chaos"]
async fn a_wordpress_that_is_stopped_at_random_loses_nothing() {
    let seed = env::var("PAGEWARDEN_SEED")
        .map_or_else(|_| fastrand::u64(..1_000_000), |seed| seed.parse().unwrap());
    eprintln!("WordPress is stopped as PAGEWARDEN_SEED={seed} has it");
    let started = Instant::now();
    let (site, stack) = (Site::take().await, stack().await);
    let secret = format!("channel/{}/{}", channel().platform, channel().account);
    stack.store().put(&secret, &Site::secret());
    // What is looked at here is not how many acts an hour a practice allows.
    resettle(&stack, "roxbourne", |settings| {
        settings["caps"] = json!({ "acts_per_hour": 1_000, "acts_per_day": 1_000 });
    })
    .await;

    let mut random = Rng::with_seed(seed);
    let over = Arc::new(AtomicBool::new(false));
    let stopping = tokio::spawn(stop(
        site.clone(),
        stack.ledger().clone(),
        random.fork(),
        Arc::clone(&over),
    ));
    let mut written = BTreeMap::from([(THERE, true)]);
    let mut failed = 0;
    for _ in 0..ROUNDS {
        write(&site, &stack, &mut written, &mut random).await;
        stack
            .clock()
            .pass(SignedDuration::from_mins(random.i64(20..70)));
        failed += usize::from(!look(&stack).await);
    }
    over.store(true, Ordering::Relaxed);
    let stops = stopping.await.unwrap();
    let in_trouble = started.elapsed();
    let mut afterwards = 0;
    while !is_settled(&site, &stack).await {
        assert!(afterwards < AFTERWARDS, "it never comes to rest");
        stack.clock().pass(SignedDuration::from_hours(1));
        assert!(look(&stack).await, "the site is up, and cannot be swept");
        afterwards += 1;
    }

    let journal = site.journal().await;
    let tries = check(&site, &stack, &written, &journal).await;
    channel_is_well(&stack).await;
    let abusive = written.values().filter(|abusive| **abusive).count();
    eprintln!(
        "in {} s PHP was killed {} times and halted {} times, {} of them for longer than any call waits, and its \
         database was killed {} times; {failed} of {ROUNDS} sweeps failed; of {} comments that were written meanwhile \
         {abusive} were abusive: each was held back once, by {tries} tries; {afterwards} sweeps later all was at rest",
        in_trouble.as_secs(),
        stops.killed,
        stops.halted + stops.halted_long,
        stops.halted_long,
        stops.database_killed,
        written.len(),
    );
}

/// Stops the site at random, in one way after the other, until it is over. Leaves it running.
async fn stop(site: Site, ledger: Ledger, mut random: Rng, over: Arc<AtomicBool>) -> Stops {
    let mut stops = Stops::default();
    while !over.load(Ordering::Relaxed) {
        let mut pause = |from, to| Duration::from_millis(random.u64(from..to));
        tokio::time::sleep(pause(300, 2_500)).await;
        let (away, waiting) = (pause(0, 1_500), pause(100, 500));
        match random.u8(0..10) {
            0..=3 => {
                site.kill(Part::Php).await;
                stops.killed += 1;
                acts_are_on_record(&site, &ledger).await;
                tokio::time::sleep(away).await;
                site.start(Part::Php);
            }
            4..=7 => {
                site.halt(Part::Php, away * 3).await;
                stops.halted += 1;
            }
            8 => {
                site.halt(Part::Php, LONG).await;
                stops.halted_long += 1;
            }
            _ => {
                // So that whatever is asked of it just now is not answered any more.
                site.halt_then_kill(Part::Database, waiting).await;
                stops.database_killed += 1;
                tokio::time::sleep(away).await;
                site.start(Part::Database);
            }
        }
    }
    stops
}

/// Writes some comments, and edits one of before at times.
async fn write(site: &Site, stack: &Stack, written: &mut BTreeMap<u64, bool>, random: &mut Rng) {
    for _ in 0..random.usize(1..4) {
        let id = FIRST + written.len() as u64;
        let abusive = random.u8(0..3) == 0;
        let words = random.choice(if abusive { &ABUSE[..] } else { &CLEAN[..] });
        site.write(id, words.unwrap(), stack.clock().now()).await;
        written.insert(id, abusive);
    }
    let clean: Vec<u64> = written
        .iter()
        .rev()
        .take(EDITED)
        .filter(|(_, abusive)| !**abusive)
        .map(|(id, _)| *id)
        .collect();
    if let Some(id) = random.choice(clean).filter(|_| random.u8(0..4) == 0) {
        site.edit(id, ABUSE[0]).await;
        written.insert(id, true);
    }
}

/// Sweeps, and goes on with what was put off. Returns `false` if the site could not be swept.
async fn look(stack: &Stack) -> bool {
    let failed = async || {
        let (practice, channel) = (practice(), channel());
        let failed = stack.ledger().sweep_failed_at(&practice, &channel);
        failed.await.unwrap()
    };
    let before = failed().await;
    stack.run("sweep").await.unwrap();
    let well = failed().await == before;
    stack.run("remind").await.unwrap();
    stack.rest().await;
    well
}

/// Whatever was changed in WordPress by now is on record as decided, with its evidence.
async fn acts_are_on_record(site: &Site, ledger: &Ledger) {
    for (id, _, _) in site.journal().await {
        let history = ledger.history(&key(&id.to_string())).await.unwrap();
        let history = history.unwrap_or_else(|| panic!("{id} was changed and is not on record"));
        assert!(
            !decided_to_hide(&history).is_empty(),
            "{id} was changed without a decision"
        );
    }
}

/// Returns the actions that a decision on record named, of a history that holds.
fn decided_to_hide(history: &History) -> Vec<String> {
    history.verify().unwrap();
    let events = history.events.iter().map(|line| line.event().unwrap());
    let named = events.filter_map(|event| match event {
        Event::Decided { actions, .. } => Some(actions),
        _ => None,
    });
    let named: Vec<String> = named.flatten().collect();
    let hides = history.actions.iter();
    hides
        .filter(|action| action.effect == Effect::Hide && named.contains(&action.id))
        .map(|action| action.id.clone())
        .collect()
}

/// Nothing is ever removed from this site.
fn was_taken_for_gone(history: &History) -> bool {
    let mut events = history.events.iter().map(|line| line.event().unwrap());
    events.any(|event| matches!(event, Event::Removed { .. }))
}

async fn history(stack: &Stack, id: u64) -> Option<History> {
    stack.ledger().history(&key(&id.to_string())).await.unwrap()
}

/// Returns `true` if every comment is on record and decided, and nothing is left to be done.
async fn is_settled(site: &Site, stack: &Stack) -> bool {
    for id in site.comments().await.into_keys() {
        let Some(history) = history(stack, id).await else {
            return false;
        };
        let decided = history
            .revisions
            .iter()
            .all(|revision| revision.decided.is_some());
        if !decided || history.actions.iter().any(|action| action.status.is_open()) {
            return false;
        }
    }
    true
}

/// Each abusive comment was held back exactly once, and nothing was done to any other. Returns how
/// many tries that took.
async fn check(
    site: &Site,
    stack: &Stack,
    written: &BTreeMap<u64, bool>,
    journal: &[(u64, String, String)],
) -> u32 {
    let mut tries = 0;
    for (id, status) in site.comments().await {
        let history = history(stack, id).await.unwrap();
        let changes: Vec<_> = journal
            .iter()
            .filter(|(of, _, _)| *of == id)
            .map(|(_, was, became)| (was.as_str(), became.as_str()))
            .collect();
        let actions: Vec<_> = history
            .actions
            .iter()
            .map(|action| (action.effect, action.status, &action.result))
            .collect();
        let says = format!("{id}: {status} {changes:?} {actions:?}");
        let decided = decided_to_hide(&history);
        assert!(!was_taken_for_gone(&history), "{says}");
        let is_hidden = history.state.visibility == Visibility::Hidden;
        assert_eq!(is_hidden, status == "0", "{says}");
        if written.get(&id).is_some_and(|abusive| *abusive) {
            assert_eq!((status.as_str(), decided.len()), ("0", 1), "{says}");
            assert_eq!(changes, [("1", "0")], "{says}");
            let [action] = history.actions.as_slice() else {
                panic!("{says}");
            };
            assert_eq!(action.status, ActionStatus::Done, "{says}");
            tries += action.attempts;
        } else {
            assert!(changes.is_empty() && actions.is_empty(), "{says}");
        }
    }
    tries
}

/// The channel works, and nobody was sent to repair what was not broken.
async fn channel_is_well(stack: &Stack) {
    stack.clock().pass(SignedDuration::from_hours(1));
    assert!(look(stack).await, "the site cannot be swept");
    let gate = stack.ledger().gate(&channel()).await.unwrap();
    assert_eq!(gate.stopped, None);
    let account = key(&channel().account);
    let tasks = stack.ledger().tasks_of(&account).await.unwrap();
    let repairs: Vec<_> = tasks
        .iter()
        .filter(|task| task.kind == TaskKind::ReconnectChannel)
        .map(|task| &task.why)
        .collect();
    assert!(repairs.is_empty(), "{repairs:?}");
}
