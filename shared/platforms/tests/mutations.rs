//! Bodies with members dropped, doubled, retyped and moved: nothing panics, and no neighbour is lost.

#![expect(clippy::expect_used, reason = "a test may")]

use pagewarden_platforms::{Secret, Sighting, delivery, meta};
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

proptest! {
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
