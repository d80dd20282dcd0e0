//! A stack that moves only when it is told to: the same each time, without a socket and without
//! waiting.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_local::fate::{Call, Fate, Fates};
use pagewarden_local::stack::Around;
use pagewarden_local::stepped::Stepped;
use pagewarden_tests::{change, monday};
use serde_json::json;

const PAGE: &str = "100000000000001";
const COMMENT: &str = "1_1";

/// Writes an abusive comment on the page, and delivers it.
async fn write(stepped: &Stepped) {
    let mut change = change(PAGE, COMMENT, "5000000000000001", "You absolute wankers");
    let now = stepped.stack().clock().now().as_second();
    change["value"]["created_time"] = json!(now);
    let body =
        json!({ "object": "page", "entry": [{ "id": PAGE, "time": now, "changes": [change] }] });
    let body = body.to_string().into_bytes();
    stepped.stack().graph().learn(&body).unwrap();
    assert_eq!(stepped.stack().sender().deliver(&body).await.unwrap(), 200);
}

/// Has an abusive comment delivered and steps until nothing moves. Returns the functions in the
/// order in which they were handed something, and how often the comment was hidden.
async fn hide(fault: Option<Fault>) -> (Vec<String>, usize) {
    hide_on(Stepped::build(monday()).await.unwrap(), fault).await
}

async fn hide_on(mut stepped: Stepped, fault: Option<Fault>) -> (Vec<String>, usize) {
    if let Some(fault) = fault {
        stepped.stack().graph().faults().next(1, &fault);
    }
    write(&stepped).await;
    let names: Vec<String> = stepped.consumers().map(str::to_owned).collect();
    let mut handed = Vec::new();
    loop {
        let before = handed.len();
        for (consumer, name) in names.iter().enumerate() {
            if stepped.consumer(consumer).await.unwrap() {
                handed.push(name.clone());
            }
        }
        if handed.len() == before && !stepped.echo().await.unwrap() {
            break;
        }
    }
    let journal = stepped.stack().graph().journal();
    let hides = journal
        .iter()
        .filter(|entry| matches!(entry, Entry::Hidden { id } if id == COMMENT));
    (handed, hides.count())
}

#[tokio::test(start_paused = true)]
async fn the_same_delivery_takes_the_same_steps() {
    let (steps, hides) = hide(None).await;
    assert_eq!(hides, 1);
    assert!(
        steps.iter().any(|name| name == "moderate") && steps.iter().any(|name| name == "act"),
        "{steps:?}"
    );
    assert_eq!(hide(None).await, (steps, hides));
}

#[tokio::test(start_paused = true)]
async fn nothing_happens_before_it_is_told_to() {
    let stepped = Stepped::build(monday()).await.unwrap();
    write(&stepped).await;
    tokio::time::sleep(std::time::Duration::from_hours(1)).await;
    let hidden = |entry: &Entry| matches!(entry, Entry::Hidden { .. });
    assert!(!stepped.stack().graph().journal().iter().any(hidden));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_off_is_as_without_a_socket() {
    // The answer was lost, so `act` leaves it to its due time: the comment is hidden, and nobody
    // knows yet.
    let (_, hides) = hide(Some(Fault::Cut)).await;
    assert_eq!(hides, 1);
}

/// Has the first transaction meet this, once it is on.
#[derive(Debug)]
struct FirstDecision {
    fate: Fate,
    is_on: AtomicBool,
    met: AtomicUsize,
}

impl Fates for FirstDecision {
    fn before<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Fate> {
        let counts = call.operation == "TransactWriteItems" && self.is_on.load(Ordering::Relaxed);
        let is_first = counts && self.met.fetch_add(1, Ordering::Relaxed) == 0;
        std::future::ready(if is_first { self.fate } else { Fate::Well }).boxed()
    }

    fn after<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, ()> {
        std::future::ready(()).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_fails_once_has_it_hidden_once() {
    for fate in [Fate::Throttled, Fate::Conflict, Fate::Lost, Fate::Repeated] {
        let fates = Arc::new(FirstDecision {
            fate,
            is_on: AtomicBool::new(false),
            met: AtomicUsize::new(0),
        });
        let around = Around {
            fates: fates.clone(),
            clocks_off: BTreeMap::new(),
            anchors: None,
        };
        let stepped = Stepped::build_in(monday(), around).await.unwrap();
        fates.is_on.store(true, Ordering::Relaxed);
        let (steps, hides) = hide_on(stepped, None).await;
        let retried = fates.met.load(Ordering::Relaxed) > 1;
        assert!(retried, "{fate:?} was met: {steps:?}");
        // A decision whose answer was lost stands; a second one is not made.
        assert_eq!(hides, 1, "{fate:?}: {steps:?}");
    }
}
