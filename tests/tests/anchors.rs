//! Anchors: what whoever can write the table made again from some line on, every hash included, is
//! found by what was written elsewhere before.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{Audit, Choice, FoundAnchor, NewAnchor, Person, Visibility};
use pagewarden_local::stack::{ANCHORS, Stack};
use pagewarden_local::table::{NAME, Table, beside, client};
use pagewarden_local::template::Template;
use pagewarden_rules::{Platform, PostKey, PracticeId, Role};
use pagewarden_runtime::{Anchors, AnchorsAnswer, AnchorsError, Folder};
use pagewarden_tests::{comment, stack, until};
use remind::{Remind, turn};
use sha2::{Digest, Sha256};

type Item = HashMap<String, AttributeValue>;

const PAGE: &str = "100000000000003";
const ABUSE: &str = "The receptionist is a fat useless bitch";

fn practice() -> PracticeId {
    "roxbourne".parse().unwrap()
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: practice(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

/// Has a post hidden, and what waits about it decided with a note.
async fn decide(stack: &Stack, id: &str, note: &str) {
    let body = comment(PAGE, id, "55", ABUSE);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let hidden = |history: &pagewarden_ledger::History| {
        history.state.visibility == Visibility::Hidden && !history.tasks.is_empty()
    };
    let history = until(stack, &key(id), hidden).await;
    let imran = Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    };
    let task = history
        .tasks
        .iter()
        .find(|task| task.kind == pagewarden_rules::TaskKind::ReportByHand)
        .unwrap();
    let answer = pagewarden_ledger::Answer {
        choice: Choice::Reported,
        note: Some(note),
        again: false,
    };
    let now = stack.clock().now();
    let ledger = stack.ledger();
    ledger
        .choose(&key(id), &task.id, &imran, answer, now)
        .await
        .unwrap();
    stack.rest().await;
}

/// Goes on to the next run of the schedule that writes anchors, and returns its day.
async fn night(stack: &Stack) -> Date {
    let now = stack.clock().now().to_zoned(TimeZone::UTC);
    let next = now.tomorrow().unwrap().with().hour(3).minute(17).build();
    let next = next.unwrap();
    let practices = stack.practices().await.unwrap();
    let mut turns: Vec<_> = practices
        .iter()
        .map(|id| turn(&id.parse().unwrap()))
        .collect();
    turns.sort();
    for turn in turns {
        let at = next.timestamp() + turn;
        stack.clock().pass(at.duration_since(stack.clock().now()));
        stack.run("remind").await.unwrap();
    }
    next.date()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("pagewarden-{name}-{}", std::process::id()));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A line of the practice's chain, as somebody rewrites it.
#[derive(Clone, Debug)]
struct Line {
    item: Item,
    link: u64,
}

impl Line {
    fn of(item: &Item) -> Option<Line> {
        let number = |item: &Item, name: &str| {
            item.get(name)
                .and_then(|value| value.as_n().ok()?.parse().ok())
        };
        item.get("body").and(item.get("hash"))?;
        let link = match item.get("chain") {
            Some(AttributeValue::M(chain)) => number(chain, "seq")?,
            _ => number(item, "seq")?,
        };
        Some(Line {
            item: item.clone(),
            link,
        })
    }

    fn text(&self, name: &str) -> &str {
        self.item[name].as_s().unwrap()
    }

    fn is_of(&self, id: &str) -> bool {
        self.text("PK").ends_with(&format!("#facebook#{id}"))
    }

    fn set(&mut self, name: &str, text: &str) {
        self.item
            .insert(name.to_owned(), AttributeValue::S(text.to_owned()));
    }

    /// Puts the line after another one of the chain, and after the last of its post.
    fn put_after(&mut self, link: u64, chained: &str, of_post: &str) {
        if let Some(AttributeValue::M(chain)) = self.item.get_mut("chain") {
            chain.insert("seq".into(), AttributeValue::N(link.to_string()));
            chain.insert("prev".into(), AttributeValue::S(chained.to_owned()));
            self.set("prev", of_post);
        } else {
            self.set("prev", chained);
        }
        let seq = self.item["seq"].as_n().unwrap().clone();
        let mut hash = Sha256::new();
        let mut field = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        for text in [self.text("prev"), &seq, self.text("at"), self.text("body")] {
            field(text);
        }
        if self.item.contains_key("chain") {
            field(&link.to_string());
            field(chained);
        }
        let hash = hex::encode(hash.finalize());
        self.set("hash", &hash);
    }
}

/// Does what whoever administers the table may do: changes lines, or takes some away, and makes all
/// that follows from them again, so that nothing in the table says so.
fn forge(items: &[Item], change: impl FnOnce(&mut Vec<Line>)) -> Vec<Item> {
    let mut lines: Vec<Line> = items.iter().filter_map(Line::of).collect();
    lines.sort_by_key(|line| line.link);
    change(&mut lines);
    let (mut last, mut of_posts): (String, HashMap<String, String>) = Default::default();
    for (link, line) in (1..).zip(&mut lines) {
        let pk = line.text("PK").to_owned();
        let of_post = of_posts.get(&pk).cloned().unwrap_or_default();
        line.put_after(link, &last, &of_post);
        line.text("hash").clone_into(&mut last);
        of_posts.insert(pk, last.clone());
    }
    let is_gone = |pk: &str| pk.contains("#POST#") && !of_posts.contains_key(pk);
    let others = items.iter().filter(|item| Line::of(item).is_none());
    let mut forged: Vec<Item> = others
        .filter(|item| !is_gone(item["PK"].as_s().unwrap()))
        .cloned()
        .collect();
    for item in &mut forged {
        let (pk, sk) = (
            item["PK"].as_s().unwrap().clone(),
            item["SK"].as_s().unwrap(),
        );
        if sk == "STATE" {
            item.insert("head".into(), AttributeValue::S(of_posts[&pk].clone()));
        } else if sk == "HEAD" {
            item.insert("seq".into(), AttributeValue::N(lines.len().to_string()));
            item.insert("hash".into(), AttributeValue::S(last.clone()));
        }
    }
    forged.extend(lines.into_iter().map(|line| line.item));
    forged
}

async fn scan(stack: &Stack) -> Vec<Item> {
    let pages = client(stack.table_url())
        .scan()
        .table_name(NAME)
        .into_paginator();
    let items: Vec<Item> = pages
        .items()
        .send()
        .collect::<Result<_, _>>()
        .await
        .unwrap();
    let is_ours = |item: &Item| item["PK"].as_s().unwrap().starts_with("P#roxbourne");
    items.into_iter().filter(is_ours).collect()
}

/// Returns what the audit of these items says is wrong, without anchors and with them.
async fn wrong(items: &[Item], anchors: &[FoundAnchor], today: Date) -> [Vec<String>; 2] {
    let table = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    for item in items {
        let put = client(table.url()).put_item().table_name(NAME);
        put.set_item(Some(item.clone())).send().await.unwrap();
    }
    let says = |audit: Audit| audit.wrong.into_iter().map(|(_, wrong)| wrong).collect();
    let ledger = table.ledger();
    let with = ledger.audit_against(anchors, None, today).await.unwrap();
    [says(ledger.audit(None).await.unwrap()), says(with)]
}

/// Returns the practice's anchors.
async fn anchored(anchors: &Folder, stack: &Stack) -> Vec<FoundAnchor> {
    let now = stack.clock().now();
    anchors.all(Some(&practice()), now).await.unwrap()
}

/// The whole of it, through the functions in their roles: a record of two days, both anchored.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one record, forged in each way")]
async fn a_record_made_again_from_yesterday_on_is_found() {
    let folder = folder("anchors");
    let data = folder.join("table");
    let stack = Stack::start(Some(&data)).await.unwrap();
    decide(&stack, "1_1", "seen to").await;
    let first = night(&stack).await;
    decide(&stack, "1_2", "seen to").await;
    decide(&stack, "1_3", "seen to").await;
    let second = night(&stack).await;
    let anchors = Folder::new(beside(&data, ANCHORS));
    let found = anchored(&anchors, &stack).await;
    let days: Vec<Date> = found.iter().map(|found| found.day).collect();
    assert!(
        days.contains(&first) && days.contains(&second) && days.len() == 2,
        "{days:?}"
    );
    let every = anchors.all(None, stack.clock().now()).await.unwrap();
    assert!(
        every.len() > found.len(),
        "the other practices' are there too"
    );

    let honest = scan(&stack).await;
    assert_eq!(wrong(&honest, &found, second).await, [[""; 0], [""; 0]]);
    let same = forge(&honest, |_| {});
    assert_eq!(
        wrong(&same, &found, second).await,
        [[""; 0], [""; 0]],
        "the forger knows the form"
    );

    let reworded = |lines: &mut Vec<Line>, id: &str| {
        let line = lines
            .iter_mut()
            .find(|line| line.is_of(id) && line.text("body").contains("seen to"))
            .unwrap();
        let body = line.text("body").replace("seen to", "as I was told");
        line.set("body", &body);
    };
    let yesterday = [
        ("a note", format!("it is as it was on {first}"), {
            forge(&honest, |lines| reworded(lines, "1_2"))
        }),
        (
            "a note of the day before",
            "No anchor fits it".to_owned(),
            { forge(&honest, |lines| reworded(lines, "1_1")) },
        ),
        ("a post, whole", format!("on {second}"), {
            forge(&honest, |lines| lines.retain(|line| !line.is_of("1_2")))
        }),
        ("the end", "it was cut short".to_owned(), {
            forge(&honest, |lines| lines.retain(|line| !line.is_of("1_3")))
        }),
        ("the beginning", "No anchor fits it".to_owned(), {
            forge(&honest, |lines| {
                let by = lines[0].text("body").replace("\"by\":\"", "\"by\":\"Not ");
                lines[0].set("body", &by);
            })
        }),
        ("everything", "it was cut short".to_owned(), Vec::new()),
    ];
    for (what, says, forged) in &yesterday {
        let [without, with] = wrong(forged, &found, second).await;
        assert!(
            without.is_empty(),
            "{what}: nothing in the table says so, but {without:?}"
        );
        let [one] = with.as_slice() else {
            panic!("{what}: {with:?}")
        };
        assert!(one.contains(says.as_str()), "{what}: {one}");
    }
    // Whoever reaches the anchors too leaves a gap, or something that does not follow.
    let changed = |change: &dyn Fn(&mut Vec<FoundAnchor>)| {
        let mut anchors = found.clone();
        anchors.sort_by_key(|anchor| anchor.day);
        change(&mut anchors);
        anchors
    };
    let reached = [
        (
            "removed",
            changed(&|anchors| drop(anchors.remove(0))),
            "does not follow",
        ),
        (
            "another practice's",
            changed(&|anchors| {
                anchors[1].text = anchors[1].text.replace("roxbourne", "woolpit");
            }),
            "cannot be read",
        ),
        (
            "covered",
            changed(&|anchors| anchors[1].is_covered = true),
            "wrote over",
        ),
        (
            "late",
            changed(&|anchors| {
                anchors[1].written_at = Some(stack.clock().now() + SignedDuration::from_hours(30));
            }),
            "was not written before",
        ),
    ];
    for (what, anchors, says) in reached {
        let [_, with] = wrong(&honest, &anchors, second).await;
        assert!(
            with.iter().any(|one| one.contains(says)),
            "{what}: {with:?}"
        );
    }
    drop(stack);
    fs::remove_dir_all(folder).unwrap();
}

/// A place that takes nothing for one practice, until it does.
#[derive(Debug, Default)]
struct Fails {
    practice: Mutex<Option<PracticeId>>,
    written: Mutex<Vec<NewAnchor>>,
    tried: Mutex<Vec<NewAnchor>>,
}

impl Anchors for Fails {
    fn write<'a>(&'a self, anchor: &'a NewAnchor, _: Timestamp) -> AnchorsAnswer<'a, ()> {
        self.tried.lock().unwrap().push(anchor.clone());
        let fails = self.practice.lock().unwrap().as_ref() == Some(&anchor.practice);
        if !fails {
            self.written.lock().unwrap().push(anchor.clone());
        }
        Box::pin(async move {
            if fails {
                return Err(AnchorsError::Refused(503, "SlowDown".into()));
            }
            Ok(())
        })
    }

    fn all<'a>(
        &'a self,
        _: Option<&'a PracticeId>,
        _: Timestamp,
    ) -> AnchorsAnswer<'a, Vec<FoundAnchor>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_that_fails_holds_up_no_other() {
    let stack = stack().await;
    let place = Arc::new(Fails::default());
    *place.practice.lock().unwrap() = Some(practice());
    let remind = Remind::new(stack.ledger().clone(), Vec::new(), None)
        .with_anchors(Some(Arc::clone(&place) as Arc<dyn Anchors>));
    let at: Timestamp = "2026-12-01T03:17:20Z".parse().unwrap();
    let all = stack.practices().await.unwrap();
    let all: Vec<PracticeId> = all.iter().map(|id| id.parse().unwrap()).collect();
    let practices = all.len() as u64;
    let run = async |after| remind.run(at + after).await.unwrap();
    run(SignedDuration::from_mins(-1)).await;
    assert_eq!(place.tried.lock().unwrap().len(), 0, "it is not time yet");
    assert_eq!(remind.anchor(&all, at).await, practices - 1);
    // An hour after its minute what failed is tried again, with the same words, and nothing else.
    *place.practice.lock().unwrap() = None;
    let its_minute = turn(&practice());
    run(its_minute + SignedDuration::from_mins(59)).await;
    assert_eq!(place.tried.lock().unwrap().len() as u64, practices);
    for hours in [1, 2] {
        run(its_minute + SignedDuration::from_hours(hours)).await;
    }
    let tried = place.tried.lock().unwrap().clone();
    assert_eq!(
        tried.len() as u64,
        practices + 1,
        "each once, and one again"
    );
    let ours: Vec<_> = tried
        .iter()
        .filter(|one| one.practice == practice())
        .collect();
    assert_eq!(ours.len(), 2);
    assert_eq!(ours[0], ours[1]);
    // The next day's follows from it.
    assert_eq!(
        remind
            .anchor(&all, at + SignedDuration::from_hours(24))
            .await,
        practices
    );
    let written = place.written.lock().unwrap().clone();
    let found: Vec<FoundAnchor> = written
        .into_iter()
        .map(
            |NewAnchor {
                 practice,
                 day,
                 text,
             }| FoundAnchor {
                practice,
                day,
                text,
                written_at: None,
                is_covered: false,
            },
        )
        .collect();
    let audit = async |found: &[FoundAnchor]| {
        let ledger = stack.ledger();
        ledger
            .audit_against(found, None, "2026-12-04".parse().unwrap())
            .await
            .unwrap()
    };
    let honest = audit(&found).await;
    assert_eq!(honest.wrong, []);
    let anchored = &honest.anchored[&practice()];
    assert_eq!(anchored.count, 2);
    assert_eq!(
        anchored.missing,
        [Date::constant(2026, 12, 3)],
        "a day without one is told"
    );
}

/// What it did while it had some is to stand all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_practice_without_channels_has_its_record_anchored() {
    let folder = folder("no-channels");
    let data = folder.join("table");
    let stack = Stack::start(Some(&data)).await.unwrap();
    let ledger = stack.ledger();
    for (channel, owner) in ledger.channels().await.unwrap() {
        if owner == practice() {
            ledger.let_go(&owner, &channel).await.unwrap();
        }
    }
    let day = night(&stack).await;
    let found = anchored(&Folder::new(beside(&data, ANCHORS)), &stack).await;
    let days: Vec<Date> = found.iter().map(|found| found.day).collect();
    assert_eq!(days, [day]);
}

/// A schedule may fire twice.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_runs_at_once_both_write_the_same_anchor() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let first: Timestamp = "2026-12-01T03:17:20Z".parse().unwrap();
    // The first anchor of all, and one that follows.
    for days in [0, 1] {
        let at = first + SignedDuration::from_hours(24 * days);
        let practice = practice();
        let (one, other) = futures_util::future::join(
            Box::pin(ledger.anchor_to_write(&practice, at)),
            Box::pin(ledger.anchor_to_write(&practice, at + SignedDuration::from_secs(1))),
        )
        .await;
        let one = one.unwrap().unwrap();
        assert_eq!(one, other.unwrap().unwrap(), "day {days}");
        ledger.note_anchored(&one).await.unwrap();
    }
}

/// The place may have taken one and its answer was lost, whenever it was tried that day: then
/// nobody knows whether it is there.
#[tokio::test(flavor = "multi_thread")]
async fn an_anchor_that_may_have_been_written_is_no_tampering() {
    let stack = stack().await;
    let ledger = stack.ledger();
    let first: Timestamp = "2026-12-01T03:17:20Z".parse().unwrap();
    let mut all = Vec::new();
    for (days, heard) in [(0, true), (1, false), (2, false), (3, true), (4, true)] {
        let at = first + SignedDuration::from_hours(24 * days);
        let anchor = ledger.anchor_to_write(&practice(), at).await;
        let anchor = anchor.unwrap().unwrap();
        if heard {
            ledger.note_anchored(&anchor).await.unwrap();
        }
        all.push(FoundAnchor {
            practice: anchor.practice,
            day: anchor.day,
            text: anchor.text,
            written_at: None,
            is_covered: false,
        });
    }
    let wrong = async |found: &[FoundAnchor]| {
        let today = "2026-12-05".parse().unwrap();
        let audit = ledger.audit_against(found, None, today).await.unwrap();
        let wrong = audit.wrong.into_iter();
        wrong.map(|(_, why)| why).collect::<Vec<_>>()
    };
    for there in [
        &[0, 1, 2, 3, 4][..],
        &[0, 1, 3, 4],
        &[0, 2, 3, 4],
        &[0, 3, 4],
    ] {
        let found: Vec<_> = there.iter().map(|nth| all[*nth].clone()).collect();
        assert_eq!(wrong(&found).await, [""; 0], "{there:?}");
    }
    // What was heard of may not be missing, and what may be there may not be another one.
    let found = [all[1].clone(), all[3].clone(), all[4].clone()];
    assert_eq!(wrong(&found).await.len(), 2);
    let mut found = all.clone();
    found[1].text = found[1].text.replace("03:17:20", "03:17:21");
    let told = wrong(&found).await;
    assert!(
        told.iter()
            .any(|why| why.contains("of 2026-12-03 does not follow")),
        "{told:?}"
    );
}

/// A file that is there is never written to.
#[tokio::test]
async fn an_anchor_in_a_folder_is_written_once() {
    let folder = folder("anchors-once");
    let anchors = Folder::new(&folder);
    let anchor = |text: &str| NewAnchor {
        practice: practice(),
        day: "2026-12-01".parse().unwrap(),
        text: text.into(),
    };
    let now = pagewarden_tests::now();
    for text in ["first", "second"] {
        anchors.write(&anchor(text), now).await.unwrap();
    }
    fs::write(folder.join("roxbourne/notes.txt"), "not an anchor").unwrap();
    let found = anchors.all(None, now).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "first");
    let other = "woolpit".parse().unwrap();
    assert_eq!(anchors.all(Some(&other), now).await.unwrap(), []);
    let nowhere = Folder::new(folder.join("nowhere"));
    assert_eq!(nowhere.all(None, now).await.unwrap(), []);
    fs::remove_dir_all(folder).unwrap();
}
