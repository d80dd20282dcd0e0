//! A hundred times as much as usual on one practice: another's danger is told as soon as before.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::chosen;
use crate::figures::{percentiles, within};
use crate::steps::{Load, since};
use crate::town::Kind;
use crate::watch::Watch;

/// What comes to the practice as a rule, a second, and in the spike.
const USUAL: f64 = 8.0;
const SPIKE: f64 = 100.0 * USUAL;

/// What comes to all others, a second, and how many posts of the other practice are about danger.
const ELSEWHERE: f64 = 20.0;
const DANGERS: f64 = 4.0;

/// How long either may take to be decided in the spike.
const MOST: Duration = Duration::from_secs(2);

/// The practice with the spike, and the other.
const BUSY: usize = 0;
const QUIET: usize = 1;

/// Sends the usual and then the spike, and prints how long dangers elsewhere took. Fails if that is
/// too long.
pub(crate) async fn run(load: &mut Load, watch: &mut Watch) -> Result<()> {
    let lasts: u32 = chosen("SPIKE_S", 15)?;
    println!(
        "\n| one practice, a second | danger elsewhere decided: p50, ms | p99 | p99.9 | its own: p50, ms | p99 | p99.9 | most waiting |"
    );
    println!("|{}", " --- |".repeat(8));
    let mut slowest = Duration::ZERO;
    for rate in [USUAL, SPIKE] {
        let many = |rate: f64| (rate * f64::from(lasts)) as usize;
        let elsewhere = load.town.anywhere(many(ELSEWHERE));
        let busy: Vec<_> = (0..many(rate))
            .map(|_| load.town.at(BUSY, Kind::Clean))
            .collect();
        let danger: Vec<_> = (0..many(DANGERS))
            .map(|_| load.town.at(QUIET, Kind::Danger))
            .collect();
        load.learn(&elsewhere).await?;
        let (elsewhere, busy, danger) = tokio::try_join!(
            load.hose.clone().pour(ELSEWHERE, elsewhere),
            load.hose.clone().pour(rate, busy),
            load.hose.clone().pour(DANGERS, danger)
        )?;
        for sent in [&elsewhere, &busy, &danger] {
            load.settle(sent, watch).await?;
        }
        let mut dangers = since(&danger, watch, |seen| seen.decided);
        slowest = within(&mut dangers, 1000);
        println!(
            "| {rate} | {} | {} | {} |",
            percentiles(dangers),
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
