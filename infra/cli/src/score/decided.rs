//! What people decided about a practice's posts, as labels of them.
//!
//! A decision is about a post and not about a label, and most of them say nothing about what the
//! reader found: a post may be left for kindness, or answered whatever it says. [`says`] is the one
//! table of what follows from which, with the reason. What it does not say counts neither way.

use std::collections::{BTreeMap, BTreeSet};

use pagewarden_ledger::{Choice, Event, History, TaskRecord};
use pagewarden_rules::{By, Effect, RevisionId, TaskKind};

use super::label::Vocabulary;

/// What a choice says about what the reader found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// What the rule is about was there.
    Right,
    /// Nothing of what the rule is about was there.
    Wrong,
    /// It is a complaint, or is none.
    Complaint(bool),
    /// Nothing.
    Nothing,
}

/// Labels of which the question is asked by itself, or that nobody is hidden for: whether the post
/// stays does not say whether they were there.
const ASKED_BESIDE: [&str; 9] = [
    "complaint",
    "criticism",
    "praise",
    "appointment_or_clinical",
    "safeguarding",
    "clinical_urgent",
    "distress",
    "claims_consent",
    "not_english",
];

/// Returns what a choice about a task says, and why.
const fn says(kind: TaskKind, choice: Choice) -> (Says, &'static str) {
    match choice {
        Choice::Complaint | Choice::ComplaintAcknowledged => {
            (Says::Complaint(true), "people said that it is a complaint")
        }
        Choice::NotComplaint => (
            Says::Complaint(false),
            "people said that it is no complaint",
        ),
        Choice::Restore | Choice::Grant | Choice::Keep if !is_about_the_rule(kind) => (
            Says::Nothing,
            "it was asked for another reason than what the rule is about",
        ),
        Choice::Restore | Choice::Grant => (
            Says::Wrong,
            "people showed again what was hidden under the rule",
        ),
        Choice::Keep if leaves_it_open(kind) => (
            Says::Nothing,
            "the policy leaves open what is done, so leaving it is no mistake of the reader",
        ),
        Choice::Keep => (
            Says::Wrong,
            "people left what the rule would have taken down",
        ),
        Choice::KeepHidden
        | Choice::Delete
        | Choice::Ban
        | Choice::Mute
        | Choice::Decline
        | Choice::Reported
            if is_about_the_rule(kind) =>
        {
            (
                Says::Right,
                "people took it down, or left it so, under the rule",
            )
        }
        Choice::KeepHidden
        | Choice::Delete
        | Choice::Ban
        | Choice::Mute
        | Choice::Decline
        | Choice::Reported => (
            Says::Nothing,
            "it was asked for another reason than what the rule is about",
        ),
        Choice::Reply | Choice::AskAuthor | Choice::SendBack => (
            Says::Nothing,
            "an answer is sent, or not, whatever the post is about",
        ),
        Choice::Removed | Choice::Refused | Choice::NoAnswer | Choice::Appealed => {
            (Says::Nothing, "what a platform does is by its own rules")
        }
        Choice::Done => (Says::Nothing, "it does not say what became of it"),
    }
}

/// Returns `true` if a task of a kind asks whether a rule holds for the words that stand there.
const fn is_about_the_rule(kind: TaskKind) -> bool {
    match kind {
        TaskKind::Decide
        | TaskKind::DecideLanguage
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::MaybeDelete
        | TaskKind::DeleteAndOrReport
        | TaskKind::ModerateDeleteOrBan
        | TaskKind::ReportByHand
        | TaskKind::AskAuthor
        | TaskKind::DoByHand
        | TaskKind::Appeal
        | TaskKind::SecondLook => true,
        // Danger is decided by who is in it. Thanks that name staff, and a person who agreed, are
        // left although they were read rightly. Other words stand there, or somebody else hid it.
        TaskKind::SafeguardingNow
        | TaskKind::StaffSafetyNow
        | TaskKind::ApproveUrgentSignpost
        | TaskKind::SafeguardingToday
        | TaskKind::CareFirst
        | TaskKind::DecidePraise
        | TaskKind::CheckConsent
        | TaskKind::ShowAgain
        | TaskKind::HiddenElsewhere
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
        | TaskKind::ApproveAnswer
        | TaskKind::RecordIncident
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact => false,
    }
}

/// Returns `true` if the policy says of a task of a kind that something may be done, so that leaving
/// the post does not say that its rule was wrong.
const fn leaves_it_open(kind: TaskKind) -> bool {
    matches!(
        kind,
        TaskKind::MaybeDelete
            | TaskKind::DeleteAndOrReport
            | TaskKind::ModerateDeleteOrBan
            | TaskKind::ReportByHand
            | TaskKind::AskAuthor
    )
}

/// What people's decisions say of a version of a post.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// Somebody decided anything about it.
    pub by_people: bool,
    /// The machine hid it, and people showed it again.
    pub wrongly_hidden: bool,
    /// Each label of which something is said: whether it is there.
    said: BTreeMap<&'static str, bool>,
    /// Why that follows from the last of them.
    why: &'static str,
}

impl Decided {
    /// Reads what was decided of a version in the history of its post: nothing of one whose author
    /// asked that it is not used.
    #[must_use]
    pub fn of(history: &History, version: &RevisionId) -> Self {
        let mut decided = Decided::default();
        if history.state.restricted {
            return decided;
        }
        let labels = labels_by_clause(history, version);
        let hide = history.actions.iter().find(|action| {
            (action.effect, action.by) == (Effect::Hide, By::Machine) && action.revision == *version
        });
        let hidden_under = hide.and_then(|hide| hide.clause.as_deref());
        let task = |id: &str| history.tasks.iter().find(|task| task.id == id);
        // An appeal names no clause: it is against what the machine did.
        let of = |task: Option<&TaskRecord>| -> BTreeSet<&'static str> {
            let clauses = task.iter().flat_map(|task| &task.clauses);
            let clauses = clauses.map(String::as_str).chain(hidden_under);
            let labels = clauses.filter_map(|clause| labels.get(clause)).flatten();
            labels.copied().collect()
        };
        for event in history.events.iter().filter_map(|line| line.event().ok()) {
            match event {
                Event::Chosen {
                    task: id,
                    choice,
                    revision,
                    ..
                } if revision == *version => {
                    let Some(task) = task(&id) else { continue };
                    decided.by_people = true;
                    decided.take_in(says(task.kind, choice), &of(Some(task)));
                    let shows = matches!(choice, Choice::Restore | Choice::Grant);
                    decided.wrongly_hidden |= shows && hide.is_some();
                }
                Event::ShownAgain { revision, .. } if revision == *version => {
                    decided.by_people = true;
                    decided.wrongly_hidden |= hide.is_some();
                    decided.take_in(says(TaskKind::SecondLook, Choice::Restore), &of(None));
                }
                Event::Decided { .. }
                | Event::Acted { .. }
                | Event::Failed { .. }
                | Event::Parked { .. }
                | Event::Dropped { .. }
                | Event::Chosen { .. }
                | Event::Appealed { .. }
                | Event::Sampled { .. }
                | Event::SampleOver { .. }
                | Event::AnswerWritten { .. }
                | Event::Acknowledged { .. }
                | Event::HandedOver { .. }
                | Event::PicturesKept { .. }
                | Event::ShownAgain { .. }
                | Event::Removed { .. }
                | Event::Hold { .. }
                | Event::WordsDropped { .. }
                | Event::LetGo { .. }
                | Event::Erased { .. }
                | Event::Restricted { .. }
                | Event::Rectified { .. }
                | Event::Exported { .. }
                | Event::StoodAgain { .. }
                | Event::VisibilitySeen { .. } => {}
            }
        }
        decided
    }

    /// Takes in what a decision says, in place of what an earlier one said of the same.
    fn take_in(&mut self, (says, why): (Says, &'static str), labels: &BTreeSet<&'static str>) {
        let of_rule = labels.iter().filter(|label| !ASKED_BESIDE.contains(*label));
        let of_rule: Vec<&'static str> = of_rule.copied().collect();
        let before = self.said.clone();
        match says {
            Says::Complaint(is) => {
                self.said.insert("complaint", is);
            }
            Says::Wrong => self
                .said
                .extend(of_rule.into_iter().map(|label| (label, false))),
            // A rule may be about several things of which one is enough: then it is not said which.
            Says::Right => {
                if let [label] = of_rule.as_slice() {
                    self.said.insert(label, true);
                } else {
                    for label in of_rule {
                        self.said.remove(label);
                    }
                }
            }
            Says::Nothing => {}
        }
        if self.said != before {
            self.why = why;
        }
    }

    /// Returns `true` if anything is said of any label.
    #[must_use]
    pub fn says_anything(&self) -> bool {
        !self.said.is_empty()
    }

    /// Returns the columns `labels` and `notes` of a labelled file: the labels that are there, those
    /// of which nothing is said, and why.
    #[must_use]
    pub fn columns(&self) -> [String; 2] {
        let there = self.said.iter().filter(|(_, is)| **is);
        let there: Vec<&str> = there.map(|(label, _)| *label).collect();
        let labels = if there.is_empty() {
            "none".to_owned()
        } else {
            there.join(";")
        };
        let unsaid = Vocabulary::Fine.known();
        let unsaid: Vec<&str> = unsaid
            .filter(|label| !self.said.contains_key(label))
            .collect();
        [labels, format!("alt:{}; {}", unsaid.join(","), self.why)]
    }
}

/// Returns the labels of what each clause was engaged by.
fn labels_by_clause(
    history: &History,
    version: &RevisionId,
) -> BTreeMap<String, BTreeSet<&'static str>> {
    let mut labels: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for event in history.events.iter().filter_map(|line| line.event().ok()) {
        if let Event::Decided {
            revision, decision, ..
        } = event
            && revision == *version
        {
            for clause in decision.clauses.into_iter().chain(decision.learned) {
                let topics = clause.topics.iter();
                let found = topics.filter_map(|topic| Vocabulary::Fine.of_topic(topic));
                labels.entry(clause.id).or_default().extend(found);
            }
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_RULE: [&str; 1] = ["abuse"];

    fn taken(
        decisions: &[(TaskKind, Choice)],
        labels: &[&'static str],
    ) -> Vec<(&'static str, bool)> {
        let labels = labels.iter().copied().collect();
        let mut decided = Decided::default();
        for (kind, choice) in decisions {
            decided.take_in(says(*kind, *choice), &labels);
        }
        decided.said.into_iter().collect()
    }

    #[test]
    fn every_choice_has_a_reason_and_the_table_is_as_it_reads() {
        for kind in TaskKind::ALL {
            for choice in Choice::ALL {
                assert!(!says(*kind, *choice).1.is_empty(), "{kind} {choice}");
            }
        }
        let table = [
            (TaskKind::SecondLook, Choice::Restore, Says::Wrong),
            (TaskKind::SecondLook, Choice::KeepHidden, Says::Right),
            (TaskKind::ConfirmDelete, Choice::Delete, Says::Right),
            (TaskKind::ConfirmDelete, Choice::Keep, Says::Wrong),
            (TaskKind::MaybeDelete, Choice::Keep, Says::Nothing),
            (TaskKind::MaybeDelete, Choice::Restore, Says::Wrong),
            (TaskKind::Appeal, Choice::Grant, Says::Wrong),
            (TaskKind::Appeal, Choice::Decline, Says::Right),
            (TaskKind::CheckConsent, Choice::Keep, Says::Nothing),
            (TaskKind::DecidePraise, Choice::Keep, Says::Nothing),
            (TaskKind::ShowAgain, Choice::Restore, Says::Nothing),
            (TaskKind::HiddenElsewhere, Choice::KeepHidden, Says::Nothing),
            (TaskKind::SafeguardingNow, Choice::KeepHidden, Says::Nothing),
            (TaskKind::SafeguardingNow, Choice::Done, Says::Nothing),
            (
                TaskKind::ComplaintDecision,
                Choice::Complaint,
                Says::Complaint(true),
            ),
            (
                TaskKind::ComplaintDecision,
                Choice::NotComplaint,
                Says::Complaint(false),
            ),
            (TaskKind::ApprovePublicReply, Choice::Reply, Says::Nothing),
            (TaskKind::ReportOutcome, Choice::Removed, Says::Nothing),
        ];
        for (kind, choice, wanted) in table {
            assert_eq!(says(kind, choice).0, wanted, "{kind} {choice}");
        }
    }

    #[test]
    fn what_is_shown_again_was_nothing_of_what_its_rule_is_about() {
        let restored = [(TaskKind::SecondLook, Choice::Restore)];
        let labels = ["abuse", "obscene"];
        assert_eq!(
            taken(&restored, &labels),
            [("abuse", false), ("obscene", false)]
        );
        // Whether it is a complaint is asked by itself.
        assert_eq!(
            taken(&restored, &["abuse", "complaint"]),
            [("abuse", false)]
        );
    }

    #[test]
    fn what_stays_hidden_says_which_label_only_where_there_is_one() {
        let upheld = [(TaskKind::ConfirmDelete, Choice::KeepHidden)];
        assert_eq!(taken(&upheld, &OF_RULE), [("abuse", true)]);
        assert_eq!(taken(&upheld, &["abuse", "obscene"]), []);
        assert_eq!(taken(&upheld, &[]), []);
    }

    #[test]
    fn the_last_decision_counts() {
        let both = [
            (TaskKind::ConfirmDelete, Choice::KeepHidden),
            (TaskKind::Appeal, Choice::Grant),
        ];
        assert_eq!(taken(&both, &OF_RULE), [("abuse", false)]);
        let complaint = [
            (TaskKind::ComplaintDecision, Choice::Complaint),
            (TaskKind::Decide, Choice::Done),
        ];
        assert_eq!(taken(&complaint, &OF_RULE), [("complaint", true)]);
    }

    #[test]
    fn a_row_names_what_nothing_is_said_of() {
        let mut decided = Decided::default();
        let abuse = OF_RULE.into_iter().collect();
        decided.take_in(says(TaskKind::SecondLook, Choice::Restore), &abuse);
        let [labels, notes] = decided.columns();
        assert_eq!(labels, "none");
        let unsaid: Vec<&str> = notes["alt:".len()..].split([',', ';']).collect();
        assert!(!unsaid.contains(&"abuse") && unsaid.contains(&"obscene"));
        assert!(
            unsaid.contains(&"criticism"),
            "the file tells criticism from complaints"
        );
        assert!(notes.ends_with("people showed again what was hidden under the rule"));
        // A single label in a rule of several that hold for a post is told by a later choice.
        decided.take_in(says(TaskKind::SecondLook, Choice::KeepHidden), &abuse);
        assert_eq!(decided.columns()[0], "abuse");
    }
}
