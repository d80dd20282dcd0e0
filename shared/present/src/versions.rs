//! The versions of a policy in words: what happened to them, and what one in shadow would have done.

use jiff::Timestamp;
use pagewarden_ledger::{Counter, PracticeEvent, Stage, StepWanted, Tally};
use pagewarden_rules::{Disposition, Mode};

use crate::words;

/// Says where a step leads, from which day, and why so soon, if that was said. `day` writes a day.
#[must_use]
pub fn step(step: &StepWanted, day: impl Fn(Timestamp) -> String) -> String {
    let from = step.from.map(|from| format!(", from {}", day(from)));
    let sooner = step.sooner.as_ref();
    let sooner = sooner.map(|why| format!(", before two weeks in shadow are over: {why}"));
    format!(
        "{}{}{}",
        step.to,
        from.unwrap_or_default(),
        sooner.unwrap_or_default()
    )
}

/// Says which version something happened to, and what, by whom and why, as a sentence; nothing where
/// an event is not about the versions. `day` writes a day.
#[must_use]
pub fn told(event: &PracticeEvent, day: impl Fn(Timestamp) -> String) -> Option<(u32, String)> {
    let step = |wanted| step(wanted, &day);
    let who = words::person;
    Some(match event {
        PracticeEvent::Published { policy, by } => {
            (*policy, format!("{} published version {policy}", who(by)))
        }
        PracticeEvent::Proposed { policy, by, .. } => {
            (*policy, format!("{} proposed version {policy}", who(by)))
        }
        PracticeEvent::Tried { policy, by, .. } => (
            *policy,
            format!("{} tried version {policy} on what is on record", who(by)),
        ),
        PracticeEvent::StepAsked { step: asked, by } => (
            asked.to.policy,
            format!("{} asked for {}", who(by), step(asked)),
        ),
        PracticeEvent::StepAgreed {
            step: agreed,
            by,
            with,
        } => (
            agreed.to.policy,
            format!("{} agreed with {} on {}", who(by), who(with), step(agreed)),
        ),
        PracticeEvent::StepTaken { to } => (
            to.policy,
            format!("The day had come that two people agreed on: {to}"),
        ),
        PracticeEvent::StepHeldUp { to, blockers } => (
            to.policy,
            format!(
                "The day had come that two people agreed on, and {to} was held up: {}",
                blockers.join(" ")
            ),
        ),
        PracticeEvent::StepCalledOff { to, by, note } => {
            (to.policy, format!("{} called off {to}: {note}", who(by)))
        }
        PracticeEvent::WentBack {
            policy,
            mode,
            by,
            note,
        } => {
            let to = Stage {
                policy: *policy,
                mode: *mode,
            };
            (*policy, format!("{} went back to {to}: {note}", who(by)))
        }
        PracticeEvent::Switched { .. }
        | PracticeEvent::StartAsked { .. }
        | PracticeEvent::ConnectionAgreed { .. }
        | PracticeEvent::RuleStartAsked { .. }
        | PracticeEvent::RuleStarted { .. }
        | PracticeEvent::Logged { .. }
        | PracticeEvent::Stepped { .. }
        | PracticeEvent::LetGo { .. }
        | PracticeEvent::AnsweredAuthor { .. }
        | PracticeEvent::Erased { .. }
        | PracticeEvent::ChannelsLetGo { .. }
        | PracticeEvent::TakenAlong { .. }
        | PracticeEvent::DeletionAsked { .. }
        | PracticeEvent::RestrictedAuthor { .. }
        | PracticeEvent::Rectified { .. }
        | PracticeEvent::Noted { .. } => return None,
    })
}

/// Says what follows from a step, a sentence each.
#[must_use]
pub fn follows(to: Stage) -> Vec<&'static str> {
    match to.mode {
        Mode::Shadow => vec![
            "Nothing changes on your pages: the version in force stays in force.",
            "What this version would do is recorded beside what is done, and counted here.",
            "It is in shadow for two weeks. After that two people may have it act.",
        ],
        Mode::Assist => vec![
            "This version decides from then on, instead of the one that is in force.",
            "It does nothing by itself: it prepares everything for a person, and each act takes a press.",
            "One person can go back at any time, at once.",
        ],
        Mode::Live => vec![
            "This version hides by itself what the policy lets it hide, and asks a person about everything else.",
            "What cannot be undone is still decided by a person.",
            "One person can go back at any time, at once.",
        ],
    }
}

/// What was done with the posts that came while a version was in shadow, and what it would have
/// done with the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// How many versions of posts were judged by both.
    pub read: u64,
    /// How many came to each, the gravest first.
    pub rows: Vec<CountedRow>,
    /// How many would have come to something else.
    pub otherwise: u64,
}

/// How many posts came to one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountedRow {
    /// What.
    pub what: &'static str,
    /// By the version in force, as far as it acts.
    pub done: u64,
    /// By the version in shadow, if it were in `live`.
    pub would: u64,
}

impl Counted {
    /// Counts what a version in shadow would have done; nothing where it judged nothing.
    #[must_use]
    pub fn of(policy: u32, tally: &Tally) -> Option<Self> {
        let count = |wanted: &dyn Fn(Disposition, Disposition) -> bool| {
            tally.sum(|counter| {
                matches!(counter, Counter::Beside { policy: of, did, would }
                    if *of == policy && wanted(*did, *would))
            })
        };
        let read = count(&|_, _| true);
        let row = |what, disposition| CountedRow {
            what,
            done: count(&|did, _| did == disposition),
            would: count(&|_, would| would == disposition),
        };
        (read > 0).then(|| Counted {
            read,
            rows: vec![
                row("Somebody is alerted", Disposition::Page),
                row("Hidden by the program", Disposition::Hide),
                row("Left to a person", Disposition::Queue),
                row("Nothing follows", Disposition::None),
            ],
            otherwise: count(&|did, would| did != would),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_version_would_do_is_counted_beside_what_is_done() {
        let beside = |policy, did, would| Counter::Beside { policy, did, would };
        let (none, queue, hide) = (Disposition::None, Disposition::Queue, Disposition::Hide);
        let tally: Tally = [
            beside(2, hide, queue),
            beside(2, hide, hide),
            beside(2, none, none),
            beside(3, none, hide),
            Counter::Judged,
        ]
        .into_iter()
        .collect();
        let counted = Counted::of(2, &tally).unwrap();
        assert_eq!((counted.read, counted.otherwise), (3, 1));
        let rows: Vec<_> = counted
            .rows
            .iter()
            .map(|row| (row.done, row.would))
            .collect();
        assert_eq!(rows, [(0, 0), (2, 1), (0, 1), (1, 1)]);
        assert_eq!(Counted::of(4, &tally), None);
    }

    #[test]
    fn what_happened_to_a_version_says_who_and_why() {
        let day = |at: Timestamp| at.strftime("%-d %B %Y").to_string();
        let step = StepWanted {
            to: Stage {
                policy: 2,
                mode: Mode::Assist,
            },
            from: Some(Timestamp::UNIX_EPOCH),
            sooner: Some("a small change".into()),
        };
        let agreed = PracticeEvent::StepAgreed {
            step,
            by: "Imran:practice_manager".into(),
            with: "Chidi Obi:reviewer".into(),
        };
        assert_eq!(
            told(&agreed, day).unwrap(),
            (
                2,
                "Imran (practice manager) agreed with Chidi Obi (reviewer) on version 2 in assist, from 1 January 1970, before \
                 two weeks in shadow are over: a small change"
                    .to_owned()
            )
        );
        let other = PracticeEvent::Logged { by: String::new() };
        assert_eq!(told(&other, day), None);
    }
}
