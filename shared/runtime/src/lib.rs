#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod access;
mod anchors;
mod batch;
mod bucket;
mod config;
mod consent;
pub mod emulator;
mod folder;
mod gate;
mod kept_at;
mod log;
mod metric;
pub mod pictures;
mod platforms;
mod scope;
mod secret;
mod trial;

pub use access::{XAccess, XToken};
pub use anchors::{Anchors, AnchorsAnswer, AnchorsError};
pub use batch::each_record;
pub use bucket::Bucket;
pub use config::{Aws, Config, ConfigError, Notices, SignIn};
pub use consent::{ConnectAnswer, ConnectEvent, ConnectStep};
pub use folder::Folder;
pub use gate::{Ended, Entry, Gatekeeper, Permit};
pub use kept_at::KeptAt;
pub use log::{start_logging, start_logging_for_people, start_logging_to};
pub use metric::count;
pub use pictures::{Pictures, PicturesAnswer, PicturesError};
pub use platforms::{Platforms, ReachError};
pub use scope::Scope;
pub use secret::{App, SecretError, Secrets, StoreError, XApp};
pub use trial::{LONGEST_TRIAL, Trial, TrialEvent, Tried, TriedPolicy};
