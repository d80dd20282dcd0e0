//! The table reached without a socket: a connector of the SDK that calls the embedded database.

use anyhow::{Result, anyhow};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

use crate::fate::{self, Call, Fate, Fates, Past};

/// Answers calls from a database in this process.
#[derive(Clone)]
struct Connector {
    database: Database,
    fates: Option<(Arc<dyn Fates>, Arc<Past>)>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// Returns the HTTP client of an SDK client whose calls the database itself answers, as far as
/// `fates` let it.
pub(crate) fn http_client(
    database: &Database,
    fates: Option<(Arc<dyn Fates>, Arc<Past>)>,
) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector {
        database: database.clone(),
        fates,
    });
    http_client_fn(move |_, _| connector.clone())
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Connector { database, fates } = self.clone();
        HttpConnectorFuture::new(async move {
            // A call gives way before and after it is carried out, as one over a socket does: a
            // caller that is dropped meanwhile has called for nothing, or never hears the answer.
            tokio::task::yield_now().await;
            let answer = match &fates {
                None => answer(&database, &request).and_then(fate::response),
                Some((fates, past)) => fated(&database, &request, fates.as_ref(), past).await?,
            };
            tokio::task::yield_now().await;
            answer.map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Carries a call out as its fate says.
async fn fated(
    database: &Database,
    request: &HttpRequest,
    fates: &dyn Fates,
    past: &Past,
) -> Result<Result<HttpResponse>, ConnectorError> {
    let operation = operation(request);
    let asked: Value = serde_json::from_slice(request.body().bytes().unwrap_or_default())
        .map_err(|error| ConnectorError::other(error.into(), None))?;
    let call = Call {
        operation,
        may_be_stale: fate::may_be_stale(operation, &asked),
    };
    let fate = fates.before(call).await;
    let answered = match fate {
        Fate::Throttled => Ok(fate::throttled()),
        Fate::Conflict if call.is_write() => Ok(fate::conflict(operation, &asked)),
        Fate::Repeated => answer(database, request).and_then(|_| answer(database, request)),
        Fate::Well | Fate::Conflict | Fate::Lost | Fate::Stale => answer(database, request),
    };
    fates.after(call).await;
    if fate == Fate::Lost {
        return Err(ConnectorError::timeout("the table did not answer".into()));
    }
    let answered = answered.map(|(status, now)| {
        let before = call.may_be_stale.then(|| past.swap(&asked, &now));
        (
            status,
            before.filter(|_| fate == Fate::Stale).unwrap_or(now),
        )
    });
    Ok(answered.and_then(fate::response))
}

fn operation(request: &HttpRequest) -> &str {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    target
        .split_once('.')
        .map_or(target, |(_, operation)| operation)
}

/// Returns the status and the body of the answer.
fn answer(database: &Database, request: &HttpRequest) -> Result<(u16, String)> {
    let body = request.body().bytes().unwrap_or_default();
    let answered = match operation(request) {
        "GetItem" => call(body, |asked| database.get_item(asked)),
        "BatchGetItem" => call(body, |asked| database.batch_get_item(asked)),
        "Query" => call(body, |asked| database.query(asked)),
        "Scan" => call(body, |asked| database.scan(asked)),
        "PutItem" => call(body, |asked| database.put_item(asked)),
        "UpdateItem" => call(body, |asked| database.update_item(asked)),
        "DeleteItem" => call(body, |asked| database.delete_item(asked)),
        "TransactWriteItems" => call(body, |asked| database.transact_write_items(asked)),
        other => return Err(anyhow!("the local table is never asked for {other}")),
    }?;
    Ok(match answered {
        Ok(body) => (200, body),
        Err(refused) => (refused.status_code(), refused.to_json()),
    })
}

fn call<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<Result<String, DynoxideError>> {
    let asked = serde_json::from_slice(body)?;
    operation(asked)
        .map(|answer| Ok(serde_json::to_string(&answer)?))
        .map_or_else(|refused| Ok(Err(refused)), |ok| ok.map(Ok))
}
