//! `score`: how right the reader is on texts that people have labelled, or on what a practice's own
//! people decided about its posts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use jiff::SignedDuration;
use pagewarden_policies::{Settings, load};
use pagewarden_present::text::plain;
use pagewarden_rules::{PracticeId, Reader};

use super::check::reader;
use super::complaint::take_to;
use super::readers::ReadersAt;
use super::record::{MaybeTable, known, now};
use crate::score::{Decided, Figure, File, Labelled, Measures, Wrong, fallen, parse};

/// Versions of a practice's posts that are looked at, the newest first.
const MOST: usize = 20_000;

/// Texts of which a share says little.
const FEW: usize = 30;

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
    #[arg(required_unless_present = "practice")]
    files: Vec<PathBuf>,
    /// Score, instead of files, what this practice's own people decided about its posts, as far as
    /// their words are kept. Nothing is written, and nothing leaves this machine.
    #[arg(long, value_name = "ID", conflicts_with_all = ["files", "roster", "measures"])]
    practice: Option<PracticeId>,
    /// Days back from now.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650), requires = "practice")]
    days: u16,
    /// Show the words of the posts that were read wrongly: for who may read them.
    #[arg(long, requires = "practice")]
    show: bool,
    /// Write the posts, with their words and what was decided, as a file that `score` reads.
    #[arg(long, value_name = "FILE.csv", requires = "practice")]
    write: Option<PathBuf>,
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
    #[command(flatten)]
    table: MaybeTable,
}

/// Prints the table of figures and the texts that were read wrongly, and fails if a figure is worse
/// than it was.
pub async fn run(options: &Options) -> Result<ExitCode> {
    let before = options
        .against
        .as_ref()
        .map(|path| parse(&read(path)?))
        .transpose()?;
    let (figures, wrong) = match (&options.practice, &options.measures) {
        (Some(practice), _) => by_decisions(options, practice).await?,
        (None, None) => by_labels(options)?,
        (None, Some(measures)) => {
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
            say!("\n{name}: {id}, {how}");
            if options.practice.is_none() || options.show {
                say!("  {}", plain(&text).replace('\n', "\n  "));
            }
        }
    }
    let worse = before
        .map(|before| fallen(&before, &figures))
        .unwrap_or_default();
    for line in &worse {
        remark!("{line}");
    }
    Ok(if worse.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Scores the reader, as it is with the policy and the settings in force, on what people decided.
async fn by_decisions(
    options: &Options,
    practice: &PracticeId,
) -> Result<(Vec<Figure>, Vec<Wrong>)> {
    let table = options.table.clone().named();
    let table = table.context("name a table: --data FILE or --table URL")?;
    let opened = table.open_to_read().await?;
    let ledger = opened.ledger();
    known(ledger, practice).await?;
    let in_force = ledger.practice(practice).await?;
    let in_force = in_force.context("the practice is gone")?;
    let policy = ledger.policy(practice, in_force.policy).await?;
    let policy = policy.context("the policy in force is not on record")?;
    let loaded = load(&policy.toml, &policy.published, practice.as_str())
        .map_err(|problems| anyhow!("the policy in force does not load:\n{problems}"))?;
    let settings: Settings =
        serde_json::from_str(&in_force.settings).context("the settings do not read")?;
    let (readers, rules) = (
        options.readers.open()?,
        Reader::new(&settings.roster, &loaded.policy.custom),
    );
    let until = now();
    let since = until - SignedDuration::from_hours(24 * i64::from(options.days));
    let judged = ledger.judged(practice, since, until, MOST + 1).await?;
    if judged.len() > MOST {
        say!("Only the newest {MOST} versions of posts are looked at.");
    }
    let (mut about, mut kept, mut wrongly, mut texts) = (0, 0, 0, Vec::new());
    for (post, version) in judged.into_iter().take(MOST) {
        let history = ledger.history(&post).await?;
        let Some(history) = history.filter(|history| !history.state.restricted) else {
            continue;
        };
        let decided = Decided::of(&history, &version);
        about += usize::from(decided.by_people);
        wrongly += usize::from(decided.wrongly_hidden);
        let revisions = history.revisions.iter();
        let with_words = |one: &&pagewarden_ledger::RevisionRecord| {
            one.revision == version && !one.post.text.is_empty()
        };
        let Some(revision) = revisions.filter(|_| decided.by_people).find(with_words) else {
            continue;
        };
        kept += 1;
        if !decided.says_anything() {
            continue;
        }
        let (words, translation) = (&revision.post, revision.translation.as_deref());
        texts.push(Labelled {
            id: format!("{}/{}", post.platform, post.id),
            text: words.text.clone(),
            columns: decided.columns(),
            reading: readers.read_with_translation(&rules, &words.text, &words.tagged, translation),
        });
    }
    let days = options.days;
    say!(
        "In the last {days} days people at {practice} decided about {about} versions of posts. The words of {kept} are \
         kept, and of {} their decision says whether something was there. {wrongly} were hidden by the program and \
         shown again by people.",
        texts.len()
    );
    say!(
        "What nobody was asked about is not in it, so it does not show what the reader missed altogether."
    );
    if texts.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let file = File::of(texts);
    if let Some(to) = &options.write {
        take_to(to, async { file.to_csv() }, Vec::as_slice).await?;
        say!(
            "{} has the words of the posts: keep it as the posts are kept.",
            to.display()
        );
    }
    let (figures, wrong) = file.labelled()?;
    let few: Vec<String> = figures
        .iter()
        .filter(|figure| figure.texts < FEW)
        .map(|figure| format!("{} ({})", figure.name, figure.texts))
        .collect();
    if !few.is_empty() {
        say!(
            "Fewer than {FEW} decisions, so a share says little: {}.",
            few.join(", ")
        );
    }
    Ok((figures, wrong))
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
