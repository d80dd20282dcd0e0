//! What becomes of calls of the table where a simulation says so.
//!
//! The real table throttles, refuses a write while another is under way, loses answers and reads
//! what is a moment old. The embedded one does none of that by itself.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out and answered.
    Well,
    /// It is refused before anything is done: there are too many calls.
    Throttled,
    /// It is refused before anything is done: another write is under way on one of the items. A read
    /// is answered all the same, because reads do not conflict.
    Conflict,
    /// It is carried out, and the answer is lost.
    Lost,
    /// It is carried out and the answer is lost, so the SDK sends it a second time: that answer
    /// arrives.
    Repeated,
    /// A query that may be a moment old answers what it answered the last time. Any other call is
    /// answered as usual.
    Stale,
}

/// One call of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    /// Such as `PutItem`.
    pub operation: &'a str,
    /// The query reads an index, or need not be consistent for another reason.
    pub may_be_stale: bool,
}

impl Call<'_> {
    /// Returns `true` if it changes something.
    #[must_use]
    pub fn is_write(&self) -> bool {
        !matches!(
            self.operation,
            "GetItem" | "BatchGetItem" | "Query" | "Scan"
        )
    }
}

/// Says what becomes of each call. While one of its futures waits, the caller waits, and may be
/// dropped there.
pub trait Fates: fmt::Debug + Send + Sync {
    /// Returns what becomes of a call that is about to be made.
    fn before<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Fate>;

    /// Is called once the call was made, before the caller hears of it.
    fn after<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, ()>;
}

/// The last answers to queries that may be a moment old, by what was asked.
#[derive(Debug, Default)]
pub(crate) struct Past(Mutex<HashMap<String, String>>);

impl Past {
    /// Returns the last answer to a question, and keeps this one for the next time. A question that
    /// was never asked before was answered with nothing.
    pub(crate) fn swap(&self, asked: &Value, answer: &str) -> String {
        let key = question(asked);
        let mut past = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        past.insert(key, answer.to_owned())
            .unwrap_or_else(|| json!({ "Items": [], "Count": 0, "ScannedCount": 0 }).to_string())
    }
}

/// Returns what a query asks, whatever the time is.
fn question(asked: &Value) -> String {
    let mut asked = asked.clone();
    if let Some(values) = asked["ExpressionAttributeValues"].as_object_mut() {
        values.remove(":now");
    }
    asked.to_string()
}

/// Returns `true` if a query is the first page of something that may be a moment old.
pub(crate) fn may_be_stale(operation: &str, asked: &Value) -> bool {
    operation == "Query"
        && asked["ConsistentRead"] != true
        && asked["ExclusiveStartKey"].is_null()
        && asked["Select"].is_null()
}

/// Returns the refusal by which a table asks for fewer calls.
pub(crate) fn throttled() -> (u16, String) {
    let body = json!({ "__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException",
        "message": "Rate exceeded" });
    (400, body.to_string())
}

/// Returns the refusal of a write that met another.
pub(crate) fn conflict(operation: &str, asked: &Value) -> (u16, String) {
    let body = if operation == "TransactWriteItems" {
        let writes = asked["TransactItems"].as_array().map_or(0, Vec::len);
        let mut reasons = vec![json!({ "Code": "None" }); writes];
        if let Some(last) = reasons.last_mut() {
            *last = json!({ "Code": "TransactionConflict",
                "Message": "Transaction is ongoing for the item" });
        }
        json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "Message": "Transaction cancelled", "CancellationReasons": reasons })
    } else {
        json!({ "__type": "com.amazonaws.dynamodb.v20120810#TransactionConflictException",
            "message": "Transaction is ongoing for the item" })
    };
    (400, body.to_string())
}

/// Makes a response of a status and a body.
pub(crate) fn response((status, body): (u16, String)) -> anyhow::Result<HttpResponse> {
    Ok(HttpResponse::new(status.try_into()?, SdkBody::from(body)))
}
