//! The `moderate` function on Lambda.

use aws_lambda_events::event::dynamodb::Event;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use moderate::Moderate;
use pagewarden_runtime::{Config, start_logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let ledger = Config::from_env()?.ledger();
    ledger.warm().await?;
    let moderate = Moderate::new(ledger);
    run(service_fn(async |event: LambdaEvent<Event>| {
        Ok::<_, Error>(moderate.handle(event.payload, Timestamp::now()).await)
    }))
    .await
}
