//! Quotes of the account's posts: what a search finds of which no delivery told.

use jiff::SignedDuration;
use pagewarden_fakes::x::Sent;
use pagewarden_ledger::Visibility;
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Surface, TaskKind};
use pagewarden_tests::stack;
use serde_json::{Value, json};

use super::{
    ABUSE, ACCOUNT, ASKING, AUTHOR, NAME, ROOT, channel, decided, event, history, mention, sweep,
    until, woolpit,
};

/// A post of the account itself.
fn own(id: &str) -> Vec<u8> {
    let payload = json!({ "id": id, "author_id": ACCOUNT, "text": "Flu clinics start on Monday.", "conversation_id": id });
    event("post.mention.create", &payload)
        .to_string()
        .into_bytes()
}

/// A post of its own, written now, that quotes another and names nobody.
fn quote(stack: &Stack, id: &str, of: &str, words: &str) -> Value {
    event(
        "post.quote.create",
        &json!({ "id": id, "author_id": AUTHOR, "text": words, "created_at": stack.clock().now().to_string(),
            "conversation_id": id, "display_text_range": [0, words.len()], "entities": { "mentions": [] },
            "referenced_posts": [{ "type": "quoted", "id": of }] }),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_quote_without_a_mention_is_judged_within_a_day() {
    let stack = stack().await;
    stack.timeline().learn(&own(ROOT)).unwrap();
    // The list, the account's own posts, and what quotes them.
    assert_eq!(sweep(&stack).await, 3);
    stack
        .timeline()
        .happen(&quote(&stack, "1030", ROOT, ABUSE), Sent::Never)
        .unwrap();
    stack
        .timeline()
        .happen(&quote(&stack, "1031", ROOT, ASKING), Sent::Never)
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    assert!(history(&stack, "1030").await.is_none());

    stack.clock().pass(SignedDuration::from_hours(24));
    assert_eq!(sweep(&stack).await, 3);
    let found = until(&stack, "1030", decided).await;
    assert_eq!(found.revisions[0].post.surface, Surface::Mention);
    // X lets nobody hide a quote.
    assert!(
        found.actions.is_empty()
            && found
                .tasks
                .iter()
                .any(|task| task.kind == TaskKind::ReportByHand)
    );
    assert!(until(&stack, "1031", decided).await.tasks.is_empty());
    let mark = stack
        .ledger()
        .watermark(&woolpit(), &channel())
        .await
        .unwrap();
    assert_eq!(sweep(&stack).await, 1);
    assert_eq!(
        stack
            .ledger()
            .watermark(&woolpit(), &channel())
            .await
            .unwrap(),
        mark
    );

    // From now on it is asked after like any other, and what its author takes back loses its words.
    stack.timeline().remove("1030").unwrap();
    stack.clock().pass(SignedDuration::from_hours(24));
    assert_eq!(sweep(&stack).await, 4);
    let gone = until(&stack, "1030", |history| {
        history.revisions[0].post.text.is_empty()
    })
    .await;
    assert_eq!(
        (gone.state.visibility, gone.revisions.len()),
        (Visibility::Gone, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quote_that_is_found_in_three_ways_is_judged_once() {
    let stack = stack().await;
    stack.timeline().learn(&own(ROOT)).unwrap();
    let mut naming = quote(&stack, "1032", ROOT, &format!("{ABUSE} @{NAME}"));
    naming["data"]["payload"]["entities"] =
        mention("1032", ABUSE)["data"]["payload"]["entities"].clone();
    stack.timeline().happen(&naming, Sent::Once).unwrap();
    let told = until(&stack, "1032", decided).await;
    sweep(&stack).await;
    let found = history(&stack, "1032").await.unwrap();
    assert_eq!(
        (found.revisions.len(), found.events.len()),
        (1, told.events.len())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_search_loses_neither_mentions_nor_quotes() {
    let stack = stack().await;
    stack.timeline().learn(&own(ROOT)).unwrap();
    let both = |number: u32, of: &str| {
        let (named, quoted) = (format!("10{number}0"), format!("10{number}1"));
        stack
            .timeline()
            .happen(&mention(&named, ASKING), Sent::Never)
            .unwrap();
        stack
            .timeline()
            .happen(&quote(&stack, &quoted, of, ASKING), Sent::Never)
            .unwrap();
        (named, quoted)
    };
    let is_there = async |id: &str| history(&stack, id).await.is_some();

    stack.timeline().set_search(false);
    let (named, quoted) = both(4, ROOT);
    sweep(&stack).await;
    assert!(is_there(&named).await && !is_there(&quoted).await);
    assert_eq!(sweep(&stack).await, 1);
    // Somebody raises the plan.
    stack.timeline().set_search(true);
    stack.clock().pass(SignedDuration::from_hours(24));
    sweep(&stack).await;
    assert!(is_there(&quoted).await);

    // X takes no more searches for a while, which passes by itself.
    stack.clock().pass(SignedDuration::from_hours(24));
    stack.timeline().set_limit("search", 0);
    let (named, quoted) = both(5, ROOT);
    sweep(&stack).await;
    assert!(is_there(&named).await && !is_there(&quoted).await);
    stack.timeline().set_limit("search", 300);
    stack.clock().pass(SignedDuration::from_hours(1));
    sweep(&stack).await;
    assert!(is_there(&quoted).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn quotes_of_fifty_posts_take_five_searches() {
    let stack = stack().await;
    for n in 10..70 {
        stack.timeline().learn(&own(&format!("5{n}"))).unwrap();
    }
    for (id, of) in [("1060", "569"), ("1061", "520"), ("1062", "519")] {
        stack
            .timeline()
            .happen(&quote(&stack, id, of, ASKING), Sent::Never)
            .unwrap();
    }
    assert_eq!(sweep(&stack).await, 7);
    assert!(history(&stack, "1060").await.is_some() && history(&stack, "1061").await.is_some());
    assert!(history(&stack, "1062").await.is_none());
    // A newer post takes the place of the oldest.
    stack.timeline().learn(&own("570")).unwrap();
    stack
        .timeline()
        .happen(&quote(&stack, "1063", "570", ASKING), Sent::Never)
        .unwrap();
    stack
        .timeline()
        .happen(&quote(&stack, "1064", "520", ASKING), Sent::Never)
        .unwrap();
    stack.clock().pass(SignedDuration::from_hours(24));
    sweep(&stack).await;
    assert!(history(&stack, "1063").await.is_some() && history(&stack, "1064").await.is_none());
}
