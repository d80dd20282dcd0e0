#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]
// It panics where whoever reads has had enough: `remark!` says it.
#![warn(clippy::print_stderr)]

pub mod command;
pub mod line;
pub mod score;
