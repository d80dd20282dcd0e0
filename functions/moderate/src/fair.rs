//! Fair shares of a batch: the records of each practice in order, beside those of the others.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures_util::future::join_all;
use serde_dynamo::AttributeValue;

/// Handles the records of each practice as a batch of their own, all at the same time, and answers
/// for the whole: everything from its first failure on comes again.
pub(crate) async fn by_practice<F>(
    event: Event,
    handle: impl Fn(Event) -> F,
) -> DynamoDbEventResponse
where
    F: Future<Output = DynamoDbEventResponse>,
{
    let numbers = event.records.iter();
    let numbers: Vec<_> = numbers
        .map(|one| one.change.sequence_number.clone())
        .collect();
    let answers = join_all(split(event).into_iter().map(handle)).await;
    let failures = answers.into_iter().flat_map(|one| one.batch_item_failures);
    let place = |number: &Option<String>| numbers.iter().position(|one| one == number);
    let mut response = DynamoDbEventResponse::default();
    let first = failures.min_by_key(|failure| place(&failure.item_identifier));
    response.batch_item_failures.extend(first);
    response
}

/// Splits a batch by practice, each where its first record stands.
fn split(event: Event) -> Vec<Event> {
    let mut batches: Vec<(Option<String>, Event)> = Vec::new();
    for record in event.records {
        let practice = practice(&record);
        if let Some((_, batch)) = batches.iter_mut().find(|(of, _)| *of == practice) {
            batch.records.push(record);
        } else {
            let mut batch = Event::default();
            batch.records.push(record);
            batches.push((practice, batch));
        }
    }
    batches.into_iter().map(|(_, batch)| batch).collect()
}

/// Returns the practice of a record's item, as its key names it: `woolpit` of
/// `P#woolpit#POST#facebook#1`.
fn practice(record: &EventRecord) -> Option<String> {
    let Some(AttributeValue::S(partition)) = record.change.keys.get("PK") else {
        return None;
    };
    partition.split('#').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use pagewarden_runtime::each_record;
    use serde_json::json;

    use super::*;

    /// Returns a batch with a record of each of these practices, numbered from 1.
    fn event(practices: &[&str]) -> Event {
        let record = |(n, practice): (usize, &&str)| {
            json!({
                "awsRegion": "eu-west-2", "eventID": "1", "eventName": "INSERT",
                "dynamodb": {
                    "Keys": { "PK": { "S": format!("P#{practice}#POST#facebook#{n}") } },
                    "NewImage": {}, "OldImage": {}, "SequenceNumber": (n + 1).to_string(), "SizeBytes": 0,
                    "StreamViewType": "NEW_AND_OLD_IMAGES", "ApproximateCreationDateTime": 0,
                },
            })
        };
        let records: Vec<_> = practices.iter().enumerate().map(record).collect();
        serde_json::from_value(json!({ "Records": records })).unwrap()
    }

    /// Handles them where each takes a while and some fail. Returns in which order they ended, and
    /// from which on the batch comes again.
    async fn handled(practices: &[&str], failing: &[&str]) -> (Vec<String>, Vec<Option<String>>) {
        let ended = RefCell::new(Vec::new());
        let one = async |record: EventRecord| {
            tokio::task::yield_now().await;
            let number = record.change.sequence_number.unwrap_or_default();
            if failing.contains(&number.as_str()) {
                return Err(std::io::Error::other("it fails"));
            }
            ended.borrow_mut().push(number);
            Ok(())
        };
        let answer = by_practice(event(practices), |event| each_record(event, one)).await;
        let failures = answer.batch_item_failures.into_iter();
        (
            ended.into_inner(),
            failures.map(|failure| failure.item_identifier).collect(),
        )
    }

    #[tokio::test]
    async fn a_post_waits_for_none_of_another_practice() {
        let flood = ["oakfield", "oakfield", "oakfield", "ashfield", "oakfield"];
        let (ended, failed) = handled(&flood, &[]).await;
        assert_eq!(ended, ["1", "4", "2", "3", "5"]);
        assert_eq!(failed, []);
    }

    #[tokio::test]
    async fn all_from_the_first_failure_on_comes_again() {
        let mixed = ["oakfield", "ashfield", "oakfield", "ashfield"];
        let (ended, failed) = handled(&mixed, &["3", "4"]).await;
        assert_eq!(ended, ["1", "2"]);
        assert_eq!(failed, [Some("3".to_owned())]);
        let (ended, failed) = handled(&mixed, &["2"]).await;
        assert_eq!(
            ended,
            ["1", "3"],
            "what another practice sent is not held up"
        );
        assert_eq!(failed, [Some("2".to_owned())]);
    }
}
