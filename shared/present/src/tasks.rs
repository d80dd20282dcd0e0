//! What waits for people, and what they may choose.

use jiff::Timestamp;
use pagewarden_ledger::{
    Calendar, Case, Choice, Group, TaskRecord, Visibility, choices, reserved_for,
};
use pagewarden_rules::TaskKind;

use crate::history::written;
use crate::text::{barred, indented, indented_after, plain};
use crate::words;

/// Says how many tasks wait, and how many of them are late.
#[must_use]
pub fn counted(groups: &[Group], unreadable: usize, now: Timestamp) -> String {
    let posts: Vec<&Case> = groups.iter().flatten().collect();
    let tasks: Vec<&TaskRecord> = posts.iter().flat_map(|post| &post.tasks).collect();
    let late = tasks.iter().filter(|task| is_late(task, now)).count();
    let not_read = if unreadable > 0 {
        format!("; {unreadable} cannot be read here")
    } else {
        String::new()
    };
    format!(
        "{} tasks wait, about {} posts; {late} are late{not_read}",
        tasks.len() + unreadable,
        posts.len()
    )
}

fn is_late(task: &TaskRecord, now: Timestamp) -> bool {
    !task.optional && task.due_at < now
}

/// How tasks are shown.
#[derive(Clone, Copy, Debug)]
pub struct Queue<'a> {
    /// Their practice's clock.
    pub calendar: &'a Calendar,
    /// The time, by which some are late.
    pub now: Timestamp,
    /// Whether to show the words of each post.
    pub words: bool,
}

impl Queue<'_> {
    /// Shows what waits about one author's posts: the most pressing post in full, and how many
    /// stand behind it.
    #[must_use]
    pub fn group(&self, group: &Group, all: bool) -> Vec<String> {
        let shown = if all { group.len() } else { 1 };
        let mut lines: Vec<String> = group[..shown]
            .iter()
            .flat_map(|post| self.post(post))
            .collect();
        let rest: Vec<&TaskRecord> = group[shown..].iter().flat_map(|post| &post.tasks).collect();
        if !rest.is_empty() {
            let danger = rest.iter().filter(|task| task.kind.is_danger()).count();
            let of_danger = if danger > 0 {
                format!(", {danger} of them about danger")
            } else {
                String::new()
            };
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

    fn post(&self, post: &Case) -> Vec<String> {
        let stands = words::visibility(post.grounds.state.visibility);
        let kind = post.tasks[0].kind;
        let what = if kind == TaskKind::ReconnectChannel {
            "an account"
        } else if kind.is_about_a_post() {
            stands
        } else {
            "a way to reach somebody"
        };
        let mut lines = vec![plain(&format!("{}: {what}", post.key))];
        if let Some(revision) = post.revision.as_ref().filter(|_| self.words) {
            // Without the line that names the version.
            lines.extend(written(revision, self.calendar).into_iter().skip(1));
        }
        for task in &post.tasks {
            lines.extend(self.task(task, post));
        }
        lines
    }

    fn task(&self, task: &TaskRecord, post: &Case) -> Vec<String> {
        let late = if is_late(task, self.now) {
            ", LATE"
        } else {
            ""
        };
        let optional = if task.optional { ", may be left" } else { "" };
        let due = self.calendar.local(task.due_at);
        let mut lines = vec![format!("  {}  {}", task.id, words::task(task.kind))];
        lines.push(format!("    {}, by {due}{late}{optional}", task.urgency));
        let clauses = match task.clauses.len() {
            0 => String::new(),
            1 => format!(" (clause {})", task.clauses[0]),
            _ => format!(" (clauses {})", task.clauses.join(", ")),
        };
        lines.extend(indented(&format!("{}{clauses}", task.why), 4));
        if let Some(dealing) = post.grounds.state.acknowledged.get(&task.id) {
            let since = self.calendar.local(dealing.at);
            lines.extend(indented(
                &format!("{} is dealing with it, since {since}", dealing.by),
                4,
            ));
        }
        let offered = choices(task, &post.grounds);
        for choice in &offered {
            lines.extend(indented_after(
                &format!("{:<14}", choice.name()),
                post.grounds.sentence(task, *choice),
            ));
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
        let sends: Vec<&str> = offered
            .iter()
            .filter(|choice| choice.speaks())
            .map(|choice| choice.name())
            .collect();
        match task.words(visibility) {
            Some(draft) if !sends.is_empty() => {
                lines.push(format!("    {} sends:", sends.join(" or ")));
                lines.extend(barred(draft, 6));
                let other = [&task.draft, &task.draft_visible]
                    .into_iter()
                    .flatten()
                    .find(|other| *other != draft);
                if let Some(other) = other {
                    let when = if visibility == Visibility::Visible {
                        "hidden"
                    } else {
                        "shown again"
                    };
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
        if let Some(card) = task
            .report
            .as_ref()
            .filter(|_| task.kind != TaskKind::ReportOutcome)
        {
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
            let again: Vec<String> = task
                .reminders
                .iter()
                .map(|at| self.calendar.local(*at))
                .collect();
            lines.extend(indented(&format!("asked again: {}", again.join(", ")), 4));
        }
        lines
    }
}

/// Says who may choose, where not everybody may who decides.
fn who(task: &TaskRecord, offered: &[Choice], post: &Case) -> Vec<String> {
    let reserved = |choice: &Choice| Some((*choice, reserved_for(task, *choice, &post.grounds)?));
    let reserved: Vec<(Choice, String)> = offered.iter().filter_map(reserved).collect();
    if let [(_, who), ..] = &reserved[..]
        && reserved.len() == offered.len()
    {
        return indented(&format!("only {who}"), 4);
    }
    reserved
        .iter()
        .flat_map(|(choice, who)| indented(&format!("{choice}: only {who}"), 4))
        .collect()
}
