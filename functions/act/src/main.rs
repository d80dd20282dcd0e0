//! The `act` function on Lambda.

use act::Act;
use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_runtime::{Config, KeptAt, Platforms, start_logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let timeouts = Timeouts::default();
    let platforms = Platforms::of(&config, Http::new(timeouts)?);
    let pictures = config.pictures.as_ref().map(KeptAt::pictures);
    let act = Act::new(ledger, config.secrets(), platforms, timeouts.total)
        .with_pictures(pictures.transpose()?);
    let clock = Clock::system();
    run(service_fn(async |event: LambdaEvent<Event>| {
        Ok::<_, Error>(act.handle(event.payload, clock.now()).await)
    }))
    .await
}
