//! Clients of emulators on this machine, which speak the protocol of AWS over plain HTTP and check
//! no keys.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Credentials, Region};

/// The name of the table in an emulator.
pub const TABLE: &str = "pagewarden";

/// Returns a client of a table at an address.
#[must_use]
pub fn table(url: &str) -> Client {
    Client::from_conf(settings(url).build())
}

/// Returns the settings of such a client, for one that needs more of them.
#[must_use]
pub fn settings(url: &str) -> Builder {
    aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-2"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
}
