//! The HTTP API: takes requests as API Gateway does and hands each to its function as API Gateway
//! would.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use pagewarden_clock::Clock;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::functions::Functions;
use crate::template::Trigger;

/// What API Gateway takes at most: 10 MB.
const MOST_BYTES: usize = 10 * 1024 * 1024;

/// A route of the template, and its function.
#[derive(Clone, Debug)]
struct Route {
    method: String,
    path: String,
    function: String,
}

struct Api {
    functions: Arc<Functions>,
    routes: Vec<Route>,
    clock: Clock,
    pages: Router,
}

/// The function whose routes take whatever no other route takes. Its router is served as it is,
/// because Lambda hands it requests and not events of ours.
const PAGES: &str = "console";

/// Returns the HTTP API as the template describes it. `pages` is the console.
pub fn router(
    functions: Arc<Functions>,
    triggers: &[(String, Vec<Trigger>)],
    clock: &Clock,
    pages: Router,
) -> Router {
    let routes = triggers
        .iter()
        .filter(|(function, _)| function != PAGES)
        .flat_map(|(function, triggers)| {
            triggers.iter().filter_map(|trigger| match trigger {
                Trigger::Route { method, path } => Some(Route {
                    method: method.clone(),
                    path: path.clone(),
                    function: function.clone(),
                }),
                Trigger::Schedule { .. } | Trigger::Event | Trigger::Stream { .. } => None,
            })
        });
    let api = Api {
        functions,
        routes: routes.collect(),
        clock: clock.clone(),
        pages,
    };
    Router::new().fallback(serve).with_state(Arc::new(api))
}

async fn serve(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let route = api
        .routes
        .iter()
        .find(|route| method.as_str() == route.method && path == route.path);
    let Some(route) = route else {
        let Ok(response) = api.pages.clone().oneshot(request).await;
        return response;
    };
    match forward(&api.functions, route, &api.clock, request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(function = route.function, "a request failed: {error:#}");
            plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "{\"message\":\"Internal Server Error\"}",
            )
        }
    }
}

async fn forward(
    functions: &Functions,
    route: &Route,
    clock: &Clock,
    request: Request,
) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MOST_BYTES).await else {
        return Ok(plain(
            StatusCode::PAYLOAD_TOO_LARGE,
            "{\"message\":\"Request Entity Too Large\"}",
        ));
    };
    let headers = headers(&parts.headers);
    // Text goes as it is and anything else as base64, as API Gateway does.
    let (text, is_base64) = match std::str::from_utf8(&body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&body), true),
    };
    let event = event(
        &parts.method,
        &route.path,
        parts.uri.query().unwrap_or(""),
        &headers,
        &text,
        is_base64,
        clock.now(),
    );
    let answer = functions.invoke(&route.function, event).await?;
    response(&answer)
}

/// Returns the headers as API Gateway hands them on: those that came more than once are one, with
/// commas between.
fn headers(sent: &HeaderMap) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in sent {
        let value = String::from_utf8_lossy(value.as_bytes());
        match headers.get_mut(name.as_str()) {
            Some(before) => *before = format!("{before},{value}"),
            None => drop(headers.insert(name.to_string(), value.into_owned())),
        }
    }
    headers
}

fn event(
    method: &Method,
    path: &str,
    query: &str,
    headers: &BTreeMap<String, String>,
    body: &str,
    is_base64: bool,
    now: Timestamp,
) -> Value {
    let parameters: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    json!({
        "version": "2.0",
        "routeKey": format!("{method} {path}"),
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "queryStringParameters": parameters,
        "body": body,
        "isBase64Encoded": is_base64,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "domainPrefix": "local",
            "stage": "$default",
            "requestId": format!("local-{}", now.as_nanosecond()),
            "routeKey": format!("{method} {path}"),
            "time": now.to_string(),
            "timeEpoch": now.as_millisecond(),
            "http": { "method": method.as_str(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "local" },
        },
    })
}

fn response(answer: &Value) -> Result<Response> {
    let status = answer["statusCode"]
        .as_u64()
        .and_then(|code| u16::try_from(code).ok());
    let status = StatusCode::from_u16(status.context("the function answered without a status")?)?;
    let mut response = Response::new(Body::from(
        answer["body"].as_str().unwrap_or_default().to_owned(),
    ));
    *response.status_mut() = status;
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        let value = value
            .as_str()
            .context("the function answered with a header that is no text")?;
        response
            .headers_mut()
            .insert(name.parse::<HeaderName>()?, HeaderValue::from_str(value)?);
    }
    Ok(response)
}

fn plain(status: StatusCode, body: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_came_twice_is_one_with_a_comma() {
        let mut sent = HeaderMap::new();
        sent.append("x-hub-signature-256", HeaderValue::from_static("sha256=00"));
        sent.append("x-hub-signature-256", HeaderValue::from_static("sha256=11"));
        sent.append("accept", HeaderValue::from_static("*/*"));
        let headers = headers(&sent);
        assert_eq!(
            (
                headers["x-hub-signature-256"].as_str(),
                headers["accept"].as_str()
            ),
            ("sha256=00,sha256=11", "*/*")
        );
    }
}
