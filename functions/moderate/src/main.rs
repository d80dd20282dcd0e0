//! The `moderate` function on Lambda.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use moderate::Moderate;
use pagewarden_clock::Clock;
use pagewarden_readers::{Readers, places};
use pagewarden_runtime::{Config, start_logging};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    // An error, since somebody has to hear of it: pleas in words that no rule knows are not found
    // meanwhile.
    let readers = Readers::open(&places(None)).unwrap_or_else(|error| {
        tracing::error!(%error, "the second reader is not there: the rules alone read");
        Readers::rules_only()
    });
    let moderate = Moderate::new(ledger, readers).with_pages_at(&config.sign_in.console_url);
    let clock = Clock::system();
    run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>(moderate.invoke(event.payload, clock.now()).await?)
    }))
    .await
}
