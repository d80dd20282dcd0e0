//! The practices' published policies as data: loaded, checked word for word against what the
//! practices published, and told back in plain words.
//!
//! [`load`] turns a policy file and its published text into a [`pagewarden_rules::Policy`], or into
//! every [`Problem`] in them. [`lint`] says what each clause comes to on each channel, and
//! [`blockers`] what keeps a practice from going live. [`Templates`] holds all the words that go
//! out.
//!
//! A policy file has the tables `[practice]`, `[links]`, `[[channel]]`, `[[clause]]`,
//! `[[context]]`, `[[custom]]`, `[ladder]` and `[retention]`; the keys are the fields of the types
//! in `pagewarden_rules`. It may bring words of its own: `[templates.private.NAME]` (and `public`,
//! `letter`, `report`) adds a template or replaces ours of that name for this practice, and
//! `[tasks]` gives, by the kind of a task, the sentence that says why it waits.

// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

mod blockers;
mod check;
mod document;
mod lint;
mod load;
mod nearest;
mod parts;
mod people;
mod problem;
mod published;
mod quotes;
mod settings;
mod shape;
mod shipped;
mod templates;

pub use blockers::{Blocker, blockers};
pub use lint::{ClauseReport, Conflict, Outcome, PlaceReport, Report, lint, not_enforced};
pub use load::{Loaded, load};
pub use people::{Hours, NotHours, Person, Way};
pub use problem::{Problem, Problems};
pub use settings::{Caps, Settings};
pub use shipped::{Shipped, demo_settings, load_shipped, shipped};
pub use templates::{
    LONGEST_REPLY, TemplateError, Templates, Variable, Variables, confirms_a_patient,
};
