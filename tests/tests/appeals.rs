//! An author asks for another look at what was hidden, from the message that tells them how to the
//! answer on the page.

#![expect(clippy::unwrap_used, reason = "a test may")]

use jiff::SignedDuration;
use pagewarden_fakes::Entry;
use pagewarden_ledger::{Choice, History, Person, Reference};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Effect, Platform, PostKey, PracticeId, Role};
use pagewarden_tests::{comment, stack, until};

const ROXBOURNE: &str = "100000000000003";
const PRIVACY: &str = "My neighbour Sheila Bowcott has been in there every week for her depression";

fn roxbourne() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn post(id: &str) -> PostKey {
    PostKey {
        practice: roxbourne(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn done(effect: Effect) -> impl Fn(&History) -> bool {
    move |history| {
        history.events.iter().any(|event| {
            matches!(event.event(), Ok(pagewarden_ledger::Event::Acted { effect: of, .. }) if of == effect)
        })
    }
}

/// Writes a comment that is hidden, and returns what is on record about it then.
async fn hidden(stack: &Stack, id: &str) -> History {
    let body = comment(ROXBOURNE, id, "55", PRIVACY);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(stack, &post(id), done(Effect::Hide)).await
}

/// Has the author told that their comment is hidden, and returns the message that Facebook
/// delivered.
async fn told(stack: &Stack, id: &str) -> String {
    let history = hidden(stack, id).await;
    let task = history
        .tasks
        .iter()
        .find(|task| task.draft_visible.is_some())
        .unwrap();
    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    let now = stack.clock().now();
    stack
        .ledger()
        .choose(&post(id), &task.id, &imran, Choice::AskAuthor, now)
        .await
        .unwrap();
    until(stack, &post(id), done(Effect::AskAuthor)).await;
    let sent = stack.graph().journal().into_iter().rev();
    let mut private = sent.filter_map(|entry| match entry {
        Entry::Replied {
            private: true,
            words,
            ..
        } => Some(words),
        _ => None,
    });
    private.next().unwrap()
}

/// Returns the reference that a message gives.
fn reference_in(message: &str) -> Reference {
    let (_, reference) = message.rsplit_once("Your reference is ").unwrap();
    reference.trim_end_matches('.').parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_author_is_told_a_reference_that_leads_to_their_post() {
    let stack = stack().await;
    let message = told(&stack, "1_1").await;
    let page = format!("{}/look-again/roxbourne", stack.console_url());
    assert!(message.starts_with("We have hidden"), "{message}");
    assert!(message.contains(&page), "{message}");
    assert!(!message.contains("Bowcott"), "{message}");
    let reference = reference_in(&message);
    let history = stack.ledger().history(&post("1_1")).await.unwrap().unwrap();
    let on_record = history.actions.iter().any(|action| {
        action.effect == Effect::AskAuthor && action.words.as_deref() == Some(message.as_str())
    });
    assert!(on_record, "the record says what was sent");

    let now = stack.clock().now();
    let of = async |practice: PracticeId, reference: &Reference, at| {
        let found = stack.ledger().post_of_reference(&practice, reference, at);
        found.await.unwrap()
    };
    assert_eq!(of(roxbourne(), &reference, now).await, Some(post("1_1")));
    // It is of this practice alone, lasts a year, and another is another.
    let elsewhere = "woolpit".parse().unwrap();
    assert_eq!(of(elsewhere, &reference, now).await, None);
    let years_later = now + SignedDuration::from_hours(366 * 24);
    assert_eq!(of(roxbourne(), &reference, years_later).await, None);
    let other = Reference::random().unwrap();
    assert_eq!(of(roxbourne(), &other, now).await, None);
    let second = reference_in(&told(&stack, "1_2").await);
    assert_ne!(second, reference);
    assert_eq!(of(roxbourne(), &second, now).await, Some(post("1_2")));
}
