//! The fakes, and so the clients that are tested against them, held against the platforms' own
//! specifications.
//!
//! `PAGEWARDEN_SPECS=DIR cargo test -p pagewarden-fakes --test specs`, with X's published
//! `openapi.json` in `DIR/x`, and in `DIR/facebook` the specifications from which Meta makes its
//! own clients. They are theirs and not kept here.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a test may")]

mod codegen;
mod graph;
mod openapi;
mod record;
mod x;

use std::path::PathBuf;
use std::time::Duration;

use pagewarden_platforms::calls::{Http, Timeouts};

/// Returns a part of the folder of specifications, or none where there is none.
fn specs(part: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("PAGEWARDEN_SPECS").map(PathBuf::from) else {
        println!("skipped: PAGEWARDEN_SPECS is not set");
        return None;
    };
    let path = folder.join(part);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn http() -> Http {
    let patience = Duration::from_secs(5);
    Http::new(Timeouts {
        connect: patience,
        total: patience,
    })
    .expect("a client")
}
