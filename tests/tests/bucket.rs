//! The buckets of anchors and of pictures. `make test-moto` runs this file against another bucket
//! than our own fake.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_ledger::NewAnchor;
use pagewarden_runtime::pictures::{keep, open};
use pagewarden_runtime::{Anchors, AnchorsError, Pictures, PicturesError};
use pagewarden_tests::emulator::{LockedBucket, bucket_at};

fn anchor(practice: &str, day: &str, text: &str) -> NewAnchor {
    NewAnchor {
        practice: practice.parse().unwrap(),
        day: day.parse().unwrap(),
        text: text.into(),
    }
}

#[tokio::test]
async fn an_anchor_in_a_bucket_stays_as_it_was_first_written() {
    let insider = LockedBucket::create().await;
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
    let bucket = LockedBucket::create().await;
    let elsewhere = bucket.open_named("no-such-bucket-of-anchors");
    let now = Clock::system().now();
    let refused = elsewhere.all(None, now).await.unwrap_err();
    assert!(
        matches!(refused, AnchorsError::Refused(404, ref code) if code == "NoSuchBucket"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_picture_in_a_bucket_stays_as_it_was_first_written() {
    let insider = LockedBucket::create().await;
    let bucket = insider.open();
    let (practice, now) = ("woolpit".parse().unwrap(), Clock::system().now());
    // As large as a telephone takes them, with every byte there is.
    let bytes = (0..=u8::MAX).cycle().take(5_000_000);
    let picture: Vec<u8> = b"\xFF\xD8\xFF".iter().copied().chain(bytes).collect();
    let kept = keep(&bucket, &practice, &picture, now).await.unwrap();
    assert_eq!(open(&bucket, &kept, now).await.unwrap(), picture);
    // A try whose answer was lost is made again, and changes nothing.
    let again = b"GIF89a".to_vec();
    bucket.put(&kept.object, again, now).await.unwrap();
    assert_eq!(open(&bucket, &kept, now).await.unwrap(), picture);
    // Somebody who may do more than the functions covers it: that is not taken for the picture.
    insider.write_over(&kept.object, "forged").await;
    let covered = open(&bucket, &kept, now).await;
    assert!(matches!(covered, Err(PicturesError::NotAsKept)));
    insider.delete(&kept.object).await;
    let marked = open(&bucket, &kept, now).await;
    assert!(matches!(marked, Err(PicturesError::NotThere)));
}

#[tokio::test]
async fn a_bucket_tells_no_picture_from_no_bucket() {
    let bucket = LockedBucket::create().await;
    let name = format!("woolpit/{}", "0".repeat(64));
    let now = Clock::system().now();
    assert!(bucket.open().get(&name, now).await.unwrap().is_none());
    let elsewhere = bucket.open_named("no-such-bucket-of-pictures");
    let refused = elsewhere.get(&name, now).await.unwrap_err();
    assert!(
        matches!(refused, PicturesError::Refused(404, ref code) if code == "NoSuchBucket"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_bucket_that_gives_no_answer_is_told_as_that() {
    // Nobody listens there.
    let bucket = bucket_at("http://127.0.0.1:1", "pictures");
    let name = format!("woolpit/{}", "0".repeat(64));
    let silent = bucket.get(&name, Clock::system().now()).await.unwrap_err();
    assert!(matches!(silent, PicturesError::NoAnswer(_)), "{silent:?}");
}
