//! Records the calls that a client makes on a fake, and what it answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use serde_json::Value;

/// Far more than any body has here.
const MOST_BYTES: usize = 1 << 24;

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The method.
    pub(crate) method: String,
    /// The path, without the query.
    pub(crate) path: String,
    /// The parameters, of the query or of a form.
    pub(crate) parameters: HashMap<String, String>,
    /// The body, where it was JSON.
    pub(crate) body: Value,
    /// The status of the answer.
    pub(crate) status: u16,
    /// The answer.
    pub(crate) answer: Value,
}

/// The calls so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub(crate) fn made(&self) -> Vec<Call> {
        self.0.lock().expect("nobody failed meanwhile").clone()
    }
}

/// Serves a fake, and returns where, with its calls.
pub(crate) async fn serve(router: Router) -> (String, Calls) {
    let calls = Calls::default();
    let router = router.layer(from_fn_with_state(calls.clone(), note));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, calls)
}

async fn note(State(calls): State<Calls>, request: Request, next: Next) -> Response {
    let (asked, body) = request.into_parts();
    let sent = to_bytes(body, MOST_BYTES).await.expect("a body");
    let body: Value = serde_json::from_slice(&sent).unwrap_or_default();
    let query = asked.uri.query().unwrap_or_default().as_bytes();
    let form: &[u8] = if body.is_null() { &sent } else { &[] };
    let parameters = [query, form]
        .into_iter()
        .flat_map(|text| form_urlencoded::parse(text).into_owned());
    let mut call = Call {
        method: asked.method.to_string(),
        path: asked.uri.path().to_owned(),
        parameters: parameters.collect(),
        body,
        status: 0,
        answer: Value::Null,
    };
    let answer = next.run(Request::from_parts(asked, Body::from(sent))).await;
    let (head, body) = answer.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.expect("a body");
    call.status = head.status.as_u16();
    call.answer = serde_json::from_slice(&body).unwrap_or_default();
    calls.0.lock().expect("nobody failed meanwhile").push(call);
    Response::from_parts(head, Body::from(body))
}
