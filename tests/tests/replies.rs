//! Answers: words of somebody's own, which a second person approves, and drafts in which no practice
//! is told another's rules.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;

use moderate::{Practice, judge, read};
use pagewarden_fakes::Entry;
use pagewarden_ledger::{
    Answer, AnswerError, Choice, ChoiceError, History, NewAnswer, NewRevision, Person, Refusal,
    Standing, TaskRecord, TaskStatus,
};
use pagewarden_local::stack::Stack;
use pagewarden_policies::{demo_settings, load_shipped};
use pagewarden_readers::Readers;
use pagewarden_rules::{
    Channel, Effect, Platform, Post, PostKey, Role, TaskKind, reply::Why, surfaces,
};
use pagewarden_tests::browser::Browser;
use pagewarden_tests::{change, comment, events, now, stack, until};
use serde_json::{Value, json};

const THREEWAYS: &str = "100000000000002";
const BOOKING: &str = "Please book me in for Tuesday morning with anyone";
const WORDS: &str = "Thank you for asking. We do not book on this page. Please call the surgery, or use the NHS App.";

fn post(id: &str) -> PostKey {
    PostKey {
        practice: "threeways".parse().unwrap(),
        platform: Platform::Facebook,
        id: id.into(),
    }
}

fn person(name: &str, role: Role) -> Person {
    Person {
        name: name.into(),
        role,
    }
}

fn ruth() -> Person {
    person("Ruth", Role::PracticeManager)
}

fn tom() -> Person {
    person("Tom Bright", Role::Reviewer)
}

fn open(history: &History, kind: TaskKind) -> Option<&TaskRecord> {
    let open = |task: &&TaskRecord| task.kind == kind && task.status == TaskStatus::Open;
    history.tasks.iter().find(open)
}

/// Has somebody ask for an appointment, and returns the task with the draft of an answer.
async fn asked(stack: &Stack, id: &str) -> TaskRecord {
    let body = comment(THREEWAYS, id, "55", BOOKING);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let has_draft = |history: &History| open(history, TaskKind::ApproveSignpost).is_some();
    let history = until(stack, &post(id), has_draft).await;
    open(&history, TaskKind::ApproveSignpost).unwrap().clone()
}

async fn write(
    stack: &Stack,
    id: &str,
    task: &TaskRecord,
    by: &Person,
    words: &str,
) -> Result<TaskRecord, AnswerError> {
    let new = NewAnswer {
        task: &task.id,
        choice: Choice::Reply,
        words,
    };
    let now = stack.clock().now();
    stack.ledger().write_answer(&post(id), by, new, now).await
}

async fn choose(
    stack: &Stack,
    id: &str,
    task: &TaskRecord,
    by: &Person,
    answer: impl Into<Answer<'_>>,
) -> Result<(), ChoiceError> {
    let now = stack.clock().now();
    let ledger = stack.ledger();
    ledger
        .choose(&post(id), &task.id, by, answer, now)
        .await
        .map(|_| ())
}

/// Returns what was answered under a post, each time.
fn answered(stack: &Stack, id: &str) -> Vec<String> {
    let said = |entry| match entry {
        Entry::Replied { id: of, words, .. } if of == id => Some(words),
        _ => None,
    };
    stack
        .graph()
        .journal()
        .into_iter()
        .filter_map(said)
        .collect()
}

async fn history(stack: &Stack, id: &str) -> History {
    let history = stack.ledger().history(&post(id)).await.unwrap().unwrap();
    history.verify().unwrap();
    history
}

fn is_answered(history: &History) -> bool {
    history
        .actions
        .iter()
        .any(|action| action.effect == Effect::PublicReply && !action.status.is_open())
}

#[tokio::test(flavor = "multi_thread")]
async fn own_words_are_sent_once_when_somebody_else_approves() {
    let stack = stack().await;
    let task = asked(&stack, "1_1").await;
    let waits = write(&stack, "1_1", &task, &ruth(), WORDS).await.unwrap();
    assert_eq!(waits.draft.as_deref(), Some(WORDS));
    assert!(waits.why.starts_with("Ruth (practice manager) wrote"));
    assert_eq!(waits.due_at, task.due_at);

    // Neither the same person, nor the same person in another role they were given.
    let own = choose(&stack, "1_1", &waits, &ruth(), Choice::Reply).await;
    let refused = own.unwrap_err().to_string();
    assert!(refused.starts_with("Ruth wrote these words"), "{refused}");
    assert!(refused.contains("Tom Bright (reviewer)"), "{refused}");
    assert!(!refused.contains("Ruth (practice manager)"), "{refused}");
    let auditor = person("Helen Ward", Role::Auditor);
    let other = choose(&stack, "1_1", &waits, &auditor, Choice::Reply).await;
    assert!(matches!(
        other,
        Err(ChoiceError::Refused(Refusal::Role { .. }))
    ));
    assert_eq!(answered(&stack, "1_1"), Vec::<String>::new());

    // Of two who approve at once one is first.
    let (tom, sarah) = (tom(), person("Sarah Holt", Role::SafeguardingLead));
    let both = tokio::join!(
        choose(&stack, "1_1", &waits, &tom, Choice::Reply),
        choose(&stack, "1_1", &waits, &sarah, Choice::Reply),
    );
    let both = [both.0, both.1];
    let taken = both.iter().filter(|chosen| chosen.is_ok()).count();
    assert_eq!(taken, 1, "{both:?}");
    until(&stack, &post("1_1"), is_answered).await;
    assert_eq!(answered(&stack, "1_1"), [WORDS]);
    let history = history(&stack, "1_1").await;
    assert_eq!(open(&history, TaskKind::ApproveSignpost), None);
    assert_eq!(open(&history, TaskKind::ApproveAnswer), None);
    let again = choose(&stack, "1_1", &task, &tom, Choice::Reply).await;
    assert!(matches!(again, Err(ChoiceError::Closed(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_no_answer_may_say_do_not_wait() {
    let stack = stack().await;
    let task = asked(&stack, "1_2").await;
    for (words, why) in [
        ("Sorry about your appointment.", Why::Patient),
        ("Please ask tom bright about it.", Why::Person),
        ("The prescription was ready.", Why::Care),
        ("You were rude to us.", Why::Blame),
        ("We will refund it.", Why::Promise),
    ] {
        let told = write(&stack, "1_2", &task, &ruth(), words).await;
        let Err(AnswerError::Unfit(faults)) = told else {
            panic!("{words}: {told:?}");
        };
        assert!(faults.iter().any(|fault| fault.why == why), "{faults:?}");
    }
    let draft = task.draft.clone().unwrap().replace(' ', "  ");
    let told = write(&stack, "1_2", &task, &ruth(), &draft).await;
    assert!(matches!(told, Err(AnswerError::Same)), "{told:?}");
    let told = write(&stack, "1_2", &task, &ruth(), " \n").await;
    assert!(matches!(told, Err(AnswerError::Empty)), "{told:?}");
    let long = "Please call us. ".repeat(1000);
    let told = write(&stack, "1_2", &task, &ruth(), &long).await;
    assert!(matches!(told, Err(AnswerError::TooLong)), "{told:?}");
    let gone = "We have hidden a comment.";
    let told = write(&stack, "1_2", &task, &ruth(), gone).await;
    let Err(AnswerError::Choice(ChoiceError::Refused(refusal))) = told else {
        panic!("{told:?}");
    };
    assert_eq!(refusal, Refusal::NotOutOfSight);
    let auditor = person("Helen Ward", Role::Auditor);
    assert!(write(&stack, "1_2", &task, &auditor, WORDS).await.is_err());
    let private = NewAnswer {
        task: &task.id,
        choice: Choice::AskAuthor,
        words: WORDS,
    };
    let (key, ruth, now) = (post("1_2"), ruth(), stack.clock().now());
    let told = stack.ledger().write_answer(&key, &ruth, private, now).await;
    assert!(told.is_err(), "the task offers no private message");
    assert_eq!(
        open(&history(&stack, "1_2").await, TaskKind::ApproveAnswer),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_sent_back_with_a_note_and_written_again() {
    let stack = stack().await;
    let task = asked(&stack, "1_3").await;
    let waits = write(&stack, "1_3", &task, &ruth(), WORDS).await.unwrap();
    let second = write(&stack, "1_3", &task, &tom(), "Please call us.").await;
    let waiting = second.unwrap_err().to_string();
    assert!(waiting.starts_with("Ruth (practice manager)"), "{waiting}");
    let silent = choose(&stack, "1_3", &waits, &tom(), Choice::SendBack).await;
    assert!(matches!(
        silent,
        Err(ChoiceError::Refused(Refusal::SendBackNote))
    ));
    let why = Answer {
        choice: Choice::SendBack,
        note: Some("Leave out the app."),
        again: false,
    };
    choose(&stack, "1_3", &waits, &tom(), why).await.unwrap();
    let after = history(&stack, "1_3").await;
    assert!(open(&after, TaskKind::ApproveSignpost).is_some());
    assert_eq!(open(&after, TaskKind::ApproveAnswer), None);

    let words = "Thank you for asking. Please call the surgery.";
    let waits = write(&stack, "1_3", &task, &ruth(), words).await.unwrap();
    // The draft as it is takes nobody else, and what waited beside it is over.
    choose(&stack, "1_3", &task, &ruth(), Choice::Reply)
        .await
        .unwrap();
    until(&stack, &post("1_3"), is_answered).await;
    assert_eq!(answered(&stack, "1_3"), [task.draft.clone().unwrap()]);
    let late = choose(&stack, "1_3", &waits, &tom(), Choice::Reply).await;
    assert!(matches!(late, Err(ChoiceError::Closed(_))), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_words_that_were_changed_is_not_sent() {
    let stack = stack().await;
    let task = asked(&stack, "1_4").await;
    let waits = write(&stack, "1_4", &task, &ruth(), WORDS).await.unwrap();
    let new = "Please book me in for Friday afternoon with anyone";
    // The new words have come in, and nobody has judged them yet.
    let edited = Post {
        text: new.to_owned(),
        ..stack
            .ledger()
            .history(&post("1_4"))
            .await
            .unwrap()
            .unwrap()
            .revisions[0]
            .post
            .clone()
    };
    let later = stack.clock().now() + jiff::SignedDuration::from_secs(2);
    let mut body = change(THREEWAYS, "1_4", "55", new);
    body["value"]["verb"] = json!("edited");
    let body = body.to_string();
    let key = post("1_4");
    let incoming = NewRevision::new(&key.practice, &edited, body.as_bytes(), Some(later), "test");
    let recorded = stack.ledger().record(&incoming, later).await;
    recorded.unwrap();
    let sent = choose(&stack, "1_4", &waits, &tom(), Choice::Reply).await;
    let sent = sent.unwrap_err();
    let is_stale = matches!(sent, ChoiceError::Refused(Refusal::Stale))
        || matches!(sent, ChoiceError::Closed(_));
    assert!(is_stale, "{sent:?}");
    let is_judged = |history: &History| {
        let judged = |revision: &pagewarden_ledger::RevisionRecord| revision.decided.is_some();
        history.revisions.len() == 2 && history.revisions.iter().all(judged)
    };
    let after = until(&stack, &key, is_judged).await;
    assert_eq!(open(&after, TaskKind::ApproveAnswer), None);
    assert_eq!(answered(&stack, "1_4"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn own_words_are_written_and_approved_in_the_console() {
    let stack = stack().await;
    let task = asked(&stack, "1_5").await;
    let mut ruth = Browser::signed_in(&stack, "ruth@threeways.example").await;
    let answer = format!("{} reply", task.id);
    let bad = [
        ("answer", answer.as_str()),
        ("words", "Sorry about your visit."),
    ];
    let page = ruth.post("/answer/facebook/1_5", &bad).await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains("says that somebody is a patient"));
    assert!(page.body.contains(">Sorry about your visit.</textarea>"));
    let good = [("answer", answer.as_str()), ("words", WORDS)];
    let page = ruth.post("/answer/facebook/1_5", &good).await;
    let page = ruth.follow(page).await;
    assert!(page.body.contains("Approve the answer that somebody wrote"));
    let waits = open(&history(&stack, "1_5").await, TaskKind::ApproveAnswer)
        .unwrap()
        .id
        .clone();
    let approves = format!("value=\"{waits} reply\"");
    assert!(!page.body.contains(&approves), "she does not approve it");
    let forced = [("answer", &*format!("{waits} reply"))];
    assert_eq!(ruth.post("/case/facebook/1_5", &forced).await.status, 409);

    let mut tom = Browser::signed_in(&stack, "tom.bright@threeways.example").await;
    let page = tom.open("/case/facebook/1_5").await;
    assert!(page.body.contains(&approves) && page.body.contains(WORDS));
    let page = tom.post("/case/facebook/1_5", &forced).await;
    let page = tom.follow(page).await;
    assert!(
        page.body
            .contains("approved the words that Ruth (practice manager) wrote"),
        "{}",
        page.body
    );
    until(&stack, &post("1_5"), is_answered).await;
    assert_eq!(answered(&stack, "1_5"), [WORDS]);
    let page = tom.open("/answer/facebook/1_5").await;
    assert_eq!(page.status, 404, "nothing is looked at there");
}

/// Returns every text of the samples: more than the posts, and each of them among it.
fn texts() -> Vec<String> {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::String(text) => into.push(text.clone()),
            Value::Array(all) => all.iter().for_each(|one| collect(one, into)),
            Value::Object(all) => all.values().for_each(|one| collect(one, into)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    fn read(folder: &Path, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, into);
            } else if path.extension().is_some_and(|end| end == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                collect(&serde_json::from_str(&text).unwrap(), into);
            }
        }
    }
    let mut texts = Vec::new();
    read(&events(), &mut texts);
    texts.retain(|text| text.split_whitespace().count() > 2);
    texts.sort();
    texts.dedup();
    texts
}

/// Returns the words of a text in rows of six.
fn rows(text: &str) -> Vec<String> {
    let words = text.to_lowercase();
    let words: Vec<&str> = words
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(6).map(|row| row.join(" ")).collect()
}

#[test]
fn no_practice_is_told_anothers_name_rule_or_sentence() {
    let settings = demo_settings().unwrap();
    let readers = Readers::default();
    let practices: Vec<Practice> = load_shipped()
        .unwrap()
        .into_iter()
        .map(|loaded| {
            let own = &settings[&loaded.policy.practice.id];
            Practice::new(loaded, 1, &serde_json::to_string(own).unwrap()).unwrap()
        })
        .collect();
    let published = |practice: &Practice| -> Vec<String> {
        let clauses = practice.policy.clauses.iter();
        clauses.flat_map(|clause| rows(&clause.quote)).collect()
    };
    let texts = texts();
    assert!(texts.len() > 60, "only {} samples", texts.len());
    let mut seen = 0;
    for practice in &practices {
        let own_rows = published(practice);
        let others: Vec<&Practice> = practices
            .iter()
            .filter(|other| other.policy.practice.id != practice.policy.practice.id)
            .collect();
        let names: Vec<&str> = others
            .iter()
            .map(|other| other.policy.practice.name.as_str())
            .chain([
                "Kingswinford",
                "Threeways",
                "Roxbourne",
                "Woolpit",
                "Mile Oak",
            ])
            .filter(|name| !practice.policy.practice.name.contains(name))
            .collect();
        let rules: Vec<&str> = others
            .iter()
            .flat_map(|other| other.policy.clauses.iter().map(|clause| clause.id.as_str()))
            .collect();
        let sentences: Vec<String> = others
            .iter()
            .flat_map(|other| published(other))
            .filter(|row| !own_rows.contains(row))
            .collect();
        for channel in &practice.policy.channels {
            for (surface, text) in surfaces(channel.platform)
                .iter()
                .flat_map(|surface| texts.iter().map(move |text| (*surface, text)))
            {
                let channel = Channel {
                    platform: channel.platform,
                    account: "1".into(),
                };
                let post = Post {
                    text: text.clone(),
                    posted_at: Some(now()),
                    ..Post::new(channel, surface, "1")
                };
                let id = &practice.policy.practice.id;
                let revision = NewRevision::new(id, &post, b"{}", None, "test").received(now());
                let reading = read(&readers, practice, &revision);
                let judged = judge(practice, &revision, &reading, &Standing::default(), now());
                let new = judged.into_decision(1);
                let words = new
                    .tasks
                    .iter()
                    .flat_map(|task| {
                        let drafts = task.draft.iter().chain(&task.draft_visible);
                        drafts.chain([&task.planned.why]).cloned()
                    })
                    .chain(new.actions.iter().filter_map(|action| action.words.clone()));
                for words in words {
                    seen += 1;
                    let told = |what: &str| format!("{id} is told {what}: {words}\nof {text}");
                    for name in &names {
                        assert!(!words.contains(name), "{}", told(name));
                    }
                    let tokens: Vec<&str> = words.split(|c: char| !c.is_alphanumeric()).collect();
                    for rule in &rules {
                        assert!(!tokens.contains(rule), "{}", told(rule));
                    }
                    let row = rows(&words).into_iter().find(|row| sentences.contains(row));
                    assert_eq!(row, None, "{}", told("another's sentence"));
                }
            }
        }
    }
    assert!(seen > 1000, "only {seen} drafts and reasons were looked at");
}
