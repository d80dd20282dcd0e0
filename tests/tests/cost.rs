//! The units behind the bill are those that the sample events need.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_local::command::cost::Figures;
use pagewarden_local::meter::Units;
use pagewarden_local::stack::Stack;
use pagewarden_tests::{events, replay, stack};

/// The samples grow, so a figure may be off by this part of it, or by a unit, before the bill has to be mended.
const OFF_BY: f64 = 0.3;

#[tokio::test(flavor = "multi_thread")]
async fn the_units_behind_the_bill_are_those_that_the_samples_need() {
    let stack = stack().await;
    let before = stack.used();
    let (replayed, _) = replay(&stack, &events()).await;
    let posts: usize = replayed.posts.iter().map(|(_, revisions)| revisions.len()).sum();
    let posts = f64::from(u32::try_from(posts).unwrap());
    let after = stack.used();
    let a_post = Units { reads: (after.reads - before.reads) / posts, writes: (after.writes - before.writes) / posts };

    let a_remind = reads_of_a_run(&stack, "remind").await;
    let a_sweep = reads_of_a_run(&stack, "sweep").await;
    let channels = u32::try_from(stack.ledger().channels().await.unwrap().len()).unwrap();

    let measured = Figures::shipped().unwrap().measured;
    let reads_a_sweep = a_sweep / f64::from(channels);
    let figures = [
        ("writes_a_post", measured.writes_a_post, a_post.writes),
        ("reads_a_post", measured.reads_a_post, a_post.reads),
        ("reads_a_remind", measured.reads_a_remind, a_remind),
        ("reads_a_sweep", measured.reads_a_sweep, reads_a_sweep),
    ];
    let off = figures.iter().filter(|(_, written, found)| (found - written).abs() > (written * OFF_BY).max(1.0));
    let off: Vec<String> =
        off.map(|(what, written, found)| format!("{what} is {found:.1}, and prices.toml says {written}")).collect();
    assert!(off.is_empty(), "{off:#?}");
}

/// Returns the fewest reads of some runs: the first may have something to note, and the time-table may set another going
/// meanwhile.
async fn reads_of_a_run(stack: &Stack, function: &str) -> f64 {
    let mut fewest = f64::INFINITY;
    for _ in 0..5 {
        let before = stack.used().reads;
        stack.run(function).await.unwrap();
        fewest = fewest.min(stack.used().reads - before);
    }
    fewest
}
