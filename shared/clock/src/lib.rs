#![doc = include_str!("../README.md")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time and waits. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    kind: Kind,
    /// Milliseconds by which this clock is ahead of what it goes by.
    ahead: Arc<AtomicI64>,
    /// How much later it shows than those that it goes along with.
    off: SignedDuration,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Goes by the machine's clock, and a wait takes its time.
    System,
    /// Goes by the machine's clock, and a wait moves it.
    Manual,
    /// Stands at a time, and a wait moves it.
    Simulated(Timestamp),
}

impl Clock {
    /// Returns the machine's clock. A wait takes as long as it says.
    #[must_use]
    pub fn system() -> Self {
        Clock::of(Kind::System)
    }

    /// Returns a clock that tests and the local stack move. It runs like the machine's, but a wait
    /// is over at once: the clock jumps to the time waited for.
    #[must_use]
    pub fn manual() -> Self {
        Clock::of(Kind::Manual)
    }

    /// Returns a clock that stands at a time until it is moved or somebody waits.
    #[must_use]
    pub fn simulated(start: Timestamp) -> Self {
        Clock::of(Kind::Simulated(start))
    }

    fn of(kind: Kind) -> Self {
        Clock {
            kind,
            ahead: Arc::default(),
            off: SignedDuration::ZERO,
        }
    }

    /// Returns a clock that goes along with this one and is off by so much: for simulations, since
    /// no two machines show quite the same time.
    #[must_use]
    pub fn off_by(&self, off: SignedDuration) -> Self {
        Clock {
            off: self.off + off,
            ..self.clone()
        }
    }

    /// Returns the time that this clock would show had nobody moved it.
    fn unmoved(&self) -> Timestamp {
        let at = match self.kind {
            Kind::System | Kind::Manual => machine(),
            Kind::Simulated(start) => start,
        };
        at + self.off
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.unmoved() + SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves the clock ahead by this much.
    pub fn pass(&self, time: SignedDuration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// Waits until a time; returns at once if it has passed.
    pub async fn wait(&self, until: Timestamp) {
        let ahead = until.duration_since(self.unmoved()).as_millis();
        let jump = match self.kind {
            Kind::System => {
                let left = until.duration_since(self.now());
                tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
                return;
            }
            // What is left is rounded down, and the machine's clock shows more than milliseconds.
            Kind::Manual => ahead + 1,
            Kind::Simulated(_) => ahead,
        };
        // The farthest wait wins, and a time that has passed moves nothing.
        self.ahead
            .fetch_max(i64::try_from(jump).unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the machine's clock"
)]
fn machine() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_manual_clock_jumps_instead_of_waiting() {
        let clock = Clock::manual();
        let until = clock.now() + SignedDuration::from_hours(1);
        clock.clone().wait(until).await;
        assert!(clock.now() >= until);
        let after = clock.now();
        clock.wait(until).await;
        assert!(
            clock.now() < after + SignedDuration::from_mins(1),
            "a time that has passed moves nothing"
        );
    }

    #[tokio::test]
    async fn a_simulated_clock_stands_still_between_waits() {
        let start = Timestamp::from_second(1_000).unwrap();
        let clock = Clock::simulated(start);
        clock.wait(start + SignedDuration::from_mins(2)).await;
        clock.wait(start + SignedDuration::from_mins(1)).await;
        assert_eq!(clock.now(), start + SignedDuration::from_mins(2));
        clock.pass(SignedDuration::from_secs(1));
        assert_eq!(clock.now(), start + SignedDuration::from_secs(121));
    }

    #[tokio::test]
    async fn a_clock_that_is_off_goes_along() {
        let start = Timestamp::from_second(1_000).unwrap();
        let clock = Clock::simulated(start);
        let behind = clock.off_by(SignedDuration::from_secs(-20));
        assert_eq!(behind.now(), start - SignedDuration::from_secs(20));
        clock.pass(SignedDuration::from_secs(5));
        assert_eq!(behind.now(), start - SignedDuration::from_secs(15));
        behind.wait(start).await;
        assert_eq!(clock.now(), start + SignedDuration::from_secs(20));
    }

    #[tokio::test(start_paused = true)]
    async fn the_system_clock_sleeps() {
        let (clock, started) = (Clock::system(), tokio::time::Instant::now());
        clock.wait(clock.now() + SignedDuration::from_mins(5)).await;
        assert!(started.elapsed() > Duration::from_mins(4));
        clock.wait(clock.now() - SignedDuration::from_mins(5)).await;
        assert!(started.elapsed() < Duration::from_mins(6));
    }
}
