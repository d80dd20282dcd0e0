//! The second reader on the command line: what it says, in words for somebody who decides, and what
//! is said without it.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const PLEA: &str = "He locks the door when he goes to work and takes my phone. Last night he held my head under the \
                    bath water. I don't know who else to write to.";

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/encoder/model/encoder.bin")
}

fn pagewarden(arguments: &[&str], input: &str, model: &Path) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pagewarden"))
        .args(arguments)
        .env("PAGEWARDEN_MODEL", model)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn checked(arguments: &[&str], model: &Path) -> (Value, String) {
    let input = format!("{}\n", json!({ "id": 1, "text": PLEA }));
    let output = pagewarden(
        &[&["check", "--practice", "woolpit"], arguments].concat(),
        &input,
        model,
    );
    (
        serde_json::from_slice(&output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn check_says_which_sentence_reads_like_what_and_how_surely() {
    let (answer, said) = checked(&[], &model());
    assert_eq!(
        (answer["disposition"].as_str().unwrap(), said.as_str()),
        ("page", "")
    );
    let reader = &answer["second_reader"];
    assert_eq!(reader["who"], "a program that learned from examples");
    let danger = reader["says"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["sense"] == "danger")
        .unwrap();
    assert_eq!(danger["reads_like"], "somebody in danger");
    assert!(
        ["very likely", "perhaps"].contains(&danger["how_sure"].as_str().unwrap()),
        "{danger}"
    );
    assert!(
        PLEA.contains(danger["sentence"].as_str().unwrap()) && danger["like"].is_string(),
        "{danger}"
    );
    // What a program that trains the reader takes for the rules' findings is theirs alone.
    let cues: Vec<&str> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["cue"].as_str().unwrap())
        .collect();
    assert!(
        cues.iter()
            .all(|cue| cue.contains('.') || cue.contains('_')),
        "{cues:?}"
    );
}

#[test]
fn without_its_model_the_rules_read_alone_and_that_is_said_once() {
    let nowhere = Path::new("/nowhere/encoder.bin");
    let (answer, said) = checked(&["--rules-only"], &model());
    assert_eq!(said, "");
    assert_eq!(
        answer["second_reader"],
        "not there: the rules alone have read it"
    );
    let missing = pagewarden(&["check", "--model", "/nowhere/encoder.bin"], "", &model());
    assert!(!missing.status.success());
    assert!(
        String::from_utf8(missing.stderr)
            .unwrap()
            .contains("cannot use the model /nowhere/encoder.bin")
    );
    let both = pagewarden(&["read", "--rules-only", "--model", "x"], "", nowhere);
    assert!(!both.status.success());
    for no_model in [
        nowhere,
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"),
    ] {
        let (answer, said) = checked(&[], no_model);
        assert_eq!(
            answer["second_reader"],
            "not there: the rules alone have read it"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("the second reader is not there")
                && said.contains("the rules alone read"),
            "{said}"
        );
    }
}

#[test]
fn history_shows_words_only_where_asked_for() {
    let folder =
        std::env::temp_dir().join(format!("pagewarden-second-reader-{}", std::process::id()));
    fs::create_dir_all(folder.join("facebook")).unwrap();
    let delivery = json!({ "object": "page", "entry": [{ "id": "100000000000004", "time": 1_795_168_860, "changes": [
        { "field": "feed", "value": { "from": { "id": "55", "name": "Test Author" }, "item": "comment", "verb": "add",
            "post_id": "100000000000004_1", "parent_id": "100000000000004_1", "comment_id": "7_7",
            "created_time": 1_795_168_860, "message": PLEA } }] }] });
    fs::write(folder.join("facebook/1.json"), delivery.to_string()).unwrap();
    let data = folder.join("data.sqlite");
    let data = data.to_str().unwrap();
    let played = pagewarden(
        &["replay", folder.to_str().unwrap(), "--data", data, "--json"],
        "",
        &model(),
    );
    assert!(played.status.success(), "{played:?}");
    let told: Value = serde_json::from_slice(&played.stdout).unwrap();
    let post = format!("{}/facebook/7_7", told["practice"].as_str().unwrap());
    let history = |more: &[&str]| {
        let output = pagewarden(
            &[&["history", &post, "--data", data], more].concat(),
            "",
            &model(),
        );
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout)
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let bare = history(&[]);
    assert!(
        bare.contains("read as well by a program that learned from examples (model "),
        "{bare}"
    );
    assert!(
        bare.contains("somebody in danger (in bytes ") && bare.contains("like the example \""),
        "{bare}"
    );
    assert!(!bare.contains("bath water"), "{bare}");
    let told = history(&["--words"]);
    assert!(told.contains("somebody in danger: \""), "{told}");
    fs::remove_dir_all(folder).unwrap();
}
