//! `history`: everything on record about a post, and whether any of it was changed.

use std::process::ExitCode;

use anyhow::{Result, bail};
use pagewarden_ledger::{Calendar, Happening, RevisionRecord, Visibility};
use pagewarden_rules::{Author, RevisionId};

use crate::command::record::{PostName, TableAt, clock, or_none};
use crate::report::{WIDTH, folded, plain, spoken};

/// What a history that holds was checked for.
const CHECKED: &str = "Checked: each line follows from the one before it, where the post stands follows from the \
    lines, what was captured, asked and sent is as it was written, and what became of it is what the lines say.";

/// What no check of a history sees.
const NOT_CHECKED: &str = "Not seen by this: a post that was taken out whole, the policies, the settings and the \
    switch, at which `verify` looks; and what was never written down.";

/// Prints the versions of a post, its events, and whether the record is whole. The words are printed where asked for.
pub async fn history(post: &PostName, words: bool, table: &TableAt) -> Result<ExitCode> {
    let opened = table.open_to_read().await?;
    let post = post.key();
    let Some(history) = opened.ledger().history_at_rest(post).await? else {
        bail!("nothing is on record about {post}")
    };
    let calendar = clock();
    for revision in history.revisions.iter().filter(|_| words) {
        say!("{}", written(revision, &calendar));
    }
    for event in &history.events {
        // Whether it was tampered with is said below: the other lines are shown all the same.
        let what = event.happening().map_or_else(|_| "this line cannot be read".to_owned(), |known| told(&known));
        say!("{:>3}  {}", event.seq, calendar.local(event.at));
        for line in folded(&plain(&what), WIDTH - 5) {
            say!("     {line}");
        }
        say!("     {}", event.hash);
    }
    let state = &history.state;
    say!("now: {}, {} tasks open", seen(state.visibility), state.open_tasks.len());
    match history.verify() {
        Ok(()) => {
            say!("the chain holds: {} lines, none changed, none missing", history.events.len());
            for line in folded(&format!("{CHECKED} {NOT_CHECKED}"), WIDTH) {
                say!("{line}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            say!("THE CHAIN IS BROKEN: {error}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Returns a version of a post with its words, each line behind a bar: what somebody wrote is never taken for the record.
pub(super) fn written(revision: &RevisionRecord, calendar: &Calendar) -> String {
    let post = &revision.post;
    let author = post.author.name.as_deref().or(post.author.id.as_deref()).unwrap_or("somebody not named");
    let mut lines = vec![format!("version {}, first seen {}", revision.revision, calendar.local(revision.seen_at))];
    if post.author == Author::default() && post.text.is_empty() && post.media.is_empty() {
        lines.push("     its words are not kept".to_owned());
        return lines.join("\n");
    }
    lines.push(format!("     by {}", plain(author)));
    lines.extend(barred(&post.text, 5));
    if let Some(bytes) = revision.cut_from {
        lines.push(format!("     it went on: of {bytes} bytes these are the first {}", post.text.len()));
    }
    if let Some(translation) = &revision.translation {
        lines.push("     as the platform translates it:".to_owned());
        lines.extend(barred(translation, 5));
    }
    if !post.media.is_empty() {
        lines.push(format!("     with {} pictures or other attachments", post.media.len()));
    }
    lines.join("\n")
}

/// Returns words in lines behind a bar, folded to the width of a terminal: what somebody wrote, or what would be sent, is
/// never taken for the record.
pub(super) fn barred(words: &str, by: usize) -> Vec<String> {
    let fold = |line: &str| {
        let lines = folded(&plain(line), WIDTH - by - 2);
        if lines.is_empty() { vec![String::new()] } else { lines }
    };
    words.lines().flat_map(fold).map(|line| format!("{:by$}| {line}", "").trim_end().to_owned()).collect()
}

const fn seen(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Visible => "it can be seen",
        Visibility::Hidden => "hidden",
        Visibility::Gone => "gone",
    }
}

fn told(happening: &Happening) -> String {
    match happening {
        Happening::Decided { revision, policy, decision, evidence, .. } => {
            let clauses: Vec<&str> = decision.clauses.iter().map(|clause| clause.id.as_str()).collect();
            let tasks: Vec<String> = decision.tasks.iter().map(|task| spoken(task.kind.name())).collect();
            let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
            format!(
                "decided: {} (revision {revision}, policy version {policy}); clauses: {}; asked of people: {}; sha256 \
                 of the evidence: {evidence}",
                decision.disposition,
                or_none(&clauses),
                or_none(&tasks)
            )
        }
        Happening::Acted { effect, gone: true, .. } => format!("nothing to do: {effect} (the post was gone already)"),
        Happening::Acted { effect, detail, .. } => format!("done on the platform: {effect} ({detail})"),
        Happening::Failed { effect, why, .. } => format!("not done: {effect} ({why}); a task was opened"),
        Happening::Parked { effect, why, .. } => format!("stopped: {effect} ({why}); a task was opened"),
        Happening::Dropped { effect, why, .. } => format!("let go: {effect} ({why})"),
        Happening::Chosen { choice, by, note, .. } => {
            format!("chosen: {choice} by {by}{}", note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default())
        }
        Happening::ShownAgain { by, note, .. } => {
            format!(
                "to be shown again, says {by}{}",
                note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default()
            )
        }
        Happening::Removed { .. } => "the platform says that it is gone".to_owned(),
        Happening::Hold { on, by, note } => {
            let what = if *on { "its words are to be kept" } else { "its words need not be kept" };
            format!("{what}, says {by}{}", note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default())
        }
        Happening::WordsDropped { revisions } => {
            format!("its author took it back: the words of {} were dropped", or_none(&names(revisions)))
        }
        Happening::VisibilitySeen { hidden: true, .. } => "the platform says that it is hidden".to_owned(),
        Happening::VisibilitySeen { hidden: false, .. } => "the platform says that it is shown".to_owned(),
    }
}

fn names(revisions: &[RevisionId]) -> Vec<&str> {
    revisions.iter().map(|revision| revision.0.as_str()).collect()
}
