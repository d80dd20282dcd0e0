//! A fake of Secrets Manager: it answers `GetSecretValue`, `PutSecretValue` and `CreateSecret`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Builder, Credentials, Intercept, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What the names of this stack's secrets begin with.
pub const PREFIX: &str = "pagewarden/local/";

/// The key of this stack, under which its secrets are encrypted.
const KEY: &str = "alias/pagewarden-local";

/// The fake: secrets by their full names.
#[derive(Clone, Debug)]
pub struct Store(Arc<Mutex<BTreeMap<String, String>>>);

impl Store {
    /// Makes a store of secrets, named without their prefix.
    #[must_use]
    pub fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let secrets = secrets
            .into_iter()
            .map(|(name, text)| (format!("{PREFIX}{name}"), text));
        Store(Arc::new(Mutex::new(secrets.collect())))
    }

    /// Stores a secret again, named without its prefix.
    pub fn put(&self, name: &str, text: &str) {
        self.secrets()
            .insert(format!("{PREFIX}{name}"), text.to_owned());
    }

    /// Returns a secret as it is stored, named without its prefix.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.secrets().get(&format!("{PREFIX}{name}")).cloned()
    }

    /// Removes a secret, named without its prefix.
    pub fn take(&self, name: &str) {
        self.secrets().remove(&format!("{PREFIX}{name}"));
    }

    fn secrets(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the server.
    pub fn router(&self) -> Router {
        Router::new().fallback(serve).with_state(self.clone())
    }

    /// Answers a call, as the service does: the operation is in a header, and an error names its
    /// type in the body.
    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, (StatusCode, Value)> {
        let refuse = |kind: &str, words: &str| {
            (
                StatusCode::BAD_REQUEST,
                json!({ "__type": kind, "Message": words }),
            )
        };
        if !headers.contains_key(header::AUTHORIZATION) {
            return Err(refuse(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            ));
        }
        let target = headers.get("x-amz-target");
        let target = target
            .and_then(|target| target.to_str().ok())
            .and_then(|target| target.strip_prefix("secretsmanager."));
        let asked: Value =
            serde_json::from_slice(body).map_err(|_| refuse("SerializationException", ""))?;
        let given = |parameter: &str| {
            let words = format!("You must provide a value for the {parameter} parameter.");
            let value = asked[parameter].as_str().map(str::to_owned);
            value.ok_or_else(|| refuse("InvalidParameterException", &words))
        };
        let missing = || {
            refuse(
                "ResourceNotFoundException",
                "Secrets Manager can't find the specified secret.",
            )
        };
        let mut secrets = self.secrets();
        let told = |name: &str| {
            let arn = format!("arn:aws:secretsmanager:eu-west-2:000000000000:secret:{name}-abcdef");
            json!({ "ARN": arn, "Name": name, "VersionStages": ["AWSCURRENT"] })
        };
        match target {
            Some("GetSecretValue") => {
                let name = given("SecretId")?;
                let text = secrets.get(&name).ok_or_else(missing)?;
                let mut told = told(&name);
                told["SecretString"] = json!(text);
                Ok(told)
            }
            Some("PutSecretValue") => {
                let name = given("SecretId")?;
                *secrets.get_mut(&name).ok_or_else(missing)? = given("SecretString")?;
                Ok(told(&name))
            }
            Some("CreateSecret") => {
                let name = given("Name")?;
                let key = given("KmsKeyId")?;
                // The functions may use no other key, so a secret under another is of no use to them.
                if key != KEY {
                    let words = "Access to KMS is not allowed";
                    return Err(refuse("EncryptionFailure", words));
                }
                if secrets.contains_key(&name) {
                    let words = "The operation failed because the secret already exists.";
                    return Err(refuse("ResourceExistsException", words));
                }
                secrets.insert(name.clone(), given("SecretString")?);
                Ok(told(&name))
            }
            _ => Err(refuse("UnknownOperationException", "")),
        }
    }
}

/// Makes a client of a store on this machine. The keys mean nothing: it only wants some.
#[must_use]
pub fn client(url: &str) -> Client {
    Client::from_conf(settings(url).build())
}

/// Makes a client whose every call goes through an interceptor, such as a function's role.
#[must_use]
pub fn client_through(url: &str, interceptor: impl Intercept + 'static) -> Client {
    Client::from_conf(settings(url).interceptor(interceptor).build())
}

/// Makes a client of a store in this process, whose every call goes through an interceptor. No
/// socket lies between.
#[must_use]
pub fn client_here(store: &Store, interceptor: impl Intercept + 'static) -> Client {
    let connector = SharedHttpConnector::new(Here(store.clone()));
    let client = http_client_fn(move |_, _| connector.clone());
    Client::from_conf(
        settings("http://127.0.0.1")
            .http_client(client)
            .interceptor(interceptor)
            .build(),
    )
}

/// Answers the calls of a client from a store in this process.
#[derive(Clone, Debug)]
struct Here(Store);

impl HttpConnector for Here {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut headers = HeaderMap::new();
        for (name, value) in request.headers() {
            if let (Ok(name), Ok(value)) = (name.parse::<header::HeaderName>(), value.parse()) {
                headers.insert(name, value);
            }
        }
        let (status, answer) = match self
            .0
            .answer(&headers, request.body().bytes().unwrap_or_default())
        {
            Ok(answer) => (200, answer),
            Err((status, refused)) => (status.as_u16(), refused),
        };
        HttpConnectorFuture::ready(
            status
                .try_into()
                .map(|status| HttpResponse::new(status, SdkBody::from(answer.to_string())))
                .map_err(|error: aws_smithy_runtime_api::http::HttpError| {
                    ConnectorError::other(error.into(), None)
                }),
        )
    }
}

fn settings(url: &str) -> Builder {
    aws_sdk_secretsmanager::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
}

async fn serve(State(store): State<Store>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // The service's own limit on a call.
    let Ok(body): Result<Bytes, _> = to_bytes(body, 64 << 10).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (status, answer) = match store.answer(&parts.headers, &body) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(refused) => refused,
    };
    (
        status,
        [(header::CONTENT_TYPE, "application/x-amz-json-1.1")],
        answer.to_string(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(target: &'static str, keys: bool, body: &str) -> Result<Value, (StatusCode, Value)> {
        let store = Store::new([(
            "facebook/app".to_owned(),
            "{\"app_secret\":\"s\"}".to_owned(),
        )]);
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", target.parse().unwrap());
        if keys {
            headers.insert(
                header::AUTHORIZATION,
                "AWS4-HMAC-SHA256 Credential=local".parse().unwrap(),
            );
        }
        store.answer(&headers, body.as_bytes())
    }

    #[test]
    fn a_secret_is_made_under_the_key_of_the_stack_and_then_changed() {
        const CREATE: &str = "secretsmanager.CreateSecret";
        const PUT: &str = "secretsmanager.PutSecretValue";
        let made = |key: &str| {
            format!(
                "{{\"Name\":\"pagewarden/local/x\",\"KmsKeyId\":\"{key}\",\"SecretString\":\"1\"}}"
            )
        };
        let kind =
            |target, body: &str| ask(target, true, body).map_err(|error| error.1["__type"].clone());
        assert_eq!(
            kind(CREATE, &made("alias/other")),
            Err("EncryptionFailure".into())
        );
        assert!(kind(CREATE, &made(KEY)).is_ok());
        let put = |name: &str| {
            format!("{{\"SecretId\":\"pagewarden/local/{name}\",\"SecretString\":\"2\"}}")
        };
        assert_eq!(
            kind(PUT, &put("x")),
            Err("ResourceNotFoundException".into())
        );
        assert!(kind(PUT, &put("facebook/app")).is_ok());
    }

    #[test]
    fn secrets_are_answered_by_full_name_and_nothing_else() {
        const GET: &str = "secretsmanager.GetSecretValue";
        let asked = "{\"SecretId\":\"pagewarden/local/facebook/app\"}";
        assert_eq!(
            ask(GET, true, asked).unwrap()["SecretString"],
            "{\"app_secret\":\"s\"}"
        );
        let refused = |target, keys, body| ask(target, keys, body).unwrap_err().1["__type"].clone();
        assert_eq!(
            refused(GET, true, "{\"SecretId\":\"facebook/app\"}"),
            "ResourceNotFoundException"
        );
        assert_eq!(refused(GET, true, "{}"), "InvalidParameterException");
        assert_eq!(refused(GET, true, "not json"), "SerializationException");
        assert_eq!(
            refused(GET, false, asked),
            "MissingAuthenticationTokenException"
        );
        assert_eq!(
            refused("secretsmanager.DeleteSecret", true, asked),
            "UnknownOperationException"
        );
    }
}
