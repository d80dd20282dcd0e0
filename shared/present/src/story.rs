//! What has happened to a post, as a practice manager would tell it: who, when and what, without
//! hashes.

use pagewarden_ledger::{Calendar, Event, EventRecord, History, Question, TaskRecord, Visibility};
use pagewarden_rules::{By, Disposition, Effect};

use crate::text::plain;
use crate::words;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the history, if it is a line of that.
    pub number: Option<u64>,
    /// When, by the practice's clock.
    pub when: String,
    /// What, in a sentence.
    pub what: String,
    /// Why, in the words of the person who did it.
    pub note: Option<String>,
}

/// Tells what has happened to a post, oldest first.
#[must_use]
pub fn story(history: &History, calendar: &Calendar) -> Vec<Line> {
    let corrected = history.corrected_lines();
    let line = |event: &EventRecord| {
        let (mut what, mut note) = match event.event() {
            Ok(known) => told(&known, history),
            Err(_) => ("Something that this version cannot read.".to_owned(), None),
        };
        if corrected.contains(&event.seq) {
            // What it says beside may be what is wrong.
            note = None;
            what = format!("Line {} was corrected: see what is right below.", event.seq);
        }
        Line {
            number: Some(event.seq),
            when: calendar.local(event.at),
            what,
            note,
        }
    };
    history.events.iter().map(line).collect()
}

const fn only_if(so: bool, words: &'static str) -> &'static str {
    if so { words } else { "" }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of event")]
fn told(event: &Event, history: &History) -> (String, Option<String>) {
    match event {
        Event::Decided {
            decision,
            late,
            restricted,
            ..
        } => {
            let what = decided(decision.disposition, *late);
            let kept = only_if(*restricted, " Its author had asked for it not to be used.");
            (format!("{what}{kept}"), None)
        }
        Event::Acted {
            action,
            effect,
            gone,
            ..
        } => (acted(by_machine(history, action), *effect, *gone), None),
        Event::Failed { effect, why, .. } => (
            format!("It was not possible to {}: {why}.", effect.plain()),
            None,
        ),
        Event::Parked { effect, why, .. } => (
            format!("Pagewarden would {}, and stopped: {why}.", effect.plain()),
            None,
        ),
        Event::Dropped {
            effect, why, task, ..
        } => {
            let asked = only_if(
                task.is_some(),
                " An earlier try may have done it, so somebody was asked to look.",
            );
            let effect = effect.plain();
            (
                format!("Nothing was done about \"{effect}\" any more: {why}.{asked}"),
                None,
            )
        }
        Event::Chosen { note, .. } => (chosen(event, history).unwrap_or_default(), note.clone()),
        Event::Appealed { reason, .. } => (
            format!(
                "Its author asked for another look. {}",
                words::appeal(*reason)
            ),
            None,
        ),
        Event::Sampled { .. } => (
            "It was drawn by lot from what was hidden that week, for a second look.".to_owned(),
            None,
        ),
        Event::SampleOver { .. } => ("Nobody took the second look in its week.".to_owned(), None),
        Event::AnswerWritten { by, effect, .. } => {
            let how = if *effect == Effect::AskAuthor {
                "a message to its author"
            } else {
                "an answer"
            };
            let who = words::person(by);
            (
                format!("{who} wrote {how}, for somebody else to approve."),
                None,
            )
        }
        Event::Acknowledged { by, note, .. } => (
            format!("{} said that they are dealing with it.", words::person(by)),
            note.clone(),
        ),
        Event::HandedOver { by, to, note } => {
            let (who, to) = (words::person(by), plain(to));
            (
                format!("{who} handed the complaint over to {to}."),
                note.clone(),
            )
        }
        Event::ShownAgain { by, note, .. } => (
            format!("{} had it shown again.", words::person(by)),
            note.clone(),
        ),
        Event::Removed { .. } => ("It is gone from the page.".to_owned(), None),
        Event::Hold {
            on,
            by,
            note,
            review,
        } => {
            let what = if *on {
                "asked for its words to be kept"
            } else {
                "no longer needs its words kept"
            };
            let review = review.map(|on| format!(", and to look at that again on {on}"));
            let review = review.unwrap_or_default();
            (
                format!("{} {what}{review}.", words::person(by)),
                note.clone(),
            )
        }
        Event::LetGo { months, .. } => (
            format!(
                "Its words were deleted: the {months} months for which the policy keeps them had passed."
            ),
            None,
        ),
        Event::Restricted { on, by, note } => {
            let what = if *on {
                "said that its record is not to be used"
            } else {
                "said that its record may be used again"
            };
            (
                format!("{} {what}.", words::person(by)),
                Some(note.clone()).filter(|note| !note.is_empty()),
            )
        }
        Event::Rectified {
            line,
            by,
            wrong,
            right,
        } => (
            format!(
                "{} corrected line {line}. What was wrong: {}",
                words::person(by),
                plain(wrong)
            ),
            Some(right.clone()),
        ),
        Event::Erased { by, .. } => (
            format!(
                "Its words were deleted, as its author asked: {} had it done.",
                words::person(by)
            ),
            None,
        ),
        Event::WordsDropped { .. } => (
            "Its author took it back, so its words are not kept.".to_owned(),
            None,
        ),
        Event::VisibilitySeen {
            hidden, elsewhere, ..
        } => (seen(*hidden, *elsewhere).to_owned(), None),
        Event::PicturesKept {
            pictures, missing, ..
        } => (pictures_kept(pictures.len(), missing), None),
        Event::StoodAgain { .. } => (
            "The platform told of it again, with the words that stand there.".to_owned(),
            None,
        ),
        Event::Exported {
            recipient,
            whole,
            by,
            ..
        } => {
            let (who, what) = (words::person(by), words::exported(*recipient, *whole));
            (format!("{who} took {what} along."), None)
        }
    }
}

/// Says what a platform said of a post.
const fn seen(hidden: bool, elsewhere: bool) -> &'static str {
    match (hidden, elsewhere) {
        (true, true) => {
            "The platform says that it is hidden. The platform or somebody using its own tools did that, and nobody here."
        }
        (true, false) => "The platform says that it is hidden.",
        (false, _) => "The platform says that everybody can see it.",
    }
}

/// Tells what somebody decided.
fn chosen(event: &Event, history: &History) -> Option<String> {
    let Event::Chosen {
        task,
        choice,
        by,
        settled,
        action,
        own_decision,
        together,
        ..
    } = event
    else {
        return None;
    };
    let asked = history.tasks.iter().find(|known| known.id == *task);
    let question = asked.map_or(Question::Post, question);
    // What asked the platform for something hid a post that could be seen.
    let stood = match action {
        Some(_) => Visibility::Visible,
        None => Visibility::Hidden,
    };
    let label = words::choice(*choice, question, stood);
    let also = match settled.len() {
        0 => String::new(),
        1 => ". That answered one more question".to_owned(),
        many => format!(". That answered {many} more questions"),
    };
    let own = only_if(
        *own_decision,
        ", against what they had decided themselves, since nobody else may",
    );
    let with = only_if(*together, ", together with other posts by the same author");
    let written = asked.and_then(|task| task.own_words.as_ref());
    let what = match written.filter(|_| choice.speaks()) {
        Some(written) => format!(
            "approved the words that {} wrote",
            words::person(&written.by)
        ),
        None => format!("decided{own}: {label}{with}"),
    };
    Some(format!("{} {what}{also}.", words::person(by)))
}

fn question(task: &TaskRecord) -> Question {
    Question::asked_by(task.kind)
}

const fn decided(disposition: Disposition, late: bool) -> &'static str {
    match disposition {
        _ if late => "It was read for danger alone: newer words stand there.",
        Disposition::None => "It was read, and breaks no rule.",
        Disposition::Case => "It was read, and written down.",
        Disposition::Queue => "It was read, and waits for a person.",
        Disposition::Hide => "It was read, and Pagewarden asked for it to be hidden.",
        Disposition::Page => "It was read, and somebody may be in danger.",
    }
}

/// Says how many pictures were kept, and why others were not.
fn pictures_kept(kept: usize, missing: &[String]) -> String {
    let kept = match kept {
        0 => String::new(),
        1 => "Its picture was kept as evidence.".to_owned(),
        many => format!("{many} pictures of it were kept as evidence."),
    };
    let missing = missing
        .iter()
        .map(|why| format!("A picture of it was not kept: {why}."));
    let said: Vec<String> = std::iter::once(kept).chain(missing).collect();
    said.join(" ").trim().to_owned()
}

fn by_machine(history: &History, action: &str) -> bool {
    history
        .actions
        .iter()
        .any(|known| known.id == action && known.by == By::Machine)
}

fn acted(machine: bool, effect: Effect, gone: bool) -> String {
    let by = if machine { " by Pagewarden" } else { "" };
    match effect {
        _ if gone => "It was gone before anything could be done.".to_owned(),
        Effect::Hide => format!("It was hidden{by}."),
        Effect::Unhide => format!("It was shown again{by}."),
        Effect::Delete => format!("It was deleted{by}."),
        Effect::PublicReply => format!("It was answered in public{by}."),
        Effect::AskAuthor => format!("Its author was written to in private{by}."),
        Effect::Ban => format!("Its author was banned{by}."),
        Effect::Mute => format!("Its author was muted{by}."),
        Effect::Capture
        | Effect::Report
        | Effect::Moderate
        | Effect::PageSafeguardingLead
        | Effect::PagePracticeManager
        | Effect::Case
        | Effect::LegalAdvice
        | Effect::ComplaintClock
        | Effect::Ladder
        | Effect::SignpostOfficialReview
        | Effect::SignpostRoutineContact
        | Effect::Acknowledge
        | Effect::LogIncident => format!("Done{by}: {}.", effect.plain()),
    }
}
