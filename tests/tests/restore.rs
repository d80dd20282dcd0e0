//! The record as a whole: what was deleted or changed behind the ledger's back is found, and put
//! back from a copy.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use pagewarden_ledger::{Ledger, Person, PutBack, Visibility};
use pagewarden_local::replay::Replayed;
use pagewarden_local::table::{NAME, Table, client};
use pagewarden_local::template::Template;
use pagewarden_rules::{Platform, PostKey, Role};
use pagewarden_tests::{comment, events, replay, stack, until};

/// Returns the posts whose histories do not hold.
async fn broken(ledger: &Ledger) -> BTreeSet<PostKey> {
    let mut broken = BTreeSet::new();
    for post in ledger.posts().await.unwrap() {
        if ledger
            .history(&post)
            .await
            .unwrap()
            .unwrap()
            .verify()
            .is_err()
        {
            broken.insert(post);
        }
    }
    broken
}

/// Returns the Facebook posts that were hidden.
async fn hidden(ledger: &Ledger, replayed: &Replayed) -> Vec<PostKey> {
    let mut hidden = Vec::new();
    for (sent, _) in replayed
        .posts
        .iter()
        .filter(|(sent, _)| sent.key.platform == Platform::Facebook)
    {
        let history = ledger.history(&sent.key).await.unwrap().unwrap();
        if history.state.visibility == Visibility::Hidden {
            hidden.push(sent.key.clone());
        }
    }
    hidden
}

/// Returns the keys of everything on record about a post, as they stand in the table.
async fn keys(url: &str, post: &PostKey) -> Vec<[AttributeValue; 2]> {
    let pk = format!("P#{}#POST#{}#{}", post.practice, post.platform, post.id);
    let query = client(url)
        .query()
        .table_name(NAME)
        .key_condition_expression("PK = :pk");
    let items = query
        .expression_attribute_values(":pk", AttributeValue::S(pk))
        .send()
        .await
        .unwrap()
        .items
        .unwrap();
    items
        .iter()
        .map(|item| [item["PK"].clone(), item["SK"].clone()])
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_restored_table_finds_what_changed_and_repeats_nothing() {
    let stack = stack().await;
    let (replayed, _) = replay(&stack, &events()).await;
    stack.rest().await;
    let (ledger, table) = (stack.ledger(), client(stack.table_url()));
    let (now, mile_oak) = (pagewarden_tests::now(), "mile-oak".parse().unwrap());
    let priya = Person {
        name: "Priya".into(),
        role: Role::PracticeManager,
    };
    let beth = Person {
        name: "Beth Lowe".into(),
        role: Role::Reviewer,
    };
    ledger
        .switch_off(&mile_oak, &beth, None, now)
        .await
        .unwrap();
    for one in [&beth, &priya] {
        ledger.switch_on(&mile_oak, one, None, now).await.unwrap();
    }
    let copy = Table::open(None, &Template::shipped().unwrap())
        .await
        .unwrap();
    let copied = copy.ledger().put_back(ledger, now).await.unwrap();
    assert_eq!((copied.changed, copied.newer), (BTreeSet::new(), 0));
    assert_eq!(
        ledger.posts().await.unwrap(),
        copy.ledger().posts().await.unwrap()
    );
    assert_eq!(broken(&copy.ledger()).await, BTreeSet::new());

    // One post is deleted whole, of another a line is changed, and a practice turns its switch off
    // meanwhile.
    let hidden = hidden(ledger, &replayed).await;
    let (deleted, changed) = (&hidden[0], &hidden[1]);
    let before = (
        ledger.history(deleted).await.unwrap(),
        ledger.history(changed).await.unwrap(),
    );
    let gone = keys(stack.table_url(), deleted).await;
    for [pk, sk] in &gone {
        table
            .delete_item()
            .table_name(NAME)
            .key("PK", pk.clone())
            .key("SK", sk.clone())
            .send()
            .await
            .unwrap();
    }
    let of_changed = keys(stack.table_url(), changed).await;
    let [pk, sk] = of_changed
        .iter()
        .find(|[_, sk]| sk.as_s().unwrap().starts_with("EVT#"))
        .unwrap();
    let update = table
        .update_item()
        .table_name(NAME)
        .key("PK", pk.clone())
        .key("SK", sk.clone());
    let update = update.update_expression("SET body = :body");
    update
        .expression_attribute_values(":body", AttributeValue::S("{}".into()))
        .send()
        .await
        .unwrap();
    ledger
        .switch_off(&mile_oak, &priya, None, now)
        .await
        .unwrap();
    assert!(!ledger.posts().await.unwrap().contains(deleted));
    assert_eq!(broken(ledger).await, BTreeSet::from([changed.clone()]));

    let journal = stack.graph().journal();
    let put_back = ledger.put_back(&copy.ledger(), now).await.unwrap();
    let key = format!("{} {}", pk.as_s().unwrap(), sk.as_s().unwrap());
    let missing = u64::try_from(gone.len()).unwrap();
    assert_eq!(
        (put_back.missing, put_back.changed),
        (missing, BTreeSet::from([key]))
    );
    assert!(put_back.newer >= 1);
    let switch = table
        .get_item()
        .table_name(NAME)
        .key("PK", AttributeValue::S("P#mile-oak#SWITCH".into()));
    let switch = switch
        .key("SK", AttributeValue::S("NOW".into()))
        .send()
        .await
        .unwrap()
        .item
        .unwrap();
    assert_eq!(switch["on"], AttributeValue::Bool(false));
    // The stream carries what is back to the functions, which see that nothing is left to do.
    stack.rest().await;
    stack.run("remind").await.unwrap();
    stack.rest().await;
    assert_eq!(stack.graph().journal(), journal);
    assert_eq!(
        (
            ledger.history(deleted).await.unwrap(),
            ledger.history(changed).await.unwrap()
        ),
        before
    );
    assert_eq!(broken(ledger).await, BTreeSet::new());
    let again = ledger.put_back(&copy.ledger(), now).await.unwrap();
    assert_eq!((again.missing, again.changed), (0, BTreeSet::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_outlived_its_time_stays_gone() {
    let template = Template::shipped().unwrap();
    let (copy, table) = (
        Table::open(None, &template).await.unwrap(),
        Table::open(None, &template).await.unwrap(),
    );
    let item = |sk: &str, expires: &str| {
        let put = client(copy.url())
            .put_item()
            .table_name(NAME)
            .item("PK", AttributeValue::S("P#woolpit".into()));
        put.item("SK", AttributeValue::S(sk.into()))
            .item("expires", AttributeValue::N(expires.into()))
    };
    item("QUOTA#1", "1000").send().await.unwrap();
    item("QUOTA#2", "3000").send().await.unwrap();
    let put_back = table
        .ledger()
        .put_back(&copy.ledger(), Timestamp::from_second(2000).unwrap())
        .await
        .unwrap();
    assert_eq!(
        put_back,
        PutBack {
            missing: 1,
            ..PutBack::default()
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_again_while_written_to_never_if_changed() {
    let stack = stack().await;
    let (ledger, table) = (stack.ledger(), client(stack.table_url()));
    let post = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: "1_1".into(),
    };
    let body = comment(
        "100000000000001",
        "1_1",
        "55",
        "The receptionist is a fat useless bitch",
    );
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    until(&stack, &post, |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
    stack.rest().await;
    let pk = AttributeValue::S("P#kingswinford#POST#facebook#1_1".into());
    let delete = async || {
        let delete = table
            .delete_item()
            .table_name(NAME)
            .key("PK", pk.clone())
            .key("SK", AttributeValue::S("STATE".into()));
        let deleted = delete.return_values(ReturnValue::AllOld).send().await;
        deleted.unwrap().attributes
    };
    let holds = async || {
        ledger
            .history_at_rest(&post)
            .await
            .unwrap()
            .unwrap()
            .verify()
            .is_ok()
    };
    let mut state = delete().await;
    assert!(!holds().await);
    // A busy machine may write too late for the last look.
    for _ in 0..20 {
        let put = table.put_item().table_name(NAME).set_item(state);
        let (holds, written) = tokio::join!(holds(), async {
            tokio::task::yield_now().await;
            put.send().await
        });
        written.unwrap();
        if holds {
            return;
        }
        state = delete().await;
    }
    panic!("it is not read again");
}
