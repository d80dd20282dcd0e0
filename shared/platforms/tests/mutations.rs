//! Bodies with members dropped, doubled, retyped and moved: nothing panics, and no neighbour is
//! lost.

#![expect(clippy::expect_used, reason = "a test may")]

use pagewarden_platforms::{Incoming, Secret, Sent, delivery, meta_webhooks, x};
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Whose delivery it is, and in which of its shapes.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Facebook,
    Instagram,
    /// Field and value stand in the entry itself.
    InstagramFlat,
    /// The same, the whole in a list.
    InstagramListed,
}

impl Shape {
    fn change(self, n: usize) -> Value {
        match self {
            Shape::Facebook => json!({"field": "feed", "value": {"item": "comment", "verb": "add",
                "from": {"id": "501", "name": "Robin"}, "message": format!("words {n}"), "post_id": "1_11",
                "comment_id": format!("11_{n}"), "parent_id": "1_11", "created_time": 1_790_000_000,
                "photo_ids": ["5"], "post": {"id": "1_11", "permalink_url": "https://x"}}}),
            _ => json!({"field": "comments", "value": {"from": {"id": "501", "username": "robin"},
                "text": format!("words {n}"), "id": format!("178{n}"), "parent_id": "1781",
                "media": {"id": "179", "media_product_type": "AD", "original_media_id": "178"}}}),
        }
    }

    /// Writes a delivery of changes, each given as the text of its members.
    fn body(self, changes: &[String]) -> String {
        let list = |changes: &[String]| {
            changes
                .iter()
                .map(|change| format!("{{{change}}}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        match self {
            Shape::Facebook => {
                format!(
                    r#"{{"object":"page","entry":[{{"id":"1","time":1,"changes":[{}]}}]}}"#,
                    list(changes)
                )
            }
            Shape::Instagram => {
                format!(
                    r#"{{"object":"instagram","entry":[{{"id":"1","time":1,"changes":[{}]}}]}}"#,
                    list(changes)
                )
            }
            Shape::InstagramFlat => {
                let entries: Vec<String> = changes
                    .iter()
                    .map(|change| format!(r#"{{"id":"1","time":1,{change}}}"#))
                    .collect();
                format!(
                    r#"{{"entry":[{}],"object":"instagram"}}"#,
                    entries.join(",")
                )
            }
            Shape::InstagramListed => format!("[{}]", Shape::InstagramFlat.body(changes)),
        }
    }
}

/// What is done to one member of a change.
#[derive(Clone, Debug)]
enum Mutation {
    Drop,
    Double(Value),
    Retype(Value),
    /// Moves it to this place among the members.
    Move(usize),
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Facebook),
        Just(Shape::Instagram),
        Just(Shape::InstagramFlat),
        Just(Shape::InstagramListed)
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Drop),
        oddity().prop_map(Mutation::Double),
        oddity().prop_map(Mutation::Retype),
        any::<usize>().prop_map(Mutation::Move),
    ]
}

fn oddity() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([[], {"id": {}}])),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
    ]
}

/// The members of an object as text, in order: a map could hold none of them twice.
fn members(object: &Value) -> Vec<(String, String)> {
    object
        .as_object()
        .expect("an object")
        .iter()
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

fn text(members: &[(String, String)]) -> String {
    members
        .iter()
        .map(|(name, value)| format!("{}:{value}", json!(name)))
        .collect::<Vec<_>>()
        .join(",")
}

fn mutate(members: &mut Vec<(String, String)>, at: usize, mutation: &Mutation) {
    let at = at % members.len();
    match mutation {
        Mutation::Drop => drop(members.remove(at)),
        Mutation::Retype(value) => members[at].1 = value.to_string(),
        Mutation::Double(value) => {
            let double = (members[at].0.clone(), value.to_string());
            members.insert(at + 1, double);
        }
        Mutation::Move(to) => {
            let member = members.remove(at);
            members.insert(to % (members.len() + 1), member);
        }
    }
}

/// Returns the text of an object's members with one of them mutated.
fn mutated(object: &Value, at: usize, mutation: &Mutation) -> String {
    let mut members = members(object);
    mutate(&mut members, at, mutation);
    text(&members)
}

/// Returns the text of a change with one member mutated, at its top or in what it tells.
fn mutated_in(change: &Value, name: &str, inside: bool, at: usize, mutation: &Mutation) -> String {
    if !inside {
        return mutated(change, at, mutation);
    }
    let told = format!("{{{}}}", mutated(&change[name], at, mutation));
    let told = |(one, text): (String, String)| {
        if one == name {
            (one, told.clone())
        } else {
            (one, text)
        }
    };
    text(&members(change).into_iter().map(told).collect::<Vec<_>>())
}

/// Returns what was told, once it is sure that the evidence of each post is a part of the body,
/// byte for byte.
fn as_sent(body: &[u8], told: Vec<Sent<Incoming>>) -> Vec<Incoming> {
    let told = told.into_iter().inspect(|told| {
        let raw = told.raw.bytes();
        let is_post = matches!(told.read, Incoming::Post(_) | Incoming::Incomplete { .. });
        let is_part = !raw.is_empty() && body.windows(raw.len()).any(|part| part == raw);
        assert!(!is_post || is_part, "{}", String::from_utf8_lossy(raw));
    });
    told.map(|told| told.read).collect()
}

fn read(body: &[u8]) -> Option<Vec<Incoming>> {
    let key = Secret::new("key");
    let signed = delivery::sign(&key, body);
    meta_webhooks::read(delivery::verify(&key, Some(&signed), body).expect("signed"))
        .ok()
        .map(|told| as_sent(body, told))
}

fn older_post(n: usize) -> Value {
    json!({"id_str": format!("9{n}"), "text": format!("words {n}"), "created_at": "Fri Nov 20 10:00:00 +0000 2026",
        "user": {"id_str": "501", "name": "Robin"}, "in_reply_to_user_id_str": "100", "truncated": false,
        "in_reply_to_status_id_str": "11", "entities": {"user_mentions": [{"id_str": "100", "indices": [0, 9]}]}})
}

/// An event of the Activity API.
fn event() -> Value {
    json!({"event_uuid": "-7", "filter": {"user_id": "100"}, "event_type": "post.reply.create", "tag": "t",
        "payload": {"id": "91", "author_id": "501", "text": "words 1", "conversation_id": "11",
            "in_reply_to_user_id": "100", "referenced_posts": [{"type": "replied_to", "id": "11"}],
            "display_text_range": [0, 7], "created_at": "2026-11-20T10:00:00.000Z", "note_post": {"text": "words 1"},
            "entities": {"mentions": [{"start": 0, "id": "100"}]}, "attachments": {"media_keys": ["3_7"]}}})
}

fn read_x(body: &[u8]) -> Option<Vec<Incoming>> {
    let key = Secret::new("key");
    let signed = delivery::sign_x(&key, body);
    x::read(delivery::verify_x(&key, Some(&signed), body).expect("signed"))
        .ok()
        .map(|told| as_sent(body, told))
}

proptest! {
    #[test]
    fn a_mutated_post_of_x_never_takes_its_neighbours(
        member in 0..20_usize, mutation in mutation(), at in 0..3_usize,
    ) {
        let posts: Vec<Value> = (1..=3).map(older_post).collect();
        let mut texts: Vec<String> = posts.iter().map(Value::to_string).collect();
        texts[at] = format!("{{{}}}", mutated(&posts[at], member, &mutation));
        let body = format!(r#"{{"for_user_id":"100","tweet_create_events":[{}]}}"#, texts.join(","));
        let incoming = read_x(body.as_bytes()).expect("an object");
        // A post whose words X cut off says two things: these words, and that the rest is to be
        // read.
        prop_assert!((3..=4).contains(&incoming.len()), "{incoming:?}");
        for n in (0..3).filter(|n| *n != at) {
            let kept = |incoming: &Incoming| matches!(incoming, Incoming::Post(post) if post.text == format!("words {}", n + 1));
            prop_assert!(incoming.iter().any(kept), "post {} is not among {:?}", n, incoming);
        }
    }

    #[test]
    fn a_mutated_event_of_x_is_one_item_of_the_same_author(
        inside: bool, member in 0..20_usize, mutation in mutation(),
    ) {
        let body = format!(r#"{{"data":{{{}}}}}"#, mutated_in(&event(), "payload", inside, member, &mutation));
        let incoming = read_x(body.as_bytes()).expect("an object");
        prop_assert_eq!(incoming.len(), 1);
        if let Some(channel) = incoming[0].channel() {
            // Of two members of one name the last counts, here as there.
            let event: Value = serde_json::from_str(&body).expect("sound");
            let told = event["data"]["filter"]["user_id"].as_str().map(str::to_owned);
            prop_assert_eq!(Some(channel.account.clone()), told);
        }
    }

    #[test]
    fn a_body_of_x_with_bytes_changed_never_panics(
        cuts in proptest::collection::vec((0..2_000_usize, any::<u8>()), 1..8), older: bool,
    ) {
        let posts: Vec<Value> = (1..=3).map(older_post).collect();
        let body = if older {
            json!({"for_user_id": "100", "tweet_create_events": posts})
        } else {
            json!({ "data": event() })
        };
        let mut body = body.to_string().into_bytes();
        for (at, byte) in cuts {
            let at = at % body.len();
            body[at] = byte;
        }
        let _ = read_x(&body);
    }

    #[test]
    fn a_mutated_change_never_takes_its_neighbours(
        shape in shape(), inside: bool, member in 0..20_usize, mutation in mutation(), at in 0..3_usize,
    ) {
        let changes: Vec<Value> = (1..=3).map(|n| shape.change(n)).collect();
        let mut texts: Vec<String> = changes.iter().map(|change| text(&members(change))).collect();
        texts[at] = mutated_in(&changes[at], "value", inside, member, &mutation);
        let body = shape.body(&texts);
        prop_assert!(serde_json::from_str::<&RawValue>(&body).is_ok(), "not sound: {}", body);
        let incoming = read(body.as_bytes()).expect("an object");
        for n in (1..=3).filter(|n| n - 1 != at) {
            let words = format!("words {n}");
            let kept = incoming.iter().filter(|one| matches!(one, Incoming::Post(post) if post.text == words)).count();
            prop_assert_eq!(kept, 1, "change {} of {:?}", n, incoming);
        }
        prop_assert!(incoming.len() >= 3, "one vanished without a word: {:?}", incoming);
    }

    #[test]
    fn a_body_with_bytes_changed_never_panics(
        shape in shape(), cuts in proptest::collection::vec((0..2_000_usize, any::<u8>()), 1..8),
    ) {
        let texts: Vec<String> = (1..=3).map(|n| text(&members(&shape.change(n)))).collect();
        let mut body = shape.body(&texts).into_bytes();
        for (at, byte) in cuts {
            let at = at % body.len();
            body[at] = byte;
        }
        let _ = read(&body);
    }

    #[test]
    fn any_bytes_at_all_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&body);
    }
}
