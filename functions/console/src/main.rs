//! The `console` function on Lambda.

use std::sync::Arc;
use std::time::Duration;

use console::{Console, Lambda, router};
use lambda_http::{Error, run};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_runtime::{Config, KeptAt, start_logging};

/// How long another function may take: less than this one has, so that a page can say so.
const OTHERS: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let http = Http::new(Timeouts::default())?;
    let patient = Http::new(Timeouts {
        total: OTHERS,
        ..Timeouts::default()
    })?;
    let clock = Clock::system();
    let others = Lambda::new(
        patient,
        config.aws(),
        (config.moderate.clone(), config.connect.clone()),
        clock.clone(),
    );
    let pictures = config.pictures.as_ref().map(KeptAt::pictures);
    let console = Console::new(
        ledger,
        config.secrets(),
        http,
        config.sign_in.clone(),
        clock,
        Arc::new(others),
        pictures.transpose()?,
    );
    run(router(console)).await
}
