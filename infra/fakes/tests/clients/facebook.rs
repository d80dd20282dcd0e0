//! A page of Facebook.

use std::path::Path;
use std::time::Duration;

use axum::http::StatusCode;
use pagewarden_clock::Clock;
use pagewarden_fakes::graph::{Graph, Page, first_token};
use pagewarden_fakes::{Entry, Fault};
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::{Incoming, Secret, Sent, delivery, meta_webhooks};
use pagewarden_rules::{Author, Channel, Platform, Surface};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedSender};

use crate::{http, serve};

pub(crate) const PAGE: &str = "100000000000001";
const POST: &str = "100000000000001_11";
pub(crate) const ACCOUNT: &str = "17841400000000001";
pub(crate) const OTHER_PAGE: &str = "100000000000002";
pub(crate) const OTHER_ACCOUNT: &str = "17841400000000002";

pub(crate) async fn client(graph: &Graph, app_secret: &str) -> Facebook {
    let base = serve(graph.router()).await;
    let settings = facebook::Settings {
        base,
        app_secret: Some(Secret::new(app_secret)),
        ..Default::default()
    };
    Facebook::new(http(), settings)
}

fn token() -> Secret {
    Secret::new(&first_token(PAGE))
}

pub(crate) fn comment(id: &str, words: &str, at: i64) -> Value {
    json!({"field": "feed", "value": {"item": "comment", "verb": "add", "from": {"id": "501", "name": "Robin Visitor"},
        "message": words, "post_id": POST, "comment_id": id, "parent_id": POST, "created_time": at}})
}

pub(crate) fn delivery_of(changes: &[Value]) -> Vec<u8> {
    json!({"object": "page", "entry": [{"id": PAGE, "time": 1_790_000_100, "changes": changes}]})
        .to_string()
        .into_bytes()
}

/// Returns the fake with two pages connected.
fn graph(journal: Option<&Path>, deliveries: Option<UnboundedSender<Vec<u8>>>) -> Graph {
    graph_at(&Clock::manual(), journal, deliveries)
}

pub(crate) fn graph_at(
    clock: &Clock,
    journal: Option<&Path>,
    deliveries: Option<UnboundedSender<Vec<u8>>>,
) -> Graph {
    let pages = [(PAGE, ACCOUNT), (OTHER_PAGE, OTHER_ACCOUNT)];
    let pages = pages.map(|(id, account)| Page {
        id: id.to_owned(),
        instagram: Some(account.to_owned()),
    });
    Graph::open(journal, &pages, "app secret", deliveries, clock).expect("two pages")
}

fn page() -> Graph {
    let graph = graph(None, None);
    graph
        .learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)]))
        .expect("learnt");
    graph
}

#[tokio::test]
async fn hide_unhide_and_delete_change_the_page_and_are_confirmed() {
    let graph = page();
    let facebook = client(&graph, "app secret").await;
    let read = async || {
        facebook
            .read(&token(), Surface::Comment, "11_22")
            .await
            .map(|answer| answer.value)
    };
    assert_eq!(
        read().await.map(|c| (c.hidden, c.can_hide)),
        Ok((false, Some(true)))
    );
    assert_eq!(
        facebook.hide(&token(), "11_22").await.map(|a| a.value),
        Ok(Done::Confirmed)
    );
    assert_eq!(
        read().await.map(|c| (c.hidden, c.can_hide)),
        Ok((true, None))
    );
    assert_eq!(
        facebook.unhide(&token(), "11_22").await.map(|a| a.value),
        Ok(Done::Confirmed)
    );
    assert_eq!(read().await.map(|c| c.hidden), Ok(false));
    assert_eq!(
        facebook.delete(&token(), "11_22").await.map(|a| a.value),
        Ok(Done::Confirmed)
    );
    assert_eq!(read().await.err(), Some(CallError::Gone));
    assert_eq!(
        facebook.delete(&token(), "11_22").await.map(|a| a.value),
        Ok(Done::Gone)
    );
    assert_eq!(
        facebook.hide(&token(), "11_22").await.map(|a| a.value),
        Ok(Done::Gone)
    );
    assert!(matches!(
        graph.journal()[1..],
        [
            Entry::Hidden { .. },
            Entry::Shown { .. },
            Entry::Deleted { by_us: true, .. }
        ]
    ));
}

#[tokio::test]
async fn a_wrong_token_or_proof_does_nothing() {
    let graph = page();
    let wrong_token = client(&graph, "app secret")
        .await
        .hide(&Secret::new("other"), "11_22")
        .await;
    assert!(matches!(wrong_token, Err(CallError::Credential { .. })));
    let wrong_proof = client(&graph, "another app's secret")
        .await
        .hide(&token(), "11_22")
        .await;
    assert!(matches!(
        wrong_proof,
        Err(CallError::Refused { code: 100, .. })
    ));
    assert_eq!(graph.journal().len(), 1);
}

#[tokio::test]
async fn a_comment_reads_the_same_from_the_delivery_and_from_the_page() {
    let mut change = comment("11_22", "With a picture", 1_790_000_000);
    change["value"]["photo"] = json!("https://scontent.xx.fbcdn.net/v/t39/1_345_2_n.jpg?oh=a");
    let body = delivery_of(&[change]);
    let graph = graph(None, None);
    graph.learn(&body).expect("learnt");
    let key = Secret::new("k");
    let signed = delivery::sign(&key, &body);
    let seen = meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).expect("signed"))
        .expect("read")
        .remove(0);
    let Incoming::Post(seen) = seen.read else {
        panic!("no post")
    };
    let facebook = client(&graph, "app secret").await;
    let read = facebook
        .read(&token(), Surface::Comment, "11_22")
        .await
        .expect("read")
        .value;
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.to_owned(),
    };
    let read = read.read.into_post(
        channel,
        Surface::Comment,
        Some(POST.to_owned()),
        Author::default(),
    );
    assert_eq!(read.revision(), seen.revision());
    assert_eq!((read.posted_at, read.author), (seen.posted_at, seen.author));
}

#[tokio::test]
async fn a_comments_field_is_an_error_on_a_post() {
    let graph = graph(None, None);
    let post = json!({"field": "feed", "value": {"item": "post", "verb": "add", "post_id": "100000000000001_9",
        "from": {"id": "501"}, "message": "Hello page", "created_time": 1_790_000_000}});
    graph.learn(&delivery_of(&[post])).expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let as_comment = facebook
        .read(&token(), Surface::Comment, "100000000000001_9")
        .await;
    assert!(matches!(
        as_comment,
        Err(CallError::Refused { code: 100, .. })
    ));
    let read = facebook
        .read(&token(), Surface::VisitorPost, "100000000000001_9")
        .await
        .expect("read")
        .value;
    assert_eq!(read.text, "Hello page");
}

#[tokio::test]
async fn comments_are_listed_newest_first_and_page_by_page() {
    let graph = graph(None, None);
    let changes: Vec<Value> = (0..250)
        .map(|n| comment(&format!("11_{n}"), "+1", 1_790_000_000 + n))
        .collect();
    graph.learn(&delivery_of(&changes)).expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let (mut after, mut ids, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = facebook
            .comments(&token(), POST, after.as_deref())
            .await
            .expect("listed")
            .value;
        ids.extend(page.comments.into_iter().map(|comment| comment.read.id));
        pages += 1;
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((pages, ids.len()), (3, 250));
    assert_eq!((ids[0].as_str(), ids[249].as_str()), ("11_249", "11_0"));
    assert_eq!(
        facebook.comments(&token(), "1_404", None).await.err(),
        Some(CallError::Gone)
    );
}

#[tokio::test]
async fn a_public_reply_is_the_pages_own_and_is_delivered_back() {
    let (sender, mut deliveries) = mpsc::unbounded_channel();
    let graph = graph(None, Some(sender));
    graph
        .learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)]))
        .expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let id = facebook
        .reply(&token(), "11_22", "Please ring us.")
        .await
        .expect("answered")
        .value;
    let below = facebook
        .comments(&token(), "11_22", None)
        .await
        .expect("listed")
        .value
        .comments;
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.to_owned(),
    };
    assert!(
        matches!(&below[..], [own] if own.id == id && own.is_own(&channel) && own.text == "Please ring us.")
    );
    assert!(below[0].created_at.is_some());
    let body = deliveries.recv().await.expect("told");
    let key = Secret::new("k");
    let signed = delivery::sign(&key, &body);
    let told = meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).expect("signed"))
        .expect("read");
    assert!(
        matches!(&told[..], [Sent { read: Incoming::Own { id: own, .. }, .. }] if *own == id),
        "{told:?}"
    );
}

#[tokio::test]
async fn our_own_hide_comes_back_as_done_by_the_page() {
    let (sender, mut deliveries) = mpsc::unbounded_channel();
    let graph = graph(None, Some(sender));
    graph
        .learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)]))
        .expect("learnt");
    client(&graph, "app secret")
        .await
        .hide(&token(), "11_22")
        .await
        .expect("hidden");
    let body = deliveries.recv().await.expect("told");
    let key = Secret::new("k");
    let signed = delivery::sign(&key, &body);
    let told = meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).expect("signed"))
        .expect("read");
    assert!(
        matches!(
            &told[..],
            [Sent {
                read: Incoming::Visibility {
                    hidden: true,
                    by_page: true,
                    ..
                },
                ..
            }]
        ),
        "{told:?}"
    );
}

#[tokio::test]
async fn an_author_is_written_to_once_and_banned() {
    let graph = graph(None, None);
    graph
        .learn(&delivery_of(&[comment(
            "11_22",
            "Hello",
            Clock::system().now().as_second(),
        )]))
        .expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let private = async || {
        facebook
            .private_reply(&token(), PAGE, Surface::Comment, "11_22", "Hello")
            .await
    };
    assert_eq!(private().await.map(|a| a.value), Ok(Done::Confirmed));
    assert_eq!(private().await.map(|a| a.value), Ok(Done::Already));
    assert_eq!(
        facebook.ban(&token(), PAGE, "501").await.map(|a| a.value),
        Ok(Done::Confirmed)
    );
    assert!(matches!(graph.journal()[2..], [Entry::Banned { .. }]));
}

#[tokio::test]
async fn usage_is_told_and_faults_come_one_a_call() {
    let graph = page();
    let facebook = client(&graph, "app secret").await;
    // What a fault answers instead is not counted.
    graph.set_app_quota(2);
    let limit = json!({"error": {"message": "(#32) Page request limit reached", "type": "OAuthException", "code": 32}});
    graph
        .faults()
        .next(1, &Fault::Instead(StatusCode::BAD_REQUEST, limit));
    graph.faults().next(1, &Fault::Late(Duration::from_secs(2)));
    assert!(matches!(
        facebook.hide(&token(), "11_22").await,
        Err(CallError::RateLimited { .. })
    ));
    assert_eq!(graph.journal().len(), 1);
    // Too late for the caller, but done.
    assert!(matches!(
        facebook.hide(&token(), "11_22").await,
        Err(CallError::Retry {
            maybe_done: true,
            ..
        })
    ));
    let read = facebook
        .read(&token(), Surface::Comment, "11_22")
        .await
        .expect("read");
    assert!(read.value.hidden && read.usage.slow_down());
}

#[tokio::test]
async fn a_restart_remembers_what_was_done() {
    let path = std::env::temp_dir().join(format!("pagewarden-fakes-{}.jsonl", std::process::id()));
    std::fs::remove_file(&path).ok();
    let open = || graph(Some(&path), None);
    let graph = open();
    graph
        .learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)]))
        .expect("learnt");
    let facebook = client(&graph, "app secret").await;
    facebook.hide(&token(), "11_22").await.expect("hidden");
    let reply = facebook
        .reply(&token(), "11_22", "Hello")
        .await
        .expect("answered")
        .value;
    let graph = open();
    let facebook = client(&graph, "app secret").await;
    assert!(
        facebook
            .read(&token(), Surface::Comment, "11_22")
            .await
            .expect("read")
            .value
            .hidden
    );
    let below = facebook
        .comments(&token(), "11_22", None)
        .await
        .expect("listed")
        .value
        .comments;
    assert_eq!(
        below
            .iter()
            .map(|comment| comment.id.as_str())
            .collect::<Vec<_>>(),
        [reply]
    );
    std::fs::remove_file(&path).expect("removed");
}
