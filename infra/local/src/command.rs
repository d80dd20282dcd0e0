//! The commands of the command line.

pub mod capabilities;
pub mod channel;
pub mod check;
pub mod cost;
pub mod history;
pub mod policy;
pub mod publish;
pub mod record;
pub mod score;
pub mod up;
pub mod whole;
