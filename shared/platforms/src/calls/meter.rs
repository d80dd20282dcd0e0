//! The meter: what the platforms tell of their quotas, gathered over the calls of one job.

use std::sync::{Arc, Mutex, PoisonError};

use super::Usage;

/// How full a platform's quotas are: those of the app, which all channels share, and those of the
/// account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The app's.
    pub app: Usage,
    /// The account's.
    pub account: Usage,
}

/// Gathers what the answers tell. Its clones gather together.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<Load>>);

impl Meter {
    /// Returns the fullest that any answer told.
    #[must_use]
    pub fn load(&self) -> Load {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, told: Load) {
        let mut load = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        load.app = load.app.fuller(told.app);
        load.account = load.account.fuller(told.account);
    }
}
