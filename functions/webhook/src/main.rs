//! The `webhook` function on Lambda.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_platforms::google::Google;
use pagewarden_runtime::{Config, start_logging};
use webhook::{Push, Webhook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let google = Google::new(Http::new(Timeouts::default())?, config.google.clone());
    let push = Push::new(google, config.google_push.clone());
    let webhook = Webhook::new(ledger, config.secrets(), push);
    let clock = Clock::system();
    run(service_fn(
        async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
            Ok::<_, Error>(webhook.handle(event.payload, clock.now()).await)
        },
    ))
    .await
}
