//! Compresses the style sheet once: it is a tenth of its size then, and no gateway in front of us
//! does it.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

const STYLES: &str = "assets/pagewarden.css";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={STYLES}");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&fs::read(STYLES)?)?;
    let out = env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?;
    fs::write(Path::new(&out).join("pagewarden.css.gz"), encoder.finish()?)?;
    Ok(())
}
