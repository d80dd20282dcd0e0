//! What the contract tests talk to: our own table and store, or somebody else's emulator of AWS.
//!
//! `make test-moto` runs the very same tests against moto, so that we do not only agree with
//! ourselves.

use std::env;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::config::{Credentials, Region};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pagewarden_clock::Clock;
use pagewarden_fakes::bucket::Bucket;
use pagewarden_fakes::store::{self, Store};
use pagewarden_ledger::Ledger;
use pagewarden_local::table::{self, Table};
use pagewarden_local::template::{TableSpec, Template};
use pagewarden_runtime::Secrets;
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

/// Returns where an emulator answers, if the tests are to run against one.
fn elsewhere() -> Option<String> {
    env::var("PAGEWARDEN_EMULATOR").ok()
}

/// A name that no other test has, be it in this process or in another one.
///
/// Counted, and not taken from the clock: two tests that start together can read the same time.
fn own_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "test-{}-{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Opens the ledger in an empty table of its own. The table has to live as long as the ledger is
/// used.
///
/// # Panics
///
/// When there is no such table to be had.
#[expect(clippy::expect_used, reason = "a test without a table has failed")]
pub async fn ledger() -> (Option<Table>, Ledger) {
    let template = Template::shipped().expect("the template reads");
    let Some(url) = elsewhere() else {
        let table = Table::open(None, &template).await.expect("the table opens");
        let ledger = table.ledger();
        return (Some(table), ledger);
    };
    let name = own_name();
    let access = format!("{name}-access");
    create(
        &url,
        &name,
        template.table().expect("the template has a table"),
    )
    .await;
    create(
        &url,
        &access,
        template
            .access_table()
            .expect("the template has a table of tokens"),
    )
    .await;
    (
        None,
        Ledger::new(table::client(&url), name).with_access_in(access),
    )
}

/// A bucket with object lock, and what somebody may do who may do more than the functions.
#[derive(Debug)]
pub struct LockedBucket {
    url: String,
    name: String,
}

/// Signed as our clients sign; neither emulator makes the signature again.
const AS_SOMEBODY: &str = "AWS4-HMAC-SHA256 Credential=local/20261121/eu-west-2/s3/aws4_request, \
    SignedHeaders=host;x-amz-content-sha256;x-amz-checksum-sha256, Signature=0";

impl LockedBucket {
    /// Makes an empty one.
    ///
    /// # Panics
    ///
    /// When there is no such bucket to be had.
    #[expect(clippy::expect_used, reason = "a test without a bucket has failed")]
    pub async fn create() -> Self {
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let name = own_name();
        let Some(url) = elsewhere() else {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.expect("a port is free");
            let at = listener.local_addr().expect("it has an address");
            let router = Bucket::new(&name, &Clock::system()).router();
            tokio::spawn(async move { axum::serve(listener, router).await });
            let url = format!("http://{at}");
            return LockedBucket { url, name };
        };
        let bucket = LockedBucket { url, name };
        let place = "<CreateBucketConfiguration><LocationConstraint>eu-west-2</LocationConstraint></CreateBucketConfiguration>";
        bucket.call(Method::PUT, "", place).await;
        let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>\
            <Mode>COMPLIANCE</Mode><Days>400</Days></DefaultRetention></Rule></ObjectLockConfiguration>";
        bucket.call(Method::PUT, "?object-lock", lock).await;
        bucket
    }

    /// Opens it as the functions do.
    #[must_use]
    pub fn open(&self) -> pagewarden_runtime::Bucket {
        self.open_named(&self.name)
    }

    /// Opens one of another name at the same place.
    #[must_use]
    pub fn open_named(&self, name: &str) -> pagewarden_runtime::Bucket {
        bucket_at(&self.url, name)
    }

    /// Writes an object, whether there is one or not.
    pub async fn write_over(&self, key: &str, text: &str) {
        self.call(Method::PUT, key, text).await;
    }

    /// Marks an object as deleted.
    pub async fn delete(&self, key: &str) {
        self.call(Method::DELETE, key, "").await;
    }

    #[expect(clippy::expect_used, reason = "a test without a bucket has failed")]
    async fn call(&self, method: Method, key: &str, body: &str) {
        let hash = Sha256::digest(body);
        let answer = reqwest::Client::new()
            .request(method, format!("{}/{}/{key}", self.url, self.name))
            .header("authorization", AS_SOMEBODY)
            .header("x-amz-bucket-object-lock-enabled", "true")
            .header("x-amz-content-sha256", hex::encode(hash))
            .header("x-amz-sdk-checksum-algorithm", "SHA256")
            .header("x-amz-checksum-sha256", BASE64.encode(hash))
            .body(body.to_owned())
            .send()
            .await
            .expect("the bucket answers");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }
}

/// Opens a bucket as the functions do, whether there is one or not.
#[must_use]
pub fn bucket_at(url: &str, name: &str) -> pagewarden_runtime::Bucket {
    let [_, (_, id), (_, secret)] = table::KEYS;
    let credentials = Credentials::new(id, secret, None, None, "local");
    pagewarden_runtime::Bucket::new(name, Region::new("eu-west-2"), credentials, Some(url))
}

#[expect(clippy::expect_used, reason = "a test without a table has failed")]
async fn create(url: &str, name: &str, table: TableSpec) {
    let mut create = table.create;
    create["TableName"] = json!(name);
    // Refused only where it was chosen before, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let created = reqwest::Client::new()
        .post(url)
        .header("x-amz-target", "DynamoDB_20120810.CreateTable")
        .header("content-type", "application/x-amz-json-1.0")
        // By this the emulator tells which service is meant. It checks no signature.
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=local/20261121/eu-west-2/dynamodb/aws4_request",
        )
        .body(create.to_string())
        .send()
        .await
        .expect("the emulator answers");
    assert!(created.status().is_success(), "{:?}", created.text().await);
}

/// Opens a store that holds these secrets, by their names without the prefix.
///
/// # Panics
///
/// When there is no store to be had.
#[expect(clippy::expect_used, reason = "a test without a store has failed")]
pub async fn secrets(held: &[(&str, &str)]) -> Secrets {
    let Some(url) = elsewhere() else {
        let held = held
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let url = format!(
            "http://{}",
            listener.local_addr().expect("it has an address")
        );
        let router = Store::new(held).router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        return Secrets::new(store::client(&url), store::PREFIX.to_owned());
    };
    let (client, prefix) = (store::client(&url), format!("{}/", own_name()));
    for (name, text) in held {
        let stored = client
            .create_secret()
            .name(format!("{prefix}{name}"))
            .secret_string(*text)
            .send()
            .await;
        stored.expect("the emulator takes the secret");
    }
    Secrets::new(client, prefix)
}
