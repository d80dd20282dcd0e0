//! The people's pages from outside: signing in, who sees what, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use console::Console;
use jiff::SignedDuration;
use pagewarden_fakes::Direct;
use pagewarden_fakes::google::push::Key;
use pagewarden_fakes::issuer::{CLIENT_ID, CLIENT_SECRET, Issuer};
use pagewarden_local::stack::Stack;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_rules::{PostKey, PracticeId};
use pagewarden_runtime::SignIn;
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{emulator, events, replay, resettle, stack};
use reqwest::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// The practice manager of Kingswinford.
const GAIL: &str = "gail@kingswinford.example";
/// The practice manager of Threeways.
const RUTH: &str = "ruth@threeways.example";

/// The cookie of a session on a laptop.
const SESSION: &str = "pagewarden";

/// Pages for people who are signed in.
const PAGES: [&str; 22] = [
    "/",
    "/today",
    "/complaints",
    "/reports",
    "/hidden",
    "/find",
    "/numbers",
    "/numbers.csv",
    "/log",
    "/log/new",
    "/log/correct",
    "/papers",
    "/policy",
    "/policy/draft",
    "/policy/propose",
    "/policy/versions",
    "/try",
    "/people",
    "/connect",
    "/connect/typed",
    "/practice",
    "/help",
];

/// Addresses of one post or account, to which its platform and id are added; each is asked for, and
/// posted to.
const PAGES_OF_ONE: [&str; 14] = [
    "/case",
    "/confirm",
    "/done",
    "/restore",
    "/answer",
    "/hand-over",
    "/evidence",
    "/account",
    "/ladder",
    "/letter",
    "/rights",
    "/restrict",
    "/correct-note",
    "/correct-line",
];

/// Where other addresses begin, each of which has tests of its own.
const OTHER_ADDRESSES: [&str; 15] = [
    "/about",
    "/assets",
    "/connected",
    // Asks everybody to sign in once more, whatever the address.
    "/erase",
    "/flood",
    "/look-again",
    "/n",
    "/papers",
    "/policy/versions",
    "/privacy",
    "/rules",
    "/signin",
    "/signout",
    "/switch",
    "/ways",
];

#[test]
fn every_address_of_the_console_is_tried_as_a_stranger() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/console/src");
    let mut folders = vec![root];
    let mut tried = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = fs::read_to_string(path).unwrap();
            for route in source.split(".route(").skip(1) {
                let Some((_, rest)) = route.split_once('"') else {
                    continue;
                };
                let (address, _) = rest.split_once('"').unwrap();
                let begins = |known: &&str| {
                    let rest = address.strip_prefix(*known);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                let of_one = address.contains("/{platform}/") && PAGES_OF_ONE.iter().any(begins);
                let known =
                    of_one || PAGES.contains(&address) || OTHER_ADDRESSES.iter().any(begins);
                assert!(known, "{address} is in none of the lists above");
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "only {tried} addresses were found");
}

/// Returns whether somebody is signed in.
async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/today").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_sees_who_they_are_and_signs_out() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    assert_eq!(browser.get("/").await.header("location"), "/signin");
    // Whoever follows a link is brought back to it.
    let page = browser.sign_in(&stack, "/today?from=mail", GAIL).await;
    assert!(page.url.ends_with("/today?from=mail"), "{}", page.url);
    assert_eq!(
        (page.status.as_u16(), page.title()),
        (
            200,
            "Nothing waits – Today at Kingswinford Medical Practice"
        )
    );
    for wanted in ["Gail", "practice manager", "Sign out", "Kingswinford"] {
        assert!(page.body.contains(wanted), "{wanted}");
    }
    assert!(!page.body.contains("Change practice"), "she has one");
    assert_eq!(browser.open("/").await.title(), page.title());
    assert_eq!(browser.open("/practice").await.title(), page.title());

    let stolen = browser.cookie(SESSION).unwrap().to_owned();
    let out = browser.post("/signout", &[]).await;
    let out = browser.follow(out).await;
    assert_eq!(out.title(), "You have signed out");
    assert_eq!(browser.cookie(SESSION), None);
    assert_eq!(
        browser.get("/today").await.header("location"),
        "/signin?next=%2Ftoday"
    );
    // The cookie is of no use to whoever has a copy of it, and is taken from them.
    browser.set_cookie(SESSION, &stolen);
    let refused = browser.get("/today").await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (401, "You are signed out")
    );
    assert_eq!(browser.cookie(SESSION), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_twenty_idle_hours_and_says_so() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", GAIL).await;
    stack.clock().pass(SignedDuration::from_hours(19));
    assert!(is_in(&mut browser).await);
    stack.clock().pass(SignedDuration::from_hours(20));
    let late = browser
        .post("/practice", &[("practice", "kingswinford")])
        .await;
    assert_eq!(
        (late.status.as_u16(), late.title()),
        (401, "You are signed out")
    );
    assert!(
        late.body.contains("it was not done") && late.body.contains("/signin"),
        "{}",
        late.body
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_belongs_to_one_browser_and_works_once() {
    let stack = stack().await;
    let (mut browser, mut other) = (Browser::new(&stack), Browser::new(&stack));
    let at_issuer = browser.to_issuer("/today").await;
    let back = browser.pick(&stack, &at_issuer, GAIL).await;
    let callback = back.header("location").to_owned();
    // Another browser, which was lured to the address: it would be signed in as somebody else
    // without knowing.
    let refused = other.open(&callback).await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (400, "Please sign in again")
    );
    // The same in the middle of an attempt of its own.
    other.to_issuer("/today").await;
    assert_eq!(other.open(&callback).await.status, 400);
    assert!(!is_in(&mut other).await);
    let taken = browser.clone();
    assert_eq!(browser.open(&callback).await.status, 200);
    // A second time it does nothing: for whoever is signed in it leads to the start page.
    assert_eq!(
        browser.open(&callback).await.title(),
        "Nothing waits – Today at Kingswinford Medical Practice"
    );
    let mut again = taken;
    assert_eq!(again.open(&callback).await.status, 400);
    assert!(!is_in(&mut again).await);
    // Ten minutes are enough.
    let mut slow = Browser::new(&stack);
    let at_issuer = slow.to_issuer("/today").await;
    stack.clock().pass(SignedDuration::from_mins(10));
    let back = slow.pick(&stack, &at_issuer, GAIL).await;
    assert_eq!(slow.follow(back).await.status, 400);
    for made_up in [
        "/signin/callback",
        "/signin/callback?code=1&state=2",
        "/signin/callback?state=",
    ] {
        assert_eq!(slow.open(made_up).await.status, 400, "{made_up}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_in_by_a_token_that_does_not_hold() {
    let stack = stack().await;
    let now = stack.clock().now().as_second();
    let wrong = [
        ("nonce", json!("of another time")),
        ("nonce", Value::Null),
        ("aud", json!("another-client")),
        ("aud", json!(["pagewarden-console", "another"])),
        ("azp", json!("another-client")),
        ("iss", json!("https://evil.example")),
        ("exp", json!(now - 3600)),
        ("iat", json!(now + 3600)),
        ("sub", Value::Null),
    ];
    for (claim, value) in wrong {
        let mut browser = Browser::new(&stack);
        stack.issuer().distort(claim, value.clone());
        let refused = browser.sign_in(&stack, "/today", GAIL).await;
        let told = (refused.status.as_u16(), refused.title());
        assert_eq!(
            told,
            (403, "Your sign-in could not be checked"),
            "{claim}: {value}"
        );
        assert!(
            !is_in(&mut browser).await && browser.cookie(SESSION).is_none(),
            "{claim}: {value}"
        );
    }
    // The issuer says who it is, and not that the address is theirs.
    for unverified in [json!(false), json!("true"), Value::Null] {
        let mut browser = Browser::new(&stack);
        stack.issuer().distort("email_verified", unverified.clone());
        let refused = browser.sign_in(&stack, "/today", GAIL).await;
        assert_eq!(
            (refused.status.as_u16(), refused.title()),
            (403, "You have no access yet"),
            "{unverified}"
        );
        assert!(
            !refused.body.contains(GAIL) && !is_in(&mut browser).await,
            "{unverified}"
        );
    }
    // Capitals make no difference to an address.
    let mut browser = Browser::new(&stack);
    stack
        .issuer()
        .distort("email", json!("Gail@Kingswinford.EXAMPLE"));
    browser.sign_in(&stack, "/today", GAIL).await;
    assert!(is_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_key_is_fetched_and_an_unpublished_one_refused() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", GAIL).await;
    assert!(is_in(&mut browser).await);
    let mut browser = Browser::new(&stack);
    stack.clock().pass(SignedDuration::from_mins(2));
    stack.issuer().sign_with(Key::Second);
    assert_eq!(browser.sign_in(&stack, "/today", GAIL).await.status, 403);
    stack.clock().pass(SignedDuration::from_mins(2));
    stack.issuer().change_key(Key::Second);
    browser.sign_in(&stack, "/today", GAIL).await;
    assert!(is_in(&mut browser).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_cancels_or_whom_nobody_names_is_told_what_to_do() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    let at_issuer = browser.to_issuer("/today").await;
    let state = at_issuer.field("state").unwrap();
    let cancelled = browser
        .open(&format!(
            "/signin/callback?error=access_denied&state={state}"
        ))
        .await;
    assert_eq!(
        (cancelled.status.as_u16(), cancelled.title()),
        (403, "You were not signed in")
    );
    stack
        .issuer()
        .distort("email", json!("stranger@elsewhere.example"));
    let stranger = browser.sign_in(&stack, "/today", GAIL).await;
    assert_eq!(
        (stranger.status.as_u16(), stranger.title()),
        (403, "You have no access yet")
    );
    assert!(
        stranger.body.contains("stranger@elsewhere.example")
            && stranger.body.contains("practice manager")
    );
    assert_eq!(browser.cookie(SESSION), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_shown_nothing_and_roles_are_those_of_now() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", GAIL).await;
    resettle(&stack, "kingswinford", |settings| {
        settings["people"][0]["roles"] = json!(["auditor"]);
    })
    .await;
    let page = browser.get("/today").await;
    assert!(
        page.body.contains(", auditor") && !page.body.contains("practice manager"),
        "{}",
        page.body
    );
    resettle(&stack, "kingswinford", |settings| {
        settings["people"][0]["roles"] = json!(["practice_manager"]);
    })
    .await;
    assert_eq!(browser.post("/switch", &[("to", "off")]).await.status, 303);
    resettle(&stack, "kingswinford", |settings| {
        drop(settings["people"].as_array_mut().unwrap().remove(0));
    })
    .await;
    // What she did is hers in the record.
    let practice: PracticeId = "kingswinford".parse().unwrap();
    let turns = stack.ledger().switch_turns(&practice).await.unwrap();
    assert_eq!(turns.last().unwrap().by, "Gail:practice_manager");
    for page in ["/", "/today", "/practice"] {
        let refused = browser.get(page).await;
        assert_eq!(
            (refused.status.as_u16(), refused.title()),
            (403, "You have no access yet"),
            "{page}"
        );
        assert!(!refused.body.contains("Kingswinford"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_may_be_known_by_the_issuers_id_alone() {
    let stack = stack().await;
    let subject = stack
        .issuer()
        .accounts()
        .iter()
        .find(|account| account.email == GAIL)
        .unwrap()
        .subject
        .clone();
    resettle(&stack, "kingswinford", |settings| {
        settings["people"][0]["subject"] = json!(subject);
    })
    .await;
    let mut browser = Browser::new(&stack);
    stack.issuer().distort("email_verified", json!(false));
    assert_eq!(
        browser.sign_in(&stack, "/today", GAIL).await.title(),
        "Nothing waits – Today at Kingswinford Medical Practice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_of_two_practices_chooses_and_sees_one_at_a_time() {
    let stack = stack().await;
    resettle(&stack, "kingswinford", |settings| {
        let people = settings["people"].as_array_mut().unwrap();
        people.push(json!({ "name": "Ruth", "roles": ["auditor"], "email": RUTH }));
    })
    .await;
    let mut browser = Browser::new(&stack);
    let choice = browser.sign_in(&stack, "/today", RUTH).await;
    assert_eq!(choice.title(), "Which practice?");
    assert!(
        choice.body.contains("Kingswinford Medical Practice")
            && choice.body.contains("Threeways Surgery")
    );
    assert!(!choice.body.contains("Woolpit"));
    let chosen = browser
        .post("/practice", &[("practice", "kingswinford")])
        .await;
    let page = browser.follow(chosen).await;
    assert_eq!(
        page.title(),
        "Nothing waits – Today at Kingswinford Medical Practice"
    );
    assert!(page.body.contains(", auditor") && page.body.contains("Change practice"));
    assert!(!page.body.contains("Threeways"));
    // A practice of others is one that there is not, and the choice stays.
    let [foreign, made_up] = [
        browser.post("/practice", &[("practice", "woolpit")]).await,
        browser.post("/practice", &[("practice", "x")]).await,
    ];
    assert_eq!(
        (foreign.status.as_u16(), &foreign.body),
        (404, &made_up.body)
    );
    assert_eq!(
        browser.get("/today").await.title(),
        "Nothing waits – Today at Kingswinford Medical Practice"
    );
    browser
        .post("/practice", &[("practice", "threeways")])
        .await;
    assert_eq!(
        browser.get("/today").await.title(),
        "Nothing waits – Today at Threeways Surgery"
    );
    // Once a practice names her no more, she is at the other one.
    resettle(&stack, "threeways", |settings| {
        settings["people"][0]["email"] = json!("new@threeways.example");
    })
    .await;
    assert_eq!(
        browser.get("/today").await.title(),
        "Nothing waits – Today at Kingswinford Medical Practice"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_no_page_of_ours_sent_changes_nothing() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", GAIL).await;
    let own = stack.console_url().to_owned();
    let forged: [&[(&str, &str)]; 6] = [
        &[],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[("origin", &own), ("sec-fetch-site", "cross-site")],
        &[("origin", &own), ("sec-fetch-site", "same-site")],
    ];
    for headers in forged {
        for (page, form) in [
            ("/signout", vec![]),
            ("/practice", vec![("practice", "kingswinford")]),
            ("/signin", vec![]),
        ] {
            let refused = browser.send(Method::POST, page, Some(&form), headers).await;
            let told = (refused.status.as_u16(), refused.title());
            assert_eq!(
                told,
                (403, "This request did not come from Pagewarden"),
                "{page} {headers:?}"
            );
            assert_eq!(refused.header("set-cookie"), "", "{page} {headers:?}");
        }
        assert!(is_in(&mut browser).await, "{headers:?}");
    }
    // A browser of before 2023 says where a form comes from, and no more.
    let chosen = browser
        .send(
            Method::POST,
            "/practice",
            Some(&[("practice", "kingswinford")]),
            &[("origin", &own)],
        )
        .await;
    assert_eq!(chosen.status, 303);
    let odd = browser
        .post(
            "/practice",
            &[("practice", "kingswinford"), ("role", "deployer")],
        )
        .await;
    assert_eq!(
        (odd.status.as_u16(), odd.title()),
        (400, "The form could not be read")
    );
    assert!(!odd.body.contains("role"), "what was sent is not repeated");
    assert_eq!(browser.post("/practice", &[]).await.status, 400);
    let long = "x".repeat(70_000);
    let long = browser.post("/practice", &[("practice", &long)]).await;
    assert_eq!(
        (long.status.as_u16(), long.title()),
        (413, "That is too much text")
    );
}

/// Everything that every answer has, whatever it says.
fn has_headers(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    let needed = [
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ];
    for part in needed {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(
        !policy.contains("unsafe") && !policy.contains("script-src") && !policy.contains('*'),
        "{what}: {policy}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("referrer-policy"), "same-origin", "{what}");
    if !what.contains("/assets/") || !answer.status.is_success() {
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    }
    assert!(
        !answer.body.contains("<script") && !answer.body.contains("style=\""),
        "{what}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_its_headers_and_says_what_to_do() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", GAIL).await;
    let style = browser.get("/today").await;
    let (_, style) = style.body.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let style = style.split('"').next().unwrap().to_owned();
    let sheet = browser.get(&style).await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.header("cache-control").contains("immutable"));
    // Whoever takes it compressed is sent a tenth of it.
    let small = browser
        .send(
            Method::HEAD,
            &style,
            None,
            &[("accept-encoding", "br;q=0.5, gzip")],
        )
        .await;
    assert_eq!(
        (
            small.header("content-encoding"),
            sheet.header("content-encoding")
        ),
        ("gzip", "")
    );
    let length = |answer: &Answer| answer.header("content-length").parse::<usize>().unwrap();
    assert!(
        length(&small) * 8 < length(&sheet),
        "{} of {}",
        length(&small),
        length(&sheet)
    );
    for address in PAGES.iter().copied().chain([
        "/signin",
        &style,
        "/assets/other.css",
        "/nowhere",
        "/%ff",
        "/assets/%ff",
    ]) {
        let get = browser.get(address).await;
        has_headers(&get, address);
        let head = browser.send(Method::HEAD, address, None, &[]).await;
        assert_eq!(
            (head.status, head.body.as_str()),
            (get.status, ""),
            "{address}"
        );
        for name in [
            "content-type",
            "content-security-policy",
            "content-length",
            "location",
        ] {
            assert_eq!(head.header(name), get.header(name), "{address}: {name}");
        }
    }
    let own = stack.console_url().to_owned();
    for (method, address, status) in [
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/signout", 405),
        (Method::DELETE, "/today", 405),
        (Method::OPTIONS, "/today", 405),
        (Method::POST, "/today", 405),
        (Method::POST, "/nowhere", 404),
    ] {
        let answer = browser
            .send(method.clone(), address, None, &[("origin", &own)])
            .await;
        let what = format!("{method} {address}");
        assert_eq!(answer.status, status, "{what}");
        has_headers(&answer, &what);
        assert!(
            answer.body.contains("<h1") && answer.body.contains("class=\"pw-next\""),
            "{what}: {}",
            answer.body
        );
    }
    // Only the page from which a browser is sent to the issuer lets a form go there.
    let issuer = browser.to_issuer("/signin").await.url;
    let issuer = issuer.split("/authorize").next().unwrap();
    assert!(
        browser
            .get("/signin")
            .await
            .header("content-security-policy")
            .contains(&format!("form-action 'self' {issuer};"))
    );
    assert!(
        !browser
            .get("/today")
            .await
            .header("content-security-policy")
            .contains(issuer)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_refused_is_not_the_persons_fault() {
    let stack = stack().await;
    let mut browser = Browser::new(&stack);
    stack
        .store()
        .put("console/client", "{\"client_secret\":\"another\"}");
    let refused = browser.sign_in(&stack, "/today", GAIL).await;
    assert_eq!(
        (refused.status.as_u16(), refused.title()),
        (503, "The sign-in service does not answer")
    );
    assert!(!is_in(&mut browser).await);
}

/// What API Gateway hands to the function: the cookies apart from the other headers.
fn event(method: &str, path: &str, query: &str, cookies: &[&str], body: &str) -> String {
    json!({
        "version": "2.0", "routeKey": "ANY /{proxy+}", "rawPath": path, "rawQueryString": query, "cookies": cookies,
        "headers": {
            "host": "pages.example", "origin": "https://pages.example", "sec-fetch-site": "same-origin",
            "content-type": "application/x-www-form-urlencoded", "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "pages.example", "domainPrefix": "pages", "requestId": "r",
            "routeKey": "ANY /{proxy+}", "stage": "$default", "time": "20/Nov/2026:10:00:00 +0000", "timeEpoch": 0,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1",
                "userAgent": "a browser" },
        },
        "body": body, "isBase64Encoded": false,
    })
    .to_string()
}

/// Deployed, browsers reach it over TLS, and cookies are as strict as they can be.
#[tokio::test(flavor = "multi_thread")]
async fn lambda_events_are_answered_like_requests() {
    let (stack, issuer_url) = (stack().await, "http://issuer.localhost");
    let issuer = Issuer::new(stack.issuer().accounts().to_vec(), stack.clock());
    issuer.register(issuer_url, "https://pages.example/signin/callback");
    let direct =
        Direct::new(Duration::from_secs(10), stack.clock()).at(issuer_url, issuer.router());
    let http = Http::new(Timeouts::default())
        .unwrap()
        .through(Arc::new(direct));
    let secret = json!({ "client_secret": CLIENT_SECRET }).to_string();
    let secrets = emulator::secrets(&[("console/client", &secret)]).await;
    let sign_in = SignIn {
        console_url: "https://pages.example".to_owned(),
        issuer: issuer_url.to_owned(),
        client_id: CLIENT_ID.to_owned(),
    };
    let console = Console::new(
        stack.ledger().clone(),
        secrets,
        http,
        sign_in,
        stack.clock().clone(),
        Arc::new(crate::trial::NoAnswer),
        None,
    );
    let router = console::router(console);
    let handle = async |event: String| {
        let request = lambda_http::request::from_str(&event).unwrap();
        router
            .clone()
            .oneshot(request.map(axum::body::Body::new))
            .await
            .unwrap()
    };
    let header = |answer: &axum::response::Response, name: &str| {
        answer
            .headers()
            .get(name)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let cookie = |answer: &axum::response::Response| {
        header(answer, "set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    };

    let begun = handle(event("POST", "/signin", "", &[], "next=%2Ftoday")).await;
    assert_eq!(begun.status(), 303);
    assert!(header(&begun, "strict-transport-security").starts_with("max-age="));
    let attributes = "; Path=/; HttpOnly; SameSite=Lax; Secure";
    assert!(header(&begun, "set-cookie").contains(attributes));
    let attempt = cookie(&begun);
    assert!(attempt.starts_with("__Host-pagewarden-signin="));

    // The issuer's page is filled in without a browser.
    let asked = header(&begun, "location")
        .split_once('?')
        .unwrap()
        .1
        .to_owned();
    let subject = &issuer
        .accounts()
        .iter()
        .find(|account| account.email == GAIL)
        .unwrap()
        .subject;
    let picked = axum::http::Request::post("/authorize")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("{asked}&subject={subject}"))
        .unwrap();
    let back = issuer.router().oneshot(picked).await.unwrap();
    let query = header(&back, "location")
        .split_once('?')
        .unwrap()
        .1
        .to_owned();

    let done = handle(event("GET", "/signin/callback", &query, &[&attempt], "")).await;
    assert_eq!(
        (done.status().as_u16(), header(&done, "location")),
        (303, "/today".to_owned())
    );
    let session = cookie(&done);
    assert!(
        session.starts_with("__Host-pagewarden=")
            && header(&done, "set-cookie").ends_with(attributes)
    );
    let today = handle(event("GET", "/today", "", &["a=b", &session], "")).await;
    assert_eq!(today.status(), 200);
    // Under the plain name, which another site of the domain or a page without TLS could have set,
    // it is none.
    let plain = session.replace("__Host-", "");
    assert_eq!(
        handle(event("GET", "/today", "", &[&plain], ""))
            .await
            .status(),
        303
    );
}

/// What belongs to a practice: its name, its people, and what was posted on its pages.
async fn marks(stack: &Stack, practice: &str) -> Vec<String> {
    let id: PracticeId = practice.parse().unwrap();
    let record = stack.ledger().practice(&id).await.unwrap().unwrap();
    let settings: Value = serde_json::from_str(&record.settings).unwrap();
    let mut marks = vec![
        practice.to_owned(),
        settings["roster"]["practice"].as_str().unwrap().to_owned(),
    ];
    for person in settings["people"].as_array().unwrap() {
        marks.push(person["email"].as_str().unwrap().to_owned());
    }
    marks
}

/// Whatever somebody of one practice asks for, nothing of another appears, and what belongs to the
/// other is answered with the very bytes of what never was.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn one_practices_people_are_shown_nothing_of_another() {
    let stack = stack().await;
    let (replayed, _) = replay(&stack, &events()).await;
    let others = ["threeways", "roxbourne", "woolpit", "mile-oak"];
    let mut foreign_marks = Vec::new();
    for other in others {
        foreign_marks.extend(marks(&stack, other).await);
    }
    let (foreign, own): (Vec<_>, Vec<_>) = replayed
        .posts
        .iter()
        .map(|(post, _)| post.key.clone())
        .partition(|key| key.practice.as_str() != "kingswinford");
    assert!(foreign.len() > 20 && own.len() > 5);
    let words: Vec<String> = {
        let mut words = Vec::new();
        for key in &foreign {
            let history = stack.ledger().history(key).await.unwrap().unwrap();
            words.extend(
                history
                    .revisions
                    .into_iter()
                    .map(|revision| revision.post.text),
            );
        }
        let mut mine = Vec::new();
        for key in &own {
            let history = stack.ledger().history(key).await.unwrap().unwrap();
            mine.extend(
                history
                    .revisions
                    .into_iter()
                    .map(|revision| revision.post.text),
            );
        }
        // The same words were sent to several practices.
        words.retain(|text| text.len() > 20 && mine.iter().all(|own| !own.contains(text.as_str())));
        assert!(words.len() > 10);
        words
    };
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", GAIL).await;
    let shows_nothing = |answer: &Answer, what: &str| {
        let shown = foreign_marks
            .iter()
            .chain(&words)
            .find(|mark| answer.body.contains(mark.as_str()));
        assert!(shown.is_none(), "{what} shows {shown:?}");
    };
    for page in PAGES {
        // What an address says besides is no way to another practice.
        for query in [
            "",
            "?practice=threeways",
            "?practice=P%23threeways",
            "?next=/&practice=woolpit",
        ] {
            let answer = browser.open(&format!("{page}{query}")).await;
            shows_nothing(&answer, &format!("{page}{query}"));
        }
    }
    // The search finds what is shown.
    let mine = marks(&stack, "kingswinford").await;
    let today = browser.open("/today").await;
    assert!(
        mine.iter().any(|mark| today.body.contains(mark.as_str())),
        "{mine:?}"
    );
    for address in made_up(&foreign) {
        for answer in [
            browser.open(&address).await,
            browser.post(&address, &[("practice", "threeways")]).await,
        ] {
            shows_nothing(&answer, &address);
        }
    }
    for page in PAGES_OF_ONE {
        for key in foreign.iter().step_by(3) {
            let id = key.id.replace('/', "%2F");
            // The same address with other figures, of which there is no post.
            let never: String = id
                .chars()
                .map(|c| if c.is_ascii_digit() { '7' } else { c })
                .collect();
            for platform in [key.platform.name(), "nowhere"] {
                let [there, nowhere] = [&id, &never].map(|id| format!("{page}/{platform}/{id}"));
                let (got, missing) = (browser.get(&there).await, browser.get(&nowhere).await);
                assert_eq!(got.status.as_u16(), 404, "{there}");
                let form = [
                    ("answer", "01ARZ3NDEKTSV4RRFFQ69G5FAV delete"),
                    ("sure", "yes"),
                ];
                let posted = (
                    browser.post(&there, &form).await,
                    browser.post(&nowhere, &form).await,
                );
                assert!(posted.0.status.is_client_error(), "{there}");
                for (answer, missing) in [(got, missing), posted] {
                    assert_eq!(
                        (answer.status, &answer.body),
                        (missing.status, &missing.body),
                        "{there}"
                    );
                    assert_eq!(names(&answer), names(&missing), "{there}");
                    shows_nothing(&answer, &there);
                }
            }
        }
    }
}

/// Addresses that nobody thought of: parts of real ones and of foreign posts, in any order, and
/// written in odd ways.
fn made_up(foreign: &[PostKey]) -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(13);
    let mut parts: Vec<String> = [
        "today",
        "practice",
        "help",
        "case",
        "assets",
        "..",
        "%2e%2e",
        "%2F",
        "",
        "P%23threeways",
        "threeways",
        "%00",
    ]
    .map(str::to_owned)
    .to_vec();
    parts.extend(PAGES_OF_ONE.map(|page| page.trim_start_matches('/').to_owned()));
    for key in foreign {
        parts.extend([
            key.platform.name().to_owned(),
            key.id.replace('/', "%2F"),
            key.practice.to_string(),
        ]);
        parts.push(key.to_string().replace('/', "%2F"));
    }
    let address = |_| {
        let path: Vec<&str> = (0..random.usize(1..5))
            .map(|_| parts[random.usize(..parts.len())].as_str())
            .collect();
        let query = if random.bool() {
            format!("?practice={}", parts[random.usize(..parts.len())])
        } else {
            String::new()
        };
        format!("/{}{query}", path.join("/"))
    };
    (0..200).map(address).collect()
}

/// The headers of an answer but for the time.
fn names(answer: &Answer) -> Vec<(String, String)> {
    let kept = answer.headers.iter().filter(|(name, _)| *name != "date");
    kept.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

/// Mail scanners fetch links, ask for their heads, and have submitted forms.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_fetches_links_without_a_session_changes_nothing() {
    let stack = stack().await;
    let mut scanner = Browser::new(&stack);
    let own = stack.console_url().to_owned();
    for page in PAGES.iter().chain(&["/case/facebook/1", "/signout"]) {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let answer = scanner
                .send(method.clone(), page, None, &[("origin", &own)])
                .await;
            assert!(!answer.body.contains("Kingswinford"), "{method} {page}");
            let own = ["/signin", "/"]
                .iter()
                .any(|start| answer.header("location").starts_with(start));
            assert!(
                answer.header("location").is_empty() || own,
                "{method} {page}"
            );
        }
    }
    assert_eq!(scanner.cookie(SESSION), None);
}
