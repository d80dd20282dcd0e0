//! The record against somebody who may write to the table: what they change, remove or plant is
//! found.
//!
//! Each line of the table is one change, made to a copy of an honest record; the audit of the copy
//! must say what is wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use pagewarden_ledger::{Audit, Choice, LogEntry, LogKind, Person, TaskStatus, Visibility};
use pagewarden_local::stack::Stack;
use pagewarden_local::table::{NAME, Table, client};
use pagewarden_local::template::Template;
use pagewarden_rules::{Platform, PostKey, Role, TaskKind};
use pagewarden_tests::{comment, stack, until};

type Item = HashMap<String, AttributeValue>;

const PAGE: &str = "100000000000003";
const ABUSE: &str = "The receptionist is a fat useless bitch";

/// An honest record: one post hidden, one hidden and its author written to, one harmless, and a
/// switch that was turned.
async fn honest() -> Vec<Item> {
    let stack = stack().await;
    for (id, words) in [
        ("1_1", ABUSE),
        ("1_2", ABUSE),
        ("1_3", "Are the flu clinics on Saturday as well?"),
    ] {
        let body = comment(PAGE, id, "55", words);
        stack.graph().learn(&body).unwrap();
        assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    }
    for id in ["1_1", "1_2"] {
        until(&stack, &key(id), |history| {
            history.state.visibility == Visibility::Hidden
        })
        .await;
    }
    let decided = until(&stack, &key("1_3"), |history| history.state.seq == 1).await;
    assert!(decided.tasks.is_empty());
    let (practice, now) = (key("1_1").practice, pagewarden_tests::now());
    let chidi = Person {
        name: "Chidi Obi".into(),
        role: Role::Reviewer,
    };
    let ledger = stack.ledger();
    ledger
        .switch_off(&practice, &imran(), None, now)
        .await
        .unwrap();
    for one in [imran(), chidi] {
        ledger.switch_on(&practice, &one, None, now).await.unwrap();
    }
    write_down(&stack).await;
    choose(&stack, "1_2", TaskKind::ReportByHand, Choice::Reported).await;
    until(&stack, &key("1_2"), |history| {
        history
            .tasks
            .iter()
            .any(|task| task.status == TaskStatus::Done)
    })
    .await;
    stack.rest().await;
    let audit = stack.ledger().audit(None).await.unwrap();
    assert_eq!(audit.wrong, [], "an honest record holds");
    scan(&stack).await
}

/// Writes an entry of the staff log and a note about the account.
async fn write_down(stack: &Stack) {
    let (ledger, now) = (stack.ledger(), pagewarden_tests::now());
    let practice = key("1_1").practice;
    let entry = LogEntry {
        kind: LogKind::Premises,
        on: "2026-11-20".parse().unwrap(),
        place: "the waiting room".into(),
        what: "a photograph".into(),
        seen_by: String::new(),
        done: String::new(),
        clause: None,
        agreed: false,
    };
    ledger.log(&practice, &imran(), entry, now).await.unwrap();
    ledger
        .note_account(&practice, &imran(), Platform::Facebook, "55", "twice", now)
        .await
        .unwrap();
}

fn in_log<'a>(items: &'a mut [Item], kind: &str) -> &'a mut Item {
    items
        .iter_mut()
        .find(|item| name(item, "PK") == "P#roxbourne#LOG" && name(item, "SK").starts_with(kind))
        .unwrap()
}

fn key(id: &str) -> PostKey {
    PostKey {
        practice: "roxbourne".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn imran() -> Person {
    Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    }
}

async fn choose(stack: &Stack, id: &str, kind: TaskKind, choice: Choice) {
    let tasks = stack.ledger().tasks_of(&key(id)).await.unwrap();
    let task = tasks
        .iter()
        .find(|task| task.kind == kind)
        .unwrap_or_else(|| panic!("no {kind} among {tasks:?}"));
    stack
        .ledger()
        .choose(
            &task.key,
            &task.id,
            &imran(),
            choice,
            pagewarden_tests::now(),
        )
        .await
        .unwrap();
}

async fn scan(stack: &Stack) -> Vec<Item> {
    let pages = client(stack.table_url())
        .scan()
        .table_name(NAME)
        .into_paginator()
        .items()
        .send();
    let items: Vec<Item> = pages.collect::<Result<_, _>>().await.unwrap();
    items
        .into_iter()
        .filter(|item| name(item, "PK").starts_with("P#roxbourne"))
        .collect()
}

/// Writes the items to a table of their own, and checks it.
async fn audit(items: &[Item]) -> Audit {
    let table = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    for item in items {
        client(table.url())
            .put_item()
            .table_name(NAME)
            .set_item(Some(item.clone()))
            .send()
            .await
            .unwrap();
    }
    table.ledger().audit(None).await.unwrap()
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn name<'a>(item: &'a Item, attribute: &str) -> &'a str {
    item.get(attribute)
        .and_then(|value| value.as_s().ok())
        .map_or("", String::as_str)
}

/// Returns the items of one post of one kind, such as `TASK`.
fn of<'a>(items: &'a mut [Item], id: &str, kind: &str) -> Vec<&'a mut Item> {
    let pk = format!("P#roxbourne#POST#facebook#{id}");
    let mut found: Vec<&mut Item> = items
        .iter_mut()
        .filter(|item| name(item, "PK") == pk && name(item, "SK").starts_with(kind))
        .collect();
    assert!(!found.is_empty(), "there is a {kind} of {id}");
    // Lines by their numbers: the key of what a platform tells is made of its own time, which may
    // be an earlier one.
    let number = |item: &Item| {
        item.get("seq")
            .and_then(|seq| seq.as_n().ok()?.parse::<u64>().ok())
    };
    found.sort_by_key(|item| (number(item), name(item, "SK").to_owned()));
    found
}

fn first<'a>(items: &'a mut [Item], id: &str, kind: &str) -> &'a mut Item {
    of(items, id, kind).swap_remove(0)
}

fn set(item: &mut Item, attribute: &str, value: AttributeValue) {
    assert_ne!(
        item.insert(attribute.to_owned(), value.clone()),
        Some(value),
        "{attribute} is changed"
    );
}

/// Changes a member of the post in a revision.
fn in_post(item: &mut Item, member: &str, value: AttributeValue) {
    let Some(AttributeValue::M(post)) = item.get_mut("post") else {
        panic!("a revision has a post")
    };
    post.insert(member.to_owned(), value);
}

/// Removes the items for which it is asked.
fn remove(items: &mut Vec<Item>, gone: impl Fn(&str, &str) -> bool) {
    let before = items.len();
    items.retain(|item| !gone(name(item, "PK"), name(item, "SK")));
    assert!(items.len() < before, "something is removed");
}

fn is_of(pk: &str, id: &str) -> bool {
    pk == format!("P#roxbourne#POST#facebook#{id}")
}

fn open_task(items: &mut [Item]) -> &mut Item {
    let mut open = of(items, "1_1", "TASK#");
    open.retain(|task| name(task, "status") == "open");
    open.swap_remove(0)
}

fn closed_task(items: &mut [Item]) -> &mut Item {
    let mut closed = of(items, "1_2", "TASK#");
    closed.retain(|task| name(task, "status") == "done");
    closed.swap_remove(0)
}

fn list(values: &[&str]) -> AttributeValue {
    AttributeValue::L(values.iter().map(|value| text(value)).collect())
}

/// A change, what it is called, and what the audit says of it.
type Case = (&'static str, &'static str, fn(&mut Vec<Item>));

const CASES: &[Case] = &[
    ("what the platform sent", "evidence of revision", |items| {
        let revision = first(items, "1_1", "REV#");
        let sent = name(revision, "raw").replace("useless", "helpful");
        set(revision, "raw", text(&sent));
    }),
    (
        "what the platform sent, removed",
        "evidence of revision",
        |items| {
            first(items, "1_1", "REV#").remove("raw").unwrap();
        },
    ),
    ("the words as they were read", "was changed", |items| {
        in_post(
            first(items, "1_1", "REV#"),
            "text",
            text("you are all lovely"),
        );
    }),
    ("the author as it was read", "was changed", |items| {
        in_post(
            first(items, "1_1", "REV#"),
            "author",
            AttributeValue::M(HashMap::new()),
        );
    }),
    ("when it was seen", "evidence of revision", |items| {
        set(
            first(items, "1_1", "REV#"),
            "seen_at",
            text("2020-01-01T00:00:00Z"),
        );
    }),
    ("when the words stood there", "was changed", |items| {
        set(
            first(items, "1_1", "REV#"),
            "as_of",
            text("2020-01-01T00:00:00Z"),
        );
    }),
    (
        "a translation that there never was",
        "was changed",
        |items| {
            set(
                first(items, "1_1", "REV#"),
                "translation",
                text("something else"),
            );
        },
    ),
    ("the evidence, removed", "evidence of revision", |items| {
        remove(items, |pk, sk| is_of(pk, "1_1") && sk.starts_with("REV#"));
    }),
    (
        "a delivery where none was kept",
        "its words were dropped, but there are words",
        |items| {
            set(first(items, "1_3", "REV#"), "raw", text("{}"));
        },
    ),
    (
        "a translation where none was kept",
        "its words were dropped, but there are words",
        |items| {
            set(
                first(items, "1_3", "REV#"),
                "translation",
                text("the receptionist is a bitch"),
            );
        },
    ),
    (
        "words where none were kept",
        "its words were dropped, but there are words",
        |items| {
            in_post(
                first(items, "1_3", "REV#"),
                "text",
                text("the receptionist is a bitch"),
            );
        },
    ),
    (
        "what a line says",
        "line 1 of the history was changed",
        |items| {
            let line = first(items, "1_1", "EVT#");
            let body = name(line, "body").replace("\"hide\"", "\"none\"");
            set(line, "body", text(&body));
        },
    ),
    (
        "when a line was written",
        "line 1 of the history was changed",
        |items| {
            set(
                first(items, "1_1", "EVT#"),
                "at",
                text("2020-01-01T00:00:00Z"),
            );
        },
    ),
    (
        "a line in the middle, removed",
        "line 1 of the history is missing",
        |items| {
            let sk = name(first(items, "1_1", "EVT#"), "SK").to_owned();
            remove(items, |pk, line| is_of(pk, "1_1") && line == sk);
        },
    ),
    (
        "the last line, removed",
        "does not follow from its events",
        |items| {
            let sk = name(of(items, "1_1", "EVT#").pop().unwrap(), "SK").to_owned();
            remove(items, |pk, line| is_of(pk, "1_1") && line == sk);
        },
    ),
    (
        "a whole post, removed",
        "of the practice's chain is missing",
        |items| {
            remove(items, |pk, _| is_of(pk, "1_1"));
        },
    ),
    (
        "every post, removed",
        "of the practice's chain is missing",
        |items| {
            remove(items, |pk, _| pk.starts_with("P#roxbourne#POST#"));
        },
    ),
    (
        "a revision kept by nobody",
        "does not follow from its events",
        |items| {
            let revision = name(first(items, "1_1", "REV#"), "revision").to_owned();
            set(first(items, "1_1", "STATE"), "kept", list(&[&revision]));
        },
    ),
    (
        "the end of the chain, removed",
        "does not end as it says",
        |items| {
            remove(items, |pk, sk| pk == "P#roxbourne#CHAIN" && sk == "HEAD");
        },
    ),
    ("the end of the chain", "does not end as it says", |items| {
        let head = items
            .iter_mut()
            .find(|item| name(item, "SK") == "HEAD" && name(item, "PK") == "P#roxbourne#CHAIN");
        set(head.unwrap(), "hash", text("00"));
    }),
    ("an open task, removed", "the task", |items| {
        let sk = name(open_task(items), "SK").to_owned();
        remove(items, |_, task| task == sk);
    }),
    ("the draft of an open task", "was changed", |items| {
        set(open_task(items), "draft", text("You are ill."));
    }),
    ("what an open task offers", "was changed", |items| {
        set(open_task(items), "options", list(&["ban"]));
    }),
    (
        "what a clause forbids of an open task",
        "was changed",
        |items| set(open_task(items), "refused", list(&["hide"])),
    ),
    ("who may delete", "was changed", |items| {
        set(open_task(items), "delete_role", text("safeguarding_lead"));
    }),
    ("when an open task is due", "the task", |items| {
        set(open_task(items), "due_at", text("2036-01-01T00:00:00Z"));
    }),
    (
        "an open task, taken out of the queue",
        "the task",
        |items| {
            open_task(items).remove("queue_pk").unwrap();
        },
    ),
    ("an open task, put back in the queue", "the task", |items| {
        set(
            open_task(items),
            "queue_sk",
            text("9#2036-01-01T00:00:00.000Z#1"),
        );
    }),
    ("what was chosen", "the task", |items| {
        set(
            closed_task(items),
            "outcome",
            text("keep by Imran:practice_manager"),
        );
    }),
    ("who chose it", "the task", |items| {
        set(
            closed_task(items),
            "outcome",
            text("reported by Somebody:reviewer"),
        );
    }),
    ("when it was chosen", "the task", |items| {
        set(
            closed_task(items),
            "closed_at",
            text("2026-01-01T00:00:00Z"),
        );
    }),
    (
        "a closed task, removed",
        "is missing, which was written",
        |items| {
            let sk = name(closed_task(items), "SK").to_owned();
            remove(items, |_, task| task == sk);
        },
    ),
    ("a closed task, opened again", "the task", |items| {
        set(closed_task(items), "status", text("open"));
    }),
    (
        "a task that nobody opened",
        "no line of the history knows of it",
        |items| {
            let mut planted = closed_task(items).clone();
            planted.insert("SK".into(), text("TASK#planted"));
            planted.insert("id".into(), text("planted"));
            planted.insert("outcome".into(), text("keep by Imran:practice_manager"));
            planted.remove("outcome");
            items.push(planted);
        },
    ),
    ("what an action did", "was changed", |items| {
        set(first(items, "1_1", "ACT#"), "effect", text("unhide"));
    }),
    ("the words that were sent", "was changed", |items| {
        set(first(items, "1_1", "ACT#"), "words", text("Hello"));
    }),
    ("who decided on an action", "was changed", |items| {
        set(first(items, "1_1", "ACT#"), "by", text("person"));
    }),
    ("what the platform answered", "the action", |items| {
        set(first(items, "1_1", "ACT#"), "result", text("refused"));
    }),
    ("what became of an action", "the action", |items| {
        set(first(items, "1_1", "ACT#"), "status", text("failed"));
    }),
    (
        "an action, removed",
        "is missing, which was written",
        |items| {
            remove(items, |pk, sk| is_of(pk, "1_1") && sk.starts_with("ACT#"));
        },
    ),
    (
        "an action that nobody asked for",
        "no line of the history knows of it",
        |items| {
            let mut planted = first(items, "1_1", "ACT#").clone();
            planted.insert("SK".into(), text("ACT#planted"));
            items.push(planted);
        },
    ),
    (
        "an incident of the account, removed",
        "is missing, which was written",
        |items| {
            let sk = account_event(items);
            remove(items, |pk, event| pk.contains("#ACCT#") && event == sk);
        },
    ),
    ("an incident of the account", "was changed", |items| {
        let sk = account_event(items);
        set(
            items
                .iter_mut()
                .find(|item| name(item, "SK") == sk)
                .unwrap(),
            "clauses",
            list(&["R1"]),
        );
    }),
    ("an entry of the staff log", "was changed", |items| {
        set(in_log(items, "ENTRY#"), "what", text("nothing"));
    }),
    ("who wrote a note", "was changed", |items| {
        set(in_log(items, "NOTE#"), "by", text("Rita:reviewer"));
    }),
    (
        "an entry of the staff log, removed",
        "is missing, which was written",
        |items| remove(items, |_, sk| sk.starts_with("ENTRY#")),
    ),
    (
        "a note that nobody wrote",
        "no line of the history knows of it",
        |items| {
            let mut planted = in_log(items, "NOTE#").clone();
            planted.insert("SK".into(), text("NOTE#facebook#55#planted"));
            items.push(planted);
        },
    ),
    (
        "a line of the staff log, removed",
        "of the practice's chain is missing",
        |items| {
            remove(items, |pk, sk| {
                pk == "P#roxbourne#LOG" && sk.starts_with("EVT#")
            });
        },
    ),
    ("a policy in force", "was changed", |items| {
        let toml = name(practice(items, "POLICY#000001"), "toml").replace("hide", "delete");
        set(practice(items, "POLICY#000001"), "toml", text(&toml));
    }),
    ("who published it", "was changed", |items| {
        set(
            practice(items, "POLICY#000001"),
            "by",
            text("Nobody:deployer"),
        );
    }),
    (
        "a policy, removed",
        "is missing, which was written",
        |items| {
            remove(items, |pk, sk| pk == "P#roxbourne" && sk == "POLICY#000001");
        },
    ),
    (
        "the settings in force",
        "not as it was last put in force",
        |items| {
            let settings = name(practice(items, "SETTINGS"), "settings").replace("live", "shadow");
            set(practice(items, "SETTINGS"), "settings", text(&settings));
        },
    ),
    ("the switch", "not as it was last put in force", |items| {
        set(switch(items), "on", AttributeValue::Bool(false));
    }),
    (
        "who turned the switch",
        "not as it was last put in force",
        |items| {
            set(switch(items), "by", text("Nobody:reviewer"));
        },
    ),
    (
        "a line about the practice",
        "was changed, or does not follow",
        |items| {
            let line = items
                .iter_mut()
                .filter(|item| name(item, "PK") == "P#roxbourne#SWITCH")
                .find(|item| {
                    name(item, "body").contains("switched")
                        && name(item, "body").contains("\"on\":false")
                });
            let line = line.unwrap();
            let body = name(line, "body").replace("Imran", "Rita");
            set(line, "body", text(&body));
        },
    ),
    (
        "a line about the practice, removed",
        "of the practice's chain is missing",
        |items| {
            remove(items, |pk, sk| {
                pk == "P#roxbourne" && sk == "EVT#000000000001"
            });
        },
    ),
];

fn practice<'a>(items: &'a mut [Item], sk: &str) -> &'a mut Item {
    items
        .iter_mut()
        .find(|item| name(item, "PK") == "P#roxbourne" && name(item, "SK") == sk)
        .unwrap()
}

fn switch(items: &mut [Item]) -> &mut Item {
    items
        .iter_mut()
        .find(|item| name(item, "PK") == "P#roxbourne#SWITCH" && name(item, "SK") == "NOW")
        .unwrap()
}

fn account_event(items: &[Item]) -> String {
    let incident = items
        .iter()
        .find(|item| name(item, "PK").contains("#ACCT#") && name(item, "SK").starts_with("EVT#"));
    name(incident.unwrap(), "SK").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_removed_or_planted_is_found() {
    let honest = honest().await;
    assert_eq!(
        audit(&honest).await.wrong,
        [],
        "a copy of an honest record holds"
    );
    // All at once, since each history that does not hold is looked at again after a while.
    let cases = CASES.iter().map(|&(what, expected, change)| {
        let mut items = honest.clone();
        change(&mut items);
        async move { (what, expected, audit(&items).await.wrong) }
    });
    for (what, expected, wrong) in join_all(cases).await {
        assert!(
            wrong.iter().any(|(_, why)| why.contains(expected)),
            "{what}: {expected:?} is not in {wrong:?}"
        );
    }
}
