//! Danger: the grounds on which somebody is told at once, whatever a policy says, and what each
//! asks of a person.

use super::TaskKind;
use crate::{Effect, Reading, Sense, Span, Strength, Topic};

/// How far a time or a place may stand from a threat and still be its own, in bytes: about two
/// sentences.
const NEAR: usize = 160;

/// A ground on which somebody may be in danger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Danger {
    /// Self-harm, suicide, harm to a child or to an adult at risk.
    Safeguarding,
    /// A threat to staff that says when or where.
    StaffSafety,
    /// Symptoms that may need help now.
    ClinicalUrgent,
    /// One of the first and the last of these, less surely: somebody looks today.
    Today,
}

/// What a ground asks of a person.
pub(super) struct Call {
    pub(super) kind: TaskKind,
    /// The drafted words, where there is somebody to answer, and how they may be sent.
    pub(super) draft: Option<(&'static str, &'static [Effect])>,
    /// What else may be chosen.
    pub(super) options: &'static [Effect],
    pub(super) why: &'static str,
}

impl Danger {
    /// Returns the page by which somebody is told within minutes, whatever the hour.
    pub(super) const fn page(self) -> Option<Effect> {
        match self {
            Danger::Safeguarding | Danger::ClinicalUrgent => Some(Effect::PageSafeguardingLead),
            Danger::StaffSafety => Some(Effect::PagePracticeManager),
            Danger::Today => None,
        }
    }

    /// Returns `true` if the person in danger is the author, or somebody that they write about: the
    /// machine then leaves the post alone. A threat is hidden like any other.
    pub(super) const fn spares_the_post(self) -> bool {
        !matches!(self, Danger::StaffSafety)
    }

    pub(super) const fn call(self) -> Call {
        match self {
            Danger::Safeguarding => Call {
                kind: TaskKind::SafeguardingNow,
                draft: Some((
                    "public.safeguarding",
                    &[Effect::PublicReply, Effect::AskAuthor],
                )),
                options: &[],
                why: "Read it now. If a life is at risk, call 999.",
            },
            Danger::StaffSafety => Call {
                kind: TaskKind::StaffSafetyNow,
                draft: None,
                options: &[Effect::Hide],
                why: "Tell the staff and the police now. The post is evidence: it is kept here, so nobody has to delete it.",
            },
            Danger::ClinicalUrgent => Call {
                kind: TaskKind::ApproveUrgentSignpost,
                draft: Some(("public.urgent_signpost", &[Effect::PublicReply])),
                options: &[],
                why: "These symptoms may need help now, and the author may be waiting for an answer here.",
            },
            Danger::Today => Call {
                kind: TaskKind::SafeguardingToday,
                draft: Some((
                    "public.safeguarding",
                    &[Effect::PublicReply, Effect::AskAuthor],
                )),
                options: &[],
                why: "It reads as if somebody may be in danger, says a program that learned from examples. Read it before \
                      anything else.",
            },
        }
    }
}

/// Returns the grounds that a reading gives, the gravest first.
///
/// What the rules find counts at any strength: missing a plea costs more than a false alarm. Where
/// the second reader alone finds danger, it pages if it is sure, and has somebody look today if it
/// is not.
pub(super) fn found(reading: &Reading) -> Vec<Danger> {
    let meant = reading.meaning.as_ref();
    let alarm = meant.and_then(|meaning| meaning.of(Sense::Danger));
    let score = |sense| {
        meant
            .and_then(|meaning| meaning.of(sense))
            .map_or(0, |said| said.score)
    };
    let clinical = score(Sense::ClinicalUrgent) > score(Sense::Safeguarding);
    let learned = alarm.map(|alarm| match alarm.sure {
        true if clinical => Danger::ClinicalUrgent,
        true => Danger::Safeguarding,
        false => Danger::Today,
    });
    let by_rules = |topic: &Topic| reading.has(topic, Strength::Possible);
    let mut found = Vec::new();
    let mut add = |danger: Danger, is_there: bool| found.extend(is_there.then_some(danger));
    add(
        Danger::Safeguarding,
        by_rules(&Topic::Safeguarding) || learned == Some(Danger::Safeguarding),
    );
    add(Danger::StaffSafety, is_imminent(reading));
    add(
        Danger::ClinicalUrgent,
        by_rules(&Topic::ClinicalUrgent) || learned == Some(Danger::ClinicalUrgent),
    );
    if learned == Some(Danger::Today) && !found.iter().any(|danger| danger.spares_the_post()) {
        found.push(Danger::Today);
    }
    found
}

/// Returns `true` if a threat, by either reader, says when or where.
fn is_imminent(reading: &Reading) -> bool {
    let threatens = |topic: &Topic| matches!(topic, Topic::Threatening | Topic::Menacing);
    let by_rules = reading
        .findings
        .iter()
        .filter(|f| threatens(&f.topic) && f.strength >= Strength::Likely);
    let learned = reading
        .meaning
        .as_ref()
        .and_then(|meaning| meaning.of(Sense::Threat));
    let threats: Vec<Span> = by_rules
        .map(|finding| finding.span.clone())
        .chain(learned.map(|said| said.start..said.end))
        .collect();
    let when = reading
        .findings
        .iter()
        .filter(|finding| finding.topic == Topic::Imminent);
    let near = |a: &Span, b: &Span| a.start <= b.end + NEAR && b.start <= a.end + NEAR;
    when.into_iter()
        .any(|when| threats.iter().any(|threat| near(&when.span, threat)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::testing::{finding, meaning, reading};

    fn said(senses: &[(Sense, u16, bool)]) -> Vec<Danger> {
        found(&Reading {
            meaning: Some(meaning(senses)),
            ..Reading::default()
        })
    }

    #[test]
    fn the_second_reader_pages_only_where_it_is_sure() {
        assert_eq!(said(&[(Sense::Danger, 900, true)]), [Danger::Safeguarding]);
        assert_eq!(said(&[(Sense::Danger, 400, false)]), [Danger::Today]);
        assert_eq!(said(&[(Sense::Safeguarding, 900, true)]), []);
        let clinical = [
            (Sense::Danger, 900, true),
            (Sense::ClinicalUrgent, 800, true),
        ];
        assert_eq!(said(&clinical), [Danger::ClinicalUrgent]);
    }

    #[test]
    fn what_the_rules_page_for_is_not_put_off_till_later_today() {
        let mut plea = reading(&[finding(Topic::Safeguarding, Strength::Possible)]);
        plea.meaning = Some(meaning(&[(Sense::Danger, 400, false)]));
        assert_eq!(found(&plea), [Danger::Safeguarding]);
        plea.meaning = Some(meaning(&[
            (Sense::Danger, 900, true),
            (Sense::ClinicalUrgent, 800, true),
        ]));
        assert_eq!(found(&plea), [Danger::Safeguarding, Danger::ClinicalUrgent]);
    }

    #[test]
    fn a_threat_of_either_reader_is_imminent_beside_a_time_or_place() {
        let threat = finding(Topic::Threatening, Strength::Likely);
        let when = finding(Topic::Imminent, Strength::Possible);
        assert_eq!(
            found(&reading(&[threat.clone(), when.clone()])),
            [Danger::StaffSafety]
        );
        assert_eq!(found(&reading(std::slice::from_ref(&threat))), []);
        assert_eq!(found(&reading(std::slice::from_ref(&when))), []);
        let mut learned = reading(std::slice::from_ref(&when));
        learned.meaning = Some(meaning(&[(Sense::Threat, 500, false)]));
        assert_eq!(found(&learned), [Danger::StaffSafety]);
        let far = crate::Finding {
            span: 900..910,
            ..when
        };
        assert_eq!(found(&reading(&[threat, far])), []);
    }
}
