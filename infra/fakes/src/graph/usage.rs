//! The quotas of calls, the app's and each page's, and the headers that tell how full they are.
//!
//! Source: Meta's "Rate Limits". Meta counts a page's calls over a day and allows so many for each
//! person who uses it; here both are counted by the hour, and are as large as somebody says.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::{HeaderMap, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::error;
use crate::quota::{Count, Quota};
use pagewarden_clock::Clock;

/// A quota that is never used up.
const UNLIMITED: u32 = u32::MAX;

/// The quotas.
#[derive(Debug)]
pub(super) struct Quotas {
    hour: Quota,
    /// The calls of the app in an hour.
    pub(super) app: AtomicU32,
    /// The calls about each page, and about the Instagram account that is connected to it.
    pub(super) page: AtomicU32,
}

/// What the calls so far, and this one, used of them.
#[derive(Debug)]
pub(super) struct Used {
    now: Timestamp,
    app: Count,
    page: Option<(String, Count)>,
}

impl Quotas {
    pub(super) fn new(clock: &Clock) -> Self {
        let hour = Quota::new(clock, SignedDuration::from_hours(1));
        Quotas {
            hour,
            app: AtomicU32::new(UNLIMITED),
            page: AtomicU32::new(UNLIMITED),
        }
    }

    /// Counts a call, which somebody made with the token of a page unless it was of none.
    pub(super) fn count(&self, page: Option<&str>) -> Used {
        let of_page = |page: &str| {
            (
                page.to_owned(),
                self.hour.count(page, self.page.load(Ordering::Relaxed)),
            )
        };
        Used {
            now: self.hour.now(),
            app: self.hour.count("app", self.app.load(Ordering::Relaxed)),
            page: page.map(of_page),
        }
    }
}

impl Used {
    /// Refuses a call that is one too many.
    pub(super) fn refusal(&self) -> Result<(), (StatusCode, Value)> {
        if self.app.is_over() {
            return Err(error(
                403,
                4,
                "(#4) Application request limit reached",
                None,
            ));
        }
        if self.page.as_ref().is_some_and(|(_, count)| count.is_over()) {
            return Err(error(
                403,
                80_001,
                "(#80001) There have been too many calls to this Page account.",
                None,
            ));
        }
        Ok(())
    }

    /// Tells how full the quotas are.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let mut told = vec![("x-app-usage", used(&self.app))];
        if let Some((page, count)) = &self.page {
            let mut used = used(count);
            used["type"] = json!("pages");
            let left = if count.is_over() {
                count.until.duration_since(self.now)
            } else {
                SignedDuration::ZERO
            };
            used["estimated_time_to_regain_access"] = json!((left.as_secs() + 59) / 60);
            told.push((
                "x-business-use-case-usage",
                json!({ page.as_str(): [used] }),
            ));
        }
        for (name, value) in told {
            if let Ok(value) = value.to_string().parse() {
                headers.insert(name, value);
            }
        }
    }
}

/// A quota as Meta reports it: in per cent. Time is not measured here, and never the fullest.
fn used(count: &Count) -> Value {
    let percent = u64::from(count.calls) * 100 / u64::from(count.most.max(1));
    json!({ "call_count": percent, "total_time": percent / 2, "total_cputime": percent / 4 })
}
