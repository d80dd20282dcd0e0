//! `policy draft`: a first policy from a practice's published text.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use pagewarden_policies::draft::{Origin, Patterns, draft};
use pagewarden_policies::load;
use pagewarden_rules::PracticeId;

use crate::command::policy::text_in;

/// Whose text is drafted from, and where the policy goes.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// The published text, in a plain text file.
    text: PathBuf,
    /// The practice's id: lower-case letters, digits and hyphens.
    #[arg(long)]
    id: PracticeId,
    /// The practice's name in full.
    #[arg(long)]
    name: Option<String>,
    /// Write the policy to this new file, and the text beside it; print it where none is given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Drafts a policy, and says what is left to do.
pub fn run(options: &Options) -> Result<ExitCode> {
    let text = text_in(&options.text)?;
    let source = options
        .text
        .file_name()
        .and_then(|name| name.to_str())
        .context("the text's file needs a name in plain letters")?;
    let origin = Origin {
        id: &options.id,
        name: options.name.as_deref(),
        source,
    };
    let drafted = draft(&Patterns::shipped()?, &origin, &text);
    let file = match &options.out {
        None => {
            say!("{}", drafted.toml.trim_end());
            format!("{}.toml", options.id)
        }
        Some(out) => {
            write(out, &drafted.toml)?;
            let beside = out.with_file_name(source);
            if !beside.exists() {
                write(&beside, &text)?;
            }
            out.display().to_string()
        }
    };
    let clauses = drafted
        .parts
        .iter()
        .filter(|part| part.clause.is_some())
        .count();
    remark!(
        "{clauses} clauses and {} other sentences; {} questions, each on a line that begins with \"# ?\"",
        drafted.parts.len() - clauses,
        drafted.questions.len()
    );
    Ok(match load(&drafted.toml, &text, &file) {
        Ok(_) => {
            remark!(
                "it loads. Read every clause, answer the questions, then: pagewarden policy lint {file}"
            );
            ExitCode::SUCCESS
        }
        Err(problems) => {
            remark!("it does not load yet:\n{problems}");
            ExitCode::FAILURE
        }
    })
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot write {} as a new file", path.display()))?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("cannot write {}", path.display()))
}
