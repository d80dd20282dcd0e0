//! The template, the folder of functions and the local stack agree on which functions there are, and the sample events
//! for invoking one by hand are such as the functions take.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pagewarden_local::template::Template;
use pagewarden_rules::{Platform, PostKey};
use serde_json::{Value, json};

#[tokio::test]
async fn template_folder_and_local_stack_have_the_same_functions() {
    let named: BTreeSet<String> =
        Template::shipped().unwrap().binaries().unwrap().into_iter().map(|(_, binary)| binary).collect();
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
        let error = stack.invoke(function, json!(1)).await.unwrap_err().to_string();
        assert!(error.contains("does not read"), "{function}: {error}");
    }
    let error = stack.invoke("nobody", json!(1)).await.unwrap_err().to_string();
    assert!(error.contains("there is no function"), "{error}");
}

#[tokio::test]
async fn the_events_for_invoking_by_hand_are_one_comments_way() {
    let stack = pagewarden_tests::stack().await;
    let folder = pagewarden_tests::events().join("sam");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut invoked = BTreeSet::new();
    let mut images = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let function = name.split('-').nth(1).unwrap().to_owned();
        let event: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        images.extend(event["Records"][0]["dynamodb"]["NewImage"].as_object().cloned());
        let answer = stack.invoke(&function, event).await.unwrap();
        match function.as_str() {
            "webhook" => assert_eq!(answer["statusCode"], 200, "{name}: {answer}"),
            "moderate" | "act" => assert_eq!(answer["batchItemFailures"], json!([]), "{name}: {answer}"),
            _ => assert!(answer.is_null(), "{name}: {answer}"),
        }
        invoked.insert(function);
    }
    let named = Template::shipped().unwrap().binaries().unwrap().into_iter().map(|(_, binary)| binary);
    assert_eq!(invoked, named.collect());

    // The records in the files are those that this delivery makes: their ids, which are made of the content, agree.
    let post = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: "00190010002_000200177".to_owned(),
    };
    let history = stack.ledger().history(&post).await.unwrap().unwrap();
    let (revision, action) = (&images[0]["revision"]["S"], &images[1]["id"]["S"]);
    assert_eq!(json!(history.revisions[0].revision.to_string()), *revision);
    assert!(history.actions.iter().any(|made| json!(made.id) == *action), "no action is {action}");
}
