//! The envelope of Meta's deliveries: `{object, entry: [{id, time, changes: [{field, value}]}]}`.
//!
//! Meta's examples for Instagram have field and value in the entry itself, and the whole in a list;
//! the words beside them have the value in a list. All of it is read.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use pagewarden_rules::{Channel, Platform};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::delivery::Malformed;
use crate::document::{Document, Part, Raw, Sent};
use crate::json::{self, Members};
use crate::{Incoming, Verified, facebook, id, instagram};

/// Reads a delivery: one incoming for each change, in order.
///
/// Each change is read on its own, so that whatever is wrong with one takes no other along. An
/// event that comes twice in one body is told once.
pub fn read(delivery: Verified<'_>) -> Result<Vec<Sent<Incoming>>, Malformed> {
    let body = Document::new(delivery.body());
    let mut incoming = Vec::new();
    for envelope in envelopes(body.text())? {
        let object = envelope.value("object");
        for entry in envelope.elements("entry") {
            read_entry(
                object.as_str().unwrap_or_default(),
                &body,
                &Members::new(entry),
                &mut incoming,
            );
        }
    }
    once(&mut incoming);
    Ok(incoming)
}

/// Returns the one envelope of a body, or those of a list.
fn envelopes(body: &str) -> Result<Vec<Members<'_>>, Malformed> {
    if let Ok(envelope) = serde_json::from_str(body) {
        return Ok(vec![envelope]);
    }
    let list: Vec<&RawValue> = serde_json::from_str(body).map_err(|_| Malformed)?;
    let envelopes: Vec<Members<'_>> = list
        .iter()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok())
        .collect();
    if envelopes.is_empty() {
        Err(Malformed)
    } else {
        Ok(envelopes)
    }
}

fn read_entry(
    object: &str,
    body: &Document<'_>,
    entry: &Members<'_>,
    incoming: &mut Vec<Sent<Incoming>>,
) {
    let before = incoming.len();
    let account = id::id(&entry.value("id"));
    let sent_at = json::time(&serde_json::json!({ "time": entry.value("time") }), "time");
    let read = |field: &str, whole: Part<'_>, value: Option<Part<'_>>| -> Vec<Sent<Incoming>> {
        let several = value.map(|value| value.items()).unwrap_or_default();
        let sent = |part: Part<'_>, value: &Value| Sent {
            read: read_value(object, account.as_deref(), sent_at, field, value),
            raw: part.raw(&[]),
        };
        if several.is_empty() {
            return vec![sent(
                whole,
                &value.map_or(Value::Null, |value| value.value()),
            )];
        }
        several
            .into_iter()
            .map(|one| sent(one, &one.value()))
            .collect()
    };
    for change in entry
        .elements("changes")
        .into_iter()
        .map(|text| body.part(text))
    {
        let field = change
            .member("field")
            .map(|field| field.value())
            .unwrap_or_default();
        incoming.extend(read(
            field.as_str().unwrap_or_default(),
            change,
            change.member("value"),
        ));
    }
    for value in entry.all("value").map(|text| body.part(text)) {
        incoming.extend(read(
            entry.value("field").as_str().unwrap_or_default(),
            value,
            Some(value),
        ));
    }
    let ignored = |reason| Sent {
        read: Incoming::Ignored { reason },
        raw: Raw::default(),
    };
    for _ in entry
        .elements("messaging")
        .into_iter()
        .chain(entry.elements("standby"))
    {
        incoming.push(ignored("a private message"));
    }
    for _ in entry.elements("changed_fields") {
        incoming.push(ignored(
            "a change without its values: \"Include Values\" is off",
        ));
    }
    if incoming.len() == before {
        incoming.push(ignored("an entry without changes"));
    }
}

fn read_value(
    object: &str,
    account: Option<&str>,
    sent_at: Option<Timestamp>,
    field: &str,
    value: &Value,
) -> Incoming {
    if !value.is_object() {
        return Incoming::Ignored {
            reason: "a change without a value",
        };
    }
    match (object, account) {
        ("page", Some(account)) => {
            let channel = Channel {
                platform: Platform::Facebook,
                account: account.to_owned(),
            };
            facebook::read_change(channel, sent_at, field, value)
        }
        ("instagram", Some(account)) => {
            let channel = Channel {
                platform: Platform::Instagram,
                account: account.to_owned(),
            };
            instagram::read_change(channel, sent_at, field, value)
        }
        ("page" | "instagram", None) => Incoming::Ignored {
            reason: "a change without the account's id",
        },
        ("permissions", _) => read_permission(value),
        _ => Incoming::Ignored {
            reason: "an object that is not watched",
        },
    }
}

fn read_permission(value: &Value) -> Incoming {
    let accounts: Vec<String> = value["target_ids"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(id::id)
        .collect();
    match json::text(value, "verb") {
        Some("revoked") if !accounts.is_empty() => Incoming::Revoked {
            platform: Platform::Facebook,
            accounts,
        },
        _ => Incoming::Ignored {
            reason: "a change of permissions that takes none from an account",
        },
    }
}

/// Replaces every repeated event but the first.
///
/// Events have no id of their own, so the same event is the same content at the same time. Only ids
/// that come more than once are looked at, because the content of a post is hashed for it.
fn once(incoming: &mut [Sent<Incoming>]) {
    let mut times: HashMap<&str, u32> = HashMap::new();
    for id in incoming.iter().filter_map(|item| item.id()) {
        *times.entry(id).or_default() += 1;
    }
    let doubled: HashSet<String> = times
        .into_iter()
        .filter(|(_, n)| *n > 1)
        .map(|(id, _)| id.to_owned())
        .collect();
    let mut seen = HashSet::new();
    for item in incoming {
        if item.id().is_some_and(|id| doubled.contains(id)) && !seen.insert(event(item)) {
            item.read = Incoming::Ignored {
                reason: "the same event twice in one delivery",
            };
        }
    }
}

/// Returns what tells an event from another of the same post.
fn event(incoming: &Incoming) -> String {
    let (what, at) = match incoming {
        Incoming::Post(post) => (post.revision().0, post.posted_at),
        Incoming::Incomplete { .. } => ("incomplete".to_owned(), None),
        Incoming::Own { at, .. } => ("own".to_owned(), *at),
        Incoming::Removed { at, .. } => ("removed".to_owned(), *at),
        Incoming::Visibility {
            hidden,
            by_page,
            at,
            ..
        } => (format!("hidden {hidden} {by_page}"), *at),
        Incoming::Revoked { .. } | Incoming::Ignored { .. } => (String::new(), None),
    };
    let account = incoming.channel().map(|channel| channel.account.as_str());
    format!("{account:?} {:?} {what} {at:?}", incoming.id())
}
