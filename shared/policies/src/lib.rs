#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod blockers;
mod check;
mod diff;
mod document;
pub mod draft;
mod lint;
mod load;
mod nearest;
mod parts;
mod people;
mod problem;
mod published;
mod quotes;
pub mod reference;
mod settings;
mod shape;
mod shipped;
mod templates;

pub use blockers::{Blocker, blockers};
pub use diff::{ClauseChange, ClauseDiff, Diff, diff};
pub use lint::{
    ClauseReport, Conflict, Outcome, PlaceReport, Report, lint, nobody_to_agree, not_enforced,
};
pub use load::{Loaded, load};
pub use people::{Hours, NotHours, Person, Way};
pub use problem::{Problem, Problems};
pub use settings::{Caps, Settings};
pub use shipped::{Shipped, demo_settings, load_shipped, shipped};
pub use templates::{LONGEST_REPLY, TemplateError, Templates, Variable, Variables};
