//! The process under load: the stack of `pagewarden up --data`, with a town of practices in it.

use std::collections::HashMap;
use std::io::stdin;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::http::StatusCode;
use dynoxide::{AttributeValue, Database, ImportOptions, Item};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use pagewarden_fakes::graph::Page;
use pagewarden_fakes::{Entry, Fault};
use pagewarden_ledger::{Ledger, PolicyRecord, PracticeRecord};
use pagewarden_local::outbox::Outbox;
use pagewarden_local::stack::Stack;
use pagewarden_local::table::NAME;
use pagewarden_readers::Readers;
use pagewarden_rules::{Channel, Platform, PracticeId};
use pagewarden_tests::now;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::town::{Delivery, Kind, page, practice};

/// The practice of the demonstration that every other is a copy of.
const LIKE: &str = "kingswinford";

/// Practices that are put into the table at the same time, and posts that are at once.
const PUBLISHED_AT_ONCE: usize = 8;
const COPIED_AT_ONCE: usize = 2_000;

/// How often the platform fails at a call, where it is to.
const FAILS_EVERY: Duration = Duration::from_secs(5);

/// The number of the post that others are copied from, and of the first copy: no delivery has them.
const MODEL: u64 = 900_000_000;

/// The order after which the platform fails no more.
pub(crate) const WELL: &str = "well";

/// Runs until standard input ends. Each line there is a delivery that the fake platform learns, or
/// an order.
/// What it has to say goes to standard output: a line of JSON when it is ready, and each second.
pub(crate) async fn run(file: &Path, practices: usize, posts: usize, faults: bool) -> Result<()> {
    pagewarden_runtime::start_logging_for_people();
    let outbox = Outbox::in_memory();
    let stack = Stack::start_with(Some(file), Readers::rules_only(), outbox, None).await?;
    let stack = Arc::new(stack);
    settle_in(&stack, practices).await?;
    copy_posts(&stack, file, practices, posts).await?;
    println!(
        "{}",
        json!({ "webhook": format!("{}/webhooks/facebook", stack.api_url()) })
    );
    let telling = tokio::spawn(tell(Arc::clone(&stack)));
    let failing = faults.then(|| tokio::spawn(go_wrong(Arc::clone(&stack))));
    let learning = Arc::clone(&stack);
    tokio::task::spawn_blocking(move || {
        for line in stdin().lines() {
            let line = line?;
            if line == WELL {
                failing.iter().for_each(JoinHandle::abort);
                learning.graph().faults().end();
            } else {
                learning.graph().learn(line.as_bytes())?;
            }
        }
        anyhow::Ok(())
    })
    .await??;
    telling.abort();
    let mut hides: HashMap<String, u32> = HashMap::new();
    for entry in stack.graph().journal() {
        if let Entry::Hidden { id } = entry {
            *hides.entry(id).or_default() += 1;
        }
    }
    let twice = hides.values().filter(|times| **times > 1).count();
    println!("{}", json!({ "hides": hides.len(), "hidden_twice": twice }));
    Ok(())
}

/// Says each second how much waits.
async fn tell(stack: Arc<Stack>) -> Result<()> {
    loop {
        println!("{}", json!({ "backlog": stack.backlog()?.records }));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Has the platform fail at a call every few seconds, each time in another way.
async fn go_wrong(stack: Arc<Stack>) {
    let failed = (StatusCode::SERVICE_UNAVAILABLE, json!({}));
    let faults = [
        Fault::Instead(failed.0, failed.1.clone()),
        Fault::Cut,
        Fault::After(failed.0, failed.1),
        Fault::Late(Duration::from_secs(2)),
    ];
    for fault in faults.iter().cycle() {
        tokio::time::sleep(FAILS_EVERY).await;
        stack.graph().faults().next(1, fault);
    }
}

/// Puts the practices into the table, each with its page on the fake platform.
async fn settle_in(stack: &Stack, practices: usize) -> Result<()> {
    let (ledger, like) = (stack.ledger(), LIKE.parse()?);
    let record = ledger
        .practice(&like)
        .await?
        .context("a practice is missing")?;
    let policy = ledger
        .policy(&like, record.policy)
        .await?
        .context("it has no policy")?;
    stream::iter(0..practices)
        .map(|n| open(stack, ledger, n, &record, &policy))
        .buffer_unordered(PUBLISHED_AT_ONCE)
        .try_collect::<()>()
        .await
}

async fn open(
    stack: &Stack,
    ledger: &Ledger,
    n: usize,
    record: &PracticeRecord,
    policy: &PolicyRecord,
) -> Result<()> {
    let (id, page) = (practice(n), page(n));
    let policy = PolicyRecord {
        version: 0,
        toml: policy
            .toml
            .replacen(&format!("id = \"{LIKE}\""), &format!("id = \"{id}\""), 1),
        ..policy.clone()
    };
    // Each has people of its own.
    let settings = record.settings.replace(LIKE, &id);
    let channel = Channel {
        platform: Platform::Facebook,
        account: page.clone(),
    };
    let practice: PracticeId = id.parse()?;
    if ledger.practice(&practice).await?.is_none() {
        ledger
            .publish(&practice, None, &policy, &settings, &[channel])
            .await?;
    }
    let token = stack.graph().connect(&Page {
        id: page.clone(),
        instagram: None,
    });
    let secret = json!({ "token": token }).to_string();
    stack
        .store()
        .put(&format!("channel/facebook/{page}"), &secret);
    Ok(())
}

/// Puts copies of a post that was judged into the table, spread over the practices.
async fn copy_posts(stack: &Stack, file: &Path, practices: usize, posts: usize) -> Result<()> {
    if posts == 0 {
        return Ok(());
    }
    let model = Delivery::new(MODEL, 0, Kind::Clean, now());
    anyhow::ensure!(
        stack.sender().deliver(&model.body).await? == 200,
        "not taken"
    );
    stack.rest().await;
    let database = Database::new(file.to_str().context("a path that is no text")?)?;
    let asked = json!({
        "TableName": NAME, "KeyConditionExpression": "PK = :pk",
        "ExpressionAttributeValues": { ":pk": { "S": model.partition } },
    });
    let items = database
        .query(serde_json::from_value(asked)?)?
        .items
        .unwrap_or_default();
    let mut copies = Vec::with_capacity(COPIED_AT_ONCE);
    for n in 0..posts {
        let number = MODEL + 1 + n as u64;
        let to = Delivery::new(number, n % practices, Kind::Clean, Timestamp::UNIX_EPOCH);
        copies.extend(items.iter().map(|item| copy(item, &to)));
        if copies.len() >= COPIED_AT_ONCE || n + 1 == posts {
            database.import_items(NAME, std::mem::take(&mut copies), ImportOptions::default())?;
        }
    }
    Ok(())
}

/// Returns an item in another post's partition. Nothing is due of a copy.
fn copy(item: &Item, to: &Delivery) -> Item {
    let mut copy = item.clone();
    copy.retain(|name, _| !name.starts_with("due_"));
    let partition = AttributeValue::S(to.partition.clone());
    copy.insert("PK".to_owned(), partition);
    copy
}
