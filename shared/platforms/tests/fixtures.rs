//! Reads recorded bodies of the platforms from a folder that is not part of this repository.
//!
//! `PAGEWARDEN_FIXTURES=DIR cargo test -p pagewarden-platforms --test fixtures`. The bodies are
//! other people's and are not kept here; `readings.rs` has bodies of our own in the same shapes.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test may")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pagewarden_platforms::instagram::Comment;
use pagewarden_platforms::{Incoming, Secret, Sent, delivery, meta_webhooks, x};
use pagewarden_rules::{Channel, Platform, Surface};
use serde_json::{Value, json};

/// The folder, or none where the variable is unset.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PAGEWARDEN_FIXTURES").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: PAGEWARDEN_FIXTURES is not set");
    }
    folder
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .expect("JSON")
}

fn kind(surface: Surface) -> &'static str {
    match surface {
        Surface::Comment => "comment",
        Surface::Mention => "mention",
        Surface::Recommendation => "recommendation",
        _ => "post",
    }
}

/// Writes what came in the form of the expectations.
fn summary(incoming: &[Sent<Incoming>]) -> Value {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut ignored = 0;
    for item in incoming {
        let (list, line) = match &item.read {
            Incoming::Post(post) => {
                let text = (!post.text.is_empty()).then_some(&post.text);
                let line = json!({"kind": kind(post.surface), "id": post.id, "author_id": post.author.id, "text": text,
                    "account_id": post.channel.account});
                ("moderate", line)
            }
            Incoming::Incomplete {
                channel,
                surface,
                id,
                author,
                ..
            } => {
                let line = json!({"kind": kind(*surface), "id": id, "author_id": author.id, "text": null,
                    "account_id": channel.account});
                ("moderate", line)
            }
            Incoming::Own { surface, id, .. } => ("own", json!({"kind": kind(*surface), "id": id})),
            Incoming::Removed { id, .. } => ("removed", json!({ "id": id })),
            Incoming::Visibility { id, hidden, .. } => (
                "visibility",
                json!({"id": id, "to": if *hidden { "hide" } else { "unhide" }}),
            ),
            Incoming::Revoked { accounts, .. } => ("revoked", json!(accounts)),
            Incoming::Ignored { .. } => {
                ignored += 1;
                continue;
            }
        };
        lists.entry(list).or_default().push(line);
    }
    let mut summary = json!(lists);
    if ignored > 0 {
        summary["ignored"] = ignored.into();
    }
    summary
}

/// Leaves out of an expectation what a incoming does not hold.
fn comparable(mut expected: Value) -> Value {
    for list in ["moderate", "removed", "visibility"] {
        for line in expected[list].as_array_mut().into_iter().flatten() {
            let line = line.as_object_mut().expect("an object");
            // An edit is not told apart: it is another revision of the same post.
            line.remove("edited");
            // A live comment is judged and hidden as any other; what must be fetched has no text,
            // which says so; and `instagram_readings.rs` looks at the post below which a mention
            // stands.
            for name in ["live", "must_fetch", "media_id"] {
                line.remove(name);
            }
            if list != "moderate" {
                line.remove("kind");
            }
            // A mention is one whether it stands in a post or below one.
            if line
                .get("kind")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.starts_with("mention"))
            {
                line.insert("kind".to_owned(), "mention".into());
            }
        }
        if expected[list].is_null() {
            expected.as_object_mut().expect("an object").remove(list);
        }
    }
    expected
}

#[test]
fn every_recorded_delivery_reads_as_expected() {
    let Some(folder) = folder() else { return };
    let expected = json(&folder.join("expected.json"));
    let key = Secret::new("any");
    let mut read: BTreeMap<&str, u32> = BTreeMap::new();
    for (name, expected) in expected["expected"].as_object().expect("the expectations") {
        if !name.starts_with("facebook/") && !name.starts_with("instagram/") {
            continue;
        }
        let body = fs::read(folder.join(name)).expect(name);
        let signed = delivery::sign(&key, &body);
        let incoming =
            meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).expect(name))
                .expect(name);
        assert_eq!(summary(&incoming), comparable(expected.clone()), "{name}");
        *read
            .entry(name.split('/').next().unwrap_or_default())
            .or_default() += 1;
    }
    assert_eq!(
        read.keys().copied().collect::<Vec<_>>(),
        ["facebook", "instagram"],
        "no body was read of one of them"
    );
}

#[test]
fn every_recorded_answer_of_instagram_reads_as_it_stands() {
    let Some(folder) = folder() else { return };
    let recorded = json(&folder.join("instagram/api-ig-comment.json"));
    let channel = Channel {
        platform: Platform::Instagram,
        account: "0".to_owned(),
    };
    let comment = Comment::parse(&channel, &recorded).expect("a comment");
    assert_eq!(
        (comment.post.id.as_str(), comment.post.text.as_str()),
        ("123456789", "Great!")
    );
    assert_eq!(comment.post.thread.as_deref(), Some("987654321"));
    assert!(comment.post.posted_at.is_some() && !comment.hidden && !comment.own);
    let owner = Channel {
        platform: Platform::Instagram,
        account: "98765432123".to_owned(),
    };
    assert!(Comment::parse(&owner, &recorded).expect("a comment").own);
}

#[test]
fn every_signature_is_accepted_or_refused_as_marked() {
    let Some(folder) = folder() else { return };
    let vectors = json(&folder.join("signatures.json"));
    let key = Secret::new(vectors["meta_app_secret"].as_str().expect("the key"));
    let accepts =
        |header: &Value, body: &[u8]| delivery::verify(&key, header.as_str(), body).is_ok();
    for (name, signatures) in vectors["meta"].as_object().expect("the signatures") {
        let body = fs::read(folder.join(name)).expect(name);
        assert!(accepts(&signatures["ok"], &body), "{name}");
        let other = &signatures["reserialised"];
        assert_eq!(
            accepts(other, &body),
            *other == signatures["ok"],
            "{name} re-serialised"
        );
    }
    let body = vectors["meta_refuse_body"]
        .as_str()
        .expect("the body")
        .as_bytes();
    for header in vectors["meta_refuse"]
        .as_array()
        .expect("headers to refuse")
    {
        assert!(!accepts(header, body), "{header}");
    }
}

/// Writes what came from X in the form of the expectations, which for X is one of its own.
fn x_summary(incoming: &[Sent<Incoming>]) -> Value {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    let mut ignored = 0;
    for item in incoming {
        let (list, line) = match &item.read {
            Incoming::Post(post) => {
                let line = json!({"id": post.id, "author_id": post.author.id, "text": post.text,
                    "account_id": post.channel.account, "hideable": post.surface == Surface::Reply});
                ("moderate", line)
            }
            Incoming::Own { id, .. } => ("own", json!({ "id": id })),
            Incoming::Removed { id, .. } => ("removed", json!(id)),
            Incoming::Revoked { accounts, .. } => ("revoked", json!(accounts[0])),
            Incoming::Ignored { .. } => {
                ignored += 1;
                continue;
            }
            other => panic!("X tells no such thing: {other:?}"),
        };
        lists.entry(list).or_default().push(line);
    }
    let mut summary = json!(lists);
    if ignored > 0 {
        summary["ignored"] = ignored.into();
    }
    summary
}

#[test]
fn every_recorded_delivery_of_x_reads_as_expected() {
    let Some(folder) = folder() else { return };
    let expected = json(&folder.join("expected.json"));
    let key = Secret::new("any");
    let mut read = 0;
    for (name, expected) in expected["expected"].as_object().expect("the expectations") {
        if !name.starts_with("x/") {
            continue;
        }
        let body = fs::read(folder.join(name)).expect(name);
        let signed = delivery::sign_x(&key, &body);
        let incoming =
            x::read(delivery::verify_x(&key, Some(&signed), &body).expect(name)).expect(name);
        assert_eq!(x_summary(&incoming), *expected, "{name}");
        read += 1;
    }
    assert!(read > 0, "no body of X was read");
}

#[test]
fn every_signature_and_challenge_of_x_is_as_computed_apart() {
    let Some(folder) = folder() else { return };
    let vectors = json(&folder.join("signatures.json"));
    let key = Secret::new(vectors["x_consumer_secret"].as_str().expect("the key"));
    for (name, signatures) in vectors["x"].as_object().expect("the signatures") {
        let body = fs::read(folder.join(name)).expect(name);
        assert!(
            delivery::verify_x(&key, signatures["ok"].as_str(), &body).is_ok(),
            "{name}"
        );
        assert!(
            delivery::verify_x(&key, signatures["ok"].as_str(), &[&body[..], b" "].concat())
                .is_err(),
            "{name}"
        );
    }
    for (token, expected) in vectors["x_crc"].as_object().expect("the challenges") {
        let answer = x::challenge([("crc_token", token.as_str())], &key).expect(token);
        assert_eq!(
            serde_json::from_str::<Value>(&answer).expect("JSON"),
            *expected,
            "{token}"
        );
    }
}
