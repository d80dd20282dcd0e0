//! Sends deliveries at a rate, whether or not the answers keep up, and notes when each was answered.

use std::time::{Duration, Instant};

use anyhow::Result;
use pagewarden_local::demo::APP_SECRET;
use pagewarden_platforms::{Secret, delivery};
use reqwest::Client;
use tokio::task::JoinSet;

use crate::town::Delivery;

/// How long an answer may take before it counts as none.
const PATIENCE: Duration = Duration::from_secs(30);

/// Something that was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) delivery: Delivery,
    /// When it was to be sent: a generator that is late is no excuse for who answers.
    pub(crate) due: Instant,
    /// How long it took until it was accepted, if it was.
    pub(crate) accepted: Option<Duration>,
}

/// Sends to one address.
#[derive(Clone, Debug)]
pub(crate) struct Hose {
    http: Client,
    url: String,
}

impl Hose {
    pub(crate) fn new(url: &str) -> Result<Self> {
        // Refused only where it was chosen before, which is as good.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let http = Client::builder().timeout(PATIENCE).no_proxy().build()?;
        Ok(Hose {
            http,
            url: url.to_owned(),
        })
    }

    /// Sends so many a second of these, one after another, and waits for the answers.
    pub(crate) async fn pour(self, rate: f64, deliveries: Vec<Delivery>) -> Result<Vec<Sent>> {
        let (mut next, mut under_way) = (Instant::now(), JoinSet::new());
        for delivery in deliveries {
            tokio::time::sleep_until(next.into()).await;
            let (hose, due) = (self.clone(), next);
            under_way.spawn(async move { hose.send(delivery, due).await });
            next += Duration::from_secs_f64(1.0 / rate);
        }
        let mut sent = Vec::with_capacity(under_way.len());
        while let Some(answered) = under_way.join_next().await {
            sent.push(answered?);
        }
        Ok(sent)
    }

    async fn send(&self, delivery: Delivery, due: Instant) -> Sent {
        let signature = delivery::sign(&Secret::new(APP_SECRET), &delivery.body);
        let answered = self.post(&delivery, &signature).await;
        let is_accepted = answered.is_ok_and(|status| status == 200);
        let accepted = is_accepted.then(|| due.elapsed());
        Sent {
            delivery,
            due,
            accepted,
        }
    }

    /// Sends one with whatever signature. Returns the status of the answer.
    pub(crate) async fn post(&self, delivery: &Delivery, signature: &str) -> Result<u16> {
        let request = self.http.post(&self.url).body(delivery.body.clone());
        let request = request
            .header("content-type", "application/json")
            .header(delivery::META_SIGNATURE, signature);
        Ok(request.send().await?.status().as_u16())
    }
}
