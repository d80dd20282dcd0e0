//! Signing in again before what cannot be undone: who has to, what is refused, and that nothing
//! that was typed is lost.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use pagewarden_ledger::{Choice, Event};
use pagewarden_local::stack::Stack;
use pagewarden_rules::PostKey;
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{comment, stack, until};
use serde_json::{Value, json};

const PRIYA: &str = "priya@mile-oak.example";
const SESSION: &str = "pagewarden";
const NOTE: &str = "Third time: \"enough\" & <over>";

/// Posts abuse on the page of Mile Oak, and returns where its case is, once it is hidden.
async fn abuse(stack: &Stack, id: &str) -> (PostKey, String) {
    let body = comment("100000000000005", id, "2003255296434", "You stupid bitch");
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let key = PostKey {
        practice: "mile-oak".parse().unwrap(),
        platform: pagewarden_rules::Platform::Facebook,
        id: id.to_owned(),
    };
    until(stack, &key, |history| !history.tasks.is_empty()).await;
    (key, format!("/case/facebook/{id}"))
}

/// Returns the answer by which a case is deleted.
fn delete_in(page: &Answer) -> String {
    let (before, _) = page.body.split_once(" delete\"").unwrap();
    let task = before.rsplit('"').next().unwrap();
    format!("{task} delete")
}

/// Presses "Delete it for good", with a note, and goes where that leads.
async fn press_delete(browser: &mut Browser, case: &str) -> Answer {
    let page = browser.open(case).await;
    let answer = delete_in(&page);
    let pressed = browser
        .post(case, &[("answer", &answer), ("note", NOTE)])
        .await;
    browser.follow(pressed).await
}

/// Presses the button on the page that asks to sign in again, and stops at the issuer's page.
async fn to_issuer_again(browser: &mut Browser, page: &Answer) -> Answer {
    assert!(page.title().starts_with("Sign in once more"), "{page:?}");
    let next = page.field("next").unwrap();
    let sent = browser.post("/signin/again", &[("next", &next)]).await;
    browser.follow(sent).await
}

/// Presses the red button on the page that asks once more.
async fn confirm(browser: &mut Browser, case: &str, page: &Answer) -> Answer {
    assert!(page.title().starts_with("Delete it for good?"), "{page:?}");
    let answer = delete_in(page);
    let form = [("answer", &*answer), ("sure", "yes"), ("note", NOTE)];
    let pressed = browser.post(case, &form).await;
    browser.follow(pressed).await
}

async fn is_decided(stack: &Stack, key: &PostKey) -> bool {
    let history = stack.ledger().history(key).await.unwrap().unwrap();
    history.events.iter().any(|record| {
        matches!(
            record.event(),
            Ok(Event::Chosen { choice: Choice::Delete, note: Some(note), .. }) if note == NOTE
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_takes_a_fresh_sign_in_and_keeps_what_was_typed() {
    let stack = stack().await;
    let (key, case) = abuse(&stack, "00590010002_1").await;
    let (other, other_case) = abuse(&stack, "00590010002_2").await;
    let (third, third_case) = abuse(&stack, "00590010002_3").await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", PRIYA).await;
    let before = browser.cookie(SESSION).unwrap().to_owned();

    // Who leaves out the pages between and says at once that they are sure is asked as well.
    let page = browser.open(&case).await;
    let form = [
        ("answer", &*delete_in(&page)),
        ("sure", "yes"),
        ("note", NOTE),
    ];
    let sure = browser.post(&case, &form).await;
    let asked = browser.follow(sure).await;
    assert!(asked.title().starts_with("Sign in once more"), "{asked:?}");
    assert!(!is_decided(&stack, &key).await);

    let asked = press_delete(&mut browser, &case).await;
    assert!(!asked.url.contains("Third"), "{}", asked.url);
    let at_issuer = to_issuer_again(&mut browser, &asked).await;
    for wanted in ["prompt=login", "max_age=0"] {
        assert!(at_issuer.url.contains(wanted), "{}", at_issuer.url);
    }
    let back = browser.pick(&stack, &at_issuer, PRIYA).await;
    let page = browser.follow(back).await;
    assert!(
        page.body
            .contains("Third time: &#34;enough&#34; &#38; &#60;over&#62;</textarea>"),
        "{}",
        page.body
    );
    assert!(
        !is_decided(&stack, &key).await,
        "signing in decides nothing"
    );
    // The session is another one: who has stolen the cookie cannot delete now.
    assert_ne!(browser.cookie(SESSION), Some(&*before));
    let mut thief = browser.clone();
    thief.set_cookie(SESSION, &before);
    assert_eq!(thief.get(&case).await.status, 401);

    let done = confirm(&mut browser, &case, &page).await;
    assert_eq!(done.status, 200);
    assert!(done.title().starts_with("Done"), "{}", done.title());
    assert!(is_decided(&stack, &key).await);
    // What was kept is gone, and the page has nothing to ask.
    let page = browser.open("/confirm/facebook/00590010002_1").await;
    assert!(page.url.ends_with(&case), "{}", page.url);

    // Within ten minutes nobody is asked to sign in again; still, to confirm.
    stack.clock().pass(SignedDuration::from_mins(9));
    let page = press_delete(&mut browser, &other_case).await;
    confirm(&mut browser, &other_case, &page).await;
    assert!(is_decided(&stack, &other).await);
    // After that they are, even if they opened the page that asks before.
    let page = press_delete(&mut browser, &third_case).await;
    stack.clock().pass(SignedDuration::from_mins(1));
    let asked = confirm(&mut browser, &third_case, &page).await;
    let at_issuer = to_issuer_again(&mut browser, &asked).await;
    assert!(!is_decided(&stack, &third).await);
    let back = browser.pick(&stack, &at_issuer, PRIYA).await;
    let page = browser.follow(back).await;
    confirm(&mut browser, &third_case, &page).await;
    assert!(is_decided(&stack, &third).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_deletes_who_has_not_shown_that_it_is_them() {
    let stack = stack().await;
    let (key, case) = abuse(&stack, "00590010002_1").await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", PRIYA).await;
    let now = stack.clock().now().as_second();
    let wrong: [(&str, Value, &str); 5] = [
        ("auth_time", Value::Null, "does not say when you signed in"),
        ("auth_time", json!("now"), "does not say when you signed in"),
        ("auth_time", json!(now - 3_600), "did not ask you again"),
        ("auth_time", json!(now + 3_600), "the answer did not hold"),
        ("nonce", json!("of another time"), "the answer did not hold"),
    ];
    for (claim, value, says) in wrong {
        let asked = press_delete(&mut browser, &case).await;
        let at_issuer = to_issuer_again(&mut browser, &asked).await;
        stack.issuer().distort(claim, value.clone());
        let back = browser.pick(&stack, &at_issuer, PRIYA).await;
        let refused = browser.follow(back).await;
        assert_eq!(refused.status.as_u16(), 403, "{claim}: {value}");
        assert!(refused.body.contains(says), "{claim}: {value}: {refused:?}");
    }
    // Somebody else at the same browser, whom the practice names too.
    let asked = press_delete(&mut browser, &case).await;
    let at_issuer = to_issuer_again(&mut browser, &asked).await;
    let back = browser
        .pick(&stack, &at_issuer, "beth.lowe@mile-oak.example")
        .await;
    let refused = browser.follow(back).await;
    assert!(refused.body.contains("Somebody else"), "{refused:?}");
    assert!(
        refused
            .body
            .contains("href=\"/confirm/facebook/00590010002_1\"")
    );
    // Somebody who cancels.
    let page = browser.open("/confirm/facebook/00590010002_1").await;
    let at_issuer = to_issuer_again(&mut browser, &page).await;
    let state = at_issuer.field("state").unwrap();
    let cancel = format!("/signin/callback?error=access_denied&state={state}");
    let refused = browser.open(&cancel).await;
    assert!(refused.body.contains("pressed Cancel"), "{refused:?}");

    // Through all of it they are signed in as before, nothing was done, and the note is kept.
    let page = browser.open("/today").await;
    assert!(page.body.contains("Priya"), "{page:?}");
    assert!(!is_decided(&stack, &key).await);
    let page = browser.open("/confirm/facebook/00590010002_1").await;
    let at_issuer = to_issuer_again(&mut browser, &page).await;
    let back = browser.pick(&stack, &at_issuer, PRIYA).await;
    let page = browser.follow(back).await;
    assert!(page.body.contains("Third time"), "{page:?}");

    // An ordinary sign-in shows nothing: the issuer may only have passed on that they were in.
    let mut other = Browser::new(&stack);
    other.sign_in(&stack, "/today", PRIYA).await;
    let asked = press_delete(&mut other, &case).await;
    assert!(asked.title().starts_with("Sign in once more"), "{asked:?}");
    // Nobody who is not signed in begins it, nor by looking.
    let mut nobody = Browser::new(&stack);
    let refused = nobody.post("/signin/again", &[("next", "/today")]).await;
    assert_eq!(refused.status, 401);
    assert_eq!(nobody.get("/signin/again").await.header("location"), "/");
}

/// A note of 2,000 characters is kept, whatever they are, and an address leads nowhere else.
#[tokio::test(flavor = "multi_thread")]
async fn the_longest_note_is_kept_while_somebody_signs_in_again() {
    let stack = stack().await;
    let (_, case) = abuse(&stack, "00590010002_1").await;
    let mut browser = Browser::new(&stack);
    browser.sign_in(&stack, "/today", PRIYA).await;
    let answer = delete_in(&browser.open(&case).await);
    for (note, shown) in [
        ("\u{1f600}".repeat(2_000), "\u{1f600}".repeat(2_000)),
        ("\"".repeat(2_000), "&#34;".repeat(2_000)),
        ("\u{1}".repeat(2_000), "\u{1}".repeat(2_000)),
    ] {
        let form = [("answer", &*answer), ("note", &*note)];
        let pressed = browser.post(&case, &form).await;
        let asked = browser.follow(pressed).await;
        let at_issuer = to_issuer_again(&mut browser, &asked).await;
        let back = browser.pick(&stack, &at_issuer, PRIYA).await;
        let page = browser.follow(back).await;
        assert!(page.body.contains(&shown), "{}", page.body);
        stack.clock().pass(SignedDuration::from_mins(11));
    }
    let sent = browser
        .post("/signin/again", &[("next", "https://evil.example/")])
        .await;
    let at_issuer = browser.follow(sent).await;
    let back = browser.pick(&stack, &at_issuer, PRIYA).await;
    assert_eq!(
        browser
            .get(back.header("location"))
            .await
            .header("location"),
        "/"
    );
}
