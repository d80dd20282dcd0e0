//! Many cases at once: copies of one that was really judged, put into the table as they stand, since
//! judging ten thousand posts takes a test too long.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use pagewarden_ledger::{History, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_local::table::{NAME, client};
use pagewarden_rules::{Platform, PostKey};

use crate::{comment, until};

type Item = HashMap<String, AttributeValue>;

/// Writes that the table takes at once.
const AT_ONCE: usize = 25;

/// Characters of a task's id that tell copies from each other.
const DIGITS: usize = 6;

/// Puts copies of a post's case into the table, numbered from one number to another: the first
/// `whole` of them with all that is on record of the post, the others with what lists them, a
/// task. Nothing is due of a copy.
///
/// # Panics
///
/// When the table does not answer, or the post has no task.
pub async fn crowd(stack: &Stack, like: &PostKey, numbers: std::ops::Range<usize>, whole: usize) {
    let client = client(stack.table_url());
    let items = partition(&client, like).await;
    let task: Vec<Item> = items
        .iter()
        .find(|item| is_task(item))
        .cloned()
        .into_iter()
        .collect();
    assert!(!task.is_empty(), "{like} waits for nobody");
    let mut writes = Vec::new();
    for n in numbers {
        let copied = if n < whole { &items } else { &task };
        writes.extend(copied.iter().map(|item| copy(item, like, n)));
        if writes.len() >= AT_ONCE {
            put(&client, &mut writes).await;
        }
    }
    while !writes.is_empty() {
        put(&client, &mut writes).await;
    }
}

/// Returns the id of a copy.
#[must_use]
pub fn copy_of(like: &PostKey, n: usize) -> PostKey {
    PostKey {
        id: format!("{}_{n}", like.id),
        ..like.clone()
    }
}

#[expect(clippy::expect_used, reason = "a test without a table has failed")]
async fn partition(client: &Client, post: &PostKey) -> Vec<Item> {
    let partition = format!("P#{}#POST#{}#{}", post.practice, post.platform, post.id);
    let found = client
        .query()
        .table_name(NAME)
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(partition))
        .send();
    found
        .await
        .expect("the table answers")
        .items
        .unwrap_or_default()
}

#[expect(clippy::expect_used, reason = "a test without a table has failed")]
async fn put(client: &Client, writes: &mut Vec<Item>) {
    let some = writes.drain(..writes.len().min(AT_ONCE)).map(|item| {
        let put = PutRequest::builder().set_item(Some(item)).build();
        let put = put.expect("it has an item");
        WriteRequest::builder().put_request(put).build()
    });
    let sent = client
        .batch_write_item()
        .request_items(NAME, some.collect())
        .send();
    sent.await.expect("the table takes them");
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name).and_then(|value| value.as_s().ok())
}

fn is_task(item: &Item) -> bool {
    text(item, "SK").is_some_and(|sk| sk.starts_with("TASK#"))
}

/// Returns a copy of an item in the partition of the copied post.
fn copy(item: &Item, like: &PostKey, n: usize) -> Item {
    let mut copy = item.clone();
    let id = copy_of(like, n).id;
    copy.retain(|name, _| !["due_kind", "due_pk", "due_sk"].contains(&name.as_str()));
    let mut set = |name: &str, value: String| {
        copy.insert(name.to_owned(), AttributeValue::S(value));
    };
    set(
        "PK",
        format!("P#{}#POST#{}#{id}", like.practice, like.platform),
    );
    if let (true, Some(task)) = (is_task(item), text(item, "id")) {
        let (kept, _) = task.split_at(task.len() - DIGITS);
        let renamed = format!("{kept}{n:0DIGITS$}");
        set("SK", format!("TASK#{renamed}"));
        if let Some(place) = text(item, "queue_sk") {
            set("queue_sk", place.replace(task.as_str(), &renamed));
        }
        set("id", renamed);
    }
    if let Some(AttributeValue::M(key)) = copy.get_mut("key") {
        key.insert("id".to_owned(), AttributeValue::S(id));
    }
    copy
}

/// Has an abusive comment judged and hidden, and returns it: a case to copy.
///
/// # Panics
///
/// When it is not hidden in time.
#[expect(clippy::expect_used, reason = "a test that cannot send has failed")]
pub async fn abused(stack: &Stack) -> PostKey {
    const PAGE: &str = "100000000000001";
    let words = "The receptionist is a fat useless bitch";
    let post = PostKey {
        practice: "kingswinford".parse().expect("an id"),
        platform: Platform::Facebook,
        id: "1_1".to_owned(),
    };
    let body = comment(PAGE, &post.id, "55", words);
    stack.graph().learn(&body).expect("a delivery");
    let taken = stack.sender().deliver(&body).await.expect("it is sent");
    assert_eq!(taken, 200);
    let hidden = |history: &History| history.state.visibility == Visibility::Hidden;
    until(stack, &post, hidden).await;
    stack.rest().await;
    post
}
