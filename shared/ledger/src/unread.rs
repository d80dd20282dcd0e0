//! Posts of which a delivery brought the ids alone: kept until somebody has read them from the
//! platform.
//!
//! Such a post stands where its revision would, and waits for `sweep` instead of `moderate`. Once
//! it is read, what it says is a revision of its own; one that cannot be read is judged as it is,
//! and so goes to a person.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Media, Post, PracticeId};

use crate::intake::{NewRevision, Recorded};
use crate::keys;
use crate::records::RevisionRecord;
use crate::rows::waiting;
use crate::write::{number, text, unless_refused};
use crate::{Due, Ledger, LedgerError};

/// What stands in place of the content of such a post.
const MARK: &str = "unread";

/// Days that the bare ids of a post that was read are kept.
const READ_KEPT_DAYS: i64 = 1;

impl RevisionRecord {
    /// Returns `true` if nobody knows what it says.
    pub(crate) fn is_unread(&self) -> bool {
        self.post.media.iter().any(|media| media.kind == MARK)
    }
}

impl Ledger {
    /// Records that something was written of which only the ids came: the stream carries it to
    /// `sweep`.
    ///
    /// While one waits, another delivery about the same post changes nothing; once it was read, it
    /// is read again.
    pub async fn record_unread(
        &self,
        practice: &PracticeId,
        post: &Post,
        raw: &[u8],
        correlation: &str,
        now: Timestamp,
    ) -> Result<Recorded, LedgerError> {
        // With a mark in place of its content, a person looks at it if nobody can read it.
        let unread = vec![Media {
            kind: MARK.to_owned(),
            id: post.id.clone(),
        }];
        let post = Post {
            media: unread,
            ..post.clone()
        };
        // No words of any time: whatever is read afterwards is newer.
        let record = NewRevision::new(practice, &post, raw, None, correlation).received(now);
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(waiting(&record, Due::Unread, now)?))
            .condition_expression("attribute_not_exists(PK) OR attribute_exists(read_at)");
        Ok(if unless_refused(put.send().await)? {
            Recorded::New
        } else {
            Recorded::Seen
        })
    }

    /// Notes that a post was read: what it says is on record by itself, and this goes in a day.
    pub async fn was_read(
        &self,
        unread: &RevisionRecord,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let expires = now + SignedDuration::from_hours(READ_KEPT_DAYS * 24);
        let update = self
            .unread_update(unread)
            .update_expression(
                "SET read_at = :now, expires = :expires REMOVE due_kind, due_pk, due_sk, #raw",
            )
            .expression_attribute_names("#raw", "raw")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":expires", number(expires.as_second()));
        // Somebody else may have been quicker, to the same end.
        unless_refused(update.send().await).map(|_| ())
    }

    /// Hands a post that cannot be read to a person, by having it judged as it is.
    pub async fn hand_over(&self, unread: &RevisionRecord) -> Result<(), LedgerError> {
        let update = self
            .unread_update(unread)
            .update_expression("SET due_kind = :revision")
            .expression_attribute_values(":revision", text(Due::Revision.name()));
        // Somebody else may have been quicker, to the same end.
        unless_refused(update.send().await).map(|_| ())
    }

    fn unread_update(&self, unread: &RevisionRecord) -> UpdateItemFluentBuilder {
        self.change(&keys::revision(&unread.key, &unread.revision))
            .condition_expression("due_kind = :unread")
            .expression_attribute_values(":unread", text(Due::Unread.name()))
    }
}
