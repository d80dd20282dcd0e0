//! What each function may do is enough and not too much: its role in the template against the calls
//! that it makes.
//!
//! That it is enough, every test of the whole system shows: the local stack refuses what a role
//! does not allow.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};
use pagewarden_fakes::Fault;
use pagewarden_fakes::x::{first_access, first_token};
use pagewarden_ledger::{Answer, Choice, Ledger, NewRevision, Reference, Visibility};
use pagewarden_local::meter::Meter;
use pagewarden_local::stack::Stack;
use pagewarden_local::table;
use pagewarden_local::template::{Template, Trigger};
use pagewarden_platforms::{Incoming, Secret, Sent, delivery, meta_webhooks};
use pagewarden_rules::{Platform, PostKey};
use pagewarden_runtime::pictures;
use pagewarden_tests::browser::Browser;
use pagewarden_tests::channels::{connect, on_each_platform};
use pagewarden_tests::{change, comment, delivery, events, replay, stack, until};
use serde_json::{Value, json};

use crate::connect::CHANNELS;
use crate::connect_page::{MANAGERS, agree, begin};

/// The table asks for a signature, and does not check it.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20261121/eu-west-2/dynamodb/aws4_request, \
    SignedHeaders=host;x-amz-date;x-amz-target, Signature=0";

const PAGE: &str = "100000000000001";

const PICTURE: &[u8] = b"GIF89a";

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn no_function_may_do_more_than_it_does() {
    let stack = stack().await;
    // The demonstration need not be on every platform.
    connect(&stack, &on_each_platform(1)).await;
    // Google takes no more calls at first, which `sweep` notes for everybody.
    stack
        .business()
        .faults()
        .next(1, &Fault::Instead(StatusCode::TOO_MANY_REQUESTS, json!({})));
    stack.run("sweep").await.unwrap();
    stack.clock().pass(SignedDuration::from_mins(1));
    replay(&stack, &events()).await;
    // A post of a practice without a policy waits for its decision, so that there is something to
    // set going again.
    let secret = Secret::new("s");
    let body = comment(PAGE, "1_waits", "55", "hello");
    let read = meta_webhooks::read(
        delivery::verify(&secret, Some(&delivery::sign(&secret, &body)), &body).unwrap(),
    )
    .unwrap();
    let [
        Sent {
            read: Incoming::Post(post),
            ..
        },
    ] = read.as_slice()
    else {
        panic!("one comment is one post")
    };
    let an_hour_ago = pagewarden_tests::now() - SignedDuration::from_hours(1);
    let nobody = "nobody".parse().unwrap();
    let incoming = NewRevision::new(&nobody, post, b"{}", Some(an_hour_ago), "a test");
    stack.ledger().record(&incoming, an_hour_ago).await.unwrap();
    stack.run("remind").await.unwrap();
    spoil(&stack).await;
    stack.run("sweep").await.unwrap();
    spoil(&stack).await;
    // A reply that its author took back before the machine came to hide it: X says so when it is
    // looked at.
    let reply = json!({ "id": "77", "author_id": "55", "text": "The receptionist is a fat useless bitch",
        "conversation_id": "11", "in_reply_to_user_id": "2000000004" });
    let reply = json!({ "data": { "filter": { "user_id": "2000000004" }, "event_type": "post.reply.create", "payload": reply } });
    assert_eq!(
        stack
            .sender()
            .deliver_x(reply.to_string().as_bytes())
            .await
            .unwrap(),
        200
    );
    let taken_back = PostKey {
        practice: "woolpit".parse().unwrap(),
        platform: Platform::X,
        id: "77".into(),
    };
    while !stack
        .ledger()
        .history(&taken_back)
        .await
        .unwrap()
        .is_some_and(|history| history.revisions[0].post.text.is_empty())
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // News of a page that is nobody's, and of a comment that nobody saw.
    assert_eq!(
        stack
            .sender()
            .deliver(&comment("999999999999999", "9_9", "55", "hello"))
            .await
            .unwrap(),
        200
    );
    let mut gone = change(PAGE, "1_unseen", "55", "");
    gone["value"]["verb"] = json!("remove");
    let gone = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1_795_168_860, "changes": [gone] }] });
    assert_eq!(
        stack
            .sender()
            .deliver(gone.to_string().as_bytes())
            .await
            .unwrap(),
        200
    );
    let mut browser = Browser::new(&stack);
    // The public tries a reference that nobody has.
    let reference = Reference::random().unwrap().to_string();
    let answer = "/look-again/woolpit/answer";
    let tried = browser.post(answer, &[("reference", &reference)]).await;
    assert_eq!(tried.status, 422);
    // Somebody signs in, and out again.
    assert_eq!(
        browser
            .sign_in(&stack, "/today", "gail@kingswinford.example")
            .await
            .status,
        200
    );
    take_a_picture_along(&stack).await;
    // She stops the machine, and has a code sent to her.
    let stop = browser.post("/switch", &[("to", "off")]).await;
    assert_eq!(stop.status, 303);
    let code = browser.post("/ways", &[("way", "email")]).await;
    assert_eq!(code.status, 200);
    // Somebody asks her what is held about them.
    let found = browser.post("/find", &[("name", "@jo_smith")]).await;
    assert_eq!(found.status, 200);
    // She tries words.
    let words = [("place", "facebook/comment"), ("text", "Thank you all.")];
    assert_eq!(browser.post("/try", &words).await.status, 200);
    assert_eq!(browser.post("/signout", &[]).await.status, 303);
    // Managers connect accounts, of which one was never connected before.
    stack.store().take("channel/facebook/100000000000001");
    stack.timeline().sign_in("2000000004");
    for nth in [0, 2, 3] {
        let (channel, manager) = (CHANNELS[nth], MANAGERS[nth]);
        let (mut browser, page) = begin(&stack, manager, channel).await;
        let back = agree(&stack, channel.0, &page).await;
        let page = browser.open(&back).await;
        assert!(page.title().starts_with("Connected – "), "{page:?}");
    }
    // Somebody puts aside what waits. The daily run looks for what is kept no longer, and finds some
    // of that after three years.
    let (ledger, practice) = (stack.ledger(), &taken_back.practice);
    let people = ledger.people(practice).await.unwrap();
    for task in ledger.open_tasks(practice).await.unwrap() {
        for person in &people {
            let now = stack.clock().now();
            let answer: Answer<'_> = Choice::Done.into();
            // Not everybody may put aside everything, and what is graver has other answers.
            ledger
                .choose(&task.key, &task.id, person, answer, now)
                .await
                .ok();
        }
    }
    let later = stack.clock().now().to_zoned(TimeZone::UTC) + Span::new().years(3);
    let night = later.with().hour(3).minute(17).build().unwrap().timestamp();
    let practices = stack.ledger().practices().await.unwrap();
    let turns: BTreeSet<_> = practices.iter().map(remind::turn).collect();
    for turn in turns {
        let now = stack.clock().now();
        stack.clock().pass((night + turn).duration_since(now));
        stack.run("remind").await.unwrap();
    }
    for role in stack.roles() {
        assert!(
            role.unused().is_empty(),
            "{} never used {:?}",
            role.function(),
            role.unused()
        );
    }
}

/// Has a post with a picture hidden, and its practice manager take the evidence.
async fn take_a_picture_along(stack: &Stack) {
    let path = "/pictures/1_2_3_n.gif";
    let picture = b"GIF89a".to_vec();
    stack.graph().show_picture(path, StatusCode::OK, picture);
    let mut change = change(
        PAGE,
        "1_shown",
        "55",
        "The receptionist is a fat useless bitch",
    );
    let graph = &stack.environment()["PAGEWARDEN_GRAPH_URL"];
    change["value"]["photo"] = format!("{graph}{path}").into();
    let body = delivery(PAGE, &change);
    stack.graph().learn(&body).unwrap();
    assert_eq!(stack.sender().deliver(&body).await.unwrap(), 200);
    let post = PostKey {
        practice: "kingswinford".parse().unwrap(),
        platform: Platform::Facebook,
        id: "1_shown".into(),
    };
    until(stack, &post, |history| {
        history.state.visibility == Visibility::Hidden
    })
    .await;
    let (page, form) = (
        "/evidence/facebook/1_shown",
        [("for", "solicitor"), ("whole", "yes")],
    );
    let mut gail = Browser::signed_in(stack, MANAGERS[0]).await;
    let sent = gail.post(page, &form).await;
    let again = gail.follow(sent).await;
    let next = again.field("next").unwrap();
    let sent = gail.post("/signin/again", &[("next", &next)]).await;
    let issuer = gail.follow(sent).await;
    let back = gail.pick(stack, &issuer, MANAGERS[0]).await;
    gail.follow(back).await;
    let file = gail.post(page, &form).await;
    assert!(file.body.contains("pictures/1.gif"), "{file:?}");
}

/// Ends the two hours of every access token of X, so that the next to need one renews it.
async fn spoil(stack: &Stack) {
    for (channel, practice) in stack.ledger().channels().await.unwrap() {
        if let Some(tokens) = stack
            .ledger()
            .access(&practice, &channel)
            .await
            .unwrap()
            .tokens
        {
            stack
                .ledger()
                .spoil_access(&practice, &channel, &tokens.access)
                .await
                .unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_functions_that_call_x_may_touch_its_tokens() {
    let stack = stack().await;
    let channels = stack.ledger().channels().await.unwrap();
    let (channel, practice) = channels
        .iter()
        .find(|(channel, _)| channel.platform == Platform::X)
        .unwrap();
    for role in stack.roles() {
        let calls_x = ["act", "sweep", "connect"].contains(&role.function());
        let client = table::client_in(stack.table_url(), role, &Meter::default());
        let ledger = Ledger::new(client, table::NAME).with_access_in(table::ACCESS);
        let read = ledger.access(practice, channel).await;
        assert_eq!(read.is_ok(), calls_x, "{}: {read:?}", role.function());
        let spoilt = ledger.spoil_access(practice, channel, "another").await;
        assert_eq!(spoilt.is_ok(), calls_x, "{}: {spoilt:?}", role.function());
        // It may read other items.
        let others = [
            ledger.switch(practice).await.is_ok(),
            ledger.practice_of(channel).await.is_ok(),
        ];
        assert!(others.contains(&true), "{}", role.function());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_act_keeps_pictures_and_only_the_console_reads_too() {
    let stack = stack().await;
    let (practice, now) = ("woolpit".parse().unwrap(), stack.clock().now());
    let kept = pictures::keep(&**stack.pictures(), &practice, PICTURE, now).await;
    let kept = kept.unwrap();
    for role in stack.roles() {
        let (store, function) = (stack.pictures_of(role), role.function());
        let put = store.put(&kept.object, PICTURE.to_vec(), now).await;
        assert_eq!(put.is_ok(), function == "act", "{function}: {put:?}");
        let opened = pictures::open(&*store, &kept, now).await;
        let reads = ["act", "console"].contains(&function);
        assert_eq!(opened.is_ok(), reads, "{function}: {opened:?}");
    }
}

/// Whoever may read a stream is shown every item, whatever their role keeps from them in the table.
#[tokio::test(flavor = "multi_thread")]
async fn no_stream_carries_a_token() {
    let stack = stack().await;
    let channels = stack.ledger().channels().await.unwrap();
    let on_x: Vec<_> = channels
        .into_iter()
        .filter(|(channel, _)| channel.platform == Platform::X)
        .collect();
    spoil(&stack).await;
    stack.run("sweep").await.unwrap();
    replay(&stack, &events()).await;
    stack.rest().await;
    let images = streamed(stack.table_url()).await;
    assert!(
        images.len() > 100,
        "the sample events write more than {} items",
        images.len()
    );
    for (channel, practice) in on_x {
        let tokens = stack
            .ledger()
            .access(&practice, &channel)
            .await
            .unwrap()
            .tokens
            .unwrap();
        assert_ne!(
            tokens.access,
            first_access(&channel.account),
            "nothing was renewed"
        );
        // The last number of a token counts the renewals.
        let [refresh, access] = [first_token, first_access]
            .map(|of| of(&channel.account).trim_end_matches('0').to_owned());
        assert!(tokens.refresh.starts_with(&refresh) && tokens.access.starts_with(&access));
        let shown = images
            .iter()
            .find(|image| image.contains(&refresh) || image.contains(&access));
        assert!(shown.is_none(), "a stream carries a token of X: {shown:?}");
    }
}

/// Returns every record of every stream that there is, as text.
async fn streamed(url: &str) -> Vec<String> {
    let (http, mut records) = (reqwest::Client::new(), Vec::new());
    let ask = async |operation: &str, body: Value| -> Value {
        let target = format!("DynamoDBStreams_20120810.{operation}");
        let request = http
            .post(url)
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.0");
        let request = request.header("authorization", SIGNATURE);
        let answer = request
            .header("x-amz-date", "20261121T000000Z")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{operation}: {text}");
        serde_json::from_str(&text).unwrap()
    };
    let streams = ask("ListStreams", json!({})).await;
    for stream in streams["Streams"].as_array().unwrap() {
        let arn = &stream["StreamArn"];
        let described = ask("DescribeStream", json!({ "StreamArn": arn })).await;
        for shard in described["StreamDescription"]["Shards"].as_array().unwrap() {
            let from = json!({ "StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON" });
            let mut iterator = ask("GetShardIterator", from).await["ShardIterator"].clone();
            loop {
                let page = ask("GetRecords", json!({ "ShardIterator": iterator })).await;
                let found = page["Records"].as_array().unwrap();
                if found.is_empty() {
                    break;
                }
                records.extend(found.iter().map(Value::to_string));
                iterator = page["NextShardIterator"].clone();
            }
        }
    }
    records
}

/// What is not the function's own call, Lambda does in its name: each such statement stands where
/// there is a reason.
#[test]
fn what_lambda_does_in_a_functions_name_has_a_reason() {
    let template = Template::shipped().unwrap();
    for (function, triggers) in template.functions().unwrap() {
        let statements = template.statements(&function).unwrap();
        let named: BTreeSet<String> = statements
            .iter()
            .map(|one| one["Sid"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(
            named.len(),
            statements.len(),
            "{function} has two statements of one name"
        );
        let has = |sid: &str| named.contains(sid);
        let streamed = triggers
            .iter()
            .any(|trigger| matches!(trigger, Trigger::Stream { .. }));
        assert!(has("Logs") && has("Read") && has("Write"), "{function}");
        for sid in ["Stream", "NoteWhatWasGivenUp", "EncryptTheNote"] {
            assert_eq!(has(sid), streamed, "{function}: {sid}");
        }
        assert_eq!(has("DecryptSecrets"), has("Secrets"), "{function}");
        let known = [
            "Logs",
            "Read",
            "Write",
            "NoActionsNorTasks",
            "RotatingTokens",
            "WhatIsDue",
            "WhatWaits",
            "WhoIsCalledSo",
            "WhatIsKept",
            "Email",
            "Text",
            "Anchor",
            "Pictures",
            "Stream",
            "NoteWhatWasGivenUp",
            "EncryptTheNote",
            "Secrets",
            "DecryptSecrets",
            "KeyOfTheTable",
            "TryWords",
            "ConnectAccounts",
            "StoreAChannel",
            "EncryptSecrets",
            "Traces",
        ];
        let odd: Vec<_> = named
            .iter()
            .filter(|sid| !known.contains(&sid.as_str()))
            .collect();
        assert!(
            odd.is_empty(),
            "{function} has statements that no test knows: {odd:?}"
        );
    }
}
