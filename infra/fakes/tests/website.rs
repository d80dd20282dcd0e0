//! The fake of WordPress against what the real one was seen to do: the suite that `make
//! test-wordpress` runs on it.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "../../../tests/wordpress/suite.rs"]
mod suite;

use pagewarden_clock::Clock;
use pagewarden_fakes::website::{User, Wordpress};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const FILLING: &str = include_str!("../../../tests/wordpress/comments.json");

/// Fills the fake as `setup.php` fills the real one.
fn fill(site: &Wordpress, url: &str) {
    let filling: Value = serde_json::from_str(FILLING).unwrap();
    let slug = |post: &Value| {
        let post = filling["posts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == *post)
            .unwrap();
        post["slug"].as_str().unwrap().to_owned()
    };
    let mut list = filling["comments"].as_array().unwrap().clone();
    let older = &filling["older"];
    for n in 0..older["count"].as_u64().unwrap() {
        let mut comment = older["comment"].clone();
        comment["id"] = json!(older["first_id"].as_u64().unwrap() + n);
        list.push(comment);
    }
    for comment in &mut list {
        comment["content"] = json!({ "raw": comment["content"] });
        comment["link"] = json!(format!(
            "{url}/{}/#comment-{}",
            slug(&comment["post"]),
            comment["id"]
        ));
        comment["author_ip"] = json!("192.0.2.1");
    }
    site.learn(&serde_json::to_vec(&list).unwrap()).unwrap();
    for post in filling["posts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|post| post["comment_status"] == "closed")
    {
        site.close(post["id"].as_u64().unwrap());
    }
}

fn users() -> Vec<User> {
    let user = |id, name: &str, moderates| User {
        id,
        name: name.into(),
        password: format!("{name}-pw"),
        moderates,
    };
    vec![user(2, "editor", true), user(3, "author", false)]
}

async fn serve(site: &Wordpress) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = site.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

#[tokio::test]
async fn the_fake_behaves_like_wordpress() {
    let site = Wordpress::open(None, users(), &Clock::manual()).unwrap();
    let url = serve(&site).await;
    fill(&site, &url);
    suite::run(&suite::Site {
        url,
        editor: "editor-pw".into(),
        author: "author-pw".into(),
    })
    .await;
}

#[tokio::test]
async fn a_killed_site_is_found_as_it_was() {
    let path =
        std::env::temp_dir().join(format!("pagewarden-website-{}.jsonl", std::process::id()));
    std::fs::remove_file(&path).ok();
    let site = Wordpress::open(Some(&path), users(), &Clock::manual()).unwrap();
    let url = serve(&site).await;
    fill(&site, &url);
    suite::run(&suite::Site {
        url,
        editor: "editor-pw".into(),
        author: "author-pw".into(),
    })
    .await;
    let again = Wordpress::open(Some(&path), users(), &Clock::manual()).unwrap();
    assert_eq!(again.journal(), site.journal());
    let url = serve(&again).await;
    let list = |url: String| async move {
        let request = reqwest::Client::new().get(format!(
            "{url}/wp-json/wp/v2/comments?status=any&per_page=100"
        ));
        let answer = request
            .basic_auth("editor", Some("editor-pw"))
            .send()
            .await
            .unwrap();
        serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap()
    };
    let before = serve(&site).await;
    assert_eq!(list(url).await, list(before).await);
    std::fs::remove_file(&path).unwrap();
}
