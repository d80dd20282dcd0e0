//! A bucket of anchors, by the three calls of S3 that it takes. `aws-sdk-s3` would add a client of a
//! hundred operations.

use std::collections::BTreeMap;
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
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use pagewarden_ledger::{FoundAnchor, NewAnchor};
use pagewarden_platforms::calls::encode;
use pagewarden_rules::PracticeId;
use sha2::{Digest, Sha256};

use crate::anchors::{Anchors, AnchorsAnswer, AnchorsError, name_of, named};

/// How long one call may take. `remind` has 50 seconds for everything.
const PATIENCE: Duration = Duration::from_secs(5);

/// A bucket of S3 in which anchors are kept.
#[derive(Debug)]
pub struct Bucket {
    url: String,
    region: Region,
    credentials: Credentials,
    connector: Connector,
}

/// One version of an object, or a mark that it was deleted.
#[derive(Debug, Default)]
struct Version {
    key: String,
    id: String,
    at: Option<Timestamp>,
    is_deletion: bool,
}

/// A page of the list of versions.
#[derive(Debug, Default)]
struct Listed {
    versions: Vec<Version>,
    /// Where the next page begins: the key and the version.
    next: Option<(String, String)>,
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

    /// Makes a call, and returns the status and the body of the answer.
    async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&'static str, String)],
        body: String,
        now: Timestamp,
    ) -> Result<(u16, String), AnchorsError> {
        let url = format!("{}/{path}", self.url);
        let request = self.signed(method, &url, headers, body, now);
        let request = request.map_err(AnchorsError::NoAnswer)?;
        let answer = async {
            let answer = self.connector.call(request).await?;
            let status = answer.status().as_u16();
            let body = ByteStream::new(answer.into_body()).collect().await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((status, body.to_vec()))
        };
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        let answer = answer.map_err(|late| AnchorsError::NoAnswer(late.into()))?;
        let (status, body) = answer.map_err(AnchorsError::NoAnswer)?;
        let body = String::from_utf8(body);
        Ok((
            status,
            body.map_err(|error| AnchorsError::Unreadable(error.into()))?,
        ))
    }

    fn signed(
        &self,
        method: &str,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
        now: Timestamp,
    ) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
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
        let signable =
            SignableRequest::new(method, url, named, SignableBody::Bytes(body.as_bytes()))?;
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

    async fn put(&self, anchor: &NewAnchor, now: Timestamp) -> Result<(), AnchorsError> {
        let headers = [
            ("content-type", "application/json".to_owned()),
            // A bucket with object lock takes nothing without a checksum, and this says which.
            ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned()),
            (
                "x-amz-checksum-sha256",
                BASE64.encode(Sha256::digest(&anchor.text)),
            ),
            // Nothing is written over.
            ("if-none-match", "*".to_owned()),
        ];
        let name = name_of(&anchor.practice, anchor.day);
        let body = anchor.text.clone();
        match self.call("PUT", &name, &headers, body, now).await? {
            // 412: it is there already.
            (200 | 412, _) => Ok(()),
            (status, answer) => Err(refused(status, &answer)),
        }
    }

    async fn find(
        &self,
        only: Option<&PracticeId>,
        now: Timestamp,
    ) -> Result<Vec<FoundAnchor>, AnchorsError> {
        let prefix = only.map_or_else(String::new, |only| format!("{only}/"));
        let (mut versions, mut next) = (Vec::new(), None);
        loop {
            let page = self.list(&prefix, next.as_ref(), now).await?;
            versions.extend(page.versions);
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        let mut by_key: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        for version in versions {
            by_key.entry(version.key.clone()).or_default().push(version);
        }
        let mut found = Vec::new();
        for (key, versions) in by_key {
            // Those of the same second stand in the list with the newest first.
            let written = versions.iter().rev().filter(|version| !version.is_deletion);
            let first = written.min_by_key(|version| version.at);
            let (Some(first), Some((practice, day))) = (first, named(&key)) else {
                continue;
            };
            let path = format!("{key}?{}", encode(&[("versionId", &first.id)]));
            let (status, text) = self.call("GET", &path, &[], String::new(), now).await?;
            if status != 200 {
                return Err(refused(status, &text));
            }
            found.push(FoundAnchor {
                practice,
                day,
                text,
                written_at: first.at,
                is_covered: versions.len() > 1,
            });
        }
        Ok(found)
    }

    async fn list(
        &self,
        prefix: &str,
        from: Option<&(String, String)>,
        now: Timestamp,
    ) -> Result<Listed, AnchorsError> {
        let mut asked = vec![("prefix", prefix), ("versions", "")];
        if let Some((key, version)) = from {
            asked.extend([("key-marker", &**key), ("version-id-marker", &**version)]);
        }
        let path = format!("?{}", encode(&asked));
        let (status, answer) = self.call("GET", &path, &[], String::new(), now).await?;
        if status != 200 {
            return Err(refused(status, &answer));
        }
        listed(&answer).map_err(|error| AnchorsError::Unreadable(error.into()))
    }
}

fn refused(status: u16, answer: &str) -> AnchorsError {
    AnchorsError::Refused(status, code(answer).unwrap_or_default())
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

/// Reads a page of the list of versions.
fn listed(answer: &str) -> Result<Listed, XmlDecodeError> {
    let mut document = Document::new(answer);
    let mut root = document.root_element()?;
    let (mut page, mut key, mut version) = (Listed::default(), None, None);
    while let Some(mut tag) = root.next_tag() {
        match tag.start_el().local() {
            "Version" => page.versions.push(one(&mut tag, false)?),
            "DeleteMarker" => page.versions.push(one(&mut tag, true)?),
            "NextKeyMarker" => key = Some(try_data(&mut tag)?.into_owned()),
            "NextVersionIdMarker" => version = Some(try_data(&mut tag)?.into_owned()),
            _ => {}
        }
    }
    page.next = key.map(|key| (key, version.unwrap_or_default()));
    Ok(page)
}

fn one(tag: &mut ScopedDecoder<'_, '_>, is_deletion: bool) -> Result<Version, XmlDecodeError> {
    let mut version = Version {
        is_deletion,
        ..Version::default()
    };
    while let Some(mut part) = tag.next_tag() {
        match part.start_el().local() {
            "Key" => version.key = try_data(&mut part)?.into_owned(),
            "VersionId" => version.id = try_data(&mut part)?.into_owned(),
            "LastModified" => version.at = try_data(&mut part)?.parse().ok(),
            _ => {}
        }
    }
    Ok(version)
}

impl Anchors for Bucket {
    fn write<'a>(&'a self, anchor: &'a NewAnchor, now: Timestamp) -> AnchorsAnswer<'a, ()> {
        Box::pin(self.put(anchor, now))
    }

    fn all<'a>(
        &'a self,
        practice: Option<&'a PracticeId>,
        now: Timestamp,
    ) -> AnchorsAnswer<'a, Vec<FoundAnchor>> {
        Box::pin(self.find(practice, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_deletions_and_where_to_go_on() {
        let answer = r#"<?xml version="1.0" encoding="UTF-8"?>
            <ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <Name>b</Name><IsTruncated>true</IsTruncated>
              <NextKeyMarker>woolpit/2026-11-26.json</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>
              <DeleteMarker><Key>woolpit/2026-11-26.json</Key><VersionId>v2</VersionId>
                <LastModified>2026-11-27T09:00:00.000Z</LastModified><Owner><ID>x</ID></Owner></DeleteMarker>
              <Version><Key>woolpit/2026-11-26.json</Key><VersionId>v1</VersionId>
                <LastModified>2026-11-26T03:17:04.000Z</LastModified><Size>200</Size></Version>
            </ListVersionsResult>"#;
        let page = listed(answer).unwrap();
        let seen: Vec<_> = page
            .versions
            .iter()
            .map(|one| (&*one.id, one.is_deletion))
            .collect();
        assert_eq!(seen, [("v2", true), ("v1", false)]);
        assert_eq!(
            page.versions[1].at,
            Some("2026-11-26T03:17:04Z".parse().unwrap())
        );
        assert_eq!(page.next.unwrap().1, "v1");
        assert!(listed("no list").is_err());
    }
}
