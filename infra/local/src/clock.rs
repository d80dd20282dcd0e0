//! The clock of everything in this process, which tests can move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The time: this machine's, and as many milliseconds later as it was told to be. Its clones show the same.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Returns the time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_millis(self.0.load(Ordering::Relaxed))
    }

    /// Lets this much time pass at once.
    pub fn pass(&self, time: SignedDuration) {
        let millis = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

/// Nobody sits here for minutes: a function that waits finds itself at that time at once.
impl sweep::Clock for Clock {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    async fn wait(&self, until: Timestamp) {
        let later = until.duration_since(Timestamp::now()).as_millis();
        self.0.fetch_max(i64::try_from(later).unwrap_or(i64::MAX).saturating_add(1), Ordering::Relaxed);
    }
}
