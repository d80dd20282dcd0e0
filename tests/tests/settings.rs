//! People and settings in the console: the switch, and how people are reached.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use pagewarden_ledger::{ChannelCheck, Stop, Use};
use pagewarden_local::stack::Stack;
use pagewarden_notices::Alert;
use pagewarden_policies::Way;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{resettle, stack};
use serde_json::json;

fn practice() -> PracticeId {
    "kingswinford".parse().unwrap()
}

async fn signed_in(stack: &Stack, name: &str) -> Browser {
    let mut browser = Browser::new(stack);
    let accounts = stack.issuer().accounts();
    let known = accounts
        .iter()
        .find(|account| account.name == name && account.email.ends_with("@kingswinford.example"));
    let email = &known.unwrap().email;
    let page = browser.sign_in(stack, "/people", email).await;
    assert_eq!(page.status, 200);
    browser
}

async fn turn(browser: &mut Browser, to: &str) -> Answer {
    let form = [("to", to), ("note", "It hides praise.")];
    let pressed = browser.post("/switch", &form).await;
    browser.follow(pressed).await
}

async fn is_on(stack: &Stack) -> bool {
    let switch = stack.ledger().switch(&practice()).await.unwrap();
    switch.is_none_or(|switch| switch.on)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_stops_everything_and_two_people_start_it_again() {
    let stack = stack().await;
    let mut gail = signed_in(&stack, "Gail").await;
    let mut priti = signed_in(&stack, "Priti Shah").await;
    let mut alan = signed_in(&stack, "Alan Moss").await;
    let mut helen = signed_in(&stack, "Helen Ward").await;

    // An auditor has no button, and what she sends anyway is refused.
    let page = helen.open("/people").await;
    assert!(!page.body.contains("Stop everything now"));
    let refused = turn(&mut helen, "off").await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(is_on(&stack).await);

    let page = priti.open("/people").await;
    assert!(page.body.contains("Stop everything now"));
    // Looking changes nothing.
    assert_eq!(priti.open("/switch?to=off").await.status, 404);
    assert!(is_on(&stack).await);
    let page = turn(&mut priti, "off").await;
    assert!(!is_on(&stack).await);
    for said in [
        "switched off (Priti Shah (reviewer)",
        "It hides praise.",
        "Ask for it to be",
    ] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }

    let page = turn(&mut priti, "on").await;
    assert!(!page.body.contains("Agree: switch it on"), "{}", page.body);
    assert!(page.body.contains("Somebody asked"), "{}", page.body);
    let refused = turn(&mut priti, "on").await;
    assert_eq!(refused.status.as_u16(), 409);
    assert!(refused.body.contains("somebody else has to agree"));
    // A second who is no manager either.
    let refused = turn(&mut alan, "on").await;
    assert!(
        refused
            .body
            .contains("a practice manager has to be one of the two")
    );
    assert!(!is_on(&stack).await);
    let page = gail.open("/people").await;
    assert!(page.body.contains("Agree: switch it on"), "{}", page.body);
    let page = turn(&mut gail, "on").await;
    assert!(is_on(&stack).await);
    let history = "Switched on by Gail (practice manager), as Priti Shah (reviewer) had asked";
    assert!(page.body.contains(history), "{}", page.body);
    let refused = turn(&mut gail, "on").await;
    assert!(refused.body.contains("switched on already"), "{refused:?}");

    // After a day it has to be asked for again, and whoever says no takes it back.
    turn(&mut gail, "off").await;
    turn(&mut gail, "on").await;
    stack.clock().pass(SignedDuration::from_hours(24));
    let mut priti = signed_in(&stack, "Priti Shah").await;
    let page = turn(&mut priti, "on").await;
    assert!(!is_on(&stack).await && page.body.contains("Somebody asked"));
    let mut gail = signed_in(&stack, "Gail").await;
    let page = turn(&mut gail, "off").await;
    assert!(!page.body.contains("Somebody asked"), "{}", page.body);
    let odd = gail.post("/switch", &[("to", "sideways")]).await;
    assert_eq!(odd.status.as_u16(), 400);
}

/// Returns the code that was sent last by a way.
fn code_sent(stack: &Stack, way: Way) -> String {
    let taken = stack.outbox().taken();
    let codes = taken.iter().rev().filter(|one| one.alert == Alert::Code);
    let code = codes.filter(|one| one.to.way == way).find_map(|one| {
        let words = &mut one.wording.text.split(|c: char| !c.is_ascii_digit());
        words.find(|word| word.len() == 6).map(str::to_owned)
    });
    code.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_confirms_in_the_console_that_messages_reach_them() {
    let stack = stack().await;
    // A number that she has not confirmed yet.
    let mobile = "+447700900999";
    resettle(&stack, "kingswinford", |settings| {
        settings["people"][0]["mobile"] = json!(mobile);
    })
    .await;
    let mut gail = signed_in(&stack, "Gail").await;
    let page = gail.open("/people").await;
    let unconfirmed = format!("{mobile} (not confirmed)");
    assert!(page.body.contains(&unconfirmed), "{}", page.body);
    let sent = gail.post("/ways", &[("way", "text")]).await;
    assert!(sent.body.contains("A code is on its way"), "{}", sent.body);
    // A second press sends no second one.
    let again = gail.post("/ways", &[("way", "text")]).await;
    assert!(
        again.body.contains("less than a minute ago"),
        "{}",
        again.body
    );
    stack.run("remind").await.unwrap();
    let codes = stack.outbox().taken().into_iter();
    assert_eq!(codes.filter(|one| one.alert == Alert::Code).count(), 1);
    let code = code_sent(&stack, Way::Text);
    let wrong = if code == "123456" { "654321" } else { "123456" };
    for (typed, says) in [
        ("12345", "six digits"),
        ("", "six digits"),
        (wrong, "You have 4 more tries"),
    ] {
        let refused = gail.post("/ways/confirm", &[("code", typed)]).await;
        assert_eq!(refused.status.as_u16(), 409, "{typed}");
        assert!(refused.body.contains(says), "{typed}: {}", refused.body);
    }
    // Somebody else's code is no code of theirs.
    let mut priti = signed_in(&stack, "Priti Shah").await;
    let refused = priti.post("/ways/confirm", &[("code", &*code)]).await;
    assert!(
        refused.body.contains("No code of yours works"),
        "{}",
        refused.body
    );

    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let typed = gail.post("/ways/confirm", &[("code", &*spaced)]).await;
    assert_eq!(typed.status.as_u16(), 303, "{}", typed.body);
    let page = gail.follow(typed).await;
    assert!(
        page.body.contains(&format!("{mobile} (confirmed)")),
        "{}",
        page.body
    );
    let again = gail.post("/ways/confirm", &[("code", &*code)]).await;
    assert!(
        again.body.contains("No code of yours works"),
        "{}",
        again.body
    );
    let odd = gail.post("/ways", &[("way", "pigeon")]).await;
    assert_eq!(odd.status.as_u16(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_does_not_work_is_shown() {
    let stack = stack().await;
    let mut gail = signed_in(&stack, "Gail").await;
    let page = gail.open("/people").await;
    assert!(page.body.contains("Connected."), "{}", page.body);
    let channel = Channel {
        platform: Platform::Facebook,
        account: "100000000000001".to_owned(),
    };
    let now = stack.clock().now();
    let stop = Stop {
        why: "the token was revoked".to_owned(),
        only: None::<Use>,
        credential: None,
        probe_at: now + SignedDuration::from_hours(1),
        task: None,
    };
    let ledger = stack.ledger();
    ledger
        .sweep_failed(&practice(), &channel, now)
        .await
        .unwrap();
    let page = gail.open("/people").await;
    assert!(
        page.body.contains("It could not be read at"),
        "{}",
        page.body
    );
    ledger
        .stop(&practice(), &channel, &stop, now)
        .await
        .unwrap();
    let page = gail.open("/people").await;
    let says = "Not connected: the token was revoked. Until then";
    assert!(page.body.contains(says), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_newest_check_of_an_account_said_is_shown() {
    let stack = stack().await;
    let mut gail = signed_in(&stack, "Gail").await;
    let page = gail.get("/people").await.body;
    assert!(page.contains("Nobody has checked yet whether everything works here."));
    let channel = Channel {
        platform: Platform::Facebook,
        account: "100000000000001".to_owned(),
    };
    let checks = [
        (true, None, "everything works."),
        (
            true,
            Some("the token runs out"),
            "everything works, but the token runs out.",
        ),
        (
            false,
            Some("grant <b>"),
            "something is missing: grant &#60;b&#62;.",
        ),
    ];
    for (ready, says, shown) in checks {
        let check = ChannelCheck {
            at: stack.clock().now(),
            by: "whoever runs Pagewarden".to_owned(),
            ready,
            says: says.map(str::to_owned),
        };
        let kingswinford = practice();
        let ledger = stack.ledger();
        ledger
            .channel_checked(&kingswinford, &channel, &check)
            .await
            .unwrap();
        let page = gail.get("/people").await.body;
        assert!(
            page.contains("Checked by whoever runs Pagewarden, "),
            "{page}"
        );
        assert!(page.contains(shown), "{shown} is not on {page}");
        assert_eq!(page.contains(">Not ready<"), !ready);
    }
}
