//! Growing rates, and how the stack keeps up with each.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fastrand::Rng;
use pagewarden_tests::now;

use crate::child::Host;
use crate::chosen;
use crate::figures::percentiles;
use crate::hose::{Hose, Sent};
use crate::town::{Delivery, Kind};
use crate::watch::{Seen, Watch};

/// Deliveries a second, one step after another.
const RATES: [u32; 7] = [50, 100, 200, 400, 800, 1_200, 1_600];

/// How long it may take until all is decided, and what the platform refused tried again, once
/// nothing more comes.
const PATIENCE: Duration = Duration::from_secs(300);

/// How often it is looked whether it is.
const LOOKS_EVERY: Duration = Duration::from_millis(50);

/// The stack, and what is sent to it.
pub(crate) struct Load {
    pub(crate) host: Host,
    pub(crate) hose: Hose,
    pub(crate) town: Town,
}

/// Draws what is sent: the same in every run.
pub(crate) struct Town {
    rng: Rng,
    practices: usize,
    sent: u64,
}

impl Town {
    pub(crate) fn new(practices: usize) -> Self {
        Town {
            rng: Rng::with_seed(7),
            practices,
            sent: 0,
        }
    }

    /// Draws posts of any practices.
    pub(crate) fn anywhere(&mut self, many: usize) -> Vec<Delivery> {
        let draw = |_| {
            let (at, kind) = (self.rng.usize(0..self.practices), Kind::draw(&mut self.rng));
            self.at(at, kind)
        };
        (0..many).map(draw).collect()
    }

    /// Returns a new post of one practice.
    pub(crate) fn at(&mut self, practice: usize, kind: Kind) -> Delivery {
        self.sent += 1;
        Delivery::new(self.sent, practice, kind, now())
    }
}

/// Returns the rates that are to be offered.
pub(crate) fn rates() -> Result<Vec<u32>> {
    let chosen = chosen("RATES", String::new())?;
    let chosen: Result<Vec<u32>, _> = chosen.split_whitespace().map(str::parse).collect();
    Ok(Some(chosen?)
        .filter(|chosen| !chosen.is_empty())
        .unwrap_or_else(|| RATES.to_vec()))
}

/// Returns how many deliveries a rate comes to in the time for which it is offered.
pub(crate) fn many(rate: u32) -> Result<usize> {
    Ok(usize::try_from(rate * chosen("EACH_S", 15)?)?)
}

/// Returns how many were accepted, by second, and how long that took.
pub(crate) fn accepted(begun: Instant, sent: &[Sent]) -> (f64, Vec<Duration>) {
    let took: Vec<Duration> = sent.iter().filter_map(|sent| sent.accepted).collect();
    let done = sent
        .iter()
        .filter_map(|sent| Some(sent.due + sent.accepted?));
    (a_second(begun, took.len(), done.max()), took)
}

/// Returns how much of the processor each took, in milliseconds.
pub(crate) fn each(used: Duration, many: usize) -> String {
    format!("{:.2}", used.as_secs_f64() * 1e3 / many as f64)
}

fn a_second(begun: Instant, many: usize, done: Option<Instant>) -> f64 {
    let lasted = done.map_or(Duration::ZERO, |done| done - begun);
    many as f64 / lasted.as_secs_f64().max(0.001)
}

impl Load {
    pub(crate) fn new(host: Host, practices: usize) -> Result<Self> {
        let hose = Hose::new(&host.webhook)?;
        Ok(Load {
            host,
            hose,
            town: Town::new(practices),
        })
    }

    /// Offers each rate, and prints a line about it once all of it is decided.
    pub(crate) async fn grow(&mut self, watch: &mut Watch) -> Result<()> {
        println!(
            "| offered a second | accepted a second | p50, ms | p99 | p99.9 | decided a second \
             | p50, ms | p99 | p99.9 | hidden p50, ms | p99 | p99.9 | most waiting | memory, MB \
             | CPU a post, ms |"
        );
        println!("|{}", " --- |".repeat(15));
        for rate in rates()? {
            let deliveries = self.town.anywhere(many(rate)?);
            self.learn(&deliveries).await?;
            let (begun, used) = (Instant::now(), self.host.used()?);
            let sent = self.hose.clone().pour(f64::from(rate), deliveries).await?;
            self.settle(&sent, watch).await?;
            let (accepted, took) = accepted(begun, &sent);
            let decided = since(&sent, watch, |seen| seen.decided);
            let last = sent.iter().filter_map(|sent| watch.of(sent).decided);
            println!(
                "| {rate} | {accepted:.0} | {} | {:.0} | {} | {} | {} | {:.0} | {} |",
                percentiles(took),
                a_second(begun, decided.len(), last.max()),
                percentiles(decided),
                percentiles(since(&sent, watch, |seen| seen.hidden)),
                self.host.most_waiting(),
                self.host.memory()?,
                each(self.host.used()? - used, sent.len())
            );
        }
        Ok(())
    }

    /// Lets the fake platform know posts.
    pub(crate) async fn learn(&mut self, deliveries: &[Delivery]) -> Result<()> {
        for delivery in deliveries {
            self.host.learn(delivery).await?;
        }
        Ok(())
    }

    /// Waits until everything that was accepted is decided, and hidden where it is to be.
    pub(crate) async fn settle(&self, sent: &[Sent], watch: &mut Watch) -> Result<()> {
        let begun = Instant::now();
        loop {
            watch.check()?;
            let open = sent.iter().filter(|sent| is_open(sent, watch)).count();
            if open == 0 {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < PATIENCE,
                "{open} posts are open {PATIENCE:?} after the last was sent"
            );
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    /// Ends the stack. Fails if anything was hidden twice.
    pub(crate) async fn end(self) -> Result<()> {
        let said = self.host.end().await?;
        ensure!(
            said["hidden_twice"] == 0,
            "some posts were hidden twice: {said}"
        );
        Ok(())
    }
}

/// Returns `true` if it was accepted and is not decided yet, or not hidden and should be.
pub(crate) fn is_open(sent: &Sent, watch: &Watch) -> bool {
    let seen = watch.of(sent);
    let is_done = match sent.delivery.kind {
        Kind::Hidden => seen.hidden.is_some(),
        Kind::Clean | Kind::Complaint | Kind::Danger => seen.decided.is_some(),
    };
    sent.accepted.is_some() && !is_done
}

/// Returns how long it took from when each was sent until something was seen of it.
pub(crate) fn since(
    sent: &[Sent],
    watch: &Watch,
    when: impl Fn(&Seen) -> Option<Instant>,
) -> Vec<Duration> {
    let took = |sent: &Sent| Some(when(&watch.of(sent))?.saturating_duration_since(sent.due));
    sent.iter().filter_map(took).collect()
}
