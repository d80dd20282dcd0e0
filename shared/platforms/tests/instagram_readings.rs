//! Every shape of an Instagram delivery, with bodies of our own, and what is wrong with some of
//! them.

#![expect(clippy::expect_used, reason = "a test may")]

use pagewarden_platforms::instagram::{Comment, Medium};
use pagewarden_platforms::{Document, Incoming, Secret, delivery, meta_webhooks};
use pagewarden_rules::{Channel, Platform, Post, Surface};
use serde_json::{Value, json};

const ACCOUNT: &str = "17841400000000003";

fn read(body: &Value) -> Vec<Incoming> {
    let (key, body) = (Secret::new("key"), body.to_string().into_bytes());
    let signed = delivery::sign(&key, &body);
    let told = meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).expect("signed"))
        .expect("an object");
    told.into_iter().map(|told| told.read).collect()
}

fn change(field: &str, value: &Value) -> Incoming {
    let changes = json!([{ "field": field, "value": value }]);
    let body = json!({"object": "instagram", "entry": [{"id": ACCOUNT, "time": 1_790_000_100, "changes": changes}]});
    let mut incoming = read(&body);
    assert_eq!(incoming.len(), 1);
    incoming.remove(0)
}

fn post(incoming: Incoming) -> Post {
    match incoming {
        Incoming::Post(post) => post,
        other => panic!("no post: {other:?}"),
    }
}

fn comment() -> Value {
    json!({"from": {"id": "5010000000000001", "username": "robin.visitor"}, "text": "Hello",
        "media": {"id": "17900000000000011", "media_product_type": "FEED"}, "id": "17800000000000022"})
}

fn comment_with(members: &Value) -> Value {
    let mut comment = comment();
    for (name, value) in members.as_object().expect("an object") {
        comment[name] = value.clone();
    }
    comment
}

fn channel() -> Channel {
    Channel {
        platform: Platform::Instagram,
        account: ACCOUNT.to_owned(),
    }
}

#[test]
fn a_comment_is_read_whole_and_so_is_a_live_one() {
    for field in ["comments", "live_comments"] {
        let post = post(change(
            field,
            &comment_with(&json!({"parent_id": "17800000000000021"})),
        ));
        assert_eq!((post.channel, post.surface), (channel(), Surface::Comment));
        assert_eq!(
            (post.id.as_str(), post.text.as_str()),
            ("17800000000000022", "Hello")
        );
        assert_eq!(post.author.id.as_deref(), Some("5010000000000001"));
        assert_eq!(post.author.name.as_deref(), Some("robin.visitor"));
        assert_eq!(post.thread.as_deref(), Some("17900000000000011"));
        assert_eq!(post.parent.as_deref(), Some("17800000000000021"));
    }
}

#[test]
fn all_shapes_of_a_delivery_read_the_same() {
    let recorded = [change("comments", &comment())];
    let mut documented = comment();
    documented["comment_id"] = documented
        .as_object_mut()
        .and_then(|value| value.remove("id"))
        .expect("an id");
    assert_eq!([change("comments", &documented)], recorded);
    let entry =
        json!({"id": ACCOUNT, "time": 1_790_000_100, "field": "comments", "value": comment()});
    let flat = json!({"object": "instagram", "entry": [entry]});
    assert_eq!(read(&flat), recorded);
    assert_eq!(read(&json!([flat])), recorded);
    let second = comment_with(&json!({"id": "17800000000000023"}));
    let listed = json!({"id": ACCOUNT, "time": 1_790_000_100, "field": "comments", "value": [comment(), 7, second]});
    let listed = read(&json!({"object": "instagram", "entry": [listed]}));
    assert_eq!(listed[..1], recorded);
    assert_eq!(
        listed[1],
        Incoming::Ignored {
            reason: "a change without a value"
        }
    );
    assert_eq!(listed[2].id(), Some("17800000000000023"));
}

#[test]
fn the_first_generations_comments_have_words_and_an_id_alone() {
    let post = post(change(
        "comments",
        &json!({"text": "Hello", "id": 17_800_000_000_000_022_u64}),
    ));
    assert_eq!(
        (post.id.as_str(), post.author.id, post.thread),
        ("17800000000000022", None, None)
    );
}

#[test]
fn the_accounts_own_comments_are_never_judged() {
    let from_account = json!({"from": {"id": ACCOUNT, "username": "roxbourne"}});
    let marked =
        json!({"from": {"id": "771", "username": "roxbourne", "self_ig_scoped_id": "772"}});
    for own in [from_account, marked] {
        assert!(
            matches!(
                change("comments", &comment_with(&own)),
                Incoming::Own { .. }
            ),
            "{own}"
        );
    }
    let unmarked = json!({"from": {"id": "771", "username": "robin", "self_ig_scoped_id": null}});
    assert!(matches!(
        change("comments", &comment_with(&unmarked)),
        Incoming::Post(_)
    ));
}

#[test]
fn a_comment_below_an_advertisement_is_the_one_below_the_post() {
    let ad = comment_with(
        &json!({"media": {"id": "17900000000000099", "media_product_type": "AD",
        "original_media_id": "17900000000000011", "ad_id": "6001"}}),
    );
    let entry = |value: &Value, time: i64| json!({"id": ACCOUNT, "time": time, "changes": [{"field": "comments", "value": value}]});
    let incoming = read(
        &json!({"object": "instagram", "entry": [entry(&comment(), 1_790_000_100), entry(&ad, 1_790_000_101)]}),
    );
    assert!(
        matches!(&incoming[0], Incoming::Post(post) if post.thread.as_deref() == Some("17900000000000011"))
    );
    assert_eq!(
        incoming[1],
        Incoming::Ignored {
            reason: "the same event twice in one delivery"
        }
    );
    assert_eq!(
        post(change("comments", &ad)).thread.as_deref(),
        Some("17900000000000011")
    );
}

#[test]
fn a_mention_has_ids_alone_and_is_to_be_read() {
    let below = change(
        "mentions",
        &json!({"comment_id": "17800000000000044", "media_id": "17900000000000045"}),
    );
    let Incoming::Incomplete {
        surface,
        id,
        thread,
        ..
    } = below
    else {
        panic!("complete: {below:?}")
    };
    assert_eq!(
        (surface, id.as_str(), thread.as_deref()),
        (
            Surface::Mention,
            "17800000000000044",
            Some("17900000000000045")
        )
    );
    let caption = change("mentions", &json!({"media_id": "17900000000000045"}));
    assert!(
        matches!(&caption, Incoming::Incomplete { id, thread: None, .. } if id == "17900000000000045"),
        "{caption:?}"
    );
    assert!(matches!(
        change("comments", &comment_with(&json!({"text": ""}))),
        Incoming::Incomplete { .. }
    ));
}

#[test]
fn what_cannot_be_judged_is_ignored_with_a_reason() {
    let reason = |field: &str, value: Value| match change(field, &value) {
        Incoming::Ignored { reason } => reason,
        other => panic!("not ignored: {other:?}"),
    };
    let nameless = "a change without the id of what changed";
    assert_eq!(
        reason("comments", comment_with(&json!({"id": "1/../2"}))),
        nameless
    );
    assert_eq!(
        reason("mentions", json!({"media_id": {}, "comment_id": null})),
        nameless
    );
    assert_eq!(
        reason("story_insights", json!({"media_id": "1"})),
        "a field that is not watched"
    );
    assert_eq!(
        reason("comments", json!("text")),
        "a change without a value"
    );
}

#[test]
fn a_flat_entry_may_hold_changes_and_doubled_values_as_well() {
    let (first, second) = (comment(), comment_with(&json!({"id": "17800000000000023"})));
    let body = format!(
        r#"{{"object":"instagram","entry":[{{"id":"{ACCOUNT}","field":"comments","value":{first},"value":{second},
            "changes":[{{"field":"comments","value":{}}}]}}]}}"#,
        comment_with(&json!({"id": "17800000000000024"}))
    );
    let body = body.into_bytes();
    let key = Secret::new("key");
    let signed = delivery::sign(&key, &body);
    let incoming =
        meta_webhooks::read(delivery::verify(&key, Some(&signed), &body).expect("signed"))
            .expect("an object");
    let mut ids: Vec<&str> = incoming.iter().filter_map(|item| item.id()).collect();
    ids.sort_unstable();
    assert_eq!(
        ids,
        [
            "17800000000000022",
            "17800000000000023",
            "17800000000000024"
        ]
    );
}

#[test]
fn a_comment_reads_the_same_from_the_delivery_and_from_the_api() {
    let told = post(change("comments", &comment()));
    let read = Comment::parse(
        &channel(),
        &json!({"id": "17800000000000022", "text": "Hello", "timestamp": "2026-09-21T13:33:20+0000",
            "username": "robin.visitor", "from": {"id": "5010000000000001", "username": "robin.visitor"},
            "hidden": true, "media": {"id": "17900000000000011", "permalink": "https://www.instagram.com/p/Abc/"}}),
    )
    .expect("a comment");
    assert!(read.hidden && !read.own);
    assert_eq!(read.post.revision(), told.revision());
    assert_eq!(
        (&read.post.author, &read.post.thread),
        (&told.author, &told.thread)
    );
    assert_eq!(
        read.post.permalink.as_deref(),
        Some("https://www.instagram.com/p/Abc/")
    );
}

#[test]
fn a_mention_below_the_accounts_own_post_is_a_comment_there() {
    let mentioned = |media: Value| {
        let comment =
            json!({"id": "17800000000000044", "text": "@roxbourne hello", "media": media});
        Comment::mentioned(
            &channel(),
            &json!({"mentioned_comment": comment, "id": ACCOUNT}),
        )
        .expect("a mention")
    };
    assert_eq!(mentioned(json!({"id": "1"})).post.surface, Surface::Mention);
    assert_eq!(
        mentioned(json!({"id": "1", "owner": {"id": "2"}}))
            .post
            .surface,
        Surface::Mention
    );
    assert_eq!(
        mentioned(json!({"id": "1", "owner": {"id": ACCOUNT}}))
            .post
            .surface,
        Surface::Comment
    );
    let caption = json!({"mentioned_media": {"id": "17900000000000045", "caption": "Thanks @roxbourne",
        "username": "robin.visitor", "media_type": "IMAGE", "permalink": "https://www.instagram.com/p/Def/"}});
    let caption = Comment::mentioned(&channel(), &caption)
        .expect("a mention")
        .post;
    assert_eq!(
        (caption.surface, caption.text.as_str()),
        (Surface::Mention, "Thanks @roxbourne")
    );
    assert_eq!(
        (
            caption.media[0].kind.as_str(),
            caption.author.name.as_deref()
        ),
        ("photo", Some("robin.visitor"))
    );
    assert_eq!(
        Comment::mentioned(&channel(), &json!({"id": ACCOUNT})),
        None
    );
}

#[test]
fn lists_hold_answers_and_skip_only_what_has_no_id() {
    let answer = json!({"id": "3", "text": "Yes", "user": {"id": ACCOUNT}});
    let comments = json!({"data": [{"id": "2", "text": "Open today?", "replies": {"data": [answer, {}]}}, 7, {"id": "4", "text": "+1"}],
        "paging": {"cursors": {"after": "QQ"}, "next": "https://graph.facebook.com/next"}});
    let media = json!({"data": [{"id": "1", "permalink": "https://www.instagram.com/p/Abc/", "comments_count": 3, "comments": comments}, {}, {"id": "9"}]});
    let media = Medium::list(&channel(), &Document::new(media.to_string().as_bytes())).unwrap();
    assert_eq!((media.len(), media[0].total), (2, Some(3)));
    let first = &media[0].comments;
    let ids: Vec<(&str, bool)> = first
        .comments
        .iter()
        .map(|one| (one.post.id.as_str(), one.own))
        .collect();
    assert_eq!(
        (ids, first.after.as_deref()),
        (vec![("2", false), ("3", true), ("4", false)], Some("QQ"))
    );
    assert_eq!(first.comments[1].post.parent.as_deref(), Some("2"));
    assert!(
        first
            .comments
            .iter()
            .all(|one| one.post.thread.as_deref() == Some("1") && one.post.permalink.is_some())
    );
    assert_eq!(media[1].comments.comments, []);
}

#[test]
fn what_does_not_read_takes_nothing_below_it_along() {
    let answer = json!({"id": "3", "text": "Yes", "from": {"id": "55"}});
    let wordless = json!({"id": "2", "replies": {"data": [answer]}});
    let without_answers = json!({"id": "4", "text": "+1", "replies": {}});
    let comments = json!({"data": [wordless, without_answers]});
    let media =
        json!({"data": [{"id": "1", "comments": comments}, {"id": "9", "comments": {"rows": []}}]});
    let media = Medium::list(&channel(), &Document::new(media.to_string().as_bytes()));
    let media = media.expect("a list");
    let read: Vec<(&str, Option<&str>)> = media[0]
        .comments
        .comments
        .iter()
        .map(|one| (one.post.id.as_str(), one.post.parent.as_deref()))
        .collect();
    assert_eq!(read, [("3", Some("2")), ("4", None)]);
    assert_eq!((media.len(), media[1].comments.comments.len()), (2, 0));
}

#[test]
fn who_has_a_name_alone_may_be_the_account_and_is_asked_for() {
    let named = change(
        "comments",
        &comment_with(&json!({"from": {"username": "kingswinford.medical"}})),
    );
    let Incoming::Incomplete {
        surface,
        id,
        thread,
        author,
        ..
    } = named
    else {
        panic!("{named:?}")
    };
    assert_eq!(
        (surface, id.as_str()),
        (Surface::Comment, "17800000000000022")
    );
    assert_eq!(
        (thread.as_deref(), author.name.as_deref()),
        (Some("17900000000000011"), Some("kingswinford.medical"))
    );
}
