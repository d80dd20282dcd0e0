//! Secrets: kept outside the code and the environment, read when first needed and read again from
//! time to time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError;
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use pagewarden_platforms::connect::Client as AppClient;
use pagewarden_platforms::google::Consent;
use pagewarden_platforms::website::Login;
use pagewarden_platforms::{Secret, meta, x};
use pagewarden_rules::Channel;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::Mutex;

/// How long a secret is used before it is read again, so that a rotated one is taken up.
const FRESH_FOR: Duration = Duration::from_mins(5);

/// What stands for the app at Meta, as it is stored under `facebook/app`.
#[derive(Clone, Debug, Deserialize)]
pub struct App {
    /// The key of the signatures on deliveries, and of the proofs on calls.
    pub app_secret: Secret,
    /// What the platform shows in its handshake.
    pub verify_token: Secret,
}

/// What of it stands for the app in its own calls.
#[derive(Deserialize)]
struct AppAccess {
    app_id: String,
    app_secret: Secret,
}

/// An app by which people agree in a platform's own pages, as it is stored under `x/client` and
/// `google/client`. Only who connects channels reads it.
#[derive(Deserialize)]
struct ConsentApp {
    client_id: String,
    client_secret: Secret,
}

/// What stands for one page, as it is stored under `channel/facebook/<page>`.
#[derive(Deserialize)]
struct Page {
    token: Secret,
}

/// What stands for the app at X, as it is stored under `x/app`.
#[derive(Clone, Debug, Deserialize)]
pub struct XApp {
    /// The key of the signatures on deliveries, and of the answers to challenges.
    pub consumer_secret: Secret,
}

/// What stands for the people's pages at the issuer, as it is stored under `console/client`.
#[derive(Deserialize)]
struct ConsoleClient {
    client_secret: Secret,
}

/// Why a secret could not be had.
#[derive(Debug, Error)]
pub enum SecretError {
    /// There is none of that whole name: somebody must store it.
    #[error("there is no secret {0}: store it as the set-up guide says")]
    Missing(String),
    /// It is there, but does not read as it should.
    #[error("the secret {0} does not read as it should: store it again as the set-up guide says")]
    Shape(String),
    /// The store did not answer: try again later.
    #[error("the store of secrets did not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A secret was not stored: whoever does it may have to be allowed to.
#[derive(Debug, Error)]
#[error(
    "the secret {0} was not stored: look whether you may create and change secrets and use the stack's key"
)]
pub struct StoreError(String, #[source] Box<dyn std::error::Error + Send + Sync>);

/// The secrets of one stack, by name.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
    prefix: String,
    read: Arc<Mutex<HashMap<String, (Instant, Secret)>>>,
}

impl Secrets {
    /// Secrets kept in Secrets Manager under a prefix.
    #[must_use]
    pub fn new(client: Client, prefix: String) -> Self {
        Secrets {
            client,
            prefix,
            read: Arc::default(),
        }
    }

    /// Returns what stands for the app at Meta.
    pub async fn app(&self) -> Result<App, SecretError> {
        self.parsed("facebook/app").await
    }

    /// Returns the token by which the app at Meta asks what was granted to it.
    pub async fn app_token(&self) -> Result<Secret, SecretError> {
        let app: AppAccess = self.parsed("facebook/app").await?;
        Ok(meta::app_token(&app.app_id, &app.app_secret))
    }

    /// Returns the app by which people log in at Meta.
    pub async fn meta_client(&self) -> Result<AppClient, SecretError> {
        let AppAccess { app_id, app_secret } = self.parsed("facebook/app").await?;
        Ok(AppClient {
            id: app_id,
            secret: app_secret,
        })
    }

    /// Returns the app by which an account agrees at X.
    pub async fn x_client(&self) -> Result<AppClient, SecretError> {
        self.consent_app("x/client").await
    }

    /// Returns the client by which a manager agrees at Google.
    pub async fn google_client(&self) -> Result<AppClient, SecretError> {
        self.consent_app("google/client").await
    }

    async fn consent_app(&self, name: &str) -> Result<AppClient, SecretError> {
        let ConsentApp {
            client_id,
            client_secret,
        } = self.parsed(name).await?;
        Ok(AppClient {
            id: client_id,
            secret: client_secret,
        })
    }

    /// Returns how the Graph API is called about a channel: the settings with the app's secret, and
    /// the page's token.
    pub async fn graph(
        &self,
        settings: &meta::Settings,
        channel: &Channel,
    ) -> Result<(meta::Settings, Secret), SecretError> {
        let app_secret = Some(self.app().await?.app_secret);
        let page: Page = self.parsed(&name(channel)).await?;
        Ok((
            meta::Settings {
                app_secret,
                ..settings.clone()
            },
            page.token,
        ))
    }

    /// Returns what stands for a practice's consent at Google.
    pub async fn consent(&self, channel: &Channel) -> Result<Consent, SecretError> {
        self.parsed(&name(channel)).await
    }

    /// Returns what stands for the app at X.
    pub async fn x_app(&self) -> Result<XApp, SecretError> {
        self.parsed("x/app").await
    }

    /// Returns what stands for a practice's consent at X: where its chain of tokens begins.
    pub async fn x_consent(&self, channel: &Channel) -> Result<x::Consent, SecretError> {
        self.parsed(&name(channel)).await
    }

    /// Returns what stands for a practice's website.
    pub async fn website(&self, channel: &Channel) -> Result<Login, SecretError> {
        self.parsed(&name(channel)).await
    }

    /// Returns the secret by which the people's pages are known at the issuer.
    pub async fn client_secret(&self) -> Result<Secret, SecretError> {
        let client: ConsoleClient = self.parsed("console/client").await?;
        Ok(client.client_secret)
    }

    /// Returns what stands for a channel's secret without telling it: it changes if and only if the
    /// secret does.
    pub async fn fingerprint(&self, channel: &Channel) -> Result<String, SecretError> {
        let secret = self.get(&name(channel)).await?;
        Ok(hex::encode(&Sha256::digest(secret.expose())[..16]))
    }

    /// Returns a channel's secret's whole name, for people.
    #[must_use]
    pub fn name_of(&self, channel: &Channel) -> String {
        self.whole(&name(channel))
    }

    /// Stores a channel's secret, in the place of the one that is there or as a new one under the
    /// stack's key. Of the functions only `connect` may do this.
    pub async fn store(&self, channel: &Channel, secret: &Secret) -> Result<(), StoreError> {
        let name = name(channel);
        let whole = self.whole(&name);
        let put = self
            .client
            .put_secret_value()
            .secret_id(&whole)
            .secret_string(secret.expose());
        match put.send().await {
            Ok(_) => {}
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutSecretValueError::is_resource_not_found_exception) =>
            {
                self.client
                    .create_secret()
                    .name(&whole)
                    .kms_key_id(self.key())
                    .secret_string(secret.expose())
                    .send()
                    .await
                    .map_err(|error| StoreError(whole, Box::new(error)))?;
            }
            Err(error) => return Err(StoreError(whole, Box::new(error))),
        }
        self.forget(channel).await;
        Ok(())
    }

    /// Returns the name that the template gives the key of this stack: `pagewarden/staging/` has
    /// `alias/pagewarden-staging`. Functions may decrypt with no other.
    fn key(&self) -> String {
        format!(
            "alias/{}",
            self.prefix.trim_end_matches('/').replace('/', "-")
        )
    }

    /// Forgets what a platform refused, so that the next look reads it again.
    pub async fn forget(&self, channel: &Channel) {
        self.read.lock().await.remove(&name(channel));
    }

    async fn parsed<T: DeserializeOwned>(&self, name: &str) -> Result<T, SecretError> {
        let secret = self.get(name).await?;
        // The parser's own words may quote the text, so they stay out of the error.
        serde_json::from_str(secret.expose()).map_err(|_| SecretError::Shape(self.whole(name)))
    }

    /// Returns a secret by its name without the prefix.
    async fn get(&self, name: &str) -> Result<Secret, SecretError> {
        let mut read = self.read.lock().await;
        if let Some((at, secret)) = read.get(name)
            && at.elapsed() < FRESH_FOR
        {
            return Ok(secret.clone());
        }
        let whole = self.whole(name);
        let answer = self
            .client
            .get_secret_value()
            .secret_id(&whole)
            .send()
            .await;
        let secret = match answer {
            Ok(answer) => answer
                .secret_string
                .ok_or_else(|| SecretError::Shape(whole))?,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                return Err(SecretError::Missing(whole));
            }
            Err(error) => return Err(SecretError::Unavailable(Box::new(error))),
        };
        let secret = Secret::from(secret);
        read.insert(name.to_owned(), (Instant::now(), secret.clone()));
        Ok(secret)
    }

    /// Returns a secret's name as the store and its users know it.
    fn whole(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

fn name(channel: &Channel) -> String {
    format!("channel/{}/{}", channel.platform, channel.account)
}
