//! Prints what the model sees of each text, for training it: `{"text"}` a line in, the buckets a
//! line out.

use std::error::Error;
use std::io::{BufRead as _, Write as _};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        let buckets = pagewarden_rules::features(row["text"].as_str().unwrap_or_default());
        writeln!(out, "{}", serde_json::to_string(&buckets)?)?;
    }
    Ok(())
}
