//! Mixed traffic at a steady rate for minutes or an hour, with what goes wrong: deliveries that come
//! twice or with a bad signature, a platform that fails now and then, a process that is killed.
//! Nothing may be lost or done twice, and neither memory, nor what is open, nor the time to decide
//! may grow.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::child::Host;
use crate::chosen;
use crate::figures::within;
use crate::hose::{Hose, Sent};
use crate::steps::{Load, is_open, since};
use crate::town::{Delivery, Kind};
use crate::watch::{Seen, Watch};

/// How long traffic runs before it is looked how everything stands.
const ROUND_S: u32 = 10;

/// The round in the middle of which the process is killed, and of how many deliveries one comes
/// twice.
const KILLED_IN: u32 = 3;
const TWICE_OF: usize = 20;

/// How things stood at the end of a round.
#[derive(Clone, Copy, Debug)]
struct Round {
    memory: f64,
    open: usize,
    p99: Duration,
}

/// Runs for `MINUTES`, ten unless told otherwise. Fails where something was lost or done twice, or
/// grows.
pub(crate) async fn run(file: &Path) -> Result<()> {
    let (minutes, rate) = (chosen::<u32>("MINUTES", 10)?, chosen::<u32>("RATE", 40)?);
    let practices = chosen("PRACTICES", 300)?;
    let mut load = Load::new(Host::start(file, practices, 0, true).await?, practices)?;
    let mut watch = Watch::begin(file)?;
    println!("{practices} practices, {rate} deliveries a second for {minutes} minutes\n");
    println!("| minute | memory, MB | open | decided p99, ms |\n| --- | --- | --- | --- |");
    let (mut again, mut all, mut rounds) = (Vec::new(), Vec::new(), Vec::new());
    for n in 1..=minutes * 60 / ROUND_S {
        let mut deliveries = std::mem::take(&mut again);
        deliveries.extend(mixed(&mut load, rate).await?);
        let pouring = tokio::spawn(load.hose.clone().pour(f64::from(rate), deliveries));
        if n == KILLED_IN {
            tokio::time::sleep(Duration::from_secs(u64::from(ROUND_S / 2))).await;
            load.host.kill().await?;
            load.host = Host::start(file, practices, 0, true).await?;
            load.hose = Hose::new(&load.host.webhook)?;
        }
        let sent = pouring.await??;
        forge(&mut load).await?;
        watch.check()?;
        let (accepted, refused): (Vec<_>, Vec<_>) =
            sent.into_iter().partition(|sent| sent.accepted.is_some());
        again = refused.into_iter().map(|sent| sent.delivery).collect();
        let round = Round {
            memory: load.host.memory()?,
            p99: within(&mut since(&accepted, &watch, |seen| seen.decided), 990),
            open: accepted
                .iter()
                .chain(&all)
                .filter(|sent| is_open(sent, &watch))
                .count(),
        };
        all.extend(accepted);
        println!(
            "| {:.1} | {:.0} | {} | {:.0} |",
            f64::from(n * ROUND_S) / 60.0,
            round.memory,
            round.open,
            round.p99.as_secs_f64() * 1e3
        );
        if n > KILLED_IN + 1 {
            rounds.push(round);
        }
    }
    ensure!(
        again.is_empty(),
        "{} deliveries were not accepted",
        again.len()
    );
    // What is tried again now meets no further fault.
    load.host.be_well().await?;
    load.settle(&all, &mut watch).await?;
    load.end().await?;
    each_once(&all, &watch)?;
    println!(
        "\n{} posts, each recorded, decided and acted on once",
        all.len()
    );
    steady(&rounds)
}

/// Draws a round's deliveries, of which some come twice.
async fn mixed(load: &mut Load, rate: u32) -> Result<Vec<Delivery>> {
    let drawn = load.town.anywhere(usize::try_from(rate * ROUND_S)?);
    load.learn(&drawn).await?;
    let mut deliveries = Vec::with_capacity(drawn.len());
    for (n, delivery) in drawn.into_iter().enumerate() {
        if n.is_multiple_of(TWICE_OF) {
            deliveries.push(delivery.clone());
        }
        deliveries.push(delivery);
    }
    Ok(deliveries)
}

/// Sends one with a bad signature, which has to be refused.
async fn forge(load: &mut Load) -> Result<()> {
    let delivery = load.town.at(0, Kind::Clean);
    let answered = load.hose.post(&delivery, "sha256=00").await?;
    ensure!(
        answered == 401,
        "a forged delivery was answered with {answered}"
    );
    Ok(())
}

/// Fails if something that was accepted is on record not at all or twice.
fn each_once(sent: &[Sent], watch: &Watch) -> Result<()> {
    let seen = watch.seen();
    for Sent { delivery, .. } in sent {
        let Seen {
            revisions,
            decisions,
            ..
        } = seen.get(&delivery.partition).copied().unwrap_or_default();
        ensure!(
            (revisions, decisions) == (1, 1),
            "{}: {revisions} revisions, {decisions} decisions",
            delivery.partition
        );
    }
    let strays = seen.len()
        - sent
            .iter()
            .map(|sent| &sent.delivery.partition)
            .collect::<std::collections::BTreeSet<_>>()
            .len();
    ensure!(strays == 0, "{strays} posts are on record that nobody sent");
    Ok(())
}

/// Fails if the last third of the rounds is worse than the first.
fn steady(rounds: &[Round]) -> Result<()> {
    let third = rounds.len() / 3;
    ensure!(third > 0, "too short to tell whether anything grows");
    let (first, last) = (&rounds[..third], &rounds[rounds.len() - third..]);
    let median = |rounds: &[Round], figure: fn(&Round) -> f64| {
        let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures[figures.len() / 2]
    };
    let figures: [(&str, fn(&Round) -> f64, f64, f64); 3] = [
        ("MB of memory", |round| round.memory, 1.1, 8.0),
        ("open posts", |round| round.open as f64, 1.5, 50.0),
        (
            "ms to decide (p99)",
            |round| round.p99.as_secs_f64() * 1e3,
            2.0,
            250.0,
        ),
    ];
    for (name, figure, factor, more) in figures {
        let (before, after) = (median(first, figure), median(last, figure));
        println!("{name}: {before:.0} in the first third, {after:.0} in the last");
        ensure!(after <= before * factor + more, "{name}: it grows");
    }
    Ok(())
}
