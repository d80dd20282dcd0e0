//! A sweep of some thousand channels without news: how many calls and writes it makes, which has to
//! be a call each and no write, and how long it takes beside one of a tenth as many.

#![expect(clippy::print_stdout, reason = "the figures are what was asked for")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use pagewarden_tests::channels::{Spent, connect, on_each_platform, sweep};
use pagewarden_tests::stack;

/// Channels of each platform. With some ten times as many, the local schedule would
/// sweep as well before this is over.
const EACH: usize = 1240;

#[tokio::main]
async fn main() -> ExitCode {
    let mut good = true;
    for each in [EACH / 10, EACH] {
        let (spent, took) = measure(each).await;
        let Spent {
            channels,
            calls,
            writes,
        } = spent;
        println!(
            "{channels} channels without news: {calls} calls, {writes} write units, {:.2} ms a channel",
            took.as_secs_f64() * 1e3 / f64::from(u32::try_from(channels).unwrap_or(u32::MAX))
        );
        good &= calls == channels && writes == 0.0;
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Sweeps twice: on the first sweep everything is new.
async fn measure(each: usize) -> (Spent, Duration) {
    let stack = stack().await;
    connect(&stack, &on_each_platform(each)).await;
    sweep(&stack).await;
    let started = Instant::now();
    (sweep(&stack).await, started.elapsed())
}
