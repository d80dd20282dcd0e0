//! What is cut for whom.
//!
//! The author's own name and account stay: each recipient needs to know whose words these are. What
//! is about other people goes, as do their accounts; and, for whoever is not part of the practice,
//! the names of its staff and what they noted. Nothing is guessed at: where it is not known that
//! something is free of other people, it is left out.

use std::ops::Range;

use pagewarden_ledger::{FindingRecord, RawRecord, Recipient, RevisionRecord, TaskRecord};
use pagewarden_rules::Topic;
use serde_json::Value;

/// What stands where something was cut.
pub const CUT: &str = "[cut]";

/// What stands for a member of staff where only their role is told.
const SOMEBODY: &str = "somebody";

/// Digits in a row, blanks between them not counted, that may be somebody's number.
const NUMBER: usize = 6;

/// Members of what a platform sends that name nobody, whatever stands in them.
const NAMES_NOBODY: [&str; 30] = [
    "item",
    "verb",
    "field",
    "object",
    "type",
    "status",
    "status_type",
    "promotion_status",
    "is_published",
    "created_time",
    "updated_time",
    "time",
    "timestamp",
    "createTime",
    "updateTime",
    "created_at",
    "date",
    "date_gmt",
    "starRating",
    "recommendation_type",
    "lang",
    "media_product_type",
    "like_count",
    "comment_count",
    "hidden",
    "is_hidden",
    "can_hide",
    "profilePhotoUrl",
    "edit_history_tweet_ids",
    "rating",
];

/// Returns what is cut for a recipient, as the cover says it.
#[must_use]
pub fn cuts_for(recipient: Recipient, whole: bool) -> Vec<&'static str> {
    if whole {
        return vec!["Nothing is cut. It may name other people: read it before you pass it on."];
    }
    let mut cuts = vec![
        "What Pagewarden recognised as being about other people than the author, the accounts that were tagged or \
         mentioned, and what may be a number or an e-mail address of somebody, are cut from the words. It does not \
         recognise everything: read them before you pass them on.",
        "The platform's own translation is left out, and what the platform sent where it may name somebody else. The hash \
         of each stands in the record, so that the whole can be compared later.",
        "Members of the practice's staff who are named in the words stay.",
    ];
    if is_outside(recipient) {
        cuts.push(
            "Of the staff who dealt with it only the roles are told, and what they noted is left out. To whom else \
             evidence was given is left out as well.",
        );
    }
    if recipient != Recipient::Author {
        cuts.push(
            "What the author wrote to ask for another look is left out: nobody has looked in it for the names of others.",
        );
    }
    cuts
}

/// Returns `true` if somebody is not part of the practice, nor bound to keep its secrets.
pub(crate) const fn is_outside(recipient: Recipient) -> bool {
    matches!(recipient, Recipient::Police | Recipient::Author)
}

/// Cuts a version of a post. Returns `true` if anything of it was cut.
pub(crate) fn revision(revision: &mut RevisionRecord, findings: &[FindingRecord]) -> bool {
    let before = revision.clone();
    let post = &mut revision.post;
    post.text = without_others(&post.text, findings, &post.tagged);
    for tagged in &mut post.tagged {
        CUT.clone_into(tagged);
    }
    // The post of somebody else that it answers.
    let account = post.channel.account.clone();
    post.parent = post.parent.take().filter(|id| is_post_of(&account, id));
    if let Some(translation) = &mut revision.translation {
        CUT.clone_into(translation);
    }
    if *revision != before
        || !revision
            .raw
            .as_ref()
            .is_some_and(|raw| is_free(raw, &before))
    {
        revision.raw = revision.raw.take().map(digest);
    }
    *revision != before
}

/// Returns what tells the bytes from any others, without them.
pub(crate) fn digest(raw: RawRecord) -> RawRecord {
    let sha256 = raw.sha256();
    match raw {
        RawRecord::Whole(text) => RawRecord::Digest {
            sha256,
            bytes: text.len(),
        },
        RawRecord::Digest { .. } => raw,
    }
}

/// Cuts out of a text what is about other people, or may be.
pub(crate) fn without_others(text: &str, findings: &[FindingRecord], tagged: &[String]) -> String {
    let about_others = findings.iter().filter(|finding| {
        matches!(
            finding.topic,
            Topic::PatientIdentifiable | Topic::OtherPersonIdentifiable
        )
    });
    let mut cuts: Vec<Range<usize>> = about_others.map(|one| one.start..one.end).collect();
    for name in tagged.iter().filter(|name| !name.is_empty()) {
        let found = text.match_indices(name.as_str());
        cuts.extend(found.map(|(at, name)| at..at + name.len()));
    }
    cuts.extend(addresses(text));
    cuts.extend(numbers(text));
    cuts.retain(|cut| cut.start < cut.end && text.get(cut.clone()).is_some());
    cuts.sort_by_key(|cut| cut.start);
    let (mut left, mut at) = (String::new(), 0);
    for cut in cuts {
        if cut.start >= at {
            left.push_str(&text[at..cut.start]);
            left.push_str(CUT);
        }
        at = at.max(cut.end);
    }
    left.push_str(&text[at..]);
    left
}

/// Returns where a text mentions an account or an e-mail address.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let start = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
    text.split_whitespace()
        .filter(|word| word.contains('@'))
        .map(|word| start(word)..start(word) + word.len())
        .collect()
}

/// Returns where a text has what may be a telephone, NHS or account number.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut run: Option<(Range<usize>, usize)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), 'x')]) {
        if c.is_ascii_digit() {
            let (range, digits) = run.get_or_insert((at..at, 0));
            range.end = at + 1;
            *digits += 1;
        } else if !matches!(c, ' ' | '-' | '+' | '(' | ')') {
            found.extend(
                run.take()
                    .filter(|(_, digits)| *digits >= NUMBER)
                    .map(|(range, _)| range),
            );
        }
    }
    found
}

/// Returns `true` if a post's id says that it is one of the account's own, as Facebook's do. Elsewhere
/// an id says nothing, though it may begin with the same digits.
pub(crate) fn is_post_of(account: &str, id: &str) -> bool {
    id.strip_prefix(account)
        .is_some_and(|rest| rest.starts_with('_'))
}

/// Returns `true` if it is known of each thing in what the platform sent that it names nobody but
/// the author, the practice and the post.
fn is_free(raw: &RawRecord, revision: &RevisionRecord) -> bool {
    let RawRecord::Whole(text) = raw else {
        return true;
    };
    let post = &revision.post;
    let own: Vec<&str> = [
        &post.author.id,
        &post.author.name,
        &post.author.handle,
        &post.permalink,
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
    .chain(post.media.iter().map(|media| media.id.as_str()))
    .chain([post.id.as_str(), &post.channel.account, &post.text])
    .collect();
    let account = &post.channel.account;
    let is_own = |text: &str| {
        text.is_empty()
            || own.contains(&text)
            || is_post_of(account, text)
            || text.ends_with(&format!("/reviews/{}", post.id))
            || text.contains(&format!("/{account}/posts/"))
    };
    serde_json::from_str::<Value>(text).is_ok_and(|value| names_nobody(&value, "", &is_own))
}

fn names_nobody(value: &Value, member: &str, is_own: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Null | Value::Bool(_) => true,
        _ if NAMES_NOBODY.contains(&member) => true,
        Value::Number(number) => is_own(&number.to_string()),
        Value::String(text) => is_own(text),
        Value::Array(values) => values.iter().all(|one| names_nobody(one, member, is_own)),
        Value::Object(members) => members
            .iter()
            .all(|(name, one)| names_nobody(one, name, is_own)),
    }
}

/// Cuts what a line says, for somebody outside the practice: names become roles, and notes go.
/// Returns the line's body if anything of it was cut.
pub(crate) fn body(body: &str) -> Option<String> {
    let mut event: Value = serde_json::from_str(body).ok()?;
    let members = event.as_object_mut()?;
    let mut cut = false;
    if let Some(by) = members.get("by").and_then(Value::as_str) {
        let by = by_role(by);
        members.insert("by".to_owned(), Value::String(by));
        cut = true;
    }
    cut |= members.remove("note").is_some();
    for name in ["to", "sha256", "wrong", "right"] {
        if let Some(told) = members.get_mut(name) {
            *told = Value::String(CUT.to_owned());
            cut = true;
        }
    }
    // It becomes a line that names no recipient: that there is another one may be privileged.
    if members.get("kind").and_then(Value::as_str) == Some("exported") {
        return Some(String::new());
    }
    cut.then(|| event.to_string())
}

pub(crate) fn by_role(by: &str) -> String {
    let role = by.rsplit_once(':').map_or("", |(_, role)| role);
    format!("{SOMEBODY}:{role}")
}

/// Cuts a task: the words to report a post by are quoted from it, and the outcome names who decided.
pub(crate) fn task(task: &mut TaskRecord, outside: bool) -> bool {
    if outside
        && let Some(outcome) = &mut task.outcome
        && let Some((choice, by)) = outcome.split_once(" by ")
    {
        *outcome = format!("{choice} by {}", by_role(by));
    }
    task.report.take().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account's number may be the beginning of any post's.
    #[test]
    fn a_post_of_the_account_is_told_by_more_than_its_first_digits() {
        assert!(is_post_of("41", "41_77"));
        for id in ["4177", "41", "7_41", "412_77"] {
            assert!(!is_post_of("41", id), "{id}");
        }
    }

    #[test]
    fn mentions_addresses_and_long_numbers_are_cut() {
        let cut = |text| without_others(text, &[], &["Jean Pike".to_owned()]);
        assert_eq!(
            cut("ask @jean or jean@example.org, Jean Pike on 01384 555 012 or in room 12"),
            "ask [cut] or [cut] [cut] on [cut] or in room 12"
        );
        assert_eq!(
            cut("waited 45 minutes on 3 May"),
            "waited 45 minutes on 3 May"
        );
    }

    #[test]
    fn a_line_for_somebody_outside_names_roles_and_keeps_its_seals() {
        let line =
            r#"{"kind":"chosen","by":"Gail:practice_manager","note":"Vile","seals":{"a":"b"}}"#;
        assert_eq!(
            body(line).unwrap(),
            r#"{"by":"somebody:practice_manager","kind":"chosen","seals":{"a":"b"}}"#
        );
        assert_eq!(body(r#"{"kind":"removed"}"#), None);
        let corrected = r#"{"kind":"rectified","line":2,"by":"G:practice_manager","wrong":"Vile","right":"Odd"}"#;
        let corrected = body(corrected).unwrap();
        assert!(
            !corrected.contains("Vile") && !corrected.contains("Odd"),
            "{corrected}"
        );
        // What is left of a line can be read.
        let restricted =
            r#"{"kind":"restricted","on":true,"by":"G:practice_manager","note":"Vile"}"#;
        for line in [corrected, body(restricted).unwrap()] {
            assert!(
                serde_json::from_str::<pagewarden_ledger::Event>(&line).is_ok(),
                "{line}"
            );
        }
    }
}
