//! `policy lint`: what each clause comes to on each channel, and what blocks `live`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use pagewarden_policies::{Loaded, Problem, Settings, Templates, lint as report, load, shipped};

/// Checks policies, and prints a report on each that loads and every problem of those that do not.
#[expect(clippy::print_stdout, reason = "the report is what was asked for")]
pub fn lint(files: &[PathBuf]) -> Result<ExitCode> {
    let templates =
        Templates::shipped().map_err(|problems| anyhow::anyhow!("the templates do not load: {}", listed(&problems)))?;
    let mut wrong = 0;
    let policies = if files.is_empty() { from_program() } else { from_files(files)? };
    for (name, policy) in policies {
        match policy {
            Ok(loaded) => println!("{}", report(&loaded, &Settings::default(), &templates)),
            Err(problems) => {
                wrong += problems.len();
                println!("{name} does not load:\n{}", listed(&problems));
            }
        }
    }
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

type Named = (String, Result<Loaded, Vec<Problem>>);

fn from_program() -> Vec<Named> {
    shipped().iter().map(|(id, toml, text)| ((*id).to_owned(), load(toml, text, &format!("{id}.toml")))).collect()
}

fn from_files(files: &[PathBuf]) -> Result<Vec<Named>> {
    files.iter().map(|file| Ok((file.display().to_string(), from_file(file)?))).collect()
}

/// Loads one file, with the published text that it names.
fn from_file(file: &Path) -> Result<Result<Loaded, Vec<Problem>>> {
    let (toml, published) = texts(file)?;
    Ok(load(&toml, &published, &file.display().to_string()))
}

/// Reads a policy and the published text that it names: beside it, or in a folder `published` beside it.
pub(crate) fn texts(file: &Path) -> Result<(String, String)> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let source = source_of(&text)
        .unwrap_or_else(|| file.file_stem().map_or_else(String::new, |stem| format!("{}.txt", stem.to_string_lossy())));
    // The name comes from the file: only its last part is used, so that it names nothing outside these two folders.
    let name = Path::new(&source).file_name().context("the policy names no published text under [practice] source")?;
    let places = [folder.join(name), folder.join("published").join(name)];
    let found = places.iter().find(|place| place.is_file());
    let found = found.with_context(|| {
        format!(
            "the published text {} is not beside {}: save the practice's published policy there",
            name.to_string_lossy(),
            file.display()
        )
    })?;
    let published = fs::read_to_string(found).with_context(|| format!("cannot read {}", found.display()))?;
    Ok((text, published))
}

/// Returns the published text that a policy names, where the file can be read that far.
fn source_of(text: &str) -> Option<String> {
    let table: toml::Table = toml::from_str(text).ok()?;
    Some(table.get("practice")?.get("source")?.as_str()?.to_owned())
}

pub(crate) fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
