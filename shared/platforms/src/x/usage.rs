//! X's rate-limit headers: how many calls of an endpoint are left, and when there will be more.
//!
//! Source: X's "Rate limits". An account has a limit of its own for each endpoint, in windows of a
//! quarter of an hour, on some endpoints of a day.

use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;

use crate::calls::{Load, Usage};

/// The longest window that X has.
const LONGEST: Duration = Duration::from_hours(24);

/// Returns how long the account is to be left alone: until its window is over, once an endpoint has
/// no call left in it.
///
/// A share of a limit says nothing here, so none is told and nothing slows down before. Meta's
/// quotas are a page's whole and run over a day, and filling them is what must not happen. X's are
/// each endpoint's own and come back whole in minutes, and using one up is not punished: a pause at
/// three quarters would hold back hiding because listing was busy. What is worth it is to leave out
/// the one call too many, for it would cost an action one of its tries.
fn usage(headers: &HeaderMap) -> Usage {
    let is_used_up = number(headers, "x-rate-limit-remaining") == Some(0);
    Usage {
        percent: None,
        regain: until_reset(headers).filter(|wait| is_used_up && !wait.is_zero()),
    }
}

/// Returns how full the account's quota is. X has none of the app's that its answers tell of.
pub(super) fn load(headers: &HeaderMap) -> Load {
    Load {
        app: Usage::default(),
        account: usage(headers),
    }
}

/// Returns how long until the window is over: X gives the moment, and the answer's own date is the
/// clock it goes by.
pub(super) fn until_reset(headers: &HeaderMap) -> Option<Duration> {
    let reset = Timestamp::from_second(number(headers, "x-rate-limit-reset")?).ok()?;
    let date = rfc2822::parse(text(headers, "date")?).ok()?.timestamp();
    let wait = Duration::try_from(reset.duration_since(date).max(SignedDuration::ZERO)).ok()?;
    Some(wait.min(LONGEST))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    text(headers, name)?.trim().parse().ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Fri, 20 Nov 2026 09:00:00 GMT";
    /// Five minutes later.
    const RESET: &str = "1795165500";

    fn parse(limit: &str, remaining: &str, reset: &str, date: &str) -> Usage {
        let headers = [("limit", limit), ("remaining", remaining), ("reset", reset)];
        let headers = headers.map(|(name, value)| (format!("x-rate-limit-{name}"), value));
        let headers = headers.into_iter().chain([("date".to_owned(), date)]);
        usage(
            &headers
                .map(|(n, v)| (n.parse().expect("name"), v.parse().expect("value")))
                .collect(),
        )
    }

    #[test]
    fn an_account_is_left_alone_once_an_endpoint_has_no_call_left() {
        assert_eq!(
            parse("50", "0", RESET, DATE).pause(),
            Some(Duration::from_mins(5))
        );
        assert_eq!(parse("50", "1", RESET, DATE), Usage::default());
        assert_eq!(parse("50", "50", RESET, DATE), Usage::default());
        // The window is over by X's own clock.
        assert_eq!(parse("50", "0", "1795165199", DATE), Usage::default());
    }

    #[test]
    fn odd_headers_say_nothing_and_none_asks_for_longer_than_a_day() {
        for (remaining, reset, date) in [
            ("none", RESET, DATE),
            ("0", "soon", DATE),
            ("0", "99999999999999999999", DATE),
            ("0", RESET, "today"),
        ] {
            assert_eq!(
                parse("50", remaining, reset, date),
                Usage::default(),
                "{remaining} {reset} {date}"
            );
        }
        assert_eq!(parse("50", "0", "9999999999", DATE).pause(), Some(LONGEST));
        assert_eq!(usage(&HeaderMap::new()), Usage::default());
    }
}
