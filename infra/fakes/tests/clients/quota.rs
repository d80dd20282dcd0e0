//! Meta's and X's quotas: counted, told with every answer, and whole again once the window has
//! passed.

use std::time::Duration;

use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_fakes::graph::first_token;
use pagewarden_fakes::x::{Timeline, first_access};
use pagewarden_platforms::Secret;
use pagewarden_platforms::calls::{CallError, Done, Usage};
use pagewarden_platforms::x::{Settings, X};
use pagewarden_rules::Surface;
use serde_json::json;

use crate::facebook::{OTHER_PAGE, PAGE, client, comment, delivery_of, graph_at};
use crate::{http, serve};

const COMMENT: &str = "11_22";

/// Lets the clock stand at the beginning of a window.
fn begin(clock: &Clock, window_s: i64) {
    clock.pass(SignedDuration::from_secs(
        window_s - clock.now().as_second() % window_s,
    ));
}

#[tokio::test]
async fn a_page_and_the_app_have_so_many_calls_an_hour() {
    let clock = Clock::manual();
    let graph = graph_at(&clock, None, None);
    graph
        .learn(&delivery_of(&[comment(
            COMMENT,
            "Hello",
            clock.now().as_second(),
        )]))
        .expect("learnt");
    let facebook = client(&graph, "app secret").await;
    let token = Secret::new(&first_token(PAGE));
    let read = async || {
        facebook
            .read(&token, Surface::Comment, COMMENT)
            .await
            .map(|answer| answer.usage)
    };
    begin(&clock, 3600);
    assert_eq!(
        read().await,
        Ok(Usage {
            percent: Some(0),
            regain: None
        })
    );
    graph.set_page_quota(4);
    for percent in [50, 75, 100] {
        assert_eq!(
            read().await,
            Ok(Usage {
                percent: Some(percent),
                regain: None
            })
        );
    }
    // Meta tells in whole minutes when the page is let in again.
    let hour = Duration::from_hours(1);
    let refused = read().await;
    assert_eq!(refused, Err(CallError::RateLimited { after: Some(hour) }));
    // Another page has a quota of its own.
    assert!(
        facebook
            .feed(&Secret::new(&first_token(OTHER_PAGE)), OTHER_PAGE, &mut 25)
            .await
            .is_ok()
    );
    clock.pass(SignedDuration::from_hours(1));
    assert_eq!(
        read().await,
        Ok(Usage {
            percent: Some(25),
            regain: None
        })
    );

    graph.set_app_quota(1);
    assert_eq!(read().await, Err(CallError::RateLimited { after: None }));
    clock.pass(SignedDuration::from_hours(1));
    assert_eq!(
        read().await,
        Ok(Usage {
            percent: Some(100),
            regain: None
        })
    );
}

#[tokio::test]
async fn x_limits_an_accounts_calls_of_an_endpoint() {
    let clock = Clock::manual();
    let accounts = ["2000000003", "2000000004"];
    let timeline =
        Timeline::open(None, &accounts.map(str::to_owned), None, &clock).expect("two accounts");
    for (id, account) in [("1001", accounts[0]), ("1002", accounts[1])] {
        let payload = json!({ "id": id, "author_id": "501", "text": "Hello", "conversation_id": format!("9{id}"),
            "in_reply_to_user_id": account, "referenced_tweets": [{ "type": "replied_to", "id": format!("9{id}") }] });
        let told = json!({ "data": { "event_type": "post.reply.create", "payload": payload } });
        timeline.learn(told.to_string().as_bytes()).expect("learnt");
    }
    let base = serve(timeline.router()).await;
    let (http, meter) = http().metered();
    let x = X::new(http, Settings { base });
    let hide = async |at: usize| {
        let token = Secret::new(&first_access(accounts[at]));
        x.set_hidden(&token, ["1001", "1002"][at], true).await
    };
    begin(&clock, 900);
    timeline.set_limit("hide", 2);
    assert_eq!(
        (hide(0).await, meter.load().account),
        (Ok(Done::Confirmed), Usage::default())
    );
    assert_eq!(hide(0).await, Ok(Done::Confirmed));
    let quarter = Duration::from_mins(15);
    let left = meter.load().account.pause().expect("none is left");
    assert!(
        left <= quarter && left > Duration::from_mins(14),
        "{left:?}"
    );
    assert!(
        matches!(hide(0).await, Err(CallError::RateLimited { after: Some(after) }) if after <= quarter)
    );
    assert_eq!(hide(1).await, Ok(Done::Confirmed));
    clock.pass(SignedDuration::from_mins(15));
    assert_eq!(hide(0).await, Ok(Done::Confirmed));
}
