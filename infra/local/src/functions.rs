//! The functions: in this process, or under an emulator of Lambda. Either way each is handed the
//! very event that Lambda would hand it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::to_bytes;
use jiff::Timestamp;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Context as Invocation, LambdaEvent, Response, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use act::Act;
use connect::Connect;
use moderate::Moderate;
use remind::Remind;
use sweep::Sweep;
use tower::ServiceExt as _;
use webhook::Webhook;

use crate::clocks::Clocks;
use crate::meter::Meter;
use crate::remote::Remote;

/// Every function of the system, ready to be invoked by name.
#[derive(Debug)]
pub enum Functions {
    /// In this process.
    Here(Box<Here>),
    /// Under an emulator.
    Remote(Remote),
}

/// The functions in this process.
#[derive(Debug)]
pub struct Here {
    /// Takes deliveries.
    pub webhook: Webhook,
    /// Judges.
    pub moderate: Moderate,
    /// Acts.
    pub act: Act,
    /// Polls.
    pub sweep: Sweep,
    /// The time that it has for a run.
    pub sweep_time: Duration,
    /// Looks for what is due, and tells people.
    pub remind: Remind,
    /// Connects channels for the console.
    pub connect: Connect,
    /// The people's pages.
    pub console: Router,
    /// What they take for the time.
    pub clocks: Clocks,
    /// What counts their runs.
    pub meter: Meter,
}

impl Functions {
    /// Invokes a function with an event, and returns its answer.
    pub async fn invoke(&self, name: &str, event: Value) -> Result<Value> {
        match self {
            Functions::Here(here) => here.invoke(name, event).await,
            Functions::Remote(remote) => remote.invoke(name, &event).await,
        }
    }

    /// Invokes a function as its schedule does at a time.
    pub async fn run_scheduled(&self, name: &str, now: Timestamp) -> Result<Value> {
        self.invoke(name, scheduled(now)).await
    }
}

impl Here {
    async fn invoke(&self, name: &str, event: Value) -> Result<Value> {
        let clock = self.clocks.of(name);
        let now = clock.now();
        self.meter.run();
        match name {
            "webhook" => answer(self.webhook.handle(read(event)?, now).await),
            "moderate" => Ok(self.moderate.invoke(event, now).await?),
            "act" => answer(self.act.handle(read(event)?, now).await),
            "sweep" => {
                answer(Box::pin(self.sweep.handle(read(event)?, &clock, self.sweep_time)).await?)
            }
            "remind" => answer(self.remind.handle(read(event)?, now).await?),
            "connect" => answer(self.connect.handle(read(event)?, now).await),
            "console" => {
                let event = LambdaEvent::new(read::<LambdaRequest>(event)?, Invocation::default());
                let console = self.console.clone();
                let pages = service_fn(move |request| whole(console.clone(), request));
                answer(Adapter::from(pages).oneshot(event).await?)
            }
            other => bail!("there is no function {other}"),
        }
    }
}

/// Returns a page whole: the adapter to Lambda takes no body that is still being written from
/// several threads.
async fn whole(pages: Router, request: lambda_http::Request) -> Result<Response<Body>> {
    let Ok(response) = pages.oneshot(request).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .context("a page broke off")?;
    Ok(Response::from_parts(parts, Body::from(body.to_vec())))
}

/// Returns the event by which `EventBridge` sets a function going at its hour.
fn scheduled(now: Timestamp) -> Value {
    json!({
        "version": "0",
        "id": format!("local-{}", now.as_nanosecond()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": "eu-west-2",
        "resources": [],
        "detail": {},
    })
}

fn read<T: DeserializeOwned>(event: Value) -> Result<T> {
    serde_json::from_value(event).context("the event does not read as the function's type")
}

fn answer(value: impl Serialize) -> Result<Value> {
    Ok(serde_json::to_value(value)?)
}
