//! What an author may ask of a practice about themselves: an answer that holds all of theirs and
//! nothing of anybody else, and the record holds afterwards.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::StatusCode;
use pagewarden_evidence::{KeptOut, Pack, Sheet, Subject, answer_author, export, verify};
use pagewarden_ledger::{
    AccountOf, Answer, Choice, Correction, History, HoldError, LogEntry, LogKind, Person,
    Recipient, RectifyError, choices,
};
use pagewarden_local::stack::Stack;
use pagewarden_local::table::{NAME, client};
use pagewarden_rules::{Effect, Platform, PostKey, PracticeId, Role};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{change, resettle, stack, until};
use serde_json::json;
use zip::ZipArchive;

const PAGES: [(&str, &str); 2] = [
    ("roxbourne", "100000000000003"),
    ("woolpit", "100000000000004"),
];
/// Accounts whose ids go on where another one's ends.
const AUTHORS: [&str; 3] = ["9000055", "90000551", "9000077"];
/// What is noted about each of them.
const NOTES: [&str; 3] = ["quibblesome", "quarrelsome", "quizzical"];
const ABUSE: &str = "The receptionist is a fat useless bitch";
const COMPLAINT: &str = "I want to make a formal complaint about how my referral was handled";
const PLEA: &str = "I can't go on. Tonight is the night. I have the tablets here";

fn practice(id: &str) -> PracticeId {
    id.parse().unwrap()
}

fn key(practice: &str, id: &str) -> PostKey {
    PostKey {
        practice: practice.parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn manager(practice: &str) -> Person {
    let name = if practice == "woolpit" {
        "Joan"
    } else {
        "Imran"
    };
    Person {
        name: name.into(),
        role: Role::PracticeManager,
    }
}

fn now() -> jiff::Timestamp {
    pagewarden_tests::now()
}

fn account<'a>(practice: &'a PracticeId, account: &'a str) -> AccountOf<'a> {
    AccountOf {
        practice,
        platform: Platform::Facebook,
        account,
    }
}

/// A post, and what nothing but an answer about its author may hold.
struct Written {
    key: PostKey,
    author: &'static str,
    token: String,
}

async fn write(stack: &Stack, page: &str, id: &str, author: &str, says: &str, parent: &str) {
    let mut one = change(page, id, author, says);
    one["value"]["parent_id"] = json!(parent);
    one["value"]["from"]["name"] = json!(format!("Mx {author} Surname"));
    let body = json!({ "object": "page", "entry": [{ "id": page, "time": 1, "changes": [one] }] });
    let body = body.to_string();
    stack.graph().learn(body.as_bytes()).unwrap();
    let status = stack.sender().deliver(body.as_bytes()).await.unwrap();
    assert_eq!(StatusCode::try_from(status).unwrap(), StatusCode::OK);
}

/// Two practices and three authors, who answer each other at random and write to both.
async fn written(stack: &Stack, random: &mut fastrand::Rng) -> Vec<Written> {
    let mut posts: Vec<Written> = Vec::new();
    for nth in 0..14 {
        let (practice, page) = PAGES[random.usize(..2)];
        let author = AUTHORS[nth % 3];
        let id = format!("{page}_{}", 700 + nth);
        let token: String = (0..12).map(|_| random.lowercase()).collect();
        let says = [ABUSE, COMPLAINT, PLEA][random.usize(..3)];
        let mut others = posts
            .iter()
            .filter(|post| post.key.practice.as_str() == practice);
        let parent = others
            .next_back()
            .map_or(format!("{page}_1"), |post| post.key.id.clone());
        write(
            stack,
            page,
            &id,
            author,
            &format!("{says} {token}"),
            &parent,
        )
        .await;
        let key = key(practice, &id);
        until(stack, &key, |history| !history.tasks.is_empty()).await;
        posts.push(Written { key, author, token });
    }
    stack.rest().await;
    posts
}

fn all(pack: &Pack) -> String {
    files(pack).into_values().collect()
}

fn files(pack: &Pack) -> BTreeMap<String, String> {
    let mut zip = ZipArchive::new(Cursor::new(&pack.bytes)).unwrap();
    let mut files = BTreeMap::new();
    for i in 0..zip.len() {
        let mut file = zip.by_index(i).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().into_owned(), text);
    }
    files
}

async fn answer(stack: &Stack, practice: &PracticeId, author: &str) -> (Pack, Sheet) {
    let person = manager(practice.as_str());
    let of = account(practice, author);
    answer_author(stack.ledger(), of, &person, usize::MAX, now())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_all_of_its_author_and_nothing_of_others() {
    let stack = stack().await;
    let posts = written(&stack, &mut fastrand::Rng::with_seed(5)).await;
    let mut answered = 0;
    for (practice, _) in PAGES.map(|(id, page)| (self::practice(id), page)) {
        let person = manager(practice.as_str());
        for (author, note) in AUTHORS.into_iter().zip(NOTES) {
            let ledger = stack.ledger();
            ledger
                .note_account(&practice, &person, Platform::Facebook, author, note, now())
                .await
                .unwrap();
            answered += 1;
        }
        for author in AUTHORS {
            let (pack, _) = answer(&stack, &practice, author).await;
            let text = all(&pack);
            for post in &posts {
                let is_own = post.author == author && post.key.practice == practice;
                assert_eq!(
                    text.contains(&post.token),
                    is_own,
                    "{author} at {practice}: {}",
                    post.key
                );
                if !is_own {
                    assert!(
                        !text.contains(&post.key.id),
                        "the id of a post that it answers"
                    );
                }
            }
            for (other, note) in AUTHORS.iter().zip(NOTES) {
                let is_own = *other == author;
                assert_eq!(text.contains(&format!("Mx {other} ")), is_own, "{other}");
                assert_eq!(text.contains(note), is_own, "{other}: {note}");
            }
            assert!(!text.contains("Imran") && !text.contains("Joan"));
            let other = PAGES.iter().find(|(id, _)| *id != practice.as_str());
            assert!(!text.contains(other.unwrap().0) && !text.contains(other.unwrap().1));
            assert_eq!(verify(&pack.bytes).wrong, [] as [String; 0]);
            let mut changed = pack.bytes.clone();
            let at = changed.len() / 2;
            changed[at] ^= 1;
            assert_ne!(verify(&changed).wrong, [] as [String; 0]);
            let lines = stack.ledger().log_lines(&practice).await.unwrap();
            let last = &lines.last().unwrap().body;
            assert!(last.contains("answered_author") && last.contains(&pack.sha256));
            assert!(
                !last.contains(author),
                "the account is told by its hash alone"
            );
        }
    }
    assert_eq!(answered, 6);
    let audit = stack.ledger().audit(None).await.unwrap();
    assert_eq!(audit.wrong, [], "the chains hold with the answers in them");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_law_may_withhold_is_kept_out_and_counted() {
    let stack = stack().await;
    let roxbourne = practice("roxbourne");
    let (post, other) = (key("roxbourne", "1_1"), key("roxbourne", "1_2"));
    let page = PAGES[0].1;
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    write(&stack, page, "1_2", AUTHORS[0], PLEA, &format!("{page}_1")).await;
    until(&stack, &post, |history| !history.tasks.is_empty()).await;
    let danger = until(&stack, &other, |history| !history.tasks.is_empty()).await;
    stack.rest().await;
    let (ledger, imran) = (stack.ledger(), manager("roxbourne"));
    let hold = ledger.hold(
        &post,
        true,
        &imran,
        Some("counsel Quillfeather asked"),
        None,
        now(),
    );
    hold.await.unwrap();
    for recipient in [Recipient::Solicitor, Recipient::Police] {
        let (key, whole) = (&post, false);
        let subject = Subject {
            key,
            recipient,
            whole,
        };
        let taken = export(ledger, None, subject, &imran, usize::MAX, now());
        taken.await.unwrap();
    }
    let task = danger
        .tasks
        .iter()
        .find(|task| task.kind.is_danger())
        .unwrap();
    let note = Some("I rang Nettlewick, who knows them");
    let seen_to = Answer {
        choice: Choice::Done,
        note,
        again: false,
    };
    ledger
        .choose(&other, &task.id, &imran, seen_to, now())
        .await
        .unwrap();
    let abuse = pagewarden_tests::case(ledger, &post).await.unwrap();
    let asked = Answer {
        choice: Choice::Done,
        note: Some("Imran thought it rude, ring 01384 555 012"),
        again: false,
    };
    ledger
        .choose(&post, &abuse.tasks[0].id, &imran, asked, now())
        .await
        .unwrap();

    let (pack, sheet) = answer(&stack, &roxbourne, AUTHORS[0]).await;
    let expected = [
        (KeptOut::LegalAdvice, 1),
        (KeptOut::Hold, 1),
        (KeptOut::Police, 1),
        (KeptOut::Danger, 1),
    ];
    assert_eq!(sheet, Sheet::from(expected));
    let text = all(&pack);
    for hidden in [
        "Quillfeather",
        "Nettlewick",
        "solicitor",
        "police",
        "Imran",
        "555 012",
    ] {
        assert!(!text.contains(hidden), "{hidden}");
    }
    assert!(
        text.contains("thought it rude"),
        "why something was decided is told"
    );
    assert!(text.contains("somebody (practice manager)"), "{text}");
    let lines = ledger.log_lines(&roxbourne).await.unwrap();
    let last = &lines.last().unwrap().body;
    assert!(
        last.contains("\"legal_hold\":1") && last.contains("\"danger\":1"),
        "{last}"
    );

    // Who may not leaves no trace of it.
    let chidi = Person {
        name: "Chidi Obi".into(),
        role: Role::Reviewer,
    };
    let of = account(&roxbourne, AUTHORS[0]);
    let refused = answer_author(ledger, of, &chidi, usize::MAX, now()).await;
    assert!(refused.unwrap_err().to_string().contains("may not"));
    let of = account(&roxbourne, "90000");
    let nobody = answer_author(ledger, of, &imran, usize::MAX, now()).await;
    let why = nobody.unwrap_err().to_string();
    assert!(why.contains("nothing is on record"), "{why}");
    let after = ledger.log_lines(&roxbourne).await.unwrap();
    assert_eq!(after.len(), lines.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_answers_after_signing_in_once_more() {
    let stack = stack().await;
    let page = PAGES[0].1;
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    until(&stack, &key("roxbourne", "1_1"), |history| {
        !history.tasks.is_empty()
    })
    .await;
    stack.rest().await;
    let at = format!("/rights/facebook/{}", AUTHORS[0]);
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let (other, none) = (gail.get(&at).await, gail.get("/rights/facebook/1").await);
    assert_eq!(other.status.as_u16(), 404);
    assert_eq!(other.body, none.body, "as if it did not exist");
    let email = "imran@roxbourne.example";
    let mut imran = Browser::signed_in(&stack, email).await;
    let account = imran
        .get(&format!("/account/facebook/{}", AUTHORS[0]))
        .await;
    assert!(account.body.contains(&at), "the account's page leads there");
    let shown = imran.get(&at).await;
    assert!(shown.body.contains("What is kept out"), "{}", shown.body);
    let roxbourne = practice("roxbourne");
    let sent = imran.post(&at, &[("author", "yes")]).await;
    let again = imran.follow(sent).await;
    assert!(again.title().starts_with("Sign in once more"), "{again:?}");
    let lines = stack.ledger().log_lines(&roxbourne).await.unwrap();
    assert_eq!(lines.len(), 0, "nothing is given before");
    let next = again.field("next").unwrap();
    let issuer = imran.post("/signin/again", &[("next", &next)]).await;
    let issuer = imran.follow(issuer).await;
    let back = imran.pick(&stack, &issuer, email).await;
    imran.follow(back).await;
    let given = imran.post(&at, &[("author", "yes")]).await;
    assert_eq!(given.header("content-type"), "application/zip");
    let lines = stack.ledger().log_lines(&roxbourne).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].body.contains("\"by\":\"Imran:practice_manager\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_its_account_no_longer_lists_is_found() {
    let stack = stack().await;
    let page = PAGES[0].1;
    let post = key("roxbourne", "1_1");
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    until(&stack, &post, |history| !history.tasks.is_empty()).await;
    close(&stack, &post).await;
    stack.rest().await;
    // As the table itself does after 400 days.
    let client = client(stack.table_url());
    let listed = client
        .query()
        .table_name(NAME)
        .key_condition_expression("PK = :pk")
        .expression_attribute_values(
            ":pk",
            AttributeValue::S(format!("P#roxbourne#ACCT#facebook#{}", AUTHORS[0])),
        )
        .send()
        .await
        .unwrap();
    assert!(!listed.items().is_empty());
    for item in listed.items() {
        let delete = client.delete_item().table_name(NAME);
        let delete = delete.key("PK", item["PK"].clone());
        delete.key("SK", item["SK"].clone()).send().await.unwrap();
    }
    let (pack, _) = answer(&stack, &practice("roxbourne"), AUTHORS[0]).await;
    assert!(all(&pack).contains(ABUSE));
}

/// Answers everything that waits about a post.
async fn close(stack: &Stack, post: &PostKey) {
    let wanted = [
        Choice::Complaint,
        Choice::ComplaintAcknowledged,
        Choice::AskAuthor,
        Choice::KeepHidden,
        Choice::Done,
        Choice::Keep,
    ];
    let manager = manager(post.practice.as_str());
    loop {
        let case = pagewarden_tests::case(stack.ledger(), post).await;
        let Some(case) = case.filter(|case| !case.tasks.is_empty()) else {
            break;
        };
        let task = &case.tasks[0];
        let offered = choices(task, &case.grounds);
        let choice = *wanted.iter().find(|one| offered.contains(one)).unwrap();
        let answer = Answer {
            choice,
            note: Some("seen to"),
            again: false,
        };
        let chosen = stack
            .ledger()
            .choose(post, &task.id, &manager, answer, now());
        chosen.await.unwrap();
    }
    let settled = |history: &History| history.actions.iter().all(|one| !one.status.is_open());
    until(stack, post, settled).await;
}

/// Returns everything that the table holds, as text.
async fn table(stack: &Stack) -> Vec<String> {
    let scan = client(stack.table_url())
        .scan()
        .table_name(NAME)
        .into_paginator();
    let items: Vec<_> = scan.items().send().collect::<Result<_, _>>().await.unwrap();
    items.iter().map(|item| format!("{item:?}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_waits_or_is_a_complaint_is_never_erased() {
    let stack = stack().await;
    let mut random = fastrand::Rng::with_seed(23);
    let posts = written(&stack, &mut random).await;
    // Of each post: whether it was closed, and whether it is held.
    let mut kept = BTreeMap::new();
    for post in &posts {
        let (closed, held) = (random.u8(..4) > 0, random.u8(..4) == 0);
        if closed {
            close(&stack, &post.key).await;
        }
        if held {
            let manager = manager(post.key.practice.as_str());
            let kept_back = stack
                .ledger()
                .hold(&post.key, true, &manager, None, None, now());
            kept_back.await.unwrap();
        }
        kept.insert(post.key.to_string(), !closed || held);
    }
    stack.rest().await;
    let ledger = stack.ledger();
    let mut gone: Vec<&Written> = Vec::new();
    for (id, _) in PAGES {
        let (id, manager) = (practice(id), manager(id));
        for (author, note) in AUTHORS.into_iter().zip(NOTES) {
            let noted = ledger.note_account(&id, &manager, Platform::Facebook, author, note, now());
            noted.await.unwrap();
        }
    }
    for (practice, author) in [("roxbourne", 0), ("woolpit", 1), ("roxbourne", 2)] {
        let (id, manager) = (self::practice(practice), manager(practice));
        let of = account(&id, AUTHORS[author]);
        let own = |post: &&Written| {
            post.author == AUTHORS[author] && post.key.practice.as_str() == practice
        };
        let planned = ledger.erasure_of(of).await.unwrap();
        assert_eq!(planned.notes, 1);
        let reviewer = Person {
            role: Role::ComplaintsManager,
            ..manager.clone()
        };
        assert!(
            ledger
                .erase(of, &reviewer, "they asked", now())
                .await
                .is_err()
        );
        assert!(ledger.erase(of, &manager, " ", now()).await.is_err());
        let erased = ledger
            .erase(of, &manager, "they asked", now())
            .await
            .unwrap();
        assert_eq!(erased, planned, "it was said beforehand what would go");
        for post in posts.iter().filter(own) {
            let history = ledger.history(&post.key).await.unwrap().unwrap();
            let is_complaint = history
                .tasks
                .iter()
                .any(|task| task.chosen() == Some(Choice::Complaint));
            let stays = kept[&post.key.to_string()] || is_complaint;
            assert_eq!(erased.posts.contains(&post.key), !stays, "{}", post.key);
            let reasons = erased.kept.iter().filter(|(key, _)| *key == post.key);
            assert_eq!(reasons.count(), usize::from(stays), "{}", post.key);
            if !stays {
                gone.push(post);
            }
        }
        let audit = ledger.audit(None).await.unwrap();
        assert_eq!(audit.wrong, [], "the chains hold after each of them");
        let twice = ledger
            .erase(of, &manager, "once more", now())
            .await
            .unwrap();
        assert_eq!((twice.posts.len(), twice.notes), (0, 0));
        let (pack, _) = answer(&stack, &id, AUTHORS[author]).await;
        for post in posts.iter().filter(own) {
            let is_gone = gone.iter().any(|one| one.key == post.key);
            assert_eq!(all(&pack).contains(&post.token), !is_gone, "{}", post.key);
        }
    }
    assert!(gone.len() > 2, "the test erases something");
    let rows = table(&stack).await;
    for post in &posts {
        let is_gone = gone.iter().any(|one| one.key == post.key);
        let is_there = rows.iter().any(|row| row.contains(&post.token));
        assert_eq!(is_there, !is_gone, "{}", post.key);
    }
    let noted = rows
        .iter()
        .filter(|row| NOTES.iter().any(|note| row.contains(note)));
    assert_eq!(noted.count(), 3, "of six notes");
    let lines = ledger.log_lines(&practice("woolpit")).await.unwrap();
    let line = lines
        .iter()
        .find(|line| line.body.contains("\"kind\":\"erased\""));
    assert!(
        !line.unwrap().body.contains("9000"),
        "accounts and posts are told by hashes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_put_back_after_it_was_erased_is_found() {
    let stack = stack().await;
    let (roxbourne, imran) = (practice("roxbourne"), manager("roxbourne"));
    let of = account(&roxbourne, AUTHORS[0]);
    let ledger = stack.ledger();
    let noted = ledger.note_account(
        &roxbourne,
        &imran,
        Platform::Facebook,
        AUTHORS[0],
        "rude",
        now(),
    );
    noted.await.unwrap();
    assert_eq!(
        ledger
            .erase(of, &imran, "they asked", now())
            .await
            .unwrap()
            .notes,
        1
    );
    assert_eq!(ledger.audit(None).await.unwrap().wrong, []);
    let client = client(stack.table_url());
    let found = client
        .query()
        .table_name(NAME)
        .key_condition_expression("PK = :pk AND begins_with(SK, :sk)")
        .expression_attribute_values(":pk", AttributeValue::S("P#roxbourne#LOG".into()))
        .expression_attribute_values(":sk", AttributeValue::S("NOTE#".into()))
        .send()
        .await
        .unwrap();
    let mut note = found.items()[0].clone();
    note.insert("note".into(), AttributeValue::S("polite".into()));
    let put = client.put_item().table_name(NAME).set_item(Some(note));
    put.send().await.unwrap();
    assert_eq!(ledger.audit(None).await.unwrap().wrong.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_erases_after_asking_twice() {
    let stack = stack().await;
    let page = PAGES[0].1;
    let post = key("roxbourne", "1_1");
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    until(&stack, &post, |history| !history.tasks.is_empty()).await;
    close(&stack, &post).await;
    stack.rest().await;
    let at = format!("/erase/facebook/{}", AUTHORS[0]);
    let words = async || {
        let history = stack.ledger().history(&post).await.unwrap().unwrap();
        history.revisions[0].post.text.clone()
    };
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let wanted = [("note", "they asked by letter"), ("confirm", "yes")];
    gail.post(&at, &wanted).await;
    let mut chidi = Browser::signed_in(&stack, "chidi.obi@roxbourne.example").await;
    assert_eq!(chidi.post(&at, &wanted).await.status.as_u16(), 403);
    let email = "imran@roxbourne.example";
    let mut imran = Browser::signed_in(&stack, email).await;
    let sent = imran.post(&at, &wanted).await;
    let again = imran.follow(sent).await;
    assert!(again.title().starts_with("Sign in once more"), "{again:?}");
    let next = again.field("next").unwrap();
    let issuer = imran.post("/signin/again", &[("next", &next)]).await;
    let issuer = imran.follow(issuer).await;
    let back = imran.pick(&stack, &issuer, email).await;
    let asked = imran.follow(back).await;
    assert!(asked.body.contains("they asked by letter"), "{asked:?}");
    assert!(asked.body.contains("The words of 1 post and 0 notes"));
    assert_eq!(words().await, ABUSE, "it asks before it deletes anything");
    let done = imran.post(&at, &wanted).await;
    assert_eq!(done.title(), "Deleted", "{done:?}");
    assert_eq!(words().await, "");
    assert_eq!(stack.ledger().audit(None).await.unwrap().wrong, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_decides_nothing_and_stays_named() {
    let stack = stack().await;
    let page = PAGES[0].1;
    let post = key("roxbourne", "1_1");
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    until(&stack, &post, |history| !history.tasks.is_empty()).await;
    stack.rest().await;
    let mut browser = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    let (ledger, imran) = (stack.ledger(), manager("roxbourne"));
    let hold = ledger.hold(&post, true, &imran, Some("for the solicitor"), None, now());
    hold.await.unwrap();
    resettle(&stack, "roxbourne", |settings| {
        let people = settings["people"].as_array_mut().unwrap();
        people.retain(|person| person["name"] != "Imran");
    })
    .await;
    // In the browser that was signed in, and by name at the command line.
    let at = "/case/facebook/1_1";
    assert_eq!(browser.get(at).await.status.as_u16(), 403);
    let choice = [("choice", "keep_hidden")];
    assert_eq!(browser.post(at, &choice).await.status.as_u16(), 403);
    let off = ledger.hold(&post, false, &imran, None, None, now()).await;
    assert!(matches!(off, Err(HoldError::Refused(_))), "{off:?}");
    let roxbourne = practice("roxbourne");
    let of = account(&roxbourne, AUTHORS[0]);
    assert!(ledger.erase(of, &imran, "they asked", now()).await.is_err());
    let history = ledger.history(&post).await.unwrap().unwrap();
    assert!(history.state.held);
    let last = history.events.last().unwrap();
    assert!(last.body.contains("\"by\":\"Imran:practice_manager\""));
    assert_eq!(ledger.audit(None).await.unwrap().wrong, []);
}

/// Returns the accounts that are found by a name, and how many authors without one.
async fn found(stack: &Stack, practice: &str, name: &str) -> (Vec<String>, usize) {
    let practice = self::practice(practice);
    let found = stack.ledger().find_author(&practice, name).await.unwrap();
    assert!(!found.more);
    let without = found.authors.iter().filter(|one| one.account.is_none());
    let without = without.count();
    let mut accounts: Vec<String> = found
        .authors
        .into_iter()
        .filter_map(|one| one.account)
        .collect();
    accounts.sort();
    (accounts, without)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_is_found_for_as_long_as_their_name_is_kept() {
    let stack = stack().await;
    let posts = written(&stack, &mut fastrand::Rng::with_seed(7)).await;
    let page = PAGES[0].1;
    let harmless = format!("{page}_900");
    let thanks = "Thank you all for the flu clinic";
    write(
        &stack,
        page,
        &harmless,
        "9000099",
        thanks,
        &format!("{page}_1"),
    )
    .await;
    until(&stack, &key("roxbourne", &harmless), |history| {
        history.revisions.iter().all(|one| one.decided.is_some())
    })
    .await;
    for (practice, _) in PAGES {
        for author in AUTHORS {
            let wrote = posts
                .iter()
                .any(|post| post.author == author && post.key.practice.as_str() == practice);
            let expected: Vec<String> = wrote.then(|| author.to_owned()).into_iter().collect();
            for typed in [format!("mx  {author} SURNAME "), author.to_owned()] {
                let found = found(&stack, practice, &typed).await;
                assert_eq!(found, (expected.clone(), 0), "{typed} at {practice}");
            }
        }
        for nobody in ["Mx 9000055", "Surname", "", "@", "Mx 9000099 Surname"] {
            let found = found(&stack, practice, nobody).await;
            assert_eq!(found, (Vec::new(), 0), "{nobody} at {practice}");
        }
    }
    let rows = table(&stack).await;
    let named = rows.iter().filter(|row| row.contains("S(\"BY#")).count();
    assert!(named >= posts.len(), "{named}");
    assert!(
        !rows
            .iter()
            .any(|row| row.contains("S(\"BY#") && row.contains("Surname"))
    );

    // The words of one author go, and their name with them. Somebody of the same name stays.
    let own =
        [("1_1", "9000088"), ("1_2", "9000044")].map(|(id, author)| (id, author, "Jo Bloggs"));
    for (id, author, name) in own {
        let mut one = change(page, id, author, ABUSE);
        one["value"]["from"]["name"] = json!(name);
        let body =
            json!({ "object": "page", "entry": [{ "id": page, "time": 1, "changes": [one] }] });
        let body = body.to_string();
        stack.graph().learn(body.as_bytes()).unwrap();
        stack.sender().deliver(body.as_bytes()).await.unwrap();
        until(&stack, &key("roxbourne", id), |history| {
            !history.tasks.is_empty()
        })
        .await;
        close(&stack, &key("roxbourne", id)).await;
    }
    let both = ["9000044", "9000088"].map(str::to_owned).to_vec();
    assert_eq!(found(&stack, "roxbourne", "@jo bloggs").await, (both, 0));
    assert_eq!(found(&stack, "woolpit", "jo bloggs").await, (Vec::new(), 0));
    let (roxbourne, imran) = (practice("roxbourne"), manager("roxbourne"));
    let of = account(&roxbourne, "9000088");
    let erased = stack.ledger().erase(of, &imran, "they asked", now()).await;
    assert_eq!(erased.unwrap().posts.len(), 1);
    let left = vec!["9000044".to_owned()];
    assert_eq!(found(&stack, "roxbourne", "jo bloggs").await, (left, 0));
    let rows = table(&stack).await;
    let empty = rows.iter().filter(|row| row.contains("S(\"BY#name\")"));
    let empty = empty.filter(|row| row.contains("1_1\"") && row.contains("due_pk"));
    assert_eq!(empty.count(), 0, "no key tells the name any more");
    assert_eq!(stack.ledger().audit(None).await.unwrap().wrong, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_finds_an_author_and_says_what_it_does_not() {
    let stack = stack().await;
    let page = PAGES[0].1;
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    until(&stack, &key("roxbourne", "1_1"), |history| {
        !history.tasks.is_empty()
    })
    .await;
    let name = format!("Mx {} Surname", AUTHORS[0]);
    let at = format!("/account/facebook/{}", AUTHORS[0]);
    let mut imran = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    let asked = imran.get("/find").await;
    assert!(asked.body.contains("What is not found"), "{}", asked.body);
    let shown = imran.post("/find", &[("name", &name)]).await;
    assert!(shown.body.contains(&at), "{}", shown.body);
    let shown = imran.post("/find", &[("name", "Nobody")]).await;
    assert!(shown.body.contains("Nobody of that name was found"));
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    let shown = gail.post("/find", &[("name", &name)]).await;
    assert!(shown.body.contains("Nobody of that name was found"));
    let mut beth = Browser::signed_in(&stack, "beth.lowe@mile-oak.example").await;
    assert_eq!(beth.get("/find").await.status.as_u16(), 403);
    let refused = beth.post("/find", &[("name", &name)]).await;
    assert_eq!(refused.status.as_u16(), 403);
}

const SWEARING: &str = "This is complete bollocks, what a fucking shambles";

#[tokio::test(flavor = "multi_thread")]
async fn a_restriction_holds_for_what_its_author_writes_later() {
    let stack = stack().await;
    let (page, author) = (PAGES[0].1, AUTHORS[0]);
    let (ledger, imran) = (stack.ledger(), manager("roxbourne"));
    let roxbourne = practice("roxbourne");
    let of = account(&roxbourne, author);
    let wrote = async |nth: u32, author: &str, says: &str| {
        let id = format!("1_{nth}");
        write(&stack, page, &id, author, says, &format!("{page}_1")).await;
        let key = key("roxbourne", &id);
        let decided = |history: &History| history.revisions.iter().all(|one| one.decided.is_some());
        until(&stack, &key, decided).await;
        stack.rest().await;
        ledger.history(&key).await.unwrap().unwrap()
    };
    let hidden = |history: &History| history.actions.iter().any(|one| one.effect == Effect::Hide);
    assert!(hidden(&wrote(1, author, SWEARING).await));
    let before = ledger.account(&roxbourne, Platform::Facebook, author, now());
    let incidents = before.await.unwrap().unwrap().incidents.len();
    assert_eq!(incidents, 1);
    let nobody = account(&roxbourne, "90000");
    let refused = ledger.restrict_account(nobody, true, &imran, "they asked", now());
    assert!(refused.await.is_err());
    let on = ledger.restrict_account(of, true, &imran, "they object", now());
    assert_eq!(on.await.unwrap(), 1);

    // It is left to the manager, but for what protects somebody else; and no incident is counted.
    let swore = wrote(2, author, SWEARING).await;
    assert!(swore.state.restricted && !hidden(&swore) && !swore.tasks.is_empty());
    let abused = wrote(3, author, ABUSE).await;
    assert!(abused.state.restricted && hidden(&abused));
    let after = ledger.account(&roxbourne, Platform::Facebook, author, now());
    assert_eq!(after.await.unwrap().unwrap().incidents.len(), incidents);
    let others = wrote(4, AUTHORS[1], SWEARING).await;
    assert!(
        !others.state.restricted && hidden(&others),
        "an id that goes on"
    );
    // Nothing is kept of what asks for nothing.
    let thanks = wrote(5, author, "Thank you all for the flu clinic").await;
    assert!(!thanks.state.restricted && thanks.revisions[0].post.text.is_empty());

    // Who may be in danger is told of in the same way, and whoever is paged reads it.
    let (plea, same) = (
        wrote(6, author, PLEA).await,
        wrote(7, AUTHORS[1], PLEA).await,
    );
    let asked = |history: &History| -> Vec<_> {
        let tasks = history.tasks.iter();
        tasks.map(|task| (task.kind, task.urgency)).collect()
    };
    assert!(plea.state.restricted);
    assert_eq!(asked(&plea), asked(&same));
    assert!(plea.tasks.iter().any(|task| task.kind.is_danger()));

    // A colleague sees that it is there, and neither reads it nor decides about it.
    let chidi = Person {
        name: "Chidi Obi".into(),
        role: Role::Reviewer,
    };
    let case = pagewarden_tests::case(ledger, &key("roxbourne", "1_2"))
        .await
        .unwrap();
    let keep = Answer {
        choice: Choice::Keep,
        note: Some("fine"),
        again: false,
    };
    let post = key("roxbourne", "1_2");
    let refused = ledger
        .choose(&post, &case.tasks[0].id, &chidi, keep, now())
        .await;
    assert!(refused.unwrap_err().to_string().contains("may not"));
    let mut browser = Browser::signed_in(&stack, "chidi.obi@roxbourne.example").await;
    let seen = browser.get("/case/facebook/1_2").await;
    assert!(!seen.body.contains("bollocks"), "{}", seen.body);
    let keep = Answer {
        choice: Choice::Keep,
        note: Some("fine"),
        again: false,
    };
    ledger
        .choose(&post, &case.tasks[0].id, &imran, keep, now())
        .await
        .unwrap();
    let (pack, _) = answer(&stack, &roxbourne, author).await;
    assert!(all(&pack).contains("they object") && all(&pack).contains("kept and not used"));

    // Lifted, everything is used again; what is written then as well.
    let off = ledger.restrict_account(of, false, &imran, "settled, they know", now());
    assert_eq!(off.await.unwrap(), 4);
    for id in ["1_1", "1_2", "1_3", "1_6"] {
        let history = ledger
            .history(&key("roxbourne", id))
            .await
            .unwrap()
            .unwrap();
        assert!(!history.state.restricted, "{id}");
    }
    let later = wrote(8, author, SWEARING).await;
    assert!(!later.state.restricted && hidden(&later));
    let audit = ledger.audit(None).await.unwrap();
    assert_eq!(audit.wrong, [], "the chains hold with it");
    let lines = ledger.log_lines(&roxbourne).await.unwrap();
    let turns = lines
        .iter()
        .filter(|line| line.body.contains("restricted_author"));
    assert_eq!(turns.clone().count(), 2);
    assert!(!turns.into_iter().any(|line| line.body.contains(author)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_restricts_and_lifts_it() {
    let stack = stack().await;
    let page = PAGES[0].1;
    let post = key("roxbourne", "1_1");
    write(&stack, page, "1_1", AUTHORS[0], ABUSE, &format!("{page}_1")).await;
    until(&stack, &post, |history| !history.tasks.is_empty()).await;
    stack.rest().await;
    let at = format!("/restrict/facebook/{}", AUTHORS[0]);
    let rights = format!("/rights/facebook/{}", AUTHORS[0]);
    let is_restricted = async || {
        let history = stack.ledger().history(&post).await.unwrap().unwrap();
        history.state.restricted
    };
    let on = [("to", "on"), ("note", "they object")];
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    assert_eq!(gail.post(&at, &on).await.status.as_u16(), 404);
    let mut chidi = Browser::signed_in(&stack, "chidi.obi@roxbourne.example").await;
    assert_eq!(chidi.post(&at, &on).await.status.as_u16(), 403);
    let mut imran = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    let unsaid = imran.post(&at, &[("to", "on"), ("note", " ")]).await;
    assert_eq!(unsaid.status.as_u16(), 409);
    assert!(!is_restricted().await);
    let sent = imran.post(&at, &on).await;
    let shown = imran.follow(sent).await;
    assert!(is_restricted().await && shown.url.ends_with(&rights));
    for words in [
        "It is kept and not used",
        "they object",
        "Use it again",
        "told at once",
    ] {
        assert!(shown.body.contains(words), "{words}: {}", shown.body);
    }
    imran.post(&at, &[("to", "off"), ("note", "settled")]).await;
    assert!(!is_restricted().await);
}

fn wrong<'a>(wrong: &'a str, right: &'a str) -> Correction<'a> {
    Correction { wrong, right }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn what_is_corrected_is_shown_no_more_and_the_chains_hold() {
    let stack = stack().await;
    let (page, author) = (PAGES[0].1, AUTHORS[0]);
    let (ledger, imran) = (stack.ledger(), manager("roxbourne"));
    let roxbourne = practice("roxbourne");
    let of = account(&roxbourne, author);
    let post = key("roxbourne", "1_1");
    write(&stack, page, "1_1", author, ABUSE, &format!("{page}_1")).await;
    let history = until(&stack, &post, |history| !history.tasks.is_empty()).await;
    stack.rest().await;
    let task = history
        .tasks
        .iter()
        .find(|task| !task.kind.is_danger())
        .unwrap();
    let asked = Answer {
        choice: Choice::KeepHidden,
        note: Some("she is plainly Glumdalclitch"),
        again: false,
    };
    ledger
        .choose(&post, &task.id, &imran, asked, now())
        .await
        .unwrap();
    for about in [author, AUTHORS[1]] {
        let note = "shouts at Brobdingnag";
        let noted = ledger.note_account(&roxbourne, &imran, Platform::Facebook, about, note, now());
        noted.await.unwrap();
    }
    let entry = LogEntry {
        kind: LogKind::Premises,
        on: jiff::civil::date(2026, 11, 20),
        place: "the Laputa room".into(),
        what: "Struldbrug filmed the queue".into(),
        seen_by: "Chidi".into(),
        done: "asked to stop".into(),
        clause: None,
        agreed: false,
    };
    let logged = ledger
        .log(&roxbourne, &imran, entry.clone(), now())
        .await
        .unwrap();

    // Who may not, or says too little, changes nothing.
    let about = ledger.about_account(of).await.unwrap();
    let note = about.notes[0].id().to_owned();
    let chidi = Person {
        name: "Chidi Obi".into(),
        role: Role::Reviewer,
    };
    let said = wrong("it was somebody else", "they asked in a low voice");
    assert!(
        ledger
            .rectify_note(of, &note, said, &chidi, now())
            .await
            .is_err()
    );
    assert!(
        ledger
            .rectify_note(of, &note, wrong(" ", "x"), &imran, now())
            .await
            .is_err()
    );
    assert!(
        ledger
            .rectify_note(of, &note, wrong("x", ""), &imran, now())
            .await
            .is_err()
    );
    let other = account(&roxbourne, AUTHORS[1]);
    assert!(
        ledger
            .rectify_note(other, &note, said, &imran, now())
            .await
            .is_err()
    );
    assert_eq!(
        table(&stack)
            .await
            .iter()
            .filter(|row| row.contains("Brobdingnag"))
            .count(),
        2
    );

    ledger
        .rectify_note(of, &note, said, &imran, now())
        .await
        .unwrap();
    let again = ledger.rectify_note(of, &note, said, &imran, now()).await;
    assert!(
        matches!(again, Err(RectifyError::NotThere)),
        "it is corrected already"
    );
    let right = LogEntry {
        what: "Nobody filmed anything".into(),
        ..entry.clone()
    };
    let corrected = ledger.rectify_entry(&roxbourne, &logged.id, "a mix-up", right, &imran, now());
    corrected.await.unwrap();
    let history = ledger.history(&post).await.unwrap().unwrap();
    let chosen = history
        .events
        .iter()
        .find(|line| line.body.contains("Glumdalclitch"));
    let line = chosen.unwrap().seq;
    let said = wrong("we do not know who it is", "an account of that name");
    ledger
        .rectify_line(&post, line, said, &imran, now())
        .await
        .unwrap();
    let correction = ledger
        .rectify_line(&post, line + 1, said, &imran, now())
        .await;
    assert!(
        matches!(correction, Err(RectifyError::Twice)),
        "{correction:?}"
    );
    assert!(
        ledger
            .rectify_line(&post, 99, said, &imran, now())
            .await
            .is_err()
    );
    assert_eq!(
        ledger.audit(None).await.unwrap().wrong,
        [],
        "the chains hold"
    );

    // The words of staff are nowhere; those of a line are in the line alone, which cannot change.
    let rows = table(&stack).await;
    let has = |word: &str| rows.iter().filter(|row| row.contains(word)).count();
    assert_eq!(
        (has("Brobdingnag"), has("Struldbrug")),
        (1, 0),
        "the other account's note stays"
    );
    assert_eq!((has("low voice"), has("Nobody filmed")), (1, 1));
    let (pack, _) = answer(&stack, &roxbourne, author).await;
    let text = all(&pack);
    for gone in ["Brobdingnag", "Glumdalclitch"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    for told in [
        "it was somebody else",
        "low voice",
        "we do not know who it is",
        "an account of that name",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let mut browser = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    for (page, gone, told) in [
        (
            format!("/account/facebook/{author}"),
            "Brobdingnag",
            "low voice",
        ),
        (
            "/case/facebook/1_1".to_owned(),
            "Glumdalclitch",
            "an account of that name",
        ),
        ("/log".to_owned(), "Struldbrug", "Nobody filmed"),
    ] {
        let shown = browser.get(&page).await.body;
        assert!(
            !shown.contains(gone) && shown.contains(told),
            "{page}: {shown}"
        );
    }

    // A correction is erased like any note; one that is put back is found.
    let erased = ledger.erase(of, &imran, "they asked", now()).await.unwrap();
    assert_eq!(erased.notes, 1);
    let rows = table(&stack).await;
    assert!(
        !rows
            .iter()
            .any(|row| row.contains("low voice") || row.contains("it was somebody else"))
    );
    assert_eq!(ledger.audit(None).await.unwrap().wrong, []);
    let client = client(stack.table_url());
    let id = AttributeValue::S(format!("ENTRY#{}", logged.id));
    let put_back = client
        .update_item()
        .table_name(NAME)
        .key("PK", AttributeValue::S("P#roxbourne#LOG".into()))
        .key("SK", id)
        .update_expression("SET what = :what")
        .expression_attribute_values(":what", AttributeValue::S("Yahoo filmed".into()));
    put_back.send().await.unwrap();
    assert_eq!(ledger.audit(None).await.unwrap().wrong.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_corrects_what_is_on_record() {
    let stack = stack().await;
    let (ledger, roxbourne) = (stack.ledger(), practice("roxbourne"));
    let imran = manager("roxbourne");
    let note = "shouts at Brobdingnag";
    let noted = ledger.note_account(
        &roxbourne,
        &imran,
        Platform::Facebook,
        AUTHORS[0],
        note,
        now(),
    );
    noted.await.unwrap();
    let about = ledger
        .about_account(account(&roxbourne, AUTHORS[0]))
        .await
        .unwrap();
    let id = about.notes[0].id().to_owned();
    let at = format!("/correct-note/facebook/{}", AUTHORS[0]);
    let form = |wrong: &'static str| {
        [
            ("what", id.as_str()),
            ("wrong", wrong),
            ("right", "asked quietly"),
        ]
    };
    let mut chidi = Browser::signed_in(&stack, "chidi.obi@roxbourne.example").await;
    assert_eq!(
        chidi.post(&at, &form("a mix-up")).await.status.as_u16(),
        403
    );
    let mut gail = Browser::signed_in(&stack, "gail@kingswinford.example").await;
    assert_eq!(gail.post(&at, &form("a mix-up")).await.status.as_u16(), 404);
    let mut browser = Browser::signed_in(&stack, "imran@roxbourne.example").await;
    let account_page = browser
        .get(&format!("/account/facebook/{}", AUTHORS[0]))
        .await;
    let link = format!("{at}?what={id}");
    assert!(account_page.body.contains(&link), "{}", account_page.body);
    assert!(browser.get(&link).await.body.contains(note));
    let unsaid = browser.post(&at, &form(" ")).await;
    assert_eq!(unsaid.status.as_u16(), 409);
    let sent = browser.post(&at, &form("a mix-up")).await;
    let shown = browser.follow(sent).await;
    assert!(shown.body.contains("asked quietly") && shown.body.contains("a mix-up"));
    assert!(!shown.body.contains("Brobdingnag"));
    assert_eq!(
        browser.get(&link).await.status.as_u16(),
        404,
        "it is corrected"
    );

    let entry = LogEntry {
        kind: LogKind::Premises,
        on: jiff::civil::date(2026, 11, 20),
        place: "the waiting room".into(),
        what: "Struldbrug filmed".into(),
        seen_by: String::new(),
        done: String::new(),
        clause: None,
        agreed: false,
    };
    let logged = ledger.log(&roxbourne, &imran, entry, now()).await.unwrap();
    let link = format!("/log/correct?entry={}", logged.id);
    assert!(browser.get("/log").await.body.contains(&link));
    assert!(browser.get(&link).await.body.contains("Struldbrug"));
    assert_eq!(chidi.get(&link).await.status.as_u16(), 403);
    assert_eq!(gail.get(&link).await.status.as_u16(), 404);
    let form = [
        ("entry", logged.id.as_str()),
        ("wrong", "a mix-up"),
        ("kind", "premises"),
        ("day", "20"),
        ("month", "11"),
        ("year", "2026"),
        ("place", "the waiting room"),
        ("what", "Nobody filmed"),
    ];
    assert_eq!(chidi.post("/log/correct", &form).await.status.as_u16(), 403);
    let sent = browser.post("/log/correct", &form).await;
    let shown = browser.follow(sent).await;
    assert!(shown.body.contains("Nobody filmed") && shown.body.contains("a mix-up"));
    assert!(!shown.body.contains("Struldbrug"), "{}", shown.body);
    assert_eq!(ledger.audit(None).await.unwrap().wrong, []);
}
