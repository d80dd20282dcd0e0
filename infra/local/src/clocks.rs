//! The functions' clocks: that of the stack, off by as much as a simulation says.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use pagewarden_clock::Clock;

/// A clock for each function, all of which go along with one.
#[derive(Clone, Debug)]
pub struct Clocks {
    clock: Clock,
    off: BTreeMap<&'static str, SignedDuration>,
}

impl Clocks {
    /// Makes them: those of the named functions are off by so much, and the others are right.
    #[must_use]
    pub const fn new(clock: Clock, off: BTreeMap<&'static str, SignedDuration>) -> Self {
        Clocks { clock, off }
    }

    /// Returns the clock of a function.
    #[must_use]
    pub fn of(&self, function: &str) -> Clock {
        let off = self.off.get(function).copied().unwrap_or_default();
        self.clock.off_by(off)
    }
}
