//! Bodies with members dropped, doubled, retyped and moved: nothing panics, and no neighbour is lost.

#![expect(clippy::expect_used, reason = "a test may")]

use pagewarden_platforms::{Secret, Sighting, delivery, meta, x};
use proptest::prelude::*;
use serde_json::{Value, json};

fn change(n: usize) -> Value {
    json!({"field": "feed", "value": {"item": "comment", "verb": "add", "from": {"id": "501", "name": "Robin"},
        "message": format!("words {n}"), "post_id": "1_11", "comment_id": format!("11_{n}"), "parent_id": "1_11",
        "created_time": 1_790_000_000, "photo_ids": ["5"], "post": {"id": "1_11", "permalink_url": "https://x"}}})
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

/// Retypes, drops or adds one member, at the top of the change or in its value.
fn mutated(change: &Value, inside: bool, name: usize, with: Option<Value>) -> Value {
    let mut change = change.clone();
    let place = if inside { &mut change["value"] } else { &mut change };
    let object = place.as_object_mut().expect("an object");
    let names: Vec<String> = object.keys().cloned().collect();
    let name = &names[name % names.len()];
    match with {
        Some(value) => object.insert(name.clone(), value),
        None => object.remove(name),
    };
    change
}

fn read(body: &[u8]) -> Option<Vec<Sighting>> {
    let key = Secret::new("key");
    let signed = delivery::sign(&key, body);
    meta::read(delivery::verify(&key, Some(&signed), body).expect("signed")).ok()
}

fn older_post(n: usize) -> Value {
    json!({"id_str": format!("9{n}"), "text": format!("words {n}"), "created_at": "Fri Nov 20 10:00:00 +0000 2026",
        "user": {"id_str": "501", "name": "Robin"}, "in_reply_to_user_id_str": "100", "truncated": false,
        "in_reply_to_status_id_str": "11", "entities": {"user_mentions": [{"id_str": "100", "indices": [0, 9]}]}})
}

/// An event of the Activity API; its payload stands where a change has its value.
fn event() -> Value {
    json!({"event_uuid": "-7", "filter": {"user_id": "100"}, "event_type": "post.reply.create", "tag": "t",
        "value": {"id": "91", "author_id": "501", "text": "words 1", "conversation_id": "11",
            "in_reply_to_user_id": "100", "referenced_posts": [{"type": "replied_to", "id": "11"}],
            "display_text_range": [0, 7], "created_at": "2026-11-20T10:00:00.000Z", "note_post": {"text": "words 1"},
            "entities": {"mentions": [{"start": 0, "id": "100"}]}, "attachments": {"media_keys": ["3_7"]}}})
}

fn read_x(body: &[u8]) -> Option<Vec<Sighting>> {
    let key = Secret::new("key");
    let signed = delivery::sign_x(&key, body);
    x::read(delivery::verify_x(&key, Some(&signed), body).expect("signed")).ok()
}

proptest! {
    #[test]
    fn a_mutated_post_of_x_never_takes_its_neighbours(
        name in 0..20_usize, with in proptest::option::of(oddity()), at in 0..3_usize,
    ) {
        let mut posts: Vec<Value> = (1..=3).map(older_post).collect();
        posts[at] = mutated(&json!({"value": posts[at]}), true, name, with)["value"].take();
        let body = json!({"for_user_id": "100", "tweet_create_events": posts});
        let sightings = read_x(body.to_string().as_bytes()).expect("an object");
        prop_assert_eq!(sightings.len(), 3);
        for (n, sighting) in sightings.iter().enumerate().filter(|(n, _)| *n != at) {
            let kept = matches!(sighting, Sighting::Post(post) if post.text == format!("words {}", n + 1));
            prop_assert!(kept, "post {} came out as {:?}", n, sighting);
        }
    }

    #[test]
    fn a_mutated_event_of_x_is_one_sighting_and_is_never_told_of_somebody_else(
        inside: bool, name in 0..20_usize, with in proptest::option::of(oddity()),
    ) {
        let mut event = mutated(&event(), inside, name, with);
        event["payload"] = event["value"].take();
        let sightings = read_x(json!({ "data": event }).to_string().as_bytes()).expect("an object");
        prop_assert_eq!(sightings.len(), 1);
        if let Some(channel) = sightings[0].channel() {
            prop_assert_eq!(Some(channel.account.clone()), event["filter"]["user_id"].as_str().map(str::to_owned));
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
            let mut event = event();
            event["payload"] = event["value"].take();
            json!({ "data": event })
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
        inside: bool, name in 0..20_usize, with in proptest::option::of(oddity()), at in 0..3_usize,
    ) {
        let mut changes: Vec<Value> = (1..=3).map(change).collect();
        changes[at] = mutated(&changes[at], inside, name, with);
        let body = json!({"object": "page", "entry": [{"id": "1", "time": 1, "changes": changes}]});
        let sightings = read(body.to_string().as_bytes()).expect("an object");
        prop_assert_eq!(sightings.len(), 3);
        for (n, sighting) in sightings.iter().enumerate().filter(|(n, _)| *n != at) {
            let kept = matches!(sighting, Sighting::Post(post) if post.text == format!("words {}", n + 1));
            prop_assert!(kept, "change {} came out as {:?}", n, sighting);
        }
    }

    #[test]
    fn a_body_with_bytes_changed_never_panics(cuts in proptest::collection::vec((0..2_000_usize, any::<u8>()), 1..8)) {
        let changes: Vec<Value> = (1..=3).map(change).collect();
        let body = json!({"object": "page", "entry": [{"id": "1", "time": 1, "changes": changes}]});
        let mut body = body.to_string().into_bytes();
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
