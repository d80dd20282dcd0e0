//! What the encoder reads: JSON lines with `text` and, where the rules were asked, `hints` (topic
//! to `possible`, `likely` or `certain`) from standard input; the scores of each to standard
//! output. usage: read MODEL

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead as _, BufWriter, Write as _};

use pagewarden_encoder::{Encoder, Hint, Strength};
use serde::Deserialize;

#[derive(Deserialize)]
struct Line {
    text: String,
    #[serde(default)]
    hints: BTreeMap<String, Strength>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let encoder = Encoder::open(std::env::args().nth(1).ok_or("usage: read MODEL")?)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let Line { text, hints } = serde_json::from_str(&line?)?;
        let hints: Vec<Hint<'_>> = hints
            .iter()
            .map(|(topic, strength)| Hint {
                topic,
                strength: *strength,
            })
            .collect();
        serde_json::to_writer(&mut out, &encoder.read(&text, &hints))?;
        writeln!(out)?;
    }
    Ok(())
}
