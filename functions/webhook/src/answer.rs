//! Answers to the platforms: short, plain, and the same whatever the reason.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

/// Answers with a status and a word.
pub(crate) fn answer(status: i64, word: &str) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = status;
    response.headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
    response.body = Some(Body::Text(word.to_owned()));
    response
}

/// Answers with JSON.
pub(crate) fn json(body: String) -> ApiGatewayV2httpResponse {
    let mut response = answer(200, "");
    response.headers =
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    response.body = Some(Body::Text(body));
    response
}

/// Answers a handshake with the challenge itself.
pub(crate) fn challenge(echo: &str) -> ApiGatewayV2httpResponse {
    answer(200, echo)
}
