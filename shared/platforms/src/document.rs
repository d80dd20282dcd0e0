//! JSON as a platform sent it: what it says, and the bytes that say it, which are kept as evidence.

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::escapes::Repaired;
use crate::json::{self, Members};

/// Bytes exactly as a platform sent them. They hold somebody's words, so they are never shown by
/// chance.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Raw(Vec<u8>);

impl Raw {
    /// Returns the bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({} bytes)", self.0.len())
    }
}

/// What was read of a change, review or comment, with the bytes that it was read from.
///
/// Where other people's posts stand inside it, as answers stand inside a comment, there is a `null`
/// in their place: each is evidence of itself, and goes when its own words go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent<T> {
    /// What it says.
    pub read: T,
    /// How it was sent.
    pub raw: Raw,
}

impl<T> Sent<T> {
    /// Reads on, from the same bytes.
    #[must_use]
    pub fn map<U>(self, read: impl FnOnce(T) -> U) -> Sent<U> {
        Sent {
            read: read(self.read),
            raw: self.raw,
        }
    }
}

impl<T> Deref for Sent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.read
    }
}

/// A body that is JSON.
#[derive(Clone, Debug, Default)]
pub struct Document<'a> {
    came: &'a [u8],
    repaired: Repaired<'a>,
    unreadable: Cell<usize>,
}

impl<'a> Document<'a> {
    /// Takes a body as it came.
    #[must_use]
    pub fn new(came: &'a [u8]) -> Self {
        Document {
            came,
            repaired: Repaired::new(came),
            unreadable: Cell::new(0),
        }
    }

    /// Returns the text that a strict parser reads.
    pub(crate) fn text(&self) -> &str {
        &self.repaired.text
    }

    /// Returns the whole of it; none where it is no JSON.
    pub(crate) fn root(&self) -> Option<Part<'_>> {
        Some(Part {
            document: self,
            text: serde_json::from_str(self.text()).ok()?,
        })
    }

    /// Returns how many rows of its lists, and lists inside of rows, could not be read so far.
    pub(crate) const fn unreadable(&self) -> usize {
        self.unreadable.get()
    }

    /// Returns a part of it, which was read from its text.
    pub(crate) const fn part<'b>(&'b self, text: &'b RawValue) -> Part<'b> {
        Part {
            document: self,
            text,
        }
    }

    /// Returns the bytes of what stands in the text.
    fn raw(&self, text: &str) -> &'a [u8] {
        let start = text
            .as_ptr()
            .addr()
            .saturating_sub(self.text().as_ptr().addr());
        self.came
            .get(self.repaired.came(start)..self.repaired.came(start + text.len()))
            .unwrap_or_default()
    }
}

/// A value in a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    document: &'a Document<'a>,
    text: &'a RawValue,
}

impl<'a> Part<'a> {
    /// Returns what it says, or null where it cannot be read (nested too deeply).
    pub(crate) fn value(&self) -> Value {
        json::value(self.text)
    }

    /// Returns a member, the last where there are several: the one that [`Part::value`] has.
    pub(crate) fn member(&self, name: &str) -> Option<Part<'a>> {
        Members::new(self.text)
            .all(name)
            .last()
            .map(|text| Part { text, ..*self })
    }

    /// Returns its elements; none where it is no array.
    pub(crate) fn items(&self) -> Vec<Part<'a>> {
        json::elements(self.text)
            .into_iter()
            .map(|text| Part { text, ..*self })
            .collect()
    }

    /// Reads its elements as the rows of a list; none where it is no array. One that does not read
    /// takes no other along, and is counted in the document.
    pub(crate) fn rows<T>(&self, mut read: impl FnMut(Part<'a>) -> Option<T>) -> Option<Vec<T>> {
        let rows = json::array(self.text)?.into_iter();
        let rows = rows.filter_map(|text| Part { text, ..*self }.counted(&mut read));
        Some(rows.collect())
    }

    /// Reads it, and counts it in the document where it does not read.
    pub(crate) fn counted<T>(&self, read: impl FnOnce(Part<'a>) -> Option<T>) -> Option<T> {
        let value = read(*self);
        if value.is_none() {
            self.document.unreadable.update(|count| count + 1);
        }
        value
    }

    /// Returns its bytes, but for these members.
    pub(crate) fn raw(&self, without: &[&str]) -> Raw {
        let (members, mut raw, mut kept) = (Members::new(self.text), Vec::new(), self.text.get());
        let mut left_out: Vec<&str> = without
            .iter()
            .flat_map(|name| members.all(name))
            .map(RawValue::get)
            .filter(|text| *text != "null")
            .collect();
        left_out.sort_by_key(|text| text.as_ptr().addr());
        for text in left_out {
            let at = text.as_ptr().addr() - kept.as_ptr().addr();
            raw.extend_from_slice(self.document.raw(&kept[..at]));
            raw.extend_from_slice(b"null");
            kept = &kept[at + text.len()..];
        }
        raw.extend_from_slice(self.document.raw(kept));
        Raw(raw)
    }

    /// Reads it, leaving these members out of its bytes.
    pub(crate) fn read<T>(
        &self,
        without: &[&str],
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<Sent<T>> {
        Some(Sent {
            read: read(&self.value())?,
            raw: self.raw(without),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"[{\"id\" : 7, \"words\": \"caf\\u00e9 \0 \xff\", \"below\": [{\"id\":8}] , \"end\":\t1.50}]";

    #[test]
    fn a_part_has_the_bytes_that_came() {
        let document = Document::new(BODY);
        let row = document.root().expect("JSON").items()[0];
        assert_eq!(row.raw(&[]).bytes(), &BODY[1..BODY.len() - 1]);
        let below = row.member("below").expect("a list").items();
        assert_eq!(
            (below.len(), below[0].raw(&[]).bytes()),
            (1, &b"{\"id\":8}"[..])
        );
        assert_eq!(row.value()["words"], "caf\u{e9} \0 \u{fffd}");
    }

    #[test]
    fn what_others_wrote_is_left_out_and_nothing_else() {
        let document = Document::new(BODY);
        let row = document.root().expect("JSON").items()[0];
        let raw = row.raw(&["end", "none", "below"]);
        let expected =
            b"{\"id\" : 7, \"words\": \"caf\\u00e9 \0 \xff\", \"below\": null , \"end\":\tnull}";
        assert_eq!(raw.bytes(), expected);
        assert_eq!(format!("{raw:?}"), format!("Raw({} bytes)", expected.len()));
    }

    #[test]
    fn rows_that_do_not_read_are_counted_and_take_no_other_along() {
        let document = Document::new(br#"{"list": [1, "two", 3, {}], "none": {}, "empty": []}"#);
        let root = document.root().expect("JSON");
        let rows = |name| {
            root.member(name)
                .and_then(|list| list.rows(|row| row.value().as_u64()))
        };
        assert_eq!(rows("empty"), Some(vec![]));
        assert_eq!((rows("none"), rows("missing")), (None, None));
        assert_eq!(document.unreadable(), 0);
        assert_eq!(rows("list"), Some(vec![1, 3]));
        assert_eq!(document.unreadable(), 2);
    }

    #[test]
    fn of_doubled_members_the_last_is_read_and_all_are_left_out() {
        let body = br#"{"a": [1], "a": [2, 3]}"#;
        let document = Document::new(body);
        let root = document.root().expect("JSON");
        assert_eq!(root.member("a").expect("a list").items().len(), 2);
        assert_eq!(root.raw(&["a"]).bytes(), br#"{"a": null, "a": null}"#);
        assert!(Document::new(b"<html>").root().is_none());
    }
}
