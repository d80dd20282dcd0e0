//! The operator's commands. All but `up`, `replay` and `--data` work on a deployed table and bring
//! neither an emulator nor fakes: those are behind the feature `local`, which is on unless it is
//! turned off.

pub mod command;
pub mod line;
pub mod score;
