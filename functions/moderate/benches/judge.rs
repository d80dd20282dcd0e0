//! What judging one revision costs: reading it, deciding, and working out actions, drafts and due
//! times.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use moderate::{Practice, judge, read};
use pagewarden_ledger::{NewRevision, RevisionRecord, Standing};
use pagewarden_policies::load_shipped;
use pagewarden_readers::Readers;
use pagewarden_rules::{Author, Channel, Platform, Post, Surface};

const SETTINGS: &str = r#"{"mode":"live","links":{"complaints":"https://c.example","contact_public":"01632 960100",
    "policy_page":"https://p.example","challenge":"https://d.example"}}"#;

fn revision(text: &str) -> Option<RevisionRecord> {
    let post = Post {
        author: Author {
            id: Some("7".into()),
            name: Some("A. Tester".into()),
            ..Author::default()
        },
        text: text.into(),
        ..Post::new(
            Channel {
                platform: Platform::Facebook,
                account: "1".into(),
            },
            Surface::Comment,
            "1_1",
        )
    };
    Some(
        NewRevision::new(&"roxbourne".parse().ok()?, &post, b"{}", None, "bench")
            .received(Timestamp::UNIX_EPOCH),
    )
}

fn judging(criterion: &mut Criterion) {
    let loaded = load_shipped()
        .unwrap_or_default()
        .into_iter()
        .find(|l| l.policy.practice.id.as_str() == "roxbourne");
    let practice = loaded.and_then(|loaded| Practice::new(loaded, 1, SETTINGS).ok());
    let Some(practice) = practice else { return };
    let texts = [
        (
            "criticism",
            "Forty minutes on hold again this morning, and then the line went dead. Not good enough.",
        ),
        (
            "complaint",
            "I want to make a formal complaint about how I was spoken to at reception on Monday.",
        ),
        (
            "abuse",
            "The receptionist is a fat useless bitch and you can tell her I said so.",
        ),
        (
            "danger",
            "I can't go on any more. I have the tablets here, and tonight is the night.",
        ),
    ];
    for (name, text) in texts {
        let Some(revision) = revision(text) else {
            continue;
        };
        let (readers, standing) = (Readers::rules_only(), Standing::default());
        criterion.bench_function(&format!("judge one revision: {name}"), |bencher| {
            bencher.iter(|| {
                let reading = read(&readers, &practice, black_box(&revision));
                judge(
                    &practice,
                    &revision,
                    &reading,
                    &standing,
                    Timestamp::UNIX_EPOCH,
                )
            });
        });
    }
}

criterion_group!(benches, judging);
criterion_main!(benches);
