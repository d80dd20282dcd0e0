//! Secrets against a real store. `make test-moto` runs this file against another store than our own
//! fake.

use pagewarden_platforms::meta::Settings;
use pagewarden_rules::{Channel, Platform};
use pagewarden_runtime::SecretError;
use pagewarden_tests::emulator::secrets;

#[tokio::test]
async fn a_secret_is_read_by_its_name_and_never_shows() {
    let secrets = secrets(&[
        (
            "facebook/app",
            "{\"app_secret\":\"hush\",\"verify_token\":\"hush\"}",
        ),
        (
            "channel/google/accounts/1/locations/2",
            "{\"refresh_token\":\"hush\",\"client_id\":\"c\",\"client_secret\":\"hush\"}",
        ),
        ("channel/facebook/1", "{\"token\":[\"hush\"]}"),
    ])
    .await;
    let app = secrets.app().await.unwrap();
    assert_eq!(app.app_secret.expose(), "hush");
    let channel = |platform, account: &str| Channel {
        platform,
        account: account.to_owned(),
    };
    // The name of an account may hold what parts a name.
    let google = secrets
        .consent(&channel(Platform::Google, "accounts/1/locations/2"))
        .await
        .unwrap();
    let wrong = secrets
        .graph(&Settings::default(), &channel(Platform::Facebook, "1"))
        .await
        .unwrap_err();
    assert!(matches!(wrong, SecretError::Shape(_)));
    // What only `channel check` needs may be missing for all others.
    let no_id = secrets.app_token().await.unwrap_err();
    assert!(matches!(no_id, SecretError::Shape(_)));
    assert!(
        !format!("{app:?} {google:?} {secrets:?} {wrong} {wrong:?} {no_id:?}").contains("hush")
    );
}

#[tokio::test]
async fn a_missing_secret_is_told_from_a_store_that_is_down() {
    let secrets = secrets(&[]).await;
    let nobody = Channel {
        platform: Platform::Facebook,
        account: "1".to_owned(),
    };
    assert!(matches!(
        secrets.graph(&Settings::default(), &nobody).await,
        Err(SecretError::Missing(_))
    ));
}
