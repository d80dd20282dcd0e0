//! Google's reviews.

use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_fakes::google::Business;
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::google::{self, Consent, Google};
use serde_json::{Value, json};

use crate::{http, serve};

const LOCATION: &str = "accounts/1/locations/2";

fn consent(refresh: &str) -> Consent {
    let (client_id, client_secret) = ("app".to_owned(), Secret::new("secret"));
    Consent {
        client_id,
        client_secret,
        refresh_token: Secret::new(refresh),
    }
}

/// Returns a client of Google, and an access token.
async fn google(business: &Business) -> (Google, Secret) {
    let base = serve(business.router()).await;
    let settings = google::Settings {
        token_address: format!("{base}/token"),
        base,
        ..Default::default()
    };
    let google = Google::new(http(), settings);
    let token = google
        .refresh(&consent("refresh"))
        .await
        .expect("a token")
        .token;
    (google, token)
}

#[tokio::test]
async fn google_limits_calls_and_changes_of_a_location() {
    let clock = Clock::manual();
    let business = Business::open(None, "refresh", &clock).expect("a location");
    let review = json!({ "name": format!("{LOCATION}/reviews/r1"), "starRating": "TWO", "updateTime": "2026-09-01T08:00:00Z" });
    business
        .learn(json!({ "reviews": [review] }).to_string().as_bytes())
        .expect("learnt");
    let (google, token) = google(&business).await;
    let list = async || {
        google
            .reviews(&token, LOCATION, None)
            .await
            .map(|page| page.reviews.len())
    };
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
        google
            .reply(&token, &name, "Please ring us.", None)
            .await
            .expect("answered");
        business.take_down_reply(&name).expect("taken down");
    }
    let eleventh = google.reply(&token, &name, "Please ring us.", None).await;
    assert!(
        matches!(eleventh, Err(CallError::RateLimited { .. })),
        "{eleventh:?}"
    );
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
    let business = Business::open(None, "refresh", &Clock::manual()).expect("a location");
    let all: Vec<Value> = (0..60).map(review).collect();
    business
        .learn(json!({ "reviews": all }).to_string().as_bytes())
        .expect("learnt");
    let (google, token) = google(&business).await;
    assert!(
        google
            .refresh(&consent("withdrawn"))
            .await
            .is_err_and(|error| matches!(error, CallError::Credential { .. }))
    );
    let first = google
        .reviews(&token, LOCATION, None)
        .await
        .expect("listed");
    assert_eq!((first.reviews.len(), first.total), (50, Some(60)));
    let second = google
        .reviews(&token, LOCATION, first.next.as_deref())
        .await
        .expect("listed");
    assert_eq!((second.reviews.len(), second.next), (10, None));
    let name = format!("{LOCATION}/reviews/r7");
    let reply = google
        .reply(&token, &name, "Please ring us.", None)
        .await
        .expect("answered");
    assert_eq!(reply.state.as_deref(), Some("PENDING"));
    let over = google.reply(&token, &name, "Something else", None).await;
    assert_eq!(over.err(), Some(CallError::AnsweredByPerson));
    business.remove(&name).expect("removed");
    assert_eq!(
        google.review(&token, &name).await.err(),
        Some(CallError::Gone)
    );
    let stale = google.reviews(&Secret::new("stale"), LOCATION, None).await;
    assert!(matches!(stale, Err(CallError::Credential { .. })));
}

#[tokio::test]
async fn what_the_person_who_consented_no_longer_manages_is_refused() {
    let business = Business::open(None, "refresh", &Clock::manual()).expect("two locations");
    let (google, token) = google(&business).await;
    business.dismiss(LOCATION);
    let refused = |error: Option<CallError>| matches!(error, Some(CallError::Permission { .. }));
    assert!(refused(google.reviews(&token, LOCATION, None).await.err()));
    assert!(refused(
        google
            .review(&token, &format!("{LOCATION}/reviews/r1"))
            .await
            .err()
    ));
    let other = google.reviews(&token, "accounts/1/locations/3", None).await;
    assert!(other.is_ok());
}
