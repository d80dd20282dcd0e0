//! The fake X, and so the client that is tested against it, held against X's own specification.
//!
//! `PAGEWARDEN_SPECS=DIR cargo test -p pagewarden --test specs`, with X's published `openapi.json` in `DIR/x`. It is X's
//! and not kept here.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test may")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use pagewarden_local::fake::x::{Call, SCOPES, Timeline, first_token};
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done, Http, Timeouts};
use pagewarden_platforms::x::{Consent, Settings, X};
use serde_json::{Value, json};

const ACCOUNT: &str = "2000000004";

/// X's specification, or none where the variable is unset.
fn spec() -> Option<Spec> {
    let Some(folder) = std::env::var_os("PAGEWARDEN_SPECS").map(PathBuf::from) else {
        println!("skipped: PAGEWARDEN_SPECS is not set");
        return None;
    };
    let path = folder.join("x/openapi.json");
    if !path.is_file() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Some(Spec(serde_json::from_slice(&text).expect("JSON")))
}

/// Makes every call of the client on the fake, and returns what was sent and answered.
async fn calls() -> Vec<Call> {
    let timeline = Timeline::open(None, &[ACCOUNT.to_owned()], None).expect("a fake");
    let post = |id: &str, author: &str, first: &str, named: bool| {
        let mentions =
            if named { json!([{ "start": 0, "end": 9, "id": ACCOUNT, "username": "practice" }]) } else { json!([]) };
        let payload = json!({ "id": id, "author_id": author, "text": "@practice hello", "conversation_id": first,
            "created_at": Timestamp::UNIX_EPOCH.to_string(), "in_reply_to_user_id": ACCOUNT,
            "display_text_range": [0, 15], "entities": { "mentions": mentions },
            "referenced_tweets": [{ "type": "replied_to", "id": first }],
            "edit_history_tweet_ids": [id], "attachments": { "media_keys": ["3_77"] } });
        let users = json!([{ "id": author, "name": "Robin", "username": "robin" }]);
        json!({ "data": { "event_type": "post.reply.create", "payload": payload, "includes": { "users": users } } })
    };
    for n in 0..120 {
        let reply = post(&format!("1{n:03}"), "501", "11", n == 0);
        timeline.learn(reply.to_string().as_bytes()).expect("learnt");
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let router = timeline.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let second = Duration::from_secs(5);
    let x = X::new(Http::new(Timeouts { connect: second, total: second }).expect("a client"), Settings { base });
    let (client_id, client_secret) = ("demo".to_owned(), Secret::new("demo"));
    let consent = Consent { client_id, client_secret, refresh_token: Secret::new(&first_token(ACCOUNT)) };
    let token = x.refresh(&consent, &consent.refresh_token).await.expect("a token").access;

    let both = x.posts(&token, &["1000", "9999"]).await.expect("read");
    assert_eq!((both.posts.len(), both.gone), (1, vec!["9999".to_owned()]));
    assert_eq!(x.posts(&token, &["9999"]).await.expect("read").gone, ["9999"]);
    assert_eq!(x.set_hidden(&token, "1000", true).await, Ok(Done::Confirmed));
    assert_eq!(x.set_hidden(&token, "1000", false).await, Ok(Done::Confirmed));
    assert_eq!(x.set_hidden(&token, "9999", true).await, Err(CallError::Gone));
    assert!(matches!(x.set_hidden(&token, "11", true).await, Err(CallError::Permission { .. })));
    assert_eq!(x.mute(&token, ACCOUNT, "501").await, Ok(Done::Confirmed));
    x.reply(&token, "1000", "Please ring us.").await.expect("answered");
    assert!(matches!(x.reply(&token, "1001", "Please ring us.").await, Err(CallError::Permission { .. })));
    let page = x.mentions(&token, ACCOUNT, Some("1001"), None).await.expect("listed");
    assert_eq!(page.posts.len(), 100);
    let rest = x.mentions(&token, ACCOUNT, Some("1001"), page.next.as_deref()).await.expect("listed");
    assert_eq!((rest.posts.len(), rest.next), (18, None));
    assert!(x.mentions(&token, ACCOUNT, Some("5000"), None).await.expect("listed").posts.is_empty());
    let own = x.own_posts(&token, ACCOUNT, Some("1000")).await.expect("listed").posts;
    assert_eq!(own[0].answers.as_deref(), Some("1000"));
    timeline.calls()
}

#[tokio::test]
async fn every_call_and_answer_is_as_x_specifies_it() {
    let calls = calls().await;
    let Some(spec) = spec() else { return };
    let token_url = &spec.0["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]["authorizationCode"];
    assert_eq!(token_url["tokenUrl"], "https://api.x.com/2/oauth2/token");
    assert!(SCOPES.iter().all(|scope| token_url["scopes"][scope].is_string()), "an unknown scope is asked for");
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
        query: HashMap::new(),
        body: json!({ "hidden": true }),
        status: 200,
        answer: json!({ "data": { "hidden": true } }),
    };
    assert_eq!(spec.faults(&good), Vec::<String>::new());
    let wrong = [
        Call { path: "/2/tweets/22/hide".into(), ..good.clone() },
        Call { method: "POST".into(), ..good.clone() },
        Call { body: json!({ "hidden": "true" }), ..good.clone() },
        Call { body: json!({ "hidden": true, "why": "rude" }), ..good.clone() },
        Call { body: json!({}), ..good.clone() },
        Call { query: HashMap::from([("why".into(), "rude".into())]), ..good.clone() },
        Call { answer: json!({ "data": { "hidden": "yes" } }), ..good.clone() },
        Call { answer: json!({ "data": { "hid": true } }), ..good },
    ];
    for call in wrong {
        assert!(!spec.faults(&call).is_empty(), "{call:?}");
    }
}

struct Spec(Value);

impl Spec {
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str().and_then(|name| name.strip_prefix('#')) {
            Some(pointer) => self.resolved(self.0.pointer(pointer).expect("what is referred to")),
            None => value,
        }
    }

    /// Returns what is wrong with a call or its answer.
    fn faults(&self, call: &Call) -> Vec<String> {
        let name = format!("{} {}", call.method, call.path);
        let Some(operation) = self.operation(call) else { return vec![format!("{name}: there is no such call")] };
        let mut faults = Vec::new();
        for (parameter, value) in &call.query {
            let known = operation["parameters"].as_array().into_iter().flatten().map(|one| self.resolved(one));
            match known.into_iter().find(|one| one["name"] == parameter.as_str() && one["in"] == "query") {
                None => faults.push(format!("{name}: there is no parameter {parameter}")),
                Some(known) => self.parameter(&known["schema"], value, &format!("{name} ?{parameter}"), &mut faults),
            }
        }
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !body.is_null() || !call.body.is_null() {
            self.check(body, &call.body, &format!("{name} body"), &mut faults);
        }
        let scopes =
            operation["security"].as_array().into_iter().flatten().find_map(|one| one["OAuth2UserToken"].as_array());
        let scopes = scopes.into_iter().flatten().filter_map(Value::as_str);
        faults.extend(scopes.filter(|scope| !SCOPES.contains(scope)).map(|scope| format!("{name} needs {scope}")));
        match operation["responses"].get(call.status.to_string()) {
            Some(response) => {
                let schema = &response["content"]["application/json"]["schema"];
                self.check(schema, &call.answer, &format!("{name} answer"), &mut faults);
            }
            // What the gateway refuses has no kind, and the specification says nothing of it.
            None if call.answer["type"] == "about:blank" => {}
            None => {
                let schema = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"];
                self.check(schema, &call.answer, &format!("{name} refusal"), &mut faults);
            }
        }
        faults
    }

    fn operation(&self, call: &Call) -> Option<&Value> {
        let parts: Vec<&str> = call.path.split('/').collect();
        let same = |template: &str| {
            let template: Vec<&str> = template.split('/').collect();
            template.len() == parts.len() && template.iter().zip(&parts).all(|(t, p)| t.starts_with('{') || t == p)
        };
        let paths = self.0["paths"].as_object().expect("paths").iter().filter(|(template, _)| same(template));
        // A path without a variable goes before one with.
        let path = paths.min_by_key(|(template, _)| template.matches('{').count())?.1;
        path.get(call.method.to_lowercase())
    }

    fn parameter(&self, schema: &Value, value: &str, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolved(schema);
        match schema["type"].as_str() {
            Some("array") => value.split(',').for_each(|one| self.parameter(&schema["items"], one, at, faults)),
            Some("integer") => {
                let number: Value = value.parse::<i64>().map_or(Value::Null, Value::from);
                self.check(schema, &number, at, faults);
            }
            _ => self.check(schema, &json!(value), at, faults),
        }
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.resolved(schema);
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = |choice: &Value| {
                let mut faults = Vec::new();
                self.check(choice, value, at, &mut faults);
                faults.is_empty()
            };
            if !choices.iter().any(fits) {
                faults.push(format!("{at}: {value} is none of the kinds there are"));
            }
            return;
        }
        let right = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64(),
            _ => !schema.is_null(),
        };
        if !right {
            return faults.push(format!("{at}: {value} is no {}", schema["type"]));
        }
        let outside = |number: i64| {
            schema["minimum"].as_i64().is_some_and(|least| number < least)
                || schema["maximum"].as_i64().is_some_and(|most| number > most)
        };
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value))
            || (schema["pattern"] == "^[0-9]{1,19}$" && value.as_str().is_some_and(|id| !is_number(id)))
            || value.as_i64().is_some_and(outside)
        {
            faults.push(format!("{at}: {value} is not allowed"));
        }
        for item in value.as_array().into_iter().flatten() {
            self.check(&schema["items"], item, at, faults);
        }
        let (members, known) = (value.as_object(), schema["properties"].as_object());
        for (name, member) in members.into_iter().flatten() {
            match known.and_then(|known| known.get(name)) {
                Some(schema) => self.check(schema, member, &format!("{at}.{name}"), faults),
                None => faults.push(format!("{at}: {name} is not specified")),
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        faults.extend(required.filter(|name| value[name].is_null()).map(|name| format!("{at}: {name} is missing")));
    }
}

fn is_number(id: &str) -> bool {
    (1..=19).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}
