//! The fakes against the real clients: each effect, what the platforms refuse, and what a restart
//! remembers.

#![expect(clippy::expect_used, reason = "a test may")]

mod facebook;
mod google;
mod quota;
mod token;

use std::time::Duration;

use axum::Router;
use pagewarden_platforms::calls::{Http, Timeouts};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn http() -> Http {
    Http::new(Timeouts {
        connect: Duration::from_secs(1),
        total: Duration::from_millis(500),
    })
    .expect("a client")
}
