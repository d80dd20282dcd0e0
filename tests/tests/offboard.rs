//! A practice that leaves: everything of it taken along, and then deleted with a proof that stays.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use pagewarden_cli::command::offboard::take_along;
use pagewarden_evidence::sha256;
use pagewarden_ledger::{
    Audit, FoundAnchor, Ledger, OffboardError, Offboarded, Person, PracticeEvent, Proof,
    PublishError,
};
use pagewarden_local::stack::{ANCHORS, Stack};
use pagewarden_local::table::{NAME, beside, client};
use pagewarden_rules::{Platform, PostKey, PracticeId, Role};
use pagewarden_runtime::{Anchors, Folder};
use pagewarden_tests::{change, now, resettle, stack, until};
use serde_json::json;

const ABUSE: &str = "The receptionist is a fat useless bitch";
/// Words that only posts of either practice have.
const TOKENS: [(&str, &str, &str); 2] = [
    ("roxbourne", "100000000000003", "flibbertigibbet"),
    ("woolpit", "100000000000004", "gobbledygook"),
];

fn person(name: &str, role: Role) -> Person {
    Person {
        name: name.into(),
        role,
    }
}

async fn post(stack: &Stack, practice: &PracticeId, page: &str, words: &str) -> PostKey {
    let id = format!("{page}_700");
    let one = change(page, &id, "9000055", words);
    let body = json!({ "object": "page", "entry": [{ "id": page, "time": 1, "changes": [one] }] });
    let body = body.to_string();
    stack.graph().learn(body.as_bytes()).unwrap();
    stack.sender().deliver(body.as_bytes()).await.unwrap();
    let key = PostKey {
        practice: practice.clone(),
        platform: Platform::Facebook,
        id,
    };
    until(stack, &key, |history| !history.tasks.is_empty()).await;
    stack.rest().await;
    key
}

async fn with_deployer(stack: &Stack, practice: &PracticeId) {
    resettle(stack, practice.as_str(), |settings| {
        let people = settings["people"].as_array_mut().unwrap();
        people.push(
            json!({ "name": "Dana Deploys", "roles": ["deployer"], "email": "dana@host.example" }),
        );
    })
    .await;
}

/// Has everything of a practice deleted by its manager and a deployer.
async fn leave(stack: &Stack, practice: &PracticeId, manager: &str) -> Proof {
    with_deployer(stack, practice).await;
    let (ledger, now) = (stack.ledger(), stack.clock().now());
    let manager = person(manager, Role::PracticeManager);
    let dana = person("Dana Deploys", Role::Deployer);
    let list = "a".repeat(64);
    let gone = ledger.let_channels_go(practice, &manager, now).await;
    gone.unwrap();
    let taken = ledger.note_taken(practice, &manager, &list, now).await;
    taken.unwrap();
    let asked = ledger.offboard(practice, &dana, &list, now).await;
    assert_eq!(asked.unwrap(), Offboarded::Asked);
    let agreed = ledger.offboard(practice, &manager, &list, now).await;
    let Offboarded::Deleted(proof) = agreed.unwrap() else {
        panic!("it is deleted");
    };
    *proof
}

/// Returns every item of the table as text.
async fn rows(stack: &Stack) -> Vec<String> {
    let scan = client(stack.table_url()).scan().table_name(NAME);
    let items = scan.into_paginator().items().send();
    let items: Vec<_> = items.collect::<Result<_, _>>().await.unwrap();
    items.iter().map(|item| format!("{item:?}")).collect()
}

/// Returns all files of a folder as text.
fn all(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text.push_str(&all(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_practice_leaves_with_everything_and_a_proof_stays() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let [roxbourne, woolpit]: [PracticeId; 2] = TOKENS.map(|(id, ..)| id.parse().unwrap());
    let mut posts = Vec::new();
    for (practice, (_, page, token)) in [&roxbourne, &woolpit].into_iter().zip(TOKENS) {
        posts.push(post(&stack, practice, page, &format!("{ABUSE} {token}")).await);
    }
    let imran = person("Imran", Role::PracticeManager);
    let dana = person("Dana Deploys", Role::Deployer);
    with_deployer(&stack, &roxbourne).await;
    let chidi = person("Chidi Obi", Role::Reviewer);
    let none = "0".repeat(64);
    let ask =
        async |who: &Person, taken: &str| ledger.offboard(&roxbourne, who, taken, now()).await;

    assert!(matches!(
        ask(&chidi, &none).await,
        Err(OffboardError::Refused(_))
    ));
    assert!(
        ledger
            .let_channels_go(&roxbourne, &chidi, now())
            .await
            .is_err()
    );
    assert!(matches!(
        ask(&imran, &none).await,
        Err(OffboardError::Channels(_))
    ));
    let folder = std::env::temp_dir().join(format!("pagewarden-offboard-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let policy = ledger.policy(&roxbourne, 1).await.unwrap().unwrap();
    let before = ledger.belongings(&roxbourne).await.unwrap();
    assert!(!before.channels.is_empty() && before.posts == [posts[0].clone()]);
    let gone = ledger
        .let_channels_go(&roxbourne, &imran, now())
        .await
        .unwrap();
    assert_eq!(gone, before.channels.len());
    let channels = ledger.channels().await.unwrap();
    assert!(channels.iter().all(|(_, of)| *of != roxbourne) && !channels.is_empty());
    assert!(matches!(
        ask(&imran, &none).await,
        Err(OffboardError::NotTaken)
    ));

    // What is held stops it.
    ledger
        .hold(&posts[0], true, &imran, None, None, now())
        .await
        .unwrap();
    assert!(
        matches!(ask(&imran, &none).await, Err(OffboardError::Held(held)) if held == [posts[0].clone()])
    );
    ledger
        .hold(&posts[0], false, &imran, None, None, now())
        .await
        .unwrap();

    let out = folder.join("taken");
    take_along(ledger, (None, false), &roxbourne, &out, &imran)
        .await
        .unwrap();
    assert!(
        take_along(ledger, (None, false), &roxbourne, &out, &imran)
            .await
            .is_err(),
        "the folder is there"
    );
    let mut summed = Command::new("sha256sum");
    summed
        .args(["-c", "--strict", "SHA256SUMS"])
        .current_dir(&out);
    assert!(summed.output().unwrap().status.success());
    let text = all(&out);
    for wanted in [TOKENS[0].2, "Test Author", "Dana Deploys"] {
        assert!(text.contains(wanted), "{wanted}");
    }
    for other in [TOKENS[1].2, TOKENS[1].1, "woolpit"] {
        assert!(!text.contains(other), "another practice's: {other}");
    }
    let taken = sha256(&std::fs::read(out.join("SHA256SUMS")).unwrap());
    assert!(matches!(
        ask(&imran, &none).await,
        Err(OffboardError::OtherList)
    ));

    // A line that was written since stops it; so it is taken along once more.
    ledger
        .hold(&posts[0], true, &imran, None, None, now())
        .await
        .unwrap();
    ledger
        .hold(&posts[0], false, &imran, None, None, now())
        .await
        .unwrap();
    assert!(matches!(
        ask(&imran, &taken).await,
        Err(OffboardError::NotTaken)
    ));
    let out = folder.join("again");
    take_along(ledger, (None, false), &roxbourne, &out, &imran)
        .await
        .unwrap();
    let taken = sha256(&std::fs::read(out.join("SHA256SUMS")).unwrap());
    let day = now().to_zoned(TimeZone::UTC).date();
    let anchor = ledger
        .anchor_to_write(&roxbourne, now())
        .await
        .unwrap()
        .unwrap();
    let anchor = FoundAnchor {
        practice: roxbourne.clone(),
        day,
        text: anchor.text,
        written_at: None,
        is_covered: false,
    };

    // One asks, and another agrees.
    assert_eq!(ask(&dana, &taken).await.unwrap(), Offboarded::Asked);
    assert!(matches!(
        ask(&dana, &taken).await,
        Err(OffboardError::NotAgreed(_))
    ));
    assert!(matches!(
        ask(&imran, &none).await,
        Err(OffboardError::OtherList)
    ));
    assert!(
        rows(&stack)
            .await
            .iter()
            .any(|row| row.contains(TOKENS[0].2))
    );
    let lines = ledger.practice_events(&roxbourne).await.unwrap();
    let last = lines.last().unwrap();
    assert!(matches!(
        last.practice_event(),
        Ok(PracticeEvent::DeletionAsked { .. })
    ));
    let Offboarded::Deleted(proof) = ask(&imran, &taken).await.unwrap() else {
        panic!("it is deleted");
    };
    assert!(proof.holds() && proof.taken == taken && proof.items.values().sum::<u64>() > 10);
    assert_eq!(proof.asked_by, "Dana Deploys:deployer");
    assert_eq!(proof.agreed_by, "Imran:practice_manager");
    assert_eq!(proof.chain.seq, last.seq);

    // Nothing is left but the proof and what its anchors follow from, and the other practice is as
    // it was.
    let rows = rows(&stack).await;
    let left = rows.iter().filter(|row| row.contains("P#roxbourne"));
    assert_eq!(left.count(), 2);
    assert!(!rows.iter().any(|row| row.contains(TOKENS[0].2)));
    assert!(rows.iter().any(|row| row.contains(TOKENS[1].2)));
    assert_eq!(ledger.practice(&roxbourne).await.unwrap(), None);
    let anchors = [anchor];
    let audit = ledger.audit_against(&anchors, None, day).await.unwrap();
    assert_eq!(audit.wrong, [], "it holds against the anchors too");
    assert_eq!(audit.gone[&roxbourne], *proof);
    let again = ask(&imran, &none).await.unwrap();
    assert_eq!(
        again,
        Offboarded::Deleted(proof.clone()),
        "what was cut short goes on"
    );

    // Its id is not given to anybody again, whose things would be deleted then.
    let publish = ledger.publish(&roxbourne, None, &policy, "{}", &[]);
    assert!(matches!(publish.await, Err(PublishError::Gone(_))));

    // What is planted afterwards is found, and a proof that was changed.
    let table = client(stack.table_url());
    let put = table.put_item().table_name(NAME);
    let put = put.item("PK", AttributeValue::S("P#roxbourne#LOG".into()));
    put.item("SK", AttributeValue::S("NOTE#1".into()))
        .send()
        .await
        .unwrap();
    assert_eq!(ledger.audit(None).await.unwrap().wrong.len(), 1);
    let mut forged = *proof;
    forged.agreed_by = "Nobody:practice_manager".into();
    let put = table.put_item().table_name(NAME);
    let put = put.item("PK", AttributeValue::S("P#roxbourne#GONE".into()));
    let put = put.item("SK", AttributeValue::S("PROOF".into()));
    let json = serde_json::to_string(&forged).unwrap();
    put.item("proof", AttributeValue::S(json))
        .send()
        .await
        .unwrap();
    let wrong = ledger
        .audit_against(&anchors, None, Date::MIN)
        .await
        .unwrap()
        .wrong;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// Counts the scans of a table.
#[derive(Clone, Debug, Default)]
struct Scans(Arc<AtomicUsize>);

impl Intercept for Scans {
    fn name(&self) -> &'static str {
        "Scans"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let target = context.request().headers().get("x-amz-target");
        let is_scan = target.is_some_and(|target| target.ends_with(".Scan"));
        self.0.fetch_add(usize::from(is_scan), Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_left_what_is_left_of_them_takes_one_scan() {
    let stack = stack().await;
    let table = client(stack.table_url());
    let scans = Scans::default();
    let counted = table.config().to_builder().interceptor(scans.clone());
    let ledger = Ledger::new(Client::from_conf(counted.build()), NAME);
    let audit = async || {
        let before = scans.0.load(Ordering::Relaxed);
        let audit = ledger.audit(None).await.unwrap();
        (audit, scans.0.load(Ordering::Relaxed) - before)
    };
    assert_eq!(audit().await.1, 1, "nobody left");
    let left: [PracticeId; 2] = TOKENS.map(|(id, ..)| id.parse().unwrap());
    leave(&stack, &left[0], "Imran").await;
    assert_eq!(audit().await.1, 2);
    leave(&stack, &left[1], "Joan").await;
    let (whole, scanned) = audit().await;
    assert_eq!((whole.wrong.len(), whole.gone.len(), scanned), (0, 2, 2));

    // What is planted is told of the practice whose it is.
    for (practice, pk, sk) in [
        (&left[0], "P#roxbourne#LOG", "NOTE#1"),
        (&left[1], "PERSON#abc", "woolpit"),
    ] {
        let put = table.put_item().table_name(NAME);
        let put = put.item("PK", AttributeValue::S(pk.into()));
        let put = put.item("SK", AttributeValue::S(sk.into()));
        put.send().await.unwrap();
        let (found, _) = audit().await;
        let (of, what) = found.wrong.last().unwrap();
        assert_eq!(*of, practice.to_string(), "{:?}", found.wrong);
        assert!(what.starts_with(&format!("{pk} {sk}")), "{what}");
    }
    assert_eq!(audit().await.0.wrong.len(), 2);
}

/// Goes on to the next minute in which the anchor of a practice is written, and returns its day.
async fn night(stack: &Stack, practice: &PracticeId) -> Date {
    let now = stack.clock().now().to_zoned(TimeZone::UTC);
    let next = now.tomorrow().unwrap().with().hour(3).minute(17).build();
    let next = next.unwrap();
    let until = next.timestamp().duration_since(now.timestamp());
    let until = until + remind::turn(practice);
    stack.clock().pass(until + SignedDuration::from_secs(1));
    stack.run("remind").await.unwrap();
    next.date()
}

/// Returns a proof with other words and a hash that fits them, as whoever knows the form makes it.
fn forged(proof: &Proof) -> Proof {
    let unsigned = Proof {
        agreed_by: "Nobody:practice_manager".into(),
        hash: String::new(),
        ..proof.clone()
    };
    let hash = sha256(serde_json::to_string(&unsigned).unwrap().as_bytes());
    Proof { hash, ..unsigned }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proof_that_a_practice_left_is_anchored() {
    let folder = std::env::temp_dir().join(format!("pagewarden-gone-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder).unwrap();
    let data = folder.join("table");
    let stack = Stack::start(Some(&data)).await.unwrap();
    let roxbourne: PracticeId = TOKENS[0].0.parse().unwrap();
    night(&stack, &roxbourne).await;
    let proof = leave(&stack, &roxbourne, "Imran").await;
    night(&stack, &roxbourne).await;
    let today = night(&stack, &roxbourne).await;
    let anchors = Folder::new(beside(&data, ANCHORS));
    let found = anchors.all(None, stack.clock().now()).await.unwrap();
    let ours = found.iter().filter(|one| one.practice == roxbourne);
    let ours: Vec<&str> = ours.map(|one| one.text.as_str()).collect();
    assert_eq!(ours.len(), 3, "each day, before and after: {ours:?}");
    let named = ours.iter().filter(|text| text.contains(&proof.hash));
    assert_eq!(named.count(), 2);
    assert!(!ours.iter().any(|text| text.contains("Imran")), "{ours:?}");

    let audit = async |found: &[FoundAnchor]| -> Audit {
        let ledger = stack.ledger();
        ledger.audit_against(found, None, today).await.unwrap()
    };
    let honest = audit(&found).await;
    assert_eq!(honest.wrong, []);
    assert_eq!(honest.anchored[&roxbourne].missing, []);
    let table = client(stack.table_url());
    let key = [("PK", "P#roxbourne#GONE"), ("SK", "PROOF")];
    let key = key.map(|(name, value)| (name.to_owned(), AttributeValue::S(value.into())));
    let forged = forged(&proof);
    assert!(forged.holds());
    let write = table.put_item().table_name(NAME);
    let write = write.set_item(Some(key.clone().into()));
    let json = serde_json::to_string(&forged).unwrap();
    let write = write.item("proof", AttributeValue::S(json));
    write.send().await.unwrap();
    let says =
        |audit: Audit| -> Vec<String> { audit.wrong.into_iter().map(|(_, wrong)| wrong).collect() };
    assert_eq!(says(audit(&[]).await), [""; 0], "the forger knows the form");
    let changed = says(audit(&found).await);
    assert_eq!(changed.len(), 1, "{changed:?}");
    assert!(changed[0].contains(&proof.hash), "{changed:?}");

    // Removed, with all that was left, it is missed all the same; and no anchor is written for it.
    let mut delete = table.delete_item().table_name(NAME);
    for (name, value) in key {
        delete = delete.key(name, value);
    }
    delete.send().await.unwrap();
    let removed = says(audit(&found).await);
    assert_eq!(removed, changed);
    drop(stack);
    std::fs::remove_dir_all(folder).unwrap();
}
