//! Everything on record about a post, and whether any of it was changed.

use std::fmt::Write as _;

use pagewarden_ledger::{Calendar, Event, History, Picture, RawRecord, ReadBy, RevisionRecord};
use pagewarden_rules::{Author, RevisionId, Said};

use crate::text::{WIDTH, barred, folded, indented, plain};
use crate::words;

/// What a history that holds was checked for.
const CHECKED: &str = "Checked: each line follows from the one before it, where the post stands follows from the \
    lines, what was captured, asked and sent is as it was written, and what became of it is what the lines say.";

/// What no check of a history sees.
const NOT_CHECKED: &str = "Not seen by this: a post that was taken out whole, the policies, the settings and the \
    switch, at which `verify` looks; and what was never written down.";

/// A history as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The lines, in which nothing can command a terminal.
    pub lines: Vec<String>,
    /// Whether nothing in it was changed.
    pub holds: bool,
}

/// Shows the versions of a post, its events, and whether the record is whole. The words are shown
/// where asked for.
#[must_use]
pub fn shown(history: &History, words: bool, calendar: &Calendar) -> Shown {
    let mut lines = Vec::new();
    for revision in history.revisions.iter().filter(|_| words) {
        lines.extend(written(revision, calendar));
        lines.extend(revision.raw.iter().flat_map(sent));
    }
    for appeal in history.appeals.iter().filter(|_| words) {
        lines.push(format!(
            "its author asked for another look, {}",
            calendar.local(appeal.at)
        ));
        lines.extend(barred(&appeal.words, 5));
    }
    for event in &history.events {
        // Whether it was tampered with is said below: the other lines are shown all the same.
        let what = event.event().map_or_else(
            |_| "this line cannot be read".to_owned(),
            |known| describe(&known),
        );
        let read = event.event().map_or_else(
            |_| Vec::new(),
            |known| read_by(&known, &history.revisions, words),
        );
        lines.push(format!("{:>3}  {}", event.seq, calendar.local(event.at)));
        lines.extend(
            [what]
                .iter()
                .chain(&read)
                .flat_map(|line| indented(line, 5)),
        );
        lines.push(format!("     {}", event.hash));
    }
    let state = &history.state;
    lines.push(format!(
        "now: {}, {} tasks open",
        words::visibility(state.visibility),
        state.open_tasks.len()
    ));
    let verified = history.verify();
    match &verified {
        Ok(()) => {
            lines.push(format!(
                "the chain holds: {} lines, none changed, none missing",
                history.events.len()
            ));
            lines.extend(folded(&format!("{CHECKED} {NOT_CHECKED}"), WIDTH));
        }
        Err(error) => lines.push(format!("THE CHAIN IS BROKEN: {error}")),
    }
    Shown {
        lines,
        holds: verified.is_ok(),
    }
}

/// Returns a version of a post with its words, each line behind a bar: what somebody wrote is never
/// taken for the record.
pub(crate) fn written(revision: &RevisionRecord, calendar: &Calendar) -> Vec<String> {
    let post = &revision.post;
    let author = post
        .author
        .name
        .as_deref()
        .or(post.author.id.as_deref())
        .unwrap_or("somebody not named");
    let mut lines = vec![format!(
        "version {}, first seen {}",
        revision.revision,
        calendar.local(revision.seen_at)
    )];
    if post.author == Author::default() && post.text.is_empty() && post.media.is_empty() {
        lines.push("     its words are not kept".to_owned());
        return lines;
    }
    lines.push(format!("     by {}", plain(author)));
    lines.extend(barred(&post.text, 5));
    if let Some(bytes) = revision.cut_from {
        lines.push(format!(
            "     it went on: of {bytes} bytes these are the first {}",
            post.text.len()
        ));
    }
    if let Some(translation) = &revision.translation {
        lines.push("     as the platform translates it:".to_owned());
        lines.extend(barred(translation, 5));
    }
    if !post.media.is_empty() {
        lines.push(format!(
            "     with {} pictures or other attachments",
            post.media.len()
        ));
    }
    lines
}

/// Returns what the platform sent, in lines behind a bar.
fn sent(raw: &RawRecord) -> Vec<String> {
    match raw {
        RawRecord::Whole(text) => {
            let heading = "     as the platform sent it:".to_owned();
            [vec![heading], barred(text, 5)].concat()
        }
        RawRecord::Digest { sha256, bytes } => {
            vec![format!(
                "     what the platform sent, {bytes} bytes, is too long to keep; its sha256: {sha256}"
            )]
        }
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn describe(event: &Event) -> String {
    match event {
        Event::Decided {
            revision,
            policy,
            decision,
            evidence,
            ..
        } => {
            let clauses: Vec<&str> = decision
                .clauses
                .iter()
                .map(|clause| clause.id.as_str())
                .collect();
            let tasks: Vec<&str> = decision
                .tasks
                .iter()
                .map(|task| words::task(task.kind))
                .collect();
            format!(
                "decided: {} (revision {revision}, policy version {policy}); clauses: {}; asked of people: {}; sha256 \
                 of the evidence: {evidence}",
                decision.disposition,
                or_none(&clauses),
                or_none(&tasks)
            )
        }
        Event::Acted {
            effect, gone: true, ..
        } => format!("nothing to do: {effect} (the post was gone already)"),
        Event::Acted { effect, detail, .. } => format!("done on the platform: {effect} ({detail})"),
        Event::Failed { effect, why, .. } => {
            format!("not done: {effect} ({why}); a task was opened")
        }
        Event::Parked { effect, why, .. } => {
            format!("stopped: {effect} ({why}); a task was opened")
        }
        Event::Dropped {
            effect, why, task, ..
        } => {
            let asked = if task.is_some() {
                "; an earlier try may have done it, so a task was opened"
            } else {
                ""
            };
            format!("let go: {effect} ({why}){asked}")
        }
        Event::Chosen {
            choice,
            by,
            note,
            own_decision,
            ..
        } => {
            let own = if *own_decision {
                ", about their own decision, since nobody else may"
            } else {
                ""
            };
            format!("chosen: {choice} by {by}{own}{}", noted(note.as_deref()))
        }
        Event::Appealed {
            reason, read_as, ..
        } => {
            let read = read_as
                .as_ref()
                .map(|post| format!("; what they wrote was read as {post}"))
                .unwrap_or_default();
            format!("its author asked for another look ({reason}){read}")
        }
        Event::Sampled { week, .. } => {
            format!("drawn by lot from the hides of {week}, for a second look")
        }
        Event::SampleOver { .. } => "nobody took the second look in its week".to_owned(),
        Event::AnswerWritten {
            effect, by, task, ..
        } => {
            format!(
                "{by} wrote words of their own to {}, in task {task}",
                effect.plain()
            )
        }
        Event::Acknowledged { by, note, .. } => {
            format!("{by} says: I am dealing with it{}", noted(note.as_deref()))
        }
        Event::HandedOver { by, to, note } => {
            format!("handed over to {to}, says {by}{}", noted(note.as_deref()))
        }
        Event::ShownAgain { by, note, .. } => {
            format!("to be shown again, says {by}{}", noted(note.as_deref()))
        }
        Event::Removed { .. } => "the platform says that it is gone".to_owned(),
        Event::Hold {
            on,
            by,
            note,
            review,
        } => {
            let what = if *on {
                "its words are to be kept"
            } else {
                "its words need not be kept"
            };
            let review = review.map(|on| format!(", to be looked at again on {on}"));
            let review = review.unwrap_or_default();
            format!("{what}{review}, says {by}{}", noted(note.as_deref()))
        }
        Event::LetGo {
            kept_as, months, ..
        } => format!(
            "kept as {kept_as} for {months} months, as the policy says: its words were deleted"
        ),
        Event::Restricted { on, by, note } => {
            let what = if *on {
                "its record is not to be used"
            } else {
                "its record may be used again"
            };
            format!("{what}, says {by}{}", noted(Some(note.as_str())))
        }
        Event::Rectified {
            line,
            by,
            wrong,
            right,
        } => format!("line {line} is wrong, says {by} ({wrong}); right is: {right}"),
        Event::Erased { by, .. } => {
            format!("its author asked for it: {by} had its words deleted")
        }
        Event::WordsDropped { revisions, .. } => {
            format!(
                "its author took it back: the words of {} were dropped",
                or_none(&names(revisions))
            )
        }
        Event::VisibilitySeen {
            elsewhere: true, ..
        } => "the platform says that it is hidden, and nobody hid it by this system".to_owned(),
        Event::PicturesKept {
            revision,
            pictures,
            missing,
        } => pictures_kept(revision, pictures, missing),
        Event::Exported {
            recipient,
            whole,
            by,
            sha256,
        } => {
            let how = words::exported(*recipient, *whole);
            format!("{how}, taken by {by}; sha256 of the file: {sha256}")
        }
        Event::VisibilitySeen { hidden: true, .. } => {
            "the platform says that it is hidden".to_owned()
        }
        Event::VisibilitySeen { hidden: false, .. } => {
            "the platform says that it is shown".to_owned()
        }
        Event::StoodAgain { revision, since } => {
            format!("the platform says that {revision} stood there again at {since}")
        }
    }
}

/// Returns which pictures were kept, by their hashes, and why others were not.
fn pictures_kept(revision: &RevisionId, pictures: &[Picture], missing: &[String]) -> String {
    let kept: Vec<&str> = pictures.iter().map(|one| one.sha256.as_str()).collect();
    let mut said = format!(
        "pictures of {revision} kept: {}; their sha256: {}",
        kept.len(),
        or_none(&kept)
    );
    for why in missing {
        let _ = write!(said, "; one was not kept: {why}");
    }
    said
}

/// Returns what a person wrote down with what they did.
fn noted(note: Option<&str>) -> String {
    note.map(|note| format!(" ({note})")).unwrap_or_default()
}

fn or_none(words: &[&str]) -> String {
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

/// Says who read a revision and what the second reader said of it, a line each. Its sentences are
/// shown with the words.
fn read_by(event: &Event, revisions: &[RevisionRecord], words: bool) -> Vec<String> {
    let Event::Decided {
        revision,
        read_by: Some(read_by),
        ..
    } = event
    else {
        return Vec::new();
    };
    let meaning = match read_by {
        ReadBy::Nobody => return Vec::new(),
        ReadBy::RulesOnly => {
            return vec!["read by the rules alone: the second reader was not there".to_owned()];
        }
        ReadBy::Both(meaning) => meaning,
    };
    let text = revisions
        .iter()
        .find(|known| known.revision == *revision)
        .map(|known| known.post.text.as_str());
    let sentence = |said: &Said| {
        let sentence = text
            .filter(|_| words)?
            .get(said.start..said.end)
            .filter(|sentence| !sentence.is_empty())?;
        Some(format!(": \"{sentence}\""))
    };
    let line = |said: &Said| {
        let at =
            sentence(said).unwrap_or_else(|| format!(" (in bytes {} to {})", said.start, said.end));
        let like = said
            .like
            .as_ref()
            .map(|like| format!("; like the example \"{like}\""))
            .unwrap_or_default();
        format!("- {} {}{at}{like}", said.how_sure(), said.sense.plain())
    };
    let model = meaning.model.get(..12).unwrap_or(&meaning.model);
    let head = format!(
        "read as well by a program that learned from examples (model {model}), which reads in it:"
    );
    let nothing = meaning
        .said
        .is_empty()
        .then(|| "- nothing that it would show to a person".to_owned());
    [head]
        .into_iter()
        .chain(nothing)
        .chain(meaning.said.iter().map(line))
        .collect()
}

fn names(revisions: &[RevisionId]) -> Vec<&str> {
    revisions
        .iter()
        .map(|revision| revision.0.as_str())
        .collect()
}
