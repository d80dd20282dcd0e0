//! A round: every channel once. What the time of one run does not suffice for, the next goes on
//! with.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use pagewarden_clock::Clock;
use pagewarden_ledger::{BrokenOff, LedgerError};
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_runtime::count;

use crate::run::Run;
use crate::{Sweep, Swept};

/// Channels of one platform swept at the same time.
pub const AT_ONCE: usize = 8;

/// Which channels a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// All, or on a platform where the last run broke off those that it left over.
    Every,
    /// Those that were left over.
    LeftOver,
}

impl Sweep {
    /// Sweeps a round, as far as the time suffices. The platforms take nothing from one another:
    /// where one wants its calls spread over time, the others go on.
    pub(crate) async fn round(
        &self,
        round: Round,
        clock: &Clock,
        time: Duration,
    ) -> Result<Swept, LedgerError> {
        let run = Run::begin(clock, time);
        let before = self.ledger.broken_off().await?;
        if round == Round::LeftOver && before.after.is_empty() {
            return Ok(Swept::default());
        }
        let mut channels: BTreeMap<Platform, Vec<(Channel, PracticeId)>> = BTreeMap::new();
        for (channel, practice) in self.ledger.channels().await? {
            let after = before.after.get(&channel.platform).map(String::as_str);
            let wanted = match after {
                Some(after) => *channel.account > *after,
                None => round == Round::Every,
            };
            if wanted && is_polled(channel.platform) {
                channels
                    .entry(channel.platform)
                    .or_default()
                    .push((channel, practice));
            }
        }
        let swept = join_all(channels.values().map(|channels| self.many(&run, channels))).await;
        let (mut all, mut after) = (Swept::default(), BTreeMap::new());
        for ((platform, channels), (swept, reached)) in channels.into_iter().zip(swept) {
            all += swept;
            if reached < channels.len() {
                tracing::warn!(%platform, left_over = channels.len() - reached, "the time is up");
                let last = reached
                    .checked_sub(1)
                    .map(|last| channels[last].0.account.clone());
                after.insert(
                    platform,
                    last.or_else(|| before.after.get(&platform).cloned())
                        .unwrap_or_default(),
                );
            }
        }
        let after = BrokenOff { after };
        if after != before {
            self.ledger.break_off(&after).await?;
        }
        all.log(clock.now());
        if round == Round::Every {
            // An alarm looks for it: without, nobody would notice that the hourly runs have ended.
            count("Rounds", 1, None, clock.now());
        }
        Ok(all)
    }

    /// Sweeps channels in their order while there is time. One that fails holds up none of the
    /// others. Returns how many need not be gone on with; of those behind them some may have been
    /// swept as well.
    async fn many(&self, run: &Run<'_>, channels: &[(Channel, PracticeId)]) -> (Swept, usize) {
        let (mut all, mut begun, mut reached) = (Swept::default(), 0, channels.len());
        let mut under_way = FuturesUnordered::new();
        loop {
            while begun < reached && under_way.len() < AT_ONCE && run.has_time() {
                let (at, (channel, practice)) = (begun, &channels[begun]);
                under_way.push(async move { (at, self.channel(run, channel, practice).await) });
                begun += 1;
            }
            match under_way.next().await {
                Some((_, Some(swept))) => all += swept,
                Some((at, None)) => reached = reached.min(at),
                None => return (all, reached.min(begun)),
            }
        }
    }
}

/// Returns `true` if there is somebody to ask.
const fn is_polled(platform: Platform) -> bool {
    match platform {
        Platform::Facebook
        | Platform::Instagram
        | Platform::X
        | Platform::Google
        | Platform::Website => true,
        Platform::StaffLog => false,
    }
}
