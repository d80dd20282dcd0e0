//! Logs: JSON lines, with ids and never with words, names, bodies or tokens.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Starts logging as `RUST_LOG` says, `info` where it says nothing.
pub fn start_logging() {
    start_logging_to(std::io::stdout);
}

/// The same, to wherever somebody wants to look at the lines.
pub fn start_logging_to<W>(writer: W)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // The platform stamps each line with the time, so we do not.
    let lines = tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_current_span(false)
        .without_time();
    if let Err(error) = lines.with_writer(writer).try_init() {
        tracing::debug!(%error, "logging was started before");
    }
}

/// Starts logging for somebody at a terminal: what goes wrong, in plain lines on standard error.
pub fn start_logging_for_people() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would say so on the very pipe that was closed, and panic.
        .log_internal_errors(false)
        .without_time()
        .try_init();
    if let Err(error) = started {
        tracing::debug!(%error, "logging was started before");
    }
}
