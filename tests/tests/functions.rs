//! The template, the folder of functions and the local stack agree on which functions there are,
//! and the sample events for invoking one by hand are such as the functions take.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aws_sdk_dynamodb::types::AttributeValue;
use pagewarden_local::demo;
use pagewarden_local::table::{self, Table};
use pagewarden_local::template::Template;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_platforms::google::{Google, Pusher, Settings};
use pagewarden_rules::{Platform, PostKey};
use pagewarden_tests::emulator::secrets;
use serde_json::{Value, json};
use webhook::{Push, Webhook};

#[tokio::test]
async fn template_folder_and_local_stack_have_the_same_functions() {
    let named: BTreeSet<String> = Template::shipped()
        .unwrap()
        .binaries()
        .unwrap()
        .into_iter()
        .map(|(_, binary)| binary)
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let built: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(named, built);

    let stack = pagewarden_tests::stack().await;
    // No function takes a number for an event, so what refuses it is there, and has done nothing.
    for function in &named {
        let error = stack
            .invoke(function, json!(1))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("does not read"), "{function}: {error}");
    }
    let error = stack
        .invoke("nobody", json!(1))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("there is no function"), "{error}");
}

#[tokio::test]
async fn the_events_for_invoking_by_hand_are_one_comments_way() {
    let stack = pagewarden_tests::stack().await;
    let folder = pagewarden_tests::events().join("sam");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut invoked = BTreeSet::new();
    let mut images = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let function = name.split('-').nth(1).unwrap().to_owned();
        let event: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        images.extend(
            event["Records"][0]["dynamodb"]["NewImage"]
                .as_object()
                .cloned(),
        );
        let answer = stack.invoke(&function, event).await.unwrap();
        match function.as_str() {
            "webhook" | "console" => assert_eq!(answer["statusCode"], 200, "{name}: {answer}"),
            "moderate" | "act" => {
                assert_eq!(answer["batchItemFailures"], json!([]), "{name}: {answer}");
            }
            "connect" => assert!(answer["agree"]["address"].is_string(), "{name}: {answer}"),
            _ => assert!(answer.is_null(), "{name}: {answer}"),
        }
        invoked.insert(function);
    }
    let named = Template::shipped()
        .unwrap()
        .binaries()
        .unwrap()
        .into_iter()
        .map(|(_, binary)| binary);
    assert_eq!(invoked, named.collect());

    // The records in the files are those that this delivery makes: their ids, which are made of the
    // content, agree.
    let post = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: "00190010002_000200177".to_owned(),
    };
    let history = stack.ledger().history(&post).await.unwrap().unwrap();
    let (revision, action) = (&images[0]["revision"]["S"], &images[1]["id"]["S"]);
    assert_eq!(json!(history.revisions[0].revision.to_string()), *revision);
    assert!(
        history.actions.iter().any(|made| json!(made.id) == *action),
        "no action is {action}"
    );
}

fn sample(name: &str) -> Value {
    let file = pagewarden_tests::events().join("sam").join(name);
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// Returns an item as the table's stream has it. Of the types that there are, no revision has
/// others than these.
fn in_stream(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::M(members) => {
            json!({ "M": members.iter().map(|(name, value)| (name.clone(), in_stream(value))).collect::<Value>() })
        }
        other => panic!("a revision has none of these: {other:?}"),
    }
}

#[tokio::test]
async fn the_sample_delivery_makes_the_sample_revision() {
    let table = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    demo::bootstrap(&table.ledger(), pagewarden_tests::now())
        .await
        .unwrap();
    let app = json!({ "app_secret": demo::APP_SECRET, "verify_token": "v" }).to_string();
    let nobody = Pusher {
        audience: String::new(),
        account: String::new(),
    };
    let push = Push::new(
        Google::new(Http::new(Timeouts::default()).unwrap(), Settings::default()),
        nobody,
    );
    let webhook = Webhook::new(
        table.ledger(),
        secrets(&[("facebook/app", &app)]).await,
        push,
    );
    let delivery = serde_json::from_value(sample("20-webhook-delivery.json")).unwrap();
    assert_eq!(
        webhook
            .handle(delivery, pagewarden_tests::now())
            .await
            .status_code,
        200
    );

    let expected = &sample("30-moderate-revision.json")["Records"][0]["dynamodb"]["NewImage"];
    let key = |name: &str| AttributeValue::S(expected[name]["S"].as_str().unwrap().to_owned());
    let get = table::client(table.url())
        .get_item()
        .table_name("pagewarden")
        .key("PK", key("PK"))
        .key("SK", key("SK"));
    let item = get
        .send()
        .await
        .unwrap()
        .item
        .expect("the delivery makes a revision of that name");
    let mut made: Value = item
        .iter()
        .map(|(name, value)| (name.clone(), in_stream(value)))
        .collect();
    // These follow the clock.
    for name in ["seen_at", "due_sk"] {
        made[name] = expected[name].clone();
    }
    assert_eq!(made, *expected, "{made:#}");
}
