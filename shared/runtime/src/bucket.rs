//! A bucket of S3, by the few calls of it that are made. `aws-sdk-s3` would add a client of a
//! hundred operations.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_http_client::{Connector, tls, tls::rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_xml::decode::{Document, try_data};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// How long one call may take. `remind` has 50 seconds for everything.
const PATIENCE: Duration = Duration::from_secs(5);

/// What went wrong below us.
type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Why a bucket did not do what it was asked for.
#[derive(Debug, Error)]
pub(crate) enum BucketError {
    /// It gave no answer, or none in time.
    #[error("the bucket did not answer")]
    NoAnswer(#[source] Failed),
    /// It refused, with the HTTP status and the code of its answer.
    #[error("the bucket refused: {0} {1}")]
    Refused(u16, String),
}

/// A bucket of S3.
#[derive(Debug)]
pub struct Bucket {
    url: String,
    region: Region,
    credentials: Credentials,
    connector: Connector,
}

impl Bucket {
    /// Makes ready to use a bucket by its name; at `url`, if it is not at AWS.
    #[must_use]
    pub fn new(name: &str, region: Region, credentials: Credentials, url: Option<&str>) -> Self {
        let url = match url {
            Some(url) => format!("{}/{name}", url.trim_end_matches('/')),
            None => format!("https://{name}.s3.{region}.amazonaws.com"),
        };
        let tls = tls::Provider::Rustls(CryptoMode::Ring);
        Bucket {
            url,
            region,
            credentials,
            connector: Connector::builder().tls_provider(tls).build(),
        }
    }

    /// Writes an object where there is none. One that is there already stays as it is.
    pub(crate) async fn write_new(
        &self,
        name: &str,
        media_type: &str,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), BucketError> {
        let headers = [
            ("content-type", media_type.to_owned()),
            // A bucket with object lock takes nothing without a checksum, and this says which.
            ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()),
            (
                "x-amz-checksum-sha256",
                BASE64.encode(Sha256::digest(&body)),
            ),
            // Nothing is written over.
            ("if-none-match", "*".to_owned()),
        ];
        match self.call("PUT", name, &headers, body, now).await? {
            // 412: it is there already.
            (200 | 412, _) => Ok(()),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Returns what is at a path of the bucket, which may ask for something with a query.
    pub(crate) async fn read(&self, path: &str, now: Timestamp) -> Result<Vec<u8>, BucketError> {
        match self.call("GET", path, &[], Vec::new(), now).await? {
            (200, body) => Ok(body),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    /// Makes a call, and returns the status and the body of the answer.
    async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<(u16, Vec<u8>), BucketError> {
        let url = format!("{}/{path}", self.url);
        let request = self.signed(method, &url, headers, body, now);
        let request = request.map_err(BucketError::NoAnswer)?;
        let answer = async {
            let answer = self.connector.call(request).await?;
            let status = answer.status().as_u16();
            let body = ByteStream::new(answer.into_body()).collect().await?;
            Ok::<_, Failed>((status, body.to_vec()))
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|late| BucketError::NoAnswer(late.into()))?;
        answer.map_err(BucketError::NoAnswer)
    }

    fn signed(
        &self,
        method: &str,
        url: &str,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<HttpRequest, Failed> {
        let identity = self.credentials.clone().into();
        // As S3 wants it, and no other service: the path as it is, and the hash of the body in a
        // header.
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        let settings = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name("s3")
            .time(SystemTime::from(now))
            .settings(settings)
            .build()?
            .into();
        let named = headers.iter().map(|(name, value)| (*name, value.as_str()));
        let signable = SignableRequest::new(method, url, named, SignableBody::Bytes(&body))?;
        let (instructions, _) = sign(signable, &settings)?.into_parts();
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method)?;
        request.set_uri(url)?;
        for (name, value) in headers {
            request.headers_mut().try_insert(*name, value.clone())?;
        }
        for (name, value) in instructions.headers() {
            request
                .headers_mut()
                .try_insert(name.to_owned(), value.to_owned())?;
        }
        Ok(request)
    }
}

fn refused(status: u16, answer: &[u8]) -> BucketError {
    let answer = String::from_utf8_lossy(answer);
    BucketError::Refused(status, code(&answer).unwrap_or_default())
}

/// Returns the code of an error of S3.
fn code(answer: &str) -> Option<String> {
    let mut document = Document::new(answer);
    let mut root = document.root_element().ok()?;
    while let Some(mut tag) = root.next_tag() {
        if tag.start_el().local() == "Code" {
            return Some(try_data(&mut tag).ok()?.into_owned());
        }
    }
    None
}
