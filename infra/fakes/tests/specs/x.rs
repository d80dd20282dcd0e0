//! X, against its `openapi.json`.

use std::collections::HashMap;

use pagewarden_clock::Clock;
use pagewarden_fakes::x::{SCOPES, Timeline, first_token};
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::x::{Consent, Settings, X};
use serde_json::json;

use crate::openapi::Spec;
use crate::record::{self, Call};

const ACCOUNT: &str = "2000000004";

/// X's specification, or none where the variable is unset.
fn spec() -> Option<Spec> {
    let path = crate::specs("x/openapi.json")?;
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(Spec(serde_json::from_slice(&text).expect("JSON")))
}

/// Makes every call of the client on the fake, and returns what was sent and answered.
async fn calls() -> Vec<Call> {
    let timeline =
        Timeline::open(None, &[ACCOUNT.to_owned()], None, &Clock::manual()).expect("a fake");
    let post = |id: &str, author: &str, first: &str, named: bool| {
        let mentions = if named {
            json!([{ "start": 0, "end": 9, "id": ACCOUNT, "username": "practice" }])
        } else {
            json!([])
        };
        let payload = json!({ "id": id, "author_id": author, "text": "@practice hello", "conversation_id": first,
            "created_at": jiff::Timestamp::UNIX_EPOCH.to_string(), "in_reply_to_user_id": ACCOUNT,
            "display_text_range": [0, 15], "entities": { "mentions": mentions },
            "referenced_tweets": [{ "type": "replied_to", "id": first }],
            "edit_history_tweet_ids": [id], "attachments": { "media_keys": ["3_77"] } });
        let users = json!([{ "id": author, "name": "Robin", "username": "robin" }]);
        json!({ "data": { "event_type": "post.reply.create", "payload": payload, "includes": { "users": users } } })
    };
    for n in 0..120 {
        let reply = post(&format!("1{n:03}"), "501", "11", n == 0);
        timeline
            .learn(reply.to_string().as_bytes())
            .expect("learnt");
    }
    let (base, calls) = record::serve(timeline.router()).await;
    let x = X::new(crate::http(), Settings { base });
    let (client_id, client_secret) = ("demo".to_owned(), Secret::new("demo"));
    let consent = Consent {
        client_id,
        client_secret,
        refresh_token: Secret::new(&first_token(ACCOUNT)),
    };
    let token = x
        .refresh(&consent, &consent.refresh_token)
        .await
        .expect("a token")
        .access;

    let both = x.posts(&token, &["1000", "9999"]).await.expect("read");
    assert_eq!((both.posts.len(), both.gone), (1, vec!["9999".to_owned()]));
    assert_eq!(
        x.posts(&token, &["9999"]).await.expect("read").gone,
        ["9999"]
    );
    assert_eq!(
        x.gone(&token, &["1000", "9999"]).await.expect("asked"),
        ["9999"]
    );
    assert_eq!(
        x.set_hidden(&token, "1000", true).await,
        Ok(Done::Confirmed)
    );
    assert_eq!(
        x.set_hidden(&token, "1000", false).await,
        Ok(Done::Confirmed)
    );
    assert_eq!(
        x.set_hidden(&token, "9999", true).await,
        Err(CallError::Gone)
    );
    assert!(matches!(
        x.set_hidden(&token, "11", true).await,
        Err(CallError::Permission { .. })
    ));
    assert_eq!(x.mute(&token, ACCOUNT, "501").await, Ok(Done::Confirmed));
    x.reply(&token, "1000", "Please ring us.")
        .await
        .expect("answered");
    assert!(matches!(
        x.reply(&token, "1001", "Please ring us.").await,
        Err(CallError::Permission { .. })
    ));
    let page = x
        .mentions(&token, ACCOUNT, Some("1001"), None)
        .await
        .expect("listed");
    assert_eq!(page.posts.len(), 100);
    let rest = x
        .mentions(&token, ACCOUNT, Some("1001"), page.next.as_deref())
        .await
        .expect("listed");
    assert_eq!((rest.posts.len(), rest.next), (18, None));
    assert!(
        x.mentions(&token, ACCOUNT, Some("5000"), None)
            .await
            .expect("listed")
            .posts
            .is_empty()
    );
    let own = x
        .own_posts(&token, ACCOUNT, Some("1000"))
        .await
        .expect("listed")
        .posts;
    assert_eq!(own[0].answers.as_deref(), Some("1000"));
    let own = x.own_ids(&token, ACCOUNT, None).await.expect("listed");
    assert_eq!(own.last().map(String::as_str), Some("11"));
    quotes(&timeline, &x, &token).await;
    let mut calls = calls.made();
    // Tokens are had as OAuth says, of which the specification has the address alone.
    calls.retain(|call| call.path != "/2/oauth2/token");
    calls
}

/// Looks for quotes of a post of the account, of which there are two pages.
async fn quotes(timeline: &Timeline, x: &X, token: &Secret) {
    for n in 0..120 {
        let id = format!("2{n:03}");
        let payload = json!({ "id": id, "author_id": "502", "text": "look", "conversation_id": id,
            "created_at": Clock::system().now().to_string(), "edit_history_tweet_ids": [id],
            "referenced_tweets": [{ "type": "quoted", "id": "11" }] });
        let quote = json!({ "data": { "event_type": "post.quote.create", "payload": payload } });
        timeline
            .learn(quote.to_string().as_bytes())
            .expect("learnt");
    }
    let page = x
        .quotes(token, ACCOUNT, &["11", "12"], None)
        .await
        .expect("found");
    assert_eq!(
        (page.posts.len(), page.posts[0].quotes_account.as_deref()),
        (100, Some(ACCOUNT))
    );
    let rest = x
        .quotes(token, ACCOUNT, &["11", "12"], page.next.as_deref())
        .await
        .expect("found");
    assert_eq!((rest.posts.len(), rest.next), (20, None));
    assert!(
        x.quotes(token, ACCOUNT, &["12"], None)
            .await
            .expect("looked")
            .posts
            .is_empty()
    );
}

#[tokio::test]
async fn every_call_and_answer_is_as_x_specifies_it() {
    let calls = calls().await;
    let Some(spec) = spec() else { return };
    let token_url =
        &spec.0["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"];
    assert_eq!(token_url["tokenUrl"], "https://api.x.com/2/oauth2/token");
    assert!(
        SCOPES
            .iter()
            .all(|scope| token_url["scopes"][scope].is_string()),
        "an unknown scope is asked for"
    );
    let wrong: Vec<String> = calls.iter().flat_map(|call| spec.faults(call)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A check that finds nothing wrong with anything would be none.
#[tokio::test]
async fn what_x_does_not_specify_is_found() {
    let Some(spec) = spec() else { return };
    let good = Call {
        method: "PUT".into(),
        path: "/2/tweets/22/hidden".into(),
        parameters: HashMap::new(),
        body: json!({ "hidden": true }),
        status: 200,
        answer: json!({ "data": { "hidden": true } }),
    };
    assert_eq!(spec.faults(&good), Vec::<String>::new());
    let wrong = [
        Call {
            path: "/2/tweets/22/hide".into(),
            ..good.clone()
        },
        Call {
            method: "POST".into(),
            ..good.clone()
        },
        Call {
            body: json!({ "hidden": "true" }),
            ..good.clone()
        },
        Call {
            body: json!({ "hidden": true, "why": "rude" }),
            ..good.clone()
        },
        Call {
            body: json!({}),
            ..good.clone()
        },
        Call {
            parameters: HashMap::from([("why".into(), "rude".into())]),
            ..good.clone()
        },
        Call {
            answer: json!({ "data": { "hidden": "yes" } }),
            ..good.clone()
        },
        Call {
            answer: json!({ "data": { "hid": true } }),
            ..good
        },
    ];
    for call in wrong {
        assert!(!spec.faults(&call).is_empty(), "{call:?}");
    }
}
