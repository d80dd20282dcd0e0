//! What a website's client is to find on a WordPress site filled with `comments.json`: run against
//! the real thing and against the fake, so that the fake is known to behave like it.

use pagewarden_platforms::calls::{CallError, Done, Http, Timeouts};
use pagewarden_platforms::website::{Login, Status, Website};
use pagewarden_platforms::{Incoming, Secret};
use reqwest::Method;
use serde_json::{Value, json};

/// A site to be tested, as `comments.json` has it.
pub(crate) struct Site {
    pub(crate) url: String,
    /// The password of the user who may moderate.
    pub(crate) editor: String,
    /// The password of the user who may only write.
    pub(crate) author: String,
}

impl Site {
    fn editor(&self) -> Website {
        client(&self.url, "editor", &self.editor)
    }

    /// Sends a request as it is. Returns the status and the body; `user` is empty for nobody.
    async fn raw(
        &self,
        user: &str,
        method: Method,
        route: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mut request =
            reqwest::Client::new().request(method, format!("{}/wp-json/wp/v2/{route}", self.url));
        request = match user {
            "" => request,
            "editor" => request.basic_auth(user, Some(&self.editor)),
            "author" => request.basic_auth(user, Some(&self.author)),
            other => request.basic_auth(other, Some("wrong")),
        };
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default(),
        )
    }
}

fn client(url: &str, user: &str, password: &str) -> Website {
    let http = Http::new(Timeouts::default()).unwrap();
    let login = Login {
        url: url.to_owned(),
        user: user.to_owned(),
        application_password: Secret::new(password),
    };
    Website::new(http, "practice.example", &login).unwrap()
}

/// Runs everything, in an order in which nothing stands in another's way.
pub(crate) async fn run(site: &Site) {
    // Refused only where it was chosen before, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    comments_are_listed(site).await;
    a_comment_is_read_whole(site).await;
    a_comment_is_hidden_and_shown_again(site).await;
    hiding_keeps_where_a_comment_came_from(site).await;
    a_comment_is_put_in_the_trash_and_restored(site).await;
    a_comment_is_taken_for_spam_and_restored(site).await;
    a_comment_that_waits_is_approved_out_of_the_trash(site).await;
    a_comment_that_is_gone_is_gone(site).await;
    a_comment_is_answered_once(site).await;
    what_nobody_sees_is_not_answered(site).await;
    a_wrong_password_stops_the_channel(site).await;
    a_user_who_may_not_moderate_is_told(site).await;
    a_site_without_permalinks_is_found(site).await;
    every_answer_is_wordpress_own(site).await;
}

async fn comments_are_listed(site: &Site) {
    let website = site.editor();
    let first = website.comments(1).await.unwrap();
    assert_eq!(
        (first.total, first.pages, first.comments.len()),
        (Some(115), Some(2), 100)
    );
    let ids: Vec<&str> = first
        .comments
        .iter()
        .map(|comment| comment.post.id.as_str())
        .take(10)
        .collect();
    assert_eq!(
        ids,
        [
            "111", "109", "108", "107", "106", "105", "104", "103", "102", "101"
        ]
    );
    assert_eq!(first.comments[7].status, Some(Status::Hold));
    let second = website.comments(2).await.unwrap();
    assert_eq!((second.total, second.comments.len()), (Some(115), 15));
    let beyond = website.comments(3).await.unwrap();
    assert_eq!((beyond.total, beyond.comments.len()), (Some(115), 0));
    let answers = website.answers("108", 1).await.unwrap();
    assert_eq!(
        answers
            .comments
            .iter()
            .map(|comment| comment.post.id.as_str())
            .collect::<Vec<_>>(),
        ["111"]
    );
    let own = website.own_user().await.unwrap();
    assert_eq!(own, 2);
    let incoming = answers.comments[0].read.clone().incoming(own);
    assert!(matches!(incoming, Incoming::Own { id, .. } if id == "111"));
}

async fn a_comment_is_read_whole(site: &Site) {
    let comment = site.editor().comment("101").await.unwrap();
    let post = &comment.post;
    assert_eq!(
        post.text,
        "Rude & late, you idiots. Look (https://win.example/)"
    );
    assert_eq!(
        (post.author.id.as_deref(), post.author.name.as_deref()),
        (None, Some("Sam & Jo"))
    );
    assert_eq!(
        (post.thread.as_deref(), post.parent.as_deref()),
        (Some("11"), None)
    );
    assert_eq!(post.posted_at.unwrap().to_string(), "2026-11-20T10:01:00Z");
    assert_eq!(
        post.permalink,
        Some(format!("{}/flu-clinics/#comment-101", site.url))
    );
    assert_eq!(
        (comment.status, comment.user),
        (Some(Status::Approved), None)
    );
    assert_eq!(
        site.editor()
            .comment("102")
            .await
            .unwrap()
            .post
            .parent
            .as_deref(),
        Some("101")
    );
}

async fn a_comment_is_hidden_and_shown_again(site: &Site) {
    let website = site.editor();
    assert_eq!(website.hold("104").await, Ok(Done::Confirmed));
    assert_eq!(
        site.raw("", Method::GET, "comments/104", None).await.0,
        401,
        "the public sees it"
    );
    assert_eq!(website.hold("104").await, Ok(Done::Already));
    assert_eq!(website.approve("104").await, Ok(Done::Confirmed));
    assert_eq!(
        site.raw("", Method::GET, "comments/104", None).await.0,
        200,
        "the public does not see it"
    );
    assert_eq!(website.approve("104").await, Ok(Done::Already));
}

async fn hiding_keeps_where_a_comment_came_from(site: &Site) {
    let route = "comments/102?context=edit&_fields=author_ip";
    let from = async || site.raw("editor", Method::GET, route, None).await.1;
    assert_eq!(from().await, json!({"author_ip": "192.0.2.1"}));
    site.editor().hold("102").await.unwrap();
    assert_eq!(from().await, json!({"author_ip": "192.0.2.1"}));
    site.editor().approve("102").await.unwrap();
    // What would happen otherwise.
    site.raw(
        "editor",
        Method::POST,
        "comments/102",
        Some(json!({"status": "approved"})),
    )
    .await;
    assert_eq!(from().await, json!({"author_ip": "127.0.0.1"}));
}

async fn a_comment_is_put_in_the_trash_and_restored(site: &Site) {
    let website = site.editor();
    assert_eq!(website.trash("106").await, Ok(Done::Confirmed));
    assert_eq!(website.trash("106").await, Ok(Done::Already));
    assert_eq!(website.comments(1).await.unwrap().total, Some(114));
    assert_eq!(website.hold("106").await, Ok(Done::Already));
    assert_eq!(
        website.comment("106").await.unwrap().status,
        Some(Status::Trash)
    );
    assert_eq!(website.approve("106").await, Ok(Done::Confirmed));
    assert_eq!(
        website.comment("106").await.unwrap().status,
        Some(Status::Approved)
    );
    assert_eq!(website.comments(1).await.unwrap().total, Some(115));
}

async fn a_comment_is_taken_for_spam_and_restored(site: &Site) {
    let website = site.editor();
    assert_eq!(website.spam("105").await, Ok(Done::Confirmed));
    assert_eq!(website.spam("105").await, Ok(Done::Already));
    assert_eq!(
        website.comment("105").await.unwrap().status,
        Some(Status::Spam)
    );
    assert_eq!(website.hold("105").await, Ok(Done::Already));
    assert_eq!(website.approve("105").await, Ok(Done::Confirmed));
    assert_eq!(
        website.comment("105").await.unwrap().status,
        Some(Status::Approved)
    );
}

async fn a_comment_that_waits_is_approved_out_of_the_trash(site: &Site) {
    let website = site.editor();
    assert_eq!(website.hold("103").await, Ok(Done::Already));
    assert_eq!(website.trash("103").await, Ok(Done::Confirmed));
    assert_eq!(website.approve("103").await, Ok(Done::Confirmed));
    assert_eq!(
        website.comment("103").await.unwrap().status,
        Some(Status::Approved)
    );
}

async fn a_comment_that_is_gone_is_gone(site: &Site) {
    let website = site.editor();
    assert_eq!(
        site.raw("editor", Method::DELETE, "comments/107?force=true", None)
            .await
            .0,
        200
    );
    assert_eq!(website.comment("107").await, Err(CallError::Gone));
    for done in [
        website.hold("107").await,
        website.spam("107").await,
        website.trash("107").await,
        website.approve("107").await,
    ] {
        assert_eq!(done, Ok(Done::Gone));
    }
    assert_eq!(website.reply("107", "words").await, Err(CallError::Gone));
    assert!(matches!(
        website.comment("../users/1").await,
        Err(CallError::NotSent(_))
    ));
}

async fn a_comment_is_answered_once(site: &Site) {
    let website = site.editor();
    let words = "R&D: it's \"ours\" <3";
    let answer = website.reply("108", words).await.unwrap();
    assert_eq!(
        (answer.post.text.as_str(), answer.user, answer.is_public()),
        (words, Some(2), true)
    );
    assert_eq!(
        (answer.post.parent.as_deref(), answer.post.thread.as_deref()),
        (Some("108"), Some("11"))
    );
    assert_eq!(
        website.reply("108", words).await,
        Err(CallError::AlreadyDone)
    );
    let answers = website.answers("108", 1).await.unwrap().comments;
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.post.text == words)
            .count(),
        1
    );
    assert!(
        matches!(
            website.reply("109", words).await,
            Err(CallError::Permission { .. })
        ),
        "closed"
    );
}

async fn what_nobody_sees_is_not_answered(site: &Site) {
    let website = site.editor();
    website.hold("104").await.unwrap();
    assert!(matches!(
        website.reply("104", "words").await,
        Err(CallError::NotSent(_))
    ));
    website.approve("104").await.unwrap();
    assert_eq!(website.reply("110", "words").await, Err(CallError::Gone));
}

async fn a_wrong_password_stops_the_channel(site: &Site) {
    for (user, password) in [
        ("editor", "wrong"),
        ("nobody", "wrong"),
        ("nobody@practice.example", "wrong"),
    ] {
        let website = client(&site.url, user, password);
        for error in [
            website.comments(1).await.err(),
            website.comment("101").await.err(),
            website.hold("101").await.err(),
            website.trash("101").await.err(),
            website.reply("101", "words").await.err(),
            website.own_user().await.err(),
        ] {
            assert!(
                matches!(error, Some(CallError::Credential { .. })),
                "{user}: {error:?}"
            );
        }
    }
}

async fn a_user_who_may_not_moderate_is_told(site: &Site) {
    let website = client(&site.url, "author", &site.author);
    for error in [
        website.comments(1).await.err(),
        website.comment("101").await.err(),
        website.hold("101").await.err(),
        website.trash("101").await.err(),
    ] {
        assert!(
            matches!(error, Some(CallError::Permission { .. })),
            "{error:?}"
        );
    }
    assert_eq!(website.own_user().await, Ok(3));
}

async fn a_site_without_permalinks_is_found(site: &Site) {
    let website = client(
        &format!("{}/?rest_route=/", site.url),
        "editor",
        &site.editor,
    );
    assert_eq!(website.comment("101").await.unwrap().post.id, "101");
    assert_eq!(website.comments(2).await.unwrap().pages, Some(2));
    let nowhere = client(&format!("{}/nowhere", site.url), "editor", &site.editor);
    assert!(matches!(
        nowhere.comments(1).await,
        Err(CallError::Permission { .. })
    ));
    assert!(matches!(
        nowhere.hold("101").await,
        Err(CallError::Permission { .. })
    ));
}

/// The answers on which decisions hang, as WordPress gives them.
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn every_answer_is_wordpress_own(site: &Site) {
    let hold = Some(json!({"status": "hold"}));
    let write = |post: u32, content: &str| Some(json!({"post": post, "content": content}));
    for (user, method, route, body, status, code) in [
        ("", Method::GET, "comments/101", None, 200, ""),
        // With a wrong password somebody is nobody, and nobody may read what is public.
        ("editor-wrong", Method::GET, "comments/101", None, 200, ""),
        (
            "editor-wrong",
            Method::GET,
            "comments/101?context=edit",
            None,
            401,
            "rest_forbidden_context",
        ),
        (
            "",
            Method::GET,
            "comments/110",
            None,
            401,
            "rest_cannot_read",
        ),
        (
            "author",
            Method::GET,
            "comments/110",
            None,
            403,
            "rest_cannot_read",
        ),
        (
            "",
            Method::GET,
            "comments?context=edit",
            None,
            401,
            "rest_forbidden_context",
        ),
        (
            "author",
            Method::GET,
            "comments?context=edit",
            None,
            403,
            "rest_forbidden_context",
        ),
        (
            "",
            Method::GET,
            "comments?status=all",
            None,
            401,
            "rest_forbidden_param",
        ),
        (
            "editor",
            Method::GET,
            "comments?per_page=101",
            None,
            400,
            "rest_invalid_param",
        ),
        (
            "editor",
            Method::GET,
            "comments?page=0",
            None,
            400,
            "rest_invalid_param",
        ),
        (
            "editor",
            Method::GET,
            "comments/9999",
            None,
            404,
            "rest_comment_invalid_id",
        ),
        (
            "editor",
            Method::GET,
            "comments/0",
            None,
            404,
            "rest_comment_invalid_id",
        ),
        (
            "editor",
            Method::GET,
            "comments/one",
            None,
            404,
            "rest_no_route",
        ),
        ("editor", Method::GET, "nothing", None, 404, "rest_no_route"),
        ("", Method::GET, "users/me", None, 401, "rest_not_logged_in"),
        (
            "",
            Method::POST,
            "comments/101",
            hold.clone(),
            401,
            "rest_cannot_edit",
        ),
        (
            "author",
            Method::POST,
            "comments/101",
            hold.clone(),
            403,
            "rest_cannot_edit",
        ),
        (
            "editor",
            Method::POST,
            "comments/9999",
            hold,
            404,
            "rest_comment_invalid_id",
        ),
        (
            "",
            Method::DELETE,
            "comments/101",
            None,
            401,
            "rest_cannot_delete",
        ),
        (
            "author",
            Method::DELETE,
            "comments/101",
            None,
            403,
            "rest_cannot_delete",
        ),
        (
            "editor",
            Method::DELETE,
            "comments/9999",
            None,
            404,
            "rest_comment_invalid_id",
        ),
        (
            "",
            Method::POST,
            "comments",
            write(11, "x"),
            401,
            "rest_comment_login_required",
        ),
        (
            "editor",
            Method::POST,
            "comments",
            write(12, "x"),
            403,
            "rest_comment_closed",
        ),
        (
            "editor",
            Method::POST,
            "comments",
            write(99, "x"),
            403,
            "rest_comment_invalid_post_id",
        ),
        (
            "editor",
            Method::POST,
            "comments",
            write(11, ""),
            400,
            "rest_comment_content_invalid",
        ),
        (
            "editor",
            Method::POST,
            "comments",
            write(11, "Said once."),
            201,
            "",
        ),
        (
            "editor",
            Method::POST,
            "comments",
            write(11, "Said once."),
            409,
            "comment_duplicate",
        ),
        ("editor", Method::DELETE, "comments/109", None, 200, ""),
        (
            "editor",
            Method::DELETE,
            "comments/109",
            None,
            410,
            "rest_already_trashed",
        ),
    ] {
        let said = format!("{user} {method} {route}");
        let (got, answer) = site.raw(user, method, route, body).await;
        assert_eq!(
            (got, answer["code"].as_str().unwrap_or_default()),
            (status, code),
            "{said}"
        );
        if !code.is_empty() {
            assert_eq!(answer["data"]["status"], json!(status), "{said}");
            assert!(
                answer["message"]
                    .as_str()
                    .is_some_and(|message| !message.is_empty()),
                "{said}"
            );
        }
    }
    // Who may not moderate is not told what was stored, nor the addresses.
    let names = |answer: &Value| {
        answer
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let (_, public) = site.raw("", Method::GET, "comments/101", None).await;
    let (_, whole) = site
        .raw("editor", Method::GET, "comments/101?context=edit", None)
        .await;
    assert_eq!(names(&public["content"]), ["rendered"]);
    assert_eq!(names(&whole["content"]), ["raw", "rendered"]);
    for name in ["author_email", "author_ip", "author_user_agent"] {
        assert!(
            public.get(name).is_none() && whole.get(name).is_some(),
            "{name}"
        );
    }
    let fields = "id,post,parent,author,author_name,date_gmt,content,link,status,type";
    let (_, few) = site
        .raw(
            "editor",
            Method::GET,
            &format!("comments/101?context=edit&_fields={fields}"),
            None,
        )
        .await;
    let mut wanted: Vec<&str> = fields.split(',').collect();
    wanted.sort_unstable();
    assert_eq!(names(&few), wanted);
}
