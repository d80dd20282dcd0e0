//! What every function needs around its one step: configuration, clients, secrets, logs, metrics, batches.

mod batch;
mod config;
mod log;
mod metric;
mod secret;

pub use batch::each_record;
pub use config::{Config, ConfigError};
pub use log::{start_logging, start_logging_for_people};
pub use metric::count;
pub use secret::{App, Page, SecretError, Secrets};
