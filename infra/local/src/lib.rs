#![doc = include_str!("../README.md")]
// What a further platform, effect or answer needs is listed by the compiler.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod clocks;
mod connector;
pub mod consumer;
pub mod demo;
pub mod fate;
pub mod functions;
pub mod http;
mod invoker;
pub mod meter;
pub mod outbox;
mod pictures;
pub mod remote;
pub mod replay;
pub mod role;
pub mod settle;
pub mod stack;
pub mod stepped;
pub mod table;
pub mod template;
