//! `tasks` and `task decide`: what waits for people, what they may choose, and their decisions.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use jiff::Timestamp;
use pagewarden_ledger::{
    Answer, Calendar, Choice, ChoiceError, Group, Ledger, Person, TaskRecord, TaskStatus, Visibility, Waiting, choices,
    reserved_for,
};
use pagewarden_rules::{PracticeId, TaskKind};

use crate::command::history::{barred, written};
use crate::command::record::{TableAt, clock, practices};
use crate::report::{WIDTH, folded, plain, spoken};

/// Which tasks to show, and how.
#[derive(Clone, Debug, Args)]
pub struct Listing {
    /// One practice only.
    #[arg(long)]
    practice: Option<PracticeId>,
    /// Show every post, also where one author wrote many.
    #[arg(long)]
    all: bool,
    /// Show the words of each post as well: for who may read them.
    #[arg(long)]
    words: bool,
    #[command(flatten)]
    table: TableAt,
}

/// Prints what waits for people.
pub async fn list(listing: Listing) -> Result<ExitCode> {
    let opened = listing.table.open_to_read().await?;
    let (calendar, now) = (clock(), Timestamp::now());
    let (mut groups, mut unreadable) = (Vec::new(), Vec::new());
    for practice in practices(opened.ledger(), listing.practice).await? {
        let (waiting, not_read) = opened.ledger().groups(&practice).await?;
        groups.extend(waiting);
        unreadable.extend(not_read);
    }
    groups.sort_by_cached_key(|group| group[0].tasks[0].pressing());
    let page = Page { calendar: &calendar, now, words: listing.words };
    for group in &groups {
        for line in page.group(group, listing.all) {
            say!("{line}");
        }
    }
    for key in &unreadable {
        say!("cannot be read by this version of the program, and waits: {}", plain(key));
    }
    say!("{}", counted(&groups, unreadable.len(), now));
    Ok(ExitCode::SUCCESS)
}

fn counted(groups: &[Group], unreadable: usize, now: Timestamp) -> String {
    let posts: Vec<&Waiting> = groups.iter().flatten().collect();
    let tasks: Vec<&TaskRecord> = posts.iter().flat_map(|post| &post.tasks).collect();
    let late = tasks.iter().filter(|task| is_late(task, now)).count();
    let not_read = if unreadable > 0 { format!("; {unreadable} cannot be read here") } else { String::new() };
    format!("{} tasks wait, about {} posts; {late} are late{not_read}", tasks.len() + unreadable, posts.len())
}

fn is_late(task: &TaskRecord, now: Timestamp) -> bool {
    !task.optional && task.due_at < now
}

/// How tasks are shown.
struct Page<'a> {
    calendar: &'a Calendar,
    now: Timestamp,
    words: bool,
}

impl Page<'_> {
    /// Shows what waits about one author's posts: the most pressing post in full, and how many stand behind it.
    fn group(&self, group: &Group, all: bool) -> Vec<String> {
        let shown = if all { group.len() } else { 1 };
        let mut lines: Vec<String> = group[..shown].iter().flat_map(|post| self.post(post)).collect();
        let rest: Vec<&TaskRecord> = group[shown..].iter().flat_map(|post| &post.tasks).collect();
        if !rest.is_empty() {
            let danger = rest.iter().filter(|task| task.kind.is_danger()).count();
            let of_danger = if danger > 0 { format!(", {danger} of them about danger") } else { String::new() };
            let more = format!(
                "and {} more posts by the same author, with {} tasks{of_danger}: --all shows them, and `task decide` \
                 takes --group to answer all of one kind at once",
                group.len() - shown,
                rest.len()
            );
            lines.extend(indented(&more, 2));
        }
        lines.push(String::new());
        lines
    }

    fn post(&self, post: &Waiting) -> Vec<String> {
        let stands = match post.grounds.state.visibility {
            Visibility::Visible => "it can be seen",
            Visibility::Hidden => "it is hidden",
            Visibility::Gone => "it is gone",
        };
        let what = if post.tasks[0].kind == TaskKind::MendChannel { "an account" } else { stands };
        let mut lines = vec![plain(&format!("{}: {what}", post.key))];
        if let Some(revision) = post.revision.as_ref().filter(|_| self.words) {
            // Without the line that names the version.
            lines.extend(written(revision, self.calendar).lines().skip(1).map(str::to_owned));
        }
        for task in &post.tasks {
            lines.extend(self.task(task, post));
        }
        lines
    }

    fn task(&self, task: &TaskRecord, post: &Waiting) -> Vec<String> {
        let late = if is_late(task, self.now) { ", LATE" } else { "" };
        let optional = if task.optional { ", may be left" } else { "" };
        let due = self.calendar.local(task.due_at);
        let mut lines = vec![format!("  {}  {}", task.id, spoken(task.kind.name()))];
        lines.push(format!("    {}, by {due}{late}{optional}", task.urgency));
        let clauses = match task.clauses.len() {
            0 => String::new(),
            1 => format!(" (clause {})", task.clauses[0]),
            _ => format!(" (clauses {})", task.clauses.join(", ")),
        };
        lines.extend(indented(&format!("{}{clauses}", task.why), 4));
        let offered = choices(task, &post.grounds);
        for choice in &offered {
            lines.extend(indented_after(&format!("{:<14}", choice.name()), post.grounds.sentence(task, *choice)));
        }
        lines.extend(who(task, &offered, post));
        for (choice, why) in post.grounds.not_offered(task) {
            lines.extend(indented(&format!("{choice} cannot be chosen: {why}"), 4));
        }
        lines.extend(self.card(task, &offered, post.grounds.state.visibility));
        lines
    }

    /// What would be sent, what helps to report a post, and when it is asked what became of that.
    fn card(&self, task: &TaskRecord, offered: &[Choice], visibility: Visibility) -> Vec<String> {
        let mut lines = Vec::new();
        // Nobody may send what they were not shown.
        let sends: Vec<&str> = offered.iter().filter(|choice| choice.speaks()).map(|choice| choice.name()).collect();
        match task.words(visibility) {
            Some(draft) if !sends.is_empty() => {
                lines.push(format!("    {} sends:", sends.join(" or ")));
                lines.extend(barred(draft, 6));
                let other = [&task.draft, &task.draft_visible].into_iter().flatten().find(|other| *other != draft);
                if let Some(other) = other {
                    let when = if visibility == Visibility::Visible { "hidden" } else { "shown again" };
                    lines.push(format!("    or, should it be {when} before that is sent:"));
                    lines.extend(barred(other, 6));
                }
            }
            Some(draft) if task.kind == TaskKind::DoByHand => {
                lines.push("    words to paste:".to_owned());
                lines.extend(barred(draft, 6));
            }
            _ => {}
        }
        if let Some(card) = task.report.as_ref().filter(|_| task.kind != TaskKind::ReportOutcome) {
            // An address is for copying, and stays in one piece.
            lines.push(format!("    to report it: {}", plain(&card.link)));
            lines.extend(indented(&card.how, 6));
            lines.extend(indented(&format!("as: {}", card.ground), 6));
            if let Some(words) = &card.words {
                lines.push("      paste:".to_owned());
                lines.extend(barred(words, 6));
            }
        }
        if !task.reminders.is_empty() {
            let again: Vec<String> = task.reminders.iter().map(|at| self.calendar.local(*at)).collect();
            lines.extend(indented(&format!("asked again: {}", again.join(", ")), 4));
        }
        lines
    }
}

/// Says who may choose, where not everybody may who decides.
fn who(task: &TaskRecord, offered: &[Choice], post: &Waiting) -> Vec<String> {
    let reserved = |choice: &Choice| Some((*choice, reserved_for(task, *choice, &post.grounds)?));
    let reserved: Vec<(Choice, String)> = offered.iter().filter_map(reserved).collect();
    if let [(_, who), ..] = &reserved[..]
        && reserved.len() == offered.len()
    {
        return indented(&format!("only {who}"), 4);
    }
    reserved.iter().flat_map(|(choice, who)| indented(&format!("{choice}: only {who}"), 4)).collect()
}

fn indented(text: &str, by: usize) -> Vec<String> {
    folded(&plain(text), WIDTH - by).into_iter().map(|line| format!("{:by$}{line}", "")).collect()
}

/// Folds a text behind what stands before its first line.
fn indented_after(before: &str, text: &str) -> Vec<String> {
    let by = 6 + before.len();
    let lines = folded(&plain(text), WIDTH - by).into_iter().enumerate();
    lines
        .map(|(nth, line)| if nth == 0 { format!("      {before}{line}") } else { format!("{:by$}{line}", "") })
        .collect()
}

/// Closes a task with a person's choice, or every task of its kind about posts of the same author.
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
    let Some(task) = find(ledger, id, practice).await? else {
        bail!("there is no task {}: `pagewarden tasks` shows what waits", plain(id));
    };
    if task.status == TaskStatus::Done {
        bail!("this task is closed: {}", task.closed());
    }
    if !group {
        let chosen = ledger.choose(&task.key, &task.id, person, answer, Timestamp::now()).await?;
        say!("{} by {person}: {}", answer.choice, chosen.says);
        return Ok(ExitCode::SUCCESS);
    }
    if answer.choice.is_final() || answer.choice.speaks() {
        bail!("{} is chosen for one post at a time: it cannot be taken back", answer.choice);
    }
    let (mut done, mut not_done) = (0, 0);
    for task in ledger.alike(&task).await? {
        match ledger.choose(&task.key, &task.id, person, answer, Timestamp::now()).await {
            Ok(chosen) => {
                done += 1;
                say!("{}: {}", task.key, chosen.says);
            }
            Err(ChoiceError::Ledger(error)) => return Err(error.into()),
            Err(error) => {
                not_done += 1;
                say!("{}: not done: {error}", task.key);
            }
        }
    }
    say!("{} by {person}: {done} tasks closed, {not_done} left", answer.choice);
    Ok(if not_done == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn find(ledger: &Ledger, id: &str, practice: Option<PracticeId>) -> Result<Option<TaskRecord>> {
    for practice in practices(ledger, practice).await? {
        if let Some(task) = ledger.find_task(&practice, id).await? {
            return Ok(Some(task));
        }
    }
    Ok(None)
}
