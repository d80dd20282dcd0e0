//! Which table and which post are meant; and `hold`, `unhide` and `switch`, by which a person
//! decides without a task.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use pagewarden_clock::Clock;
use pagewarden_ledger::{Calendar, Ledger, Person, Start, Turn, Turned};
#[cfg(feature = "local")]
use pagewarden_local::{
    stack::{ANCHORS, PICTURES},
    table::{Table, beside},
    template::Template,
};
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::{Nation, PostKey, PracticeId};
use pagewarden_runtime::{Config, KeptAt, Pictures, emulator};

/// Which table.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TableAt {
    /// The file of `up --data`.
    #[cfg(feature = "local")]
    #[arg(long)]
    data: Option<std::path::PathBuf>,
    /// Where a running `up` says that its table answers; or the name of a deployed table, whose
    /// region and keys are in the environment, as `aws configure export-credentials --format env`
    /// puts them there.
    #[arg(long, value_name = "URL or NAME")]
    table: Option<String>,
}

/// Which table, if any.
#[derive(Clone, Debug, Args)]
#[group(multiple = false)]
pub struct MaybeTable {
    /// The file of `up --data`.
    #[cfg(feature = "local")]
    #[arg(long)]
    data: Option<std::path::PathBuf>,
    /// Where a running `up` says that its table answers; or the name of a deployed table.
    #[arg(long, value_name = "URL or NAME")]
    table: Option<String>,
}

impl MaybeTable {
    /// Returns the table, if one was named.
    pub(crate) fn named(self) -> Option<TableAt> {
        let at = TableAt {
            #[cfg(feature = "local")]
            data: self.data,
            table: self.table,
        };
        #[cfg(feature = "local")]
        let is_named = at.table.is_some() || at.data.is_some();
        #[cfg(not(feature = "local"))]
        let is_named = at.table.is_some();
        is_named.then_some(at)
    }
}

/// An open table, which has to live as long as its ledger is used.
pub(crate) struct Opened {
    ledger: Ledger,
    #[cfg(feature = "local")]
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

    /// Returns where `up` keeps the anchors of this table, if it is a file.
    #[cfg(feature = "local")]
    pub(crate) fn anchors(&self) -> Option<KeptAt> {
        let file = self.data.as_deref()?;
        Some(KeptAt::Folder(beside(file, ANCHORS)))
    }

    /// Returns where `up` keeps the pictures of this table's posts, if it is a file.
    #[cfg(feature = "local")]
    fn pictures_beside(&self) -> Option<KeptAt> {
        let file = self.data.as_deref()?;
        Some(KeptAt::Folder(beside(file, PICTURES)))
    }

    /// A deployed table does not say where its anchors are.
    #[cfg(not(feature = "local"))]
    pub(crate) fn anchors(&self) -> Option<KeptAt> {
        None
    }

    /// Nor does it say where its pictures are.
    #[cfg(not(feature = "local"))]
    fn pictures_beside(&self) -> Option<KeptAt> {
        None
    }

    /// Opens where the pictures of posts are kept: where it is said, or where `up` keeps them.
    pub(crate) fn pictures(&self, at: Option<&str>) -> Result<Option<Arc<dyn Pictures>>> {
        let at = at.map(KeptAt::from).or_else(|| self.pictures_beside());
        let opened = at.as_ref().map(KeptAt::pictures).transpose();
        opened.context("cannot look for pictures")
    }

    #[cfg(feature = "local")]
    async fn opened(&self, to_read: bool) -> Result<Opened> {
        if let Some(named) = &self.table {
            return Ok(Opened {
                ledger: ledger_at(named).await?,
                _table: None,
            });
        }
        let file = self
            .data
            .as_deref()
            .context("name a table: --data FILE or --table URL")?;
        if !file.exists() {
            bail!(
                "there is no {0}: start `pagewarden up --data {0}` first",
                file.display()
            );
        }
        if file.metadata().is_ok_and(|file| file.len() == 0) {
            bail!(
                "{0} is empty: start `pagewarden up --data {0}` first",
                file.display()
            );
        }
        let template = Template::shipped()?;
        let table = if to_read {
            Table::open_to_read(file, &template).await?
        } else {
            Table::open(Some(file), &template).await?
        };
        Ok(Opened {
            ledger: table.ledger(),
            _table: Some(table),
        })
    }

    #[cfg(not(feature = "local"))]
    async fn opened(&self, _to_read: bool) -> Result<Opened> {
        let named = self
            .table
            .as_deref()
            .context("name a table: --table NAME")?;
        Ok(Opened {
            ledger: ledger_at(named).await?,
        })
    }
}

/// Returns the ledger in a table that answers at an address, or in a deployed one by its name.
pub(crate) async fn ledger_at(named: &str) -> Result<Ledger> {
    if named.contains("://") {
        let ledger = Ledger::new(emulator::table(named), emulator::TABLE);
        let how = || {
            format!(
                "no table answers at {named}: write the address that a running `pagewarden up` prints"
            )
        };
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
    let how = || {
        format!(
            "cannot use the table \"{named}\": see that its name, the region and the keys are right"
        )
    };
    ledger.warm().await.with_context(how)?;
    Ok(ledger)
}

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
        let (Some(practice), Some(platform), Some(id)) = (parts.next(), parts.next(), parts.next())
        else {
            bail!("write the post as PRACTICE/PLATFORM/ID, such as woolpit/facebook/123_456");
        };
        Ok(PostName(PostKey {
            practice: practice.parse()?,
            platform: platform.parse()?,
            id: id.to_owned(),
        }))
    }
}

/// A task of a post, as `PRACTICE/PLATFORM/ID/TASK`.
#[derive(Clone, Debug)]
pub struct TaskName {
    pub(super) post: PostName,
    pub(super) task: String,
}

impl FromStr for TaskName {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        // A post's id may have slashes in it, and a task's has none.
        let named = text.rsplit_once('/').filter(|(_, task)| !task.is_empty());
        let (post, task) = named.context("write the task as PRACTICE/PLATFORM/ID/TASK")?;
        let post = post.parse().context(
            "write the task as PRACTICE/PLATFORM/ID/TASK, such as woolpit/facebook/123_456/01K...",
        )?;
        Ok(TaskName {
            post,
            task: task.to_owned(),
        })
    }
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug)]
pub struct OnOff(bool);

impl OnOff {
    pub(crate) const fn is_on(self) -> bool {
        self.0
    }
}

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

/// Returns the time at which a command is typed.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}

/// Returns the calendar of the practices: all of them keep the time of London.
pub(super) fn clock() -> Calendar {
    Calendar::new(Nation::England, "Europe/London")
}

pub(super) async fn practices(
    ledger: &Ledger,
    one: Option<PracticeId>,
) -> Result<BTreeSet<PracticeId>> {
    if let Some(practice) = one {
        known(ledger, &practice).await?;
        return Ok(BTreeSet::from([practice]));
    }
    Ok(ledger.practices().await?)
}

/// Refuses a practice that is not there: somebody who mistypes one must not be told that all is
/// well with it.
pub(super) async fn known(ledger: &Ledger, practice: &PracticeId) -> Result<()> {
    if ledger.practice(practice).await?.is_some() {
        return Ok(());
    }
    let there = ledger.practices().await?;
    let there: Vec<String> = there.iter().map(ToString::to_string).collect();
    bail!(
        "there is no practice {practice}: write one of {}",
        there.join(", ")
    )
}

/// Keeps a post's words whatever their author does, or no longer.
pub async fn hold(
    post: &PostName,
    state: OnOff,
    person: &Person,
    note: Option<&str>,
    review: Option<Date>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let in_half_a_year = clock().date(now() + SignedDuration::from_hours(182 * 24));
    let review = review.unwrap_or(in_half_a_year);
    opened
        .ledger
        .hold(&post.0, state.0, person, note, Some(review), now())
        .await?;
    let says = if state.0 {
        &format!(
            "its words are kept, also where its author takes it back or their time has passed, until somebody says `hold ... \
             off`; to be looked at again on {review}"
        )
    } else {
        "its words are kept no longer than others'"
    };
    say!("{}: {says}", post.0);
    Ok(ExitCode::SUCCESS)
}

/// Shows a hidden post again.
pub async fn unhide(
    post: &PostName,
    person: &Person,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let done = opened.ledger.unhide(&post.0, person, note, now()).await?;
    say!("{}: {}", post.0, done.says);
    Ok(ExitCode::SUCCESS)
}

/// Turns a practice's switch on or off, or shows how it stands and who turned it when.
pub async fn switch(
    practice: &PracticeId,
    turn: Option<(OnOff, &Person)>,
    rule: Option<&str>,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = if turn.is_some() {
        table.open().await?
    } else {
        table.open_to_read().await?
    };
    known(&opened.ledger, practice).await?;
    if let Some((state, person)) = turn {
        let (ledger, now) = (&opened.ledger, now());
        let became = if state.0 {
            let (start, started) = match rule {
                Some(rule) => (
                    ledger.start_rule(practice, rule, person, note, now).await?,
                    "the machine hides under the rule again",
                ),
                None => (
                    ledger.switch_on(practice, person, note, now).await?,
                    "the machine acts again",
                ),
            };
            match start {
                Start::Started => started,
                Start::Asked => {
                    "asked for. Somebody else has to agree with the same command within 24 hours; a practice manager is \
                     one of the two"
                }
            }
        } else if rule.is_some() {
            bail!(
                "a rule is never turned off by hand: turn everything off, or publish another policy"
            );
        } else {
            ledger.switch_off(practice, person, note, now).await?;
            "the machine acts on nothing"
        };
        say!("{practice}: {became}");
        return Ok(ExitCode::SUCCESS);
    }
    for line in turned(&opened.ledger.switch_turns(practice).await?, &clock()) {
        say!("{}", plain(&line));
    }
    let switch = opened.ledger.switch(practice).await?;
    let stands = match switch.filter(|switch| !switch.on) {
        None => "on".to_owned(),
        Some(off) => {
            let asked = off.asked(now()).map(|asked| {
                let by = &asked.by;
                format!("; {by} has asked for it to be turned on")
            });
            let asked = asked.unwrap_or_default();
            format!("off, and the machine acts on nothing{asked}")
        }
    };
    say!("{practice}: the switch is {}", plain(&stands));
    for rule in opened.ledger.watched_rules(practice).await? {
        let (back, of) = (rule.shown_again(), rule.taken_back.len());
        let stands = match &rule.stopped {
            Some(stopped) => format!(
                "stopped itself on {} and hides nothing, since {}",
                clock().local(stopped.at),
                words::stopped(stopped.why)
            ),
            None => "goes on".to_owned(),
        };
        let line = format!(
            "rule {}: people showed {back} of the last {of} again; it {stands}",
            rule.clause
        );
        say!("{}", plain(&line));
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns a line for each turn of a switch.
fn turned(turns: &[Turn], calendar: &Calendar) -> Vec<String> {
    let line = |turn: &Turn| {
        let why = turn
            .why
            .as_ref()
            .map(|why| format!(" ({why})"))
            .unwrap_or_default();
        let (to, with) = match &turn.to {
            Turned::Off => ("turned off", String::new()),
            Turned::Asked => ("asked to be turned on", String::new()),
            Turned::On { asked } => {
                let with = asked.as_ref().map(|asked| format!(", asked by {asked}"));
                ("turned on", with.unwrap_or_default())
            }
            Turned::Connected { channel } => (
                "connection agreed",
                format!(", {} {}", channel.platform, channel.account),
            ),
            Turned::RuleAsked { clause } => ("asked to be started", format!(", rule {clause}")),
            Turned::RuleStarted { clause, asked } => {
                ("started", format!(", rule {clause}, asked by {asked}"))
            }
        };
        let when = calendar.local(turn.at);
        format!("{when}  {to} by {}{with}{why}", turn.by)
    };
    turns.iter().map(line).collect()
}
