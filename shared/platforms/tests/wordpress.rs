//! The website's client against the real WordPress. `make test-wordpress` starts one.

#[path = "../../../tests/wordpress/suite.rs"]
#[expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]
mod suite;

#[tokio::test]
#[ignore = "needs a WordPress: make test-wordpress"]
async fn the_client_works_on_the_real_wordpress() {
    let set = |name: &str| {
        std::env::var(format!("PAGEWARDEN_WORDPRESS_{name}")).expect("make test-wordpress sets it")
    };
    let site = suite::Site {
        url: set("URL"),
        editor: set("EDITOR_PASSWORD"),
        author: set("AUTHOR_PASSWORD"),
    };
    suite::run(&site).await;
}
