//! `policy`: what each clause comes to on each channel, and what the words of a policy mean.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use pagewarden_policies::reference::{self, Entry, Kind};
use pagewarden_policies::{
    Loaded, Problems, Settings, diff as difference, lint as report, load, shipped,
};
use pagewarden_present::text::plain;

/// Checks policies, and prints a report on each that loads and every problem of those that do not.
pub fn lint(files: &[PathBuf]) -> Result<ExitCode> {
    let mut wrong = 0;
    let policies = if files.is_empty() {
        from_program()
    } else {
        from_files(files)?
    };
    for (name, policy) in policies {
        match policy {
            Ok(loaded) => say!("{}", report(&loaded, &Settings::default())),
            Err(problems) => {
                wrong += problems.len();
                say!("{name} does not load:\n{problems}");
            }
        }
    }
    Ok(if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Prints what a newer policy says otherwise than an older one, in words. Fails where either does not
/// load.
pub fn diff(old: &Path, new: &Path) -> Result<ExitCode> {
    let loaded = |file: &Path| -> Result<Loaded> {
        from_file(file)?
            .map_err(|problems| anyhow!("{} does not load:\n{problems}", file.display()))
    };
    say!(
        "{}",
        plain_lines(&difference(&loaded(old)?, &loaded(new)?).to_string())
    );
    Ok(ExitCode::SUCCESS)
}

/// Returns text in which nothing commands a terminal, with its lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.trim_end()
        .lines()
        .map(plain)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Prints what a word of the policy language means; without a word, lists them all.
#[must_use]
pub fn explain(word: Option<&str>) -> ExitCode {
    let Some(word) = word else {
        let mut last = None;
        for entry in reference::entries() {
            if last != Some(entry.kind) {
                say!("\n{}", kind(entry.kind));
                last = Some(entry.kind);
            }
            say!("  {:<34} {}", entry.word, entry.meaning);
        }
        return ExitCode::SUCCESS;
    };
    match reference::explain(word) {
        Ok(entries) => {
            for entry in &entries {
                print(entry);
            }
            ExitCode::SUCCESS
        }
        Err(near) => {
            let near = if near.is_empty() {
                "`pagewarden policy explain` lists them all".to_owned()
            } else {
                format!("did you mean {}?", near.join(", "))
            };
            remark!(
                "pagewarden: no policy has a word \"{}\": {near}",
                plain(word)
            );
            ExitCode::FAILURE
        }
    }
}

fn print(entry: &Entry) {
    say!("{} ({})", entry.word, kind(entry.kind));
    say!("  means     {}", entry.meaning);
    say!("  use it    {}", entry.when);
    say!("  example   {}", entry.example);
    for (nth, fact) in entry.facts.iter().enumerate() {
        say!("  {:<9} {fact}", if nth == 0 { "comes to" } else { "" });
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Topic => "topic".to_owned(),
        Kind::Effect => "effect".to_owned(),
        Kind::Word(key) => format!("word of \"{key}\""),
        Kind::Key(table) => format!("key of {table}"),
    }
}

/// Prints the whole reference as the document that the project has.
pub fn reference() {
    say!("{}", reference::document().trim_end());
}

type Named = (String, Result<Loaded, Problems>);

fn from_program() -> Vec<Named> {
    shipped()
        .iter()
        .map(|(id, toml, text)| ((*id).to_owned(), load(toml, text, &format!("{id}.toml"))))
        .collect()
}

fn from_files(files: &[PathBuf]) -> Result<Vec<Named>> {
    files
        .iter()
        .map(|file| Ok((file.display().to_string(), from_file(file)?)))
        .collect()
}

/// Loads one file, with the published text that it names.
fn from_file(file: &Path) -> Result<Result<Loaded, Problems>> {
    let (toml, published) = texts(file)?;
    Ok(load(&toml, &published, &file.display().to_string()))
}

/// Reads a policy and the published text that it names: beside it, or in a folder `published`
/// beside it.
///
/// The published text is empty where the file is not in order as far as to name one: what is wrong
/// with it comes first.
pub(crate) fn texts(file: &Path) -> Result<(String, String)> {
    let text = text_in(file)?;
    let Ok(table) = toml::from_str::<toml::Table>(&text) else {
        return Ok((text, String::new()));
    };
    let Some(source) = table
        .get("practice")
        .and_then(|practice| practice.get("source")?.as_str())
    else {
        return Ok((text, String::new()));
    };
    let folder = file.parent().unwrap_or(Path::new("."));
    // The name comes from the file: only its last part is used, so that it names nothing outside
    // these two folders.
    let name = Path::new(source)
        .file_name()
        .context("the policy names no published text under [practice] source")?;
    let places = [folder.join(name), folder.join("published").join(name)];
    let found = places.iter().find(|place| place.is_file());
    let found = found.with_context(|| {
        format!(
            "the published text {} is not beside {}: save the practice's published policy there",
            name.to_string_lossy(),
            file.display()
        )
    })?;
    Ok((text, text_in(found)?))
}

/// Reads a practice's settings.
pub(crate) fn settings_in(file: &Path) -> Result<Settings> {
    let text = text_in(file)?;
    let name = file.display().to_string();
    Settings::read(&text, &name).map_err(|problems| {
        anyhow!("{name} does not read as settings, and nothing was changed:\n{problems}")
    })
}

/// Reads a file that a person wrote.
pub(crate) fn text_in(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    String::from_utf8(bytes).map_err(|_| {
        anyhow!(
            "{} is no plain text in UTF-8: save it again as that",
            file.display()
        )
    })
}
