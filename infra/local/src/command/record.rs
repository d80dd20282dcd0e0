//! `history`, `tasks`, `task decide`, `hold` and `switch`: the record, and people's decisions.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use pagewarden_ledger::{Calendar, Choice, Happening, Ledger, Person, TaskRecord};
use pagewarden_rules::{Nation, PostKey, PracticeId, RevisionId, Role, TaskKind};
use pagewarden_runtime::Config;

use crate::table::{NAME, Table, client};
use crate::template::Template;

/// Which table.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TableAt {
    /// The file of `up --data`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Where a running `up` says that its table answers; or the name of a deployed table, whose region and keys are in
    /// the environment, as `aws configure export-credentials --format env` puts them there.
    #[arg(long, value_name = "URL or NAME")]
    table: Option<String>,
}

/// An open table, which has to live as long as its ledger is used.
pub(crate) struct Opened {
    ledger: Ledger,
    _table: Option<Table>,
}

impl Opened {
    /// Returns the ledger in the table.
    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl TableAt {
    pub(crate) async fn open(&self) -> Result<Opened> {
        if let Some(named) = &self.table {
            return Ok(Opened { ledger: ledger_at(named)?, _table: None });
        }
        let file = self.data.as_deref().context("name a table: --data FILE or --table URL")?;
        if !file.is_file() {
            bail!("there is no {}: start `pagewarden up --data {}` first", file.display(), file.display());
        }
        let table = Table::open(Some(file), &Template::shipped()?).await?;
        Ok(Opened { ledger: table.ledger(), _table: Some(table) })
    }
}

/// Returns the ledger in a table that answers at an address, or in a deployed one by its name.
pub(crate) fn ledger_at(named: &str) -> Result<Ledger> {
    if named.contains("://") {
        return Ok(Ledger::new(client(named), NAME));
    }
    Ok(Config::of_table(named.to_owned()).context("a deployed table needs a region and keys")?.ledger())
}

/// A post, as `PRACTICE/PLATFORM/ID`.
#[derive(Clone, Debug)]
pub struct PostName(PostKey);

impl FromStr for PostName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut parts = text.splitn(3, '/');
        let (Some(practice), Some(platform), Some(id)) = (parts.next(), parts.next(), parts.next()) else {
            bail!("write the post as PRACTICE/PLATFORM/ID, such as woolpit/facebook/123_456");
        };
        Ok(PostName(PostKey { practice: practice.parse()?, platform: platform.parse()?, id: id.to_owned() }))
    }
}

/// Somebody who decides, as `NAME:ROLE`.
#[derive(Clone, Debug)]
pub struct PersonName(Person);

impl FromStr for PersonName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, role) =
            text.rsplit_once(':').context("write who decides as NAME:ROLE, such as Pat:practice_manager")?;
        if name.trim().is_empty() {
            bail!("a decision needs a name: write NAME:ROLE");
        }
        Ok(PersonName(Person { name: name.trim().to_owned(), role: role.parse()? }))
    }
}

impl PersonName {
    /// Returns what they may do.
    pub(crate) const fn role(&self) -> Role {
        self.0.role
    }
}

impl std::fmt::Display for PersonName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug)]
pub struct OnOff(bool);

impl FromStr for OnOff {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "on" => Ok(OnOff(true)),
            "off" => Ok(OnOff(false)),
            _ => Err(anyhow!("write on or off")),
        }
    }
}

fn clock() -> Calendar {
    Calendar::new(Nation::England, "Europe/London")
}

/// Prints the events of a post and whether the chain holds.
#[expect(clippy::print_stdout, reason = "the record is what was asked for")]
pub async fn history(post: &PostName, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    let Some(history) = opened.ledger.history(&post.0).await? else { bail!("nothing is on record about {}", post.0) };
    let calendar = clock();
    for event in &history.events {
        println!("{:>3}  {}  {}", event.seq, calendar.local(event.at), told(&event.happening()?));
        println!("     {}", event.hash);
    }
    let state = &history.state;
    println!("now: {:?}, {} tasks open", state.visibility, state.open_tasks.len());
    match history.verify() {
        Ok(()) => {
            println!("the chain holds: {} lines, none changed, none missing", history.events.len());
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            println!("THE CHAIN IS BROKEN: {error}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn told(happening: &Happening) -> String {
    match happening {
        Happening::Decided { revision, policy, decision, evidence, .. } => {
            let clauses: Vec<&str> = decision.clauses.iter().map(|clause| clause.id.as_str()).collect();
            let tasks: Vec<&str> = decision.tasks.iter().map(|task| task.kind.name()).collect();
            format!(
                "decided: {} (revision {revision}, policy version {policy}); clauses {}; tasks {}; evidence sha256 {evidence}",
                decision.disposition,
                or_none(&clauses),
                or_none(&tasks)
            )
        }
        Happening::Acted { effect, detail, .. } => format!("done on the platform: {effect} ({detail})"),
        Happening::Failed { effect, why, .. } => format!("not done: {effect} ({why}); a task was opened"),
        Happening::Parked { effect, why, .. } => format!("stopped: {effect} ({why}); a task was opened"),
        Happening::Dropped { effect, why, .. } => format!("let go: {effect} ({why})"),
        Happening::Chosen { choice, by, note, .. } => {
            format!("chosen: {choice} by {by}{}", note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default())
        }
        Happening::Removed => "the platform says that it is gone".to_owned(),
        Happening::Hold { on, by, note } => {
            let what = if *on { "its words are to be kept" } else { "its words need not be kept" };
            format!("{what}, says {by}{}", note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default())
        }
        Happening::WordsDropped { revisions } => {
            format!("its author took it back: the words of {} were dropped", or_none(&names(revisions)))
        }
        Happening::VisibilitySeen { hidden: true } => "the platform says that it is hidden".to_owned(),
        Happening::VisibilitySeen { hidden: false } => "the platform says that it is shown".to_owned(),
    }
}

fn names(revisions: &[RevisionId]) -> Vec<&str> {
    revisions.iter().map(|revision| revision.0.as_str()).collect()
}

fn or_none(words: &[&str]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// Prints what waits for people.
#[expect(clippy::print_stdout, reason = "the list is what was asked for")]
pub async fn tasks(practice: Option<PracticeId>, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    let mut waiting = Vec::new();
    for practice in practices(&opened.ledger, practice).await? {
        waiting.extend(opened.ledger.open_tasks(&practice).await?);
    }
    waiting.sort_by(|a, b| (a.urgency, a.due_at, &a.id).cmp(&(b.urgency, b.due_at, &b.id)));
    let calendar = clock();
    for task in &waiting {
        println!("{}", line(task, &calendar));
        for more in card(task, &calendar) {
            println!("      {more}");
        }
    }
    println!("{} tasks wait", waiting.len());
    Ok(ExitCode::SUCCESS)
}

fn line(task: &TaskRecord, calendar: &Calendar) -> String {
    let clauses: Vec<&str> = task.clauses.iter().map(String::as_str).collect();
    let options: Vec<&str> = task.options.iter().map(|effect| effect.name()).collect();
    format!(
        "{}  {:<6} by {}  {}  {}  {}  may: {}  {}",
        task.id,
        task.urgency,
        calendar.local(task.due_at),
        task.kind,
        task.key,
        or_none(&clauses),
        or_none(&options),
        task.why
    )
}

/// What helps to report a post, and when it is asked what became of that.
fn card(task: &TaskRecord, calendar: &Calendar) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(card) = task.report.as_ref().filter(|_| task.kind != TaskKind::ReportOutcome) {
        lines.push(format!("to report it: {}: {}", card.link, card.how));
        lines.push(format!("as: {}", card.ground));
        lines.extend(card.words.as_ref().map(|words| format!("paste: {words}")));
    }
    if !task.reminders.is_empty() {
        let again: Vec<String> = task.reminders.iter().map(|at| calendar.local(*at)).collect();
        lines.push(format!("asked again: {}", again.join(", ")));
    }
    lines
}

async fn practices(ledger: &Ledger, one: Option<PracticeId>) -> Result<BTreeSet<PracticeId>> {
    Ok(match one {
        Some(practice) => BTreeSet::from([practice]),
        None => ledger.channels().await?.into_iter().map(|(_, practice)| practice).collect(),
    })
}

/// Closes a task with a person's choice.
#[expect(clippy::print_stdout, reason = "the outcome is what was asked for")]
pub async fn decide(
    id: &str,
    person: &PersonName,
    choice: Choice,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    for practice in practices(&opened.ledger, None).await? {
        let waiting = opened.ledger.open_tasks(&practice).await?;
        if waiting.iter().any(|task| task.id == id) {
            let chosen = opened.ledger.choose(&practice, id, &person.0, choice, note, Timestamp::now()).await?;
            println!("{choice} by {}: {}", person.0, chosen.says);
            return Ok(ExitCode::SUCCESS);
        }
    }
    bail!("no task {id} waits: `pagewarden tasks` shows what does");
}

/// Keeps a post's words whatever their author does, or no longer.
#[expect(clippy::print_stdout, reason = "the outcome is what was asked for")]
pub async fn hold(
    post: &PostName,
    state: OnOff,
    person: &PersonName,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    opened.ledger.hold(&post.0, state.0, &person.0, note, Timestamp::now()).await?;
    let says = if state.0 {
        "its words are kept, also where its author takes it back, until somebody says `hold ... off`"
    } else {
        "its words are kept no longer than others'"
    };
    println!("{}: {says}", post.0);
    Ok(ExitCode::SUCCESS)
}

/// Turns a practice's switch on or off.
#[expect(clippy::print_stdout, reason = "the outcome is what was asked for")]
pub async fn switch(practice: &PracticeId, state: OnOff, person: &PersonName, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open().await?;
    opened.ledger.set_switch(practice, state.0, &person.0.to_string(), Timestamp::now()).await?;
    println!("{practice}: the machine {}", if state.0 { "acts again" } else { "acts on nothing" });
    Ok(ExitCode::SUCCESS)
}
