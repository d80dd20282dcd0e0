//! Batches of stream records: each on its own, so that a bad one holds up nobody else's.

use std::panic::AssertUnwindSafe;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures_util::FutureExt;

/// Handles each record, in order, and answers from which one on the batch is to be sent again.
///
/// A stream is handled in order, so everything from the first failure on comes again; what had
/// succeeded by then changes nothing the second time. A panic counts as a failure of its record,
/// not of the process.
pub async fn each_record<F, E>(
    event: Event,
    mut handle: impl FnMut(EventRecord) -> F,
) -> DynamoDbEventResponse
where
    F: Future<Output = Result<(), E>>,
    E: std::error::Error,
{
    let mut response = DynamoDbEventResponse::default();
    for record in event.records {
        let sequence = record.change.sequence_number.clone();
        let why = match AssertUnwindSafe(handle(record)).catch_unwind().await {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => chain(&error),
            Err(_) => "it panicked".to_owned(),
        };
        tracing::error!(
            sequence = sequence.as_deref(),
            why,
            "a record failed and will come again"
        );
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = sequence;
        response.batch_item_failures.push(failure);
        break;
    }
    response
}

/// Returns an error with everything behind it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(sequences: &[&str]) -> Event {
        let records: Vec<_> = sequences
            .iter()
            .map(|n| {
                serde_json::json!({
                    "awsRegion": "eu-west-2", "eventID": n, "eventName": "INSERT",
                    "dynamodb": { "Keys": {}, "NewImage": {}, "OldImage": {}, "SequenceNumber": n, "SizeBytes": 0,
                        "StreamViewType": "NEW_AND_OLD_IMAGES", "ApproximateCreationDateTime": 0 },
                })
            })
            .collect();
        serde_json::from_value(serde_json::json!({ "Records": records })).unwrap()
    }

    #[tokio::test]
    async fn a_panic_or_an_error_repeats_the_rest_alone() {
        let mut seen = Vec::new();
        let response = each_record(event(&["1", "2", "3"]), |record| {
            let sequence = record.change.sequence_number.unwrap_or_default();
            seen.push(sequence.clone());
            async move {
                if sequence == "2" {
                    panic!("poisoned")
                } else {
                    Ok::<(), std::io::Error>(())
                }
            }
        })
        .await;
        assert_eq!(seen, ["1", "2"]);
        assert_eq!(response.batch_item_failures.len(), 1);
        assert_eq!(
            response.batch_item_failures[0].item_identifier.as_deref(),
            Some("2")
        );
    }
}
