//! `channel check` against the fake platforms: each thing that can be missing is told in plain words.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::process::{Command, Output};
use std::time::Duration;

use axum::http::StatusCode;
use pagewarden_ledger::PolicyRecord;
use pagewarden_local::fake::graph::SCOPES;
use pagewarden_local::fake::{Entry, Fault};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform};
use serde_json::{Value, json};

/// Runs the command as somebody would type it, and returns whether all was ready, with what it printed.
async fn check(stack: &Stack, practice: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    command.args(["channel", "check", "--practice", practice]).envs(stack.environment());
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), told)
}

fn instead(status: u16, body: &Value) -> Fault {
    Fault::Instead(StatusCode::from_u16(status).unwrap(), body.clone())
}

fn meta(code: u32, subcode: u32) -> Value {
    json!({ "error": { "message": "words", "type": "OAuthException", "code": code, "error_subcode": subcode } })
}

fn google(code: u16, status: &str, detail: &Value) -> Value {
    json!({ "error": { "code": code, "message": "words", "status": status, "details": [detail] } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_ready_or_lacks_its_token_a_permission_or_the_subscription() {
    let stack = Stack::start(None).await.unwrap();
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(ready && told.contains("1 of 1 channels are ready"), "{told}");

    for (fault, words) in [(meta(190, 463), "access token has expired"), (meta(200, 0), "lacks a permission")] {
        stack.graph().faults().next(1, &instead(400, &fault));
        let (ready, told) = check(&stack, "kingswinford").await;
        assert!(!ready && told.contains(words), "{told}");
    }
    let page = "100000000000001";
    for (lost, words) in [
        ("pages_read_user_content", "it takes pages_read_engagement and pages_read_user_content"),
        ("pages_manage_metadata", "it takes pages_manage_metadata"),
    ] {
        stack.graph().set_scopes(page, &SCOPES.into_iter().filter(|scope| *scope != lost).collect::<Vec<_>>());
        let (ready, told) = check(&stack, "kingswinford").await;
        assert!(!ready && told.contains(words), "{told}");
    }
    stack.graph().set_scopes(page, &SCOPES);
    stack.graph().happen(Entry::Subscribed { id: "100000000000001".into(), fields: vec!["feed".into()] }).unwrap();
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(!ready && told.contains("not subscribed to the page's mention, ratings"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_lacks_consent_an_approved_project_or_its_verification() {
    let stack = Stack::start(None).await.unwrap();
    let (ready, told) = check(&stack, "mile-oak").await;
    assert!(ready && told.contains("2 of 2 channels are ready"), "{told}");

    stack.business().faults().next(1, &instead(400, &json!({ "error": "invalid_grant" })));
    assert!(check(&stack, "mile-oak").await.1.contains("consent to Google has expired"));
    let quota = json!({ "reason": "RATE_LIMIT_EXCEEDED", "metadata": { "quota_limit_value": "0" } });
    let unverified = json!({ "reason": "UNVERIFIED_LOCATION" });
    for (fault, words) in [
        (google(429, "RESOURCE_EXHAUSTED", &quota), "quota is 0"),
        (google(400, "FAILED_PRECONDITION", &unverified), "has not verified this location"),
    ] {
        // The token is had before the reviews are asked for.
        stack.business().faults().next(1, &Fault::Late(Duration::ZERO));
        stack
            .business()
            .faults()
            .next(1, &instead(fault["error"]["code"].as_u64().unwrap().try_into().unwrap(), &fault));
        let (ready, told) = check(&stack, "mile-oak").await;
        assert!(!ready && told.contains(words) && told.contains("1 of 2 channels are ready"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_lacks_its_password_an_account_its_page_and_a_new_channel_its_secret() {
    let stack = Stack::start(None).await.unwrap();
    let refused = json!({ "code": "incorrect_password", "message": "words", "data": { "status": 401 } });
    stack.website().faults().next(1, &instead(401, &refused));
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(!ready && told.contains("make a new one in the user's profile"), "{told}");
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(ready, "{told}");
    stack.graph().happen(Entry::Subscribed { id: "100000000000003".into(), fields: Vec::new() }).unwrap();
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(!ready && told.contains("page that the account is connected to does not have the app"), "{told}");

    let practice = "roxbourne".parse().unwrap();
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy: PolicyRecord = stack.ledger().policy(&practice, record.policy).await.unwrap().unwrap();
    let new = Channel { platform: Platform::Facebook, account: "100000000000099".into() };
    stack.ledger().publish(&practice, &policy, &record.settings, &[new]).await.unwrap();
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(!ready && told.contains("there is no secret channel/facebook/100000000000099"), "{told}");
    let (_, told) = check(&stack, "nobody").await;
    assert!(told.contains("no channel is connected"), "{told}");
}
