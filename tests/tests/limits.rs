//! The bounds that the table sets: no post may ever make a record, or a transaction, that it
//! refuses.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use moderate::{Practice, judge, read};
use pagewarden_ledger::{Committed, NewRevision, Recorded};
use pagewarden_local::{demo, table};
use pagewarden_policies::load_shipped;
use pagewarden_readers::Readers;
use pagewarden_rules::{Author, Channel, Platform, Post, Surface};
use pagewarden_tests::emulator;

/// Bytes of the largest item.
const LARGEST_ITEM: usize = 400 * 1024;

/// Bytes and items of the largest transaction.
const LARGEST_TRANSACTION: (usize, usize) = (4 * 1024 * 1024, 100);

/// Bytes of the longest change that is kept as it was sent.
const LONGEST_RAW: usize = 128 * 1024;

/// The longest text that any platform takes, in characters.
const LONGEST: usize = 65_525;

/// What the practices' policies are about, each of it certain and several times over.
const BREACHES: [&str; 9] = [
    "I want to die tonight. ",
    "I know where that receptionist lives and I will smash her face in tonight. ",
    "The receptionist is a fat useless bitch, fuck you. ",
    "My neighbour Alan Whitcombe has HIV, he lives at 14 Elm Row, DA7 4QX, 07700 900123. ",
    "Dr Patel is a fraud and steals from patients. ",
    "I want to make a formal complaint about Nurse Sarah Holt, my mother died. ",
    "Vaccines cause autism, do not take them. Buy bitcoin at https://free-money.example now. ",
    "I have chest pain. Can I book an appointment for Monday? ",
    "I took these photos of patients in the waiting room. ",
];

type Item = HashMap<String, AttributeValue>;

/// Returns what an item counts for, as the manual of the table reckons it: names and values in
/// UTF-8, three bytes more for a list or a map, one for each of its entries.
fn size(item: &Item) -> usize {
    item.iter()
        .map(|(name, value)| name.len() + size_of_value(value))
        .sum()
}

fn size_of_value(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len() / 2 + 2,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => 1,
        AttributeValue::M(map) => 3 + map.len() + size(map),
        AttributeValue::L(list) => {
            3 + list
                .iter()
                .map(|value| 1 + size_of_value(value))
                .sum::<usize>()
        }
        other => panic!("the ledger writes no {other:?}"),
    }
}

/// Whatever is done to a post is a transaction of some of its items: where all of them together fit
/// into one, each does.
#[tokio::test]
async fn the_worst_post_fits_into_a_transaction() {
    for loaded in load_shipped().unwrap() {
        let id = loaded.policy.practice.id.clone();
        let settings = serde_json::to_string(&demo::settings().unwrap()[&id]).unwrap();
        let practice = Practice::new(loaded, 1, &settings).unwrap();
        let (table, ledger) = emulator::ledger().await;
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        for version in 0..3_usize {
            let breaches: String = BREACHES
                .iter()
                .cycle()
                .skip(version)
                .take(20 * BREACHES.len())
                .copied()
                .collect();
            // Each of these characters has four bytes.
            let rest = "\u{1F600}".repeat(LONGEST - breaches.chars().count());
            let post = Post {
                author: Author {
                    id: Some("2001".into()),
                    name: Some("Test Author".into()),
                    ..Author::default()
                },
                text: breaches + &rest,
                ..Post::new(
                    Channel {
                        platform: Platform::Facebook,
                        account: "1".into(),
                    },
                    Surface::Comment,
                    "1_9",
                )
            };
            let raw = vec![b'x'; LONGEST_RAW];
            let at = now + SignedDuration::from_mins(i64::try_from(version).unwrap());
            let recorded = ledger
                .record(&NewRevision::new(&id, &post, &raw, Some(at), "limits"), at)
                .await
                .unwrap();
            assert_eq!(recorded, Recorded::New);
            let history = ledger.history(&post.key(&id)).await.unwrap().unwrap();
            let revision = history
                .revisions
                .iter()
                .find(|revision| revision.decided.is_none())
                .unwrap();
            let reading = read(&Readers::rules_only(), &practice, revision);
            let decide =
                |standing: &_| judge(&practice, revision, &reading, standing, at).into_decision(1);
            let committed = ledger.decide(revision, decide, at).await.unwrap();
            assert!(
                matches!(committed, Committed::Written { .. }),
                "{id}: {committed:?}"
            );
        }
        let Some(table) = table else { return };
        let items = everything(table.url()).await;
        let largest = items.iter().map(size).max().unwrap();
        assert!(largest <= LARGEST_ITEM, "{id}: an item of {largest} bytes");
        let all = (items.iter().map(size).sum::<usize>(), items.len());
        assert!(
            all.0 <= LARGEST_TRANSACTION.0 && all.1 <= LARGEST_TRANSACTION.1,
            "{id}: {all:?} bytes and items"
        );
    }
}

async fn everything(url: &str) -> Vec<Item> {
    let scan = table::client(url)
        .scan()
        .table_name(table::NAME)
        .into_paginator()
        .items();
    scan.send().collect::<Result<_, _>>().await.unwrap()
}
