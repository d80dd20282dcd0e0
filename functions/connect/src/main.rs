//! The `connect` function on Lambda.

use connect::Connect;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use pagewarden_clock::Clock;
use pagewarden_connect::Asker;
use pagewarden_platforms::calls::{Http, Timeouts};
use pagewarden_runtime::{Config, ConnectEvent, start_logging};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    start_logging();
    let config = Config::from_env()?;
    let asker = Asker::of(&config, Http::new(Timeouts::default())?);
    let connect = Connect::new(asker, &config.sign_in.console_url);
    let clock = Clock::system();
    run(service_fn(async |event: LambdaEvent<ConnectEvent>| {
        Ok::<_, Error>(connect.handle(event.payload, clock.now()).await)
    }))
    .await
}
