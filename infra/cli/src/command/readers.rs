//! Which readers read: the rules, and the second reader where its model is there.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use pagewarden_readers::{Readers, places};

/// Where this repository keeps the model, for a program that is run where it was built.
const IN_REPOSITORY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/encoder/model/encoder.bin"
);

/// Which readers read.
#[derive(Clone, Debug, Default, Args)]
pub struct ReadersAt {
    /// The second reader's model; else what `PAGEWARDEN_MODEL` names, `encoder.bin` beside the
    /// program, or the repository's.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Have the rules alone read.
    #[arg(long, conflicts_with = "model")]
    rules_only: bool,
}

impl ReadersAt {
    /// Opens the readers. A model that is named has to be there; without any the rules alone read,
    /// which is said once.
    pub fn open(&self) -> Result<Readers> {
        if self.rules_only {
            return Ok(Readers::rules_only());
        }
        if let Some(model) = &self.model {
            let readers = Readers::open(std::slice::from_ref(model));
            return readers.with_context(|| format!("cannot use the model {}", model.display()));
        }
        Ok(
            Readers::open(&places(Some(Path::new(IN_REPOSITORY)))).unwrap_or_else(|error| {
                remark!(
                    "pagewarden: the second reader is not there ({error}): the rules alone read"
                );
                Readers::rules_only()
            }),
        )
    }
}
