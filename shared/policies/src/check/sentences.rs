//! Checks of a practice's own sentences for its tasks.

use std::collections::BTreeMap;

use pagewarden_rules::reply::says_it_is_gone;
use pagewarden_rules::{Clause, Effect, Says, TaskKind};

use super::Checks;
use crate::document::{At, Document};
use crate::nearest::nearest;
use crate::problem::{Collector, cut};

/// The longest sentence, in bytes: it stands in one line of a list.
const LONGEST: usize = 240;

/// Reads the table `[tasks]`: for each kind of task, the sentence that says why it waits.
pub(crate) fn sentences(
    document: &Document<'_>,
    problems: &mut Collector,
) -> BTreeMap<TaskKind, String> {
    let mut sentences = BTreeMap::new();
    let table = document
        .table(At::Table("tasks"))
        .and_then(|table| table.get_ref().as_table());
    for (name, value) in table.into_iter().flatten() {
        // What is no text was told already.
        let Some(text) = value.get_ref().as_str() else {
            continue;
        };
        let Ok(kind) = name.get_ref().parse::<TaskKind>() else {
            let known = TaskKind::ALL.iter().map(|kind| kind.name());
            let instead = match nearest(name.get_ref(), known.clone()) {
                Some(meant) => format!("\"{meant}\""),
                None => format!("one of {}", known.collect::<Vec<_>>().join(", ")),
            };
            let message = format!("there are no tasks \"{}\"", cut(name.get_ref(), 40));
            problems.error(document.line_of(name), message, instead);
            continue;
        };
        let line = document.line_of(value);
        if text.trim().is_empty()
            || text.len() > LONGEST
            || text.contains(['{', '}', '[', ']', '\n'])
        {
            let message = format!("the sentence for \"{kind}\" cannot stand in a list of tasks");
            problems.error(
                line,
                message,
                format!("one line of up to {LONGEST} bytes without brackets"),
            );
        } else if says_it_is_gone(text) {
            let message = format!(
                "the sentence for \"{kind}\" says what was done, which nobody knows beforehand"
            );
            problems.error(
                line,
                message,
                "what the policy says, such as \"our policy says that it will be hidden\"",
            );
        } else {
            sentences.insert(kind, text.trim().to_owned());
        }
    }
    sentences
}

/// What a sentence may say is done to a post, and the effect that a clause needs for it to be true.
const DONE: [(&[&str], Effect); 4] = [
    (
        &["deleted", "removed", "erased", "taken down", "taken off"],
        Effect::Delete,
    ),
    (&["hidden"], Effect::Hide),
    (&["reported"], Effect::Report),
    (&["banned", "blocked"], Effect::Ban),
];

impl Checks<'_, '_> {
    /// Checks that a sentence of the practice's own says nothing of what becomes of a post that a
    /// clause for which it would stand does not say: "will be deleted" of what is hidden, or "will" of
    /// what may be.
    pub(crate) fn task_words(&mut self) {
        let parts = self.parts;
        for (kind, sentence) in &parts.tasks {
            let opening: Vec<&Clause> = parts
                .clauses
                .iter()
                .map(|(_, clause)| clause)
                .filter(|clause| opens(*kind, clause))
                .collect();
            for (words, effect) in DONE {
                let said = words.iter().find_map(|word| said(sentence, word));
                let Some(will) = said else { continue };
                let untrue = opening.iter().find(|clause| {
                    !clause.effects.contains(&effect) || (will && clause.says != Says::Will)
                });
                if let Some(clause) = untrue {
                    let message = format!(
                        "the sentence for \"{kind}\" says more than {} does, for which it would stand too",
                        clause.id
                    );
                    let instead = "what the published sentence says, or leave it out: each rule then has words of its own";
                    self.error(At::Table("tasks"), kind.name(), message, instead);
                    break;
                }
            }
        }
    }
}

/// Returns whether a sentence says that something is done to a post, and then whether it says that
/// it will be.
fn said(sentence: &str, done: &str) -> Option<bool> {
    let lower = sentence.to_lowercase();
    let (before, _) = lower.split_once(done)?;
    // "be hidden, then deleted" says so of both.
    let last = before.rsplit(['.', '?', '!']).next().unwrap_or(before);
    let words: Vec<&str> = last.split(|c: char| !c.is_alphanumeric()).collect();
    let at = words
        .iter()
        .rposition(|word| matches!(*word, "be" | "get" | "is" | "are"))?;
    let helper = words[..at].iter().rev().find(|word| !word.is_empty());
    Some(!matches!(
        helper,
        Some(&("may" | "might" | "can" | "could" | "to" | "should"))
    ))
}

/// Returns `true` if a clause can be the reason for a task of a kind that is about what becomes of a
/// post.
fn opens(kind: TaskKind, clause: &Clause) -> bool {
    let has = |effect| clause.effects.contains(&effect);
    let takes_down = has(Effect::Hide) || has(Effect::Delete) || has(Effect::Moderate);
    match kind {
        TaskKind::ConfirmDelete | TaskKind::ConfirmDeleteByPracticeManager => {
            clause.says == Says::Will && has(Effect::Delete)
        }
        TaskKind::MaybeDelete => clause.says == Says::May && has(Effect::Delete),
        TaskKind::DeleteAndOrReport => {
            clause.says == Says::Will && has(Effect::Delete) && has(Effect::Report)
        }
        TaskKind::ModerateDeleteOrBan => clause.says == Says::Reserves && takes_down,
        TaskKind::ReportByHand => has(Effect::Report),
        TaskKind::AskAuthor => has(Effect::AskAuthor),
        TaskKind::Ladder => has(Effect::Ladder),
        TaskKind::ComplaintDecision | TaskKind::AcknowledgeComplaint => has(Effect::ComplaintClock),
        TaskKind::LegalAdviceRequired | TaskKind::LegalAdviceOptional => has(Effect::LegalAdvice),
        TaskKind::ApprovePublicReply | TaskKind::ApprovePublicReplyOptional => {
            has(Effect::PublicReply)
        }
        TaskKind::ApproveSignpost => has(Effect::SignpostRoutineContact),
        TaskKind::OfferReviewLink => has(Effect::SignpostOfficialReview),
        TaskKind::Decide
        | TaskKind::DecidePraise
        | TaskKind::DecideLanguage
        | TaskKind::CheckConsent
        | TaskKind::ShowAgain
        | TaskKind::DoByHand => takes_down,
        // These stand for no clause.
        TaskKind::SafeguardingNow
        | TaskKind::StaffSafetyNow
        | TaskKind::ApproveUrgentSignpost
        | TaskKind::SafeguardingToday
        | TaskKind::CareFirst
        | TaskKind::ReportOutcome
        | TaskKind::OfferSignpost
        | TaskKind::RecordIncident
        | TaskKind::ApproveAnswer
        | TaskKind::HiddenElsewhere
        | TaskKind::SecondLook
        | TaskKind::Appeal
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => false,
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn what_is_done_is_read_with_how_surely() {
        for (sentence, done, wanted) in [
            ("They will be deleted.", "deleted", Some(true)),
            ("They may be hidden or deleted.", "deleted", Some(false)),
            (
                "Our rules say that it is then deleted.",
                "deleted",
                Some(true),
            ),
            ("The right to have it deleted is reserved.", "deleted", None),
            ("Rude posts go. Deleted ones too.", "deleted", None),
        ] {
            assert_eq!(said(sentence, done), wanted, "{sentence}");
        }
    }
}
