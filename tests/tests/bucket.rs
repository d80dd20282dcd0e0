//! The bucket of anchors. `make test-moto` runs this file against another bucket than our own fake.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_ledger::NewAnchor;
use pagewarden_runtime::{Anchors, AnchorsError};
use pagewarden_tests::emulator::AnchorsBucket;

fn anchor(practice: &str, day: &str, text: &str) -> NewAnchor {
    NewAnchor {
        practice: practice.parse().unwrap(),
        day: day.parse().unwrap(),
        text: text.into(),
    }
}

#[tokio::test]
async fn an_anchor_in_a_bucket_stays_as_it_was_first_written() {
    let insider = AnchorsBucket::create().await;
    let bucket = insider.open();
    let now = Clock::system().now();
    let days = [
        "2026-12-01",
        "2026-12-02",
        "2026-12-03",
        "2026-12-04",
        "2026-12-05",
    ];
    for day in days {
        bucket
            .write(&anchor("woolpit", day, day), now)
            .await
            .unwrap();
    }
    bucket
        .write(&anchor("roxbourne", "2026-12-01", "r"), now)
        .await
        .unwrap();
    // A try whose answer was lost is made again, and changes nothing.
    bucket
        .write(&anchor("woolpit", "2026-12-01", "again"), now)
        .await
        .unwrap();
    let woolpit = "woolpit".parse().unwrap();
    let found = bucket.all(Some(&woolpit), now).await.unwrap();
    let texts: Vec<&str> = found.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(texts, days);
    assert!(found.iter().all(|found| !found.is_covered));
    let written = found[0].written_at.unwrap().duration_since(now).abs();
    assert!(
        written < SignedDuration::from_mins(5),
        "the bucket says when it was written"
    );
    assert_eq!(bucket.all(None, now).await.unwrap().len(), days.len() + 1);
    // Somebody who may do more covers one and marks one as deleted: both stay what they were.
    insider
        .write_over("woolpit/2026-12-02.json", "forged")
        .await;
    insider.delete("woolpit/2026-12-03.json").await;
    let found = bucket.all(Some(&woolpit), now).await.unwrap();
    let seen: Vec<(&str, bool)> = found
        .iter()
        .map(|found| (found.text.as_str(), found.is_covered))
        .collect();
    let expected: Vec<(&str, bool)> = days
        .iter()
        .map(|day| (*day, ["2026-12-02", "2026-12-03"].contains(day)))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_an_error_with_its_reason() {
    let bucket = AnchorsBucket::create().await;
    let elsewhere = bucket.open_named("no-such-bucket-of-anchors");
    let now = Clock::system().now();
    let refused = elsewhere.all(None, now).await.unwrap_err();
    assert!(
        matches!(refused, AnchorsError::Refused(404, ref code) if code == "NoSuchBucket"),
        "{refused:?}"
    );
}
