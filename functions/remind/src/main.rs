//! The `remind` function on Lambda.

use std::sync::Arc;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_clock::Clock;
use pagewarden_notices::{Carrier, Outbox, Ses, Sns};
use pagewarden_runtime::{Aws, Config, KeptAt, start_logging};
use remind::{Cause, Remind};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let anchors = config.anchors.as_ref().map(KeptAt::anchors).transpose()?;
    let remind = Remind::new(ledger, carriers(&config), config.notices.console.clone())
        .with_anchors(anchors);
    let clock = Clock::system();
    run(service_fn(async |event: LambdaEvent<Cause>| {
        remind
            .handle(event.payload, clock.now())
            .await
            .map_err(Error::from)
    }))
    .await
}

/// Returns what sends: AWS, or a folder where the environment names one.
fn carriers(config: &Config) -> Vec<Arc<dyn Carrier>> {
    let notices = &config.notices;
    if let Some(folder) = &notices.outbox {
        return vec![Arc::new(Outbox::in_folder(folder))];
    }
    let Aws {
        region,
        credentials,
        http_client,
    } = config.aws();
    let ses = aws_sdk_sesv2::Config::builder()
        .behavior_version(aws_sdk_sesv2::config::BehaviorVersion::latest())
        .region(region.clone())
        .credentials_provider(credentials.clone())
        .http_client(http_client.clone());
    let ses = aws_sdk_sesv2::Client::from_conf(ses.build());
    let sns = aws_sdk_sns::Config::builder()
        .behavior_version(aws_sdk_sns::config::BehaviorVersion::latest())
        .region(region)
        .credentials_provider(credentials)
        .http_client(http_client);
    let sns = aws_sdk_sns::Client::from_conf(sns.build());
    vec![
        Arc::new(Ses::new(
            ses,
            notices.from.clone(),
            notices.configuration_set.clone(),
        )),
        Arc::new(Sns::new(sns)),
    ]
}
