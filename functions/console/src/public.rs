//! What everybody may see without signing in: no cookie, no script, and no word of any post.

mod about;
mod app;
mod look_again;
mod network;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use pagewarden_policies::Settings;
use pagewarden_rules::{Links, PracticeId};

pub(crate) use about::Figures;
pub(crate) use app::connected;

use crate::policies::InForce;
use crate::{Console, Problem};

/// Bytes of the largest form: two thousand characters of any script, and what goes with them.
const MOST_BYTES: usize = 16 * 1024;

/// Returns the pages.
pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(
            "/look-again/{practice}",
            get(look_again::form).post(look_again::ask),
        )
        .route(
            "/look-again/{practice}/answer",
            get(look_again::to_the_form).post(look_again::answer),
        )
        .route("/about/{practice}", get(about::show))
        .route("/privacy", get(app::privacy))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

/// A practice as the public knows it.
struct Practice {
    id: PracticeId,
    name: String,
    links: Links,
    settings: Settings,
    /// Of the settings.
    edition: u32,
    in_force: Arc<InForce>,
}

impl Practice {
    /// Reads a practice by its id in an address. None that is not here is told from one that could
    /// not be.
    async fn read(console: &Console, id: &str) -> Result<Self, Problem> {
        let id: PracticeId = id.parse().map_err(|_| Problem::NotFound)?;
        let record = console.ledger().practice(&id).await?;
        let record = record.ok_or(Problem::NotFound)?;
        let settings: Settings = serde_json::from_str(&record.settings).map_err(|_| {
            tracing::error!(practice = %id, "the settings of a practice do not read");
            Problem::Broken
        })?;
        let policies = console.policies();
        let in_force = policies
            .in_force(console.ledger(), &id, record.policy)
            .await?;
        let policy = &in_force.loaded.policy;
        Ok(Practice {
            name: policy.practice.name.clone(),
            links: settings.links_over(&policy.links),
            settings,
            edition: record.edition,
            id,
            in_force,
        })
    }
}

/// Returns an address that a page may link to; none where it is a telephone number or the like.
fn linked(address: &str) -> Option<&str> {
    Some(address.trim()).filter(|address| address.starts_with("https://"))
}
