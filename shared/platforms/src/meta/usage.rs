//! Meta's usage headers: how full the quotas are. A small practice's page has a small quota.
//!
//! Source: Meta's "Rate Limits": `X-App-Usage`, `X-Business-Use-Case-Usage`, and the older
//! `X-Page-Usage`.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::calls::{Load, Usage};

/// Returns the fullest of all quotas told, and the longest time until calls are taken again.
pub(crate) fn usage(headers: &HeaderMap) -> Usage {
    let load = load(headers);
    load.app.fuller(load.account)
}

/// Returns how full the app's quota is, and the fullest of the account's.
pub(crate) fn load(headers: &HeaderMap) -> Load {
    let read = |name: &str| -> Option<Value> {
        serde_json::from_str(headers.get(name)?.to_str().ok()?).ok()
    };
    let mut load = Load::default();
    if let Some(quota) = read("x-app-usage") {
        count(&quota, &mut load.app);
    }
    if let Some(quota) = read("x-page-usage") {
        count(&quota, &mut load.account);
    }
    let businesses = read("x-business-use-case-usage");
    for quota in businesses
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|map| map.values())
    {
        quota
            .as_array()
            .into_iter()
            .flatten()
            .for_each(|quota| count(quota, &mut load.account));
    }
    load
}

fn count(quota: &Value, usage: &mut Usage) {
    for name in ["call_count", "total_time", "total_cputime"] {
        if let Some(percent) = quota.get(name).and_then(Value::as_f64) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to what fits"
            )]
            let percent = percent.clamp(0.0, 255.0).ceil() as u8;
            usage.percent = usage.percent.max(Some(percent));
        }
    }
    let minutes = quota
        .get("estimated_time_to_regain_access")
        .and_then(Value::as_u64)
        .filter(|minutes| *minutes > 0);
    usage.regain = usage
        .regain
        .max(minutes.map(|minutes| Duration::from_secs(minutes.saturating_mul(60))));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(headers: &[(&'static str, &str)]) -> Usage {
        usage(
            &headers
                .iter()
                .map(|(n, v)| (n.parse().expect("name"), v.parse().expect("value")))
                .collect(),
        )
    }

    #[test]
    fn the_fullest_quota_counts() {
        let business = r#"{"100": [{"type": "pages", "call_count": 3, "total_time": 81, "total_cputime": 1,
            "estimated_time_to_regain_access": 0}], "7": [{"call_count": 100, "estimated_time_to_regain_access": 12}]}"#
            .replace('\n', " ");
        let usage = parse(&[
            ("x-app-usage", r#"{"call_count": 28, "total_time": 5}"#),
            ("x-business-use-case-usage", &business),
        ]);
        assert_eq!(
            usage,
            Usage {
                percent: Some(100),
                regain: Some(Duration::from_mins(12))
            }
        );
    }

    #[test]
    fn odd_headers_say_nothing() {
        assert_eq!(
            parse(&[
                ("x-app-usage", "often"),
                ("x-business-use-case-usage", "[1]")
            ]),
            Usage::default()
        );
        assert_eq!(parse(&[]), Usage::default());
        assert_eq!(
            parse(&[("x-app-usage", r#"{"call_count": 900.5}"#)]).percent,
            Some(255)
        );
    }
}
