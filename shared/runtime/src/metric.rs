//! Metrics, in `CloudWatch`'s embedded metric format: a log line that becomes a figure.

use jiff::Timestamp;
use pagewarden_rules::PracticeId;

/// Counts something that alarms or dashboards look at. No words, no names: a practice's id at most.
pub fn count(name: &str, value: u64, practice: Option<&PracticeId>, now: Timestamp) {
    let line = embedded(name, value, practice, now);
    #[expect(
        clippy::print_stdout,
        reason = "the embedded metric format is read from standard output"
    )]
    if std::env::var_os("AWS_LAMBDA_FUNCTION_NAME").is_some() {
        println!("{line}");
    }
    tracing::debug!(metric = name, value, "counted");
}

fn embedded(
    name: &str,
    value: u64,
    practice: Option<&PracticeId>,
    now: Timestamp,
) -> serde_json::Value {
    // Alarms watch the figure without dimensions; the dashboard splits it by practice.
    let dimensions = if practice.is_some() {
        serde_json::json!([[], ["practice"]])
    } else {
        serde_json::json!([[]])
    };
    let mut line = serde_json::json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": "Pagewarden",
                "Dimensions": dimensions,
                "Metrics": [{ "Name": name, "Unit": "Count" }],
            }],
        },
    });
    line[name] = value.into();
    if let Some(practice) = practice {
        line["practice"] = practice.as_str().into();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_metric_that_cloudwatch_reads() {
        let practice: PracticeId = "woolpit".parse().unwrap();
        let line = embedded("Paged", 2, Some(&practice), Timestamp::UNIX_EPOCH);
        assert_eq!(line["Paged"], 2);
        assert_eq!(line["practice"], "woolpit");
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"],
            "Paged"
        );
        assert_eq!(
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][1][0],
            "practice"
        );
    }
}
