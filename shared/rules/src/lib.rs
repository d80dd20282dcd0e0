#![doc = include_str!("../README.md")]
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
pub mod reply;
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
    Nation, Place, Policy, Practice, PracticeId, Praise, Retention, Says, rule_number,
};
pub use post::{Author, Media, Post, PostKey, RevisionId};
pub use reader::{Reader, Roster, StaffMember, features};
pub use report::{ReportCard, ReportForm, report_card, report_category, report_form};
pub use topic::{Topic, UnknownTopic};
