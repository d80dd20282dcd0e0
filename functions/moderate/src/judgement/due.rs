//! When a person must have looked.

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{PlannedTask, TaskKind, Urgency};

use crate::Practice;

/// How soon somebody must have looked where somebody may be in danger.
pub(super) const LOOK_AT_ONCE: SignedDuration = SignedDuration::from_mins(15);

/// How soon where that is less sure, while the surgery is open; when it opens otherwise.
const LOOK_SOON: SignedDuration = SignedDuration::from_hours(1);

/// When a person must have looked. Dangers run by the clock, everything else by the surgery's
/// working days.
pub(super) fn due(planned: &PlannedTask, practice: &Practice, now: Timestamp) -> Timestamp {
    let working_days = |days| practice.calendar.after_working_days(now, days);
    match planned.kind {
        TaskKind::SafeguardingNow | TaskKind::StaffSafetyNow | TaskKind::ApproveUrgentSignpost => {
            now + LOOK_AT_ONCE
        }
        TaskKind::SafeguardingToday if practice.calendar.is_open(now) => now + LOOK_SOON,
        TaskKind::SafeguardingToday => practice.calendar.next_morning(now),
        TaskKind::ComplaintDecision => working_days(
            practice
                .policy
                .practice
                .nation
                .days_to_recognise_a_complaint(),
        ),
        TaskKind::AcknowledgeComplaint => practice.acknowledge_by(now),
        TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::ReportByHand
        | TaskKind::Ladder
        | TaskKind::AskAuthor => working_days(3),
        TaskKind::CareFirst
        | TaskKind::Decide
        | TaskKind::DecidePraise
        | TaskKind::DecideLanguage
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::MaybeDelete
        | TaskKind::DeleteAndOrReport
        | TaskKind::ModerateDeleteOrBan
        | TaskKind::ReportOutcome
        | TaskKind::ApprovePublicReply
        | TaskKind::ApprovePublicReplyOptional
        | TaskKind::ApproveSignpost
        | TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::RecordIncident
        | TaskKind::DoByHand
        | TaskKind::ShowAgain
        | TaskKind::HiddenElsewhere
        | TaskKind::SecondLook
        | TaskKind::ApproveAnswer
        | TaskKind::Appeal
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => {
            working_days(if planned.optional || planned.urgency == Urgency::Low {
                5
            } else {
                1
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use pagewarden_ledger::{ReadBy, Standing};
    use pagewarden_rules::{Meaning, Platform, Reading, Said, Sense, Surface, TaskKind, Urgency};

    use crate::judgement::judge;
    use crate::judgement::testing::{practice, revision};

    #[test]
    fn possible_danger_waits_an_hour_or_until_the_surgery_opens() {
        let practice = practice("woolpit");
        let revision = revision(
            practice,
            Platform::Facebook,
            Surface::Comment,
            "I have put my affairs in order.",
        );
        let due = |now: &str| {
            let said = Said {
                sense: Sense::Danger,
                score: 400,
                sure: false,
                start: 0,
                end: 4,
                like: None,
            };
            let meaning = Meaning {
                said: vec![said],
                ..Meaning::default()
            };
            let reading = Reading {
                meaning: Some(meaning),
                ..Reading::default()
            };
            let judgement = judge(
                practice,
                &revision,
                &reading,
                &Standing::default(),
                now.parse().unwrap(),
            );
            let task = &judgement.tasks[0];
            assert_eq!(
                (task.planned.kind, task.planned.urgency),
                (TaskKind::SafeguardingToday, Urgency::High)
            );
            assert!(!task.draft.as_ref().unwrap().is_empty());
            assert!(matches!(judgement.read_by, ReadBy::Both(_)));
            task.due_at.to_string()
        };
        assert_eq!(due("2026-11-25T11:00:00Z"), "2026-11-25T12:00:00Z");
        // A Friday night, and a Saturday before dawn.
        assert_eq!(due("2026-11-27T21:00:00Z"), "2026-11-28T08:00:00Z");
        assert_eq!(due("2026-11-28T03:00:00Z"), "2026-11-28T08:00:00Z");
    }
}
