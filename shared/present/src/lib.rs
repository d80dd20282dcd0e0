#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod appeal;
pub mod author;
pub mod capabilities;
pub mod card;
pub mod case;
pub mod hand_over;
pub mod history;
pub mod post;
pub mod retention;
pub mod story;
pub mod terminal;
pub mod text;
pub mod trial;
pub mod versions;
pub mod words;
