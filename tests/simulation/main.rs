//! A simulation of everything that goes wrong, from a number: functions that are killed between any
//! two calls of the table, a table that throttles and loses answers, a stream that loses and repeats
//! records, platforms that fail, deliveries that come late or never, and people who decide
//! meanwhile. What the system promises is checked at every step.
//!
//! `make test` and `make test-faults` play the first few seeds, the same ones on every machine,
//! `make test-faults SEEDS=10000` so many of them, and `make test-faults SEED=7` tells the story of
//! one, made as short as it can be.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod bucket;
mod checks;
mod claims;
mod mutations;
mod plan;
mod platforms;
mod policies;
mod shrink;
mod weather;
mod world;

use std::env;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use checks::Broken;
use plan::Plan;
use world::World;

/// How many seeds are played where no number of them is given: half a minute's on two cores.
const FEW: u64 = 20;

/// Seeds that are played at the same time.
const THREADS: usize = 2;

/// What came of a plan.
#[derive(Debug)]
struct Played {
    broken: Option<Broken>,
    story: Vec<String>,
}

/// Plays a plan in a world of its own. The same plan always comes to the same end.
fn play(seed: u64, plan: &Plan) -> Played {
    fastrand::seed(seed);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::of(plan).await;
        let mut broken = None;
        for step in &plan.steps {
            broken = world.step(step).await.err();
            if broken.is_some() {
                break;
            }
        }
        if broken.is_none() {
            broken = world.finish().await.err();
        }
        Played {
            broken,
            story: world.story(),
        }
    })
}

/// Plays a plan, a panic being one more thing that must not happen.
fn played(seed: u64, plan: &Plan) -> Played {
    catch_unwind(AssertUnwindSafe(|| play(seed, plan))).unwrap_or_else(|_| Played {
        broken: Some(Broken::new("panic", "it panicked: see above")),
        story: Vec::new(),
    })
}

fn told<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let value = env::var(name).ok().filter(|value| !value.is_empty())?;
    let number = value.parse();
    Some(number.unwrap_or_else(|error| panic!("{name}={value} is no number: {error}")))
}

/// Tells the story of a seed that breaks a rule, made short; where `BRIEF` is set, only the rule.
fn tell(seed: u64) -> String {
    if env::var_os("BRIEF").is_some() {
        let broken = played(seed, &Plan::of(seed)).broken;
        return format!(
            "seed {seed} breaks a rule: {}",
            broken.map_or_else(String::new, |b| b.to_string())
        );
    }
    let (plan, played) = shrink::shortest(seed, Plan::of(seed));
    let broken = played.broken.map_or_else(String::new, |b| b.to_string());
    let story = played.story.join("\n");
    format!(
        "seed {seed} breaks a rule:\n{broken}\n\nThe story, of {} steps:\n{story}\n{broken}\n\n\
         Once more: make test-faults SEED={seed}",
        plan.steps.len()
    )
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_or_done_twice() {
    if let Some(seed) = told::<u64>("SEED") {
        let played = played(seed, &Plan::of(seed));
        assert!(played.broken.is_none(), "{}", tell(seed));
        eprintln!("{}\nseed {seed}: everything holds", played.story.join("\n"));
        return;
    }
    let most = told::<u64>("SEEDS").unwrap_or(FEW);
    let from = told::<u64>("FROM").unwrap_or(1);
    let (next, failed, found) = (
        AtomicU64::new(from),
        AtomicU64::new(u64::MAX),
        AtomicBool::new(false),
    );
    let began = Instant::now();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !found.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + most {
                        return;
                    }
                    if played(seed, &Plan::of(seed)).broken.is_some() {
                        failed.fetch_min(seed, Ordering::Relaxed);
                        found.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    assert!(failed == u64::MAX, "{}", tell(failed));
    let took = began.elapsed().as_secs_f64();
    eprintln!("{most} seeds from {from} on hold, in {took:.0} s");
}

#[test]
fn the_same_seed_is_the_same_story() {
    let seed = 3;
    let [once, again] = [(); 2].map(|()| played(seed, &Plan::of(seed)));
    assert_eq!(once.story, again.story);
}
