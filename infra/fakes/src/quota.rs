//! Quotas: how many calls a fake takes in a window of time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use pagewarden_clock::Clock;

/// Calls counted by the window, separately under each name. One window follows on another, the
/// first beginning with 1970.
#[derive(Debug)]
pub(super) struct Quota {
    clock: Clock,
    window_s: i64,
    /// For each name the window that was counted last, and the calls in it.
    counts: Mutex<HashMap<String, (i64, u32)>>,
}

/// The calls of a window so far, the last one among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) calls: u32,
    pub(super) most: u32,
    /// When the next window begins.
    pub(super) until: Timestamp,
}

impl Quota {
    pub(super) fn new(clock: &Clock, window: SignedDuration) -> Self {
        Quota {
            clock: clock.clone(),
            window_s: window.as_secs(),
            counts: Mutex::default(),
        }
    }

    /// Returns the time by which it counts.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts a call under a name, which allows so many in a window.
    pub(super) fn count(&self, name: &str, most: u32) -> Count {
        let window = self.clock.now().as_second().div_euclid(self.window_s);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (counted, calls) = counts.entry(name.to_owned()).or_default();
        if *counted != window {
            (*counted, *calls) = (window, 0);
        }
        *calls += 1;
        let until = Timestamp::from_second((window + 1) * self.window_s).unwrap_or(Timestamp::MAX);
        Count {
            calls: *calls,
            most,
            until,
        }
    }
}

impl Count {
    /// Returns `true` if the last call was one too many.
    pub(super) const fn is_over(&self) -> bool {
        self.calls > self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_name_until_the_window_passes() {
        let clock = Clock::manual();
        let quota = Quota::new(&clock, SignedDuration::from_hours(1000));
        let over = |name| quota.count(name, 2).is_over();
        assert_eq!(
            [over("a"), over("a"), over("a"), over("b")],
            [false, false, true, false]
        );
        let until = quota.count("a", 2).until;
        assert!(until > clock.now());
        clock.pass(until.duration_since(clock.now()) + SignedDuration::from_secs(1));
        assert!(!over("a"));
    }
}
