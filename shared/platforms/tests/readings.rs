//! Every shape of a Facebook delivery, with bodies of our own, and what is wrong with some of them.

#![expect(clippy::expect_used, reason = "a test may")]

use pagewarden_platforms::{Incoming, Secret, delivery, meta_webhooks};
use pagewarden_rules::{Media, Post, Surface};
use serde_json::{Value, json};

const PAGE: &str = "100000000000001";

fn read(body: &[u8]) -> Vec<Incoming> {
    let key = Secret::new("key");
    let signed = delivery::sign(&key, body);
    let told = meta_webhooks::read(delivery::verify(&key, Some(&signed), body).expect("signed"))
        .expect("an object");
    told.into_iter().map(|told| told.read).collect()
}

/// Reads changes of one page.
fn changes(changes: &Value) -> Vec<Incoming> {
    let body = json!({"object": "page", "entry": [{"id": PAGE, "time": 1_790_000_100, "changes": changes}]});
    read(body.to_string().as_bytes())
}

fn feed(value: &Value) -> Incoming {
    let mut incoming = changes(&json!([{"field": "feed", "value": value}]));
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
    json!({"item": "comment", "verb": "add", "from": {"id": "501", "name": "Robin Visitor"}, "message": "Hello",
        "post_id": "100000000000001_11", "comment_id": "11_22", "parent_id": "100000000000001_11",
        "created_time": 1_790_000_000,
        "post": {"id": "100000000000001_11", "permalink_url": "https://www.facebook.com/kingswinford/posts/11"}})
}

/// Returns a comment with some members replaced, or removed where null.
fn comment_with(members: &Value) -> Value {
    let mut value = comment();
    let object = value.as_object_mut().expect("an object");
    for (name, member) in members.as_object().expect("members") {
        if member.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), member.clone());
        }
    }
    value
}

#[test]
fn a_comment_is_read_whole() {
    let post = post(feed(&comment()));
    assert_eq!(
        (post.id.as_str(), post.text.as_str(), post.surface),
        ("11_22", "Hello", Surface::Comment)
    );
    assert_eq!(post.author.id.as_deref(), Some("501"));
    assert_eq!(post.author.name.as_deref(), Some("Robin Visitor"));
    assert_eq!(post.channel.account, PAGE);
    assert_eq!(
        (post.thread.as_deref(), post.parent),
        (Some("100000000000001_11"), None)
    );
    assert_eq!(
        post.posted_at.map(jiff::Timestamp::as_second),
        Some(1_790_000_000)
    );
    assert_eq!(
        post.permalink.as_deref(),
        Some("https://www.facebook.com/kingswinford/posts/11?comment_id=22")
    );
}

#[test]
fn an_answer_names_its_comment_and_a_comment_names_none() {
    assert_eq!(
        post(feed(&comment_with(&json!({"parent_id": "11_21"}))))
            .parent
            .as_deref(),
        Some("11_21")
    );
    // The same post under another prefix.
    assert_eq!(
        post(feed(&comment_with(&json!({"parent_id": "277217_11"})))).parent,
        None
    );
}

#[test]
fn the_older_shape_has_a_numeric_sender() {
    let old = json!({"from": null, "sender_id": 501, "sender_name": "Robin Visitor"});
    assert_eq!(post(feed(&comment_with(&old))), post(feed(&comment())));
}

#[test]
fn the_pages_own_writing_is_never_judged() {
    let own = |members: &Value| matches!(feed(&comment_with(members)), Incoming::Own { .. });
    assert!(own(&json!({"from": {"id": PAGE, "name": "Kingswinford"}})));
    assert!(own(
        &json!({"from": null, "sender_id": 100_000_000_000_001_u64})
    ));
    assert!(own(&json!({"from": {"id": PAGE}, "verb": "edited"})));
    let status = json!({"item": "status", "verb": "add", "post_id": "100000000000001_11", "message": "Flu clinic",
        "from": {"id": PAGE, "name": "Kingswinford"}, "published": 1});
    assert!(matches!(
        feed(&status),
        Incoming::Own {
            surface: Surface::VisitorPost,
            ..
        }
    ));
}

#[test]
fn an_edit_is_another_revision_at_the_time_of_the_edit() {
    let first = post(feed(&comment()));
    for verb in ["edit", "edited", "update"] {
        let edited = post(feed(&comment_with(
            &json!({"verb": verb, "message": "Goodbye"}),
        )));
        assert_ne!(edited.revision(), first.revision());
        assert_eq!(
            edited.posted_at.map(jiff::Timestamp::as_second),
            Some(1_790_000_100)
        );
    }
}

#[test]
fn removal_and_visibility_are_told() {
    let removed = feed(&comment_with(
        &json!({"verb": "remove", "message": null, "created_time": null}),
    ));
    assert!(matches!(removed, Incoming::Removed { id, .. } if id == "11_22"));
    let hidden = feed(&comment_with(
        &json!({"verb": "hide", "from": {"id": PAGE}}),
    ));
    assert!(matches!(
        hidden,
        Incoming::Visibility {
            hidden: true,
            by_page: true,
            ..
        }
    ));
    let shown = feed(&comment_with(&json!({"verb": "unhide"})));
    assert!(matches!(
        shown,
        Incoming::Visibility {
            hidden: false,
            by_page: false,
            ..
        }
    ));
    let gone = json!({"item": "post", "verb": "remove", "post_id": "100000000000001_9", "recipient_id": 7});
    assert!(matches!(feed(&gone), Incoming::Removed { .. }));
}

#[test]
fn pictures_are_content_and_an_empty_change_is_looked_up() {
    let photo =
        json!({"message": null, "photo": "https://scontent.xx.fbcdn.net/v/t39/1_345_2_n.jpg?oh=a"});
    assert_eq!(
        post(feed(&comment_with(&photo))).media,
        [Media {
            kind: "photo".into(),
            id: "345".into()
        }]
    );
    let bare = feed(&comment_with(&json!({"message": null})));
    assert!(
        matches!(bare, Incoming::Incomplete { surface: Surface::Comment, id, .. } if id == "11_22")
    );
    assert!(matches!(
        feed(&comment_with(&json!({"message": 7}))),
        Incoming::Incomplete { .. }
    ));
}

#[test]
fn visitors_posts_and_words_in_unknown_items_are_judged() {
    for item in ["post", "status", "photo", "video", "share", "chalkboard"] {
        let value = json!({"item": item, "verb": "add", "post_id": "100000000000001_9", "message": "Hello page",
            "from": {"id": 501, "name": "Robin Visitor"}});
        let post = post(feed(&value));
        assert_eq!(
            (post.surface, post.id.as_str()),
            (Surface::VisitorPost, "100000000000001_9"),
            "{item}"
        );
    }
}

#[test]
fn somebody_elses_pictures_in_an_unknown_item_are_judged() {
    let item = |members: &Value| {
        let mut value =
            json!({"item": "photo-album", "verb": "add", "post_id": "100000000000001_9"});
        value
            .as_object_mut()
            .expect("an object")
            .extend(members.as_object().expect("members").clone());
        feed(&value)
    };
    let visitor = json!({"id": "501", "name": "Robin Visitor"});
    let pictures = post(item(&json!({"from": visitor, "photo_ids": ["345"]})));
    assert_eq!(
        (pictures.surface, pictures.media),
        (
            Surface::VisitorPost,
            vec![Media {
                kind: "photo".into(),
                id: "345".into()
            }]
        )
    );
    for nothing_of_theirs in [
        json!({"from": visitor}),
        json!({"story": "Kingswinford added an album.", "photo_ids": ["345"]}),
        json!({"from": {"id": PAGE}, "photo_ids": ["345"], "message": "Our open day"}),
    ] {
        assert!(
            matches!(item(&nothing_of_theirs), Incoming::Ignored { .. }),
            "{nothing_of_theirs}"
        );
    }
}

#[test]
fn what_holds_no_words_is_ignored_with_a_reason() {
    let reason = |incoming: Incoming| match incoming {
        Incoming::Ignored { reason } => reason,
        other => panic!("not ignored: {other:?}"),
    };
    assert_eq!(
        reason(feed(&comment_with(&json!({"item": "reaction"})))),
        "a reaction"
    );
    assert_eq!(
        reason(feed(&json!({"item": "like", "verb": "add", "user_id": 5}))),
        "a reaction"
    );
    assert_eq!(
        reason(feed(
            &json!({"item": "event", "verb": "add", "event_id": "5"})
        )),
        "an item that is not watched"
    );
    assert_eq!(
        reason(feed(&comment_with(&json!({"verb": "mute"})))),
        "a verb that changes no content"
    );
    assert_eq!(
        reason(feed(&comment_with(&json!({"comment_id": null})))),
        "a change without the id of what changed"
    );
    assert_eq!(
        reason(feed(&comment_with(&json!({"comment_id": "1/../2"})))),
        "a change without the id of what changed"
    );
    assert_eq!(reason(feed(&json!({}))), "an item that is not watched");
    assert_eq!(reason(feed(&json!("text"))), "a change without a value");
}

#[test]
fn a_text_with_an_unknown_verb_is_looked_up() {
    assert!(matches!(
        feed(&comment_with(&json!({"verb": "restored"}))),
        Incoming::Incomplete { .. }
    ));
    assert!(matches!(
        feed(&comment_with(&json!({"verb": null}))),
        Incoming::Incomplete { .. }
    ));
}

#[test]
fn recommendations_and_mentions_have_their_own_surfaces() {
    let review = json!([{"field": "ratings", "value": {"item": "rating", "verb": "add", "rating": 2,
        "review_text": "Rushed.", "recommendation_type": "NEGATIVE", "reviewer_id": 501, "reviewer_name": "Robin",
        "open_graph_story_id": 7788}}]);
    let post = post(changes(&review).remove(0));
    assert_eq!(
        (post.surface, post.id.as_str(), post.rating),
        (Surface::Recommendation, "7788", Some(2))
    );
    assert_eq!(
        (post.text.as_str(), post.author.id.as_deref()),
        ("Rushed.", Some("501"))
    );
    let mention =
        json!([{"field": "mention", "value": {"item": "post", "verb": "add", "post_id": "44_45"}}]);
    assert!(matches!(
        changes(&mention).remove(0),
        Incoming::Incomplete {
            surface: Surface::Mention,
            ..
        }
    ));
    let below = json!([{"field": "ratings", "value": comment()}]);
    assert!(
        matches!(changes(&below).remove(0), Incoming::Post(post) if post.surface == Surface::Comment)
    );
}

#[test]
fn every_change_is_read_once_and_in_order() {
    let incoming = changes(&json!([
        7, null, {"field": "feed"}, {"field": "parking", "value": {}}, {"value": comment()},
        {"field": "feed", "value": comment()}, {"field": 3, "value": 4}, {"field": "feed", "value": comment()},
        {"field": "feed", "value": comment_with(&json!({"comment_id": "11_23"}))}
    ]));
    assert_eq!(incoming.len(), 9);
    assert!(matches!(&incoming[5], Incoming::Post(post) if post.id == "11_22"));
    assert_eq!(
        incoming[7],
        Incoming::Ignored {
            reason: "the same event twice in one delivery"
        }
    );
    assert!(matches!(&incoming[8], Incoming::Post(post) if post.id == "11_23"));
}

#[test]
fn a_neighbour_nested_beyond_reason_is_passed_over() {
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let body = format!(
        r#"{{"object":"page","entry":[{{"id":"{PAGE}","changes":[{{"field":"feed","value":{{"x":{deep}}}}},
            {{"field":"feed","value":{}}}]}}]}}"#,
        comment()
    );
    let incoming = read(body.as_bytes());
    assert!(matches!(
        &incoming[..],
        [Incoming::Ignored { .. }, Incoming::Post(_)]
    ));
}

#[test]
fn doubled_members_keep_every_change() {
    let entry = |id: &str| {
        let value = comment_with(&json!({ "comment_id": id }));
        json!({"id": PAGE, "time": 1, "changes": [{"field": "feed", "value": value}]})
    };
    let body = format!(
        r#"{{"entry":[{}],"object":"page","entry":[{}]}}"#,
        entry("11_22"),
        entry("11_23")
    );
    assert_eq!(
        read(body.as_bytes())
            .iter()
            .filter_map(Incoming::id)
            .collect::<Vec<_>>(),
        ["11_22", "11_23"]
    );
}

#[test]
fn a_list_of_envelopes_skips_only_what_is_none() {
    let envelope = |id: &str| {
        let changes =
            json!([{"field": "feed", "value": comment_with(&json!({ "comment_id": id }))}]);
        json!({"object": "page", "entry": [{"id": PAGE, "time": 1_790_000_100, "changes": changes}]})
    };
    let incoming = read(
        json!([envelope("11_22"), 7, envelope("11_23"), envelope("11_22")])
            .to_string()
            .as_bytes(),
    );
    assert_eq!(
        incoming[..1],
        changes(&json!([{"field": "feed", "value": comment()}]))
    );
    assert_eq!(
        incoming.iter().filter_map(Incoming::id).collect::<Vec<_>>(),
        ["11_22", "11_23"]
    );
    assert_eq!(
        incoming[2],
        Incoming::Ignored {
            reason: "the same event twice in one delivery"
        }
    );
}

#[test]
fn odd_texts_are_kept_and_take_nothing_along() {
    let body = json!({"object": "page", "entry": [{"id": 100_000_000_000_001_u64, "changes": [
        {"field": "feed", "value": comment_with(&json!({"message": "HALF"}))},
        {"field": "feed", "value": comment_with(&json!({"comment_id": "11_23", "message": "nul\u{0}\u{202e}txt"}))}]}]});
    let incoming = read(body.to_string().replace("HALF", "half \\ud83d").as_bytes());
    assert!(matches!(&incoming[0], Incoming::Post(post) if post.text == "half \u{fffd}"));
    assert!(matches!(&incoming[1], Incoming::Post(post) if post.text == "nul\u{0}\u{202e}txt"));
}

#[test]
fn a_very_long_text_is_kept_whole() {
    let text = "ö\u{200d}\"".repeat(300_000);
    assert_eq!(
        post(feed(&comment_with(&json!({ "message": text })))).text,
        text
    );
}

#[test]
fn what_is_not_a_pages_change_is_ignored() {
    let ignored = |body: &Value| {
        let incoming = read(body.to_string().as_bytes());
        assert!(
            incoming
                .iter()
                .all(|incoming| matches!(incoming, Incoming::Ignored { .. })),
            "{incoming:?}"
        );
        incoming.len()
    };
    assert_eq!(
        ignored(
            &json!({"object": "page", "entry": [{"id": "0", "time": 1, "changes": [{"field": "feed"}]}]})
        ),
        1
    );
    let fields =
        json!({"object": "page", "entry": [{"id": PAGE, "changed_fields": ["feed", "ratings"]}]});
    assert_eq!(ignored(&fields), 2);
    let messages = json!({"object": "page", "entry": [{"id": PAGE, "time": 1_790_000_000_000_u64, "messaging": [{}, {}]}]});
    assert_eq!(ignored(&messages), 2);
    assert_eq!(ignored(&json!({"object": "page", "entry": [{}, 5]})), 2);
    let other = json!({"object": "user", "entry": [{"id": "1", "changes": [{"field": "feed", "value": comment()}]}]});
    assert_eq!(ignored(&other), 1);
    assert_eq!(ignored(&json!({})), 0);
    let nobody =
        json!({"object": "page", "entry": [{"changes": [{"field": "feed", "value": comment()}]}]});
    assert_eq!(ignored(&nobody), 1);
}

#[test]
fn a_withdrawn_permission_names_its_accounts() {
    let body = json!({"object": "permissions", "entry": [{"id": "0", "changes": [{"field": "pages_read_engagement",
        "value": {"verb": "revoked", "target_ids": [PAGE, 7]}}]}]});
    let incoming = read(body.to_string().as_bytes());
    assert!(
        matches!(&incoming[..], [Incoming::Revoked { accounts, .. }] if *accounts == [PAGE, "7"])
    );
}

#[test]
fn a_body_that_is_no_object_is_malformed() {
    let key = Secret::new("key");
    for body in [
        &b"[1]"[..],
        b"[]",
        b"",
        b"{\"object\": \"page\", \"entry\": [{",
        b"\xff\xfe",
        b"null",
    ] {
        let signed = delivery::sign(&key, body);
        assert!(
            meta_webhooks::read(delivery::verify(&key, Some(&signed), body).expect("signed"))
                .is_err()
        );
    }
}

#[test]
fn tagged_people_are_known_by_name_and_pages_are_not_people() {
    let robin =
        json!({"id": "601", "name": "Robin Visitor", "type": "user", "offset": 0, "length": 13});
    let page = json!({"id": PAGE, "name": "Kingswinford Medical Practice", "type": "page", "offset": 20, "length": 29});
    let untyped = json!({"id": "602", "name": "Sam Other"});
    let list = comment_with(&json!({"message_tags": [robin, page, untyped, {"id": "603"}, 7]}));
    let tagged = post(feed(&list));
    assert_eq!(tagged.tagged, ["Robin Visitor", "Sam Other"]);
    // Posts may have them by their places in the text.
    let places = comment_with(&json!({"message_tags": {"0": [robin], "20": [page], "40": "odd"}}));
    assert_eq!(post(feed(&places)).tagged, ["Robin Visitor"]);
    assert_eq!(
        tagged.revision(),
        post(feed(&comment())).revision(),
        "a tag is no other text"
    );
    let crowd: Vec<Value> = (0..500)
        .map(|number| json!({"name": format!("Visitor {number}")}))
        .collect();
    assert_eq!(
        post(feed(&comment_with(&json!({"message_tags": crowd}))))
            .tagged
            .len(),
        50
    );
}

#[test]
fn a_name_or_a_link_without_end_takes_nothing_along() {
    let endless = "\u{e9}".repeat(250_000);
    let link = format!("https://www.facebook.com/{endless}");
    let tags = json!([{"name": endless}]);
    let body = comment_with(
        &json!({"from": {"id": "501", "name": endless}, "message_tags": tags, "permalink_url": link}),
    );
    let post = post(feed(&body));
    assert_eq!(post.author.name.map(|name| name.chars().count()), Some(200));
    assert_eq!(post.tagged[0].chars().count(), 200);
    assert_eq!(
        post.permalink.as_deref(),
        Some("https://www.facebook.com/kingswinford/posts/11?comment_id=22")
    );
    assert_eq!(post.text, "Hello");
}
