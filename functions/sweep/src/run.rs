//! One run of the function: its clock, the time that it has, and its turns at calling Google.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pagewarden_clock::Clock;
use tokio::time::Instant;

/// From one call to Google to the next: 240 a minute. Google takes 300 of the whole app, and the
/// others are for answers and hints. Even turns hold wherever Google's minute begins, which a count
/// by the minute would not.
pub const TURN: SignedDuration = SignedDuration::from_millis(250);

/// No channel is begun so shortly before the time is up, for its calls take a while.
pub const LAST_MINUTE: Duration = Duration::from_mins(1);

/// What is still under way so shortly before the time is up is dropped, so that the rest of the run
/// is not lost with it.
const LAST_SECONDS: Duration = Duration::from_secs(10);

/// The longest wait that is sat out: until Google's quota is new, which is by the minute.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// One run.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) clock: &'a Clock,
    /// When its last channel is begun, and its last wait over.
    last_begin: Timestamp,
    /// When what is still under way is dropped. Real time, whatever the clock says, because
    /// Lambda's timeout is.
    pub(crate) end: Instant,
    next_turn: Mutex<Timestamp>,
}

/// What came of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It is over.
    Out,
    /// It would take too long for any run.
    TooLong,
    /// The time of this run does not suffice for it.
    NoTime,
}

impl<'a> Run<'a> {
    /// Begins a run that has so much time, and may wait as long as that suffices.
    pub(crate) fn begin(clock: &'a Clock, time: Duration) -> Self {
        let for_begins =
            SignedDuration::try_from(time.saturating_sub(LAST_MINUTE)).unwrap_or_default();
        let at_once = Run::at_once(clock, time);
        Run {
            last_begin: at_once.last_begin + for_begins,
            ..at_once
        }
    }

    /// Begins a run in which nothing is waited for but turns: others wait behind it.
    pub(crate) fn at_once(clock: &'a Clock, time: Duration) -> Self {
        let now = clock.now();
        let end = Instant::now() + time.saturating_sub(LAST_SECONDS);
        Run {
            clock,
            last_begin: now,
            end,
            next_turn: Mutex::new(now),
        }
    }

    /// Returns `true` if there is time for another channel.
    pub(crate) fn has_time(&self) -> bool {
        self.clock.now() < self.last_begin
    }

    /// Waits until then, if that is soon and there is time.
    pub(crate) async fn sit_out(&self, until: Timestamp) -> Waited {
        if until.duration_since(self.clock.now()) > PATIENCE {
            return Waited::TooLong;
        }
        if until >= self.last_begin {
            return Waited::NoTime;
        }
        self.clock.wait(until).await;
        Waited::Out
    }

    /// Waits for the next turn to call Google.
    pub(crate) async fn turn(&self) {
        let at = {
            let mut next = self
                .next_turn
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let at = self.clock.now().max(*next);
            *next = at + TURN;
            at
        };
        self.clock.wait(at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::simulated(Timestamp::UNIX_EPOCH)
    }

    #[tokio::test]
    async fn turns_leave_a_fifth_of_any_minute_to_others() {
        let clock = clock();
        let run = Run::begin(&clock, Duration::from_mins(14));
        let mut turns = Vec::new();
        for n in 0..600 {
            if n == 300 {
                clock.wait(clock.now() + SignedDuration::from_mins(5)).await;
            }
            run.turn().await;
            turns.push(clock.now());
        }
        let most = turns.iter().map(|from| {
            turns
                .iter()
                .filter(|turn| (0..60_000).contains(&turn.duration_since(*from).as_millis()))
                .count()
        });
        assert_eq!(most.max(), Some(240));
    }

    #[tokio::test]
    async fn a_short_wait_is_sat_out_while_there_is_time() {
        let clock = clock();
        let run = Run::begin(&clock, Duration::from_mins(3));
        let later = |seconds| clock.now() + SignedDuration::from_secs(seconds);
        assert_eq!(run.sit_out(later(300)).await, Waited::TooLong);
        assert_eq!(run.sit_out(later(60)).await, Waited::Out);
        assert_eq!(clock.now(), Timestamp::from_second(60).unwrap());
        assert!(run.has_time());
        assert_eq!(run.sit_out(later(60)).await, Waited::NoTime);
        clock.wait(later(60)).await;
        assert!(!run.has_time());
        assert_eq!(
            Run::at_once(&clock, Duration::from_mins(3))
                .sit_out(later(1))
                .await,
            Waited::NoTime
        );
        assert!(!Run::begin(&clock, Duration::from_secs(30)).has_time());
    }
}
