//! Whatever a platform answers is read, or called unreadable: a list, one post, keys, a grant.
#![no_main]

use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use pagewarden_platforms::calls::{CallError, Http, Timeouts, Transport};
use pagewarden_platforms::{Secret, facebook, google, instagram, website, x};
use pagewarden_rules::{Channel, Platform};
use reqwest::{Request, Response};
use tokio::runtime::{Builder, Runtime};

/// Answers every call with the same body.
#[derive(Debug, Default)]
struct Platforms(Mutex<Vec<u8>>);

impl Transport for Platforms {
    fn send(&self, _: Request) -> Pin<Box<dyn Future<Output = Result<Response, CallError>> + Send + '_>> {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { Ok(http::Response::new(body).into()) })
    }
}

static ANSWER: LazyLock<Arc<Platforms>> = LazyLock::new(Arc::default);
static HTTP: LazyLock<Http> = LazyLock::new(|| {
    let timeouts = Timeouts { connect: Duration::from_secs(1), total: Duration::from_secs(1) };
    Http::new(timeouts).expect("a client can be made").through(ANSWER.clone())
});
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime can be made"));

fuzz_target!(|body: &[u8]| {
    *ANSWER.0.lock().unwrap_or_else(PoisonError::into_inner) = body.to_vec();
    RUNTIME.block_on(everything());
});

async fn everything() {
    let token = Secret::new("token");
    let page = facebook::Facebook::new(HTTP.clone(), facebook::Settings::default());
    let mut at_once = facebook::POSTS;
    drop(page.feed(&token, "1", &mut at_once).await);
    drop(page.comments(&token, "1_1", None).await);
    let channel = Channel { platform: Platform::Facebook, account: "1".to_owned() };
    drop(page.recommendations(&token, &channel).await);
    drop(page.granted(&token, &token).await);
    let account = instagram::Instagram::new(HTTP.clone(), instagram::Settings::default());
    let channel = Channel { platform: Platform::Instagram, account: "1".to_owned() };
    let mut at_once = instagram::MEDIA;
    drop(account.media(&token, &channel, &mut at_once).await);
    drop(account.comments(&token, &channel, "1", "a").await);
    drop(account.mention(&token, &channel, "1", None).await);
    let business = google::Google::new(HTTP.clone(), google::Settings::default());
    drop(business.reviews(&token, "accounts/1/locations/2", None).await);
    drop(business.review(&token, "accounts/1/locations/2/reviews/3").await);
    drop(business.keys().await);
    let timeline = x::X::new(HTTP.clone(), x::Settings { base: "https://x.example".to_owned() });
    drop(timeline.mentions(&token, "1", None, None).await);
    drop(timeline.posts(&token, &["1"]).await);
    let login = website::Login {
        url: "https://practice.example".to_owned(),
        user: "pagewarden".to_owned(),
        application_password: Secret::new("password"),
    };
    let site = website::Website::new(HTTP.clone(), "practice.example", &login).expect("a site");
    drop(site.comments(1).await);
    drop(site.comment("1").await);
}
