//! A bucket of S3 with versions and object lock: what is written to it stays.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pagewarden_clock::Clock;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// One version of an object; without bytes, a mark that it was deleted.
#[derive(Clone, Debug)]
struct Version {
    key: String,
    bytes: Option<Bytes>,
    at: String,
}

/// A bucket. Clones share what is in it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// In the order in which they were written.
    versions: Arc<Mutex<Vec<Version>>>,
    name: String,
    clock: Clock,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Asked {
    versions: Option<String>,
    prefix: String,
    #[serde(rename = "key-marker")]
    key_marker: String,
    version_id: Option<usize>,
}

/// Versions on a page of the list: fewer than S3 has, so that a few make two pages.
const PAGE: usize = 3;

impl Bucket {
    /// Makes an empty one of this name.
    #[must_use]
    pub fn new(name: &str, clock: &Clock) -> Self {
        Bucket {
            versions: Arc::default(),
            name: name.to_owned(),
            clock: clock.clone(),
        }
    }

    /// Serves it, below its name.
    pub fn router(&self) -> Router {
        Router::new()
            .route(&format!("/{}/", self.name), get(list))
            .route(
                &format!("/{}/{{*key}}", self.name),
                get(read).put(write).delete(mark),
            )
            .fallback(async || error(StatusCode::NOT_FOUND, "NoSuchBucket"))
            // A picture has more bytes than axum takes by itself.
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone())
    }

    fn add(&self, key: String, bytes: Option<Bytes>) {
        let at = self.clock.now().to_string();
        self.all(|versions| versions.push(Version { key, bytes, at }));
    }

    fn all<T>(&self, look: impl FnOnce(&mut Vec<Version>) -> T) -> T {
        look(&mut self.versions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

type Answer = (StatusCode, String);

fn error(status: StatusCode, code: &str) -> Answer {
    (status, format!("<Error><Code>{code}</Code></Error>"))
}

/// As S3 does: what is not signed over all that counts is refused, and so is what has no checksum
/// where objects are locked. The signature itself is not made again.
async fn write(
    State(bucket): State<Bucket>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = header("authorization").unwrap_or_default();
    let covered = [
        "host",
        "if-none-match",
        "x-amz-checksum-sha256",
        "x-amz-content-sha256",
    ];
    let covers = |name: &&str| header(name).is_none() || signed.contains(*name);
    if !signed.contains("/s3/aws4_request") || !covered.iter().all(covers) {
        return error(StatusCode::FORBIDDEN, "SignatureDoesNotMatch");
    }
    if header("x-amz-sdk-checksum-algorithm") != Some("SHA256") {
        return error(StatusCode::BAD_REQUEST, "InvalidRequest");
    }
    let hash = Sha256::digest(&body);
    if header("x-amz-content-sha256") != Some(&hex::encode(hash)) {
        return error(StatusCode::BAD_REQUEST, "XAmzContentSHA256Mismatch");
    }
    if header("x-amz-checksum-sha256") != Some(&BASE64.encode(hash)) {
        return error(StatusCode::BAD_REQUEST, "InvalidRequest");
    }
    let newest = |versions: &mut Vec<Version>| {
        let newest = versions.iter().rfind(|version| version.key == key);
        newest.is_some_and(|version| version.bytes.is_some())
    };
    if header("if-none-match") == Some("*") && bucket.all(newest) {
        return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
    }
    bucket.add(key, Some(body));
    (StatusCode::OK, String::new())
}

async fn mark(
    State(bucket): State<Bucket>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    if asked.version_id.is_some() {
        return error(StatusCode::FORBIDDEN, "AccessDenied");
    }
    bucket.add(key, None);
    (StatusCode::NO_CONTENT, String::new())
}

async fn read(
    State(bucket): State<Bucket>,
    Path(key): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Bytes, Answer> {
    let wanted = |versions: &mut Vec<Version>| {
        let version = match asked.version_id {
            Some(id) => versions.get(id).filter(|version| version.key == key),
            None => versions.iter().rfind(|version| version.key == key),
        };
        version?.bytes.clone()
    };
    let missing = asked.version_id.map_or("NoSuchKey", |_| "NoSuchVersion");
    let found = bucket.all(wanted);
    found.ok_or_else(|| error(StatusCode::NOT_FOUND, missing))
}

async fn list(State(bucket): State<Bucket>, Query(asked): Query<Asked>) -> Answer {
    if asked.versions.is_none() {
        return error(StatusCode::NOT_IMPLEMENTED, "NotImplemented");
    }
    let mut all: Vec<(usize, Version)> = bucket
        .all(|versions| versions.clone())
        .into_iter()
        .enumerate()
        .collect();
    all.retain(|(_, version)| {
        version.key.starts_with(&asked.prefix) && version.key > asked.key_marker
    });
    // By their keys, and of each the newest first.
    all.sort_by(|(a, x), (b, y)| x.key.cmp(&y.key).then(b.cmp(a)));
    let mut page = String::from("<ListVersionsResult>");
    let mut left = all.as_slice();
    for of_key in all.chunk_by(|(_, a), (_, b)| a.key == b.key).take(PAGE) {
        for (id, version) in of_key {
            let kind = if version.bytes.is_some() {
                "Version"
            } else {
                "DeleteMarker"
            };
            let (key, at) = (&version.key, &version.at);
            let _ = write!(
                page,
                "<{kind}><Key>{key}</Key><VersionId>{id}</VersionId><LastModified>{at}</LastModified></{kind}>"
            );
        }
        left = &left[of_key.len()..];
    }
    if let (false, Some((id, last))) = (left.is_empty(), all.get(all.len() - left.len() - 1)) {
        let key = &last.key;
        let _ = write!(
            page,
            "<NextKeyMarker>{key}</NextKeyMarker><NextVersionIdMarker>{id}</NextVersionIdMarker>"
        );
    }
    page.push_str("</ListVersionsResult>");
    (StatusCode::OK, page)
}
