//! The `remind` function on Lambda.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_runtime::{Config, start_logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let ledger = Config::from_env()?.ledger();
    ledger.warm().await?;
    run(service_fn(async |_: LambdaEvent<EventBridgeEvent>| {
        remind::handle(&ledger, Timestamp::now()).await.map(|_| ()).map_err(Error::from)
    }))
    .await
}
