//! What holds for every request and every answer.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{Console, Problem};

/// Headers of every answer. A page of nobody else may frame these, and they load nothing from
/// anywhere else. The referrer stays on this site; `no-referrer` would also take the origin from
/// the forms that browsers of before 2023 send, by which alone they can be told from forged ones.
const HEADERS: [(header::HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// What a page may load and where its forms may go.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    frame-ancestors 'none'; base-uri 'none'";

/// Two years, the least that browsers' lists of TLS-only sites take.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Returns the policy of a page whose form is sent on to another origin, which Chromium counts as
/// an action too.
pub(crate) fn policy_with(origin: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(&POLICY.replace(
        "form-action 'self'",
        &format!("form-action 'self' {origin}"),
    ))
    .ok()
}

/// Adds the headers that an answer does not have already.
pub(crate) async fn headers(
    State(console): State<Console>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(value);
    }
    if console.issuer().secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    response
}

/// Refuses a change that does not say where it comes from: every browser in use says so, and the
/// check of origins lets requests without any pass.
pub(crate) async fn wants_an_origin(request: Request, next: Next) -> Response {
    let looks = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let says = request.headers().contains_key("sec-fetch-site")
        || request.headers().contains_key(header::ORIGIN);
    if looks || says {
        next.run(request).await
    } else {
        Problem::Forged.into_response()
    }
}
