//! Signing in at an issuer that others wrote, so that we do not only agree with ourselves: `make
//! test-signin`.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::process::Stdio;
use std::sync::Arc;

use console::Console;
use pagewarden_clock::Clock;
use pagewarden_local::stack::Stack;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_rules::{Platform, PostKey};
use pagewarden_runtime::SignIn;
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{comment, emulator, stack, until};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

const GAIL: &str = "gail@kingswinford.example";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a real issuer: make test-signin"]
async fn somebody_signs_in_at_a_real_issuer() {
    let tools = std::env::var("PAGEWARDEN_SIGNIN").expect("make test-signin sets it");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());

    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/signin/issuer.mjs");
    let mut node = Command::new("node");
    node.args([script, &tools, &format!("{url}/signin/callback")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut node = node.kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let issuer = loop {
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the issuer started");
        if let Some(issuer) = line.strip_prefix("issuer ") {
            break issuer.to_owned();
        }
    };

    // The people are those of the demonstration.
    let stack = stack().await;
    let secrets = r#"{"client_secret":"a-secret-for-this-test-alone-0123456789"}"#;
    let secrets = emulator::secrets(&[("console/client", secrets)]).await;
    let http = Http::new(Timeouts::default()).unwrap();
    let sign_in = SignIn {
        console_url: url.clone(),
        issuer: issuer.clone(),
        client_id: "pagewarden".to_owned(),
    };
    let console = Console::new(
        stack.ledger().clone(),
        secrets,
        http,
        sign_in,
        Clock::system(),
        Arc::new(crate::trial::NoAnswer),
        None,
    );
    tokio::spawn(async move { axum::serve(listener, console::router(console)).await });

    let mut browser = Browser::at(&url);
    let login = browser.to_issuer("/today").await;
    assert!(login.url.starts_with(&issuer), "{login:?}");
    let typed = browser
        .post(
            &action(&login),
            &[("prompt", "login"), ("login", GAIL), ("password", "any")],
        )
        .await;
    let consent = browser.follow(typed).await;
    let agreed = browser
        .post(&action(&consent), &[("prompt", "consent")])
        .await;
    // Stop on the way back, to look at the address.
    let mut back = agreed;
    while !back.header("location").starts_with(&url) {
        let to = back.header("location").to_owned();
        assert!(to.starts_with(&issuer), "{back:?}");
        back = browser.get(&to).await;
    }
    let callback = back.header("location").to_owned();
    let mut lured = Browser::at(&url);
    assert_eq!(
        lured.open(&callback).await.status,
        400,
        "another browser is not signed in by it"
    );
    let page = browser.follow(back).await;
    assert_eq!(
        (page.status.as_u16(), page.title()),
        (
            200,
            "Nothing waits – Today at Kingswinford Medical Practice"
        )
    );
    assert!(page.body.contains("Gail"));
    // A code works once.
    assert_eq!(browser.open(&callback).await.title(), page.title());

    is_asked_again(&stack, &mut browser, &issuer).await;

    // Somebody whom the issuer knows and no practice names.
    let mut stranger = Browser::at(&url);
    let login = stranger.to_issuer("/today").await;
    let form = [
        ("prompt", "login"),
        ("login", "stranger@elsewhere.example"),
        ("password", "any"),
    ];
    let typed = stranger.post(&action(&login), &form).await;
    let consent = stranger.follow(typed).await;
    let agreed = stranger
        .post(&action(&consent), &[("prompt", "consent")])
        .await;
    let refused = stranger.follow(agreed).await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (403, "You have no access yet")
    );
    node.kill().await.unwrap();
}

/// Before what cannot be undone the issuer asks again who she is, although she is signed in there.
async fn is_asked_again(stack: &Stack, browser: &mut Browser, issuer: &str) {
    let abuse = comment("100000000000001", "1_1", "55", "You fat useless bitch");
    stack.graph().learn(&abuse).unwrap();
    assert_eq!(stack.sender().deliver(&abuse).await.unwrap(), 200);
    let post = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: "1_1".to_owned(),
    };
    until(stack, &post, |history| !history.tasks.is_empty()).await;
    let case = browser.open("/case/facebook/1_1").await;
    let (before, _) = case.body.split_once(" delete\"").unwrap();
    let answer = format!("{} delete", before.rsplit('"').next().unwrap());
    let form = [("answer", &*answer), ("note", "It is enough.")];
    let pressed = browser.post("/case/facebook/1_1", &form).await;
    let asked = browser.follow(pressed).await;
    let next = asked.field("next").unwrap();
    let sent = browser.post("/signin/again", &[("next", &next)]).await;
    let login = browser.follow(sent).await;
    assert!(login.url.starts_with(issuer), "{login:?}");
    let typed = browser
        .post(
            &action(&login),
            &[("prompt", "login"), ("login", GAIL), ("password", "any")],
        )
        .await;
    let mut page = browser.follow(typed).await;
    if page.url.starts_with(issuer) {
        let agreed = browser.post(&action(&page), &[("prompt", "consent")]).await;
        page = browser.follow(agreed).await;
    }
    assert!(page.title().starts_with("Delete it for good?"), "{page:?}");
    assert!(page.body.contains("It is enough."), "{page:?}");
}

/// Returns where the form of a page goes.
fn action(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("action=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}
