//! Reads texts as JSON lines and prints what the reader makes of them, for the score table.
//!
//! `read [--roster FILE]`: `{"id","text"}` a line in, `{"id","topics","findings","identifiers"}` a
//! line out; offsets in code points of the text given.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use pagewarden_rules::{Reader, Roster, Span};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let roster = match arguments
        .iter()
        .position(|a| a == "--roster")
        .and_then(|at| arguments.get(at + 1))
    {
        Some(path) => serde_json::from_str(&std::fs::read_to_string(path)?)?,
        None => Roster::default(),
    };
    let reader = Reader::new(&roster, &[]);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let post: Value = serde_json::from_str(&line?)?;
        let text = post["text"].as_str().unwrap_or_default();
        let reading = reader.read(text);
        let points = |span: &Span| {
            let start = text[..span.start].chars().count();
            (start, start + text[span.clone()].chars().count())
        };
        let findings: Vec<Value> = reading
            .findings
            .iter()
            .map(|finding| {
                let (start, end) = points(&finding.span);
                json!({ "topic": finding.topic, "start": start, "end": end, "strength": finding.strength,
                    "cue": finding.cue, "why": finding.why, "target": finding.target })
            })
            .collect();
        let identifiers: Vec<Value> = reading
            .identifiers
            .iter()
            .map(|identifier| {
                let (start, end) = points(&identifier.span);
                json!({ "kind": identifier.kind, "start": start, "end": end })
            })
            .collect();
        let answer = json!({ "id": post["id"], "topics": reading.topics(), "findings": findings,
            "identifiers": identifiers });
        writeln!(out, "{answer}")?;
    }
    Ok(())
}
