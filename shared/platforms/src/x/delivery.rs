//! Deliveries of the Activity API, one event each, and of the older Account Activity API, lists of
//! posts.

use pagewarden_rules::{Channel, Platform, Surface};
use serde_json::Value;
use serde_json::value::RawValue;

use super::XPost;
use super::post::author_of;
use crate::delivery::Malformed;
use crate::document::{Document, Part, Raw, Sent};
use crate::json::{self, Members};
use crate::{Incoming, Verified, id};

/// Why a delivery is ignored in which no event was found.
pub const TELLS_NOTHING: &str = "a delivery that tells nothing of a post";

/// Reads a delivery: one incoming for each event, in order.
///
/// Each event is read on its own, so that whatever is wrong with one takes no other along.
pub fn read(delivery: Verified<'_>) -> Result<Vec<Sent<Incoming>>, Malformed> {
    let body = Document::new(delivery.body());
    let envelope: Members<'_> = serde_json::from_str(body.text()).map_err(|_| Malformed)?;
    let account = id::id(&envelope.value("for_user_id"));
    let mut incoming: Vec<Sent<Incoming>> = envelope
        .all("data")
        .flat_map(|text| activity(body.part(text)))
        .collect();
    for text in envelope.elements("tweet_create_events") {
        incoming.extend(older(account.as_deref(), body.part(text)));
    }
    let other = |text: &RawValue, incoming: Incoming| Sent {
        read: incoming,
        raw: body.part(text).raw(&[]),
    };
    for text in envelope.elements("tweet_delete_events") {
        incoming.push(other(
            text,
            removed(account.as_deref(), json::value(text)["status"].get("id")),
        ));
    }
    for text in envelope.all("user_event") {
        incoming.push(other(
            text,
            revoked(json::value(text)["revoke"]["source"].get("user_id")),
        ));
    }
    if incoming.is_empty() {
        incoming.push(Sent {
            read: Incoming::Ignored {
                reason: TELLS_NOTHING,
            },
            raw: Raw::default(),
        });
    }
    Ok(incoming)
}

/// What others wrote and X sends inside of a post of the older form.
const WITHIN: [&str; 2] = ["quoted_status", "retweeted_status"];

fn channel(account: &str) -> Channel {
    Channel {
        platform: Platform::X,
        account: account.to_owned(),
    }
}

/// Reads an event of the Activity API. Its bytes are those of the post that it is about: what X
/// sends beside that are other people, and their posts.
fn activity(part: Part<'_>) -> Vec<Sent<Incoming>> {
    let raw = part.member("payload").unwrap_or(part).raw(&[]);
    event(&part.value())
        .into_iter()
        .map(|read| Sent {
            read,
            raw: raw.clone(),
        })
        .collect()
}

fn event(event: &Value) -> Vec<Incoming> {
    let account = event["filter"].get("user_id").and_then(id::id);
    let payload = &event["payload"];
    vec![match json::text(event, "event_type").unwrap_or_default() {
        "post.create" | "post.reply.create" | "post.mention.create" | "post.quote.create" => {
            match (XPost::parse(payload, &event["includes"]), account) {
                (None, _) => Incoming::Ignored {
                    reason: "a post without its id",
                },
                (_, None) => Incoming::Ignored {
                    reason: "a post without the account's id",
                },
                (Some(post), Some(account)) => {
                    let first = post
                        .conversation
                        .as_deref()
                        .and_then(|first| author_of(&event["includes"], first));
                    let own = first.as_deref() == Some(account.as_str());
                    return told(post, &account, own);
                }
            }
        }
        "post.delete" => removed(account.as_deref(), payload.get("id")),
        "post.repost.create" => Incoming::Ignored { reason: "a repost" },
        // Its filter may be empty: only what it tells names the account.
        "oauth.revoke" => revoked(payload.get("user_id")),
        _ => Incoming::Ignored {
            reason: "an event that is not watched",
        },
    }]
}

/// Reads a post of the older API.
fn older(account: Option<&str>, part: Part<'_>) -> Vec<Sent<Incoming>> {
    let raw = part.raw(&WITHIN);
    older_post(account, &part.value())
        .into_iter()
        .map(|read| Sent {
            read,
            raw: raw.clone(),
        })
        .collect()
}

fn older_post(account: Option<&str>, value: &Value) -> Vec<Incoming> {
    let is_repost = value
        .get("retweeted_status")
        .is_some_and(|status| !status.is_null());
    let reason = match (account, XPost::of_older(value)) {
        (None, _) => "a post without the account's id",
        _ if is_repost => "a repost",
        (_, None) => "a post without its id",
        (Some(account), Some(post)) => return told(post, account, false),
    };
    vec![Incoming::Ignored { reason }]
}

/// Returns what a post tells: where X cut its words off, those that came are judged, and the whole
/// is to be read as well.
fn told(post: XPost, account: &str, own_conversation: bool) -> Vec<Incoming> {
    let channel = channel(account);
    let surface: Surface = post.surface(account, own_conversation);
    let thread = post.conversation.clone().filter(|first| *first != post.id);
    if post.is_by(account) {
        return vec![Incoming::Own {
            channel,
            surface,
            id: post.id,
            thread,
            at: post.posted_at,
        }];
    }
    let empty = post.text.is_empty() && post.media.is_empty();
    let whole = (post.cut || empty).then(|| Incoming::Incomplete {
        channel: channel.clone(),
        surface,
        id: post.id.clone(),
        thread,
        author: post.author.clone(),
    });
    let post = (!empty).then(|| Incoming::Post(post.into_post(channel, surface)));
    post.into_iter().chain(whole).collect()
}

/// X tells this of our own posts only; an author who takes a post back is found out by looking.
fn removed(account: Option<&str>, id: Option<&Value>) -> Incoming {
    match (account, id.and_then(id::id)) {
        (Some(account), Some(id)) => Incoming::Removed {
            channel: channel(account),
            id,
            at: None,
        },
        _ => Incoming::Ignored {
            reason: "a removal without the id of what was removed",
        },
    }
}

/// The one event that names no account of ours outside itself.
fn revoked(account: Option<&Value>) -> Incoming {
    match account.and_then(id::id) {
        Some(account) => Incoming::Revoked {
            platform: Platform::X,
            accounts: vec![account],
        },
        None => Incoming::Ignored {
            reason: "an event that is not watched",
        },
    }
}
