//! What a page's token is for, what its scopes allow, and until when its author may be written to.

use jiff::SignedDuration;
use pagewarden_clock::Clock;
use pagewarden_fakes::Entry;
use pagewarden_fakes::graph::{APP_ID, Graph, Page, SCOPES, first_token};
use pagewarden_platforms::calls::{CallError, Done};
use pagewarden_platforms::facebook;
use pagewarden_platforms::instagram::Instagram;
use pagewarden_platforms::{Secret, meta};
use pagewarden_rules::{Channel, Platform, Surface};
use serde_json::json;

use crate::facebook::{
    ACCOUNT, OTHER_ACCOUNT, OTHER_PAGE, PAGE, client, comment, delivery_of, graph_at,
};
use crate::{http, serve};

const COMMENT: &str = "11_22";
const BELOW: &str = "17800000000000022";

fn token(page: &str) -> Secret {
    Secret::new(&first_token(page))
}

/// Returns the fake with a comment on a page, one on the account that is connected to it, and one
/// conversation there.
fn graph(clock: &Clock) -> Graph {
    let graph = graph_at(clock, None, None);
    let now = clock.now().as_second();
    let value = json!({ "from": { "id": "601" }, "media": { "id": "17900000000000011" }, "id": BELOW, "text": "Hello" });
    let entry =
        json!({ "id": ACCOUNT, "time": now, "changes": [{ "field": "comments", "value": value }] });
    graph
        .learn(&delivery_of(&[comment(COMMENT, "Hello", now)]))
        .expect("learnt");
    graph
        .learn(
            json!({ "object": "instagram", "entry": [entry] })
                .to_string()
                .as_bytes(),
        )
        .expect("learnt");
    graph
        .happen(Entry::Wrote {
            id: "601".to_owned(),
        })
        .expect("written");
    graph
}

async fn instagram(graph: &Graph) -> Instagram {
    let base = serve(graph.router()).await;
    let settings = facebook::Settings {
        base,
        app_secret: Some(Secret::new("app secret")),
        ..Default::default()
    };
    Instagram::new(http(), settings)
}

fn is_refused<T>(answer: &Result<T, CallError>) -> bool {
    matches!(answer, Err(CallError::Permission { .. }))
}

#[tokio::test]
async fn a_token_reaches_its_own_page_and_account_and_no_others() {
    let graph = graph(&Clock::manual());
    let (facebook, instagram) = (client(&graph, "app secret").await, instagram(&graph).await);
    let (other, before) = (&token(OTHER_PAGE), graph.journal().len());
    assert!(is_refused(
        &facebook.read(other, Surface::Comment, COMMENT).await
    ));
    assert!(is_refused(&facebook.feed(other, PAGE, &mut 25).await));
    assert!(is_refused(&facebook.hide(other, COMMENT).await));
    assert!(is_refused(&facebook.reply(other, COMMENT, "Hello").await));
    assert!(is_refused(&facebook.ban(other, PAGE, "501").await));
    assert!(is_refused(
        &facebook
            .private_reply(other, OTHER_PAGE, Surface::Comment, COMMENT, "Hello")
            .await
    ));
    // What stands on another's Instagram account is as if it were not there.
    let channel = Channel {
        platform: Platform::Instagram,
        account: ACCOUNT.to_owned(),
    };
    assert_eq!(
        instagram.read(other, &channel, BELOW).await.err(),
        Some(CallError::Gone)
    );
    assert_eq!(
        instagram.media(other, &channel, &mut 25).await.err(),
        Some(CallError::Gone)
    );
    let channel = Channel {
        account: OTHER_ACCOUNT.to_owned(),
        ..channel
    };
    assert_eq!(
        instagram
            .media(other, &channel, &mut 25)
            .await
            .map(|media| media.value),
        Ok(Vec::new())
    );
    assert_eq!(
        facebook
            .feed(other, OTHER_PAGE, &mut 25)
            .await
            .map(|feed| feed.value.len()),
        Ok(0)
    );
    assert_eq!(graph.journal().len(), before);
}

#[tokio::test]
async fn what_was_granted_is_told_to_the_app_alone() {
    let clock = Clock::manual();
    let graph = graph(&clock);
    let facebook = client(&graph, "app secret").await;
    let app = meta::app_token(APP_ID, &Secret::new("app secret"));
    let grant = facebook
        .granted(&app, &token(PAGE))
        .await
        .expect("told")
        .value;
    assert_eq!(
        (grant.page.as_deref(), grant.token_until),
        (Some(PAGE), None)
    );
    assert!(SCOPES.iter().all(|scope| grant.covers(scope, ACCOUNT)));
    graph.give_elsewhere(PAGE, "pages_manage_engagement");
    let grant = facebook
        .granted(&app, &token(PAGE))
        .await
        .expect("told")
        .value;
    assert!(
        !grant.covers("pages_manage_engagement", PAGE)
            && is_refused(&facebook.hide(&token(PAGE), COMMENT).await)
    );

    let stranger = meta::app_token(APP_ID, &Secret::new("another secret"));
    for asks in [&token(PAGE), &token(OTHER_PAGE), &stranger] {
        let answer = facebook.granted(asks, &token(PAGE)).await;
        assert!(
            matches!(answer, Err(CallError::Credential { .. })),
            "{answer:?}"
        );
    }
    graph.set_ends(PAGE, Some(clock.now()), clock.now());
    let expired = facebook
        .granted(&app, &token(PAGE))
        .await
        .map(|grant| grant.value);
    assert_eq!(
        expired.err(),
        facebook.hide(&token(PAGE), COMMENT).await.err()
    );
}

#[tokio::test]
async fn reconnecting_a_page_ends_its_old_token() {
    let graph = graph(&Clock::manual());
    let facebook = client(&graph, "app secret").await;
    let new = graph.connect(&Page {
        id: PAGE.to_owned(),
        instagram: Some(ACCOUNT.to_owned()),
    });
    let old = facebook.hide(&token(PAGE), COMMENT).await;
    assert!(matches!(old, Err(CallError::Credential { .. })), "{old:?}");
    assert_eq!(
        facebook
            .hide(&Secret::new(&new), COMMENT)
            .await
            .map(|done| done.value),
        Ok(Done::Confirmed)
    );
}

/// Makes the calls that a practice needs, and returns the names of those that are refused.
async fn refused(graph: &Graph) -> Vec<&'static str> {
    let (facebook, instagram) = (client(graph, "app secret").await, instagram(graph).await);
    let (token, channel) = (
        &token(PAGE),
        Channel {
            platform: Platform::Instagram,
            account: ACCOUNT.to_owned(),
        },
    );
    let answers = [
        (
            "read",
            is_refused(&facebook.read(token, Surface::Comment, COMMENT).await),
        ),
        ("hide", is_refused(&facebook.hide(token, COMMENT).await)),
        (
            "write",
            is_refused(
                &facebook
                    .private_reply(token, PAGE, Surface::Comment, COMMENT, "Hello")
                    .await,
            ),
        ),
        ("ban", is_refused(&facebook.ban(token, PAGE, "501").await)),
        (
            "subscribe",
            is_refused(&facebook.subscribe(token, PAGE).await),
        ),
        (
            "delete post",
            is_refused(&facebook.delete(token, "100000000000001_11").await),
        ),
        (
            "ig read",
            is_refused(&instagram.media(token, &channel, &mut 25).await),
        ),
        ("ig hide", is_refused(&instagram.hide(token, BELOW).await)),
        (
            "ig write",
            is_refused(&instagram.private_reply(token, BELOW, "Hello").await),
        ),
        ("ig block", is_refused(&instagram.block(token, "601").await)),
    ];
    answers
        .into_iter()
        .filter(|(_, refused)| *refused)
        .map(|(name, _)| name)
        .collect()
}

#[tokio::test]
async fn a_call_without_its_scope_is_refused() {
    let ig = ["ig read", "ig hide", "ig write"];
    for (scope, lost) in [
        ("pages_show_list", &[][..]),
        ("pages_read_user_content", &["read"]),
        ("pages_read_engagement", &["read", "ig read"]),
        ("pages_manage_engagement", &["hide", "ban"]),
        ("pages_manage_posts", &["delete post"]),
        ("pages_manage_metadata", &["subscribe"]),
        ("pages_messaging", &["write"]),
        ("instagram_basic", &ig),
        ("instagram_manage_comments", &["ig hide"]),
        ("instagram_manage_messages", &["ig write", "ig block"]),
        ("business_management", &["ig block"]),
    ] {
        let graph = graph(&Clock::manual());
        graph.set_scopes(
            PAGE,
            &SCOPES
                .into_iter()
                .filter(|one| *one != scope)
                .collect::<Vec<_>>(),
        );
        assert_eq!(refused(&graph).await, lost, "{scope}");
    }
}

#[tokio::test]
async fn an_author_may_be_written_to_for_a_week() {
    for late in [false, true] {
        let clock = Clock::manual();
        let graph = graph(&clock);
        let (facebook, instagram) = (client(&graph, "app secret").await, instagram(&graph).await);
        clock.pass(
            SignedDuration::from_hours(7 * 24)
                + SignedDuration::from_mins(if late { 1 } else { -1 }),
        );
        let expected = if late {
            Err(CallError::OutsideWindow)
        } else {
            Ok(Done::Confirmed)
        };
        let page = facebook
            .private_reply(&token(PAGE), PAGE, Surface::Comment, COMMENT, "Hello")
            .await;
        assert_eq!(page.map(|done| done.value), expected);
        let account = instagram.private_reply(&token(PAGE), BELOW, "Hello").await;
        assert_eq!(account.map(|done| done.value), expected);
    }
}
