//! The least that a function can be: what the others are compared with by `make cold-start`.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(async |_: LambdaEvent<()>| {
        Ok::<_, Error>("hello")
    }))
    .await
}
