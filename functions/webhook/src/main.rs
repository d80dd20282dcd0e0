//! The `webhook` function on Lambda.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_runtime::{Config, start_logging};
use webhook::Webhook;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let webhook = Webhook::new(ledger, config.secrets());
    run(service_fn(async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        Ok::<_, Error>(webhook.handle(event.payload, Timestamp::now()).await)
    }))
    .await
}
