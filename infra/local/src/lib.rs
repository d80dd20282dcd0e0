#![doc = include_str!("../README.md")]

mod connector;
pub mod consumer;
pub mod demo;
pub mod fate;
pub mod functions;
pub mod http;
pub mod meter;
pub mod outbox;
pub mod remote;
pub mod replay;
pub mod role;
pub mod settle;
pub mod stack;
pub mod stepped;
pub mod table;
pub mod template;
mod trier;
