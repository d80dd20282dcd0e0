//! The table reached without a socket: a connector of the SDK that calls the embedded database.

use anyhow::{Result, anyhow};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;

/// Answers calls from a database in this process.
#[derive(Clone)]
struct Connector(Database);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// Returns the HTTP client of an SDK client whose calls the database itself answers.
pub(crate) fn http_client(database: &Database) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(Connector(database.clone()));
    http_client_fn(move |_, _| connector.clone())
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let database = self.0.clone();
        HttpConnectorFuture::new(async move {
            // A call gives way before and after it is carried out, as one over a socket does: a
            // caller that is dropped meanwhile has called for nothing, or never hears the answer.
            tokio::task::yield_now().await;
            let answer = answer(&database, &request)
                .map_err(|error| ConnectorError::other(error.into(), None));
            tokio::task::yield_now().await;
            answer
        })
    }
}

fn answer(database: &Database, request: &HttpRequest) -> Result<HttpResponse> {
    let target = request.headers().get("x-amz-target").unwrap_or_default();
    let operation = target
        .split_once('.')
        .map_or(target, |(_, operation)| operation);
    let body = request.body().bytes().unwrap_or_default();
    let answered = match operation {
        "GetItem" => call(body, |asked| database.get_item(asked)),
        "Query" => call(body, |asked| database.query(asked)),
        "Scan" => call(body, |asked| database.scan(asked)),
        "PutItem" => call(body, |asked| database.put_item(asked)),
        "UpdateItem" => call(body, |asked| database.update_item(asked)),
        "DeleteItem" => call(body, |asked| database.delete_item(asked)),
        "TransactWriteItems" => call(body, |asked| database.transact_write_items(asked)),
        other => return Err(anyhow!("the local table is never asked for {other}")),
    }?;
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(refused) => (refused.status_code(), refused.to_json()),
    };
    Ok(HttpResponse::new(status.try_into()?, SdkBody::from(body)))
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
