//! The meter: what the platforms tell beside their answers, gathered over the calls of one job.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap};

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
pub struct Meter(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    load: Load,
    date: Option<Timestamp>,
    unreadable: usize,
}

impl Meter {
    /// Returns the fullest that any answer told.
    #[must_use]
    pub fn load(&self) -> Load {
        self.held().load
    }

    /// Returns what time it was at the platform when it sent its newest answer, in whole seconds;
    /// none where it told none.
    ///
    /// Source: RFC 9110, section 6.6.1.
    #[must_use]
    pub fn date(&self) -> Option<Timestamp> {
        self.held().date
    }

    /// Returns how many rows of lists could not be read. They are left out of the lists, so whoever
    /// concludes from what is not there has to know.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.held().unreadable
    }

    pub(super) fn note_unreadable(&self, rows: usize) {
        self.held().unreadable += rows;
    }

    pub(super) fn note(&self, load: Load, headers: &HeaderMap) {
        let date = headers
            .get(DATE)
            .and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let mut noted = self.held();
        noted.load.app = noted.load.app.fuller(load.app);
        noted.load.account = noted.load.account.fuller(load.account);
        noted.date = noted.date.max(date);
    }

    fn held(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_date_counts_and_an_odd_one_is_none() {
        let meter = Meter::default();
        let note = |date: &'static str| {
            let date = (DATE, reqwest::header::HeaderValue::from_static(date));
            meter.note(Load::default(), &[date].into_iter().collect());
            meter.date().map(|date| date.to_string())
        };
        assert_eq!(note("soon"), None);
        let newest = Some("2026-11-27T09:30:01Z".to_owned());
        assert_eq!(note("Fri, 27 Nov 2026 09:30:01 GMT"), newest);
        assert_eq!(note("Fri, 27 Nov 2026 09:30:00 GMT"), newest);
        meter.note(Load::default(), &HeaderMap::new());
        assert_eq!(meter.date().map(|date| date.to_string()), newest);
    }
}
