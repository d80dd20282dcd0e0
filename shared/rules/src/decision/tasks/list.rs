//! The tasks so far, one of each kind.

use crate::PlannedTask;

#[derive(Default)]
pub(super) struct List {
    pub(super) tasks: Vec<PlannedTask>,
}

impl List {
    /// Adds a task, or makes it one with the task of its kind. The first, which is the gravest,
    /// gives the words.
    pub(super) fn push(&mut self, new: PlannedTask) {
        let Some(task) = self.tasks.iter_mut().find(|task| task.kind == new.kind) else {
            self.tasks.push(new);
            return;
        };
        for clause in new.clauses {
            if !task.clauses.contains(&clause) {
                task.clauses.push(clause);
            }
        }
        for option in new.options {
            if !task.options.contains(&option) {
                task.options.push(option);
            }
        }
        task.urgency = task.urgency.min(new.urgency);
        task.delete_role = task.delete_role.or(new.delete_role);
        task.draft = task.draft.take().or(new.draft);
    }

    /// One decision about a post is enough: the more definite question takes in the vaguer one.
    pub(super) fn settle(&mut self, unread: bool) {
        use crate::TaskKind::{
            AcknowledgeComplaint, Appeal, ApproveAnswer, ApprovePublicReply,
            ApprovePublicReplyOptional, ApproveSignpost, ApproveUrgentSignpost, AskAuthor,
            CareFirst, CheckConsent, ComplaintDecision, ConfirmDelete,
            ConfirmDeleteByPracticeManager, Decide, DecideLanguage, DecidePraise,
            DeleteAndOrReport, DoByHand, HiddenElsewhere, Ladder, LegalAdviceOptional,
            LegalAdviceRequired, MaybeDelete, ModerateDeleteOrBan, OfferReviewLink, OfferSignpost,
            ReconnectChannel, RecordIncident, RepairContact, ReportByHand, ReportOutcome,
            SafeguardingNow, SafeguardingToday, SecondLook, ShowAgain, StaffSafetyNow,
        };
        let has =
            |kinds: &[crate::TaskKind]| self.tasks.iter().any(|task| kinds.contains(&task.kind));
        let definite = has(&[
            ConfirmDelete,
            ConfirmDeleteByPracticeManager,
            DeleteAndOrReport,
        ]);
        let by_manager = has(&[ConfirmDeleteByPracticeManager]);
        let decide = definite || has(&[Decide]);
        let own_case_only = self.tasks.iter().any(|task| match task.kind {
            // The last four are about somebody's safety, and not about what becomes of the post.
            Decide
            | DecidePraise
            | CheckConsent
            | ComplaintDecision
            | SafeguardingNow
            | StaffSafetyNow
            | ApproveUrgentSignpost
            | SafeguardingToday => false,
            // An answer that may be left has nobody look at what no rule can read.
            ApprovePublicReplyOptional => !unread,
            CareFirst
            | DecideLanguage
            | ConfirmDelete
            | ConfirmDeleteByPracticeManager
            | MaybeDelete
            | DeleteAndOrReport
            | ModerateDeleteOrBan
            | AskAuthor
            | ReportByHand
            | ReportOutcome
            | AcknowledgeComplaint
            | LegalAdviceRequired
            | LegalAdviceOptional
            | Ladder
            | ApprovePublicReply
            | ApproveSignpost
            | OfferSignpost
            | OfferReviewLink
            | RecordIncident
            | DoByHand
            | ShowAgain
            | HiddenElsewhere
            | SecondLook
            | Appeal
            | ApproveAnswer
            | ReconnectChannel
            | RepairContact => true,
        });
        let taken: Vec<PlannedTask> = self
            .tasks
            .extract_if(.., |task| match task.kind {
                Decide if definite => true,
                // A case that asks for nothing but judgement is closed by whatever else is decided.
                Decide => own_case_only && task.options.is_empty() && task.draft.is_none(),
                DecidePraise | MaybeDelete | ModerateDeleteOrBan => decide,
                ConfirmDelete => by_manager,
                SafeguardingNow
                | StaffSafetyNow
                | ApproveUrgentSignpost
                | SafeguardingToday
                | CareFirst
                | DecideLanguage
                | CheckConsent
                | ConfirmDeleteByPracticeManager
                | DeleteAndOrReport
                | AskAuthor
                | ReportByHand
                | ReportOutcome
                | ComplaintDecision
                | AcknowledgeComplaint
                | LegalAdviceRequired
                | LegalAdviceOptional
                | Ladder
                | ApprovePublicReply
                | ApprovePublicReplyOptional
                | ApproveSignpost
                | OfferSignpost
                | OfferReviewLink
                | RecordIncident
                | DoByHand
                | ShowAgain
                | HiddenElsewhere
                | SecondLook
                | Appeal
                | ApproveAnswer
                | ReconnectChannel
                | RepairContact => false,
            })
            .collect();
        self.hand_over(taken);
    }

    /// The one decision that is left offers what the others offered, under all of their clauses.
    fn hand_over(&mut self, taken: Vec<PlannedTask>) {
        use crate::TaskKind::{
            ConfirmDelete, ConfirmDeleteByPracticeManager, Decide, DeleteAndOrReport,
        };
        let order = [
            ConfirmDeleteByPracticeManager,
            ConfirmDelete,
            DeleteAndOrReport,
            Decide,
        ];
        let heir = order
            .iter()
            .find_map(|kind| self.tasks.iter().position(|task| task.kind == *kind));
        let Some(heir) = heir.map(|at| self.tasks[at].kind) else {
            return;
        };
        for task in taken {
            self.push(PlannedTask { kind: heir, ..task });
        }
    }
}
