//! `channel check` against the fake platforms: each thing that can be missing is told in plain
//! words.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::process::{Command, Output};
use std::time::Duration;

use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_fakes::graph::{SCOPES, first_token};
use pagewarden_fakes::{Entry, Fault, x};
use pagewarden_ledger::{ChannelCheck, PolicyRecord};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Channel, Platform};
use serde_json::{Value, json};

const PAGE: &str = "100000000000001";

/// Runs the command as somebody would type it, and returns whether all was ready, with what it
/// printed.
async fn check(stack: &Stack, practice: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pagewarden"));
    command
        .args(["channel", "check", "--practice", practice])
        .envs(stack.environment());
    let output: Output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let told =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), told)
}

/// Returns what the newest check of a practice's page left on record.
async fn noted(stack: &Stack, practice: &str) -> ChannelCheck {
    let channel = Channel {
        platform: Platform::Facebook,
        account: PAGE.to_owned(),
    };
    let practice = practice.parse().unwrap();
    let ledger = stack.ledger();
    ledger
        .channel_check(&practice, &channel)
        .await
        .unwrap()
        .unwrap()
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

/// Returns every scope but one.
fn without(lost: &str) -> Vec<&'static str> {
    SCOPES.into_iter().filter(|scope| *scope != lost).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_ready_or_lacks_a_permission_and_is_told_what_for() {
    let stack = Stack::start(None).await.unwrap();
    let (ready, told) = check(&stack, "kingswinfrod").await;
    assert!(
        !ready
            && told
                .contains("there is no practice kingswinfrod: write one of kingswinford, mile-oak"),
        "{told}"
    );
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(
        ready
            && told.contains(
                "100000000000001                          ready\n1 of 1 channels are ready"
            ),
        "{told}"
    );
    for (lost, words) in [
        (
            "pages_show_list",
            "may not find the page when it is connected: grant pages_show_list\n",
        ),
        (
            "pages_manage_metadata",
            "may not receive webhooks about the page: grant pages_manage_metadata\n",
        ),
        (
            "pages_read_engagement",
            "may not read the page's own posts: grant pages_read_engagement\n",
        ),
        (
            "pages_read_user_content",
            "may not read comments, visitors' posts or recommendations: grant pages_read_user_content\n",
        ),
        (
            "pages_manage_engagement",
            "may not hide, delete or answer comments, or ban their authors: grant pages_manage_engagement\n",
        ),
        (
            "pages_manage_posts",
            "may not delete visitors' posts: grant pages_manage_posts\n",
        ),
        (
            "pages_messaging",
            "may not write to the author of a comment in private: grant pages_messaging\n",
        ),
    ] {
        stack.graph().set_scopes(PAGE, &without(lost));
        let (ready, told) = check(&stack, "kingswinford").await;
        assert!(
            !ready && told.contains(&format!("NOT READY: {words}")),
            "{told}"
        );
        // The practice's people read the same, and no secret.
        let noted = noted(&stack, "kingswinford").await;
        assert!(!noted.ready && noted.says.as_deref() == Some(words.trim_end()));
    }
    stack.graph().set_scopes(PAGE, &SCOPES);
    stack
        .graph()
        .give_elsewhere(PAGE, "pages_manage_engagement");
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(
        !ready && told.contains("may not hide, delete or answer comments"),
        "{told}"
    );
    assert!(
        !stack
            .graph()
            .journal()
            .iter()
            .any(|entry| matches!(entry, Entry::Subscribed { .. }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_an_account_lacks_is_told_in_one_line() {
    let stack = Stack::start(None).await.unwrap();
    stack
        .graph()
        .set_scopes("100000000000003", &without("instagram_manage_comments"));
    let (ready, told) = check(&stack, "roxbourne").await;
    let words =
        "NOT READY: may not hide, delete or answer comments: grant instagram_manage_comments\n";
    assert!(
        !ready && told.contains(words) && told.contains("3 of 4 channels are ready"),
        "{told}"
    );
    stack.graph().set_scopes(
        "100000000000003",
        &[
            "pages_show_list",
            "pages_manage_metadata",
            "pages_read_engagement",
        ],
    );
    let (_, told) = check(&stack, "roxbourne").await;
    let words = "NOT READY: may not read the account's posts and comments: grant instagram_basic; may not hide, delete or \
        answer comments: grant instagram_manage_comments; may not write to the author of a comment in private, or block \
        anybody: grant instagram_manage_messages; may not block anybody: grant business_management\n";
    assert!(told.contains(words), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_lacks_is_said() {
    let stack = Stack::start(None).await.unwrap();
    let persons = json!({ "data": { "type": "USER", "is_valid": true, "scopes": SCOPES } });
    for (status, answer, words) in [
        (200, persons, "a person's, not the page's own"),
        (
            200,
            json!({ "data": { "is_valid": false, "error": { "code": 190, "subcode": 463 } } }),
            "has expired",
        ),
        (400, meta(100, 0), "made by another app"),
    ] {
        stack.graph().faults().next(1, &instead(status, &answer));
        let (ready, told) = check(&stack, "kingswinford").await;
        assert!(!ready && told.contains(words), "{told}");
    }
    // What was granted is told, and reading is refused all the same.
    for (answer, words) in [
        (
            meta(200, 0),
            "look whether that person still has a role on the page",
        ),
        (
            meta(100, 33),
            "shows no such account to the person who connected it",
        ),
    ] {
        stack.graph().faults().next(1, &Fault::Late(Duration::ZERO));
        stack.graph().faults().next(1, &instead(400, &answer));
        let (ready, told) = check(&stack, "kingswinford").await;
        assert!(!ready && told.contains(words), "{told}");
    }

    stack
        .graph()
        .happen(Entry::Subscribed {
            id: PAGE.into(),
            fields: vec!["feed".into()],
        })
        .unwrap();
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(
        !ready && told.contains("not subscribed to the page's mention, ratings"),
        "{told}"
    );

    let token = |page| json!({ "token": first_token(page) }).to_string();
    stack.store().put(
        &format!("channel/facebook/{PAGE}"),
        &token("100000000000002"),
    );
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(
        !ready && told.contains("the token stored is that of another page, 100000000000002"),
        "{told}"
    );
    for (app, words) in [
        (
            json!({ "app_secret": "s", "verify_token": "v" }),
            "the secret pagewarden/local/facebook/app does not read as it should",
        ),
        (
            json!({ "app_id": "77", "app_secret": "s", "verify_token": "v" }),
            "does not take the app's id and secret",
        ),
    ] {
        stack.store().put("facebook/app", &app.to_string());
        let (ready, told) = check(&stack, "kingswinford").await;
        assert!(!ready && told.contains(words), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_out_is_said_two_weeks_ahead() {
    let stack = Stack::start(None).await.unwrap();
    let on_day = |day: i64| Clock::system().now() + SignedDuration::from_hours(24 * day);
    stack.graph().set_ends(PAGE, Some(on_day(15)), on_day(15));
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(ready && told.contains("ready\n1 of 1"), "{told}");
    for (token, data, words) in [
        (
            Some(13),
            60,
            "ready, but the page's access token runs out on ",
        ),
        (
            None,
            13,
            "ready, but Meta gives the app access to data until ",
        ),
    ] {
        stack
            .graph()
            .set_ends(PAGE, token.map(on_day), on_day(data));
        let (ready, told) = check(&stack, "kingswinford").await;
        let words = format!("{words}{}", on_day(13).strftime("%-d %B %Y"));
        assert!(ready && told.contains(&words), "{told}");
    }
    stack.graph().set_ends(PAGE, Some(on_day(-1)), on_day(60));
    let (ready, told) = check(&stack, "kingswinford").await;
    assert!(
        !ready && told.contains("access token has expired"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_location_lacks_is_said() {
    let stack = Stack::start(None).await.unwrap();
    let (ready, told) = check(&stack, "mile-oak").await;
    assert!(
        ready && told.contains("2 of 2 channels are ready"),
        "{told}"
    );

    stack
        .business()
        .faults()
        .next(1, &instead(400, &json!({ "error": "invalid_grant" })));
    assert!(
        check(&stack, "mile-oak")
            .await
            .1
            .contains("consent to Google has expired")
    );
    let quota =
        json!({ "reason": "RATE_LIMIT_EXCEEDED", "metadata": { "quota_limit_value": "0" } });
    let unverified = json!({ "reason": "UNVERIFIED_LOCATION" });
    for (fault, words) in [
        (google(429, "RESOURCE_EXHAUSTED", &quota), "quota is 0"),
        (
            google(400, "FAILED_PRECONDITION", &unverified),
            "has not verified this location",
        ),
        (
            google(404, "NOT_FOUND", &json!({})),
            "shows no such account to the person who connected it",
        ),
    ] {
        // The token is had before the reviews are asked for.
        stack
            .business()
            .faults()
            .next(1, &Fault::Late(Duration::ZERO));
        stack.business().faults().next(
            1,
            &instead(
                fault["error"]["code"].as_u64().unwrap().try_into().unwrap(),
                &fault,
            ),
        );
        let (ready, told) = check(&stack, "mile-oak").await;
        assert!(
            !ready && told.contains(words) && told.contains("1 of 2 channels are ready"),
            "{told}"
        );
    }
    stack.business().set_quota(0);
    assert!(check(&stack, "mile-oak").await.1.contains("its quota is 0"));
    stack.business().set_quota(300);
    stack
        .business()
        .dismiss("accounts/1000000005/locations/2000000005");
    assert!(
        check(&stack, "mile-oak")
            .await
            .1
            .contains("does not manage it any more")
    );
    stack
        .business()
        .set_scope("https://www.googleapis.com/auth/userinfo.email");
    let (ready, told) = check(&stack, "mile-oak").await;
    let words = "NOT READY: may not read or answer reviews: grant https://www.googleapis.com/auth/business.manage\n";
    assert!(!ready && told.contains(words), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_account_on_x_lacks_is_said() {
    let stack = Stack::start(None).await.unwrap();
    let (ready, told) = check(&stack, "woolpit").await;
    assert!(ready, "{told}");
    for (lost, words) in [
        (
            "tweet.read",
            "may not read replies or mentions: grant tweet.read\n",
        ),
        (
            "users.read",
            "may not read who wrote them: grant users.read\n",
        ),
        (
            "tweet.moderate.write",
            "may not hide replies or show them again: grant tweet.moderate.write\n",
        ),
        ("tweet.write", "may not answer: grant tweet.write\n"),
        ("mute.write", "may not mute anybody: grant mute.write\n"),
        (
            "offline.access",
            "may not go on for longer than two hours: grant offline.access\n",
        ),
    ] {
        stack.timeline().set_scopes(
            &x::SCOPES
                .into_iter()
                .filter(|scope| *scope != lost)
                .collect::<Vec<_>>(),
        );
        let refresh = stack.timeline().consent("2000000004");
        let secret =
            json!({ "client_id": "demo", "client_secret": "demo", "refresh_token": refresh });
        stack
            .store()
            .put("channel/x/2000000004", &secret.to_string());
        let renewed = |stack: &Stack| stack.timeline().journal().len();
        let before = renewed(&stack);
        for _ in 0..2 {
            let (ready, told) = check(&stack, "woolpit").await;
            assert!(
                !ready && told.contains(&format!("NOT READY: {words}")),
                "{told}"
            );
        }
        assert_eq!(renewed(&stack), before + 1);
    }
    assert_eq!(stack.timeline().calls("2000000004"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_website_lacks_is_said() {
    let stack = Stack::start(None).await.unwrap();
    let refused =
        json!({ "code": "incorrect_password", "message": "words", "data": { "status": 401 } });
    stack.website().faults().next(1, &instead(401, &refused));
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(
        !ready && told.contains("make a new one in the user's profile"),
        "{told}"
    );
    // As WordPress answers an author, who may neither see what waits nor change it.
    let refused =
        json!({ "code": "rest_forbidden_context", "message": "words", "data": { "status": 403 } });
    stack
        .website()
        .faults()
        .next(1, &Fault::Late(Duration::ZERO));
    stack.website().faults().next(1, &instead(403, &refused));
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(
        !ready && told.contains("may not moderate comments: give it the role of an editor"),
        "{told}"
    );
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(ready, "{told}");
    stack
        .graph()
        .happen(Entry::Subscribed {
            id: "100000000000003".into(),
            fields: Vec::new(),
        })
        .unwrap();
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(
        !ready && told.contains("page that the account is connected to does not have the app"),
        "{told}"
    );

    let practice = "roxbourne".parse().unwrap();
    let record = stack.ledger().practice(&practice).await.unwrap().unwrap();
    let policy: PolicyRecord = stack
        .ledger()
        .policy(&practice, record.policy)
        .await
        .unwrap()
        .unwrap();
    let new = Channel {
        platform: Platform::Facebook,
        account: "100000000000099".into(),
    };
    stack
        .ledger()
        .publish(&practice, Some(&record), &policy, &record.settings, &[new])
        .await
        .unwrap();
    let (ready, told) = check(&stack, "roxbourne").await;
    assert!(
        !ready
            && told
                .contains("there is no secret pagewarden/local/channel/facebook/100000000000099"),
        "{told}"
    );
    let (_, told) = check(&stack, "nobody").await;
    assert!(
        told.contains("there is no practice nobody: write one of kingswinford"),
        "{told}"
    );
}

#[test]
fn what_the_command_needs_is_told_where_it_is_not_set() {
    let output = Command::new(env!("CARGO_BIN_EXE_pagewarden"))
        .args(["channel", "check"])
        .env_clear()
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success()
            && told.contains("set AWS_REGION, PAGEWARDEN_TABLE and PAGEWARDEN_SECRETS_PREFIX")
    );
}
