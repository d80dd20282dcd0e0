//! The fakes against the real clients: each effect, what the platforms refuse, and what a restart remembers.

#![expect(clippy::expect_used, reason = "a test may")]

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_local::clock::Clock;
use pagewarden_local::fake::google::Business;
use pagewarden_local::fake::graph::Graph;
use pagewarden_local::fake::{Entry, Fault};
use pagewarden_platforms::calls::{CallError, Done, Http, Timeouts};
use pagewarden_platforms::facebook::{self, Facebook};
use pagewarden_platforms::google::{self, Consent, Google};
use pagewarden_platforms::{Secret, Sighting, delivery, meta};
use pagewarden_rules::{Author, Channel, Platform, Surface};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const PAGE: &str = "100000000000001";
const POST: &str = "100000000000001_11";
const LOCATION: &str = "accounts/1/locations/2";

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn http() -> Http {
    Http::new(Timeouts { connect: Duration::from_secs(1), total: Duration::from_millis(500) }).expect("a client")
}

async fn client(graph: &Graph, app_secret: &str) -> Facebook {
    let base = serve(graph.router()).await;
    let settings = facebook::Settings { base, app_secret: Some(Secret::new(app_secret)), ..Default::default() };
    Facebook::new(http(), settings)
}

fn token() -> Secret {
    Secret::new("page token")
}

fn comment(id: &str, words: &str, at: i64) -> Value {
    json!({"field": "feed", "value": {"item": "comment", "verb": "add", "from": {"id": "501", "name": "Robin Visitor"},
        "message": words, "post_id": POST, "comment_id": id, "parent_id": POST, "created_time": at}})
}

fn delivery_of(changes: &[Value]) -> Vec<u8> {
    json!({"object": "page", "entry": [{"id": PAGE, "time": 1_790_000_100, "changes": changes}]})
        .to_string()
        .into_bytes()
}

fn page() -> Graph {
    let graph = Graph::open(None, "page token", "app secret", None).expect("a page");
    graph.learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)])).expect("learnt");
    graph
}

#[tokio::test]
async fn hide_unhide_and_delete_change_the_page_and_are_confirmed() {
    let graph = page();
    let facebook = client(&graph, "app secret").await;
    let read = async || facebook.read(&token(), Surface::Comment, "11_22").await.map(|answer| answer.value);
    assert_eq!(read().await.map(|c| (c.hidden, c.can_hide)), Ok((false, Some(true))));
    assert_eq!(facebook.hide(&token(), "11_22").await.map(|a| a.value), Ok(Done::Confirmed));
    assert_eq!(read().await.map(|c| (c.hidden, c.can_hide)), Ok((true, None)));
    assert_eq!(facebook.unhide(&token(), "11_22").await.map(|a| a.value), Ok(Done::Confirmed));
    assert_eq!(read().await.map(|c| c.hidden), Ok(false));
    assert_eq!(facebook.delete(&token(), "11_22").await.map(|a| a.value), Ok(Done::Confirmed));
    assert_eq!(read().await.err(), Some(CallError::Gone));
    assert_eq!(facebook.delete(&token(), "11_22").await.map(|a| a.value), Ok(Done::Already));
    assert_eq!(facebook.hide(&token(), "11_22").await.map(|a| a.value), Ok(Done::Already));
    assert!(matches!(
        graph.journal()[1..],
        [Entry::Hidden { .. }, Entry::Shown { .. }, Entry::Deleted { by_us: true, .. }]
    ));
}

#[tokio::test]
async fn a_wrong_token_or_proof_does_nothing() {
    let graph = page();
    let wrong_token = client(&graph, "app secret").await.hide(&Secret::new("other"), "11_22").await;
    assert!(matches!(wrong_token, Err(CallError::Credential { .. })));
    let wrong_proof = client(&graph, "another app's secret").await.hide(&token(), "11_22").await;
    assert!(matches!(wrong_proof, Err(CallError::Refused { code: 100, .. })));
    assert_eq!(graph.journal().len(), 1);
}

#[tokio::test]
async fn a_comment_reads_the_same_from_the_delivery_and_from_the_page() {
    let mut change = comment("11_22", "With a picture", 1_790_000_000);
    change["value"]["photo"] = json!("https://scontent.xx.fbcdn.net/v/t39/1_345_2_n.jpg?oh=a");
    let body = delivery_of(&[change]);
    let graph = Graph::open(None, "page token", "app secret", None).expect("a page");
    graph.learn(&body).expect("learnt");
    let key = Secret::new("k");
    let signed = delivery::sign(&key, &body);
    let seen = meta::read(delivery::verify(&key, Some(&signed), &body).expect("signed")).expect("read").remove(0);
    let Sighting::Post(seen) = seen else { panic!("no post: {seen:?}") };
    let facebook = client(&graph, "app secret").await;
    let read = facebook.read(&token(), Surface::Comment, "11_22").await.expect("read").value;
    let channel = Channel { platform: Platform::Facebook, account: PAGE.to_owned() };
    let read = read.into_post(channel, Surface::Comment, Some(POST.to_owned()), Author::default());
    assert_eq!(read.revision(), seen.revision());
    assert_eq!((read.posted_at, read.author), (seen.posted_at, seen.author));
}

#[tokio::test]
async fn a_comments_field_is_an_error_on_a_post() {
    let graph = Graph::open(None, "page token", "app secret", None).expect("a page");
    let post = json!({"field": "feed", "value": {"item": "post", "verb": "add", "post_id": "100000000000001_9",
        "from": {"id": "501"}, "message": "Hello page", "created_time": 1_790_000_000}});
    graph.learn(&delivery_of(&[post])).expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let as_comment = facebook.read(&token(), Surface::Comment, "100000000000001_9").await;
    assert!(matches!(as_comment, Err(CallError::Refused { code: 100, .. })));
    let read = facebook.read(&token(), Surface::VisitorPost, "100000000000001_9").await.expect("read").value;
    assert_eq!(read.text, "Hello page");
}

#[tokio::test]
async fn comments_are_listed_newest_first_and_page_by_page() {
    let graph = Graph::open(None, "page token", "app secret", None).expect("a page");
    let changes: Vec<Value> = (0..250).map(|n| comment(&format!("11_{n}"), "+1", 1_790_000_000 + n)).collect();
    graph.learn(&delivery_of(&changes)).expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let (mut after, mut ids, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = facebook.comments(&token(), POST, after.as_deref()).await.expect("listed").value;
        ids.extend(page.comments.into_iter().map(|comment| comment.id));
        pages += 1;
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    assert_eq!((pages, ids.len()), (3, 250));
    assert_eq!((ids[0].as_str(), ids[249].as_str()), ("11_249", "11_0"));
    assert_eq!(facebook.comments(&token(), "1_404", None).await.err(), Some(CallError::Gone));
}

#[tokio::test]
async fn a_public_reply_stands_below_the_comment_as_the_pages_own_and_comes_back_as_a_delivery() {
    let (sender, mut deliveries) = mpsc::unbounded_channel();
    let graph = Graph::open(None, "page token", "app secret", Some(sender)).expect("a page");
    graph.learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)])).expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let id = facebook.reply(&token(), "11_22", "Please ring us.").await.expect("answered").value;
    let below = facebook.comments(&token(), "11_22", None).await.expect("listed").value.comments;
    let channel = Channel { platform: Platform::Facebook, account: PAGE.to_owned() };
    assert!(matches!(&below[..], [own] if own.id == id && own.is_own(&channel) && own.text == "Please ring us."));
    assert!(below[0].created_at.is_some());
    let body = deliveries.recv().await.expect("told");
    let key = Secret::new("k");
    let signed = delivery::sign(&key, &body);
    let told = meta::read(delivery::verify(&key, Some(&signed), &body).expect("signed")).expect("read");
    assert!(matches!(&told[..], [Sighting::Own { id: own, .. }] if *own == id), "{told:?}");
}

#[tokio::test]
async fn our_own_hide_comes_back_as_done_by_the_page() {
    let (sender, mut deliveries) = mpsc::unbounded_channel();
    let graph = Graph::open(None, "page token", "app secret", Some(sender)).expect("a page");
    graph.learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)])).expect("learnt");
    client(&graph, "app secret").await.hide(&token(), "11_22").await.expect("hidden");
    let body = deliveries.recv().await.expect("told");
    let key = Secret::new("k");
    let signed = delivery::sign(&key, &body);
    let told = meta::read(delivery::verify(&key, Some(&signed), &body).expect("signed")).expect("read");
    assert!(matches!(&told[..], [Sighting::Visibility { hidden: true, by_page: true, .. }]), "{told:?}");
}

#[tokio::test]
async fn an_author_is_written_to_once_and_banned_and_let_back() {
    let graph = page();
    let facebook = client(&graph, "app secret").await;
    let private = async || facebook.private_reply(&token(), PAGE, Surface::Comment, "11_22", "Hello").await;
    assert_eq!(private().await.map(|a| a.value), Ok(Done::Confirmed));
    assert_eq!(private().await.map(|a| a.value), Ok(Done::Already));
    assert_eq!(facebook.ban(&token(), PAGE, "501").await.map(|a| a.value), Ok(Done::Confirmed));
    assert_eq!(facebook.unban(&token(), PAGE, "501").await.map(|a| a.value), Ok(Done::Confirmed));
    assert!(matches!(graph.journal()[2..], [Entry::Banned { .. }, Entry::Unbanned { .. }]));
}

#[tokio::test]
async fn usage_is_told_and_faults_come_one_a_call() {
    let graph = page();
    let facebook = client(&graph, "app secret").await;
    graph.set_usage(80);
    let limit = json!({"error": {"message": "(#32) Page request limit reached", "type": "OAuthException", "code": 32}});
    graph.faults().next(1, &Fault::Instead(StatusCode::BAD_REQUEST, limit));
    graph.faults().next(1, &Fault::Late(Duration::from_secs(2)));
    assert!(matches!(facebook.hide(&token(), "11_22").await, Err(CallError::RateLimited { .. })));
    assert_eq!(graph.journal().len(), 1);
    // Too late for the caller, but done.
    assert!(matches!(facebook.hide(&token(), "11_22").await, Err(CallError::Retry { maybe_done: true, .. })));
    let read = facebook.read(&token(), Surface::Comment, "11_22").await.expect("read");
    assert!(read.value.hidden && read.usage.slow_down());
}

#[tokio::test]
async fn a_restart_remembers_what_was_done() {
    let path = std::env::temp_dir().join(format!("pagewarden-fakes-{}.jsonl", std::process::id()));
    std::fs::remove_file(&path).ok();
    let open = || Graph::open(Some(&path), "page token", "app secret", None).expect("a page");
    let graph = open();
    graph.learn(&delivery_of(&[comment("11_22", "Hello", 1_790_000_000)])).expect("learnt");
    let facebook = client(&graph, "app secret").await;
    facebook.hide(&token(), "11_22").await.expect("hidden");
    let reply = facebook.reply(&token(), "11_22", "Hello").await.expect("answered").value;
    let graph = open();
    let facebook = client(&graph, "app secret").await;
    assert!(facebook.read(&token(), Surface::Comment, "11_22").await.expect("read").value.hidden);
    let below = facebook.comments(&token(), "11_22", None).await.expect("listed").value.comments;
    assert_eq!(below.iter().map(|comment| comment.id.as_str()).collect::<Vec<_>>(), [reply]);
    std::fs::remove_file(&path).expect("removed");
}

fn consent(refresh: &str) -> Consent {
    let (client_id, client_secret) = ("app".to_owned(), Secret::new("secret"));
    Consent { client_id, client_secret, refresh_token: Secret::new(refresh) }
}

/// Returns a client of Google, and an access token.
async fn google(business: &Business) -> (Google, Secret) {
    let base = serve(business.router()).await;
    let settings = google::Settings { token_address: format!("{base}/token"), base, ..Default::default() };
    let google = Google::new(http(), settings);
    let token = google.refresh(&consent("refresh")).await.expect("a token").token;
    (google, token)
}

#[tokio::test]
async fn google_takes_so_many_calls_a_minute_and_ten_changes_of_a_location() {
    let clock = Clock::default();
    let business = Business::open(None, "refresh", &clock).expect("a location");
    let review =
        json!({ "name": format!("{LOCATION}/reviews/r1"), "starRating": "TWO", "updateTime": "2026-09-01T08:00:00Z" });
    business.learn(json!({ "reviews": [review] }).to_string().as_bytes()).expect("learnt");
    let (google, token) = google(&business).await;
    let list = async || google.reviews(&token, LOCATION, None).await.map(|page| page.reviews.len());
    clock.pass(SignedDuration::from_secs(60 - clock.now().as_second() % 60));
    business.set_quota(3);
    for _ in 0..3 {
        assert_eq!(list().await, Ok(1));
    }
    assert!(matches!(list().await, Err(CallError::RateLimited { .. })));
    clock.pass(SignedDuration::from_mins(1));
    assert_eq!(list().await, Ok(1));

    // Each answer is a look and a change.
    clock.pass(SignedDuration::from_mins(1));
    business.set_quota(300);
    let name = format!("{LOCATION}/reviews/r1");
    for _ in 0..10 {
        google.reply(&token, &name, "Please ring us.", None).await.expect("answered");
        business.take_down_reply(&name).expect("taken down");
    }
    let eleventh = google.reply(&token, &name, "Please ring us.", None).await;
    assert!(matches!(eleventh, Err(CallError::RateLimited { .. })), "{eleventh:?}");
    assert_eq!(list().await, Ok(1));

    clock.pass(SignedDuration::from_mins(1));
    business.set_quota(0);
    assert!(matches!(list().await, Err(CallError::Permission { .. })));
}

#[tokio::test]
async fn reviews_are_listed_answered_and_missed_when_gone() {
    let review = |n: u32| {
        json!({"name": format!("{LOCATION}/reviews/r{n}"), "reviewId": format!("r{n}"), "starRating": "TWO",
            "comment": "Long wait.", "updateTime": format!("2026-09-{:02}T08:00:00Z", n % 28 + 1)})
    };
    let business = Business::open(None, "refresh", &Clock::default()).expect("a location");
    let all: Vec<Value> = (0..60).map(review).collect();
    business.learn(json!({ "reviews": all }).to_string().as_bytes()).expect("learnt");
    let (google, token) = google(&business).await;
    assert!(google.refresh(&consent("withdrawn")).await.is_err_and(|error| error.stops_channel()));
    let first = google.reviews(&token, LOCATION, None).await.expect("listed");
    assert_eq!((first.reviews.len(), first.total), (50, Some(60)));
    let second = google.reviews(&token, LOCATION, first.next.as_deref()).await.expect("listed");
    assert_eq!((second.reviews.len(), second.next), (10, None));
    let batch = google.batch_reviews(&token, "accounts/1", &[LOCATION], None).await.expect("listed");
    let rest = google.batch_reviews(&token, "accounts/1", &[LOCATION], batch.next.as_deref()).await.expect("listed");
    assert_eq!((batch.reviews.len(), rest.reviews.len(), rest.next), (50, 10, None));

    let name = format!("{LOCATION}/reviews/r7");
    let reply = google.reply(&token, &name, "Please ring us.", None).await.expect("answered");
    assert_eq!(reply.state.as_deref(), Some("PENDING"));
    let over = google.reply(&token, &name, "Something else", None).await;
    assert_eq!(over.err(), Some(CallError::AnsweredByPerson));
    business.remove(&name).expect("removed");
    assert_eq!(google.review(&token, &name).await.err(), Some(CallError::Gone));
    let stale = google.reviews(&Secret::new("stale"), LOCATION, None).await;
    assert!(matches!(stale, Err(CallError::Credential { .. })));
}
