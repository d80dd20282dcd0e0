//! The commands of the command line.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _, stderr, stdout};
use std::process::exit;

/// Prints a line of what was asked for.
macro_rules! say {
    ($($line:tt)*) => {
        $crate::command::print_line(format_args!($($line)*))
    };
}

/// Prints a line about what was asked for, beside it: where errors go.
#[macro_export]
macro_rules! remark {
    ($($line:tt)*) => {
        $crate::command::print_remark(format_args!("{}\n", format_args!($($line)*)))
    };
}

pub mod backtest;
pub mod capabilities;
pub mod channel;
pub mod check;
pub mod complaint;
pub mod connect;
pub mod cost;
pub mod draft;
pub mod evidence;
pub mod history;
pub mod ladder;
pub mod offboard;
pub mod papers;
pub mod people;
pub mod policy;
pub mod publish;
pub mod readers;
pub mod record;
#[cfg(feature = "local")]
pub mod replay;
pub mod retention;
pub mod rights;
pub mod sample;
pub mod score;
pub mod tasks;
#[cfg(feature = "local")]
pub mod up;
pub mod versions;
pub mod whole;

/// Prints a line. Whoever reads may have had enough, as `head` has: what is being done is done all
/// the same.
fn print_line(line: Arguments<'_>) {
    match writeln!(stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            remark!("pagewarden: cannot print: {error}");
            exit(1)
        }
        _ => {}
    }
}

/// Prints a remark as it stands. Nobody can be told that it was not printed, and `eprintln!` would
/// panic where the reader of `2>&1` has had enough.
pub fn print_remark(remark: Arguments<'_>) {
    let _ = stderr().write_fmt(remark);
}
