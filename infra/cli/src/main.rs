//! The operator's command line.

// It panics where whoever reads has had enough: `remark!` says it.
#![warn(clippy::print_stderr)]

use std::path::PathBuf;
use std::process::{ExitCode, exit};

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;
use pagewarden_cli::command::{
    backtest, capabilities, channel, check, complaint, connect, cost, draft, evidence, history,
    ladder, offboard, papers, people, policy, publish, readers, record, retention, rights, sample,
    score, tasks, versions, whole,
};
#[cfg(feature = "local")]
use pagewarden_cli::command::{replay, up};
use pagewarden_ledger::{Answer, Choice, Person};
use pagewarden_present::text::plain;
use pagewarden_rules::PracticeId;

/// Keeps a GP practice's published social media policy on its own pages.
#[derive(Debug, Parser)]
#[command(name = "pagewarden", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "local")]
    /// Start everything in this process: table, stream, schedule, webhook, fake platforms, five
    /// practices.
    Up(up::Options),
    #[cfg(feature = "local")]
    /// Play what happened to a post again: a folder of deliveries, one after another, and what
    /// became of each post.
    Replay(replay::Options),
    /// Say what would be decided of each text on standard input, one JSON object a line.
    Check(check::Options),
    /// Say what each text on standard input is about, one JSON object a line.
    Read {
        /// The practice's staff, as JSON: {"practice": "...", "staff": [{"name", "role", "aka"}]}.
        #[arg(long)]
        roster: Option<PathBuf>,
        #[command(flatten)]
        readers: readers::ReadersAt,
    },
    /// Say how right the reader is on labelled texts.
    Score(score::Options),
    /// Look after channels.
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// Connect an account of a practice: somebody agrees in the platform's own pages, and what comes
    /// of it is stored and checked. Reads the environment of the functions.
    Connect(connect::Connect),
    /// Say what can be done on each platform, by whom, and why not.
    Capabilities,
    /// Look at policies, and put one in force.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Say what another policy, or another reader, would have decided of the posts of the last days.
    /// Nothing is written.
    Backtest(backtest::Options),
    /// Add a practice.
    #[command(subcommand)]
    Practice(PracticeCommand),
    /// Say what a month on AWS would cost.
    Cost(cost::Volume),
    /// Show everything on record about a post, and check that nothing of it was changed.
    History {
        /// The post, as PRACTICE/PLATFORM/ID.
        post: record::PostName,
        /// Show the words of each version as well, and what the platform sent, where they are kept:
        /// for who may read them.
        #[arg(long)]
        words: bool,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Check the histories of all posts on record, and name those of which something was changed or
    /// is missing.
    Verify(whole::Verify),
    /// Put back what a table has lost, from a copy of it as it was before. What was written since
    /// stays.
    Restore {
        /// The copy: where it answers, or its name.
        #[arg(long, value_name = "URL or NAME")]
        from: String,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Show the cases that wait for people, danger first, and what may be chosen.
    Tasks(tasks::Listing),
    /// Decide a task, or say that you are dealing with it.
    #[command(subcommand)]
    Task(TaskCommand),
    /// See that messages reach a practice's people.
    #[command(subcommand)]
    People(PeopleCommand),
    /// Print what somebody needs who handles a complaint, or note to whom it was handed over.
    Complaint(complaint::Complaint),
    /// Show where an account stands on its practice's ladder of warnings, or write down a step that
    /// somebody took. The machine warns and removes nobody.
    Ladder(ladder::OnLadder),
    /// Take evidence about a post along as a zip that somebody else can check, or check one.
    Evidence(evidence::Evidence),
    /// Answer an author who asks what is held about them.
    #[command(subcommand)]
    Rights(rights::Rights),
    /// Have a practice leave: let its channels go, take everything of it along, and delete it, with a
    /// proof that stays. It shows how it stands, and does nothing, unless a step is named.
    Offboard(offboard::Offboard),
    /// Keep a post's words although its author may take it back: for a complaint, a solicitor or
    /// the police.
    Hold {
        /// The post, as PRACTICE/PLATFORM/ID.
        post: record::PostName,
        /// `on`, or `off` to let them go.
        state: record::OnOff,
        /// When somebody is to look whether it is still needed, such as 2027-05-31; in half a year
        /// where nothing is written. The hold stands until it is lifted.
        #[arg(long, value_name = "DATE")]
        review: Option<Date>,
        #[command(flatten)]
        by: Signed,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Write the documents that a practice must have, filled in from its settings and policy, with
    /// what is left for a person marked and listed.
    Papers(papers::Options),
    /// Show what is kept for how long, what would be deleted and when, and what is held; or have it
    /// deleted, as the daily run does.
    Retention(retention::Retention),
    /// Draw last week's sample of hidden posts for a second look, where the daily run has not.
    Sample {
        /// The practice.
        #[arg(long, value_name = "ID")]
        practice: PracticeId,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Show a hidden post again, whether a task asks about it or not. The machine lets its words be
    /// from then on.
    ///
    /// Not to be taken for `restore`, which puts back what a table has lost.
    Unhide {
        /// The post, as PRACTICE/PLATFORM/ID.
        post: record::PostName,
        #[command(flatten)]
        by: Signed,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Turn a practice's switch on or off; without either, show how it stands and who turned it.
    /// Off, the machine acts on nothing. Turning it on takes two people, of whom one is a practice
    /// manager: each types the same, within 24 hours.
    Switch {
        /// The practice.
        practice: PracticeId,
        /// `on` or `off`.
        #[arg(requires = "person")]
        state: Option<record::OnOff>,
        /// Start this rule again, which stopped itself, instead of the whole machine.
        #[arg(long, requires = "state")]
        rule: Option<String>,
        /// Who, as NAME:ROLE.
        #[arg(long = "as", requires = "state")]
        person: Option<Person>,
        /// Why, for the record.
        #[arg(long, requires = "state")]
        note: Option<String>,
        #[command(flatten)]
        table: record::TableAt,
    },
}

#[derive(Debug, Subcommand)]
enum ChannelCommand {
    /// Ask the platforms what is missing before each channel works. Reads the environment of the
    /// functions.
    Check {
        /// One practice only.
        #[arg(long)]
        practice: Option<PracticeId>,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Check policies and say, clause by clause, what happens on each channel and what blocks
    /// `live`.
    Lint {
        /// Policy files; the five that come with the program where none is named.
        files: Vec<PathBuf>,
    },
    /// Make a first policy from the text that a practice published, with questions where its words
    /// leave something open.
    Draft(draft::Options),
    /// Say what a word of the policy language means, when to use it, and what it comes to on each
    /// platform.
    Explain {
        /// The word; all of them where none is given.
        word: Option<String>,
    },
    /// Say in words what a newer policy says otherwise than an older one.
    Diff {
        /// The older policy's file.
        old: PathBuf,
        /// The newer one's.
        new: PathBuf,
    },
    /// Print the reference of the policy language as Markdown: docs/policy.md.
    Reference,
    /// Put new settings in force, and while the practice is in shadow a new version of its policy.
    /// What does not load changes nothing, and nothing acts more for it.
    Publish(publish::Publication),
    /// Store a version of a practice's policy beside the one in force, and say what it would have
    /// done. Nothing follows from it.
    Propose(versions::Proposal),
    /// Have a version go one step on: to shadow, where what it would do is recorded beside what is
    /// done; after two weeks to assist; and then to live. Each step takes two people.
    Step(versions::Step),
    /// Go back to an earlier version, or have the one in force act less, at once.
    Back(versions::Back),
    /// Call off a step that was asked for or agreed to and waits.
    CallOff(versions::CallOff),
    /// Show which version is in force, in shadow, proposed, or asked for, what a backtest of it said,
    /// and what happened.
    Versions {
        /// The practice.
        practice: PracticeId,
        #[command(flatten)]
        table: record::TableAt,
    },
}

#[derive(Debug, Subcommand)]
enum PracticeCommand {
    /// Add a practice that is not in the table yet. It starts in shadow, where the machine judges
    /// and does nothing.
    Add(publish::Addition),
}

#[derive(Debug, Subcommand)]
enum TaskCommand {
    /// Close a task with a person's choice; what follows is carried out by `act`.
    Decide(Decide),
    /// Write words of your own for an answer, instead of a task's draft. They are sent once somebody
    /// else approves them with `task decide`.
    Write {
        /// The task's id, as `tasks` shows it.
        id: String,
        /// Whose it is. It is found without that, unless the practice has no channel any more.
        #[arg(long)]
        practice: Option<PracticeId>,
        /// Who, as NAME:ROLE, one of the people in the practice's settings.
        #[arg(long = "as")]
        person: Person,
        /// `reply` for an answer in public, `ask-author` for a message to the author.
        #[arg(long = "do")]
        choice: Choice,
        /// The words; `-` reads them from standard input.
        #[arg(long)]
        words: String,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Say that you are dealing with a task about danger. It stays open; nobody else is told of it
    /// for two hours.
    Acknowledge {
        /// The task, as PRACTICE/PLATFORM/ID/TASK.
        task: record::TaskName,
        #[command(flatten)]
        by: Signed,
        #[command(flatten)]
        table: record::TableAt,
    },
}

#[derive(Debug, Subcommand)]
enum PeopleCommand {
    /// Send each person a code by each way that the settings give. Within a minute each has one; it
    /// works for 7 days.
    Test {
        /// The practice.
        practice: PracticeId,
        #[command(flatten)]
        table: record::TableAt,
    },
    /// Confirm that a message reached you, by the code in it. Without a confirmed way to a
    /// safeguarding lead and to a practice manager, a practice does not leave shadow.
    Confirm {
        /// The practice.
        practice: PracticeId,
        /// You, as NAME:ROLE, one of the people in the practice's settings.
        #[arg(long = "as")]
        person: Person,
        /// The six digits.
        code: String,
        #[command(flatten)]
        table: record::TableAt,
    },
}

/// Who decided something, and why.
#[derive(Debug, Args)]
struct Signed {
    /// Who, as NAME:ROLE, one of the people in the practice's settings.
    #[arg(long = "as")]
    person: Person,
    /// Why, for the record.
    #[arg(long)]
    note: Option<String>,
}

#[derive(Debug, Args)]
struct Decide {
    /// The task's id, as `tasks` shows it.
    id: String,
    /// Whose it is. It is found without that, unless the practice has no channel any more.
    #[arg(long)]
    practice: Option<PracticeId>,
    #[command(flatten)]
    by: Signed,
    /// One of those that `tasks` shows for this task.
    #[arg(long = "do")]
    choice: Choice,
    /// Although the same was sent or done for this post before.
    #[arg(long)]
    again: bool,
    /// Answer all tasks of this kind about posts of the same author so, each with a record of its
    /// own.
    #[arg(long)]
    group: bool,
    #[command(flatten)]
    table: record::TableAt,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Box::pin(run(parsed().command)).await {
        Ok(code) => code,
        Err(error) => {
            pagewarden_cli::remark!("pagewarden: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Reads the command line, or says what is wrong with it and ends.
fn parsed() -> Cli {
    let typed: Vec<String> = std::env::args_os()
        .map(|one| one.to_string_lossy().into_owned())
        .collect();
    Cli::try_parse().unwrap_or_else(|error| {
        if typed.get(1..3).is_some_and(|words| words == ["tasks", "decide"]) {
            pagewarden_cli::remark!("pagewarden: `tasks` lists them all, and one is decided with `pagewarden task decide`");
        }
        if cfg!(not(feature = "local")) && typed.get(1).is_some_and(|word| word == "up" || word == "replay") {
            pagewarden_cli::remark!("pagewarden: this program is for deployed tables; `cargo install --path infra/cli` brings `up` and `replay`");
        }
        if !error.use_stderr() {
            error.exit();
        }
        // It repeats what was typed, which may command a terminal.
        for line in error.to_string().lines() {
            pagewarden_cli::remark!("{}", plain(line));
        }
        exit(error.exit_code())
    })
}

async fn run(command: Command) -> Result<ExitCode> {
    Ok(match command {
        #[cfg(feature = "local")]
        Command::Up(options) => Box::pin(up::run(options)).await?,
        #[cfg(feature = "local")]
        Command::Replay(options) => replay::run(&options).await?,
        Command::Check(options) => all_read(check::check(&options)?),
        Command::Read { roster, readers } => all_read(check::read(roster.as_deref(), &readers)?),
        Command::Score(options) => Box::pin(score::run(&options)).await?,
        Command::Policy(about) => Box::pin(on_policy(about)).await?,
        Command::Channel(ChannelCommand::Check { practice }) => channel::check(practice).await?,
        Command::Connect(wanted) => connect::run(&wanted).await?,
        Command::Capabilities => {
            capabilities::print();
            ExitCode::SUCCESS
        }
        Command::Practice(PracticeCommand::Add(new)) => publish::add(&new).await?,
        Command::Backtest(asked) => Box::pin(backtest::backtest(&asked)).await?,
        Command::Cost(volume) => cost::cost(&volume)?,
        Command::History { post, words, table } => history::history(&post, words, &table).await?,
        Command::Papers(asked) => papers::papers(&asked).await?,
        Command::Verify(asked) => whole::verify(&asked).await?,
        Command::Restore { from, table } => whole::restore(&from, &table).await?,
        Command::Tasks(listing) => tasks::list(listing).await?,
        Command::Task(TaskCommand::Decide(decide)) => {
            let Decide {
                id,
                practice,
                by,
                choice,
                again,
                group,
                table,
            } = decide;
            let answer = Answer {
                choice,
                note: by.note.as_deref(),
                again,
            };
            tasks::decide(&id, practice, &by.person, answer, group, &table).await?
        }
        Command::Task(TaskCommand::Write {
            id,
            practice,
            person,
            choice,
            words,
            table,
        }) => tasks::write(&id, practice, &person, choice, &words, &table).await?,
        Command::Task(TaskCommand::Acknowledge { task, by, table }) => {
            tasks::acknowledge(&task, &by.person, by.note.as_deref(), &table).await?
        }
        Command::People(PeopleCommand::Test { practice, table }) => {
            people::test(&practice, &table).await?
        }
        Command::People(PeopleCommand::Confirm {
            practice,
            person,
            code,
            table,
        }) => people::confirm(&practice, &person, &code, &table).await?,
        Command::Complaint(asked) => complaint::complaint(asked).await?,
        Command::Ladder(asked) => ladder::ladder(asked).await?,
        Command::Evidence(asked) => evidence::evidence(asked).await?,
        Command::Rights(asked) => rights::rights(&asked).await?,
        Command::Offboard(asked) => offboard::offboard(&asked).await?,
        Command::Hold {
            post,
            state,
            review,
            by,
            table,
        } => {
            let note = by.note.as_deref();
            record::hold(&post, state, &by.person, note, review, &table).await?
        }
        Command::Retention(asked) => retention::retention(&asked).await?,
        Command::Sample { practice, table } => sample::sample(&practice, &table).await?,
        Command::Unhide { post, by, table } => {
            record::unhide(&post, &by.person, by.note.as_deref(), &table).await?
        }
        Command::Switch {
            practice,
            state,
            rule,
            person,
            note,
            table,
        } => {
            record::switch(
                &practice,
                state.zip(person.as_ref()),
                rule.as_deref(),
                note.as_deref(),
                &table,
            )
            .await?
        }
    })
}

async fn on_policy(command: PolicyCommand) -> Result<ExitCode> {
    Ok(match command {
        PolicyCommand::Lint { files } => policy::lint(&files)?,
        PolicyCommand::Draft(text) => draft::run(&text)?,
        PolicyCommand::Explain { word } => policy::explain(word.as_deref()),
        PolicyCommand::Diff { old, new } => policy::diff(&old, &new)?,
        PolicyCommand::Reference => {
            policy::reference();
            ExitCode::SUCCESS
        }
        PolicyCommand::Publish(new) => publish::publish(&new).await?,
        PolicyCommand::Propose(new) => Box::pin(versions::propose(&new)).await?,
        PolicyCommand::Step(asked) => Box::pin(versions::step(&asked)).await?,
        PolicyCommand::CallOff(asked) => Box::pin(versions::call_off(&asked)).await?,
        PolicyCommand::Back(asked) => Box::pin(versions::back(&asked)).await?,
        PolicyCommand::Versions { practice, table } => {
            versions::versions(&practice, &table).await?
        }
    })
}

/// A line that could not be read was answered on its own; the caller still has to know.
fn all_read(bad: usize) -> ExitCode {
    if bad == 0 {
        return ExitCode::SUCCESS;
    }
    let lines = if bad == 1 {
        "1 line"
    } else {
        &format!("{bad} lines")
    };
    pagewarden_cli::remark!(
        "pagewarden: {lines} could not be read; each was answered with what is wrong with it"
    );
    ExitCode::FAILURE
}
