//! The `remind` function on Lambda.

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_clock::Clock;
use pagewarden_runtime::{Config, start_logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let ledger = Config::from_env()?.ledger();
    ledger.warm().await?;
    let clock = Clock::system();
    run(service_fn(async |_: LambdaEvent<EventBridgeEvent>| {
        remind::handle(&ledger, clock.now()).await.map(|_| ()).map_err(Error::from)
    }))
    .await
}
