//! The reader is scored on what a practice's own people decided about its posts.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::process::{Command, Output};

use serde_json::{Value, json};

const PAGE: &str = "100000000000001";

fn pagewarden(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pagewarden"))
        .args(arguments)
        .output()
        .unwrap()
}

fn says(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{errors}");
    told
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn the_reader_is_scored_on_what_people_decided() {
    let folder = std::env::temp_dir().join(format!("pagewarden-decided-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(folder.join("events/facebook")).unwrap();
    let posts = [
        "The receptionist is a fat useless bitch",
        "The receptionist is a fat useless bitch, I tell you",
        "I want to make a formal complaint about how I was spoken to.",
        "The building is on the corner of the road",
    ];
    for (nth, words) in posts.iter().enumerate() {
        let value = json!({ "from": { "id": format!("5{nth}"), "name": "Flo Odd" }, "item": "comment",
            "verb": "add", "post_id": format!("{PAGE}_1"), "parent_id": format!("{PAGE}_1"),
            "comment_id": format!("1_{nth}"), "created_time": 1_795_168_860, "message": words });
        let body = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_795_168_860,
            "changes": [{ "field": "feed", "value": value }] }] });
        let file = folder.join(format!("events/facebook/{nth}.json"));
        std::fs::write(file, body.to_string()).unwrap();
    }
    let (data, events) = (folder.join("table"), folder.join("events"));
    let (data, events) = (data.to_str().unwrap(), events.to_str().unwrap());
    let up = pagewarden(&[
        "up",
        "--rules-only",
        "--data",
        data,
        "--replay",
        events,
        "--exit",
        "--json",
    ]);
    let told: Vec<Value> = says(&up)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let score = |more: &[&str]| {
        let asked = [
            "score",
            "--rules-only",
            "--practice",
            "kingswinford",
            "--data",
            data,
        ];
        says(&pagewarden(&[&asked[..], more].concat()))
    };
    let nothing = score(&[]);
    assert!(
        nothing.contains("decided about 0 versions of posts"),
        "{nothing}"
    );

    // The machine was wrong about one; another is a complaint.
    let gail = ["--as", "Gail:practice_manager", "--data", data];
    let unhide = ["unhide", "kingswinford/facebook/1_0"];
    says(&pagewarden(&[&unhide[..], &gail].concat()));
    let complaint = told.iter().find(|post| post["post"] == "1_2").unwrap();
    let tasks = complaint["waiting"].as_array().unwrap();
    let task = tasks
        .iter()
        .find(|task| task["task"] == "complaint_decision");
    let task = task.unwrap()["id"].as_str().unwrap();
    let decide = ["task", "decide", task, "--do", "complaint"];
    says(&pagewarden(&[&decide[..], &gail].concat()));

    let table = score(&[]);
    assert!(
        table.contains("decided about 2 versions of posts. The words of 2 are kept"),
        "{table}"
    );
    assert!(
        table.contains("1 were hidden by the program and shown again"),
        "{table}"
    );
    assert!(
        table.contains("Fewer than 30 decisions, so a share says little"),
        "{table}"
    );
    let figures = |table: &str, name: &str| -> Vec<String> {
        let line = table.lines().find(|line| {
            let first = line.split_whitespace().next();
            first.is_some_and(|first| first.rsplit('/').next() == Some(name))
        });
        let line = line.unwrap_or_else(|| panic!("{name} in {table}"));
        line.split_whitespace().skip(1).map(str::to_owned).collect()
    };
    // The complaint was found. What was shown again was no abuse, and is found as such.
    assert_eq!(
        figures(&table, "complaint")[..4],
        ["1", "1", "1.000", "1.000"]
    );
    assert_eq!(figures(&table, "abuse")[..2], ["1", "0"]);
    assert_eq!(figures(&table, "abuse").last().unwrap(), "1.0000");
    assert!(table.contains("abuse: facebook/1_0, found by"), "{table}");
    assert!(
        !table.contains("useless"),
        "words are shown to who asks for them: {table}"
    );
    assert!(score(&["--show"]).contains("useless"));

    // A file of them is scored alike.
    let file = folder.join("decided.csv");
    let file = file.to_str().unwrap();
    let written = score(&["--brief", "--write", file]);
    let again = says(&pagewarden(&["score", "--rules-only", "--brief", file]));
    for name in ["complaint", "abuse", "all"] {
        assert_eq!(figures(&written, name), figures(&again, name), "{name}");
    }
    let not_over = pagewarden(&[
        "score",
        "--rules-only",
        "--practice",
        "kingswinford",
        "--data",
        data,
        "--write",
        file,
    ]);
    assert!(!not_over.status.success(), "a file that is there is left");
    std::fs::remove_dir_all(&folder).ok();
}
