//! Builds the automaton of the vocabulary: pieces from standard input, one JSON string a line, the
//! line's number being the id; the automaton to standard output. Used by `make encoder-model`.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};

fn main() -> Result<(), Box<dyn Error>> {
    let mut pieces = Vec::new();
    for (id, line) in (0..).zip(io::stdin().lock().lines()) {
        let piece: Option<String> = serde_json::from_str(&line?)?;
        pieces.extend(piece.map(|piece| (piece.into_bytes(), id)));
    }
    pieces.sort();
    let mut builder = fst::raw::Builder::memory();
    for (piece, id) in pieces {
        builder.insert(piece, id)?;
    }
    io::stdout().write_all(&builder.into_inner()?)?;
    Ok(())
}
