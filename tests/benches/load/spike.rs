//! A hundred times as much as usual on one practice: another's danger is told as soon as before.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::chosen;
use crate::figures::{percentiles, within};
use crate::hose::Sent;
use crate::steps::{Load, since};
use crate::town::Kind;
use crate::watch::Watch;

/// What comes to the practice as a rule, a second, and how many times as much in the spike.
const USUAL: u32 = 4;
const TIMES: u32 = 100;

/// What comes to all others, a second, and how many posts of the other practice are about danger.
const ELSEWHERE: u32 = 20;
const DANGERS: u32 = 4;

/// How long a danger elsewhere may take in the spike, from when it was accepted until it is decided.
const MOST: Duration = Duration::from_secs(2);

/// The practice with the spike, and the other.
const BUSY: usize = 0;
const QUIET: usize = 1;

/// Sends the usual and then the spike, and prints how long dangers elsewhere took. Fails if that is
/// too long.
pub(crate) async fn run(load: &mut Load, watch: &mut Watch) -> Result<()> {
    let (lasts, usual) = (chosen("SPIKE_S", 15)?, chosen("SPIKE", USUAL)?);
    println!(
        "\n| one practice, a second | danger elsewhere accepted: p50, ms | p99 | p99.9 \
         | decided after that: p50, ms | p99 | p99.9 | its own decided: p50, ms | p99 | p99.9 | most waiting |"
    );
    println!("|{}", " --- |".repeat(11));
    let mut slowest = Duration::ZERO;
    for rate in [usual, usual * TIMES] {
        let [elsewhere, busy, danger] = pour(load, rate, lasts).await?;
        for sent in [&elsewhere, &busy, &danger] {
            load.settle(sent, watch).await?;
        }
        let mut decided = after_acceptance(&danger, watch);
        slowest = within(&mut decided, 1000);
        println!(
            "| {rate} | {} | {} | {} | {} |",
            percentiles(danger.iter().filter_map(|sent| sent.accepted).collect()),
            percentiles(decided),
            percentiles(since(&busy, watch, |seen| seen.decided)),
            load.host.most_waiting()
        );
    }
    ensure!(
        slowest < MOST,
        "a danger elsewhere took {slowest:?} in the spike"
    );
    Ok(())
}

/// Sends all three at the same time: to everybody, to the busy practice, and dangers to the quiet
/// one.
async fn pour(load: &mut Load, rate: u32, lasts: u32) -> Result<[Vec<Sent>; 3]> {
    let many = |rate: u32| usize::try_from(rate * lasts).unwrap_or(usize::MAX);
    let elsewhere = load.town.anywhere(many(ELSEWHERE));
    let mut of = |practice, kind, rate| {
        let drawn = (0..many(rate)).map(|_| load.town.at(practice, kind));
        drawn.collect::<Vec<_>>()
    };
    let (busy, danger) = (
        of(BUSY, Kind::Clean, rate),
        of(QUIET, Kind::Danger, DANGERS),
    );
    load.learn(&elsewhere).await?;
    let pour = |rate: u32, drawn| load.hose.clone().pour(f64::from(rate), drawn);
    let sent = tokio::try_join!(
        pour(ELSEWHERE, elsewhere),
        pour(rate, busy),
        pour(DANGERS, danger)
    );
    Ok(sent?.into())
}

/// Returns how long each took from when it was accepted until it was decided.
fn after_acceptance(sent: &[Sent], watch: &Watch) -> Vec<Duration> {
    let took = |sent: &Sent| {
        let accepted = sent.due + sent.accepted?;
        Some(watch.of(sent).decided?.saturating_duration_since(accepted))
    };
    sent.iter().filter_map(took).collect()
}
