//! The end-to-end tests in one program: as thirty, each would link the whole system. `logs` has a program of its own,
//! because where logs go is said once for a process.

mod access;
mod again;
mod authority;
mod cost;
#[path = "day/main.rs"]
mod day;
mod deliveries;
mod facebook;
mod faults;
mod functions;
mod gate;
mod grants;
mod hints;
mod instagram;
mod ledger;
mod limits;
mod main_job;
mod metrics;
mod people;
mod quotas;
mod remind;
mod replays;
mod restore;
mod roles;
mod scale;
mod second_reader;
mod secrets;
mod tampering;
mod threats;
mod versions;
mod website;
#[path = "x/main.rs"]
mod x;
