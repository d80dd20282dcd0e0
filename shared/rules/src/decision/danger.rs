//! Danger: the grounds on which somebody is paged, whatever a policy says, and what each asks of a person.

use super::TaskKind;
use crate::{Effect, Reading, Strength, Topic};

/// A ground on which somebody may be in danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Danger {
    /// Self-harm, suicide, harm to a child or to an adult at risk.
    Safeguarding,
    /// Symptoms that may need help now.
    ClinicalUrgent,
}

/// What a ground asks of a person.
pub(super) struct Call {
    pub(super) kind: TaskKind,
    /// The drafted words.
    pub(super) template: &'static str,
    /// How they may be sent.
    pub(super) by: &'static [Effect],
    pub(super) why: &'static str,
}

impl Danger {
    const ALL: [Danger; 2] = [Danger::Safeguarding, Danger::ClinicalUrgent];

    const fn topic(self) -> Topic {
        match self {
            Danger::Safeguarding => Topic::Safeguarding,
            Danger::ClinicalUrgent => Topic::ClinicalUrgent,
        }
    }

    pub(super) const fn call(self) -> Call {
        match self {
            Danger::Safeguarding => Call {
                kind: TaskKind::SafeguardingNow,
                template: "public.safeguarding",
                by: &[Effect::PublicReply, Effect::AskAuthor],
                why: "somebody may be in danger: read it now, and answer as a person",
            },
            Danger::ClinicalUrgent => Call {
                kind: TaskKind::ApproveUrgentSignpost,
                template: "public.urgent_signpost",
                by: &[Effect::PublicReply],
                why: "these symptoms may need help now: nobody may assume the page is read",
            },
        }
    }
}

/// Returns the grounds that a reading gives, at any strength: missing a plea costs more than a false alarm.
pub(super) fn found(reading: &Reading) -> Vec<Danger> {
    let found = |danger: &Danger| reading.has(&danger.topic(), Strength::Possible);
    Danger::ALL.into_iter().filter(found).collect()
}
