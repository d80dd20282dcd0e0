//! The `sweep` function on Lambda.

use std::time::SystemTime;

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_runtime::{Config, Platforms, start_logging};
use sweep::{Cause, Sweep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let platforms = Platforms::of(&config, Http::new(Timeouts::default())?);
    let sweep = Sweep::new(ledger, config.secrets(), platforms);
    let clock = Clock::system();
    run(service_fn(async |event: LambdaEvent<Cause>| {
        let time = event
            .context
            .deadline()
            .duration_since(SystemTime::now())
            .unwrap_or_default();
        Box::pin(sweep.handle(event.payload, &clock, time))
            .await
            .map_err(Error::from)
    }))
    .await
}
