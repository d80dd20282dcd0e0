//! Pictures are evidence: fetched and kept before anything is done about a post, in the pack with
//! nothing cut, and never to be opened again once the words are deleted.

#![expect(clippy::unwrap_used, reason = "a test may")]

use aws_sdk_dynamodb::types::AttributeValue;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};
use pagewarden_evidence::{Pack, Subject, export, verify};
use pagewarden_ledger::{
    Answer, By, ChainError, Choice, Event, History, Periods, Person, Recipient, Visibility, choices,
};
use pagewarden_local::stack::{PICTURES, Stack};
use pagewarden_local::table::{NAME, client};
use pagewarden_rules::{Platform, PostKey, Role};
use pagewarden_runtime::Pictures;
use pagewarden_tests::{change, delivery, now, stack, until};
use serde_json::json;

const PAGE: &str = "100000000000003";
const ABUSE: &str = "The receptionist is a fat useless bitch";
const PATH: &str = "/pictures/1_2_3_n.jpg";
const PICTURE: &[u8] = b"\xFF\xD8\xFF\xE0 a picture of the front desk";

fn post() -> PostKey {
    PostKey {
        practice: "roxbourne".parse().unwrap(),
        platform: Platform::Facebook,
        id: "1_1".into(),
    }
}

fn imran() -> Person {
    Person {
        name: "Imran".into(),
        role: Role::PracticeManager,
    }
}

/// Has Facebook's stand-in answer so where the picture is.
fn show(stack: &Stack, status: StatusCode, bytes: &[u8]) {
    stack.graph().show_picture(PATH, status, bytes.to_vec());
}

fn address(stack: &Stack, path: &str) -> String {
    format!("{}{path}", stack.environment()["PAGEWARDEN_GRAPH_URL"])
}

/// A comment with a picture at this address.
fn comment(address: &str) -> Vec<u8> {
    let mut change = change(PAGE, "1_1", "55", ABUSE);
    change["value"]["photo"] = json!(address);
    delivery(PAGE, &change)
}

async fn delivered(stack: &Stack, address: &str) {
    let body = comment(address);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
}

async fn hidden(stack: &Stack) -> History {
    until(stack, &post(), |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await
}

/// Returns the places in the history of what these find, in order.
fn places(history: &History, are: &[fn(&Event) -> bool]) -> Vec<usize> {
    let events = history.events.iter().map(|line| line.event().unwrap());
    let events: Vec<Event> = events.collect();
    let place = |is: &fn(&Event) -> bool| events.iter().position(is).unwrap();
    are.iter().map(place).collect()
}

fn missing(history: &History) -> Vec<String> {
    let events = history.events.iter().map(|line| line.event().unwrap());
    let missing = events.filter_map(|event| match event {
        Event::PicturesKept { missing, .. } => Some(missing),
        _ => None,
    });
    missing.flatten().collect()
}

async fn taken(stack: &Stack, whole: bool) -> Pack {
    let key = post();
    let subject = Subject {
        key: &key,
        recipient: Recipient::Solicitor,
        whole,
    };
    let store = Some(stack.pictures().as_ref());
    export(stack.ledger(), store, subject, &imran(), usize::MAX, now())
        .await
        .unwrap()
}

fn holds(pack: &Pack, bytes: &[u8]) -> bool {
    pack.bytes.windows(bytes.len()).any(|some| some == bytes)
}

/// A post that was hidden, with its picture kept.
async fn with_picture() -> (Stack, History) {
    let stack = stack().await;
    show(&stack, StatusCode::OK, PICTURE);
    delivered(&stack, &address(&stack, PATH)).await;
    let history = hidden(&stack).await;
    (stack, history)
}

#[tokio::test]
async fn a_picture_is_kept_before_a_post_is_hidden() {
    let (stack, history) = with_picture().await;
    let order = places(
        &history,
        &[
            |event| matches!(event, Event::Decided { .. }),
            |event| matches!(event, Event::PicturesKept { .. }),
            |event| matches!(event, Event::Acted { .. }),
        ],
    );
    assert!(order.is_sorted(), "{order:?}");
    let kept = history.pictures();
    assert_eq!(kept.len(), 1);
    let (_, picture, key) = &kept[0];
    assert_eq!(picture.sha256, pagewarden_evidence::sha256(PICTURE));
    assert!(missing(&history).is_empty());

    // What is kept there is no picture, and the line in the history has no key.
    let encrypted = stack
        .pictures()
        .get(&picture.object, now())
        .await
        .unwrap()
        .unwrap();
    assert!(!encrypted.windows(10).any(|some| some == &PICTURE[..10]));
    let key = key.clone().unwrap();
    assert!(history.events.iter().all(|line| !line.body.contains(&key)));

    let pack = taken(&stack, true).await;
    assert!(holds(&pack, PICTURE) && holds(&pack, b"pictures/1.jpg"));
    assert_eq!(verify(&pack.bytes).wrong, Vec::<String>::new());
    let cut = taken(&stack, false).await;
    assert!(!holds(&cut, PICTURE) && !holds(&cut, key.as_bytes()));
    assert_eq!(verify(&cut.bytes).wrong, Vec::<String>::new());
    assert!(
        stack
            .ledger()
            .history(&post())
            .await
            .unwrap()
            .unwrap()
            .verify()
            .is_ok()
    );
}

#[tokio::test]
async fn what_cannot_be_fetched_holds_nothing_up_and_is_told() {
    for (status, bytes, why) in [
        (StatusCode::NOT_FOUND, vec![], "HTTP 404"),
        (StatusCode::OK, b"<svg/>".to_vec(), "it is no picture"),
        (
            StatusCode::OK,
            vec![0xFF; 6 * 1024 * 1024],
            "larger than 5 MB",
        ),
    ] {
        let stack = stack().await;
        show(&stack, status, &bytes);
        delivered(&stack, &address(&stack, PATH)).await;
        let history = hidden(&stack).await;
        let missing = missing(&history);
        assert!(
            missing.len() == 1 && missing[0].contains(why),
            "{missing:?}"
        );
        assert!(history.verify().is_ok());
    }
}

#[tokio::test]
async fn no_address_but_the_platforms_own_is_followed() {
    let stack = stack().await;
    // The table answers there, and would count the call.
    delivered(&stack, &format!("{}/1_2_3_n.jpg", stack.table_url())).await;
    let history = hidden(&stack).await;
    assert_eq!(
        missing(&history),
        ["it is not stored where the platform keeps pictures"]
    );
}

#[tokio::test]
async fn a_picture_that_is_late_is_waited_for_a_little() {
    let stack = stack().await;
    show(&stack, StatusCode::SERVICE_UNAVAILABLE, b"");
    delivered(&stack, &address(&stack, PATH)).await;
    let waits = |history: &History| history.actions.iter().any(|action| action.result.is_some());
    let history = until(&stack, &post(), waits).await;
    assert_eq!(history.state.visibility, Visibility::Visible);
    assert!(!history.actions[0].may_be_done, "nothing was asked for yet");
    show(&stack, StatusCode::OK, PICTURE);
    stack.clock().pass(SignedDuration::from_mins(1));
    let history = hidden(&stack).await;
    assert_eq!(history.pictures().len(), 1);
}

/// Answers everything that waits about the post.
async fn close(stack: &Stack) {
    let wanted = [Choice::KeepHidden, Choice::Done, Choice::Keep];
    while let Some(case) = pagewarden_tests::case(stack.ledger(), &post()).await {
        let Some(task) = case.tasks.first() else {
            break;
        };
        let offered = choices(task, &case.grounds);
        let choice = wanted.iter().find(|one| offered.contains(one)).unwrap();
        let answer = Answer {
            choice: *choice,
            note: Some("seen to"),
            again: false,
        };
        stack
            .ledger()
            .choose(&post(), &task.id, &imran(), answer, now())
            .await
            .unwrap();
    }
    stack.rest().await;
}

#[tokio::test]
async fn with_the_words_goes_the_key_and_the_record_holds() {
    let (stack, _) = with_picture().await;
    close(&stack).await;
    let later = now().to_zoned(TimeZone::UTC).checked_add(25.months());
    let periods = Periods {
        decided: 24,
        complaint: None,
        safeguarding: None,
    };
    let at = later.unwrap().timestamp();
    let practice = post().practice;
    let gone = stack
        .ledger()
        .let_what_is_over_go(&practice, &periods, By::Policy, at)
        .await;
    assert_eq!(gone.unwrap().posts.len(), 1);
    let history = stack.ledger().history(&post()).await.unwrap().unwrap();
    let kept = history.pictures();
    assert!(kept.len() == 1 && kept[0].2.is_none(), "{kept:?}");
    assert!(history.verify().is_ok());
}

#[tokio::test]
async fn a_key_that_is_taken_away_is_found() {
    let (stack, history) = with_picture().await;
    let revision = &history.pictures()[0].0;
    let item = |sk: String| {
        [
            ("PK", "P#roxbourne#POST#facebook#1_1".to_owned()),
            ("SK", sk),
        ]
        .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
    };
    client(stack.table_url())
        .update_item()
        .table_name(NAME)
        .set_key(Some(item(format!("PICTURES#{revision}")).into()))
        .update_expression("REMOVE #keys")
        .expression_attribute_names("#keys", "keys")
        .send()
        .await
        .unwrap();
    let history = stack.ledger().history(&post()).await.unwrap().unwrap();
    assert!(matches!(history.verify(), Err(ChainError::Changed(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_waits_an_hour_for_pictures_to_be_stored() {
    let own = std::env::temp_dir().join(format!("pagewarden-full-{}", std::process::id()));
    std::fs::create_dir_all(&own).unwrap();
    let data = own.join("table");
    let folder = pagewarden_local::table::beside(&data, PICTURES);
    // No folder can be made where there is a file.
    std::fs::write(&folder, "").unwrap();
    let stack = Stack::start(Some(&data)).await.unwrap();
    show(&stack, StatusCode::OK, PICTURE);
    delivered(&stack, &address(&stack, PATH)).await;
    let waits = |history: &History| history.actions.iter().any(|action| action.result.is_some());
    let history = until(&stack, &post(), waits).await;
    let why = history.actions[0].result.clone().unwrap();
    assert!(why.contains("could not be stored"), "{why}");
    assert_eq!(history.state.visibility, Visibility::Visible);
    stack.clock().pass(SignedDuration::from_mins(61));
    let asks = |history: &History| {
        let mut tasks = history.tasks.iter();
        tasks.any(|task| task.why.contains("could not be stored"))
    };
    let history = until(&stack, &post(), asks).await;
    assert_eq!(history.state.visibility, Visibility::Visible);
    history.verify().unwrap();
    drop(stack);
    std::fs::remove_dir_all(own).unwrap();
}

#[tokio::test]
async fn a_picture_without_an_address_is_written_down() {
    let stack = stack().await;
    let mut change = change(PAGE, "1_1", "55", ABUSE);
    change["value"]["photo_id"] = json!("345");
    let body = delivery(PAGE, &change);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let history = hidden(&stack).await;
    assert_eq!(missing(&history), ["the platform did not say where it is"]);
}

#[tokio::test]
async fn a_pack_says_why_a_picture_is_no_part_of_it() {
    let (stack, _) = with_picture().await;
    let key = post();
    let subject = Subject {
        key: &key,
        recipient: Recipient::Solicitor,
        whole: true,
    };
    let taken = async |store: Option<&dyn Pictures>, most: usize| {
        export(stack.ledger(), store, subject, &imran(), most, now())
            .await
            .unwrap()
    };
    let store = stack.pictures().as_ref();
    let whole = taken(Some(store), usize::MAX).await;
    assert_eq!(whole.left_out, 0);
    for (store, most, why) in [
        (None, usize::MAX, "nobody said where pictures are kept"),
        (Some(store), whole.bytes.len() - 1, "too large"),
    ] {
        let pack = taken(store, most).await;
        assert_eq!(pack.left_out, 1);
        let verdict = verify(&pack.bytes);
        assert_eq!(verdict.wrong, Vec::<String>::new());
        assert!(verdict.unchecked[0].contains(why), "{verdict:?}");
    }
}
