//! Connecting channels: the true flow against the fake platforms, from the page on which somebody
//! agrees to a poll with the secret that came of it. No socket lies between but the table's.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use pagewarden_cli::command::connect::{Connect, Talk, connect};
use pagewarden_connect::Asker;
use pagewarden_fakes::graph::{Page, SCOPES};
use pagewarden_fakes::{Direct, Entry, store, x};
use pagewarden_ledger::Rotating;
use pagewarden_local::stack::Stack;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_platforms::connect::{Places, Returned};
use pagewarden_platforms::{Secret, google, meta, x as platform_x};
use pagewarden_rules::{Channel, Platform};
use pagewarden_runtime::Secrets;
use pagewarden_tests::browser::Browser;
use pagewarden_tests::stack;
use tower::ServiceExt as _;

const BACK: &str = "http://127.0.0.1:8737/connect";

/// Where the fakes answer in this file.
const GRAPH: &str = "http://graph.localhost";
const GOOGLE: &str = "http://google.localhost";
const X: &str = "http://x.localhost";
const SITE: &str = "http://site.localhost";

/// What somebody does to what the browser brings back before it arrives.
type Bent = fn(&str) -> String;

/// Somebody who agrees to whatever is printed, and types these answers.
struct Somebody {
    routers: Vec<(&'static str, Router)>,
    printed: Vec<String>,
    typed: Vec<&'static str>,
    bent: Bent,
}

impl Talk for Somebody {
    fn say(&mut self, line: &str) {
        self.printed.push(line.to_owned());
    }

    fn back_to(&self) -> String {
        BACK.to_owned()
    }

    async fn returned(&mut self) -> Result<Returned> {
        let address = self.printed.last().cloned().unwrap_or_default();
        let to = opened(&self.routers, &address).await?;
        assert!(to.starts_with(BACK), "{to}");
        Ok(Returned::of(&(self.bent)(&to)))
    }

    fn ask(&mut self, question: &str) -> Result<String> {
        self.printed.push(question.to_owned());
        if self.typed.is_empty() {
            bail!("nobody types an answer to: {question}");
        }
        Ok(format!("{}\n", self.typed.remove(0)))
    }

    fn ask_hidden(&mut self, question: &str) -> Result<Secret> {
        Ok(Secret::from(self.ask(question)?))
    }
}

/// Opens an address as a browser does, and returns where it is sent on to.
pub(crate) async fn opened(routers: &[(&'static str, Router)], address: &str) -> Result<String> {
    let at = |(base, _): &&(&'static str, Router)| address.starts_with(base);
    let Some((base, router)) = routers.iter().find(at) else {
        bail!("nothing answers at {address}");
    };
    let request = Request::get(&address[base.len()..])
        .header(header::HOST, base.trim_start_matches("http://"))
        .body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    if answer.status() != StatusCode::SEE_OTHER {
        bail!("the page of consent answers {}", answer.status());
    }
    Ok(answer.headers()[header::LOCATION].to_str()?.to_owned())
}

fn routers(stack: &Stack) -> Vec<(&'static str, Router)> {
    vec![
        (GRAPH, stack.graph().router()),
        (GOOGLE, stack.business().router()),
        (X, stack.timeline().router()),
        (SITE, stack.website().router()),
    ]
}

/// What the command asks with, over calls that go to the fakes.
fn asker(stack: &Stack) -> Asker {
    let direct = routers(stack).into_iter().fold(
        Direct::new(Duration::from_secs(5), stack.clock()),
        |direct, (at, router)| direct.at(at, router),
    );
    let http = Http::new(Timeouts::default())
        .unwrap()
        .through(Arc::new(direct));
    let url = &stack.environment()["AWS_ENDPOINT_URL_SECRETS_MANAGER"];
    let graph = meta::Settings {
        base: GRAPH.to_owned(),
        ..meta::Settings::default()
    };
    let google = google::Settings {
        base: GOOGLE.to_owned(),
        token_address: format!("{GOOGLE}/token"),
        keys_address: format!("{GOOGLE}/certs"),
    };
    Asker::new(
        stack.ledger().clone(),
        Secrets::new(store::client(url), store::PREFIX.to_owned()),
        http,
        places(),
        (graph, google, platform_x::Settings { base: X.to_owned() }),
    )
}

fn places() -> Places {
    Places {
        facebook: GRAPH.to_owned(),
        x: X.to_owned(),
        google: GOOGLE.to_owned(),
        google_accounts: GOOGLE.to_owned(),
        google_locations: GOOGLE.to_owned(),
    }
}

fn wanted(platform: Platform, practice: &str) -> Connect {
    Connect {
        platform,
        practice: practice.parse().unwrap(),
        account: None,
        site: (platform == Platform::Website).then(|| SITE.to_owned()),
        paste: false,
        port: 8737,
        back_to: None,
    }
}

/// Runs the command with somebody who types these answers. Returns whether the check found the
/// channel ready, or why nothing was stored, and all that was printed.
async fn tried(
    stack: &Stack,
    wanted: &Connect,
    typed: &[&'static str],
    bent: Bent,
) -> (Result<bool>, String) {
    let mut somebody = Somebody {
        routers: routers(stack),
        printed: Vec::new(),
        typed: typed.to_vec(),
        bent,
    };
    let came = connect(&asker(stack), wanted, &mut somebody).await;
    let mut printed = somebody.printed.join("\n");
    if let Err(error) = &came {
        printed = format!("{printed}\n{error:#}\n{error:?}");
    }
    (came, printed)
}

fn as_it_is(query: &str) -> String {
    query.to_owned()
}

/// The channels of the demonstration, one of each platform, with the practice of each.
pub(crate) const CHANNELS: [(Platform, &str, &str); 5] = [
    (Platform::Facebook, "kingswinford", "100000000000001"),
    (Platform::Instagram, "roxbourne", "17841400000000003"),
    (Platform::X, "woolpit", "2000000004"),
    (
        Platform::Google,
        "mile-oak",
        "accounts/1000000005/locations/2000000005",
    ),
    (Platform::Website, "roxbourne", "roxbourne.example"),
];

pub(crate) fn named(platform: Platform, account: &str) -> String {
    format!("channel/{platform}/{account}")
}

/// Returns the command for one of them, with what it needs to be told.
fn command(platform: Platform, practice: &str) -> Connect {
    Connect {
        account: (platform == Platform::Website).then(|| "roxbourne.example".to_owned()),
        ..wanted(platform, practice)
    }
}

/// Returns every text in a stored secret that must not be printed.
pub(crate) fn secrets_in(stored: &str) -> Vec<String> {
    let stored: serde_json::Value = serde_json::from_str(stored).unwrap();
    ["token", "refresh_token", "application_password"]
        .iter()
        .filter_map(|name| stored[name].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_platform_is_connected_checked_and_polled() {
    let stack = stack().await;
    stack.timeline().sign_in("2000000004");
    let website = stack
        .store()
        .get("channel/website/roxbourne.example")
        .unwrap();
    let website: serde_json::Value = serde_json::from_str(&website).unwrap();
    let seen_by_functions = website["url"].clone();
    for (platform, practice, account) in CHANNELS {
        // What was there is of no use any more, so whatever works afterwards works by the new one.
        let name = named(platform, account);
        stack.store().put(&name, "{}");
        let (ready, printed) = tried(&stack, &command(platform, practice), &[], as_it_is).await;
        assert!(ready.as_ref().is_ok_and(|ready| *ready), "{printed}");
        let line = format!("connected {platform} {account} ");
        assert!(printed.contains(&line), "{printed}");
        assert!(printed.contains(&format!("stored as pagewarden/local/{name}\n")));
        assert!(printed.contains(" ready\n") && printed.contains("in the settings already"));
        let stored = stack.store().get(&name).unwrap();
        let hidden = secrets_in(&stored);
        assert!(!hidden.is_empty());
        let apart = [
            "demo-app-secret",
            "fake-person-token",
            "fake-code",
            "fake-access",
        ];
        for secret in hidden.iter().map(String::as_str).chain(apart) {
            assert!(!printed.contains(secret), "{platform}: {printed}");
        }
    }
    // The website's fake is somewhere else for the functions than for this file.
    let mut website: serde_json::Value = serde_json::from_str(
        &stack
            .store()
            .get("channel/website/roxbourne.example")
            .unwrap(),
    )
    .unwrap();
    assert_eq!(website["url"], SITE);
    website["url"] = seen_by_functions;
    stack
        .store()
        .put("channel/website/roxbourne.example", &website.to_string());
    let calls = (stack.graph().calls(), stack.website().calls());
    stack.run("sweep").await.unwrap();
    assert!(stack.graph().calls() > calls.0 && stack.website().calls() > calls.1);
    assert_eq!(stack.business().listed().len(), 1);
    assert!(stack.timeline().calls("2000000004") > 1);
    for (platform, practice, account) in CHANNELS {
        let channel = Channel {
            platform,
            account: account.to_owned(),
        };
        let practice = practice.parse().unwrap();
        let failed = stack.ledger().sweep_failed_at(&practice, &channel).await;
        assert_eq!(failed.unwrap(), None, "{platform}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_refresh_token_begins_the_chain_of_renewals() {
    let stack = stack().await;
    stack.timeline().sign_in("2000000004");
    let channel = Channel {
        platform: Platform::X,
        account: "2000000004".to_owned(),
    };
    let practice = "woolpit".parse().unwrap();
    let mut chains = Vec::new();
    for _ in 0..2 {
        let (ready, printed) = tried(&stack, &wanted(Platform::X, "woolpit"), &[], as_it_is).await;
        assert!(ready.is_ok_and(|ready| ready), "{printed}");
        let stored = stack.store().get("channel/x/2000000004").unwrap();
        let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
        let first = stored["refresh_token"].as_str().unwrap();
        let record = stack.ledger().access(&practice, &channel).await.unwrap();
        let tokens = record.tokens.unwrap();
        assert_eq!(tokens.began_with, Rotating::chain_from(first));
        assert_ne!(tokens.refresh, first);
        chains.push(tokens.began_with);
    }
    assert_ne!(chains[0], chains[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_in_no_settings_is_picked_and_said_how_to_add() {
    let stack = stack().await;
    for (id, instagram) in [("100000000000090", None), ("100000000000091", Some("178"))] {
        let page = Page {
            id: id.to_owned(),
            instagram: instagram.map(str::to_owned),
        };
        drop(stack.graph().connect(&page));
        stack
            .graph()
            .happen(Entry::Subscribed {
                id: id.to_owned(),
                fields: Vec::new(),
            })
            .unwrap();
    }
    // The settings of Roxbourne name another page: that would be taken.
    let another = Connect {
        account: Some("100000000000091".to_owned()),
        ..wanted(Platform::Facebook, "roxbourne")
    };
    let (ready, printed) = tried(&stack, &another, &[], as_it_is).await;
    assert!(ready.is_ok_and(|ready| ready), "{printed}");
    let entry = "[[channels]]\nplatform = \"facebook\"\naccount = \"100000000000091\"";
    assert!(printed.contains(entry), "{printed}");
    assert!(
        stack
            .store()
            .get("channel/facebook/100000000000091")
            .is_some()
    );
    // The page delivers from now on.
    let subscribed = stack.graph().journal().into_iter().any(|entry| {
        matches!(entry, Entry::Subscribed { id, fields } if id == "100000000000091" && !fields.is_empty())
    });
    assert!(subscribed);
    // Threeways has no Instagram yet, and this person has two accounts.
    let (ready, printed) = tried(
        &stack,
        &wanted(Platform::Instagram, "threeways"),
        &["2"],
        as_it_is,
    )
    .await;
    assert!(ready.is_ok_and(|ready| ready), "{printed}");
    let list = "  1  17841400000000003 account17841400000000003 (page Page 100000000000003)\n  2  178 account178 (page ";
    assert!(printed.contains(list), "{printed}");
    assert!(stack.store().get("channel/instagram/178").is_some());
    for odd in ["0", "3", "", "x"] {
        let (came, printed) = tried(
            &stack,
            &wanted(Platform::Instagram, "threeways"),
            &[odd],
            as_it_is,
        )
        .await;
        assert!(
            came.is_err() && printed.contains("none of the numbers"),
            "{printed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_agree_leaves_everything_as_it_was() {
    let stack = stack().await;
    stack.graph().decline(true);
    stack.timeline().decline(true);
    stack.business().decline(true);
    stack.website().decline(true);
    for (platform, practice, account) in CHANNELS {
        unchanged(
            &stack,
            (platform, practice, account),
            as_it_is,
            "did not agree",
        )
        .await;
    }
}

/// Looks that connecting this channel fails with these words, and changes nothing that is stored.
async fn unchanged(
    stack: &Stack,
    (platform, practice, account): (Platform, &str, &str),
    bent: Bent,
    words: &str,
) {
    let name = named(platform, account);
    let before = stack.store().get(&name);
    let (came, printed) = tried(stack, &command(platform, practice), &[], bent).await;
    assert!(
        came.is_err() && printed.contains(words),
        "{platform}: {printed}"
    );
    assert!(printed.contains("nothing was stored") || printed.contains("Nothing was stored"));
    assert_eq!(stack.store().get(&name), before, "{platform}");
    for secret in secrets_in(&before.unwrap()) {
        assert!(!printed.contains(&secret), "{platform}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_another_attempt_is_refused_everywhere() {
    let stack = stack().await;
    stack.timeline().sign_in("2000000004");
    let bends: [Bent; 4] = [
        // One that was never given out, and none at all.
        |to| to.replace("state=", "state=x"),
        |to| to.replace("state=", "other="),
        // The state of an attempt that is long over.
        |to| {
            let (before, after) = to.split_once("state=").unwrap();
            let rest = after.split_once('&').map_or("", |(_, rest)| rest);
            format!("{before}state=qDLOiCkZ9PHFDfLUBqAvbPQAjbP1mSAdFmMb2jpNWYE&{rest}")
        },
        // Once more than once.
        |to| format!("{to}&state=x"),
    ];
    for channel in CHANNELS {
        for bent in bends {
            unchanged(&stack, channel, bent, "belongs to another attempt").await;
        }
        unchanged(
            &stack,
            channel,
            |_| String::new(),
            "belongs to another attempt",
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_used_or_is_too_old_brings_nothing() {
    let stack = stack().await;
    for channel in &CHANNELS[..4] {
        let bent = |to: &str| to.replace("code=fake-code-", "code=fake-code-9");
        unchanged(&stack, *channel, bent, "does not take the code").await;
        let bent = |to: &str| to.replace("code=", "other=");
        unchanged(&stack, *channel, bent, "no consent in what came back").await;
    }
    let bent = |to: &str| to.replace("password=", "other=");
    unchanged(&stack, CHANNELS[4], bent, "no consent in what came back").await;
    let bent = |to: &str| to.replace("password=", "password=x");
    unchanged(
        &stack,
        CHANNELS[4],
        bent,
        "did not take the application password",
    )
    .await;
    let bent = |to: &str| to.replace("site_url=http%3A%2F%2Fsite", "site_url=http%3A%2F%2Fevil");
    unchanged(&stack, CHANNELS[4], bent, "came from another website").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_granted_is_named_before_anything_is_stored() {
    let stack = stack().await;
    stack.timeline().sign_in("2000000004");
    let without = |lost: &str| -> Vec<&'static str> {
        SCOPES.into_iter().filter(|scope| *scope != lost).collect()
    };
    let graph = stack.graph();
    graph.set_scopes("100000000000001", &without("pages_manage_engagement"));
    let lacks = "may not hide, delete or answer comments, or ban their authors: grant pages_manage_engagement";
    unchanged(&stack, CHANNELS[0], as_it_is, lacks).await;
    graph.set_scopes("100000000000003", &without("instagram_manage_comments"));
    let lacks = "grant instagram_manage_comments";
    unchanged(&stack, CHANNELS[1], as_it_is, lacks).await;
    for lost in ["offline.access", "tweet.moderate.write"] {
        let scopes: Vec<&str> = x::SCOPES
            .into_iter()
            .filter(|scope| *scope != lost)
            .collect();
        stack.timeline().set_scopes(&scopes);
        unchanged(&stack, CHANNELS[2], as_it_is, &format!("grant {lost}")).await;
    }
    let email = "https://www.googleapis.com/auth/userinfo.email";
    stack.business().set_scope(email);
    let lacks = "grant https://www.googleapis.com/auth/business.manage";
    unchanged(&stack, CHANNELS[3], as_it_is, lacks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_somebody_else_is_not_connected() {
    let stack = stack().await;
    // Whoever is signed in at X is Roxbourne, and the settings of Woolpit name another account.
    stack.timeline().sign_in("2000000003");
    let other = "is for 2000000003 @account2000000003, and not for 2000000004";
    unchanged(&stack, CHANNELS[2], as_it_is, other).await;
    // Named outright, it is still another practice's.
    let before = stack.store().get("channel/x/2000000003");
    let theirs = Connect {
        account: Some("2000000003".to_owned()),
        ..wanted(Platform::X, "woolpit")
    };
    let (came, printed) = tried(&stack, &theirs, &[], as_it_is).await;
    assert!(
        came.is_err() && printed.contains("belongs to roxbourne"),
        "{printed}"
    );
    assert_eq!(stack.store().get("channel/x/2000000003"), before);
    let nowhere = wanted(Platform::X, "wolpit");
    let (came, printed) = tried(&stack, &nowhere, &[], as_it_is).await;
    assert!(
        came.is_err() && printed.contains("there is no practice wolpit"),
        "{printed}"
    );
    assert!(!printed.contains("oauth2"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_website_is_connected_by_typing_and_never_in_the_clear() {
    let stack = stack().await;
    let stored = stack
        .store()
        .get("channel/website/roxbourne.example")
        .unwrap();
    let stored: serde_json::Value = serde_json::from_str(&stored).unwrap();
    let user: &'static str = stored["user"].as_str().unwrap().to_owned().leak();
    let password: &'static str = stored["application_password"]
        .as_str()
        .unwrap()
        .to_owned()
        .leak();
    stack.store().put("channel/website/roxbourne.example", "{}");
    let typing = Connect {
        paste: true,
        ..command(Platform::Website, "roxbourne")
    };
    let (ready, printed) = tried(&stack, &typing, &[user, password], as_it_is).await;
    assert!(ready.is_ok_and(|ready| ready), "{printed}");
    assert!(
        printed.contains("authorize-application.php?app_name=Pagewarden\n"),
        "{printed}"
    );
    assert!(!printed.contains(password), "{printed}");
    for (site, back_to, words) in [
        ("http://roxbourne.example", None, "must begin with https://"),
        (
            SITE,
            Some("https://pages.example/connected"),
            "not sent to another page",
        ),
    ] {
        let wanted = Connect {
            site: Some(site.to_owned()),
            back_to: back_to.map(str::to_owned),
            ..wanted(Platform::Website, "roxbourne")
        };
        let (came, printed) = tried(&stack, &wanted, &[], as_it_is).await;
        assert!(came.is_err() && printed.contains(words), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_says_what_to_type_for_an_account_it_lacks() {
    let stack = stack().await;
    let mut manager = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let page = manager.get("/people").await.body;
    for line in [
        "pagewarden connect google --practice kingswinford<",
        "pagewarden connect website --practice kingswinford --site https://www.practice.example",
    ] {
        assert!(page.contains(line), "{line}");
    }
    assert!(!page.contains("pagewarden connect facebook"));
    // The page to which a browser may be sent back shows nothing of what it brings.
    let mut nobody = Browser::new(&stack);
    let page = nobody.get("/connected?code=hush&state=hush").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Copy the whole address") && !page.body.contains("hush"));
    assert_eq!(page.header("referrer-policy"), "same-origin");
    let page = nobody.get("/privacy").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("id=\"deletion\""));
}
