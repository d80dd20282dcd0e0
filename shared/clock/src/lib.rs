//! The clock of everything here. Code that needs the time is given one, so that a test can move it.
//!
//! ```
//! use jiff::SignedDuration;
//! use pagewarden_clock::Clock;
//!
//! let clock = Clock::manual();
//! let before = clock.now();
//! clock.pass(SignedDuration::from_hours(1));
//! assert!(clock.now() >= before + SignedDuration::from_hours(1));
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time and waits. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    /// Milliseconds by which this clock is ahead of the machine's.
    ahead: Arc<AtomicI64>,
    /// Whether a wait moves the clock instead of taking time.
    jumps: bool,
}

impl Clock {
    /// Returns the machine's clock. A wait takes as long as it says.
    #[must_use]
    pub fn system() -> Self {
        Clock {
            ahead: Arc::default(),
            jumps: false,
        }
    }

    /// Returns a clock that tests and the local stack move. It runs like the machine's, but a wait
    /// is over at once: the clock jumps to the time waited for.
    #[must_use]
    pub fn manual() -> Self {
        Clock {
            ahead: Arc::default(),
            jumps: true,
        }
    }

    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        machine() + SignedDuration::from_millis(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves the clock ahead by this much.
    pub fn pass(&self, time: SignedDuration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(millis, Ordering::Relaxed);
    }

    /// Waits until a time; returns at once if it has passed.
    pub async fn wait(&self, until: Timestamp) {
        if self.jumps {
            // One millisecond more, because what is left is rounded down.
            let ahead = until.duration_since(machine()).as_millis() + 1;
            // The farthest wait wins, and a time that has passed moves nothing.
            self.ahead
                .fetch_max(i64::try_from(ahead).unwrap_or(i64::MAX), Ordering::Relaxed);
        } else {
            let left = until.duration_since(self.now());
            tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
        }
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

    #[tokio::test(start_paused = true)]
    async fn the_system_clock_sleeps() {
        let (clock, started) = (Clock::system(), tokio::time::Instant::now());
        clock.wait(clock.now() + SignedDuration::from_mins(5)).await;
        assert!(started.elapsed() > Duration::from_mins(4));
        clock.wait(clock.now() - SignedDuration::from_mins(5)).await;
        assert!(started.elapsed() < Duration::from_mins(6));
    }
}
