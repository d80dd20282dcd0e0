//! `capabilities`: what can be done on each platform.

use pagewarden_present::capabilities::table;

/// Prints the table.
pub fn print() {
    say!("{}", table().trim_end());
}
