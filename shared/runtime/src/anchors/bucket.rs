//! Anchors in a bucket whose objects nobody can change or delete before their time.

use std::collections::BTreeMap;

use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use jiff::Timestamp;
use pagewarden_ledger::{FoundAnchor, NewAnchor};
use pagewarden_platforms::calls::encode;
use pagewarden_rules::PracticeId;

use super::{Anchors, AnchorsAnswer, AnchorsError, name_of, named};
use crate::bucket::{Bucket, BucketError};

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
            found.push(FoundAnchor {
                practice,
                day,
                text: text(self.read(&path, now).await?)?,
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
        listed(&text(self.read(&path, now).await?)?)
            .map_err(|error| AnchorsError::Unreadable(error.into()))
    }
}

impl From<BucketError> for AnchorsError {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::NoAnswer(why) => AnchorsError::NoAnswer(why),
            BucketError::Refused(status, code) => AnchorsError::Refused(status, code),
        }
    }
}

fn text(answer: Vec<u8>) -> Result<String, AnchorsError> {
    String::from_utf8(answer).map_err(|error| AnchorsError::Unreadable(error.into()))
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
        Box::pin(async move {
            let name = name_of(&anchor.practice, anchor.day);
            let text = anchor.text.clone().into_bytes();
            Ok(self.write_new(&name, "application/json", text, now).await?)
        })
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
