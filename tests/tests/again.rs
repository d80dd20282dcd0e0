//! Sending everything again, in any order, changes nothing.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::path::PathBuf;

use pagewarden_local::stack::Stack;
use pagewarden_tests::{events, replay, stack};
use sha2::{Digest, Sha256};

/// Everything on record of each post, as text.
async fn everything(stack: &Stack, keys: &[pagewarden_rules::PostKey]) -> Vec<String> {
    let mut all = Vec::new();
    for key in keys {
        let history = stack.ledger().history(key).await.unwrap().unwrap();
        history.verify().unwrap();
        all.push(format!(
            "{key}: {:?}\n{:?}\n{:?}",
            history.state, history.actions, history.tasks
        ));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_repeated_and_shuffled_change_nothing() {
    let stack = stack().await;
    let (replayed, _) = replay(&stack, &events()).await;
    let keys: Vec<_> = replayed
        .posts
        .iter()
        .map(|(sent, _)| sent.key.clone())
        .collect();
    let before = everything(&stack, &keys).await;
    let acts = |stack: &Stack| {
        stack
            .graph()
            .journal()
            .into_iter()
            .filter(|entry| !matches!(entry, pagewarden_fakes::Entry::Posted { .. }))
            .collect::<Vec<_>>()
    };
    let done = acts(&stack);

    let mut files: Vec<PathBuf> = std::fs::read_dir(events().join("facebook"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for round in 0..3_u8 {
        // Another order each time, and the same one on every run of the test.
        files.sort_by_key(|path| Sha256::digest(format!("{round}{}", path.display())).to_vec());
        for file in &files {
            let body = std::fs::read(file).unwrap();
            assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
        }
        stack.run("sweep").await.unwrap();
        stack.run("remind").await.unwrap();
    }
    let (_, settled) = replay(&stack, &events()).await;
    assert!(settled.stuck.is_empty());
    for (after, before) in everything(&stack, &keys).await.iter().zip(&before) {
        assert_eq!(after, before);
    }
    assert_eq!(acts(&stack).len(), done.len() + deleted_by_authors(&done));
}

/// The fakes learn a removal by its author again each time the folder is replayed, as the last
/// replay does once more.
fn deleted_by_authors(entries: &[pagewarden_fakes::Entry]) -> usize {
    entries
        .iter()
        .filter(|entry| matches!(entry, pagewarden_fakes::Entry::Deleted { by_us: false, .. }))
        .count()
}
