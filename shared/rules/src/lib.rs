//! What a text is about, and what a practice's policy says of it.
//!
//! Everything here is pure: no clock, no I/O, no environment. The same text, policy and facts give
//! the same decision for ever, so that any past decision can be replayed under any policy version.
//!
//! The way through: [`Reader::read`] turns a text into a [`Reading`] (findings and identifiers), to
//! which a second reader may add a [`Meaning`]; [`decide`] turns a reading and the facts around it
//! into a [`Decision`] under one [`Policy`].
//!
//! # Examples
//!
//! A policy with one clause, which hides obscene words:
//!
//! ```
//! use pagewarden_rules::{Disposition, Effect, Mode, Platform, Policy, Reader, Situation, Surface, decide};
//!
//! let policy: Policy = toml::from_str(
//!     r#"
//!     practice = { id = "sixth", name = "The Sixth Surgery", nation = "england", timezone = "Europe/London",
//!         audience = [], responder = "", source = "", source_sha256 = "", title = "" }
//!     links = {}
//!     channels = [{ platform = "facebook", surfaces = ["comment"] }]
//!     ladder = { window_months = 12, hold_if_open_complaint = true }
//!     retention = { no_breach_text_days = 0, evidence_months = 24 }
//!     [[clauses]]
//!     id = "S1"
//!     topics = ["obscene"]
//!     place = "own"
//!     says = "will"
//!     effects = ["capture", "hide", "delete"]
//!     auto = ["capture", "hide"]
//!     quote = "Obscene posts will be deleted."
//!     "#,
//! )?;
//! let text = "You absolute wankers, all of you.";
//! let situation = Situation {
//!     platform: Platform::Facebook,
//!     surface: Surface::Comment,
//!     mode: Mode::Live,
//!     media: false,
//!     translated: false,
//!     length: text.chars().count(),
//! };
//! let decision = decide(&policy, &situation, &Reader::default().read(text));
//! assert_eq!(decision.disposition, Disposition::Hide);
//! assert!(decision.does(Effect::Hide) && !decision.does(Effect::Delete));
//! # Ok::<(), toml::de::Error>(())
//! ```

// A variant that is added must be decided about wherever its enum is matched.
#![warn(clippy::wildcard_enum_match_arm)]

mod capability;
mod complaint;
mod decision;
mod effect;
mod finding;
mod meaning;
mod platform;
mod policy;
mod post;
mod reader;
mod report;
mod topic;

pub use capability::{
    Capability, Longest, capability, longest_message, longest_reply, report_can_be_appealed,
    surfaces,
};
pub use complaint::ComplaintClock;
pub use decision::{
    ClauseEngaged, Decision, Disposition, Dropped, Mode, Planned, PlannedDraft, PlannedTask,
    Situation, TaskKind, Urgency, decide,
};
pub use effect::{By, Effect, Role};
pub use finding::{Finding, Identifier, IdentifierKind, Reading, Span, Strength, Target};
pub use meaning::{Meaning, Said, Sense};
pub use platform::{Channel, Platform, Surface, UnknownWord};
pub use policy::{
    About, BadPracticeId, Channels, Clause, CustomTopic, Detect, Exception, Join, Ladder, Links,
    Nation, Place, Policy, Practice, PracticeId, Praise, Retention, Says,
};
pub use post::{Author, Media, Post, PostKey, RevisionId};
pub use reader::{Reader, Roster, StaffMember, features};
pub use report::{ReportCard, ReportForm, report_card, report_category, report_form};
pub use topic::{Topic, UnknownTopic};
