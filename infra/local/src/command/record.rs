//! `tasks`, `task decide`, `hold` and `switch`: what waits for people, and their decisions.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use pagewarden_ledger::{Calendar, Choice, Ledger, Person, TaskRecord};
use pagewarden_rules::{Nation, PostKey, PracticeId, Role, TaskKind};
use pagewarden_runtime::Config;

use crate::report::plain;
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
        self.opened(false).await
    }

    /// Opens the table to read it, which may be a copy that nobody may write.
    pub(crate) async fn open_to_read(&self) -> Result<Opened> {
        self.opened(true).await
    }

    async fn opened(&self, to_read: bool) -> Result<Opened> {
        if let Some(named) = &self.table {
            return Ok(Opened { ledger: ledger_at(named).await?, _table: None });
        }
        let file = self.data.as_deref().context("name a table: --data FILE or --table URL")?;
        if !file.exists() {
            bail!("there is no {0}: start `pagewarden up --data {0}` first", file.display());
        }
        if file.metadata().is_ok_and(|file| file.len() == 0) {
            bail!("{0} is empty: start `pagewarden up --data {0}` first", file.display());
        }
        let template = Template::shipped()?;
        let table = if to_read {
            Table::open_to_read(file, &template).await?
        } else {
            Table::open(Some(file), &template).await?
        };
        Ok(Opened { ledger: table.ledger(), _table: Some(table) })
    }
}

/// Returns the ledger in a table that answers at an address, or in a deployed one by its name.
pub(crate) async fn ledger_at(named: &str) -> Result<Ledger> {
    if named.contains("://") {
        let ledger = Ledger::new(client(named), NAME);
        let how = || format!("no table answers at {named}: write the address that a running `pagewarden up` prints");
        ledger.warm().await.with_context(how)?;
        return Ok(ledger);
    }
    let ledger = Config::of_table(named.to_owned()).with_context(|| {
        format!(
            "\"{named}\" is taken for the name of a deployed table, which needs AWS_REGION and keys in the environment, as \
             `aws configure export-credentials --format env` prints them; one on this machine is named by --data FILE, \
             or by the address that a running `pagewarden up` prints"
        )
    });
    // What a function would be told in its place helps nobody who types a command.
    let ledger = ledger.map_err(|error| anyhow!("{error}"))?.ledger();
    let how = || format!("cannot use the table \"{named}\": see that its name, the region and the keys are right");
    ledger.warm().await.with_context(how)?;
    Ok(ledger)
}

/// Characters of the longest name under which somebody decides: every line of the record repeats it.
const LONGEST_NAME: usize = 100;

/// A post, as `PRACTICE/PLATFORM/ID`.
#[derive(Clone, Debug)]
pub struct PostName(PostKey);

impl PostName {
    pub(super) const fn key(&self) -> &PostKey {
        &self.0
    }
}

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
        if name != plain(name) || name.chars().count() > LONGEST_NAME {
            bail!("a name is one line of at most {LONGEST_NAME} characters, without any that command a terminal");
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

/// Returns the calendar of the practices: all of them keep the time of London.
pub(super) fn clock() -> Calendar {
    Calendar::new(Nation::England, "Europe/London")
}

/// Prints what waits for people.
pub async fn tasks(practice: Option<PracticeId>, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open_to_read().await?;
    let mut waiting = Vec::new();
    for practice in practices(&opened.ledger, practice).await? {
        waiting.extend(opened.ledger.open_tasks(&practice).await?);
    }
    waiting.sort_by(|a, b| (a.urgency, a.due_at, &a.id).cmp(&(b.urgency, b.due_at, &b.id)));
    let calendar = clock();
    for task in &waiting {
        say!("{}", plain(&line(task, &calendar)));
        for more in card(task, &calendar) {
            say!("      {}", plain(&more));
        }
    }
    say!("{} tasks wait", waiting.len());
    Ok(ExitCode::SUCCESS)
}

fn line(task: &TaskRecord, calendar: &Calendar) -> String {
    let clauses: Vec<&str> = task.clauses.iter().map(String::as_str).collect();
    let choices: Vec<&str> = task.choices().iter().map(|choice| choice.name()).collect();
    format!(
        "{}  {:<6} by {}  {}  {}  {}  may: {}  {}",
        task.id,
        task.urgency,
        calendar.local(task.due_at),
        task.kind,
        task.key,
        or_none(&clauses),
        or_none(&choices),
        task.why
    )
}

/// What would be sent, what helps to report a post, and when it is asked what became of that.
fn card(task: &TaskRecord, calendar: &Calendar) -> Vec<String> {
    let mut lines = Vec::new();
    // Nobody may send what they were not shown.
    let sends: Vec<&str> = task.choices().iter().filter(|choice| choice.speaks()).map(|choice| choice.name()).collect();
    match &task.draft {
        Some(draft) if !sends.is_empty() => {
            lines.push(format!("{} sends: {draft}", sends.join(" or ")));
            lines.extend(task.draft_visible.as_ref().map(|words| format!("or, while it can be seen: {words}")));
        }
        Some(draft) if task.kind == TaskKind::DoByHand => lines.push(format!("paste: {draft}")),
        _ => {}
    }
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

pub(super) fn or_none(words: &[&str]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

async fn practices(ledger: &Ledger, one: Option<PracticeId>) -> Result<BTreeSet<PracticeId>> {
    if let Some(practice) = one {
        known(ledger, &practice).await?;
        return Ok(BTreeSet::from([practice]));
    }
    Ok(ledger.channels().await?.into_iter().map(|(_, practice)| practice).collect())
}

/// Refuses a practice that is not there: whoever mistypes one must not be told that all is well with it.
pub(super) async fn known(ledger: &Ledger, practice: &PracticeId) -> Result<()> {
    if ledger.practice(practice).await?.is_some() {
        return Ok(());
    }
    let there: BTreeSet<String> = ledger.channels().await?.into_iter().map(|(_, id)| id.to_string()).collect();
    bail!("there is no practice {practice}: write one of {}", Vec::from_iter(there).join(", "))
}

/// Closes a task with a person's choice.
pub async fn decide(
    id: &str,
    practice: Option<PracticeId>,
    person: &PersonName,
    choice: Choice,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    for practice in practices(&opened.ledger, practice).await? {
        let waiting = opened.ledger.open_tasks(&practice).await?;
        if waiting.iter().any(|task| task.id == id) {
            let chosen = opened.ledger.choose(&practice, id, &person.0, choice, note, Timestamp::now()).await?;
            say!("{choice} by {}: {}", person.0, chosen.says);
            return Ok(ExitCode::SUCCESS);
        }
    }
    bail!("no task {id} waits: `pagewarden tasks` shows what does");
}

/// Keeps a post's words whatever their author does, or no longer.
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
    say!("{}: {says}", post.0);
    Ok(ExitCode::SUCCESS)
}

/// Turns a practice's switch on or off.
pub async fn switch(practice: &PracticeId, state: OnOff, person: &PersonName, table: &TableAt) -> Result<ExitCode> {
    if person.0.role == Role::Auditor {
        bail!("an auditor reads the record and decides nothing");
    }
    let opened = table.open().await?;
    known(&opened.ledger, practice).await?;
    opened.ledger.set_switch(practice, state.0, &person.0.to_string(), Timestamp::now()).await?;
    say!("{practice}: the machine {}", if state.0 { "acts again" } else { "acts on nothing" });
    Ok(ExitCode::SUCCESS)
}
