//! What a text is about, and what a practice's policy says of it.
//!
//! Everything here is pure: no clock, no I/O, no environment. The same text, policy and facts give the
//! same decision for ever, so that any past decision can be replayed under any policy version.
//!
//! The way through: [`Reader::read`] turns a text into a [`Reading`] (findings and identifiers);
//! [`decide`] turns a reading and the facts around it into a [`Decision`] under one [`Policy`].

mod capability;
mod decision;
mod effect;
mod finding;
mod platform;
mod policy;
mod post;
mod reader;
mod report;
mod topic;

pub use capability::{Capability, capability, surfaces};
pub use decision::{
    ClauseEngaged, Decision, Disposition, Dropped, Mode, Planned, PlannedDraft, PlannedTask, Situation, TaskKind,
    Urgency, decide,
};
pub use effect::{By, Effect, Role};
pub use finding::{Finding, Identifier, IdentifierKind, Reading, Span, Strength, Target};
pub use platform::{Channel, Platform, Surface, UnknownWord};
pub use policy::{
    About, BadPracticeId, Channels, Clause, CustomTopic, Detect, Exception, Join, Ladder, Links, Nation, Place, Policy,
    Practice, PracticeId, Praise, Retention, Says,
};
pub use post::{Author, Media, Post, PostKey, RevisionId};
pub use reader::{Reader, Roster, StaffMember, features};
pub use report::{ReportCard, ground, report_card};
pub use topic::{Topic, UnknownTopic};
