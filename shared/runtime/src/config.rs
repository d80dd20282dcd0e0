//! Configuration: read once from the environment, before anything else.

use std::env;

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use pagewarden_ledger::Ledger;
use pagewarden_platforms::connect::Places;
use pagewarden_platforms::{google, meta, x};
use thiserror::Error;

use crate::{Bucket, KeptAt, Secrets};

/// What a function is told by its environment.
#[derive(Clone, Debug)]
pub struct Config {
    /// The name of the table.
    pub table: String,
    /// The name of the table of rotating tokens, for those who call a platform that has them.
    pub access_table: Option<String>,
    /// The prefix of the names of this stack's secrets.
    pub secrets_prefix: String,
    /// Where the Graph API is, and in which version it is called.
    pub graph: meta::Settings,
    /// Where Google Business Profile, its tokens and its keys are.
    pub google: google::Settings,
    /// Who may push Google's hints; nobody where it is not set.
    pub google_push: google::Pusher,
    /// Where X's API is.
    pub x: x::Settings,
    /// Where people sign in.
    pub sign_in: SignIn,
    /// How people are told something.
    pub notices: Notices,
    /// Where the anchors of the practices' chains are kept; none are written without it.
    pub anchors: Option<KeptAt>,
    /// Where the pictures of posts are kept as evidence; none are without it.
    pub pictures: Option<KeptAt>,
    /// The function that tries words for the console, by its name or its ARN.
    pub moderate: Option<String>,
    /// The function that connects channels for the console, by its name or its ARN.
    pub connect: Option<String>,
    region: String,
    credentials: Credentials,
    table_url: Option<String>,
    store_url: Option<String>,
}

/// Where the people's pages are, and where people sign in to them. Empty settings mean that nobody
/// can.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// The address of the pages, such as `https://pages.example`. Browsers are sent back there.
    pub console_url: String,
    /// The issuer, exactly as it names itself.
    pub issuer: String,
    /// The id of Pagewarden at the issuer.
    pub client_id: String,
}

/// How people are told something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notices {
    /// The address from which e-mail is sent; none is sent without it.
    pub from: Option<String>,
    /// SES's configuration set, which brings back what could not be delivered.
    pub configuration_set: Option<String>,
    /// Where the console is; without it people are told which command to run.
    pub console: Option<String>,
    /// A folder in which notices are put instead of being sent.
    pub outbox: Option<String>,
}

/// What a client of AWS needs to know.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The region.
    pub region: Region,
    /// The function's own credentials.
    pub credentials: Credentials,
    /// What makes the calls.
    pub http_client: SharedHttpClient,
}

/// A setting that is missing from the environment.
#[derive(Debug, Error)]
#[error("the environment variable {0} is not set; for a function, Lambda or the template sets it")]
pub struct ConfigError(&'static str);

impl Config {
    /// Reads the environment. A variable that is set but empty counts as unset.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::of_table(need("PAGEWARDEN_TABLE")?)
    }

    /// Reads the rest of the environment, for somebody who names the table.
    pub fn of_table(table: String) -> Result<Self, ConfigError> {
        let or = |name: &str, default: &str| set(name).unwrap_or_else(|| default.to_owned());
        let (google, graph) = (google::Settings::default(), meta::Settings::default());
        Ok(Config {
            table,
            access_table: set("PAGEWARDEN_ACCESS_TABLE"),
            secrets_prefix: or("PAGEWARDEN_SECRETS_PREFIX", "pagewarden/"),
            graph: meta::Settings {
                base: set("PAGEWARDEN_GRAPH_URL").unwrap_or(graph.base),
                version: set("PAGEWARDEN_GRAPH_VERSION").unwrap_or(graph.version),
                app_secret: None,
            },
            google: google::Settings {
                base: set("PAGEWARDEN_GOOGLE_URL").unwrap_or(google.base),
                token_address: set("PAGEWARDEN_GOOGLE_TOKEN_URL").unwrap_or(google.token_address),
                keys_address: set("PAGEWARDEN_GOOGLE_KEYS_URL").unwrap_or(google.keys_address),
            },
            google_push: google::Pusher {
                audience: or("PAGEWARDEN_GOOGLE_PUSH_AUDIENCE", ""),
                account: or("PAGEWARDEN_GOOGLE_PUSH_ACCOUNT", ""),
            },
            x: x::Settings {
                base: or("PAGEWARDEN_X_URL", "https://api.x.com"),
            },
            sign_in: SignIn {
                console_url: or("PAGEWARDEN_CONSOLE_URL", ""),
                issuer: or("PAGEWARDEN_ISSUER_URL", ""),
                client_id: or("PAGEWARDEN_CLIENT_ID", ""),
            },
            notices: Notices {
                from: set("PAGEWARDEN_FROM_ADDRESS"),
                configuration_set: set("PAGEWARDEN_CONFIGURATION_SET"),
                console: set("PAGEWARDEN_CONSOLE_URL"),
                outbox: set("PAGEWARDEN_OUTBOX"),
            },
            anchors: set("PAGEWARDEN_ANCHORS").map(|at| KeptAt::from(&*at)),
            pictures: set("PAGEWARDEN_PICTURES").map(|at| KeptAt::from(&*at)),
            moderate: set("PAGEWARDEN_MODERATE"),
            connect: set("PAGEWARDEN_CONNECT"),
            region: need("AWS_REGION")?,
            credentials: credentials()?,
            table_url: set("AWS_ENDPOINT_URL_DYNAMODB"),
            store_url: set("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
        })
    }

    /// Returns the bucket of a name.
    pub(crate) fn bucket(name: &str) -> Result<Bucket, ConfigError> {
        let region = Region::new(need("AWS_REGION")?);
        let url = set("AWS_ENDPOINT_URL_S3");
        Ok(Bucket::new(name, region, credentials()?, url.as_deref()))
    }

    /// Returns what a client of another service of AWS needs to know.
    #[must_use]
    pub fn aws(&self) -> Aws {
        Aws {
            region: Region::new(self.region.clone()),
            credentials: self.credentials.clone(),
            http_client: http_client(),
        }
    }

    /// Returns where people agree that a channel is connected.
    #[must_use]
    pub fn places() -> Places {
        let mut places = Places::default();
        for (name, place) in Self::variables_of(&mut places) {
            if let Some(other) = set(name) {
                *place = other;
            }
        }
        places
    }

    /// Returns the variables in which [`Config::places`] looks for each of these.
    #[must_use]
    pub const fn variables_of(places: &mut Places) -> [(&'static str, &mut String); 5] {
        let Places {
            facebook,
            x,
            google,
            google_accounts,
            google_locations,
        } = places;
        [
            ("PAGEWARDEN_FACEBOOK_PAGES", facebook),
            ("PAGEWARDEN_X_PAGES", x),
            ("PAGEWARDEN_GOOGLE_PAGES", google),
            ("PAGEWARDEN_GOOGLE_ACCOUNTS", google_accounts),
            ("PAGEWARDEN_GOOGLE_LOCATIONS", google_locations),
        ]
    }

    /// Opens the ledger.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(http_client());
        config.set_endpoint_url(self.table_url.clone());
        let ledger = Ledger::new(
            aws_sdk_dynamodb::Client::from_conf(config.build()),
            self.table.clone(),
        );
        match &self.access_table {
            Some(table) => ledger.with_access_in(table),
            None => ledger,
        }
    }

    /// Opens the secrets of this stack.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let mut config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(aws_sdk_secretsmanager::config::BehaviorVersion::latest())
            .region(aws_sdk_secretsmanager::config::Region::new(
                self.region.clone(),
            ))
            .credentials_provider(self.credentials.clone())
            .http_client(http_client());
        config.set_endpoint_url(self.store_url.clone());
        Secrets::new(
            aws_sdk_secretsmanager::Client::from_conf(config.build()),
            self.secrets_prefix.clone(),
        )
    }
}

/// Returns who calls AWS. Lambda sets these for the life of the process, so nothing has to refresh
/// them.
fn credentials() -> Result<Credentials, ConfigError> {
    Ok(Credentials::new(
        need("AWS_ACCESS_KEY_ID")?,
        need("AWS_SECRET_ACCESS_KEY")?,
        set("AWS_SESSION_TOKEN"),
        None,
        "environment",
    ))
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn need(name: &'static str) -> Result<String, ConfigError> {
    set(name).ok_or(ConfigError(name))
}

fn http_client() -> SharedHttpClient {
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https()
}
