//! One judged version of a post: what is on record of it, and the same decision again.

use std::borrow::Cow;

use jiff::Timestamp;
use pagewarden_ledger::{Choice, Event, FindingRecord, History, ReadBy, RevisionRecord};
use pagewarden_rules::{Decision, Finding, Mode, Policy, Reading, RevisionId, Situation, decide};

use crate::compare::People;

/// A version of a post that was judged, as the record has it.
pub(crate) struct Judged<'a> {
    pub(crate) revision: &'a RevisionRecord,
    pub(crate) at: Timestamp,
    /// The version of the policy that judged it; 0 where none could.
    pub(crate) policy: u32,
    pub(crate) decision: Decision,
    /// Its words were not there any more, so that nothing was done about them.
    late: bool,
    findings: Vec<FindingRecord>,
    read_by: Option<ReadBy>,
    pub(crate) people: People,
}

impl<'a> Judged<'a> {
    /// Finds a version in the history of its post; none if it is not judged or its line does not
    /// read.
    pub(crate) fn of(history: &'a History, id: &RevisionId) -> Option<Self> {
        let revision = history.revisions.iter().find(|one| one.revision == *id)?;
        let mut judged = None;
        let mut people = People::default();
        for line in &history.events {
            // Every kind of line but these says nothing of what people think of a version.
            if let Ok(event) = line.event() {
                people.heed(&event, id);
                if let Event::Decided {
                    revision: decided,
                    policy,
                    findings,
                    read_by,
                    decision,
                    late,
                    ..
                } = event
                    && decided == *id
                {
                    judged = Some(Judged {
                        revision,
                        at: line.at,
                        policy,
                        decision: *decision,
                        late,
                        findings,
                        read_by,
                        people: People::default(),
                    });
                }
            }
        }
        Some(Judged { people, ..judged? })
    }

    /// Returns what was found in it, as far as the record keeps it: enough for every decision,
    /// which rests on what was found at all, how surely, and at whom it is aimed.
    pub(crate) fn reading(&self) -> Reading {
        let finding = |found: &FindingRecord| Finding {
            topic: found.topic.clone(),
            strength: found.strength,
            span: found.start..found.end,
            cue: Cow::Owned(found.cue.clone()),
            why: Cow::Owned(found.why.clone()),
            target: found.target,
        };
        let meaning = match &self.read_by {
            Some(ReadBy::Both(meaning)) => Some(meaning.clone()),
            Some(ReadBy::RulesOnly | ReadBy::Nobody) | None => None,
        };
        Reading {
            findings: self.findings.iter().map(finding).collect(),
            meaning,
            ..Reading::default()
        }
    }

    /// Decides it under a policy. Words that were not there any more are judged as then: nothing
    /// is done about them.
    pub(crate) fn decide(&self, policy: &Policy, reading: &Reading, mode: Mode) -> Decision {
        let post = &self.revision.post;
        let situation = Situation {
            platform: post.channel.platform,
            surface: post.surface,
            mode: if self.late { Mode::Shadow } else { mode },
            media: !post.media.is_empty(),
            translated: self.revision.translation.is_some(),
            length: post.text.chars().count(),
            // What a policy would do is asked as if no rule had stopped itself.
            stopped: &[],
            restricted: false,
        };
        decide(policy, &situation, reading)
    }

    /// Returns `true` if the policy that judged it gives the same again, in one of the modes: the
    /// record does not say in which the practice was.
    pub(crate) fn is_repeated_by(&self, policy: &Policy) -> bool {
        let reading = self.reading();
        let essence = |decision: &Decision| {
            let effects = decision.effects.iter();
            let effects: Vec<_> = effects
                .map(|planned| (planned.effect, planned.clause.clone()))
                .collect();
            (
                decision.in_scope,
                decision.disposition,
                decision.clauses.clone(),
                decision.learned.clone(),
                decision.refused.clone(),
                effects,
            )
        };
        let recorded = essence(&self.decision);
        Mode::ALL
            .iter()
            .any(|mode| essence(&self.decide(policy, &reading, *mode)) == recorded)
    }
}

impl People {
    /// Takes in what a line says of a version.
    fn heed(&mut self, event: &Event, id: &RevisionId) {
        match event {
            Event::Chosen {
                choice, revision, ..
            } if revision == id => match choice {
                Choice::Keep | Choice::Restore | Choice::Grant => self.shown = Some(true),
                Choice::KeepHidden | Choice::Delete | Choice::Removed => self.shown = Some(false),
                Choice::Complaint | Choice::ComplaintAcknowledged => self.complaint = Some(true),
                Choice::NotComplaint => self.complaint = Some(false),
                Choice::Reply
                | Choice::AskAuthor
                | Choice::Ban
                | Choice::Mute
                | Choice::Reported
                | Choice::Refused
                | Choice::NoAnswer
                | Choice::Appealed
                | Choice::Decline
                | Choice::SendBack
                | Choice::Done => {}
            },
            Event::ShownAgain { revision, .. } if revision == id => self.shown = Some(true),
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
}
