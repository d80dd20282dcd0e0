//! X's limits: so many calls of each kind, and the headers that tell how many are left.

use axum::http::{HeaderMap, Method};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

use super::Asked;
use crate::quota::Count;

impl Asked<'_> {
    /// Returns which of X's limits it counts towards, and how many calls that is in a window.
    pub(super) fn limit(&self) -> (&'static str, u32) {
        match (self.method, self.parts.as_slice()) {
            (&Method::PUT, _) => ("hide", 50),
            (&Method::POST, ["users", ..]) => ("mute", 50),
            (&Method::POST, _) => ("post", 100),
            (_, ["users", ..]) => ("list", 300),
            (_, ["tweets", "search", ..]) => ("search", 300),
            _ => ("lookup", 900),
        }
    }
}

/// Tells how many calls of an endpoint are left, and until when; the date is the clock to go by.
pub(super) fn tell(count: &Count, now: Timestamp, headers: &mut HeaderMap) {
    let told = [
        ("x-rate-limit-limit", count.most.to_string()),
        (
            "x-rate-limit-remaining",
            count.most.saturating_sub(count.calls).to_string(),
        ),
        ("x-rate-limit-reset", count.until.as_second().to_string()),
        (
            "date",
            DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&now)
                .unwrap_or_default(),
        ),
    ];
    for (name, value) in told {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
}
