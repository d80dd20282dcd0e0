//! How long a full delivery takes to verify and read: all that a webhook does before the table.

use criterion::{Criterion, criterion_group, criterion_main};
use pagewarden_platforms::{Secret, delivery, meta_webhooks};
use serde_json::{Value, json};

/// Most changes in one delivery, by Meta's word.
const CHANGES: usize = 1000;

fn body(changes: usize) -> Vec<u8> {
    let change = |n: usize| -> Value {
        json!({"field": "feed", "value": {"item": "comment", "verb": "add",
            "from": {"id": format!("5{n:014}"), "name": "Robin Visitor"},
            "message": format!("I rang at eight and was number {n} in the queue. Is there any other way to book?"),
            "post_id": "100000000000001_11", "comment_id": format!("11_{n}"), "parent_id": "100000000000001_11",
            "created_time": 1_790_000_000,
            "post": {"id": "100000000000001_11", "status_type": "mobile_status_update", "is_published": true,
                "updated_time": "2026-09-21T13:33:20+0000", "promotion_status": "inactive",
                "permalink_url": "https://www.facebook.com/kingswinford/posts/11"}}})
    };
    let changes: Vec<Value> = (0..changes).map(change).collect();
    let body = json!({"object": "page", "entry": [{"id": "100000000000001", "time": 1_790_000_100, "changes": changes}]});
    body.to_string().into_bytes()
}

fn verify_and_read(c: &mut Criterion) {
    let key = Secret::new("an app secret of thirty-two chars");
    for changes in [1, CHANGES] {
        let body = body(changes);
        let signature = delivery::sign(&key, &body);
        c.bench_function(&format!("verify and read {changes} changes"), |b| {
            b.iter(|| {
                delivery::verify(&key, Some(&signature), &body)
                    .ok()
                    .map(meta_webhooks::read)
            });
        });
    }
}

criterion_group!(benches, verify_and_read);
criterion_main!(benches);
