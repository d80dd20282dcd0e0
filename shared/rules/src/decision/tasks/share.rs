//! Sharing out what may be done once: one public answer, one private message and one report for a
//! post.

use crate::TaskKind::{
    self, ApprovePublicReply, ApprovePublicReplyOptional, ApproveSignpost, ApproveUrgentSignpost,
    AskAuthor, CheckConsent, ConfirmDelete, ConfirmDeleteByPracticeManager, Decide, DecidePraise,
    DeleteAndOrReport, MaybeDelete, ModerateDeleteOrBan, OfferReviewLink, OfferSignpost,
    ReportByHand, SafeguardingNow, SafeguardingToday,
};
use crate::{Effect, PlannedDraft, PlannedTask};

/// Which task answers in public, the most urgent first.
const ANSWERS: [TaskKind; 8] = [
    SafeguardingNow,
    ApproveUrgentSignpost,
    SafeguardingToday,
    ApprovePublicReply,
    ApprovePublicReplyOptional,
    ApproveSignpost,
    OfferReviewLink,
    OfferSignpost,
];

/// Which task writes to the author.
const WRITES: [TaskKind; 11] = [
    SafeguardingNow,
    SafeguardingToday,
    AskAuthor,
    ConfirmDeleteByPracticeManager,
    ConfirmDelete,
    DeleteAndOrReport,
    CheckConsent,
    Decide,
    MaybeDelete,
    ModerateDeleteOrBan,
    DecidePraise,
];

/// Which task reports.
const REPORTS: [TaskKind; 9] = [
    ReportByHand,
    DeleteAndOrReport,
    ConfirmDeleteByPracticeManager,
    ConfirmDelete,
    CheckConsent,
    Decide,
    MaybeDelete,
    ModerateDeleteOrBan,
    DecidePraise,
];

/// Leaves each of the three to one task, and puts a draft's effects among what may be chosen.
///
/// `letters` are the private messages that the engaged clauses bring, the surest and gravest first.
pub(super) fn out(mut tasks: Vec<PlannedTask>, letters: &[PlannedDraft]) -> Vec<PlannedTask> {
    let answers = first(&tasks, &ANSWERS, |task| drafts(task, is_public));
    // What only answers has nothing left to do once another answers. A danger stays, answered or
    // not.
    tasks.retain(|task| {
        let only_answers = ANSWERS.contains(&task.kind) && !task.kind.is_danger();
        !only_answers || Some(task.kind) == answers
    });
    let writes = first(&tasks, &WRITES, |task| drafts(task, is_private));
    let writing = |task: &&PlannedTask| WRITES.contains(&task.kind);
    let by_task = |letter: &&PlannedDraft| {
        tasks.iter().filter(writing).any(|task| {
            letter
                .clause
                .as_ref()
                .is_some_and(|id| task.clauses.contains(id))
        })
    };
    let letter = letters.iter().find(by_task).cloned();
    let reports = first(&tasks, &REPORTS, |task| {
        task.options.contains(&Effect::Report)
    });
    for task in &mut tasks {
        if Some(task.kind) != reports {
            task.options.retain(|effect| *effect != Effect::Report);
        }
        if Some(task.kind) == writes
            && !task.kind.is_danger()
            && let Some(letter) = &letter
        {
            let missing = letter
                .clause
                .clone()
                .filter(|id| !task.clauses.contains(id));
            task.clauses.extend(missing);
            task.draft = Some(letter.clone());
        }
        if let Some(draft) = &mut task.draft {
            let (answers, writes) = (Some(task.kind) == answers, Some(task.kind) == writes);
            draft
                .by
                .retain(|effect| if is_private(*effect) { writes } else { answers });
        }
        task.draft = task.draft.take().filter(|draft| !draft.by.is_empty());
        let by = task.draft.iter().flat_map(|draft| draft.by.clone());
        task.options = by.chain(task.options.drain(..)).collect();
    }
    tasks
}

fn first(
    tasks: &[PlannedTask],
    order: &[TaskKind],
    fits: impl Fn(&PlannedTask) -> bool,
) -> Option<TaskKind> {
    order
        .iter()
        .copied()
        .find(|kind| tasks.iter().any(|task| task.kind == *kind && fits(task)))
}

fn drafts(task: &PlannedTask, by: impl Fn(Effect) -> bool) -> bool {
    task.draft
        .as_ref()
        .is_some_and(|draft| draft.by.iter().any(|effect| by(*effect)))
}

const fn is_private(effect: Effect) -> bool {
    matches!(effect, Effect::AskAuthor)
}

const fn is_public(effect: Effect) -> bool {
    !is_private(effect)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Urgency;

    fn task(kind: TaskKind, template: &str, by: Effect) -> PlannedTask {
        PlannedTask {
            kind,
            urgency: Urgency::Normal,
            clauses: vec!["A1".to_owned()],
            options: vec![Effect::Report],
            delete_role: None,
            draft: Some(PlannedDraft {
                template: template.to_owned(),
                clause: Some("A1".to_owned()),
                by: vec![by],
            }),
            optional: false,
            why: String::new(),
        }
    }

    #[test]
    fn a_post_is_answered_written_about_and_reported_once() {
        let tasks = out(
            vec![
                task(Decide, "private.rule_hidden", Effect::AskAuthor),
                task(ApprovePublicReplyOptional, "public.b", Effect::PublicReply),
                task(ApproveSignpost, "public.c", Effect::SignpostRoutineContact),
                task(AskAuthor, "private.ask_to_remove", Effect::AskAuthor),
            ],
            &[],
        );
        let left: Vec<(TaskKind, &[Effect])> = tasks
            .iter()
            .map(|task| (task.kind, &task.options[..]))
            .collect();
        let expected: [(TaskKind, &[Effect]); 3] = [
            (Decide, &[Effect::Report]),
            (ApprovePublicReplyOptional, &[Effect::PublicReply]),
            (AskAuthor, &[Effect::AskAuthor]),
        ];
        assert_eq!(left, expected);
        assert!(tasks[0].draft.is_none());
    }

    #[test]
    fn the_gravest_message_goes_to_the_author() {
        let mut ask = task(AskAuthor, "private.ask_to_remove", Effect::AskAuthor);
        ask.clauses = vec!["A9".to_owned()];
        let letter = PlannedDraft {
            template: "private.privacy_hidden".to_owned(),
            clause: Some("A1".to_owned()),
            by: vec![Effect::AskAuthor],
        };
        let tasks = out(
            vec![
                task(Decide, "private.privacy_hidden", Effect::AskAuthor),
                ask,
            ],
            std::slice::from_ref(&letter),
        );
        assert_eq!(tasks[1].draft.as_ref(), Some(&letter));
        assert_eq!(tasks[1].clauses, ["A9", "A1"]);
    }
}
