//! The whole of Pagewarden in one process: the embedded table, its stream, the schedule, the functions over HTTP,
//! and faithful fakes of the platforms.

pub mod clock;
pub mod command;
pub mod demo;
pub mod fake;
pub mod functions;
pub mod http;
pub mod line;
pub mod meter;
pub mod pump;
pub mod remote;
pub mod replay;
pub mod report;
pub mod role;
pub mod score;
pub mod settle;
pub mod stack;
pub mod table;
pub mod template;
