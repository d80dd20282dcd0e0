//! Measures the reader on texts of your own, JSON lines with a `text`: how many a second on one
//! core, how a text of 1 MB compares, what a reader costs to make, and the most memory that the
//! process ever held.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{Write as _, stdin, stdout};
use std::time::{Duration, Instant};

use pagewarden_rules::{Reader, Roster, StaffMember};
use serde_json::Value;

/// Rounds, of which the quickest counts: whatever else the machine does only makes one slower.
const ROUNDS: usize = 30;

fn main() -> Result<(), Box<dyn Error>> {
    let mut texts = Vec::new();
    for line in stdin().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        texts.push(row["text"].as_str().ok_or("a line has no text")?.to_owned());
    }
    let all = texts.join("\n");
    let long = all.repeat(1_000_000 / all.len().max(1) + 1);
    let long = &long[..long.floor_char_boundary(1_000_000)];
    let staff = (0..200).map(|i| StaffMember {
        name: format!("Dr Amara{} Okafor{i}", i % 17),
        role: "GP".into(),
        aka: Vec::new(),
    });
    let roster = Roster {
        practice: "Hillside Surgery".into(),
        staff: staff.collect(),
    };

    let alone = quickest(|| drop(black_box(Reader::new(&Roster::default(), &[]))));
    let known = quickest(|| drop(black_box(Reader::new(&roster, &[]))));
    let reader = Reader::new(&roster, &[]);
    let each = quickest(|| {
        for text in &texts {
            drop(black_box(reader.read(text)));
        }
    });
    let one = quickest(|| drop(black_box(reader.read(long))));
    // Linux counts it, in the line "VmHWM: 1234 kB".
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .map_or("not told by this system", str::trim);

    let count = u32::try_from(texts.len())?.max(1);
    let mut out = stdout().lock();
    writeln!(out, "{count} texts, {} bytes", all.len())?;
    writeln!(
        out,
        "a text: {:?}, {:.0} a second",
        each / count,
        f64::from(count) / each.as_secs_f64()
    )?;
    writeln!(
        out,
        "a text of 1 MB: {one:?}; a reader: {alone:?}, with 200 staff {known:?}"
    )?;
    writeln!(
        out,
        "the most memory at once, with the texts themselves: {peak}"
    )?;
    Ok(())
}

fn quickest(mut round: impl FnMut()) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed()
    });
    rounds.min().unwrap_or_default()
}
