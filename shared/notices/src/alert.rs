//! The kinds of thing that people are told of.

use pagewarden_rules::{TaskKind, Urgency, words};

words! {
    /// What somebody is told of.
    Alert {
        /// Somebody may be in danger.
        Safeguarding "safeguarding",
        /// Somebody threatens staff, and says when or where.
        StaffSafety "staff_safety",
        /// Somebody may need medical help now.
        Clinical "clinical",
        /// Somebody may be in danger, less surely.
        LookToday "look_today",
        /// The policy asks for a decision at once.
        Urgent "urgent",
        /// A platform does not let an account in any more.
        ChannelStopped "channel_stopped",
        /// An account could not be read twice in a row.
        SweepMissed "sweep_missed",
        /// The machine has done as much as the limits allow, and stopped itself; the rule that used
        /// most of it up stays stopped.
        LimitReached "limit_reached",
        /// Somebody turned the practice's switch off.
        SwitchedOff "switched_off",
        /// A rule stopped itself, because people showed too many of its hidden posts again.
        RuleStopped "rule_stopped",
        /// A step of the policy that two people agreed on is held up on its day.
        StepHeldUp "step_held_up",
        /// An address or a number took no notice.
        Unreachable "unreachable",
        /// Tasks are past their due time.
        Overdue "overdue",
        /// What waits, each weekday morning.
        Digest "digest",
        /// A code by which somebody confirms that messages reach them.
        Code "code",
    }
}

impl Alert {
    /// Returns what a task is told of as, when it is new or due.
    #[must_use]
    pub const fn of(kind: TaskKind, urgency: Urgency, is_late: bool) -> Self {
        match kind {
            TaskKind::SafeguardingNow => Alert::Safeguarding,
            TaskKind::StaffSafetyNow => Alert::StaffSafety,
            TaskKind::ApproveUrgentSignpost => Alert::Clinical,
            TaskKind::SafeguardingToday => Alert::LookToday,
            TaskKind::ReconnectChannel if !is_late => Alert::ChannelStopped,
            TaskKind::RepairContact if !is_late => Alert::Unreachable,
            TaskKind::ReconnectChannel
            | TaskKind::RepairContact
            | TaskKind::CareFirst
            | TaskKind::Decide
            | TaskKind::DecidePraise
            | TaskKind::DecideLanguage
            | TaskKind::CheckConsent
            | TaskKind::ConfirmDelete
            | TaskKind::ConfirmDeleteByPracticeManager
            | TaskKind::MaybeDelete
            | TaskKind::DeleteAndOrReport
            | TaskKind::ModerateDeleteOrBan
            | TaskKind::AskAuthor
            | TaskKind::ReportByHand
            | TaskKind::ReportOutcome
            | TaskKind::ComplaintDecision
            | TaskKind::AcknowledgeComplaint
            | TaskKind::LegalAdviceRequired
            | TaskKind::LegalAdviceOptional
            | TaskKind::Ladder
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
            | TaskKind::Appeal => match urgency {
                Urgency::Now if !is_late => Alert::Urgent,
                Urgency::Now | Urgency::High | Urgency::Normal | Urgency::Low => Alert::Overdue,
            },
        }
    }

    /// Returns `true` if it is told again, to further people, until somebody says that they are
    /// dealing with it.
    #[must_use]
    pub const fn escalates(self) -> bool {
        matches!(
            self,
            Alert::Safeguarding | Alert::StaffSafety | Alert::Clinical
        )
    }
}
