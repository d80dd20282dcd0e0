//! Keys of the one table. The tenant comes first in every one of them.
//!
//! A role can be kept to some partitions, but not to some items of one. So what people publish (a
//! practice's settings and policies, and which accounts are whose) shares no partition with anything
//! that a function writes, and what people do in the console shares none with what others write.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use pagewarden_rules::{Channel, Platform, PostKey, PracticeId, RevisionId};
use sha2::{Digest, Sha256};

use crate::retention::KeptAs;

/// The `due` index is spread over this many partitions, so that no one of them takes every write.
pub const DUE_SHARDS: u8 = 4;

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Key {
            pk: pk.into(),
            sk: sk.into(),
        }
    }

    pub(crate) fn attributes(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("PK".to_owned(), AttributeValue::S(self.pk.clone())),
            ("SK".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }

    /// Returns `true` if the item stays for ever as it was first written: a line of a history, a
    /// policy, or what staff wrote down.
    pub(crate) fn is_never_written_to(&self) -> bool {
        ["EVT#", "POLICY#", "ENTRY#", "NOTE#", "RESTRICT#"]
            .iter()
            .any(|kind| self.sk.starts_with(kind))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.pk, self.sk)
    }
}

pub(crate) fn post(post: &PostKey) -> String {
    format!("P#{}#POST#{}#{}", post.practice, post.platform, post.id)
}

/// Returns the post whose partition this is, if it is a post's.
pub(crate) fn post_of(pk: &str) -> Option<PostKey> {
    let (practice, post) = pk.strip_prefix("P#")?.split_once("#POST#")?;
    let (platform, id) = post.split_once('#')?;
    Some(PostKey {
        practice: practice.parse().ok()?,
        platform: platform.parse().ok()?,
        id: id.to_owned(),
    })
}

pub(crate) fn revision(key: &PostKey, revision: &RevisionId) -> Key {
    Key::new(post(key), format!("REV#{revision}"))
}

pub(crate) fn event(key: &PostKey, id: &str) -> Key {
    Key::new(post(key), format!("EVT#{id}"))
}

pub(crate) fn state(key: &PostKey) -> Key {
    Key::new(post(key), "STATE")
}

pub(crate) fn tombstone(key: &PostKey) -> Key {
    Key::new(post(key), "TOMBSTONE")
}

/// That a post's author is called so, by which of their names. What names they are only the place in
/// the index says, and that goes with the words.
pub(crate) fn called(key: &PostKey, name: &str) -> Key {
    Key::new(post(key), format!("{CALLED}{name}"))
}

pub(crate) const CALLED: &str = "BY#";

pub(crate) fn action(key: &PostKey, effect_id: &str) -> Key {
    Key::new(post(key), format!("ACT#{effect_id}"))
}

/// The keys of a revision's pictures.
pub(crate) fn pictures(key: &PostKey, revision: &RevisionId) -> Key {
    Key::new(post(key), pictures_of(revision))
}

/// The sort key of those.
pub(crate) fn pictures_of(revision: &RevisionId) -> String {
    format!("PICTURES#{revision}")
}

pub(crate) fn task(key: &PostKey, id: &str) -> Key {
    Key::new(post(key), format!("TASK#{id}"))
}

/// What a reference is about. A partition of its own for each, so that whoever may write one may
/// write nothing else.
pub(crate) fn reference(practice: &PracticeId, reference: &str) -> Key {
    Key::new(format!("P#{practice}#REF#{reference}"), "-")
}

/// What an author wrote to ask for another look at a post: once for each reference.
pub(crate) fn appeal(key: &PostKey, reference: &str) -> Key {
    Key::new(post(key), format!("APPEAL#{reference}"))
}

/// Tries of somebody on the internet, by a hash that nobody can undo, in an hour.
pub(crate) fn tries(hash: &str, hour: &str) -> Key {
    Key::new(format!("TRIES#{hash}"), hour)
}

/// What the hashes of a day's tries are made with.
pub(crate) fn salt(day: &str) -> Key {
    Key::new("TRIES#SALT", day)
}

pub(crate) fn account_event(
    practice: &PracticeId,
    platform: Platform,
    account: &str,
    id: &str,
) -> Key {
    Key::new(
        format!("P#{practice}#ACCT#{platform}#{account}"),
        format!("EVT#{id}"),
    )
}

/// That a post is an account's.
pub(crate) fn account_post(
    practice: &PracticeId,
    platform: Platform,
    account: &str,
    id: &str,
) -> Key {
    Key::new(
        format!("P#{practice}#ACCT#{platform}#{account}"),
        format!("POST#{id}"),
    )
}

/// The partition of what staff write down. The console may write there.
pub(crate) fn log(practice: &PracticeId) -> String {
    format!("P#{practice}#LOG")
}

pub(crate) fn log_entry(practice: &PracticeId, id: &str) -> Key {
    Key::new(log(practice), format!("ENTRY#{id}"))
}

pub(crate) fn account_note(
    practice: &PracticeId,
    platform: Platform,
    account: &str,
    id: &str,
) -> Key {
    Key::new(log(practice), format!("NOTE#{platform}#{account}#{id}"))
}

/// That an account's record is not used, or is again: by the number of the turn; without it what all
/// of them begin with. The account is hashed, since ids may go on where others end.
pub(crate) fn restriction(practice: &PracticeId, account: &str, nth: Option<usize>) -> Key {
    let nth = nth.map_or_else(String::new, |nth| format!("{nth:06}"));
    Key::new(log(practice), format!("RESTRICT#{account}#{nth}"))
}

/// A line about an account's ladder of warnings; without its number what all of them begin with.
pub(crate) fn ladder(
    practice: &PracticeId,
    platform: Platform,
    account: &str,
    nth: Option<usize>,
) -> Key {
    let nth = nth.map_or_else(String::new, |nth| format!("{nth:06}"));
    Key::new(log(practice), format!("STEP#{platform}#{account}#{nth}"))
}

/// A line about what staff wrote down, by the number of its link.
pub(crate) fn log_event(practice: &PracticeId, seq: u64) -> Key {
    Key::new(log(practice), format!("EVT#{seq:012}"))
}

pub(crate) fn practice(practice: &PracticeId) -> String {
    format!("P#{practice}")
}

pub(crate) fn policy(id: &PracticeId, version: u32) -> Key {
    Key::new(practice(id), format!("POLICY#{version:06}"))
}

pub(crate) fn settings(id: &PracticeId) -> Key {
    Key::new(practice(id), "SETTINGS")
}

/// The partition of the versions of a practice's policy that are proposed, and of how they stand. The
/// console may write there.
pub(crate) fn versions_partition(id: &PracticeId) -> String {
    format!("P#{id}#VERSIONS")
}

pub(crate) fn versions(id: &PracticeId) -> Key {
    Key::new(versions_partition(id), "NOW")
}

pub(crate) fn proposed(id: &PracticeId, version: u32) -> Key {
    Key::new(versions_partition(id), format!("POLICY#{version:06}"))
}

/// What the newest backtest of a version said.
pub(crate) fn tried(id: &PracticeId, version: u32) -> Key {
    Key::new(versions_partition(id), format!("TRIED#{version:06}"))
}

/// A line about the versions of a practice's policy, by the number of its link.
pub(crate) fn versions_event(id: &PracticeId, seq: u64) -> Key {
    Key::new(versions_partition(id), format!("EVT#{seq:012}"))
}

/// The partition of a practice's switch. The console may write there.
pub(crate) fn switch_partition(id: &PracticeId) -> String {
    format!("P#{id}#SWITCH")
}

pub(crate) fn switch(id: &PracticeId) -> Key {
    Key::new(switch_partition(id), "NOW")
}

/// A key that holds nothing: read to open the connection.
pub(crate) fn switch_of_nobody() -> Key {
    Key::new("P##SWITCH", "NOW")
}

/// The end of a practice's chain, in a partition of its own: the functions may write to it, and not
/// to what is in force.
pub(crate) fn chain_head(id: &PracticeId) -> Key {
    Key::new(format!("P#{id}#CHAIN"), "HEAD")
}

/// The anchor of the day: beside the head, because the same function reads that.
pub(crate) fn anchor(id: &PracticeId) -> Key {
    Key::new(format!("P#{id}#CHAIN"), "ANCHOR")
}

/// A line about a practice as a whole, by the number of its link.
pub(crate) fn practice_event(id: &PracticeId, seq: u64) -> Key {
    Key::new(practice(id), format!("EVT#{seq:012}"))
}

/// That somebody asked for everything of a practice to be deleted.
pub(crate) fn offboarding(id: &PracticeId) -> Key {
    Key::new(practice(id), "OFFBOARDING")
}

/// The proof that everything of a practice was deleted. It stays, with what its anchors follow from.
pub(crate) fn proof_of_deletion(id: &PracticeId) -> Key {
    Key::new(format!("P#{id}#GONE"), "PROOF")
}

/// The partition of what a practice let go. The function that does it writes there.
pub(crate) fn retention_partition(id: &PracticeId) -> String {
    format!("P#{id}#RETENTION")
}

/// A line about what a practice let go, by the number of its link.
pub(crate) fn retention_event(id: &PracticeId, seq: u64) -> Key {
    Key::new(retention_partition(id), format!("EVT#{seq:012}"))
}

/// What people said of a clause's hidden posts; of every clause, with an empty one.
pub(crate) fn watched_rule(id: &PracticeId, clause: &str) -> Key {
    Key::new(format!("P#{id}#RULES"), format!("RULE#{clause}"))
}

/// A line about a practice's switch, by the number of its link.
pub(crate) fn switch_event(id: &PracticeId, seq: u64) -> Key {
    Key::new(switch_partition(id), format!("EVT#{seq:012}"))
}

pub(crate) fn quota(id: &PracticeId, window: &str) -> Key {
    Key::new(format!("P#{id}#QUOTA"), window)
}

/// What was counted on a day.
pub(crate) fn count(id: &PracticeId, day: Date) -> Key {
    Key::new(format!("P#{id}#COUNT"), day.to_string())
}

pub(crate) fn channel(channel: &Channel) -> Key {
    Key::new(
        format!("CHANNEL#{}#{}", channel.platform, channel.account),
        "-",
    )
}

/// The partition that lists every channel.
pub(crate) const CHANNELS: &str = "CHANNELS";

pub(crate) fn channel_listed(channel: &Channel) -> Key {
    Key::new(
        CHANNELS,
        format!("{}#{}", channel.platform, channel.account),
    )
}

/// Says that a practice names somebody. The identity is hashed, so that the key holds no address.
pub(crate) fn person(identity: &str, practice: &PracticeId) -> Key {
    Key::new(person_partition(identity), practice.as_str())
}

/// The partition that lists the practices which name somebody.
pub(crate) fn person_partition(identity: &str) -> String {
    format!("PERSON#{}", hex::encode(Sha256::digest(identity)))
}

/// The partition of what people are told at a practice. The function that tells them writes there.
pub(crate) fn notices(id: &PracticeId) -> String {
    format!("P#{id}#NOTICES")
}

pub(crate) fn notice(id: &PracticeId, notice: &str) -> Key {
    Key::new(notices(id), format!("NOTICE#{notice}"))
}

/// When a practice's next digest goes out.
pub(crate) fn digest(id: &PracticeId) -> Key {
    Key::new(notices(id), "DIGEST")
}

/// The newest sample for a second look: of which week, and what was drawn.
pub(crate) fn sample(id: &PracticeId) -> Key {
    Key::new(notices(id), "SAMPLE")
}

/// When a kind of alert was last told for the first time.
pub(crate) fn burst(id: &PracticeId, alert: &str) -> Key {
    Key::new(notices(id), format!("BURST#{alert}"))
}

/// That a way reached nobody.
pub(crate) fn dead_way(id: &PracticeId, way: &str) -> Key {
    Key::new(notices(id), format!("DEAD#{way}"))
}

/// The code by which somebody confirms a way. The console asks for it and the function that tells
/// people sends it, so it has a partition that both may write.
pub(crate) fn code(id: &PracticeId, way: &str) -> Key {
    Key::new(format!("P#{id}#CODES"), format!("CODE#{way}"))
}

/// The partition of what a practice's people have said about themselves. Only the console writes there.
pub(crate) fn people(id: &PracticeId) -> String {
    format!("P#{id}#PEOPLE")
}

/// That somebody confirmed a way to reach them.
pub(crate) fn way(id: &PracticeId, way: &str) -> Key {
    Key::new(people(id), format!("WAY#{way}"))
}

/// Something about a practice as a whole that its people are told.
pub(crate) fn alert(id: &PracticeId, kind: &str, occasion: &str) -> Key {
    Key::new(format!("P#{id}#ALERT"), format!("{kind}#{occasion}"))
}

/// Returns the revision whose sort key this is, if it is a revision's.
pub(crate) fn revision_of(sk: &str) -> Option<RevisionId> {
    Some(RevisionId(sk.strip_prefix("REV#")?.to_owned()))
}

/// Returns the practice to which a partition belongs, if it is a practice's.
pub(crate) fn practice_in(pk: &str) -> Option<PracticeId> {
    pk.strip_prefix("P#")?.split('#').next()?.parse().ok()
}

pub(crate) fn edits(channel: &Channel, minute: &str) -> Key {
    Key::new(
        format!("GATE#{}#{}", channel.platform, channel.account),
        format!("EDITS#{minute}"),
    )
}

pub(crate) fn gate(channel: &Channel) -> Key {
    Key::new(
        format!("GATE#{}#{}", channel.platform, channel.account),
        "-",
    )
}

pub(crate) fn app_gate(platform: Platform) -> Key {
    Key::new(format!("GATE#{platform}"), "-")
}

pub(crate) fn unknown_channel(channel: &Channel) -> Key {
    Key::new(
        format!("UNKNOWN#{}#{}", channel.platform, channel.account),
        "-",
    )
}

pub(crate) fn sweep(id: &PracticeId, channel: &Channel) -> Key {
    Key::new(
        format!("P#{id}#SWEEP#{}#{}", channel.platform, channel.account),
        "-",
    )
}

/// Where the last round of sweeps broke off.
pub(crate) fn round() -> Key {
    Key::new("SWEEPS", "LEFT")
}

/// In the table of rotating tokens.
pub(crate) fn access(id: &PracticeId, channel: &Channel) -> Key {
    Key::new(
        practice(id),
        format!("{}#{}", channel.platform, channel.account),
    )
}

/// When a channel could not be swept last.
pub(crate) fn sweep_failed(id: &PracticeId, channel: &Channel) -> Key {
    Key::new(
        format!("P#{id}#SWEEP#{}#{}", channel.platform, channel.account),
        "FAILED",
    )
}

pub(crate) fn channel_checked(id: &PracticeId, channel: &Channel) -> Key {
    Key::new(
        format!("P#{id}#SWEEP#{}#{}", channel.platform, channel.account),
        "CHECKED",
    )
}

pub(crate) fn sweep_wanted(id: &PracticeId, channel: &Channel) -> Key {
    Key::new(
        format!("P#{id}#SWEEP#{}#{}", channel.platform, channel.account),
        "WANTED",
    )
}

/// A session, by the hash of the secret that its cookie holds.
pub(crate) fn session(secret: &str) -> Key {
    Key::new(
        format!("SESSION#{}", hex::encode(Sha256::digest(secret))),
        "-",
    )
}

/// An attempt to sign in, by the hash of the secret that its cookie holds.
pub(crate) fn sign_in(secret: &str) -> Key {
    Key::new(
        format!("SIGNIN#{}", hex::encode(Sha256::digest(secret))),
        "-",
    )
}

/// Returns the partition of the `due` index for a post: stable, so that an item never moves.
pub(crate) fn due_partition(key: &PostKey) -> String {
    let digest = Sha256::digest(post(key).as_bytes());
    due_shard(digest[0] % DUE_SHARDS)
}

/// Returns the partition of the `due` index that lists what a practice keeps, by the time of the
/// last line about it.
pub(crate) fn kept_partition(id: &PracticeId, kind: KeptAs) -> String {
    format!("KEEP#{id}#{kind}")
}

/// Returns the partition of the `due` index that lists the revisions of a practice that were judged,
/// by when.
pub(crate) fn judged_partition(id: &PracticeId) -> String {
    format!("JUDGED#{id}")
}

/// Returns the partition of the `due` index that lists the posts of a practice whose authors are
/// called so, by when they were decided. The name is hashed, so that the key holds none.
pub(crate) fn called_partition(id: &PracticeId, hash: &str) -> String {
    format!("BY#{id}#{hash}")
}

/// The partition of the index with the practices that left.
pub(crate) const GONE: &str = "GONE";

pub(crate) fn due_shard(shard: u8) -> String {
    format!("DUE#{shard}")
}

pub(crate) fn due_time(at: Timestamp, unique: &str) -> String {
    format!("{}#{unique}", sortable(at))
}

pub(crate) fn queue_partition(id: &PracticeId) -> String {
    format!("Q#{id}")
}

/// Returns the partition of the `queue` index in which a practice's closed tasks are found by their
/// ids.
pub(crate) fn closed_partition(id: &PracticeId) -> String {
    format!("DONE#{id}")
}

/// Returns the partition of the `due` index that lists what a practice's people are to be told, by
/// when: tasks, alerts, codes, and notices that are to be sent. They have their own, so that many
/// late tasks hold up no retry.
pub(crate) fn late_partition(id: &PracticeId) -> String {
    let digest = Sha256::digest(id.as_str().as_bytes());
    late_shard(digest[0] % DUE_SHARDS)
}

/// The partition of the `due` index that lists when each practice's next digest goes out. All of them
/// go out in the same minute, and what is late must not stand behind them.
pub(crate) const DIGESTS: &str = "DIGESTS";

pub(crate) fn late_shard(shard: u8) -> String {
    format!("LATE#{shard}")
}

/// Returns a time whose text sorts as the time does: always with milliseconds.
pub(crate) fn sortable(at: Timestamp) -> String {
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_told_from_its_partition() {
        let key = PostKey {
            practice: "woolpit".parse().unwrap(),
            platform: Platform::Google,
            id: "a/b#POST#c".into(),
        };
        assert_eq!(post_of(&post(&key)), Some(key));
        assert_eq!(post_of("P#woolpit"), None);
        assert_eq!(post_of("P#woolpit#SWEEP#google#a/b"), None);
    }
}
