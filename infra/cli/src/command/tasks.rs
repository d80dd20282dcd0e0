//! `tasks` and `task decide`: what waits for people, what they may choose, and their decisions.

use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use pagewarden_ledger::{
    Answer, Calendar, Choice, Group, Ledger, NewAnswer, Person, TaskRecord, TaskStatus,
};
use pagewarden_policies::load;
use pagewarden_present::case::{CaseView, Viewer, findings};
use pagewarden_present::terminal::{self, Words};
use pagewarden_present::text::plain;
use pagewarden_present::words;
use pagewarden_rules::reply::{Fault, Why, faults};
use pagewarden_rules::{Policy, PracticeId};

use crate::command::record::{TableAt, TaskName, clock, now, practices};

/// Which cases to show, and how.
#[derive(Clone, Debug, Args)]
pub struct Listing {
    /// One practice only.
    #[arg(long)]
    practice: Option<PracticeId>,
    /// Show every post, also where one author wrote many.
    #[arg(long)]
    all: bool,
    /// Show the words of each post whole, and not their beginning alone.
    #[arg(long)]
    words: bool,
    /// Print every case as JSON, one on a line. `docs/commands.md` describes the fields.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    table: TableAt,
}

/// Prints what waits for people: the cases that the console shows, danger first.
pub async fn list(listing: Listing) -> Result<ExitCode> {
    let opened = listing.table.open_to_read().await?;
    let ledger = opened.ledger();
    let all = listing.all || listing.json;
    let (mut groups, mut unreadable) = (Vec::new(), Vec::new());
    for practice in practices(ledger, listing.practice).await? {
        let (waiting, not_read) = ledger.groups(&practice).await?;
        unreadable.extend(not_read);
        if waiting.is_empty() {
            continue;
        }
        let in_force = InForce::of(ledger, &practice).await?;
        for group in waiting {
            let pressing = group[0].tasks[0].pressing();
            groups.push((pressing, shown(ledger, &in_force, &group, all).await?));
        }
    }
    groups.sort_by(|(one, _), (other, _)| one.cmp(other));
    let groups: Vec<Shown> = groups.into_iter().map(|(_, group)| group).collect();
    let words = if listing.words {
        Words::Whole
    } else {
        Words::Cut
    };
    if listing.json {
        for view in groups.iter().flat_map(|group| &group.shown) {
            say!("{}", terminal::json(view, words));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut danger = None;
    for group in &groups {
        let is_danger = group.shown[0].danger;
        if danger.replace(is_danger) != Some(is_danger) {
            say!("{}\n", terminal::heading(is_danger));
        }
        for line in group
            .shown
            .iter()
            .flat_map(|view| terminal::whole(view, words))
        {
            say!("{line}");
        }
        for line in terminal::more_by_the_same_author(&group.folded) {
            say!("{line}");
        }
    }
    for key in &unreadable {
        say!(
            "cannot be read by this version of the program, and waits: {}",
            plain(key)
        );
    }
    let every = groups
        .iter()
        .flat_map(|group| group.shown.iter().chain(&group.folded));
    say!("{}", terminal::counted(every, unreadable.len()));
    Ok(ExitCode::SUCCESS)
}

/// What waits about one author's posts.
struct Shown {
    /// The most pressing first, and the others where all are asked for.
    shown: Vec<CaseView>,
    /// What stands behind the first.
    folded: Vec<CaseView>,
}

async fn shown(ledger: &Ledger, in_force: &InForce, group: &Group, all: bool) -> Result<Shown> {
    let (mut shown, mut folded) = (Vec::new(), Vec::new());
    for (nth, case) in group.iter().enumerate() {
        let viewer = Viewer {
            policy: in_force.policy.as_ref(),
            calendar: &in_force.calendar,
            roles: &case.grounds.people,
            now: now(),
        };
        if all || nth == 0 {
            let history = ledger.history(&case.key).await?;
            let findings = history.map_or_else(Vec::new, |known| findings(&known, case));
            shown.push(viewer.case(case, &findings));
        } else {
            folded.push(viewer.case(case, &[]));
        }
    }
    Ok(Shown { shown, folded })
}

/// A practice's policy, as far as this version of the program reads it, and its clock.
pub(super) struct InForce {
    pub(super) policy: Option<Policy>,
    pub(super) calendar: Calendar,
}

impl InForce {
    /// Reads the policy in force. Without it a case still waits, and is shown without its sentence.
    pub(super) async fn of(ledger: &Ledger, practice: &PracticeId) -> Result<Self> {
        let record = match ledger.practice(practice).await? {
            Some(known) => ledger.policy(practice, known.policy).await?,
            None => None,
        };
        let loaded = record
            .map(|known| load(&known.toml, &known.published, practice.as_str()))
            .and_then(Result::ok);
        let calendar = loaded.as_ref().map_or_else(clock, |known| {
            let practice = &known.policy.practice;
            Calendar::new(practice.nation, &practice.timezone)
        });
        if loaded.is_none() {
            remark!(
                "the policy of {practice} cannot be read by this version of the program: its sentences are left out"
            );
        }
        Ok(InForce {
            policy: loaded.map(|known| known.policy),
            calendar,
        })
    }
}

/// Closes a task with a person's choice, or with `group` everything that waits about posts of the
/// same author and that the same choice answers.
pub async fn decide(
    id: &str,
    practice: Option<PracticeId>,
    person: &Person,
    answer: Answer<'_>,
    group: bool,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let ledger = opened.ledger();
    let task = found(ledger, id, practice).await?;
    if task.status == TaskStatus::Done {
        bail!("this task is closed: {}", words::closed(&task, &clock()));
    }
    let answers_author = matches!(answer.choice, Choice::Grant | Choice::Decline);
    let note = answer.note.filter(|_| answers_author).unwrap_or_default();
    let unfit = |fault: &Fault| matches!(fault.why, Why::Patient | Why::Blame);
    if let Some(fault) = faults(note, "", &[]).into_iter().find(unfit) {
        bail!("the author reads the note: {fault}");
    }
    if !group {
        let chosen = ledger
            .choose(&task.key, &task.id, person, answer, now())
            .await?;
        say!("{} by {person}: {}", answer.choice, chosen.says);
        return Ok(ExitCode::SUCCESS);
    }
    if !Choice::FOR_MANY.contains(&answer.choice) {
        bail!(
            "{} is chosen for one post at a time: for many at once there is {}",
            answer.choice,
            Choice::FOR_MANY.map(Choice::name).join(", ")
        );
    }
    together(ledger, &task, person, answer).await
}

/// Answers what waits about all posts of a task's author in the same way. What is graver is left,
/// and named.
async fn together(
    ledger: &Ledger,
    task: &TaskRecord,
    person: &Person,
    answer: Answer<'_>,
) -> Result<ExitCode> {
    let Some(author) = &task.author else {
        bail!("nobody knows whose post this is, so there are no others: leave out --group");
    };
    let flood = ledger.flood(&task.key.practice, author).await?;
    let (roles, mut apart) = ([person.clone()], flood.apart);
    let (mut answered, mut from) = (0, 0);
    while from < flood.posts.len() {
        let posts = &flood.posts[from..];
        let step = ledger.answer_together(author, posts, &roles, answer, now());
        let step = step.await?;
        from += step.looked_at;
        answered += step.answered.len();
        apart.extend(step.apart);
    }
    for (post, reason) in &apart {
        say!("{post}: decide it by itself, {}", words::apart(*reason));
    }
    say!(
        "{} by {person}: {answered} posts answered, {} left",
        answer.choice,
        apart.len()
    );
    Ok(if answered > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Puts words of somebody's own for an answer before whoever may approve them.
pub async fn write(
    id: &str,
    practice: Option<PracticeId>,
    person: &Person,
    choice: Choice,
    words: &str,
    table: &TableAt,
) -> Result<ExitCode> {
    let words = if words == "-" {
        io::read_to_string(io::stdin()).context("cannot read standard input")?
    } else {
        words.to_owned()
    };
    let opened = table.open().await?;
    let ledger = opened.ledger();
    let task = found(ledger, id, practice).await?;
    let new = NewAnswer {
        task: &task.id,
        choice,
        words: &words,
    };
    let waits = ledger.write_answer(&task.key, person, new, now()).await?;
    say!(
        "somebody else approves it: pagewarden task decide {} --as NAME:ROLE --do {choice}",
        waits.id
    );
    Ok(ExitCode::SUCCESS)
}

/// Says that somebody is dealing with a task about danger.
pub async fn acknowledge(
    name: &TaskName,
    person: &Person,
    note: Option<&str>,
    table: &TableAt,
) -> Result<ExitCode> {
    let opened = table.open().await?;
    let until = opened
        .ledger()
        .acknowledge(name.post.key(), &name.task, person, note, now())
        .await?;
    say!(
        "{person} is dealing with it. It stays open; unless it is answered by {}, you and your deputy are told again",
        clock().local(until)
    );
    Ok(ExitCode::SUCCESS)
}

async fn found(ledger: &Ledger, id: &str, practice: Option<PracticeId>) -> Result<TaskRecord> {
    match find(ledger, id, practice).await? {
        Some(task) => Ok(task),
        None => bail!(
            "there is no task {}: `pagewarden tasks` shows what waits",
            plain(id)
        ),
    }
}

async fn find(
    ledger: &Ledger,
    id: &str,
    practice: Option<PracticeId>,
) -> Result<Option<TaskRecord>> {
    for practice in practices(ledger, practice).await? {
        if let Some(task) = ledger.find_task(&practice, id).await? {
            return Ok(Some(task));
        }
    }
    Ok(None)
}
