//! Evidence that is taken along: what is in it and what is not, that it is the same each time, and
//! that whatever is changed in it is found without the table.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Read, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use axum::http::StatusCode;
use pagewarden_evidence::{Pack, Subject, export, verify};
use pagewarden_ledger::{Choice, Event, History, Person, Recipient, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_rules::{Platform, PostKey, Role, TaskKind};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{change, comment, delivery, stack, until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const PAGE: &str = "100000000000003";
const OTHER_PAGE: &str = "100000000000004";
const ABUSE: &str = "The receptionist is a fat useless bitch";

fn key(practice: &str, id: &str) -> PostKey {
    PostKey {
        practice: practice.parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn post() -> PostKey {
    key("roxbourne", "1_1")
}

fn imran() -> Person {
    Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    }
}

fn now() -> jiff::Timestamp {
    pagewarden_tests::now()
}

/// A post with a picture that was hidden, whose author was told, and about which somebody decided
/// with a note.
async fn hidden() -> Stack {
    let stack = stack().await;
    let mut change = change(PAGE, "1_1", "55", ABUSE);
    let path = "/pictures/1_2_3_n.jpg";
    let picture = b"\xFF\xD8\xFF\xE0 the front desk".to_vec();
    stack.graph().show_picture(path, StatusCode::OK, picture);
    let graph = &stack.environment()["PAGEWARDEN_GRAPH_URL"];
    change["value"]["photo"] = format!("{graph}{path}").into();
    let body = delivery(PAGE, &change);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let history = until(&stack, &post(), |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
    let asked = history
        .tasks
        .iter()
        .find(|task| task.kind == TaskKind::ConfirmDelete)
        .unwrap();
    for (choice, note) in [(Choice::AskAuthor, "Jean Pike of Elm Road saw it")] {
        let answer = pagewarden_ledger::Answer {
            choice,
            note: Some(note),
            again: false,
        };
        stack
            .ledger()
            .choose(&post(), &asked.id, &imran(), answer, now())
            .await
            .unwrap();
    }
    until(&stack, &post(), |history| {
        history
            .actions
            .iter()
            .all(|action| !action.status.is_open())
    })
    .await;
    stack.rest().await;
    stack
}

async fn taken(stack: &Stack, key: &PostKey, recipient: Recipient, whole: bool) -> Pack {
    let subject = Subject {
        key,
        recipient,
        whole,
    };
    let store = Some(stack.pictures().as_ref());
    export(stack.ledger(), store, subject, &imran(), usize::MAX, now())
        .await
        .unwrap()
}

type Files = BTreeMap<String, Vec<u8>>;

fn unpacked(bytes: &[u8]) -> Files {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = Files::new();
    for i in 0..zip.len() {
        let mut file = zip.by_index(i).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        files.insert(file.name().unwrap().into_owned(), content);
    }
    files
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644)
}

fn packed(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(name.as_str(), options()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Writes the list again, as whoever knows how it is made.
fn listed_again(files: &mut Files) {
    files.remove("SHA256SUMS");
    let mut list = String::new();
    for (name, bytes) in &*files {
        writeln!(list, "{}  {name}", hash(bytes)).unwrap();
    }
    files.insert("SHA256SUMS".into(), list.into_bytes());
}

fn edit(files: &mut Files, name: &str, from: &str, to: &str) {
    let text = String::from_utf8(files[name].clone()).unwrap();
    assert!(text.contains(from), "{name} has {from}: {text}");
    files.insert(name.into(), text.replacen(from, to, 1).into_bytes());
}

fn lines(files: &Files) -> Vec<Value> {
    let text = String::from_utf8(files["lines.jsonl"].clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn set_lines(files: &mut Files, lines: &[Value]) {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "{line}").unwrap();
    }
    files.insert("lines.jsonl".into(), text.into_bytes());
}

/// Makes the hash of a line again, as the ledger does.
fn hashed_again(line: &mut Value) {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    field(line["prev"].as_str().unwrap());
    field(&line["seq"].to_string());
    field(line["at"].as_str().unwrap());
    field(line["body"].as_str().unwrap());
    if !line["chain"].is_null() {
        field(&line["chain"]["seq"].to_string());
        field(line["chain"]["prev"].as_str().unwrap());
    }
    line["hash"] = json!(hex::encode(hash.finalize()));
}

/// Runs `sha256sum -c` over the files, in a folder of their own.
fn sha256sum(files: &Files) -> Output {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let nth = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder: PathBuf =
        std::env::temp_dir().join(format!("pagewarden-evidence-{}-{nth}", std::process::id()));
    for (name, bytes) in files {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    let output = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    output
}

/// What is done to the files of a pack, what it is called, what `verify` says, and whether
/// `sha256sum -c` finds it as well.
type InFiles = (&'static str, &'static str, bool, fn(&mut Files));

const IN_FILES: &[InFiles] = &[
    (
        "one byte of the cover",
        "cover.html was changed",
        true,
        |files| {
            edit(files, "cover.html", "useless", "useles5");
        },
    ),
    (
        "one byte of what was written",
        "versions/1.txt was changed",
        true,
        |files| edit(files, "versions/1.txt", "useless", "useles5"),
    ),
    (
        "one byte of what the platform sent",
        "original/1.json was changed",
        true,
        |files| edit(files, "original/1.json", "useless", "useles5"),
    ),
    (
        "one byte of a line",
        "lines.jsonl was changed",
        true,
        |files| {
            edit(files, "lines.jsonl", "Imran", "Imram");
        },
    ),
    (
        "one byte of the record",
        "record.json was changed",
        true,
        |files| edit(files, "record.json", "useless", "useles5"),
    ),
    (
        "one digit of a hash in the list",
        "its hash is not the one in SHA256SUMS",
        true,
        |files| {
            let list = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
            let digit = if list.starts_with('0') { "1" } else { "0" };
            files.insert(
                "SHA256SUMS".into(),
                format!("{digit}{}", &list[1..]).into_bytes(),
            );
        },
    ),
    (
        "what the platform sent, removed",
        "original/1.json is missing",
        true,
        |files| drop(files.remove("original/1.json")),
    ),
    (
        "the lines, removed",
        "lines.jsonl is missing",
        true,
        |files| {
            files.remove("lines.jsonl");
        },
    ),
    (
        "the list, removed",
        "SHA256SUMS is missing",
        true,
        |files| {
            files.remove("SHA256SUMS");
        },
    ),
    ("a file added", "note.txt was added", false, |files| {
        files.insert("note.txt".into(), b"He did it".to_vec());
    }),
    (
        "a file added, and the list made again",
        "note.txt was added",
        false,
        |files| {
            files.insert("note.txt".into(), b"He did it".to_vec());
            listed_again(files);
        },
    ),
    (
        "a file renamed",
        "versions/1.txt is now called versions/2.txt",
        true,
        |files| {
            let text = files.remove("versions/1.txt").unwrap();
            files.insert("versions/2.txt".into(), text);
        },
    ),
    (
        "a file removed, and the list made again",
        "versions/1.txt is missing",
        false,
        |files| {
            files.remove("versions/1.txt");
            listed_again(files);
        },
    ),
    (
        "another picture, and the list made again",
        "pictures/1.jpg is not the picture that was kept",
        false,
        |files| {
            files.insert("pictures/1.jpg".into(), b"\xFF\xD8\xFF another".to_vec());
            listed_again(files);
        },
    ),
    (
        "a picture removed, and the list made again",
        "pictures/1.jpg is missing",
        false,
        |files| {
            files.remove("pictures/1.jpg");
            listed_again(files);
        },
    ),
    (
        "the cover, and the list made again",
        "cover.html was changed: it does not say",
        false,
        |files| {
            edit(files, "cover.html", "useless", "helpful");
            listed_again(files);
        },
    ),
    (
        "the words, and the list made again",
        "versions/1.txt was changed: it does not say",
        false,
        |files| {
            edit(files, "versions/1.txt", "useless", "helpful");
            listed_again(files);
        },
    ),
    (
        "what the platform sent, and the list made again",
        "original/1.json is not what the platform sent",
        false,
        |files| {
            edit(files, "original/1.json", "useless", "helpful");
            listed_again(files);
        },
    ),
    (
        "who decided, and the list made again",
        "of the history was changed",
        false,
        |files| {
            edit(files, "lines.jsonl", "Imran", "Chidi");
            listed_again(files);
        },
    ),
    (
        "who decided, with the line's hash and the list made again",
        "does not follow from the one before",
        false,
        |files| {
            let mut all = lines(files);
            let nth = all
                .iter()
                .position(|line| line["body"].as_str().unwrap().contains("Imran"))
                .unwrap();
            let body = all[nth]["body"].as_str().unwrap().replace("Imran", "Chidi");
            all[nth]["body"] = json!(body);
            hashed_again(&mut all[nth]);
            set_lines(files, &all);
            listed_again(files);
        },
    ),
    (
        "two lines in another order",
        "missing or out of its place",
        false,
        |files| {
            let mut all = lines(files);
            all.swap(0, 1);
            set_lines(files, &all);
            listed_again(files);
        },
    ),
    (
        "a line removed from the middle",
        "missing or out of its place",
        false,
        |files| {
            let mut all = lines(files);
            all.remove(1);
            set_lines(files, &all);
            listed_again(files);
        },
    ),
    (
        "the last line removed",
        "is not as the history left it",
        false,
        |files| {
            let mut all = lines(files);
            all.pop();
            set_lines(files, &all);
            listed_again(files);
        },
    ),
    (
        "a line added at the end",
        "does not follow from the one before",
        false,
        |files| {
            let mut all = lines(files);
            let mut one = all.last().unwrap().clone();
            one["seq"] = json!(one["seq"].as_u64().unwrap() + 1);
            hashed_again(&mut one);
            all.push(one);
            set_lines(files, &all);
            listed_again(files);
        },
    ),
    (
        "the words that were sent, and the list made again",
        "was changed since it was written",
        false,
        |files| {
            edit(
                files,
                "record.json",
                "\"words\": \"",
                "\"words\": \"Sorry! ",
            );
            listed_again(files);
        },
    ),
    (
        "a version said to be cut, and the list made again",
        "in this pack nothing is",
        false,
        |files| {
            edit(
                files,
                "record.json",
                "\"versions\": [\n    {",
                "\"versions\": [\n    {\n      \"cut\": true,",
            );
            listed_again(files);
        },
    ),
    (
        "what became of a task, and the list made again",
        "is not as the history left it",
        false,
        |files| {
            edit(
                files,
                "record.json",
                "\"outcome\": \"ask-author by Imran",
                "\"outcome\": \"keep by Imran",
            );
            listed_again(files);
        },
    ),
    (
        "a member of the record that nobody wrote",
        "record.json was changed",
        false,
        |files| {
            edit(
                files,
                "record.json",
                "\"actions\": [",
                "\"innocent\": true,\n  \"actions\": [",
            );
            listed_again(files);
        },
    ),
];

/// What is done to the zip itself.
type InZip = (&'static str, &'static str, fn(&[u8]) -> Vec<u8>);

const IN_ZIP: &[InZip] = &[
    ("cut off", "cannot be read as a zip", |zip| {
        zip[..zip.len() / 2].to_vec()
    }),
    ("cut off by one byte", "The file:", |zip| {
        zip[..zip.len() - 1].to_vec()
    }),
    ("a file that unpacks to 4 GB", "is compressed", |zip| {
        let mut zip = zip.to_vec();
        let central = position(&zip, b"PK\x01\x02");
        // The method is deflate, and the size when unpacked nearly all that fits.
        zip[central + 10] = 8;
        zip[central + 24..central + 28].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
        zip
    }),
    (
        "a name that leads out of the folder",
        "leads elsewhere",
        |zip| with_name(zip, "../../evil.sh"),
    ),
    ("a name that begins at the root", "leads elsewhere", |zip| {
        with_name(zip, "/etc/cron.d/x")
    }),
    ("a name with a drive in it", "leads elsewhere", |zip| {
        with_name(zip, "C:\\evil.bat")
    }),
    ("a link in place of a file", "no file at all", |zip| {
        let mut files = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in unpacked(zip) {
            files.start_file(name, options()).unwrap();
            files.write_all(&bytes).unwrap();
        }
        files
            .add_symlink("link.txt", "/etc/passwd", options())
            .unwrap();
        files.finish().unwrap().into_inner()
    }),
    ("two files of one name", "same name", |zip| {
        let mut zip = zip.to_vec();
        // A second entry in the list takes the place of the first.
        let central = position(&zip, b"PK\x01\x02");
        let end = position(&zip, b"PK\x05\x06");
        let name = usize::from(u16::from_le_bytes([zip[central + 28], zip[central + 29]]));
        let entry = zip[central..central + 46 + name].to_vec();
        let grown = u32::try_from(end - central + entry.len()).unwrap();
        zip[end + 12..end + 16].copy_from_slice(&grown.to_le_bytes());
        for at in [end + 8, end + 10] {
            zip[at] += 1;
        }
        zip.splice(end..end, entry);
        zip
    }),
    ("packed again with other times", "packed again", |zip| {
        let mut files = ZipWriter::new(Cursor::new(Vec::new()));
        let later = DateTime::from_date_and_time(2026, 11, 20, 9, 0, 0).unwrap();
        for (name, bytes) in unpacked(zip) {
            files
                .start_file(name, options().last_modified_time(later))
                .unwrap();
            files.write_all(&bytes).unwrap();
        }
        files.finish().unwrap().into_inner()
    }),
    ("bytes before it", "The file:", |zip| {
        [b"#!/bin/sh\n", zip].concat()
    }),
];

fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .position(|some| some == wanted)
        .unwrap()
}

fn with_name(zip: &[u8], name: &str) -> Vec<u8> {
    // The library writes no such name, so one of the same length is written over.
    let harmless = "x".repeat(name.len());
    let mut files = unpacked(zip);
    files.insert(harmless.clone(), b"harm".to_vec());
    let mut bytes = packed(&files);
    while let Some(at) = bytes
        .windows(harmless.len())
        .position(|some| some == harmless.as_bytes())
    {
        bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_tampering_with_evidence_is_found() {
    let stack = hidden().await;
    let pack = taken(&stack, &post(), Recipient::Complaints, true).await;
    let honest = verify(&pack.bytes);
    assert_eq!(honest.wrong, [] as [String; 0], "an honest pack holds");
    assert_eq!(honest.unchecked, [] as [String; 0]);
    let files = unpacked(&pack.bytes);
    assert!(sha256sum(&files).status.success());
    assert_eq!(packed(&files), pack.bytes, "the test packs as the program");

    let mut table = format!(
        "{:<58} {:<10} verify says\n",
        "what was changed", "sha256sum"
    );
    let mut tell = |what: &str, summed: &str, wrong: &[String]| {
        writeln!(table, "{what:<58} {summed:<10} {}", wrong[0]).unwrap();
    };
    for (what, expected, summed, change) in IN_FILES {
        let mut files = files.clone();
        change(&mut files);
        let wrong = verify(&packed(&files)).wrong;
        assert!(
            wrong.iter().any(|why| why.contains(expected)),
            "{what}: {expected:?} is not in {wrong:?}"
        );
        let finds = !sha256sum(&files).status.success();
        assert_eq!(finds, *summed, "{what}: sha256sum");
        tell(what, if finds { "finds it" } else { "does not" }, &wrong);
    }
    for (what, expected, change) in IN_ZIP {
        let wrong = verify(&change(&pack.bytes)).wrong;
        assert!(
            wrong.iter().any(|why| why.contains(expected)),
            "{what}: {expected:?} is not in {wrong:?}"
        );
        tell(what, "-", &wrong);
    }
    println!("{table}");
}

/// Returns a pack with something of it changed, cut out, put in or written twice, anywhere or where
/// its list of files stands.
fn broken(pack: &[u8], chance: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = pack.to_vec();
    let list = position(pack, b"PK\x01\x02");
    let from = if chance.bool() { 0 } else { list };
    let at = chance.usize(from..bytes.len());
    let end = chance.usize(at..bytes.len().min(at + 200)) + 1;
    match chance.u8(..6) {
        0 | 1 => bytes[at] ^= 1 << chance.u8(..8),
        2 => drop(bytes.drain(at..end)),
        3 => drop(bytes.splice(at..at, pack[at..end].iter().copied())),
        4 => drop(bytes.splice(at..at, std::iter::repeat_n(chance.u8(..), end - at))),
        _ => bytes.truncate(at),
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_anywhere_in_a_pack_is_found() {
    let stack = hidden().await;
    for (recipient, whole) in [(Recipient::Solicitor, true), (Recipient::Police, false)] {
        let pack = taken(&stack, &post(), recipient, whole).await;
        let mut random = fastrand::Rng::with_seed(7);
        for nth in 0..600 {
            let bytes = broken(&pack.bytes, &mut random);
            if bytes != pack.bytes {
                assert_ne!(verify(&bytes).wrong, [] as [String; 0], "change {nth}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_taken_twice_is_the_same_and_stands_in_the_history() {
    let stack = hidden().await;
    let before = stack.ledger().history(&post()).await.unwrap().unwrap();
    let one = taken(&stack, &post(), Recipient::Police, false).await;
    let other = taken(&stack, &post(), Recipient::Police, false).await;
    assert_eq!(one, other);
    let history: History = stack.ledger().history(&post()).await.unwrap().unwrap();
    history.verify().unwrap();
    assert_eq!(history.events.len(), before.events.len() + 2);
    let Event::Exported { by, sha256, .. } = history.events.last().unwrap().event().unwrap() else {
        panic!("the last line is not that it was taken")
    };
    assert_eq!(
        (by.as_str(), sha256),
        ("Imran:practice_manager", one.sha256)
    );
    assert_eq!(
        stack.ledger().audit(None).await.unwrap().wrong,
        [],
        "the practice's chain has it too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_take_evidence_leaves_no_trace_of_it() {
    let stack = hidden().await;
    let chidi = Person {
        name: "Chidi Obi".into(),
        role: Role::Reviewer,
    };
    let (post, before) = (post(), stack.ledger().history(&post()).await.unwrap());
    for recipient in Recipient::ALL {
        let subject = Subject {
            key: &post,
            recipient: *recipient,
            whole: false,
        };
        let refused = export(stack.ledger(), None, subject, &chidi, usize::MAX, now()).await;
        let why = refused.unwrap_err().to_string();
        assert!(why.contains("may not take evidence along"), "{why}");
    }
    assert_eq!(stack.ledger().history(&post).await.unwrap(), before);
}

/// Returns everything in a pack as one text.
fn all(pack: &Pack) -> String {
    let files = unpacked(&pack.bytes);
    let texts = files.values().map(|bytes| String::from_utf8_lossy(bytes));
    texts.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_outside_reads_roles_and_no_notes() {
    let stack = hidden().await;
    for recipient in [Recipient::Police, Recipient::Author] {
        let text = all(&taken(&stack, &post(), recipient, false).await);
        for private in ["Imran", "Jean Pike"] {
            assert!(!text.contains(private), "{recipient}: {private}");
        }
        assert!(text.contains("somebody (practice manager) decided"));
        assert!(text.contains(ABUSE) && text.contains("Test Author"));
    }
    let text = all(&taken(&stack, &post(), Recipient::Solicitor, false).await);
    assert!(text.contains("Imran (practice manager) decided") && text.contains("Jean Pike"));
    assert!(text.contains("Made for the purpose of taking legal advice"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pack_has_words_of_another_post_or_practice() {
    let stack = stack().await;
    let mut random = fastrand::Rng::with_seed(11);
    let mut word = || -> String { (0..12).map(|_| random.lowercase()).collect() };
    // Threads of two practices: each answers another one, and their deliveries hold several.
    let mut posts: Vec<(PostKey, String, String)> = Vec::new();
    for (practice, page) in [("roxbourne", PAGE), ("woolpit", OTHER_PAGE)] {
        for thread in 0..2 {
            let mut changes = Vec::new();
            let mut parent = format!("{page}_1");
            for nth in 0..3 {
                let (id, words, author) = (format!("{page}_{thread}{nth}"), word(), word());
                let says = format!("{ABUSE} {words}");
                let mut one = change(page, &id, &author, &says);
                one["value"]["parent_id"] = json!(parent);
                one["value"]["from"]["name"] = json!(format!("Mx {author}"));
                let body = json!({ "object": "page", "entry": [{ "id": page, "time": 1, "changes": [one.clone()] }] });
                stack.graph().learn(body.to_string().as_bytes()).unwrap();
                changes.push(one);
                parent.clone_from(&id);
                posts.push((key(practice, &id), words, author));
            }
            let body = json!({ "object": "page", "entry": [{ "id": page, "time": 1, "changes": changes }] });
            let status: StatusCode = stack
                .sender()
                .deliver(body.to_string().as_bytes())
                .await
                .unwrap()
                .try_into()
                .unwrap();
            assert_eq!(status, StatusCode::OK);
        }
    }
    for (post, _, _) in &posts {
        until(&stack, post, |history| !history.tasks.is_empty()).await;
    }
    stack.rest().await;
    let managers = BTreeMap::from([("roxbourne", "Imran"), ("woolpit", "Joan")]);
    for (post, words, author) in &posts {
        let person = Person {
            name: managers[post.practice.as_str()].into(),
            role: Role::PracticeManager,
        };
        for recipient in Recipient::ALL {
            for whole in [false, true] {
                let subject = Subject {
                    key: post,
                    recipient: *recipient,
                    whole,
                };
                let pack = export(stack.ledger(), None, subject, &person, usize::MAX, now())
                    .await
                    .unwrap();
                assert_eq!(verify(&pack.bytes).wrong, [] as [String; 0]);
                let text = all(&pack);
                assert!(text.contains(words.as_str()) && text.contains(author.as_str()));
                for (other, its_words, its_author) in
                    posts.iter().filter(|(other, ..)| other != post)
                {
                    assert!(
                        !text.contains(its_words.as_str()),
                        "{post} has words of {other}"
                    );
                    assert!(
                        !text.contains(its_author.as_str()),
                        "{post} has the author of {other}"
                    );
                    if other.practice != post.practice {
                        assert!(!text.contains(other.practice.as_str()));
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redacted_evidence_has_no_name_of_another_patient() {
    let stack = stack().await;
    let says = "The receptionist is a fat useless bitch. My neighbour Doris Quill was in for her HIV test, ring her on \
                01384 555 0123 or write to doris.quill@example.org";
    let body = comment(PAGE, "1_1", "55", says);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(&stack, &post(), |history| !history.tasks.is_empty()).await;
    stack.rest().await;
    for recipient in Recipient::ALL {
        let pack = taken(&stack, &post(), *recipient, false).await;
        let text = all(&pack);
        for private in ["Doris", "Quill", "555 0123", "example.org"] {
            assert!(!text.contains(private), "{recipient}: {private}");
        }
        assert!(text.contains("[cut]") && !text.contains("\"original/1.json\""));
        let verdict = verify(&pack.bytes);
        assert_eq!(verdict.wrong, [] as [String; 0]);
        assert_eq!(
            verdict.unchecked.len(),
            1,
            "it says that a part is unchecked"
        );
    }
    let whole = taken(&stack, &post(), Recipient::Solicitor, true).await;
    assert!(all(&whole).contains("Doris Quill"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_gives_evidence_after_a_fresh_sign_in_alone() {
    let stack = hidden().await;
    let page = "/evidence/facebook/1_1";
    let mut chidi = Browser::signed_in(&stack, "chidi.obi@roxbourne.example").await;
    let offered = chidi.open(page).await.body;
    let has = |body: &str, recipient: &str| body.contains(&format!("value=\"{recipient}\""));
    assert!(has(&offered, "complaints") && has(&offered, "author"));
    assert!(!has(&offered, "solicitor") && !has(&offered, "police"));
    assert!(!offered.contains("name=\"whole\""));
    let refused = chidi.post(page, &[("for", "solicitor")]).await;
    assert_eq!(refused.status.as_u16(), 403);
    let uncut = [("for", "complaints"), ("whole", "yes")];
    assert_eq!(chidi.post(page, &uncut).await.status.as_u16(), 403);

    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let (other, none) = (
        gail.post(page, &[("for", "police")]).await,
        gail.post("/evidence/facebook/none", &[("for", "police")])
            .await,
    );
    assert_eq!((other.status.as_u16(), none.status.as_u16()), (404, 404));
    assert_eq!(other.body, none.body, "as if it did not exist");

    let mut imran = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    let whole = [("for", "solicitor"), ("whole", "yes")];
    let sent = imran.post(page, &whole).await;
    let again = imran.follow(sent).await;
    assert!(again.title().starts_with("Sign in once more"), "{again:?}");
    let taken = |history: &History| {
        let mut lines = history.events.iter();
        lines.any(|line| matches!(line.event(), Ok(Event::Exported { .. })))
    };
    let history = stack.ledger().history(&post()).await.unwrap().unwrap();
    assert!(!taken(&history), "nothing left so far");
    let next = again.field("next").unwrap();
    let sent = imran.post("/signin/again", &[("next", &next)]).await;
    let issuer = imran.follow(sent).await;
    let back = imran.pick(&stack, &issuer, "imran@roxbourne.example").await;
    let back = imran.follow(back).await;
    assert!(
        back.body.contains("value=\"solicitor\" checked"),
        "{back:?}"
    );
    let file = imran.post(page, &whole).await;
    assert_eq!(file.header("content-type"), "application/zip");
    assert!(file.body.contains("pictures/1.jpg"));
    assert!(
        file.header("content-disposition")
            .starts_with("attachment; ")
    );
    let history = stack.ledger().history(&post()).await.unwrap().unwrap();
    assert!(taken(&history));
}
