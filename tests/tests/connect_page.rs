//! Connecting an account from the console: a manager presses a button, agrees in the fake platform's
//! own pages, and reads what a check said. The console never holds a platform's secret.

#![expect(clippy::unwrap_used, reason = "a test may")]

use axum::Router;
use axum::http::StatusCode;
use jiff::SignedDuration;
use pagewarden_ledger::ChannelCheck;
use pagewarden_local::stack::Stack;
use pagewarden_local::{demo, table};
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{resettle, stack};
use serde_json::json;

use crate::connect::{CHANNELS, named, opened, secrets_in};

/// Who manages each practice of [`CHANNELS`], in its order.
pub(crate) const MANAGERS: [&str; 5] = [
    "gail@kingswinford.example",
    "imran@roxbourne.example",
    "joan@woolpit.example",
    "priya@mile-oak.example",
    "imran@roxbourne.example",
];

const TYPED: &str = "/connect/typed";

fn router(stack: &Stack, platform: Platform) -> Router {
    match platform {
        Platform::Facebook | Platform::Instagram => stack.graph().router(),
        Platform::X => stack.timeline().router(),
        Platform::Google => stack.business().router(),
        _ => stack.website().router(),
    }
}

/// Presses the button of an account, and goes where that leads.
async fn press(browser: &mut Browser, platform: Platform, account: &str) -> Answer {
    let people = browser.get("/people").await;
    let field = format!("name=\"account\" value=\"{account}\"");
    assert!(people.body.contains(&field), "{}", people.body);
    let form = [("platform", platform.name()), ("account", account)];
    let pressed = browser.post("/connect", &form).await;
    browser.follow(pressed).await
}

/// Signs in and presses the button of an account; signs in once more, and stops where somebody
/// agrees.
pub(crate) async fn begin(
    stack: &Stack,
    manager: &str,
    (platform, _, account): (Platform, &str, &str),
) -> (Browser, Answer) {
    let mut browser = Browser::signed_in(stack, manager).await;
    let page = press(&mut browser, platform, account).await;
    let page = again(&mut browser, stack, manager, &page).await;
    (browser, page)
}

/// Signs in once more, as a page asks for.
async fn again(browser: &mut Browser, stack: &Stack, manager: &str, page: &Answer) -> Answer {
    assert!(page.title().starts_with("Sign in once more"), "{page:?}");
    let next = page.field("next").unwrap();
    let sent = browser.post("/signin/again", &[("next", &next)]).await;
    let issuer = browser.follow(sent).await;
    let back = browser.pick(stack, &issuer, manager).await;
    browser.follow(back).await
}

/// Returns the address of the page on which somebody agrees.
fn link(page: &Answer) -> String {
    let found = page.body.split_once("class=\"nhsuk-button\" href=\"");
    let (_, after) = found.unwrap_or_else(|| panic!("no link in {}", page.body));
    let (link, _) = after.split_once('"').unwrap();
    link.replace("&#38;", "&").replace("&amp;", "&")
}

/// Agrees, and returns where the platform sends the browser.
pub(crate) async fn agree(stack: &Stack, platform: Platform, page: &Answer) -> String {
    let link = link(page);
    let (scheme, rest) = link.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    let origin: &'static str = format!("{scheme}://{host}").leak();
    let routers = [(origin, router(stack, platform))];
    opened(&routers, &link).await.unwrap()
}

async fn check(
    stack: &Stack,
    (platform, practice, account): (Platform, &str, &str),
) -> ChannelCheck {
    let channel = Channel {
        platform,
        account: account.to_owned(),
    };
    let practice = practice.parse().unwrap();
    let check = stack.ledger().channel_check(&practice, &channel).await;
    check.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_connects_each_account_and_reads_what_a_check_said() {
    let stack = stack().await;
    stack.timeline().sign_in("2000000004");
    let website = stack
        .store()
        .get("channel/website/roxbourne.example")
        .unwrap();
    let mut secrets = Vec::new();
    for ((platform, practice, account), manager) in CHANNELS.into_iter().zip(MANAGERS) {
        let name = named(platform, account);
        // What was there is of no use any more, so whatever works afterwards works by the new one.
        // Where a website is, that alone says.
        if platform != Platform::Website {
            stack.store().put(&name, "{}");
        }
        let channel = (platform, practice, account);
        let (mut browser, page) = begin(&stack, manager, channel).await;
        assert_eq!(page.status, StatusCode::OK);
        let page = if platform == Platform::Website {
            assert!(
                page.body
                    .contains("authorize-application.php?app_name=Pagewarden\"")
            );
            let (_, user) = demo::WEBSITE_USER;
            let form = [("user", user), ("password", demo::WEBSITE_PASSWORD)];
            browser.post(TYPED, &form).await
        } else {
            // The console's own address is registered at the platform, whatever the account.
            let back = agree(&stack, platform, &page).await;
            let ours = format!("{}/connected?", stack.console_url());
            assert!(back.starts_with(&ours), "{back}");
            let brought = browser.get(&back).await;
            // What came back leaves the address bar.
            assert_eq!(brought.header("location"), "/connect");
            brought
        };
        let page = browser.follow(page).await;
        assert!(
            page.title().starts_with("Connected – "),
            "{platform}: {page:?}"
        );
        let check = check(&stack, channel).await;
        assert!(check.ready, "{platform}: {check:?}");
        let people = browser.get("/people").await;
        let by = format!("Checked by {}, ", check.by);
        assert!(people.body.contains(&by), "{by}");
        let agreed = format!("{} (practice manager) agreed to connect ", check.by);
        assert!(people.body.contains(&agreed), "{}", people.body);
        let stored = stack.store().get(&name).unwrap();
        assert_ne!(stored, "{}");
        for secret in secrets_in(&stored) {
            for page in [&page, &people] {
                assert!(!page.body.contains(&secret), "{platform}");
            }
            secrets.push((platform, secret));
        }
    }
    assert!(
        stack
            .store()
            .get("channel/website/roxbourne.example")
            .unwrap()
            == website
    );
    // Nothing of it is in the table, where the session was.
    let items = table::client(stack.table_url())
        .scan()
        .table_name(table::NAME);
    let items: Vec<_> = items.into_paginator().items().send().collect().await;
    let items = format!("{items:?}");
    assert!(items.contains("Checked") || items.contains("CHECKED"));
    for (platform, secret) in secrets {
        assert!(!items.contains(&secret), "{platform}");
    }
    let audit = stack.ledger().audit(None).await.unwrap();
    assert!(audit.wrong.is_empty(), "{audit:?}");
    // And all works by it.
    stack.run("sweep").await.unwrap();
    for (platform, practice, account) in CHANNELS {
        let channel = Channel {
            platform,
            account: account.to_owned(),
        };
        let practice = practice.parse().unwrap();
        let failed = stack.ledger().sweep_failed_at(&practice, &channel);
        assert_eq!(failed.await.unwrap(), None, "{platform}");
    }
}

/// A store in which nothing stands for an account yet: the console makes what is missing.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_never_connected_is() {
    let stack = stack().await;
    let (platform, _, account) = CHANNELS[0];
    stack.store().take(&named(platform, account));
    let (mut gail, page) = begin(&stack, MANAGERS[0], CHANNELS[0]).await;
    let back = agree(&stack, platform, &page).await;
    let page = gail.open(&back).await;
    assert!(page.title().starts_with("Connected – "), "{page:?}");
    assert!(stack.store().get(&named(platform, account)).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_agree_or_agrees_for_another_account_is_told_so() {
    let stack = stack().await;
    let before =
        CHANNELS.map(|(platform, _, account)| stack.store().get(&named(platform, account)));
    stack.graph().decline(true);
    stack.timeline().sign_in("2000000003");
    let graph = CHANNELS[0];
    for (channel, manager, says) in [
        (
            graph,
            MANAGERS[0],
            "The person did not agree: begin again once they do",
        ),
        (
            CHANNELS[2],
            MANAGERS[2],
            "What was agreed to is for 2000000003 (@account2000000003), and your practice&#39;s settings name 2000000004",
        ),
    ] {
        let (mut browser, page) = begin(&stack, manager, channel).await;
        let back = agree(&stack, channel.0, &page).await;
        let page = browser.open(&back).await;
        assert!(page.title().starts_with("Not connected – "), "{page:?}");
        assert!(page.body.contains(says), "{}", page.body);
        assert!(page.body.to_lowercase().contains("nothing was stored"));
        assert!(page.body.contains("Begin again"));
    }
    let after = CHANNELS.map(|(platform, _, account)| stack.store().get(&named(platform, account)));
    assert_eq!(before, after);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_counts_once_and_for_the_session_that_asked() {
    let stack = stack().await;
    let (platform, _, account) = CHANNELS[0];
    let (mut gail, page) = begin(&stack, MANAGERS[0], CHANNELS[0]).await;
    let back = agree(&stack, platform, &page).await;
    let name = named(platform, account);
    stack.store().put(&name, "{}");
    let is_not_mine = |page: &Answer| {
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("Copy the whole address"), "{page:?}");
    };
    // Neither a colleague's browser nor nobody's, nor hers with a state that she was not given.
    let mut priti = Browser::signed_in(&stack, "priti.shah@kingswinford.example").await;
    is_not_mine(&priti.open(&back).await);
    let mut other = Browser::signed_in(&stack, MANAGERS[0]).await;
    is_not_mine(&other.open(&back).await);
    is_not_mine(&Browser::new(&stack).open(&back).await);
    is_not_mine(&gail.open(&back.replace("state=", "state=x")).await);
    is_not_mine(&gail.open(&format!("{back}&state=x")).await);
    // A page that is opened twice begins nothing anew.
    assert_eq!(link(&gail.get("/connect").await), link(&page));
    assert_eq!(stack.store().get(&name).as_deref(), Some("{}"));
    let page = gail.open(&back).await;
    assert!(page.title().starts_with("Connected – "), "{page:?}");
    stack.store().put(&name, "{}");
    // Whoever loads it again reads what came of it, and nothing is done twice.
    let page = gail.open(&back).await;
    assert!(page.title().starts_with("Connected – "), "{page:?}");
    assert_eq!(stack.store().get(&name).as_deref(), Some("{}"));
}

/// Two of the same answer at once, as an impatient reload sends them: one is taken, and what came of
/// it is not written over by the other.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_bring_the_same_back_one_is_taken() {
    let stack = stack().await;
    let (platform, _, account) = CHANNELS[0];
    let (mut gail, page) = begin(&stack, MANAGERS[0], CHANNELS[0]).await;
    let back = agree(&stack, platform, &page).await;
    let mut twin = Browser::new(&stack);
    for name in ["pagewarden", "pagewarden-connect"] {
        let value = gail.cookie(name).unwrap().to_owned();
        twin.set_cookie(name, &value);
    }
    tokio::join!(gail.get(&back), twin.get(&back));
    let page = gail.get("/connect").await;
    assert!(page.title().starts_with("Connected – "), "{page:?}");
    let people = gail.get("/people").await.body;
    assert_eq!(people.matches("agreed to connect ").count(), 1, "{account}");
}

/// A manager of two practices who changes to the other in another tab.
#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_another_practice_meanwhile_connects_nothing() {
    let stack = stack().await;
    let (platform, practice, account) = CHANNELS[0];
    let ledger = stack.ledger();
    let other: PracticeId = "woolpit".parse().unwrap();
    resettle(&stack, "woolpit", |settings| {
        let people = settings["people"].as_array_mut().unwrap();
        people.push(json!({ "name": "Gail", "roles": ["practice_manager"], "email": MANAGERS[0] }));
    })
    .await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", MANAGERS[0]).await;
    let choose = async |browser: &mut Browser, practice: &str| {
        let chosen = browser.post("/practice", &[("practice", practice)]).await;
        assert!(chosen.status.is_redirection(), "{chosen:?}");
    };
    choose(&mut browser, practice).await;
    let page = press(&mut browser, platform, account).await;
    let page = again(&mut browser, &stack, MANAGERS[0], &page).await;
    let back = agree(&stack, platform, &page).await;
    let before = stack.store().get(&named(platform, account));
    choose(&mut browser, "woolpit").await;
    let page = browser.open(&back).await;
    assert!(page.body.contains("Copy the whole address"), "{page:?}");
    assert_eq!(
        browser.get("/connect").await.header("location"),
        "/people#connect"
    );
    assert!(ledger.switch_turns(&other).await.unwrap().is_empty());
    assert_eq!(stack.store().get(&named(platform, account)), before);
    // Back at the practice where it began, it goes on.
    choose(&mut browser, practice).await;
    let page = browser.open(&back).await;
    assert!(page.title().starts_with("Connected – "), "{page:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_manager_connects_and_only_what_the_settings_name() {
    let stack = stack().await;
    let (platform, _, account) = CHANNELS[0];
    let form = [("platform", platform.name()), ("account", account)];
    let mut priti = Browser::signed_in(&stack, "priti.shah@kingswinford.example").await;
    assert!(
        !priti
            .get("/people")
            .await
            .body
            .contains("action=\"/connect\"")
    );
    assert_eq!(
        priti.post("/connect", &form).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(priti.get("/connect").await.status, StatusCode::FORBIDDEN);
    let typed = [("user", "u"), ("password", "p")];
    assert_eq!(
        priti.post(TYPED, &typed).await.status,
        StatusCode::FORBIDDEN
    );
    let mut gail = Browser::signed_in(&stack, MANAGERS[0]).await;
    for (platform, account) in [
        ("x", "2000000004"),
        ("facebook", "100000000000003"),
        ("facebook", "nobody's"),
        ("staff_log", "staff"),
    ] {
        let form = [("platform", platform), ("account", account)];
        let refused = gail.post("/connect", &form).await;
        assert!(refused.status.is_client_error(), "{platform} {account}");
        assert_eq!(
            gail.get("/connect").await.header("location"),
            "/people#connect"
        );
    }
    // Nothing goes on, so there is nothing to type for.
    let typed = gail.post(TYPED, &typed).await;
    assert_eq!(
        gail.follow(typed).await.title(),
        gail.get("/people").await.title()
    );
    // Who takes too long begins again.
    let page = press(&mut gail, platform, account).await;
    let page = again(&mut gail, &stack, MANAGERS[0], &page).await;
    let back = agree(&stack, platform, &page).await;
    stack.clock().pass(SignedDuration::from_mins(26));
    assert!(
        gail.open(&back)
            .await
            .body
            .contains("Copy the whole address")
    );
    assert_eq!(
        gail.get("/connect").await.header("location"),
        "/people#connect"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_takes_its_own_password_and_no_other() {
    let stack = stack().await;
    let (platform, _, account) = CHANNELS[4];
    let name = named(platform, account);
    let before = stack.store().get(&name);
    let (mut imran, page) = begin(&stack, MANAGERS[4], CHANNELS[4]).await;
    assert!(page.title().starts_with("Connect an account"), "{page:?}");
    let (_, user) = demo::WEBSITE_USER;
    let page = imran
        .post(TYPED, &[("user", user), ("password", " ")])
        .await;
    assert!(
        page.title().starts_with("Nothing was connected yet"),
        "{page:?}"
    );
    let wrong = [("user", user), ("password", "hush hush")];
    let page = imran.post(TYPED, &wrong).await;
    let page = imran.follow(page).await;
    assert!(page.title().starts_with("Not connected – "), "{page:?}");
    assert!(!page.body.contains("hush"));
    assert_eq!(stack.store().get(&name), before);
}

/// Whoever is told that an account stopped comes to its case, and from there to the button.
#[tokio::test(flavor = "multi_thread")]
async fn the_case_of_a_stopped_account_leads_to_the_button() {
    let stack = stack().await;
    let (platform, practice, account) = CHANNELS[0];
    let channel = Channel {
        platform,
        account: account.to_owned(),
    };
    let (now, practice) = (stack.clock().now(), practice.parse().unwrap());
    let told = stack
        .ledger()
        .open_channel_task(&practice, &channel, "the token is over", now);
    told.await.unwrap();
    let mut gail = Browser::signed_in(&stack, MANAGERS[0]).await;
    let case = gail.get(&format!("/case/facebook/{account}")).await;
    assert_eq!(case.status, StatusCode::OK);
    assert!(case.body.contains("href=\"/people#connect\""), "{case:?}");
    let people = gail.get("/people").await.body;
    assert!(people.contains("id=\"connect\"") && people.contains("the token is over"));
}
