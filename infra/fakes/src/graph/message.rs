//! Private replies: one for each comment or visitor's post, and only in the week after it was
//! written.
//!
//! Source: Meta's "Private Replies", for pages and for Instagram accounts.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Graph;
use super::call::{Answer, Call, error, gone};
use crate::Entry;

/// How long after it was written.
const WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Meta's finer codes for a message that comes too late, on Facebook and on Instagram.
const LATE: [u32; 2] = [2_018_278, 2_534_022];

impl Graph {
    pub(super) fn message(&self, call: &Call) -> Result<Answer> {
        let (id, words) = (
            call.recipient(),
            call.object("message")["text"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        );
        let now = self.0.clock.now();
        let mut pages = self.pages();
        let Some(object) = pages.objects.get(&id) else {
            return Ok(Err(gone(&id)));
        };
        if pages.answered.contains(&id) {
            return Ok(Err(error(
                400,
                10900,
                "(#10900) Activity already replied to",
                None,
            )));
        }
        // What is older than the fake counts as written when that was opened: samples and recordings
        // keep their dates, and their authors can be written to all the same.
        let since = |at: Timestamp| now.duration_since(at.max(self.0.opened_at));
        if written_at(object).is_some_and(|at| since(at) > WINDOW) {
            let on_instagram = !object["account"].is_null();
            let words = "(#10) This message is sent outside of allowed window.";
            return Ok(Err(error(
                403,
                10,
                words,
                Some(LATE[usize::from(on_instagram)]),
            )));
        }
        let reply = format!("m_{}", pages.journal.entries().len());
        pages.write(Entry::Replied {
            id,
            reply: reply.clone(),
            words,
            private: true,
            at: Some(now),
        })?;
        Ok(Ok(json!({ "recipient_id": "0", "message_id": reply })))
    }
}

/// Returns when something was written: seconds on a page, text on Instagram.
fn written_at(object: &Value) -> Option<Timestamp> {
    match object["created_time"].as_i64() {
        Some(seconds) => Timestamp::from_second(seconds).ok(),
        None => Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", object["timestamp"].as_str()?).ok(),
    }
}
