//! `score`: how right the reader is on texts that people have labelled.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::check::reader;
use super::readers::ReadersAt;
use crate::score::{Figure, File, Measures, Wrong, fallen, parse};

/// The labels, as people are told of them.
pub const LABELS: &str = "\
Labels:
  patient_identity         another person can be identified as a patient, or a detail identifies somebody
  staff_identity           a member of staff is named or can be told
  abuse, threat, obscene   insults, threats, strong language
  defamation               an accusation of crime, dishonesty or unfitness
  complaint                something went wrong; in files without `criticism`, criticism as well
  praise                   thanks or praise
  appointment_or_clinical  an appointment, a prescription, a result, own medical information
  photo_recording          photographs or recordings in the surgery
  scam_spam, misinformation
  safeguarding             somebody may be in danger; in files without `clinical_urgent`, urgent symptoms as well

A file that has any of these is scored by them as well:
  criticism                negative opinion without a complaint
  clinical_urgent          symptoms that need help now
  distress                 bereaved, or in distress
  claims_consent           says that the other person agreed
  not_english              written in another language

A note that begins with `alt:` names labels that count neither way there: `alt:complaint,abuse; free words`.";

/// What to score, and what to compare it with.
#[derive(Debug, Args)]
#[command(after_help = LABELS)]
pub struct Options {
    /// Labelled files, commas or semicolons between their columns: `id`, `text` and `labels`, which
    /// are names parted by `;`, or `none`; `notes` where there are some.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The practice's staff, as JSON: {"practice": "...", "staff": [{"name", "role", "aka"}]}.
    #[arg(long)]
    roster: Option<PathBuf>,
    /// What counts in each file, for files that are labelled in ways of their own. Files that it
    /// does not name are left out.
    #[arg(long, conflicts_with = "roster")]
    measures: Option<PathBuf>,
    /// A table that was printed before: say what is worse now, and fail if anything is.
    #[arg(long)]
    against: Option<PathBuf>,
    /// Leave out the texts that were read wrongly.
    #[arg(long)]
    brief: bool,
    #[command(flatten)]
    readers: ReadersAt,
}

/// Prints the table of figures and the texts that were read wrongly, and fails if a figure is worse
/// than it was.
pub fn run(options: &Options) -> Result<ExitCode> {
    let before = options
        .against
        .as_ref()
        .map(|path| parse(&read(path)?))
        .transpose()?;
    let (figures, wrong) = match &options.measures {
        None => by_labels(options)?,
        Some(measures) => {
            let toml = read(measures)?;
            by_measures(
                options,
                &Measures::parse(&toml).with_context(|| format!("in {}", measures.display()))?,
            )?
        }
    };
    say!("{}", Figure::HEAD);
    for figure in &figures {
        say!("{figure}");
    }
    if !options.brief {
        for Wrong {
            name,
            id,
            cues,
            text,
        } in wrong
        {
            let how = if cues.is_empty() {
                "missed".to_owned()
            } else {
                format!("found by {}", cues.join(", "))
            };
            say!("\n{name}: {id}, {how}\n  {}", text.replace('\n', "\n  "));
        }
    }
    let worse = before
        .map(|before| fallen(&before, &figures))
        .unwrap_or_default();
    for line in &worse {
        eprintln!("{line}");
    }
    Ok(if worse.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn by_labels(options: &Options) -> Result<(Vec<Figure>, Vec<Wrong>)> {
    let (readers, reader) = (options.readers.open()?, reader(options.roster.as_deref())?);
    let (mut figures, mut wrong) = (Vec::new(), Vec::new());
    for path in &options.files {
        let scored = File::read(path, &readers, &reader)?.labelled();
        let (more, missed) = scored.with_context(|| format!("cannot score {}", path.display()))?;
        figures.extend(more.into_iter().map(|figure| figure.under(&name(path))));
        wrong.extend(missed);
    }
    Ok((figures, wrong))
}

fn by_measures(options: &Options, measures: &Measures) -> Result<(Vec<Figure>, Vec<Wrong>)> {
    let readers = options.readers.open()?;
    let (mut figures, mut wrong) = (Vec::new(), Vec::new());
    for path in &options.files {
        let set = name(path);
        let labelled = measures
            .labelled
            .iter()
            .find(|labelled| labelled.set == set);
        let measures_of: Vec<_> = measures
            .measure
            .iter()
            .filter(|measure| measure.set == set)
            .collect();
        let details = measures.details.contains(&set);
        if labelled.is_none() && measures_of.is_empty() && !details {
            continue;
        }
        let roster = labelled
            .and_then(|labelled| labelled.roster.as_ref())
            .map(|roster| path.with_file_name(roster));
        let file = File::read(path, &readers, &reader(roster.as_deref())?)?;
        for measure in measures_of {
            let (figure, missed) = file.measured(measure);
            figures.push(figure);
            wrong.extend(missed);
        }
        if details {
            let found = file
                .details()
                .with_context(|| format!("cannot score {}", path.display()))?;
            figures.extend(found.into_iter().map(|figure| figure.under(&set)));
        }
        if labelled.is_some() {
            let scored = file
                .labelled()
                .with_context(|| format!("cannot score {}", path.display()))?;
            figures.extend(scored.0.into_iter().map(|figure| figure.under(&set)));
            wrong.extend(scored.1);
        }
    }
    if figures.is_empty() {
        bail!("none of the files is one that the measures name");
    }
    Ok((figures, wrong))
}

/// The name of a file without its ending.
fn name(path: &Path) -> String {
    path.file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
