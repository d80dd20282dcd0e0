//! What the layers make of texts, for the training. JSON strings, one a line, from standard input; to standard output,
//! little-endian: for each text its sentences (4 bytes), and the mean of the whole and of each sentence: 1,152 numbers of
//! 32 bits each. usage: means MODEL

use std::error::Error;
use std::io::{self, BufRead as _, BufWriter, Write as _};

use pagewarden_encoder::Encoder;

fn main() -> Result<(), Box<dyn Error>> {
    let encoder = Encoder::open(std::env::args().nth(1).ok_or("usage: means MODEL")?)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let (whole, sentences) = encoder.means(&text);
        out.write_all(&u32::try_from(sentences.len())?.to_le_bytes())?;
        for number in [whole].iter().chain(&sentences).flatten() {
            out.write_all(&number.to_le_bytes())?;
        }
    }
    Ok(())
}
