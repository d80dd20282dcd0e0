//! What answering one delivery costs the webhook itself: signature, reading, records, the table
//! client's own work. Table and secrets answer at once and from memory, so that neither they nor
//! the network count.

use std::hint::black_box;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use aws_lambda_events::http::{HeaderValue, Method};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use pagewarden_ledger::Ledger;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_platforms::{Secret, delivery, google};
use pagewarden_runtime::Secrets;
use webhook::{Push, Webhook};

const APP_SECRET: &str = "an app secret of thirty-two chars";
const BODY: &str = r#"{"object":"page","entry":[{"id":"100000000000001","time":1790000100,"changes":[{"field":"feed",
    "value":{"item":"comment","verb":"add","from":{"id":"5000000000000001","name":"Robin Visitor"},
    "message":"I rang at eight and was number nineteen in the queue. Is there any other way to book?",
    "post_id":"100000000000001_11","comment_id":"11_1","parent_id":"100000000000001_11","created_time":1790000000}}]}]}"#;

/// A table that knows one channel and takes whatever is written, and the app's secret.
#[derive(Debug)]
struct Memory;

impl HttpConnector for Memory {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = request.headers().get("x-amz-target").unwrap_or_default();
        let body = match asked.split_once('.') {
            Some((_, "GetItem")) => r#"{"Item":{"practice":{"S":"kingswinford"}}}"#.to_owned(),
            Some(("secretsmanager", _)) => {
                let app = format!(r#"{{"app_secret":"{APP_SECRET}","verify_token":"x"}}"#);
                format!(r#"{{"SecretString":"{}"}}"#, app.replace('"', "\\\""))
            }
            _ => "{}".to_owned(),
        };
        let answer = StatusCode::try_from(200).map(|ok| HttpResponse::new(ok, SdkBody::from(body)));
        HttpConnectorFuture::ready(
            answer.map_err(|error| ConnectorError::other(error.into(), None)),
        )
    }
}

fn ledger() -> Ledger {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "bench"))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Memory)))
        .build();
    Ledger::new(aws_sdk_dynamodb::Client::from_conf(config), "pagewarden")
}

fn secrets() -> Secrets {
    let config = aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(Credentials::new("key", "secret", None, None, "bench"))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(Memory)))
        .build();
    Secrets::new(
        aws_sdk_secretsmanager::Client::from_conf(config),
        "pagewarden/".to_owned(),
    )
}

fn request() -> ApiGatewayV2httpRequest {
    let mut request = ApiGatewayV2httpRequest::default();
    request.request_context.http.method = Method::POST;
    let signature = delivery::sign(&Secret::new(APP_SECRET), BODY.as_bytes());
    if let Ok(value) = HeaderValue::try_from(signature) {
        request.headers.insert(delivery::META_SIGNATURE, value);
    }
    request.body = Some(BODY.to_owned());
    request
}

fn answering(criterion: &mut Criterion) {
    let Ok(http) = Http::new(Timeouts::default()) else {
        return;
    };
    let nobody = google::Pusher {
        audience: String::new(),
        account: String::new(),
    };
    let push = Push::new(
        google::Google::new(http, google::Settings::default()),
        nobody,
    );
    let webhook = Webhook::new(ledger(), secrets(), push);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    else {
        return;
    };
    let request = request();
    let answer = runtime.block_on(webhook.handle(request.clone(), Timestamp::UNIX_EPOCH));
    assert_eq!(
        (answer.status_code, answer.body),
        (200, Some("taken".into())),
        "only a delivery that is taken counts"
    );
    criterion.bench_function("answer a delivery of one change", |bencher| {
        bencher.iter(|| {
            runtime.block_on(webhook.handle(black_box(request.clone()), Timestamp::UNIX_EPOCH))
        });
    });
}

criterion_group!(benches, answering);
criterion_main!(benches);
