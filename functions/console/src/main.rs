//! The `console` function on Lambda.

use console::{Console, router};
use lambda_http::{Error, run};
use pagewarden_clock::Clock;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_runtime::{Config, start_logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let ledger = config.ledger();
    ledger.warm().await?;
    let http = Http::new(Timeouts::default())?;
    let console = Console::new(
        ledger,
        config.secrets(),
        http,
        config.sign_in.clone(),
        Clock::system(),
    );
    run(router(console)).await
}
