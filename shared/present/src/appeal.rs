//! An appeal in words: what the author wrote, and what was decided before and by whom.

use pagewarden_ledger::{Calendar, Choice, Event, History, TaskStatus};
use pagewarden_rules::Effect;

use crate::story::{Line, story};
use crate::words;

/// An appeal that waits for an answer, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppealView {
    /// When they asked, by the practice's clock.
    pub when: String,
    /// Why they ask, in a sentence.
    pub reason: &'static str,
    /// What they wrote; empty where they wrote nothing.
    pub words: String,
    /// What was decided before, and by whom, oldest first.
    pub before: Vec<Line>,
}

/// Returns the appeal about a post that waits for an answer, if one does.
#[must_use]
pub fn appeal(history: &History, calendar: &Calendar) -> Option<AppealView> {
    let is_open = |id: &str| {
        history
            .tasks
            .iter()
            .any(|task| task.id == id && task.status == TaskStatus::Open)
    };
    let appeal = history
        .appeals
        .iter()
        .find(|appeal| is_open(&appeal.task))?;
    let before = story(history, calendar)
        .into_iter()
        .zip(&history.events)
        .filter(|(_, event)| {
            event.at <= appeal.at && event.event().is_ok_and(|event| put_out_of_sight(&event))
        });
    Some(AppealView {
        when: calendar.local(appeal.at),
        reason: words::appeal(appeal.reason),
        words: appeal.words.clone(),
        before: before.map(|(line, _)| line).collect(),
    })
}

/// Returns `true` if an event put a post out of sight, or left it there.
fn put_out_of_sight(event: &Event) -> bool {
    match event {
        Event::Acted { effect, gone, .. } => {
            !gone && matches!(effect, Effect::Hide | Effect::Delete)
        }
        Event::Chosen { choice, .. } => matches!(
            choice,
            Choice::KeepHidden | Choice::Delete | Choice::Ban | Choice::Mute | Choice::Decline
        ),
        Event::VisibilitySeen { hidden, .. } => *hidden,
        Event::Decided { .. }
        | Event::Failed { .. }
        | Event::Parked { .. }
        | Event::Dropped { .. }
        | Event::Appealed { .. }
        | Event::Sampled { .. }
        | Event::SampleOver { .. }
        | Event::AnswerWritten { .. }
        | Event::Acknowledged { .. }
        | Event::HandedOver { .. }
        | Event::PicturesKept { .. }
        | Event::Exported { .. }
        | Event::LetGo { .. }
        | Event::Erased { .. }
        | Event::Restricted { .. }
        | Event::Rectified { .. }
        | Event::ShownAgain { .. }
        | Event::Removed { .. }
        | Event::Hold { .. }
        | Event::StoodAgain { .. }
        | Event::WordsDropped { .. } => false,
    }
}
