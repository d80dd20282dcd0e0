//! Compiles what the reader knows into static tables, so that nothing is built when the program
//! starts.

#[path = "build/compile.rs"]
mod compile;
#[path = "build/confusables.rs"]
mod confusables;
#[path = "build/languages.rs"]
mod languages;
#[path = "build/lexicon.rs"]
mod lexicon;
#[path = "build/lists.rs"]
mod lists;
#[path = "build/names.rs"]
mod names;
#[expect(
    dead_code,
    reason = "the tables are written here and read by the reader"
)]
#[path = "src/reader/packed.rs"]
mod packed;
#[path = "build/pattern.rs"]
mod pattern;

use std::error::Error;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=lexicons");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    std::fs::write(out.join("confusables.rs"), confusables::table())?;
    let mut lexicon = lexicon::read(Path::new("lexicons"))?;
    lexicon.elsewhere = languages::elsewhere(Path::new("languages"))?;
    let (tables, classes) = compile::tables(&lexicon)?;
    std::fs::write(out.join("tables.rs"), tables)?;
    std::fs::write(out.join("classes.rs"), classes)?;
    names::compile(Path::new("names"), &lexicon.lists, &out)?;
    languages::compile(Path::new("languages"), &out)?;
    Ok(())
}
