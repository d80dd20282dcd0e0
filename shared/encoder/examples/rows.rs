//! What the layers make of texts, for the training. JSON strings, one a line, from standard input;
//! to standard output, little-endian: for each text its pieces (4 bytes), the mean of their rows
//! (1,152 numbers of 32 bits), each piece's sentence (4 bytes, -1 for none), and each piece's row
//! (1,152 numbers of 16 bits). usage: rows MODEL

use std::error::Error;
use std::io::{self, BufRead as _, BufWriter, Write as _};

use half::f16;
use pagewarden_encoder::Encoder;

fn main() -> Result<(), Box<dyn Error>> {
    let encoder = Encoder::open(std::env::args().nth(1).ok_or("usage: rows MODEL")?)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let (whole, sentences, rows) = encoder.rows(&text);
        out.write_all(&u32::try_from(sentences.len())?.to_le_bytes())?;
        for number in whole {
            out.write_all(&number.to_le_bytes())?;
        }
        for sentence in sentences {
            out.write_all(&sentence.map_or(Ok(-1), i32::try_from)?.to_le_bytes())?;
        }
        for number in rows {
            out.write_all(&f16::from_f32(number).to_le_bytes())?;
        }
    }
    Ok(())
}
