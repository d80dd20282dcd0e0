//! What people read: cases, histories, tasks and decisions in words.
//!
//! Everything here is a pure function from records to text, used by the command line and by
//! whatever else shows a record to somebody. Nothing here reads a table, a file or the clock.

// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod appeal;
pub mod capabilities;
pub mod case;
pub mod hand_over;
pub mod history;
pub mod post;
pub mod story;
pub mod terminal;
pub mod text;
pub mod trial;
pub mod words;
