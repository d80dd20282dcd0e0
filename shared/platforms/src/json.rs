//! Tolerant reading of JSON: members of the wrong type are as good as absent, doubled ones are all
//! kept.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of an object, unread, in order; empty for anything that is no object.
///
/// A map would drop one of two members of the same name, and with it the changes inside.
pub(crate) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    pub(crate) fn new(raw: &'a RawValue) -> Self {
        serde_json::from_str(raw.get()).unwrap_or(Members(Vec::new()))
    }

    /// Returns every member of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &'a RawValue> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, raw)| *raw)
    }

    /// Returns the first member of this name, read.
    pub(crate) fn value(&self, name: &str) -> Value {
        self.all(name).next().map_or(Value::Null, value)
    }

    /// Returns the elements of every array of this name, unread.
    pub(crate) fn elements(&self, name: &str) -> Vec<&'a RawValue> {
        self.all(name).flat_map(elements).collect()
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// Returns the elements of an array, unread; none for anything that is no array.
pub(crate) fn elements(raw: &RawValue) -> Vec<&RawValue> {
    array(raw).unwrap_or_default()
}

/// Returns the elements of an array, unread, or none where it is no array.
pub(crate) fn array(raw: &RawValue) -> Option<Vec<&RawValue>> {
    let elements: Elements<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(elements.0)
}

/// The elements of an array, unread.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'a, 'de: 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Elements<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(Visit)
    }
}

/// Returns the value, or null for one that cannot be read (nested too deeply).
pub(crate) fn value(raw: &RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap_or(Value::Null)
}

/// Returns a member that is a text with something in it.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// Characters of the longest name that is kept: many times what any platform lets anybody have.
const LONGEST_NAME: usize = 200;

/// Returns a member that is somebody's name: of one that is longer than any platform allows, as
/// much as one may be.
pub(crate) fn name(value: &Value, name: &str) -> Option<String> {
    text(value, name).map(|name| name.chars().take(LONGEST_NAME).collect())
}

/// Returns a member that is a link to a platform's own page, unless it is longer than any of those.
pub(crate) fn link<'a>(value: &'a Value, name: &str, begins: &str) -> Option<&'a str> {
    text(value, name).filter(|link| link.starts_with(begins) && link.len() <= 2_000)
}

/// Returns a member that is a time: seconds since 1970, milliseconds, or one of the platforms'
/// written forms.
pub(crate) fn time(value: &Value, name: &str) -> Option<Timestamp> {
    /// Seconds of the year 5138: more than this is milliseconds.
    const MILLISECONDS_FROM: i64 = 100_000_000_000;
    let time = value.get(name)?;
    if let Some(text) = time.as_str() {
        return text
            .parse()
            .ok()
            .or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok());
    }
    match time.as_i64()? {
        seconds @ 1..MILLISECONDS_FROM => Timestamp::from_second(seconds).ok(),
        milliseconds @ MILLISECONDS_FROM.. => Timestamp::from_millisecond(milliseconds).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_in_every_form() {
        for at in [
            json!(1_603_845_991),
            json!(1_603_845_991_000_u64),
            json!("2020-10-28T00:46:31+0000"),
        ] {
            let at = time(&json!({ "at": at }), "at").map(|at| at.to_string());
            assert_eq!(at.as_deref(), Some("2020-10-28T00:46:31Z"));
        }
        for at in [
            json!(0),
            json!(-5),
            json!("soon"),
            json!(1.5),
            json!(u64::MAX),
            json!(null),
        ] {
            assert_eq!(time(&json!({ "at": at }), "at"), None, "{at}");
        }
    }

    #[test]
    fn doubled_members_are_all_kept() {
        let raw: &RawValue =
            serde_json::from_str(r#"{"a": [1], "b": 7, "a": [2, 3], "a": "no"}"#).expect("sound");
        let members = Members::new(raw);
        assert_eq!(
            members
                .elements("a")
                .iter()
                .map(|raw| raw.get())
                .collect::<Vec<_>>(),
            ["1", "2", "3"]
        );
        assert_eq!(
            (members.value("b"), members.value("c")),
            (json!(7), Value::Null)
        );
    }
}
