//! Drafting a policy in the console: who may, what is shown, and that the saved files load.

use pagewarden_policies::{load, shipped};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::stack;

const GAIL: &str = "gail@kingswinford.example";
const PRITI: &str = "priti.shah@kingswinford.example";
const DRAFT: &str = "/policy/draft";

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_text_becomes_files_that_load() {
    let stack = stack().await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    assert!(
        gail.get("/policy")
            .await
            .body
            .contains("href=\"/policy/draft\"")
    );
    let text = shipped()[0].2;
    let page = gail.post(DRAFT, &[("text", text)]).await;
    assert_eq!(page.status, 200);
    let shows = |text: &str| assert!(page.body.contains(text), "{text} is not in {}", page.body);
    shows("It can be used once its questions are answered.");
    shows("<strong>By the program:</strong>");
    shows("Open:");
    shows("It reads as K4");
    // As a browser has it: a line break is two characters.
    let sent = text.replace('\n', "\r\n");
    let policy = gail
        .post(DRAFT, &[("text", &sent), ("save", "policy")])
        .await;
    assert!(
        policy
            .header("content-disposition")
            .contains("kingswinford.toml")
    );
    let beside = gail.post(DRAFT, &[("text", &sent), ("save", "text")]).await;
    let loaded = load(&policy.body, &beside.body, "kingswinford.toml").unwrap();
    assert!(loaded.policy.clauses.len() > 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_drafted_from_is_told_and_kept() {
    let stack = stack().await;
    let mut gail = Browser::signed_in(&stack, GAIL).await;
    let empty = gail.post(DRAFT, &[("text", " \r\n")]).await;
    assert!(
        empty.status == 422
            && empty
                .body
                .contains("Paste the text of your published policy.")
    );
    let long = "Be kind. ".repeat(7_000);
    let long = gail.post(DRAFT, &[("text", &long)]).await;
    assert!(long.status == 422 && long.body.contains("longer than any policy"));
    let none = gail
        .post(DRAFT, &[("text", "Welcome to our <b>page</b>.")])
        .await;
    assert!(
        none.status == 200 && none.body.contains("It cannot be used yet:"),
        "{}",
        none.body
    );
    assert!(!none.body.contains("<b>"));
    // A reviewer reads the policy, and does not write one.
    let mut priti = Browser::signed_in(&stack, PRITI).await;
    assert_eq!(priti.get(DRAFT).await.status, 403);
    assert_eq!(priti.post(DRAFT, &[("text", "Be kind.")]).await.status, 403);
}
