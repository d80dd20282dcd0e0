//! Trying a post: what a practice manager reads of it, and that nothing is left of it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::pin::Pin;

use aws_sdk_dynamodb::types::AttributeValue;
use console::{Function, Invoker, NotInvoked};
use moderate::{InvokeError, Moderate};
use pagewarden_local::outbox::Outbox;
use pagewarden_local::stack::Stack;
use pagewarden_local::table;
use pagewarden_readers::Readers;
use pagewarden_rules::{Disposition, Effect};
use pagewarden_runtime::Tried;
use pagewarden_tests::browser::{Answer, Browser};
use pagewarden_tests::{now, stack};
use serde_json::{Value, json};

const GAIL: &str = "gail@kingswinford.example";
const PLACE: (&str, &str) = ("place", "facebook/comment");

/// Words that the policies of the demonstration hide, with something after them that is harmless.
const ABUSE: &str = "The receptionist is a fat useless bitch <b>and</b> the car park is full.";

/// The longest text that any platform takes, in bytes.
const LONGEST: usize = 65_525;

/// Functions that do not answer.
#[derive(Debug)]
pub(crate) struct NoAnswer;

impl Invoker for NoAnswer {
    fn invoke(
        &self,
        _: Function,
        _: Value,
    ) -> Pin<Box<dyn Future<Output = Result<Value, NotInvoked>> + Send + '_>> {
        Box::pin(async { Err(NotInvoked::NoAnswer) })
    }
}

async fn gail(stack: &Stack) -> Browser {
    let mut browser = Browser::new(stack);
    assert_eq!(browser.sign_in(stack, "/try", GAIL).await.status, 200);
    browser
}

async fn tries(browser: &mut Browser, text: &str) -> Answer {
    browser.post("/try", &[PLACE, ("text", text)]).await
}

/// Returns every item of the table as it stands.
async fn everything(stack: &Stack) -> BTreeSet<String> {
    let scan = table::client(stack.table_url())
        .scan()
        .table_name(table::NAME)
        .into_paginator()
        .items();
    let items: Vec<HashMap<String, AttributeValue>> =
        scan.send().collect::<Result<_, _>>().await.unwrap();
    let sorted = |item: HashMap<String, AttributeValue>| {
        let mut fields: Vec<String> = item.iter().map(|field| format!("{field:?}")).collect();
        fields.sort();
        fields.join("\n")
    };
    items.into_iter().map(sorted).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_practice_would_do_about_words_is_shown() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/encoder/model/encoder.bin");
    let readers = Readers::open(&[model]).unwrap();
    let stack = Stack::start_with(None, readers, Outbox::in_memory(), None)
        .await
        .unwrap();
    let mut browser = gail(&stack).await;
    let before = everything(&stack).await;
    let page = tries(&mut browser, ABUSE).await;
    assert_eq!(page.status, 200);
    let shows = |text: &str| assert!(page.body.contains(text), "{text} is not in {}", page.body);
    shows("The program hides it, and a person decides about it.");
    shows("<strong>By the program:</strong>");
    shows("<strong>Why:</strong>");
    shows("<mark>");
    shows("What people would be asked");
    // The second reader is there, and says something of its own.
    assert!(!page.body.contains("It is not there at the moment"));
    shows("Very likely an insult to somebody");
    let others = page.body.split_once("id=\"others\"").unwrap().1;
    for name in ["Kingswinford", "Three", "Roxbourne", "Woolpit", "Mile Oak"] {
        assert!(others.contains(name), "{name} is not in {others}");
    }
    // What was typed is still there, and none of it is markup.
    let typed = page.body.split_once("<textarea").unwrap().1;
    assert!(typed.contains("The receptionist is a fat useless bitch"));
    assert!(!page.body.contains("<b>"));
    // Criticism is free.
    let page = tries(
        &mut browser,
        "Forty minutes on hold again. Not good enough.",
    )
    .await;
    assert!(page.body.contains("It is left alone."), "{}", page.body);
    assert!(everything(&stack).await == before, "something was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_in_danger_in_words_that_are_tried_alerts_nobody() {
    let stack = stack().await;
    let mut browser = gail(&stack).await;
    let before = everything(&stack).await;
    let page = tries(
        &mut browser,
        "I want to die tonight, I have the pills here.",
    )
    .await;
    let says = "Somebody may be in danger: people are alerted.";
    assert!(page.body.contains(says), "{}", page.body);
    assert!(page.body.contains("nobody is told"));
    stack.rest().await;
    assert!(everything(&stack).await == before, "something was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_cannot_be_tried_are_kept_and_it_says_why() {
    let stack = stack().await;
    let mut browser = gail(&stack).await;
    let page = tries(&mut browser, " \r\n").await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("Write or paste the words of a post."));
    let elsewhere = [("place", "google/review"), ("text", "Kept words.")];
    let page = browser.post("/try", &elsewhere).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("Choose where the post would stand."));
    assert!(page.body.contains("Kept words.</textarea>"));

    // The longest post, with a line break that a browser sends as two characters.
    let longest = format!("{}\r\n", "\u{e9}".repeat((LONGEST - 1) / 2));
    let page = tries(&mut browser, &longest).await;
    assert_eq!(page.status, 200);
    let page = tries(&mut browser, &"a".repeat(LONGEST + 1)).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("Shorten it to fewer than 65,000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_stay_in_the_form_where_moderate_cannot_read_them() {
    let stack = stack().await;
    let mut browser = gail(&stack).await;
    // The console has the policy at hand; `moderate` has not seen it.
    let table = table::client(stack.table_url());
    for item in table
        .scan()
        .table_name(table::NAME)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .unwrap()
    {
        let key = |name: &str| item[name].clone();
        let [pk, sk] = ["PK", "SK"].map(|name| item[name].as_s().unwrap().as_str());
        if pk == "P#kingswinford" && sk.starts_with("POLICY#") {
            let delete = table.delete_item().table_name(table::NAME);
            let delete = delete.key("PK", key("PK")).key("SK", key("SK"));
            delete.send().await.unwrap();
        }
    }
    let page = tries(&mut browser, ABUSE).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("Tell whoever runs"), "{}", page.body);
    assert!(
        page.body
            .contains("The receptionist is a fat useless bitch")
    );
}

fn event(platform: &str, surface: &str, text: &str) -> Value {
    json!({ "try": { "practice": "kingswinford", "platform": platform, "surface": surface, "text": text } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_answers_with_decisions_and_writes_nothing() {
    let stack = stack().await;
    let moderate = Moderate::new(stack.ledger().clone(), Readers::rules_only());
    let before = everything(&stack).await;
    let answer = moderate.invoke(event("facebook", "comment", ABUSE), now());
    let tried: Tried = serde_json::from_value(answer.await.unwrap()).unwrap();
    assert_eq!(tried.decision.disposition, Disposition::Hide);
    assert!(tried.decision.does(Effect::Hide) && !tried.findings.is_empty());
    assert_eq!(tried.shipped.len(), 5);
    // Its own policy says the same among the others.
    assert!(
        tried
            .shipped
            .iter()
            .any(|other| other.decision == tried.decision)
    );
    assert!(tried.shipped.iter().any(|other| other.rule.is_some()));

    let long = "a".repeat(LONGEST + 1);
    for (platform, surface, text) in [
        ("facebook", "comment", long.as_str()),
        ("google", "comment", "hush"),
    ] {
        let refused = moderate.invoke(event(platform, surface, text), now()).await;
        assert!(matches!(refused, Err(InvokeError::Impossible)));
    }
    // An error repeats nothing of what came.
    let odd = json!({ "try": "hush" });
    let error = moderate.invoke(odd, now()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
    assert!(everything(&stack).await == before, "something was written");
}
