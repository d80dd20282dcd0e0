//! The whole of Pagewarden in one process: the embedded table, its stream, the schedule, the
//! functions over HTTP, and faithful fakes of the platforms.

mod connector;
pub mod consumer;
pub mod demo;
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
